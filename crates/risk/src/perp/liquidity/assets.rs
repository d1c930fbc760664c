use ballast_math::{signed_add, signed_mul, signed_sub, MathError, MathResult};
use ballast_state::{PerpMarket, RiskBoard};

use crate::perp::{book, mark_of, settlement, skew_reserve, VALUE_BITS};
use crate::{price, Now, RiskError, RiskResult};

/// NAV: what the pool is worth to its providers, `F − ΣU − ΣΦ`, atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetAssets {
    /// With every market at the end of its band that is against the pool, down: what those who leave get.
    pub low: i64,
    /// At the other ends, up: what those who enter pay.
    pub high: i64,
}

/// What the pool owes its markets and keeps in reserve for them, at both ends of their bands, as a sum over markets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liabilities {
    least: i128,
    most: i128,
}

impl Liabilities {
    /// Adds a market at the mark it stands at: the same for those who leave and those who enter.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn add_at_mark(&mut self, market: &PerpMarket) -> MathResult<()> {
        let owed = if market.is_settled() { settlement::cost(market)? } else { owed_at(market, market.mark)? };
        self.least = signed_add(self.least, owed)?;
        self.most = signed_add(self.most, owed)?;
        Ok(())
    }

    /// Adds a market, which must be synced if it has positions with a size.
    ///
    /// # Errors
    /// `FeedNotListed`; `PriceOutOfRange` if an end of the band leaves the range of marks; arithmetic.
    pub fn add(&mut self, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<()> {
        if !has_size(market) {
            return Ok(self.add_at_mark(market)?);
        }
        let (low, high) = marks(market, board, now)?;
        let (low, high) = (owed_at(market, low)?, owed_at(market, high)?);
        self.least = signed_add(self.least, low.min(high))?;
        self.most = signed_add(self.most, low.max(high))?;
        Ok(())
    }

    /// The pool's net assets, given its funds in atoms.
    ///
    /// # Errors
    /// More than 63 bits.
    pub fn net_assets(self, funds: u64) -> MathResult<NetAssets> {
        let funds = i128::from(funds) << VALUE_BITS;
        let low = signed_sub(funds, self.most)? >> VALUE_BITS;
        // −⌊−x⌋ = ⌈x⌉
        let high = (signed_sub(self.least, funds)? >> VALUE_BITS).wrapping_neg();
        let stored = |atoms: i128| i64::try_from(atoms).map_err(|_| MathError::here());
        Ok(NetAssets { low: stored(low)?, high: stored(high)? })
    }
}

/// False for a market that owes the same at any price: its feed may be dead.
pub(super) fn has_size(market: &PerpMarket) -> bool {
    !market.is_settled() && [market.long, market.short].iter().any(|side| side.base != [0, 0])
}

/// Marks at both ends of the bands of underlying and quote token.
fn marks(market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<(u64, u64)> {
    let band = price::aged_band(board.row(market.feed).ok_or(RiskError::FeedNotListed)?, now)?;
    let quote = price::aged_band(board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?, now)?;
    Ok((mark_of(market, band.low.0, quote.high.0)?, mark_of(market, band.high.0, quote.low.0)?))
}

/// `U + Φ` of a market as if its mark were another, a value: the skew moves with it, to a lot.
fn owed_at(market: &PerpMarket, mark: u64) -> MathResult<i128> {
    let skew = book::skew(market)?;
    let moved = signed_mul(i128::from(skew), i128::from(mark).wrapping_sub(i128::from(market.mark)))?;
    let owed = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
    let reserve = i128::from(skew_reserve(mark, skew, &market.terms)?) << VALUE_BITS;
    signed_add(signed_add(owed, moved)?, reserve)
}
