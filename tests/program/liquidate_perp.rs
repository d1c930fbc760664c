//! `liquidate_perp`.

use ballast_risk::invariant;

use super::support::*;

const LIQUIDATEE: usize = 2;
const BOARD: usize = 3;
const MARKET: usize = 4;
const POOL: usize = 5;
const BANK: usize = 6;

/// As [`long`], with a liquidator, no grace and coins at another price. 200 dollars of deposit, 20 coins.
fn long_at(dollars: i64) -> (World, Trader, Trader) {
    let (mut world, _, trader) = long();
    let liquidator = world.trader();
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, dollars * 1_00000000);
    (world, trader, liquidator)
}

fn balance(world: &World, trader: &Trader) -> u64 {
    world.margin(trader).balance(USD).map_or(0, |balance| balance.shares)
}

/// At 25 dollars 60 of the deposit are left, of 500 dollars of coins an eighth is required.
#[test]
fn closes_as_much_as_brings_the_account_to_its_target() {
    let (mut world, trader, liquidator) = long_at(25);
    let (pool, margin, before) = (world.pool(), world.margin(&trader), world.market(COIN_PERP));
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, u64::MAX).expect("liquidate_perp");
    let done = event!(sent, PerpLiquidated);
    assert_same(&done.header, &header(&world, trader.account, margin.sequence + 1));
    assert_eq!((done.liquidator, done.market, done.mark), (liquidator.account, COIN_PERP, 25 << 32));
    assert_eq!(done.board_sequence, world.board().sequence);
    assert_eq!(done.market_sequence, before.sequence + 2);
    // The claim is settled whole.
    assert_eq!((done.paid, done.premium), (-140_000_000, 0));
    let lots = done.lots.unsigned_abs();
    assert!(done.lots < 0 && lots < 20_000_000, "{}", done.lots);
    // Of 25 atoms a lot; a fifth of it is insurance's.
    let bonus = u64::try_from((u128::from(lots * 25) * u128::from(done.bonus)) >> 32).expect("a bonus");
    assert_eq!((done.bonus_paid, done.insurance), (bonus, (bonus * u64::from(presets::bps(2_000))) >> 32));
    assert_eq!(balance(&world, &trader), 60 * DOLLAR - bonus);
    assert_eq!(balance(&world, &liquidator), bonus - done.insurance);
    assert_eq!((world.bank(USD).insurance, world.pool().shares), (done.insurance, pool.shares + 140 * DOLLAR));
    let position = world.margin(&trader).positions()[0];
    assert_eq!((position.base, world.market(COIN_PERP).long.base), ([20_000_000 - lots, 0], [20_000_000 - lots, 0]));
    // 1.05, and not passed.
    let burden = u128::from(done.after.liabilities) + u128::from(done.after.requirement);
    let factor = (u128::from(done.after.assets) << 32) / burden;
    let target = u128::from(presets::rules().liquidation_target);
    assert!(factor <= target && factor > target - (1 << 20), "{factor} {target}");
    assert_same(
        &done.loss,
        &LossShare { deficit: 0, insured: 0, pooled: 0, socialized: 0, index_before: [0, 0], index_after: [0, 0] },
    );
    world.check_invariants();
    let again = world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX);
    world.refuses(&again, &[&liquidator.key], "AccountHealthy");
}

#[test]
fn closes_no_more_than_asked_for() {
    let (mut world, trader, liquidator) = long_at(25);
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, 1_000_000).expect("liquidate_perp");
    let first = event!(sent, PerpLiquidated);
    assert_eq!((first.lots, first.paid), (-1_000_000, -140_000_000));
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, 1_000_000).expect("liquidate_perp");
    let second = event!(sent, PerpLiquidated);
    assert_eq!((second.lots, second.paid), (-1_000_000, 0));
    assert!(second.bonus <= first.bonus, "a bonus does not grow within an episode's second");
    world.check_invariants();
}

/// A short of ten coins on 200 dollars, from 32 to 46.
#[test]
fn closes_shorts_too() {
    let (mut world, provider, _) = long();
    let (short, liquidator) = (world.trader_with(&[(USD, 200 * DOLLAR)]), world.trader());
    world.trade(&provider, &short, COIN_PERP, -10 * COIN_LOTS).expect("fill_order");
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 46_00000000);
    let sent = world.liquidate_perp(&liquidator, &short, COIN_PERP, u64::MAX).expect("liquidate_perp");
    let done = event!(sent, PerpLiquidated);
    assert!(done.lots > 0 && done.lots < 10 * COIN_LOTS, "{}", done.lots);
    assert_eq!((done.paid, done.mark), (-140_000_000, 46 << 32));
    assert_eq!(world.market(COIN_PERP).short.base, [10_000_000 - done.lots.unsigned_abs(), 0]);
    world.check_invariants();
}

/// At 15 dollars 340 are lost and 200 were there. Insurance pays first, then the pool what its own trader did not; lenders
/// nothing.
#[test]
fn bad_debt_of_perps_is_the_pools() {
    let (mut world, trader, liquidator) = long_at(15);
    world.insure(&liquidator, USD, 10 * DOLLAR).expect("deposit_insurance");
    let pool = world.pool();
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, u64::MAX).expect("liquidate_perp");
    let done = event!(sent, PerpLiquidated);
    assert_eq!((done.lots, done.paid), (-20_000_000, -340_000_000));
    let insured = 10 * DOLLAR + done.insurance;
    let deficit = 140 * DOLLAR + done.bonus_paid;
    assert_eq!((done.loss.deficit, done.loss.insured), (deficit, insured));
    assert_eq!((done.loss.pooled, done.loss.socialized), (deficit - insured, 0));
    assert_eq!(done.loss.index_before, done.loss.index_after);
    let margin = world.margin(&trader);
    assert_eq!((margin.balance_count, margin.perp_count), (0, 0));
    let bank = world.bank(USD);
    assert_eq!((bank.insurance, bank.liability_shares, bank.perp_loan_shares), (0, 0, 0));
    assert_eq!(world.pool().shares, pool.shares + 340 * DOLLAR - done.loss.pooled);
    // What it lost it spent; all that the market stands for follows at once.
    let market = world.market(COIN_PERP);
    assert_eq!(market.spent, i64::try_from(done.loss.pooled).expect("few") - 340_000_000);
    assert_eq!(invariant::check_equity(&market, &world.pool(), &bank, world.now()), Ok(()));
    world.check_invariants();
}

/// With gems beside it nothing is written off: they are liquidated first, and what then remains is resolved with the pool.
#[test]
fn what_other_collateral_leaves_is_resolved_with_the_pool() {
    let (mut world, _, trader) = long();
    world.deposit(&trader, GEM, ONE_GEM / 10).expect("deposit");
    let liquidator = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 10_00000000);
    // 440 dollars lost, 200 and gems of 102.4 there.
    let mut alone = world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX);
    alone.accounts.pop();
    world.refuses(&alone, &[&liquidator.key], "MissingAccount");
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, u64::MAX).expect("liquidate_perp");
    let done = event!(sent, PerpLiquidated);
    assert_eq!((done.lots, done.paid, done.loss.deficit), (-20_000_000, -440_000_000, 0));
    let owed = 240 * DOLLAR + done.bonus_paid;
    let loan = *world.margin(&trader).balance(USD).expect("a loan");
    assert_eq!((loan.shares, loan.perp_shares, loan.is_loan()), (owed, owed, true));
    let admin = world.admin.insecure_clone();
    let resolve = |world: &World| ix::resolve_bankruptcy(&trader.account, &world.margin(&trader), USD);
    let early = resolve(&world);
    world.refuses(&early, &[&admin], "NotBankrupt");
    let sent = world.liquidate(&liquidator, &trader, USD, GEM, u64::MAX).expect("liquidate");
    let repaid = event!(sent, Liquidated).repaid;
    let loan = *world.margin(&trader).balance(USD).expect("a loan");
    assert_eq!((loan.shares, loan.perp_shares), (owed - repaid, owed - repaid));
    let other = Neighbour::of(&mut world);
    let right = resolve(&world);
    let mut without = right.clone();
    assert_eq!(without.accounts.pop(), Some(AccountMeta::new(world.market_key(COIN_PERP), false)));
    world.refuses(&without, &[&admin], "MarketMissing");
    let mut another = without.clone();
    another.accounts.push(AccountMeta::new(world.market_key(GEM_PERP), false));
    world.refuses(&another, &[&admin], "MarketMissing");
    assert_eq!(without.accounts.pop(), Some(AccountMeta::new(world.pool_key(), false)));
    world.refuses(&without, &[&admin], "PoolMissing");
    let last = right.accounts.len() - 1;
    world.refuses(&with(&right, last - 1, other.pool), &[&admin], "BankMismatch");
    world.refuses(&with(&right, last, other.market), &[&admin], "WrongGroup");
    let (insurance, pool, market) = (world.bank(USD).insurance, world.pool(), world.market(COIN_PERP));
    let sent = world.send(right, &[&admin]).expect("resolve_bankruptcy");
    let resolved = event!(sent, BankruptcyResolved);
    let loss = resolved.loss;
    let spent = MarketLoss { market: COIN_PERP, sequence: market.sequence + 1, atoms: loss.pooled };
    assert_same(&resolved.markets, &vec![spent]);
    assert_eq!(world.market(COIN_PERP).spent, market.spent + i64::try_from(loss.pooled).expect("few"));
    assert_eq!((loss.deficit, loss.insured), (owed - repaid, insurance));
    assert_eq!((loss.pooled, loss.socialized), (owed - repaid - insurance, 0));
    assert_eq!(world.pool().shares, pool.shares - loss.pooled);
    assert_eq!((world.bank(USD).liability_shares, world.bank(USD).perp_loan_shares), (0, 0));
    world.check_invariants();
}

/// Losses in two markets: what the last liquidation leaves is written off with both, though a day has gone by without a price.
#[test]
fn a_loss_of_two_markets_is_resolved_with_both() {
    let (mut world, provider, trader) = long();
    world.deposit(&trader, USD, 100 * DOLLAR).expect("deposit");
    world.trade(&provider, &trader, GEM_PERP, COIN_LOTS / 5).expect("fill_order");
    let liquidator = world.trader();
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 15_00000000);
    world.svm.advance(1);
    world.crash(GEM, 512_00000000);
    // Of 300 dollars coins take 340, gems 102.4; the bonuses are half a per cent of what is closed, a little less.
    world.sync(GEM_PERP).expect("sync_market");
    let sent = world.liquidate_perp(&liquidator, &trader, COIN_PERP, u64::MAX).expect("liquidate_perp");
    assert_eq!(event!(sent, PerpLiquidated).paid, -340_000_000);
    let sent = world.liquidate_perp(&liquidator, &trader, GEM_PERP, u64::MAX).expect("liquidate_perp");
    let done = event!(sent, PerpLiquidated);
    assert_eq!((done.paid, done.loss.deficit), (-102_400_000, 0));
    let margin = world.margin(&trader);
    assert_eq!((margin.perp_count, &margin.loss_shares[..3]), (0, &[41_499_999, 102_911_999, 0][..]));
    world.check_invariants();

    world.svm.advance(90_000);
    let received = [COIN_PERP, GEM_PERP].map(|market| world.market(market).spent);
    assert_eq!(received, [-340_000_000, -102_400_000]);
    let sent = world.resolve_bankruptcy(&trader, USD).expect("resolve_bankruptcy");
    let resolved = event!(sent, BankruptcyResolved);
    assert_eq!((resolved.loss.insured, resolved.loss.pooled), (402_398, 144_009_600));
    let sequence = |market| world.market(market).sequence;
    let parts = [
        MarketLoss { market: COIN_PERP, sequence: sequence(COIN_PERP), atoms: 41_384_360 },
        MarketLoss { market: GEM_PERP, sequence: sequence(GEM_PERP), atoms: 102_625_240 },
    ];
    assert_same(&resolved.markets, &parts.to_vec());
    // What they received on the day before no claim answers.
    let spent = [COIN_PERP, GEM_PERP].map(|market| world.market(market).spent);
    assert_eq!((spent, world.pool().spent), ([41_384_360, 102_625_240], 144_009_600));
    for market in [COIN_PERP, GEM_PERP] {
        let (market, pool, bank) = (world.market(market), world.pool(), world.bank(USD));
        assert_eq!(invariant::check_equity(&market, &pool, &bank, world.now()), Ok(()));
    }
    world.check_invariants();
}

#[test]
fn refuses_accounts_that_may_not_be_liquidated() {
    let (mut world, trader, liquidator) = long_at(27);
    let refuses = |world: &mut World, market, max_lots, error| {
        let liquidate = world.perp_liquidation(&liquidator, &trader, market, max_lots);
        world.refuses(&liquidate, &[&liquidator.key], error);
    };
    refuses(&mut world, COIN_PERP, u64::MAX, "AccountHealthy");
    world.svm.advance(1);
    world.crash(COIN, 25_00000000);
    refuses(&mut world, COIN_PERP, 0, "NothingToDo");
    world.sync(COIN_PERP).expect("sync_market");
    refuses(&mut world, GEM_PERP, u64::MAX, "NoPosition");
    let now = world.svm.now();
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.risk_ts = now);
    refuses(&mut world, COIN_PERP, u64::MAX, "AccountCoolingOff");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.risk_ts = 0);
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.grace_until = i64::MAX);
    refuses(&mut world, COIN_PERP, u64::MAX, "GracePeriod");
    world.svm.edit::<RiskBoard>(&board, |board| board.grace_until = 0);
    world.liquidate_perp(&liquidator, &trader, COIN_PERP, 1).expect("right in the end");
}

#[test]
fn refuses_prices_in_doubt() {
    let (mut world, trader, liquidator) = long_at(25);
    let board = world.board_key();
    let liquidate = world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX);
    // Guarded: unhealthy by six dollars of five hundred, and not at the end of the band that favours its owner.
    let before = world.board();
    world.svm.edit::<RiskBoard>(&board, |board| {
        (board.rows[1].state, board.rows[1].fair_high, board.rows[1].high) = (3, 30 << 40, 30 << 40);
    });
    world.refuses(&liquidate, &[&liquidator.key], "HealthyAtFavourablePrice");
    world.svm.edit::<RiskBoard>(&board, |board| *board = before);
    let price = world.markets[1].price;
    world.tried(|world| {
        world.svm.advance(61);
        world.set_price(COIN, price).expect("refresh_price_feed");
        world.refuses(&liquidate, &[&liquidator.key], "PairPriceStale");
    });
    world.send(liquidate, &[&liquidator.key]).expect("right in the end");
}

/// Another of its markets has to stand at the board's prices.
#[test]
fn needs_the_other_markets_synced() {
    let (mut world, provider, trader) = long();
    world.deposit(&trader, USD, 100 * DOLLAR).expect("deposit");
    world.trade(&provider, &trader, GEM_PERP, COIN_LOTS / 20).expect("fill_order");
    let liquidator = world.trader();
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 20_00000000);
    world.svm.advance(1);
    world.set_price(GEM, 1_025_00000000).expect("refresh_price_feed");
    let right = world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX);
    world.refuses(&right, &[&liquidator.key], "MarketNotSynced");
    world.sync(GEM_PERP).expect("sync_market");
    let mut alone = right.clone();
    alone.accounts.pop();
    world.refuses(&alone, &[&liquidator.key], "MissingAccount");
    world.send(right, &[&liquidator.key]).expect("liquidate_perp");
    world.check_invariants();
}

#[test]
fn waits_for_the_end_of_what_is_open() {
    let (mut world, trader, liquidator) = long_at(25);
    let (right, bank) = (world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX), world.bank_key(USD));
    for account in [trader.account, liquidator.account] {
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
        world.refuses(&right, &[&liquidator.key], "AccountInTransit");
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = 0);
    }
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&liquidator.key], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&liquidator.key]).expect("afterwards");
}

#[test]
fn refuses_a_liquidator_without_room() {
    let (mut world, trader, _) = long_at(25);
    for _ in 3..17 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    let deposits: Vec<(u16, u64)> = (1..17).map(|bank| (bank, 1_000)).collect();
    let full = world.trader_with(&deposits);
    let liquidate = world.perp_liquidation(&full, &trader, COIN_PERP, u64::MAX);
    world.refuses(&liquidate, &[&full.key], "TooManyBalances");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader, liquidator) = long_at(25);
    let (right, other) = (world.perp_liquidation(&liquidator, &trader, COIN_PERP, u64::MAX), Neighbour::of(&mut world));
    let stranger = world.svm.rich_keypair();
    let abroad = world.elsewhere(1, |world| world.trader().account);
    for (index, key, error) in [
        (LIQUIDATEE, liquidator.account, "SelfLiquidation"),
        (LIQUIDATEE, abroad, "WrongGroup"),
        (BOARD, other.board, "WrongBoard"),
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
