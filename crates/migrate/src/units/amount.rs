use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer};

use super::{Text, Written};
use crate::number::{self, Decimal};
use crate::section::{Fault, Setting, Texts};

/// What amounts are counted in, and how many decimals that has.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its decimals.
    pub decimals: u8,
}

/// The units of a table.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    /// Of amounts of tokens.
    pub token: Unit<'a>,
    /// Of sizes of perps; only a market has them.
    pub underlying: Unit<'a>,
}

impl<'a> Units<'a> {
    /// Those of a table without sizes.
    #[must_use]
    pub const fn of_token(name: &'a str, decimals: u8) -> Self {
        let token = Unit { name, decimals };
        Self { token, underlying: token }
    }
}

/// The smallest part that a number counts, which needs no decimals.
pub trait Smallest {
    /// Its name.
    const NAME: &'static str;
    /// What the text must be, with an example.
    const EXPECTED: &'static str;
    /// How the largest number is written, if it means no limit.
    const UNLIMITED: Option<&'static str>;

    /// The one of these units that it is a part of.
    fn unit<'a>(units: &Units<'a>) -> Unit<'a>;
}

/// A token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atoms;
/// A perp market's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lots;

impl Smallest for Atoms {
    const NAME: &'static str = "atoms";
    const EXPECTED: &'static str = "an amount with its token such as \"1_000_000 USDC\", or \"none\" for no limit";
    const UNLIMITED: Option<&'static str> = Some("none");

    fn unit<'a>(units: &Units<'a>) -> Unit<'a> {
        units.token
    }
}

impl Smallest for Lots {
    const NAME: &'static str = "lots";
    const EXPECTED: &'static str = "a size in the underlying such as \"1_000 SOL\", or in lots such as \"10_000 lots\"";
    const UNLIMITED: Option<&'static str> = None;

    fn unit<'a>(units: &Units<'a>) -> Unit<'a> {
        units.underlying
    }
}

/// A number of tokens, or no limit.
pub type Amount = Quantity<Atoms>;
/// A size of a perp.
pub type Size = Quantity<Lots>;

/// A number in a unit, or in the smallest part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity<S> {
    /// In `unit`; once denominated, with the unit's decimals as places.
    number: Decimal,
    /// Name of the unit, or of its smallest part.
    unit: String,
    smallest: PhantomData<S>,
}

impl<S: Smallest> Quantity<S> {
    /// So many of the smallest part.
    #[must_use]
    pub fn smallest(number: u64) -> Self {
        Self { number: Decimal { number: number.into(), places: 0 }, unit: S::NAME.to_owned(), smallest: PhantomData }
    }

    fn unlimited(&self) -> Option<&'static str> {
        let is_largest = self.unit == S::NAME && self.number == Decimal { number: u64::MAX.into(), places: 0 };
        S::UNLIMITED.filter(|_| is_largest)
    }
}

impl Amount {
    /// So many of a mint's smallest unit; the maximum means no limit.
    #[must_use]
    pub fn of_atoms(atoms: u64) -> Self {
        Self::smallest(atoms)
    }
}

impl<S: Smallest> Written for Quantity<S> {
    const EXPECTED: &'static str = S::EXPECTED;
}

impl<'de, S: Smallest> Deserialize<'de> for Quantity<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<S: Smallest> FromStr for Quantity<S> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if S::UNLIMITED.is_some_and(|unlimited| text == unlimited) {
            return Ok(Self::smallest(u64::MAX));
        }
        match number::split(text)? {
            (_, "") => Err(format!("{text:?} has no unit")),
            (number, unit) => Ok(Self { number, unit: unit.to_owned(), smallest: PhantomData }),
        }
    }
}

impl<S: Smallest> fmt::Display for Quantity<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unlimited() {
            Some(unlimited) => f.write_str(unlimited),
            None => write!(f, "{} {}", number::show(self.number), self.unit),
        }
    }
}

impl<S: Smallest> Setting for Quantity<S> {
    type State = u64;
    type Args = u64;

    fn of(state: &u64) -> Self {
        Self::smallest(*state)
    }

    fn of_args(args: &u64) -> Self {
        Self::smallest(*args)
    }

    fn write(&self, state: &mut u64) {
        *state = self.args();
    }

    fn args(&self) -> u64 {
        // `denominate` refused what is larger.
        u64::try_from(self.number.number).unwrap_or(u64::MAX)
    }

    fn texts(&self, path: &str, texts: &mut Texts) {
        texts.push((path.to_owned(), self.to_string()));
    }

    fn denominate(&mut self, path: &str, units: &Units<'_>) -> Result<(), Fault> {
        let Unit { name, decimals } = S::unit(units);
        let places = u32::from(decimals);
        let fail = |message: String| Err(Fault::new(path, message));
        if self.unlimited().is_some() {
            return Ok(());
        } else if self.unit == S::NAME && self.number.places == 0 {
            self.number.places = places;
        } else if self.unit != name {
            return fail(format!("{self} is in {:?}: expected an amount in {name:?}", self.unit));
        } else if let Some(number) = self.number.with_places(places) {
            self.number = number;
        } else {
            return fail(format!("{self} is finer than the {decimals} decimals of {name}"));
        }
        match u64::try_from(self.number.number) {
            Err(_) => return fail(format!("{self} is more than 64 bits of {} can hold", S::NAME)),
            // The program knows no other limit of so many atoms.
            Ok(u64::MAX) if S::UNLIMITED.is_some() => *self = Self::smallest(u64::MAX),
            Ok(_) => self.unit = name.to_owned(),
        }
        Ok(())
    }
}
