//! Values of a migration file: each is text with its unit, held in the format of the account it ends up in.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use ballast_client::ballast::types::CurvePointArgs;
use ballast_math::{Ratio, Usd};
use ballast_oracle::Provider;
use ballast_risk::interest;
use ballast_risk::price::YEAR_SECONDS;
use ballast_state::{
    BankMode, CurvePoint, MarketMode, Zeroable, CLASSES, CURVE_POINTS, FIXED_PRICE_EXPONENT, NO_CLASS,
};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use solana_pubkey::Pubkey;

use crate::number::{self, Decimal};
use crate::section::{Setting, Texts};

mod amount;

pub use amount::{Amount, Atoms, Lots, Quantity, Size, Smallest, Unit, Units};

/// A value that is written as text.
trait Written: FromStr<Err = String> {
    /// What the text must be, with an example.
    const EXPECTED: &'static str;
}

struct Text<T>(PhantomData<T>);

impl<T: Written> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|wrong| E::custom(format!("{wrong}: expected {}", T::EXPECTED)))
    }
}

/// `$name`, read from text and stored as it is.
macro_rules! written {
    ($name:ident, $expected:literal) => {
        impl Written for $name {
            const EXPECTED: &'static str = $expected;
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData))
            }
        }
    };
}

/// A [`Setting`] of one value that is the same in account and arguments.
macro_rules! stored {
    ($name:ident($stored:ty)) => {
        impl Setting for $name {
            type State = $stored;
            type Args = $stored;

            fn of(state: &$stored) -> Self {
                Self(*state)
            }

            fn of_args(args: &$stored) -> Self {
                Self(*args)
            }

            fn write(&self, state: &mut $stored) {
                *state = self.0;
            }

            fn args(&self) -> $stored {
                self.0
            }

            fn texts(&self, path: &str, texts: &mut Texts) {
                texts.push((path.to_owned(), self.to_string()));
            }
        }
    };
}

/// A number with a unit, which counts multiples of `1 / $per`; `$one` is what one is stored as.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($stored:ty), $unit:literal, $per:literal, $one:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $stored);

        written!($name, $expected);
        stored!($name($stored));

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let stored = number::parse_fixed(text, $unit, $per, $one)?;
                stored.try_into().map(Self).map_err(|_| format!("{text:?} is too large"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&number::show_fixed(self.0.into(), $unit, $per, $one))
            }
        }
    };
}

quantity!(
    /// A part below one, 32 fraction bits.
    Share(u32), "%", 100, 1 << Ratio::BITS, "a percentage below 100 such as \"12.5 %\""
);
quantity!(
    /// A ratio, 32 fraction bits.
    Percent(u64), "%", 100, 1 << Ratio::BITS, "a percentage such as \"105 %\""
);
quantity!(
    /// Standard deviations, 32 fraction bits.
    Deviations(u64), "sd", 1, 1 << Ratio::BITS, "standard deviations such as \"8.1 sd\""
);
quantity!(
    /// Dollars, 20 fraction bits.
    Dollars(u64), "USD", 1, 1 << Usd::BITS, "dollars such as \"10 USD\""
);
quantity!(
    /// A funding rate, 10⁻¹⁸ of the price per second: a percent an hour is 25 · 10¹² / 9 of them.
    Funding(u64), "%/h", 9, 25_000_000_000_000, "a rate of percent an hour such as \"0.1 %/h\""
);
quantity!(
    /// By how much a funding rate changes, 10⁻¹⁸ of the price per second in a second.
    Velocity(u64), "%/h/h", 81, 62_500_000_000, "percent an hour, each hour, such as \"0.1 %/h/h\""
);

/// A fixed price, in the unit of an oracle source: millionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPrice(pub u64);

written!(FixedPrice, "a price such as \"1.00 USD\", with at most 6 decimals");
stored!(FixedPrice(u64));

/// Decimals of a [`FixedPrice`].
const FIXED_PLACES: u32 = FIXED_PRICE_EXPONENT.unsigned_abs();

impl FromStr for FixedPrice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let price = number::with_unit(text, "USD")?;
        let price = price.with_places(FIXED_PLACES).and_then(|price| u64::try_from(price.number).ok());
        price.map(Self).ok_or_else(|| format!("{text:?} is too fine or too large"))
    }
}

impl fmt::Display for FixedPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} USD", number::show(Decimal { number: self.0.into(), places: FIXED_PLACES }))
    }
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u32);

written!(Seconds, "a time in \"s\", \"min\", \"h\" or \"days\" such as \"60 s\" or \"7 days\"");
stored!(Seconds(u32));

/// Units of time, longest first.
const TIMES: [(&str, u32); 5] = [("days", 86_400), ("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (count, unit) = number::split(text)?;
        if unit.is_empty() {
            return Err(format!("{text:?} has no unit"));
        }
        let Some((_, seconds)) = TIMES.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("{unit:?} is no unit of time"));
        };
        if count.places > 0 {
            return Err(format!("{text:?} is not a whole number"));
        }
        let all = u32::try_from(count.number).ok().and_then(|count| count.checked_mul(*seconds));
        all.map(Self).ok_or_else(|| format!("{text:?} is too long"))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, seconds): &&(&str, u32)| self.0 > 0 && self.0.is_multiple_of(*seconds);
        let (unit, seconds) = TIMES.iter().find(fits).unwrap_or(&("s", 1));
        let count = self.0 / seconds;
        write!(f, "{count} {}", if *unit == "days" && count == 1 { "day" } else { unit })
    }
}

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub Pubkey);

written!(Key, "an address in base58 such as \"So11111111111111111111111111111111111111112\"");
stored!(Key(Pubkey));

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("{text:?} is not an address"))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a provider calls a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedId(pub [u8; 32]);

written!(FeedId, "64 hex digits");
stored!(FeedId([u8; 32]));

impl FromStr for FeedId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a feed id");
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut id = [0; 32];
        for (byte, pair) in id.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(id))
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A provider of prices by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderId(pub u8);

written!(ProviderId, "\"pyth-pull\", \"switchboard-on-demand\", \"pyth-legacy\", \"switchboard-v2\" or \"fixed\"");
stored!(ProviderId(u8));

impl FromStr for ProviderId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Provider::ALL.iter().find(|provider| provider.id() == text);
        known.map(|provider| Self(provider.to_u8())).ok_or_else(|| format!("{text:?} is no provider"))
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Provider::from_u8(self.0) {
            Some(provider) => f.write_str(provider.id()),
            None => self.0.fmt(f),
        }
    }
}

/// Name of an underlying, padded with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol(pub [u8; 16]);

written!(Symbol, "a name of 1 to 16 ASCII letters, digits and signs such as \"SOL\"");
stored!(Symbol([u8; 16]));

impl FromStr for Symbol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut symbol = [0; 16];
        if text.is_empty() || text.len() > symbol.len() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{text:?} is no symbol"));
        }
        for (to, from) in symbol.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self(symbol))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(String::from_utf8_lossy(&self.0).trim_end_matches('\0'))
    }
}

/// A mode by its name.
macro_rules! mode {
    ($(#[$doc:meta])* $name:ident($mode:ident)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $mode);

        written!($name, "\"normal\", \"reduce-only\" or \"wind-down\"");

        impl $name {
            const NAMES: [(&str, $mode); 3] =
                [("normal", $mode::Normal), ("reduce-only", $mode::ReduceOnly), ("wind-down", $mode::WindDown)];
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::NAMES.iter().find(|(name, _)| *name == text);
                known.map(|(_, mode)| Self(*mode)).ok_or_else(|| format!("{text:?} is no mode"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::NAMES.iter().find(|(_, mode)| *mode == self.0).map_or("", |(name, _)| name))
            }
        }
    };
}

mode!(
    /// What a bank lets its users do.
    Mode(BankMode)
);
mode!(
    /// What a perp market lets its traders do.
    Trading(MarketMode)
);

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Flag(pub bool);

impl Setting for Flag {
    type State = u8;
    type Args = bool;

    fn of(state: &u8) -> Self {
        Self(*state != 0)
    }

    fn of_args(args: &bool) -> Self {
        Self(*args)
    }

    fn write(&self, state: &mut u8) {
        *state = self.0.into();
    }

    fn args(&self) -> bool {
        self.0
    }

    fn texts(&self, path: &str, texts: &mut Texts) {
        texts.push((path.to_owned(), self.0.to_string()));
    }
}

/// A risk class by its number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "u8")]
pub struct Class(pub u8);

stored!(Class(u8));

impl Default for Class {
    fn default() -> Self {
        Self(NO_CLASS)
    }
}

impl TryFrom<u8> for Class {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if usize::from(number) < CLASSES {
            return Ok(Self(number));
        }
        Err(format!("{number} is no risk class: expected a number below {CLASSES}; a feed without a class names none"))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == NO_CLASS {
            return f.write_str("none");
        }
        self.0.fmt(f)
    }
}

/// A corner of an interest curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corner {
    /// Utilisation, basis points.
    pub utilisation_bps: u32,
    /// Borrow rate a year, basis points.
    pub rate_bps: u32,
}

written!(Corner, "a yearly rate at a utilisation such as \"8 % at 80 %\", both in whole basis points");

impl FromStr for Corner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rate, utilisation) = text.split_once(" at ").ok_or_else(|| format!("{text:?} is no corner of a curve"))?;
        let bps = |text: &str| {
            let percent = number::with_unit(text.trim(), "%")?.with_places(2);
            percent
                .and_then(|bps| u32::try_from(bps.number).ok())
                .ok_or_else(|| format!("{text:?} is too fine or too large"))
        };
        Ok(Self { utilisation_bps: bps(utilisation)?, rate_bps: bps(rate)? })
    }
}

impl fmt::Display for Corner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |bps: u32| number::show(Decimal { number: bps.into(), places: 2 });
        write!(f, "{} % at {} %", percent(self.rate_bps), percent(self.utilisation_bps))
    }
}

/// An interest curve.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Curve(pub Vec<Corner>);

impl Setting for Curve {
    type State = [CurvePoint; CURVE_POINTS];
    type Args = Vec<CurvePointArgs>;

    /// The corners up to full use; nothing lies beyond it.
    fn of(state: &Self::State) -> Self {
        let last = state.iter().position(|point| point.utilisation == Ratio::ONE.0).unwrap_or(CURVE_POINTS - 1);
        // The smallest basis points that the stored number rounds down from.
        let bps = |stored: u64, scale: u128, bits: u32| {
            u32::try_from((u128::from(stored) * scale).div_ceil(1 << bits)).unwrap_or(u32::MAX)
        };
        let year = u128::from(YEAR_SECONDS) * 10_000;
        let corner = |point: &CurvePoint| Corner {
            utilisation_bps: bps(point.utilisation, 10_000, Ratio::BITS),
            rate_bps: bps(point.rate, year, u64::BITS),
        };
        Self(state.iter().take(last + 1).map(corner).collect())
    }

    fn of_args(args: &Self::Args) -> Self {
        let corner =
            |point: &CurvePointArgs| Corner { utilisation_bps: point.utilisation_bps, rate_bps: point.rate_bps };
        Self(args.iter().map(corner).collect())
    }

    fn write(&self, state: &mut Self::State) {
        *state = [CurvePoint::zeroed(); CURVE_POINTS];
        for (point, corner) in state.iter_mut().zip(&self.0) {
            point.utilisation = Ratio::from_bps(corner.utilisation_bps).0;
            point.rate = interest::rate_per_second(corner.rate_bps).unwrap_or(u64::MAX);
        }
    }

    fn args(&self) -> Self::Args {
        let point =
            |corner: &Corner| CurvePointArgs { utilisation_bps: corner.utilisation_bps, rate_bps: corner.rate_bps };
        self.0.iter().map(point).collect()
    }

    fn texts(&self, path: &str, texts: &mut Texts) {
        let corners: Vec<String> = self.0.iter().map(Corner::to_string).collect();
        texts.push((path.to_owned(), corners.join(", ")));
    }
}
