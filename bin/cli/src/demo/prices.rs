//! Price files: bars of open, high, low, close, read exactly and with suspicion.

use crate::utc;

/// Units of a price in one USD: prices are whole numbers of 10⁻¹⁰ USD.
pub(super) const SCALE: u64 = 10_000_000_000;
/// Smallest and largest price that Ballast takes: 10⁻⁶ and 10⁷ USD.
const RANGE: [u64; 2] = [SCALE / 1_000_000, SCALE * 10_000_000];
/// Columns that every file begins with.
const COLUMNS: [&str; 5] = ["timestamp_utc", "open", "high", "low", "close"];

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// Unix seconds of its opening.
    pub(super) start: i64,
    pub(super) open: u64,
    pub(super) high: u64,
    pub(super) low: u64,
    pub(super) close: u64,
}

/// The bars of one asset, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    /// Symbol, upper case.
    pub(super) symbol: String,
    /// Bars, at least two.
    pub(super) bars: Vec<Bar>,
    /// Usual seconds from bar to bar: the median.
    pub(super) spacing: i64,
}

impl Series {
    /// The bars of a CSV file. `name` is how complaints call it.
    pub(super) fn parse(symbol: &str, name: &str, text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end_matches('\r')));
        let header = lines.next().map_or("", |(_, line)| line);
        let columns: Vec<&str> = header.split(',').map(str::trim).collect();
        if columns.len() < COLUMNS.len() || columns[..COLUMNS.len()] != COLUMNS {
            return Err(format!(
                "{name}: the first line must begin with {:?}, not {:?}",
                COLUMNS.join(","),
                header.chars().take(60).collect::<String>()
            ));
        }
        let mut bars: Vec<Bar> = Vec::new();
        for (number, line) in lines {
            if line.trim().is_empty() {
                continue;
            }
            let bar = bar(line).map_err(|error| format!("{name}, line {number}: {error}"))?;
            if let Some(last) = bars.last().filter(|last| last.start >= bar.start) {
                let what = if last.start == bar.start { "the same time as" } else { "an earlier time than" };
                return Err(format!("{name}, line {number}: {what} the bar before it"));
            }
            bars.push(bar);
        }
        if bars.len() < 2 {
            return Err(format!("{name}: a replay needs at least two bars, not {}", bars.len()));
        }
        let mut steps: Vec<i64> = bars.windows(2).map(|pair| pair[1].start - pair[0].start).collect();
        steps.sort_unstable();
        Ok(Self { symbol: symbol.to_owned(), spacing: steps[steps.len() / 2], bars })
    }

    /// When bar `index` ends: where the next begins, but not after a usual bar's length.
    pub(super) fn end_of(&self, index: usize) -> i64 {
        let usual = self.bars[index].start + self.spacing;
        self.bars.get(index + 1).map_or(usual, |next| next.start.min(usual))
    }

    /// First and last second.
    pub(super) fn window(&self) -> (i64, i64) {
        (self.bars[0].start, self.end_of(self.bars.len() - 1))
    }

    /// Drops the bars outside of a window.
    pub(super) fn clip(&mut self, from: i64, to: i64) {
        self.bars.retain(|bar| bar.start >= from && bar.start < to);
    }
}

fn bar(line: &str) -> Result<Bar, String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    if fields.len() < COLUMNS.len() {
        return Err(format!("{} columns where there should be at least {}", fields.len(), COLUMNS.len()));
    }
    let start = timestamp(fields[0])
        .ok_or_else(|| format!("{:?} is no time of the form 2022-11-08T13:00:00Z between 2000 and 2100", fields[0]))?;
    let mut prices = [0; 4];
    for (price, (field, column)) in prices.iter_mut().zip(fields[1..].iter().zip(&COLUMNS[1..])) {
        *price = parse_price(field).map_err(|error| format!("{column} {error}"))?;
    }
    let [open, high, low, close] = prices;
    if high < open.max(close) || low > open.min(close) {
        return Err("open and close must lie between low and high".to_owned());
    }
    Ok(Bar { start, open, high, low, close })
}

/// A time; also plain unix seconds.
fn timestamp(text: &str) -> Option<i64> {
    let digits = text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let unix = if digits { text.parse().ok()? } else { utc::parse(text)? };
    (946_684_800..4_102_444_800).contains(&unix).then_some(unix)
}

/// A decimal, with or without an exponent, in units of 10⁻¹⁰ USD; further digits are rounded off.
pub(super) fn parse_price(text: &str) -> Result<u64, String> {
    let shown = || format!("{:?}", text.chars().take(40).collect::<String>());
    if text.is_empty() {
        return Err("is missing".to_owned());
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i32>().map_err(|_| format!("{} is no number", shown()))?)
        }
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is no number", shown()));
    }
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Err("is zero".to_owned());
    }
    if sign {
        return Err(format!("{} is negative", shown()));
    }
    let outside = || format!("{} is outside of the prices that Ballast takes, 0.000001 to 10000000 USD", shown());
    // Where the point would stand behind all digits, and 25 digits at most that matter.
    let places = 10_i64 + i64::from(exponent) - fraction.len() as i64;
    let kept = &significant[..significant.len().min(25)];
    let power = places + (significant.len() - kept.len()) as i64;
    let value: u128 = kept.parse().map_err(|_| outside())?;
    let scaled = if power >= 0 {
        u32::try_from(power).ok().and_then(|power| 10u128.checked_pow(power)).and_then(|tens| value.checked_mul(tens))
    } else {
        let tens = u32::try_from(-power).ok().and_then(|power| 10u128.checked_pow(power));
        Some(tens.map_or(0, |tens| (value + tens / 2) / tens))
    };
    let price = scaled.and_then(|scaled| u64::try_from(scaled).ok()).ok_or_else(outside)?;
    if (RANGE[0]..=RANGE[1]).contains(&price) {
        Ok(price)
    } else {
        Err(outside())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_prices() {
        for (text, price) in [
            ("1", SCALE),
            ("32.57", 325_700_000_000),
            ("0.000001", 10_000),
            ("5e-05", 500_000),
            ("1E1", 10 * SCALE),
            ("10000000", RANGE[1]),
            ("00012.50", 125_000_000_000),
            (".5", SCALE / 2),
            ("0.12345678905", 1_234_567_891),
            ("+2.", 2 * SCALE),
        ] {
            assert_eq!(parse_price(text), Ok(price), "{text}");
        }
    }

    #[test]
    fn bad_prices() {
        for text in [
            "",
            "nan",
            "NaN",
            "inf",
            "-1",
            "0",
            "0.0",
            "-0",
            "1e",
            "e5",
            "1e999999999",
            "0.0000004",
            "10000001",
            "1,5",
            "0x10",
            "1 2",
        ] {
            assert!(parse_price(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_series() {
        let text = "timestamp_utc,open,high,low,close,volume,trades\r\n2022-11-01T00:00:00Z,2,4,1,3,,\r\n\r\n2022-11-01T01:00:00Z,3,3,3,3,1,2\r\n2022-11-01T05:00:00Z,3,3,3,3\r\n2022-11-01T06:00:00Z,3,3,3,3";
        let series = Series::parse("SOL", "x", text).unwrap();
        assert_eq!((series.bars.len(), series.spacing), (4, 3_600));
        assert_eq!(series.end_of(1), series.bars[1].start + 3_600);
        assert_eq!(series.window(), (series.bars[0].start, series.bars[3].start + 3_600));
    }

    #[test]
    fn bad_series() {
        let head = "timestamp_utc,open,high,low,close,volume\n2022-11-01T00:00:00Z,2,4,1,3,9\n";
        for (tail, part) in [
            ("", "two bars"),
            ("2022-11-01T00:00:00Z,2,4,1,3,9", "line 3: the same time"),
            ("2022-10-01T00:00:00Z,2,4,1,3,9", "line 3: an earlier time"),
            ("2022-11-01T01:00:00Z,2,4,1", "line 3: 4 columns"),
            ("2022-11-01T01:00:00Z,2,4,1,5,9", "between low and high"),
            ("2022-11-01T01:00:00Z,2,4,0,3,9", "low is zero"),
            ("2022-11-01T01:00:00Z,2,nan,1,3,9", "high \"nan\" is no number"),
            ("yesterday,2,4,1,3,9", "is no time"),
        ] {
            let error = Series::parse("SOL", "x.csv", &format!("{head}{tail}")).unwrap_err();
            assert!(error.contains(part) && !error.contains('\n'), "{error}");
        }
        for header in ["", "time,open,high,low,close", "open,high,low,close,volume", "timestamp_utc;open"] {
            assert!(Series::parse("SOL", "x", header).unwrap_err().contains("first line"));
        }
    }
}
