//! How a step becomes an instruction.

use ballast_client::instructions::{self as ix, StagedLiquidation, Takeover, User};
use ballast_client::presets;
use ballast_math::Ratio;
use ballast_state::{MarginAccount, Zeroable};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use super::{opener_of, Stage, OWNERS, TWO_SOURCES};
use crate::step::{Do, Step, ADMIN};

/// `TransferChecked` of both token programs.
const TRANSFER_CHECKED: u8 = 12;

impl Stage {
    /// The instruction of a step; nothing where the step names what is not there.
    pub(super) fn instruction(&self, step: Step) -> Option<Instruction> {
        self.lending(step)
            .or_else(|| self.takeover(step))
            .or_else(|| self.account(step))
            .or_else(|| self.funds(step))
            .or_else(|| self.perps(step))
            .or_else(|| self.administration(step))
    }

    /// An account's state; an empty one's where there is none.
    pub(super) fn state_of(&self, slot: u8) -> MarginAccount {
        let none = || MarginAccount { group: self.world.group, ..MarginAccount::zeroed() };
        self.state.account(slot).copied().unwrap_or_else(none)
    }

    /// Deposits, withdrawals, loans and repayments.
    fn lending(&self, step: Step) -> Option<Instruction> {
        let user = |slot: u8, bank: u16, whose: u8| User {
            authority: self.key_of(step.by),
            margin_account: self.slot_key(slot),
            tokens: self.wallet(whose, bank),
        };
        let bank = |index: u16| self.state.bank(index);
        Some(match step.does {
            Do::Deposit { slot, bank: index, atoms } => ix::deposit(&user(slot, index, step.by), bank(index)?, atoms),
            Do::Withdraw { slot, bank: index, atoms, to } => {
                ix::withdraw(&user(slot, index, to), &self.state_of(slot), bank(index)?, atoms)
            }
            Do::Borrow { slot, bank: index, atoms, to } => {
                ix::borrow(&user(slot, index, to), &self.state_of(slot), bank(index)?, atoms)
            }
            Do::Repay { slot, bank: index, atoms } => ix::repay(&user(slot, index, step.by), bank(index)?, atoms),
            Do::Seize { from, bank: index, atoms } => ix::seize(&user(from, index, step.by), bank(index)?, atoms),
            _ => return None,
        })
    }

    /// What keepers do.
    fn takeover(&self, step: Step) -> Option<Instruction> {
        let authority = self.key_of(step.by);
        let takeover = |[taker, from]: [u8; 2],
                        [loan_bank, collateral_bank]: [u16; 2],
                        build: &dyn Fn(&Takeover<'_>) -> Instruction| {
            build(&Takeover {
                authority,
                taker: self.slot_key(taker),
                taker_state: &self.state_of(taker),
                account: self.slot_key(from),
                account_state: &self.state_of(from),
                loan_bank,
                collateral_bank,
            })
        };
        let staged = |from: u8,
                      [loan_bank, collateral_bank]: [u16; 2],
                      build: &dyn Fn(&StagedLiquidation<'_>) -> Instruction| {
            build(&StagedLiquidation {
                authority,
                account: self.slot_key(from),
                account_state: &self.state_of(from),
                loan_bank,
                collateral_bank,
            })
        };
        Some(match step.does {
            Do::Liquidate { taker, from, loan, collateral, most } => {
                takeover([taker, from], [loan, collateral], &|pair| ix::liquidate(pair, most))
            }
            Do::Deleverage { taker, from, loan, collateral, most, wind_down } => {
                takeover([taker, from], [loan, collateral], &|pair| ix::deleverage(pair, most, wind_down))
            }
            Do::BeginLiquidation { from, loan, collateral, most } => {
                staged(from, [loan, collateral], &|staged| ix::begin_liquidation(staged, most))
            }
            Do::EndLiquidation { from, loan, collateral } => {
                staged(from, [loan, collateral], &|staged| ix::end_liquidation(staged))
            }
            Do::Resolve { slot, bank } => self.resolve(slot, bank),
            Do::Mark { slot } => ix::mark(&self.slot_key(slot), &self.state_of(slot)),
            _ => return None,
        })
    }

    /// What is about an account as a whole.
    fn account(&self, step: Step) -> Option<Instruction> {
        let (signer, group) = (self.key_of(step.by), self.world.group);
        Some(match step.does {
            Do::Open { slot } => {
                let opener = self.key_of(opener_of(slot));
                let mut open = ix::open_margin_account(&opener, &opener, &group, u16::from(slot / OWNERS));
                // Somebody else pays, and the owner does not sign.
                if opener != signer {
                    open.accounts[0].pubkey = signer;
                    open.accounts[1].is_signer = false;
                }
                open
            }
            Do::Close { slot } => ix::close_margin_account(&signer, &signer, &self.slot_key(slot)),
            Do::SetPolicy { slot, floor, width, dollars } => {
                let [floor, width] = [floor, width].map(|bps| Ratio::from_bps(bps).0);
                ix::set_policy(&signer, &self.slot_key(slot), floor, width, presets::dollars(dollars))
            }
            Do::SetDelegate { slot, to, rights } => {
                ix::set_delegate(&signer, &self.slot_key(slot), self.key_of(to), rights)
            }
            Do::Transfer { slot, to } => ix::transfer_margin_account(&signer, &self.key_of(to), &self.slot_key(slot)),
            _ => return None,
        })
    }

    /// Funds of the house, flash loans, tokens that go past the program, and what is anybody's.
    fn funds(&self, step: Step) -> Option<Instruction> {
        let (signer, group) = (self.key_of(step.by), self.world.group);
        let wallet = |bank: u16| self.wallet(step.by, bank);
        let bank = |index: u16| self.state.bank(index);
        Some(match step.does {
            Do::Print { row, .. } => {
                let market = self.market_of(row)?;
                let sources = [market.oracle, self.second];
                ix::refresh_price_feed(&group, row, &sources[..if row == TWO_SOURCES { 2 } else { 1 }])
            }
            Do::Donate { bank: index, atoms } => self.pay(step.by, index, &bank(index)?.vault, atoms)?,
            Do::Spend { bank: index, atoms, to } => self.pay(step.by, index, &self.wallet(to, index), atoms)?,
            Do::Insure { bank: index, atoms } => ix::deposit_insurance(&signer, &wallet(index), bank(index)?, atoms),
            // To the fee recipient, whoever asks.
            Do::CollectFees { bank: index } => ix::collect_fees(&self.wallet(ADMIN, index), bank(index)?),
            Do::BeginFlashLoan { bank: index, atoms } => {
                ix::begin_flash_loan(&signer, &wallet(index), bank(index)?, atoms)
            }
            Do::EndFlashLoan { bank: index } => ix::end_flash_loan(&signer, &wallet(index), bank(index)?),
            Do::Migrate { bank, .. } => ix::migrate_account(&self.world.bank_key(bank)),
            _ => return None,
        })
    }

    /// A transfer of tokens, past the program.
    fn pay(&self, by: u8, index: u16, to: &Pubkey, atoms: u64) -> Option<Instruction> {
        let bank = self.state.bank(index)?;
        let mut data = vec![TRANSFER_CHECKED];
        data.extend(atoms.to_le_bytes());
        data.push(bank.decimals);
        let accounts = vec![
            AccountMeta::new(self.wallet(by, index), false),
            AccountMeta::new_readonly(bank.mint, false),
            AccountMeta::new(*to, false),
            AccountMeta::new_readonly(self.key_of(by), true),
        ];
        Some(Instruction { program_id: bank.token_program, accounts, data })
    }
}
