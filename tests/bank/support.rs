//! A bank with the program in it, deployed as on a cluster, and a market of dollars and coins.

use std::path::Path;

pub(crate) use ballast_client::instructions::{self as ix, StagedLiquidation, Takeover, User};
pub(crate) use ballast_client::view::{self, Banks};
pub(crate) use ballast_client::{addresses, presets, PROGRAM_ID};
pub(crate) use ballast_risk::Now;
pub(crate) use ballast_state::{Account as Layout, Bank, MarginAccount, RiskBoard};
pub(crate) use solana_account::{Account, AccountSharedData};
pub(crate) use solana_clock::Clock;
pub(crate) use solana_hash::Hash;
pub(crate) use solana_instruction::error::InstructionError;
pub(crate) use solana_instruction::Instruction;
pub(crate) use solana_keypair::Keypair;
pub(crate) use solana_pubkey::Pubkey;
pub(crate) use solana_signer::Signer;
pub(crate) use solana_transaction::TransactionError;

pub(crate) use super::wire::{code, failed, Refused};

use ballast_client::ballast::types::PriceFeedArgs;
use ballast_migrate::Deployment;
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::health::Health;
use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_pack::Pack;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_sdk_ids::bpf_loader_upgradeable;
use spl_token_interface::state::{Account as Tokens, AccountState, Mint};

pub(crate) const DOLLAR: u64 = 1_000_000;
pub(crate) const COIN: u64 = 1_000_000_000;
/// Bank of dollars; those of coins follow.
pub(crate) const USD: u16 = 0;
/// First bank of coins.
pub(crate) const SOL: u16 = 1;

/// The feature of SIMD-0500: no deployment of SBPF v0, v1 and v2.
const ONLY_NEW_SBPF: Pubkey = Pubkey::from_str_const("B8JJXCy5amZyWG9r7EnUYLwzXSXTxG7GZ1qZ1qggo83g");
const RICH: u64 = 1_000_000_000_000;
const START: i64 = 1_667_260_800;

pub(crate) fn key(number: u8) -> Keypair {
    Keypair::new_from_array([number; 32])
}

/// The program: the committed ELF, or the file `BALLAST_ELF` names.
pub(crate) fn elf() -> Vec<u8> {
    match std::env::var("BALLAST_ELF") {
        Ok(path) => std::fs::read(Path::new(&path)).unwrap_or_else(|error| panic!("BALLAST_ELF {path}: {error}")),
        Err(_) => include_bytes!("../../artifacts/ballast.so").to_vec(),
    }
}

/// A feed of the demonstration.
pub(crate) fn feed(symbol: &str) -> PriceFeedArgs {
    let demo = Deployment::parse("demo.toml", include_str!("../../migrations/demo.toml")).expect("a deployment");
    PriceFeedArgs::from(demo.feeds.iter().find(|feed| feed.symbol.to_string() == symbol).expect("a feed"))
}

/// An account of the upgradeable loader: what it says, and an ELF after that.
pub(crate) fn loader_account(state: &UpgradeableLoaderState, elf: &[u8]) -> Account {
    let mut account = Account::new_data(0, state, &bpf_loader_upgradeable::ID).expect("the state is serialised");
    account.data.extend_from_slice(elf);
    Account { lamports: RICH, rent_epoch: u64::MAX, ..account }
}

fn packed<T: Pack>(state: T) -> Account {
    let mut data = vec![0; T::LEN];
    T::pack(state, &mut data).expect("the length is right");
    Account { lamports: RICH, data, owner: spl_token_interface::ID, executable: false, rent_epoch: u64::MAX }
}

/// What can be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deployable {
    /// Every version of SBPF, as on mainnet today.
    All,
    /// SBPF v3.
    New,
}

/// Somebody with a margin account and token accounts.
#[derive(Debug)]
pub(crate) struct Trader {
    pub(crate) key: Keypair,
    pub(crate) account: Pubkey,
}

impl Trader {
    pub(crate) fn tokens(&self, bank: u16) -> Pubkey {
        let [low, high] = bank.to_le_bytes();
        let mut bytes = self.key.pubkey().to_bytes();
        (bytes[0], bytes[1], bytes[31]) = (low, high, 0xff);
        Pubkey::new_from_array(bytes)
    }

    pub(crate) fn user(&self, bank: u16) -> User {
        User { authority: self.key.pubkey(), margin_account: self.account, tokens: self.tokens(bank) }
    }
}

/// A bank, and a group in it.
pub(crate) struct World {
    pub(crate) context: ProgramTestContext,
    /// Holds every role of the group, and may upgrade the program.
    pub(crate) admin: Keypair,
    pub(crate) group: Pubkey,
    mints: Vec<Pubkey>,
}

impl World {
    /// The program, and nothing else.
    pub(crate) async fn bare() -> Self {
        Self::where_deployable(Deployable::All).await
    }

    /// As [`World::bare`]. All other features of the runtime are on.
    pub(crate) async fn where_deployable(deployable: Deployable) -> Self {
        // The harness logs every transaction unless told otherwise.
        std::env::set_var("RUST_LOG", "error");
        let mut test = ProgramTest::default();
        if deployable == Deployable::All {
            test.deactivate_feature(ONLY_NEW_SBPF);
        }
        let admin = key(1);
        let programdata_address = get_program_data_address(&PROGRAM_ID);
        let program = loader_account(&UpgradeableLoaderState::Program { programdata_address }, &[]);
        let deployed = UpgradeableLoaderState::ProgramData { slot: 0, upgrade_authority_address: Some(admin.pubkey()) };
        test.add_account(PROGRAM_ID, Account { executable: true, ..program });
        test.add_account(programdata_address, loader_account(&deployed, &elf()));
        let context = test.start_with_context().await;
        let group = addresses::group(&admin.pubkey(), 0);
        let mut world = Self { context, admin, group, mints: Vec::new() };
        world.set_time(START).await;
        world.fund(&world.admin.pubkey());
        world
    }

    /// A group with a bank of dollars and so many banks of coins, all of those under one feed: 1 and 32 USD.
    pub(crate) async fn new(coins: u16) -> Self {
        let mut world = Self::bare().await;
        let (admin, group) = (world.admin.pubkey(), world.group);
        world.as_admin(ix::create_group(&admin, 0, presets::rules())).await;
        for (row, symbol) in (0u8..).zip(["USDC", "SOL"]) {
            let feed = PriceFeedArgs { sources: vec![presets::pyth_pull([row + 1; 32])], ..feed(symbol) };
            world.as_admin(ix::add_price_feed(&admin, &group, row, feed)).await;
        }
        world.prices([1_00000000, 32_00000000]).await;
        for bank in 0..=coins {
            let (row, decimals) = if bank == USD { (0, 6) } else { (1, 9) };
            let mint = world.mint(bank, decimals);
            let args = presets::bank(1_000_000 * COIN, 1_000_000 * COIN);
            let program = spl_token_interface::ID;
            world.as_admin(ix::add_bank(&admin, &group, bank, &mint, &program, row, args)).await;
            world.mints.push(mint);
        }
        world
    }

    /// Somebody with a margin account, and tokens of every bank.
    pub(crate) async fn trader(&mut self, number: u8) -> Trader {
        let key = key(number);
        let owner = key.pubkey();
        let trader = Trader { account: addresses::margin_account(&self.group, &owner, 0), key };
        self.fund(&owner);
        for (bank, mint) in (0..).zip(self.mints.clone()) {
            let (state, amount) = (AccountState::Initialized, 1_000_000 * COIN);
            let wallet = packed(Tokens { mint, owner, amount, state, ..Tokens::default() });
            self.put(&trader.tokens(bank), wallet);
        }
        self.sent(&[ix::open_margin_account(&owner, &owner, &self.group, 0)], &trader).await;
        trader
    }

    /// A mint, for the bank of this index.
    pub(crate) fn mint(&mut self, bank: u16, decimals: u8) -> Pubkey {
        let mut key = [50; 32];
        key[..2].copy_from_slice(&bank.to_le_bytes());
        let mint = Pubkey::new_from_array(key);
        self.put(&mint, packed(Mint { decimals, is_initialized: true, supply: u64::MAX, ..Mint::default() }));
        mint
    }

    pub(crate) fn put(&mut self, key: &Pubkey, account: Account) {
        self.context.set_account(key, &AccountSharedData::from(account));
    }

    pub(crate) fn fund(&mut self, key: &Pubkey) {
        self.put(key, Account { lamports: RICH, ..Account::default() });
    }

    pub(crate) async fn account(&mut self, key: &Pubkey) -> Option<Account> {
        self.context.banks_client.get_account(*key).await.expect("the bank answers")
    }

    /// Accounts as they are, the missing ones as empty.
    pub(crate) async fn accounts(&mut self, keys: &[Pubkey]) -> Vec<Account> {
        let mut accounts = Vec::new();
        for key in keys {
            accounts.push(self.account(key).await.unwrap_or_default());
        }
        accounts
    }

    pub(crate) async fn lamports(&mut self, key: &Pubkey) -> u64 {
        self.account(key).await.map_or(0, |account| account.lamports)
    }

    pub(crate) async fn read<T: Layout>(&mut self, key: Pubkey) -> T {
        T::copy_from(&self.account(&key).await.expect("the account").data).expect("the layout")
    }

    pub(crate) async fn bank(&mut self, index: u16) -> Bank {
        self.read(addresses::bank(&self.group, index)).await
    }

    pub(crate) async fn margin(&mut self, trader: &Trader) -> MarginAccount {
        self.read(trader.account).await
    }

    /// Maintenance health, by the engine on the host.
    pub(crate) async fn health(&mut self, trader: &Trader) -> Health {
        let mut banks = Banks::new();
        for index in (0..).take(self.mints.len()) {
            banks.insert(index, self.bank(index).await);
        }
        let board: RiskBoard = self.read(addresses::board(&self.group)).await;
        let (state, now) = (self.margin(trader).await, self.now().await);
        view::maintenance(&state, &board, &banks, &view::Markets::new(), now).expect("health")
    }

    /// Every account the program made: group, board, feeds, banks, vaults; and those of the traders.
    pub(crate) fn state(&self, traders: &[&Trader]) -> Vec<Pubkey> {
        let mut keys = vec![self.group, addresses::board(&self.group)];
        keys.extend((0..2).map(|row| addresses::feed(&self.group, row)));
        for (index, mint) in (0..).zip(&self.mints) {
            keys.extend([addresses::bank(&self.group, index), addresses::vault(&self.group, mint)]);
        }
        keys.extend(traders.iter().map(|trader| trader.account));
        keys
    }

    pub(crate) async fn clock(&mut self) -> Clock {
        self.context.banks_client.get_sysvar().await.expect("the clock")
    }

    /// The engine's idea of now.
    pub(crate) async fn now(&mut self) -> Now {
        let clock = self.clock().await;
        Now { ts: clock.unix_timestamp, slot: clock.slot }
    }

    async fn set_time(&mut self, unix_timestamp: i64) {
        let clock = Clock { unix_timestamp, ..self.clock().await };
        self.context.set_sysvar(&clock);
    }

    pub(crate) async fn pass(&mut self, seconds: i64) {
        let now = self.clock().await.unix_timestamp;
        self.set_time(now + seconds).await;
    }

    /// Goes to a later slot, in a bank of its own. Unix time stands still: it is the votes' on a cluster, and nobody votes here.
    pub(crate) async fn skip(&mut self, slots: u64) {
        let Clock { slot, unix_timestamp, .. } = self.clock().await;
        self.context.warp_to_slot(slot + slots).expect("a later slot");
        self.set_time(unix_timestamp).await;
    }

    /// Publishes prices of 10⁻⁸ USD for rows 0 and 1 and takes them in.
    pub(crate) async fn prices(&mut self, prices: [i64; 2]) {
        let now = self.now().await;
        for (row, price) in (0u8..).zip(prices) {
            let update = PythPullUpdate {
                feed_id: [row + 1; 32],
                price,
                confidence: 0,
                exponent: -8,
                publish_time: now.ts,
                previous_publish_time: now.ts - 1,
                posted_slot: now.slot,
            };
            let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
            let oracle = Pubkey::new_from_array([100 + row; 32]);
            let data = update.to_bytes();
            self.put(&oracle, Account { lamports: RICH, data, owner, executable: false, rent_epoch: u64::MAX });
            self.as_admin(ix::refresh_price_feed(&self.group, row, &[oracle])).await;
        }
    }
}
