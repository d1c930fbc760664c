//! A liquidation in stages and a flash loan: instructions to be put into one transaction.

use ballast_client::instructions::{self as ix, StagedLiquidation, User};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::{Trader, World};

/// A liquidation in stages as a liquidator would build it, with tokens of its own wallet. Built on the state before it.
#[derive(Clone, Copy, Debug)]
pub struct Stages<'a> {
    /// Where.
    pub world: &'a World,
    /// Signs and pays.
    pub liquidator: &'a Trader,
    /// Whose account it is.
    pub liquidatee: &'a Trader,
    /// Bank of the loan.
    pub loan: u16,
    /// Bank of the collateral.
    pub collateral: u16,
}

impl World {
    /// A liquidation in stages.
    #[must_use]
    pub fn stages<'a>(
        &'a self,
        liquidator: &'a Trader,
        liquidatee: &'a Trader,
        loan: u16,
        collateral: u16,
    ) -> Stages<'a> {
        Stages { world: self, liquidator, liquidatee, loan, collateral }
    }

    /// Beginning and end of a flash loan to a trader's wallet.
    #[must_use]
    pub fn flash_loan(&self, borrower: &Trader, bank: u16, atoms: u64) -> [Instruction; 2] {
        let (key, tokens, bank) = (borrower.key.pubkey(), &borrower.tokens[usize::from(bank)], self.bank(bank));
        [ix::begin_flash_loan(&key, tokens, &bank, atoms), ix::end_flash_loan(&key, tokens, &bank)]
    }
}

impl Stages<'_> {
    /// `begin_liquidation`.
    #[must_use]
    pub fn begin(&self, max_repay: u64) -> Instruction {
        self.whole(|whole| ix::begin_liquidation(whole, max_repay))
    }

    /// `seize`; nothing means all it allows.
    #[must_use]
    pub fn seize(&self, atoms: Option<u64>) -> Instruction {
        ix::seize(&self.user(self.collateral), &self.world.bank(self.collateral), atoms)
    }

    /// `repay` of the liquidatee's loan; nothing means all it allows.
    #[must_use]
    pub fn repay(&self, atoms: Option<u64>) -> Instruction {
        ix::repay(&self.user(self.loan), &self.world.bank(self.loan), atoms)
    }

    /// `end_liquidation`.
    #[must_use]
    pub fn end(&self) -> Instruction {
        self.whole(ix::end_liquidation)
    }

    /// All of it: begin, seize, repay, end.
    #[must_use]
    pub fn all(&self, max_repay: u64) -> Vec<Instruction> {
        vec![self.begin(max_repay), self.seize(None), self.repay(None), self.end()]
    }

    fn user(&self, bank: u16) -> User {
        User { margin_account: self.liquidatee.account, ..self.liquidator.user(bank) }
    }

    fn whole<T>(&self, build: impl FnOnce(&StagedLiquidation<'_>) -> T) -> T {
        build(&StagedLiquidation {
            authority: self.liquidator.key.pubkey(),
            account: self.liquidatee.account,
            account_state: &self.world.margin(self.liquidatee),
            loan_bank: self.loan,
            collateral_bank: self.collateral,
        })
    }
}
