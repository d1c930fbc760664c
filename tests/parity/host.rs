//! What the program does, by the engine on the host: the order of steps is the handlers', every number the engine's.

use std::collections::BTreeMap;

use ballast_client::ballast::types::{EventHeader, HealthPoint, LossShare, Movement};
use ballast_client::events::*;
use ballast_math::{Price, Usd};
use ballast_oracle::{parse_owned_by, Provider};
use ballast_risk::deleverage::{self, Cause};
use ballast_risk::health::{self, Health, Portfolio, Valuation};
use ballast_risk::invariant::{check_liquidation, LiquidationContext};
use ballast_risk::lending::{self, Amount, Moved};
use ballast_risk::liquidation::{self, Pair};
use ballast_risk::{bankruptcy, interest, price, timer, Now, RiskError};
use ballast_state::{Bank, MarginAccount, PriceFeed, RiskBoard, SOURCES};
use ballast_testkit::{Event, Trader, World};
use solana_pubkey::Pubkey;

/// One thing that can happen. Traders by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Deposit { who: usize, bank: u16, atoms: u64 },
    Withdraw { who: usize, bank: u16, atoms: Option<u64> },
    Borrow { who: usize, bank: u16, atoms: u64 },
    Repay { who: usize, bank: u16, atoms: Option<u64> },
    Insure { who: usize, bank: u16, atoms: u64 },
    Liquidate { who: usize, from: usize, loan: u16, collateral: u16, most: u64 },
    Deleverage { who: usize, from: usize, loan: u16, collateral: u16, most: u64, wind_down: bool },
    Resolve { who: usize, bank: u16 },
    Mark { who: usize },
    Refresh { bank: u16 },
}

/// Copies of every account that can change.
#[derive(Clone)]
pub(crate) struct Host {
    now: Now,
    group: Pubkey,
    keys: Vec<Pubkey>,
    pub(crate) accounts: Vec<MarginAccount>,
    pub(crate) banks: BTreeMap<u16, Bank>,
    pub(crate) board: Box<RiskBoard>,
    pub(crate) feeds: Vec<PriceFeed>,
}

/// The event's text, which is all that generated events can be compared by.
pub(crate) fn shown(event: &Event) -> String {
    match event {
        Event::Deposited(event) => format!("{event:#?}"),
        Event::Withdrawn(event) => format!("{event:#?}"),
        Event::Borrowed(event) => format!("{event:#?}"),
        Event::Repaid(event) => format!("{event:#?}"),
        Event::InsuranceDeposited(event) => format!("{event:#?}"),
        Event::Liquidated(event) => format!("{event:#?}"),
        Event::Deleveraged(event) => format!("{event:#?}"),
        Event::BankruptcyResolved(event) => format!("{event:#?}"),
        Event::Marked(event) => format!("{event:#?}"),
        Event::PriceRefreshed(event) => format!("{event:#?}"),
        other => panic!("{} is not expected here", other.name()),
    }
}

/// The name under which the program raises an engine's error.
fn name(error: RiskError) -> String {
    match error {
        RiskError::Math(_) => "Overflow".to_owned(),
        other => format!("{other:?}"),
    }
}

fn point(health: &Health) -> HealthPoint {
    HealthPoint { assets: health.assets.0, liabilities: health.liabilities.0, requirement: health.requirement.0 }
}

fn share(loss: bankruptcy::Loss) -> LossShare {
    LossShare {
        deficit: loss.deficit,
        insured: loss.insured,
        pooled: loss.pooled,
        socialized: loss.socialized,
        index_before: loss.index_before,
        index_after: loss.index_after,
    }
}

fn movement(bank: u16, moved: Moved) -> Movement {
    Movement { bank, atoms: moved.atoms, shares: moved.shares }
}

fn amount(atoms: Option<u64>) -> Amount {
    atoms.map_or(Amount::All, Amount::Exact)
}

impl Host {
    /// Copies of the chain's accounts.
    pub(crate) fn of(world: &World, traders: &[Trader]) -> Self {
        Self {
            now: world.now(),
            group: world.group,
            keys: traders.iter().map(|trader| trader.account).collect(),
            accounts: traders.iter().map(|trader| world.margin(trader)).collect(),
            banks: world.banks(),
            board: Box::new(world.board()),
            feeds: world.markets.iter().map(|market| world.feed(market.row)).collect(),
        }
    }

    /// Asserts that the chain's accounts are these, byte for byte.
    pub(crate) fn assert_is(&self, world: &World, traders: &[Trader], what: &Action) {
        let chain = Self::of(world, traders);
        let bytes = bytemuck::bytes_of::<MarginAccount>;
        for (who, (host, chain)) in self.accounts.iter().zip(&chain.accounts).enumerate() {
            assert!(bytes(host) == bytes(chain), "{what:?}: account {who}\n{host:#?}\n{chain:#?}");
        }
        for (index, host) in &self.banks {
            let chain = &chain.banks[index];
            assert!(bytemuck::bytes_of(host) == bytemuck::bytes_of(chain), "{what:?}: bank\n{host:#?}\n{chain:#?}");
        }
        for (host, chain) in self.feeds.iter().zip(&chain.feeds) {
            assert!(bytemuck::bytes_of(host) == bytemuck::bytes_of(chain), "{what:?}: feed\n{host:#?}\n{chain:#?}");
        }
        assert!(bytemuck::bytes_of(&*self.board) == bytemuck::bytes_of(&*chain.board), "{what:?}: board");
    }

    /// Does it, and returns the event. What was changed before an error is not undone: the caller drops the copy.
    pub(crate) fn run(&mut self, action: &Action, world: &World) -> Result<String, String> {
        self.act(action, world).map_err(name)
    }

    fn act(&mut self, action: &Action, world: &World) -> Result<String, RiskError> {
        let now = self.now;
        Ok(match *action {
            Action::Deposit { who, bank, atoms } => {
                self.accrued(bank)?;
                let mut account = self.accounts[who];
                let moved = lending::deposit(self.bank(bank), &mut account, atoms, now)?;
                self.accounts[who] = account;
                format!("{:#?}", Deposited { header: self.header(who), movement: movement(bank, moved) })
            }
            Action::Withdraw { who, bank, atoms } => {
                self.accrued(bank)?;
                let mut account = self.accounts[who];
                let moved = lending::withdraw(self.bank(bank), &mut account, amount(atoms), now)?;
                self.accounts[who] = account;
                let (board_sequence, health) = if lending::has_liability(&account) {
                    self.check_initial(who)?
                } else {
                    (0, HealthPoint::default())
                };
                let movement = movement(bank, moved);
                format!("{:#?}", Withdrawn { header: self.header(who), movement, board_sequence, health })
            }
            Action::Borrow { who, bank, atoms } => {
                self.accrued(bank)?;
                let mut account = self.accounts[who];
                let row = *self.board.row(self.banks[&bank].feed).ok_or(RiskError::FeedNotListed)?;
                let dust = Usd(self.board.rules.dust);
                let moved = lending::borrow(self.bank(bank), &mut account, atoms, Price(row.mid), dust, now)?;
                self.accounts[who] = account;
                let (board_sequence, health) = self.check_initial(who)?;
                let movement = movement(bank, moved);
                format!("{:#?}", Borrowed { header: self.header(who), movement, board_sequence, health })
            }
            Action::Repay { who, bank, atoms } => {
                self.accrued(bank)?;
                let mut account = self.accounts[who];
                let moved = lending::repay(self.bank(bank), &mut account, amount(atoms))?;
                self.accounts[who] = account;
                format!("{:#?}", Repaid { header: self.header(who), movement: movement(bank, moved) })
            }
            Action::Insure { bank, atoms, .. } => {
                self.accrued(bank)?;
                let state = self.bank(bank);
                lending::deposit_insurance(state, atoms)?;
                let (sequence, insurance) = (state.sequence, state.insurance);
                let account = ballast_client::addresses::bank(&self.group, bank);
                let header = EventHeader { group: self.group, account, slot: now.slot, sequence };
                format!("{:#?}", InsuranceDeposited { header, atoms, insurance })
            }
            Action::Liquidate { who, from, loan, collateral, most } => {
                self.liquidate(who, from, loan, collateral, most)?
            }
            Action::Deleverage { who, from, loan, collateral, most, wind_down } => {
                self.deleverage(who, from, [loan, collateral], most, wind_down)?
            }
            Action::Resolve { who, bank } => {
                self.accrued(bank)?;
                let portfolio = self.portfolio(who)?;
                let (board, mut account) = (self.board.clone(), self.accounts[who]);
                let (before, loss) =
                    bankruptcy::resolve(&board, self.bank(bank), None, &mut [], &mut account, &portfolio, now)?;
                self.accounts[who] = account;
                let event = BankruptcyResolved {
                    markets: Vec::new(),
                    header: self.header(who),
                    bank,
                    board_sequence: board.sequence,
                    before: point(&before),
                    loss: share(loss),
                };
                format!("{event:#?}")
            }
            Action::Mark { who } => {
                let portfolio = self.portfolio(who)?;
                let health = health::assess_maintenance(&portfolio, &self.board, now)?;
                let account = &mut self.accounts[who];
                if portfolio.has_liability {
                    timer::mark(account, &health, &self.board.rules, now);
                }
                account.sequence += 1;
                let event = Marked {
                    header: self.header(who),
                    board_sequence: self.board.sequence,
                    health: point(&health),
                    unhealthy_since: self.accounts[who].unhealthy_since,
                };
                format!("{event:#?}")
            }
            Action::Refresh { bank } => self.refresh(bank, world)?,
        })
    }

    fn liquidate(
        &mut self,
        who: usize,
        from: usize,
        loan: u16,
        collateral: u16,
        most: u64,
    ) -> Result<String, RiskError> {
        let now = self.now;
        let (mut taker, mut account, mut banks) = self.take_over(who, from, loan, collateral)?;
        let portfolio = self.portfolio(from)?;
        let before = self.taker_value(who)?;
        let lock = account.bonus_lock;
        // T of the pair, for the invariants.
        let threshold = liquidation::eligible(&account, &portfolio, &self.board, now).and_then(|assessment| {
            let health = Health::of(&assessment, &self.board)?;
            let pair = Pair::new(&self.board, &portfolio, assessment, &banks[0], &banks[1], &account)?;
            Ok(liquidation::thresholds(&pair, &health)?.factor)
        });
        let context_banks = banks;
        let [loan_bank, collateral_bank] = &mut banks;
        let done = liquidation::liquidate(
            &self.board,
            loan_bank,
            collateral_bank,
            &mut account,
            &mut taker,
            &portfolio,
            most,
            now,
        )?;
        let closed = [loan, collateral].iter().any(|bank| account.balance(*bank).is_none());
        let context = LiquidationContext {
            board: &self.board,
            loan_bank: &context_banks[0],
            collateral_bank: &context_banks[1],
            lock,
            factor_threshold: threshold?,
            dust_closed: closed,
            now,
        };
        assert_eq!(check_liquidation(&done, &context), Ok(()), "{done:#?}");
        self.put_back(who, from, taker, account, banks);
        self.check_taker(who, [banks[0].feed, banks[1].feed], before)?;
        let event = Liquidated {
            header: self.header(from),
            liquidator: self.keys[who],
            loan_bank: loan,
            collateral_bank: collateral,
            board_sequence: self.board.sequence,
            loan_price: self.mid(&banks[0]),
            collateral_price: self.mid(&banks[1]),
            max_repay: most,
            bonus: done.bonus.0,
            unhealthy_since: done.unhealthy_since,
            repaid: done.exchange.repaid,
            repaid_shares: done.exchange.repaid_shares,
            seized: done.exchange.seized,
            seized_shares: done.exchange.seized_shares,
            insurance: done.insurance,
            before: point(&done.before),
            after: point(&done.after),
            loss: done.loss.map(share).unwrap_or_default(),
        };
        Ok(format!("{event:#?}"))
    }

    fn deleverage(
        &mut self,
        who: usize,
        from: usize,
        pair: [u16; 2],
        most: u64,
        wind_down: bool,
    ) -> Result<String, RiskError> {
        let now = self.now;
        let (mut taker, mut account, mut banks) = self.take_over(who, from, pair[0], pair[1])?;
        let portfolio = self.portfolio(from)?;
        let before = self.taker_value(who)?;
        let [loan_bank, collateral_bank] = &mut banks;
        let done = deleverage::deleverage(
            &self.board,
            loan_bank,
            collateral_bank,
            &mut account,
            &mut taker,
            &portfolio,
            if wind_down { Cause::WindDown } else { Cause::Policy },
            most,
            now,
        )?;
        self.put_back(who, from, taker, account, banks);
        self.check_taker(who, [banks[0].feed, banks[1].feed], before)?;
        let event = Deleveraged {
            header: self.header(from),
            keeper: self.keys[who],
            cause: u8::from(wind_down),
            loan_bank: pair[0],
            collateral_bank: pair[1],
            board_sequence: self.board.sequence,
            loan_price: self.mid(&banks[0]),
            collateral_price: self.mid(&banks[1]),
            fee: done.fee.0,
            rate: done.rate.0,
            repaid: done.exchange.repaid,
            repaid_shares: done.exchange.repaid_shares,
            seized: done.exchange.seized,
            seized_shares: done.exchange.seized_shares,
            before: point(&done.before),
            after: point(&done.after),
        };
        Ok(format!("{event:#?}"))
    }

    fn refresh(&mut self, bank: u16, world: &World) -> Result<String, RiskError> {
        let now = self.now;
        let market = &world.markets[usize::from(bank)];
        let feed = &mut self.feeds[usize::from(bank)];
        let source = &feed.sources[0];
        let oracle = world.svm.account(&market.oracle).expect("an oracle account");
        let provider = Provider::from_u8(source.provider).expect("a provider");
        let owners = [source.owner.to_bytes()];
        let observation =
            parse_owned_by(provider, &owners, &oracle.owner.to_bytes(), &oracle.data, Some(&source.feed_id));
        let mut observations = [None; SOURCES];
        observations[0] = Some(observation.expect("a readable update"));
        let refreshed = price::refresh(feed, &mut self.board, &observations, now)?;
        let row = self.board.row(feed.row).expect("a row");
        let account = ballast_client::addresses::feed(&self.group, feed.row);
        let event = PriceRefreshed {
            header: EventHeader { group: self.group, account, slot: now.slot, sequence: feed.sequence },
            row: feed.row,
            state: row.state,
            sources: u8::try_from(refreshed.judged.count).expect("few sources"),
            judged: refreshed.judged.price.0,
            mid: row.mid,
            low: row.low,
            high: row.high,
            fair_low: row.fair_low,
            fair_high: row.fair_high,
            publish_ts: row.publish_ts,
            board_sequence: self.board.sequence,
        };
        Ok(format!("{event:#?}"))
    }

    /// Both parties and both banks, accrued, on copies of their own.
    fn take_over(
        &mut self,
        who: usize,
        from: usize,
        loan: u16,
        collateral: u16,
    ) -> Result<(MarginAccount, MarginAccount, [Bank; 2]), RiskError> {
        if who == from {
            return Err(RiskError::SelfLiquidation);
        }
        if loan == collateral {
            return Err(RiskError::SamePair);
        }
        self.accrued(loan)?;
        self.accrued(collateral)?;
        Ok((self.accounts[who], self.accounts[from], [self.banks[&loan], self.banks[&collateral]]))
    }

    fn put_back(&mut self, who: usize, from: usize, taker: MarginAccount, account: MarginAccount, banks: [Bank; 2]) {
        self.accounts[who] = taker;
        self.accounts[from] = account;
        for bank in banks {
            self.banks.insert(bank.index, bank);
        }
    }

    fn check_initial(&mut self, who: usize) -> Result<(u64, HealthPoint), RiskError> {
        if self.now.ts < self.board.risk_paused_until {
            return Err(RiskError::RiskPaused);
        }
        let initial = health::assess_initial(&self.portfolio(who)?, &self.board, Valuation::Initial, self.now)?;
        if initial.is_negative() {
            return Err(RiskError::InsufficientHealth);
        }
        timer::mark(&mut self.accounts[who], &initial, &self.board.rules, self.now);
        Ok((self.board.sequence, point(&initial)))
    }

    fn taker_value(&self, who: usize) -> Result<Option<i64>, RiskError> {
        if !lending::has_liability(&self.accounts[who]) {
            return Ok(None);
        }
        health::taker_value(&self.portfolio(who)?, &self.board, self.now)
    }

    fn check_taker(&self, who: usize, feeds: [u8; 2], before: Option<i64>) -> Result<(), RiskError> {
        if !lending::has_liability(&self.accounts[who]) {
            return Ok(());
        }
        health::check_taker(&self.portfolio(who)?, &self.board, feeds, before, self.now)
    }

    fn portfolio(&self, who: usize) -> Result<Portfolio, RiskError> {
        Portfolio::of_account(&self.accounts[who], &[], 0, self.now, |bank| self.banks.get(&bank))
    }

    fn accrued(&mut self, bank: u16) -> Result<(), RiskError> {
        let now = self.now;
        interest::accrue(self.bank(bank), now)
    }

    fn bank(&mut self, bank: u16) -> &mut Bank {
        self.banks.get_mut(&bank).expect("a listed bank")
    }

    fn mid(&self, bank: &Bank) -> u64 {
        self.board.row(bank.feed).map_or(0, |row| row.mid)
    }

    fn header(&self, who: usize) -> EventHeader {
        let sequence = self.accounts[who].sequence;
        EventHeader { group: self.group, account: self.keys[who], slot: self.now.slot, sequence }
    }
}
