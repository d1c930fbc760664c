//! What must always hold, by name: used by tests, fuzzers, the demonstration and the simulator alike.

use ballast_math::{Index, Price, Ratio, Usd};
use ballast_state::{Bank, BonusLock, MarginAccount, RiskBoard};

use crate::health::decimals;
use crate::liquidation::{is_within_target, Liquidated};
use crate::{Now, RiskError, RiskResult};

/// A broken invariant. The number is its name, `INV-nn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Number of the invariant.
    pub number: u8,
    /// What it says.
    pub rule: &'static str,
}

/// Outcome of a check.
pub type Checked = Result<(), Violation>;

/// All invariants with their numbers.
pub const INVARIANTS: &[Violation] = &[
    SOLVENT,
    VAULT_COVERS,
    SHARES_ADD_UP,
    INDICES_RISE,
    SORTED,
    ONE_SIDE,
    HEALTH_RISES,
    FACTOR_RISES,
    NO_OVERSHOOT,
    BONUS_BOUNDED,
    INDEX_POSITIVE,
    PAID_IN_FULL,
    TIMER_CONSISTENT,
    PRICE_FORWARD,
    BAND_HOLDS_MID,
];

macro_rules! invariants {
    ($($name:ident = $number:literal, $rule:literal;)+) => {
        $(#[doc = concat!("INV-", stringify!($number), ": ", $rule)]
        pub const $name: Violation = Violation { number: $number, rule: $rule };)+
    };
}
invariants! {
    SOLVENT = 1, "claims + fees + insurance ≤ vault books + debts, in every bank";
    VAULT_COVERS = 2, "the vault's tokens are at least the vault books";
    SHARES_ADD_UP = 3, "the balances of all accounts add up to the bank's shares";
    INDICES_RISE = 4, "no index falls, except the asset index where a loss was absorbed";
    SORTED = 5, "balances are dense, sorted by feed and bank, without duplicates";
    ONE_SIDE = 6, "every balance in use is a deposit or a loan with shares; every other slot is empty";
    HEALTH_RISES = 7, "a liquidation never lowers health";
    FACTOR_RISES = 8, "a liquidation never lowers the health factor while T > i_min";
    NO_OVERSHOOT = 9, "a liquidation never passes its target, dust apart";
    BONUS_BOUNDED = 10, "the bonus lies between i_min and i_max, and inside its episode's lock";
    INDEX_POSITIVE = 11, "no index is zero";
    PAID_IN_FULL = 12, "what is seized is worth at most what is repaid plus the bonus";
    TIMER_CONSISTENT = 13, "a bonus lock exists only inside an episode of ill health";
    PRICE_FORWARD = 14, "the publish time of a row never goes back";
    BAND_HOLDS_MID = 15, "every band holds its judged price";
}

/// Asset indices below this (2⁻³²) count in whole atoms.
const WHOLE_ATOMS: u128 = 1 << 32;

fn require(holds: bool, otherwise: Violation) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(otherwise)
    }
}

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
    let (mut deposits, mut loans) = (0u128, 0u128);
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

/// INV-5, INV-6, INV-13 of an account.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_account(account: &MarginAccount) -> Checked {
    let rising = account.active().windows(2).all(|pair| match pair {
        [left, right] => (left.feed, left.bank) < (right.feed, right.bank),
        _ => false,
    });
    require(rising, SORTED)?;
    let used = account.active().iter().all(|b| b.shares > 0 && (b.is_deposit() || b.is_loan()));
    let empty = account.balances.iter().skip(usize::from(account.balance_count)).all(|b| b.shares == 0 && b.side == 0);
    require(used && empty, ONE_SIDE)?;
    require(account.bonus_lock.ts == 0 || account.unhealthy_since != 0, TIMER_CONSISTENT)
}

/// INV-14 and INV-15 between two states of a board.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_board(before: &RiskBoard, after: &RiskBoard) -> Checked {
    for (old, new) in before.rows.iter().zip(&after.rows) {
        require(new.publish_ts >= old.publish_ts, PRICE_FORWARD)?;
        require(new.low <= new.fair_low && new.fair_low <= new.mid, BAND_HOLDS_MID)?;
        require(new.mid <= new.fair_high && new.fair_high <= new.high, BAND_HOLDS_MID)?;
    }
    Ok(())
}

/// What a check of a liquidation needs besides its outcome.
#[derive(Clone, Copy, Debug)]
pub struct LiquidationContext<'a> {
    /// The board it ran on.
    pub board: &'a RiskBoard,
    /// Bank of the loan.
    pub loan_bank: &'a Bank,
    /// Bank of the collateral.
    pub collateral_bank: &'a Bank,
    /// The bonus lock before it.
    pub lock: BonusLock,
    /// T: the bonus below which the health factor rises.
    pub factor_threshold: Ratio,
    /// True if a balance was closed whole: then the target may be passed.
    pub dust_closed: bool,
    /// When it ran.
    pub now: Now,
}

/// INV-7 to INV-10 and INV-12 of a liquidation.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_liquidation(done: &Liquidated, context: &LiquidationContext<'_>) -> Checked {
    let rules = &context.board.rules;
    let (Ok(before), Ok(after)) = (done.before.value(), done.after.value()) else { return Err(HEALTH_RISES) };
    require(after >= before, HEALTH_RISES)?;
    let minimum = u64::from(rules.bonus_min);
    if context.factor_threshold.0 > minimum {
        require(!done.after.factor_is_below(&done.before).unwrap_or(true), FACTOR_RISES)?;
    }
    if !context.dust_closed {
        let (loan, collateral) = (context.loan_bank, context.collateral_bank);
        let within = is_within_target(&done.before, &done.after, context.board, loan, collateral);
        require(within.unwrap_or(false), NO_OVERSHOOT)?;
    }
    let lock = &context.lock;
    let bounded = done.bonus.0 >= minimum && done.bonus.0 <= u64::from(rules.bonus_max);
    let growth = u64::from(rules.bonus_growth).saturating_mul(context.now.seconds_since(lock.ts));
    let locked = lock.ts == 0 || done.bonus.0 <= lock.bonus.saturating_add(growth).max(minimum);
    require(bounded && locked, BONUS_BOUNDED)?;
    require(is_paid_in_full(done, context).unwrap_or(false), PAID_IN_FULL)
}

/// The value handed over, down, is at most the value repaid, up, and the bonus.
fn is_paid_in_full(done: &Liquidated, context: &LiquidationContext<'_>) -> RiskResult<bool> {
    let row = context.board.row(context.collateral_bank.feed).ok_or(RiskError::FeedNotListed)?;
    let seized = decimals(context.collateral_bank).units_down(done.exchange.seized)?;
    let repaid = value_up(context.board, context.loan_bank, done.exchange.repaid)?;
    Ok(Price(row.mid).value_down(seized)? <= Ratio::ONE.add(done.bonus)?.of_up(repaid)?)
}

fn value_up(board: &RiskBoard, bank: &Bank, atoms: u64) -> RiskResult<Usd> {
    let row = board.row(bank.feed).ok_or(RiskError::FeedNotListed)?;
    Ok(Price(row.mid).value_up(decimals(bank).units_up(atoms)?)?)
}
