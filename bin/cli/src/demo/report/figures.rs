//! Numbers as they are shown. Floats are for showing; no decision was made with one.

use ballast_math::{Ratio, Usd};

use crate::demo::prices::SCALE;

pub(super) fn distinct(members: impl Iterator<Item = usize>) -> usize {
    members.collect::<std::collections::BTreeSet<_>>().len()
}

/// USD of a price on the tape.
pub(super) fn usd(price: u64) -> f64 {
    price as f64 / SCALE as f64
}

/// A value in USD, to the cent.
pub(in crate::demo) fn cents(value: Usd) -> f64 {
    rounded(value.0 as f64 / (1u64 << Usd::BITS) as f64, 2)
}

/// A number with 32 fraction bits.
pub(super) fn ratio(raw: u64) -> f64 {
    raw as f64 / Ratio::ONE.0 as f64
}

pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    // No minus in front of nothing.
    if rounded == 0.0 {
        0.0
    } else {
        rounded
    }
}

/// `$1,234,567`, with cents below a hundred dollars, in billions above.
pub(in crate::demo) fn dollars(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let value = value.abs();
    if value < 99.995 && value != 0.0 {
        return format!("{sign}${value:.2}");
    }
    if value >= 1e9 {
        return format!("{sign}${:.3} bn", value / 1e9);
    }
    format!("{sign}${}", thousands(format!("{value:.0}").parse().unwrap_or(0)))
}

/// `1,234,567`.
pub(in crate::demo) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!((dollars(1_234_567.4), dollars(1_426_438_173.2)), ("$1,234,567".into(), "$1.426 bn".into()));
        assert_eq!(
            (dollars(0.0), dollars(12.345), dollars(-1_000.0)),
            ("$0".into(), "$12.35".into(), "−$1,000".into())
        );
        assert_eq!(rounded(-0.000_1, 2).to_bits(), 0.0f64.to_bits());
        assert_eq!(cents(Usd(3 << 19)), 1.5);
    }
}
