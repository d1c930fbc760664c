//! The worked cases of the reference model of perps (`data/perps.json`), to the last unit.

use ballast_math::signed_from_words;
use ballast_risk::perp::{self, book, funding};
use ballast_state::{MarketTerms, PerpMarket, PerpPosition, PerpSide, Zeroable};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/perps.json")).unwrap()
}

fn cases<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    let cases = vectors[name].as_array().unwrap();
    assert!(!cases.is_empty(), "{name}");
    cases
}

fn i64_of(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn u64_of(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn i128_of(value: &Value) -> i128 {
    value.as_str().map_or_else(|| i128::from(i64_of(value)), |text| text.parse().unwrap())
}

#[test]
fn funding_accumulates_as_the_model() {
    let vectors = vectors();
    for case in cases(&vectors, "funding") {
        let result =
            funding::accumulate(i64_of(&case["r0"]), i64_of(&case["v"]), u64_of(&case["rmax"]), u64_of(&case["t"]));
        assert_eq!(result, Ok((i128_of(&case["sum"]), i64_of(&case["r"]))), "{case}");
    }
    for case in cases(&vectors, "funding_parts") {
        let parts = funding::parts(i64_of(&case["r0"]), i64_of(&case["v"]), u64_of(&case["rmax"]), u64_of(&case["t"]));
        let expected = funding::Parts {
            first: i128_of(&case["first"]),
            second: i128_of(&case["second"]),
            rate: i64_of(&case["r"]),
        };
        assert_eq!(parts, Ok(expected), "{case}");
    }
}

#[test]
fn premium_is_the_step_of_the_reserve() {
    for case in cases(&vectors(), "premium") {
        let terms = MarketTerms { skew_scale: u64_of(&case["scale"]), ..MarketTerms::zeroed() };
        let reserve = |skew| perp::skew_reserve(u64_of(&case["P_value_per_lot"]), skew, &terms).unwrap();
        let (skew, lots) = (i64_of(&case["skew"]), i64_of(&case["dq"]));
        let premium = i128::from(reserve(skew + lots)) - i128::from(reserve(skew));
        assert_eq!(premium, i128_of(&case["premium"]), "{case}");
    }
}

#[test]
fn backing_is_the_models_fraction_down() {
    for case in cases(&vectors(), "backing") {
        let of = |key: &str| i128_of(&case[key]);
        let backing = perp::backing(of("budget_less_phi"), of("U_long"), of("U_short")).unwrap();
        let (part, whole) = case["h"].as_str().unwrap().split_once('/').unwrap_or((case["h"].as_str().unwrap(), "1"));
        let expected = (part.parse::<u64>().unwrap() << 32) / whole.parse::<u64>().unwrap();
        assert_eq!(backing.0, expected, "{case}");
    }
}

/// Shrinks of the deleverage cases: how many lots is the model's to say, what they do to the index is ours.
#[test]
fn shrinks_leave_the_models_index() {
    for case in cases(&vectors(), "deleverage") {
        let (long, short) = (u64_of(&case["oi_long"]), u64_of(&case["oi_short"]));
        let lots = u64_of(&case["shrink_lots"]);
        let mut side = PerpMarket::zeroed().long;
        side.position_index = book::INDEX_ONE;
        side.base = book::words(u128::from(long.max(short)));
        let taken = perp::shrink(&mut side, lots).unwrap();
        assert_eq!(side.position_index, u64_of(&case["A_after"]), "{case}");
        assert!(taken >= lots && taken - lots <= 2 + (long.max(short) >> 24), "{case}");
    }
}

struct Trader {
    position: PerpPosition,
    cash: i64,
}

struct Replay {
    market: PerpMarket,
    traders: [Trader; 4],
    pool: i64,
}

impl Replay {
    fn new() -> Self {
        let mut market = PerpMarket::zeroed();
        market.mark = 150 << 32;
        market.long.position_index = book::INDEX_ONE;
        market.short.position_index = book::INDEX_ONE;
        let traders = std::array::from_fn(|_| Trader { position: PerpPosition::zeroed(), cash: 0 });
        Self { market, traders, pool: 0 }
    }

    fn pay(&mut self, trader: usize, atoms: i64) {
        self.traders[trader].cash += atoms;
        self.pool -= atoms;
    }

    fn step(&mut self, step: &Value) {
        let trader = step["trader"].as_u64().map(|index| usize::try_from(index).unwrap());
        match step["op"].as_str().unwrap() {
            "trade" => {
                let trader = trader.unwrap();
                self.pay(trader, -i64_of(&step["fee"]));
                let position = &mut self.traders[trader].position;
                let cost = i128_of(&step["cost"]);
                let traded =
                    perp::exchange(&mut self.market, position, i64_of(&step["dq"]), u64::MAX, |_, _| Ok(cost)).unwrap();
                self.pay(trader, traded.paid);
            }
            "move" => {
                perp::move_mark(&mut self.market, u64_of(&step["to"])).unwrap();
                let funding = i64_of(&step["funding"]);
                let payer = PerpSide::of(funding);
                perp::pay_funding(&mut self.market, payer, u128::from(funding.unsigned_abs())).unwrap();
            }
            "delever" => {
                assert_eq!(step["side"], 0);
                let taken = perp::shrink(&mut self.market.long, u64_of(&step["x"])).unwrap();
                assert_eq!(taken, u64_of(&step["got"]));
            }
            "settle" => {
                let trader = trader.unwrap();
                let paid = perp::settle(&mut self.market, &mut self.traders[trader].position, u64::MAX).unwrap();
                self.pay(trader, paid);
            }
            other => panic!("{other}"),
        }
    }

    fn check(&self, step: &Value) {
        for (book, expected) in
            [&self.market.long, &self.market.short].into_iter().zip(step["sides"].as_array().unwrap())
        {
            assert_eq!(book.position_index, u64_of(&expected["A"]), "A {step}");
            assert_eq!(signed_from_words(book.pnl_index), i128_of(&expected["K"]), "K {step}");
            assert_eq!(book::unsigned(book.base), i128_of(&expected["B"]).unsigned_abs(), "B {step}");
            assert_eq!(signed_from_words(book.offset), i128_of(&expected["C"]), "C {step}");
            assert_eq!(u64::from(book.positions), u64_of(&expected["n"]), "n {step}");
            assert_eq!(book::owed(book), Ok(i128_of(&expected["U"])), "U {step}");
            assert_eq!(book::open_interest(book), Ok(u64_of(&expected["oi"])), "oi {step}");
        }
        for (index, trader) in self.traders.iter().enumerate() {
            let expected = &step["positions"][index.to_string()];
            let position = &trader.position;
            if expected.is_null() {
                assert_eq!(position.side, 0, "{index} {step}");
                continue;
            }
            assert_eq!(u64::from(position.side), u64_of(&expected["side"]) + 1, "{index} {step}");
            assert_eq!(book::unsigned(position.base), i128_of(&expected["b"]).unsigned_abs(), "b {index} {step}");
            assert_eq!(signed_from_words(position.offset), i128_of(&expected["c"]), "c {index} {step}");
            assert_eq!(book::size(position, &self.market), Ok(i64_of(&expected["eff"])), "size {index} {step}");
            assert_eq!(book::claim(position, &self.market), Ok(i128_of(&expected["claim"])), "claim {index} {step}");
        }
        for (index, trader) in self.traders.iter().enumerate() {
            assert_eq!(trader.cash, step["cash"][index.to_string()].as_i64().unwrap_or(0), "cash {index} {step}");
        }
        assert_eq!(self.pool, i64_of(&step["pool"]), "pool {step}");
    }
}

#[test]
fn the_long_sequence_is_replayed_to_the_last_unit() {
    let vectors = vectors();
    let constants = &vectors["sequence"]["constants"];
    assert_eq!(i128_of(&constants["A_ONE"]), i128::from(book::INDEX_ONE));
    assert_eq!(i128_of(&constants["A_MIN"]), i128::from(book::INDEX_MIN));
    assert_eq!(u64_of(&constants["value_bits"]), u64::from(perp::VALUE_BITS));
    let mut replay = Replay::new();
    for step in vectors["sequence"]["steps"].as_array().unwrap() {
        replay.step(step);
        replay.check(step);
    }
    assert_eq!(replay.pool + replay.traders.iter().map(|trader| trader.cash).sum::<i64>(), 0);
}
