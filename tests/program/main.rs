//! Every instruction on the ELF, one file each: the happy path with exact numbers, then every error its documentation lists,
//! and that a refused instruction changes nothing. The last file checks that no error is left out.

mod bounds;
mod coverage;
mod malformed;
mod support;

mod accept_admin;
mod add_bank;
mod add_price_feed;
mod borrow;
mod cancel_change;
mod close_margin_account;
mod collect_fees;
mod configure_bank;
mod configure_group;
mod configure_price_feed;
mod configure_risk_class;
mod configure_timelock;
mod create_group;
mod deleverage;
mod deposit;
mod deposit_insurance;
mod execute_change;
mod liquidate;
mod mark;
mod migrate_account;
mod open_margin_account;
mod pause_bank;
mod pause_risk;
mod propose_admin;
mod propose_change;
mod refresh_price_feed;
mod repay;
mod resolve_bankruptcy;
mod set_bank_mode;
mod set_delegate;
mod set_policy;
mod transfer_margin_account;
mod withdraw;
