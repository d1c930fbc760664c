//! Markets that were deleveraged, told so that a trader knows what happened to a position, and why.

use std::fmt::Write as _;

use super::{heading, moment, paragraph, percent, quote};
use crate::demo::report::{dollars, Report, ShrinkSeries};

/// Steps of a series that are shown; `--json` has all.
const SHOWN: usize = 6;

/// Stories that are told: the largest.
const TOLD: usize = 4;

/// What a deleverage of a market is, in three sentences.
pub(in crate::demo) const RULE: &str =
    "The pool holds the other side of what longs and shorts differ by. Where it has less \
     for a market than that may cost it, everybody on the larger side is closed by the same part, at the mark. What a \
     position has won until then stays its owner's, and for an hour no account is liquidated for being smaller.";

pub(super) fn section(text: &mut String, report: &Report) {
    let Some(perps) = &report.perps else { return };
    heading(text, "Perps: markets that were deleveraged");
    if perps.deleverages.is_empty() {
        line!(text, "None: the pool always had the margin that its markets need.");
        return;
    }
    paragraph(text, RULE);
    let mut sizes: Vec<f64> = perps.deleverages.iter().map(|series| series.closed_usd).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes.get(TOLD - 1).copied().unwrap_or(0.0);
    for series in perps.deleverages.iter().filter(|series| series.closed_usd >= least) {
        line!(text);
        paragraph(text, &story(series));
        steps(text, series);
    }
    if sizes.len() > TOLD {
        line!(text);
        let rest: f64 = sizes.iter().skip(TOLD).sum();
        line!(
            text,
            "And {} smaller ones, {} in all: --json and the HTML file tell them.",
            sizes.len() - TOLD,
            dollars(rest)
        );
    }
}

fn steps(text: &mut String, series: &ShrinkSeries) {
    line!(
        text,
        "  {:<19} {:>9} {:>10} {:>10} {:>12} {:>12} {:>10} {:>8}",
        format!("{} {}", series.market, series.side),
        "price",
        "pool had",
        "needed",
        "skew before",
        "after",
        "closed",
        "of each"
    );
    for step in series.steps.iter().take(SHOWN) {
        line!(
            text,
            "  {:<19} {:>9} {:>10} {:>10} {:>12} {:>12} {:>10} {:>8}",
            moment(&step.at),
            quote(step.price_usd),
            dollars(step.equity_usd),
            dollars(step.required_usd),
            dollars(step.skew_before_usd),
            dollars(step.skew_after_usd),
            dollars(step.closed_usd),
            percent(step.closed_percent)
        );
    }
    if series.steps.len() > SHOWN {
        line!(text, "  and {} more: --json lists all of them", series.steps.len() - SHOWN);
    }
}

/// What happened to one side of a market, in sentences.
pub(in crate::demo) fn story(series: &ShrinkSeries) -> String {
    let Some((first, last)) = series.ends() else { return String::new() };
    let (one, other) = if series.side == "longs" { ("long", "short") } else { ("short", "long") };
    let mut text = if series.steps.len() == 1 {
        format!("{} at {}, with the price at {}. ", series.market, moment(&first.at), quote(first.price_usd))
    } else {
        let (from, to) = (moment(&first.at), moment(&last.at));
        let same_day = from.get(..10) == to.get(..10);
        format!(
            "{} in {} steps from {from} to {}, while the price went from {} to {}. ",
            series.market,
            series.steps.len(),
            if same_day { to.get(11..).unwrap_or(&to) } else { &to },
            quote(first.price_usd),
            quote(last.price_usd)
        )
    };
    if series.other_liquidated_usd > 0.0 {
        let _ = write!(
            text,
            "{} of {other}s had been liquidated within an hour, and the pool stood in for them. ",
            dollars(series.other_liquidated_usd)
        );
    }
    let _ = write!(
        text,
        "Traders were {} more {one} than {other}; the pool had {} for that and needed {}. So {} of every {one} was closed, {} in all. ",
        dollars(first.skew_before_usd.abs()),
        dollars(first.equity_usd),
        dollars(first.required_usd),
        percent(series.closed_percent),
        dollars(series.closed_usd),
    );
    if last.equity_after_usd < 0.0 {
        text.push_str("That left both sides alike: the pool has nothing to stand for more. ");
    } else {
        let _ = write!(
            text,
            "That left a skew of {}, for which {} of the pool's {} are enough. ",
            dollars(last.skew_after_usd.abs()),
            dollars(last.required_after_usd),
            dollars(last.equity_after_usd),
        );
    }
    let _ = write!(text, "No {other} was touched. ");
    let became = if series.positions == 1 { "position became" } else { "positions became" };
    let _ = match series.hedges {
        0 => write!(text, "{} {became} smaller, none of them a hedge. ", series.positions),
        1 => write!(
            text,
            "{} {became} smaller, one of them a hedge: this one by {}, for which its owner carries the price of what it holds itself \
             again. ",
            series.positions,
            dollars(series.hedges_closed_usd)
        ),
        many => write!(
            text,
            "{} {became} smaller, {many} of them hedges: these by {}, for which their owners carry the price of what they hold \
             themselves again. ",
            series.positions,
            dollars(series.hedges_closed_usd)
        ),
    };
    let _ = write!(
        text,
        "Nobody's equity fell: the {} got {} of premium back. ",
        series.side,
        dollars(series.returned_usd)
    );
    match series.spared {
        0 => text.push_str("Nobody needed the hour of grace."),
        many => {
            let _ = write!(
                text,
                "The hour of grace kept {many} account{} from being liquidated, {} of hedgers.",
                if many == 1 { "" } else { "s" },
                series.hedgers_spared
            );
        }
    }
    text
}
