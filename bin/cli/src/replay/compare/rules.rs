//! The rules. Ours is the engine's; the others are what their venues document, on the same book, in integers.

use ballast_risk::perp::{slots, VALUE_BITS};
use ballast_risk::RiskResult;

use super::Scene;
use crate::demo::random::Random;
use crate::replay::venue::Venue;

/// An account as it stands after liquidation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    pub(super) who: usize,
    /// Lots, below zero for a short.
    lots: i64,
    /// Lots of the underlying that it owns.
    spot: u64,
    /// Unrealised profit, atoms.
    claim: i64,
    /// What all of it is worth, atoms.
    equity: u64,
    /// What of it the ranking of a venue sees that has no spot in its margin accounts: dollars and profit.
    seen: u64,
    /// What its position was worth when it was opened.
    entry: u64,
}

/// An account that could not pay: what it held before it was liquidated, and what is missing, atoms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bankrupt {
    pub(super) lots: u64,
    pub(super) deficit: u64,
}

/// How it is decided who is closed, and at what price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// All of the larger side by one part, at the mark, by the engine.
    Ballast,
    /// Hyperliquid: ranked by profit and leverage, at bankruptcy prices.
    Hyperliquid,
    /// BitMEX and Binance: the other ranking, at bankruptcy prices.
    Binance,
    /// dYdX: in any order, at bankruptcy prices.
    Random,
    /// GMX: whom a keeper chooses, at the mark; here the largest profit first, whole positions.
    Keeper,
    /// Percolator's haircut: nobody is closed, all profit is worth what backs it.
    Haircut,
}

impl Rule {
    pub(super) const ALL: [Self; 6] =
        [Self::Ballast, Self::Hyperliquid, Self::Binance, Self::Random, Self::Keeper, Self::Haircut];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ballast => "Ballast: all by one part",
            Self::Hyperliquid => "Hyperliquid: ranked queue",
            Self::Binance => "BitMEX, Binance: ranked queue",
            Self::Random => "dYdX: random",
            Self::Keeper => "GMX: keeper's choice",
            Self::Haircut => "Percolator: haircut",
        }
    }

    /// The name under a chart.
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Binance => "Binance",
            _ => self.name().split(':').next().unwrap_or_default(),
        }
    }

    /// At which price positions are closed.
    pub(super) fn price(self) -> &'static str {
        match self {
            Self::Ballast | Self::Keeper => "mark",
            Self::Hyperliquid | Self::Binance | Self::Random => "bankruptcy",
            Self::Haircut => "none",
        }
    }
}

/// What a rule did. Lots and atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) closed: u64,
    /// Equity that accounts lost by it.
    pub(super) taken: u64,
    /// Of one account, the largest part of its equity, millionths.
    pub(super) worst: u64,
    /// Accounts whose position or claim the rule changed.
    pub(super) accounts: usize,
    /// Accounts whose whole position was closed.
    pub(super) whole: usize,
    /// Of one position, the largest part that was closed, thousandths.
    pub(super) part: u64,
    /// Accounts whose exposure, position and what they own together, is larger than before.
    pub(super) hedges: usize,
    /// By how much, lots.
    pub(super) unhedged: u64,
    /// What the pool, or a backstop, pays of what bankrupts owe.
    pub(super) pool: u64,
}

impl Holder {
    pub(super) fn of(venue: &Venue, who: usize, spot: u64) -> RiskResult<Self> {
        let position = slots::find(&venue.accounts[who], venue.market.index);
        let health = venue.health(who)?;
        // USD have 20 fraction bits, atoms are millionths.
        let equity = (u128::from(health.equity()?.max(0).unsigned_abs()) * 1_000_000) >> 20;
        let claim = i64::try_from(venue.claim(who)? >> VALUE_BITS).unwrap_or(0);
        Ok(Self {
            who,
            lots: venue.size(who)?,
            spot,
            claim,
            seen: (venue.cash(who)? + claim).max(0).unsigned_abs(),
            equity: u64::try_from(equity).unwrap_or(u64::MAX),
            entry: position.map_or(0, |position| position.entry_quote.unsigned_abs()),
        })
    }

    pub(super) fn lots(&self) -> i64 {
        self.lots
    }

    pub(super) fn is_hedged(&self) -> bool {
        self.spot > 0
    }

    pub(super) fn is_short(&self) -> bool {
        self.lots < 0
    }

    /// What it stands for, position and what is owned together, when so many lots of the short are closed.
    fn exposure(&self, closed: u64) -> u64 {
        let short = self.lots.unsigned_abs().saturating_sub(closed);
        self.spot.abs_diff(short)
    }

    /// `(mark/entry)·(notional/account value)` has a long earn by a higher mark: of a short it is `(entry/mark)·(notional/value)`,
    /// which is entry value by account value.
    fn hyperliquid(&self) -> u128 {
        quotient(u128::from(self.entry) << 32, self.seen)
    }

    /// Profit in per cent times effective leverage, which is notional by what is left to bankruptcy; a loss divided by it.
    fn binance(&self, mark: u64) -> i128 {
        let notional = (u128::from(self.lots.unsigned_abs()) * u128::from(mark)) >> VALUE_BITS;
        let profit = quotient(u128::from(self.claim.unsigned_abs()) << 32, self.entry);
        let leverage = quotient(notional << 16, self.seen).max(1);
        let score = |of: u128| i128::try_from(of).unwrap_or(i128::MAX);
        if self.claim > 0 {
            score(profit * leverage)
        } else {
            -score((profit << 32) / leverage)
        }
    }
}

fn quotient(of: u128, by: u64) -> u128 {
    of.checked_div(u128::from(by)).unwrap_or(u128::MAX >> 40)
}

/// What a rule does to a scene.
pub(super) fn apply(rule: Rule, scene: &Scene) -> RiskResult<Outcome> {
    let shorts = || scene.holders.iter().copied().filter(Holder::is_short);
    let mark = scene.venue.market.mark;
    let mut queue: Vec<Holder> = shorts().collect();
    match rule {
        Rule::Ballast => return ours(scene),
        Rule::Haircut => return Ok(haircut(scene)),
        Rule::Hyperliquid => queue.sort_by_key(|holder| (std::cmp::Reverse(holder.hyperliquid()), holder.who)),
        Rule::Binance => queue.sort_by_key(|holder| (std::cmp::Reverse(holder.binance(mark)), holder.who)),
        Rule::Random => Random::new(scene.seed, "queue").shuffle(&mut queue),
        Rule::Keeper => {
            queue.sort_by_key(|holder| (std::cmp::Reverse(holder.claim), holder.who));
            return Ok(whole(scene, &queue));
        }
    }
    Ok(matched(scene, &queue))
}

/// The engine's own deleverage, and what it left of everybody.
fn ours(scene: &Scene) -> RiskResult<Outcome> {
    let mut venue = scene.venue.clone();
    let closed = venue.deleverage()?.map_or(0, |done| done.lots);
    let mut outcome = Outcome { closed, pool: deficits(scene), ..Outcome::default() };
    for holder in &scene.holders {
        let (size, claim) = (venue.size(holder.who)?, venue.claim(holder.who)?);
        let before = scene.venue.claim(holder.who)?;
        let taken = (before - claim).max(0) >> VALUE_BITS;
        let part = holder.lots.abs_diff(size);
        outcome.count(holder, part, u64::try_from(taken).unwrap_or(u64::MAX));
    }
    // One market is written, whoever has positions in it.
    outcome.accounts = 0;
    Ok(outcome)
}

/// Every bankrupt's position, as it was, against the queue in its order at its bankruptcy price: who is closed pays what the
/// bankrupt owes, by the lot.
fn matched(scene: &Scene, queue: &[Holder]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut parts = queue.iter().map(|holder| (*holder, 0u64, 0u64)).collect::<Vec<_>>();
    let mut next = 0;
    for bankrupt in &scene.bankrupts {
        let (mut lots, mut owed) = (bankrupt.lots, bankrupt.deficit);
        while let (true, Some((holder, closed, paid))) = (lots > 0, parts.get_mut(next)) {
            let part = lots.min(holder.lots.unsigned_abs() - *closed);
            let pays = u64::try_from(u128::from(owed) * u128::from(part) / u128::from(lots)).unwrap_or(owed);
            (*closed, *paid) = (*closed + part, *paid + pays);
            (lots, owed) = (lots - part, owed - pays);
            if *closed == holder.lots.unsigned_abs() {
                next += 1;
            }
        }
        outcome.pool += owed;
    }
    for (holder, closed, paid) in parts {
        outcome.closed += closed;
        outcome.count(&holder, closed, paid);
    }
    outcome
}

/// Whole positions in the queue's order, at the mark, until enough is closed.
fn whole(scene: &Scene, queue: &[Holder]) -> Outcome {
    let mut outcome = Outcome { pool: deficits(scene), ..Outcome::default() };
    for holder in queue {
        if outcome.closed >= scene.needed {
            break;
        }
        outcome.closed += holder.lots.unsigned_abs();
        outcome.count(holder, holder.lots.unsigned_abs(), 0);
    }
    outcome
}

/// What bankrupts owe is taken from all profit there is, by one part.
fn haircut(scene: &Scene) -> Outcome {
    let profits: u64 = scene.holders.iter().map(|holder| holder.claim.max(0).unsigned_abs()).sum();
    let owed = deficits(scene).min(profits);
    let mut outcome = Outcome::default();
    for holder in scene.holders.iter().filter(|holder| holder.claim > 0) {
        let taken = u128::from(holder.claim.unsigned_abs()) * u128::from(owed) / u128::from(profits.max(1));
        outcome.count(holder, 0, u64::try_from(taken).unwrap_or(u64::MAX));
    }
    // An index says how much: nobody's account is written.
    outcome.accounts = 0;
    outcome
}

/// What bankrupts owe beyond all they had.
pub(super) fn deficits(scene: &Scene) -> u64 {
    scene.bankrupts.iter().map(|bankrupt| bankrupt.deficit).sum()
}

impl Outcome {
    /// Counts what became of an account.
    fn count(&mut self, holder: &Holder, closed: u64, taken: u64) {
        self.taken += taken;
        self.accounts += usize::from(closed > 0 || taken > 0);
        let lots = holder.lots.unsigned_abs();
        self.whole += usize::from(closed > 0 && closed == lots);
        self.part = self.part.max((closed * 1_000).checked_div(lots).unwrap_or(0));
        let part = u128::from(taken) * 1_000_000 / u128::from(holder.equity.max(1));
        self.worst = self.worst.max(u64::try_from(part).unwrap_or(u64::MAX));
        let opened = holder.exposure(closed).saturating_sub(holder.exposure(0));
        self.hedges += usize::from(opened > 0);
        self.unhedged += opened;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A short of a unit from so many dollars, at 100, with so many dollars besides its profit.
    fn short(entry: u64, dollars: i64) -> Holder {
        let claim = (i64::try_from(entry).unwrap() - 100) * 1_000_000;
        let equity = (claim + dollars * 1_000_000).unsigned_abs();
        Holder { who: 0, lots: -1_000_000, spot: 0, claim, equity, seen: equity, entry: entry * 1_000_000 }
    }

    /// A lot is worth 100 atoms.
    const MARK: u64 = 100 << VALUE_BITS;

    #[test]
    fn rankings_as_venues_document_them() {
        // From 150: mark/entry the other way round is 3/2, notional over value 100/100.
        assert_eq!(short(150, 50).hyperliquid(), 3 << 31);
        // A third of profit, at an effective leverage of one: 100 of notional over 100 that are left to bankruptcy.
        assert_eq!(short(150, 50).binance(MARK), i128::from((1u64 << 32) / 3) << 16);
        // A loss counts the less the more leverage there is: −1/9 by 100/40.
        assert_eq!(short(90, 50).binance(MARK), -(((1i128 << 32) / 9) << 32) / ((100 << 16) / 40));
        // More leverage comes first at one entry, more profit at one leverage.
        assert!(short(150, 10).hyperliquid() > short(150, 50).hyperliquid());
        assert!(short(150, 10).binance(MARK) > short(150, 50).binance(MARK));
        assert!(short(150, 50).binance(MARK) > short(120, 80).binance(MARK));
        // Nothing to lose is the first of all.
        assert!(short(90, 10).hyperliquid() > short(150, 1).hyperliquid());
    }

    #[test]
    fn an_exposure_grows_where_a_hedge_is_closed_and_not_where_a_bet_is() {
        let hedger = Holder { spot: 1_000_000, ..short(150, 50) };
        let part = Holder { spot: 300_000, ..hedger };
        let mut outcome = Outcome::default();
        outcome.count(&hedger, 250_000, 0);
        outcome.count(&short(150, 50), 250_000, 0);
        // 700,000 short of what is owned, then 200,000 long of it.
        outcome.count(&part, 900_000, 0);
        assert_eq!((outcome.hedges, outcome.unhedged, outcome.whole, outcome.part), (1, 250_000, 0, 900));
    }
}
