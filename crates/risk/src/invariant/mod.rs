//! What must always hold, by name: used by tests, fuzzers, the demonstration and the simulator alike.
//!
//! A predicate looks at states: of one account, or of the same accounts before and after an instruction. What the
//! arithmetic of a predicate cannot represent does not hold.

mod account;
mod bank;
mod board;
mod books;
mod deleverage;
mod endings;
mod lending;
mod liquidation;
mod liquidity;
mod loss;
mod orders;
mod perps;
mod rail;
mod settings;

pub use account::{check_account, check_flags, check_not_taken, check_rest_untouched, check_sequence, check_timer};
pub use bank::{check_bank, check_curve, check_indices, check_lend_ratio, check_rate, check_shares};
pub use board::{check_board, check_grace, check_jump, check_levels, check_netting, check_rates, check_row};
pub use books::{
    check_fees, check_growth, check_index_causes, check_insurance, check_surplus, check_tokens, check_vault_change,
};
pub use deleverage::{
    check_deleverage, check_fee, check_pace, check_policy, check_wind_down_pace, DeleverageContext, Takeover,
};
pub use endings::{
    check_equities, check_part, check_payout, check_registered, check_shrink, check_shrink_spares, check_stakes,
};
pub use lending::{
    check_borrow_cap, check_deposit_cap, check_exit, check_initial, check_loan_size, check_no_outflow, check_outflow,
    check_risk_allowed, check_utilisation, Exit, NewRisk,
};
pub use liquidation::{
    check_liquidation, check_not_spared, check_position_liquidation, check_taker, check_unhealthy, LiquidationContext,
    PositionLiquidation,
};
pub use liquidity::{
    check_epoch_price, check_epoch_stays, check_liquidity, check_loss_spent, check_origins, check_quote_shares,
    check_spent, check_strike, check_tagged,
};
pub use loss::{check_loss, check_nothing_left};
pub use orders::{
    check_cancelled, check_fill_backed, check_fill_caps, check_fill_health, check_fill_price, check_order_allowed,
    check_orders, check_pending, check_placed, check_print, FillPaid,
};
pub use perps::{
    check_claims, check_equity, check_funding, check_market, check_other_holdings, check_position_closed,
    check_position_slots, check_positions, check_positions_still, check_settled, check_sizes, check_synced,
};
pub use rail::{check_rail, check_released};
pub use settings::{
    check_account_names, check_bank_names, check_bank_settings, check_board_settings, check_feed_names,
    check_feed_settings, check_group_settings, check_market_names, check_market_settings, check_pool_settings,
};

use ballast_math::Usd;
use ballast_state::{Bank, RiskBoard};

use crate::health::decimals;
use crate::{RiskError, RiskResult};

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

macro_rules! invariants {
    ($($name:ident = $number:literal, $rule:literal;)+) => {
        $(#[doc = concat!("INV-", stringify!($number), ": ", $rule)]
        pub const $name: Violation = Violation { number: $number, rule: $rule };)+

        /// All invariants, by number.
        pub const INVARIANTS: &[Violation] = &[$($name),+];
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
    VAULT_CHANGE_BOOKED = 16, "the vault's tokens change by exactly what its books change";
    INDEX_CAUSES = 17, "an index moves by accrual only, the asset index also by a loss";
    GROWTH_BOUNDED = 18, "debts grow by r·Δt at least and by r·Δt + (r·Δt)² at most";
    SURPLUS_KEPT = 19, "rounding never costs the bank: vault + debts − claims − fees − insurance never falls";
    FEES_CAUSES = 20, "fees rise by interest and flash fees only, and fall by collection or by a loss beyond all claims";
    INSURANCE_CAUSES = 21, "insurance moves by gifts, its share of bonuses and the losses it covers, and by nothing else";
    UTILISATION_BOUND = 22, "new risk leaves the bank's utilisation at its limit at most";
    OUTFLOW_COUNTED = 23, "an outflow is counted once in either window and stays within its limit; nothing else is counted";
    CAPS_HOLD = 24, "a deposit leaves claims within the cap, a top-up within 5/4 of what was last set in full power; a loan leaves debts within the cap";
    INITIAL_AFTER_RISK = 25, "new risk leaves Initial health at zero at least, at usable prices";
    NO_DUST_LOAN = 26, "a borrow leaves no loan below dust";
    SEQUENCE_TELLS = 27, "a sequence number rises with every change of its account but interest, and with nothing else";
    NOT_TAKEN = 28, "without its owner no deposit falls and no loan rises, liquidation and deleverage apart";
    TAKER_SAFE = 29, "a taker ends without a liability, with Initial health, or no worse than before";
    ONLY_UNHEALTHY = 30, "only an account of negative health is liquidated, where a price is in doubt at the owner's end of it";
    SPARED = 31, "cool-off and grace spare all but the deeply unhealthy";
    REST_UNTOUCHED = 32, "a takeover leaves the account's other balances alone";
    DELEVERAGE_HELPS = 33, "a deleverage raises health and health factor";
    WITHIN_POLICY = 34, "a deleverage by policy starts below the floor and ends at floor + width at most";
    FEE_BOUNDED = 35, "a keeper gets at most its fee, at the ends of the fair bands that are against it";
    PACE_KEPT = 36, "deleverages by policy keep their interval and the owner's daily turnover, and count";
    WIND_DOWN_PACE = 37, "a wind-down takes at most a tenth of a balance an hour, dust apart, and counts";
    LOSS_BORNE = 38, "a loss is the whole debt; insurance bears it first, lenders what is left";
    NOTHING_LEFT = 39, "a debt is written off only where equity is negative and nothing above dust is left to seize";
    NO_RISK_WHILE_STOPPED = 40, "no new risk under a pause, a mode or a setting that excludes it";
    RATES_IN_SETTINGS = 41, "every rate on the board lies between its settings' floor and cap";
    INITIAL_COVERS = 42, "the Initial requirement is 5/4 of the Maintenance requirement at least";
    NETTING_SPARES = 43, "the requirement is at most what it would be without netting between feeds";
    FLAGS_CLEAR = 44, "transient flags are zero between transactions";
    TOKENS_CONSERVED = 45, "vaults and wallets of a mint hold together what they held before";
    SETTINGS_GUARDED = 46, "settings change by an instruction of administration only, a mode also by a loss";
    CURVE_MONOTONE = 47, "an interest curve runs from 0 to 1 and never falls";
    NAMES_AGREE = 48, "group, board, feeds, banks and accounts name one another";
    TIMER_TRUE = 49, "after a look at its health an account's timer runs exactly if health is negative";
    RATE_CURRENT = 50, "after tokens or shares moved, the rate is the curve's and the lend ratio the books'";
    ROW_IS_FEED = 51, "a row says what its feed accepted: price, time, state and class";
    EXITS_OPEN = 52, "nothing refuses a repayment, and nothing but the vault a withdrawal without debt";
    JUMPS_WAIT = 53, "one source's jump is accepted after a second print on its side only, and not beyond the nearer one";
    HALTS_GRACED = 54, "the first refresh after a halt starts a grace";
    POSITIONS_ADD_UP = 55, "positions are dense, one for a market, and add up to their side's base, offset and count";
    CLAIMS_COVERED = 56, "what the pool owes a side is the sum of its claims, to 2⁻³² of an atom a position";
    SIZES_FIT = 57, "a side's open interest is the sum of its sizes, to a lot a position";
    LOANS_TAGGED = 58, "the loans that losses of perps opened add up to the bank's, and are parts of loans";
    EQUITY_TRUE = 59, "after an instruction a market's reserve, budget, equity and backing are what its books and its pool's say";
    MARKET_SYNCED = 60, "after a sync a market stands at the board's prices, funding paid to now";
    FUNDING_BOUNDED = 61, "a funding rate stays within its limit, a carry below one";
    INDEX_FINE = 62, "a position index is one at most, and fine enough or its market ends; a side without size starts anew";
    ORDERS_RESERVED = 63, "what pending orders set aside is counted on their account, their lots on their market";
    LIQUIDITY_ADDS_UP = 64, "what providers own, wait for and may claim is there, and no more but the dust of claims";
    EPOCHS_STAY = 65, "an epoch is struck once, in its order and its minute, books what it says, and never changes";
    EPOCH_PRICED = 66, "an epoch's prices hold the pool's net assets between them: funds less what it owes and reserves";
    SPENT_ADDS_UP = 67, "what markets spent adds up to what their pool did";
    FILL_CAPPED = 68, "a fill that opens leaves account, side and skew within their caps";
    FILL_AT_PRINT = 69, "an order ends at the first print published at its moment or later, and fills at the end of its band, within its limit";
    ORDER_BINDING = 70, "an order is taken back by its owner before its print can be known, or by anyone once it has expired";
    POSITION_CLOSED = 71, "a liquidation only makes a position smaller";
    CLAIM_PAID_ONCE = 72, "a settlement takes from the claim what it pays: a loss whole, a profit as far as it may be paid";
    POSITIONS_STILL = 73, "a position changes by a fill, a settlement or a liquidation of its own only";
    POOL_TAKES_FUNDING = 74, "a sync moves what the pool owes by the skew's move and by funding, of which the pool pays nothing";
    FILL_SAFE = 75, "a fill leaves Maintenance health at its print at zero at least";
    ORIGINS_KNOWN = 76, "an account knows of every share of a loan that losses of perps opened which market's losses did";
    LOSS_SPENT = 77, "what a pool loses with a loan is spent in the markets whose losses opened it, by what they opened of it";
    SHRINK_FAIR = 80, "a deleverage of a market takes no claim and no equity, of the larger side only, of all its positions one part, and no more than its pool lacks";
    SHRINK_SPARES = 81, "the first deleverage of a series makes no account liquidatable";
    FILL_BACKED = 82, "a fill that adds to a position and to the skew leaves the market the Initial margin of its skew";
    PROFIT_RAILED = 83, "profits leave while their market releases them, and in a day no more of them, less losses, than was posted";
    STAKES_ADD_UP = 84, "what is set aside adds up to the stakes of settled markets, and no markets have more than their pool";
    CLAIMS_ALIKE = 85, "of a settled market no price moves a claim, and of each that is registered the same part is paid, which never falls";
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

fn holds(holds: RiskResult<bool>, otherwise: Violation) -> Checked {
    require(holds.unwrap_or(false), otherwise)
}

/// Atoms of a bank at mid, up.
fn value_up(board: &RiskBoard, bank: &Bank, atoms: u64) -> RiskResult<Usd> {
    let row = board.row(bank.feed).ok_or(RiskError::FeedNotListed)?;
    Ok(ballast_math::Price(row.mid).value_up(decimals(bank).units_up(atoms)?)?)
}

/// Atoms of a bank at mid, down.
fn value_down(board: &RiskBoard, bank: &Bank, atoms: u64) -> RiskResult<Usd> {
    let row = board.row(bank.feed).ok_or(RiskError::FeedNotListed)?;
    Ok(ballast_math::Price(row.mid).value_down(decimals(bank).units_down(atoms)?)?)
}
