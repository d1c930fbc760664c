//! The program's address. There is one, on every cluster.

/// `BaLxYiznsyLU9Aq9WucZteWDQ8SvsGtRX7yHPe8jzNkw`, which the program declares; it does not compile when the two differ.
pub const PROGRAM_ID: [u8; 32] = [
    157, 31, 154, 42, 169, 177, 147, 114, 0, 149, 226, 202, 187, 129, 104, 131, 91, 182, 181, 75, 139, 57, 195, 31, 55,
    196, 26, 55, 84, 179, 67, 16,
];

/// [`PROGRAM_ID`] where Anchor's `#[account]` looks for the owner of an account: in the root of the crate.
#[cfg(feature = "anchor")]
pub static ID: anchor_lang::prelude::Pubkey = anchor_lang::prelude::Pubkey::new_from_array(PROGRAM_ID);
