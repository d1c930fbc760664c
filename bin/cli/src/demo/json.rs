//! The report for machines: one JSON document, its fields in the order of [`Report`].

use super::report::Report;

/// Pretty-printed, with a newline at the end.
pub(super) fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
