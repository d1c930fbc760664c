//! The report as one page with charts. It needs nothing else, and is the same bytes for the same run.

use std::fmt::Write as _;

use super::chart::{self, escape, Bars, Line};
use super::report::{dollars, thousands, Report};
use super::text::{amount, moment, quote, spacing};

mod perps;

const STYLE: &str = include_str!("html.css");

/// The page.
pub(super) fn render(report: &Report) -> String {
    let mut page = String::with_capacity(200_000);
    let title = escape(&report.event.title);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Ballast: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    header(&mut page, report);
    tiles(&mut page, report);
    prices(&mut page, report);
    page.push_str("<div class=\"pair\">\n");
    books(&mut page, report);
    insurance(&mut page, report);
    page.push_str("</div>\n<div class=\"pair\">\n");
    health(&mut page, report);
    liquidations(&mut page, report);
    page.push_str("</div>\n");
    losses(&mut page, report);
    perps::perps(&mut page, report);
    takers(&mut page, report);
    banks(&mut page, report);
    page.push_str("<div class=\"pair\">\n");
    units(&mut page, report);
    invariants(&mut page, report);
    page.push_str("</div>\n<div class=\"pair\">\n");
    transactions(&mut page, report);
    oracles(&mut page, report);
    page.push_str("</div>\n</main>\n</body>\n</html>\n");
    page
}

fn header(page: &mut String, report: &Report) {
    let (event, verdict) = (&report.event, &report.verdict);
    let _ = write!(
        page,
        "<header>\n<h1>{}</h1>\n<p class=\"dim\">{} to {} UTC · {} bars of {} · {} borrowers · seed {} · {} transactions on {} \
         ({} bytes)</p>\n",
        escape(&event.title),
        moment(&event.from),
        moment(&event.to),
        thousands(event.bars as u64),
        spacing(event.bar_seconds),
        thousands(report.options.accounts as u64),
        report.options.seed,
        thousands(report.transactions.sent),
        if report.program.committed { "the committed program" } else { "the program in BALLAST_ELF" },
        thousands(report.program.elf_bytes as u64)
    );
    for note in &event.notes {
        let _ = writeln!(page, "<p class=\"dim\">{}</p>", escape(note));
    }
    let (class, word) = match verdict.word() {
        "SOLVENT" => ("good", "Solvent"),
        "LOSSES BORNE" => ("fair", "Losses borne"),
        _ => ("bad", "Under water"),
    };
    let _ = write!(
        page,
        "<p class=\"verdict {class}\"><strong>{word}.</strong> {}</p>\n</header>\n",
        escape(&verdict.text)
    );
}

fn tiles(page: &mut String, report: &Report) {
    let (liquidations, losses) = (&report.liquidations, &report.losses);
    let tile = |name: &str, value: String, more: String| {
        format!("<div class=\"tile\"><span>{name}</span><b>{value}</b><small>{more}</small></div>\n")
    };
    page.push_str("<section class=\"tiles\">\n");
    page.push_str(&tile(
        "Liquidations",
        thousands(liquidations.count as u64),
        format!("of {} accounts, {} repaid", thousands(liquidations.accounts as u64), dollars(liquidations.repaid_usd)),
    ));
    page.push_str(&tile(
        "Bonuses",
        dollars(liquidations.bonus_usd),
        format!(
            "{:.2} % on average, {} to insurance",
            liquidations.mean_bonus_percent,
            dollars(liquidations.to_insurance_usd)
        ),
    ));
    page.push_str(&tile(
        "Deleverages",
        thousands(report.deleverages.count as u64),
        format!("of {} accounts, {} repaid", report.deleverages.accounts, dollars(report.deleverages.repaid_usd)),
    ));
    page.push_str(&tile(
        "Bad debt",
        dollars(losses.bad_debt_usd),
        format!(
            "{} by insurance, {} by the pool, {} by depositors",
            dollars(losses.insured_usd),
            dollars(losses.pooled_usd),
            dollars(losses.socialized_usd)
        ),
    ));
    let interest: f64 = report.banks.iter().map(|bank| bank.interest_paid_usd).sum();
    let earned: f64 = report.banks.iter().map(|bank| bank.interest_earned_usd).sum();
    page.push_str(&tile("Interest", dollars(interest), format!("{} to lenders, the rest fees", dollars(earned))));
    page.push_str("</section>\n");
}

fn prices(page: &mut String, report: &Report) {
    let history = &report.history;
    section(page, "Prices, and when collateral was seized");
    page.push_str(
        "<p class=\"dim\">A red mark is collateral of the asset seized in liquidations; taller is more.</p>\n",
    );
    page.push_str("<div class=\"pair\">\n");
    let most = history.prices.iter().flat_map(|line| line.seized_usd.iter().copied()).fold(0.0, f64::max);
    for (number, line) in history.prices.iter().enumerate() {
        let marks: Vec<(i64, f64)> = history
            .unix
            .iter()
            .zip(&line.seized_usd)
            .filter(|(_, seized)| **seized > 0.0)
            .map(|(at, seized)| (*at, (seized / most).sqrt()))
            .collect();
        let class = asset_class(number);
        let drawn = Line { name: &line.symbol, class: &class, values: &line.values };
        let price = report.prices.iter().find(|price| price.symbol == line.symbol);
        let facts = price.map_or(String::new(), |price| {
            format!("{} → {}, low {} on {}", quote(price.start), quote(price.end), quote(price.low), price.low_at)
        });
        let _ =
            write!(page, "<figure><figcaption><b>{}</b> <span class=\"dim\">{facts}</span></figcaption>", line.symbol);
        page.push_str(&chart::lines(&line.symbol, &history.unix, &[drawn], &marks, 220.0, axis, false));
        page.push_str("</figure>\n");
    }
    page.push_str("</div>\n</section>\n");
}

fn books(page: &mut String, report: &Report) {
    let history = &report.history;
    section(page, "Collateral and debt of borrowers");
    page.push_str(&chart::legend(&[("collateral", "c0"), ("debt", "c3")]));
    let lines = [
        Line { name: "collateral", class: "c0", values: &history.collateral_usd },
        Line { name: "debt", class: "c3", values: &history.debt_usd },
    ];
    page.push_str(&chart::lines("Collateral and debt", &history.unix, &lines, &[], 220.0, money, true));
    page.push_str("</section>\n");
}

fn insurance(page: &mut String, report: &Report) {
    let history = &report.history;
    section(page, "Insurance of all banks, at market prices");
    let line = Line { name: "insurance", class: "c2", values: &history.insurance_usd };
    page.push_str(&chart::lines("Insurance", &history.unix, &[line], &[], 246.0, money, true));
    page.push_str("</section>\n");
}

fn health(page: &mut String, report: &Report) {
    let health = &report.health;
    section(page, "Health factor of borrowers");
    page.push_str(&chart::legend(&[("before", "f1"), ("after", "f0")]));
    let labels: Vec<String> = health.bins.iter().map(|bin| short(&bin.label)).collect();
    let groups = [
        Bars { name: "before", class: "f1", values: health.bins.iter().map(|bin| bin.before as f64).collect() },
        Bars { name: "after", class: "f0", values: health.bins.iter().map(|bin| bin.after as f64).collect() },
    ];
    page.push_str(&chart::bars("Health factor before and after", &labels, &groups, 240.0, count));
    let _ = writeln!(
        page,
        "<p class=\"dim\">Median {:.2} before, {:.2} after; lowest {:.2} and {:.2}.</p>",
        health.before.median_factor,
        health.after.median_factor,
        health.before.lowest_factor,
        health.after.lowest_factor
    );
    page.push_str("</section>\n");
}

fn liquidations(page: &mut String, report: &Report) {
    let all = &report.liquidations;
    let days = all.period_seconds >= 86_400;
    section(page, if days { "Liquidated debt by day" } else { "Liquidated debt over time" });
    let labels: Vec<String> = all
        .by_period
        .iter()
        .map(|period| if days { period.from[5..10].to_owned() } else { period.from[11..].to_owned() })
        .collect();
    let groups = [Bars {
        name: "debt repaid",
        class: "f4",
        values: all.by_period.iter().map(|period| period.liquidated_usd).collect(),
    }];
    page.push_str(&chart::bars("Liquidated debt", &labels, &groups, 266.0, money));
    if let Some(largest) = &all.largest {
        let _ = writeln!(
            page,
            "<p class=\"dim\">The largest: {} of {} against {} at {}, health factor {:.3} → {:.3}.</p>",
            dollars(largest.repaid_usd),
            largest.loan,
            largest.collateral,
            moment(&largest.at),
            largest.factor_before,
            largest.factor_after
        );
    }
    page.push_str("</section>\n");
}

fn losses(page: &mut String, report: &Report) {
    let losses = &report.losses;
    section(page, "Bad debt, and who bore it");
    if losses.count == 0 {
        page.push_str("<p>None.</p>\n</section>\n");
        return;
    }
    let mut rows = Vec::new();
    for bank in &losses.banks {
        rows.push(vec![
            bank.symbol.clone(),
            bank.count.to_string(),
            amount(bank.deficit),
            amount(bank.insured),
            amount(bank.pooled),
            amount(bank.socialized),
            dollars(bank.deficit_usd),
            format!("{:.4} %", bank.haircut_percent),
        ]);
    }
    table(
        page,
        &["Bank", "Debts", "Unpaid", "By insurance", "By the pool", "By depositors", "In USD", "Of a deposit"],
        &rows,
    );
    let rows: Vec<Vec<String>> = losses
        .holders
        .iter()
        .map(|holder| {
            vec![
                format!("{}, {}", holder.bank, holder.kind),
                holder.accounts.to_string(),
                amount(holder.tokens),
                dollars(holder.usd),
            ]
        })
        .collect();
    if !rows.is_empty() {
        table(page, &["Depositors", "Accounts", "Bore", "In USD"], &rows);
    }
    page.push_str("</section>\n");
}

fn takers(page: &mut String, report: &Report) {
    section(page, "Who took over what");
    let rows: Vec<Vec<String>> = report
        .liquidators
        .iter()
        .map(|taker| {
            vec![
                taker.name.clone(),
                format!("{} s", taker.delay_seconds),
                dollars(taker.capital_usd),
                thousands(taker.liquidations as u64),
                thousands(taker.deleverages as u64),
                dollars(taker.taken_usd),
                dollars(taker.profit_usd),
            ]
        })
        .collect();
    table(page, &["", "Delay", "Capital", "Liquidations", "Deleverages", "Taken over", "Profit"], &rows);
    page.push_str("</section>\n");
}

fn banks(page: &mut String, report: &Report) {
    section(page, "Banks");
    let mut rows = Vec::new();
    for bank in &report.banks {
        let arrow = |before: String, after: String| format!("{before} → {after}");
        rows.push(vec![
            bank.symbol.clone(),
            arrow(dollars(bank.before.deposits_usd), dollars(bank.after.deposits_usd)),
            arrow(dollars(bank.before.loans_usd), dollars(bank.after.loans_usd)),
            format!("{:.0} % → {:.0} %", bank.before.utilisation_percent, bank.after.utilisation_percent),
            arrow(dollars(bank.before.insurance_usd), dollars(bank.after.insurance_usd)),
            dollars(bank.interest_paid_usd),
            dollars(bank.interest_earned_usd),
            bank.mode.to_owned(),
        ]);
    }
    table(page, &["", "Deposits", "Loans", "Used", "Insurance", "Interest paid", "To lenders", "Mode"], &rows);
    page.push_str("</section>\n");
}

fn units(page: &mut String, report: &Report) {
    section(page, "Compute units of a transaction");
    let rows: Vec<Vec<String>> = report
        .compute_units
        .iter()
        .map(|one| {
            let mut row = vec![format!("<code>{}</code>", one.instruction)];
            row.extend([one.count as u64, one.min, one.median, one.max].map(thousands));
            row
        })
        .collect();
    table(page, &["Instruction", "Count", "Min", "Median", "Max"], &rows);
    page.push_str("</section>\n");
}

fn invariants(page: &mut String, report: &Report) {
    section(page, "Invariants, checked after every step");
    let rows: Vec<Vec<String>> = report
        .invariants
        .iter()
        .map(|one| vec![format!("{} {}", one.id, escape(one.rule)), thousands(one.checks)])
        .collect();
    table(page, &["", "Checks"], &rows);
    let _ = writeln!(
        page,
        "<p class=\"dim\">{} liquidations and deleverages were recomputed on the host: equal, byte for byte.</p>\n</section>",
        thousands(report.takeovers_recomputed)
    );
}

fn transactions(page: &mut String, report: &Report) {
    let all = &report.transactions;
    section(page, "Transactions");
    let _ = writeln!(
        page,
        "<p>{} sent, {} succeeded, {} failed.</p>",
        thousands(all.sent),
        thousands(all.succeeded),
        thousands(all.failed)
    );
    let rows: Vec<Vec<String>> = all
        .failures
        .iter()
        .map(|one| vec![format!("<code>{}</code> {}", one.instruction, escape(&one.reason)), thousands(one.count)])
        .collect();
    if !rows.is_empty() {
        table(page, &["Failed", "Times"], &rows);
    }
    page.push_str("</section>\n");
}

fn oracles(page: &mut String, report: &Report) {
    let all = &report.oracles;
    section(page, "Oracles");
    let mut rows: Vec<Vec<String>> = report
        .prices
        .iter()
        .map(|price| vec![format!("sources of {}", price.symbol), price.sources.join(", ")])
        .collect();
    for (name, value) in [
        ("refreshes", all.refreshes),
        ("judged by one fresh source", all.judged_by_one_source),
        ("by two", all.judged_by_two),
        ("by three", all.judged_by_three),
        ("jumps held back for a second print", all.jumps_held_back),
        ("of these confirmed", all.jumps_confirmed),
        ("refreshes with disagreement", all.guarded),
        ("silences of a source", all.silences),
        ("wild prints", all.wild_prints),
        ("of these believed", all.wild_prints_believed),
    ] {
        rows.push(vec![name.to_owned(), thousands(value)]);
    }
    table(page, &["", ""], &rows);
    page.push_str("</section>\n");
}

fn section(page: &mut String, title: &str) {
    let _ = writeln!(page, "<section>\n<h2>{title}</h2>");
}

/// A table; its cells are HTML already.
fn table(page: &mut String, heads: &[&str], rows: &[Vec<String>]) {
    page.push_str("<div class=\"scroll\"><table>\n");
    if heads.iter().any(|head| !head.is_empty()) {
        page.push_str("<tr>");
        for head in heads {
            let _ = write!(page, "<th>{head}</th>");
        }
        page.push_str("</tr>\n");
    }
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{cell}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
}

fn asset_class(number: usize) -> String {
    format!("c{}", number % 6)
}

/// A bin under its bar: where it begins.
fn short(label: &str) -> String {
    match label.split_once(" – ").or_else(|| label.split_once(" and more")) {
        Some((from, _)) => format!("≥ {from}"),
        None => label.replace("below ", "< "),
    }
}

/// A price at a grid line, which is a round number.
fn axis(value: f64) -> String {
    if value >= 999.5 {
        return quote(value);
    }
    let text = format!("{value:.8}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn count(value: f64) -> String {
    format!("{value:.0}")
}

/// `$1.2 m`.
fn money(value: f64) -> String {
    match value {
        v if v >= 999.95e6 => format!("${:.1} bn", v / 1e9),
        v if v >= 999.5e3 => format!("${:.1} m", v / 1e6),
        v if v >= 999.5 => format!("${:.0} k", v / 1e3),
        v => format!("${v:.0}"),
    }
}
