use ballast_math::{Price, Ratio};
use ballast_state::{OracleSource, Order, PriceFeed, PriceState};

use crate::price::{is_jump, normalize, PriceObservation};
use crate::{RiskError, RiskResult};

/// One update of a provider that tells which one it followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// The price.
    pub price: Price,
    /// Half-width of the provider's uncertainty.
    pub confidence: Price,
    /// When the update before it was published, where the provider says so.
    pub prev_publish_ts: Option<i64>,
    /// When it was published, unix seconds.
    pub publish_ts: i64,
}

/// Why an order died without penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The feed's sources disagree.
    Guarded,
    /// The print's confidence is wider than its source may have.
    TooWide,
    /// The print is a jump from the feed's price.
    Jump,
    /// The group or the market takes no new risk.
    Closed,
}

impl Print {
    /// From an observation.
    ///
    /// # Errors
    /// `PriceOutOfRange`.
    pub fn of(observation: &PriceObservation) -> RiskResult<Self> {
        let reading = normalize(observation)?;
        Ok(Self {
            price: reading.price,
            confidence: reading.confidence,
            prev_publish_ts: observation.previous_publish_time,
            publish_ts: reading.publish_ts,
        })
    }

    /// Refuses every print but the one an order fills at: `previous < t* ≤ published`. The feed must have come as far, so that
    /// it can judge the print.
    ///
    /// # Errors
    /// `PrintWithoutPredecessor`, `PrintCoversNothing`, `PrintTooEarly`, `PrintNotFirst`, `FeedBehindPrint`.
    pub fn require_first(&self, order: &Order, feed: &PriceFeed) -> RiskResult<()> {
        let previous = self.prev_publish_ts.ok_or(RiskError::PrintWithoutPredecessor)?;
        if previous >= self.publish_ts {
            return Err(RiskError::PrintCoversNothing);
        }
        if self.publish_ts < order.eligible_ts {
            return Err(RiskError::PrintTooEarly);
        }
        if previous >= order.eligible_ts {
            return Err(RiskError::PrintNotFirst);
        }
        if feed.accepted_ts < self.publish_ts {
            return Err(RiskError::FeedBehindPrint);
        }
        Ok(())
    }

    /// Judges the print by the feed's last state.
    pub(super) fn judge(&self, feed: &PriceFeed, source: &OracleSource) -> RiskResult<Option<Rejection>> {
        if PriceState::from_byte(feed.state) == PriceState::Guarded {
            return Ok(Some(Rejection::Guarded));
        }
        if self.confidence > self.price.scale_down(Ratio::from_bits(source.max_confidence))? {
            return Ok(Some(Rejection::TooWide));
        }
        let elapsed = u64::try_from(feed.accepted_ts.saturating_sub(self.publish_ts)).unwrap_or(0);
        if is_jump(feed, Price(feed.accepted_price), self.price, elapsed)? {
            return Ok(Some(Rejection::Jump));
        }
        Ok(None)
    }
}
