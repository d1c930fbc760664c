//! Calls that are no instruction: whatever bytes and accounts come, the answer is an error and nothing changed.

use super::support::*;

/// A deposit that would succeed.
fn ready() -> (World, Trader, Instruction) {
    let mut world = World::plain();
    let trader = world.trader();
    world.mint_to(&trader, COIN, ONE_COIN);
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), ONE_COIN);
    (world, trader, deposit)
}

#[test]
fn refuses_bytes_that_are_no_instruction() {
    let (mut world, trader, deposit) = ready();
    for (data, error) in [
        (vec![], "anchor::InstructionFallbackNotFound"),
        (vec![0; 7], "anchor::InstructionFallbackNotFound"),
        (vec![0; 8], "anchor::InstructionFallbackNotFound"),
        (vec![255; 300], "anchor::InstructionFallbackNotFound"),
        (deposit.data[..8].to_vec(), "anchor::InstructionDidNotDeserialize"),
        (deposit.data[..15].to_vec(), "anchor::InstructionDidNotDeserialize"),
        (deposit.data[1..].to_vec(), "anchor::InstructionFallbackNotFound"),
    ] {
        let malformed = Instruction { data, ..deposit.clone() };
        world.refuses(&malformed, &[&trader.key], error);
    }
}

/// The program calls itself to leave receipts; nobody else may, with or without its authority's key.
#[test]
fn refuses_receipts_made_up_by_others() {
    let (mut world, trader, deposit) = ready();
    let mut data = ballast_client::events::EVENT_CALL_TAG.to_vec();
    data.extend([7; 100]);
    let forged = Instruction { data, ..deposit };
    // The first account must be the event authority.
    world.refuses(&forged, &[&trader.key], "anchor::ConstraintSeeds");
    let mut unsigned = forged;
    unsigned.accounts.truncate(1);
    unsigned.accounts.insert(0, solana_instruction::AccountMeta::new_readonly(addresses::event_authority(), false));
    world.refuses(&unsigned, &[&trader.key], "anchor::ConstraintSigner");
}

#[test]
fn refuses_too_few_accounts() {
    let (mut world, trader, deposit) = ready();
    for count in 1..deposit.accounts.len() {
        let mut fewer = deposit.clone();
        fewer.accounts.truncate(count);
        world.refuses(&fewer, &[&trader.key], "anchor::AccountNotEnoughKeys");
    }
    // One account for every role.
    let mut same = deposit.clone();
    let margin = same.accounts[1].clone();
    same.accounts[2..].fill(margin);
    world.refuses(&same, &[&trader.key], "DuplicateAccount");
    world.send(deposit, &[&trader.key]).expect("right in the end");
}
