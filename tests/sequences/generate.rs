//! Random steps: small scenes in which much succeeds, with nonsense in between.

use ballast_client::view;
use ballast_risk::health::Health;

use crate::play::{Coverage, Play, Stop};
use crate::stage::{owner_of, OWNERS, SLOTS, TWO_SOURCES};
use crate::step::{by, Do, OfBank, OfFeed, OfRules, ADMIN};

/// Numbers that are the same every time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        // Neighbouring seeds begin alike.
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn small(&mut self, end: u32) -> u32 {
        u32::try_from(self.below(end.into())).unwrap_or(0)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0)).copied()
    }
}

/// Random steps on a play.
pub(crate) struct Life<'a> {
    pub(crate) dice: Dice,
    pub(crate) play: Play,
    pub(crate) coverage: &'a mut Coverage,
}

/// What a scene comes to.
type Scene = Result<(), Stop>;

impl Life<'_> {
    /// Lenders bring something to every bank, and banks get insurance.
    pub(crate) fn begin(&mut self) -> Scene {
        for bank in 0..self.bank_count() {
            let atoms = self.worth(bank, 200_000);
            self.act(0, Do::Deposit { slot: 0, bank, atoms })?;
            let atoms = self.worth(bank, 500);
            self.act(0, Do::Insure { bank, atoms })?;
            let atoms = self.worth(bank, 20_000);
            for taker in [1, 2] {
                self.act(taker, Do::Deposit { slot: taker, bank, atoms })?;
            }
        }
        Ok(())
    }

    /// One scene.
    pub(crate) fn scene(&mut self) -> Scene {
        match self.dice.below(100) {
            0..=19 => self.lend(),
            20..=41 => self.lever(),
            42..=49 => self.take_over(),
            50..=57 => self.walk(),
            58..=70 => self.crash(),
            71..=74 => self.ruin(),
            75..=78 => self.wait(),
            79..=82 => self.wind_down(),
            83..=89 => self.administer(),
            90..=92 => {
                self.fund()?;
                self.fund()
            }
            93..=94 => self.open_or_close(),
            95 => self.halt(),
            _ => self.nonsense(),
        }
    }

    fn act(&mut self, who: u8, does: Do) -> Scene {
        self.try_to(who, does).map(|_| ())
    }

    /// True if it was not refused.
    fn try_to(&mut self, who: u8, does: Do) -> Result<bool, Stop> {
        self.play.step(by(who, does), self.coverage)
    }

    fn bank_count(&self) -> u16 {
        u16::try_from(self.play.stage.state.banks.len()).unwrap_or(0)
    }

    fn bank(&mut self) -> u16 {
        let count = self.bank_count();
        u16::try_from(self.dice.below(count.into())).unwrap_or(0)
    }

    fn row(&mut self) -> u8 {
        u8::try_from(self.dice.below(self.play.stage.state.feeds.len() as u64)).unwrap_or(0)
    }

    /// An account from `first` on, an open one if the dice are not against it.
    fn slot_from(&mut self, first: u8) -> u8 {
        let open = |slot: &u8| self.play.stage.state.account(*slot).is_some();
        let open: Vec<u8> = (first..SLOTS).filter(open).collect();
        let any = first + u8::try_from(self.dice.below((SLOTS - first).into())).unwrap_or(0);
        if self.dice.one_in(50) {
            return any;
        }
        self.dice.pick(&open).unwrap_or(any)
    }

    fn slot(&mut self) -> u8 {
        self.slot_from(0)
    }

    fn borrower(&mut self) -> u8 {
        self.slot_from(3)
    }

    fn market_price(&self, row: u8) -> i64 {
        let markets = &self.play.stage.world.markets;
        markets.iter().find(|market| market.row == row).map_or(1, |market| market.price)
    }

    /// So many dollars in atoms, at the published price.
    fn worth(&self, bank: u16, dollars: u64) -> u64 {
        let market = &self.play.stage.world.markets[usize::from(bank)];
        let scale = 10u128.pow(u32::from(market.decimals) + 8);
        let atoms = u128::from(dollars) * scale / u128::from(market.price.unsigned_abs().max(1));
        u64::try_from(atoms).unwrap_or(u64::MAX).min(u64::MAX / 8)
    }

    fn health(&self, slot: u8) -> Option<Health> {
        let state = &self.play.stage.state;
        let banks: view::Banks = (0u16..).zip(state.banks.iter().copied()).collect();
        view::maintenance(state.account(slot)?, &state.board, &banks, state.now).ok()
    }

    /// Equity at mid, whole dollars.
    fn equity(&self, slot: u8) -> u64 {
        self.health(slot).and_then(|health| health.equity().ok()).map_or(0, |equity| equity.max(0).unsigned_abs() >> 20)
    }

    /// Banks in which an account has a loan, or a deposit.
    fn balances(&self, slot: u8, loans: bool) -> Vec<u16> {
        let account = self.play.stage.state.account(slot);
        let balances = account.into_iter().flat_map(ballast_state::MarginAccount::active);
        balances.filter(|balance| balance.is_loan() == loans).map(|balance| balance.bank).collect()
    }

    /// A pair the account has, or now and then any.
    fn pair(&mut self, slot: u8) -> (u16, u16) {
        let mut choose = |loans: bool| {
            let any = self.bank();
            let own = self.balances(slot, loans);
            let own = self.dice.pick(&own).unwrap_or(any);
            if self.dice.one_in(20) {
                any
            } else {
                own
            }
        };
        (choose(true), choose(false))
    }

    fn print(&mut self, row: u8, price: i64) -> Scene {
        let state = &self.play.stage.state;
        if state.now.ts <= state.feeds[usize::from(row)].accepted_ts && !self.dice.one_in(20) {
            self.act(0, Do::Wait { seconds: 1 })?;
        }
        let confidence = self.dice.pick(&[0, 1, 5, 20, 50, 150]).unwrap_or(5);
        let age = if self.dice.one_in(20) { 3 } else { 0 };
        if row != TWO_SOURCES || !self.dice.one_in(12) {
            self.act(0, Do::Print { row, source: 0, price, confidence, age })?;
        }
        if row == TWO_SOURCES && !self.dice.one_in(6) {
            // Mostly they agree.
            let apart = self.dice.pick(&[0, 0, 2, 5, 10, 40]).unwrap_or(0);
            let price =
                if self.dice.one_in(2) { price / 1_000 * (1_000 + apart) } else { price / 1_000 * (1_000 - apart) };
            self.act(0, Do::Print { row, source: 1, price, confidence, age })?;
        }
        Ok(())
    }

    /// Time passes, and what is older than a few seconds then is printed again.
    fn freshen(&mut self, seconds: u32) -> Scene {
        self.act(0, Do::Wait { seconds })?;
        let state = &self.play.stage.state;
        let pending = |feed: &ballast_state::PriceFeed| feed.pending.price != 0;
        let old = |feed: &&ballast_state::PriceFeed| pending(feed) || state.now.seconds_since(feed.accepted_ts) > 9;
        let rows: Vec<u8> = state.feeds.iter().filter(old).map(|feed| feed.row).collect();
        for row in rows {
            let price = self.market_price(row);
            self.print(row, price)?;
        }
        Ok(())
    }

    fn some_atoms(&mut self, bank: u16) -> u64 {
        match self.dice.below(12) {
            0 => self.dice.below(3),
            1 => u64::MAX / 16 - self.dice.below(2),
            2 => {
                let dollars = 100_000 + self.dice.below(5_000_000);
                self.worth(bank, dollars)
            }
            _ => {
                let dollars = 1 + self.dice.below(4_000);
                self.worth(bank, dollars) + self.dice.below(1_000)
            }
        }
    }

    /// Deposits, withdrawals, loans and repayments of any size.
    fn lend(&mut self) -> Scene {
        let (slot, bank) = (self.slot(), self.bank());
        let owner = owner_of(slot);
        let (owed, held) = self.pair(slot);
        let atoms = self.some_atoms(bank);
        match self.dice.below(12) {
            0..=3 => self.act(owner, Do::Deposit { slot, bank, atoms }),
            4..=6 => {
                let atoms = if self.dice.one_in(4) { None } else { Some(self.some_atoms(held)) };
                self.act(owner, Do::Withdraw { slot, bank: held, atoms })
            }
            7 | 8 => self.act(owner, Do::Borrow { slot, bank, atoms }),
            _ => {
                let atoms = if self.dice.one_in(4) { None } else { Some(self.some_atoms(owed)) };
                // Anybody may repay for anybody.
                let payer =
                    if self.dice.one_in(4) { u8::try_from(self.dice.below(OWNERS.into())).unwrap_or(0) } else { owner };
                self.act(payer, Do::Repay { slot, bank: owed, atoms })
            }
        }
    }

    /// A borrower comes to its limit.
    fn lever(&mut self) -> Scene {
        let slot = self.borrower();
        let owner = owner_of(slot);
        let (_, collateral) = self.pair(slot);
        let dollars = if self.dice.one_in(6) { 20 + self.dice.below(60) } else { 1_000 + self.dice.below(20_000) };
        let atoms = self.worth(collateral, dollars) + self.dice.below(100);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms })?;
        self.freshen(1)?;
        let (loan, _) = self.pair(slot);
        if loan == collateral {
            return Ok(());
        }
        self.borrow_most(slot, loan)?;
        if self.dice.one_in(3) {
            let dollars = 1 + self.dice.below(200);
            let atoms = Some(self.worth(collateral, dollars));
            self.act(owner, Do::Withdraw { slot, bank: collateral, atoms })?;
        }
        if self.dice.one_in(3) {
            self.policy(slot)?;
        }
        Ok(())
    }

    /// Borrows as much as the account can bear, nearly.
    fn borrow_most(&mut self, slot: u8, loan: u16) -> Scene {
        let dollars = 6 * self.equity(slot).min(30_000);
        let mut atoms = self.worth(loan, dollars) + self.dice.below(100);
        let mut done = 0;
        for _ in 0..10 {
            if self.try_to(owner_of(slot), Do::Borrow { slot, bank: loan, atoms })? {
                done += 1;
                if done == 2 {
                    break;
                }
            }
            atoms = atoms / 16 * 9;
        }
        Ok(())
    }

    /// An account owes in two banks when its one collateral loses most of its worth: the first loan goes with it, the second is
    /// written off on its own.
    fn ruin(&mut self) -> Scene {
        let slot = self.borrower();
        let owner = owner_of(slot);
        if !self.balances(slot, true).is_empty() {
            return self.keep(slot);
        }
        for bank in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank, atoms: None })?;
        }
        let collateral = 1 + u16::try_from(self.dice.below(4)).unwrap_or(0);
        self.freshen(1)?;
        let dollars = 2_000 + self.dice.below(20_000);
        let atoms = self.worth(collateral, dollars);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms })?;
        self.freshen(1)?;
        let banks: Vec<u16> = (0..self.bank_count()).filter(|bank| *bank != collateral).collect();
        let (Some(first), Some(second)) = (self.dice.pick(&banks), self.dice.pick(&banks)) else { return Ok(()) };
        let share = 50 + self.dice.below(dollars / 4);
        let atoms = self.worth(second, share);
        self.act(owner, Do::Borrow { slot, bank: second, atoms })?;
        self.borrow_most(slot, first)?;
        let row = self.play.stage.state.banks[usize::from(collateral)].feed;
        let price = self.market_price(row) / 100 * (15 + i64::try_from(self.dice.below(40)).unwrap_or(0));
        self.freshen(11)?;
        self.print(row, price)?;
        self.freshen(11)?;
        for _ in 0..2 {
            let taker = 1 + u8::from(self.dice.one_in(2));
            let most = if self.dice.one_in(4) { self.most(first) } else { u64::MAX };
            self.act(taker, Do::Liquidate { taker, from: slot, loan: first, collateral, most })?;
        }
        if self.dice.one_in(4) {
            // Dust that somebody leaves must not stop it.
            self.act(owner, Do::Deposit { slot, bank: collateral, atoms: 1_000 })?;
        }
        for bank in self.balances(slot, true) {
            self.act(1, Do::Resolve { slot, bank })?;
        }
        self.back(row)
    }

    /// A price goes back to where it began: a jump, confirmed.
    fn back(&mut self, row: u8) -> Scene {
        let first = self.play.stage.first_prices[usize::from(row)];
        self.print(row, first)?;
        self.freshen(11)
    }

    /// A new bank lends all it has against a collateral that loses everything: its lenders are left with nothing.
    fn wipe_out(&mut self, bank: u16) -> Scene {
        let slot = self.borrower();
        let owner = owner_of(slot);
        let atoms = self.worth(bank, 1_000);
        self.act(1, Do::Deposit { slot: 1, bank, atoms })?;
        self.act(ADMIN, Do::ConfigureBank { bank, sets: OfBank::MaxUtilisation(10_000) })?;
        for held in self.balances(slot, true) {
            self.act(owner, Do::Repay { slot, bank: held, atoms: None })?;
        }
        for held in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank: held, atoms: None })?;
        }
        let row = self.play.stage.state.banks[usize::from(bank)].feed;
        let Some(collateral) = self.dice.pick(&[1, 2, 4]).filter(|collateral| *collateral != u16::from(row)) else {
            return Ok(());
        };
        let dollars = 10_000;
        let amount = self.worth(collateral, dollars);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms: amount })?;
        self.freshen(1)?;
        self.act(owner, Do::Borrow { slot, bank, atoms })?;
        // Interest: what is owed in the end is more than what lenders brought.
        self.act(0, Do::Wait { seconds: 2_592_000 })?;
        let fallen = self.play.stage.state.banks[usize::from(collateral)].feed;
        let price = self.market_price(fallen) / 1_000_000;
        self.freshen(11)?;
        self.print(fallen, price.max(1))?;
        self.freshen(11)?;
        self.freshen(121)?;
        for _ in 0..2 {
            self.act(2, Do::Liquidate { taker: 2, from: slot, loan: bank, collateral, most: u64::MAX })?;
        }
        self.back(fallen)
    }

    fn policy(&mut self, slot: u8) -> Scene {
        let floor = 10_050 + self.dice.small(6_000);
        let width = 500 + self.dice.small(2_000);
        let dollars = self.dice.pick(&[50, 1_000, 100_000]).unwrap_or(0);
        self.act(owner_of(slot), Do::SetPolicy { slot, floor, width, dollars })
    }

    fn most(&mut self, bank: u16) -> u64 {
        match self.dice.below(8) {
            0 => self.dice.below(3),
            1..=3 => {
                let dollars = 1 + self.dice.below(3_000);
                self.worth(bank, dollars)
            }
            _ => u64::MAX,
        }
    }

    /// A keeper looks at an account and takes what it may.
    fn take_over(&mut self) -> Scene {
        let from = self.borrower();
        self.keep(from)
    }

    fn keep(&mut self, from: u8) -> Scene {
        let (loan, collateral) = self.pair(from);
        let most = self.most(loan);
        // Mostly one of those with means; now and then one who can hardly bear it.
        let taker = if self.dice.one_in(5) { self.borrower() } else { 1 + u8::from(self.dice.one_in(2)) };
        let by = owner_of(taker);
        let negative = self.health(from).is_some_and(|health| health.is_negative());
        if self.dice.one_in(8) {
            self.act(by, Do::Mark { slot: from })?;
        }
        if negative || self.dice.one_in(10) {
            self.act(by, Do::Liquidate { taker, from, loan, collateral, most })?;
        }
        if !negative || self.dice.one_in(6) {
            let wind_down = self.dice.one_in(5);
            self.act(by, Do::Deleverage { taker, from, loan, collateral, most, wind_down })?;
        }
        let equity = self.health(from).and_then(|health| health.equity().ok()).unwrap_or(0);
        if (equity < 0 && self.dice.one_in(2)) || self.dice.one_in(40) {
            let (bank, _) = self.pair(from);
            self.act(by, Do::Resolve { slot: from, bank })?;
        }
        Ok(())
    }

    /// Keepers look at everybody who owes something, twice at those in need.
    fn patrol(&mut self) -> Scene {
        for from in 3..SLOTS {
            let owes = !self.balances(from, true).is_empty();
            let needy = |life: &Self| life.health(from).is_some_and(|health| health.is_negative());
            if owes && (needy(self) || self.dice.one_in(3)) {
                self.keep(from)?;
            }
            if owes && needy(self) {
                self.keep(from)?;
            }
        }
        Ok(())
    }

    /// Prices move by up to a few percent, with little time between.
    fn walk(&mut self) -> Scene {
        for _ in 0..1 + self.dice.below(4) {
            let seconds = 1 + self.dice.small(12);
            self.act(0, Do::Wait { seconds })?;
            let row = self.row();
            let moved = self.market_price(row) / 1_000 * (970 + i64::try_from(self.dice.below(61)).unwrap_or(30));
            self.print(row, moved)?;
            if self.dice.one_in(2) {
                self.take_over()?;
            }
        }
        Ok(())
    }

    /// A market falls or rises by 5 to 75 %; mostly a second print confirms it, and keepers look at everybody.
    fn crash(&mut self) -> Scene {
        let row = if self.dice.one_in(12) { 0 } else { 1 + u8::try_from(self.dice.below(4)).unwrap_or(0) };
        let first = self.play.stage.first_prices[usize::from(row)];
        let old = self.market_price(row);
        // Towards where it began, so that nothing drifts away.
        let falls = i128::from(old) * 100 > i128::from(first) * 80;
        let most = if self.dice.one_in(4) { 650 } else { 250 };
        let part = i64::try_from(100 + self.dice.below(most)).unwrap_or(100);
        let price = if falls { old / 1_000 * (1_000 - part) } else { old / (1_000 - part) * 1_000 };
        self.act(0, Do::Wait { seconds: 1 })?;
        self.print(row, price)?;
        if self.dice.one_in(6) {
            // A print that was wrong: the next ones do not follow it.
            self.act(0, Do::Wait { seconds: 3 })?;
            return self.print(row, old);
        }
        let wait = self.dice.pick(&[4, 10, 11, 11, 11]).unwrap_or(11);
        self.freshen(wait)?;
        if self.dice.one_in(4) {
            // Fresh no more when keepers come.
            self.act(0, Do::Wait { seconds: 61 })?;
            self.print(row, price)?;
        }
        self.patrol()
    }

    fn wait(&mut self) -> Scene {
        let seconds = self.dice.pick(&[1, 9, 30, 61, 301, 3_600, 86_400, 2_592_000]).unwrap_or(1);
        self.act(0, Do::Wait { seconds })?;
        if self.dice.one_in(2) {
            self.freshen(1)?;
        }
        Ok(())
    }

    /// No refresh for longer than a halt; then the market is elsewhere.
    fn halt(&mut self) -> Scene {
        let seconds = 301 + self.dice.small(1_000);
        self.act(0, Do::Wait { seconds })?;
        let row = 1 + u8::try_from(self.dice.below(4)).unwrap_or(0);
        let price = self.market_price(row) / 100 * (80 + i64::try_from(self.dice.below(25)).unwrap_or(0));
        self.print(row, price)?;
        self.freshen(11)?;
        self.patrol()?;
        self.freshen(121)?;
        self.patrol()
    }

    /// A bank winds down, past its notice, for some hours; then it is open again.
    fn wind_down(&mut self) -> Scene {
        let slot = self.borrower();
        let (loan, collateral) = self.pair(slot);
        let bank = if self.dice.one_in(2) { loan } else { collateral };
        self.act(ADMIN, Do::SetMode { bank, mode: 2 })?;
        let seconds = 604_800 + self.dice.small(700_000);
        self.act(0, Do::Wait { seconds })?;
        for _ in 0..3 {
            self.freshen(1_800)?;
            let most = self.most(loan);
            let taker = 1;
            self.act(1, Do::Deleverage { taker, from: slot, loan, collateral, most, wind_down: true })?;
        }
        self.act(ADMIN, Do::SetMode { bank, mode: 0 })
    }

    /// Somebody gives, somebody collects.
    fn fund(&mut self) -> Scene {
        let bank = self.bank();
        let dollars = 1 + self.dice.below(300);
        let atoms = self.worth(bank, dollars);
        let who = u8::try_from(self.dice.below(OWNERS.into())).unwrap_or(0);
        match self.dice.below(3) {
            0 => self.act(who, Do::Donate { bank, atoms }),
            1 => self.act(who, Do::Insure { bank, atoms }),
            _ => self.act(who, Do::CollectFees { bank }),
        }
    }

    fn open_or_close(&mut self) -> Scene {
        let slot = OWNERS + u8::try_from(self.dice.below((SLOTS - OWNERS).into())).unwrap_or(0);
        let owner = owner_of(slot);
        if self.play.stage.state.account(slot).is_none() {
            return self.act(owner, Do::Open { slot });
        }
        for bank in self.balances(slot, true) {
            self.act(owner, Do::Repay { slot, bank, atoms: None })?;
        }
        for bank in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank, atoms: None })?;
        }
        self.act(owner, Do::Close { slot })
    }

    /// Administration changes something, mostly within bounds, and mostly back to what it was at listing.
    fn administer(&mut self) -> Scene {
        // Settings of a bank want a price.
        self.freshen(1)?;
        let (bank, row) = (self.bank(), self.row());
        match self.dice.below(12) {
            0 => {
                let seconds = self.dice.small(120);
                self.act(ADMIN, Do::PauseBank { bank, seconds })?;
                let dollars = 1 + self.dice.below(100);
                let atoms = Some(self.worth(bank, dollars));
                self.act(0, Do::Withdraw { slot: 0, bank, atoms })?;
                let borrower = self.borrower();
                self.borrow_most(borrower, bank)?;
                self.lend()
            }
            1 => {
                let seconds = self.dice.small(60);
                self.act(ADMIN, Do::PauseRisk { seconds })?;
                self.lever()
            }
            2 => {
                let mode = u8::try_from(self.dice.below(4)).unwrap_or(0);
                self.act(ADMIN, Do::SetMode { bank, mode })?;
                self.lend()?;
                self.act(ADMIN, Do::SetMode { bank, mode: 0 })
            }
            3..=6 => {
                let sets = self.of_bank(bank);
                self.act(ADMIN, Do::ConfigureBank { bank, sets })?;
                self.lend()?;
                self.lever()?;
                self.restore(bank)
            }
            7 | 8 => {
                let sets = self.of_feed();
                self.act(ADMIN, Do::ConfigureFeed { row, sets })
            }
            9 => {
                let sets = match self.dice.below(5) {
                    0 => OfRules::Target(10_000 + self.dice.small(2_000)),
                    1 => OfRules::Dust(self.dice.below(40)),
                    2 => OfRules::CoolOff(self.dice.small(62)),
                    3 => OfRules::InsuranceShare(self.dice.small(9_100)),
                    _ => OfRules::DeleverageInterval(50 + self.dice.small(600)),
                };
                self.act(ADMIN, Do::ConfigureRules { sets })
            }
            10 => {
                let kappa = self.dice.small(5_000);
                self.act(ADMIN, Do::ConfigureClass { class: 1, kappa })
            }
            _ if self.bank_count() < 9 => {
                let decimals = u8::try_from(self.dice.below(14)).unwrap_or(6);
                self.act(ADMIN, Do::AddBank { row, decimals })?;
                let bank = self.bank_count() - 1;
                if self.dice.one_in(2) {
                    return self.wipe_out(bank);
                }
                let atoms = self.worth(bank, 50_000);
                self.act(1, Do::Deposit { slot: 1, bank, atoms })
            }
            _ => Ok(()),
        }
    }

    fn of_bank(&mut self, bank: u16) -> OfBank {
        let state = &self.play.stage.state.banks[usize::from(bank)];
        let index = ballast_math::Index::from_words;
        let claims = index(state.asset_index).amount_down(state.asset_shares).unwrap_or(0);
        let debts = index(state.liability_index).amount_up(state.liability_shares).unwrap_or(0);
        let dollars = self.dice.below(5_000);
        let near = self.worth(bank, dollars);
        match self.dice.below(9) {
            0 => OfBank::DepositCap(claims.saturating_add(near)),
            1 => OfBank::BorrowCap(debts.saturating_add(near)),
            2 => OfBank::MaxUtilisation(self.dice.small(10_500)),
            3 => OfBank::HourlyLimit(near),
            4 => OfBank::DailyLimit(near.saturating_mul(2)),
            5 => OfBank::InterestFee(self.dice.small(6_000)),
            6 => OfBank::Borrowable(self.dice.one_in(2)),
            7 => OfBank::Collateral(self.dice.one_in(2)),
            _ => {
                let mut corner = || (self.dice.small(10_000), self.dice.small(20_000));
                let ((at, rate), (_, least), (_, most)) = (corner(), corner(), corner());
                let end = self.dice.pick(&[10_000, 10_000, 10_000, 9_000]).unwrap_or(10_000);
                OfBank::Curve([
                    (0, least.min(rate)),
                    (at, rate),
                    (end, if self.dice.one_in(4) { most } else { most.max(rate) }),
                ])
            }
        }
    }

    /// The bank's settings of listing, one by one.
    fn restore(&mut self, bank: u16) -> Scene {
        let listed = self.play.stage.listed_banks[usize::from(bank)].clone();
        let now = self.play.stage.state.banks[usize::from(bank)];
        let sets = [
            (now.deposit_cap != listed.deposit_cap, OfBank::DepositCap(listed.deposit_cap)),
            (now.borrow_cap != listed.borrow_cap, OfBank::BorrowCap(listed.borrow_cap)),
            (now.max_utilisation != listed.max_utilisation, OfBank::MaxUtilisation(9_500)),
            (now.hourly.limit != listed.hourly_limit, OfBank::HourlyLimit(listed.hourly_limit)),
            (now.daily.limit != listed.daily_limit, OfBank::DailyLimit(listed.daily_limit)),
            (now.borrowable == 0, OfBank::Borrowable(true)),
            (now.collateral == 0, OfBank::Collateral(true)),
        ];
        for (changed, sets) in sets {
            if changed && !self.dice.one_in(8) {
                self.act(ADMIN, Do::ConfigureBank { bank, sets })?;
            }
        }
        Ok(())
    }

    fn of_feed(&mut self) -> OfFeed {
        match self.dice.below(5) {
            0 => OfFeed::Sigma(self.dice.small(20_000)),
            1 | 2 => {
                let floor = 8_000 + self.dice.small(3_000);
                OfFeed::Rates { floor, cap: floor + self.dice.small(5_000) }
            }
            3 => OfFeed::Basis(self.dice.small(500)),
            _ => OfFeed::JumpMin(300 + self.dice.small(300)),
        }
    }

    /// What nobody should do: the wrong signer, nothing, too much, oneself, the other side.
    fn nonsense(&mut self) -> Scene {
        let (slot, other, bank) = (self.slot(), self.slot(), self.bank());
        let who = u8::try_from(self.dice.below(OWNERS.into())).unwrap_or(0);
        let (owed, held) = self.pair(slot);
        let atoms = self.some_atoms(held);
        let does = match self.dice.below(22) {
            0 | 1 => Do::Withdraw { slot, bank: held, atoms: Some(atoms) },
            2 => Do::Borrow { slot, bank, atoms },
            3 => Do::Deposit { slot, bank, atoms },
            4 => Do::Close { slot },
            5 => Do::Open { slot },
            6 => Do::SetPolicy { slot, floor: self.dice.small(50_000), width: self.dice.small(12_000), dollars: 1 },
            7 => Do::Liquidate { taker: other, from: slot, loan: owed, collateral: held, most: u64::MAX },
            8 => Do::Liquidate { taker: slot, from: slot, loan: owed, collateral: held, most: u64::MAX },
            9 => Do::Liquidate { taker: 1, from: slot, loan: bank, collateral: bank, most: u64::MAX },
            10 => Do::Deleverage {
                taker: other,
                from: slot,
                loan: owed,
                collateral: held,
                most: u64::MAX,
                wind_down: false,
            },
            11 => Do::Deleverage { taker: 1, from: slot, loan: held, collateral: owed, most: atoms, wind_down: true },
            12 => Do::Resolve { slot, bank: owed },
            13 => Do::SetMode { bank, mode: self.dice.pick(&[0, 1, 2, 3]).unwrap_or(0) },
            14 => Do::PauseBank { bank, seconds: self.dice.small(1_000_000) },
            15 => Do::PauseRisk { seconds: self.dice.small(1_000_000) },
            16 => Do::ConfigureBank { bank, sets: self.of_bank(bank) },
            17 => Do::ConfigureFeed { row: self.row(), sets: self.of_feed() },
            18 => Do::ConfigureRules { sets: OfRules::Dust(1) },
            19 => Do::ConfigureClass { class: 1, kappa: 9_999 },
            20 => Do::AddBank { row: self.row(), decimals: self.dice.pick(&[0, 6, 19, 30]).unwrap_or(0) },
            _ => {
                let row = self.row();
                let price = self.dice.pick(&[0, -1, 1, i64::MAX, self.market_price(row)]).unwrap_or(0);
                let age = self.dice.pick(&[0, 5, 61, 4_000]).unwrap_or(0);
                let (confidence, old) = (self.dice.small(1_000), self.market_price(row));
                let source = u8::from(self.dice.one_in(4));
                self.act(0, Do::Print { row, source, price, confidence, age })?;
                self.act(0, Do::Wait { seconds: 1 })?;
                return self.print(row, old);
            }
        };
        // Not the one whose it is, most of the time.
        let who = match self.dice.below(6) {
            0 => owner_of(slot),
            1 => ADMIN,
            _ => who,
        };
        self.act(who, does)
    }
}
