//! What no other test of the invariants would have missed: each of their conditions alone
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_math::{Index, Ratio, Units, Usd};
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::{Health, PerpExposure, Portfolio};
use ballast_risk::invariant::{self as inv, Checked, DeleverageContext, LiquidationContext, PositionLiquidation};
use ballast_risk::liquidation::{Exchange, Liquidated};
use ballast_risk::perp::order::Print;
use ballast_state::{
    Balance, BalanceSide, Bank, BonusLock, CurvePoint, Epoch, LiquidityPool, MarginAccount, OracleSource, Order,
    Orders, PendingPrint, PriceFeed, RiskRow, Zeroable,
};
use support::build::{self, account, bank, bits, board, dollars, give, price, with_interest, MILLION, NOW, T0};

fn holds(checked: Checked) {
    assert_eq!(checked, Ok(()));
}

#[track_caller]
fn breaks(number: u8, checked: Checked) {
    assert_eq!(checked.unwrap_err().number, number);
}

fn changed<T: Copy>(of: &T, change: impl FnOnce(&mut T)) -> T {
    let mut of = *of;
    change(&mut of);
    of
}

/// Balances of 7 shares in banks 0 and 1.
fn holder() -> MarginAccount {
    let balance = |bank| Balance { bank, side: 1, shares: 7, ..Balance::zeroed() };
    let mut account = account();
    account.balances[..2].copy_from_slice(&[balance(0), balance(1)]);
    account.balance_count = 2;
    account
}

#[test]
fn inv_05_06_of_each_slot() {
    let holder = holder();
    holds(inv::check_account(&holder));
    breaks(5, inv::check_account(&changed(&holder, |account| account.balances[1].bank = 0)));
    for side in [0, 3] {
        breaks(6, inv::check_account(&changed(&holder, |account| account.balances[1].side = side)));
    }
    breaks(6, inv::check_account(&changed(&holder, |account| account.balances[1].shares = 0)));
    breaks(6, inv::check_account(&changed(&holder, |account| account.balance_count = 1)));
}

#[test]
fn inv_01_11_of_the_smallest_indices() {
    let owing = |index: u128, shares: u64, vault: u64| {
        let bank = Bank { asset_shares: shares, vault_balance: vault, ..bank(0, 0, 6) };
        inv::check_bank(&Bank { asset_index: Index(index).to_words(), ..bank }, vault)
    };
    breaks(11, owing(0, 0, 0));
    holds(owing(1, 1, 0));
    // Below 2³² an atom begun is owed to nobody; from there on it is owed.
    holds(owing(1 << 31, 3 << 32, 1));
    breaks(1, owing(1 << 31, 3 << 32, 0));
    holds(owing(1 << 32, 3 << 31, 2));
    breaks(1, owing(1 << 32, 3 << 31, 1));
}

#[test]
fn inv_03_of_both_sides() {
    let (mut bank, mut lender, mut borrower) = (bank(0, 0, 6), account(), account());
    give(&mut bank, &mut lender, BalanceSide::Deposit, 10);
    give(&mut bank, &mut borrower, BalanceSide::Loan, 4);
    let accounts = [lender, borrower];
    holds(inv::check_shares(&bank, &accounts));
    breaks(3, inv::check_shares(&changed(&bank, |bank| bank.asset_shares += 1), &accounts));
    breaks(3, inv::check_shares(&changed(&bank, |bank| bank.liability_shares += 1), &accounts));
}

#[test]
fn inv_47_a_curve_rises_at_every_corner() {
    let mut bank = bank(0, 0, 6);
    bank.curve_points = 3;
    bank.curve[1] = CurvePoint { utilisation: 1, rate: 0, slope: 0 };
    bank.curve[2] = CurvePoint { utilisation: 1 << 32, rate: 0, slope: 0 };
    holds(inv::check_curve(&bank));
    bank.curve[1].utilisation = 0;
    breaks(47, inv::check_curve(&bank));
}

#[test]
fn inv_14_15_of_each_end() {
    let row = RiskRow { low: 1, fair_low: 2, mid: 3, fair_high: 4, high: 5, ..build::row(3) };
    let check = |change: fn(&mut RiskRow)| inv::check_board(&board(&[row]), &board(&[changed(&row, change)]));
    holds(check(|_| {}));
    breaks(14, check(|row| row.publish_ts -= 1));
    breaks(15, check(|row| row.low = 3));
    breaks(15, check(|row| (row.low, row.fair_low) = (4, 4)));
    breaks(15, check(|row| (row.high, row.fair_high) = (2, 2)));
    breaks(15, check(|row| row.high = 3));
}

/// A feed at a hundred dollars, that jumps by more than 3 %.
fn feed() -> PriceFeed {
    let mut feed = PriceFeed { accepted_price: price(100, 1), accepted_ts: T0, ..PriceFeed::zeroed() };
    feed.sources[0] = OracleSource { provider: 1, ..OracleSource::zeroed() };
    (feed.judge.jump_min, feed.judge.jump_confirm) = (bits(3, 100), 10);
    feed
}

#[test]
fn inv_53_on_both_sides() {
    let feed = feed();
    let accepts = |dollars, seconds| {
        changed(&feed, |feed| (feed.accepted_price, feed.accepted_ts) = (price(dollars, 1), T0 + seconds))
    };
    breaks(53, inv::check_jump(&feed, &accepts(90, 11)));
    breaks(53, inv::check_jump(&feed, &accepts(110, 11)));
    holds(inv::check_jump(&changed(&feed, |feed| feed.accepted_price = 0), &accepts(90, 11)));
    holds(inv::check_jump(&changed(&feed, |feed| feed.sources[1] = feed.sources[0]), &accepts(90, 11)));
    let waiting = changed(&feed, |feed| feed.pending = PendingPrint { price: price(90, 1), publish_ts: T0 + 1 });
    for (dollars, seconds, ok) in [(90, 11, true), (95, 11, true), (89, 11, false), (90, 10, false), (110, 11, false)] {
        assert_eq!(inv::check_jump(&waiting, &accepts(dollars, seconds)).is_ok(), ok, "{dollars} {seconds}");
    }
    // 8 · 0.9 · √(a day / a year) = 0.3767: e^ of it is 1.4575.
    let volatile = changed(&feed, |feed| feed.rates.sigma = u64::from(bits(9, 10)));
    holds(inv::check_jump(&volatile, &accepts(145, 86_400)));
    breaks(53, inv::check_jump(&volatile, &accepts(146, 86_400)));
}

#[test]
fn inv_17_a_loss_lowers_the_index_and_nothing_else_does() {
    let mut old = with_interest(bank(0, 0, 6), 10);
    give(&mut old, &mut account(), BalanceSide::Deposit, 1_000 * MILLION);
    let lower = changed(&old, |bank| bank.asset_index = [u64::MAX, 0]);
    let higher = changed(&old, |bank| bank.asset_index = [1, 1]);
    let lost = |bank: &Bank| changed(bank, |bank| bank.socialized_loss = 1);
    holds(inv::check_index_causes(&old, &lost(&lower)));
    breaks(17, inv::check_index_causes(&old, &lower));
    breaks(17, inv::check_index_causes(&old, &lost(&higher)));
    breaks(17, inv::check_index_causes(&lost(&old), &lost(&lower)));
}

#[test]
fn inv_18_without_loans_no_index_rises() {
    let old = bank(0, 0, 6);
    holds(inv::check_growth(&old, &old));
    breaks(18, inv::check_growth(&old, &changed(&old, |bank| bank.liability_index[0] += 1)));
}

/// An atom of the vault goes: nobody may lose it, but for lenders who had lost everything.
#[test]
fn inv_19_but_for_lenders_who_lost_everything() {
    let check = |lost: u64, shares: u64, index: u128| {
        let old =
            Bank { vault_balance: 10, asset_shares: shares, asset_index: Index(index).to_words(), ..bank(0, 0, 6) };
        inv::check_surplus(&old, &Bank { vault_balance: 9, socialized_loss: lost, ..old })
    };
    holds(check(1, 0, Index::ONE.0));
    holds(check(1, 5, (1 << 32) - 1));
    breaks(19, check(1, 5, 1 << 32));
    breaks(19, check(0, 0, Index::ONE.0));
    breaks(19, check(0, 5, (1 << 32) - 1));
    let old = bank(0, 0, 6);
    breaks(19, inv::check_surplus(&old, &Bank { insurance: 5, ..old }));
}

/// Fees fall by what is collected, or by a loss that claims cannot bear.
#[test]
fn inv_20_fees_bear_what_claims_cannot() {
    let old = Bank { fees: 10, fees_fraction: 10, liability_shares: 4, ..bank(0, 0, 6) };
    let check = |change: fn(&mut Bank)| {
        let new = changed(&old, |bank| (bank.fees, bank.fees_fraction) = (5, 5));
        inv::check_fees(&old, &changed(&new, change), 0)
    };
    breaks(20, check(|_| {}));
    holds(check(|bank| bank.socialized_loss = 1));
    holds(check(|bank| bank.liability_shares = 3));
    breaks(20, check(|bank| bank.liability_shares = 5));
    breaks(20, check(|bank| (bank.socialized_loss, bank.asset_shares) = (1, 1)));
    breaks(20, check(|bank| (bank.socialized_loss, bank.fees) = (1, 11)));
    breaks(20, check(|bank| (bank.socialized_loss, bank.fees_fraction) = (1, 11)));
    holds(check(|bank| (bank.fees, bank.fees_fraction) = (10, 10)));
}

/// What perps won is exposure to the quote token, and to nothing else.
#[test]
fn inv_43_with_what_perps_won() {
    let quote = RiskRow { maintenance_long: bits(1, 16), ..build::row(price(1, 1)) };
    let board = board(&[quote, build::row(price(1, 1))]);
    let mut held = Portfolio::new(0);
    let [long, profit] = [10, 100].map(|tokens: u128| Units(tokens << 64));
    held.add_perp(&PerpExposure { feed: 1, long, profit, released: profit, ..PerpExposure::default() }).unwrap();
    let requirement = Usd(dollars(100).0 / 16);
    holds(inv::check_netting(&held, requirement, &board));
    breaks(43, inv::check_netting(&held, Usd(requirement.0 + 9), &board));
}

fn health(assets: u64, liabilities: u64) -> Health {
    Health { assets: dollars(assets), liabilities: dollars(liabilities), requirement: Usd::ZERO }
}

#[test]
fn inv_33_factor_and_health_rise_or_nothing_is_owed() {
    holds(inv::check_deleverage(&health(0, 1), &health(0, 0)));
    breaks(33, inv::check_deleverage(&health(200, 100), &health(300, 199)));
    holds(inv::check_deleverage(&health(200, 100), &health(301, 150)));
}

/// A bank of a dollar without decimals, and what a check of a deleverage needs with it.
fn deleverage(
    bank: &Bank,
    before: &MarginAccount,
    after: &MarginAccount,
    check: impl Fn(&DeleverageContext<'_>) -> Checked,
) -> Checked {
    let board = board(&[build::row(price(1, 1))]);
    check(&DeleverageContext { board: &board, loan_bank: bank, collateral_bank: bank, before, after, now: NOW })
}

#[test]
fn inv_36_turnover_of_a_day_and_the_time_between() {
    let day = T0 / 86_400;
    let pace = |old_day, last_ts, used: u64| {
        let (mut old, mut new) = (account(), account());
        old.policy.daily_turnover = dollars(100).0;
        (old.policy.turnover_used, old.policy.turnover_day, old.policy.last_ts) = (dollars(10).0, old_day, last_ts);
        (new.policy.turnover_used, new.policy.turnover_day, new.policy.last_ts) = (dollars(used).0, day, T0);
        deleverage(&bank(0, 0, 0), &old, &new, |context| inv::check_pace(40, context))
    };
    holds(pace(day, 0, 50));
    breaks(36, pace(day, 0, 40));
    holds(pace(day - 1, 0, 40));
    breaks(36, pace(day - 1, 0, 50));
    holds(pace(day, T0 - 600, 50));
    breaks(36, pace(day, T0 - 599, 50));
}

#[test]
fn inv_37_tenths_of_an_hour_in_a_wind_down() {
    let hour = u32::try_from(T0 / 3_600).unwrap();
    let winding = Bank { mode: 2, wind_down_ts: T0 - 7 * 86_400, ..bank(0, 0, 0) };
    let pace = |bank: &Bank, (held, wound_hour, wound): (u64, u32, u64), taken: u64| {
        let balance = Balance { side: 1, shares: held, wound_hour, wound_down: wound, ..Balance::zeroed() };
        let (mut old, mut new) = (account(), account());
        (old.balances[0], old.balance_count) = (balance, 1);
        let counted = if wound_hour == hour { wound + taken } else { taken };
        let left = Balance { shares: held - taken, wound_hour: hour, wound_down: counted, ..balance };
        (new.balances[0], new.balance_count) = (left, 1);
        deleverage(bank, &old, &new, |context| inv::check_wind_down_pace(bank, context))
    };
    holds(pace(&winding, (100, 0, 0), 10));
    breaks(37, pace(&winding, (100, 0, 0), 11));
    // What went this hour counts, on both sides.
    holds(pace(&winding, (95, hour, 5), 5));
    breaks(37, pace(&winding, (95, hour, 5), 6));
    holds(pace(&winding, (100, hour - 1, 5), 10));
    // Ten dollars are no dust.
    holds(pace(&winding, (9, 0, 0), 8));
    breaks(37, pace(&winding, (10, 0, 0), 8));
    // No bank that does not wind down, or whose notice runs, has a pace.
    holds(pace(&Bank { mode: 0, ..winding }, (100, 0, 0), 50));
    holds(pace(&Bank { wind_down_ts: winding.wind_down_ts + 1, ..winding }, (100, 0, 0), 50));
}

#[test]
fn inv_23_of_each_window() {
    let old = bank(0, 0, 0);
    holds(inv::check_no_outflow(&old, &old));
    breaks(23, inv::check_no_outflow(&old, &changed(&old, |bank| bank.hourly.used = 1)));
    breaks(23, inv::check_no_outflow(&old, &changed(&old, |bank| bank.daily.used = 1)));
    breaks(23, inv::check_no_outflow(&old, &changed(&old, |bank| bank.daily.index = 1)));
}

/// A liquidation that moved nothing, so that its healths alone decide.
fn liquidated(before: Health, after: Health, bonus: Ratio) -> Liquidated {
    Liquidated { bonus, unhealthy_since: T0, exchange: Exchange::default(), insurance: 0, before, after, loss: None }
}

#[test]
fn inv_08_09_10_of_a_liquidation() {
    let board = board(&[build::row(price(1, 1))]);
    let bank = bank(0, 0, 0);
    let minimum = Ratio::from_bits(board.rules.bonus_min);
    let check = |after: Health, factor_threshold, dust_closed, lock: BonusLock| {
        let (loan_bank, collateral_bank) = (&bank, &bank);
        let context = LiquidationContext {
            board: &board,
            loan_bank,
            collateral_bank,
            lock,
            factor_threshold,
            dust_closed,
            now: NOW,
        };
        inv::check_liquidation(&liquidated(health(100, 110), after, minimum), &context)
    };
    let (free, above) = (BonusLock::zeroed(), Ratio(minimum.0 + 1));
    // Health rises from −10 to −5, the factor falls from 10/11 to 2/3.
    let fallen = health(10, 15);
    for threshold in [Ratio::ZERO, minimum] {
        holds(check(fallen, threshold, false, free));
    }
    breaks(8, check(fallen, above, false, free));
    let beyond = health(100, 20);
    breaks(9, check(beyond, above, false, free));
    holds(check(beyond, above, true, free));
    holds(check(health(100, 100), above, false, BonusLock { ts: T0 - 10, bonus: minimum.0 }));
}

#[test]
fn inv_31_until_the_last_second() {
    let board = board(&[]);
    let after_risk = |seconds| {
        let account = MarginAccount { risk_ts: T0 - seconds, ..account() };
        inv::check_not_spared(&account, &Health { requirement: dollars(10), ..health(95, 90) }, &board, NOW)
    };
    breaks(31, after_risk(9));
    holds(after_risk(10));
    holds(after_risk(1_000));
}

/// An equity of zero is no debt that nothing covers.
#[test]
fn inv_07_of_a_position() {
    let board = board(&[build::row(price(1, 1))]);
    let bonus = Ratio::from_bits(board.rules.bonus_min);
    let check = |assets| {
        let before = Health { requirement: dollars(1), ..health(assets, 100) };
        let after = Health { requirement: dollars(2), ..before };
        let lock = BonusLock::zeroed();
        let done = PositionLiquidation { before, after, bonus, lock, closed: true, nothing_left: true };
        inv::check_position_liquidation(&done, &support::perps::market(), &board, NOW)
    };
    breaks(7, check(100));
    holds(check(99));
}

/// What lenders could not bear is not counted where they lost everything, and only there.
#[test]
fn inv_38_beyond_all_claims() {
    let old = Bank { asset_shares: 10, liability_shares: 20, ..bank(0, 0, 6) };
    let check = |index: u128, counted: u64| {
        let new = Bank { asset_index: Index(index).to_words(), socialized_loss: counted, liability_shares: 0, ..old };
        let (index_before, index_after) = (old.asset_index, new.asset_index);
        let loss = Loss { deficit: 20, insured: 0, pooled: 0, socialized: 20, index_before, index_after };
        inv::check_loss(&loss, 20, &old, &new)
    };
    holds(check(1, 10));
    breaks(38, check(1, 21));
    breaks(38, check(Index::ONE.0, 10));
    holds(check(Index::ONE.0, 20));
}

#[test]
fn inv_63_each_order_has_its_own_number() {
    let order = Order { id: 1, requirement: 5, ..Order::zeroed() };
    let mut orders = Orders { next_id: 4, ..Orders::zeroed() };
    let mut account = account();
    for count in 1..=3 {
        let at = usize::try_from(count).unwrap();
        orders.slots[at] = Order { id: u64::from(count), ..order };
        (account.order_count, account.order_requirement) = (count, u64::from(count) * 5);
        holds(inv::check_orders(&account, Some(&orders)));
    }
    orders.slots[3].id = 2;
    breaks(63, inv::check_orders(&account, Some(&orders)));
    orders.slots[3].id = 4;
    breaks(63, inv::check_orders(&account, Some(&orders)));
}

/// An order that could be filled at the moment it was placed would choose its price.
#[test]
fn inv_69_an_order_waits() {
    let print = Print { prev_publish_ts: Some(T0 - 1), ..support::orders::print(15_000, 0, 0) };
    let placed = |placed_ts| {
        let order = Order { placed_ts, eligible_ts: T0, expiry_ts: T0 + 60, ..Order::zeroed() };
        inv::check_print(&order, &print, NOW)
    };
    holds(placed(T0 - 1));
    breaks(69, placed(T0));
}

/// What entered an epoch that minted nothing is returned.
#[test]
fn inv_65_of_an_epoch_that_mints_nothing() {
    let before = LiquidityPool { epoch: 1, epoch_end: T0, epoch_length: 600, min_delay: 2, ..LiquidityPool::zeroed() };
    let before = LiquidityPool { entering: 5, ..before };
    let after = LiquidityPool { epoch: 2, epoch_end: T0 + 600, entering: 0, claimable: 5, ..before };
    let epoch = Epoch { number: 1, entering: 5, struck_ts: T0 + 2, ..Epoch::zeroed() };
    holds(inv::check_strike(&before, &after, &epoch));
    breaks(65, inv::check_strike(&before, &LiquidityPool { shares: 5, claimable: 0, ..after }, &epoch));
}

#[test]
fn inv_65_of_an_epoch_that_is_claimed() {
    let before = Epoch { entering: 10, leaving: 10, entering_claimed: 2, leaving_claimed: 2, ..Epoch::zeroed() };
    let claimed = |entering_claimed, leaving_claimed| {
        inv::check_epoch_stays(&before, &Epoch { entering_claimed, leaving_claimed, ..before })
    };
    for [entering, leaving] in [[2, 2], [10, 2], [2, 10], [10, 10]] {
        holds(claimed(entering, leaving));
    }
    for [entering, leaving] in [[1, 2], [11, 2], [2, 1], [2, 11]] {
        breaks(65, claimed(entering, leaving));
    }
    breaks(65, inv::check_epoch_stays(&before, &Epoch { paid: 1, ..before }));
}

#[test]
fn inv_71_a_liquidation_closes_something() {
    for side in [1, -1] {
        let closed = |lots: i64, after: i64| inv::check_position_closed(5 * side, lots * side, after * side);
        holds(closed(-1, 4));
        holds(closed(-5, 0));
        breaks(71, closed(0, 5));
        breaks(71, closed(1, 6));
        breaks(71, closed(-6, -1));
    }
}

/// Books move without a word of administration: each of their fields.
#[test]
fn inv_46_books_are_no_settings() {
    let old = bank(0, 0, 6);
    let books: [fn(&mut Bank); 19] = [
        |bank| bank.sequence += 1,
        |bank| bank.asset_index[0] += 1,
        |bank| bank.liability_index[0] += 1,
        |bank| bank.asset_shares += 1,
        |bank| bank.liability_shares += 1,
        |bank| bank.perp_loan_shares += 1,
        |bank| bank.vault_balance += 1,
        |bank| bank.insurance += 1,
        |bank| bank.fees += 1,
        |bank| bank.fees_fraction += 1,
        |bank| bank.borrow_rate += 1,
        |bank| bank.lend_ratio[0] += 1,
        |bank| bank.accrued_ts += 1,
        |bank| bank.socialized_loss += 1,
        |bank| bank.hourly.used += 1,
        |bank| bank.hourly.index += 1,
        |bank| bank.daily.used += 1,
        |bank| bank.daily.index += 1,
        |bank| (bank.socialized_loss, bank.mode, bank.wind_down_ts) = (1, 2, T0),
    ];
    for change in books {
        holds(inv::check_bank_settings(&old, &changed(&old, change)));
    }
    breaks(46, inv::check_bank_settings(&old, &changed(&old, |bank| bank.daily.limit -= 1)));
    breaks(46, inv::check_bank_settings(&old, &changed(&old, |bank| bank.wind_down_ts = T0)));
    breaks(46, inv::check_bank_settings(&old, &changed(&old, |bank| (bank.socialized_loss, bank.mode) = (1, 1))));
}

#[test]
fn inv_46_prices_are_no_settings() {
    let old = build::row(price(1, 1));
    let check = |change: fn(&mut RiskRow)| inv::check_board_settings(&board(&[old]), &board(&[changed(&old, change)]));
    let prices: [fn(&mut RiskRow); 7] = [
        |row| row.mid += 1,
        |row| row.low -= 1,
        |row| row.high += 1,
        |row| row.fair_low -= 1,
        |row| row.fair_high += 1,
        |row| row.publish_ts += 1,
        |row| row.state = 2,
    ];
    for change in prices {
        holds(check(change));
    }
    breaks(46, check(|row| row.fixed = 1));
}

#[test]
fn inv_48_a_feed_stands_on_a_listed_row() {
    let board = board(&[build::row(price(1, 1))]);
    let standing = |row| inv::check_feed_names(&PriceFeed { row, ..PriceFeed::zeroed() }, row, &board);
    holds(standing(0));
    breaks(48, standing(1));
}
