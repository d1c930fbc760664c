//! `ballast demo`, run as a person runs it: small populations and short crashes.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Columns that a line of the report may have.
const WIDTH: usize = 100;

/// A path of this test's own.
fn path(name: &str) -> String {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).display().to_string()
}

/// A file with `text` in it.
fn file(name: &str, text: &str) -> String {
    let path = path(name);
    fs::write(&path, text).unwrap();
    path
}

/// Hourly bars from 1 January 2023 on.
fn hours(bars: &[[f64; 4]]) -> String {
    let mut text = String::from("timestamp_utc,open,high,low,close,volume\n");
    for (hour, [open, high, low, close]) in bars.iter().enumerate() {
        let (day, hour) = (1 + hour / 24, hour % 24);
        writeln!(text, "2023-01-{day:02}T{hour:02}:00:00Z,{open},{high},{low},{close},1").unwrap();
    }
    text
}

/// Hours without any range inside, at these prices.
fn steps(prices: &[f64]) -> String {
    hours(&prices.iter().map(|price| [*price; 4]).collect::<Vec<_>>())
}

/// Quiet, then down by a third within two hours, and a little up.
fn slide() -> String {
    hours(&[
        [100.0, 101.0, 99.0, 100.0],
        [100.0, 100.0, 80.0, 82.0],
        [82.0, 83.0, 66.0, 68.0],
        [68.0, 75.0, 67.0, 74.0],
    ])
}

fn demo(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast"));
    command.arg("demo").args(args).current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

fn succeeds(args: &[&str]) -> String {
    let output = demo(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&succeeds(&[args, &["--json"]].concat())).unwrap()
}

/// Fails with the code and one line that says all `parts`; prints nothing else.
fn fails(args: &[&str], parts: &[&str]) {
    let output = demo(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
    assert!(output.stdout.is_empty());
    assert_eq!(stderr.lines().count(), 1, "{args:?}: {stderr}");
    assert!(stderr.starts_with("ballast: "), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{args:?} does not say {part:?}: {stderr}");
    }
}

fn sum(list: &Value, field: &str) -> u64 {
    list.as_array().unwrap().iter().map(|entry| entry[field].as_u64().unwrap()).sum()
}

fn dollars(list: &Value, field: &str) -> f64 {
    list.as_array().unwrap().iter().map(|entry| entry[field].as_f64().unwrap()).sum()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.02 + a.abs() * 1e-6
}

/// What every report must add up to.
fn check(report: &Value) {
    let liquidations = &report["liquidations"];
    let count = liquidations["count"].as_u64().unwrap();
    for list in ["by_collateral", "by_loan"] {
        assert_eq!(sum(&liquidations[list], "count"), count, "{list}");
    }
    assert_eq!(sum(&liquidations["by_period"], "liquidations"), count);
    assert_eq!(sum(&report["liquidators"], "liquidations"), count);
    assert!(close(dollars(&liquidations["by_loan"], "usd"), liquidations["repaid_usd"].as_f64().unwrap()));
    assert!(close(dollars(&liquidations["by_collateral"], "usd"), liquidations["seized_usd"].as_f64().unwrap()));
    let deleverages = report["deleverages"]["count"].as_u64().unwrap();
    assert_eq!(sum(&report["liquidators"], "deleverages"), deleverages);
    assert_eq!(report["takeovers_recomputed"].as_u64().unwrap(), count + deleverages);

    let accounts = report["options"]["accounts"].as_u64().unwrap();
    for when in ["before", "after"] {
        assert_eq!(sum(&report["health"]["bins"], when), accounts, "{when}");
    }

    let losses = &report["losses"];
    assert_eq!(sum(&losses["banks"], "count"), losses["count"].as_u64().unwrap());
    assert_eq!(losses["debtors"].as_array().unwrap().len() as u64, losses["count"].as_u64().unwrap());
    for bank in losses["banks"].as_array().unwrap() {
        let atoms = |field: &str| bank[field].as_u64().unwrap();
        let borne = atoms("insured_atoms") + atoms("pooled_atoms") + atoms("socialized_atoms");
        assert_eq!(atoms("deficit_atoms"), borne, "{bank}");
        let borne = losses["holders"].as_array().unwrap().iter().filter(|holder| holder["bank"] == bank["symbol"]);
        let borne: f64 = borne.map(|holder| holder["tokens"].as_f64().unwrap()).sum();
        // An index is cut by a whole unit at least: holders together bear it to a millionth.
        assert!(close(borne, bank["socialized"].as_f64().unwrap()), "{borne} {bank}");
    }
    let part = |field: &str| losses[field].as_f64().unwrap();
    assert!(close(part("bad_debt_usd"), part("insured_usd") + part("pooled_usd") + part("socialized_usd")));
    assert!(close(part("bad_debt_usd"), dollars(&liquidations["by_period"], "bad_debt_usd")));

    let transactions = &report["transactions"];
    let number = |field: &str| transactions[field].as_u64().unwrap();
    assert_eq!(number("sent"), number("succeeded") + number("failed"));
    assert_eq!(sum(&report["compute_units"], "count"), number("succeeded"));
    assert_eq!(sum(&transactions["failures"], "count"), number("failed"));
    for units in report["compute_units"].as_array().unwrap() {
        let [min, median, max] = ["min", "median", "max"].map(|field| units[field].as_u64().unwrap());
        assert!(0 < min && min <= median && median <= max && max < 200_000, "{units}");
    }

    let invariants = report["invariants"].as_array().unwrap();
    assert_eq!(invariants.len(), 15);
    for invariant in invariants {
        let of_liquidations =
            ["INV-07", "INV-08", "INV-09", "INV-10", "INV-12"].contains(&invariant["id"].as_str().unwrap());
        let checks = invariant["checks"].as_u64().unwrap();
        assert!(if of_liquidations { checks == count } else { checks > 0 }, "{invariant}");
    }
    assert_eq!(report["oracles"]["wild_prints_believed"], 0);
    assert_eq!(report["verdict"]["solvent"], true);
    assert_eq!(report["verdict"]["under_water"], 0);
    check_perps(report);
}

/// What nobody won nobody lost; the pool's books say of its providers what the events say; every order came to an end.
fn check_perps(report: &Value) {
    let perps = &report["perps"];
    if perps.is_null() {
        return;
    }
    for cause in ["price", "funding", "premium", "fees", "keepers", "bonuses", "bad_debt", "total"] {
        let sum = dollars(&perps["transfers"], &format!("{cause}_usd"));
        assert!(sum.abs() < 0.05, "{cause}: {sum}");
    }
    let row = |who: &str| {
        let rows = perps["transfers"].as_array().unwrap();
        rows.iter().find(|row| row["who"] == who).unwrap()["total_usd"].as_f64().unwrap()
    };
    // All is rounded for the pool, by an atom or two each time.
    let result = perps["pool"]["result_usd"].as_f64().unwrap();
    assert!((-0.02..0.1).contains(&(result - row("providers"))), "{result} {}", row("providers"));
    assert!(row("order keepers") >= 0.0 && row("liquidators") >= 0.0);
    let markets = &perps["markets"];
    assert_eq!(sum(markets, "orders_placed"), sum(markets, "orders_filled") + sum(markets, "orders_ended"));
    assert_eq!(sum(markets, "liquidations"), perps["recomputed"].as_u64().unwrap());
    for series in perps["deleverages"].as_array().unwrap() {
        let steps = series["steps"].as_array().unwrap();
        assert!(close(dollars(&series["steps"], "closed_usd"), series["closed_usd"].as_f64().unwrap()));
        assert!(series["least_gained_usd"].as_f64().unwrap() >= 0.0, "somebody's equity fell: {series}");
        // What is given back is all that the holders gain: the one at the stablecoin's last price, the other at its price then.
        let (returned, gained) = (&series["returned_usd"], &series["equity_gained_usd"]);
        let (returned, gained) = (returned.as_f64().unwrap(), gained.as_f64().unwrap());
        assert!((returned - gained).abs() < 0.02 + returned / 2_000.0, "{series}");
        for step in steps {
            let part = |field: &str| step[field].as_f64().unwrap();
            assert!(part("equity_usd") < part("required_usd") && part("required_after_usd") < part("equity_after_usd"));
            assert_eq!(part("equity_usd"), part("equity_after_usd"), "the pool pays nothing for it");
            assert!(part("skew_after_usd").abs() < part("skew_before_usd").abs());
        }
    }
    let moments = report["history"]["unix"].as_array().unwrap().len();
    assert_eq!(perps["pool"]["usd"].as_array().unwrap().len(), moments);
    for market in markets.as_array().unwrap() {
        for line in ["long_usd", "short_usd", "skew_usd"] {
            assert_eq!(market[line].as_array().unwrap().len(), moments, "{line}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let prices = format!("SOL={}", file("same.csv", &slide()));
    let run = |name: &str, seed: &str| {
        let (html, svg) = (path(&format!("{name}.html")), path(&format!("{name}.svg")));
        let args = ["--prices", &prices, "--accounts", "40", "--seed", seed];
        let text = succeeds(&[&args[..], &["--html", &html, "--svg", &svg]].concat());
        let json = succeeds(&[&args[..], &["--json"]].concat());
        [text, json, fs::read_to_string(html).unwrap(), fs::read_to_string(svg).unwrap()]
    };
    let first = run("first", "5");
    assert!(first == run("second", "5"));
    for (one, other) in first.iter().zip(&run("other", "6")) {
        assert_ne!(one, other);
    }
    let [text, json, html, svg] = first;
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH && line.trim_end() == line, "{line:?}");
    }
    check(&serde_json::from_str(&json).unwrap());
    // Nothing from elsewhere, and no script.
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    assert!(html.starts_with("<!DOCTYPE html>") && !rest.contains("http") && !html.contains("<script"));
    assert!(
        html.matches("<svg").count() >= 7 && html.matches("<section").count() == html.matches("</section>").count()
    );
    assert!(svg.starts_with("<svg") && svg.contains("SOLVENT"));
}

#[test]
fn a_day_of_ftx() {
    let args = ["--from", "2022-11-08T12:00Z", "--to", "2022-11-09", "--accounts", "60"];
    let report = json(&args);
    check(&report);
    let symbols: Vec<&str> =
        report["prices"].as_array().unwrap().iter().map(|price| price["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["USDC", "SOL", "ETH", "BTC"]);
    assert_eq!(report["event"]["name"], "2022-11-ftx");
    assert_eq!((&report["event"]["from"], &report["event"]["bars"]), (&"2022-11-08T12:00:00Z".into(), &12.into()));
    assert!(report["liquidations"]["count"].as_u64().unwrap() > 0);
    let oracles = &report["oracles"];
    for judged in ["judged_by_one_source", "judged_by_two", "judged_by_three"] {
        assert!(oracles[judged].as_u64().unwrap() > 0, "{judged}");
    }
    assert_eq!(report["program"]["committed"], std::env::var_os("BALLAST_ELF").is_none());
    // Liquidations bring accounts back above 1.
    assert_eq!(report["health"]["bins"][0]["after"], 0);
}

/// The cascade of 10 October 2025: longs are liquidated, and everybody is paid.
#[test]
fn a_day_of_perps() {
    let args =
        ["--event", "2025-10-10", "--from", "2025-10-10T12:00Z", "--to", "2025-10-11T06:00Z", "--accounts", "60"];
    let report = json(&args);
    check(&report);
    let perps = &report["perps"];
    let of = |field: &str| -> Vec<u64> {
        perps["markets"].as_array().unwrap().iter().map(|market| market[field].as_u64().unwrap()).collect()
    };
    let symbols: Vec<&str> =
        perps["markets"].as_array().unwrap().iter().map(|market| market["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["SOL-PERP", "ETH-PERP", "BTC-PERP"]);
    assert_eq!((of("orders_filled"), of("liquidations")), (vec![21, 56, 19], vec![11, 7, 0]));
    assert_eq!(
        (perps["traders"].as_u64(), perps["hedgers"].as_u64(), perps["bad_debt_usd"].as_f64()),
        (Some(15), Some(7), Some(0.0))
    );
    let cents = |who: &str, cause: &str| {
        let rows = perps["transfers"].as_array().unwrap();
        (rows.iter().find(|row| row["who"] == who).unwrap()[cause].as_f64().unwrap() * 100.0).round() as i64
    };
    let longs = ["price_usd", "funding_usd", "premium_usd", "fees_usd", "keepers_usd", "bonuses_usd", "bad_debt_usd"];
    assert_eq!(longs.map(|cause| cents("longs", cause)), [-14_545_594, -28_199, -2_210, -239_751, -47, -19_195, 0]);
    let totals = ["longs", "shorts", "providers", "order keepers", "liquidators", "insurance", "lenders"];
    assert_eq!(totals.map(|who| cents(who, "total_usd")), [-14_834_996, 157_367, 14_658_337, 96, 15_356, 3_839, 0]);
    assert_eq!(cents("providers", "total_usd"), (perps["pool"]["result_usd"].as_f64().unwrap() * 100.0).round() as i64);
    // A fill that the pool has no margin for ends; what there is, is enough.
    assert_eq!(of("orders_refused"), [8, 0, 0]);
    assert_eq!(perps["deleverages"], Value::Array(Vec::new()));
    let text = succeeds(&args);
    for part in
        ["── Perps ", "SOL-PERP ", "who paid whom ", "providers ", "order keepers ", "None: the pool always had"]
    {
        assert!(text.contains(part), "{part}");
    }
    // What is no underlying of a market has no perps.
    let prices = format!("LUNA={}", file("alone.csv", &slide()));
    assert_eq!(json(&["--prices", &prices, "--accounts", "5"])["perps"], Value::Null);
}

/// With a small pool the same day takes three markets below their margin: shorts, who win what the pool loses, are made smaller.
#[test]
fn a_day_that_deleverages_markets() {
    let args = [
        &["--event", "2025-10-10", "--from", "2025-10-10T12:00Z", "--to", "2025-10-11T06:00Z"][..],
        &["--accounts", "60", "--seed", "2", "--perp-pool", "small"],
    ]
    .concat();
    let report = json(&args);
    check(&report);
    let perps = &report["perps"];
    let all = perps["deleverages"].as_array().unwrap();
    let named: Vec<(&str, &str, usize)> = all
        .iter()
        .map(|one| {
            let name = |field: &str| one[field].as_str().unwrap();
            (name("market"), name("side"), one["steps"].as_array().unwrap().len())
        })
        .collect();
    assert_eq!(named, [("ETH-PERP", "shorts", 14), ("SOL-PERP", "shorts", 10), ("BTC-PERP", "shorts", 1)]);
    // A hedge became smaller; nobody needed the grace.
    assert_eq!((sum(&perps["deleverages"], "positions"), sum(&perps["deleverages"], "hedges")), (5, 1));
    assert_eq!(sum(&perps["deleverages"], "spared"), 0);
    let units = report["compute_units"].as_array().unwrap();
    assert_eq!(units.iter().find(|one| one["instruction"] == "deleverage_market").unwrap()["count"], 25);

    let btc = &all[2]["steps"][0];
    assert_eq!(btc["at"], "2025-10-10T21:20:00Z");
    let cents = |of: &Value, field: &str| (of[field].as_f64().unwrap() * 100.0).round() as i64;
    let told = ["equity_usd", "required_usd", "skew_before_usd", "skew_after_usd", "closed_usd", "required_after_usd"];
    assert_eq!(
        told.map(|field| cents(btc, field)),
        [571_883, 602_699, -11_379_147, -10_301_557, 1_077_590, 544_650],
        "{btc}"
    );
    let whole = ["other_liquidated_usd", "closed_usd", "hedges_closed_usd", "returned_usd", "equity_gained_usd"];
    assert_eq!(whole.map(|field| cents(&all[2], field)), [909_472, 1_077_590, 1_067_830, 12, 12]);

    let row = |who: &str| {
        let rows = perps["transfers"].as_array().unwrap();
        let row = rows.iter().find(|row| row["who"] == who).unwrap();
        ["price_usd", "premium_usd", "total_usd"].map(|cause| cents(row, cause))
    };
    assert_eq!(row("shorts"), [5_002_171, -92, 4_944_687]);
    assert_eq!(row("providers"), [-4_240_026, 95, -4_164_449]);

    let html = path("deleveraged.html");
    let text = succeeds(&[&args[..], &["--html", &html]].concat());
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "small pool of perps",
        "── Perps: markets that were deleveraged",
        "BTC-PERP at 2025-10-10 21:20, with the price at 101,510. $9,095 of longs had been liquidated within an hour",
        "Traders were $113,791 more short than long; the pool had $5,719 for that and needed $6,027.",
        "So 8.9 % of every short was closed, $10,776 in all.",
        "2 positions became smaller, one of them a hedge: this one by $10,678",
        "Nobody needed the hour of grace.",
        "and 8 more: --json lists all of them",
    ] {
        assert!(flat.contains(part), "{part}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line:?}");
    }
    // A mark for each step, on the charts of the markets.
    let html = fs::read_to_string(html).unwrap();
    let charts = html.split("open interest and skew").skip(1);
    let marks: Vec<usize> =
        charts.map(|chart| chart.split("</svg>").next().unwrap().matches("class=\"mark\" x1").count()).collect();
    assert_eq!(marks, [10, 14, 1]);
}

#[test]
fn a_collapse_ends_with_who_bore_what() {
    let prices = format!("SOL={}", file("gap.csv", &steps(&[100.0, 100.0, 20.0, 20.0])));
    let args = ["--prices", prices.as_str(), "--accounts", "40"];
    let report = json(&args);
    check(&report);
    assert_eq!(report["verdict"]["whole"], false);
    let losses = &report["losses"];
    assert!(losses["insured_usd"].as_f64().unwrap() > 0.0 && losses["socialized_usd"].as_f64().unwrap() > 0.0);
    let lenders = losses["lenders"].as_array().unwrap();
    assert!(!lenders.is_empty());
    let kinds: Vec<&str> =
        losses["holders"].as_array().unwrap().iter().map(|holder| holder["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"lenders"));
    let text = succeeds(&args);
    for part in ["LOSSES BORNE", "by insurance", "by depositors", "left", "unpaid", "accounts bore"] {
        assert!(text.contains(part), "{part}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line:?}");
    }
    let quiet = succeeds(&[&args[..], &["--quiet"]].concat());
    assert_eq!(quiet.trim_end(), report["verdict"]["text"].as_str().unwrap());
}

#[test]
fn down_to_nothing_and_up_a_thousandfold() {
    let down = [78.0, 60.0, 30.0, 5.0, 0.5, 0.01, 0.0001, 0.00004, 5e-5, 0.000_001];
    let report = json(&["--prices", &format!("LUNA={}", file("luna.csv", &steps(&down))), "--accounts", "30"]);
    check(&report);
    assert!(report["losses"]["count"].as_u64().unwrap() > 0);
    let up = [1.0, 1.0, 30.0, 1_000.0, 1_000.0];
    let report = json(&["--prices", &format!("PUMP={}", file("pump.csv", &steps(&up))), "--accounts", "30"]);
    check(&report);
    let bank = &report["losses"]["banks"][0];
    assert_eq!(bank["symbol"], "PUMP", "the shorts' losses fall on those who lent the token");
}

#[test]
fn windows_are_made_to_fit() {
    let long = file("long.csv", &steps(&[10.0; 6]));
    let short =
        file("short.csv", "timestamp_utc,open,high,low,close\n2023-01-01 01:00,5,5,5,5\n2023-01-01 02:00,5,5,5,5\n");
    let report = json(&["--prices", &format!("eth={long}"), "--prices", &format!("FOO={short}"), "--accounts", "5"]);
    assert_eq!(report["event"]["from"], "2023-01-01T01:00:00Z");
    assert_eq!(report["event"]["to"], "2023-01-01T03:00:00Z");
    let notes = report["event"]["notes"].as_array().unwrap();
    assert!(
        notes.len() == 1 && notes[0].as_str().unwrap().starts_with("ETH reaches from 2023-01-01 00:00"),
        "{notes:?}"
    );

    let holes = "timestamp_utc,open,high,low,close\n\
                 1672531200,5,5,5,5\n1672534800,5,5,5,5\n1672545600,4,4,4,4\n1672549200,4,4,4,4\n";
    let report = json(&["--prices", &format!("ETH={}", file("holes.csv", holes)), "--accounts", "5"]);
    assert_eq!(report["event"]["notes"][0], "ETH: 1 gap of 2 h in all, filled with the last close.");
}

#[test]
fn the_smallest_market() {
    let prices = format!("BTC={}", file("one.csv", &slide()));
    let report = json(&["--prices", &prices, "--accounts", "1"]);
    check(&report);
}

#[test]
fn bad_files() {
    let head = "timestamp_utc,open,high,low,close,volume\n2022-11-01T00:00:00Z,2,4,1,3,9\n";
    for (number, (tail, part)) in [
        ("", "at least two bars"),
        ("2022-11-01T00:00:00Z,2,4,1,3,9", "line 3: the same time"),
        ("2022-10-31T00:00:00Z,2,4,1,3,9", "line 3: an earlier time"),
        ("2022-11-01T01:00:00Z,2,4,1", "line 3: 4 columns"),
        ("2022-11-01T01:00:00Z,2,NaN,1,3,9", "high \"NaN\" is no number"),
        ("2022-11-01T01:00:00Z,2,4,-1,3,9", "low \"-1\" is negative"),
        ("2022-11-01T01:00:00Z,0,4,0,3,9", "open is zero"),
        ("2022-11-01T01:00:00Z,2,,1,3,9", "high is missing"),
        ("2022-11-01T01:00:00Z,2,4,0.0000001,3,9", "outside of the prices"),
        ("2022-11-01T01:00:00Z,2,40000000,1,3,9", "outside of the prices"),
        ("2022-11-01T01:00:00Z,2,2.5,1,3,9", "between low and high"),
        ("2022-13-01T01:00:00Z,2,4,1,3,9", "is no time"),
        ("2022-11-01T01:00:00Z,2,4001,1,3,9", "rises 2000-fold"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = file(&format!("bad-{number}.csv"), &format!("{head}{tail}\n"));
        fails(&["--prices", &format!("SOL={name}")], &[part]);
    }
    let name = file("header.csv", "time;open\n1;2\n");
    fails(&["--prices", &format!("SOL={name}")], &["header.csv", "timestamp_utc,open,high,low,close"]);
    fails(&["--prices", "SOL=/nowhere/sol.csv"], &["/nowhere/sol.csv"]);
    fails(&["--prices", "SOL=/nowhere/a\nb\u{1b}[31m.csv"], &["/nowhere/a?b?[31m.csv"]);
    fs::write(path("binary.csv"), [0xff, 0xfe, 0x00]).unwrap();
    fails(&["--prices", &format!("SOL={}", path("binary.csv"))], &["not a text file"]);
}

#[test]
fn bad_arguments() {
    let good = file("good.csv", &slide());
    let sol = format!("SOL={good}");
    fails(&["--event", "mtgox"], &["no event \"mtgox\"", "--list"]);
    fails(&["--prices", &sol, "--prices", &format!("sol={good}")], &["SOL twice"]);
    fails(&["--prices", &format!("USDC={good}")], &["besides USDC"]);
    fails(&["--event", "ftx", "--prices", &sol], &["no time is common"]);
    fails(&["--prices", &sol, "--from", "2023-01-02", "--to", "2023-01-01"], &["--from must lie before --to"]);
    fails(&["--prices", &sol, "--from", "2023-01-01T03:00Z"], &["fewer than two bars"]);
    fails(&["--prices", &sol, "--accounts", "3", "--html", "/proc/no/demo.html"], &["/proc/no"]);
    for args in [
        &["--accounts", "0"][..],
        &["--accounts", "20001"],
        &["--accounts", "many"],
        &["--seed", "-1"],
        &["--prices", "SOL"],
        &["--prices", "=x.csv"],
        &["--prices", "S/L=x.csv"],
        &["--from", "yesterday"],
        &["--perp-pool", "huge"],
        &["--what"],
    ] {
        let output = demo(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && output.stderr.starts_with(b"error: "), "{args:?}");
    }
}

#[test]
fn the_list() {
    let list = succeeds(&["--list"]);
    for part in [
        "2022-11-ftx",
        "(default)",
        "2020-03-black-thursday",
        "2025-10-cascade",
        "2025-10-10 ",
        "SOL ETH BTC LUNA",
        "SOL −72 %",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    assert_eq!(list.lines().count(), 11);
}

#[test]
fn the_help_says_who_takes_part() {
    let help = succeeds(&["--help"]);
    for part in [
        "Borrowers",
        "half of them under $8,000",
        "Perps",
        "Providers of liquidity",
        "--prices <SYMBOL=FILE>",
        "--perp-pool <SIZE>",
        "deleverage a market as soon as its pool lacks",
        "Liquidators",
        "Exit status",
    ] {
        assert!(help.contains(part), "{part}");
    }
    assert!(!help.contains("--svg"));
}
