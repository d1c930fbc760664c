//! Administration, and what comes to funds.

use super::{Life, Scene};
use crate::step::{Do, OfBank, OfFeed, OfRules};

impl Life<'_> {
    /// Somebody gives, somebody collects.
    pub(super) fn fund(&mut self) -> Scene {
        let bank = self.bank();
        let dollars = 1 + self.dice.below(300);
        let atoms = self.worth(bank, dollars);
        let who = self.anybody();
        match self.dice.below(3) {
            0 => self.act(who, Do::Donate { bank, atoms }),
            1 => self.act(who, Do::Insure { bank, atoms }),
            _ => self.act(who, Do::CollectFees { bank }),
        }
    }

    /// Administration changes something, mostly within bounds, and mostly back to what it was at listing.
    pub(super) fn administer(&mut self) -> Scene {
        // Settings of a bank want a price.
        self.freshen(1)?;
        let (bank, row) = (self.bank(), self.row());
        match self.dice.below(12) {
            0 => {
                let seconds = self.dice.small(120);
                let by = self.pauser();
                self.act(by, Do::PauseBank { bank, seconds })?;
                let dollars = 1 + self.dice.below(100);
                let (atoms, to) = (Some(self.worth(bank, dollars)), self.owner(0));
                self.act(to, Do::Withdraw { slot: 0, bank, atoms, to })?;
                let borrower = self.borrower();
                self.borrow_most(borrower, bank)?;
                self.lend()
            }
            1 => {
                let seconds = self.dice.small(60);
                let by = self.pauser();
                self.act(by, Do::PauseRisk { seconds })?;
                self.lever()
            }
            2 => {
                let mode = u8::try_from(self.dice.below(4)).unwrap_or(0);
                self.change(Do::SetMode { bank, mode })?;
                self.lend()?;
                self.change(Do::SetMode { bank, mode: 0 })
            }
            3..=6 => {
                let sets = self.of_bank(bank);
                self.change(Do::ConfigureBank { bank, sets })?;
                self.lend()?;
                self.lever()?;
                self.restore(bank)
            }
            7 | 8 => {
                let sets = self.of_feed();
                self.change(Do::ConfigureFeed { row, sets })
            }
            9 => {
                let sets = match self.dice.below(5) {
                    0 => OfRules::Target(10_000 + self.dice.small(2_000)),
                    1 => OfRules::Dust(self.dice.below(40)),
                    2 => OfRules::CoolOff(self.dice.small(62)),
                    3 => OfRules::InsuranceShare(self.dice.small(9_100)),
                    _ => OfRules::DeleverageInterval(50 + self.dice.small(600)),
                };
                self.change(Do::ConfigureRules { sets })
            }
            10 => {
                let kappa = self.dice.small(5_000);
                self.change(Do::ConfigureClass { class: 1, kappa })
            }
            _ if self.bank_count() < 10 => {
                let decimals = u8::try_from(self.dice.below(14)).unwrap_or(6);
                let fee = self.dice.pick(&[0, 0, 50, 10_000]).unwrap_or(0);
                if !self.try_to(self.admin(), Do::AddBank { row, decimals, fee })? {
                    return Ok(());
                }
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

    pub(super) fn of_bank(&mut self, bank: u16) -> OfBank {
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
    pub(super) fn restore(&mut self, bank: u16) -> Scene {
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
                self.change(Do::ConfigureBank { bank, sets })?;
            }
        }
        Ok(())
    }

    pub(super) fn of_feed(&mut self) -> OfFeed {
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
}
