//! `ballast replay hyperliquid`: the waves of 10 October 2025, each as the shortfall of a market here.

use ballast_math::{Ratio, Usd};
use ballast_risk::perp::VALUE_BITS;
use ballast_risk::{RiskError, RiskResult};

use super::picture::Picture;
use super::report::{cents, dollars, thousands, Report, Table};
use super::venue::{Margin, Venue, DOLLAR, PRICE, UNIT};
use crate::utc;

/// Waves in order of time: see data/SOURCES.md for where they come from and what the columns mean.
const WAVES: &str = include_str!("../../data/deleverage/hyperliquid-2025-10-10.csv");
/// Dollars of positions that were closed that day, in so many fills, of so many wallets.
pub(super) const CLOSED: u64 = 2_103_111_431;
pub(super) const FILLS: u64 = 34_983;
pub(super) const WALLETS: u64 = 19_337;

/// What the underlying costs when positions are opened, and when the pool falls short.
const OPENED: u64 = 120_000;
const MARK: u64 = 100_000;
const MARGIN: Margin = Margin { maintenance: 1_000, initial: 2_000 };
/// How the shorts, and the longs, share their side.
const SHORTS: [u64; 8] = [29, 23, 17, 12, 9, 6, 3, 1];
const LONGS: [u64; 4] = [43, 31, 19, 7];

/// A wave as it was. Atoms of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wave {
    pub(super) number: u32,
    /// When it began, unix seconds.
    pub(super) start: i64,
    pub(super) fills: u64,
    /// What closing at bankruptcy prices instead of marks transferred.
    pub(super) needed: u64,
    /// What winners had less at its end than without it.
    pub(super) removed: u64,
}

/// The same shortfall here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replayed {
    pub(super) wave: Wave,
    /// Lots by which shorts were more than longs.
    pub(super) skew: u64,
    /// The least lots to be closed.
    pub(super) least: u64,
    pub(super) closed: u64,
    /// What all shorts together have less for it, 2⁻³² atoms.
    pub(super) taken: i128,
}

/// All waves.
pub(super) fn waves() -> Result<Vec<Wave>, String> {
    WAVES.lines().skip(1).map(|line| parse(line).ok_or_else(|| format!("not a wave: {line}"))).collect()
}

fn parse(line: &str) -> Option<Wave> {
    let cells: Vec<&str> = line.split(',').collect();
    let [number, start, _, fills, needed, removed] = cells.as_slice() else { return None };
    Some(Wave {
        number: number.parse().ok()?,
        start: start.parse::<i64>().ok()? / 1_000,
        fills: fills.parse().ok()?,
        needed: atoms(needed)?,
        removed: atoms(removed)?,
    })
}

/// Dollars with six decimals.
fn atoms(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.')?;
    let part = (part.len() == 6).then_some(part)?;
    whole.parse::<u64>().ok()?.checked_mul(DOLLAR)?.checked_add(part.parse().ok()?)
}

impl Wave {
    /// Dollars that were closed in it, if its fills were as large as all on average.
    pub(super) fn closed(&self) -> u64 {
        CLOSED * self.fills / FILLS
    }

    /// A market with as much skew as was closed, whose pool has what Maintenance requires less what was needed.
    fn venue(&self) -> RiskResult<Venue> {
        let mut venue = Venue::new(MARGIN, OPENED * PRICE, 1 << 55)?;
        let skew = self.closed() * UNIT / MARK;
        let shorts = SHORTS.map(|part| (-2, part));
        let longs = LONGS.map(|part| (1, part));
        for (side, part) in shorts.into_iter().chain(longs) {
            let lots = side * signed(skew / 100 * part)?;
            let who = venue.join(lots.unsigned_abs() * OPENED, 0)?;
            venue.trade(who, lots)?;
        }
        venue.jump(MARK * PRICE)?;
        venue.fund(signed(venue.required(venue.skew()?)?)? - signed(self.needed)?)?;
        Ok(venue)
    }

    /// That market, deleveraged.
    pub(super) fn replay(self) -> RiskResult<Replayed> {
        let mut venue = self.venue()?;
        let skew = venue.skew()?;
        let least = least(&venue, skew)?;
        let before = claims(&venue)?;
        let closed = venue.deleverage()?.map_or(0, |done| done.lots);
        let of_shorts = |claims: Vec<i128>| claims.iter().take(SHORTS.len()).sum::<i128>();
        let taken = of_shorts(before) - of_shorts(claims(&venue)?);
        Ok(Replayed { wave: self, skew: skew.unsigned_abs(), least, closed, taken })
    }
}

/// Of all accounts, the shorts' first.
fn claims(venue: &Venue) -> RiskResult<Vec<i128>> {
    (0..venue.accounts.len()).map(|who| venue.claim(who)).collect()
}

/// The fewest lots by which the skew has to fall so that the target's part of the equity covers what is left, found by halving.
pub(super) fn least(venue: &Venue, skew: i64) -> RiskResult<u64> {
    let target = Ratio(venue.board.rules.liquidation_target);
    let equity = u64::try_from(venue.market.equity).unwrap_or(0);
    let enough = |closed: u64| -> RiskResult<bool> {
        let left = signed(skew.unsigned_abs() - closed)? * skew.signum();
        Ok(target.of_up(Usd(venue.required(left)?))?.0 <= equity)
    };
    let (mut low, mut high) = (0, skew.unsigned_abs());
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

fn signed(lots: u64) -> RiskResult<i64> {
    i64::try_from(lots).map_err(|_| RiskError::PositionTooLarge)
}

/// All waves here, with what they were.
pub(super) fn report() -> Result<Report, String> {
    let replayed: Vec<Replayed> = waves()?
        .into_iter()
        .map(|wave| wave.replay().map_err(|error| format!("wave {}: {error}", wave.number)))
        .collect::<Result<_, _>>()?;
    let mut report = Report::new("Hyperliquid, 10 October 2025: 16 waves of auto-deleveraging", picture(&replayed));
    report.words("As they were: what closing at bankruptcy prices transferred, and what winners had less at the end of the wave.");
    report.table(history(&replayed));
    report.words("The same shortfalls of a pool here, whose market has as much skew as was closed.");
    report.table(here(&replayed));
    report.words("Who loses what.");
    report.table(groups(&replayed));
    Ok(report)
}

fn history(replayed: &[Replayed]) -> Table {
    let mut table = Table::new(&["wave", "UTC", "fills", "needed, $", "taken from winners, $", "beyond need, $"]);
    let mut row = |name: String, time: String, fills: u64, needed: i128, removed: i128| {
        let beyond = cents(removed - needed);
        table.row(vec![name, time, thousands(fills.into()), cents(needed), cents(removed), beyond]);
    };
    for Replayed { wave, .. } in replayed {
        let time = utc::iso8601(wave.start).unwrap_or_default();
        let time = time.get(11..19).unwrap_or_default().to_owned();
        row(wave.number.to_string(), time, wave.fills, wave.needed.into(), wave.removed.into());
    }
    let all = Sums::of(replayed);
    row("all".to_owned(), String::new(), all.fills, all.needed, all.removed);
    table
}

fn here(replayed: &[Replayed]) -> Table {
    let heads = ["wave", "missing, $", "skew, $", "least to close, $", "closed, $", "lots beyond least", "taken, $"];
    let mut table = Table::new(&heads);
    let mut row = |name: String, missing: i128, [skew, least, closed]: [u64; 3], taken: i128| {
        let [skew_value, least_value, closed_value] = [skew, least, closed].map(|lots| dollars(value(lots)));
        let beyond = thousands(i128::from(closed) - i128::from(least));
        table.row(vec![
            name,
            cents(missing),
            skew_value,
            least_value,
            closed_value,
            beyond,
            cents(taken >> VALUE_BITS),
        ]);
    };
    for one in replayed {
        let lots = [one.skew, one.least, one.closed];
        row(one.wave.number.to_string(), one.wave.needed.into(), lots, one.taken.max(0));
    }
    let all = Sums::of(replayed);
    row("all".to_owned(), all.needed, [all.skew, all.least, all.closed], all.taken);
    table
}

fn groups(replayed: &[Replayed]) -> Table {
    let all = Sums::of(replayed);
    let mut table = Table::new(&["", "as it was", "here"]);
    let mut row = |what: &str, then: String, here: String| table.row(vec![what.to_owned(), then, here]);
    row("taken from winners, $", cents(all.removed), cents(all.taken >> VALUE_BITS));
    row("of it beyond need, $", cents(all.removed - all.needed), cents(all.taken >> VALUE_BITS));
    row("paid by the pool or the vault, $", "not in the data".to_owned(), cents(all.needed));
    row("positions closed in these waves, $", format!("~ {}", dollars(value(all.skew))), dollars(value(all.closed)));
    let later = (all.removed - all.needed) * i128::from(all.closed) / i128::from(all.skew.max(1));
    row("what they earn less until the wave ends, $", "in the above".to_owned(), format!("~ {}", dollars(later)));
    let chosen = format!("{} fills, {} wallets", thousands(FILLS.into()), thousands(WALLETS.into()));
    row("closed by choice, all day", chosen, "nobody".to_owned());
    table
}

/// Sums over waves.
#[derive(Default)]
struct Sums {
    fills: u64,
    needed: i128,
    removed: i128,
    skew: u64,
    least: u64,
    closed: u64,
    taken: i128,
}

impl Sums {
    fn of(replayed: &[Replayed]) -> Self {
        replayed.iter().fold(Self::default(), |sums, one| Self {
            fills: sums.fills + one.wave.fills,
            needed: sums.needed + i128::from(one.wave.needed),
            removed: sums.removed + i128::from(one.wave.removed),
            skew: sums.skew + one.skew,
            least: sums.least + one.least,
            closed: sums.closed + one.closed,
            taken: sums.taken + one.taken.max(0),
        })
    }
}

/// Atoms that lots are worth at the mark.
fn value(lots: u64) -> i128 {
    i128::from(lots) * i128::from(MARK) * i128::from(DOLLAR / UNIT)
}

fn picture(replayed: &[Replayed]) -> Picture {
    let labels: Vec<String> = replayed.iter().map(|one| one.wave.number.to_string()).collect();
    let of = |atoms: fn(&Replayed) -> i128| replayed.iter().map(|one| atoms(one) as f64 / 1e6).collect();
    let groups = [
        (("needed", "f1"), of(|one| one.wave.needed.into())),
        (("taken from winners as it was", "f4"), of(|one| one.wave.removed.into())),
        (("taken from winners here", "f0"), of(|one| one.taken.max(0) >> VALUE_BITS)),
    ];
    Picture::bars("10 October 2025, by wave: dollars needed, and taken from winners", &labels, &groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waves_add_up_to_what_was_published() {
        let waves = waves().unwrap();
        let sum = |of: fn(&Wave) -> u64| waves.iter().map(of).sum::<u64>();
        assert_eq!((waves.len(), sum(|wave| wave.fills)), (16, 31_152));
        assert_eq!((sum(|wave| wave.needed), sum(|wave| wave.removed)), (15_079_669_609_008, 60_108_335_328_145));
        // 45,028,665.72 dollars.
        assert_eq!(sum(|wave| wave.removed) - sum(|wave| wave.needed), 45_028_665_719_137);
        assert!(waves.windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].start < pair[1].start));
        for line in ["", "1,2,3,4,5.000000", "1,2,3,4,5.0,6.000000", "x,2,3,4,5.000000,6.000000"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    /// On 10 October 2025 winners were closed for 45 million dollars more than the losses that were to be covered. Here what is
    /// closed is the least and a lot at most, found by halving and by hand; no short has less for it; no long notices.
    #[test]
    fn t18_no_more_is_closed_than_the_pool_lacks_and_a_lot_and_nobody_has_less() {
        for wave in waves().unwrap() {
            let done = wave.replay().unwrap();
            assert!((done.least..=done.least + 1).contains(&done.closed), "{done:?}");
            // E = R − missing; (1.05·10 %)·kept = E, with rates that are rounded up by a part in 2³², to a lot.
            let required = value(done.skew) / 10;
            let by_hand = (i128::from(wave.needed) * 1_000 + required * 50) / 105;
            let rounding = value(1) + (value(done.skew) >> 26);
            assert!((value(done.least) - by_hand).abs() <= rounding, "{done:?} {by_hand}");

            let mut venue = wave.venue().unwrap();
            let of = |venue: &Venue| -> (Vec<i128>, Vec<i64>) {
                let sizes = (0..venue.accounts.len()).map(|who| venue.size(who).unwrap());
                (claims(venue).unwrap(), sizes.collect())
            };
            let before = of(&venue);
            venue.deleverage().unwrap();
            let after = of(&venue);
            let shorts = SHORTS.len();
            assert_eq!((&before.0[shorts..], &before.1[shorts..]), (&after.0[shorts..], &after.1[shorts..]));
            for who in 0..shorts {
                // Claims are rounded to 2⁻³² of an atom.
                assert!(after.0[who] >= before.0[who] - 1 && after.1[who].abs() < before.1[who].abs(), "{done:?}");
            }
        }
    }
}
