//! Liquidity providers: what the pool is worth, and how money enters and leaves it (rules-perps 7).
//!
//! A request cannot be taken back. It waits in escrow until its epoch is struck, at one price for all, made of marks published
//! after the cut-off: whoever asks cannot know it. The strike leaves an [`Epoch`](ballast_state::Epoch) whose prices never
//! change, and every provider claims from it by its own request alone, in any order.
//!
//! What moves is deposit shares of the quote token's bank, no tokens: utilisation stops neither entry nor exit. All deposit
//! shares are in one of four places: accounts' balances, the pool's `shares`, its escrow `entering`, and its `claimable`.

mod assets;
mod claim;
mod epoch;
mod request;
mod required;
mod strike;
mod value;

pub use assets::{Liabilities, NetAssets};
pub use claim::{claim, is_claimed, Claimed};
pub use epoch::{collecting_end, is_tighter, next_end, validate, STRIKE_SECONDS};
pub use request::{request_deposit, request_withdraw};
pub use required::{maintenance_requirement, requirement};
pub use strike::strike;
pub use value::{liquidity_of, value_of, VIRTUAL};
