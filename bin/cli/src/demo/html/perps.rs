//! Perps, for a browser.

use std::fmt::Write as _;

use super::{money, section, table};
use crate::demo::chart::{self, escape, Line, Mark};
use crate::demo::report::{dollars, thousands, PerpsPart, Report, ShrinkStep};
use crate::demo::text::{moment, quote, story, RULE};

pub(super) fn perps(page: &mut String, report: &Report) {
    let Some(perps) = &report.perps else { return };
    let (pool, unix) = (&perps.pool, &report.history.unix);
    section(page, "Perps: who paid whom");
    let _ = writeln!(
        page,
        "<p class=\"dim\">{} traders, {} of them hedge what they hold; {} providers of liquidity. Above zero: won. Every column adds \
         up to nothing.</p>",
        thousands(perps.traders as u64),
        thousands(perps.hedgers as u64),
        pool.providers
    );
    let rows: Vec<Vec<String>> = perps
        .transfers
        .iter()
        .map(|one| {
            let mut row = vec![one.who.to_owned()];
            let parts =
                [one.price_usd, one.funding_usd, one.premium_usd, one.fees_usd, one.keepers_usd, one.bonuses_usd];
            row.extend(parts.into_iter().chain([one.bad_debt_usd, one.total_usd]).map(dollars));
            row
        })
        .collect();
    table(page, &["", "Price", "Funding", "Premium", "Fees", "Keepers", "Bonuses", "Bad debt", "In all"], &rows);
    page.push_str("</section>\n<div class=\"pair\">\n");

    section(page, "Perps: value of the pool");
    let line = Line { name: "pool", class: "c2", values: &pool.usd };
    page.push_str(&chart::lines("Value of the pool", unix, &[line], &[], 246.0, money, true));
    let _ = writeln!(
        page,
        "<p class=\"dim\">{} → {}, low {}; {} entered and {} left in {} epochs; as a depositor {}.</p>\n</section>",
        dollars(pool.start_usd),
        dollars(pool.end_usd),
        dollars(pool.low_usd),
        dollars(pool.entered_usd),
        dollars(pool.left_usd),
        pool.epochs,
        dollars(pool.interest_usd)
    );
    for market in &perps.markets {
        section(page, &format!("{}: open interest and skew", escape(&market.symbol)));
        let marks = marks(perps, &market.symbol);
        let mut legend = vec![("longs", "c0"), ("shorts", "c3"), ("skew", "c2")];
        legend.extend((!marks.is_empty()).then_some(("deleveraged; taller is more", "mark")));
        page.push_str(&chart::legend(&legend));
        let lines = [
            Line { name: "longs", class: "c0", values: &market.long_usd },
            Line { name: "shorts", class: "c3", values: &market.short_usd },
            Line { name: "skew", class: "c2", values: &market.skew_usd },
        ];
        page.push_str(&chart::lines(&market.symbol, unix, &lines, &marks, 220.0, signed, false));
        page.push_str("</section>\n");
    }
    page.push_str("</div>\n");
    deleverages(page, perps);
    markets(page, report);
}

/// When a market was deleveraged, and how much of it.
fn marks(perps: &PerpsPart, market: &str) -> Vec<Mark> {
    let series = perps.deleverages.iter().filter(|series| series.market == market);
    let steps = || series.clone().flat_map(|series| &series.steps);
    let most = steps().map(|step| step.closed_usd).fold(0.01, f64::max);
    steps().map(|step| (step.unix, (step.closed_usd / most).sqrt())).collect()
}

fn deleverages(page: &mut String, perps: &PerpsPart) {
    section(page, "Perps: markets that were deleveraged");
    if perps.deleverages.is_empty() {
        page.push_str("<p>None: the pool always had the margin that its markets need.</p>\n</section>\n");
        return;
    }
    let _ = writeln!(page, "<p class=\"dim\">{RULE}</p>");
    for series in &perps.deleverages {
        let _ = writeln!(page, "<p>{}</p>", escape(&story(series)));
        let row = |step: &ShrinkStep| {
            let mut row = vec![moment(&step.at), quote(step.price_usd)];
            row.extend([step.equity_usd, step.required_usd, step.skew_before_usd, step.skew_after_usd].map(dollars));
            row.extend([dollars(step.closed_usd), format!("{:.1} %", step.closed_percent)]);
            row.extend([step.equity_after_usd, step.required_after_usd].map(dollars));
            row
        };
        let rows: Vec<Vec<String>> = series.steps.iter().map(row).collect();
        let name = format!("{} {}", escape(&series.market), series.side);
        let heads = [
            name.as_str(),
            "Price",
            "Pool had",
            "Needed",
            "Skew before",
            "After",
            "Closed",
            "Of each position",
            "Pool has",
            "Needs",
        ];
        table(page, &heads, &rows);
    }
    page.push_str("</section>\n");
}

fn markets(page: &mut String, report: &Report) {
    section(page, "Perps: markets");
    let mut rows = Vec::new();
    for market in report.perps.iter().flat_map(|perps| &perps.markets) {
        rows.push(vec![
            escape(&market.symbol),
            thousands(market.orders_filled),
            dollars(market.volume_usd),
            format!("{} / {}", dollars(market.long_most_usd), dollars(market.short_most_usd)),
            format!("{} / {}", dollars(market.long_end_usd), dollars(market.short_end_usd)),
            dollars(market.skew_most_usd),
            format!("{:.4} to {:.4}", market.funding_low_percent_hour, market.funding_high_percent_hour),
            format!("{}, {}", thousands(market.liquidations), dollars(market.liquidated_usd)),
        ]);
    }
    let heads =
        ["", "Fills", "Volume", "Most long / short", "At the end", "Most skew", "Funding, % an hour", "Liquidations"];
    table(page, &heads, &rows);
    page.push_str("</section>\n");
}

fn signed(value: f64) -> String {
    if value < 0.0 {
        format!("−{}", money(-value))
    } else {
        money(value)
    }
}
