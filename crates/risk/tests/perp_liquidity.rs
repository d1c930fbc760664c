//! Liquidity providers: what the pool is worth, and who enters and leaves it when and at which price.
mod support;

use ballast_risk::perp::liquidity::{self, Claimed, NetAssets, STRIKE_SECONDS};
use ballast_risk::{lending, perp, RiskError};
use ballast_state::{BalanceSide, LiquidityPool, PerpMarket, PriceState, RiskRow, Zeroable};
use support::build::{account, bits, give, price, row, MILLION, T0};
use support::providers::{World, DELAY, HOUR, PURSE, SOL};

#[test]
fn the_first_share_costs_an_atom() {
    let mut world = World::new(1, 1);
    assert_eq!(world.deposit(0, 1_000 * MILLION), Ok(1_000 * MILLION));
    assert_eq!((world.pool.entering, world.pool.shares, world.held(0)), (1_000 * MILLION, 0, PURSE - 1_000 * MILLION));
    world.check();
    let epoch = world.strike().unwrap();
    assert_eq!((epoch.number, epoch.supply, epoch.entering, epoch.minted), (1, 0, 1_000 * MILLION, 1_000 * MILLION));
    assert_eq!((epoch.assets_low, epoch.assets_high, epoch.struck_ts), (0, 0, T0 + HOUR + DELAY));
    assert_eq!((world.pool.entering, world.pool.shares, world.pool.supply), (0, 1_000 * MILLION, 1_000 * MILLION));
    assert_eq!((world.pool.epoch, world.pool.epoch_end), (2, T0 + 2 * HOUR));
    // The market's budget follows at once.
    assert_eq!((world.markets[0].budget, world.markets[0].equity), (500_000_000, 500_000_000));
    assert_eq!(world.claim(0), Ok(Claimed { minted: 1_000 * MILLION, burnt: 0, shares: 0 }));
    assert_eq!(world.claim(0), Err(RiskError::NothingToClaim));
    world.check();
}

/// Ten SOL long at 150; then 165, within a per cent.
#[test]
fn who_enters_pays_the_high_end_and_who_leaves_gets_the_low_one() {
    let mut world = World::funded(10_000 * MILLION, 2);
    world.trade(0, 10 * SOL);
    // A premium of 6,821, held in reserve: providers have what they had.
    assert_eq!(world.funds(), 10_000 * MILLION + 6_821);
    assert_eq!(world.assets(), NetAssets { low: 10_000_000_000, high: 10_000_000_000 });
    world.deposit(1, 1_000 * MILLION).unwrap();
    world.withdraw(0, 1_000 * MILLION).unwrap();
    world.pool.exit_fee = bits(1, 1_000);
    world.print(price(165, 1), 100);
    let epoch = world.strike().unwrap();
    // At 166.65 the pool owes 166.5 dollars and 7578 atoms of reserve; at 163.35 133.5 and 7428.
    assert_eq!(epoch.assets_low, 10_000_006_821 - 166_500_000 - 7_578);
    // Up: a mark is a little less than the price it is made of.
    assert_eq!(epoch.assets_high, 10_000_006_821 - 133_500_000 - 7_428 + 1);
    let minted = 1_000_000_000u128 * (10_000_000_000 + 1_000_000) / (9_866_499_394 + 1_000_000);
    assert_eq!(u128::from(epoch.minted), minted);
    // Part of the low assets, less the fee, a thousandth to the next 2⁻³², up.
    let value = 1_000_000_000u128 * 9_833_499_243 / 10_000_000_000;
    assert_eq!(value, 983_349_924);
    assert_eq!((epoch.burnt, epoch.paid), (1_000_000_000, 983_349_924 - 983_351));
    assert_eq!(world.pool.supply, 9_000_000_000 + epoch.minted);
    assert_eq!(world.pool.shares, 10_000_006_821 + 1_000_000_000 - epoch.paid);
    assert_eq!(world.pool.claimable, epoch.paid);
    assert_eq!(world.claim(1), Ok(Claimed { minted: epoch.minted, burnt: 0, shares: 0 }));
    assert_eq!(world.claim(0), Ok(Claimed { minted: 0, burnt: 1_000_000_000, shares: epoch.paid }));
    assert_eq!((world.pool.claimable, world.providers[0].0.shares), (0, 9_000_000_000));
    world.check();
}

/// Shorts are against the pool at the low end.
#[test]
fn both_sides_of_a_skew_are_valued_against_the_actor() {
    let mut world = World::funded(10_000 * MILLION, 1);
    world.trade(0, -10 * SOL);
    world.print(price(150, 1), 200);
    world.board.rows[0].low = price(999, 1_000);
    world.board.rows[0].high = price(1_001, 1_000);
    // The pool is long ten. The low end of its mark is 147/1.001, the high one 153/0.999; the reserve moves as little as a lot.
    let assets = world.assets();
    let funds = i64::try_from(world.funds()).unwrap();
    let low = 1_500 * SOL - 1_470 * SOL * 1_000 / 1_001;
    let high = 1_530 * SOL * 1_000 / 999 - 1_500 * SOL;
    assert_eq!((low, high), (31_468_532, 31_531_531));
    let reserve = i64::try_from(world.markets[0].skew_reserve).unwrap();
    assert!((funds - reserve - assets.low).abs_diff(low) < 200, "{assets:?}");
    assert!((assets.high + reserve - funds).abs_diff(high) < 200, "{assets:?}");
}

/// `lp_case` of the model: with the reserve, whoever leaves first and whoever stays get the same.
/// What an idle market paid on an earlier day keeps no provider in: a strike begins its day as it does those of the others.
#[test]
fn a_strike_begins_the_day_of_an_idle_market() {
    let mut world = World::funded(10_000 * MILLION, 1);
    // Its winners of yesterday took nearly all that it stood for.
    (world.markets[0].spent, world.pool.spent) = (9_990_000_000, 9_990_000_000);
    world.markets[0].spent_day -= 1;
    let sequence = world.markets[0].sequence;
    let supply = world.pool.supply;
    world.withdraw(0, supply).unwrap();
    let epoch = world.strike().unwrap();
    assert_eq!((epoch.leaving, epoch.burnt), (supply, supply));
    assert_eq!((world.markets[0].spent, world.pool.spent), (0, 0));
    assert_eq!(world.markets[0].spent_day, PerpMarket::day(world.now.ts));
    assert_eq!(world.markets[0].sequence, sequence + 1);
}

#[test]
fn premium_is_nobodys_until_the_skew_is_gone() {
    let mut world = World::new(1, 2);
    world.board.rows[1] = row(price(150, 1));
    world.markets[0].terms.skew_scale = 1_000_000_000_000;
    world.markets[0].terms.weight = u32::MAX;
    world.deposit(0, 500 * MILLION).unwrap();
    world.deposit(1, 500 * MILLION).unwrap();
    world.strike().unwrap();
    world.claim(0).unwrap();
    world.claim(1).unwrap();
    world.trade(0, 10_000_000_000);
    assert_eq!((world.funds(), world.markets[0].skew_reserve), (8_500 * MILLION, 7_500_000_000));
    world.withdraw(0, 500 * MILLION).unwrap();
    let first = world.strike().unwrap();
    assert_eq!((first.assets_low, first.paid), (1_000_000_000, 500_000_000));
    world.trade(0, -10_000_000_000);
    world.withdraw(1, 500 * MILLION).unwrap();
    let second = world.strike().unwrap();
    // But for an atom: a weight is less than one.
    assert_eq!((second.burnt, second.paid), (first.burnt - 1, first.paid - 1));
    assert_eq!((world.pool.supply, world.pool.shares), (1, 1));
}

#[test]
fn a_market_keeps_its_requirement_and_the_rest_waits() {
    let mut world = World::funded(10_000 * MILLION, 2);
    world.deposit(1, 5_000 * MILLION).unwrap();
    world.strike().unwrap();
    world.claim(1).unwrap();
    world.trade(0, 100 * SOL);
    // The pool is short 15,000 dollars: 18 % and 3 % of it.
    let required = liquidity::requirement(&world.markets[0], 100 * SOL, &world.board, world.now).unwrap();
    assert!((3_150 * MILLION..3_150 * MILLION + 10).contains(&required), "{required}");
    world.withdraw(0, 10_000 * MILLION).unwrap();
    world.withdraw(1, 2_000 * MILLION).unwrap();
    let epoch = world.strike().unwrap();
    assert_eq!(epoch.leaving, 12_000 * MILLION);
    // The budget is half of the funds: 7,500 − 3,150 may leave it, twice that leave the funds.
    assert!(epoch.paid.abs_diff(8_700 * MILLION) < 2_000_000, "{epoch:?}");
    let market = &world.markets[0];
    assert!(market.equity >= i64::try_from(required).unwrap(), "{} {required}", market.equity);
    assert!(market.equity - i64::try_from(required).unwrap() < 3);
    assert_eq!(world.pool.leaving, 12_000 * MILLION - epoch.burnt);
    // Pro rata: five sixths of it are the first one's.
    let [first, second] = [0, 1].map(|who| world.claim(who).unwrap());
    assert!(first.shares.abs_diff(epoch.paid / 6 * 5) < 10 && second.shares.abs_diff(epoch.paid / 6) < 10);
    assert_eq!(world.providers[0].0.leaving, 10_000 * MILLION - first.burnt);
    assert_eq!((world.providers[0].0.leaving_epoch, world.pool.epoch), (4, 4));
    world.check();
    // The skew goes, and so does the rest.
    world.trade(0, -100 * SOL);
    let last = world.strike().unwrap();
    assert_eq!((last.leaving, last.burnt), (12_000 * MILLION - epoch.burnt, last.leaving));
    for who in [0, 1] {
        world.claim(who).unwrap();
        assert_eq!(world.providers[who].0.leaving, 0);
    }
    assert!(world.pool.claimable <= 4 && world.pool.leaving == 0);
}

/// A market that has just what it needs: nobody can leave but against who enters in the same epoch.
#[test]
fn who_enters_pays_out_who_leaves() {
    let mut world = World::funded(6_300 * MILLION, 2);
    world.trade(0, 100 * SOL);
    world.withdraw(0, 3_000 * MILLION).unwrap();
    let mut alone = world.clone();
    assert_eq!(alone.strike().unwrap().paid, 0);
    world.deposit(1, 1_000 * MILLION).unwrap();
    let epoch = world.strike().unwrap();
    // The requirement is a few atoms more, by the rounding of its rates.
    assert!((1_000 * MILLION - 10..1_000 * MILLION).contains(&epoch.paid), "{epoch:?}");
}

/// What waits from epoch to epoch is paid in the end, with nobody claiming in between.
#[test]
fn exits_that_wait_add_up() {
    let mut world = World::funded(6_300 * MILLION, 2);
    world.trade(0, 100 * SOL);
    world.withdraw(0, 3_000 * MILLION).unwrap();
    let mut struck = 0;
    while world.pool.leaving > 0 {
        world.deposit(1, 700 * MILLION).unwrap();
        world.strike().unwrap();
        world.claim(1).unwrap();
        struck += 1;
    }
    // 700 at a time, less some atoms that the requirement takes: five times.
    assert_eq!(struck, 5);
    let last = world.epochs.last().unwrap().number;
    assert_eq!(world.withdraw(0, 1), Err(RiskError::ClaimPending));
    assert_eq!(world.claim_from(0, last), Err(RiskError::NothingToClaim), "one epoch after the other");
    let claims: Vec<Claimed> = (last - 4..=last).map(|number| world.claim_from(0, number).unwrap()).collect();
    assert_eq!(claims.iter().map(|claimed| claimed.burnt).sum::<u64>(), 3_000 * MILLION);
    let paid: u64 = world.epochs.iter().map(|epoch| epoch.paid).sum();
    assert_eq!(claims.iter().map(|claimed| claimed.shares).sum::<u64>(), paid);
    assert_eq!((world.providers[0].0.leaving, world.pool.claimable), (0, 0));
    world.check();
}

#[test]
fn loans_of_losing_traders_stay_covered() {
    let mut world = World::funded(10_000 * MILLION, 1);
    perp::charge(&mut world.pool, &mut world.bank, &mut world.trader, 0, PURSE + 4_000 * MILLION).unwrap();
    assert_eq!(world.bank.perp_loan_shares, 4_000 * MILLION);
    world.markets.clear();
    world.pool.market_count = 0;
    world.withdraw(0, 10_000 * MILLION).unwrap();
    let epoch = world.strike().unwrap();
    // All but what is owed, to the price of a share.
    assert!((PURSE + 10_000 * MILLION - epoch.paid) < 102, "{epoch:?}");
    assert!((4_000 * MILLION..4_000 * MILLION + 102).contains(&world.funds()));
}

#[test]
fn without_net_assets_nobody_enters_and_nobody_leaves() {
    let mut world = World::funded(1_000 * MILLION, 2);
    world.trade(0, 20 * SOL);
    world.print(price(250, 1), 0);
    world.deposit(1, 500 * MILLION).unwrap();
    world.withdraw(0, MILLION).unwrap();
    let epoch = world.strike().unwrap();
    assert!(epoch.assets_high < 0, "{epoch:?}");
    assert_eq!((epoch.minted, epoch.burnt, epoch.paid), (0, 0, 0));
    assert_eq!((world.pool.entering, world.pool.claimable, world.pool.leaving), (0, 500 * MILLION, MILLION));
    assert_eq!(world.claim(1), Ok(Claimed { minted: 0, burnt: 0, shares: 500 * MILLION }));
    assert_eq!((world.held(1), world.providers[1].0.shares), (PURSE, 0));
    assert_eq!(world.claim(0), Ok(Claimed::default()));
    assert_eq!((world.providers[0].0.leaving, world.providers[0].0.leaving_epoch), (MILLION, 3));
    world.check();
}

#[test]
fn an_epoch_takes_requests_until_its_end_and_is_struck_in_the_minute_after_the_delay() {
    let mut world = World::funded(1_000 * MILLION, 2);
    let end = world.pool.epoch_end - T0;
    world.at(end - 1);
    world.deposit(1, MILLION).unwrap();
    for seconds in [end, end + DELAY, end + DELAY + 60] {
        world.at(seconds);
        assert_eq!(world.deposit(1, MILLION), Err(RiskError::RequestsCutOff));
        assert_eq!(world.withdraw(0, 1), Err(RiskError::RequestsCutOff));
    }
    for seconds in [end - 1, end, end + DELAY - 1] {
        world.at(seconds);
        world.refresh();
        assert_eq!(world.strike_now(), Err(RiskError::StrikeTooEarly));
    }
    let mut last = world.clone();
    last.at(end + DELAY + i64::from(STRIKE_SECONDS));
    last.refresh();
    assert_eq!(last.strike_now().map(|epoch| epoch.minted), Ok(MILLION));
    assert_eq!(last.pool.epoch_end - T0, end + HOUR);
    // A second later it is too late, and everything waits for the next end.
    world.at(end + DELAY + i64::from(STRIKE_SECONDS) + 1);
    world.refresh();
    assert_eq!(world.strike_now(), Err(RiskError::StrikeTooEarly));
    world.deposit(1, MILLION).unwrap();
    assert_eq!((world.pool.epoch, world.pool.epoch_end - T0), (2, end + HOUR));
    // However many are missed.
    world.at(end + 7 * HOUR + DELAY);
    assert_eq!(world.deposit(1, MILLION), Err(RiskError::RequestsCutOff));
    let epoch = world.strike().unwrap();
    assert_eq!((epoch.number, epoch.minted, world.pool.epoch_end - T0), (2, 2 * MILLION, end + 8 * HOUR));
}

/// The marks of a strike were nobody's to know at the cut-off.
#[test]
fn marks_from_before_the_delay_make_no_price() {
    let mut world = World::funded(1_000 * MILLION, 1);
    world.trade(0, SOL);
    let first = world.pool.epoch_end + DELAY - T0;
    for feed in [0, 1] {
        world.at(first);
        world.refresh();
        world.board.rows[feed].publish_ts -= 1;
        assert_eq!(world.strike_now(), Err(RiskError::MarkTooOld));
        let state = world.board.rows[feed].state;
        world.refresh();
        world.board.rows[feed].state = PriceState::Guarded.to_byte();
        assert_eq!(world.strike_now(), Err(RiskError::PriceGuarded));
        world.board.rows[feed].state = PriceState::PendingJump.to_byte();
        assert_eq!(world.strike_now(), Err(RiskError::PricePending));
        world.board.rows[feed].state = state;
    }
    // A fixed price does not age.
    world.board.rows[0].fixed = 1;
    world.board.rows[0].publish_ts = T0;
    assert!(world.strike_now().is_ok());
}

/// A market without positions is worth nothing at any price, so that a dead feed keeps nobody in.
#[test]
fn a_market_without_size_needs_no_price() {
    let mut world = World::funded(1_000 * MILLION, 1);
    world.trade(0, SOL);
    world.trade(0, -SOL);
    // Nothing is known of it any more.
    world.board.rows[1] = RiskRow::zeroed();
    world.withdraw(0, 1_000 * MILLION).unwrap();
    assert_eq!(world.strike().map(|epoch| epoch.burnt), Ok(1_000 * MILLION));
}

#[test]
fn a_price_needs_every_market_once() {
    let mut world = World::new(3, 1);
    world.at(HOUR + DELAY);
    world.refresh();
    let whole = world.clone();
    world.markets.pop();
    assert_eq!(world.strike_now(), Err(RiskError::MarketMissing));
    world.markets.push(whole.markets[1]);
    assert_eq!(world.strike_now(), Err(RiskError::MarketMissing));
    world.markets = vec![whole.markets[1], whole.markets[0], whole.markets[2]];
    assert_eq!(world.strike_now(), Err(RiskError::MarketMissing));
    world.markets = whole.markets;
    assert!(world.strike_now().is_ok());
}

#[test]
fn requests_that_cannot_be_are_refused() {
    let mut world = World::funded(1_000 * MILLION, 2);
    assert_eq!(world.deposit(1, 0), Err(RiskError::ZeroAmount));
    assert_eq!(world.deposit(1, PURSE + 1), Err(RiskError::InsufficientBalance));
    assert_eq!(world.withdraw(0, 0), Err(RiskError::ZeroAmount));
    assert_eq!(world.withdraw(0, 1_000 * MILLION + 1), Err(RiskError::InsufficientLiquidityShares));
    world.pool.cap = 1_500 * MILLION;
    assert_eq!(world.deposit(1, 500 * MILLION + 1), Err(RiskError::LiquidityCapExceeded));
    world.deposit(1, 500 * MILLION).unwrap();
    assert_eq!(world.deposit(1, 1), Err(RiskError::LiquidityCapExceeded), "what waits counts");
    world.bank.index = 1;
    assert_eq!(world.deposit(1, 1), Err(RiskError::BankMismatch));
    assert_eq!(world.claim(1), Err(RiskError::BankMismatch));
}

#[test]
fn an_exit_right_after_entry_is_impossible() {
    let mut world = World::funded(1_000 * MILLION, 2);
    world.deposit(1, 500 * MILLION).unwrap();
    // Not in the epoch that lets it in: there are no shares yet.
    assert_eq!(world.withdraw(1, 1), Err(RiskError::InsufficientLiquidityShares));
    let entered = world.strike().unwrap();
    assert_eq!(world.withdraw(1, 1), Err(RiskError::InsufficientLiquidityShares));
    assert_eq!(world.deposit(1, MILLION), Err(RiskError::ClaimPending));
    world.claim(1).unwrap();
    world.withdraw(1, 500 * MILLION).unwrap();
    let left = world.strike().unwrap();
    assert_eq!(left.burnt, 500 * MILLION);
    assert!(left.struck_ts - entered.struck_ts >= HOUR - i64::from(STRIKE_SECONDS));
    world.providers[1].0.shares = 1;
    assert_eq!(world.withdraw(1, 1), Err(RiskError::ClaimPending));
}

/// Escrow is an outflow of an account that owes: what is claimed may go to another.
#[test]
fn a_debtors_request_counts_in_the_windows() {
    let mut world = World::funded(1_000 * MILLION, 2);
    world.bank.hourly.limit = 100 * MILLION;
    world.deposit(1, 200 * MILLION).unwrap();
    world.providers[1].1.perp_count = 1;
    assert_eq!(world.deposit(1, 100 * MILLION + 1), Err(RiskError::HourlyOutflowExceeded));
    let sequence = world.bank.sequence;
    world.deposit(1, 100 * MILLION).unwrap();
    assert_eq!((world.bank.hourly.used, world.bank.sequence), (100 * MILLION, sequence + 1));
    assert_eq!(world.providers[1].1.risk_ts, world.now.ts);
}

/// A claim pays the loan of the account it goes to.
#[test]
fn what_is_claimed_pays_a_loan_first() {
    let mut world = World::funded(1_000 * MILLION, 1);
    world.withdraw(0, 1_000 * MILLION).unwrap();
    world.strike().unwrap();
    world.providers[0].1 = account();
    give(&mut world.bank, &mut world.providers[0].1, BalanceSide::Loan, 400 * MILLION);
    world.claim(0).unwrap();
    assert_eq!((world.bank.liability_shares, world.held(0)), (0, 600 * MILLION));
}

/// Gifts to the bank are insurance's or nobody's.
#[test]
fn a_donation_does_not_move_the_price() {
    let mut world = World::funded(1_000 * MILLION, 1);
    let before = world.assets();
    lending::deposit_insurance(&mut world.bank, 1_000_000 * MILLION).unwrap();
    world.bank.vault_balance += 1_000_000 * MILLION;
    assert_eq!(world.assets(), before);
}

#[test]
fn settings_keep_epochs_apart() {
    let pool = World::new(1, 1).pool;
    assert_eq!(liquidity::validate(&pool), Ok(()));
    let refused = |change: fn(&mut LiquidityPool)| {
        let mut pool = pool;
        change(&mut pool);
        assert_eq!(liquidity::validate(&pool), Err(RiskError::InvalidParameter));
    };
    refused(|pool| pool.min_delay = 29);
    refused(|pool| pool.min_delay = 601);
    refused(|pool| pool.epoch_length = 179);
    refused(|pool| pool.exit_fee = bits(51, 1_000));
    let least = LiquidityPool { epoch_length: 180, ..pool };
    assert_eq!(liquidity::validate(&least), Ok(()));
}

#[test]
fn shares_worth_nearly_nothing_are_not_minted() {
    // A pool that lost all but an atom: a deposit of 2⁴⁴ would be more shares than there can be.
    assert_eq!(liquidity::liquidity_of(1 << 44, 1 << 60, 1), None);
    assert_eq!(liquidity::liquidity_of(MILLION, 1 << 40, 0), None);
    assert_eq!(liquidity::liquidity_of(MILLION, 0, -1), None);
    assert_eq!(liquidity::liquidity_of(MILLION, 0, 0), Some(MILLION));
    // What a pool without providers holds is shared with nobody's shares.
    assert_eq!(liquidity::liquidity_of(MILLION, 0, 1_000_000), Some(MILLION / 2));
    // Virtual atoms pay nobody.
    assert_eq!(liquidity::value_of(5, 10, 4), Ok(2));
    assert_eq!(liquidity::value_of(MILLION, MILLION, 3_000_000), Ok(2_000_000));
    assert_eq!(liquidity::value_of(MILLION, MILLION, 0), Ok(0));
}
