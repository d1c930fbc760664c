//! Flash loans: tokens that leave the vault and are back, with a fee, before the transaction ends.
//!
//! The books follow the tokens: while they are out, the bank has that much less to lend and to pay, and nothing else about it
//! changes. So everything a user may do with the bank goes on; what is about the house's own money waits for the end.

use ballast_math::{checked_add, Ratio, Usd};
use ballast_state::Bank;

use crate::lending::{count_change, require_amount, require_lending, take_from_vault, Moved};
use crate::{Now, RiskError, RiskResult};

/// Lends `atoms` until [`end`].
///
/// # Errors
/// `ZeroAmount`, `BankReduceOnly`, `BankPaused`, `NotBorrowable`, `BankInFlashLoan`, `InsufficientLiquidity`.
pub fn begin(bank: &mut Bank, atoms: u64, now: Now) -> RiskResult<Moved> {
    require_amount(atoms)?;
    require_lending(bank, now)?;
    require_none(bank)?;
    take_from_vault(bank, atoms)?;
    bank.flash_loaned = atoms;
    count_change(bank);
    Ok(Moved { atoms, shares: 0 })
}

/// What must come back: the loan and its fee, up.
///
/// # Errors
/// `NoFlashLoan`; arithmetic.
pub fn end(bank: &mut Bank) -> RiskResult<Moved> {
    let loaned = bank.flash_loaned;
    if loaned == 0 {
        return Err(RiskError::NoFlashLoan);
    }
    let fee = Ratio::from_bits(bank.flash_fee).of_up(Usd(loaned))?.0;
    let due = checked_add(loaned, fee)?;
    bank.flash_loaned = 0;
    bank.fees = checked_add(bank.fees, fee)?;
    bank.vault_balance = checked_add(bank.vault_balance, due)?;
    count_change(bank);
    Ok(Moved { atoms: due, shares: 0 })
}

/// Refuses while tokens are out.
///
/// # Errors
/// `BankInFlashLoan`.
pub fn require_none(bank: &Bank) -> RiskResult<()> {
    if bank.flash_loaned == 0 {
        Ok(())
    } else {
        Err(RiskError::BankInFlashLoan)
    }
}
