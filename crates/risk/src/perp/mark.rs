use ballast_math::{wide, MathError, MathResult};
use ballast_state::PerpMarket;

use super::{MAX_MARK, VALUE_BITS};
use crate::{RiskError, RiskResult};

/// Most decimals by which the quote token's may exceed the lot's.
pub const MAX_LOT_SHIFT: u8 = 9;

/// P: the price of a lot of the underlying in atoms of the quote token, 32 fraction bits, down. Prices with 40 fraction bits.
///
/// `⌊price·2³²·10^quote / (quote_price·10^lot)⌋`
///
/// # Errors
/// `PriceOutOfRange` for a mark of zero or above [`MAX_MARK`]; arithmetic.
pub fn mark_of(market: &PerpMarket, price: u64, quote_price: u64) -> RiskResult<u64> {
    let mark = quotient(market, price, quote_price)?;
    match u64::try_from(mark) {
        Ok(mark) if mark != 0 && mark <= MAX_MARK => Ok(mark),
        _ => Err(RiskError::PriceOutOfRange),
    }
}

fn quotient(market: &PerpMarket, price: u64, quote_price: u64) -> MathResult<u128> {
    let numerator = u128::from(price) << VALUE_BITS;
    let power = |exponent: u8| 10u64.checked_pow(u32::from(exponent)).ok_or_else(MathError::here);
    let quotient = match market.quote_decimals.checked_sub(market.lot_decimals) {
        // Listing bounds the difference by nine: 96 + 30 bits.
        Some(up) => numerator
            .checked_mul(u128::from(power(up)?))
            .and_then(|numerator| numerator.checked_div(u128::from(quote_price))),
        None => {
            numerator.checked_div(wide(quote_price, power(market.lot_decimals.saturating_sub(market.quote_decimals))?))
        }
    };
    quotient.ok_or_else(MathError::here)
}
