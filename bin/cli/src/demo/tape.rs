//! What is replayed: the prices of every asset at every second of one window.

use super::events::Event;
use super::prices::{Series, SCALE};
use crate::utc;

/// The stablecoin everything is lent in.
pub(super) const QUOTE: &str = "USDC";
/// Assets in the order in which they are listed; others follow.
const ORDER: [&str; 4] = [QUOTE, "SOL", "ETH", "BTC"];
/// Longest time without a print: keepers keep every price younger than the minute that liquidations ask for.
const KEEP_ALIVE: i64 = 60;
/// Largest rise over the first price.
const MOST_RISE: u64 = 1_000;

/// An asset's price as a line through its bars.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// Symbol.
    pub(super) symbol: String,
    /// Corners: unix seconds and price, in order.
    knots: Vec<(i64, u64)>,
    /// Lowest price and when.
    pub(super) low: (i64, u64),
    /// Highest price and when.
    pub(super) high: (i64, u64),
    /// Deepest fall from a high before it, in basis points.
    pub(super) drawdown_bps: u64,
    /// Largest fall inside one bar, from its open to its low, in basis points, and when.
    pub(super) worst_bar: (i64, u64),
}

impl Path {
    /// Through open, the nearer extreme, the other extreme and close of every bar. A bar that closes above its open went
    /// down first, one that closes below went up first.
    fn of(series: &Series) -> Self {
        let mut path = Self {
            symbol: series.symbol.clone(),
            knots: Vec::with_capacity(series.bars.len() * 4),
            low: (0, u64::MAX),
            high: (0, 0),
            drawdown_bps: 0,
            worst_bar: (series.bars[0].start, 0),
        };
        for (index, bar) in series.bars.iter().enumerate() {
            let length = series.end_of(index) - bar.start;
            if let Some(&(last, price)) = path.knots.last() {
                // Where bars are missing the last close holds until a minute before the next one.
                if bar.start - last > series.spacing {
                    path.push(bar.start - 60, price);
                }
            }
            let [first, second] = if bar.close >= bar.open { [bar.low, bar.high] } else { [bar.high, bar.low] };
            path.push(bar.start, bar.open);
            path.push(bar.start + length / 3, first);
            path.push(bar.start + length * 2 / 3, second);
            path.push(bar.start + length - (length / 30).max(1), bar.close);
            let fall = bps(bar.open - bar.low, bar.open);
            if fall > path.worst_bar.1 {
                path.worst_bar = (bar.start, fall);
            }
        }
        let mut peak = 0;
        for &(ts, price) in &path.knots {
            if price < path.low.1 {
                path.low = (ts, price);
            }
            if price > path.high.1 {
                path.high = (ts, price);
            }
            peak = peak.max(price);
            path.drawdown_bps = path.drawdown_bps.max(bps(peak - price, peak));
        }
        path
    }

    fn constant(symbol: &str, price: u64, from: i64) -> Self {
        let knots = vec![(from, price)];
        let at = (from, price);
        Self { symbol: symbol.to_owned(), knots, low: at, high: at, drawdown_bps: 0, worst_bar: (from, 0) }
    }

    /// Adds a corner. Of two in the same second the one further from the corner before stays.
    fn push(&mut self, ts: i64, price: u64) {
        match self.knots.last().copied() {
            Some((last, held)) if last >= ts => {
                let before = self.knots.len().checked_sub(2).map_or(held, |index| self.knots[index].1);
                if price.abs_diff(before) > held.abs_diff(before) {
                    if let Some(knot) = self.knots.last_mut() {
                        knot.1 = price;
                    }
                }
            }
            _ => self.knots.push((ts, price)),
        }
    }

    /// The price at a second: on the line between the corners around it.
    pub(super) fn at(&self, ts: i64) -> u64 {
        let next = self.knots.partition_point(|knot| knot.0 <= ts);
        let Some(&(from, start)) = next.checked_sub(1).and_then(|index| self.knots.get(index)) else {
            return self.knots[0].1;
        };
        let Some(&(to, end)) = self.knots.get(next) else { return start };
        let (along, length) = (i128::from(ts - from), i128::from(to - from));
        let price = i128::from(start) + (i128::from(end) - i128::from(start)) * along / length;
        u64::try_from(price).unwrap_or(start)
    }

    /// The first corner after a second.
    fn next_knot(&self, ts: i64) -> Option<i64> {
        self.knots.get(self.knots.partition_point(|knot| knot.0 <= ts)).map(|knot| knot.0)
    }
}

fn bps(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 10_000 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

/// All assets over one window.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    /// Name of the event, or `custom`.
    pub(super) name: String,
    /// Title for people.
    pub(super) title: String,
    /// First second.
    pub(super) from: i64,
    /// Last second.
    pub(super) to: i64,
    /// Assets by bank index; the first is the quote.
    pub(super) paths: Vec<Path>,
    /// Bars of the asset with most of them.
    pub(super) bars: usize,
    /// Seconds from one of its bars to the next.
    pub(super) spacing: i64,
    /// What was done to make the files fit together.
    pub(super) notes: Vec<String>,
}

impl Tape {
    /// The tape of an event with further series, which replace the event's own, in the window that all have in common.
    pub(super) fn new(
        event: Option<&Event>,
        given: Vec<Series>,
        from: Option<i64>,
        to: Option<i64>,
    ) -> Result<Self, String> {
        let mut series = Vec::new();
        for (symbol, text) in event.map_or(&[][..], |event| event.files) {
            if !given.iter().any(|other| other.symbol == *symbol) {
                series.push(Series::parse(symbol, symbol, text)?);
            }
        }
        series.extend(given);
        let rank = |s: &Series| ORDER.iter().position(|known| *known == s.symbol).unwrap_or(ORDER.len());
        series.sort_by_key(rank);

        let mut notes = Vec::new();
        let start = series.iter().map(|s| s.window().0).max().unwrap_or(0);
        let end = series.iter().map(|s| s.window().1).min().unwrap_or(0);
        let common = (start, end);
        let (start, end) = (start.max(from.unwrap_or(i64::MIN)), end.min(to.unwrap_or(i64::MAX)));
        if start >= end {
            let windows: Vec<String> = series
                .iter()
                .map(|s| format!("{} {} to {}", s.symbol, utc::minute(s.window().0), utc::minute(s.window().1)))
                .collect();
            return Err(format!("no time is common to all prices and the window asked for: {}", windows.join(", ")));
        }
        for one in &mut series {
            let (first, last) = one.window();
            if first < common.0 || last > common.1 {
                notes.push(format!(
                    "{} reaches from {} to {}: only what is common to all is replayed.",
                    one.symbol,
                    utc::minute(first),
                    utc::minute(last)
                ));
            }
            one.clip(start, end);
            if one.bars.len() < 2 {
                return Err(format!(
                    "{} has fewer than two bars between {} and {}",
                    one.symbol,
                    utc::minute(start),
                    utc::minute(end)
                ));
            }
            check_rise(one)?;
            notes.extend(gaps(one));
        }
        let mut paths: Vec<Path> = series.iter().map(Path::of).collect();
        if paths.first().is_none_or(|path| path.symbol != QUOTE) {
            paths.insert(0, Path::constant(QUOTE, SCALE, start));
        }
        Ok(Self {
            name: event.map_or("custom", |event| event.name).to_owned(),
            title: event.map_or_else(
                || series.iter().map(|s| s.symbol.as_str()).collect::<Vec<_>>().join(", "),
                |event| event.title.to_owned(),
            ),
            from: start,
            to: end,
            bars: series.iter().map(|s| s.bars.len()).max().unwrap_or(0),
            spacing: series.iter().max_by_key(|s| s.bars.len()).map_or(0, |s| s.spacing),
            paths,
            notes,
        })
    }

    /// The next second at which oracles print after `ts`, at the latest in `within` seconds.
    pub(super) fn next_print(&self, ts: i64, within: i64) -> i64 {
        let knot = self.paths.iter().filter_map(|path| path.next_knot(ts)).min().unwrap_or(i64::MAX);
        knot.min(ts + within.min(KEEP_ALIVE))
    }
}

/// A listing leaves room for a thousandfold rise (rules-risk 8): beyond it values overflow, and the program refuses.
fn check_rise(series: &Series) -> Result<(), String> {
    let first = series.bars[0].open;
    let times = series.bars.iter().map(|bar| bar.high).max().unwrap_or(first) / first;
    if times > MOST_RISE {
        return Err(format!(
            "{} rises {times}-fold from its first price: the caps of a listing leave room for a {MOST_RISE}-fold rise; \
             --from can begin later",
            series.symbol
        ));
    }
    Ok(())
}

fn gaps(series: &Series) -> Option<String> {
    let missing: Vec<i64> = series
        .bars
        .windows(2)
        .map(|pair| pair[1].start - pair[0].start - series.spacing)
        .filter(|missing| *missing >= series.spacing.min(60))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let total: i64 = missing.iter().sum();
    let (number, unit) = if total >= 7_200 { (total / 3_600, "h") } else { (total / 60, "min") };
    let many = missing.len();
    Some(format!(
        "{}: {many} gap{} of {number} {unit} in all, filled with the last close.",
        series.symbol,
        if many == 1 { "" } else { "s" }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::events;

    fn series(symbol: &str, bars: &str) -> Series {
        Series::parse(symbol, symbol, &format!("timestamp_utc,open,high,low,close\n{bars}")).unwrap()
    }

    #[test]
    fn a_path_meets_every_extreme_in_a_plausible_order() {
        let down = series("SOL", "2022-11-01T00:00:00Z,10,12,6,8\n2022-11-01T01:00:00Z,8,9,7,8.5");
        let path = Path::of(&down);
        let start = path.knots[0].0;
        assert_eq!(path.at(start), 10 * SCALE);
        assert_eq!(path.at(start + 600), 11 * SCALE);
        assert_eq!(path.at(start + 1_200), 12 * SCALE);
        assert_eq!(path.at(start + 2_400), 6 * SCALE);
        assert_eq!(path.at(start + 3_600 + 1_200), 7 * SCALE);
        assert_eq!(path.at(start + 99_999), 85 * SCALE / 10);
        assert_eq!((path.low.1, path.high.1), (6 * SCALE, 12 * SCALE));
        assert_eq!((path.drawdown_bps, path.worst_bar.1), (5_000, 4_000));
    }

    #[test]
    fn gaps_hold_the_last_close() {
        let holes = series("SOL", "2022-11-01T00:00:00Z,8,8,8,8\n2022-11-01T01:00:00Z,8,8,8,8\n2022-11-01T09:00:00Z,4,4,4,4\n2022-11-01T10:00:00Z,4,4,4,4");
        assert!(gaps(&holes).unwrap().contains("1 gap of 7 h"));
        let path = Path::of(&holes);
        assert_eq!(path.at(holes.bars[2].start - 61), 8 * SCALE);
        assert_eq!(path.at(holes.bars[2].start), 4 * SCALE);
    }

    #[test]
    fn rises_are_bounded() {
        let tape = |high: &str| {
            let bars = format!("2022-11-01T00:00:00Z,1,1,1,1\n2022-11-01T01:00:00Z,1,{high},1,1");
            Tape::new(None, vec![series("SOL", &bars)], None, None)
        };
        assert!(tape("1000").is_ok());
        assert!(tape("1001").unwrap_err().contains("SOL rises 1001-fold"));
    }

    #[test]
    fn windows_meet() {
        let long = series("ETH", "2022-11-01T00:00:00Z,8,8,8,8\n2022-11-01T01:00:00Z,8,8,8,8\n2022-11-01T02:00:00Z,8,8,8,8\n2022-11-01T03:00:00Z,8,8,8,8");
        let short = series("LUNA", "2022-11-01T01:00:00Z,8,8,8,8\n2022-11-01T02:00:00Z,8,8,8,8");
        let tape = Tape::new(None, vec![short, long], None, None).unwrap();
        assert_eq!((tape.to - tape.from, tape.bars, tape.notes.len()), (7_200, 2, 1));
        let symbols: Vec<&str> = tape.paths.iter().map(|path| path.symbol.as_str()).collect();
        assert_eq!(symbols, ["USDC", "ETH", "LUNA"]);
        let ftx = events::find("ftx");
        assert!(Tape::new(ftx, Vec::new(), None, Some(0)).unwrap_err().contains("no time is common"));
    }

    #[test]
    fn bars_of_a_second_keep_their_extremes() {
        let fast =
            series("SOL", "2022-11-01T00:00:00Z,8,8,8,8\n2022-11-01T00:00:01Z,8,9,3,8\n2022-11-01T00:00:02Z,8,8,8,8");
        let path = Path::of(&fast);
        assert!(path.knots.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(path.low.1, 3 * SCALE);
    }
}
