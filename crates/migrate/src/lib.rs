//! Deployments as data: a file says which group, classes, feeds, banks and perp markets there are to be, with which settings,
//! and a plan says which instructions are missing on the chain for that.
//!
//! [`Deployment::parse`] reads a file; [`Plan::compare`] looks at the chain and sends nothing. Whoever sends the plan's steps
//! and plans again finds it empty. Formulas and bounds are the engine's.
#![deny(missing_docs)]

mod chain;
mod deployment;
mod error;
mod number;
mod perps;
mod plan;
mod planner;
mod section;
pub mod units;
pub mod utc;

pub use chain::ChainState;
pub use deployment::{
    BankPlan, BankSettings, ClassPlan, Deployment, FeedPlan, FeedRef, GroupPlan, GroupSettings, GroupState, Judge,
    Rates, Rules, Side, SourcePlan, Sources, Timelock,
};
pub use error::MigrateError;
pub use perps::{BankRef, MarketPlan, MarketSettings, PoolPlan, PoolSettings};
pub use plan::{apply, Difference, Plan, Step, Wait};
