//! Moving tokens: one transfer, the vault read before and after.

use anchor_lang::prelude::*;
use ballast_state::seeds::SEED_BANK;
use ballast_state::Bank;

use crate::error::{ensure, BallastError, OrRaise, Result};
use crate::invoke::{self, Meta};
use crate::mint;

/// `TransferChecked` of both token programs.
const TRANSFER_CHECKED: u8 = 12;
/// `InitializeAccount3` of both token programs.
const INITIALIZE_ACCOUNT_3: u8 = 18;
/// Where both token programs keep an account's owner.
const OWNER_AT: usize = 32;
/// Where both token programs keep an account's amount.
const AMOUNT_AT: usize = 64;

/// What a transfer needs of a bank, copied so that the bank is not borrowed while tokens move.
pub(crate) struct Terms {
    group: Pubkey,
    index: [u8; 2],
    bump: [u8; 1],
    decimals: u8,
    transfer_fee: bool,
    books: u64,
}

impl Terms {
    pub(crate) fn of(bank: &Bank) -> Self {
        Self {
            group: bank.group,
            index: bank.index.to_le_bytes(),
            bump: [bank.bump],
            decimals: bank.decimals,
            transfer_fee: bank.transfer_fee != 0,
            books: bank.vault_balance,
        }
    }
}

/// Accounts of a transfer between a user's token account and a bank's vault.
pub(crate) struct Transfer<'a, 'info> {
    /// Signs for the user's tokens; unused where the vault pays.
    pub(crate) authority: &'a AccountInfo<'info>,
    pub(crate) bank: &'a AccountInfo<'info>,
    pub(crate) vault: &'a AccountInfo<'info>,
    pub(crate) user: &'a AccountInfo<'info>,
    pub(crate) mint: &'a AccountInfo<'info>,
    pub(crate) token_program: &'a AccountInfo<'info>,
}

impl<'info> Transfer<'_, 'info> {
    /// Vault, mint and token program must be the bank's. The user's token account is the token program's to check.
    ///
    /// # Errors
    /// `WrongVault`, `WrongMint`, `WrongTokenProgram`.
    pub(crate) fn validate(&self, bank: &Bank) -> Result<()> {
        ensure!(self.vault.key == &bank.vault, BallastError::WrongVault);
        ensure!(self.mint.key == &bank.mint, BallastError::WrongMint);
        ensure!(self.token_program.key == &bank.token_program, BallastError::WrongTokenProgram);
        // A vault paid into from itself would be counted twice.
        ensure!(self.user.key != self.vault.key, BallastError::DuplicateAccount);
        Ok(())
    }

    /// What arrives in the vault of `atoms` that a user sends: less, if the token's transfers cost a fee.
    ///
    /// # Errors
    /// `NotAMint`.
    #[inline]
    pub(crate) fn arriving(&self, bank: &Bank, atoms: u64) -> Result<u64> {
        if bank.transfer_fee == 0 {
            Ok(atoms)
        } else {
            mint::after_fee(self.mint, atoms)
        }
    }

    /// Moves tokens from the user into the vault so that `atoms` arrive.
    ///
    /// # Errors
    /// The token program's; `NotAMint`, `VaultMismatch`, `VaultBelowBooks`.
    #[inline]
    pub(crate) fn pay_in(&self, terms: &Terms, atoms: u64) -> Result<()> {
        let sent = if terms.transfer_fee { mint::before_fee(self.mint, atoms)? } else { atoms };
        self.send(terms, sent, atoms)
    }

    /// Moves `sent` atoms from the user to the vault, of which `atoms` must arrive.
    ///
    /// # Errors
    /// The token program's; `VaultMismatch`, `VaultBelowBooks`.
    pub(crate) fn send(&self, terms: &Terms, sent: u64, atoms: u64) -> Result<()> {
        let before = balance(self.vault)?;
        transfer(self.user, self.mint, self.vault, self.authority, self.token_program, sent, terms.decimals, &[])?;
        let after = balance(self.vault)?;
        ensure!(before.checked_add(atoms) == Some(after), BallastError::VaultMismatch);
        ensure!(after >= terms.books, BallastError::VaultBelowBooks);
        Ok(())
    }

    /// Moves `atoms` from the vault to the user.
    ///
    /// # Errors
    /// The token program's; `VaultMismatch`, `VaultBelowBooks`.
    pub(crate) fn pay_out(&self, terms: &Terms, atoms: u64) -> Result<()> {
        if atoms == 0 {
            return Ok(());
        }
        let before = balance(self.vault)?;
        let seeds: &[&[u8]] = &[SEED_BANK, terms.group.as_ref(), &terms.index, &terms.bump];
        transfer(self.vault, self.mint, self.user, self.bank, self.token_program, atoms, terms.decimals, seeds)?;
        let after = balance(self.vault)?;
        ensure!(after.checked_add(atoms) == Some(before), BallastError::VaultMismatch);
        ensure!(after >= terms.books, BallastError::VaultBelowBooks);
        Ok(())
    }
}

/// Tokens in a token account whose key is a bank's vault, hence a token account since its listing.
pub(crate) fn balance(vault: &AccountInfo<'_>) -> Result<u64> {
    let data = vault.data.try_borrow().or_raise(BallastError::DuplicateAccount)?;
    let amount = data.get(AMOUNT_AT..).and_then(|rest| rest.first_chunk::<8>());
    amount.map(|bytes| u64::from_le_bytes(*bytes)).or_raise(BallastError::WrongTokenAccount)
}

/// Owner of a token account of `token_program`.
///
/// # Errors
/// `WrongTokenAccount` if it is no account of that program.
pub(crate) fn owner(account: &AccountInfo<'_>, token_program: &Pubkey) -> Result<Pubkey> {
    ensure!(account.owner == token_program, BallastError::WrongTokenAccount);
    let data = account.data.try_borrow().or_raise(BallastError::DuplicateAccount)?;
    let owner = data.get(OWNER_AT..).and_then(|rest| rest.first_chunk::<32>());
    owner.map(|bytes| Pubkey::new_from_array(*bytes)).or_raise(BallastError::WrongTokenAccount)
}

/// Initialises a token account of `mint` whose authority is `authority`.
///
/// # Errors
/// The token program's.
pub(crate) fn initialize<'info>(
    account: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    token_program: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
) -> Result<()> {
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    for (to, from) in data.iter_mut().skip(1).zip(authority.key.as_ref()) {
        *to = *from;
    }
    invoke::invoke_signed(
        token_program.key,
        &[Meta::writable(account), Meta::readonly(mint)],
        &data,
        [account, mint],
        &[],
    )
}

#[allow(clippy::too_many_arguments, reason = "the token program's own list")]
#[inline(never)]
fn transfer<'info>(
    from: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    token_program: &AccountInfo<'info>,
    atoms: u64,
    decimals: u8,
    seeds: &[&[u8]],
) -> Result<()> {
    let [a0, a1, a2, a3, a4, a5, a6, a7] = atoms.to_le_bytes();
    let data = [TRANSFER_CHECKED, a0, a1, a2, a3, a4, a5, a6, a7, decimals];
    let metas = [Meta::writable(from), Meta::readonly(mint), Meta::writable(to), Meta::signer(authority)];
    invoke::invoke_signed(token_program.key, &metas, &data, [from, mint, to, authority], seeds)
}
