//! What a file may say, and what is answered to one that says something else.

use ballast_client::ballast::types::{BankArgs, ConfigureGroupArgs, PriceFeedArgs};
use ballast_client::presets::{self, bps, dollars};
use ballast_migrate::{BankSettings, Deployment, Judge, Rules, SourcePlan};

const LOCALNET: &str = include_str!("../../../migrations/localnet.toml");
const DEMO: &str = include_str!("../../../migrations/demo.toml");

/// The error of localnet's file with the first `from` replaced by `to`.
fn refusal(from: &str, to: &str) -> String {
    assert!(LOCALNET.contains(from), "{from}");
    Deployment::parse("x.toml", &LOCALNET.replacen(from, to, 1)).unwrap_err().to_string()
}

fn parsed(text: &str) -> Deployment {
    Deployment::parse("x.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn committed_files_are_valid() {
    for (name, text) in
        [("demo", DEMO), ("devnet", include_str!("../../../migrations/devnet.toml")), ("localnet", LOCALNET)]
    {
        let deployment = Deployment::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(!deployment.banks.is_empty());
    }
}

/// Units become the formats of the accounts: the demonstration's file says what the SDK's settings to start from say.
#[test]
fn units_become_stored_formats() {
    let demo = parsed(DEMO);
    let group = ConfigureGroupArgs::from(&demo.group.settings);
    assert_eq!(demo.group.settings.rules, Rules::from(&presets::rules()));
    assert_eq!((group.max_pause, group.guardian), (86_400, demo.group.creator.0));

    let sol = PriceFeedArgs::from(&demo.feeds[1]);
    assert_eq!((&sol.symbol, sol.class), (b"SOL\0\0\0\0\0\0\0\0\0\0\0\0\0", 255));
    assert_eq!(demo.feeds[1].sources.0, [SourcePlan::from(&presets::pyth_pull(sol.sources[0].feed_id))]);
    assert_eq!(demo.feeds[1].judge, Judge::from(&presets::judge()));
    let rates = sol.rates;
    assert_eq!((rates.sigma, rates.depth), (3_865_470_566, dollars(50_000_000)));
    assert_eq!((rates.initial_long.k, rates.initial_long.floor), (20_401_094_656, bps(2_440)));
    assert_eq!((rates.maintenance_short.k, rates.maintenance_short.cap), (26_628_797_235, bps(800)));

    let bank = BankArgs::from(&demo.banks[1].settings);
    let cap = 62_500_000_000_000_000;
    assert_eq!(BankSettings::from(&bank), BankSettings::from(&presets::bank(cap, cap)));
}

#[test]
fn amounts_in_tokens_atoms_and_none() {
    let caps = |deposit: &str| {
        let text = LOCALNET.replace("deposit_cap = \"10_000_000 SOL\"", &format!("deposit_cap = \"{deposit}\""));
        BankArgs::from(&parsed(&text).banks[1].settings).deposit_cap
    };
    assert_eq!(caps("0.000_000_001 SOL"), 1);
    assert_eq!(caps("1.5 SOL"), 1_500_000_000);
    assert_eq!(caps("7 atoms"), 7);
    // As many atoms as the program takes for no limit.
    assert_eq!(caps("18_446_744_073.709_551_615 SOL"), u64::MAX);
    let none = LOCALNET.replace("\"10_000_000 SOL\"", "\"none\"");
    assert_eq!(BankArgs::from(&parsed(&none).banks[1].settings).borrow_cap, u64::MAX);
    for (amount, wrong) in [
        ("1 USDC", "1 USDC is in \"USDC\": expected an amount in \"SOL\""),
        ("1.0000000001 SOL", "1.0000000001 SOL is finer than the 9 decimals of SOL"),
        ("20_000_000_000 SOL", "20_000_000_000 SOL is more than 64 bits of atoms can hold"),
        ("0.5 atoms", "0.5 atoms is in \"atoms\": expected an amount in \"SOL\""),
    ] {
        assert_eq!(
            refusal("deposit_cap = \"10_000_000 SOL\"", &format!("deposit_cap = \"{amount}\"")),
            format!("x.toml:126:15: banks[1].settings.deposit_cap: {wrong}")
        );
    }
}

/// A wrong unit is answered with the line, what was expected, and an example.
#[test]
fn wrong_units() {
    let percentage = "expected a percentage below 100 such as \"12.5 %\"";
    let dollars = "expected dollars such as \"10 USD\"";
    let time = "expected a time in \"s\", \"min\", \"h\" or \"days\" such as \"60 s\" or \"7 days\"";
    let deviations = "expected standard deviations such as \"8.1 sd\"";
    let price = "expected a price such as \"1.00 USD\", with at most 6 decimals";
    let corner = "expected a yearly rate at a utilisation such as \"8 % at 80 %\", both in whole basis points";
    let address = "expected an address in base58 such as \"So11111111111111111111111111111111111111112\"";
    let amount = "expected an amount with its token such as \"1_000_000 USDC\", or \"none\" for no limit";
    let symbol = "expected a name of 1 to 16 ASCII letters, digits and signs such as \"SOL\"";
    let provider =
        "expected \"pyth-pull\", \"switchboard-on-demand\", \"pyth-legacy\", \"switchboard-v2\" or \"fixed\"";
    for (from, to, at, said) in [
        ("dust = \"10 USD\"", "dust = 10", "19:8", format!("invalid type: integer `10`, {dollars}")),
        ("dust = \"10 USD\"", "dust = \"10\"", "19:8", format!("\"10\" has no unit: {dollars}")),
        ("dust = \"10 USD\"", "dust = \"10 %\"", "19:8", format!("\"10 %\" is in \"%\", not in \"USD\": {dollars}")),
        ("dust = \"10 USD\"", "dust = \"ten USD\"", "19:8", format!("\"ten USD\" does not start with a number: {dollars}")),
        ("dust = \"10 USD\"", "dust = \"-1 USD\"", "19:8", format!("\"-1 USD\" does not start with a number: {dollars}")),
        (
            "dust = \"10 USD\"",
            "dust = \"99_999_999_999_999 USD\"",
            "19:8",
            format!("\"99_999_999_999_999 USD\" is too large: {dollars}"),
        ),
        (
            "dust = \"10 USD\"",
            "dust = \"0.000_000_1 USD\"",
            "19:8",
            format!("\"0.000_000_1 USD\" is too small to be told from zero: {dollars}"),
        ),
        (
            "dust = \"10 USD\"",
            "dust = \"1_000_000_000_000_000_000_000_000 USD\"",
            "19:8",
            format!("\"1_000_000_000_000_000_000_000_000 USD\" has more than 24 digits: {dollars}"),
        ),
        ("bonus_min = \"0.5 %\"", "bonus_min = \"0.5\"", "20:13", format!("\"0.5\" has no unit: {percentage}")),
        ("bonus_min = \"0.5 %\"", "bonus_min = \"100 %\"", "20:13", format!("\"100 %\" is too large: {percentage}")),
        ("bonus_ramp = \"4 min\"", "bonus_ramp = \"4\"", "23:14", format!("\"4\" has no unit: {time}")),
        ("bonus_ramp = \"4 min\"", "bonus_ramp = \"4 m\"", "23:14", format!("\"m\" is no unit of time: {time}")),
        ("bonus_ramp = \"4 min\"", "bonus_ramp = \"0.5 h\"", "23:14", format!("\"0.5 h\" is not a whole number: {time}")),
        ("bonus_ramp = \"4 min\"", "bonus_ramp = \"99_999 days\"", "23:14", format!("\"99_999 days\" is too long: {time}")),
        ("k = \"8.1 sd\"", "k = \"8.1\"", "55:26", format!("\"8.1\" has no unit: {deviations}")),
        ("\"1 USD\"", "\"1.0000001 USD\"", "42:15", format!("\"1.0000001 USD\" is too fine or too large: {price}")),
        ("\"8 % at 80 %\"", "\"8 %\"", "113:24", format!("\"8 %\" is no corner of a curve: {corner}")),
        ("\"8 % at 80 %\"", "\"8 at 80 %\"", "113:24", format!("\"8\" has no unit: {corner}")),
        ("\"8 % at 80 %\"", "\"8.001 % at 80 %\"", "113:24", format!("\"8.001 %\" is too fine or too large: {corner}")),
        ("creator = \"AK", "creator = \"0K", "7:11", format!("\"0KnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\" is not an address: {address}")),
        ("hourly_limit = \"none\"", "hourly_limit = \"5\"", "109:16", format!("\"5\" has no unit: {amount}")),
        ("symbol = \"SOL\"", "symbol = \"\"", "67:10", format!("\"\" is no symbol: {symbol}")),
        ("symbol = \"SOL\"", "symbol = \"A SYMBOL\"", "67:10", format!("\"A SYMBOL\" is no symbol: {symbol}")),
        ("\"pyth-pull\"", "\"pyth\"", "70:12", format!("\"pyth\" is no provider: {provider}")),
        ("\"ef0d", "\"ef0\u{e9}", "71:11", "\"ef0\u{e9}8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d\" is not a feed id: expected 64 hex digits".to_owned()),
        ("\"normal\"", "\"reduce only\"", "100:8", "\"reduce only\" is no mode: expected \"normal\", \"reduce-only\" or \"wind-down\"".to_owned()),
    ] {
        assert_eq!(refusal(from, to), format!("x.toml:{at}: {said}"), "{to}");
    }
}

#[test]
fn unknown_and_missing_fields() {
    for (from, to, said) in [
        (
            "dust = \"10 USD\"",
            "dust = \"10 USD\"\nfoo = 1",
            "20:1: unknown field `foo`, expected one of `liquidation_target`, `dust`, ",
        ),
        ("dust = \"10 USD\"\n", "", "17:1: missing field `dust`"),
        (
            "id = 0",
            "id = 0\nname = \"x\"",
            "9:1: unknown field `name`, expected one of `creator`, `id`, `address`, `admin`, `timelock`, `settings`",
        ),
        (
            "[group]",
            "[market]
x = 1

[group]",
            "6:2: unknown field `market`, expected one of `group`, `classes`, `feeds`, `banks`, `pool`, `markets`",
        ),
        (
            "max_future = \"5 s\"",
            "max_past = \"5 s\"",
            "50:1: unknown field `max_past`, expected one of `max_deviation`, ",
        ),
        ("cap = \"0.5 %\"", "top = \"0.5 %\"", "55:53: unknown field `top`, expected one of `k`, `floor`, `cap`"),
        ("decimals = 6", "decimals = 6\nicon = 1", "99:1: unknown field `icon`, expected one of `name`, `mint`, "),
        ("symbol = \"SOL\"", "symbol = \"SOL\"\nsymbol = \"SOL\"", "68:1: duplicate key"),
        ("id = 0", "id = ", "8:6: string values must be quoted"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(&format!("x.toml:{said}")), "{error}");
    }
}

/// What the engine or the program would refuse is refused here, at the line that could be put right.
#[test]
fn values_out_of_bounds() {
    let engine = "a parameter lies outside its bounds (InvalidParameter); migrations/README.md states the bounds";
    for (from, to, at, said) in [
        (
            "dust = \"10 USD\"",
            "dust = \"5_000 USD\"",
            "19:8: group.settings.rules.dust",
            "5_000 USD is out of bounds: 10 USD would do (migrations/README.md states them)",
        ),
        (
            "max_pause = \"1 day\"",
            "max_pause = \"8 days\"",
            "15:13: group.settings.max_pause",
            "8 days is too long: expected at most 7 days",
        ),
        (
            "max_age = \"60 s\"",
            "max_age = \"2 h\"",
            "43:11: feeds[0].sources[0].max_age",
            "2 h is out of bounds: 1 min would do (migrations/README.md states them)",
        ),
        (
            "jump_min = \"3 %\"",
            "jump_min = \"0.1 %\"",
            "48:12: feeds[0].judge.jump_min",
            "0.1 % is out of bounds: 3 % would do (migrations/README.md states them)",
        ),
        ("sigma = \"1 %\"", "sigma = \"2_000 %\"", "54:9: feeds[0].rates.sigma", engine),
        (
            "maintenance_add_on = \"0.5 %\"",
            "maintenance_add_on = \"0.4 %\"",
            "60:22: feeds[0].rates.maintenance_add_on",
            "the add-on is below the smallest bonus (AddOnBelowBonus); migrations/README.md states the bounds",
        ),
        ("initial_add_on = \"0.5 %\"", "initial_add_on = \"0.4 %\"", "53:1: feeds[0].rates", engine),
        (
            "\"8 % at 80 %\"",
            "\"1 % at 80 %\"",
            "113:9: banks[0].settings.curve",
            "the interest curve must rise to a utilisation of one (CurveNotMonotone); migrations/README.md states the \
             bounds",
        ),
        ("interest_fee = \"10 %\"", "interest_fee = \"60 %\"", "105:16: banks[0].settings.interest_fee", engine),
        (
            "decimals = 6",
            "decimals = 30",
            "98:12: banks[0].decimals",
            "more decimals than supported (DecimalsNotSupported); migrations/README.md states the bounds",
        ),
        ("feed = \"USDC\"", "feed = \"ETH\"", "99:8: banks[0].feed", "the file has no such feed"),
        ("feed = \"USDC\"", "feed = 2", "99:8: banks[0].feed", "the file has no such feed"),
        (
            "symbol = \"SOL\"",
            "symbol = \"USDC\"",
            "99:8: banks[0].feed",
            "several feeds have this symbol: say the row of one",
        ),
    ] {
        assert_eq!(refusal(from, to), format!("x.toml:{at}: {said}"), "{to}");
    }
    // Those that no path leads to: the whole table is meant.
    for (from, to, said) in [
        ("fixed_price = \"1 USD\"\n", "", "40:1: a source of fixed needs `fixed_price`"),
        ("\"1 USD\"", "\"1.02 USD\"", "40:1: a fixed price of 1.02 USD: expected one within 1 % of a dollar"),
        ("\"fixed\"", "\"pyth-pull\"", "40:1: a source of pyth-pull needs `feed_id`"),
        ("\"fixed\"", "\"switchboard-v2\"", "40:1: a source of switchboard-v2 needs `account`"),
        ("\"pyth-pull\"", "\"pyth-pull\"\nfixed_price = \"1 USD\"", "69:1: a source of pyth-pull has no `fixed_price`"),
        (
            "symbol = \"SOL\"",
            "symbol = \"SOL\"\nclass = 16",
            "68:9: 16 is no risk class: expected a number below 16; a feed without a class names none",
        ),
    ] {
        assert_eq!(refusal(from, to), format!("x.toml:{said}"));
    }
}

#[test]
fn what_a_group_has_once() {
    let class = "[[classes]]\nnumber = 3\nkappa = \"10 %\"\n\n";
    assert_eq!(
        refusal("[[feeds]]", &format!("{class}{class}[[feeds]]")),
        "x.toml:42:10: classes[1].number: class 3 twice"
    );
    let deployment = parsed(LOCALNET);
    let (usdc, sol) = (deployment.banks[0].mint.to_string(), deployment.banks[1].mint.to_string());
    assert_eq!(
        refusal(&sol, &usdc),
        format!("x.toml:117:8: banks[1].mint: mint {usdc} twice: a group lists a mint once")
    );
    let fixed = "[[feeds.sources]]\nprovider = \"fixed\"\nfixed_price = \"1 USD\"\nmax_age = \"60 s\"\nmax_confidence = \"2 %\"\n\n";
    assert_eq!(
        refusal(fixed, &fixed.repeat(2)),
        "x.toml:40:1: feeds[0].sources: a fixed price must be the only source of its feed"
    );
    assert_eq!(refusal(fixed, &fixed.repeat(4)), "x.toml:40:1: feeds[0].sources: 4 sources: expected 1 to 3");
    let feeds = &LOCALNET[LOCALNET.rfind("[[feeds]]").unwrap_or(0)..LOCALNET.find("[[banks]]").unwrap_or(0)];
    assert_eq!(refusal(feeds, &feeds.repeat(300)), "x.toml:37:1: feeds: 301 feeds: a group holds at most 64");
    assert_eq!(refusal(fixed, ""), "x.toml:37:1: missing field `sources`");
}

/// The timelock and the next admin, which a file may leave out.
#[test]
fn timelock_and_admin() {
    let with = |lines: &str| refusal("[group.settings]\n", &format!("{lines}\n[group.settings]\n"));
    let timelock = |delay: &str, expiry: &str| with(&format!("[group.timelock]\ndelay = {delay}\nexpiry = {expiry}\n"));
    let time = "expected a time in \"s\", \"min\", \"h\" or \"days\" such as \"60 s\" or \"7 days\"";
    let bounds = "(migrations/README.md states them)";
    for (said, expected) in [
        (timelock("\"2 d\"", "\"7 days\""), format!("11:9: \"d\" is no unit of time: {time}")),
        (timelock("172_800", "\"7 days\""), format!("11:9: invalid type: integer `172800`, {time}")),
        (timelock("\"2 days\"", "\"7\""), format!("12:10: \"7\" has no unit: {time}")),
        (
            timelock("\"23 h\"", "\"7 days\""),
            format!("11:9: group.timelock.delay: 23 h is out of bounds: 2 days would do {bounds}"),
        ),
        (
            timelock("\"31 days\"", "\"7 days\""),
            format!("11:9: group.timelock.delay: 31 days is out of bounds: 2 days would do {bounds}"),
        ),
        (
            timelock("\"2 days\"", "\"86_399 s\""),
            format!("12:10: group.timelock.expiry: 86399 s is out of bounds: 7 days would do {bounds}"),
        ),
        (
            timelock("\"2 days\"", "\"15 days\""),
            format!("12:10: group.timelock.expiry: 15 days is out of bounds: 7 days would do {bounds}"),
        ),
        (
            timelock("\"2 days\"", "\"7 days\"\ngrace = \"1 h\""),
            "13:1: unknown field `grace`, expected `delay` or `expiry`".to_owned(),
        ),
        (with("[group.timelock]\ndelay = \"2 days\"\n"), "10:1: missing field `expiry`".to_owned()),
        (
            with("[group.admin]\n"),
            "10:1: invalid type: map, expected an address in base58 such as \
             \"So11111111111111111111111111111111111111112\""
                .to_owned(),
        ),
        (
            refusal("id = 0", "id = 0\nadmin = \"11111111111111111111111111111111\""),
            "9:9: group.admin: nobody signs for the zero address, so nobody could accept".to_owned(),
        ),
    ] {
        assert_eq!(said, format!("x.toml:{expected}"));
    }
    let ends = |delay: &str, expiry: &str| {
        let table = format!("[group.timelock]\ndelay = \"{delay}\"\nexpiry = \"{expiry}\"\n\n[group.settings]");
        parsed(&LOCALNET.replace("[group.settings]", &table)).group.timelock.map(|it| (it.delay.0, it.expiry.0))
    };
    assert_eq!(ends("1 day", "14 days"), Some((86_400, 1_209_600)));
    assert_eq!(ends("30 days", "24 h"), Some((2_592_000, 86_400)));
    assert_eq!((parsed(LOCALNET).group.timelock, parsed(LOCALNET).group.admin), (None, None));
}

/// Text that is no migration file at all.
#[test]
fn no_text_makes_the_parser_panic() {
    for text in ["", "\u{feff}", "[[[", "group = 1", "\0", "[group]\nid = 70000", "feeds = 1", "[group", "é = \"é\""]
    {
        let error = Deployment::parse("x.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("x.toml:"), "{error}");
    }
    // Cut anywhere, it is a shorter deployment or an error.
    for (end, _) in LOCALNET.char_indices() {
        let cut = Deployment::parse("x.toml", &LOCALNET[..end]);
        assert!(cut.map_or(true, |cut| cut.banks.len() < 2 || LOCALNET[end..].trim().is_empty()), "{end}");
    }
}
