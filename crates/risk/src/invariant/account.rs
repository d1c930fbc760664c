//! One margin account: its list of balances, its timer, and what may happen to it.

use ballast_state::MarginAccount;

use super::{
    require, Checked, FLAGS_CLEAR, NOT_TAKEN, ONE_SIDE, REST_UNTOUCHED, SEQUENCE_TELLS, SORTED, TIMER_CONSISTENT,
    TIMER_TRUE,
};
use crate::health::Health;

/// INV-5, INV-6, INV-13 of an account.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_account(account: &MarginAccount) -> Checked {
    let rising = account.active().windows(2).all(|pair| match pair {
        [left, right] => (left.feed, left.bank) < (right.feed, right.bank),
        _ => false,
    });
    require(rising, SORTED)?;
    let used = account.active().iter().all(|b| b.shares > 0 && (b.is_deposit() || b.is_loan()));
    let empty = account.balances.iter().skip(usize::from(account.balance_count)).all(|b| b.shares == 0 && b.side == 0);
    require(used && empty, ONE_SIDE)?;
    require(account.bonus_lock.ts == 0 || account.unhealthy_since != 0, TIMER_CONSISTENT)
}

/// INV-44 of an account between two transactions.
///
/// # Errors
/// `FLAGS_CLEAR`.
pub fn check_flags(account: &MarginAccount) -> Checked {
    require(account.flags == 0, FLAGS_CLEAR)
}

/// INV-27 of any account that counts its changes.
///
/// # Errors
/// `SEQUENCE_TELLS`.
pub fn check_sequence(before: u64, after: u64, changed: bool) -> Checked {
    require(if changed { after > before } else { after == before }, SEQUENCE_TELLS)
}

/// INV-28 of an account whose owner did not sign, and that was neither liquidated nor deleveraged.
///
/// In shares: what a share is worth is the indices' business (INV-4, INV-17).
///
/// # Errors
/// `NOT_TAKEN`.
pub fn check_not_taken(before: &MarginAccount, after: &MarginAccount) -> Checked {
    let kept = before
        .active()
        .iter()
        .filter(|balance| balance.is_deposit())
        .all(|old| after.balance(old.bank).is_some_and(|new| new.is_deposit() && new.shares >= old.shares));
    let no_more = after
        .active()
        .iter()
        .filter(|balance| balance.is_loan())
        .all(|new| before.balance(new.bank).is_some_and(|old| old.is_loan() && old.shares >= new.shares));
    require(kept && no_more, NOT_TAKEN)
}

/// INV-32 of an account taken from: balances in other banks than `pair` are what they were.
///
/// # Errors
/// `REST_UNTOUCHED`.
pub fn check_rest_untouched(before: &MarginAccount, after: &MarginAccount, pair: [u16; 2]) -> Checked {
    let rest = |account: &MarginAccount| {
        account.balances.into_iter().filter(move |one| one.shares != 0 && !pair.contains(&one.bank))
    };
    require(rest(before).eq(rest(after)) && before.perps == after.perps, REST_UNTOUCHED)
}

/// INV-49 of an account with a liability whose Maintenance health was just looked at.
///
/// # Errors
/// `TIMER_TRUE`.
pub fn check_timer(account: &MarginAccount, seen: &Health, now: crate::Now) -> Checked {
    let running = account.unhealthy_since != 0;
    let since = account.unhealthy_since <= now.ts && (!running || account.unhealthy_seen == now.ts);
    require(running == seen.is_negative() && since, TIMER_TRUE)
}
