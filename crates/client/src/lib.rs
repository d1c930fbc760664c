//! Rust SDK of Ballast: addresses, instructions, account decoding, events. Health and every other number come from
//! `ballast-risk`, the same code the program runs.
//!
//! Instructions and events are generated from the committed IDL: nothing here links the program, so an integrator never
//! inherits its dependencies.
#![deny(missing_docs)]

pub mod addresses;
pub mod changes;
pub mod events;
pub mod instructions;
pub mod perps;
pub mod presets;
pub mod view;

/// Everything generated from the IDL. Its documentation is the IDL's.
#[allow(
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic,
    clippy::use_self,
    unexpected_cfgs,
    unused_imports,
    dead_code,
    reason = "generated"
)]
mod generated {
    // The macro looks for the crate in the module above its own.
    use anchor_lang;
    anchor_lang::declare_program!(ballast);
}

pub use generated::ballast;
pub use generated::ballast::ID as PROGRAM_ID;
