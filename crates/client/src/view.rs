//! What a bot reads: accounts from bytes, and an account's portfolio from the banks it names.

use std::collections::BTreeMap;

use ballast_risk::health::{self, Health, Portfolio};
use ballast_risk::{Now, RiskResult};
use ballast_state::{Account, Bank, LayoutError, MarginAccount, RiskBoard};

/// A copy of a program account from its data.
///
/// # Errors
/// The bytes are another type's, too short, or of another version.
pub fn decode<T: Account>(data: &[u8]) -> Result<T, LayoutError> {
    T::copy_from(data)
}

/// Banks of a group by their index.
pub type Banks = BTreeMap<u16, Bank>;

/// What an account holds, with its banks projected to `now`.
///
/// # Errors
/// `BankMismatch` if a bank is missing; arithmetic.
pub fn portfolio(account: &MarginAccount, banks: &Banks, now: Now) -> RiskResult<Portfolio> {
    Portfolio::of_account(account, &[], 0, now, |index| banks.get(&index))
}

/// An account's Maintenance health.
///
/// # Errors
/// As [`portfolio`] and [`health::assess_maintenance`].
pub fn maintenance(account: &MarginAccount, board: &RiskBoard, banks: &Banks, now: Now) -> RiskResult<Health> {
    health::assess_maintenance(&portfolio(account, banks, now)?, board, now)
}

/// Banks whose accounts must follow an instruction that reads the health of `accounts` and names the banks `named`: each
/// once, in the order of the balances.
#[must_use]
pub fn banks_to_follow(accounts: &[&MarginAccount], named: &[u16]) -> Vec<u16> {
    let mut follow = Vec::new();
    for balance in accounts.iter().flat_map(|account| account.active()) {
        if !named.contains(&balance.bank) && !follow.contains(&balance.bank) {
            follow.push(balance.bank);
        }
    }
    follow
}

/// Perp markets whose accounts must follow an instruction that reads the health of `accounts`: each once, in the order of the
/// positions.
#[must_use]
pub fn markets_to_follow(accounts: &[&MarginAccount]) -> Vec<u16> {
    let mut follow = Vec::new();
    for position in accounts.iter().flat_map(|account| account.positions()) {
        if !follow.contains(&position.market) {
            follow.push(position.market);
        }
    }
    follow
}
