use ballast_math::{exp_m1_up, one_minus_exp_neg, MathError, MathResult, Price, Ratio};
use ballast_state::Zeroable;
use ballast_state::{JudgeRules, PendingPrint, PriceFeed, PriceState, RiskBoard, RiskRow, SourcePrint, SOURCES};

use super::row::deviation;
use super::{lag, normalize, PriceObservation, Reading};
use crate::rates::ROOT_HOUR;
use crate::{Now, RiskError, RiskResult};

/// Standard deviations that a move must exceed to be a jump.
const JUMP_DEVIATIONS: Ratio = Ratio(8 << Ratio::BITS);
/// Largest |ln| the jump bound can reach: beyond e⁴ a move is a jump whatever the time between.
const MAX_JUMP: Ratio = Ratio(4 << Ratio::BITS);

/// What the fresh prints of a feed say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Three prints: the median. Two: the mean. One: itself.
    pub price: Price,
    /// When it held: the median's publish time, or the older one of two. A stamp ahead of the clock counts as now: it must not
    /// keep out what is printed until then.
    pub publish_ts: i64,
    /// Lowest fresh price less its confidence.
    pub low: Price,
    /// Highest fresh price plus its confidence.
    pub high: Price,
    /// Fresh prints.
    pub count: usize,
    /// True if at least two agree.
    pub agree: bool,
}

/// What a refresh did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// What the sources said.
    pub judged: Judged,
    /// State of the feed now.
    pub state: PriceState,
    /// True if the judged price is now the feed's price.
    pub accepted: bool,
}

/// Takes observations into a feed and its board row. `observations[i]` belongs to source `i`; `None` where its account said
/// nothing usable, so that a dead source cannot stop the others.
///
/// # Errors
/// `PublishTimeNotNewer` if no source moved forward, or none beyond the accepted price. Where none could: `PriceOutOfRange`,
/// or `NoUsableSource` for a newer reading that is stale, from the future or too wide.
pub fn refresh(
    feed: &mut PriceFeed,
    board: &mut RiskBoard,
    observations: &[Option<PriceObservation>; SOURCES],
    now: Now,
) -> RiskResult<Refreshed> {
    let mut moved = false;
    let mut ahead = 0;
    let mut refusal = RiskError::PublishTimeNotNewer;
    for ((source, print), observation) in feed.sources.iter().zip(feed.prints.iter_mut()).zip(observations) {
        let Some(observation) = observation.as_ref().filter(|_| source.provider != 0) else { continue };
        match normalize(observation) {
            Err(error) => refusal = error,
            Ok(reading) if is_acceptable(&reading, source.max_confidence, source.max_age, &feed.judge, now) => {
                moved |= take(print, &reading);
                ahead = ahead.max(reading.publish_ts.saturating_sub(now.ts));
            }
            Ok(reading) if reading.publish_ts > print.publish_ts => refusal = RiskError::NoUsableSource,
            Ok(_) => {}
        }
    }
    if !moved {
        return Err(refusal);
    }
    let judged = judge(feed, now)?;
    if judged.publish_ts < feed.accepted_ts {
        // What the sources say together held before the price in force did: it must not pass as that fresh.
        return Err(RiskError::PublishTimeNotNewer);
    }
    let row = board.rows.get_mut(usize::from(feed.row)).ok_or(RiskError::FeedNotListed)?;
    let is_fixed = row.fixed != 0;
    let accepted = settle(feed, row, &judged)?;
    if !is_fixed {
        // A fixed price says nothing about whether prices came.
        note_refresh(board, now);
    }
    lag::note(feed, ahead, now);
    feed.sequence = feed.sequence.wrapping_add(1);
    board.sequence = board.sequence.wrapping_add(1);
    Ok(Refreshed { judged, state: PriceState::from_byte(feed.state), accepted })
}

/// Judges the fresh prints of a feed.
///
/// # Errors
/// `NoUsableSource` if there are none.
pub fn judge(feed: &PriceFeed, now: Now) -> RiskResult<Judged> {
    let mut fresh = [SourcePrint::zeroed(); SOURCES];
    let mut count = 0usize;
    for (source, print) in feed.sources.iter().zip(&feed.prints) {
        let reading = Reading {
            price: Price(print.price),
            confidence: Price(print.confidence),
            publish_ts: print.publish_ts,
            slot: print.slot,
        };
        if source.provider != 0
            && print.price != 0
            && is_acceptable(&reading, source.max_confidence, source.max_age, &feed.judge, now)
        {
            if let Some(slot) = fresh.get_mut(count) {
                *slot = *print;
                count = count.saturating_add(1);
            }
        }
    }
    fresh.sort_unstable_by_key(|print| if print.price == 0 { u64::MAX } else { print.price });
    let rules = &feed.judge;
    let [first, second, third] = &fresh;
    let (price, publish_ts, agree) = match count {
        0 => return Err(RiskError::NoUsableSource),
        1 => (first.price, first.publish_ts, false),
        2 => {
            (first.price.midpoint(second.price), first.publish_ts.min(second.publish_ts), agree(first, second, rules)?)
        }
        _ => (second.price, second.publish_ts, agree(first, second, rules)? || agree(second, third, rules)?),
    };
    let used = fresh.get(..count).unwrap_or(&fresh);
    let low = used.iter().map(|print| print.price.saturating_sub(print.confidence)).min().unwrap_or(price);
    let high = used.iter().map(|print| print.price.saturating_add(print.confidence)).max().unwrap_or(price);
    let publish_ts = publish_ts.min(now.ts);
    Ok(Judged { price: Price(price), publish_ts, low: Price(low), high: Price(high), count, agree })
}

/// Fresh, not from the future, narrow. A price of a fixed source carries the clock's time and passes.
fn is_acceptable(reading: &Reading, max_confidence: u32, max_age: u32, rules: &JudgeRules, now: Now) -> bool {
    let ahead = reading.publish_ts.saturating_sub(now.ts);
    let widest = reading.price.scale_down(Ratio::from_bits(max_confidence)).unwrap_or_default();
    ahead <= i64::from(rules.max_future)
        && now.seconds_since(reading.publish_ts) <= u64::from(max_age)
        && reading.confidence <= widest
}

/// Stores a newer print of a source. An equal or older one changes nothing.
fn take(print: &mut SourcePrint, reading: &Reading) -> bool {
    if reading.publish_ts <= print.publish_ts {
        return false;
    }
    *print = SourcePrint {
        price: reading.price.0,
        confidence: reading.confidence.0,
        publish_ts: reading.publish_ts,
        slot: reading.slot,
    };
    true
}

fn agree(lower: &SourcePrint, higher: &SourcePrint, rules: &JudgeRules) -> MathResult<bool> {
    let distance = Price(higher.price.saturating_sub(lower.price));
    Ok(distance <= Price(lower.price).scale_down(Ratio::from_bits(rules.max_deviation))?)
}

/// Accepts the judged price, or lets a jump wait. True if accepted.
fn settle(feed: &mut PriceFeed, row: &mut RiskRow, judged: &Judged) -> RiskResult<bool> {
    let disagreement = judged.count > 1 && !judged.agree;
    let publish_ts = judged.publish_ts;
    let price = if judged.agree {
        judged.price
    } else {
        match jump(feed, judged.price, publish_ts)? {
            Some(price) => price,
            None => {
                let state = if disagreement { PriceState::Guarded } else { PriceState::PendingJump };
                if disagreement {
                    // In doubt the owner has the favourable end of all that is said.
                    row.low = row.low.min(judged.low.0);
                    row.high = row.high.max(judged.high.0);
                }
                feed.state = state.to_byte();
                row.state = feed.state;
                return Ok(false);
            }
        }
    };
    let state = if disagreement { PriceState::Guarded } else { PriceState::Normal };
    // The average as it was before this price: a price cannot vouch for itself.
    let average = if feed.ema == 0 || feed.judge.ema_seconds == 0 { price } else { Price(feed.ema) };
    update_average(feed, price, publish_ts)?;
    feed.accepted_price = price.0;
    feed.accepted_ts = publish_ts;
    feed.pending = PendingPrint::zeroed();
    feed.state = state.to_byte();
    row.mid = price.0;
    row.fair_low = judged.low.min(price).0;
    row.fair_high = judged.high.max(price).0;
    row.low = row.fair_low.min(average.0);
    row.high = row.fair_high.max(average.0);
    row.publish_ts = publish_ts;
    row.state = feed.state;
    row.is_away = u8::from(is_away(feed, average, price)?);
    Ok(true)
}

/// The price to accept if the print is no jump or confirms one, or nothing while it waits.
fn jump(feed: &mut PriceFeed, price: Price, publish_ts: i64) -> RiskResult<Option<Price>> {
    if feed.accepted_price == 0 {
        return Ok(Some(price));
    }
    let accepted = Price(feed.accepted_price);
    let elapsed = u64::try_from(publish_ts.saturating_sub(feed.accepted_ts)).unwrap_or(0);
    if !is_jump(feed, accepted, price, elapsed)? {
        return Ok(Some(price));
    }
    let pending = Price(feed.pending.price);
    let same_side = pending.0 != 0 && (pending > accepted) == (price > accepted);
    if !same_side {
        feed.pending = PendingPrint { price: price.0, publish_ts };
        return Ok(None);
    }
    let waited = publish_ts.saturating_sub(feed.pending.publish_ts);
    if waited < i64::from(feed.judge.jump_confirm) {
        return Ok(None);
    }
    Ok(Some(if price > accepted { price.min(pending) } else { price.max(pending) }))
}

/// `|ln(price / accepted)| > max(8σ√Δt, jump_min)`.
pub(crate) fn is_jump(feed: &PriceFeed, accepted: Price, price: Price, elapsed: u64) -> MathResult<bool> {
    let usual = deviation(Ratio(feed.rates.sigma), elapsed)?.mul_down(JUMP_DEVIATIONS)?;
    is_beyond(accepted, price, usual.max(Ratio::from_bits(feed.judge.jump_min)))
}

/// `|ln(price / average)| > 8σ√1 h`: so far from it that profits wait (rules-perps 9).
fn is_away(feed: &PriceFeed, average: Price, price: Price) -> MathResult<bool> {
    if feed.judge.ema_seconds == 0 {
        return Ok(false);
    }
    let hour = Ratio(feed.rates.sigma).mul_down(ROOT_HOUR)?.mul_down(JUMP_DEVIATIONS)?;
    is_beyond(average, price, hour)
}

/// `|ln(price / other)| > bound`.
fn is_beyond(other: Price, price: Price, bound: Ratio) -> MathResult<bool> {
    let bound = bound.min(MAX_JUMP);
    let (lower, higher) = (other.min(price), other.max(price));
    // e^b ≥ 1 + b: most moves need no exponential.
    if lower.scale_up(Ratio::ONE.add(bound)?).is_ok_and(|limit| higher <= limit) {
        return Ok(false);
    }
    let growth = exp_m1_up(u128::from(bound.0) << 32)? >> 32;
    let factor = Ratio(u64::try_from(growth).map_err(|_| MathError::here())?).add(Ratio::ONE)?;
    // Beyond u64 no price exists: then it is no jump.
    Ok(lower.scale_up(factor).is_ok_and(|limit| higher > limit))
}

/// Time-weighted EMA: the share of the new price is `1 − e^(−Δt/τ)`, whatever the number of refreshes between.
fn update_average(feed: &mut PriceFeed, price: Price, publish_ts: i64) -> MathResult<()> {
    if feed.ema == 0 || feed.judge.ema_seconds == 0 {
        feed.ema = price.0;
    } else {
        let elapsed = u128::from(u64::try_from(publish_ts.saturating_sub(feed.ema_ts)).unwrap_or(0));
        let exponent = (elapsed << 64).checked_div(u128::from(feed.judge.ema_seconds)).unwrap_or(0);
        let share = one_minus_exp_neg(exponent)?;
        let step = Price(price.0.abs_diff(feed.ema)).scale_down(share)?;
        feed.ema = if price.0 >= feed.ema { feed.ema.saturating_add(step.0) } else { feed.ema.saturating_sub(step.0) };
    }
    feed.ema_ts = publish_ts;
    Ok(())
}

/// Notes that the board is alive, and after a halt starts the grace in which owners can act.
fn note_refresh(board: &mut RiskBoard, now: Now) {
    if board.refreshed_ts != 0 && now.seconds_since(board.refreshed_ts) > u64::from(board.rules.halt_gap) {
        board.grace_until = now.ts.saturating_add(i64::from(board.rules.halt_grace));
    }
    board.refreshed_ts = now.ts;
}
