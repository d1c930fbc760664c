//! Emitting events, byte for byte as Anchor does, serialised into the stack instead of the heap.

use std::io::{self, ErrorKind, Write};

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::log::sol_log_data;
use anchor_lang::Discriminator;

use crate::invoke::{self, Meta};

/// Longest event with its tags: a liquidation's receipt is under it.
const EVENT_BYTES: usize = 512;

/// Logs an event.
///
/// # Errors
/// The event is longer than any is.
#[inline]
pub(crate) fn log<T: AnchorSerialize + Discriminator>(event: &T) -> Result<()> {
    let mut buffer = Buffer::new();
    buffer.write_all(T::DISCRIMINATOR)?;
    event.serialize(&mut buffer)?;
    sol_log_data(&[buffer.written()]);
    Ok(())
}

/// Emits a receipt: an event as a call of this program to itself, which no log limit can cut off. The authority's address
/// and the tag are those of Anchor's event calls.
///
/// # Errors
/// As [`log`]; the runtime's.
#[inline]
pub(crate) fn receipt<T: AnchorSerialize + Discriminator>(authority: &AccountInfo<'_>, event: &T) -> Result<()> {
    let mut buffer = Buffer::new();
    buffer.write_all(EVENT_IX_TAG_LE)?;
    buffer.write_all(T::DISCRIMINATOR)?;
    event.serialize(&mut buffer)?;
    let bump = [crate::EVENT_AUTHORITY_AND_BUMP.1];
    let seeds: &[&[u8]] = &[b"__event_authority", &bump];
    invoke::invoke_signed(&crate::ID, &[Meta::signer(authority)], buffer.written(), [authority], seeds)
}

struct Buffer {
    bytes: [u8; EVENT_BYTES],
    length: usize,
}

impl Buffer {
    #[inline]
    fn new() -> Self {
        Self { bytes: [0; EVENT_BYTES], length: 0 }
    }

    #[inline]
    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for Buffer {
    #[inline(always)]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_all(data)?;
        Ok(data.len())
    }

    #[inline(always)]
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        let end = self.length.saturating_add(data.len());
        let room = self.bytes.get_mut(self.length..end).ok_or(ErrorKind::WriteZero)?;
        room.copy_from_slice(data);
        self.length = end;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
