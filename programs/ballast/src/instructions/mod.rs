//! The instructions: one file each, accounts beside their handler.
//!
//! Accounts are read through `view`, which also checks their version. Each type appears once as Anchor's `AccountLoader`, so
//! that the IDL describes it.

use anchor_lang::prelude::*;

pub mod accept_admin;
pub mod add_bank;
pub mod add_perp_market;
pub mod add_price_feed;
pub mod begin_flash_loan;
pub mod begin_liquidation;
pub mod borrow;
pub mod cancel_change;
pub mod claim_liquidity;
pub mod close_margin_account;
pub mod collect_fees;
pub mod configure_bank;
pub mod configure_group;
pub mod configure_perp_market;
pub mod configure_price_feed;
pub mod configure_risk_class;
pub mod configure_timelock;
pub mod create_group;
pub mod create_pool;
pub mod deleverage;
pub mod deposit;
pub mod deposit_insurance;
pub mod end_flash_loan;
pub mod end_liquidation;
pub mod execute_change;
pub mod liquidate;
pub mod liquidate_perp;
pub mod mark;
pub mod migrate_account;
pub mod open_liquidity_provider;
pub mod open_margin_account;
pub mod pause_bank;
pub mod pause_risk;
pub mod propose_admin;
pub mod propose_change;
pub mod refresh_price_feed;
pub mod repay;
pub mod request_add_liquidity;
pub mod request_remove_liquidity;
pub mod resolve_bankruptcy;
pub mod seize;
pub mod set_bank_mode;
pub mod set_delegate;
pub mod set_policy;
pub mod settle_pnl;
pub mod strike_epoch;
pub mod sync_market;
pub mod transfer_margin_account;
pub mod withdraw;

pub use add_bank::*;
pub use add_perp_market::*;
pub use add_price_feed::*;
pub use begin_flash_loan::*;
pub use begin_liquidation::*;
pub use cancel_change::*;
pub use claim_liquidity::*;
pub use close_margin_account::*;
pub use collect_fees::*;
pub use configure_bank::*;
pub use configure_group::*;
pub use configure_perp_market::*;
pub use configure_price_feed::*;
pub use configure_timelock::*;
pub use create_group::*;
pub use create_pool::*;
pub use deleverage::*;
pub use deposit::*;
pub use deposit_insurance::*;
pub use end_liquidation::*;
pub use execute_change::*;
pub use liquidate::*;
pub use liquidate_perp::*;
pub use mark::*;
pub use migrate_account::*;
pub use open_liquidity_provider::*;
pub use open_margin_account::*;
pub use propose_admin::*;
pub use propose_change::*;
pub use refresh_price_feed::*;
pub use request_add_liquidity::*;
pub use request_remove_liquidity::*;
pub use resolve_bankruptcy::*;
pub use seize::*;
pub use set_bank_mode::*;
pub use set_policy::*;
pub use settle_pnl::*;
pub use strike_epoch::*;
pub use sync_market::*;
pub use transfer_margin_account::*;
pub use withdraw::*;

/// Accounts structs whose `exit` does nothing.
///
/// Anchor ends an instruction by `accounts.exit(…)`, which for an `AccountLoader` writes the discriminator that is there
/// already, and brings twenty kilobytes for the formatting of an input error that cannot be. A method of the struct itself
/// comes before the trait's.
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
nothing_to_write_back! { CancelChange ChangeBank ConfigurePriceFeed SetPolicy }
