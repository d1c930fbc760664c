//! Perps, for a terminal.

use std::fmt::Write as _;

use super::{clip, heading, paragraph, sparkline};
use crate::demo::report::{dollars, thousands, Report};

/// Points of the pool's sparkline.
const SPARK: usize = 32;

pub(super) fn section(text: &mut String, report: &Report) {
    let Some(perps) = &report.perps else { return };
    heading(text, "Perps");
    let waiting = match perps.waiting_usd {
        usd if usd > 0.0 => format!(", {} of profits wait", dollars(usd)),
        _ => String::new(),
    };
    let sum = |part: fn(&crate::demo::report::MarketPart) -> u64| perps.markets.iter().map(part).sum::<u64>();
    prose!(
        text,
        "{} traders, {} of them hedge what they hold · {} orders: {} filled, {} refused for the pool's margin, {} ended otherwise · \
         {} settlements{waiting} · {} liquidations",
        thousands(perps.traders as u64),
        thousands(perps.hedgers as u64),
        thousands(sum(|market| market.orders_placed)),
        thousands(sum(|market| market.orders_filled)),
        thousands(sum(|market| market.orders_refused)),
        thousands(sum(|market| market.orders_ended - market.orders_refused)),
        thousands(perps.settlements),
        thousands(sum(|market| market.liquidations))
    );
    let pool = &perps.pool;
    let step = pool.usd.len().saturating_sub(1);
    let spark: Vec<f64> = (0..SPARK).filter_map(|i| pool.usd.get(step * i / (SPARK - 1)).copied()).collect();
    prose!(
        text,
        "pool {} {} → {}, low {} · {} entered, {} left in {} epochs · as a depositor {} · bad debt {}",
        sparkline(&spark),
        dollars(pool.start_usd),
        dollars(pool.end_usd),
        dollars(pool.low_usd),
        dollars(pool.entered_usd),
        dollars(pool.left_usd),
        pool.epochs,
        dollars(pool.interest_usd),
        dollars(perps.bad_debt_usd)
    );
    line!(text);
    markets(text, report);
    line!(text);
    transfers(text, report);
}

fn markets(text: &mut String, report: &Report) {
    line!(
        text,
        "{:<9} {:>11} {:>11} {:>11} {:>11} {:>11} {:>15} {:>4} {:>9}",
        "",
        "volume",
        "most long",
        "most short",
        "at the end",
        "most skew",
        "funding %/h",
        "liq.",
        "closed"
    );
    for market in report.perps.iter().flat_map(|perps| &perps.markets) {
        let funding = format!("{:.3} … {:.3}", market.funding_low_percent_hour, market.funding_high_percent_hour);
        line!(
            text,
            "{:<9} {:>11} {:>11} {:>11} {:>11} {:>11} {:>15} {:>4} {:>9}",
            clip(&market.symbol, 9),
            dollars(market.volume_usd),
            dollars(market.long_most_usd),
            dollars(market.short_most_usd),
            dollars(market.long_end_usd + market.short_end_usd),
            dollars(market.skew_most_usd),
            funding.replace('-', "−"),
            market.liquidations,
            dollars(market.liquidated_usd)
        );
    }
}

fn transfers(text: &mut String, report: &Report) {
    line!(
        text,
        "{:<14} {:>11} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9} {:>11}",
        "who paid whom",
        "price",
        "funding",
        "premium",
        "fees",
        "keepers",
        "bonuses",
        "bad debt",
        "in all"
    );
    for one in report.perps.iter().flat_map(|perps| &perps.transfers) {
        line!(
            text,
            "{:<14} {:>11} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9} {:>11}",
            one.who,
            dollars(one.price_usd),
            dollars(one.funding_usd),
            dollars(one.premium_usd),
            dollars(one.fees_usd),
            dollars(one.keepers_usd),
            dollars(one.bonuses_usd),
            dollars(one.bad_debt_usd),
            dollars(one.total_usd)
        );
    }
}
