//! `pyth-sdk-solana` and `switchboard-solana` name `solana-program` by ranges
//! whose own members either do not compile any more or cannot share a lockfile
//! with today's Solana crates. This is 2.3.0, which both accept, under a number
//! inside those ranges; the workspace patches it in.
#![no_std]

pub use v2::*;
