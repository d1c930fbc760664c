//! Numbers, times and small pictures as the report writes them.

use crate::demo::report::thousands;

const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `2022-11-08 13:00` of an ISO time.
pub(in crate::demo) fn moment(iso: &str) -> String {
    let text = iso.replace('T', " ");
    let text = text.trim_end_matches('Z');
    text.strip_suffix(":00").unwrap_or(text).to_owned()
}

/// Seconds in the unit people use.
pub(in crate::demo) fn spacing(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// A price path in one line.
pub(super) fn sparkline(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    // What hardly moves is drawn flat.
    let range = (high - low).max(high / 50.0);
    let place = |value: f64| ((value - low) / range * 7.0).round().clamp(0.0, 7.0) as usize;
    values.iter().map(|value| EIGHTHS[place(*value)]).collect()
}

pub(super) fn bar(value: usize, most: usize, width: usize) -> String {
    blocks(width as f64 * value as f64 / (most as f64).max(1.0))
}

/// A bar of so many columns, in eighths; something small still shows.
pub(super) fn blocks(width: f64) -> String {
    let eighths = (width * 8.0).round() as usize;
    let eighths = if width > 0.0 { eighths.max(1) } else { 0 };
    let mut text = "█".repeat(eighths / 8);
    text.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
    text
}

/// A price with five figures that matter.
pub(in crate::demo) fn quote(price: f64) -> String {
    let places = match price {
        p if p >= 1_000.0 => return thousands(price.round() as u64),
        p if p >= 10.0 => 2,
        p if p >= 0.1 => 4,
        p if p >= 0.001 => 6,
        _ => 8,
    };
    format!("{price:.places$}")
}

pub(super) fn percent(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{:.1} %", value.abs())
}

/// An amount of tokens.
pub(in crate::demo) fn amount(tokens: f64) -> String {
    if tokens >= 1_000.0 {
        thousands(tokens.round() as u64)
    } else {
        format!("{tokens:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

pub(super) fn clip(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

/// Lines of at most `width` columns, broken at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures() {
        assert_eq!(sparkline(&[1.0, 4.5, 8.0]), "▁▅█");
        assert_eq!(sparkline(&[1.0, 1.0]), "▁▁");
        assert_eq!((blocks(0.0), blocks(0.01), blocks(2.5)), (String::new(), "▏".into(), "██▌".into()));
        assert_eq!(
            (quote(20_490.74), quote(32.57), quote(0.000_04)),
            ("20,491".into(), "32.57".into(), "0.00004000".into())
        );
        assert_eq!((amount(0.5), amount(1_234.5), amount(2.0)), ("0.5".into(), "1,235".into(), "2".into()));
        assert_eq!(wrap("a bc def", 4), ["a bc", "def"]);
    }
}
