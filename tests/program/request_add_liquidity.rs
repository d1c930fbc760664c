//! `request_add_liquidity`.

use super::support::*;

const MARGIN_ACCOUNT: usize = 1;
const PROVIDER: usize = 2;
const POOL: usize = 3;
const BANK: usize = 4;
const BOARD: usize = 5;

/// A trader with an account of liquidity, 1,000 dollars and 100 coins (3,200 dollars).
fn ready() -> (World, Trader) {
    let (mut world, _) = World::perps();
    let trader = world.trader_with(&[(USD, 1_000 * DOLLAR), (COIN, 100 * ONE_COIN)]);
    world.open_provider(&trader).expect("open_liquidity_provider");
    (world, trader)
}

fn instruction(world: &World, trader: &Trader, atoms: Option<u64>, banks: &[u16]) -> Instruction {
    let follow = Follow { banks, markets: &[] };
    pix::request_add_liquidity(&trader.key.pubkey(), world.quote(), &trader.account, atoms, follow)
}

#[test]
fn deposits_wait_in_escrow() {
    let (mut world, trader) = ready();
    let (bank, pool) = (world.bank(USD), world.pool());
    let sent = world.add_liquidity(&trader, Some(400 * DOLLAR)).expect("request_add_liquidity");
    let told = event!(sent, LiquidityRequested);
    assert_same(&told.header, &header(&world, trader.account, 3));
    assert_eq!((told.provider, told.epoch), (world.provider_key(&trader), 1));
    assert_eq!((told.entering, told.leaving), (400 * DOLLAR, 0));
    assert_eq!(world.margin(&trader).balance(USD).expect("a balance").shares, 600 * DOLLAR);
    assert_eq!(world.margin(&trader).risk_ts, 0);
    // The bank's deposits have another owner, no more.
    assert_eq!(world.bank(USD), Bank { accrued_ts: world.svm.now(), ..bank });
    let entering = LiquidityPool { entering: 400 * DOLLAR, sequence: pool.sequence + 1, ..pool };
    assert_eq!(world.pool(), entering);
    let provider = world.provider(&trader);
    assert_eq!((provider.shares, provider.entering, provider.entering_epoch), (0, 400 * DOLLAR, 1));
    assert_eq!(provider.sequence, 1);
    // More of it, and all.
    world.add_liquidity(&trader, None).expect("request_add_liquidity");
    assert!(world.margin(&trader).balance(USD).is_none());
    assert_eq!((world.provider(&trader).entering, world.pool().entering), (1_000 * DOLLAR, 1_000 * DOLLAR));
    assert_eq!(world.pool().shares, 100_000 * DOLLAR);
    world.check_invariants();
}

#[test]
fn rounds_shares_up() {
    let (mut world, lender, _) = aged();
    world.create_pool(presets::pool());
    world.open_provider(&lender).expect("open_liquidity_provider");
    let held = world.margin(&lender).balance(USD).expect("a balance").shares;
    world.add_liquidity(&lender, Some(1_234_567)).expect("request_add_liquidity");
    let shares = shares_up(world.bank(USD).asset_index, 1_234_567);
    assert!(shares < 1_234_567);
    assert_eq!(world.margin(&lender).balance(USD).expect("a balance").shares, held - shares);
    assert_eq!(world.pool().entering, shares);
    world.check_invariants();
}

/// A trader that owes coins against 1,000 dollars: what goes into the pool counts no more.
#[test]
fn with_a_loan_it_is_a_withdrawal() {
    let (mut world, _) = World::perps();
    let _lender = world.trader_with(&[(COIN, 1_000 * ONE_COIN)]);
    let trader = world.trader_with(&[(USD, 1_024 * DOLLAR)]);
    world.open_provider(&trader).expect("open_liquidity_provider");
    // 512 dollars owed, a quarter of it and an eighth of the deposit required: 128 and 128 of 1,024.
    world.borrow(&trader, COIN, 16 * ONE_COIN).expect("borrow");
    world.advance(1);
    let add = |world: &World, dollars: u64| instruction(world, &trader, Some(dollars * DOLLAR), &[COIN]);
    // (1,024 − x)·7/8 ≥ 640: x ≤ 292.57
    let over = add(&world, 293);
    world.refuses(&over, &[&trader.key], "InsufficientHealth");
    let right = add(&world, 292);
    let mut alone = right.clone();
    alone.accounts.truncate(BOARD + 1);
    world.refuses(&alone, &[&trader.key], "MissingAccount");
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.risk_paused_until = i64::MAX);
    world.refuses(&right, &[&trader.key], "RiskPaused");
    world.svm.edit::<RiskBoard>(&board, |board| board.risk_paused_until = 0);
    for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = state);
        world.refuses(&right, &[&trader.key], error);
    }
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 1);
    let bank = world.bank_key(USD);
    let limits = world.bank(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.hourly.limit = 292 * DOLLAR - 1);
    world.refuses(&right, &[&trader.key], "HourlyOutflowExceeded");
    world.svm.edit::<Bank>(&bank, |bank| (bank.hourly, bank.daily.limit) = (limits.hourly, 292 * DOLLAR - 1));
    world.refuses(&right, &[&trader.key], "DailyOutflowExceeded");
    world.svm.edit::<Bank>(&bank, |bank| bank.daily = limits.daily);
    world.send(right, &[&trader.key]).expect("request_add_liquidity");
    assert_eq!((world.bank(USD).hourly.used, world.bank(USD).daily.used), (292 * DOLLAR, 292 * DOLLAR));
    assert_eq!(world.margin(&trader).risk_ts, world.svm.now());
    world.check_invariants();
}

/// To the second: until the epoch's end, and again from its strike on.
#[test]
fn requests_are_cut_off_at_the_epochs_end() {
    let (mut world, trader) = ready();
    let add = instruction(&world, &trader, Some(DOLLAR), &[]);
    let end = world.pool().epoch_end;
    world.svm.set_time(end - 1);
    world.send(add.clone(), &[&trader.key]).expect("in the last second");
    world.svm.set_time(end);
    world.refuses(&add, &[&trader.key], "RequestsCutOff");
    world.svm.set_time(end + 90);
    world.refuses(&add, &[&trader.key], "RequestsCutOff");
    world.tried(|world| {
        world.refresh_all();
        world.strike().expect("strike_epoch");
        // The request of the epoch that was struck comes first.
        world.refuses(&add, &[&trader.key], "ClaimPending");
        world.claim(&trader, 1).expect("claim_liquidity");
        world.send(add.clone(), &[&trader.key]).expect("request_add_liquidity");
        assert_eq!(world.provider(&trader).entering_epoch, 2);
    });
    // Nobody struck it in its minute: it goes on for another day.
    world.svm.set_time(end + 91);
    world.send(add, &[&trader.key]).expect("request_add_liquidity");
    assert_eq!((world.pool().epoch, world.pool().epoch_end), (1, end + 86_400));
    assert_eq!(world.provider(&trader).entering, 2 * DOLLAR);
}

#[test]
fn refuses_amounts() {
    let (mut world, trader) = ready();
    let refuses = |world: &mut World, atoms, error| {
        let add = instruction(world, &trader, atoms, &[]);
        world.refuses(&add, &[&trader.key], error);
    };
    refuses(&mut world, Some(0), "ZeroAmount");
    refuses(&mut world, Some(1_000 * DOLLAR + 1), "InsufficientBalance");
    refuses(&mut world, Some(u64::MAX), "InsufficientBalance");
    // The cap is on all of it: 100,000 dollars are there.
    let pool = world.pool_key();
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.cap = 100_400 * DOLLAR);
    refuses(&mut world, Some(400 * DOLLAR + 1), "LiquidityCapExceeded");
    world.add_liquidity(&trader, Some(300 * DOLLAR)).expect("request_add_liquidity");
    refuses(&mut world, Some(100 * DOLLAR + 1), "LiquidityCapExceeded");
    world.add_liquidity(&trader, Some(100 * DOLLAR)).expect("request_add_liquidity");
    // Nothing on deposit, and a loan.
    let empty = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.open_provider(&empty).expect("open_liquidity_provider");
    let add = instruction(&world, &empty, None, &[]);
    world.refuses(&add, &[&empty.key], "ZeroAmount");
    world.borrow(&empty, USD, 100 * DOLLAR).expect("borrow");
    let add = instruction(&world, &empty, Some(DOLLAR), &[COIN]);
    world.refuses(&add, &[&empty.key], "WrongSide");
}

#[test]
fn waits_for_the_end_of_what_is_open() {
    let (mut world, trader) = ready();
    let right = instruction(&world, &trader, Some(DOLLAR), &[]);
    let (account, bank) = (trader.account, world.bank_key(USD));
    world.svm.edit::<MarginAccount>(&account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&trader.key], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&account, |account| account.flags = 0);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&trader.key], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&trader.key]).expect("afterwards");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader) = ready();
    let (right, other) = (instruction(&world, &trader, Some(DOLLAR), &[]), Neighbour::of(&mut world));
    let stranger = world.trader_with(&[(USD, DOLLAR)]);
    world.open_provider(&stranger).expect("open_liquidity_provider");
    let abroad = world.elsewhere(1, |world| {
        world.open_provider(&trader).expect("open_liquidity_provider");
        world.provider_key(&trader)
    });
    for (index, key, error) in [
        (MARGIN_ACCOUNT, stranger.account, "Unauthorised"),
        (PROVIDER, world.provider_key(&stranger), "Unauthorised"),
        (PROVIDER, abroad, "PoolMismatch"),
        (POOL, other.pool, "WrongGroup"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
        (BANK, other.bank, "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&trader.key], error);
    }
    world.refuses(&with(&right, 0, stranger.key.pubkey()), &[&stranger.key], "Unauthorised");
    world.refuses(&unsigned(&right, 0), &[&stranger.key], "anchor::AccountNotSigner");
    // Without a loan nobody looks at the board.
    world.send(with(&right, BOARD, other.board), &[&trader.key]).expect("request_add_liquidity");
}

/// A delegate who may withdraw may not: the liquidity is its owner's.
#[test]
fn refuses_delegates() {
    let (mut world, trader) = ready();
    let delegate = world.svm.rich_keypair();
    let all = ballast_state::rights::ALL;
    let set = ix::set_delegate(&trader.key.pubkey(), &trader.account, delegate.pubkey(), all);
    world.send(set, &[&trader.key]).expect("set_delegate");
    let add = with(&instruction(&world, &trader, Some(DOLLAR), &[]), 0, delegate.pubkey());
    world.refuses(&add, &[&delegate], "Unauthorised");
}
