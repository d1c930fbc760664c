//! Reading an account from bytes.

use bytemuck::Pod;

/// Bytes of the type tag at the start of every account.
pub const DISCRIMINATOR_BYTES: usize = 8;

/// Why bytes are not the account they are said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// The discriminator is another type's, or zero: never initialised, or closed.
    UnknownType,
    /// Shorter or longer than the layout.
    BadLength,
    /// The version byte is not the one this code knows.
    UnsupportedVersion,
}

/// An account of the program.
pub trait Account: Pod {
    /// First eight bytes of the account: `sha256("account:" + name)`.
    const TAG: [u8; DISCRIMINATOR_BYTES];
    /// Layout version this code reads and writes.
    const VERSION: u8;
    /// Bytes of the account with its discriminator.
    const SPACE: usize;

    /// Version found in the account.
    fn version(&self) -> u8;

    /// The account in `data`.
    ///
    /// # Errors
    /// The bytes are not this account; see [`LayoutError`].
    #[inline]
    fn read(data: &[u8]) -> Result<&Self, LayoutError> {
        let account: &Self = bytemuck::try_from_bytes(Self::body(data)?).map_err(|_| LayoutError::BadLength)?;
        check_version(account)?;
        Ok(account)
    }

    /// The account in `data`, to be changed.
    ///
    /// # Errors
    /// As [`Account::read`].
    #[inline]
    fn read_mut(data: &mut [u8]) -> Result<&mut Self, LayoutError> {
        let account = Self::read_new(data)?;
        check_version(account)?;
        Ok(account)
    }

    /// The account in `data` whatever its version: for who creates it and has yet to write one.
    ///
    /// # Errors
    /// As [`Account::read`], but for the version.
    #[inline]
    fn read_new(data: &mut [u8]) -> Result<&mut Self, LayoutError> {
        Self::body(data)?;
        let (_, body) = data.split_at_mut_checked(DISCRIMINATOR_BYTES).ok_or(LayoutError::BadLength)?;
        bytemuck::try_from_bytes_mut(body).map_err(|_| LayoutError::BadLength)
    }

    /// A copy of the account in `data`, whatever its alignment: for clients.
    ///
    /// # Errors
    /// As [`Account::read`].
    fn copy_from(data: &[u8]) -> Result<Self, LayoutError> {
        let account: Self = bytemuck::try_pod_read_unaligned(Self::body(data)?).map_err(|_| LayoutError::BadLength)?;
        check_version(&account)?;
        Ok(account)
    }

    /// What follows the discriminator.
    ///
    /// # Errors
    /// Wrong length or discriminator.
    #[inline]
    fn body(data: &[u8]) -> Result<&[u8], LayoutError> {
        let (discriminator, body) = data.split_first_chunk::<DISCRIMINATOR_BYTES>().ok_or(LayoutError::BadLength)?;
        if u64::from_le_bytes(*discriminator) != u64::from_le_bytes(Self::TAG) {
            return Err(LayoutError::UnknownType);
        }
        Ok(body)
    }
}

#[inline]
fn check_version<T: Account>(account: &T) -> Result<(), LayoutError> {
    if account.version() == T::VERSION {
        Ok(())
    } else {
        Err(LayoutError::UnsupportedVersion)
    }
}

/// Implements [`Account`] and asserts the size of the layout.
macro_rules! account {
    ($name:ident, version $version:literal, $bytes:literal bytes, $discriminator:expr) => {
        impl crate::layout::Account for $name {
            const TAG: [u8; crate::layout::DISCRIMINATOR_BYTES] = $discriminator;
            const VERSION: u8 = $version;
            const SPACE: usize = $bytes;

            #[inline]
            fn version(&self) -> u8 {
                self.version
            }
        }

        const _: () = assert!(core::mem::size_of::<$name>().saturating_add(8) == $bytes);
        const _: () = assert!(core::mem::align_of::<$name>() == 8);
    };
}
pub(crate) use account;

/// Asserts where a field lies, so that a layout cannot move unnoticed on any target.
macro_rules! offsets {
    ($name:ident: $($field:ident = $offset:literal),+ $(,)?) => {
        $(const _: () = assert!(core::mem::offset_of!($name, $field) == $offset);)+
    };
}
pub(crate) use offsets;
