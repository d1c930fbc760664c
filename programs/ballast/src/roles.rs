//! Who may do what (design: a stolen key must not be worth much within a day).

use anchor_lang::prelude::*;
use ballast_state::{rights, Group, MarginAccount};

use crate::error::{ensure, raise, BallastError, Result};
use crate::token;

/// Whose word is behind a change of settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// May add risk: the timelock, or the admin of a group that has none yet.
    Full,
    /// May only lower risk: the admin without the timelock, the risk admin.
    Tightening,
}

/// The power of a signer over a group's settings.
///
/// # Errors
/// `Unauthorised`.
pub(crate) fn power(group: &Group, signer: &Pubkey) -> Result<Power> {
    if group.timelock_delay == 0 {
        if signer == &group.admin {
            return Ok(Power::Full);
        }
    } else if signer == &group.timelock {
        return Ok(Power::Full);
    }
    ensure!(signer == &group.admin || signer == &group.risk_admin, BallastError::Unauthorised);
    Ok(Power::Tightening)
}

/// For changes that can add risk.
///
/// # Errors
/// `TimelockRequired` for the admin of a group with a timelock; `Unauthorised`.
pub(crate) fn require_full(group: &Group, signer: &Pubkey) -> Result<()> {
    match power(group, signer)? {
        Power::Full => Ok(()),
        Power::Tightening if signer == &group.admin => Err(raise(BallastError::TimelockRequired)),
        Power::Tightening => Err(raise(BallastError::Unauthorised)),
    }
}

/// For pauses. The guardian's must be over for as long as the longest one before the next: pausing again and again is no
/// power it has. Ending one early lets risk in again: that is the guardian's, so that the admin's key alone cannot undo what
/// was done against it.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired` (the admin of a group with a timelock would end a pause early), `PauseTooLong`,
/// `PauseTooSoon`.
pub(crate) fn require_pause(group: &Group, signer: &Pubkey, seconds: u32, paused_until: i64, now: i64) -> Result<()> {
    ensure!(signer == &group.guardian || signer == &group.admin, BallastError::Unauthorised);
    ensure!(seconds <= group.max_pause, BallastError::PauseTooLong);
    if signer != &group.guardian && paused_until > now.saturating_add(i64::from(seconds)) {
        require_full(group, signer)?;
    }
    if signer != &group.admin && seconds > 0 {
        let rested = paused_until == 0 || now >= paused_until.saturating_add(i64::from(group.max_pause));
        ensure!(rested, BallastError::PauseTooSoon);
    }
    Ok(())
}

/// The owner may; a delegate may with the right to.
///
/// # Errors
/// `Unauthorised`.
pub(crate) fn require_right(account: &MarginAccount, signer: &Pubkey, right: u32) -> Result<()> {
    if signer == &account.owner {
        return Ok(());
    }
    let delegated = signer == &account.delegate && account.delegate_rights & right != 0;
    ensure!(delegated, BallastError::Unauthorised);
    Ok(())
}

/// As [`require_right`], for tokens that leave: a delegate sends them to the owner or nowhere.
///
/// # Errors
/// `Unauthorised`, `WrongTokenAccount`, `DestinationNotOwners`.
pub(crate) fn require_right_to_send(
    account: &MarginAccount,
    signer: &Pubkey,
    right: u32,
    destination: &AccountInfo<'_>,
    token_program: &Pubkey,
) -> Result<()> {
    require_right(account, signer, right)?;
    if signer != &account.owner {
        ensure!(token::owner(destination, token_program)? == account.owner, BallastError::DestinationNotOwners);
    }
    Ok(())
}

/// Rights that exist.
///
/// # Errors
/// `InvalidParameter`.
pub(crate) fn validate_rights(given: u32) -> Result<()> {
    ensure!(given & !rights::ALL == 0, BallastError::InvalidParameter);
    Ok(())
}
