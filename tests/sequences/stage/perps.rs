//! Perps on the stage: the pool and its markets, what they are at one moment, and their instructions.

use std::collections::BTreeMap;

use ballast_client::ballast::types::{MarketArgs, OrderArgs, PoolArgs};
use ballast_client::perps::{self as ix, Follow, Market as Named, Quote};
use ballast_client::{addresses, instructions, presets, view};
use ballast_risk::health::{PerpExposure, Portfolio};
use ballast_risk::perp::order::Print;
use ballast_risk::price::PriceObservation;
use ballast_risk::{perp, Now, RiskError, RiskResult};
use ballast_state::{
    Account, Bank, Epoch, LiquidityPool, LiquidityProvider, MarginAccount, Order, Orders, PerpMarket, Zeroable,
};
use ballast_testkit::{symbol, Market, World};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{Stage, State, TWO_SOURCES};
use crate::step::{Do, OfMarket, OfPerps, Step};

/// Bank whose token perps settle in.
pub(crate) const QUOTE: u16 = 0;
/// Row of the feed without a bank.
const INDEX: u8 = 5;
/// What it is called by its source.
const INDEX_FEED_ID: [u8; 32] = [5; 32];
/// What the feed without a bank begins at.
const INDEX_PRICE: i64 = 250_50000000;
/// Rows of the first markets, decimals of their lots and their part of the pool in basis points.
const LISTED: [(u8, u8, u32); 3] = [(1, 6, 4_000), (TWO_SOURCES, 8, 3_000), (INDEX, 7, 2_500)];

/// Perps at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Perps {
    pub(crate) pool: LiquidityPool,
    pub(crate) markets: Vec<PerpMarket>,
    /// By slot of the margin account.
    pub(crate) orders: Vec<Option<Orders>>,
    /// By owner.
    pub(crate) providers: Vec<Option<LiquidityProvider>>,
    /// Struck epochs, by number.
    pub(crate) epochs: Vec<Option<Epoch>>,
    /// The last two updates of every feed's first source, by row, the last one first.
    pub(super) prints: BTreeMap<u8, [Option<PriceObservation>; 2]>,
}

impl Perps {
    pub(super) fn none() -> Self {
        let pool = LiquidityPool::zeroed();
        Self {
            pool,
            markets: Vec::new(),
            orders: Vec::new(),
            providers: Vec::new(),
            epochs: Vec::new(),
            prints: BTreeMap::new(),
        }
    }

    /// The last print of a feed or the one before it, if it is one.
    pub(crate) fn print(&self, row: u8, kept: bool) -> Option<Print> {
        Print::of(self.prints.get(&row)?[usize::from(kept)].as_ref()?).ok()
    }

    pub(crate) fn market(&self, index: u16) -> Option<&PerpMarket> {
        self.markets.get(usize::from(index))
    }

    pub(crate) fn orders(&self, slot: u8) -> Option<&Orders> {
        self.orders.get(usize::from(slot)).and_then(Option::as_ref)
    }

    /// A pending order.
    pub(crate) fn order(&self, slot: u8, id: u64) -> Option<&Order> {
        self.pending(slot).find(|order| order.id == id)
    }

    pub(crate) fn pending(&self, slot: u8) -> impl Iterator<Item = &Order> {
        self.orders(slot).into_iter().flat_map(|orders| &orders.slots).filter(|order| order.id != 0)
    }

    pub(crate) fn epoch(&self, number: u64) -> Option<&Epoch> {
        self.epochs.get(usize::try_from(number).ok()?).and_then(Option::as_ref)
    }
}

impl State {
    /// A market at the board's prices and at `now`, as an instruction that names it sees it.
    ///
    /// # Errors
    /// The engine's.
    pub(crate) fn synced(&self, index: u16, now: Now) -> RiskResult<PerpMarket> {
        let mut market = *self.perps.market(index).ok_or(RiskError::MarketMismatch)?;
        let bank = self.bank(QUOTE).ok_or(RiskError::BankMismatch)?;
        perp::sync(&mut market, &mut self.perps.pool.clone(), bank, &self.board, now)?;
        Ok(market)
    }

    /// What an account holds, its banks projected to `now`; its perps in markets as `market` says.
    ///
    /// # Errors
    /// The engine's.
    pub(crate) fn holdings<'a>(
        &self,
        account: &MarginAccount,
        now: Now,
        bank: impl Fn(u16) -> Option<&'a Bank>,
        market: impl Fn(u16) -> RiskResult<PerpMarket>,
    ) -> RiskResult<Portfolio> {
        let exposure = |index: u16| {
            let position = perp::slots::find(account, index).ok_or(RiskError::NoPosition)?;
            perp::exposure(position, &market(index)?, &self.board, now)
        };
        let positions = account.positions().iter().map(|position| exposure(position.market));
        let perps: Vec<PerpExposure> = positions.collect::<RiskResult<_>>()?;
        let quote = if perps.is_empty() { 0 } else { self.perps.pool.feed };
        Portfolio::of_account(account, &perps, quote, now, bank)
    }

    /// A market as it stands; it must be synced.
    ///
    /// # Errors
    /// The engine's.
    pub(crate) fn standing(&self, index: u16) -> RiskResult<PerpMarket> {
        let market = self.perps.market(index).ok_or(RiskError::MarketMismatch)?;
        perp::require_synced(market, &self.board)?;
        Ok(*market)
    }
}

/// The settings of the first markets.
pub(super) fn listed() -> Vec<MarketArgs> {
    let args = |(row, _, weight): (u8, u8, u32)| MarketArgs {
        weight: presets::bps(weight),
        // Half a per cent of the smallest floor is the most premium there may be.
        skew_cap: 4_000_000_000,
        account_cap: 2_000_000_000,
        keeper_fee: 10_000 * u64::from(row),
        ..presets::market()
    };
    LISTED.map(args).to_vec()
}

/// Lists a feed without a bank, the pool and the first perp markets.
pub(super) fn list(world: &mut World) -> Market {
    let mut index = Market {
        row: INDEX,
        bank: u16::MAX,
        feed_id: INDEX_FEED_ID,
        oracle: world.key().pubkey(),
        price: INDEX_PRICE,
        ..world.markets[4].clone()
    };
    index.feed_args.sources = vec![presets::pyth_pull(INDEX_FEED_ID)];
    let (admin, group) = (world.admin.pubkey(), world.group);
    let add = instructions::add_price_feed(&admin, &group, INDEX, index.feed_args.clone());
    world.as_admin(add).expect("add_price_feed");
    let update = ballast_oracle::fixtures::PythPullUpdate {
        feed_id: INDEX_FEED_ID,
        price: INDEX_PRICE,
        confidence: 0,
        exponent: -8,
        publish_time: world.svm.now(),
        previous_publish_time: world.svm.now() - 1,
        posted_slot: world.svm.clock().slot,
    };
    let owner = Pubkey::new_from_array(ballast_oracle::Provider::PythPull.default_owners()[0]);
    world.svm.put_data(&index.oracle, &owner, update.to_bytes());
    let refresh = instructions::refresh_price_feed(&group, INDEX, &[index.oracle]);
    world.as_admin(refresh).expect("refresh_price_feed");
    // Short epochs: a life is hours.
    world.create_pool(PoolArgs { epoch_length: 600, cap: 2_000_000_000_000, ..presets::pool() });
    for ((row, decimals, _), args) in LISTED.into_iter().zip(listed()) {
        let index = world.pool().market_count;
        let add = ix::add_perp_market(&admin, world.quote(), index, row, (symbol("PERP"), decimals), args);
        world.as_admin(add).unwrap_or_else(|failed| panic!("add_perp_market {row}: {}", failed.name()));
    }
    index
}

impl Stage {
    fn quote(&self) -> Quote {
        Quote { group: self.world.group, bank: QUOTE }
    }

    /// Derives the addresses of what has come since the last look.
    pub(super) fn meet_perps(&mut self) {
        let pool: LiquidityPool = self.world.svm.read(&self.keys.pool);
        for index in u16::try_from(self.keys.markets.len()).unwrap_or(u16::MAX)..pool.market_count {
            self.keys.markets.push(self.world.market_key(index));
        }
        for number in self.keys.epochs.len() as u64..=pool.epoch {
            self.keys.epochs.push(addresses::epoch(&self.keys.pool, number));
        }
    }

    pub(super) fn look_at_perps(&self) -> Perps {
        let svm = &self.world.svm;
        Perps {
            pool: svm.read(&self.keys.pool),
            markets: self.keys.markets.iter().map(|key| svm.read(key)).collect(),
            orders: self.keys.orders.iter().map(|key| self.peek(key)).collect(),
            providers: self.keys.providers.iter().map(|key| self.peek(key)).collect(),
            epochs: self.keys.epochs.iter().map(|key| self.peek(key)).collect(),
            prints: self.state.perps.prints.clone(),
        }
    }

    /// An account if it is there.
    fn peek<T: Account>(&self, key: &Pubkey) -> Option<T> {
        view::decode(&self.world.svm.account(key)?.data).ok()
    }

    /// A market as instructions name it, whether it is there or not.
    fn named(&self, index: u16) -> Named {
        Named { quote: self.quote(), index, row: self.state.perps.market(index).map_or(0, |market| market.feed) }
    }

    /// Banks and markets of an account beside the quote token's and one.
    fn beside<T>(&self, slot: u8, market: Option<u16>, build: impl FnOnce(Follow<'_>) -> T) -> T {
        let account = self.state_of(slot);
        let banks = view::banks_to_follow(&[&account], &[QUOTE]);
        let mut markets = view::markets_to_follow(&[&account]);
        markets.retain(|index| Some(*index) != market);
        build(Follow { banks: &banks, markets: &markets })
    }

    /// The instruction of a step of perps.
    pub(super) fn perps(&self, step: Step) -> Option<Instruction> {
        let Do::Perp(does) = step.does else { return None };
        let (signer, quote) = (self.key_of(step.by), self.quote());
        Some(match does {
            OfPerps::OpenOrders { slot } => ix::open_orders(&signer, &self.slot_key(slot)),
            OfPerps::Place { slot, market, lots, limit, reduce, life } => {
                let args = OrderArgs { lots, limit, reduce_only: reduce, life };
                self.beside(slot, Some(market), |follow| {
                    ix::place_order(&signer, self.named(market), &self.slot_key(slot), args, follow)
                })
            }
            OfPerps::TakeBack { slot, market, id } => {
                ix::cancel_order(&signer, self.named(market), &self.slot_key(slot), id)
            }
            OfPerps::Fill { keeper, slot, market, id, kept } => {
                let row = self.named(market).row;
                let print = if kept { *self.keys.kept.get(usize::from(row))? } else { self.market_of(row)?.oracle };
                let (keeper, account) = (self.slot_key(keeper), self.slot_key(slot));
                self.beside(slot, Some(market), |follow| {
                    ix::fill_order((&signer, &keeper), self.named(market), &account, id, &print, follow)
                })
            }
            OfPerps::Sync { market } => ix::sync_market(quote, market),
            OfPerps::Settle { slot, market } => self.beside(slot, Some(market), |follow| {
                ix::settle_pnl_posting(&signer, quote, &self.slot_key(slot), market, follow)
            }),
            OfPerps::DeleverageMarket { market } => ix::deleverage_market(quote, market),
            OfPerps::SettleMarket { market } => ix::settle_market(quote, market, self.named(market).row),
            OfPerps::Register { keeper, slot, market } => {
                ix::register_claim((&signer, &self.slot_key(keeper)), quote, &self.slot_key(slot), market)
            }
            OfPerps::Abandon { slot, market } => ix::abandon_claim(&signer, quote, &self.slot_key(slot), market),
            OfPerps::UpdatePayout { market } => ix::update_payout(quote, market),
            OfPerps::LiquidatePerp { taker, from, market, most } => {
                let (taker, from_key) = (self.slot_key(taker), self.slot_key(from));
                self.beside(from, Some(market), |follow| {
                    ix::liquidate_perp((&signer, &taker), quote, &from_key, market, most, follow)
                })
            }
            _ => return self.liquidity(step.by, does),
        })
    }

    /// What providers do, and administration.
    fn liquidity(&self, by: u8, does: OfPerps) -> Option<Instruction> {
        let (signer, quote) = (self.key_of(by), self.quote());
        let pool = &self.state.perps.pool;
        Some(match does {
            OfPerps::OpenProvider => ix::open_liquidity_provider(&signer, quote),
            OfPerps::AddLiquidity { slot, atoms } => self.beside(slot, None, |follow| {
                ix::request_add_liquidity(&signer, quote, &self.slot_key(slot), atoms, follow)
            }),
            OfPerps::RemoveLiquidity { shares } => ix::request_remove_liquidity(&signer, quote, shares),
            OfPerps::Strike => ix::strike_epoch(&signer, quote, pool.epoch, pool.market_count),
            OfPerps::Claim { slot, epoch } => ix::claim_liquidity(&signer, quote, &self.slot_key(slot), epoch),
            OfPerps::AddMarket { row, decimals } => {
                let (_, args) = self.perp_args_after(does)?;
                ix::add_perp_market(&signer, quote, pool.market_count, row, (symbol("MORE"), decimals), args)
            }
            OfPerps::ConfigureMarket { market, sets } => {
                let (_, args) = self.perp_args_after(does)?;
                let named = self.named(market);
                let mode = if let OfMarket::Mode(mode) = sets { mode } else { self.state.perps.market(market)?.mode };
                ix::configure_perp_market(&signer, quote, market, named.row, mode, args)
            }
            _ => return None,
        })
    }

    /// `resolve_bankruptcy`, with the pool where its money is.
    pub(super) fn resolve(&self, slot: u8, bank: u16) -> Instruction {
        let mut resolve = instructions::resolve_bankruptcy(&self.slot_key(slot), &self.state_of(slot), bank);
        let pool = self.keys.pool;
        if bank == QUOTE && resolve.accounts.iter().all(|meta| meta.pubkey != pool) {
            resolve.accounts.push(AccountMeta::new(pool, false));
        }
        resolve
    }

    /// The settings of which market a step would leave.
    pub(super) fn perp_args_after(&self, does: OfPerps) -> Option<(u16, MarketArgs)> {
        match does {
            OfPerps::AddMarket { .. } => {
                let args = MarketArgs { weight: presets::bps(300), ..*self.perp_args.first()? };
                Some((self.state.perps.pool.market_count, args))
            }
            OfPerps::ConfigureMarket { market, sets } => {
                let mut args = *self.perp_args.get(usize::from(market))?;
                match sets {
                    OfMarket::Mode(_) => {}
                    OfMarket::InterestCap(lots) => args.interest_cap = lots,
                    OfMarket::SkewCap(lots) => args.skew_cap = lots,
                    OfMarket::AccountCap(lots) => args.account_cap = lots,
                    OfMarket::Scale(lots) => args.skew_scale = lots,
                    OfMarket::Weight(bps) => args.weight = presets::bps(bps),
                    OfMarket::FillFee(bps) => args.fill_fee = presets::bps(bps),
                    OfMarket::KeeperFee(atoms) => args.keeper_fee = atoms,
                    OfMarket::FundingLimit(rate) => args.funding_limit = rate,
                    OfMarket::OrderLife(seconds) => args.order_life = seconds,
                }
                Some((market, args))
            }
            _ => None,
        }
    }
}
