//! The program's errors: its own, and the engine's under the engine's codes. On chain a code is 6000 more, as Anchor has it.

use std::num::{NonZeroU32, NonZeroU64};

use anchor_lang::error::ERROR_CODE_OFFSET;
use anchor_lang::prelude::*;
use ballast_oracle::OracleError;
use ballast_risk::{risk_errors, RiskError};
use ballast_state::LayoutError;

macro_rules! with_own_errors {
    ($($name:ident = $code:tt, $message:literal,)+) => {
        define_program_errors! {
            own {
                WrongProgramOwner = 100, "the account does not belong to this program",
                WrongAccountType = 101, "the account is of another type, uninitialised or closed",
                WrongAccountVersion = 102, "the account has another layout version",
                WrongGroup = 103, "the account belongs to another group",
                WrongVault = 104, "the vault is not the bank's",
                WrongMint = 105, "the mint is not the bank's",
                WrongTokenProgram = 106, "the token program is not the bank's",
                WrongBoard = 107, "the board is not the group's",
                WrongOracleAccount = 109, "the oracle account is not the source's",
                MissingAccount = 110, "an account is missing: a bank of a balance, or a source of a feed",
                DuplicateAccount = 111, "the same account was given for two roles",
                Unauthorised = 112, "the signer may not do this",
                VaultMismatch = 113, "the vault did not change by what was booked",
                VaultBelowBooks = 114, "the vault holds less than the books say",
                WrongFeeRecipient = 116, "the token account is not the fee recipient's",
                PauseTooLong = 117, "the pause is longer than the group allows",
                WrongTokenAccount = 118, "the token account cannot be read",
                AlreadyExists = 119, "the account exists already",
                NotTopLevel = 120, "only the transaction itself may do this, not another program",
                WrongSysvar = 121, "the account is not the instructions sysvar",
                MissingEnd = 122, "no later instruction of the transaction ends this",
                EndNotUnique = 123, "more than one later instruction of the transaction ends this",
                DestinationNotOwners = 124, "a delegate may send tokens to the owner's token accounts only",
                TimelockRequired = 125, "the change can add risk: it has to wait for the timelock",
                NotTimelocked = 126, "no instruction that waits for the timelock",
                ChangeNotReady = 127, "the change has not waited long enough",
                ChangeExpired = 128, "the change has expired",
                ChangeMismatch = 129, "the accounts are not those of the change",
                PauseTooSoon = 130, "the guardian's last pause is too recent",
                WrongSystemProgram = 131, "the account is not the system program",
                PoolMismatch = 132, "the pool is not the account's",
                NoPullSource = 133, "no source of the feed says what it printed before",
                OrdersMismatch = 134, "the orders are not the account's",
                PayerMismatch = 135, "the account is not who paid the rent",
                NotAMint = 140, "the account is no mint of the token program",
                MintPermanentDelegate = 141, "the mint has a permanent delegate: it could empty the vault",
                MintTransferHook = 142, "the mint has a transfer hook: it could stop or misuse every transfer",
                MintDefaultState = 143, "the mint sets a default account state: accounts could begin frozen",
                MintConfidential = 144, "the mint has confidential transfers: amounts could be hidden",
                MintNonTransferable = 145, "the mint's tokens cannot be transferred",
                MintPausable = 146, "the mint can be paused: exits could be stopped",
                MintCloseAuthority = 147, "the mint can be closed and made anew with other decimals",
                MintExtensionUnknown = 148, "the mint has an extension that is not known to be safe",
                OracleWrongOwner = 500, "the oracle account belongs to a program that is not accepted",
                OracleWrongType = 501, "the oracle account is of another type",
                OracleWrongFeed = 502, "the oracle account is about another feed",
                OraclePartialVerification = 503, "the oracle update was not fully verified",
                OracleNotTrading = 504, "the oracle is not trading",
                OracleNoResult = 505, "the oracle account has no readable result",
                Overflow = 9000, "arithmetic left its range",
            }
            engine { $($name = $code, $message,)+ }
        }
    };
}

macro_rules! define_program_errors {
    (
        own { $($own:ident = $own_code:tt, $own_message:literal,)+ }
        engine { $($name:ident = $code:tt, $message:literal,)+ }
    ) => {
        /// Why an instruction failed. 100: accounts and authority. 500: an oracle account that is a feed's only source. The
        /// rest is the engine's.
        #[error_code]
        #[derive(PartialEq, Eq)]
        pub enum BallastError {
            $(#[doc = $own_message] #[msg($own_message)] $own = $own_code,)+
            $(#[doc = $message] #[msg($message)] $name = $code,)+
        }

        /// The names, one after the other.
        const TITLES: &str = concat!($(stringify!($own),)+ $(stringify!($name),)+);

        /// Code and length of each name, in their order.
        const TITLED: &[(u16, u8)] = &[
            $(($own_code, length(stringify!($own))),)+
            $(($code, length(stringify!($name))),)+
        ];

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
risk_errors!(with_own_errors);

#[allow(clippy::as_conversions, reason = "no other conversion is const")]
const fn length(name: &str) -> u8 {
    assert!(name.len() <= 255);
    name.len() as u8
}

impl BallastError {
    /// The name. One string and a walk along it: as a table of strings it would take two kilobytes more, of addresses and their
    /// relocations, and nobody waits for a failure.
    fn title(self) -> &'static str {
        let code = u32::from(self).wrapping_sub(ERROR_CODE_OFFSET);
        let mut start = 0usize;
        for (listed, length) in TITLED {
            let end = start.saturating_add(usize::from(*length));
            if u32::from(*listed) == code {
                return TITLES.get(start..end).unwrap_or_default();
            }
            start = end;
        }
        ""
    }
}

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

/// Why an instruction fails: the number its program returns to the runtime, which fits into a register. Anchor's error, a box
/// of strings, is made of it once, where the handler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(NonZeroU64);

/// What the program's own functions return.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// `Ok` if the runtime answers zero.
    pub(crate) fn check(code: u64) -> Result<()> {
        NonZeroU64::new(code).map_or(Ok(()), |code| Err(Self(code)))
    }
}

impl From<ProgramError> for Failure {
    #[cold]
    #[inline(never)]
    fn from(error: ProgramError) -> Self {
        Self(NonZeroU64::new(error.into()).unwrap_or(NonZeroU64::MAX))
    }
}

impl From<Failure> for Error {
    #[cold]
    #[inline(never)]
    fn from(failure: Failure) -> Self {
        ProgramError::from(failure.0.get()).into()
    }
}

/// Fails an instruction: logs the error's name, for people, and returns its code. Clients have the messages in the IDL; on
/// chain their text would be bytes of the program and compute of every failure.
#[cold]
#[inline(never)]
pub(crate) fn raise(error: BallastError) -> Failure {
    msg!(error.title());
    Failure(NonZeroU64::from(NonZeroU32::new(error.into()).unwrap_or(NonZeroU32::MAX)))
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

/// Fails unless two keys are equal. As `ensure!`, in a third of the bytes and for a few units more: for administrative
/// instructions.
#[inline(never)]
pub(crate) fn ensure_same(key: &Pubkey, expected: &Pubkey, error: BallastError) -> Result<()> {
    if key == expected {
        Ok(())
    } else {
        Err(raise(error))
    }
}

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
fn fail(error: RiskError) -> Failure {
    if let RiskError::Math(place) = error {
        msg!(place.file());
        msg!("line {}", place.line());
    }
    raise(error.into())
}
