use ballast_math::{Decimals, MathResult, Price, Units, Usd};
use ballast_state::{Balance, Bank, MarginAccount, RiskBoard, BALANCES, PERPS, ROWS};

use crate::perp::rail;
use crate::{interest, Now, RiskError, RiskResult};

/// Most feeds an account can be exposed to: one per balance and perp position, and the quote of the perps.
pub const MAX_FEEDS: usize = BALANCES.saturating_add(PERPS).saturating_add(1);

/// What an account holds of one underlying, in whole tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Row on the board.
    pub feed: u8,
    /// Deposits accepted as collateral.
    pub deposits: Units,
    /// Loans.
    pub loans: Units,
    /// Long perp positions.
    pub perp_long: Units,
    /// Short perp positions.
    pub perp_short: Units,
}

/// A whole array of nothing: a constant is cleared in one piece, elements one by one.
const NOTHING: [Exposure; MAX_FEEDS] =
    [Exposure { feed: 0, deposits: Units::ZERO, loans: Units::ZERO, perp_long: Units::ZERO, perp_short: Units::ZERO };
        MAX_FEEDS];

/// No position that a deleverage spares.
const NOT_SHRUNK: [Shrunk; PERPS] = [Shrunk { feed: 0, is_long: false, units: Units::ZERO }; PERPS];

/// What a deleverage took from a position that it spares.
#[derive(Clone, Copy, Debug)]
struct Shrunk {
    feed: u8,
    is_long: bool,
    units: Units,
}

/// An account's perp position in one market, as health takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerpExposure {
    /// Row of the underlying.
    pub feed: u8,
    /// Long units.
    pub long: Units,
    /// Short units.
    pub short: Units,
    /// Unrealised profit at mid in quote tokens, already reduced to what backs it.
    pub profit: Units,
    /// Unrealised loss at mid in quote tokens.
    pub loss: Units,
    /// Of the profit, what counts at Initial as far as the account's rail lets it: all or, while the market releases none, nothing.
    pub released: Units,
    /// What a deleverage of the market took from the position's side while that spares the account (rules-perps 5).
    pub shrunk: Units,
    /// True if that was of a long: nothing may be left of it.
    pub is_shrunk_long: bool,
    /// Nothing but a registered claim of which nothing is due: it holds up no write-off.
    pub is_void: bool,
}

/// What an account's perps won and lost in quote tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims {
    pub(super) has_perps: bool,
    pub(super) quote: u8,
    pub(super) profit: Units,
    pub(super) loss: Units,
}

impl Claims {
    /// Those of an account without perps.
    pub(super) const NONE: Self = Self { has_perps: false, quote: 0, profit: Units::ZERO, loss: Units::ZERO };
}

/// An account's exposures, one per feed.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio {
    exposures: [Exposure; MAX_FEEDS],
    count: u8,
    /// By feed, the number of its exposure, counted from one. Zero: none.
    places: [u8; ROWS],
    has_perps: bool,
    /// True if one of the perps has a size, or a claim that may still be paid.
    pub(crate) has_live_perps: bool,
    /// Row of the quote token of perps.
    pub quote: u8,
    /// Unrealised perp profit in quote tokens.
    pub profit: Units,
    /// Unrealised perp loss in quote tokens.
    pub loss: Units,
    /// Of the profit, what counts at Initial, before the account's rail.
    released: Units,
    /// What the rail still lets out today; nothing: no rail.
    room: Option<Usd>,
    shrunk: [Shrunk; PERPS],
    shrunk_count: u8,
    /// Set aside for pending orders, part of the Initial requirement.
    pub reserved: Usd,
    /// True if there is a loan, a perp position or a pending order.
    pub has_liability: bool,
}

impl Portfolio {
    /// Nothing. `quote` is the row of the token perps settle in.
    #[must_use]
    pub fn new(quote: u8) -> Self {
        Self {
            exposures: NOTHING,
            count: 0,
            places: [0; ROWS],
            has_perps: false,
            has_live_perps: false,
            quote,
            profit: Units::ZERO,
            loss: Units::ZERO,
            released: Units::ZERO,
            room: None,
            shrunk: NOT_SHRUNK,
            shrunk_count: 0,
            reserved: Usd::ZERO,
            has_liability: false,
        }
    }

    /// The exposures of an account whose banks are given by `bank(index)`, projected to `now`.
    ///
    /// # Errors
    /// `BankMismatch` if a bank is missing; arithmetic.
    pub fn of_account<'a>(
        account: &MarginAccount,
        perps: &[PerpExposure],
        quote: u8,
        now: Now,
        mut bank: impl FnMut(u16) -> Option<&'a Bank>,
    ) -> RiskResult<Self> {
        let mut portfolio = Self::new(quote);
        for balance in account.active() {
            portfolio.add_balance(balance, bank(balance.bank).ok_or(RiskError::BankMismatch)?, now)?;
        }
        for perp in perps {
            portfolio.add_perp(perp)?;
        }
        portfolio.add_rules(account, now);
        Ok(portfolio)
    }

    /// Adds what the account's pending orders set aside, and what its rail lets out.
    #[inline]
    pub fn add_rules(&mut self, account: &MarginAccount, now: Now) {
        if account.perp_count > 0 {
            self.room = Some(rail::room(account, now));
        }
        if account.order_count > 0 {
            self.reserved = Usd(account.order_requirement);
            self.has_liability = true;
        }
    }

    /// Adds a balance, its bank's indices projected to `now`.
    ///
    /// # Errors
    /// `BankMismatch` if the bank is not the balance's; arithmetic.
    #[inline]
    pub fn add_balance(&mut self, balance: &Balance, bank: &Bank, now: Now) -> RiskResult<()> {
        if balance.bank != bank.index || balance.feed != bank.feed {
            return Err(RiskError::BankMismatch);
        }
        let is_loan = balance.is_loan();
        if !is_loan && bank.collateral == 0 {
            return Ok(());
        }
        let index = interest::project_one(bank, is_loan, now)?;
        if is_loan {
            let units = decimals(bank).units_up(index.amount_up(balance.shares)?)?;
            self.has_liability = true;
            let exposure = self.entry(balance.feed)?;
            exposure.loans = exposure.loans.add(units)?;
        } else {
            let units = decimals(bank).units_down(index.amount_down(balance.shares)?)?;
            let exposure = self.entry(balance.feed)?;
            exposure.deposits = exposure.deposits.add(units)?;
        }
        Ok(())
    }

    /// Adds a perp position.
    ///
    /// # Errors
    /// As [`Portfolio::entry`]; arithmetic.
    pub fn add_perp(&mut self, perp: &PerpExposure) -> RiskResult<()> {
        let exposure = self.entry(perp.feed)?;
        exposure.perp_long = exposure.perp_long.add(perp.long)?;
        exposure.perp_short = exposure.perp_short.add(perp.short)?;
        self.profit = self.profit.add(perp.profit)?;
        self.loss = self.loss.add(perp.loss)?;
        self.released = self.released.add(perp.released)?;
        if perp.shrunk != Units::ZERO {
            let slot = self.shrunk.get_mut(usize::from(self.shrunk_count)).ok_or(RiskError::TooManyPositions)?;
            *slot = Shrunk { feed: perp.feed, is_long: perp.is_shrunk_long, units: perp.shrunk };
            self.shrunk_count = self.shrunk_count.saturating_add(1);
        }
        self.has_liability = true;
        self.has_perps = true;
        self.has_live_perps |= !perp.is_void;
        // The claim is settled in the quote token, which may not be held yet.
        let quote = self.quote;
        self.entry(quote)?;
        Ok(())
    }

    /// True if there is a perp position.
    #[inline]
    #[must_use]
    pub fn has_perps(&self) -> bool {
        self.has_perps
    }

    /// True while a deleverage of a market spares the account.
    #[inline]
    #[must_use]
    pub fn is_spared(&self) -> bool {
        self.shrunk_count > 0
    }

    /// An exposure with the positions that shrank as they were before.
    ///
    /// # Errors
    /// Arithmetic.
    #[inline(never)]
    pub(super) fn before_shrinks(&self, exposure: &Exposure) -> MathResult<Exposure> {
        let mut before = *exposure;
        let shrunk = self.shrunk.iter().take(usize::from(self.shrunk_count));
        for shrunk in shrunk.filter(|shrunk| shrunk.feed == exposure.feed) {
            let side = if shrunk.is_long { &mut before.perp_long } else { &mut before.perp_short };
            *side = side.add(shrunk.units)?;
        }
        Ok(before)
    }

    /// What perps won and lost, and where it counts.
    #[inline]
    pub(super) fn claims(&self) -> Claims {
        Claims { has_perps: self.has_perps, quote: self.quote, profit: self.profit, loss: self.loss }
    }

    /// What of their profit counts at Initial: what can be taken now.
    ///
    /// # Errors
    /// `FeedNotListed`; arithmetic.
    #[inline]
    pub(crate) fn initial_profit(&self, board: &RiskBoard) -> RiskResult<Units> {
        let Some(room) = self.room.filter(|_| self.released != Units::ZERO) else { return Ok(self.released) };
        let quote = Price(board.row(self.quote).ok_or(RiskError::FeedNotListed)?.mid);
        // Mostly it holds nothing back, and no division is needed to know that.
        if quote.value_up(self.released)? <= room {
            return Ok(self.released);
        }
        Ok(quote.units_down(room)?.min(self.released))
    }

    /// All exposures, in no particular order.
    #[inline]
    #[must_use]
    pub fn exposures(&self) -> &[Exposure] {
        self.exposures.get(..usize::from(self.count)).unwrap_or(&self.exposures)
    }

    /// The exposure to a feed; nothing if there is none.
    #[must_use]
    pub fn exposure(&self, feed: u8) -> Exposure {
        let place = self.places.get(usize::from(feed)).and_then(|place| place.checked_sub(1));
        let found = place.and_then(|place| self.exposures.get(usize::from(place)));
        found.copied().unwrap_or(Exposure { feed, ..Exposure::default() })
    }

    /// The exposure to a feed, to be changed.
    ///
    /// # Errors
    /// `FeedNotListed` for a feed that no board has; `TooManyBalances` for more feeds than an account can have.
    #[inline]
    pub fn entry(&mut self, feed: u8) -> RiskResult<&mut Exposure> {
        let place = self.places.get_mut(usize::from(feed)).ok_or(RiskError::FeedNotListed)?;
        if let Some(slot) = place.checked_sub(1) {
            return self.exposures.get_mut(usize::from(slot)).ok_or(RiskError::TooManyBalances);
        }
        let exposure = self.exposures.get_mut(usize::from(self.count)).ok_or(RiskError::TooManyBalances)?;
        self.count = self.count.saturating_add(1);
        *place = self.count;
        exposure.feed = feed;
        Ok(exposure)
    }
}

/// The bank's conversion between atoms and whole tokens.
#[inline]
#[must_use]
pub fn decimals(bank: &Bank) -> Decimals {
    Decimals { reciprocal: bank.decimal_reciprocal, shift: bank.decimal_shift }
}
