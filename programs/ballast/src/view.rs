//! Reading the program's own accounts on hot paths: owner, discriminator, length and version, then the bytes themselves.
//!
//! The borrows are the runtime's own cells, so an account given for two mutable roles fails here and not in the books.

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use ballast_state::Account;

use crate::error::{raise, BallastError, Failure, OrRaise, Result};

/// The account as `T`.
///
/// # Errors
/// `WrongProgramOwner`, `WrongAccountType`, `WrongAccountVersion`, `DuplicateAccount` if it is borrowed for another role.
#[inline]
pub(crate) fn view<'a, T: Account>(info: &'a AccountInfo<'_>) -> Result<Ref<'a, T>> {
    check_owner(info)?;
    let data = info.data.try_borrow().or_raise(BallastError::DuplicateAccount)?;
    Ref::filter_map(data, |data| T::read(data).ok()).map_err(|data| layout_error::<T>(&data))
}

/// The account as `T`, if it is one.
///
/// # Errors
/// `WrongProgramOwner`, `DuplicateAccount`.
#[inline]
pub(crate) fn view_if<'a, T: Account>(info: &'a AccountInfo<'_>) -> Result<Option<Ref<'a, T>>> {
    check_owner(info)?;
    let data = info.data.try_borrow().or_raise(BallastError::DuplicateAccount)?;
    Ok(Ref::filter_map(data, |data| T::read(data).ok()).ok())
}

/// The account as `T`, to be changed.
///
/// # Errors
/// As [`view`].
#[inline(never)]
pub(crate) fn view_mut<'a, T: Account>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, T>> {
    check_owner(info)?;
    let data = info.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?;
    RefMut::filter_map(data, |data| T::read_mut(data).ok()).map_err(|data| layout_error::<T>(&data))
}

/// True if the account is tagged as a `T`. Nothing else of it is checked.
#[inline]
pub(crate) fn is<T: Account>(info: &AccountInfo<'_>) -> bool {
    info.data
        .try_borrow()
        .is_ok_and(|data| data.first_chunk().is_some_and(|tag| u64::from_le_bytes(*tag) == u64::from_le_bytes(T::TAG)))
}

/// An account just created: its discriminator is there, its version not yet.
///
/// # Errors
/// `WrongAccountType`, `DuplicateAccount`.
pub(crate) fn view_new<'a, T: Account>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, T>> {
    let data = info.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?;
    RefMut::filter_map(data, |data| T::read_new(data).ok()).or_raise(BallastError::WrongAccountType)
}

#[inline]
fn check_owner(info: &AccountInfo<'_>) -> Result<()> {
    if info.owner == &crate::ID {
        Ok(())
    } else {
        Err(raise(BallastError::WrongProgramOwner))
    }
}

#[cold]
#[inline(never)]
fn layout_error<T: Account>(data: &[u8]) -> Failure {
    match T::read(data) {
        Err(error) => raise(error.into()),
        Ok(_) => raise(BallastError::WrongAccountType),
    }
}
