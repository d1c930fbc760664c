//! What a replay prints: paragraphs, tables and a picture; as text in Markdown, and as a page.

use std::fmt::Write as _;

use super::picture::Picture;
use crate::demo::chart::escape;

const STYLE: &str = include_str!("../demo/html.css");

/// A table; the first column is words, the others are numbers.
#[derive(Clone, Debug)]
pub(super) struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heads: &[&str]) -> Self {
        Self { heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// In Markdown, the columns below each other.
    fn text(&self) -> String {
        let lines = || std::iter::once(&self.heads).chain(&self.rows);
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|column| lines().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max())
            .map(|width| width.unwrap_or(0).max(3))
            .collect();
        let line = |cells: &[String]| {
            let mut line = String::from("|");
            for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                let _ = if column == 0 { write!(line, " {cell:<width$} |") } else { write!(line, " {cell:>width$} |") };
            }
            line + "\n"
        };
        let rule: Vec<String> = (0..widths.len())
            .map(|column| if column == 0 { "-".repeat(widths[column]) } else { "-".repeat(widths[column] - 1) + ":" })
            .collect();
        let mut text = line(&self.heads) + &line(&rule);
        for row in &self.rows {
            text += &line(row);
        }
        text
    }

    fn html(&self) -> String {
        let row = |cells: &[String], tag: &str| {
            let cells: Vec<String> = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
            format!("<tr>{}</tr>\n", cells.concat())
        };
        let rows: Vec<String> = self.rows.iter().map(|cells| row(cells, "td")).collect();
        format!("<div class=\"scroll\"><table>\n{}{}</table></div>\n", row(&self.heads, "th"), rows.concat())
    }
}

#[derive(Clone, Debug)]
enum Part {
    Words(String),
    Numbers(Table),
}

/// All that a replay has to say.
#[derive(Clone, Debug)]
pub(super) struct Report {
    title: String,
    parts: Vec<Part>,
    pub(super) picture: Picture,
}

impl Report {
    pub(super) fn new(title: &str, picture: Picture) -> Self {
        Self { title: title.to_owned(), parts: Vec::new(), picture }
    }

    pub(super) fn words(&mut self, text: &str) {
        self.parts.push(Part::Words(text.to_owned()));
    }

    pub(super) fn table(&mut self, table: Table) {
        self.parts.push(Part::Numbers(table));
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for part in &self.parts {
            let part = match part {
                Part::Words(words) => format!("{words}\n"),
                Part::Numbers(table) => table.text(),
            };
            text += "\n";
            text += &part;
        }
        text
    }

    pub(super) fn html(&self) -> String {
        let title = escape(&self.title);
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Ballast: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
             <section>\n{}</section>\n<section>\n",
            self.picture.inline()
        );
        for part in &self.parts {
            match part {
                Part::Words(words) => {
                    let _ = writeln!(page, "<p>{}</p>", escape(words));
                }
                Part::Numbers(table) => page += &table.html(),
            }
        }
        page + "</section>\n</main>\n</body>\n</html>\n"
    }
}

/// Whole dollars of so many atoms, rounded to the nearest.
pub(super) fn dollars(atoms: i128) -> String {
    grouped(atoms, 1_000_000, 0)
}

/// Dollars and cents.
pub(super) fn cents(atoms: i128) -> String {
    grouped(atoms, 10_000, 2)
}

/// A number with a comma in every thousand, so many digits of it after the point.
fn grouped(atoms: i128, unit: i128, digits: u32) -> String {
    let rounded = (atoms.abs() + unit / 2) / unit;
    let scale = 10i128.pow(digits);
    let (whole, part) = (rounded / scale, rounded % scale);
    let sign = if atoms < 0 && rounded > 0 { "-" } else { "" };
    let tail = if digits == 0 { String::new() } else { format!(".{part:0>width$}", width = digits as usize) };
    format!("{sign}{}{tail}", thousands(whole))
}

/// A comma in every thousand.
pub(super) fn thousands(number: i128) -> String {
    let plain = number.to_string();
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_to_the_nearest() {
        assert_eq!([0, 499_999, 500_000, 1_234_567_499_999].map(dollars), ["0", "0", "1", "1,234,567"]);
        assert_eq!([-499_999, -500_000].map(dollars), ["0", "-1"]);
        assert_eq!([0, 4_999, 45_028_665_719_137, -7_000].map(cents), ["0.00", "0.00", "45,028,665.72", "-0.01"]);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new(&["rule", "$"]);
        table.row(vec!["a".to_owned(), "1,000".to_owned()]);
        assert_eq!(table.text(), "| rule |     $ |\n| ---- | ----: |\n| a    | 1,000 |\n");
        assert!(table.html().contains("<td>1,000</td>"));
    }
}
