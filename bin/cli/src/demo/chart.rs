//! Charts as inline SVG: no script, no font, nothing from elsewhere. Colours are classes of the page's style.

use std::fmt::Write as _;

use crate::utc;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;

/// A line with its name and the class of its colour.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: &'a str,
    pub(crate) values: &'a [f64],
}

/// A group of bars.
#[derive(Debug)]
pub(crate) struct Bars<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: &'a str,
    pub(crate) values: Vec<f64>,
}

/// Marks under a line chart: when, and how tall, from 0 to 1.
pub(crate) type Mark = (i64, f64);

/// Lines over time. `marks` stand on the time axis.
pub(crate) fn lines(
    label: &str,
    unix: &[i64],
    lines: &[Line<'_>],
    marks: &[Mark],
    height: f64,
    shown: fn(f64) -> String,
    from_zero: bool,
) -> String {
    let (Some(&first), Some(&last)) = (unix.first(), unix.last()) else { return String::new() };
    let all = || lines.iter().flat_map(|line| line.values.iter().copied());
    let high = all().fold(0.0, f64::max);
    let low = if from_zero { 0.0 } else { all().fold(f64::INFINITY, f64::min) };
    let (low, high, step) = scale(low, high);
    let x = |at: i64| LEFT + (WIDTH - LEFT - RIGHT) * (at - first) as f64 / ((last - first).max(1)) as f64;
    let y = |value: f64| TOP + (height - TOP - BOTTOM) * (high - value) / (high - low);

    let mut svg = open(label, height);
    grid(&mut svg, low, high, step, height, shown);
    for part in 0..6 {
        let at = first + (last - first) * part / 5;
        let anchor = ["start", "middle", "middle", "middle", "middle", "end"][usize::try_from(part).unwrap_or(0)];
        let text = match last - first {
            window if window <= 100_000 => utc::minute(at)[11..].to_owned(),
            window if window <= 172_800 => utc::minute(at)[5..].to_owned(),
            _ => utc::day(at)[5..].to_owned(),
        };
        let _ = write!(
            svg,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>",
            x(at),
            height - 6.0
        );
    }
    for (at, size) in marks {
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1:.1}\" y2=\"{2:.1}\"/>",
            x(*at),
            height - BOTTOM,
            height - BOTTOM - 4.0 - 26.0 * size
        );
    }
    for line in lines {
        let mut points = String::new();
        for (at, value) in unix.iter().zip(line.values) {
            let _ = write!(points, "{:.1},{:.1} ", x(*at), y(*value));
        }
        let _ = write!(
            svg,
            "<polyline class=\"line {}\" points=\"{}\"><title>{}</title></polyline>",
            line.class,
            points.trim_end(),
            escape(line.name)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Bars side by side over labels.
pub(crate) fn bars(
    label: &str,
    labels: &[String],
    groups: &[Bars<'_>],
    height: f64,
    shown: fn(f64) -> String,
) -> String {
    let most = groups.iter().flat_map(|group| group.values.iter().copied()).fold(0.0, f64::max);
    let (low, high, step) = scale(0.0, most);
    let mut svg = open(label, height);
    grid(&mut svg, low, high, step, height, shown);
    let slot = (WIDTH - LEFT - RIGHT) / labels.len().max(1) as f64;
    let wide = slot * 0.76 / groups.len().max(1) as f64;
    let every = labels.len().div_ceil(12).max(1);
    for (place, label) in labels.iter().enumerate() {
        let start = LEFT + slot * place as f64 + slot * 0.12;
        for (number, group) in groups.iter().enumerate() {
            let value = group.values.get(place).copied().unwrap_or(0.0);
            if value <= 0.0 {
                continue;
            }
            let tall = ((height - TOP - BOTTOM) * value / high).max(1.0);
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\" rx=\"1.5\">\
                 <title>{}, {}: {}</title></rect>",
                group.class,
                start + wide * number as f64,
                height - BOTTOM - tall,
                escape(label),
                escape(group.name),
                shown(value)
            );
        }
        if place % every == 0 {
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                LEFT + slot * (place as f64 + 0.5),
                height - 6.0,
                escape(label)
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Names of lines or bars with their colours.
pub(crate) fn legend(entries: &[(&str, &str)]) -> String {
    let mut text = String::from("<p class=\"legend\">");
    for (name, class) in entries {
        let _ = write!(text, "<span><i class=\"{class}\"></i>{}</span>", escape(name));
    }
    text.push_str("</p>\n");
    text
}

fn open(label: &str, height: f64) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">", escape(label))
}

fn grid(svg: &mut String, low: f64, high: f64, step: f64, height: f64, shown: fn(f64) -> String) {
    let many = ((high - low) / step).round() as usize;
    for number in 0..=many {
        let value = low + step * number as f64;
        let y = TOP + (height - TOP - BOTTOM) * (high - value) / (high - low);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 3.5,
            shown(value)
        );
    }
}

/// Round bounds around a range, and the step between grid lines: three to six of them.
fn scale(low: f64, high: f64) -> (f64, f64, f64) {
    let range = if high > low { high - low } else { high.abs().max(1e-9) };
    let mut power = 1e-12;
    while power * 10.0 <= range {
        power *= 10.0;
    }
    let step = [0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| range / step <= 5.0)
        .unwrap_or(power * 5.0);
    let (low, mut top) = ((low / step).floor() * step, (high / step).ceil() * step);
    if top <= low {
        top = low + step;
    }
    (low, top, step)
}

/// Text between tags and in attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_the_range() {
        for (low, high) in [(0.0, 7.0), (0.0, 1.0), (10.94, 38.8), (0.000_04, 79.0), (0.0, 0.0), (5.0, 5.0), (0.0, 3e9)]
        {
            let (from, to, step) = scale(low, high);
            assert!(from <= low && to >= high && step > 0.0, "{low} {high}: {from} {to} {step}");
            assert!((to - from) / step <= 7.5, "{low} {high}: {from} {to} {step}");
        }
    }

    #[test]
    fn nothing_to_draw_draws_nothing() {
        assert_eq!(lines("x", &[], &[], &[], 100.0, |v| v.to_string(), true), "");
        assert!(bars("a < b", &[], &[], 100.0, |v| v.to_string()).contains("a &lt; b"));
    }
}
