//! `seize`.

use super::support::*;

const AUTHORITY: usize = 0;
const VAULT: usize = 3;
const DESTINATION: usize = 4;

/// Coins leave the vault for the liquidator's wallet: what the liquidation allows, or less in as many steps as it likes.
#[test]
fn moves_collateral_to_the_liquidator() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let before = world.bank(COIN);
    let sent = liquidate_in_stages(&mut world, &liquidator, &trader).expect("a liquidation");
    let Told { seized, .. } = Told::by(&sent);
    assert_same(&seized.header, &header(&world, trader.account, 4));
    let moved = 47_010_000_268;
    assert_same(&seized.movement, &Movement { bank: COIN, atoms: moved, shares: moved });
    assert_eq!(world.svm.tokens(&liquidator.tokens[1]), moved);
    assert_eq!(world.vault(COIN), before.vault_balance - moved);
    let after = world.bank(COIN);
    assert_eq!(
        after,
        Bank {
            asset_shares: before.asset_shares - moved,
            vault_balance: before.vault_balance - moved,
            accrued_ts: world.svm.now(),
            // Begin and seize.
            sequence: before.sequence + 2,
            ..before
        }
    );
    assert_eq!(world.margin(&trader).balance(COIN).expect("coins").shares, 100 * ONE_COIN - moved);
    world.check_invariants();
}

/// A liquidation with these steps between begin and end, of a liquidator with dollars.
fn with_steps(world: &mut World, [liquidator, from]: [&Trader; 2], steps: &[Instruction]) -> Vec<Instruction> {
    world.mint_to(liquidator, USD, 10_000 * DOLLAR);
    let stages = world.stages(liquidator, from, USD, COIN);
    let mut transaction = vec![stages.begin(u64::MAX)];
    transaction.extend_from_slice(steps);
    transaction.push(stages.end());
    transaction
}

#[test]
fn takes_what_is_asked_for_in_several_steps() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let steps = [stages.seize(Some(1)), stages.seize(Some(7 * ONE_COIN)), stages.repay(None), stages.seize(None)];
    let transaction = with_steps(&mut world, [&liquidator, &trader], &steps);
    let sent = world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
    let atoms: Vec<u64> = sent
        .events
        .iter()
        .filter_map(|event| if let Event::Seized(seized) = event { Some(seized.movement.atoms) } else { None })
        .collect();
    assert_eq!(atoms, [1, 7 * ONE_COIN, 40_010_000_267]);
    assert_eq!(world.svm.tokens(&liquidator.tokens[1]), 47_010_000_268);
    world.check_invariants();
}

/// Interest has moved the index: shares burn up, atoms leave down.
#[test]
fn rounds_against_the_liquidator() {
    let (mut world, _, _) = aged();
    // A year of interest on coins as well.
    let coins = world.trader_with(&[(1, 10_000 * ONE_COIN)]);
    let other = world.trader_with(&[(0, 1_000_000 * DOLLAR)]);
    world.borrow(&other, 1, 15_000 * ONE_COIN).expect("borrow");
    world.advance(31_557_600);
    let trader = world.trader_with(&[(1, 1_000 * ONE_COIN)]);
    world.borrow(&trader, 0, 20_000 * DOLLAR).expect("borrow");
    let liquidator = world.trader();
    world.mint_to(&liquidator, 0, 100_000 * DOLLAR);
    world.svm.advance(1);
    world.crash(1, 21_00000000);
    world.withdraw(&coins, 1, Some(ONE_COIN)).expect("accrues");
    let index = world.bank(1).asset_index;
    assert!(index[1] >= 1 && index[0] > 0, "{index:?}");

    let stages = world.stages(&liquidator, &trader, 0, 1);
    let transaction =
        [stages.begin(u64::MAX), stages.seize(Some(123_456_789)), stages.repay(None), stages.seize(None), stages.end()];
    let sent = world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
    let [_, Event::Seized(first), _, Event::Seized(rest), Event::Liquidated(done)] = sent.events.as_slice() else {
        panic!("{:?}", sent.events.iter().map(Event::name).collect::<Vec<_>>())
    };
    let index = world.bank(1).asset_index;
    assert_eq!(first.movement.shares, shares_up(index, 123_456_789));
    assert_eq!(rest.movement.shares, done.seized_shares - first.movement.shares);
    let down = |shares: u64| Index::from_words(index).amount_down(shares).expect("atoms");
    assert_eq!(rest.movement.atoms, down(rest.movement.shares));
    assert!(first.movement.atoms + rest.movement.atoms <= done.seized);
    world.check_invariants();
}

#[test]
fn refuses_without_an_open_liquidation() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let [begin, seize, repay, end] = [stages.begin(u64::MAX), stages.seize(None), stages.repay(None), stages.end()];
    world.refuses(&seize, &[&liquidator.key], "NoOpenLiquidation");
    world.mint_to(&liquidator, USD, 10_000 * DOLLAR);
    let after = [begin, seize.clone(), repay, end, seize];
    world.refuses_all(&after, &[&liquidator.key], "NoOpenLiquidation");
}

/// Nobody but who began: not the owner of the account, and not the admin.
#[test]
fn refuses_everyone_else() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let admin = world.admin.insecure_clone();
    for other in [&lender.key, &trader.key, &admin] {
        let seize = with(&world.stages(&liquidator, &trader, USD, COIN).seize(None), AUTHORITY, other.pubkey());
        let transaction = with_steps(&mut world, [&liquidator, &trader], &[seize]);
        world.refuses_all(&transaction, &[&liquidator.key, other], "Unauthorised");
    }
}

#[test]
fn refuses_other_banks_and_amounts() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let most = 47_200_000_000;
    for (bank, atoms, error) in [
        (GEM, None, "BankMismatch"),
        (USD, Some(1), "BankMismatch"),
        (COIN, Some(0), "ZeroAmount"),
        (COIN, Some(most), "SeizedTooMuch"),
        (COIN, Some(100 * ONE_COIN + 1), "SeizedTooMuch"),
        (COIN, Some(u64::MAX), "SeizedTooMuch"),
    ] {
        let seize = world.stages(&liquidator, &trader, USD, bank).seize(atoms);
        let transaction = with_steps(&mut world, [&liquidator, &trader], &[seize]);
        world.refuses_all(&transaction, &[&liquidator.key], error);
    }
    // All of it twice: nothing is left of what it allows.
    let seize = world.stages(&liquidator, &trader, USD, COIN).seize(None);
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[seize.clone(), seize.clone()]);
    world.refuses_all(&transaction, &[&liquidator.key], "ZeroAmount");
    let again = world.stages(&liquidator, &trader, USD, COIN).seize(Some(1));
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[seize, again]);
    world.refuses_all(&transaction, &[&liquidator.key], "SeizedTooMuch");
}

#[test]
fn refuses_a_bank_of_another_group() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let foreign = world.elsewhere(1, |world| {
        let bank = world.list(&MarketSpec::plain(PLAIN, 9, 24_00000000));
        world.bank(bank)
    });
    let mut user = liquidator.user(COIN);
    user.margin_account = trader.account;
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[ix::seize(&user, &foreign, None)]);
    world.refuses_all(&transaction, &[&liquidator.key], "WrongGroup");
}

/// All coins are lent: only `liquidate`, which moves shares, goes on.
#[test]
fn t26_refuses_what_the_vault_does_not_hold() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.configure_bank(COIN, |args| args.max_utilisation = 1 << 32).expect("configure_bank");
    let borrower = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    world.borrow(&borrower, COIN, 101 * ONE_COIN).expect("borrow");
    assert_eq!(world.vault(COIN), 0);
    world.mint_to(&liquidator, USD, 10_000 * DOLLAR);
    let transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    world.refuses_all(&transaction, &[&liquidator.key], "InsufficientLiquidity");
    world.liquidate(&liquidator, &trader, USD, COIN, u64::MAX).expect("liquidate");
    world.check_invariants();
}

/// Somebody's deposit in the collateral's bank since the liquidation began.
#[test]
fn refuses_when_the_bank_moved() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.mint_to(&liquidator, COIN, ONE_COIN);
    let deposit = ix::deposit(&liquidator.user(COIN), &world.bank(COIN), ONE_COIN);
    let seize = world.stages(&liquidator, &trader, USD, COIN).seize(None);
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[deposit, seize]);
    world.refuses_all(&transaction, &[&liquidator.key], "StateMoved");
}

#[test]
fn refuses_frozen_tokens_and_the_vault_itself() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let seize = world.stages(&liquidator, &trader, USD, COIN).seize(None);
    let vault = seize.accounts[VAULT].pubkey;
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[with(&seize, DESTINATION, vault)]);
    world.refuses_all(&transaction, &[&liquidator.key], "DuplicateAccount");
    let transaction = with_steps(&mut world, [&liquidator, &trader], std::slice::from_ref(&seize));
    for tokens in [seize.accounts[DESTINATION].pubkey, vault] {
        world.svm.set_frozen(&tokens, true);
        world.refuses_all(&transaction, &[&liquidator.key], "token::AccountFrozen");
        world.svm.set_frozen(&tokens, false);
    }
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let seize = world.stages(&liquidator, &trader, USD, COIN).seize(None);
    let transaction = with_steps(&mut world, [&liquidator, &trader], &[seize]);
    world.svm.edit::<Bank>(&world.bank_key(COIN), |bank| bank.vault_balance += 1);
    world.refuses_all(&transaction, &[&liquidator.key], "VaultBelowBooks");
}

/// The liquidator may send what it seized wherever it likes: to the pool it swaps with, too.
#[test]
fn any_destination_of_the_mint() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let steps = [with(&stages.seize(None), DESTINATION, lender.tokens[1]), stages.repay(None)];
    let transaction = with_steps(&mut world, [&liquidator, &trader], &steps);
    world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
    assert_eq!(world.svm.tokens(&lender.tokens[1]), 47_010_000_268);
}
