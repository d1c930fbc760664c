//! Mints of both token programs, as far as this program reads them.
//!
//! A mint of Token-2022 is a classic mint, padding to the length of a token account, a type byte, and then extensions: type,
//! length (u16 each), bytes. A classic mint has none.

/// Bytes of a mint without extensions.
const MINT_BYTES: usize = 82;
/// Bytes of a token account without extensions; a mint's type byte follows them.
const ACCOUNT_BYTES: usize = 165;
/// Bytes of a multisignature account, which has no type byte: no mint has this length.
const MULTISIG_BYTES: usize = 355;
/// The type byte of a mint.
const IS_MINT: u8 = 1;
/// Where a mint keeps its decimals, and after them whether it is initialised.
const DECIMALS_AT: usize = 44;
/// Where a `TransferFeeConfig` keeps the older and the newer fee: first epoch, most atoms, basis points.
const OLDER_FEE_AT: usize = 72;
const NEWER_FEE_AT: usize = 90;
/// A whole, in basis points.
const BASIS_POINTS: u16 = 10_000;

/// An initialised mint.
#[derive(Clone, Copy, Debug)]
pub struct Mint<'a> {
    /// Decimals.
    pub decimals: u8,
    extensions: &'a [u8],
}

impl<'a> Mint<'a> {
    /// The extension a mint has whose transfers may cost a fee.
    pub const TRANSFER_FEE_CONFIG: u16 = 1;

    /// Reads a mint; nothing if the bytes are something else. Who owns them is the caller's to check.
    #[must_use]
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let extensions = match data.split_at_checked(ACCOUNT_BYTES) {
            Some((_, [IS_MINT, extensions @ ..])) if data.len() != MULTISIG_BYTES => extensions,
            None if data.len() == MINT_BYTES => &[],
            _ => return None,
        };
        let [decimals, initialized] = *data.get(DECIMALS_AT..)?.first_chunk::<2>()?;
        (initialized == 1).then_some(Self { decimals, extensions })
    }

    /// Type and bytes of each extension. Nothing in place of one that is cut off.
    pub fn extensions(&self) -> impl Iterator<Item = Option<(u16, &'a [u8])>> {
        let mut rest = self.extensions;
        core::iter::from_fn(move || {
            let (kind, after) = rest.split_first_chunk::<2>()?;
            let kind = u16::from_le_bytes(*kind);
            // Type 0 is space that no extension has taken.
            if kind == 0 {
                return None;
            }
            let body = after.split_first_chunk::<2>().and_then(|(length, after)| {
                let length = usize::from(u16::from_le_bytes(*length));
                after.split_at_checked(length)
            });
            let extension = body.map(|(body, after)| {
                rest = after;
                (kind, body)
            });
            if extension.is_none() {
                rest = &[];
            }
            Some(extension)
        })
    }

    /// The fee of a transfer in an epoch; nothing if transfers cost none.
    #[must_use]
    pub fn transfer_fee(&self, epoch: u64) -> Option<TransferFee> {
        let (_, config) = self.extensions().flatten().find(|(kind, _)| *kind == Self::TRANSFER_FEE_CONFIG)?;
        let (first_epoch, newer) = TransferFee::read(config, NEWER_FEE_AT)?;
        if epoch >= first_epoch {
            return Some(newer);
        }
        TransferFee::read(config, OLDER_FEE_AT).map(|(_, older)| older)
    }
}

/// What a transfer costs: a part of what is sent, up, and no more than the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferFee {
    /// Atoms.
    pub most: u64,
    /// The part, up to 10,000.
    pub basis_points: u16,
}

impl TransferFee {
    /// First epoch and fee.
    fn read(config: &[u8], at: usize) -> Option<(u64, Self)> {
        let (epoch, rest) = config.get(at..)?.split_first_chunk::<8>()?;
        let (most, rest) = rest.split_first_chunk::<8>()?;
        let basis_points = rest.first_chunk::<2>()?;
        let fee = Self { most: u64::from_le_bytes(*most), basis_points: u16::from_le_bytes(*basis_points) };
        Some((u64::from_le_bytes(*epoch), fee))
    }

    /// What arrives of `atoms` sent.
    #[must_use]
    pub fn after(&self, atoms: u64) -> u64 {
        let part = u128::from(atoms).saturating_mul(u128::from(self.basis_points)).div_ceil(u128::from(BASIS_POINTS));
        let fee = u64::try_from(part).unwrap_or(u64::MAX).min(self.most);
        atoms.saturating_sub(fee)
    }

    /// The least that must be sent so that exactly `atoms` arrive; nothing if it leaves the range.
    #[must_use]
    pub fn before(&self, atoms: u64) -> Option<u64> {
        if atoms == 0 {
            return Some(0);
        }
        let capped = u128::from(atoms).saturating_add(u128::from(self.most));
        // What arrives grows by one or stays as one more is sent, so the least that leaves enough leaves exactly this.
        let gross = match BASIS_POINTS.checked_sub(self.basis_points) {
            None | Some(0) => capped,
            Some(kept) => {
                let whole = u128::from(atoms).saturating_mul(u128::from(BASIS_POINTS));
                whole.div_ceil(u128::from(kept)).min(capped)
            }
        };
        u64::try_from(gross).ok()
    }
}
