//! The report for a terminal.

use std::fmt::Write as _;

use super::perps::PoolSize;
use super::report::{dollars, thousands, Report};

/// Columns of the report.
pub(super) const WIDTH: usize = 100;

/// The whole report.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for part in [
        header,
        prices,
        health,
        liquidations,
        takers,
        deleverages,
        losses,
        perps::section,
        shrinks::section,
        banks,
        behaviour,
        oracles,
        invariants,
        units,
        transactions,
        verdict,
    ] {
        part(&mut text, report);
    }
    text
}

macro_rules! line {
    ($text:expr) => { $text.push('\n') };
    ($text:expr, $($args:tt)*) => {{
        let line = format!($($args)*);
        let _ = writeln!($text, "{}", line.trim_end());
    }};
}

/// A line that goes on in the next where it is too long.
macro_rules! prose {
    ($text:expr, $($args:tt)*) => { paragraph($text, &format!($($args)*)) };
}

mod perps;
mod shrinks;
mod words;

pub(super) use self::shrinks::{story, RULE};
pub(super) use self::words::{amount, moment, quote, spacing};
use self::words::{bar, blocks, clip, percent, sparkline, wrap};

/// A heading over the full width.
fn heading(text: &mut String, title: &str) {
    let rule = "─".repeat(WIDTH.saturating_sub(title.chars().count() + 4));
    line!(text);
    line!(text, "── {title} {rule}");
}

fn header(text: &mut String, report: &Report) {
    let (event, options) = (&report.event, &report.options);
    let pool = if options.perp_pool == PoolSize::Small.name() { "small pool of perps · " } else { "" };
    let right = format!("{} borrowers · {pool}seed {}", thousands(options.accounts as u64), options.seed);
    let left = format!("BALLAST · {}", event.title);
    let gap = WIDTH.saturating_sub(left.chars().count() + right.chars().count());
    line!(text, "{left}{}{right}", " ".repeat(gap));
    let elf = if report.program.committed { "the committed program" } else { "the program in BALLAST_ELF" };
    line!(
        text,
        "{} to {} UTC · {} bars of {}",
        moment(&event.from),
        moment(&event.to),
        thousands(event.bars as u64),
        spacing(event.bar_seconds)
    );
    line!(
        text,
        "{} transactions on {elf} ({} bytes) in an embedded SVM",
        thousands(report.transactions.sent),
        thousands(report.program.elf_bytes as u64)
    );
    for note in &event.notes {
        paragraph(text, &format!("Note: {note}"));
    }
    line!(text);
    verdict_lines(text, report);
}

/// Text over as many lines as it takes.
fn paragraph(text: &mut String, words: &str) {
    let mut line = String::new();
    for part in words.split(" · ") {
        let together = line.chars().count() + 3 + part.chars().count();
        if !line.is_empty() && together > WIDTH - 2 {
            line!(text, "{line} ·");
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { " · " });
        line.push_str(part);
    }
    for part in wrap(&line, WIDTH) {
        line!(text, "{part}");
    }
}

fn verdict_lines(text: &mut String, report: &Report) {
    let verdict = &report.verdict;
    let word = verdict.word();
    for (number, part) in wrap(&verdict.text, WIDTH - 14).into_iter().enumerate() {
        line!(text, "{:<13} {part}", if number == 0 { word } else { "" });
    }
}

fn prices(text: &mut String, report: &Report) {
    heading(text, "Prices");
    let spark_width = report.prices.first().map_or(0, |price| price.spark.len());
    line!(
        text,
        "{:<6} {:<spark_width$} {:>10} {:>10} {:>10} {:>8} {:>8} {:>7}",
        "",
        "",
        "start",
        "low",
        "end",
        "change",
        "deepest",
        "worst"
    );
    line!(text, "{:<6} {:<spark_width$} {:>10} {:>10} {:>10} {:>8} {:>8} {:>7}", "", "", "", "", "", "", "fall", "bar");
    for price in &report.prices {
        line!(
            text,
            "{:<6} {} {:>10} {:>10} {:>10} {:>8} {:>8} {:>7}",
            clip(&price.symbol, 6),
            sparkline(&price.spark),
            quote(price.start),
            quote(price.low),
            quote(price.end),
            percent(price.change_percent),
            percent(-price.drawdown_percent),
            percent(-price.worst_bar_percent),
        );
    }
}

fn health(text: &mut String, report: &Report) {
    let health = &report.health;
    heading(text, "Health of borrowers, before and after");
    let most = health.bins.iter().map(|bin| bin.before.max(bin.after)).max().unwrap_or(0);
    line!(text, "{:<15} {:>6} {:<30} {:>8} {:<30}", "health factor", "before", "", "after", "");
    for bin in &health.bins {
        line!(
            text,
            "{:<15} {:>6} {:<30} {:>8} {:<30}",
            bin.label,
            bin.before,
            bar(bin.before, most, 30),
            bin.after,
            bar(bin.after, most, 30)
        );
    }
    for (name, position) in [("before", &health.before), ("after", &health.after)] {
        prose!(
            text,
            "{name:<7} {} with debt · median {:.2}, lowest {:.2} · collateral {} · debt {}",
            thousands(position.with_debt as u64),
            position.median_factor,
            position.lowest_factor,
            dollars(position.collateral_usd),
            dollars(position.debt_usd)
        );
    }
}

fn liquidations(text: &mut String, report: &Report) {
    let all = &report.liquidations;
    heading(text, "Liquidations");
    if all.count == 0 {
        line!(text, "None.");
        return;
    }
    prose!(
        text,
        "{} of {} accounts · {} of debt repaid for {} of collateral",
        thousands(all.count as u64),
        thousands(all.accounts as u64),
        dollars(all.repaid_usd),
        dollars(all.seized_usd)
    );
    prose!(
        text,
        "bonuses {} ({:.2} % on average): {} to liquidators, {} to insurance",
        dollars(all.bonus_usd),
        all.mean_bonus_percent,
        dollars(all.bonus_usd - all.to_insurance_usd),
        dollars(all.to_insurance_usd)
    );
    if let Some(largest) = &all.largest {
        prose!(
            text,
            "largest {} of {} against {} at {} · bonus {:.2} % · health factor {:.3} → {:.3}",
            dollars(largest.repaid_usd),
            largest.loan,
            largest.collateral,
            moment(&largest.at),
            largest.bonus_percent,
            largest.factor_before,
            largest.factor_after
        );
    }
    for (what, assets) in [("collateral seized", &all.by_collateral), ("debt repaid", &all.by_loan)] {
        let parts: Vec<String> =
            assets.iter().map(|asset| format!("{} {} in {}", asset.symbol, dollars(asset.usd), asset.count)).collect();
        prose!(text, "{what}: {}", parts.join(" · "));
    }
    line!(text);
    timeline(text, report);
}

fn timeline(text: &mut String, report: &Report) {
    let all = &report.liquidations;
    let most = all.by_period.iter().map(|period| period.liquidated_usd).fold(0.0, f64::max);
    let days = all.period_seconds >= 86_400;
    line!(text, "{:<16} {:>5} {:>12}", if days { "day" } else { "time" }, "count", "volume");
    let mut quiet = 0;
    for period in &all.by_period {
        if period.liquidations == 0 && period.bad_debt_usd == 0.0 {
            quiet += 1;
            continue;
        }
        quiet_line(text, &mut quiet, days);
        let width = 36.0 * period.liquidated_usd / most.max(1.0);
        let bad = if period.bad_debt_usd > 0.0 {
            format!(" bad debt {}", dollars(period.bad_debt_usd))
        } else {
            String::new()
        };
        line!(
            text,
            "{:<16} {:>5} {:>12} {}{bad}",
            if days { &period.from[..10] } else { &period.from },
            period.liquidations,
            dollars(period.liquidated_usd),
            blocks(width)
        );
    }
    quiet_line(text, &mut quiet, days);
}

fn quiet_line(text: &mut String, quiet: &mut usize, days: bool) {
    if *quiet > 0 {
        let unit = if days { "day" } else { "period" };
        line!(text, "{:<16} {:>5}", format!("{quiet} quiet {unit}{}", if *quiet == 1 { "" } else { "s" }), "·");
        *quiet = 0;
    }
}

fn takers(text: &mut String, report: &Report) {
    heading(text, "Who took over what");
    line!(
        text,
        "{:<14} {:>6} {:>13} {:>6} {:>6} {:>14} {:>13} {:>12}",
        "",
        "delay",
        "capital",
        "liq.",
        "delev.",
        "taken over",
        "at the end",
        "profit"
    );
    for taker in &report.liquidators {
        line!(
            text,
            "{:<14} {:>4} s {:>13} {:>6} {:>6} {:>14} {:>13} {:>12}",
            taker.name,
            taker.delay_seconds,
            dollars(taker.capital_usd),
            taker.liquidations,
            taker.deleverages,
            dollars(taker.taken_usd),
            dollars(taker.end_usd),
            dollars(taker.profit_usd)
        );
    }
    if report.liquidators.iter().any(|taker| taker.latecomer) {
        prose!(
            text,
            "After the last bar a latecomer with enough capital took on what the others could not, so that every loss is borne."
        );
    }
}

fn deleverages(text: &mut String, report: &Report) {
    let all = &report.deleverages;
    heading(text, "Deleverage below the owner's floor");
    prose!(
        text,
        "{} of {} accounts ({} had set a floor) · {} of debt repaid · cost to owners {} · {} with a floor liquidated",
        all.count,
        all.accounts,
        all.policies,
        dollars(all.repaid_usd),
        dollars(all.cost_usd),
        all.liquidated
    );
}

fn losses(text: &mut String, report: &Report) {
    let losses = &report.losses;
    heading(text, "Bad debt, and who bore it");
    if losses.count == 0 {
        line!(text, "None.");
        return;
    }
    line!(
        text,
        "{:<6} {:>5} {:>15} {:>15} {:>13} {:>15} {:>11} {:>12}",
        "bank",
        "debts",
        "unpaid",
        "by insurance",
        "by the pool",
        "by depositors",
        "in USD",
        "of a deposit"
    );
    for bank in &losses.banks {
        line!(
            text,
            "{:<6} {:>5} {:>15} {:>15} {:>13} {:>15} {:>11} {:>10} %",
            clip(&bank.symbol, 6),
            bank.count,
            amount(bank.deficit),
            amount(bank.insured),
            amount(bank.pooled),
            amount(bank.socialized),
            dollars(bank.deficit_usd),
            format!("{:.4}", bank.haircut_percent)
        );
    }
    for holder in &losses.holders {
        line!(
            text,
            "  {:<6} {:<22} {:>4} accounts bore {:>18} = {}",
            clip(&holder.bank, 6),
            holder.kind,
            holder.accounts,
            amount(holder.tokens),
            dollars(holder.usd)
        );
    }
    let mut worst: Vec<_> = losses.debtors.iter().collect();
    worst.sort_by(|a, b| b.deficit_usd.total_cmp(&a.deficit_usd));
    for debtor in worst.iter().take(5) {
        line!(
            text,
            "  {} {}… left {} {} unpaid = {}",
            moment(&debtor.at),
            clip(&debtor.account, 8),
            amount(debtor.deficit),
            debtor.bank,
            dollars(debtor.deficit_usd)
        );
    }
    if worst.len() > 5 {
        line!(text, "  and {} more: --json lists all of them, and every lender's part", worst.len() - 5);
    }
}

fn banks(text: &mut String, report: &Report) {
    heading(text, "Banks");
    line!(
        text,
        "{:<6} {:<6} {:>13} {:>13} {:>6} {:>7} {:>11} {:>10} {:>10} {:>8}",
        "",
        "",
        "deposits",
        "loans",
        "used",
        "rate",
        "insurance",
        "interest",
        "lenders",
        "fees"
    );
    for bank in &report.banks {
        for (when, books) in [("before", &bank.before), ("after", &bank.after)] {
            let earned = if when == "after" {
                format!(
                    "{:>10} {:>10} {:>8}",
                    dollars(bank.interest_paid_usd),
                    dollars(bank.interest_earned_usd),
                    dollars(bank.fees_usd)
                )
            } else {
                String::new()
            };
            line!(
                text,
                "{:<6} {when:<6} {:>13} {:>13} {:>4.0} % {:>5.1} % {:>11} {earned}",
                if when == "before" { clip(&bank.symbol, 6) } else { String::new() },
                dollars(books.deposits_usd),
                dollars(books.loans_usd),
                books.utilisation_percent,
                books.borrow_rate_percent,
                dollars(books.insurance_usd)
            );
        }
        if bank.mode != "normal" {
            line!(text, "       is in {} now", bank.mode);
        }
    }
}

fn behaviour(text: &mut String, report: &Report) {
    let all = &report.behaviour;
    heading(text, "What else people did");
    prose!(
        text,
        "owners repaid {} times and borrowed more {} times · lenders left with half {} times · keepers marked {} accounts",
        thousands(all.top_ups),
        thousands(all.further_loans),
        thousands(all.lender_exits),
        thousands(all.marks)
    );
}

fn oracles(text: &mut String, report: &Report) {
    let all = &report.oracles;
    heading(text, "Oracles");
    let sources: Vec<String> =
        report.prices.iter().map(|price| format!("{} {}", price.symbol, price.sources.join(" + "))).collect();
    paragraph(text, &sources.join(" · "));
    prose!(
        text,
        "{} refreshes: {} judged by one fresh source, {} by two, {} by three",
        thousands(all.refreshes),
        thousands(all.judged_by_one_source),
        thousands(all.judged_by_two),
        thousands(all.judged_by_three)
    );
    prose!(
        text,
        "{} jumps held back for a second print, {} confirmed · sources disagreed {} times, fell silent {} times",
        all.jumps_held_back,
        all.jumps_confirmed,
        all.guarded,
        all.silences
    );
    prose!(text, "{} wild prints (5 to 40 % off) published, {} believed", all.wild_prints, all.wild_prints_believed);
}

fn invariants(text: &mut String, report: &Report) {
    heading(text, "Invariants, checked after every step");
    let counts: Vec<String> = report.invariants.iter().map(|one| format!("{} ×", thousands(one.checks))).collect();
    let wide = counts.iter().map(|count| count.chars().count()).max().unwrap_or(0);
    for (one, count) in report.invariants.iter().zip(&counts) {
        for (number, part) in wrap(one.rule, WIDTH - wide - 8).into_iter().enumerate() {
            let (id, count) = if number == 0 { (one.id.as_str(), count.as_str()) } else { ("", "") };
            line!(text, "{id:<6} {count:>wide$} {part}");
        }
    }
    prose!(
        text,
        "{} liquidations and deleverages recomputed on the host: banks and accounts equal, byte for byte",
        thousands(report.takeovers_recomputed)
    );
}

fn units(text: &mut String, report: &Report) {
    heading(text, "Compute units of a transaction");
    line!(text, "{:<22} {:>9} {:>9} {:>9} {:>9}", "", "count", "min", "median", "max");
    for one in &report.compute_units {
        line!(
            text,
            "{:<22} {:>9} {:>9} {:>9} {:>9}",
            one.instruction,
            thousands(one.count as u64),
            thousands(one.min),
            thousands(one.median),
            thousands(one.max)
        );
    }
}

fn transactions(text: &mut String, report: &Report) {
    let all = &report.transactions;
    heading(text, "Transactions");
    line!(
        text,
        "{} sent, {} succeeded, {} failed",
        thousands(all.sent),
        thousands(all.succeeded),
        thousands(all.failed)
    );
    for failure in &all.failures {
        line!(text, "{:>9} × {:<20} {}", thousands(failure.count), failure.instruction, failure.reason);
    }
}

fn verdict(text: &mut String, report: &Report) {
    heading(text, "Verdict");
    verdict_lines(text, report);
}

/// Headings and the verdict in bold, for a terminal.
pub(super) fn coloured(text: &str) -> String {
    let mut coloured = String::with_capacity(text.len() + 1_000);
    for (number, line) in text.lines().enumerate() {
        let style = if number == 0 || line.starts_with("── ") {
            "1"
        } else if line.starts_with("SOLVENT") {
            "1;32"
        } else if line.starts_with("LOSSES BORNE") {
            "1;33"
        } else if line.starts_with("UNDER WATER") {
            "1;31"
        } else {
            "0"
        };
        let _ = writeln!(coloured, "\x1b[{style}m{line}\x1b[0m");
    }
    coloured
}
