//! Why an account is not a price.

use core::fmt;

/// Why an account gives no observation. Codes are stable; they start at 1500.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleError {
    /// The owner program is not one that the caller accepts for this provider.
    WrongOwner,
    /// The provider has no account to read: its price is configuration.
    NoAccount,
    /// Fewer bytes than the format has.
    Truncated,
    /// Discriminator, magic number or account type of something that is not this provider's price account.
    WrongAccountType,
    /// The account's format has a version that this adapter does not know.
    BadVersion {
        /// What the account says.
        version: u32,
    },
    /// A price account about something else.
    WrongFeedId,
    /// Not enough guardians' signatures were checked (Pyth pull).
    PartialVerification {
        /// How many were.
        signatures: u8,
    },
    /// A verification level that does not exist (Pyth pull).
    BadVerificationLevel {
        /// The tag found.
        tag: u8,
    },
    /// A price account whose value is no price but something derived from one (legacy Pyth).
    WrongPriceType {
        /// The type found.
        price_type: u32,
    },
    /// The aggregate's status is not "trading" (legacy Pyth); [`pyth_legacy::status_name`](crate::pyth_legacy::status_name) names it.
    NotTrading {
        /// The status found.
        status: u32,
    },
    /// The feed has never had a result (Switchboard).
    NoResult,
    /// The result rests on fewer responses than the feed itself demands (Switchboard).
    TooFewResponses {
        /// Responses in the result.
        actual: u32,
        /// Responses that the feed demands.
        required: u32,
    },
    /// The provider's own uncertainty is negative (Switchboard).
    NegativeConfidence,
    /// A decimal scale or its conversion outside of what the format can mean (Switchboard V2).
    BadScale {
        /// The scale found.
        scale: u32,
    },
}

impl OracleError {
    /// The stable number of this error.
    pub const fn code(self) -> u32 {
        match self {
            Self::WrongOwner => 1500,
            Self::NoAccount => 1501,
            Self::Truncated => 1502,
            Self::WrongAccountType => 1503,
            Self::BadVersion { .. } => 1504,
            Self::WrongFeedId => 1505,
            Self::PartialVerification { .. } => 1506,
            Self::BadVerificationLevel { .. } => 1507,
            Self::WrongPriceType { .. } => 1508,
            Self::NotTrading { .. } => 1509,
            Self::NoResult => 1510,
            Self::TooFewResponses { .. } => 1511,
            Self::NegativeConfidence => 1512,
            Self::BadScale { .. } => 1513,
        }
    }

    /// The stable name of this error, without its facts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongOwner => "WrongOwner",
            Self::NoAccount => "NoAccount",
            Self::Truncated => "Truncated",
            Self::WrongAccountType => "WrongAccountType",
            Self::BadVersion { .. } => "BadVersion",
            Self::WrongFeedId => "WrongFeedId",
            Self::PartialVerification { .. } => "PartialVerification",
            Self::BadVerificationLevel { .. } => "BadVerificationLevel",
            Self::WrongPriceType { .. } => "WrongPriceType",
            Self::NotTrading { .. } => "NotTrading",
            Self::NoResult => "NoResult",
            Self::TooFewResponses { .. } => "TooFewResponses",
            Self::NegativeConfidence => "NegativeConfidence",
            Self::BadScale { .. } => "BadScale",
        }
    }
}

impl fmt::Display for OracleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOwner => f.write_str("owned by a program that is not accepted for this provider"),
            Self::NoAccount => f.write_str("this provider has no account to read"),
            Self::Truncated => f.write_str("shorter than the format"),
            Self::WrongAccountType => f.write_str("not a price account of this provider"),
            Self::BadVersion { version } => write!(f, "format version {version} is not known"),
            Self::WrongFeedId => f.write_str("about another feed than the one expected"),
            Self::PartialVerification { signatures } => {
                write!(f, "verified only in part: {signatures} guardian signatures checked")
            }
            Self::BadVerificationLevel { tag } => write!(f, "verification level {tag} does not exist"),
            Self::WrongPriceType { price_type } => write!(f, "price type {price_type} is not a price"),
            Self::NotTrading { status } => {
                write!(f, "status {status} ({}) is not trading", crate::pyth_legacy::status_name(*status))
            }
            Self::NoResult => f.write_str("the feed has no result yet"),
            Self::TooFewResponses { actual, required } => {
                write!(f, "{actual} responses where the feed demands {required}")
            }
            Self::NegativeConfidence => f.write_str("negative standard deviation"),
            Self::BadScale { scale } => write!(f, "decimal scale {scale} is out of range"),
        }
    }
}

impl core::error::Error for OracleError {}
