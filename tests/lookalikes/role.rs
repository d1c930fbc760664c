//! What an account is to an instruction, told by what is there when the instruction succeeds.

use ballast_client::{addresses, PROGRAM_ID};
use ballast_state::{
    Account as Layout, Bank, Epoch, Group, LiquidityPool, LiquidityProvider, MarginAccount, Orders, PendingChange,
    PerpMarket, PriceFeed, RiskBoard,
};
use ballast_testkit::Svm;
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::idl::Seat;

/// Token-2022's program.
pub(crate) const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Both token programs.
const TOKEN_PROGRAMS: [Pubkey; 2] = [spl_token_interface::ID, TOKEN_2022];
/// The system program.
pub(crate) const SYSTEM: Pubkey = Pubkey::new_from_array([0; 32]);
/// The clock.
pub(crate) const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// The transaction's instructions.
pub(crate) const INSTRUCTIONS: Pubkey = Pubkey::from_str_const("Sysvar1nstructions1111111111111111111111111");
/// Accounts that the runtime never lets anybody write.
const RESERVED: [Pubkey; 4] = [CLOCK, INSTRUCTIONS, SYSTEM, PROGRAM_ID];
/// Bytes of a mint without extensions.
const MINT_BYTES: usize = 82;

/// Whether an account is read-only, whatever an instruction says.
pub(crate) fn is_reserved(key: &Pubkey) -> bool {
    RESERVED.contains(key)
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Somebody who has to sign.
    Signer,
    Group,
    Board,
    Feed,
    Bank,
    Margin,
    /// A change that waits for the timelock.
    Change,
    /// A perp market.
    Market,
    /// What perps are traded against.
    Pool,
    /// Somebody's part of a pool.
    Provider,
    /// A struck epoch of a pool.
    Epoch,
    /// A margin account's pending orders.
    Orders,
    /// A token account of a bank.
    Vault,
    /// A token account of somebody else.
    Tokens,
    Mint,
    TokenProgram,
    SystemProgram,
    /// This program.
    Itself,
    EventAuthority,
    /// The sysvar of the transaction's instructions: there is no account of it outside of one.
    Instructions,
    /// Data of a program that is none of these.
    Oracle,
    /// A wallet that need not sign.
    Wallet,
    /// An address without an account, where one will be created.
    Unborn,
}

impl Role {
    /// The role of the account that sits in a place of an instruction that succeeds.
    pub(crate) fn of(svm: &Svm, key: &Pubkey, seat: &Seat) -> Self {
        if seat.signer {
            Self::Signer
        } else {
            Self::of_account(svm, key)
        }
    }

    /// The role an account could have by itself.
    pub(crate) fn of_account(svm: &Svm, key: &Pubkey) -> Self {
        if *key == PROGRAM_ID {
            return Self::Itself;
        }
        if *key == SYSTEM {
            return Self::SystemProgram;
        }
        if TOKEN_PROGRAMS.contains(key) {
            return Self::TokenProgram;
        }
        if *key == addresses::event_authority() {
            return Self::EventAuthority;
        }
        if *key == INSTRUCTIONS {
            return Self::Instructions;
        }
        match svm.account(key) {
            None => Self::Unborn,
            Some(account) if account.owner == PROGRAM_ID => Self::of_ours(&account),
            Some(account) if account.owner == SYSTEM => Self::Wallet,
            Some(account) if TOKEN_PROGRAMS.contains(&account.owner) => Self::of_tokens(svm, &account),
            Some(_) => Self::Oracle,
        }
    }

    /// Whether it is an account of this program.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Group | Self::Board | Self::Feed | Self::Bank | Self::Margin | Self::Change)
            || matches!(self, Self::Market | Self::Pool | Self::Provider | Self::Epoch | Self::Orders)
    }

    /// Whether instructions take it after their own accounts, for what an account holds.
    pub(crate) fn may_follow(self) -> bool {
        matches!(self, Self::Bank | Self::Market | Self::Pool)
    }

    /// Whether a user or somebody else than this program writes its data: so that it may become anything where it is.
    pub(crate) fn may_change_in_place(self) -> bool {
        self.is_ours() || matches!(self, Self::Tokens | Self::Oracle)
    }

    fn of_ours(account: &Account) -> Self {
        let tag = account.data.first_chunk().copied().unwrap_or_default();
        match tag {
            Group::TAG => Self::Group,
            RiskBoard::TAG => Self::Board,
            PriceFeed::TAG => Self::Feed,
            Bank::TAG => Self::Bank,
            MarginAccount::TAG => Self::Margin,
            PendingChange::TAG => Self::Change,
            PerpMarket::TAG => Self::Market,
            LiquidityPool::TAG => Self::Pool,
            LiquidityProvider::TAG => Self::Provider,
            Epoch::TAG => Self::Epoch,
            Orders::TAG => Self::Orders,
            _ => panic!("an account of the program without a role: {tag:?}"),
        }
    }

    fn of_tokens(svm: &Svm, account: &Account) -> Self {
        if account.data.len() == MINT_BYTES {
            return Self::Mint;
        }
        let owner = account.data[32..64].try_into().map(Pubkey::new_from_array).expect("an owner");
        let bank = svm.account(&owner).is_some_and(|account| account.owner == PROGRAM_ID);
        if bank {
            Self::Vault
        } else {
            Self::Tokens
        }
    }
}
