use ballast_math::{high, wide, MathError, MathResult};
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
    let power = |exponent: u8| 10u64.checked_pow(u32::from(exponent)).ok_or_else(MathError::here);
    let quotient = match market.quote_decimals.checked_sub(market.lot_decimals) {
        Some(up) => {
            let numerator = wide(price, power(up)?);
            // Listing bounds the difference by nine: 94 bits and 32.
            if high(numerator) >> VALUE_BITS != 0 {
                return Err(MathError::here());
            }
            (numerator << VALUE_BITS).checked_div(u128::from(quote_price))
        }
        None => {
            let scale = power(market.lot_decimals.saturating_sub(market.quote_decimals))?;
            (u128::from(price) << VALUE_BITS).checked_div(wide(quote_price, scale))
        }
    };
    quotient.ok_or_else(MathError::here)
}
