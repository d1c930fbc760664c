//! The report's first lines as a picture of a terminal, for the README. Bars are drawn, not written: fonts do not agree what
//! a block looks like.

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
         <g font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">\n",
        width / 2
    );
    for (number, line) in shown.iter().enumerate() {
        row(&mut svg, line, BAR + MARGIN + number * ROW, colour(number, line));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn colour(number: usize, line: &str) -> &'static str {
    if number == 0 || line.starts_with("── ") {
        "#7cc4ff"
    } else if line.starts_with("SOLVENT") {
        "#5fd38d"
    } else if line.starts_with("LOSSES") {
        "#f2c14e"
    } else if line.starts_with("UNDER") {
        "#ff7b72"
    } else {
        "#d6deeb"
    }
}

/// One line: runs of letters as text of a stated length, runs of blocks as rectangles.
fn row(svg: &mut String, line: &str, y: usize, colour: &str) {
    let letters: Vec<char> = line.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let kind = block(letters[at]);
        let run = letters[at..].iter().take_while(|letter| block(**letter) == kind).count();
        let x = MARGIN as f64 + at as f64 * COLUMN;
        let length = run as f64 * COLUMN;
        match kind {
            Some((wide, tall)) => {
                // Of a row, the upper sixteenth stays free.
                let height = (ROW as f64 - 3.0) * tall;
                let _ = write!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#5b9bd5\"/>",
                    y as f64 + 3.0 - height,
                    length - COLUMN * (1.0 - wide)
                );
            }
            None => {
                let run: String = letters[at..at + run].iter().collect();
                if !run.trim().is_empty() {
                    // Leading and trailing spaces are left out: not every viewer keeps them.
                    let lead = run.chars().take_while(|letter| *letter == ' ').count();
                    let body = run.trim();
                    let _ = write!(
                        svg,
                        "<text x=\"{:.1}\" y=\"{y}\" fill=\"{colour}\" textLength=\"{:.1}\" \
                         lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                        x + lead as f64 * COLUMN,
                        body.chars().count() as f64 * COLUMN,
                        escape(body)
                    );
                }
            }
        }
        at += run;
    }
    svg.push('\n');
}

/// Width and height of a block character, as parts of its cell.
fn block(letter: char) -> Option<(f64, f64)> {
    match letter {
        '█' => Some((1.0, 1.0)),
        '▁'..='▇' => Some((1.0, f64::from(u32::from(letter) - 0x2580) / 8.0)),
        '▉'..='▏' => Some((f64::from(0x2590 - u32::from(letter)) / 8.0, 1.0)),
        _ => None,
    }
}

/// Text between tags; its spaces are unbreakable ones, which every viewer keeps.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_parts_of_a_cell() {
        assert_eq!((block('█'), block('▁'), block('▏')), (Some((1.0, 1.0)), Some((1.0, 0.125)), Some((0.125, 1.0))));
        assert_eq!((block('▄'), block('▌'), block('a')), (Some((1.0, 0.5)), Some((0.5, 1.0)), None));
    }

    #[test]
    fn a_picture() {
        let svg = render("a < b ██▌\n\nleft out", 2);
        assert!(svg.contains("a\u{a0}&lt;\u{a0}b") && !svg.contains("left") && !svg.contains('█'));
        assert_eq!(svg.matches("<rect").count(), 3);
    }
}
