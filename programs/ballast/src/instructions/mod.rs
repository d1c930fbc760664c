//! The instructions: one file each, accounts beside their handler.

use anchor_lang::prelude::*;

pub mod add_bank;
pub mod add_price_feed;
pub mod borrow;
pub mod close_margin_account;
pub mod collect_fees;
pub mod configure_bank;
pub mod configure_group;
pub mod configure_price_feed;
pub mod configure_risk_class;
pub mod create_group;
pub mod deleverage;
pub mod deposit;
pub mod deposit_insurance;
pub mod liquidate;
pub mod mark;
pub mod open_margin_account;
pub mod pause_bank;
pub mod pause_risk;
pub mod refresh_price_feed;
pub mod repay;
pub mod resolve_bankruptcy;
pub mod set_bank_mode;
pub mod set_policy;
pub mod withdraw;

pub use add_bank::*;
pub use add_price_feed::*;
pub use borrow::*;
pub use close_margin_account::*;
pub use collect_fees::*;
pub use configure_bank::*;
pub use configure_group::*;
pub use configure_price_feed::*;
pub use create_group::*;
pub use deleverage::*;
pub use deposit::*;
pub use deposit_insurance::*;
pub use liquidate::*;
pub use mark::*;
pub use open_margin_account::*;
pub use refresh_price_feed::*;
pub use repay::*;
pub use resolve_bankruptcy::*;
pub use set_bank_mode::*;
pub use set_policy::*;
pub use withdraw::*;

/// Accounts structs whose `exit` does nothing.
///
/// Anchor ends an instruction by `accounts.exit(…)`, which for an `AccountLoader` writes the discriminator that is there
/// already, and brings twenty kilobytes for the formatting of an input error that cannot be. A method of the struct itself
/// comes before the trait's. Not for a struct with `close`, which is an exit, too.
macro_rules! nothing_to_write_back {
    ($($accounts:ident)+) => {
        $(impl $accounts<'_> {
            #[inline]
            pub(crate) fn exit(&self, _program_id: &Pubkey) -> Result<()> {
                Ok(())
            }
        })+
    };
}
nothing_to_write_back! { AddBank AddPriceFeed ChangeBank ConfigureBank ConfigureGroup ConfigurePriceFeed SetPolicy }
