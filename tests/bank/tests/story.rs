//! Deposit, borrow, crash, liquidate, deleverage: the committed ELF in a real bank.

use ballast_client::ballast::types::PriceFeedArgs;
use ballast_client::instructions::{self as ix, Takeover, User};
use ballast_client::view::{self, Banks};
use ballast_client::{addresses, presets, PROGRAM_ID};
use ballast_math::Ratio;
use ballast_migrate::Deployment;
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::health::Health;
use ballast_risk::Now;
use ballast_state::{Account as Layout, Bank, MarginAccount};
use solana_account::{Account, AccountSharedData};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program_pack::Pack;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;
use spl_token_interface::state::{Account as Tokens, AccountState, Mint};

const START: i64 = 1_667_260_800;
const DOLLAR: u64 = 1_000_000;
const COIN: u64 = 1_000_000_000;

fn key(number: u8) -> Keypair {
    Keypair::new_from_array([number; 32])
}

fn account(owner: Pubkey, data: Vec<u8>) -> Account {
    Account { lamports: 1_000_000_000, data, owner, executable: false, rent_epoch: u64::MAX }
}

fn packed<T: Pack>(state: T) -> Account {
    let mut data = vec![0; T::LEN];
    T::pack(state, &mut data).expect("the length is right");
    account(spl_token_interface::ID, data)
}

fn tokens(mint: Pubkey, owner: Pubkey, amount: u64) -> Account {
    packed(Tokens { mint, owner, amount, state: AccountState::Initialized, ..Tokens::default() })
}

struct Story {
    context: ProgramTestContext,
    admin: Keypair,
    group: Pubkey,
    now: i64,
}

impl Story {
    async fn send(&mut self, instruction: Instruction, signer: &Keypair) {
        let hash = self.context.get_new_latest_blockhash().await.expect("a blockhash");
        let transaction = Transaction::new_signed_with_payer(&[instruction], Some(&signer.pubkey()), &[signer], hash);
        self.context.banks_client.process_transaction(transaction).await.expect("the transaction succeeds");
    }

    async fn read<T: Layout>(&mut self, key: Pubkey) -> T {
        let account = self.context.banks_client.get_account(key).await.expect("the bank answers").expect("the account");
        T::copy_from(&account.data).expect("the layout")
    }

    async fn bank(&mut self, index: u16) -> Bank {
        self.read(addresses::bank(&self.group, index)).await
    }

    async fn health(&mut self, account: Pubkey) -> Health {
        let banks = Banks::from([(0, self.bank(0).await), (1, self.bank(1).await)]);
        let board = self.read(addresses::board(&self.group)).await;
        let state = self.read(account).await;
        view::maintenance(&state, &board, &banks, Now { ts: self.now, slot: 0 }).expect("health")
    }

    async fn pass(&mut self, seconds: i64) {
        self.now += seconds;
        let mut clock: Clock = self.context.banks_client.get_sysvar().await.expect("the clock");
        clock.unix_timestamp = self.now;
        self.context.set_sysvar(&clock);
    }

    /// Publishes prices of 10⁻⁸ USD for rows 0 and 1 and takes them in.
    async fn prices(&mut self, prices: [i64; 2]) {
        let admin = self.admin.insecure_clone();
        for (row, price) in (0u8..).zip(prices) {
            let update = PythPullUpdate {
                feed_id: [row + 1; 32],
                price,
                confidence: 0,
                exponent: -8,
                publish_time: self.now,
                previous_publish_time: self.now - 1,
                posted_slot: 1,
            };
            let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
            let oracle = Pubkey::new_from_array([100 + row; 32]);
            self.context.set_account(&oracle, &AccountSharedData::from(account(owner, update.to_bytes())));
            let refresh = ix::refresh_price_feed(&self.group, row, &[oracle]);
            self.send(refresh, &admin).await;
        }
    }
}

#[tokio::test]
async fn deposit_borrow_crash_liquidate_deleverage() {
    // The harness logs every transaction unless told otherwise.
    std::env::set_var("RUST_LOG", "error");
    // Where the harness looks for the program.
    std::env::set_var("BPF_OUT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../../artifacts"));
    let mut test = ProgramTest::default();
    test.prefer_bpf(true);
    test.add_program("ballast", PROGRAM_ID, None);
    let (admin, lender, borrower) = (key(1), key(2), key(3));
    let mints = [Pubkey::new_from_array([50; 32]), Pubkey::new_from_array([51; 32])];
    for who in [&admin, &lender, &borrower] {
        test.add_account(who.pubkey(), Account { lamports: 1_000_000_000_000, ..Account::default() });
    }
    for (mint, decimals) in mints.iter().zip([6, 9]) {
        test.add_account(*mint, packed(Mint { decimals, is_initialized: true, supply: u64::MAX, ..Mint::default() }));
    }
    let wallets = [[60, 61], [62, 63]].map(|pair: [u8; 2]| pair.map(|number| Pubkey::new_from_array([number; 32])));
    for (owner, wallet) in [&lender, &borrower].iter().zip(&wallets) {
        test.add_account(wallet[0], tokens(mints[0], owner.pubkey(), 1_000_000 * DOLLAR));
        test.add_account(wallet[1], tokens(mints[1], owner.pubkey(), 1_000 * COIN));
    }
    let context = test.start_with_context().await;
    let group = addresses::group(&admin.pubkey(), 0);
    let mut story = Story { context, admin: admin.insecure_clone(), group, now: START };
    story.pass(0).await;

    story.send(ix::create_group(&admin.pubkey(), 0, presets::rules()), &admin).await;
    let demo = Deployment::parse("demo.toml", include_str!("../../../migrations/demo.toml")).expect("a deployment");
    for (row, symbol) in (0u8..).zip(["USDC", "SOL"]) {
        let feed = demo.feeds.iter().find(|feed| feed.symbol.to_string() == symbol).expect("a feed");
        let feed = PriceFeedArgs { sources: vec![presets::pyth_pull([row + 1; 32])], ..PriceFeedArgs::from(feed) };
        story.send(ix::add_price_feed(&admin.pubkey(), &group, row, feed), &admin).await;
    }
    story.prices([1_00000000, 32_00000000]).await;
    for (row, mint) in (0u8..).zip(&mints) {
        let args = presets::bank(10_000_000 * COIN / 10, 10_000_000 * COIN / 10);
        let add = ix::add_bank(&admin.pubkey(), &group, u16::from(row), mint, &spl_token_interface::ID, row, args);
        story.send(add, &admin).await;
    }
    let accounts = [&lender, &borrower].map(|owner| addresses::margin_account(&group, &owner.pubkey(), 0));
    for owner in [&lender, &borrower] {
        story.send(ix::open_margin_account(&owner.pubkey(), &owner.pubkey(), &group, 0), owner).await;
    }
    let user = |who: usize, owner: &Keypair, bank: usize| User {
        authority: owner.pubkey(),
        margin_account: accounts[who],
        tokens: wallets[who][bank],
    };
    let (usd, sol) = (story.bank(0).await, story.bank(1).await);
    story.send(ix::deposit(&user(0, &lender, 0), &usd, 100_000 * DOLLAR), &lender).await;
    story.send(ix::deposit(&user(1, &borrower, 1), &sol, 100 * COIN), &borrower).await;
    let state: MarginAccount = story.read(accounts[1]).await;
    story.send(ix::borrow(&user(1, &borrower, 0), &state, &usd, 2_000 * DOLLAR), &borrower).await;
    assert_eq!(story.bank(0).await.liability_shares, 2_000 * DOLLAR);

    // SOL falls to 22: a jump that a second print confirms. Assets 2,200, of which 2,000 are owed and more than 200 required.
    for _ in 0..2 {
        story.pass(20).await;
        story.prices([1_00000000, 22_00000000]).await;
    }
    assert!(story.health(accounts[1]).await.is_negative());
    let takeover = |taker_state: &MarginAccount, account_state: &MarginAccount| {
        ix::liquidate(&parties(&lender, accounts, taker_state, account_state), u64::MAX)
    };
    let states: [MarginAccount; 2] = [story.read(accounts[0]).await, story.read(accounts[1]).await];
    story.send(takeover(&states[0], &states[1]), &lender).await;
    let liquidated = story.health(accounts[1]).await;
    let target = Ratio(presets::rules().liquidation_target);
    assert!(!liquidated.is_negative());
    assert!(liquidated.assets <= target.of_up(liquidated.burden().expect("burden")).expect("target"));
    let (debt, insurance) = (story.bank(0).await.liability_shares, story.bank(0).await.insurance);
    assert!(debt < 2_000 * DOLLAR && insurance > 0);

    // The owner asks keepers to hold a health factor of 1.45: the first to come restores it.
    let one = 1u64 << 32;
    let floor = one * 145 / 100;
    let policy = ix::set_policy(&borrower.pubkey(), &accounts[1], floor, one / 10, presets::dollars(10_000));
    story.send(policy, &borrower).await;
    story.pass(20).await;
    story.prices([1_00000000, 22_00000000]).await;
    let states: [MarginAccount; 2] = [story.read(accounts[0]).await, story.read(accounts[1]).await];
    let deleverage = ix::deleverage(&parties(&lender, accounts, &states[0], &states[1]), u64::MAX, false);
    story.send(deleverage, &lender).await;
    let restored = story.health(accounts[1]).await;
    assert!(restored.value().expect("value") > liquidated.value().expect("value"));
    assert!(restored.assets >= Ratio(floor).of_up(restored.burden().expect("burden")).expect("floor"));
    let bank = story.bank(0).await;
    assert!(bank.liability_shares < debt);
    // A deleverage takes nobody's equity: insurance is as it was, and no lender lost.
    assert_eq!((bank.insurance, bank.socialized_loss), (insurance, 0));
}

/// The lender takes over dollars owed and coins from the borrower.
fn parties<'a>(
    lender: &Keypair,
    accounts: [Pubkey; 2],
    taker_state: &'a MarginAccount,
    account_state: &'a MarginAccount,
) -> Takeover<'a> {
    Takeover {
        authority: lender.pubkey(),
        taker: accounts[0],
        taker_state,
        account: accounts[1],
        account_state,
        loan_bank: 0,
        collateral_bank: 1,
    }
}
