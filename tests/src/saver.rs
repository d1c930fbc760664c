//! Users of the example program `savings`, and the instructions their wallets would build.

use anchor_lang::{InstructionData, ToAccountMetas};
use ballast_client::instructions::{self as ix, User};
use ballast_client::view::banks_to_follow;
use ballast_client::{addresses, PROGRAM_ID};
use ballast_state::{Bank, MarginAccount};
use ballast_testkit::{Failed, Sent, Trader, World};
use savings::{accounts, instruction as args};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The committed example.
const ELF: &[u8] = include_bytes!("../../artifacts/savings.so");

/// Puts the example there.
///
/// # Panics
/// If the ELF cannot be loaded.
pub fn add_savings(world: &mut World) {
    world.svm.inner().add_program(savings::ID, ELF).expect("the example loads");
}

/// A user and the addresses of the user's plan.
#[derive(Debug)]
pub struct Saver {
    /// The user, with a margin account of the user's own beside the plan's.
    pub user: Trader,
    /// The plan.
    pub plan: Pubkey,
    /// The plan's margin account.
    pub account: Pubkey,
}

impl Saver {
    /// A user without a plan yet.
    pub fn new(world: &mut World) -> Self {
        let user = world.trader();
        let key = user.key.pubkey();
        let seeds = [savings::SEED_PLAN, world.group.as_ref(), key.as_ref()];
        let (plan, _) = Pubkey::find_program_address(&seeds, &savings::ID);
        Self { account: addresses::margin_account(&world.group, &plan, 0), user, plan }
    }

    /// `open`.
    #[must_use]
    pub fn open(&self, world: &World, savings_index: u16, loan_index: u16) -> Instruction {
        let accounts = accounts::Open {
            user: self.user.key.pubkey(),
            plan: self.plan,
            group: world.group,
            margin_account: self.account,
            savings_bank: world.bank_key(savings_index),
            loan_bank: world.bank_key(loan_index),
            system_program: Pubkey::default(),
            ballast_program: PROGRAM_ID,
        };
        build(&accounts, &args::Open { savings_index, loan_index })
    }

    /// `deposit`.
    #[must_use]
    pub fn deposit(&self, world: &World, bank: u16, amount: u64) -> Instruction {
        let accounts = accounts::Deposit { plan: self.plan, ballast_program: PROGRAM_ID };
        let mut instruction = build(&accounts, &args::Deposit { amount });
        let user = User { margin_account: self.account, ..self.user.user(bank) };
        instruction.accounts.extend(ix::deposit(&user, &world.bank(bank), amount).accounts);
        instruction
    }

    /// `repay`, out of the user's pocket.
    #[must_use]
    pub fn repay(&self, world: &World, bank: u16, amount: Option<u64>) -> Instruction {
        let Bank { vault, mint, token_program, .. } = world.bank(bank);
        let accounts = accounts::Repay {
            payer: self.user.key.pubkey(),
            plan: self.plan,
            margin_account: self.account,
            bank: world.bank_key(bank),
            vault,
            source: self.user.tokens[usize::from(bank)],
            mint,
            token_program,
            ballast_program: PROGRAM_ID,
        };
        build(&accounts, &args::Repay { amount })
    }

    /// `borrow`.
    #[must_use]
    pub fn borrow(&self, world: &World, bank: u16, amount: u64) -> Instruction {
        self.followed(world, bank, build(&self.take(world, bank), &args::Borrow { amount }))
    }

    /// `withdraw`.
    #[must_use]
    pub fn withdraw(&self, world: &World, bank: u16, amount: Option<u64>) -> Instruction {
        self.followed(world, bank, build(&self.take(world, bank), &args::Withdraw { amount }))
    }

    /// `close`.
    #[must_use]
    pub fn close(&self) -> Instruction {
        let accounts = accounts::Close {
            user: self.user.key.pubkey(),
            plan: self.plan,
            margin_account: self.account,
            ballast_program: PROGRAM_ID,
        };
        build(&accounts, &args::Close {})
    }

    /// Builds an instruction, and sends it with the user's signature.
    ///
    /// # Errors
    /// What failed.
    pub fn send(&self, world: &mut World, build: impl FnOnce(&World, &Self) -> Instruction) -> Result<Sent, Failed> {
        let instruction = build(world, self);
        world.send(instruction, &[&self.user.key])
    }

    /// The plan's margin account.
    #[must_use]
    pub fn margin(&self, world: &World) -> MarginAccount {
        world.svm.read(&self.account)
    }

    fn take(&self, world: &World, bank: u16) -> accounts::Take {
        let Bank { vault, mint, token_program, .. } = world.bank(bank);
        accounts::Take {
            user: self.user.key.pubkey(),
            plan: self.plan,
            margin_account: self.account,
            board: world.board_key(),
            bank: world.bank_key(bank),
            vault,
            destination: self.user.tokens[usize::from(bank)],
            mint,
            token_program,
            ballast_program: PROGRAM_ID,
        }
    }

    fn followed(&self, world: &World, bank: u16, mut instruction: Instruction) -> Instruction {
        let banks = banks_to_follow(&[&self.margin(world)], &[bank]);
        instruction
            .accounts
            .extend(banks.into_iter().map(|index| AccountMeta::new_readonly(world.bank_key(index), false)));
        instruction
    }
}

fn build(accounts: &impl ToAccountMetas, data: &impl InstructionData) -> Instruction {
    Instruction { program_id: savings::ID, accounts: accounts.to_account_metas(None), data: data.data() }
}
