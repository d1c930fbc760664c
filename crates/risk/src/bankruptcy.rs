//! Losses: insurance first, then all lenders of the bank alike (rules-risk 7).

use ballast_math::{checked_sub, high, low, wide, Index, MathError, MathResult, Price, Units, Usd};
use ballast_state::{BalanceSide, Bank, BankMode, LiquidityPool, MarginAccount, PerpMarket, PriceState, RiskBoard};

use crate::health::{Assessment, Exposure, Health, Portfolio, Valuation};
use crate::perp::{origin, refresh_equity};
use crate::{balances, interest, lending, price, timer, Now, RiskError, RiskResult};

/// Under this part of its start (10⁻⁶) an asset index sends its bank into wind-down for good.
const INDEX_FLOOR: u128 = 18_446_744_073_709;

/// A debt that nobody will pay, and who bore it. Atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The debt.
    pub deficit: u64,
    /// Paid by insurance.
    pub insured: u64,
    /// Paid by the pool of perps, whose traders' losses opened the loan.
    pub pooled: u64,
    /// Borne by lenders.
    pub socialized: u64,
    /// Asset index before, as stored.
    pub index_before: [u64; 2],
    /// Asset index after.
    pub index_after: [u64; 2],
}

/// Writes off the loan of an account found with nothing left to seize. `markets` are those whose losses opened it; they need not
/// be synced, and no price of theirs can stop it.
///
/// # Errors
/// `NoLiability`, `AccountHealthy` (E ≥ 0), `NotBankrupt` (a perp position, or collateral above dust, or what may be: a price
/// is uncertain or a jump waits), `NoBalance` (no loan in this bank), `PoolMissing`, `MarketMissing`, `BankInFlashLoan`.
pub fn resolve(
    board: &RiskBoard,
    bank: &mut Bank,
    pool: Option<&mut LiquidityPool>,
    markets: &mut [&mut PerpMarket],
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    now: Now,
) -> RiskResult<(Health, Loss)> {
    crate::flash::require_none(bank)?;
    if !portfolio.has_liability {
        return Err(RiskError::NoLiability);
    }
    let health = Health::of(&Assessment::of(portfolio, board, Valuation::Maintenance, now)?, board)?;
    if health.assets >= health.liabilities {
        return Err(RiskError::AccountHealthy);
    }
    timer::mark(account, &health, &board.rules, now);
    // Claims that pay nothing more hold up nothing.
    let holds_perps = account.perp_count > 0 && (portfolio.has_live_perps || !portfolio.has_perps());
    if holds_perps || seizable(portfolio.exposures(), board, now)? >= Usd(board.rules.dust) {
        return Err(RiskError::NotBankrupt);
    }
    let loss = absorb(bank, account, pool, markets, now)?.ok_or(RiskError::NoBalance)?;
    account.sequence = account.sequence.wrapping_add(1);
    Ok((health, loss))
}

/// What could be seized of these exposures: all collateral at mid, or where a price is uncertain at the best it may be. A jump
/// that waits for its confirmation may end at any price; it waits no longer than the price takes to be stale.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn seizable<'a>(exposures: impl IntoIterator<Item = &'a Exposure>, board: &RiskBoard, now: Now) -> RiskResult<Usd> {
    let mut total = Usd::ZERO;
    for exposure in exposures {
        if exposure.deposits != Units::ZERO {
            let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
            let value = if price::is_uncertain(row, now, &board.rules) {
                price::aged_band(row, now)?.high.value_down(exposure.deposits)?
            } else if PriceState::from_byte(row.state) == PriceState::PendingJump {
                Price::MAX.value_down(exposure.deposits).unwrap_or(Usd(u64::MAX))
            } else {
                Price(row.mid).value_down(exposure.deposits)?
            };
            total = Usd(total.0.saturating_add(value.0));
        }
    }
    Ok(total)
}

/// Takes the account's loan in `bank` off the books; nothing if there is none. Insurance pays first; what losses of perps
/// opened the pool pays next, as far as it can, and the markets of these losses spend; the rest is the lenders'. The bank must be
/// accrued to now.
///
/// # Errors
/// `PoolMissing` if the loan has a part that is the pool's and the pool is not given, `MarketMissing` if one of the markets is not;
/// arithmetic.
pub(crate) fn absorb(
    bank: &mut Bank,
    account: &mut MarginAccount,
    mut pool: Option<&mut LiquidityPool>,
    markets: &mut [&mut PerpMarket],
    now: Now,
) -> RiskResult<Option<Loss>> {
    let Some(balance) = account.balance(bank.index).filter(|balance| balance.is_loan()) else {
        return Ok(None);
    };
    let (shares, of_perps) = (balance.shares, balance.perp_shares);
    let index = Index::from_words(bank.liability_index);
    let (deficit, of_perps) = (index.amount_up(shares)?, index.amount_up(of_perps)?);
    bank.liability_shares = checked_sub(bank.liability_shares, shares)?;
    balances::set_shares(account, bank, BalanceSide::Loan, 0)?;

    let insured = deficit.min(bank.insurance);
    bank.insurance = checked_sub(bank.insurance, insured)?;
    let pooled = match (of_perps.saturating_sub(insured), pool.as_deref_mut()) {
        (0, _) => 0,
        (_, None) => return Err(RiskError::PoolMissing),
        (due, Some(pool)) => {
            let paid = pay_from_pool(bank, pool, due)?;
            origin::spend(account, paid, pool, markets, now)?;
            paid
        }
    };
    let socialized = checked_sub(checked_sub(deficit, insured)?, pooled)?;
    let index_before = bank.asset_index;
    if socialized > 0 {
        socialize(bank, socialized)?;
    }
    interest::update_lend_ratio(bank)?;
    lending::count_change(bank);
    if let Some(pool) = pool {
        for market in markets {
            refresh_equity(market, pool, bank, now)?;
            market.sequence = market.sequence.wrapping_add(1);
        }
    }
    Ok(Some(Loss { deficit, insured, pooled, socialized, index_before, index_after: bank.asset_index }))
}

/// Burns deposit shares of the pool against a loan of a trader: as many as it has, at most.
fn pay_from_pool(bank: &mut Bank, pool: &mut LiquidityPool, due: u64) -> RiskResult<u64> {
    let index = Index::from_words(bank.asset_index);
    let paid = due.min(index.amount_down(pool.shares)?);
    let burnt = index.shares_up(paid)?.min(pool.shares);
    pool.shares = checked_sub(pool.shares, burnt)?;
    pool.sequence = pool.sequence.wrapping_add(1);
    bank.asset_shares = checked_sub(bank.asset_shares, burnt)?;
    Ok(paid)
}

/// Lowers the asset index by `loss / claims`, down, never to zero. What claims cannot bear, uncollected fees do: both are
/// claims on the same vault.
fn socialize(bank: &mut Bank, loss: u64) -> RiskResult<()> {
    let index = Index::from_words(bank.asset_index);
    let claims = index.amount_down(bank.asset_shares)?;
    let left = claims.saturating_sub(loss);
    if left == 0 {
        // +1: an index that is not zero leaves less than one atom of claims.
        let rest = loss.saturating_sub(claims).saturating_add(1);
        match bank.fees.checked_sub(rest) {
            Some(fees) => bank.fees = fees,
            None => (bank.fees, bank.fees_fraction) = (0, 0),
        }
    }
    bank.socialized_loss = bank.socialized_loss.saturating_add(loss.min(claims));
    if bank.asset_shares == 0 {
        // Nobody's index: the next lender starts where it stands.
        return Ok(());
    }
    let next = mul_div(index.0, left, claims)?.max(1);
    bank.asset_index = Index(next).to_words();
    if next < INDEX_FLOOR && BankMode::from_byte(bank.mode) != BankMode::WindDown {
        bank.mode = BankMode::WindDown.to_byte();
        bank.wind_down_ts = bank.accrued_ts;
    }
    Ok(())
}

/// `⌊a·b / d⌋` for `b ≤ d`: word by word, since `a·b` may need 192 bits. Zero over zero is zero.
fn mul_div(a: u128, b: u64, d: u64) -> MathResult<u128> {
    if d == 0 {
        return Ok(0);
    }
    let d = u128::from(d);
    let upper = wide(high(a), b).checked_add(u128::from(high(wide(low(a), b)))).ok_or_else(MathError::here)?;
    let (quotient, remainder) = (upper.checked_div(d).unwrap_or(0), upper.checked_rem(d).unwrap_or(0));
    let lower = (remainder << 64) | u128::from(low(wide(low(a), b)));
    let rest = lower.checked_div(d).unwrap_or(0);
    // b ≤ d, so the quotient fits back where it came from.
    quotient.checked_mul(1 << 64).and_then(|whole| whole.checked_add(rest)).ok_or_else(MathError::here)
}
