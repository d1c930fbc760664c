//! Orders: placed now, filled by anyone at the one print that nobody could choose (rules-perps 3 and 4).
//!
//! An order names a time `t*` that lies ahead of every print there is. It fills at the first print published then or later:
//! exactly one update in a feed's history has `previous publish time < t* ≤ publish time`. Its owner can take it back only while
//! that print cannot exist.

mod books;
mod cancel;
mod caps;
mod fees;
mod fill;
mod place;
mod print;
mod reserve;
mod time;

pub use books::{Books, Prices};
pub use cancel::{cancel, By};
pub use caps::Cap;
pub use fees::fill_fee;
pub(super) use fees::{deposit_of, pay_keeper};
pub use fill::{fill, Filled, Kill, Offer, Outcome};
pub use place::{place, Request};
pub use print::{Print, Rejection};
pub use reserve::requirement;
pub use time::eligible_ts;
