//! The instructions: one file each, accounts beside their handler.
//!
//! Accounts are read through `view`, which also checks their version. Where the IDL is built, one account of each type is
//! Anchor's `AccountLoader`: that is how the IDL comes to describe the type. In the program a loader is a kilobyte for each,
//! and checks what `view` checks again.

pub mod accept_admin;
pub mod add_bank;
pub mod add_price_feed;
pub mod begin_flash_loan;
pub mod begin_liquidation;
pub mod borrow;
pub mod cancel_change;
pub mod close_margin_account;
pub mod collect_fees;
pub mod configure_bank;
pub mod configure_group;
pub mod configure_price_feed;
pub mod configure_risk_class;
pub mod configure_timelock;
pub mod create_group;
pub mod deleverage;
pub mod deposit;
pub mod deposit_insurance;
pub mod end_flash_loan;
pub mod end_liquidation;
pub mod execute_change;
pub mod liquidate;
pub mod mark;
pub mod migrate_account;
pub mod open_margin_account;
pub mod pause_bank;
pub mod pause_risk;
pub mod propose_admin;
pub mod propose_change;
pub mod refresh_price_feed;
pub mod repay;
pub mod resolve_bankruptcy;
pub mod seize;
pub mod set_bank_mode;
pub mod set_delegate;
pub mod set_policy;
pub mod transfer_margin_account;
pub mod withdraw;

pub use add_bank::*;
pub use add_price_feed::*;
pub use begin_flash_loan::*;
pub use begin_liquidation::*;
pub use cancel_change::*;
pub use close_margin_account::*;
pub use collect_fees::*;
pub use configure_bank::*;
pub use configure_group::*;
pub use configure_price_feed::*;
pub use configure_timelock::*;
pub use create_group::*;
pub use deleverage::*;
pub use deposit::*;
pub use deposit_insurance::*;
pub use end_liquidation::*;
pub use execute_change::*;
pub use liquidate::*;
pub use mark::*;
pub use migrate_account::*;
pub use open_margin_account::*;
pub use propose_admin::*;
pub use propose_change::*;
pub use refresh_price_feed::*;
pub use resolve_bankruptcy::*;
pub use seize::*;
pub use set_bank_mode::*;
pub use set_policy::*;
pub use transfer_margin_account::*;
pub use withdraw::*;
