//! What is kept of a plan, and who may use it for what.

use std::cell::Ref;

use anchor_lang::prelude::*;

/// First seed of a plan's address.
pub const SEED_PLAN: &[u8] = b"plan";

/// A user's plan in a group. Its address owns the margin account.
#[account(zero_copy)]
pub struct Plan {
    /// Whose it is.
    pub user: Pubkey,
    /// The group of its margin account. Anyone can create a group and set its prices: a program that pools the money of many
    /// must not take the group from a caller, as this one can, where nobody but the caller can lose.
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
    /// The account as a plan, where it lies. For the cheapest path; elsewhere Anchor's `AccountLoader` does the same.
    ///
    /// # Errors
    /// `NotAPlan`.
    pub(crate) fn view<'a>(info: &'a AccountInfo<'_>) -> Result<Ref<'a, Self>> {
        require!(info.owner == &crate::ID, SavingsError::NotAPlan);
        let plan = Ref::filter_map(info.try_borrow_data()?, |data| {
            bytemuck::try_from_bytes(data.strip_prefix(Self::DISCRIMINATOR)?).ok()
        });
        plan.map_err(|_| SavingsError::NotAPlan.into())
    }

    /// Only its user may save, borrow, withdraw and close.
    ///
    /// # Errors
    /// `NotTheUser`.
    pub(crate) fn require_user(&self, user: &Pubkey) -> Result<()> {
        require!(user == &self.user, SavingsError::NotTheUser);
        Ok(())
    }

    /// The accounts of Ballast that decide whose money moves, and which. Ballast compares all others itself: vault, mint and
    /// token program with the bank, bank and board with the margin account.
    ///
    /// # Errors
    /// `WrongMarginAccount`, `WrongBank`.
    pub(crate) fn require_accounts(&self, margin_account: &Pubkey, bank: &Pubkey, expected: &Pubkey) -> Result<()> {
        require!(margin_account == &self.margin_account, SavingsError::WrongMarginAccount);
        require!(bank == expected, SavingsError::WrongBank);
        Ok(())
    }

    /// Runs `act` with the seeds that sign for the plan's address. The runtime derives it; nobody else has to.
    pub(crate) fn sign<R>(&self, act: impl FnOnce(&[&[&[u8]]]) -> R) -> R {
        act(&[&[SEED_PLAN, self.group.as_ref(), self.user.as_ref(), &[self.bump]]])
    }
}

/// Why the example itself refuses. Its codes begin where Anchor's do, at 6000; Ballast's begin at 6100 and pass through.
#[error_code]
pub enum SavingsError {
    /// The account is not a plan.
    #[msg("the account is not a plan")]
    NotAPlan,
    /// The signer is not the plan's user.
    #[msg("the signer is not the plan's user")]
    NotTheUser,
    /// The margin account is not the plan's.
    #[msg("the margin account is not the plan's")]
    WrongMarginAccount,
    /// The bank is not the one for this.
    #[msg("the bank is not the one for this")]
    WrongBank,
}
