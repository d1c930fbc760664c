//! Settings that only administration changes, and names by which accounts refer to one another.

use ballast_state::{
    Bank, BankMode, Group, LiquidityPool, MarginAccount, OutflowWindow, PerpMarket, PriceFeed, PriceState, RiskBoard,
};

use super::{require, Checked, NAMES_AGREE, SETTINGS_GUARDED};

/// INV-46 between two states of a bank, across an instruction that is not administration's.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_bank_settings(before: &Bank, after: &Bank) -> Checked {
    let lost = after.socialized_loss > before.socialized_loss && BankMode::from_byte(after.mode) == BankMode::WindDown;
    let settings = |bank: &Bank| {
        let limit = |window: OutflowWindow| OutflowWindow { used: 0, index: 0, ..window };
        Bank {
            sequence: 0,
            asset_index: [0; 2],
            liability_index: [0; 2],
            asset_shares: 0,
            liability_shares: 0,
            perp_loan_shares: 0,
            vault_balance: 0,
            insurance: 0,
            fees: 0,
            fees_fraction: 0,
            borrow_rate: 0,
            lend_ratio: [0; 2],
            accrued_ts: 0,
            socialized_loss: 0,
            hourly: limit(bank.hourly),
            daily: limit(bank.daily),
            mode: if lost { 0 } else { bank.mode },
            wind_down_ts: if lost { 0 } else { bank.wind_down_ts },
            ..*bank
        }
    };
    require(settings(before) == settings(after), SETTINGS_GUARDED)
}

/// INV-46 between two states of a board.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_board_settings(before: &RiskBoard, after: &RiskBoard) -> Checked {
    let group_wide = |board: &RiskBoard| (board.rules, board.class_kappa, board.risk_paused_until, board.row_count);
    let rates = |board: &RiskBoard| {
        board.rows.map(|row| ballast_state::RiskRow {
            mid: 0,
            low: 0,
            high: 0,
            fair_low: 0,
            fair_high: 0,
            publish_ts: 0,
            state: 0,
            is_away: 0,
            ..row
        })
    };
    require(group_wide(before) == group_wide(after) && rates(before) == rates(after), SETTINGS_GUARDED)
}

/// INV-46 between two states of a feed.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_feed_settings(before: &PriceFeed, after: &PriceFeed) -> Checked {
    let settings = |feed: &PriceFeed| (feed.class, feed.symbol, feed.sources, feed.judge, feed.rates, feed.row);
    require(settings(before) == settings(after), SETTINGS_GUARDED)
}

/// INV-46 between two states of a group: everything in it is a setting.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_group_settings(before: &Group, after: &Group) -> Checked {
    require(before == after, SETTINGS_GUARDED)
}

/// INV-46 between two states of a perp market.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_market_settings(before: &PerpMarket, after: &PerpMarket) -> Checked {
    let lots = |market: &PerpMarket| {
        let quote = (market.quote_decimals, market.quote_reciprocal, market.quote_shift);
        (market.lot_decimals, market.lot_reciprocal, market.lot_shift, quote)
    };
    let names =
        |market: &PerpMarket| (market.group, market.pool, market.index, market.feed, market.quote_feed, market.symbol);
    let terms = |market: &PerpMarket| (market.terms, market.mode, market.paused_until);
    let same = lots(before) == lots(after) && names(before) == names(after) && terms(before) == terms(after);
    require(same, SETTINGS_GUARDED)
}

/// INV-46 between two states of a pool.
///
/// # Errors
/// `SETTINGS_GUARDED`.
pub fn check_pool_settings(before: &LiquidityPool, after: &LiquidityPool) -> Checked {
    let names = |pool: &LiquidityPool| (pool.group, pool.bank, pool.bank_address, pool.feed, pool.decimals);
    let rules = |pool: &LiquidityPool| (pool.epoch_length, pool.min_delay, pool.exit_fee, pool.cap);
    let markets = |pool: &LiquidityPool| (pool.market_count, pool.weight);
    let same = names(before) == names(after) && rules(before) == rules(after) && markets(before) == markets(after);
    require(same, SETTINGS_GUARDED)
}

/// INV-48 of the perp market that stands at `index` of a pool.
///
/// # Errors
/// `NAMES_AGREE`.
pub fn check_market_names(market: &PerpMarket, index: u16, pool: &LiquidityPool, board: &RiskBoard) -> Checked {
    let listed = board.row(market.feed).is_some() && market.feed != market.quote_feed;
    let named = (market.index, market.group, market.quote_feed) == (index, board.group, pool.feed);
    require(named && listed && pool.group == board.group && index < pool.market_count, NAMES_AGREE)
}

/// INV-48 of the bank that stands at `index` of a group whose board is given.
///
/// # Errors
/// `NAMES_AGREE`.
pub fn check_bank_names(bank: &Bank, index: u16, board: &RiskBoard) -> Checked {
    let listed = board.row(bank.feed).is_some_and(|row| PriceState::from_byte(row.state) != PriceState::Unset);
    require(bank.index == index && bank.group == board.group && listed, NAMES_AGREE)
}

/// INV-48 of the feed that stands on `row` of a board.
///
/// # Errors
/// `NAMES_AGREE`.
pub fn check_feed_names(feed: &PriceFeed, row: u8, board: &RiskBoard) -> Checked {
    require(feed.row == row && feed.group == board.group && row < board.row_count, NAMES_AGREE)
}

/// INV-48 of a margin account and the banks of its group, by their index.
///
/// # Errors
/// `NAMES_AGREE`.
pub fn check_account_names<'a>(
    account: &MarginAccount,
    board: &RiskBoard,
    bank: impl Fn(u16) -> Option<&'a Bank>,
) -> Checked {
    let named = account
        .active()
        .iter()
        .all(|balance| bank(balance.bank).is_some_and(|bank| (bank.index, bank.feed) == (balance.bank, balance.feed)));
    require(named && account.group == board.group, NAMES_AGREE)
}
