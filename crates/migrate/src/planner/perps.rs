//! The pool and its markets.

use ballast_client::addresses;
use ballast_client::perps::{self as ix, Quote};
use ballast_risk::perp::{self, liquidity};
use ballast_risk::{RiskError, RiskResult};
use ballast_state::{LiquidityPool, MarketMode, PerpMarket, PriceFeed, SideBook, Zeroable};
use solana_instruction::Instruction;

use super::{differences, Planner};
use crate::chain::{self, ChainState};
use crate::deployment::{refused, state_of, BankPlan};
use crate::perps::{MarketPlan, MarketSettings, PoolPlan, PoolSettings};
use crate::plan::{Difference, Wait};
use crate::section::{Fault, Setting};
use crate::units::{Trading, Unit, Units};

/// What all markets share.
struct Pool<'a> {
    quote: Quote,
    /// Row of the quote token.
    row: u8,
    bank: &'a BankPlan,
    /// As it is once all that is wanted is done.
    wanted: LiquidityPool,
    /// As it is once what is ready is done; nothing while it waits itself.
    ready: Option<LiquidityPool>,
}

/// A market on its way into the file's form.
struct Market<'a> {
    index: u16,
    plan: &'a MarketPlan,
    /// Row of its underlying.
    row: u8,
    feed: PriceFeed,
    at: String,
    /// As it stands, if it is listed.
    found: Option<PerpMarket>,
}

impl<'a, C: ChainState> Planner<'a, C> {
    /// `banks`: how many are there once what is ready is done.
    pub(super) fn perps(&mut self, banks: u16) -> Result<(), Fault> {
        let wanted = self.wanted;
        let found: Option<LiquidityPool> = chain::load(self.chain, "pool", &addresses::pool(&self.key))?;
        let (Some((plan, bank)), Some(token)) = (wanted.quote()?, wanted.quote_bank()?) else {
            return match found {
                Some(_) => {
                    Err(Fault::new("group", "the chain has a pool and the file has none: one is never taken away"))
                }
                None => Ok(()),
            };
        };
        let (quote, row) = (Quote { group: self.key, bank }, wanted.row(bank.into())?);
        let ready = match found {
            Some(found) => {
                self.listed_pool(&found, plan, quote, token)?;
                Some(found)
            }
            None => self.new_pool(quote, plan, banks > bank).then(LiquidityPool::zeroed),
        };
        let mut pool = Pool { quote, row, bank: token, wanted: found.unwrap_or_else(LiquidityPool::zeroed), ready };
        let markets = self.found_markets(pool.wanted.market_count)?;
        // Weights fall before others rise: together they never exceed one.
        let (rising, others): (Vec<_>, Vec<_>) = markets.into_iter().partition(Market::rises);
        for market in others.iter().chain(&rising) {
            match &market.found {
                Some(found) => self.listed_market(&mut pool, market, found)?,
                None => self.new_market(&mut pool, market)?,
            }
        }
        Ok(())
    }

    fn listed_pool(
        &mut self,
        found: &LiquidityPool,
        plan: &PoolPlan,
        quote: Quote,
        token: &BankPlan,
    ) -> Result<(), Fault> {
        conflict("pool", "the pool", [("bank", found.bank.to_string(), quote.bank.to_string())])?;
        let mut settings = PoolSettings::of(found);
        settings.denominate("", &Units::of_token(&token.name, token.decimals))?;
        let differences = differences(Some(&settings), &plan.settings);
        if differences.is_empty() {
            return Ok(());
        }
        let mut wanted = *found;
        plan.settings.write(&mut wanted);
        let configure = ix::configure_pool(&self.group.admin, quote, plan.settings.args());
        if liquidity::is_tighter(found, &wanted) {
            self.add("configure_pool", "pool", differences, Ok(configure));
            return Ok(());
        }
        // Requests were made at the terms there are.
        let is_cut_off = self.now.is_some_and(|now| liquidity::collecting_end(found, now).is_err());
        self.add_change("configure_pool", "pool", differences, configure, is_cut_off.then_some(Wait::Strike));
        Ok(())
    }

    /// True if it is there once what is ready is done.
    fn new_pool(&mut self, quote: Quote, plan: &PoolPlan, has_bank: bool) -> bool {
        let mut differences =
            vec![Difference { field: "bank".to_owned(), found: None, wanted: Some(quote.bank.to_string()) }];
        differences.extend(super::differences(None, &plan.settings));
        let create = ix::create_pool(&self.group.admin, quote, plan.settings.args());
        self.add_change("create_pool", "pool", differences, create, (!has_bank).then_some(super::EARLIER));
        self.last_step_acts()
    }

    /// The file's markets with the first `listed` as they stand on the chain.
    fn found_markets(&self, listed: u16) -> Result<Vec<Market<'a>>, Fault> {
        let wanted = self.wanted;
        if wanted.markets.len() < usize::from(listed) {
            let message = format!(
                "the chain lists {listed} markets, the file {}: a market is never taken out",
                wanted.markets.len()
            );
            return Err(Fault::new("group", message));
        }
        let mut markets = Vec::new();
        for (index, plan) in (0u16..).zip(&wanted.markets) {
            let at = format!("markets[{index}]");
            let (row, feed) = wanted.underlying(index.into(), plan)?;
            let found = match index < listed {
                true => Some(chain::require(self.chain, &at, &addresses::market(&self.key, index))?),
                false => None,
            };
            markets.push(Market { index, plan, row, feed: state_of(feed), at, found });
        }
        Ok(markets)
    }

    fn new_market(&mut self, pool: &mut Pool<'_>, market: &Market<'_>) -> Result<(), Fault> {
        let Market { index, plan, row, .. } = *market;
        let prices = self.price(row).and_then(|price| Ok((price, self.price(pool.row)?)));
        let mut listed = plan.listed(pool.bank);
        if let Ok((price, quote)) = prices {
            let marked = perp::mark_of(&listed, price.0, quote.0).and_then(|mark| {
                listed.mark = mark;
                perp::validate_lot(&listed)
            });
            marked.map_err(|error| refused(market.at.clone(), Some("lot_decimals"), error))?;
        }
        market.judge(&mut pool.wanted, &listed, MarketMode::Normal)?;
        let wait = prices.err().or(match &pool.ready {
            None => Some(Wait::Earlier("the pool")),
            Some(ready) => (ready.market_count != index).then_some(Wait::Earlier("a market")),
        });
        let wait = wait.or_else(|| market.has_no_room(pool, &listed).then_some(Wait::Earlier("a market")));
        let said =
            |field: &str, wanted: String| Difference { field: field.to_owned(), found: None, wanted: Some(wanted) };
        let mut differences =
            vec![said("feed", format!("row {row}")), said("lot_decimals", plan.lot_decimals.to_string())];
        differences.extend(super::differences(None, &plan.settings));
        let lots = (plan.symbol.0, plan.lot_decimals);
        let add = ix::add_perp_market(&self.group.admin, pool.quote, index, row, lots, plan.settings.args());
        self.add_change("add_perp_market", market.about(), differences, add, wait);
        let is_listed = self.last_step_acts();
        if let Some(ready) = pool.ready.as_mut().filter(|_| is_listed) {
            market.judge(ready, &listed, MarketMode::Normal)?;
        }
        if plan.mode.0 != MarketMode::Normal {
            market.judge(&mut pool.wanted, &PerpMarket { terms: plan.terms(), ..listed }, plan.mode.0)?;
            let configure = self.configure(pool, market);
            let differences = vec![mode_difference(MarketMode::Normal, plan)];
            let wait = (!is_listed).then_some(Wait::Earlier("the market"));
            self.add_change("configure_perp_market", market.about(), differences, configure, wait);
        }
        Ok(())
    }

    fn listed_market(&mut self, pool: &mut Pool<'_>, market: &Market<'_>, found: &PerpMarket) -> Result<(), Fault> {
        let Market { index, plan, row, .. } = *market;
        let identity = [
            ("symbol", MarketPlan::of(found).symbol.to_string(), plan.symbol.to_string()),
            ("feed", format!("row {}", found.feed), format!("row {row}")),
            ("lot_decimals", found.lot_decimals.to_string(), plan.lot_decimals.to_string()),
        ];
        conflict(&market.at, &format!("market {index}"), identity)?;
        let ends = |mode: MarketMode| matches!(mode, MarketMode::WindDown | MarketMode::Settled);
        match (ends(MarketMode::from_byte(found.mode)), ends(plan.mode.0)) {
            // Nothing of it is set any more, and nothing brings it back.
            (true, true) => return Ok(()),
            (true, false) => {
                let mode = ("mode", Trading(MarketMode::WindDown).to_string(), plan.mode.to_string());
                return conflict(&market.at, &format!("market {index}"), [mode]);
            }
            // Its end is published alone; its terms stay.
            (false, true) => {
                let differences = vec![mode_difference(MarketMode::from_byte(found.mode), plan)];
                let configure = self.configure(pool, market);
                self.add_change("configure_perp_market", market.about(), differences, configure, None);
                return Ok(());
            }
            (false, false) => {}
        }
        let mut settings = MarketSettings::of(&found.terms);
        let underlying = Unit { name: &market.underlying(), decimals: plan.lot_decimals };
        settings.denominate("", &Units { underlying, ..Units::of_token(&pool.bank.name, pool.bank.decimals) })?;
        let mut differences = differences(Some(&settings), &plan.settings);
        let mode = MarketMode::from_byte(found.mode);
        if mode != plan.mode.0 {
            differences.push(mode_difference(mode, plan));
        }
        if differences.is_empty() {
            return Ok(());
        }
        let mut judged = *found;
        if let (Ok(price), Ok(quote)) = (self.price(row), self.price(pool.row)) {
            judged.mark = perp::mark_of(found, price.0, quote.0).unwrap_or(found.mark);
        }
        let terms = plan.terms();
        let is_skewed = perp::book::skew(found).is_ok_and(|skew| skew != 0);
        let wait = (is_skewed && terms.skew_scale != found.terms.skew_scale).then_some(Wait::Skew);
        // The sides, which only the scale looks at, will be equal then.
        (judged.long, judged.short) = (SideBook::zeroed(), SideBook::zeroed());
        market.judge(&mut pool.wanted, &judged, plan.mode.0)?;
        let wait = wait.or_else(|| market.has_no_room(pool, &judged).then_some(Wait::Earlier("a market")));
        let configure = self.configure(pool, market);
        if self.has_timelock() && perp::is_tighter(found, &terms, plan.mode.0.to_byte()) {
            self.add("configure_perp_market", market.about(), differences, Ok(configure));
        } else {
            self.add_change("configure_perp_market", market.about(), differences, configure, wait);
        }
        if let Some(ready) = pool.ready.as_mut().filter(|_| self.last_step_acts()) {
            market.judge(ready, &judged, plan.mode.0)?;
        }
        Ok(())
    }

    fn configure(&self, pool: &Pool<'_>, market: &Market<'_>) -> Instruction {
        let Market { index, plan, row, .. } = *market;
        let mode = plan.mode.0.to_byte();
        ix::configure_perp_market(&self.group.admin, pool.quote, index, row, mode, plan.settings.args())
    }
}

impl Market<'_> {
    /// True if it needs more of the pool than it has.
    fn rises(&self) -> bool {
        self.found.is_none_or(|found| self.plan.settings.weight.0 > found.terms.weight)
    }

    fn about(&self) -> String {
        format!("market {} {}", self.index, self.plan.symbol)
    }

    /// What sizes are counted in.
    fn underlying(&self) -> String {
        crate::units::Symbol(self.feed.symbol).to_string()
    }

    /// The engine's word on the file's terms, which `pool` then has.
    fn judge(&self, pool: &mut LiquidityPool, market: &PerpMarket, mode: MarketMode) -> Result<(), Fault> {
        let judged = |terms| self.configured(&mut pool.clone(), market, terms, mode);
        judged(self.plan.terms()).map_err(|error| self.plan.blamed(&self.at, error, judged))?;
        self.configured(pool, market, self.plan.terms(), mode).map_err(|error| refused(self.at.clone(), None, error))
    }

    fn configured(
        &self,
        pool: &mut LiquidityPool,
        market: &PerpMarket,
        terms: ballast_state::MarketTerms,
        mode: MarketMode,
    ) -> RiskResult<()> {
        let mut market = *market;
        match self.found {
            Some(_) => perp::configure(&mut market, pool, &self.feed, terms, mode.to_byte()),
            None => perp::list(&mut market, pool, &self.feed, terms),
        }
    }

    /// True if it has to wait for weights that fall.
    fn has_no_room(&self, pool: &Pool<'_>, market: &PerpMarket) -> bool {
        pool.ready.is_some_and(|mut ready| {
            let mode = MarketMode::from_byte(market.mode);
            self.configured(&mut ready, market, self.plan.terms(), mode) == Err(RiskError::WeightsTooLarge)
        })
    }
}

/// The error of what is listed with something else.
fn conflict<const N: usize>(at: &str, what: &str, identity: [(&str, String, String); N]) -> Result<(), Fault> {
    match identity.into_iter().find(|(_, chain, file)| chain != file) {
        Some((field, chain, file)) => {
            Err(Fault::new(format!("{at}.{field}"), format!("{what} is listed with {chain} already, not with {file}")))
        }
        None => Ok(()),
    }
}

fn mode_difference(found: MarketMode, plan: &MarketPlan) -> Difference {
    let (found, wanted) = (Trading(found).to_string(), plan.mode.to_string());
    Difference { field: "mode".to_owned(), found: Some(found), wanted: Some(wanted) }
}
