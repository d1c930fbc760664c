//! Who paid whom, as the program's events tell it.

use std::collections::{BTreeMap, BTreeSet};

use ballast_client::ballast::events::{EpochStruck, OrderFilled, PerpLiquidated};
use ballast_client::ballast::types::LossShare;
use ballast_math::Index;
use ballast_risk::perp::{book, VALUE_BITS};
use ballast_state::{Bank, PerpMarket, PerpPosition, PerpSide};

use super::Shrink;

/// How [`OrderFilled`] says that an order ended since the pool lacked margin for the skew.
pub(super) const POOL_MARGIN: u8 = 7;

/// A side of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::demo) struct Side {
    pub(in crate::demo) market: u16,
    pub(in crate::demo) is_long: bool,
}

impl Side {
    /// The side of a number of lots.
    pub(super) fn of(market: u16, lots: i64) -> Self {
        Self { market, is_long: PerpSide::of(lots) == PerpSide::Long }
    }

    /// The side a position is on, whatever its size.
    pub(super) fn of_position(position: &PerpPosition) -> Option<Self> {
        let side = PerpSide::from_byte(position.side)?;
        Some(Self { market: position.market, is_long: side == PerpSide::Long })
    }
}

/// What positions of one side received and paid so far, atoms of the quote token.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::demo) struct Flows {
    /// Received of what they won, or below zero paid of what they lost: funding and premium included.
    pub(in crate::demo) settled: i128,
    /// Of it, premium paid; less what deleverages gave back.
    pub(in crate::demo) premium: i128,
    /// Fees of fills, to the pool.
    pub(in crate::demo) fees: i128,
    /// Paid to who filled orders.
    pub(in crate::demo) keepers: i128,
    /// Bonuses of liquidations, and of them what went to insurance.
    pub(in crate::demo) bonuses: i128,
    pub(in crate::demo) insured_bonuses: i128,
    /// Debts they left, and who paid them: insurance, the pool, lenders.
    pub(in crate::demo) unpaid: i128,
    pub(in crate::demo) insured: i128,
    pub(in crate::demo) pooled: i128,
    pub(in crate::demo) socialized: i128,
}

impl Flows {
    /// Adds others.
    pub(in crate::demo) fn add(&mut self, other: &Self) {
        for (sum, part) in [
            (&mut self.settled, other.settled),
            (&mut self.premium, other.premium),
            (&mut self.fees, other.fees),
            (&mut self.keepers, other.keepers),
            (&mut self.bonuses, other.bonuses),
            (&mut self.insured_bonuses, other.insured_bonuses),
            (&mut self.unpaid, other.unpaid),
            (&mut self.insured, other.insured),
            (&mut self.pooled, other.pooled),
            (&mut self.socialized, other.socialized),
        ] {
            *sum += part;
        }
    }
}

/// Orders of a market.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::demo) struct Fills {
    pub(in crate::demo) placed: u64,
    pub(in crate::demo) filled: u64,
    /// Ended without a fill: for health or a cap, void, or expired.
    pub(in crate::demo) ended: u64,
    /// Of these, because the pool lacked margin for the skew.
    pub(in crate::demo) refused: u64,
    /// Value at their prints, atoms.
    pub(in crate::demo) volume: u128,
    pub(in crate::demo) liquidations: u64,
    /// Value at the marks, atoms.
    pub(in crate::demo) liquidated: u128,
}

/// All of it.
#[derive(Debug, Default)]
pub(in crate::demo) struct Ledger {
    pub(in crate::demo) sides: BTreeMap<Side, Flows>,
    pub(in crate::demo) fills: BTreeMap<u16, Fills>,
    /// Debts written off after their positions were gone.
    pub(in crate::demo) later: Flows,
    /// What liquidity entered and left with, atoms.
    pub(in crate::demo) entered: i128,
    pub(in crate::demo) left: i128,
    pub(in crate::demo) epochs: u64,
    pub(in crate::demo) settlements: u64,
    pub(in crate::demo) syncs: u64,
    /// Every liquidation: when, of which side, and its value at the mark, atoms.
    pub(in crate::demo) liquidations: Vec<(i64, Side, u128)>,
    /// Deleverages of markets.
    pub(in crate::demo) shrinks: Vec<Shrink>,
    /// Members that only the grace kept from being liquidated, by the side and the begin of the series of deleverages.
    pub(in crate::demo) spared: BTreeMap<(Side, i64), BTreeSet<usize>>,
}

/// A profit that its closed position still waits for.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) struct Waiting {
    side: Side,
    pub(in crate::demo) atoms: i128,
}

impl Waiting {
    /// Of a position without size.
    pub(in crate::demo) fn of(position: &PerpPosition, market: &PerpMarket) -> Option<Self> {
        let side = Side::of_position(position).filter(|_| book::size(position, market) == Ok(0))?;
        Some(Self { side, atoms: book::claim(position, market).ok()? >> VALUE_BITS })
    }
}

impl Ledger {
    /// An order met its print; `fee` is what its keeper got. What `waits` of an earlier position moves to the side of the new one.
    pub(super) fn filled(&mut self, event: &OrderFilled, fee: u64, waits: Option<Waiting>) {
        let fills = self.fills.entry(event.market).or_default();
        let before = event.position.lots - event.lots;
        let held = if before == 0 { event.lots } else { before };
        let flows = self.sides.entry(Side::of(event.market, held)).or_default();
        flows.keepers += i128::from(fee);
        if event.outcome != 0 {
            fills.ended += 1;
            fills.refused += u64::from(event.outcome == POOL_MARGIN);
            return;
        }
        fills.filled += 1;
        fills.volume += value(event.lots, event.print);
        flows.settled += i128::from(event.paid);
        flows.premium += i128::from(event.premium);
        flows.fees += i128::from(event.fee);
        if let Some(Waiting { side, atoms }) = waits {
            flows.settled -= atoms;
            self.sides.entry(side).or_default().settled += atoms;
        }
    }

    /// A market was deleveraged: its larger side has premium back, in its claims.
    pub(super) fn deleveraged(&mut self, shrink: Shrink) {
        self.sides.entry(shrink.side).or_default().premium -= i128::from(shrink.told.returned);
        self.shrinks.push(shrink);
    }

    /// A position's claim was settled.
    pub(super) fn settled(&mut self, side: Side, paid: i64) {
        self.settlements += 1;
        self.sides.entry(side).or_default().settled += i128::from(paid);
    }

    /// A position was liquidated.
    pub(super) fn liquidated(&mut self, event: &PerpLiquidated, at: i64) {
        let fills = self.fills.entry(event.market).or_default();
        fills.liquidations += 1;
        fills.liquidated += value(event.lots, event.mark);
        // What closes a long sells.
        let side = Side::of(event.market, -event.lots);
        self.liquidations.push((at, side, value(event.lots, event.mark)));
        let flows = self.sides.entry(side).or_default();
        flows.settled += i128::from(event.paid);
        flows.premium += i128::from(event.premium);
        flows.bonuses += i128::from(event.bonus_paid);
        flows.insured_bonuses += i128::from(event.insurance);
        flows.unpaid += i128::from(event.loss.deficit);
        flows.insured += i128::from(event.loss.insured);
        flows.pooled += i128::from(event.loss.pooled);
        flows.socialized += i128::from(event.loss.socialized);
    }

    /// A debt that losses of perps opened was written off later.
    pub(in crate::demo) fn resolved(&mut self, loss: &LossShare) {
        let flows = &mut self.later;
        flows.unpaid += i128::from(loss.deficit);
        flows.insured += i128::from(loss.insured);
        flows.pooled += i128::from(loss.pooled);
        flows.socialized += i128::from(loss.socialized);
    }

    /// Liquidity entered and left at one price.
    pub(super) fn struck(&mut self, event: &EpochStruck, bank: &Bank) {
        let atoms = |shares: u64| {
            let index = Index::from_words(bank.asset_index).0;
            i128::try_from((index * u128::from(shares)) >> 64).unwrap_or(i128::MAX)
        };
        self.epochs += 1;
        self.entered += if event.minted > 0 { atoms(event.entering) } else { 0 };
        self.left += atoms(event.paid);
    }
}

/// Lots at a mark, atoms.
fn value(lots: i64, mark: u64) -> u128 {
    (u128::from(lots.unsigned_abs()) * u128::from(mark)) >> VALUE_BITS
}

#[cfg(test)]
mod tests {
    use ballast_client::ballast::types::{EventHeader, PositionPoint};
    use ballast_client::PROGRAM_ID;
    use ballast_state::Zeroable;

    use super::*;

    const LONG: Side = Side { market: 3, is_long: true };
    const SHORT: Side = Side { market: 3, is_long: false };

    /// A short of 10 lots that opens, for 7 atoms that the pool pays at once.
    fn opened_short() -> OrderFilled {
        OrderFilled {
            header: EventHeader { group: PROGRAM_ID, account: PROGRAM_ID, slot: 1, sequence: 1 },
            keeper: PROGRAM_ID,
            board_sequence: 1,
            market_sequence: 1,
            id: 1,
            market: 3,
            outcome: 0,
            lots: -10,
            position: PositionPoint { side: 2, lots: -10, base: [10, 0], offset: [0, 0] },
            price: 1 << VALUE_BITS,
            print: 1 << VALUE_BITS,
            premium: 0,
            paid: 7,
            fee: 1,
            keeper_fee: 2,
        }
    }

    #[test]
    fn what_waited_was_won_by_the_side_that_closed() {
        let mut ledger = Ledger::default();
        ledger.filled(&opened_short(), 2, Some(Waiting { side: LONG, atoms: 50 }));
        // Of 50 atoms that longs won 7 were paid; 43 are in the short's claim.
        assert_eq!((ledger.sides[&LONG].settled, ledger.sides[&SHORT].settled), (50, -43));
        ledger.filled(&opened_short(), 2, Some(Waiting { side: SHORT, atoms: 50 }));
        assert_eq!((ledger.sides[&LONG].settled, ledger.sides[&SHORT].settled), (50, -36));
        assert_eq!((ledger.sides[&SHORT].fees, ledger.sides[&SHORT].keepers), (2, 4));
    }

    #[test]
    fn orders_refused_for_the_pools_margin_are_counted() {
        let mut ledger = Ledger::default();
        for outcome in [POOL_MARGIN, 2] {
            ledger.filled(&OrderFilled { outcome, lots: 0, ..opened_short() }, 0, None);
        }
        let fills = ledger.fills[&3];
        assert_eq!((fills.filled, fills.ended, fills.refused), (0, 2, 1));
    }

    #[test]
    fn only_a_position_without_size_waits() {
        let mut market: PerpMarket = Zeroable::zeroed();
        market.long.position_index = book::INDEX_ONE;
        // It is owed 9 atoms: c is −9.
        let offset = ballast_math::signed_to_words(-9 << VALUE_BITS);
        let closed = PerpPosition { market: 3, side: 1, offset, ..PerpPosition::zeroed() };
        assert!(Waiting::of(&closed, &market).is_some_and(|one| (one.side, one.atoms) == (LONG, 9)));
        let held = PerpPosition { base: [4, 0], ..closed };
        assert!(Waiting::of(&held, &market).is_none());
        assert!(Waiting::of(&PerpPosition::zeroed(), &market).is_none());
    }
}
