//! Keepers of perps: fill orders at their prints, sync markets, settle what positions won and lost, liquidate. Anyone could.

use ballast_client::addresses;
use ballast_client::events::Event;
use ballast_client::perps::{self as ix, Follow};
use ballast_risk::health::Portfolio;
use ballast_risk::perp::{self, rail, slots, PositionPlan};
use ballast_risk::{interest, RiskError, RiskResult};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PriceFeed};

use super::ledger::{Waiting, POOL_MARGIN};
use super::traders::Pending;
use super::{banks_of, Book, Side};
use crate::demo::chain::{claim, By, Chain, Perps, Stop, Touched};
use crate::demo::journal::Journal;
use crate::demo::oracles::Oracles;
use crate::demo::tape::Tape;

/// Most liquidations of one liquidator in a round.
const TAKES: usize = 4;
/// Seconds after which an order is offered its print again.
const AGAIN: i64 = 5;
/// A claim of fewer atoms is not worth settling: a hundred dollars.
const WORTH: u64 = 100_000_000;

/// What became of an order that was offered its print.
enum Offered {
    /// Not yet.
    Waits,
    /// It filled, or ended without.
    Ended,
    /// It ended since the pool lacked margin for the skew.
    Refused,
}

impl Book {
    /// Fills what can be filled now, publishing the prints that orders wait for. Returns members that trade, and when to come
    /// again.
    pub(in crate::demo) fn fill(
        &mut self,
        chain: &mut Chain,
        oracles: &mut Oracles,
        journal: &mut Journal,
        tape: &Tape,
    ) -> Result<(Vec<usize>, Option<i64>), Stop> {
        let now = chain.now().ts;
        let is_new = |order: &Pending| order.print.is_none() && order.eligible <= now;
        if self.pending.iter().any(|order| order.print.is_some() || is_new(order)) {
            oracles.publish(chain, tape);
            oracles.refresh(chain, tape)?;
        }
        if self.pending.iter().any(is_new) {
            let markets: Vec<u8> =
                chain.perps.iter().flat_map(|perps| &perps.markets).map(|market| market.feed).collect();
            // An account of its own keeps each print: the next update overwrites the oracle's.
            let prints: Vec<_> = markets.into_iter().map(|row| oracles.keep(chain, row)).collect();
            for order in self.pending.iter_mut().filter(|order| is_new(order)) {
                order.print = prints[usize::from(self.traders[order.trader].market)].map(|key| (key, now));
            }
        }
        let (due, waiting): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|order| order.print.is_some());
        self.pending = waiting;
        let mut traded = Vec::new();
        for order in due {
            match self.offer(chain, journal, &order)? {
                Offered::Waits => self.pending.push(order),
                Offered::Ended => {
                    traded.push(self.traders[order.trader].member);
                    self.ended(chain, order.trader, tape.to);
                }
                Offered::Refused => self.retry_with_less(order.trader, now),
            }
        }
        let again = |order: &Pending| if order.print.is_some() { now + AGAIN } else { order.eligible };
        Ok((traded, self.pending.iter().map(again).min()))
    }

    /// Offers an order its print, or takes it back where it is too late.
    fn offer(&self, chain: &mut Chain, journal: &mut Journal, order: &Pending) -> Result<Offered, Stop> {
        let one = &self.traders[order.trader];
        let (Some(perps), Some((print, published))) = (&chain.perps, order.print) else { return Ok(Offered::Waits) };
        let (market, filler) = (perps.market(one.market), self.filler);
        let who = &chain.members[one.member];
        if chain.now().ts > order.expiry {
            let cancel = ix::cancel_order(&who.owner(), market, &who.account, order.id);
            let touched = Touched { members: &[one.member], markets: &[one.market], ..Touched::default() };
            chain.require("cancel_order", cancel, By::Member(one.member), touched)?;
            journal.perps.fills.entry(one.market).or_default().ended += 1;
            return Ok(Offered::Ended);
        }
        // Sources that lag, or a jump that has to be confirmed, hold the feed back behind the print.
        let feed: PriceFeed = chain.world.svm.read(&addresses::feed(&chain.group(), market.row));
        if feed.accepted_ts < published {
            return Ok(Offered::Waits);
        }
        let waits = slots::find(&who.state, one.market)
            .and_then(|position| Waiting::of(position, &perps.markets[usize::from(one.market)]));
        let banks = banks_of(chain, &who.state);
        let follow = Follow { banks: &banks, markets: &[] };
        let keeper = chain.members[filler].account;
        let fill =
            ix::fill_order((&chain.members[filler].owner(), &keeper), market, &who.account, order.id, &print, follow);
        let has = claim(&chain.members[filler].state, &chain.accrued()?[0]);
        let touched = Touched {
            banks: &[0],
            members: &[one.member, filler],
            pool: true,
            markets: &[one.market],
            ..Touched::default()
        };
        let Some(sent) = chain.submit("fill_order", fill, By::Member(filler), touched)? else {
            return Ok(Offered::Waits);
        };
        // A credit is rounded down to whole shares.
        let fee = claim(&chain.members[filler].state, &chain.banks[0]).saturating_sub(has);
        let mut offered = Offered::Ended;
        for event in &sent.events {
            if let Event::OrderFilled(filled) = event {
                journal.perps.filled(filled, fee, waits);
                if filled.outcome == POOL_MARGIN {
                    offered = Offered::Refused;
                }
            }
        }
        Ok(offered)
    }

    /// Brings every market to now, and settles every claim that is worth it.
    pub(in crate::demo) fn settle(&self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        let Some((quote, count)) = chain.perps.as_ref().map(|perps| (perps.quote, perps.pool.market_count)) else {
            return Ok(());
        };
        for index in 0..count {
            let touched = Touched { pool: true, markets: &[index], ..Touched::default() };
            let sync = ix::sync_market(quote, index);
            journal.perps.syncs += u64::from(chain.submit("sync_market", sync, By::Anyone, touched)?.is_some());
        }
        for one in &self.traders {
            let Some(perps) = &chain.perps else { return Ok(()) };
            let who = &chain.members[one.member];
            let Some(position) = slots::find(&who.state, one.market) else { continue };
            let Some(side) = Side::of_position(position) else { continue };
            // A loss waits while its price is in doubt, a profit while the pool could not pay it or the rail lets nothing out.
            if due(chain, perps, &who.state, one.market)?.unsigned_abs() < WORTH {
                continue;
            }
            let banks = banks_of(chain, &who.state);
            let follow = Follow { banks: &banks, markets: &[] };
            let keeper = chain.members[self.filler].owner();
            let settle = ix::settle_pnl_posting(&keeper, quote, &who.account, one.market, follow);
            let touched = Touched {
                banks: &[0],
                members: &[one.member],
                pool: true,
                markets: &[one.market],
                ..Touched::default()
            };
            let Some(sent) = chain.submit("settle_pnl", settle, By::Member(self.filler), touched)? else { continue };
            for event in &sent.events {
                if let Event::PnlSettled(settled) = event {
                    journal.perps.settled(side, settled.paid);
                }
            }
        }
        Ok(())
    }
}

/// What a settlement with all of the account's holdings given would move, computed as the program's handler does; nothing where it
/// refuses.
fn due(chain: &Chain, perps: &Perps, account: &MarginAccount, index: u16) -> Result<i64, Stop> {
    let (banks, board, now) = (chain.accrued()?, &*chain.board, chain.now());
    let (mut market, mut pool, mut account) = (perps.markets[usize::from(index)], perps.pool, *account);
    let mut bank = banks[usize::from(perps.quote.bank)];
    perp::sync(&mut market, &mut pool, &bank, board, now)?;
    if rail::holds_back(&account, &market, board, now)? {
        let portfolio = chain.portfolio(&account, &banks)?;
        rail::post_now(&mut account, &portfolio, board, now)?;
    }
    Ok(perp::settle_account(&mut market, &mut pool, &mut bank, &mut account, board, false, now).unwrap_or(0))
}

/// A liquidation of a position, computed on the host as the program's handler does, line for line.
struct Expected {
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    account: MarginAccount,
    taker: MarginAccount,
}

/// Liquidates positions of unhealthy accounts, a few in a round. It takes no capital: they are closed against the pool.
pub(in crate::demo) fn liquidate(
    chain: &mut Chain,
    journal: &mut Journal,
    taker: usize,
    accounts: &[usize],
) -> Result<(), Stop> {
    let mut taken = 0;
    for &account in accounts {
        if taken == TAKES {
            break;
        }
        let Some(perps) = &chain.perps else { return Ok(()) };
        let (from, to) = (chain.members[account].state, chain.members[taker].state);
        let Some(market) = from.positions().first().map(|position| position.market) else { continue };
        let Ok(expected) = expect(chain, market, from, to) else { continue };
        let banks = banks_of(chain, &from);
        let follow = Follow { banks: &banks, markets: &[] };
        let who = (&chain.members[taker].owner(), &chain.members[taker].account);
        let liquidatee = chain.members[account].account;
        let liquidate = ix::liquidate_perp(who, perps.quote, &liquidatee, market, u64::MAX, follow);
        let touched =
            Touched { banks: &[0], members: &[account, taker], pool: true, markets: &[market], ..Touched::default() };
        let differs = Stop::Differs { after: "liquidate_perp", at: chain.now().ts };
        let Some(sent) = chain.submit("liquidate_perp", liquidate, By::Member(taker), touched)? else {
            return Err(differs);
        };
        let same =
            chain.perps.as_ref().is_some_and(|perps| {
                perps.markets[usize::from(market)] == expected.market && perps.pool == expected.pool
            }) && chain.banks[0] == expected.bank
                && chain.members[account].state == expected.account
                && chain.members[taker].state == expected.taker;
        let receipt = sent.events.iter().find_map(|event| match event {
            Event::PerpLiquidated(receipt) => Some(receipt),
            _ => None,
        });
        let (true, Some(receipt)) = (same, receipt) else { return Err(differs) };
        chain.tally.perps_recomputed += 1;
        journal.perps.liquidated(receipt, chain.now().ts);
        if receipt.loss.deficit > 0 {
            journal.lost(chain, 0, &receipt.loss, account);
        }
        taken += 1;
    }
    Ok(())
}

fn expect(chain: &Chain, index: u16, account: MarginAccount, taker: MarginAccount) -> RiskResult<Expected> {
    let perps = chain.perps.as_ref().ok_or(RiskError::MarketMismatch)?;
    let (board, now) = (&*chain.board, chain.now());
    let mut bank = chain.banks[usize::from(perps.quote.bank)];
    interest::accrue(&mut bank, now)?;
    let mut market = perps.markets[usize::from(index)];
    let (mut pool, mut account, mut taker) = (perps.pool, account, taker);
    perp::sync(&mut market, &mut pool, &bank, board, now)?;
    let portfolio = |account: &MarginAccount, market: &PerpMarket, bank: &Bank| {
        let exposures: Vec<_> =
            account.positions().iter().map(|one| perp::exposure(one, market, board, now)).collect::<RiskResult<_>>()?;
        Portfolio::of_account(account, &exposures, perps.row, now, |index| {
            if index == bank.index {
                Some(bank)
            } else {
                chain.banks.get(usize::from(index))
            }
        })
    };
    let before = portfolio(&account, &market, &bank)?;
    let plan: PositionPlan = perp::plan_position(board, &market, &account, &before, u64::MAX, now)?;
    perp::close_position(board, &mut market, &mut pool, &mut bank, &mut account, &mut taker, &plan, now)?;
    let after = portfolio(&account, &market, &bank)?;
    perp::conclude_position(board, &mut market, &mut pool, &mut bank, &mut account, &after, &plan, now)?;
    Ok(Expected { market, pool, bank, account, taker })
}
