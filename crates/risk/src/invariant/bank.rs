//! One bank: solvency, shares, indices, curve and rate.

use ballast_math::Index;
use ballast_state::{Bank, MarginAccount};

use super::{
    holds, require, Checked, CURVE_MONOTONE, INDEX_POSITIVE, INDICES_RISE, RATE_CURRENT, SHARES_ADD_UP, SOLVENT,
    VAULT_COVERS, WHOLE_ATOMS,
};
use crate::interest;

/// INV-1, INV-2, INV-11 of one bank. `vault` is the token account's balance.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_bank(bank: &Bank, vault: u64) -> Checked {
    let asset = Index::from_words(bank.asset_index);
    let liability = Index::from_words(bank.liability_index);
    require(asset.0 > 0 && liability.0 > 0, INDEX_POSITIVE)?;
    require(vault >= bank.vault_balance, VAULT_COVERS)?;
    // In units of 2^-64 atom, as the books are kept; halves keep the sums in range.
    let halves =
        |exact: Result<u128, _>| exact.map(|value: u128| value >> 1).map_err(|_: ballast_math::MathError| SOLVENT);
    let whole = |atoms: u64| u128::from(atoms) << 63;
    // Where lenders lost everything the index stands at its smallest, and what is left of an atom is owed to nobody.
    let exact = asset.exact(bank.asset_shares);
    let claims = if asset.0 < WHOLE_ATOMS { exact.map(|claims| claims >> 64 << 64) } else { exact };
    let owed = halves(claims)?
        .checked_add(whole(bank.fees))
        .and_then(|sum| sum.checked_add(u128::from(bank.fees_fraction >> 1)))
        .and_then(|sum| sum.checked_add(whole(bank.insurance)));
    // One half-unit for each side that was halved down.
    let held = halves(liability.exact(bank.liability_shares))?
        .checked_add(whole(bank.vault_balance))
        .and_then(|sum| sum.checked_add(1));
    match (owed, held) {
        (Some(owed), Some(held)) => require(owed <= held, SOLVENT),
        _ => Err(SOLVENT),
    }
}

/// INV-3 of one bank over all accounts of its group.
///
/// # Errors
/// `SHARES_ADD_UP`.
pub fn check_shares<'a>(bank: &Bank, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    add_up(bank, 0, accounts)
}

/// The deposits are `deposits` shares of others and those of the accounts, the loans the accounts'.
pub(super) fn add_up<'a>(
    bank: &Bank,
    mut deposits: u128,
    accounts: impl IntoIterator<Item = &'a MarginAccount>,
) -> Checked {
    let mut loans = 0u128;
    for account in accounts {
        if let Some(balance) = account.balance(bank.index) {
            let sum = if balance.is_loan() { &mut loans } else { &mut deposits };
            *sum = sum.saturating_add(u128::from(balance.shares));
        }
    }
    require(deposits == u128::from(bank.asset_shares) && loans == u128::from(bank.liability_shares), SHARES_ADD_UP)
}

/// INV-4 between two states of a bank.
///
/// # Errors
/// `INDICES_RISE`.
pub fn check_indices(before: &Bank, after: &Bank) -> Checked {
    let asset = |bank: &Bank| Index::from_words(bank.asset_index);
    let liability = |bank: &Bank| Index::from_words(bank.liability_index);
    let lost = after.socialized_loss > before.socialized_loss;
    require(liability(after) >= liability(before) && (lost || asset(after) >= asset(before)), INDICES_RISE)
}

/// INV-47 of a bank's curve.
///
/// # Errors
/// `CURVE_MONOTONE`.
pub fn check_curve(bank: &Bank) -> Checked {
    let used = usize::from(bank.curve_points);
    let points = bank.curve.get(..used).unwrap_or_default();
    let rising = points.windows(2).all(|pair| match pair {
        [from, to] => from.utilisation < to.utilisation && from.rate <= to.rate,
        _ => false,
    });
    let ends = points.first().is_some_and(|first| first.utilisation == 0)
        && points.last().is_some_and(|last| last.utilisation == 1 << 32);
    require(used >= 2 && rising && ends, CURVE_MONOTONE)
}

/// INV-50 of a bank whose tokens just moved: its rate is the curve's, its lend ratio the books'.
///
/// # Errors
/// `RATE_CURRENT`.
pub fn check_rate(bank: &Bank) -> Checked {
    let mut fresh = *bank;
    holds(interest::update_rate(&mut fresh).map(|()| fresh == *bank), RATE_CURRENT)
}

/// INV-50 of a bank whose shares just moved without tokens: the lend ratio alone.
///
/// # Errors
/// `RATE_CURRENT`.
pub fn check_lend_ratio(bank: &Bank) -> Checked {
    let mut fresh = *bank;
    holds(interest::update_lend_ratio(&mut fresh).map(|()| fresh == *bank), RATE_CURRENT)
}
