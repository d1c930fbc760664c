//! Decimal numbers with a unit behind them, exactly.

/// `number / 10^places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) number: u128,
    pub(crate) places: u32,
}

/// Most digits of a number: more would not fit the products below.
const DIGITS: usize = 24;

impl Decimal {
    /// `self` in a multiple of `1 / per`, where `one` stands for one, rounded down; nothing if it needs more than 64 bits.
    fn fixed_down(self, per: u128, one: u128) -> Option<u64> {
        let scale = per.checked_mul(10u128.checked_pow(self.places)?)?;
        let whole = (self.number / scale).checked_mul(one)?;
        let rest = (self.number % scale).checked_mul(one)? / scale;
        u64::try_from(whole.checked_add(rest)?).ok()
    }

    /// `self · 10^places` of another count of places; nothing if that is no whole number of 128 bits.
    pub(crate) fn with_places(self, places: u32) -> Option<Self> {
        let more = places.checked_sub(self.places)?;
        Some(Self { number: self.number.checked_mul(10u128.checked_pow(more)?)?, places })
    }
}

/// The number and what follows it. Underscores may group digits.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn split(text: &str) -> Result<(Decimal, &str), String> {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '_' | '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let wrong = || format!("{text:?} does not start with a number");
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return Err(wrong()),
        Some(parts) => parts,
        None => (number, ""),
    };
    let digits: String = [whole, fraction].concat().replace('_', "");
    if !whole.starts_with(|c: char| c.is_ascii_digit()) || fraction.contains('.') {
        return Err(wrong());
    }
    if digits.len() > DIGITS {
        return Err(format!("{text:?} has more than {DIGITS} digits"));
    }
    let fraction = fraction.replace('_', "");
    let places = u32::try_from(fraction.trim_end_matches('0').len()).map_err(|_| wrong())?;
    let zeros = fraction.len() - fraction.trim_end_matches('0').len();
    let number = digits.get(..digits.len() - zeros).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    Ok((Decimal { number, places }, unit.trim()))
}

/// The number of a text whose unit must be `unit`.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn with_unit(text: &str, unit: &str) -> Result<Decimal, String> {
    match split(text)? {
        (number, found) if found == unit => Ok(number),
        (_, "") => Err(format!("{text:?} has no unit")),
        (_, found) => Err(format!("{text:?} is in {found:?}, not in {unit:?}")),
    }
}

/// A number in `unit`, which counts multiples of `1 / per`, stored with `one` for one, rounded down.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn parse_fixed(text: &str, unit: &str, per: u128, one: u128) -> Result<u64, String> {
    let number = with_unit(text, unit)?;
    match number.fixed_down(per, one) {
        None => Err(format!("{text:?} is too large")),
        Some(0) if number.number > 0 => Err(format!("{text:?} is too small to be told from zero")),
        Some(stored) => Ok(stored),
    }
}

/// The shortest number that [`parse_fixed`] reads as `stored`.
pub(crate) fn show_fixed(stored: u64, unit: &str, per: u128, one: u128) -> String {
    let decimal = (0..).map_while(|places| {
        let scaled = u128::from(stored).checked_mul(per)?.checked_mul(10u128.checked_pow(places)?)?;
        Some(Decimal { number: scaled.div_ceil(one), places })
    });
    match decimal.into_iter().find(|decimal| decimal.fixed_down(per, one) == Some(stored)) {
        Some(decimal) => format!("{} {unit}", show(decimal)),
        None => format!("{stored}/{one}"),
    }
}

/// The number with its digits in groups of three, without zeros at the end.
pub(crate) fn show(decimal: Decimal) -> String {
    let scale = 10u128.checked_pow(decimal.places).unwrap_or(u128::MAX);
    let whole = (decimal.number / scale).to_string();
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    let width = usize::try_from(decimal.places).unwrap_or(0);
    let fraction = format!("{:0width$}", decimal.number % scale);
    let fraction = fraction.trim_end_matches('0');
    if decimal.places > 0 && !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        for (text, number, places, unit) in [
            ("12.5 %", 125, 1, "%"),
            ("12.50%", 125, 1, "%"),
            ("1_000_000 USD", 1_000_000, 0, "USD"),
            ("0.000_001 SOL", 1, 6, "SOL"),
            ("10 standard deviations", 10, 0, "standard deviations"),
            ("7", 7, 0, ""),
        ] {
            assert_eq!(split(text), Ok((Decimal { number, places }, unit)), "{text}");
        }
        for text in ["", "%", "-1 %", ".5 %", "1. %", "1.2.3 %", "_1 %", "USD 10"] {
            assert!(split(text).unwrap_err().ends_with("does not start with a number"), "{text}");
        }
        assert!(split(&"9".repeat(25)).unwrap_err().ends_with("has more than 24 digits"));
    }

    #[test]
    fn what_is_shown_is_what_is_read() {
        for stored in (0..1u64 << 32).step_by(9_999_991).chain([1, (1 << 32) - 1, 1 << 40, u64::MAX]) {
            for (unit, per, one) in [
                ("%", 100, 1 << 32),
                ("USD", 1, 1 << 20),
                ("%/h", 9, 25_000_000_000_000),
                ("%/h/h", 81, 62_500_000_000),
            ] {
                let text = show_fixed(stored, unit, per, one);
                assert_eq!(parse_fixed(&text, unit, per, one), Ok(stored), "{text}");
            }
        }
        assert_eq!(show_fixed(420_906_795, "%", 100, 1 << 32), "9.8 %");
        assert_eq!(show_fixed(50_000_000 << 20, "USD", 1, 1 << 20), "50_000_000 USD");
        assert_eq!(show(Decimal { number: 1_000_050, places: 4 }), "100.005");
    }
}
