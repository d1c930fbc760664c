//! `liquidate_hedge`.

use super::support::*;

const LIQUIDATEE: usize = 2;
const BOARD: usize = 3;
const LOAN: usize = 4;
const COLLATERAL: usize = 5;
const MARKET: usize = 6;
const POOL: usize = 7;
const BANK: usize = 8;

/// Ten coins deposited and ten sold as a perp, a loan of 262 dollars or of gems worth as much, and a liquidator with enough. At 55
/// dollars a coin the short has lost 230, the coins have won them, and the loan needs more margin than there is.
fn hedge(loan: u16) -> (World, Trader, Trader) {
    let (mut world, provider, _) = long();
    let trader = world.trader_with(&[(COIN, 10 * ONE_COIN)]);
    let liquidator = world.trader_with(&[(loan, if loan == USD { 1_000 * DOLLAR } else { ONE_GEM })]);
    // Coins are to be lent out from: gems have a lender of their own.
    world.trader_with(&[(GEM, 10 * ONE_GEM), (USD, 10_000 * DOLLAR)]);
    let owed = if loan == USD { 262 * DOLLAR } else { ONE_GEM / 1_000 * 230 };
    world.trade(&provider, &trader, COIN_PERP, -10 * COIN_LOTS).expect("fill_order");
    world.borrow(&trader, loan, owed).expect("borrow");
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 55_00000000);
    world.sync(COIN_PERP).expect("sync_market");
    (world, trader, liquidator)
}

fn liquidation(world: &World, liquidator: &Trader, trader: &Trader, pair: [u16; 2], most: u64) -> Instruction {
    let not_named = |bank: &u16| !pair.contains(bank) && *bank != USD;
    let margins = [world.margin(trader), world.margin(liquidator)];
    let balances = margins.iter().flat_map(|margin| margin.active().iter().map(|balance| balance.bank));
    let mut banks: Vec<u16> = balances.filter(not_named).collect();
    banks.dedup();
    let (owner, taker) = (liquidator.key.pubkey(), &liquidator.account);
    let follow = pix::Follow { banks: &banks, markets: &[] };
    pix::liquidate_hedge((&owner, taker), world.quote(), &trader.account, pair, COIN_PERP, most, follow)
}

fn deposit_of(world: &World, trader: &Trader, bank: u16) -> u64 {
    world.margin(trader).balance(bank).filter(|balance| !balance.is_loan()).map_or(0, |balance| balance.shares)
}

fn loan_of(world: &World, trader: &Trader, bank: u16) -> u64 {
    world.margin(trader).balance(bank).filter(|balance| balance.is_loan()).map_or(0, |balance| balance.shares)
}

#[test]
fn closes_both_legs_of_a_hedge() {
    let (mut world, trader, liquidator) = hedge(USD);
    assert!(world.health(&trader).is_negative());
    let spot = takeover(&world, &liquidator, &trader, USD, COIN, |it| ix::liquidate(it, u64::MAX));
    world.refuses(&spot, &[&liquidator.key], "LiquidationWouldWorsen");
    let perp = world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX);
    world.refuses(&perp, &[&liquidator.key], "LiquidationWouldWorsen");

    let (margin, market, pool) = (world.margin(&trader), world.market(COIN_PERP), world.pool());
    let (owed, dollars) = (loan_of(&world, &trader, USD), deposit_of(&world, &liquidator, USD));
    let liquidate = liquidation(&world, &liquidator, &trader, [USD, COIN], u64::MAX);
    let sent = world.send(liquidate, &[&liquidator.key]).expect("liquidate_hedge");
    let done = event!(sent, HedgeLiquidated);
    assert_same(&done.header, &header(&world, trader.account, margin.sequence + 2));
    assert_eq!((done.liquidator, done.loan_bank, done.collateral_bank), (liquidator.account, USD, COIN));
    assert_eq!((done.market, done.mark, done.market_sequence), (COIN_PERP, 55 << 32, market.sequence + 2));
    assert_eq!((done.loan_price, done.collateral_price), (1 << 40, 55 << 40));
    assert_eq!((done.board_sequence, done.bonus), (world.board().sequence, u64::from(presets::rules().bonus_min)));
    // Coins for what was repaid and the bonus, and as many closed, to a lot; the claim is settled whole.
    let worth = done.repaid + ((done.repaid * done.bonus) >> 32);
    assert!((worth * 1_000 / 55).abs_diff(done.seized) <= 1_000, "{} {}", worth, done.seized);
    assert_eq!(done.lots.unsigned_abs(), done.seized / 1_000);
    assert_eq!((done.paid, done.premium), (-230_000_000, 0));
    assert_eq!(done.insurance, (done.repaid * ((done.bonus * u64::from(presets::bps(2_000))) >> 32)) >> 32);
    assert_eq!(loan_of(&world, &trader, USD), owed + 230 * DOLLAR - done.repaid);
    assert_eq!(deposit_of(&world, &trader, COIN), 10 * ONE_COIN - done.seized);
    assert_eq!(deposit_of(&world, &liquidator, COIN), done.seized);
    assert_eq!(deposit_of(&world, &liquidator, USD), dollars - done.repaid - done.insurance);
    assert_eq!(world.margin(&trader).positions()[0].base, [10_000_000 - done.lots.unsigned_abs(), 0]);
    assert_eq!(world.pool().shares, pool.shares + 230 * DOLLAR);
    let value =
        |point: &HealthPoint| i128::from(point.assets) - i128::from(point.liabilities) - i128::from(point.requirement);
    assert!(value(&done.before) < 0 && value(&done.before) < value(&done.after));
    let burden = u128::from(done.after.liabilities) + u128::from(done.after.requirement);
    assert!((u128::from(done.after.assets) << 32) / burden <= u128::from(presets::rules().liquidation_target));
    world.check_invariants();
}

/// The pool's bank is neither of the pair.
#[test]
fn closes_a_hedge_against_a_loan_of_another_token() {
    let (mut world, trader, liquidator) = hedge(GEM);
    assert!(world.health(&trader).is_negative());
    let most = ONE_GEM / 100;
    let liquidate = liquidation(&world, &liquidator, &trader, [GEM, COIN], most);
    let sent = world.send(liquidate, &[&liquidator.key]).expect("liquidate_hedge");
    let done = event!(sent, HedgeLiquidated);
    assert!(done.repaid > 0 && done.repaid <= most);
    assert_eq!((done.loan_bank, done.collateral_bank, done.paid), (GEM, COIN, -230_000_000));
    assert_eq!(loan_of(&world, &trader, USD), 230 * DOLLAR);
    assert_eq!(world.bank(USD).perp_loan_shares, 230 * DOLLAR);
    assert_eq!(world.bank(GEM).insurance, done.insurance);
    world.check_invariants();
}

#[test]
fn a_liquidator_with_debts_stays_healthy() {
    let (mut world, trader, _) = hedge(USD);
    let poor = world.trader();
    let liquidate = liquidation(&world, &poor, &trader, [USD, COIN], u64::MAX);
    // Coins worth 1.005 for a loan of 1: not enough for Initial.
    world.refuses(&liquidate, &[&poor.key], "InsufficientHealth");
    let able = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let liquidate = liquidation(&world, &able, &trader, [USD, COIN], u64::MAX);
    world.send(liquidate, &[&able.key]).expect("liquidate_hedge");
    assert!(loan_of(&world, &able, USD) > 0);
    world.check_invariants();
}

#[test]
fn refuses_what_is_no_hedge_and_who_may_not_be_liquidated() {
    let (mut world, trader, liquidator) = hedge(USD);
    let refuses = |world: &mut World, pair: [u16; 2], most, error| {
        let liquidate = liquidation(world, &liquidator, &trader, pair, most);
        world.refuses(&liquidate, &[&liquidator.key], error);
    };
    refuses(&mut world, [USD, USD], u64::MAX, "SamePair");
    refuses(&mut world, [USD, GEM], u64::MAX, "NoBalance");
    refuses(&mut world, [COIN, USD], u64::MAX, "WrongSide");
    refuses(&mut world, [USD, COIN], 0, "NothingToDo");
    world.tried(|world| {
        // Long on top of its coins.
        world.svm.edit::<MarginAccount>(&trader.account, |account| account.perps[0].side = 1);
        refuses(world, [USD, COIN], u64::MAX, "NotAHedge");
        world.svm.edit::<MarginAccount>(&trader.account, |account| account.perps[0].market = GEM_PERP);
        refuses(world, [USD, COIN], u64::MAX, "NoPosition");
    });
    world.tried(|world| {
        world.svm.advance(1);
        world.crash(COIN, 40_00000000);
        refuses(world, [USD, COIN], u64::MAX, "AccountHealthy");
    });
    let (now, board) = (world.svm.now(), world.board_key());
    world.tried(|world| {
        world.svm.edit::<MarginAccount>(&trader.account, |account| account.risk_ts = now);
        refuses(world, [USD, COIN], u64::MAX, "AccountCoolingOff");
    });
    world.tried(|world| {
        world.svm.edit::<RiskBoard>(&board, |board| board.grace_until = i64::MAX);
        refuses(world, [USD, COIN], u64::MAX, "GracePeriod");
    });
    world.tried(|world| {
        world.svm.edit::<RiskBoard>(&board, |board| {
            (board.rows[1].state, board.rows[1].fair_low, board.rows[1].low) = (3, 40 << 40, 40 << 40);
        });
        refuses(world, [USD, COIN], u64::MAX, "HealthyAtFavourablePrice");
    });
    refuses(&mut world, [USD, COIN], 1, "ZeroShares");
    let liquidate = liquidation(&world, &liquidator, &trader, [USD, COIN], u64::MAX);
    world.send(liquidate, &[&liquidator.key]).expect("right in the end");
}

#[test]
fn waits_for_the_end_of_what_is_open() {
    let (mut world, trader, liquidator) = hedge(USD);
    let right = liquidation(&world, &liquidator, &trader, [USD, COIN], u64::MAX);
    for account in [trader.account, liquidator.account] {
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
        world.refuses(&right, &[&liquidator.key], "AccountInTransit");
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = 0);
    }
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&liquidator.key], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&liquidator.key]).expect("afterwards");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader, liquidator) = hedge(USD);
    let other = Neighbour::of(&mut world);
    let right = liquidation(&world, &liquidator, &trader, [USD, COIN], u64::MAX);
    let stranger = world.svm.rich_keypair();
    let abroad = world.elsewhere(1, |world| world.trader().account);
    for (index, key, error) in [
        (LIQUIDATEE, liquidator.account, "SelfLiquidation"),
        (LIQUIDATEE, abroad, "WrongGroup"),
        (BOARD, other.board, "WrongBoard"),
        (LOAN, other.bank, "WrongGroup"),
        (LOAN, world.bank_key(COIN), "SamePair"),
        (COLLATERAL, other.bank, "WrongGroup"),
        (MARKET, other.market, "WrongGroup"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&liquidator.key], error);
    }
    world.refuses(&with(&right, 0, stranger.pubkey()), &[&stranger], "Unauthorised");
    world.refuses(&unsigned(&right, 0), &[&stranger], "anchor::AccountNotSigner");
    world.send(right, &[&liquidator.key]).expect("right in the end");
}
