//! Mints: what may be listed, and what a transfer costs (Token-2022).
//!
//! A mint of Token-2022 is a classic mint, padding to the length of a token account, a type byte, and then extensions: type,
//! length (u16 each), bytes. A classic mint has none.

use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use anchor_spl::token_2022::Token2022;

use crate::error::{ensure, raise, BallastError, OrRaise, Result};

/// Bytes of a mint without extensions.
const MINT_BYTES: usize = 82;
/// Bytes of a token account without extensions.
const ACCOUNT_BYTES: usize = 165;
/// A type byte, and the head and body of a `TransferFeeAmount`.
const FEE_ACCOUNT_BYTES: usize = ACCOUNT_BYTES + 1 + 4 + 8;
/// Where a mint keeps its decimals, and after them whether it is initialised.
const DECIMALS_AT: usize = 44;
/// The type byte of a mint.
const IS_MINT: u8 = 1;
/// `TransferFeeConfig` among the extension types.
const TRANSFER_FEE_CONFIG: u16 = 1;
/// Where a `TransferFeeConfig` keeps the older and the newer fee: first epoch, most atoms, basis points.
const OLDER_FEE_AT: usize = 72;
const NEWER_FEE_AT: usize = 90;
/// A whole, in basis points.
const BASIS_POINTS: u64 = 10_000;

/// A mint that may be listed.
pub(crate) struct Listable {
    pub(crate) decimals: u8,
    /// Transfers may cost a fee.
    pub(crate) transfer_fee: bool,
}

impl Listable {
    /// Bytes of a token account of the mint.
    pub(crate) fn account_bytes(&self) -> usize {
        if self.transfer_fee {
            FEE_ACCOUNT_BYTES
        } else {
            ACCOUNT_BYTES
        }
    }
}

/// Reads a mint and refuses extensions that would let somebody take, stop or hide what a vault holds.
///
/// # Errors
/// `WrongTokenProgram`, `NotAMint`, `MintPermanentDelegate`, `MintTransferHook`, `MintDefaultState`, `MintConfidential`,
/// `MintNonTransferable`, `MintPausable`, `MintCloseAuthority`, `MintExtensionUnknown`.
pub(crate) fn examine(mint: &AccountInfo<'_>, token_program: &Pubkey) -> Result<Listable> {
    let known = token_program == &Token::id() || token_program == &Token2022::id();
    ensure!(known, BallastError::WrongTokenProgram);
    ensure!(mint.owner == token_program, BallastError::NotAMint);
    let data = mint.data.try_borrow().or_raise(BallastError::NotAMint)?;
    let is_mint = data.len() == MINT_BYTES || data.get(ACCOUNT_BYTES) == Some(&IS_MINT);
    ensure!(is_mint, BallastError::NotAMint);
    let head = data.get(DECIMALS_AT..).and_then(|rest| rest.first_chunk::<2>());
    let [decimals, initialized] = *head.or_raise(BallastError::NotAMint)?;
    ensure!(initialized == 1, BallastError::NotAMint);
    let mut transfer_fee = false;
    for (kind, _) in extensions(&data) {
        match kind {
            TRANSFER_FEE_CONFIG => transfer_fee = true,
            3 => return Err(raise(BallastError::MintCloseAuthority)),
            4 | 16 | 24 => return Err(raise(BallastError::MintConfidential)),
            6 => return Err(raise(BallastError::MintDefaultState)),
            9 => return Err(raise(BallastError::MintNonTransferable)),
            12 => return Err(raise(BallastError::MintPermanentDelegate)),
            14 => return Err(raise(BallastError::MintTransferHook)),
            26 => return Err(raise(BallastError::MintPausable)),
            // What only describes or displays: interest and scale of the shown amount, metadata, groups.
            10 | 18..=23 | 25 => {}
            _ => return Err(raise(BallastError::MintExtensionUnknown)),
        }
    }
    Ok(Listable { decimals, transfer_fee })
}

/// What arrives of `atoms` sent, in this epoch.
///
/// # Errors
/// `NotAMint`.
pub(crate) fn after_fee(mint: &AccountInfo<'_>, atoms: u64) -> Result<u64> {
    let fee = Fee::in_force(mint)?;
    Ok(atoms.saturating_sub(fee.of(atoms)))
}

/// What must be sent so that exactly `atoms` arrive, in this epoch.
///
/// # Errors
/// `NotAMint`, `Overflow`.
pub(crate) fn before_fee(mint: &AccountInfo<'_>, atoms: u64) -> Result<u64> {
    let fee = Fee::in_force(mint)?;
    let capped = atoms.checked_add(fee.most).or_raise(BallastError::Overflow)?;
    let kept = BASIS_POINTS.saturating_sub(u64::from(fee.basis_points));
    let gross = u128::from(atoms).saturating_mul(u128::from(BASIS_POINTS));
    // Of all amounts that leave at least this after the fee the least: what it leaves is exactly this.
    let gross = if kept == 0 { u128::MAX } else { gross.div_ceil(u128::from(kept)) };
    Ok(u64::try_from(gross).unwrap_or(u64::MAX).min(capped))
}

struct Fee {
    most: u64,
    basis_points: u16,
}

impl Fee {
    fn in_force(mint: &AccountInfo<'_>) -> Result<Self> {
        let epoch = Clock::get()?.epoch;
        let data = mint.data.try_borrow().or_raise(BallastError::NotAMint)?;
        let found = extensions(&data).find(|(kind, _)| *kind == TRANSFER_FEE_CONFIG);
        let config = found.map(|(_, config)| config).or_raise(BallastError::NotAMint)?;
        let newer = Self::read(config, NEWER_FEE_AT).or_raise(BallastError::NotAMint)?;
        if epoch >= newer.0 {
            return Ok(newer.1);
        }
        Ok(Self::read(config, OLDER_FEE_AT).or_raise(BallastError::NotAMint)?.1)
    }

    /// First epoch and fee.
    fn read(config: &[u8], at: usize) -> Option<(u64, Self)> {
        let (epoch, rest) = config.get(at..)?.split_first_chunk::<8>()?;
        let (most, rest) = rest.split_first_chunk::<8>()?;
        let basis_points = rest.first_chunk::<2>()?;
        let fee = Self { most: u64::from_le_bytes(*most), basis_points: u16::from_le_bytes(*basis_points) };
        Some((u64::from_le_bytes(*epoch), fee))
    }

    /// As the token program: a part, up, and no more than the most.
    fn of(&self, atoms: u64) -> u64 {
        let part = u128::from(atoms).saturating_mul(u128::from(self.basis_points)).div_ceil(u128::from(BASIS_POINTS));
        u64::try_from(part).unwrap_or(u64::MAX).min(self.most)
    }
}

/// Type and bytes of each extension. Ends at the first that is none, as the token program does.
fn extensions(data: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = data.get(ACCOUNT_BYTES.saturating_add(1)..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<2>()?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let kind = u16::from_le_bytes(*kind);
        let (body, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        rest = after;
        (kind != 0).then_some((kind, body))
    })
}
