//! Reading integers at fixed offsets, without panics.
//!
//! Adapters check the account's length once and read from an array of that length, so after inlining every bound here
//! is known to the compiler and costs nothing; the `Result` is what keeps the source free of indexing.

use crate::error::OracleError;

/// The `N` bytes at `offset`.
#[inline(always)]
pub(crate) fn array<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N], OracleError> {
    data.get(offset..).and_then(|tail| tail.first_chunk::<N>()).copied().ok_or(OracleError::Truncated)
}

/// The byte at `offset`.
#[inline(always)]
pub(crate) fn u8_at(data: &[u8], offset: usize) -> Result<u8, OracleError> {
    data.get(offset).copied().ok_or(OracleError::Truncated)
}

/// The little-endian `u32` at `offset`.
#[inline(always)]
pub(crate) fn u32_at(data: &[u8], offset: usize) -> Result<u32, OracleError> {
    array(data, offset).map(u32::from_le_bytes)
}

/// The little-endian `i32` at `offset`.
#[inline(always)]
pub(crate) fn i32_at(data: &[u8], offset: usize) -> Result<i32, OracleError> {
    array(data, offset).map(i32::from_le_bytes)
}

/// The little-endian `u64` at `offset`.
#[inline(always)]
pub(crate) fn u64_at(data: &[u8], offset: usize) -> Result<u64, OracleError> {
    array(data, offset).map(u64::from_le_bytes)
}

/// The little-endian `i64` at `offset`.
#[inline(always)]
pub(crate) fn i64_at(data: &[u8], offset: usize) -> Result<i64, OracleError> {
    array(data, offset).map(i64::from_le_bytes)
}

/// The little-endian `i128` at `offset`. Read byte-wise: account data is never 16-aligned where `i128` is.
#[inline(always)]
pub(crate) fn i128_at(data: &[u8], offset: usize) -> Result<i128, OracleError> {
    array(data, offset).map(i128::from_le_bytes)
}

/// The account as an array of its format's length, once its first bytes are `tag`.
///
/// The tag is looked at before the length, so a short account of another kind is called what it is.
#[inline(always)]
pub(crate) fn tagged<'a, const TAG: usize, const LEN: usize>(
    data: &'a [u8],
    tag: &[u8; TAG],
) -> Result<&'a [u8; LEN], OracleError> {
    if array::<TAG>(data, 0)? != *tag {
        return Err(OracleError::WrongAccountType);
    }
    data.first_chunk::<LEN>().ok_or(OracleError::Truncated)
}

/// A text field up to its first zero byte.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
