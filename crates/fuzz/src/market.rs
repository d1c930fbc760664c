//! A perp market with its pool, its bank and a few traders, in whole transactions: an error changes nothing.

use ballast_math::{Decimals, Index, Price, Ratio};
use ballast_risk::health::{PerpExposure, Portfolio};
use ballast_risk::{interest, invariant, perp, Now, RiskResult};
use ballast_state::{
    BalanceSide, Bank, LiquidityPool, MarginAccount, MarketTerms, PerpMarket, PriceState, RiskBoard, Zeroable,
};

use crate::case;
use crate::source::Source;
use crate::world::hold;

/// Traders of a case.
pub(crate) const TRADERS: usize = 4;
/// Who lends to them, and keeps their orders.
pub(crate) const KEEPER: usize = TRADERS;
/// Row of the quote token.
const QUOTE: u8 = 0;
/// Row of the underlying.
pub(crate) const FEED: u8 = 1;

#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) board: RiskBoard,
    pub(crate) market: PerpMarket,
    pub(crate) pool: LiquidityPool,
    pub(crate) bank: Bank,
    pub(crate) accounts: Vec<MarginAccount>,
    pub(crate) now: Now,
}

impl Exchange {
    /// A board, a quote bank with or without interest, a pool of up to a hundred million tokens, and traders with deposits.
    /// Nothing if no lot fits the price.
    pub(crate) fn of(source: &mut Source<'_>) -> Option<Self> {
        let now = case::NOW;
        let scale = 10u64.pow(u32::try_from(source.up_to(8)).expect("eight at most"));
        let parts: [u64; TRADERS] = [(); TRADERS].map(|()| source.most_of(scale));
        let whole = source.most_of(scale.saturating_mul(10));
        let mut board = case::board(source, now);
        for row in &mut board.rows[..2] {
            (row.publish_ts, row.state) = (now.ts, PriceState::Normal.to_byte());
        }
        let mut bank = case::bank(source, 0, QUOTE, now);
        (bank.collateral, bank.quote, bank.accrued_ts) = (1, 1, now.ts);
        let unit = 10u64.checked_pow(bank.decimals.into())?;
        let market = market(source, &board, &bank, now)?;
        let mut exchange = Self {
            board,
            market,
            pool: LiquidityPool { bank: 0, market_count: 1, ..LiquidityPool::zeroed() },
            bank,
            accounts: vec![case::account(); TRADERS + 1],
            now,
        };
        for (account, tokens) in exchange.accounts.iter_mut().zip(parts.into_iter().chain([scale])) {
            let atoms = tokens.checked_mul(unit)?;
            case::give(&mut exchange.bank, account, BalanceSide::Deposit, atoms);
        }
        let atoms = whole.checked_mul(unit)?;
        let shares = Index::from_words(exchange.bank.asset_index).shares_down(atoms).ok()?;
        if shares >> 56 > 0 {
            return None;
        }
        exchange.pool.shares = shares;
        exchange.bank.asset_shares = exchange.bank.asset_shares.checked_add(shares)?;
        exchange.bank.vault_balance = exchange.bank.vault_balance.checked_add(atoms)?;
        interest::update_rate(&mut exchange.bank).ok()?;
        exchange.sync().ok()?;
        exchange.check();
        Some(exchange)
    }

    /// Brings bank and market to now.
    pub(crate) fn sync(&mut self) -> RiskResult<()> {
        interest::accrue(&mut self.bank, self.now)?;
        // Centuries of interest can make more atoms of claims than there can be: no rule is about that.
        interest::utilisation(&self.bank)?;
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, self.now).map(|_| ())
    }

    /// Everything or nothing, as a transaction.
    pub(crate) fn atomic<T>(&mut self, change: impl FnOnce(&mut Self) -> RiskResult<T>) -> RiskResult<T> {
        let mut next = self.clone();
        let result = change(&mut next)?;
        next.check();
        *self = next;
        Ok(result)
    }

    /// The underlying at another price, published now; both bands around it.
    pub(crate) fn print(&mut self, mid: Price, half: u64) {
        let row = &mut self.board.rows[usize::from(FEED)];
        let (low, high) = (mid.0.saturating_sub(half), mid.0.saturating_add(half));
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid.0, low, high, low, high);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = self.now.ts;
        }
    }

    /// What an account holds, its market as it stands.
    pub(crate) fn portfolio(&self, account: &MarginAccount) -> RiskResult<Portfolio> {
        holdings(account, &self.market, &self.bank, &self.board, self.now)
    }

    /// Invariants of one moment.
    pub(crate) fn check(&self) {
        let Self { market, pool, bank, accounts, .. } = self;
        hold(invariant::check_positions(market, accounts));
        hold(invariant::check_claims(market, accounts));
        hold(invariant::check_sizes(market, accounts));
        hold(invariant::check_market(market));
        hold(invariant::check_tagged(bank, accounts));
        hold(invariant::check_quote_shares(bank, pool, accounts));
        hold(invariant::check_spent(pool, [market]));
        accounts.iter().for_each(|account| hold(invariant::check_origins(account, bank.index)));
        hold(invariant::check_stakes(pool, [market]));
        hold(invariant::check_registered(market, accounts));
        hold(invariant::check_bank(bank, bank.vault_balance));
        for account in accounts {
            hold(invariant::check_account(account));
            hold(invariant::check_position_slots(account));
        }
    }

    /// Invariants of a market an instruction has just brought to its moment.
    pub(crate) fn check_fresh(&self) {
        let Self { board, market, pool, bank, now, .. } = self;
        hold(invariant::check_synced(market, board, *now));
        hold(invariant::check_equity(market, pool, bank, *now));
    }
}

/// What an account holds in the quote bank and the market.
pub(crate) fn holdings(
    account: &MarginAccount,
    market: &PerpMarket,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Portfolio> {
    let exposures = account.positions().iter().map(|position| perp::exposure(position, market, board, now));
    let perps: Vec<PerpExposure> = exposures.collect::<RiskResult<_>>()?;
    Portfolio::of_account(account, &perps, QUOTE, now, |_| Some(bank))
}

/// A market with lots that fit the price, and terms anywhere in their bounds.
fn market(source: &mut Source<'_>, board: &RiskBoard, bank: &Bank, now: Now) -> Option<PerpMarket> {
    let mut market = PerpMarket {
        version: 1,
        feed: FEED,
        quote_feed: QUOTE,
        quote_decimals: bank.decimals,
        quote_shift: bank.decimal_shift,
        quote_reciprocal: bank.decimal_reciprocal,
        synced_ts: now.ts,
        ..PerpMarket::zeroed()
    };
    market.long.position_index = perp::book::INDEX_ONE;
    market.short.position_index = perp::book::INDEX_ONE;
    let [quote, row] = [QUOTE, FEED].map(|row| board.rows[usize::from(row)].mid);
    let first = source.index(8);
    let fits = |decimals: u8| {
        let lots = Decimals::new(decimals)?;
        let mut market =
            PerpMarket { lot_decimals: decimals, lot_shift: lots.shift, lot_reciprocal: lots.reciprocal, ..market };
        market.mark = perp::mark_of(&market, row, quote).ok()?;
        perp::validate_lot(&market).ok()?;
        Some(market)
    };
    let fitting: Vec<PerpMarket> = (0..=18).filter_map(fits).collect();
    let mut market = *fitting.get(first % fitting.len().max(1))?;
    let funding_limit = source.sized(40);
    let interest_cap = perp::MAX_LOTS >> source.up_to(20);
    let skew_cap = source.most_of(interest_cap);
    // The premium at the cap is a quarter of the smallest margin at most.
    let row = &board.rows[usize::from(FEED)];
    let floor = row.maintenance_long.min(row.maintenance_short).saturating_add(row.maintenance_add_on);
    let least = (u128::from(skew_cap) << 34).div_ceil(u128::from(floor.max(1)));
    let least = u64::try_from(least).ok()?;
    market.terms = MarketTerms {
        skew_scale: least.saturating_add(source.sized(61)).clamp(1, 1 << 62),
        funding_limit,
        funding_velocity: source.part(funding_limit),
        interest_cap,
        skew_cap,
        account_cap: source.most_of(interest_cap),
        order_min: 1,
        keeper_fee: source.sized(24),
        fill_fee: u32::try_from(source.up_to(Ratio::from_bps(100).0)).expect("a hundredth"),
        weight: u32::try_from(source.most_of(u32::MAX.into())).expect("of 32 bits").max(1),
        min_delay: u32::try_from(source.between(2, 60)).expect("a minute"),
        order_life: u32::try_from(source.between(1, 60)).expect("a minute"),
    };
    Some(market)
}
