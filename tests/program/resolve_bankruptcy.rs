//! `resolve_bankruptcy`.

use super::support::*;

/// A trader that owes 2,048 USD and holds a millionth of a coin; the insurance fund has 48 USD.
fn bankrupt() -> (World, Trader, Trader, Trader) {
    let (mut world, lender, trader) = indebted();
    let giver = world.trader();
    world.insure(&giver, USD, 48 * DOLLAR).expect("insure");
    let key = trader.account;
    world.svm.edit::<MarginAccount>(&key, |account| account.balances[1].shares = 1_000);
    let bank = world.bank_key(COIN);
    world.svm.edit::<Bank>(&bank, |bank| bank.asset_shares = 1_000);
    (world, lender, trader, giver)
}

fn instruction(world: &World, trader: &Trader, bank: u16) -> Instruction {
    ix::resolve_bankruptcy(&trader.account, &world.margin(trader), bank)
}

/// 2,048 USD are lost: insurance pays 48, and lenders 2,000 of 100,000.
#[test]
fn t27_insurance_pays_then_all_lenders_alike() {
    let (mut world, lender, trader, _) = bankrupt();
    let before = world.bank(USD);
    let sent = world.resolve_bankruptcy(&trader, USD).expect("resolve_bankruptcy");

    let resolved = event!(sent, BankruptcyResolved);
    assert_same(&resolved.header, &header(&world, trader.account, 3));
    assert_eq!((resolved.bank, resolved.board_sequence), (USD, world.board().sequence));
    // The millionth of a coin is worth 3.2e-5 USD.
    assert_same(
        &resolved.before,
        &HealthPoint { assets: 33, liabilities: (2_048 << 20) + 1, requirement: (128 << 20) + 6 },
    );
    // ⌊2^64 · 98,000 / 100,000⌋
    let index = [18_077_809_192_235_360_583, 0];
    let loss = LossShare {
        deficit: 2_048 * DOLLAR,
        insured: 48 * DOLLAR,
        pooled: 0,
        socialized: 2_000 * DOLLAR,
        index_before: [0, 1],
        index_after: index,
    };
    assert_same(&resolved.loss, &loss);
    assert_eq!(
        world.bank(USD),
        Bank {
            asset_index: index,
            liability_shares: 0,
            insurance: 0,
            socialized_loss: 2_000 * DOLLAR,
            lend_ratio: [0, 0],
            sequence: before.sequence + 1,
            ..before
        }
    );
    let account = world.margin(&trader);
    assert_eq!((account.balance_count, account.balance(USD)), (1, None));
    let sent = world.withdraw(&lender, USD, None).expect("withdraw");
    assert_eq!(event!(sent, Withdrawn).movement.atoms, 98_000 * DOLLAR - 1);
    world.check_invariants();
}

#[test]
fn a_full_fund_spares_lenders() {
    let (mut world, lender, trader, giver) = bankrupt();
    world.insure(&giver, USD, 3_000 * DOLLAR).expect("insure");
    let sent = world.resolve_bankruptcy(&trader, USD).expect("resolve_bankruptcy");
    let loss = event!(sent, BankruptcyResolved).loss;
    assert_eq!((loss.insured, loss.socialized, loss.index_after), (2_048 * DOLLAR, 0, [0, 1]));
    assert_eq!(world.bank(USD).insurance, 1_000 * DOLLAR);
    world.withdraw(&lender, USD, None).expect("all of it");
    world.check_invariants();
}

#[test]
fn refuses_what_is_not_bankrupt() {
    let (mut world, lender, trader) = indebted();
    let admin = world.admin.insecure_clone();
    let refuses = |world: &mut World, trader: &Trader, bank, error| {
        let resolve = instruction(world, trader, bank);
        world.refuses(&resolve, &[&admin], error);
    };
    refuses(&mut world, &lender, USD, "NoLiability");
    refuses(&mut world, &trader, USD, "AccountHealthy");
    world.svm.advance(1);
    world.crash(COIN, 16_00000000);
    refuses(&mut world, &trader, USD, "NotBankrupt");
    let (mut world, _, trader, _) = bankrupt();
    refuses(&mut world, &trader, GEM, "NoBalance");
    refuses(&mut world, &trader, COIN, "NoBalance");
}

/// A price that may be better than it says: what is left counts at the high end of an uncertain band.
#[test]
fn refuses_while_an_uncertain_price_may_leave_something() {
    let (mut world, _, trader, _) = bankrupt();
    let admin = world.admin.insecure_clone();
    let (account, bank, board) = (trader.account, world.bank_key(COIN), world.board_key());
    // Nine dollars of coins at mid, eleven at the high end.
    world.svm.edit::<MarginAccount>(&account, |account| account.balances[1].shares = ONE_COIN);
    world.svm.edit::<Bank>(&bank, |bank| bank.asset_shares = ONE_COIN);
    world.svm.edit::<RiskBoard>(&board, |board| {
        board.rows[1].mid = 9 << 40;
        board.rows[1].high = 11 << 40;
        board.rows[1].state = 3;
    });
    let resolve = instruction(&world, &trader, USD);
    world.refuses(&resolve, &[&admin], "NotBankrupt");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 1);
    world.send(resolve, &[&admin]).expect("nine dollars are dust");
}
