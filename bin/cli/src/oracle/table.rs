//! Inspections for people: a table of prices, and below it what each account is.

use std::fmt::Write as _;

use ballast_oracle::Provider;

use super::{decimal, inspection::Inspection};
use crate::utc;

const COLUMNS: usize = 11;
const HEADINGS: [&str; COLUMNS] = [
    "#",
    "ACCOUNT",
    "PROVIDER",
    "PRICE",
    "CONFIDENCE",
    "% OF PRICE",
    "PUBLISHED (UTC)",
    "UNIX",
    "AGE",
    "SLOT",
    "VERDICT",
];
/// Columns of text start at the left; numbers end at the right.
const TEXT: [usize; 4] = [1, 2, 6, 10];
/// Shown only if there is a time to measure it at.
const AGE: usize = 8;

/// The table and the details. Nothing at all if there is no account.
pub(super) fn render(inspections: &[Inspection], at: Option<i64>) -> String {
    let mut rows = vec![HEADINGS.map(String::from)];
    rows.extend(inspections.iter().enumerate().map(|(index, inspection)| row(index + 1, inspection, at)));
    let mut text = String::new();
    if inspections.is_empty() {
        return text;
    }
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate().filter(|(column, _)| *column != AGE || at.is_some());
        let line: Vec<String> = cells
            .map(
                |(column, (cell, width))| {
                    if TEXT.contains(&column) {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                },
            )
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    for (index, inspection) in inspections.iter().enumerate() {
        details(&mut text, &rows[index + 1][0], widths[0], inspection);
    }
    text
}

fn row(number: usize, inspection: &Inspection, at: Option<i64>) -> [String; COLUMNS] {
    let none = || String::from("-");
    let number = number.to_string();
    let account = inspection.account.map_or_else(none, |account| short(&account.to_string()));
    let provider = inspection.provider.map_or_else(none, |provider| provider.to_string());
    match inspection.verdict {
        Ok(seen) => [
            number,
            account,
            provider,
            decimal::signed(seen.price, seen.exponent),
            decimal::unsigned(seen.confidence, seen.exponent),
            decimal::percent(seen.confidence, seen.price.unsigned_abs()).unwrap_or_else(none),
            utc::human(seen.publish_time).unwrap_or_else(none),
            seen.publish_time.to_string(),
            at.map_or_else(none, |at| age(i128::from(at) - i128::from(seen.publish_time))),
            seen.slot.to_string(),
            String::from("ok"),
        ],
        Err(error) => {
            let verdict = format!("refused: {} ({})", error.name(), error.code());
            let [price, confidence, percent, utc, unix, age, slot] = std::array::from_fn(|_| none());
            [number, account, provider, price, confidence, percent, utc, unix, age, slot, verdict]
        }
    }
}

/// `7UVi…iLiE`: enough to find the details below.
fn short(address: &str) -> String {
    let (start, end) = (address.get(..4), address.len().checked_sub(4).and_then(|at| address.get(at..)));
    match (start, end) {
        (Some(start), Some(end)) => format!("{start}…{end}"),
        _ => address.to_owned(),
    }
}

/// `42 s`, `3 d 04:05:06`; a price from the future says so.
fn age(seconds: i128) -> String {
    if seconds < 0 {
        return format!("{} s ahead", -seconds);
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    match (days, rest) {
        (0, rest) if rest < 120 => format!("{rest} s"),
        (days, rest) => {
            let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
            if days == 0 {
                clock
            } else {
                format!("{days} d {clock}")
            }
        }
    }
}

/// A block under the table: whose account this is, what it is about, and what else there is to say.
fn details(text: &mut String, number: &str, width: usize, inspection: &Inspection) {
    let account = inspection.account.map_or_else(|| String::from("(address not in the dump)"), |key| key.to_string());
    let _ = writeln!(text, "\n{number:>width$}  account  {account}");
    for (label, value) in facts(inspection) {
        let _ = writeln!(text, "{:width$}  {label:<7}  {value}", "");
    }
}

fn facts(inspection: &Inspection) -> Vec<(&'static str, String)> {
    let owner_name = inspection.owner_name.unwrap_or("unknown program");
    let mut facts = vec![
        ("owner", format!("{}  {owner_name}", inspection.owner)),
        ("kind", format!("{}, {} bytes", inspection.kind, inspection.bytes)),
    ];
    if let Some(id) = inspection.feed_id {
        facts.push(match inspection.provider {
            Some(Provider::PythLegacy) => ("product", id.to_string()),
            Some(Provider::SwitchboardOnDemand | Provider::SwitchboardV2) => ("jobs", id.hex()),
            _ => ("feed", id.hex()),
        });
    }
    facts.extend(inspection.name.iter().map(|name| ("name", name.clone())));
    facts.push(("file", inspection.file.clone()));
    facts.extend(inspection.verdict.err().map(|error| ("refused", error.to_string())));
    facts.extend(inspection.notes.iter().map(|note| ("note", note.clone())));
    facts
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages() {
        for (seconds, printed) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "00:02:00"),
            (86_399, "23:59:59"),
            (86_400, "1 d 00:00:00"),
            (273_906, "3 d 04:05:06"),
            (-5, "5 s ahead"),
            (i128::from(i64::MAX) - i128::from(i64::MIN), "213503982334601 d 07:00:15"),
        ] {
            assert_eq!(age(seconds), printed);
        }
    }
}
