//! Our adapters against the providers' own crates: on the dumped accounts, on built ones, on damaged ones.

#[path = "../common/load.rs"]
mod load;

mod pyth_legacy;
mod pyth_pull;
mod switchboard_on_demand;
mod switchboard_v2;
