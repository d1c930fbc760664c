//! A chart with its title and legend, in a page or as a file of its own.

use crate::demo::chart::{self, escape, Bars, Line};

const WIDTH: u32 = 720;
/// Of a file of its own, for title and legend.
const HEAD: u32 = 62;
/// Colours of the classes, as the page's style has them in the light.
const STYLE: &str = "text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #1b2230; } \
    .title { font-size: 16px; font-weight: 600; } .tick { fill: #5c677a; } .grid { stroke: #e3e7ee; } \
    .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } \
    .line.c0 { stroke: #2563eb; } .line.c2 { stroke: #0f8a6d; } .line.c4 { stroke: #d92d4a; } \
    .f0, .k.c0 { fill: #2563eb; } .k.c2 { fill: #0f8a6d; } .f4, .k.c4 { fill: #d92d4a; } .f1 { fill: #98a1b0; }";

/// A name in the legend and the class of its colour.
type Entry = (&'static str, &'static str);

#[derive(Clone, Debug)]
pub(super) struct Picture {
    title: String,
    legend: Vec<Entry>,
    height: u32,
    chart: String,
}

impl Picture {
    /// Groups of bars, in dollars.
    pub(super) fn bars(title: &str, labels: &[String], groups: &[(Entry, Vec<f64>)]) -> Self {
        let bars: Vec<Bars<'_>> =
            groups.iter().map(|((name, class), values)| Bars { name, class, values: values.clone() }).collect();
        let chart = chart::bars(title, labels, &bars, 260.0, money);
        Self::of(title, groups.iter().map(|(entry, _)| *entry).collect(), 260, chart)
    }

    /// Lines over time, in dollars.
    pub(super) fn lines(title: &str, unix: &[i64], lines: &[(Entry, Vec<f64>)]) -> Self {
        let drawn: Vec<Line<'_>> = lines.iter().map(|((name, class), values)| Line { name, class, values }).collect();
        let chart = chart::lines(title, unix, &drawn, &[], 260.0, money, true);
        Self::of(title, lines.iter().map(|(entry, _)| *entry).collect(), 260, chart)
    }

    fn of(title: &str, legend: Vec<Entry>, height: u32, chart: String) -> Self {
        Self { title: title.to_owned(), legend, height, chart }
    }

    /// For a page that has the style.
    pub(super) fn inline(&self) -> String {
        format!("<h2>{}</h2>\n{}{}", escape(&self.title), chart::legend(&self.legend), self.chart)
    }

    /// A file of its own.
    pub(super) fn file(&self) -> String {
        let height = self.height + HEAD;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\"/>\n\
             <text class=\"title\" x=\"16\" y=\"26\">{title}</text>\n",
            title = escape(&self.title)
        );
        let mut x = 16;
        for (name, class) in &self.legend {
            svg += &format!(
                "<rect class=\"k {class}\" x=\"{x}\" y=\"39\" width=\"10\" height=\"10\" rx=\"3\"/>\
                 <text class=\"tick\" x=\"{}\" y=\"49\">{}</text>\n",
                x + 15,
                escape(name)
            );
            x += 34 + 7 * name.chars().count();
        }
        let placed = format!("<svg y=\"{HEAD}\" width=\"{WIDTH}\" height=\"{}\" viewBox", self.height);
        svg += &self.chart.replacen("<svg viewBox", &placed, 1);
        svg + "</svg>\n"
    }
}

/// Dollars on an axis: two decimals at most.
fn money(value: f64) -> String {
    let (shown, unit) = match value {
        large if large >= 1e6 => (large / 1e6, " M"),
        small if small >= 1e3 => (small / 1e3, " k"),
        other => (other, ""),
    };
    let text = format!("{shown:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_short_numbers() {
        assert_eq!(
            [0.0, 0.5, 20.0, 2_500.0, 2e6 - 1e-9, 12.5e6].map(money),
            ["0", "0.5", "20", "2.5 k", "2 M", "12.5 M"]
        );
    }

    #[test]
    fn a_file_of_its_own_has_all_that_the_chart_has() {
        let labels = ["a < b".to_owned()];
        let picture = Picture::bars("Title & more", &labels, &[(("needed", "f1"), vec![2.0])]);
        let file = picture.file();
        assert!(file.starts_with("<svg xmlns") && file.ends_with("</svg>\n</svg>\n"), "{file}");
        for part in ["Title &amp; more", "a &lt; b", "needed", ".f1 {"] {
            assert!(file.contains(part), "{part}");
        }
        assert!(picture.inline().contains("<i class=\"f1\"></i>needed"));
    }
}
