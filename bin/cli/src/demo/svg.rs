//! The report's first lines as a picture of a terminal, for the README.

use std::fmt::Write as _;

use super::text::WIDTH;

const COLUMN: f64 = 8.4;
const ROW: usize = 18;
const MARGIN: usize = 20;
const BAR: usize = 36;

/// The first `lines` lines.
pub(super) fn render(text: &str, lines: usize) -> String {
    let shown: Vec<&str> = text.lines().take(lines).collect();
    let width = (WIDTH as f64 * COLUMN) as usize + 2 * MARGIN;
    let height = BAR + shown.len() * ROW + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Report of the demonstration in a terminal\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#11151c\"/>\n\
         <circle cx=\"22\" cy=\"20\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"42\" cy=\"20\" r=\"6\" fill=\"#febc2e\"/>\
         <circle cx=\"62\" cy=\"20\" r=\"6\" fill=\"#28c840\"/>\n\
         <text x=\"{}\" y=\"25\" fill=\"#8b95a7\" font-family=\"sans-serif\" font-size=\"13\" text-anchor=\"middle\">cargo \
         demo</text>\n\
         <g font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n",
        width / 2
    );
    for (number, line) in shown.iter().enumerate() {
        let columns = line.chars().count();
        if columns == 0 {
            continue;
        }
        let y = BAR + MARGIN + number * ROW;
        let colour = if number == 0 || line.starts_with("── ") {
            "#7cc4ff"
        } else if line.starts_with("SOLVENT") {
            "#5fd38d"
        } else if line.starts_with("UNDER") {
            "#ff7b72"
        } else {
            "#d6deeb"
        };
        // The length is stated: fonts do not agree how wide a block is.
        let length = columns as f64 * COLUMN;
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"{colour}\" textLength=\"{length:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            escape(line)
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Text between tags. Spaces are kept by unbreakable ones: not every viewer honours `xml:space`.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}
