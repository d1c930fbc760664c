//! True prices, one a second, made of the bars of a market that crashed.

use crate::support::build::MILLION;

/// What every path starts at, millionths of a dollar.
const START: u64 = 150 * MILLION;
/// Seconds of a path.
pub(crate) const HOUR: usize = 3_600;

/// An hour in which a market moved as seldom.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    bars: &'static str,
    /// Seconds of a bar.
    spacing: usize,
}

macro_rules! event {
    ($name:literal, $file:literal, $spacing:literal) => {
        Event { name: $name, bars: include_str!($file), spacing: $spacing }
    };
}

/// The finest bars there are of each.
pub(crate) const EVENTS: [Event; 10] = [
    event!("2020-03 BTC", "../data/market/2020-03-13-BTC-1m.csv", 60),
    event!("2021-05 SOL", "../../../../bin/cli/data/2021-05-china-ban/SOL.csv", 3_600),
    event!("2022-05 SOL", "../../../../bin/cli/data/2022-05-luna/SOL.csv", 3_600),
    event!("2022-06 SOL", "../../../../bin/cli/data/2022-06-3ac/SOL.csv", 3_600),
    event!("2022-11 SOL", "../../../../bin/cli/data/2022-11-ftx/SOL.csv", 3_600),
    event!("2023-03 SOL", "../data/market/2023-03-11-SOL-30m.csv", 1_800),
    event!("2024-08 BTC", "../data/market/2024-08-05-BTC-5m.csv", 300),
    event!("2025-04 BTC", "../data/market/2025-04-07-BTC-5m.csv", 300),
    event!("2025-04 ETH", "../data/market/2025-04-07-ETH-5m.csv", 300),
    event!("2025-10 SOL", "../data/market/2025-10-10-SOL-1m.csv", 60),
];

#[derive(Clone, Copy)]
struct Bar {
    open: u64,
    high: u64,
    low: u64,
    close: u64,
}

impl Event {
    /// The hour with the largest range, second by second, scaled to [`START`].
    ///
    /// Inside a bar the price walks from open to close as a Brownian bridge whose variance is that of the bar's range, and never
    /// leaves the range: what it did is no hint at what it will do, but for the bar's own direction.
    pub(crate) fn seconds(&self) -> Vec<u64> {
        let bars = self.bars();
        let hour = HOUR / self.spacing;
        let worst = bars.windows(hour).max_by_key(|bars| range_per_million(bars)).expect("an hour of bars");
        let scale =
            |price: u64| u64::try_from(u128::from(price) * u128::from(START) / u128::from(worst[0].open)).unwrap();
        let mut random = Random(20_251_010);
        let mut path = Vec::with_capacity(HOUR + 1);
        for (at, bar) in worst.iter().enumerate() {
            let end = worst.get(at + 1).map_or(bar.close, |next| next.open.clamp(bar.low, bar.high));
            let first = path.len();
            path.resize(first + self.spacing + 1, 0);
            path[first] = scale(bar.open);
            path[first + self.spacing] = scale(end);
            let bounds = (scale(bar.low), scale(bar.high));
            bridge(&mut path[first..], self.spacing, bounds, &mut random);
            path.pop();
        }
        path
    }

    fn bars(&self) -> Vec<Bar> {
        let lines = self.bars.lines().skip(1);
        let bar = |line: &str| {
            let mut prices = line.split(',').skip(1).map(millionths);
            let mut next = || prices.next().unwrap();
            Bar { open: next(), high: next(), low: next(), close: next() }
        };
        lines.map(bar).collect()
    }
}

/// A decimal number in millionths.
fn millionths(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<6.6}").parse().unwrap()
}

fn range_per_million(bars: &[Bar]) -> u64 {
    let high = bars.iter().map(|bar| bar.high).max().unwrap();
    let low = bars.iter().map(|bar| bar.low).min().unwrap();
    (high - low) * MILLION / low
}

/// Fills in what lies between two known prices: the middle, up to half of the bar's range · √(share of the bar) away from the
/// mean of both, and so on in both halves.
fn bridge(path: &mut [u64], bar: usize, (low, high): (u64, u64), random: &mut Random) {
    let last = path.len() - 1;
    if last < 2 {
        return;
    }
    let middle = last / 2;
    let [left, right, parts, bar_u64] = [middle, last - middle, last, bar].map(|n| u64::try_from(n).unwrap());
    let mean = (path[0] * right + path[last] * left) / parts;
    // √ with ten fraction bits.
    let reach = ((high - low) * ((parts << 20) / bar_u64).isqrt()) >> 11;
    let moved = mean + random.below(2 * reach + 1);
    path[middle] = moved.saturating_sub(reach).clamp(low, high);
    bridge(&mut path[..=middle], bar, (low, high), random);
    bridge(&mut path[middle..], bar, (low, high), random);
}

/// SplitMix64: the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
