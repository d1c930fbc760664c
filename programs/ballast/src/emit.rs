//! Emitting events, byte for byte as Anchor does, serialised into the stack instead of the heap.

use std::io::{self, Write};
use std::mem;

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::log::sol_log_data;
use anchor_lang::Discriminator;

use crate::error::{ensure, BallastError, OrRaise, Result};
use crate::invoke::{self, Meta};

/// Longest event with its tags: a liquidation's receipt is under it.
const EVENT_BYTES: usize = 512;

/// Logs an event.
///
/// # Errors
/// `Overflow` if the event is longer than any is.
#[inline]
pub(crate) fn log<T: AnchorSerialize + Discriminator>(event: &T) -> Result<()> {
    let mut bytes = [0; EVENT_BYTES];
    sol_log_data(&[write(&mut bytes, &[T::DISCRIMINATOR], event)?]);
    Ok(())
}

/// Emits a receipt: an event as a call of this program to itself, which no log limit can cut off. The authority's address
/// and the tag are those of Anchor's event calls.
///
/// # Errors
/// As [`log`]; the runtime's.
#[inline]
pub(crate) fn receipt<T: AnchorSerialize + Discriminator>(authority: &AccountInfo<'_>, event: &T) -> Result<()> {
    let mut bytes = [0; EVENT_BYTES];
    send(authority, write(&mut bytes, &[EVENT_IX_TAG_LE, T::DISCRIMINATOR], event)?)
}

#[inline(never)]
fn send(authority: &AccountInfo<'_>, data: &[u8]) -> Result<()> {
    let bump = [crate::EVENT_AUTHORITY_AND_BUMP.1];
    let seeds: &[&[u8]] = &[b"__event_authority", &bump];
    invoke::invoke_signed(&crate::ID, &[Meta::signer(authority)], data, [authority], seeds)
}

/// The event behind its tags.
#[inline(always)]
fn write<'a, T: AnchorSerialize>(bytes: &'a mut [u8; EVENT_BYTES], tags: &[&[u8]], event: &T) -> Result<&'a [u8]> {
    let mut room = Room(bytes);
    for tag in tags {
        room.push(tag);
    }
    event.serialize(&mut room).or_raise(BallastError::Overflow)?;
    let left = room.0.len();
    ensure!(left != 0, BallastError::Overflow);
    EVENT_BYTES.checked_sub(left).and_then(|length| bytes.get(..length)).or_raise(BallastError::Overflow)
}

/// Where the event's next field goes. Writing never fails, so that no field carries an error's way out; what does not fit
/// leaves no room.
struct Room<'a>(&'a mut [u8]);

impl Room<'_> {
    #[inline(always)]
    fn push(&mut self, data: &[u8]) {
        if let Some((field, rest)) = mem::take(&mut self.0).split_at_mut_checked(data.len()) {
            field.copy_from_slice(data);
            self.0 = rest;
        }
    }
}

impl Write for Room<'_> {
    #[inline(always)]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.push(data);
        Ok(data.len())
    }

    #[inline(always)]
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        self.push(data);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
