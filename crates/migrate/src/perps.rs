//! The tables of perps: the pool, and the markets that are traded against it.

use ballast_client::ballast::types::{MarketArgs, PoolArgs};
use ballast_client::presets;
use ballast_oracle::Provider;
use ballast_risk::perp::{self, liquidity};
use ballast_risk::RiskError;
use ballast_state::{LiquidityPool, MarketMode, MarketTerms, PerpMarket, Zeroable};
use serde::Deserialize;

use crate::deployment::{bounds, refused, state_of, BankPlan, Deployment, FeedPlan, FeedRef};
use crate::section::{section, Fault, Setting};
use crate::units::{Amount, Funding, Seconds, Share, Size, Symbol, Trading, Unit, Units, Velocity};

/// The pool of liquidity: the token that perps settle in, and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolPlan {
    /// The bank of that token.
    pub bank: BankRef,
    /// What `create_pool` and `configure_pool` set.
    pub settings: PoolSettings,
}

/// A bank by its name or its index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected the name of a bank such as \"USDC\", or the index of one")]
pub enum BankRef {
    /// The only bank of this name.
    Name(String),
    /// The bank of this index.
    Index(u16),
}

section! {
    /// When liquidity enters and leaves, and how much of it there may be.
    #[serde(deny_unknown_fields)]
    PoolSettings: LiquidityPool, PoolArgs {
        epoch_length: Seconds;
        min_delay: Seconds;
        exit_fee: Share;
        cap: Amount;
    }
}

/// A perp market: what it is, and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketPlan {
    /// Its name.
    pub symbol: Symbol,
    /// The feed of its underlying.
    pub feed: FeedRef,
    /// A lot is 10 to the minus this of the underlying.
    pub lot_decimals: u8,
    /// What traders may do.
    pub mode: Trading,
    /// What `configure_perp_market` sets.
    pub settings: MarketSettings,
}

section! {
    /// Terms of a market.
    #[serde(deny_unknown_fields)]
    MarketSettings: MarketTerms, MarketArgs {
        skew_scale: Size;
        funding_limit: Funding;
        funding_velocity: Velocity;
        interest_cap: Size;
        skew_cap: Size;
        account_cap: Size;
        order_min: Size;
        keeper_fee: Amount;
        fill_fee: Share;
        weight: Share;
        min_delay: Seconds;
        order_life: Seconds;
    }
}

impl MarketPlan {
    /// As it stands on the chain.
    pub(crate) fn of(market: &PerpMarket) -> Self {
        Self {
            symbol: Symbol(market.symbol),
            feed: FeedRef::Row(market.feed),
            lot_decimals: market.lot_decimals,
            mode: Trading(match MarketMode::from_byte(market.mode) {
                // That it was settled is no setting: its end is.
                MarketMode::Settled => MarketMode::WindDown,
                mode => mode,
            }),
            settings: MarketSettings::of(&market.terms),
        }
    }

    /// The market as the account of a new one, in the token of a bank.
    pub(crate) fn listed(&self, quote: &BankPlan) -> PerpMarket {
        PerpMarket { lot_decimals: self.lot_decimals, quote_decimals: quote.decimals, ..PerpMarket::zeroed() }
    }

    /// Its terms.
    pub(crate) fn terms(&self) -> MarketTerms {
        let mut terms = MarketTerms::zeroed();
        self.settings.write(&mut terms);
        terms
    }

    /// What the engine says of settings, at their line. `judged` may have been told a mark, and the other markets' weights.
    pub(crate) fn blamed(
        &self,
        at: &str,
        error: RiskError,
        judged: impl Fn(MarketTerms) -> Result<(), RiskError>,
    ) -> Fault {
        let table = format!("{at}.settings");
        let field = match error {
            RiskError::PremiumTooSteep => Some("interest_cap"),
            RiskError::CapTooLarge => Some("interest_cap"),
            RiskError::WeightsTooLarge => Some("weight"),
            RiskError::InvalidModeChange => return refused(at.to_owned(), Some("mode"), error),
            _ => {
                let good = MarketSettings {
                    interest_cap: Size::smallest(self.settings.interest_cap.args().min(perp::MAX_LOTS)),
                    skew_cap: Size::smallest(0),
                    account_cap: Size::smallest(0),
                    ..MarketSettings::of_args(&presets::market())
                };
                self.settings.blame(&good, |settings| {
                    let mut terms = MarketTerms::zeroed();
                    settings.write(&mut terms);
                    judged(terms) != Err(error)
                })
            }
        };
        refused(table, field, error)
    }
}

impl Deployment {
    /// The pool with the index of its bank.
    pub(crate) fn quote(&self) -> Result<Option<(&PoolPlan, u16)>, Fault> {
        let Some(pool) = &self.pool else { return Ok(None) };
        let index = match &pool.bank {
            BankRef::Index(index) => Some(*index).filter(|index| usize::from(*index) < self.banks.len()),
            BankRef::Name(name) => {
                let mut named = (0u16..).zip(&self.banks).filter(|(_, bank)| bank.name == *name);
                let first = named.next().map(|(index, _)| index);
                if named.next().is_some() {
                    return Err(Fault::new("pool.bank", "several banks have this name: say the index of one"));
                }
                first
            }
        };
        let index = index.ok_or_else(|| Fault::new("pool.bank", "the file has no such bank"))?;
        Ok(Some((pool, index)))
    }

    /// The bank whose token perps settle in.
    pub(crate) fn quote_bank(&self) -> Result<Option<&BankPlan>, Fault> {
        Ok(self.quote()?.and_then(|(_, index)| self.banks.get(usize::from(index))))
    }

    /// A market's feed and its row.
    pub(crate) fn underlying(&self, index: usize, market: &MarketPlan) -> Result<(u8, &FeedPlan), Fault> {
        let at = format!("markets[{index}].feed");
        let row = self.feed_row(market.feed, &at)?;
        self.feeds.get(usize::from(row)).map(|feed| (row, feed)).ok_or_else(|| Fault::new(at, "no such feed"))
    }

    pub(crate) fn denominate_perps(&mut self) -> Result<(), Fault> {
        let Some(bank) = self.quote_bank()? else { return Ok(()) };
        let (name, decimals) = (bank.name.clone(), bank.decimals);
        if let Some(pool) = &mut self.pool {
            pool.settings.denominate("pool.settings", &Units::of_token(&name, decimals))?;
        }
        let mut markets = std::mem::take(&mut self.markets);
        for (index, market) in markets.iter_mut().enumerate() {
            let symbol = self.underlying(index, market)?.1.symbol.to_string();
            let underlying = Unit { name: &symbol, decimals: market.lot_decimals };
            let units = Units { underlying, ..Units::of_token(&name, decimals) };
            market.settings.denominate(&format!("markets[{index}].settings"), &units)?;
        }
        self.markets = markets;
        Ok(())
    }

    /// What the engine would refuse whatever the prices are.
    pub(crate) fn judge_perps(&self) -> Result<(), Fault> {
        let (Some((pool, bank)), Some(quote)) = (self.quote()?, self.quote_bank()?) else {
            return match self.markets.first() {
                Some(_) => Err(Fault::new("markets", "a market needs a pool to be traded against: the file has none")),
                None => Ok(()),
            };
        };
        let quote_row = self.row(bank.into())?;
        if !quote.settings.collateral.0 {
            return Err(refused("pool".to_owned(), Some("bank"), RiskError::NotCollateral));
        }
        judge_pool(&pool.settings)?;
        let mut together = LiquidityPool::zeroed();
        let mut used = std::collections::BTreeSet::new();
        for (index, market) in self.markets.iter().enumerate() {
            let at = format!("markets[{index}]");
            let (row, feed) = self.underlying(index, market)?;
            if row == quote_row {
                return Err(Fault::new(at + ".feed", "perps settle in this token: it has no market of its own"));
            }
            if !used.insert(row) {
                return Err(Fault::new(at + ".feed", "another market is on this feed: two would hedge each other"));
            }
            if !feed.sources.0.iter().any(|source| source.provider.0 == Provider::PythPull.to_u8()) {
                return Err(Fault::new(
                    at + ".feed",
                    "no source of the feed says what it printed before: one of pyth-pull does",
                ));
            }
            let mut listed = market.listed(quote);
            // A mark at which any lot may be listed: its decimals are judged.
            listed.mark = 1 << perp::VALUE_BITS;
            perp::validate_lot(&listed).map_err(|error| refused(at.clone(), Some("lot_decimals"), error))?;
            listed.mark = 0;
            let feed = state_of(feed);
            let judged = |terms| perp::list(&mut listed.clone(), &mut together.clone(), &feed, terms);
            judged(market.terms()).map_err(|error| market.blamed(&at, error, judged))?;
            perp::list(&mut listed, &mut together, &feed, market.terms()).map_err(|error| refused(at, None, error))?;
        }
        Ok(())
    }
}

fn judge_pool(settings: &PoolSettings) -> Result<(), Fault> {
    let valid = |settings: &PoolSettings| {
        let mut state = LiquidityPool::zeroed();
        settings.write(&mut state);
        liquidity::validate(&state).is_ok()
    };
    if valid(settings) {
        return Ok(());
    }
    let good = PoolSettings::of_args(&presets::pool());
    Err(bounds("pool.settings", settings.blame(&good, valid), settings, &good))
}
