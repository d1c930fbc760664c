//! Exact decimals, without floats.

/// Beyond this many zeros a number is easier to read with an exponent, and cheaper to print.
const MAX_ZEROS: u32 = 64;

/// `mantissa · 10^exponent`, every digit of it, without trailing zeros behind the point.
pub(super) fn signed(mantissa: i128, exponent: i32) -> String {
    let sign = if mantissa < 0 { "-" } else { "" };
    format!("{sign}{}", unsigned(mantissa.unsigned_abs(), exponent))
}

/// As [`signed`].
pub(super) fn unsigned(mantissa: u128, exponent: i32) -> String {
    let digits = mantissa.to_string();
    let places = exponent.unsigned_abs();
    if mantissa == 0 || exponent == 0 {
        return digits;
    }
    if places > MAX_ZEROS {
        return format!("{digits}e{exponent}");
    }
    let places = places as usize;
    if exponent > 0 {
        return format!("{digits}{}", "0".repeat(places));
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        String::from(whole)
    } else {
        format!("{whole}.{fraction}")
    }
}

/// `part` in percent of `whole`, to four places, rounded to nearest. `None` of nothing, and beyond 10^12 percent.
pub(super) fn percent(part: u128, whole: u128) -> Option<String> {
    // Enough room to multiply; a whole that large does not miss the bits.
    let shift = 32_u32.saturating_sub(part.leading_zeros().min(whole.leading_zeros()));
    let (part, whole) = (part >> shift, whole >> shift);
    let scaled = part.checked_mul(1_000_000)?.checked_add(whole / 2)?.checked_div(whole)?;
    (scaled <= 10_u128.pow(16)).then(|| format!("{}.{:04}", scaled / 10_000, scaled % 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit() {
        for (mantissa, exponent, printed) in [
            (16_197_302_717, -8, "161.97302717"),
            (100_000_750, -8, "1.0000075"),
            (1_500_000_000, -8, "15"),
            (357, -10, "0.0000000357"),
            (-5, -1, "-0.5"),
            (0, -8, "0"),
            (0, i32::MIN, "0"),
            (42, 0, "42"),
            (42, 3, "42000"),
            (1, -18, "0.000000000000000001"),
            (169_350_629_070_000_000_000, -18, "169.35062907"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
            (i128::MAX, -38, "1.70141183460469231731687303715884105727"),
            (7, 65, "7e65"),
            (-7, i32::MIN, "-7e-2147483648"),
        ] {
            assert_eq!(signed(mantissa, exponent), printed);
        }
    }

    #[test]
    fn percents() {
        let of = |part, whole| percent(part, whole);
        assert_eq!(of(57_359_974, 16_197_302_717).as_deref(), Some("0.3541"));
        assert_eq!(of(0, 5).as_deref(), Some("0.0000"));
        assert_eq!(of(5, 5).as_deref(), Some("100.0000"));
        assert_eq!(of(1, 3).as_deref(), Some("33.3333"));
        assert_eq!(of(2, 3).as_deref(), Some("66.6667"));
        assert_eq!(of(u128::MAX, u128::MAX).as_deref(), Some("100.0000"));
        assert_eq!(of(1, u128::MAX).as_deref(), Some("0.0000"));
        assert_eq!(of(1, 0), None);
        assert_eq!(of(u128::MAX, 1), None);
        assert_eq!(of(0, 0), None);
    }
}
