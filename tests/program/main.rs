//! Every instruction on the ELF, one file each: the happy path with exact numbers, then every error its documentation lists,
//! and that a refused instruction changes nothing. The last file checks that no error is left out.

mod bounds;
mod coverage;
mod integrator;
mod malformed;
mod support;
mod transient;

mod add_bank;
mod add_price_feed;
mod begin_flash_loan;
mod begin_liquidation;
mod borrow;
mod close_margin_account;
mod collect_fees;
mod configure_bank;
mod configure_group;
mod configure_price_feed;
mod configure_risk_class;
mod create_group;
mod deleverage;
mod deposit;
mod deposit_insurance;
mod end_flash_loan;
mod end_liquidation;
mod liquidate;
mod mark;
mod mint;
mod open_margin_account;
mod pause_bank;
mod pause_risk;
mod refresh_price_feed;
mod repay;
mod resolve_bankruptcy;
mod seize;
mod set_bank_mode;
mod set_policy;
mod token_2022;
mod withdraw;
