//! What is kept of a plan, and who may use it for what.

use anchor_lang::prelude::*;

/// First seed of a plan's address.
pub const SEED_PLAN: &[u8] = b"plan";

/// A user's plan in a group. Its address owns the margin account.
#[account]
#[derive(InitSpace)]
pub struct Plan {
    /// Whose it is.
    pub user: Pubkey,
    /// The group its margin account is in. Anyone can create a group, with any prices: a program that holds more than its
    /// caller's own money must not take it from the caller, as this one does.
    pub group: Pubkey,
    /// The margin account.
    pub margin_account: Pubkey,
    /// Bank of the savings.
    pub savings_bank: Pubkey,
    /// Bank of the loan.
    pub loan_bank: Pubkey,
    /// Bump of the plan's address.
    pub bump: u8,
}

impl Plan {
    /// The user of a plan is the one who may open it, save, borrow, withdraw and close.
    ///
    /// # Errors
    /// `NotTheUser`.
    pub fn require_user(&self, user: &Pubkey) -> Result<()> {
        require_keys_eq!(*user, self.user, SavingsError::NotTheUser);
        Ok(())
    }

    /// The accounts of Ballast that decide whose money moves and which. Everything else Ballast compares itself: vault, mint
    /// and token program with the bank, bank and board with the margin account.
    ///
    /// # Errors
    /// `WrongMarginAccount`, `WrongBank`.
    pub fn require_accounts(&self, margin_account: &Pubkey, bank: &Pubkey, expected: &Pubkey) -> Result<()> {
        require_keys_eq!(*margin_account, self.margin_account, SavingsError::WrongMarginAccount);
        require_keys_eq!(*bank, *expected, SavingsError::WrongBank);
        Ok(())
    }

    /// Calls `act` with the seeds that sign for the plan's address.
    pub(crate) fn sign<R>(&self, act: impl FnOnce(&[&[&[u8]]]) -> R) -> R {
        act(&[&[SEED_PLAN, self.group.as_ref(), self.user.as_ref(), &[self.bump]]])
    }
}

/// Why the example itself refuses. Ballast's errors pass through with Ballast's codes, which are all above 6099.
#[error_code]
pub enum SavingsError {
    /// The signer is not the plan's user.
    #[msg("the signer is not the plan's user")]
    NotTheUser,
    /// The margin account is not the plan's.
    #[msg("the margin account is not the plan's")]
    WrongMarginAccount,
    /// The bank is not the plan's.
    #[msg("the bank is not the plan's for this")]
    WrongBank,
}
