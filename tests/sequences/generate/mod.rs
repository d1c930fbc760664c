//! Random steps: small scenes in which much succeeds, with nonsense in between.

mod administration;
mod delegates;
mod endings;
mod flash;
mod keepers;
mod lending;
mod liquidity;
mod markets;
mod nonsense;
mod perps;
mod roles;
mod staged;
mod timelock;

use ballast_risk::health::{self, Health};

use crate::dice::Dice;
use crate::play::{Coverage, Play, Stop};
use crate::stage::{opener_of, OWNERS, SLOTS};
use crate::step::{by, join, propose, Do, Step, ADMIN};

/// Random steps on a play.
pub(crate) struct Life<'a> {
    pub(crate) dice: Dice,
    pub(crate) play: Play,
    pub(crate) coverage: &'a mut Coverage,
}

/// What a scene comes to.
type Scene = Result<(), Stop>;

impl Life<'_> {
    /// Lenders bring something to every bank, one of them of a token whose transfers mostly cost a fee, and banks get insurance.
    pub(crate) fn begin(&mut self) -> Scene {
        let fee = self.dice.pick(&[0, 1, 30, 100, 2_000]).unwrap_or(0);
        let (row, decimals) = (self.row(), 6 + u8::try_from(self.dice.below(4)).unwrap_or(0));
        self.act(ADMIN, Do::AddBank { row, decimals, fee })?;
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
        self.found_pool()
    }

    /// One scene.
    pub(crate) fn scene(&mut self) -> Scene {
        match self.dice.below(129) {
            100 => self.govern(),
            101.. => self.perps(),
            0..=13 => self.lend(),
            14..=17 => self.flash(),
            18..=21 => self.delegate(),
            22..=41 => self.lever(),
            42..=49 => self.take_over(),
            50..=57 => self.walk(),
            58..=70 => self.crash(),
            71..=74 => self.ruin(),
            75..=78 => self.wait(),
            79..=82 => self.wind_down(),
            83..=87 => self.administer(),
            88..=90 => self.govern(),
            91..=92 => {
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

    /// True if it was not refused. Before an instruction that reads the health of an account, the markets of its positions are
    /// brought to the board's prices, mostly.
    fn try_to(&mut self, who: u8, does: Do) -> Result<bool, Stop> {
        for slot in does.reads() {
            if !self.dice.one_in(10) {
                self.sync_others(slot, u16::MAX)?;
            }
        }
        self.send(by(who, does))
    }

    /// True if it was not refused, nor any of those before it in one transaction.
    fn try_together(&mut self, steps: &[(u8, Do)]) -> Result<bool, Stop> {
        let Some(((last_by, last), first)) = steps.split_last() else { return Ok(false) };
        for (who, does) in first {
            self.send(join(*who, *does))?;
        }
        self.try_to(*last_by, *last)
    }

    fn propose(&mut self, who: u8, does: Do) -> Result<bool, Stop> {
        self.send(propose(who, does))
    }

    fn send(&mut self, step: Step) -> Result<bool, Stop> {
        self.play.step(step, self.coverage)
    }

    /// Who owns an account, or could open it.
    fn owner(&self, slot: u8) -> u8 {
        let state = &self.play.stage.state;
        if state.account(slot).is_some() {
            state.owner(slot)
        } else {
            opener_of(slot)
        }
    }

    fn anybody(&mut self) -> u8 {
        u8::try_from(self.dice.below(OWNERS.into())).unwrap_or(0)
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
        self.play.stage.market_of(row).map_or(1, |market| market.price)
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
        let market = |index| state.synced(index, state.now);
        let held = state.holdings(state.account(slot)?, state.now, |index| state.bank(index), market);
        health::assess_maintenance(&held.ok()?, &state.board, state.now).ok()
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
}
