//! A group with markets and traders, set up through the program's own instructions.

use ballast_client::addresses;
use ballast_client::ballast::types::{BankArgs, PriceFeedArgs};
use ballast_client::instructions::{self as ix, Takeover, User};
use ballast_client::presets;
use ballast_client::view::Banks;
use ballast_migrate::units::{Key, Mode};
use ballast_migrate::{
    apply, BankPlan, BankSettings, ChainState, Deployment, FeedPlan, FeedRef, MigrateError, SourcePlan, Sources, Step,
};
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::health::{assess_maintenance, Health, Portfolio};
use ballast_risk::{perp, Now};
use ballast_state::{Bank, BankMode, MarginAccount, PerpPosition, PriceFeed, RiskBoard};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::check::Audited;
use crate::token_2022::TOKEN_2022;
use crate::{listing, markets, Failed, Sent, Svm};

/// Where worlds begin: 1 November 2022, 00:00 UTC.
pub const START_TS: i64 = 1_667_260_800;

/// Decimal exponent of the prices a world publishes.
const EXPONENT: i32 = -8;

/// A market to list.
#[derive(Clone, Debug)]
pub struct MarketSpec {
    /// The feed, but for its sources.
    pub feed: FeedPlan,
    /// Decimals of the mint.
    pub decimals: u8,
    /// First price, 10⁻⁸ USD.
    pub price: i64,
    /// Half-width of every published price, in parts of 10,000 of it.
    pub confidence: u32,
    /// Bank settings; caps without limit by default.
    pub bank: BankArgs,
}

impl MarketSpec {
    /// A market with a bank that takes up to about a hundred million dollars.
    #[must_use]
    pub fn new(feed: impl Into<FeedPlan>, decimals: u8, price: i64) -> Self {
        // 10^8 USD / price (10^-8 USD), in atoms, within 64 bits.
        let cap = 10u128.pow(16 + u32::from(decimals)) / u128::try_from(price.max(1)).unwrap_or(1);
        let cap = u64::try_from(cap).unwrap_or(u64::MAX / 2_000);
        Self { feed: feed.into(), decimals, price, confidence: 5, bank: presets::bank(cap, cap) }
    }
}

/// A listed market.
#[derive(Clone, Debug)]
pub struct Market {
    /// Row on the board.
    pub row: u8,
    /// The bank's index.
    pub bank: u16,
    /// Mint.
    pub mint: Pubkey,
    /// Its program.
    pub token_program: Pubkey,
    /// Decimals.
    pub decimals: u8,
    /// Pyth feed id.
    pub feed_id: [u8; 32],
    /// Account that carries the Pyth update.
    pub oracle: Pubkey,
    /// Settings the feed was listed with.
    pub feed_args: PriceFeedArgs,
    /// Settings the bank was listed with.
    pub bank_args: BankArgs,
    /// Last published price, 10⁻⁸ USD.
    pub price: i64,
    /// Half-width of every published price, in parts of 10,000 of it.
    pub confidence: u32,
}

impl Market {
    /// Atoms in a whole number of tokens.
    #[must_use]
    pub fn atoms(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(10u64.pow(u32::from(self.decimals)))
    }
}

/// A user with one margin account and a token account per market.
#[derive(Debug)]
pub struct Trader {
    /// Signs.
    pub key: Keypair,
    /// The margin account.
    pub account: Pubkey,
    /// Token accounts by bank index.
    pub tokens: Vec<Pubkey>,
}

impl Trader {
    /// The trader's side of a movement of tokens.
    #[must_use]
    pub fn user(&self, bank: u16) -> User {
        User { authority: self.key.pubkey(), margin_account: self.account, tokens: self.tokens[usize::from(bank)] }
    }
}

/// A group with its markets.
#[derive(Debug)]
pub struct World {
    /// The runtime.
    pub svm: Svm,
    /// Holds every role.
    pub admin: Keypair,
    /// The group.
    pub group: Pubkey,
    /// Its markets, by bank index.
    pub markets: Vec<Market>,
    next_key: u64,
    pub(crate) audited: Audited,
}

impl World {
    /// A group without markets, at [`START_TS`]. Keys are made by counting, so that a world is the same every time.
    ///
    /// # Panics
    /// If set-up fails.
    #[must_use]
    pub fn empty() -> Self {
        let mut svm = Svm::new();
        svm.set_time(START_TS);
        let mut world = Self {
            svm,
            admin: Keypair::new_from_array([1; 32]),
            group: Pubkey::default(),
            markets: Vec::new(),
            next_key: 0,
            audited: Audited::default(),
        };
        world.svm.fund(&world.admin.pubkey());
        world.group = addresses::group(&world.admin.pubkey(), 0);
        world.set_up(&Deployment::new(world.admin.pubkey(), 0, markets::demo().group.settings.clone()));
        world
    }

    /// USDC (bank 0), SOL (1), ETH (2) and BTC (3) at round prices of late 2022.
    ///
    /// # Panics
    /// If set-up fails.
    #[must_use]
    pub fn standard() -> Self {
        let mut world = Self::empty();
        world.list(&MarketSpec::new(listing("USDC").0, 6, 100_000_000));
        world.list(&MarketSpec::new(listing("SOL").0, 9, 32_00000000));
        world.list(&MarketSpec::new(listing("ETH").0, 8, 1_600_00000000));
        world.list(&MarketSpec::new(listing("BTC").0, 8, 20_000_00000000));
        world
    }

    /// The next key.
    pub fn key(&mut self) -> Keypair {
        self.next_key += 1;
        let mut seed = [2; 32];
        seed[..8].copy_from_slice(&self.next_key.to_le_bytes());
        Keypair::new_from_array(seed)
    }

    /// Lists a market: mint, feed with one Pyth pull source, first price, bank. Returns the bank's index.
    ///
    /// # Panics
    /// If listing fails.
    pub fn list(&mut self, spec: &MarketSpec) -> u16 {
        let mint = self.key().pubkey();
        self.svm.put_mint(&mint, spec.decimals);
        self.list_mint(spec, &mint, &spl_token_interface::ID)
    }

    /// As [`World::list`], with a mint that is there.
    ///
    /// # Panics
    /// If listing fails.
    pub fn list_mint(&mut self, spec: &MarketSpec, mint: &Pubkey, token_program: &Pubkey) -> u16 {
        let row = self.markets.iter().map(|market| market.row + 1).max().unwrap_or(0);
        let bank = u16::try_from(self.markets.len()).expect("few markets");
        let mut feed_id = [7; 32];
        feed_id[0] = row;
        let sources = Sources(vec![SourcePlan::from(&presets::pyth_pull(feed_id))]);
        let feed = FeedPlan { sources, ..spec.feed.clone() };
        let market = Market {
            row,
            bank,
            mint: *mint,
            token_program: *token_program,
            decimals: spec.decimals,
            feed_id,
            oracle: self.key().pubkey(),
            feed_args: (&feed).into(),
            bank_args: spec.bank.clone(),
            price: spec.price,
            confidence: spec.confidence,
        };
        let mut deployment = self.deployment();
        deployment.feeds.push(feed);
        deployment.banks.push(bank_plan(&market));
        self.markets.push(market);
        self.set_up(&deployment);
        bank
    }

    /// Lists a bank of another mint under the feed of a bank that is there, with its settings. Returns its index.
    ///
    /// # Panics
    /// If listing fails.
    pub fn list_under(&mut self, of: u16, decimals: u8) -> u16 {
        let bank = u16::try_from(self.markets.len()).expect("few markets");
        let mint = self.key().pubkey();
        self.svm.put_mint(&mint, decimals);
        let token_program = spl_token_interface::ID;
        let market = Market { bank, mint, token_program, decimals, ..self.markets[usize::from(of)].clone() };
        let mut deployment = self.deployment();
        deployment.banks.push(bank_plan(&market));
        self.markets.push(market);
        self.set_up(&deployment);
        bank
    }

    /// What the group is on the chain.
    ///
    /// # Panics
    /// If it is not there.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        Deployment::read(&self.svm, &self.group).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes the chain what a deployment says, with the prices of the markets.
    ///
    /// # Panics
    /// If a step fails.
    pub fn set_up(&mut self, deployment: &Deployment) {
        let send = |world: &mut Self, step: &Step, instruction: &Instruction| -> Result<(), MigrateError> {
            world.as_admin(instruction.clone()).unwrap_or_else(|failed| panic!("{step}: {}", failed.name()));
            Ok(())
        };
        let refresh = |world: &mut Self, row| {
            let market = world.markets.iter().find(|market| market.row == row).expect("a market on the row");
            let (bank, price) = (market.bank, market.price);
            world.set_price(bank, price).expect("refresh_price_feed");
            Ok(())
        };
        apply(deployment, self, send, refresh).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Sends one instruction signed by the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn as_admin(&mut self, instruction: Instruction) -> Result<Sent, Failed> {
        self.svm.send(&[instruction], &[&self.admin])
    }

    /// Publishes a price of 10⁻⁸ USD, as of now, with the market's confidence, in Pyth's own format.
    pub fn publish(&mut self, bank: u16, price: i64) {
        let width = i128::from(self.markets[usize::from(bank)].confidence);
        let confidence = u64::try_from(i128::from(price) * width / 10_000).unwrap_or(0);
        self.publish_at(bank, price, confidence, self.svm.now());
    }

    /// Publishes a price with a confidence and a publish time.
    pub fn publish_at(&mut self, bank: u16, price: i64, confidence: u64, publish_time: i64) {
        let slot = self.svm.clock().slot;
        let market = &mut self.markets[usize::from(bank)];
        market.price = price;
        let update = PythPullUpdate {
            feed_id: market.feed_id,
            price,
            confidence,
            exponent: EXPONENT,
            publish_time,
            previous_publish_time: publish_time.saturating_sub(1),
            posted_slot: slot,
        };
        let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
        let oracle = market.oracle;
        self.svm.put_data(&oracle, &owner, update.to_bytes());
    }

    /// Refreshes the feed of a bank from its published price.
    ///
    /// # Errors
    /// What failed.
    pub fn refresh(&mut self, bank: u16) -> Result<Sent, Failed> {
        let market = &self.markets[usize::from(bank)];
        let refresh = ix::refresh_price_feed(&self.group, market.row, &[market.oracle]);
        self.as_admin(refresh)
    }

    /// Publishes a price and takes it in.
    ///
    /// # Errors
    /// What failed.
    pub fn set_price(&mut self, bank: u16, price: i64) -> Result<Sent, Failed> {
        self.publish(bank, price);
        self.refresh(bank)
    }

    /// Publishes every price again, as of now, and takes them in.
    ///
    /// # Panics
    /// If a refresh fails.
    pub fn refresh_all(&mut self) {
        for bank in 0..self.markets.len() {
            let row = self.markets[bank].row;
            // One refresh a feed.
            if self.markets[..bank].iter().all(|market| market.row != row) {
                let (bank, price) = (self.markets[bank].bank, self.markets[bank].price);
                self.set_price(bank, price).expect("refresh_price_feed");
            }
        }
    }

    /// Moves time forward and keeps all prices fresh.
    pub fn advance(&mut self, seconds: i64) {
        self.svm.advance(seconds);
        self.refresh_all();
    }

    /// A trader with an open margin account and empty token accounts.
    ///
    /// # Panics
    /// If opening fails.
    pub fn trader(&mut self) -> Trader {
        let key = self.key();
        self.svm.fund(&key.pubkey());
        let account = addresses::margin_account(&self.group, &key.pubkey(), 0);
        let open = ix::open_margin_account(&key.pubkey(), &key.pubkey(), &self.group, 0);
        self.svm.send(&[open], &[&key]).expect("open_margin_account");
        let mut tokens = Vec::new();
        for bank in 0..self.markets.len() {
            let Market { mint, token_program, .. } = self.markets[bank];
            let tokens_key = self.key();
            if token_program == TOKEN_2022 {
                self.create_tokens_2022(&tokens_key, &mint, &key.pubkey(), 0);
            } else {
                self.svm.put_tokens(&tokens_key.pubkey(), &mint, &key.pubkey(), 0);
            }
            tokens.push(tokens_key.pubkey());
        }
        Trader { key, account, tokens }
    }

    /// Puts tokens into a trader's wallet, on top of what is there.
    pub fn mint_to(&mut self, trader: &Trader, bank: u16, atoms: u64) {
        let address = trader.tokens[usize::from(bank)];
        let Market { mint, token_program, .. } = self.markets[usize::from(bank)];
        if token_program == TOKEN_2022 {
            return self.mint_2022(&mint, &address, atoms);
        }
        let held = self.svm.tokens(&address);
        self.svm.put_tokens(&address, &mint, &trader.key.pubkey(), held.saturating_add(atoms));
    }

    /// Mints tokens to the trader's wallet and deposits them.
    ///
    /// # Errors
    /// What failed.
    pub fn deposit(&mut self, trader: &Trader, bank: u16, atoms: u64) -> Result<Sent, Failed> {
        self.mint_to(trader, bank, atoms);
        let deposit = ix::deposit(&trader.user(bank), &self.bank(bank), atoms);
        self.svm.send(&[deposit], &[&trader.key])
    }

    /// Withdraws; nothing means all.
    ///
    /// # Errors
    /// What failed.
    pub fn withdraw(&mut self, trader: &Trader, bank: u16, atoms: Option<u64>) -> Result<Sent, Failed> {
        let withdraw = ix::withdraw(&trader.user(bank), &self.margin(trader), &self.bank(bank), atoms);
        self.svm.send(&[withdraw], &[&trader.key])
    }

    /// Borrows.
    ///
    /// # Errors
    /// What failed.
    pub fn borrow(&mut self, trader: &Trader, bank: u16, atoms: u64) -> Result<Sent, Failed> {
        let borrow = ix::borrow(&trader.user(bank), &self.margin(trader), &self.bank(bank), atoms);
        self.svm.send(&[borrow], &[&trader.key])
    }

    /// Repays from the trader's wallet; nothing means all.
    ///
    /// # Errors
    /// What failed.
    pub fn repay(&mut self, trader: &Trader, bank: u16, atoms: Option<u64>) -> Result<Sent, Failed> {
        let repay = ix::repay(&trader.user(bank), &self.bank(bank), atoms);
        self.svm.send(&[repay], &[&trader.key])
    }

    /// Liquidates.
    ///
    /// # Errors
    /// What failed.
    pub fn liquidate(
        &mut self,
        liquidator: &Trader,
        liquidatee: &Trader,
        loan: u16,
        collateral: u16,
        max_repay: u64,
    ) -> Result<Sent, Failed> {
        let (taker, account) = (self.margin(liquidator), self.margin(liquidatee));
        let takeover = takeover(liquidator, &taker, liquidatee, &account, loan, collateral);
        self.svm.send(&[ix::liquidate(&takeover, max_repay)], &[&liquidator.key])
    }

    /// Deleverages.
    ///
    /// # Errors
    /// What failed.
    pub fn deleverage(
        &mut self,
        keeper: &Trader,
        trader: &Trader,
        loan: u16,
        collateral: u16,
        max_repay: u64,
        wind_down: bool,
    ) -> Result<Sent, Failed> {
        let (taker, account) = (self.margin(keeper), self.margin(trader));
        let takeover = takeover(keeper, &taker, trader, &account, loan, collateral);
        self.svm.send(&[ix::deleverage(&takeover, max_repay, wind_down)], &[&keeper.key])
    }

    /// A trader's margin account.
    #[must_use]
    pub fn margin(&self, trader: &Trader) -> MarginAccount {
        self.svm.read(&trader.account)
    }

    /// A bank.
    #[must_use]
    pub fn bank(&self, index: u16) -> Bank {
        self.svm.read(&addresses::bank(&self.group, index))
    }

    /// The board.
    #[must_use]
    pub fn board(&self) -> RiskBoard {
        self.svm.read(&addresses::board(&self.group))
    }

    /// A bank's feed.
    #[must_use]
    pub fn feed(&self, row: u8) -> PriceFeed {
        self.svm.read(&addresses::feed(&self.group, row))
    }

    /// Tokens in a bank's vault.
    #[must_use]
    pub fn vault(&self, index: u16) -> u64 {
        self.svm.tokens(&self.bank(index).vault)
    }

    /// All banks.
    #[must_use]
    pub fn banks(&self) -> Banks {
        self.markets.iter().map(|market| (market.bank, self.bank(market.bank))).collect()
    }

    /// The engine's idea of now.
    #[must_use]
    pub fn now(&self) -> Now {
        let clock = self.svm.clock();
        Now { ts: clock.unix_timestamp, slot: clock.slot }
    }

    /// A trader's portfolio, by the engine on the host; its perps at the marks their markets stand at.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn portfolio(&self, trader: &Trader) -> Portfolio {
        let (account, banks) = (self.margin(trader), self.banks());
        let exposure = |position: &PerpPosition| {
            perp::exposure(position, &self.market(position.market), &self.board(), self.now())
        };
        let perps: Vec<_> = account.positions().iter().map(|one| exposure(one).expect("exposure")).collect();
        let quote = account.positions().first().map_or(0, |position| self.market(position.market).quote_feed);
        Portfolio::of_account(&account, &perps, quote, self.now(), |index| banks.get(&index)).expect("portfolio")
    }

    /// A trader's Maintenance health, by the engine on the host.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn health(&self, trader: &Trader) -> Health {
        assess_maintenance(&self.portfolio(trader), &self.board(), self.now()).expect("health")
    }
}

impl ChainState for World {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, String> {
        ChainState::account(&self.svm, key)
    }
}

fn bank_plan(market: &Market) -> BankPlan {
    BankPlan {
        name: format!("bank {}", market.bank),
        mint: Key(market.mint),
        decimals: market.decimals,
        feed: FeedRef::Row(market.row),
        mode: Mode(BankMode::Normal),
        settings: BankSettings::from(&market.bank_args),
    }
}

fn takeover<'a>(
    taker: &Trader,
    taker_state: &'a MarginAccount,
    from: &Trader,
    account_state: &'a MarginAccount,
    loan_bank: u16,
    collateral_bank: u16,
) -> Takeover<'a> {
    Takeover {
        authority: taker.key.pubkey(),
        taker: taker.account,
        taker_state,
        account: from.account,
        account_state,
        loan_bank,
        collateral_bank,
    }
}
