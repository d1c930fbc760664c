//! What nobody should do.

use super::{Life, Scene};
use crate::step::{Do, OfRules, ADMIN, GUARDIAN, HEIR, RISK_ADMIN};

impl Life<'_> {
    /// What nobody should do: the wrong signer, nothing, too much, oneself, the other side.
    pub(super) fn nonsense(&mut self) -> Scene {
        let (slot, other, bank) = (self.slot(), self.slot(), self.bank());
        let who = self.anybody();
        let (owed, held) = self.pair(slot);
        let atoms = self.some_atoms(held);
        let does = match self.dice.below(30) {
            0 | 1 => Do::Withdraw { slot, bank: held, atoms: Some(atoms), to: who },
            2 => Do::Borrow { slot, bank, atoms, to: who },
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
            20 => Do::AddBank { row: self.row(), decimals: self.dice.pick(&[0, 6, 19, 30]).unwrap_or(0), fee: 0 },
            21 => Do::SetDelegate { slot, to: who, rights: self.dice.small(9) },
            22 => Do::Transfer { slot, to: who },
            23 => Do::Seize { from: slot, bank: held, atoms: None },
            24 => Do::EndLiquidation { from: slot, loan: owed, collateral: held },
            25 => Do::EndFlashLoan { bank },
            26 => Do::ProposeAdmin { who },
            27 => Do::AcceptAdmin,
            28 => Do::ConfigureTimelock { delay: self.dice.small(86_400), expiry: self.dice.small(90_000) },
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
            0 => self.owner(slot),
            1 => self.dice.pick(&[ADMIN, HEIR, GUARDIAN, RISK_ADMIN]).unwrap_or(ADMIN),
            _ => who,
        };
        self.act(who, does)
    }
}
