//! What is used of Ballast to call it, out of its IDL or out of its crate. Names differ in one way: the IDL calls accounts after the
//! instruction, the crate after the struct, which several instructions share.

pub(crate) use crate::ballast::cpi::accounts::{CloseMarginAccount, OpenMarginAccount};
pub(crate) use crate::ballast::program::Ballast;

#[cfg(not(feature = "program-crate"))]
mod names {
    pub(crate) use crate::ballast::client::args;
    pub(crate) use crate::ballast::cpi::accounts::{Borrow, Repay, SetDelegate, Withdraw};
}

#[cfg(feature = "program-crate")]
mod names {
    pub(crate) use crate::ballast::cpi::accounts::Deposit as Repay;
    pub(crate) use crate::ballast::cpi::accounts::SetPolicy as SetDelegate;
    pub(crate) use crate::ballast::cpi::accounts::{Withdraw, Withdraw as Borrow};
    pub(crate) use crate::ballast::instruction as args;
}

pub(crate) use names::*;
