//! `settle_pnl`.

use super::support::*;

const BOARD: usize = 2;
const MARKET: usize = 3;
const POOL: usize = 4;
const BANK: usize = 5;

fn instruction(world: &World, authority: &Keypair, trader: &Trader) -> Instruction {
    pix::settle_pnl(&authority.pubkey(), world.quote(), &trader.account, COIN_PERP)
}

/// As [`long`], with coins at another price.
fn long_at(dollars: i64) -> (World, Trader) {
    let (mut world, _, trader) = long();
    world.svm.advance(1);
    world.crash(COIN, dollars * 1_00000000);
    world.calm(COIN);
    (world, trader)
}

/// 20 coins, from 32 to 40 dollars.
#[test]
fn a_profit_is_paid_by_the_pool() {
    let (mut world, trader) = long_at(40);
    let (pool, bank, before, margin) = (world.pool(), world.bank(USD), world.market(COIN_PERP), world.margin(&trader));
    let sent = world.settle(&trader, COIN_PERP).expect("settle_pnl");
    let told = event!(sent, PnlSettled);
    assert_same(&told.header, &header(&world, trader.account, margin.sequence + 1));
    assert_eq!((told.market, told.mark, told.paid), (COIN_PERP, 40 << 32, 160_000_000));
    assert_eq!((told.position.side, told.position.lots), (1, 20 * COIN_LOTS));
    assert_eq!((told.position.base, told.position.offset), ([20_000_000, 0], [160_000_000 << 32, 0]));
    let (market, now) = (world.market(COIN_PERP), world.svm.now());
    assert_eq!((told.market_sequence, told.pool_sequence), (market.sequence, pool.sequence + 1));
    assert_eq!(market.sequence, before.sequence + 1);
    assert_eq!(world.margin(&trader).balance(USD).expect("a balance").shares, 360 * DOLLAR);
    // The claim's offset: 32 fraction bits of an atom.
    assert_eq!(world.margin(&trader).positions()[0].offset, [160_000_000 << 32, 0]);
    assert_eq!((market.long.offset, market.mark), ([160_000_000 << 32, 0], 40 << 32));
    let spent_day = now / 86_400;
    let paid = LiquidityPool { shares: 99_840 * DOLLAR, spent: 160_000_000, sequence: pool.sequence + 1, ..pool };
    assert_eq!(world.pool(), paid);
    assert_eq!((market.spent, market.spent_day), (160_000_000, spent_day));
    // Half of what there was before, less what was spent.
    assert_eq!((market.budget, market.equity), (49_840_000_000, 49_840_000_000));
    assert_eq!(world.bank(USD).asset_shares, bank.asset_shares);
    let again = instruction(&world, &world.admin.insecure_clone(), &trader);
    let admin = world.admin.insecure_clone();
    world.refuses(&again, &[&admin], "NothingToSettle");
    world.check_invariants();
}

/// From 32 to 25 dollars; whoever asks, whatever is paused.
#[test]
fn a_loss_is_taken_from_the_deposit() {
    let (mut world, trader) = long_at(25);
    let admin = world.admin.pubkey();
    world.as_admin(ix::pause_bank(&admin, &world.group, USD, 600)).expect("pause_bank");
    world.as_admin(ix::pause_risk(&admin, &world.group, 600)).expect("pause_risk");
    let sent = world.settle(&trader, COIN_PERP).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, -140_000_000);
    let balance = *world.margin(&trader).balance(USD).expect("a balance");
    assert_eq!((balance.shares, balance.perp_shares, balance.is_loan()), (60 * DOLLAR, 0, false));
    let pool = world.pool();
    assert_eq!((pool.shares, pool.spent), (100_140 * DOLLAR, -140_000_000));
    // Half of what there was before, and what came in.
    assert_eq!(world.market(COIN_PERP).equity, 50_140_000_000);
    world.check_invariants();
}

/// From 32 to 20 dollars: 200 of 240 are there, the rest is owed, and marked as the pool's until it is repaid.
#[test]
fn what_the_deposit_does_not_cover_is_a_loan() {
    let (mut world, trader) = long_at(20);
    let sent = world.settle(&trader, COIN_PERP).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, -240_000_000);
    let balance = *world.margin(&trader).balance(USD).expect("a balance");
    assert_eq!((balance.shares, balance.perp_shares, balance.is_loan()), (40 * DOLLAR, 40 * DOLLAR, true));
    let bank = world.bank(USD);
    assert_eq!((bank.liability_shares, bank.perp_loan_shares), (40 * DOLLAR, 40 * DOLLAR));
    // The pool is paid in full: it lent what it was not.
    assert_eq!(world.pool().shares, 100_240 * DOLLAR);
    world.check_invariants();
    world.mint_to(&trader, USD, 40 * DOLLAR);
    world.repay(&trader, USD, Some(10 * DOLLAR)).expect("repay");
    assert_eq!(world.bank(USD).perp_loan_shares, 30 * DOLLAR);
    world.repay(&trader, USD, None).expect("repay");
    assert_eq!((world.bank(USD).perp_loan_shares, world.bank(USD).liability_shares), (0, 0));
    world.check_invariants();
}

/// There and back again: what was settled in between is what was left, and nothing is lost to rounding.
#[test]
fn often_or_once_is_the_same() {
    let (mut world, trader) = long_at(40);
    for dollars in [40, 25, 31, 32] {
        world.svm.advance(1);
        world.crash(COIN, dollars * 1_00000000);
        world.calm(COIN);
        world.settle(&trader, COIN_PERP).expect("settle_pnl");
    }
    assert_eq!(world.margin(&trader).balance(USD).expect("a balance").shares, 200 * DOLLAR);
    assert_eq!((world.pool().shares, world.pool().spent), (100_000 * DOLLAR, 0));
    world.check_invariants();
}

/// At a price in doubt, or too old, nothing is paid out, and a loss is its owner's to settle alone.
#[test]
fn doubt_is_for_the_owner() {
    for feed in [0, 1] {
        let doubt: [fn(&mut World, usize); 2] = [
            |world, row| {
                let board = world.board_key();
                world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 3);
            },
            |world, row| {
                let fresh = 1 - u16::try_from(row).expect("a bank");
                let price = world.markets[usize::from(fresh)].price;
                world.svm.advance(61);
                world.set_price(fresh, price).expect("refresh_price_feed");
            },
        ];
        for doubt in doubt {
            let (mut world, trader) = long_at(40);
            let admin = world.admin.insecure_clone();
            doubt(&mut world, feed);
            let (anyone, owner) = (instruction(&world, &admin, &trader), instruction(&world, &trader.key, &trader));
            world.refuses(&anyone, &[&admin], "NothingToSettle");
            world.refuses(&owner, &[&trader.key], "NothingToSettle");
            let (mut world, trader) = long_at(25);
            doubt(&mut world, feed);
            world.refuses(&anyone, &[&admin], "PairPriceStale");
            world.send(owner, &[&trader.key]).expect("settle_pnl");
            assert_eq!(world.margin(&trader).balance(USD).expect("a balance").shares, 60 * DOLLAR);
        }
    }
}

/// A pool that owes more than it has pays nobody: those who come later would have less.
#[test]
fn nothing_is_paid_out_of_a_pool_that_owes_more_than_it_has() {
    let (mut world, provider, trader) = long();
    world.svm.advance(1);
    world.crash(COIN, 40_00000000);
    world.calm(COIN);
    let (admin, pool) = (world.admin.insecure_clone(), world.pool_key());
    let leave = |world: &mut World, atoms: u64| {
        let taken = world.pool().shares - atoms;
        world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares = atoms);
        world.svm.edit::<MarginAccount>(&provider.account, |account| account.balances[0].shares += taken);
    };
    // Half of it is this market's: an atom short of 160 dollars.
    leave(&mut world, 320 * DOLLAR - 2);
    let settle = instruction(&world, &admin, &trader);
    world.refuses(&settle, &[&admin], "NothingToSettle");
    let account = world.margin(&provider).balance(USD).expect("a balance").shares;
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares = 320 * DOLLAR);
    world.svm.edit::<MarginAccount>(&provider.account, |margin| margin.balances[0].shares = account - 2);
    let sent = world.send(settle, &[&admin]).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, 160_000_000);
    world.check_invariants();
}

#[test]
fn refuses_without_a_position() {
    let (mut world, trader) = long_at(40);
    let admin = world.admin.insecure_clone();
    let gems = pix::settle_pnl(&admin.pubkey(), world.quote(), &trader.account, GEM_PERP);
    world.refuses(&gems, &[&admin], "NoPosition");
    let newcomer = world.trader();
    let settle = instruction(&world, &admin, &newcomer);
    world.refuses(&settle, &[&admin], "NoPosition");
}

#[test]
fn waits_for_the_end_of_what_is_open() {
    let (mut world, trader) = long_at(40);
    let admin = world.admin.insecure_clone();
    let (right, bank) = (instruction(&world, &admin, &trader), world.bank_key(USD));
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&admin], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = 0);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&admin], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&admin]).expect("afterwards");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader) = long_at(40);
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = instruction(&world, &admin, &trader);
    for (index, key, error) in [
        (BOARD, other.board, "WrongBoard"),
        (MARKET, other.market, "WrongGroup"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.send(right, &[&admin]).expect("right in the end");
}
