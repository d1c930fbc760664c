//! Addresses in a lookup table: the transaction is shorter, what it does is the same.

use super::support::*;

/// Sends the instructions with their addresses written out, puts everything back, and sends them with a table. Both have to
/// leave the same accounts. Returns both sizes.
async fn both_ways(world: &mut World, instructions: &[Instruction], signer: &Trader, keys: &[Pubkey]) -> [usize; 2] {
    let table = world.table(instructions).await;
    let before = world.accounts(keys).await;
    let plain = world.sent(instructions, signer).await;
    let after = world.accounts(keys).await;
    assert_ne!(after, before);
    for (key, account) in keys.iter().zip(before) {
        world.put(key, account);
    }
    let transaction = world.signed(instructions, &[&signer.key], Some(&table)).await;
    let short = world.receive(&transaction).await.expect("the transaction succeeds");
    assert_eq!(world.accounts(keys).await, after);
    [plain, short]
}

#[tokio::test]
async fn a_table_changes_the_size_and_nothing_else() {
    let mut world = World::new(15).await;
    let (lender, trader) = world.full().await;
    let mut keys = world.state(&[&lender, &trader]);
    keys.extend((0..16).flat_map(|bank| [lender.tokens(bank), trader.tokens(bank)]));

    let (account, bank) = (world.margin(&trader).await, world.bank(SOL).await);
    let withdraw = ix::withdraw(&trader.user(SOL), &account, &bank, Some(COIN));
    assert_eq!(both_ways(&mut world, &[withdraw], &trader, &keys).await, [913, 267]);

    // The end is found by what the transaction says, wherever the addresses are.
    world.crash(22_00000000).await;
    let staged = world.staged(&lender, &trader, 200 * DOLLAR).await;
    assert_eq!(both_ways(&mut world, &staged, &lender, &keys).await, [1_139, 338]);
}

/// An address is found from the slot on that comes after its own; until then nothing runs.
#[tokio::test]
async fn a_table_of_this_slot_is_too_young() {
    let mut world = World::new(1).await;
    let trader = world.trader(2).await;
    let deposit = [ix::deposit(&trader.user(SOL), &world.bank(SOL).await, COIN)];
    let (making, table) = world.table_of(&deposit).await;
    for instruction in making {
        world.as_admin(instruction).await;
    }
    let keys = world.state(&[&trader]);
    let before = world.accounts(&keys).await;
    let signed = world.signed(&deposit, &[&trader.key], Some(&table)).await;
    let young = Refused::Bank(TransactionError::InvalidAddressLookupTableIndex);
    assert_eq!(world.receive(&signed).await, Err(young));
    assert_eq!(world.accounts(&keys).await, before);

    world.skip(1).await;
    let signed = world.signed(&deposit, &[&trader.key], Some(&table)).await;
    world.receive(&signed).await.expect("deposit");
    assert_eq!(world.bank(SOL).await.asset_shares, COIN);
}
