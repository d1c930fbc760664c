//! `set_policy`.

use super::support::*;

#[test]
fn sets_the_policy_within_bounds() {
    let mut world = World::plain();
    let trader = world.trader();
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
}
