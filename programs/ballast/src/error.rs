//! The program's errors: its own, and the engine's under the engine's codes. On chain a code is 6000 more, as Anchor has it.

use anchor_lang::prelude::*;
use ballast_oracle::OracleError;
use ballast_risk::{risk_errors, RiskError};
use ballast_state::LayoutError;

macro_rules! define_program_errors {
    ($($name:ident = $code:tt, $message:literal,)+) => {
        /// Why an instruction failed. 100: accounts and authority. The rest is the engine's.
        #[error_code]
        #[derive(PartialEq, Eq)]
        pub enum BallastError {
            /// An account that must be owned by this program is not.
            #[msg("the account does not belong to this program")]
            WrongProgramOwner = 100,
            /// The account is of another type, uninitialised or closed.
            #[msg("the account is of another type, uninitialised or closed")]
            WrongAccountType = 101,
            /// The account has a layout version this program does not know.
            #[msg("the account has another layout version")]
            WrongAccountVersion = 102,
            /// The account belongs to another group.
            #[msg("the account belongs to another group")]
            WrongGroup = 103,
            /// The vault is not the bank's.
            #[msg("the vault is not the bank's")]
            WrongVault = 104,
            /// The mint is not the bank's.
            #[msg("the mint is not the bank's")]
            WrongMint = 105,
            /// The token program is not the bank's.
            #[msg("the token program is not the bank's")]
            WrongTokenProgram = 106,
            /// The board is not the group's.
            #[msg("the board is not the group's")]
            WrongBoard = 107,
            /// The feed is not the bank's.
            #[msg("the feed is not the one meant")]
            WrongFeed = 108,
            /// The oracle account is not the source's.
            #[msg("the oracle account is not the source's")]
            WrongOracleAccount = 109,
            /// A bank of the account's balances was not given.
            #[msg("an account is missing: a bank of a balance, or a source of a feed")]
            MissingAccount = 110,
            /// The same account was given for two roles.
            #[msg("the same account was given for two roles")]
            DuplicateAccount = 111,
            /// The signer may not do this.
            #[msg("the signer may not do this")]
            Unauthorised = 112,
            /// The vault's balance did not change by what was booked.
            #[msg("the vault did not change by what was booked")]
            VaultMismatch = 113,
            /// The vault holds less than the books say.
            #[msg("the vault holds less than the books say")]
            VaultBelowBooks = 114,
            /// The mint has an extension or authority Ballast does not list.
            #[msg("the mint has an extension that is not supported")]
            UnsupportedMint = 115,
            /// The token account is not owned by the fee recipient.
            #[msg("the token account is not the fee recipient's")]
            WrongFeeRecipient = 116,
            /// The pause is longer than the group allows.
            #[msg("the pause is longer than the group allows")]
            PauseTooLong = 117,
            /// The token account cannot be read.
            #[msg("the token account cannot be read")]
            WrongTokenAccount = 118,
            /// The only source's account said nothing usable.
            #[msg("the oracle account belongs to a program that is not accepted")]
            OracleWrongOwner = 500,
            /// The oracle account is of another type.
            #[msg("the oracle account is of another type")]
            OracleWrongType = 501,
            /// The oracle account is about another feed.
            #[msg("the oracle account is about another feed")]
            OracleWrongFeed = 502,
            /// The update was not fully verified.
            #[msg("the oracle update was not fully verified")]
            OraclePartialVerification = 503,
            /// The oracle says it is not trading.
            #[msg("the oracle is not trading")]
            OracleNotTrading = 504,
            /// The oracle account is malformed or has no result.
            #[msg("the oracle account has no readable result")]
            OracleNoResult = 505,
            $(#[doc = $message] #[msg($message)] $name = $code,)+
            /// Arithmetic left its range.
            #[msg("arithmetic left its range")]
            Overflow = 9000,
        }

        impl From<RiskError> for BallastError {
            fn from(error: RiskError) -> Self {
                match error {
                    $(RiskError::$name => Self::$name,)+
                    _ => Self::Overflow,
                }
            }
        }
    };
}
risk_errors!(define_program_errors);

impl From<LayoutError> for BallastError {
    fn from(error: LayoutError) -> Self {
        match error {
            LayoutError::UnsupportedVersion => Self::WrongAccountVersion,
            _ => Self::WrongAccountType,
        }
    }
}

impl From<OracleError> for BallastError {
    fn from(error: OracleError) -> Self {
        match error {
            OracleError::WrongOwner => Self::OracleWrongOwner,
            OracleError::WrongAccountType => Self::OracleWrongType,
            OracleError::WrongFeedId => Self::OracleWrongFeed,
            OracleError::PartialVerification { .. } => Self::OraclePartialVerification,
            OracleError::NotTrading { .. } => Self::OracleNotTrading,
            _ => Self::OracleNoResult,
        }
    }
}

/// Fails an instruction. One place makes Anchor's error, so that a check costs a comparison and not the error's strings.
#[cold]
#[inline(never)]
pub(crate) fn raise(error: BallastError) -> Error {
    error.into()
}

/// Fails unless a condition holds.
macro_rules! ensure {
    ($holds:expr, $error:expr $(,)?) => {
        if !$holds {
            return Err($crate::error::raise($error));
        }
    };
}
pub(crate) use ensure;

/// Turns an absent value, or a failure that has no more to say, into an error of the program.
pub(crate) trait OrRaise<T> {
    fn or_raise(self, error: BallastError) -> Result<T>;
}

impl<T> OrRaise<T> for Option<T> {
    #[inline]
    fn or_raise(self, error: BallastError) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(raise(error)),
        }
    }
}

impl<T, E> OrRaise<T> for std::result::Result<T, E> {
    #[inline]
    fn or_raise(self, error: BallastError) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(_) => Err(raise(error)),
        }
    }
}

/// Turns an engine error into the program's, logging where arithmetic failed.
pub(crate) trait OrFail<T> {
    fn or_fail(self) -> Result<T>;
}

impl<T, E: Into<RiskError>> OrFail<T> for std::result::Result<T, E> {
    #[inline]
    fn or_fail(self) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(fail(error.into())),
        }
    }
}

#[cold]
#[inline(never)]
fn fail(error: RiskError) -> Error {
    if let RiskError::Math(place) = error {
        msg!(place.file());
        msg!("line {}", place.line());
    }
    raise(error.into())
}
