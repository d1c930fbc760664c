//! The pool, perp markets and liquidity of a world.

use ballast_client::ballast::types::{MarketArgs, OrderArgs, PoolArgs};
use ballast_client::perps::{self as ix, Follow, Quote};
use ballast_client::PROGRAM_ID;
use ballast_client::{addresses, presets};
use ballast_risk::invariant;
use ballast_state::{Account as Layout, Epoch, LiquidityPool, LiquidityProvider, MarginAccount, Orders, PerpMarket};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::plain::{COIN, DOLLAR, GEM, USD};
use crate::{Failed, Sent, Trader, World};

/// Decimals of the lots of [`World::perps`]: coins are 32 atoms of a dollar a lot, gems 1,024.
pub const LOT_DECIMALS: u8 = 6;

impl World {
    /// The plain world with a pool of dollars, perp markets on coins (0) and on gems (1), and a provider with 100,000 dollars of
    /// liquidity and as much on deposit. A day and half a minute after the start.
    ///
    /// # Panics
    /// If set-up fails.
    #[must_use]
    pub fn perps() -> (Self, Trader) {
        let mut world = Self::plain();
        world.create_pool(presets::pool());
        world.list_perp(COIN, LOT_DECIMALS, presets::market());
        world.list_perp(GEM, LOT_DECIMALS, presets::market());
        let provider = world.trader_with(&[(USD, 200_000 * DOLLAR)]);
        world.provide(&provider, 100_000 * DOLLAR);
        (world, provider)
    }

    /// Where the money of the group's markets is: perps settle in the token of bank 0.
    #[must_use]
    pub fn quote(&self) -> Quote {
        Quote { group: self.group, bank: USD }
    }

    /// Creates the pool.
    ///
    /// # Panics
    /// If the group refuses.
    pub fn create_pool(&mut self, args: PoolArgs) {
        let create = ix::create_pool(&self.admin.pubkey(), self.quote(), args);
        self.as_admin(create).unwrap_or_else(|failed| panic!("create_pool: {}", failed.name()));
    }

    /// Lists a perp on the feed of a bank. Returns the market's index.
    ///
    /// # Panics
    /// If the group refuses.
    pub fn list_perp(&mut self, bank: u16, lot_decimals: u8, args: MarketArgs) -> u16 {
        let (index, row) = (self.pool().market_count, self.markets[usize::from(bank)].row);
        let lots = (symbol("PERP"), lot_decimals);
        let add = ix::add_perp_market(&self.admin.pubkey(), self.quote(), index, row, lots, args);
        self.as_admin(add).unwrap_or_else(|failed| panic!("add_perp_market: {}", failed.name()));
        index
    }

    /// Opens the trader's account of liquidity, puts atoms of its deposit into it, and claims them at the epoch's end.
    ///
    /// # Panics
    /// If a step fails.
    pub fn provide(&mut self, provider: &Trader, atoms: u64) {
        let epoch = self.pool().epoch;
        self.open_provider(provider).expect("open_liquidity_provider");
        self.add_liquidity(provider, Some(atoms)).expect("request_add_liquidity");
        self.end_epoch();
        self.strike().expect("strike_epoch");
        self.claim(provider, epoch).expect("claim_liquidity");
    }

    /// Opens the trader's account of liquidity.
    ///
    /// # Errors
    /// What failed.
    pub fn open_provider(&mut self, provider: &Trader) -> Result<Sent, Failed> {
        let open = ix::open_liquidity_provider(&provider.key.pubkey(), self.quote());
        self.send(open, &[&provider.key])
    }

    /// Asks to put atoms of the trader's deposit into the pool, nothing else held; nothing means all.
    ///
    /// # Errors
    /// What failed.
    pub fn add_liquidity(&mut self, provider: &Trader, atoms: Option<u64>) -> Result<Sent, Failed> {
        let (owner, account) = (provider.key.pubkey(), provider.account);
        let add = ix::request_add_liquidity(&owner, self.quote(), &account, atoms, Follow::default());
        self.send(add, &[&provider.key])
    }

    /// Asks to leave the pool with shares of liquidity.
    ///
    /// # Errors
    /// What failed.
    pub fn remove_liquidity(&mut self, provider: &Trader, shares: u64) -> Result<Sent, Failed> {
        let remove = ix::request_remove_liquidity(&provider.key.pubkey(), self.quote(), shares);
        self.send(remove, &[&provider.key])
    }

    /// Moves time to when the epoch can be struck at the earliest, with prices of then.
    pub fn end_epoch(&mut self) {
        let pool = self.pool();
        self.svm.set_time(pool.epoch_end + i64::from(pool.min_delay));
        self.refresh_all();
    }

    /// Strikes the epoch, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn strike(&mut self) -> Result<Sent, Failed> {
        let pool = self.pool();
        self.as_admin(ix::strike_epoch(&self.admin.pubkey(), self.quote(), pool.epoch, pool.market_count))
    }

    /// Claims of a struck epoch into the provider's margin account.
    ///
    /// # Errors
    /// What failed.
    pub fn claim(&mut self, provider: &Trader, epoch: u64) -> Result<Sent, Failed> {
        let claim = ix::claim_liquidity(&provider.key.pubkey(), self.quote(), &provider.account, epoch);
        self.send(claim, &[&provider.key])
    }

    /// The trader buys, or with fewer than zero lots sells, at any price: it places an order, which the keeper fills at the print of
    /// its moment. Nothing else moves.
    ///
    /// # Errors
    /// What failed.
    pub fn trade(&mut self, keeper: &Trader, trader: &Trader, market: u16, lots: i64) -> Result<Sent, Failed> {
        let (key, place) = (trader.key.pubkey(), self.perp(market));
        if self.svm.account(&addresses::orders(&trader.account)).is_none() {
            self.as_admin(ix::open_orders(&self.admin.pubkey(), &trader.account))?;
        }
        let orders: Orders = self.svm.read(&addresses::orders(&trader.account));
        let id = orders.next_id;
        let args = OrderArgs { lots, limit: 0, reduce_only: false, life: self.market(market).terms.order_life };
        let (banks, markets) = self.others(trader, market);
        let follow = Follow { banks: &banks, markets: &markets };
        for other in &markets {
            self.sync(*other)?;
        }
        self.send(ix::place_order(&key, place, &trader.account, args, follow), &[&trader.key])?;
        let orders: Orders = self.svm.read(&addresses::orders(&trader.account));
        let moment = orders.slots.iter().find(|order| order.id == id).map_or(0, |order| order.eligible_ts);
        self.svm.set_time(moment);
        self.refresh_all();
        for other in &markets {
            self.sync(*other)?;
        }
        let row = self.market(market).feed;
        let print = self.markets.iter().find(|market| market.row == row).expect("a market on the row").oracle;
        let fill = ix::fill_order((&keeper.key.pubkey(), &keeper.account), place, &trader.account, id, &print, follow);
        self.send(fill, &[&keeper.key])
    }

    /// Indices of the banks and markets of what a trader holds beside a market and the quote token.
    #[must_use]
    pub fn others(&self, trader: &Trader, market: u16) -> (Vec<u16>, Vec<u16>) {
        let account = self.margin(trader);
        let banks = account.active().iter().map(|balance| balance.bank).filter(|bank| *bank != USD).collect();
        let markets = account.positions().iter().map(|position| position.market).filter(|other| *other != market);
        (banks, markets.collect())
    }

    /// A market as instructions name it.
    #[must_use]
    pub fn perp(&self, index: u16) -> ix::Market {
        ix::Market { quote: self.quote(), index, row: self.market(index).feed }
    }

    /// Moves what a trader's position won or lost, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn settle(&mut self, trader: &Trader, market: u16) -> Result<Sent, Failed> {
        let settle = self.settlement(&self.admin.pubkey(), trader, market);
        self.as_admin(settle)
    }

    /// `settle_pnl`, with what the trader else holds.
    #[must_use]
    pub fn settlement(&self, authority: &Pubkey, trader: &Trader, market: u16) -> Instruction {
        let (banks, markets) = self.others(trader, market);
        let follow = Follow { banks: &banks, markets: &markets };
        ix::settle_pnl_posting(authority, self.quote(), &trader.account, market, follow)
    }

    /// Liquidates a position.
    ///
    /// # Errors
    /// What failed.
    pub fn liquidate_perp(
        &mut self,
        liquidator: &Trader,
        liquidatee: &Trader,
        market: u16,
        max_lots: u64,
    ) -> Result<Sent, Failed> {
        let liquidate = self.perp_liquidation(liquidator, liquidatee, market, max_lots);
        self.send(liquidate, &[&liquidator.key])
    }

    /// `liquidate_perp`, with what the liquidatee else holds.
    #[must_use]
    pub fn perp_liquidation(
        &self,
        liquidator: &Trader,
        liquidatee: &Trader,
        market: u16,
        max_lots: u64,
    ) -> Instruction {
        let (banks, markets) = self.others(liquidatee, market);
        let (owner, taker) = (liquidator.key.pubkey(), &liquidator.account);
        let follow = Follow { banks: &banks, markets: &markets };
        ix::liquidate_perp((&owner, taker), self.quote(), &liquidatee.account, market, max_lots, follow)
    }

    /// Deleverages a market, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn deleverage_market(&mut self, market: u16) -> Result<Sent, Failed> {
        self.as_admin(ix::deleverage_market(self.quote(), market))
    }

    /// Settles a market, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn settle_market(&mut self, market: u16) -> Result<Sent, Failed> {
        self.as_admin(ix::settle_market(self.quote(), market, self.market(market).feed))
    }

    /// Registers a trader's claim with a settled market, by a keeper.
    ///
    /// # Errors
    /// What failed.
    pub fn register_claim(&mut self, keeper: &Trader, trader: &Trader, market: u16) -> Result<Sent, Failed> {
        let register =
            ix::register_claim((&keeper.key.pubkey(), &keeper.account), self.quote(), &trader.account, market);
        self.send(register, &[&keeper.key])
    }

    /// Gives up what is left of a trader's claim.
    ///
    /// # Errors
    /// What failed.
    pub fn abandon_claim(&mut self, trader: &Trader, market: u16) -> Result<Sent, Failed> {
        let abandon = ix::abandon_claim(&trader.key.pubkey(), self.quote(), &trader.account, market);
        self.send(abandon, &[&trader.key])
    }

    /// Computes what a settled market pays of its claims, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn update_payout(&mut self, market: u16) -> Result<Sent, Failed> {
        self.as_admin(ix::update_payout(self.quote(), market))
    }

    /// Brings a market to the board's prices and to now, as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn sync(&mut self, market: u16) -> Result<Sent, Failed> {
        self.as_admin(ix::sync_market(self.quote(), market))
    }

    /// Every invariant of perps that the states of a story can show.
    ///
    /// # Panics
    /// If one does not hold.
    #[track_caller]
    pub(crate) fn check_perps(&self, accounts: &[MarginAccount]) {
        let programs = self.svm.program_accounts(&PROGRAM_ID);
        let pool = self.pool();
        let board = self.board();
        let markets: Vec<PerpMarket> = (0..pool.market_count).map(|index| self.market(index)).collect();
        let orders: Vec<Orders> = all(&programs);
        let mut providers: Vec<LiquidityProvider> = all(&programs);
        providers.retain(|provider| provider.pool == self.pool_key());
        let mut epochs: Vec<Epoch> = all(&programs);
        epochs.retain(|epoch| epoch.pool == self.pool_key());
        for (index, market) in (0u16..).zip(&markets) {
            assert_eq!(invariant::check_positions(market, accounts), Ok(()), "market {index}");
            assert_eq!(invariant::check_claims(market, accounts), Ok(()), "market {index}");
            assert_eq!(invariant::check_sizes(market, accounts), Ok(()), "market {index}");
            assert_eq!(invariant::check_market(market), Ok(()), "market {index}");
            assert_eq!(invariant::check_pending(market, &orders), Ok(()), "market {index}");
            assert_eq!(invariant::check_market_names(market, index, &pool, &board), Ok(()), "market {index}");
        }
        let epoch = |number: u64| epochs.iter().find(|epoch| epoch.number == number);
        let claims = pool.epoch.saturating_mul(2).saturating_mul(providers.len() as u64);
        assert_eq!(invariant::check_liquidity(&pool, &providers, epoch, claims), Ok(()));
        assert_eq!(invariant::check_spent(&pool, &markets), Ok(()));
        for account in accounts {
            assert_eq!(invariant::check_origins(account, pool.bank), Ok(()), "{}", account.owner);
        }
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> LiquidityPool {
        self.svm.read(&self.pool_key())
    }

    /// A perp market.
    #[must_use]
    pub fn market(&self, index: u16) -> PerpMarket {
        self.svm.read(&self.market_key(index))
    }

    /// A trader's liquidity.
    #[must_use]
    pub fn provider(&self, trader: &Trader) -> LiquidityProvider {
        self.svm.read(&self.provider_key(trader))
    }

    /// A struck epoch.
    #[must_use]
    pub fn epoch(&self, number: u64) -> Epoch {
        self.svm.read(&addresses::epoch(&self.pool_key(), number))
    }

    /// Address of the pool.
    #[must_use]
    pub fn pool_key(&self) -> Pubkey {
        addresses::pool(&self.group)
    }

    /// Address of a perp market.
    #[must_use]
    pub fn market_key(&self, index: u16) -> Pubkey {
        addresses::market(&self.group, index)
    }

    /// Address of a trader's liquidity.
    #[must_use]
    pub fn provider_key(&self, trader: &Trader) -> Pubkey {
        addresses::provider(&self.pool_key(), &trader.key.pubkey())
    }
}

/// A name as accounts store it, zero-padded.
///
/// # Panics
/// If it is longer than 16 bytes.
#[must_use]
pub fn symbol(name: &str) -> [u8; 16] {
    let mut symbol = [0; 16];
    symbol[..name.len()].copy_from_slice(name.as_bytes());
    symbol
}

/// All of a program's accounts of one type.
fn all<T: Layout>(accounts: &[(Pubkey, Account)]) -> Vec<T> {
    accounts.iter().filter_map(|(_, account)| T::copy_from(&account.data).ok()).collect()
}
