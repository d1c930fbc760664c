//! `register_claim`.

use super::support::*;

const KEEPER: usize = 1;
const MARGIN_ACCOUNT: usize = 2;
const MARKET: usize = 3;
const POOL: usize = 4;
const BANK: usize = 5;

fn instruction(world: &World, keeper: &Trader, trader: &Trader) -> Instruction {
    pix::register_claim((&keeper.key.pubkey(), &keeper.account), world.quote(), &trader.account, COIN_PERP)
}

/// A market that owes its long 56,000 dollars and has 50,000 and what a short lost; both sides have met, and the hour in which its end
/// spares them is over.
pub(crate) fn insolvent() -> (World, Trader, Trader, Trader) {
    let (mut world, long, short, keeper) = just_ended();
    world.svm.advance(3_600);
    (world, long, short, keeper)
}

fn just_ended() -> (World, Trader, Trader, Trader) {
    let (mut world, keeper) = World::perps();
    let long = world.trader_with(&[(USD, 60_000 * DOLLAR)]);
    let short = world.trader_with(&[(USD, 60_000 * DOLLAR)]);
    let market = world.market_key(COIN_PERP);
    world.trade(&keeper, &long, COIN_PERP, 4_000 * COIN_LOTS).expect("fill_order");
    world.trade(&keeper, &short, COIN_PERP, -1_000 * COIN_LOTS).expect("fill_order");
    world.svm.edit::<PerpMarket>(&market, |market| market.terms.skew_scale = u64::MAX);
    world.svm.advance(1);
    world.crash(COIN, 56_00000000);
    world.deleverage_market(COIN_PERP).expect("deleverage_market");
    world.calm(COIN);
    let sent = world.settle_market(COIN_PERP).expect("settle_market");
    let told = event!(sent, MarketSettled);
    assert!(told.equity < 0 && told.skew.abs() < 1_000, "{told:?}");
    assert_eq!((world.market(COIN_PERP).payout, world.pool().earmarked), (0, told.stake));
    world.check_invariants();
    (world, long, short, keeper)
}

fn cash(world: &World, trader: &Trader) -> i64 {
    world.margin(trader).balance(USD).map_or(0, |balance| {
        let atoms = i64::try_from(balance.shares).expect("in range");
        if balance.is_loan() {
            -atoms
        } else {
            atoms
        }
    })
}

#[test]
fn claims_are_registered_and_losses_collected() {
    let (mut world, long, short, keeper) = insolvent();
    let stake = world.market(COIN_PERP).stake;
    let (before, kept) = (cash(&world, &long), cash(&world, &keeper));
    let sent = world.register_claim(&keeper, &long, COIN_PERP).expect("register_claim");
    let told = event!(sent, ClaimRegistered);
    assert_same(&told.header, &header(&world, long.account, world.margin(&long).sequence));
    assert_eq!((told.keeper, told.market, told.keeper_fee), (keeper.account, COIN_PERP, 10_000));
    assert!(told.claim > 95_000_000_000, "{told:?}");
    assert_eq!((told.registered, told.position.lots), (told.claim.unsigned_abs(), 0));
    assert_eq!((cash(&world, &long), cash(&world, &keeper)), (before - 10_000, kept + 10_000));
    let position = world.margin(&long).perps[0];
    assert_eq!((position.flags, position.base, position.entry_quote), (1, [0, 0], told.claim));
    let again = instruction(&world, &keeper, &long);
    world.refuses(&again, &[&keeper.key], "ClaimRegistered");
    world.check_invariants();

    // The short pays what it lost, and that is the long's.
    let before = cash(&world, &short);
    let sent = world.register_claim(&keeper, &short, COIN_PERP).expect("register_claim");
    let lost = event!(sent, ClaimRegistered).claim;
    assert!(lost < -23_000_000_000, "{lost}");
    assert_eq!((cash(&world, &short), world.margin(&short).perp_count), (before + lost - 10_000, 0));
    assert_eq!((world.market(COIN_PERP).stake, world.pool().earmarked), (stake - lost, stake - lost));
    world.check_invariants();

    // One part of every claim: here of one.
    let sent = world.update_payout(COIN_PERP).expect("update_payout");
    let paid = event!(sent, PayoutUpdated);
    let market = world.market(COIN_PERP);
    assert_same(&paid.header, &header(&world, world.market_key(COIN_PERP), market.sequence));
    let part = (u128::from(market.stake.unsigned_abs()) << 32) / u128::from(market.registered);
    assert_eq!((u128::from(paid.payout), paid.registered, paid.paid), (part, market.registered, 0));
    let admin = world.admin.insecure_clone();
    world.refuses(&pix::update_payout(world.quote(), COIN_PERP), &[&admin], "NothingToDo");

    let before = (cash(&world, &long), world.pool().shares);
    let due = i64::try_from((u128::from(market.registered) * part) >> 32).expect("in range");
    // A rail of its own holds it back: no more than it had to put up leaves in a day.
    let sent = world.settle(&long, COIN_PERP).expect("settle_pnl");
    let first = event!(sent, PnlSettled).paid;
    assert!(first > 0 && first < due, "{first} {due}");
    world.svm.edit::<MarginAccount>(&long.account, |account| account.rail.posted = u64::MAX);
    let sent = world.settle(&long, COIN_PERP).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, due - first);
    assert_eq!((cash(&world, &long), world.pool().shares), (before.0 + due, before.1 - due.unsigned_abs()));
    let settle = world.settlement(&admin.pubkey(), &long, COIN_PERP);
    world.refuses(&settle, &[&admin], "NothingToSettle");
    assert!(world.market(COIN_PERP).stake < 100, "{}", world.market(COIN_PERP).stake);
    world.check_invariants();
}

/// A position whose market ended is spared for an hour: others collect what it lost, and only its owner ends that.
#[test]
fn within_an_hour_only_its_owner_may() {
    let (mut world, long, short, keeper) = just_ended();
    let right = instruction(&world, &keeper, &long);
    world.svm.advance(3_599);
    world.refuses(&right, &[&keeper.key], "DeleverageGrace");
    let (before, base) = (cash(&world, &short), world.margin(&short).perps[0].base);
    let lost = event!(world.settle(&short, COIN_PERP).expect("settle_pnl"), PnlSettled).paid;
    assert!(lost < -23_000_000_000 && cash(&world, &short) == before + lost);
    assert_eq!((world.margin(&short).perps[0].base, world.margin(&short).perp_count), (base, 1));
    world.check_invariants();
    // Another account of the owner's gets the fee.
    let second = world.sub_account(&long, 1);
    let own = pix::register_claim((&long.key.pubkey(), &second.account), world.quote(), &long.account, COIN_PERP);
    world.svm.clone().send(&[own], &[&long.key]).expect("by the owner");
    let settle = world.settlement(&long.key.pubkey(), &long, COIN_PERP);
    world.svm.clone().send(&[settle], &[&long.key]).expect("by the owner");
    world.svm.advance(1);
    world.send(right, &[&keeper.key]).expect("after the hour");
}

#[test]
fn refuses_markets_that_pay_in_full() {
    let (mut world, provider, trader) = long();
    let right = instruction(&world, &provider, &trader);
    world.refuses(&right, &[&provider.key], "MarketGoesOn");
    let market = world.market_key(COIN_PERP);
    world.svm.edit::<PerpMarket>(&market, |market| (market.mode, market.settlement_ts) = (2, 1));
    world.settle_market(COIN_PERP).expect("settle_market");
    world.refuses(&right, &[&provider.key], "NothingToDo");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, long, short, keeper) = insolvent();
    let other = Neighbour::of(&mut world);
    let right = instruction(&world, &keeper, &long);
    for (index, key, error) in [
        (KEEPER, long.account, "DuplicateAccount"),
        (KEEPER, short.account, "Unauthorised"),
        (MARGIN_ACCOUNT, keeper.account, "DuplicateAccount"),
        (MARKET, other.market, "WrongGroup"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&keeper.key], error);
    }
    let newcomer = world.trader();
    let nothing = instruction(&world, &keeper, &newcomer);
    world.refuses(&nothing, &[&keeper.key], "NoPosition");
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&keeper.key], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.svm.edit::<MarginAccount>(&long.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&keeper.key], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&long.account, |account| account.flags = 0);
    world.send(right, &[&keeper.key]).expect("right in the end");
}
