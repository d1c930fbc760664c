//! What a file may say of perps, and what is answered to one that says something else.

use ballast_client::ballast::types::{MarketArgs, PoolArgs};
use ballast_client::presets::{self, bps};
use ballast_migrate::{Deployment, MarketSettings, PoolSettings};

/// An example with one market; its pool begins at line 150.
const DEVNET: &str = include_str!("../../../migrations/devnet.toml");
const DEMO: &str = include_str!("../../../migrations/demo.toml");

/// The error of devnet's file with the last `from` replaced by `to`.
fn refusal(from: &str, to: &str) -> String {
    Deployment::parse("x.toml", &changed(from, to)).unwrap_err().to_string()
}

fn changed(from: &str, to: &str) -> String {
    let at = DEVNET.rfind(from).unwrap_or_else(|| panic!("{from}"));
    [&DEVNET[..at], to, &DEVNET[at + from.len()..]].concat()
}

fn parsed(text: &str) -> Deployment {
    Deployment::parse("x.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

/// Types made from the IDL cannot be compared, but say all they hold.
#[track_caller]
fn assert_same<T: std::fmt::Debug>(one: &T, other: &T) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

/// Sizes become lots, amounts atoms, rates parts of the price per second.
#[test]
fn units_become_stored_formats() {
    let demo = parsed(DEMO);
    let pool = PoolArgs::from(&demo.pool.as_ref().expect("a pool").settings);
    assert_same(&pool, &PoolArgs { epoch_length: 21_600, min_delay: 30, exit_fee: bps(10), cap: u64::MAX });
    assert_eq!(parsed(DEVNET).pool.map(|pool| PoolArgs::from(&pool.settings).cap), Some(1_000_000_000_000));
    let btc = MarketArgs {
        skew_scale: 100_000_000_000_000,
        funding_limit: 277_777_777_777,
        funding_velocity: 771_604_938,
        interest_cap: 1_000_000_000_000,
        skew_cap: 1_000_000_000_000,
        account_cap: 250_000_000_000,
        order_min: 100_000,
        keeper_fee: 10_000,
        fill_fee: bps(5),
        weight: bps(3_500),
        min_delay: 2,
        order_life: 60,
    };
    assert_same(&MarketArgs::from(&demo.markets[2].settings), &btc);
    assert_eq!(demo.markets[2].symbol.0, *b"BTC-PERP\0\0\0\0\0\0\0\0");

    // Sizes may be said in lots, and arguments become the same table.
    let lots = changed("order_min = \"0.1 SOL\"", "order_min = \"100_000 lots\"");
    assert_eq!(parsed(&lots).markets[0].settings, parsed(DEVNET).markets[0].settings);
    let preset = MarketSettings::from(&presets::market());
    assert_same(&MarketArgs::from(&preset), &presets::market());
    assert_same(&PoolArgs::from(&PoolSettings::from(&presets::pool())), &presets::pool());
}

/// A wrong unit is answered with the line, what was expected, and an example.
#[test]
fn wrong_units() {
    let size = "expected a size in the underlying such as \"1_000 SOL\", or in lots such as \"10_000 lots\"";
    let funding = "expected a rate of percent an hour such as \"0.1 %/h\"";
    let velocity = "expected percent an hour, each hour, such as \"0.1 %/h/h\"";
    let settings = "markets[0].settings";
    for (from, to, at, said) in [
        ("skew_cap = \"10_000 SOL\"", "skew_cap = 10_000", "171:12", format!("invalid type: integer `10000`, {size}")),
        ("skew_cap = \"10_000 SOL\"", "skew_cap = \"10_000\"", "171:12", format!("\"10_000\" has no unit: {size}")),
        (
            "skew_cap = \"10_000 SOL\"",
            "skew_cap = \"none\"",
            "171:12",
            format!("\"none\" does not start with a number: {size}"),
        ),
        (
            "skew_cap = \"10_000 SOL\"",
            "skew_cap = \"10_000 USDC\"",
            "171:12",
            format!("{settings}.skew_cap: 10_000 USDC is in \"USDC\": expected an amount in \"SOL\""),
        ),
        (
            "skew_cap = \"10_000 SOL\"",
            "skew_cap = \"0.000_000_1 SOL\"",
            "171:12",
            format!("{settings}.skew_cap: 0.0000001 SOL is finer than the 6 decimals of SOL"),
        ),
        (
            "skew_cap = \"10_000 SOL\"",
            "skew_cap = \"20_000_000_000_000 SOL\"",
            "171:12",
            format!("{settings}.skew_cap: 20_000_000_000_000 SOL is more than 64 bits of lots can hold"),
        ),
        (
            "keeper_fee = \"0.01 USDC\"",
            "keeper_fee = \"0.01 SOL\"",
            "174:14",
            format!("{settings}.keeper_fee: 0.01 SOL is in \"SOL\": expected an amount in \"USDC\""),
        ),
        (
            "cap = \"1_000_000 USDC\"",
            "cap = \"1_000_000 SOL\"",
            "157:7",
            "pool.settings.cap: 1_000_000 SOL is in \"SOL\": expected an amount in \"USDC\"".to_owned(),
        ),
        ("\"0.1 %/h\"", "\"0.1 %\"", "168:17", format!("\"0.1 %\" is in \"%\", not in \"%/h\": {funding}")),
        ("\"1 %/h/h\"", "\"1 %/h\"", "169:20", format!("\"1 %/h\" is in \"%/h\", not in \"%/h/h\": {velocity}")),
        (
            "mode = \"normal\"",
            "mode = \"closed\"",
            "164:8",
            "\"closed\" is no mode: expected \"normal\", \"reduce-only\" or \"wind-down\"".to_owned(),
        ),
        (
            "[pool]\nbank = \"USDC\"",
            "[pool]\nbank = []",
            "151:8",
            "expected the name of a bank such as \"USDC\", or the index of one".to_owned(),
        ),
    ] {
        assert_eq!(refusal(from, to), format!("x.toml:{at}: {said}"), "{to}");
    }
}

/// What the engine or the program would refuse is refused here, at the line that could be put right.
#[test]
fn values_out_of_bounds() {
    let bounds = "migrations/README.md states the bounds";
    let engine = format!("a parameter lies outside its bounds (InvalidParameter); {bounds}");
    for (from, to, at, said) in [
        (
            "min_delay = \"30 s\"",
            "min_delay = \"29 s\"",
            "155:13: pool.settings.min_delay",
            "29 s is out of bounds: 30 s would do (migrations/README.md states them)".to_owned(),
        ),
        (
            "epoch_length = \"1 day\"",
            "epoch_length = \"179 s\"",
            "154:16: pool.settings.epoch_length",
            "179 s is out of bounds: 1 day would do (migrations/README.md states them)".to_owned(),
        ),
        (
            "exit_fee = \"0.1 %\"",
            "exit_fee = \"6 %\"",
            "156:12: pool.settings.exit_fee",
            "6 % is out of bounds: 0.1 % would do (migrations/README.md states them)".to_owned(),
        ),
        ("bank = \"USDC\"", "bank = \"EUR\"", "151:8: pool.bank", "the file has no such bank".to_owned()),
        ("bank = \"USDC\"", "bank = 2", "151:8: pool.bank", "the file has no such bank".to_owned()),
        (
            "collateral = true\nborrowable = true\ninterest_fee = \"10 %\"\ndeposit_cap = \"5_000_000 USDC\"",
            "collateral = false\nborrowable = true\ninterest_fee = \"10 %\"\ndeposit_cap = \"5_000_000 USDC\"",
            "151:8: pool.bank",
            format!("the bank's deposits are not collateral (NotCollateral); {bounds}"),
        ),
        ("feed = \"SOL\"", "feed = \"ETH\"", "162:8: markets[0].feed", "the file has no such feed".to_owned()),
        (
            "skew_scale = \"600_000 SOL\"",
            "skew_scale = \"0 SOL\"",
            "167:14: markets[0].settings.skew_scale",
            engine.clone(),
        ),
        ("\"0.1 %/h\"", "\"0.5 %/h\"", "168:17: markets[0].settings.funding_limit", engine.clone()),
        ("\"1 %/h/h\"", "\"400 %/h/h\"", "169:20: markets[0].settings.funding_velocity", engine.clone()),
        (
            "interest_cap = \"10_000 SOL\"",
            "interest_cap = \"300_000_000 SOL\"",
            "170:16: markets[0].settings.interest_cap",
            engine.clone(),
        ),
        (
            "skew_cap = \"10_000 SOL\"",
            "skew_cap = \"10_000.000_001 SOL\"",
            "171:12: markets[0].settings.skew_cap",
            engine.clone(),
        ),
        (
            "skew_scale = \"600_000 SOL\"",
            "skew_scale = \"500_000.000_989 SOL\"",
            "170:16: markets[0].settings.interest_cap",
            format!(
                "the premium of a side at its cap would exceed a quarter of the smallest margin (PremiumTooSteep); {bounds}"
            ),
        ),
        (
            "account_cap = \"2_000 SOL\"",
            "account_cap = \"10_001 SOL\"",
            "172:15: markets[0].settings.account_cap",
            engine.clone(),
        ),
        ("order_min = \"0.1 SOL\"", "order_min = \"0 lots\"", "173:13: markets[0].settings.order_min", engine.clone()),
        ("fill_fee = \"0.05 %\"", "fill_fee = \"1.1 %\"", "175:12: markets[0].settings.fill_fee", engine.clone()),
        ("weight = \"50 %\"", "weight = \"0 %\"", "176:10: markets[0].settings.weight", engine.clone()),
        ("min_delay = \"2 s\"", "min_delay = \"1 s\"", "177:13: markets[0].settings.min_delay", engine.clone()),
        ("order_life = \"1 min\"", "order_life = \"61 s\"", "178:14: markets[0].settings.order_life", engine),
    ] {
        let text =
            if from.starts_with("min_delay = \"30") || from == "bank = \"USDC\"" || from.starts_with("collateral") {
                DEVNET.replacen(from, to, 1)
            } else {
                changed(from, to)
            };
        assert_eq!(Deployment::parse("x.toml", &text).unwrap_err().to_string(), format!("x.toml:{at}: {said}"), "{to}");
    }
    // A quarter of the 8 % that SOL's shorts have to keep, as it is stored.
    assert!(Deployment::parse("x.toml", &changed("\"600_000 SOL\"", "\"500_000.000_990 SOL\"")).is_ok());
}

/// Markets of one pool: each on a feed of its own, and all of them.
#[test]
fn markets_share_a_pool() {
    let market = &DEVNET[DEVNET.find("[[markets]]").unwrap_or(0)..];
    let twice = [DEVNET, "\n", market].concat();
    let settings =
        |text: &str| Deployment::parse("x.toml", text).map(|it| it.markets.len()).map_err(|it| it.to_string());
    assert_eq!(
        settings(&twice),
        Err("x.toml:182:8: markets[1].feed: another market is on this feed: two would hedge each other".to_owned())
    );
    let (first, second) = twice.split_at(DEVNET.len());
    assert_eq!(settings(DEMO), Ok(3));
    assert_eq!(
        settings(&DEMO.replace("\"30 %\"", "\"30.1 %\"")),
        Err("x.toml:349:10: markets[2].settings.weight: the markets' weights together exceed one (WeightsTooLarge); \
             migrations/README.md states the bounds"
            .to_owned())
    );
    let own = [first, &second.replace("= \"SOL\"", "= \"USDC\"").replace(" SOL\"", " USDC\"")].concat();
    assert_eq!(
        settings(&own),
        Err("x.toml:182:8: markets[1].feed: perps settle in this token: it has no market of its own".to_owned())
    );
    let fixed = DEVNET.replace(
        "provider = \"pyth-pull\"\nfeed_id = \"ef",
        "provider = \"switchboard-on-demand\"\naccount = \"So11111111111111111111111111111111111111112\"\nfeed_id = \"ef",
    );
    assert_eq!(
        settings(&fixed),
        Err("x.toml:163:8: markets[0].feed: no source of the feed says what it printed before: one of pyth-pull does"
            .to_owned())
    );
    let pool = &DEVNET[DEVNET.find("[pool]").unwrap_or(0)..DEVNET.find("[[markets]]").unwrap_or(0)];
    assert_eq!(
        settings(&DEVNET.replace(pool, "")),
        Err("x.toml:150:1: markets: a market needs a pool to be traded against: the file has none".to_owned())
    );
    // A lot of so few decimals would be too many atoms; the rest is judged at a price.
    assert_eq!(settings(&changed("lot_decimals = 6", "lot_decimals = 3")), Ok(1));
}
