//! `set_policy`.

use super::support::*;

#[test]
fn is_the_owners() {
    let mut world = World::plain();
    let (trader, thief) = (world.trader(), world.trader());
    let one = 1u64 << 32;
    let set = |floor, width| ix::set_policy(&trader.key.pubkey(), &trader.account, floor, width, 5);
    let used = 77;
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.policy.turnover_used = used);
    let sent = world.send(set(one + one / 2, one / 8), &[&trader.key]).expect("set_policy");
    let told = event!(sent, PolicySet);
    assert_same(&told.header, &header(&world, trader.account, 1));
    assert_eq!((told.floor, told.width, told.daily_turnover), (one + one / 2, one / 8, 5));
    let policy = world.margin(&trader).policy;
    assert_eq!((policy.floor, policy.width, policy.daily_turnover), (one + one / 2, one / 8, 5));
    assert_eq!(policy.turnover_used, used);

    let five_percent = presets::bps(500).into();
    for (floor, width, valid) in [
        (one, one / 8, false),
        (one + 1, five_percent, true),
        (one + 1, five_percent - 1, false),
        (4 * one, one, true),
        (4 * one + 1, one, false),
        (u64::MAX, one, false),
        (2 * one, one + 1, false),
        (0, 0, true),
        (0, u64::MAX, true),
    ] {
        if valid {
            world.send(set(floor, width), &[&trader.key]).expect("set_policy");
        } else {
            world.refuses(&set(floor, width), &[&trader.key], "InvalidParameter");
        }
    }
    let set = set(0, 0);
    world.refuses(&with(&set, 0, thief.key.pubkey()), &[&thief.key], "Unauthorised");
    world.refuses(&unsigned(&set, 0), &[&thief.key], "anchor::AccountNotSigner");
    world.refuses_forgery(&set, &[&trader.key], 1, Forgery::Other(thief.account), "Unauthorised");
    refuses_anchor_lookalikes(&mut world, &set, &[&trader.key], &[1]);
    let bank = world.bank_key(COIN);
    world.refuses_forgery(&set, &[&trader.key], 1, Forgery::Other(bank), "anchor::AccountDiscriminatorMismatch");
    world.refuses(&read_only(&set, 1), &[&trader.key], "anchor::ConstraintMut");
}
