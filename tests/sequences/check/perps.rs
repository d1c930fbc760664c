//! What perps have to leave.

use ballast_client::events;
use ballast_math::{Index, Ratio, Usd};
use ballast_risk::health::{self, Health, Portfolio};
use ballast_risk::invariant::{self as inv, FillPaid, PositionLiquidation};
use ballast_risk::lending::has_liability;
use ballast_risk::perp::{self, book, slots};
use ballast_risk::{bankruptcy, interest, price, RiskResult};
use ballast_state::{rights, LiquidityPool, MarginAccount, PerpMarket, ReleaseRail};
use ballast_testkit::{Event, Sent};

use super::{endings, Check};
use crate::stage::{State, OWNERS, QUOTE};
use crate::step::{Do, How, OfPerps, Step};

impl Check<'_> {
    /// What holds of perps whatever the step is.
    pub(super) fn perps(&mut self) {
        let (before, after) = (self.before, self.after);
        if before.accounts == after.accounts && before.banks == after.banks && before.perps == after.perps {
            return;
        }
        let now = &after.perps;
        for bank in &after.banks {
            self.note(inv::check_tagged(bank, after.accounts.iter().flatten()));
        }
        for (index, market) in (0u16..).zip(&now.markets) {
            let accounts = || after.accounts.iter().flatten();
            self.note(inv::check_positions(market, accounts()));
            self.note(inv::check_claims(market, accounts()));
            self.note(inv::check_sizes(market, accounts()));
            self.note(inv::check_market(market));
            self.note(inv::check_pending(market, now.orders.iter().flatten()));
            self.note(inv::check_registered(market, accounts()));
            self.note(inv::check_market_names(market, index, &now.pool, &after.board));
            let Some(old) = before.perps.market(index).filter(|old| *old != market) else { continue };
            self.note(inv::check_sequence(old.sequence, market.sequence, true));
            self.market_settings(old, market);
            let settles = |does| does == Do::Perp(OfPerps::SettleMarket { market: index });
            self.note(inv::check_payout(old, market, self.does(settles)));
        }
        let epoch = |number| now.epoch(number);
        let dust = now.pool.epoch.saturating_mul(2 * u64::from(OWNERS));
        self.note(inv::check_liquidity(&now.pool, now.providers.iter().flatten(), epoch, dust));
        self.note(inv::check_spent(&now.pool, &now.markets));
        self.note(inv::check_stakes(&now.pool, &now.markets));
        self.equities();
        for (old, new) in before.perps.providers.iter().zip(&now.providers) {
            if let (Some(old), Some(new)) = (old, new) {
                self.note(inv::check_sequence(old.sequence, new.sequence, old != new));
            }
        }
        let pools = [&before.perps.pool, &now.pool];
        self.note(inv::check_sequence(pools[0].sequence, pools[1].sequence, pools[0] != pools[1]));
        if !self.has_full_power() {
            self.note(inv::check_pool_settings(pools[0], &LiquidityPool { weight: self.weight_before(), ..*pools[1] }));
        }
        self.epochs(pools);
    }

    /// The weight of all markets, with that of one that was settled.
    fn weight_before(&self) -> u64 {
        let given_up = |new: &PerpMarket| {
            let old = self.before.perps.market(new.index)?;
            let settled = new.is_settled() && !old.is_settled();
            settled.then_some(u64::from(old.terms.weight))
        };
        self.after.perps.pool.weight + self.after.perps.markets.iter().filter_map(given_up).sum::<u64>()
    }

    /// What holds of an account that changed.
    pub(super) fn positions(&mut self, slot: u8, account: &MarginAccount) {
        self.note(inv::check_position_slots(account));
        self.note(inv::check_origins(account, QUOTE));
        self.note(inv::check_orders(account, self.after.perps.orders(slot)));
        self.note(inv::check_rail(account));
        let Some(old) = self.before.account(slot) else { return };
        let moves = |step: &Step| if let Do::Perp(does) = step.does { does.moves() } else { None };
        let moved: Vec<u16> =
            self.done().filter_map(moves).filter(|(of, _)| *of == slot).map(|(_, market)| market).collect();
        self.note(inv::check_positions_still(old, account, &moved));
        for market in moved.iter().filter_map(|index| self.before.perps.market(*index)) {
            let abandons = self.does(|does| does == Do::Perp(OfPerps::Abandon { slot, market: market.index }));
            self.note(inv::check_part(market, old, account, abandons));
        }
    }

    fn market_settings(&mut self, old: &PerpMarket, new: &PerpMarket) {
        if self.has_full_power() || self.is_ended(old, new) {
            return;
        }
        let this = |does| matches!(does, Do::Perp(OfPerps::ConfigureMarket { market, .. }) if market == new.index);
        let group = &self.before.group;
        let may = self.signed_by(&group.risk_admin) || self.signed_by(&group.admin);
        let mut allowed = *new;
        if may && self.does(this) && perp::is_tighter(old, &new.terms, new.mode) {
            (allowed.terms, allowed.mode) = (old.terms, old.mode);
        }
        self.note(inv::check_market_settings(old, &allowed));
    }

    fn epochs(&mut self, [old, new]: [&LiquidityPool; 2]) {
        let (before, after) = (&self.before.perps, &self.after.perps);
        let mut struck = false;
        for (number, epoch) in (0u64..).zip(&after.epochs) {
            let Some(epoch) = epoch else { continue };
            match before.epoch(number) {
                Some(was) => self.note(inv::check_epoch_stays(was, epoch)),
                None => {
                    struck = true;
                    self.note(inv::check_strike(old, new, epoch));
                    if let Some(bank) = self.before.bank(QUOTE) {
                        self.note(inv::check_epoch_price(epoch, old, bank, &after.markets, self.after.now));
                    }
                }
            }
        }
        if (old.epoch != new.epoch) != struck {
            self.note(Err(inv::EPOCHS_STAY));
        }
    }

    /// What holds because of what was done, and nothing else in its transaction.
    pub(super) fn of_perps(&mut self, step: &Step, does: OfPerps, sent: &Sent) {
        let alone = self.steps.len() == 1 && step.how == How::Now;
        if !alone {
            return;
        }
        let (before, after, now) = (self.before, self.after, self.after.now);
        // Terms that only get tighter need no price, and sync nothing.
        let synced = |index: &u16| {
            let told = |event: &Event| matches!(event, Event::MarketSynced(told) if told.market == *index);
            !matches!(does, OfPerps::ConfigureMarket { .. }) || sent.events.iter().any(told)
        };
        if let Some(market) = does.syncs().filter(synced).and_then(|index| after.perps.market(index)) {
            self.note(inv::check_synced(market, &after.board, now));
            self.equity(market);
        }
        match does {
            OfPerps::Place { slot, market, .. } => self.placed(slot, market),
            OfPerps::TakeBack { slot, market, id } => self.taken_back(step.by, slot, market, id),
            OfPerps::Fill { slot, market, id, kept, .. } => {
                for event in &sent.events {
                    if let Event::OrderFilled(done) = event {
                        self.fill((slot, market, id), kept, done);
                    }
                }
            }
            OfPerps::Sync { market } => {
                if let (Some(old), Some(new)) = (before.perps.market(market), after.perps.market(market)) {
                    self.note(inv::check_funding(old, new));
                }
            }
            OfPerps::Settle { slot, market } => {
                for event in &sent.events {
                    if let Event::PnlSettled(done) = event {
                        self.settled(slot, market, done.paid);
                    }
                }
            }
            OfPerps::LiquidatePerp { from, market, .. } => {
                for event in &sent.events {
                    if let Event::PerpLiquidated(done) = event {
                        self.position_liquidated(from, market, done);
                    }
                }
            }
            OfPerps::AddLiquidity { slot, .. } => self.entered(slot),
            OfPerps::DeleverageMarket { market } => self.market_deleveraged(market),
            OfPerps::Register { market, .. } | OfPerps::UpdatePayout { market } | OfPerps::Abandon { market, .. } => {
                if let Some(market) = after.perps.market(market) {
                    self.equity(market);
                }
            }
            OfPerps::Strike => after.perps.markets.iter().for_each(|market| self.equity(market)),
            _ => {}
        }
    }

    pub(super) fn equity(&mut self, market: &PerpMarket) {
        let after = self.after;
        if let Some(bank) = after.bank(QUOTE) {
            self.note(inv::check_equity(market, &after.perps.pool, bank, after.now));
        }
    }

    /// What an account holds, one market at its own moment.
    pub(super) fn held(&mut self, state: &State, slot: u8, market: &PerpMarket) -> Option<Portfolio> {
        let account = state.account(slot)?;
        let standing = |index| if index == market.index { Ok(*market) } else { state.standing(index) };
        let holdings = state.holdings(account, self.after.now, |index| state.bank(index), standing);
        self.computed(holdings, inv::NAMES_AGREE)
    }

    pub(super) fn synced(&mut self, market: u16) -> Option<PerpMarket> {
        let synced = self.before.synced(market, self.after.now);
        self.computed(synced, inv::MARKET_SYNCED)
    }

    fn placed(&mut self, slot: u8, market: u16) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.perps.orders(slot), after.perps.orders(slot)) else { return };
        let Some(market) = after.perps.market(market) else { return };
        let Some(order) = after.perps.order(slot, old.next_id) else { return self.note(Err(inv::ORDERS_RESERVED)) };
        if new.next_id != old.next_id + 1 {
            self.note(Err(inv::ORDERS_RESERVED));
        }
        let feed = &after.feeds[usize::from(market.feed)];
        self.note(inv::check_placed(order, market, feed, &after.board, now));
        if order.reduce_only == 0 {
            self.note(inv::check_order_allowed(market, &after.board, now));
            let Some(portfolio) = self.held(after, slot, market) else { return };
            self.note(inv::check_initial(&portfolio, &after.board, now));
        }
    }

    fn taken_back(&mut self, by: u8, slot: u8, market: u16, id: u64) {
        let (before, now) = (self.before, self.after.now);
        let Some(order) = before.perps.order(slot, id) else { return self.note(Err(inv::ORDER_BINDING)) };
        let (Some(account), Some(market)) = (before.account(slot), before.perps.market(market)) else { return };
        let trades = account.delegate_rights & (rights::TRADE | rights::REDUCE) != 0;
        let may = by == before.owner(slot) || (by == before.delegate(slot) && trades);
        let lag = price::clock_lag(&before.feeds[usize::from(market.feed)], now);
        self.note(inv::check_cancelled(order, may, lag, now));
    }

    fn fill(&mut self, (slot, market, id): (u8, u16, u64), kept: bool, done: &events::OrderFilled) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let Some(order) = before.perps.order(slot, id) else { return self.note(Err(inv::FILL_AT_PRINT)) };
        if after.perps.order(slot, id).is_some() {
            self.note(Err(inv::FILL_AT_PRINT));
        }
        let (Some(was), Some(is)) = (self.synced(market), after.perps.market(market)) else { return };
        let Some(print) = after.perps.print(is.feed, kept) else { return self.note(Err(inv::FILL_AT_PRINT)) };
        self.note(inv::check_print(order, &print, now));
        let (Some(old), Some(new)) = (before.account(slot), after.account(slot)) else { return };
        let held = (|| -> RiskResult<[i64; 2]> { Ok([slots::held(old, &was)?, slots::held(new, is)?]) })();
        let Some(held) = self.computed(held, inv::FILL_AT_PRINT) else { return };
        if done.outcome != 0 {
            self.note(inv::check_positions_still(old, new, &[]));
            return;
        }
        self.note(inv::check_fill_caps(&was, is, held));
        self.note(inv::check_fill_backed(&was, is, held, &after.board, now));
        let puts_up = if order.reduce_only == 0 { Usd(order.requirement) } else { Usd::ZERO };
        self.note(inv::check_released([old, new], &was, done.paid, puts_up, &after.board, now));
        let paid = FillPaid { lots: held[1].saturating_sub(held[0]), price: done.price, premium: done.premium };
        self.note(inv::check_fill_price(order, &print, [&was, is], &paid));
        if order.reduce_only == 0 {
            self.note(inv::check_order_allowed(is, &after.board, now));
        }
        let printed = || -> RiskResult<PerpMarket> {
            let mut market = *is;
            let mark = perp::mark_of(&market, print.price.0, market.quote_mid)?;
            perp::move_mark(&mut market, mark)?;
            Ok(market)
        };
        let Some(printed) = self.computed(printed(), inv::FILL_SAFE) else { return };
        let Some(portfolio) = self.held(after, slot, &printed) else { return };
        self.note(inv::check_fill_health(&portfolio, &after.board, is.feed, &print, now));
    }

    fn settled(&mut self, slot: u8, market: u16, paid: i64) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.account(slot), after.account(slot)) else { return };
        let (Some(was), Some(is)) = (self.synced(market), after.perps.market(market)) else { return };
        let Some(bank) = before.bank(QUOTE) else { return };
        let puts_up = self.puts_up(slot, &was);
        self.note(inv::check_released([old, new], &was, paid, puts_up, &before.board, now));
        // What it has to put up now may be paid now.
        let mut railed = *old;
        if new.rail.day == PerpMarket::day(now.ts) {
            let released = if old.rail.day == new.rail.day { old.rail.released } else { 0 };
            railed.rail = ReleaseRail { released, ..new.rail };
        }
        let claim = |account: &MarginAccount, market: &PerpMarket| {
            slots::find(account, market.index).map_or(Ok(0), |position| book::claim(position, market))
        };
        let checked = (|| -> RiskResult<inv::Checked> {
            let most = perp::most_paid(&was, &before.perps.pool, bank, &railed, &before.board, now)?;
            let most = slots::find(old, market).map_or(most, |position| endings::most_due(&was, position, most));
            // A position that is spared keeps its size, though it be less than a lot.
            let keeps = slots::find(new, market).is_some_and(|position| position.base != [0, 0]);
            let whole = keeps || slots::held(old, &was)? != 0;
            Ok(inv::check_settled([claim(old, &was)?, claim(new, is)?], paid, most, whole))
        })();
        if let Some(checked) = self.computed(checked, inv::CLAIM_PAID_ONCE) {
            self.note(checked);
        }
    }

    fn position_liquidated(&mut self, from: u8, market: u16, done: &events::PerpLiquidated) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.account(from), after.account(from)) else { return };
        let (Some(was), Some(is)) = (self.synced(market), after.perps.market(market)) else { return };
        let Some(held) = self.held(before, from, &was) else { return };
        let board = &before.board;
        self.note(inv::check_unhealthy(&held, board, now));
        self.note(inv::check_netting(&held, Usd(done.before.requirement), board));
        self.note(inv::check_other_holdings(old, new, market, QUOTE));
        let maintenance = health::assess_maintenance(&held, board, now);
        let Some(health) = self.computed(maintenance, inv::HEALTH_RISES) else { return };
        self.note(inv::check_not_spared(old, &health, board, now));
        let sizes = (|| -> RiskResult<[i64; 2]> { Ok([slots::held(old, &was)?, slots::held(new, is)?]) })();
        let Some([size, left]) = self.computed(sizes, inv::POSITION_CLOSED) else { return };
        self.note(inv::check_position_closed(size, done.lots, left));
        let spent = i128::from(is.spent) - i128::from(was.spent);
        if !was.is_settled() && spent != i128::from(done.paid) + i128::from(done.loss.pooled) {
            self.note(Err(inv::LOSS_SPENT));
        }
        self.note(inv::check_released([old, new], &was, done.paid, Usd::ZERO, board, now));
        let shown = Health {
            assets: Usd(done.after.assets),
            liabilities: Usd(done.after.liabilities),
            requirement: Usd(done.after.requirement),
        };
        if done.loss.deficit == 0 {
            // The receipt is the account.
            let Some(holds) = self.held(after, from, is) else { return };
            let maintenance = health::assess_maintenance(&holds, &after.board, now);
            let Some(health) = self.computed(maintenance, inv::HEALTH_RISES) else { return };
            if health != shown {
                self.note(Err(inv::HEALTH_RISES));
            }
            if has_liability(new) {
                self.note(inv::check_timer(new, &health, now));
            }
        }
        // A deposit that is no collateral pays what was lost all the same: health rises by more than closing brings.
        let uncounted = before.bank(QUOTE).is_some_and(|bank| bank.collateral == 0);
        let closed = left == 0 || done.lots.unsigned_abs() == 1 || uncounted;
        let nothing_left = done.loss.deficit > 0
            || self.held(after, from, is).is_some_and(|holds| {
                bankruptcy::seizable(holds.exposures(), &after.board, now).is_ok_and(|left| left.0 < board.rules.dust)
            });
        let (lock, bonus) = (old.bonus_lock, Ratio(done.bonus));
        let liquidation = PositionLiquidation { before: health, after: shown, bonus, lock, closed, nothing_left };
        self.note(inv::check_position_liquidation(&liquidation, &was, board, now));
    }

    /// With a liability, what enters the pool is new risk.
    fn entered(&mut self, slot: u8) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let Some(account) = after.account(slot).filter(|account| has_liability(account)) else { return };
        let (Some(old), Some(new)) = (before.bank(QUOTE), after.bank(QUOTE)) else { return };
        let shares = after.perps.pool.entering.saturating_sub(before.perps.pool.entering);
        let atoms = interest::project_one(old, false, now).and_then(|index: Index| index.amount_down(shares));
        let Some(atoms) = self.computed(atoms.map_err(Into::into), inv::OUTFLOW_COUNTED) else { return };
        self.note(inv::check_outflow(old, new, atoms, now));
        let portfolio = after.holdings(account, now, |index| after.bank(index), |index| after.standing(index));
        if let Some(portfolio) = self.computed(portfolio, inv::NAMES_AGREE) {
            self.note(inv::check_initial(&portfolio, &after.board, now));
        }
    }
}
