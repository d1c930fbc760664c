//! Tokens of Token-2022, through its own program.

mod listing;
mod mints;
mod movements;
