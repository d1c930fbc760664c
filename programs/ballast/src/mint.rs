//! Mints: what may be listed, and what a transfer costs (Token-2022).

use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use anchor_spl::token_2022::Token2022;
use ballast_state::{Mint, TransferFee};

use crate::error::{ensure, raise, BallastError, OrRaise, Result};

/// Bytes of a token account without extensions.
const ACCOUNT_BYTES: usize = 165;
/// A type byte, and the head and body of a `TransferFeeAmount`.
const FEE_ACCOUNT_BYTES: usize = ACCOUNT_BYTES + 1 + 4 + 8;

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

/// Reads a mint and refuses extensions that would let somebody take, stop or hide what a vault holds. An initialised mint gets
/// no further ones but those that describe it.
///
/// # Errors
/// `WrongTokenProgram`, `NotAMint`, `MintPermanentDelegate`, `MintTransferHook`, `MintDefaultState`, `MintConfidential`,
/// `MintNonTransferable`, `MintPausable`, `MintCloseAuthority`, `MintExtensionUnknown`.
pub(crate) fn examine(mint: &AccountInfo<'_>, token_program: &Pubkey) -> Result<Listable> {
    let known = token_program == &Token::id() || token_program == &Token2022::id();
    ensure!(known, BallastError::WrongTokenProgram);
    ensure!(mint.owner == token_program, BallastError::NotAMint);
    let data = mint.data.try_borrow().or_raise(BallastError::NotAMint)?;
    let mint = Mint::parse(&data).or_raise(BallastError::NotAMint)?;
    let mut transfer_fee = false;
    for extension in mint.extensions() {
        match extension.or_raise(BallastError::NotAMint)?.0 {
            Mint::TRANSFER_FEE_CONFIG => transfer_fee = true,
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
    Ok(Listable { decimals: mint.decimals, transfer_fee })
}

/// What arrives of `atoms` sent, in this epoch.
///
/// # Errors
/// `NotAMint`.
pub(crate) fn after_fee(mint: &AccountInfo<'_>, atoms: u64) -> Result<u64> {
    Ok(in_force(mint)?.after(atoms))
}

/// What must be sent so that exactly `atoms` arrive, in this epoch.
///
/// # Errors
/// `NotAMint`; `Overflow` if nobody can send as much.
pub(crate) fn before_fee(mint: &AccountInfo<'_>, atoms: u64) -> Result<u64> {
    in_force(mint)?.before(atoms).or_raise(BallastError::Overflow)
}

fn in_force(mint: &AccountInfo<'_>) -> Result<TransferFee> {
    let epoch = Clock::get()?.epoch;
    let data = mint.data.try_borrow().or_raise(BallastError::NotAMint)?;
    Mint::parse(&data).and_then(|mint| mint.transfer_fee(epoch)).or_raise(BallastError::NotAMint)
}
