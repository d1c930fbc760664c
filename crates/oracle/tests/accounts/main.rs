//! The adapters on real accounts, on damaged ones, and on anything at all.

mod detect;
#[path = "../common/load.rs"]
mod load;
mod never_panics;
mod real;
mod refusals;
mod switchboard_time;
