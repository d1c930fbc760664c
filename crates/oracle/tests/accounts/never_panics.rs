//! No bytes make a parser panic.

use ballast_oracle::{
    detect, feed_id, identify, parse, parse_owned_by, switchboard_on_demand, switchboard_v2, Provider,
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::load::{account, directory, Account};

fn anything(provider: Provider, owner: &[u8; 32], data: &[u8], feed: &[u8; 32]) {
    let _ = parse(provider, owner, data, None);
    let open = parse_owned_by(provider, &[*owner], owner, data, None);
    let pinned = parse_owned_by(provider, &[*owner], owner, data, Some(feed));
    // A pinned parse is the open one or a refusal, never something else.
    assert!(pinned == open || pinned.is_err());
    if let (Ok(observation), Ok(about)) = (open, feed_id(provider, data)) {
        let own = parse_owned_by(provider, &[*owner], owner, data, Some(&about));
        assert_eq!(own, Ok(observation));
    }
    let _ = (identify(data), detect(owner, data));
    let _ = (switchboard_on_demand::name(data), switchboard_v2::name(data));
    let _ = switchboard_on_demand::last_update_time(data);
}

fn provider() -> impl Strategy<Value = Provider> {
    prop::sample::select(&Provider::ALL[..])
}

fn real() -> impl Strategy<Value = String> {
    let mut names: Vec<String> = std::fs::read_dir(directory())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".json").map(String::from))
        .collect();
    names.sort();
    prop::sample::select(names)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(provider in provider(), owner: [u8; 32], data in vec(any::<u8>(), 0..4_000), feed: [u8; 32]) {
        anything(provider, &owner, &data, &feed);
    }

    #[test]
    fn any_bytes_behind_a_right_tag(
        provider in provider(),
        tag in prop::sample::select(vec![
            "mrgn-sol_pyth_price_feed",
            "klend-prices-btc_usd",
            "mrgn-price_rs-swb_pull_get_price_1",
            "klend-switchboard-kUSDH-USDC_orca",
        ]),
        data in vec(any::<u8>(), 0..4_000),
        feed: [u8; 32],
    ) {
        let Account { owner, data: original } = account(tag);
        let mut tagged = original[..16].to_vec();
        tagged.extend(data);
        anything(provider, &owner, &tagged, &feed);
    }

    #[test]
    fn a_real_account_with_some_bytes_changed_and_cut(
        provider in provider(),
        name in real(),
        changes in vec((any::<Index>(), any::<u8>()), 0..40),
        len in any::<Index>(),
        cut: bool,
        feed: [u8; 32],
    ) {
        let Account { owner, mut data } = account(&name);
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        if cut {
            data.truncate(len.index(data.len()));
        }
        anything(provider, &owner, &data, &feed);
        if let Some(own) = detect(&owner, &data) {
            anything(own, &owner, &data, &feed);
        }
    }
}
