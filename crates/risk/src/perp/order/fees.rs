use ballast_math::{wide, Index, MathError, MathResult, Product, Ratio};
use ballast_state::{Bank, MarginAccount, PerpMarket};

use super::super::VALUE_BITS;
use crate::{interest, lending, swap, RiskResult};

/// Fee of a fill on its value at a mark, atoms, up.
///
/// # Errors
/// Overflow.
pub fn fill_fee(market: &PerpMarket, lots: i64, mark: u64) -> MathResult<u64> {
    let value = wide(lots.unsigned_abs(), mark);
    let fee = Product::of(value, u128::from(market.terms.fill_fee)).shift_up(VALUE_BITS.saturating_add(Ratio::BITS))?;
    u64::try_from(fee).map_err(|_| MathError::here())
}

/// What an account has in the quote token's bank, atoms; nothing if it owes there.
pub(in crate::perp) fn deposit_of(account: &MarginAccount, bank: &Bank) -> MathResult<u64> {
    let deposit = account.balance(bank.index).filter(|balance| balance.is_deposit());
    deposit.map_or(Ok(0), |deposit| Index::from_words(bank.asset_index).amount_down(deposit.shares))
}

/// Gives a keeper what was debited of a trader for it.
pub(in crate::perp) fn pay_keeper(bank: &mut Bank, keeper: &mut MarginAccount, atoms: u64) -> RiskResult<()> {
    let shares = Index::from_words(bank.asset_index).shares_down(atoms)?;
    swap::credit(bank, keeper, shares)?;
    interest::update_lend_ratio(bank)?;
    lending::count_change(bank);
    keeper.sequence = keeper.sequence.wrapping_add(1);
    Ok(())
}
