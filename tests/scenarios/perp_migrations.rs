//! The pool and perp markets of a migration file, planned and carried out on the ELF.

use ballast_migrate::{Deployment, Plan, Wait};
use ballast_state::{LiquidityPool, MarketMode, PerpMarket};

use super::migrations::{parse, Validator, LOCALNET};
use super::support::*;

const PERPS: &str = r#"
[pool]
bank = "USDC"

[pool.settings]
epoch_length = "1 day"
min_delay = "30 s"
exit_fee = "0.1 %"
cap = "1_000_000 USDC"

[[markets]]
symbol = "SOL-PERP"
feed = "SOL"
lot_decimals = 6
mode = "normal"

[markets.settings]
skew_scale = "600_000 SOL"
funding_limit = "0.1 %/h"
funding_velocity = "1 %/h/h"
interest_cap = "10_000 SOL"
skew_cap = "10_000 SOL"
account_cap = "2_000 SOL"
order_min = "0.1 SOL"
keeper_fee = "0.01 USDC"
fill_fee = "0.05 %"
weight = "50 %"
min_delay = "2 s"
order_life = "1 min"
"#;
const PRICE: &str = "the price is older than this action allows";

/// Localnet's file with a pool and a market.
fn with_perps() -> String {
    [LOCALNET, PERPS].concat()
}

/// That file with the last `from` replaced by `to`.
fn changed(from: &str, to: &str) -> String {
    let text = with_perps();
    let at = text.rfind(from).unwrap_or_else(|| panic!("{from}"));
    [&text[..at], to, &text[at + from.len()..]].concat()
}

/// A file with a feed more, for another market.
fn with_eth(text: &str) -> String {
    let sol = &LOCALNET[LOCALNET.rfind("[[feeds]]").unwrap_or(0)..LOCALNET.find("[[banks]]").unwrap_or(0)];
    let eth = sol.replace("\"SOL\"", "\"ETH\"").replace("\"ef0d", "\"aa0d");
    text.replacen("[[banks]]", &(eth + "[[banks]]"), 1)
}

/// That file with two markets of these weights, in percent.
fn two(first: u8, second: u8) -> String {
    let market = &PERPS[PERPS.find("[[markets]]").unwrap_or(0)..];
    let weighted = |weight: u8| market.replace("\"50 %\"", &format!("\"{weight} %\""));
    let eth =
        weighted(second).replace("SOL-PERP", "ETH-PERP").replace("\"SOL\"", "\"ETH\"").replace(" SOL\"", " ETH\"");
    with_eth(&with_perps().replace(market, &(weighted(first) + "\n" + &eth)))
}

/// With a timelock.
fn locked(text: &str) -> String {
    text.replacen(
        "[group.settings]\n",
        "[group.timelock]\ndelay = \"2 days\"\nexpiry = \"3 days\"\n\n[group.settings]\n",
        1,
    )
}

fn market(validator: &Validator, index: u16) -> PerpMarket {
    validator.svm.read(&ballast_client::addresses::market(&validator.group, index))
}

/// A validator as the file says, its prices fresh.
fn done(text: &str) -> Validator {
    let mut validator = Validator::new();
    validator.apply(text);
    validator.sent.clear();
    validator
}

#[test]
fn from_nothing_in_order_and_then_nothing_more() {
    let mut validator = Validator::new();
    let text = with_perps();
    let price = |row: u8| format!("(not yet: refresh the feed on row {row} first: the feed has no price yet)");
    assert_eq!(
        validator.steps(&text)[3..],
        [
            format!("add_bank: bank 0 USDC {}", price(0)),
            format!("add_bank: bank 1 SOL {}", price(1)),
            "create_pool: pool (not yet: a bank before it has to wait)".to_owned(),
            format!("add_perp_market: market 0 SOL-PERP {}", price(1)),
        ]
    );
    assert_eq!(
        validator.differences(&text)[validator.differences(LOCALNET).len()..],
        [
            "bank: 0",
            "epoch_length: 1 day",
            "min_delay: 30 s",
            "exit_fee: 0.1 %",
            "cap: 1_000_000 USDC",
            "feed: row 1",
            "lot_decimals: 6",
            "skew_scale: 600_000 SOL",
            "funding_limit: 0.1 %/h",
            "funding_velocity: 1 %/h/h",
            "interest_cap: 10_000 SOL",
            "skew_cap: 10_000 SOL",
            "account_cap: 2_000 SOL",
            "order_min: 0.1 SOL",
            "keeper_fee: 0.01 USDC",
            "fill_fee: 0.05 %",
            "weight: 50 %",
            "min_delay: 2 s",
            "order_life: 1 min",
        ]
    );
    validator.apply(&text);
    assert_eq!(
        validator.sent[3..],
        ["add_bank: bank 0 USDC", "add_bank: bank 1 SOL", "create_pool: pool", "add_perp_market: market 0 SOL-PERP"]
    );
    assert_eq!(validator.plan(&text).to_string(), format!("group {}: nothing to do\n", validator.group));

    // Everything is there, with the file's numbers.
    let key = ballast_client::addresses::pool(&validator.group);
    let pool: LiquidityPool = validator.svm.read(&key);
    assert_eq!((pool.bank, pool.epoch_length, pool.cap, pool.market_count), (0, 86_400, 1_000_000_000_000, 1));
    let listed = market(&validator, 0);
    assert_eq!((listed.feed, listed.lot_decimals, listed.mode), (1, 6, 0));
    assert_eq!((listed.terms.skew_scale, listed.terms.funding_velocity), (600_000_000_000, 771_604_938));
    assert_eq!((listed.terms.order_min, listed.terms.keeper_fee), (100_000, 10_000));

    // The chain says the same of itself, and the plan looks at both accounts.
    let read = Deployment::read(&validator.svm, &validator.group).unwrap_or_else(|error| panic!("{error}"));
    assert!(Plan::compare(&read, &validator.svm).is_ok_and(|plan| plan.is_empty()));
    let keys = parse(&text).addresses(&validator.svm).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(keys[keys.len() - 2..], [key, ballast_client::addresses::market(&validator.group, 0)]);
    validator.apply(&text);
    assert_eq!(validator.sent.len(), 7);
}

/// Each parameter that changes is one line, and all of a market's one instruction.
#[test]
fn a_changed_parameter_is_a_difference() {
    for (from, to, difference) in [
        ("\"600_000 SOL\"", "\"700_000 SOL\"", "skew_scale: 600_000 SOL → 700_000 SOL"),
        ("\"0.1 %/h\"", "\"0.05 %/h\"", "funding_limit: 0.1 %/h → 0.05 %/h"),
        ("\"1 %/h/h\"", "\"0.5 %/h/h\"", "funding_velocity: 1 %/h/h → 0.5 %/h/h"),
        ("interest_cap = \"10_000 SOL\"", "interest_cap = \"10_000.5 SOL\"", "interest_cap: 10_000 SOL → 10_000.5 SOL"),
        ("skew_cap = \"10_000 SOL\"", "skew_cap = \"5_000_000_000 lots\"", "skew_cap: 10_000 SOL → 5_000 SOL"),
        ("\"2_000 SOL\"", "\"1_000 SOL\"", "account_cap: 2_000 SOL → 1_000 SOL"),
        ("\"0.1 SOL\"", "\"0.2 SOL\"", "order_min: 0.1 SOL → 0.2 SOL"),
        ("\"0.01 USDC\"", "\"20_000 atoms\"", "keeper_fee: 0.01 USDC → 0.02 USDC"),
        ("fill_fee = \"0.05 %\"", "fill_fee = \"0.1 %\"", "fill_fee: 0.05 % → 0.1 %"),
        ("\"50 %\"", "\"40 %\"", "weight: 50 % → 40 %"),
        ("\"2 s\"", "\"3 s\"", "min_delay: 2 s → 3 s"),
        ("order_life = \"1 min\"", "order_life = \"30 s\"", "order_life: 1 min → 30 s"),
        ("mode = \"normal\"", "mode = \"reduce-only\"", "mode: normal → reduce-only"),
    ] {
        let mut validator = done(&with_perps());
        let text = changed(from, to);
        let steps = ["configure_perp_market: market 0 SOL-PERP"];
        // Terms need no price.
        validator.svm.advance(61);
        assert_eq!(
            (validator.steps(&text), validator.differences(&text)),
            (vec![steps[0].to_owned()], vec![difference.to_owned()])
        );
        validator.apply(&text);
        assert_eq!(validator.sent, steps);
        assert!(validator.plan(&text).is_empty());
    }
}

/// Together the weights never exceed one, in whatever order they stand: what falls is sent first.
#[test]
fn weights_move_in_an_order_that_is_accepted() {
    let (first, second) = ("market 0 SOL-PERP", "market 1 ETH-PERP");
    let mut validator = done(&two(70, 30));
    for (text, order) in [(two(20, 80), [first, second]), (two(90, 10), [second, first])] {
        validator.sent.clear();
        validator.apply(&text);
        assert_eq!(validator.sent, order.map(|market| format!("configure_perp_market: {market}")));
        assert!(validator.plan(&text).is_empty());
    }
    let pool: LiquidityPool = validator.svm.read(&ballast_client::addresses::pool(&validator.group));
    assert_eq!(pool.weight, u64::from(presets::bps(9_000)) + u64::from(presets::bps(1_000)));

    // A new market comes after what makes room for it.
    let mut validator = done(&with_eth(&with_perps().replace("\"50 %\"", "\"90 %\"")));
    validator.apply(&two(40, 60));
    assert_eq!(validator.sent, [format!("configure_perp_market: {first}"), format!("add_perp_market: {second}")]);
}

/// A market that starts in another mode gets it by a second step.
#[test]
fn a_new_market_in_another_mode() {
    let text = changed("mode = \"normal\"", "mode = \"reduce-only\"");
    let mut validator = Validator::new();
    validator.apply(&text);
    let steps = ["add_perp_market: market 0 SOL-PERP", "configure_perp_market: market 0 SOL-PERP"];
    assert_eq!(validator.sent[6..], steps);
    assert_eq!(market(&validator, 0).mode, MarketMode::ReduceOnly.to_byte());
    assert!(validator.plan(&text).is_empty());
}

/// The scale changes only while the sides are equal, as what traders paid was counted with it.
#[test]
fn the_scale_waits_for_equal_sides() {
    let mut validator = done(&with_perps());
    let key = ballast_client::addresses::market(&validator.group, 0);
    validator.svm.edit::<PerpMarket>(&key, |market| market.long.base = [100_000, 0]);
    let text = changed("\"600_000 SOL\"", "\"700_000 SOL\"");
    let waits = "configure_perp_market: market 0 SOL-PERP (not yet: the market's sides have to be equal)";
    assert_eq!(validator.steps(&text), [waits]);
    assert_eq!(validator.plan(&text).steps[0].action, Err(Wait::Skew));
    validator.svm.edit::<PerpMarket>(&key, |market| market.short.base = [100_000, 0]);
    validator.apply(&text);
    assert_eq!(market(&validator, 0).terms.skew_scale, 700_000_000_000);
}

/// The pool's settings are one instruction, which a lower cap alone sends at once through a timelock; and none of them moves
/// between the end of an epoch and its strike.
#[test]
fn the_pool_is_configured() {
    for (from, to, difference) in [
        ("epoch_length = \"1 day\"", "epoch_length = \"6 h\"", "epoch_length: 1 day → 6 h"),
        ("min_delay = \"30 s\"", "min_delay = \"1 min\"", "min_delay: 30 s → 1 min"),
        ("exit_fee = \"0.1 %\"", "exit_fee = \"0.2 %\"", "exit_fee: 0.1 % → 0.2 %"),
        ("cap = \"1_000_000 USDC\"", "cap = \"none\"", "cap: 1_000_000 USDC → none"),
    ] {
        let mut validator = done(&with_perps());
        let text = changed(from, to);
        assert_eq!(
            (validator.steps(&text), validator.differences(&text)),
            (vec!["configure_pool: pool".to_owned()], vec![difference.to_owned()])
        );
        validator.apply(&text);
        assert_eq!(validator.sent, ["configure_pool: pool"]);
        assert!(validator.plan(&text).is_empty());
    }
    let mut validator = done(&with_perps());
    let pool: LiquidityPool = validator.svm.read(&ballast_client::addresses::pool(&validator.group));
    validator.svm.set_time(pool.epoch_end);
    let text = changed("exit_fee = \"0.1 %\"", "exit_fee = \"0.2 %\"");
    assert_eq!(validator.steps(&text), ["configure_pool: pool (not yet: the pool's epoch has to be struck)"]);
    assert_eq!(validator.plan(&text).steps[0].action, Err(Wait::Strike));

    let validator = done(&locked(&with_perps()));
    let cap = |cap: &str| locked(&changed("cap = \"1_000_000 USDC\"", &format!("cap = \"{cap} USDC\"")));
    assert_eq!(validator.steps(&cap("900_000")), ["configure_pool: pool"]);
    assert_eq!(validator.steps(&cap("1_100_000")), ["propose_change: configure_pool, pool"]);
}

/// What the chain has otherwise and cannot change, and what the engine would refuse at today's prices.
#[test]
fn conflicts_name_the_line() {
    let validator = done(&with_perps());
    let bounds = "migrations/README.md states the bounds";
    let market = &PERPS[PERPS.find("[[markets]]").unwrap_or(0)..];
    let smaller = |text: &str| text.replace("10_000 SOL", "10 SOL").replace("2_000 SOL", "10 SOL");
    for (text, said) in [
        (changed("SOL-PERP", "SOL-P"), "145:10: markets[0].symbol: market 0 is listed with SOL-PERP already, not with SOL-P".to_owned()),
        (smaller(&changed("lot_decimals = 6", "lot_decimals = 7")), "147:16: markets[0].lot_decimals: market 0 is listed with 6 already, not with 7".to_owned()),
        (with_perps().replace(market, "").replacen("bank = \"USDC\"", "bank = 1", 1).replace("cap = \"1_000_000 USDC\"", "cap = \"1_000_000 SOL\""), "136:8: pool.bank: the pool is listed with 0 already, not with 1".to_owned()),
        (LOCALNET.to_owned(), "6:1: group: the chain has a pool and the file has none: one is never taken away".to_owned()),
        (with_perps().replace(market, ""), "6:1: group: the chain lists 1 markets, the file 0: a market is never taken out".to_owned()),
        (changed("interest_cap = \"10_000 SOL\"", "interest_cap = \"200_000_000 SOL\"").replace("\"600_000 SOL\"", "\"20_000_000_000 SOL\""), format!("154:16: markets[0].settings.interest_cap: the cap could be worth more than a value can hold (CapTooLarge); {bounds}")),
    ] {
        assert_eq!(validator.conflict(&text), format!("x.toml:{said}"));
    }
    // A market that ends stays so; its file says that, and is done.
    let ends = changed("mode = \"normal\"", "mode = \"wind-down\"");
    let mut validator = validator;
    assert_eq!(validator.steps(&ends), ["configure_perp_market: market 0 SOL-PERP"]);
    validator.apply(&ends);
    assert!(validator.steps(&ends).is_empty());
    assert_eq!(
        validator.conflict(&with_perps()),
        "x.toml:148:8: markets[0].mode: market 0 is listed with wind-down already, not with normal"
    );
    // Nothing is known of a lot before there is a price.
    let coarse = smaller(&changed("lot_decimals = 6", "lot_decimals = 3")).replace("0.01 USDC", "0.02 USDC");
    assert_eq!(Validator::new().plan(&coarse).steps.len(), 7);
    let validator = done(LOCALNET);
    assert_eq!(
        validator.conflict(&coarse),
        format!(
            "x.toml:147:16: markets[0].lot_decimals: a lot is worth too little or too much (LotOutOfRange); {bounds}"
        )
    );
}

/// Pool and market go through the timelock, ahead of their prices; caps fall at once.
#[test]
fn through_the_timelock() {
    let mut validator = done(&locked(LOCALNET));
    validator.svm.advance(61);
    let text = locked(&with_perps());
    let proposals = ["propose_change: create_pool, pool", "propose_change: add_perp_market, market 0 SOL-PERP"];
    assert_eq!(validator.steps(&text), proposals);
    validator.apply(&text);
    assert_eq!(validator.sent, proposals);
    validator.svm.advance(2 * 86_400);
    assert_eq!(
        validator.steps(&text),
        [
            "execute_change: create_pool, pool".to_owned(),
            format!("execute_change: add_perp_market, market 0 SOL-PERP (not yet: refresh the feed on row 1 first: {PRICE})"),
        ]
    );
    validator.sent.clear();
    validator.apply(&text);
    assert_eq!(
        validator.sent,
        ["execute_change: create_pool, pool", "execute_change: add_perp_market, market 0 SOL-PERP"]
    );
    assert!(validator.plan(&text).is_empty());

    let with = |from: &str, to: &str| locked(&changed(from, to));
    let tighter = with("account_cap = \"2_000 SOL\"", "account_cap = \"1_000 SOL\"");
    assert_eq!(validator.steps(&tighter), ["configure_perp_market: market 0 SOL-PERP"]);
    let wider = with("account_cap = \"2_000 SOL\"", "account_cap = \"3_000 SOL\"");
    assert_eq!(validator.steps(&wider), ["propose_change: configure_perp_market, market 0 SOL-PERP"]);
    // A smaller weight backs less of what is won, so it waits as well.
    let lighter = with("\"50 %\"", "\"40 %\"");
    assert_eq!(validator.steps(&lighter), ["propose_change: configure_perp_market, market 0 SOL-PERP"]);

    // What the file no longer wants is taken back, and what it wants comes at once.
    validator.apply(&wider);
    validator.sent.clear();
    validator.apply(&tighter);
    assert_eq!(
        validator.sent,
        [
            "configure_perp_market: market 0 SOL-PERP",
            "cancel_change: change 2, configure_perp_market: the file does not want it",
        ]
    );
    assert!(validator.plan(&tighter).is_empty());
    assert_eq!(market(&validator, 0).terms.account_cap, 1_000_000_000);
}

/// While a market's smaller weight waits for the timelock, nothing takes its room.
#[test]
fn room_that_is_not_there_yet_is_waited_for() {
    let mut validator = done(&locked(&with_eth(&with_perps().replace("\"50 %\"", "\"90 %\""))));
    let text = locked(&two(40, 60));
    validator.apply(&text);
    validator.svm.advance(2 * 86_400);
    assert_eq!(
        validator.steps(&text),
        [
            "execute_change: configure_perp_market, market 0 SOL-PERP".to_owned(),
            "execute_change: add_perp_market, market 1 ETH-PERP (not yet: refresh the feed on row 2 first: the feed has no price yet)".to_owned(),
        ]
    );
    validator.apply(&text);
    assert!(validator.plan(&text).is_empty());

    // The one that makes room was proposed again an hour later: the other waits for it.
    let mut validator = done(&locked(&two(90, 10)));
    let (text, start) = (locked(&two(40, 60)), validator.svm.now());
    validator.apply(&text);
    let cancel = ix::cancel_change(&validator.creator.pubkey(), &validator.group, 0, &validator.creator.pubkey());
    validator.svm.send(&[cancel], &[&validator.creator]).expect("cancel_change");
    validator.svm.advance(3_600);
    validator.apply(&text);
    validator.svm.set_time(start + 2 * 86_400);
    let ready = ballast_migrate::utc::human(start + 2 * 86_400 + 3_600).expect("a date");
    assert_eq!(
        validator.steps(&text),
        [
            format!("execute_change: configure_perp_market, market 0 SOL-PERP (not yet: waiting until {ready} UTC)"),
            "execute_change: configure_perp_market, market 1 ETH-PERP (not yet: a market before it has to wait)"
                .to_owned(),
        ]
    );
    validator.apply(&text);
    validator.svm.advance(3_600);
    validator.apply(&text);
    assert!(validator.plan(&text).is_empty());
}
