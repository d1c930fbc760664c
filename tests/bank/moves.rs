//! What people do in the market.

use super::support::*;

impl World {
    /// Coins fall to a price that a second print confirms.
    pub(crate) async fn crash(&mut self, price: i64) {
        for _ in 0..2 {
            self.pass(20).await;
            self.prices([1_00000000, price]).await;
        }
        self.pass(11).await;
    }

    /// A loan of dollars, and coins of the first bank, of one trader to another.
    pub(crate) async fn takeover<T>(
        &mut self,
        taker: &Trader,
        from: &Trader,
        build: impl FnOnce(&Takeover<'_>) -> T,
    ) -> T {
        let (taker_state, account_state) = (self.margin(taker).await, self.margin(from).await);
        build(&Takeover {
            authority: taker.key.pubkey(),
            taker: taker.account,
            taker_state: &taker_state,
            account: from.account,
            account_state: &account_state,
            loan_bank: USD,
            collateral_bank: SOL,
        })
    }

    pub(crate) async fn deposit(&mut self, trader: &Trader, bank: u16, atoms: u64) {
        let state = self.bank(bank).await;
        self.sent(&[ix::deposit(&trader.user(bank), &state, atoms)], trader).await;
    }

    pub(crate) async fn borrow(&mut self, trader: &Trader, bank: u16, atoms: u64) {
        let (account, state) = (self.margin(trader).await, self.bank(bank).await);
        self.sent(&[ix::borrow(&trader.user(bank), &account, &state, atoms)], trader).await;
    }

    /// Withdraws everything, or so much.
    pub(crate) async fn withdraw(&mut self, trader: &Trader, bank: u16, atoms: Option<u64>) {
        let (account, state) = (self.margin(trader).await, self.bank(bank).await);
        self.sent(&[ix::withdraw(&trader.user(bank), &account, &state, atoms)], trader).await;
    }

    /// Repays everything, or so much.
    pub(crate) async fn repay(&mut self, trader: &Trader, bank: u16, atoms: Option<u64>) {
        let state = self.bank(bank).await;
        self.sent(&[ix::repay(&trader.user(bank), &state, atoms)], trader).await;
    }

    /// Repays what is owed, withdraws from these banks, and closes the account.
    pub(crate) async fn leave(&mut self, trader: &Trader, banks: &[u16]) {
        let loans: Vec<u16> =
            self.margin(trader).await.active().iter().filter(|held| held.is_loan()).map(|held| held.bank).collect();
        for bank in loans {
            self.repay(trader, bank, None).await;
        }
        for bank in banks {
            self.withdraw(trader, *bank, None).await;
        }
        let who = trader.key.pubkey();
        self.sent(&[ix::close_margin_account(&who, &who, &trader.account)], trader).await;
    }

    /// A lender of dollars, and an account with coins in banks 1 to 15 and a loan of dollars near the Initial limit.
    pub(crate) async fn full(&mut self) -> (Trader, Trader) {
        let (lender, trader) = (self.trader(2).await, self.trader(3).await);
        self.deposit(&lender, USD, 1_000_000 * DOLLAR).await;
        for bank in 1..16 {
            self.deposit(&trader, bank, 100 * COIN).await;
        }
        self.borrow(&trader, USD, 31_000 * DOLLAR).await;
        assert_eq!(self.margin(&trader).await.balance_count, 16);
        (lender, trader)
    }

    /// A liquidation in stages with nothing in between: begin, seize, repay, end.
    pub(crate) async fn staged(&mut self, taker: &Trader, from: &Trader, most: u64) -> Vec<Instruction> {
        let (state, usd, sol) = (self.margin(from).await, self.bank(USD).await, self.bank(SOL).await);
        let whole = StagedLiquidation {
            authority: taker.key.pubkey(),
            account: from.account,
            account_state: &state,
            loan_bank: USD,
            collateral_bank: SOL,
        };
        let user = |bank| User { margin_account: from.account, ..taker.user(bank) };
        vec![
            ix::begin_liquidation(&whole, most),
            ix::seize(&user(SOL), &sol, None),
            ix::repay(&user(USD), &usd, None),
            ix::end_liquidation(&whole),
        ]
    }
}
