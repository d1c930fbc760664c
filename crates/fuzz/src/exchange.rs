use ballast_math::{Index, Ratio, Usd};
use ballast_risk::bankruptcy;
use ballast_risk::deleverage::{self, Cause, Deleveraged};
use ballast_risk::health::{check_taker, decimals, taker_value, Assessment, Health, Valuation};
use ballast_risk::invariant::{self, LiquidationContext};
use ballast_risk::lending::{self, Amount};
use ballast_risk::liquidation::{self, staged, thresholds, Liquidated, Pair};
use ballast_risk::{RiskError, RiskResult};
use ballast_state::{Bank, BankMode, Pubkey};

use crate::case;
use crate::source::Source;
use crate::world::{hold, World, BORROWER, LENDER, TAKER};

/// Any borrower, liquidated up to four times: every liquidation that goes through keeps INV-1 to INV-13.
pub fn liquidation(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = World::of(source);
    let mut done = false;
    for _ in 0..4 {
        let Some(pair) = world.pair(source) else { break };
        let most = world.amount(source, BORROWER, pair[0]);
        let before = world.clone();
        if let Ok(result) = liquidate(&mut world, pair, most) {
            done = true;
            check_liquidated(&before, &world, pair, &result);
            assert!(result.exchange.repaid <= most);
            assert_eq!(before.vaults, world.vaults, "no token moves");
        }
        world.now = case::after(world.now, source.up_to(30));
    }
    done
}

fn liquidate(world: &mut World, [loan, collateral]: [usize; 2], most: u64) -> RiskResult<Liquidated> {
    world.atomic(&[loan, collateral], |world| {
        let (board, now) = (world.board, world.now);
        let (portfolio, taker) = (world.portfolio(BORROWER)?, world.portfolio(TAKER)?);
        let before = taker_value(&taker, &board, now)?;
        let feeds = [loan, collateral].map(|bank| world.banks[bank].feed);
        let [loan, collateral] = world.banks.get_disjoint_mut([loan, collateral]).map_err(|_| RiskError::SamePair)?;
        let [from, to, _] = &mut world.accounts[..] else { unreachable!("three accounts") };
        let result = liquidation::liquidate(&board, loan, collateral, from, to, &portfolio, most, now)?;
        check_taker(&world.portfolio(TAKER)?, &board, feeds, before, now)?;
        Ok(result)
    })
}

/// The pair of an account, as the engine sees it before it acts.
fn pair_of<'a>(
    world: &'a World,
    portfolio: &'a ballast_risk::health::Portfolio,
    [loan, collateral]: [&Bank; 2],
) -> Pair<'a> {
    let assessment =
        Assessment::of(portfolio, &world.board, Valuation::Maintenance, world.now).expect("it was liquidated");
    let account = &world.accounts[BORROWER];
    Pair::new(&world.board, portfolio, assessment, loan, collateral, account).expect("it was liquidated")
}

/// INV-7 to INV-10, INV-12, and that the report is what happened.
fn check_liquidated(before: &World, world: &World, pair: [usize; 2], result: &Liquidated) {
    // Both banks as the liquidation found them: accrued.
    let accrued = pair.map(|bank| {
        let mut bank = before.banks[bank];
        ballast_risk::interest::accrue(&mut bank, before.now).expect("it was liquidated");
        bank
    });
    let portfolio = before.portfolio(BORROWER).expect("it was liquidated");
    let opened = pair_of(before, &portfolio, [&accrued[0], &accrued[1]]);
    assert_eq!(opened.health(), Ok(result.before));
    assert!(result.before.is_negative());
    let exchange = &result.exchange;
    let closed = exchange.repaid_shares == opened.loan_shares || exchange.seized_shares == opened.collateral_shares;
    hold(invariant::check_liquidation(
        result,
        &LiquidationContext {
            board: &before.board,
            loan_bank: &accrued[0],
            collateral_bank: &accrued[1],
            lock: before.accounts[BORROWER].bonus_lock,
            factor_threshold: thresholds(&opened, &result.before).expect("it was liquidated").factor,
            dust_closed: closed,
            now: before.now,
        },
    ));
    check_untouched(before, world, pair);
    if result.loss.is_none() {
        assert_eq!(world.maintenance(BORROWER), Ok(result.after), "the report is the account");
    } else {
        assert!(result.after.assets < result.after.liabilities, "a loss is only what nothing is left to pay for");
    }
    // Staged, it is rounded up in every repayment.
    let share = u128::from(before.board.rules.insurance_share) * u128::from(result.bonus.0);
    let most = (u128::from(exchange.repaid) * ((share >> 32) + 1)) >> 32;
    assert!(u128::from(result.insurance) <= most + 16);
}

/// Banks and balances outside of the pair are as they were.
fn check_untouched(before: &World, world: &World, pair: [usize; 2]) {
    for (at, (old, new)) in before.banks.iter().zip(&world.banks).enumerate() {
        if pair.contains(&at) {
            continue;
        }
        assert_eq!(old, new);
        for (old, new) in before.accounts.iter().zip(&world.accounts) {
            let index = before.banks[at].index;
            assert_eq!(old.balance(index), new.balance(index));
        }
    }
    assert_eq!(before.accounts[LENDER], world.accounts[LENDER], "who has no part in it keeps all");
}

/// A liquidation in steps: begin, any seizures and repayments in any order, end, as one transaction.
pub fn staged(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = World::of(source);
    let Some(pair) = world.pair(source) else { return false };
    let before = world.clone();
    let Ok(result) = stages(&mut world, pair, source) else { return false };
    check_liquidated(&before, &world, pair, &result);
    assert_eq!((world.accounts[BORROWER].flags, world.accounts[TAKER]), (0, before.accounts[TAKER]));
    assert_eq!(world.accounts[BORROWER].liquidation, case::account().liquidation);
    true
}

fn stages(world: &mut World, pair: [usize; 2], source: &mut Source<'_>) -> RiskResult<Liquidated> {
    let others = |world: &World| {
        let active = world.accounts[BORROWER].active().iter().map(|balance| usize::from(balance.bank));
        let others = active.filter(|bank| !pair.contains(bank));
        others.fold(0u64, |sum, bank| sum.wrapping_add(world.banks[bank].sequence))
    };
    world.atomic(&pair, |world| {
        let most = world.amount(source, BORROWER, pair[0]);
        let portfolio = world.portfolio(BORROWER)?;
        let at_once = at_once(world, pair, most);
        let (board, now, sum) = (world.board, world.now, others(world));
        let [loan, collateral] = world.banks.get_disjoint_mut(pair).map_err(|_| RiskError::SamePair)?;
        let liquidator = Pubkey::new_from_array([7; 32]);
        let account = &mut world.accounts[BORROWER];
        staged::begin(&board, loan, collateral, account, &portfolio, sum, liquidator, most, now)?;
        assert_eq!(staged::require_none(account), Err(RiskError::AccountInTransit));
        let opened = account.liquidation;

        for at in 0..source.between(2, 6) {
            // In an input that has ended the first seizes and the second repays.
            step(world, pair, (at % 2 == 1) ^ source.flag(), source)?;
        }
        let sum = others(world);
        let portfolio = world.portfolio(BORROWER)?;
        let [loan, collateral] = world.banks.get_disjoint_mut(pair).map_err(|_| RiskError::SamePair)?;
        let account = &mut world.accounts[BORROWER];
        let left = [account.balance(loan.index), account.balance(collateral.index)];
        let [owed, held] = left.map(|balance| balance.map_or(0, |balance| balance.shares));
        let done = [opened.loan_shares - owed, opened.collateral_shares - held];
        let result = staged::end(&board, loan, collateral, account, &portfolio, sum, now);
        if done == [opened.most_repaid, opened.most_seized] {
            let steps = result.map(|result| (result.exchange, result.after));
            assert_eq!(steps, at_once.map(|result| (result.exchange, result.after)), "as planned is as at once");
        }
        assert!(done[0] <= opened.most_repaid && done[1] <= opened.most_seized);
        result
    })
}

/// The same liquidation in one step, by somebody with nothing.
fn at_once(world: &World, pair: [usize; 2], most: u64) -> RiskResult<Liquidated> {
    let World { board, mut banks, mut accounts, now, .. } = world.clone();
    let portfolio = world.portfolio(BORROWER)?;
    let [loan, collateral] = banks.get_disjoint_mut(pair).map_err(|_| RiskError::SamePair)?;
    let taker = &mut case::account();
    liquidation::liquidate(&board, loan, collateral, &mut accounts[BORROWER], taker, &portfolio, most, now)
}

/// One repayment or seizure. What is refused is left out: a transaction would not have asked for it.
fn step(world: &mut World, [loan, collateral]: [usize; 2], repays: bool, source: &mut Source<'_>) -> RiskResult<()> {
    let bank = if repays { loan } else { collateral };
    let amount = if source.flag() { Amount::Exact(world.amount(source, BORROWER, bank)) } else { Amount::All };
    let (mut books, mut account) = (world.banks[bank], world.accounts[BORROWER]);
    let act = if repays { staged::repay } else { staged::seize };
    let Ok(moved) = act(&mut books, &mut account, amount) else { return Ok(()) };
    (world.banks[bank], world.accounts[BORROWER]) = (books, account);
    if repays {
        world.pay_in(bank, moved)?;
    } else {
        world.pay_out(bank, moved);
    }
    Ok(())
}

/// Any borrower with a policy, or in banks that wind down: what a deleverage costs is its fee, and health rises.
pub fn deleverage(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let winds_down = source.flag();
    let mut world = World::of(source);
    world.accounts[BORROWER].policy = case::policy(source, world.now);
    for row in &mut world.board.rows {
        // Most prices are fresh enough.
        if source.u8() != u8::MAX {
            (row.publish_ts, row.state) = (world.now.ts, 1);
        }
    }
    if winds_down {
        for bank in &mut world.banks {
            if !source.flag() {
                bank.mode = BankMode::WindDown.to_byte();
                let ago = 60 * 86_400 - source.up_to(60 * 86_400);
                bank.wind_down_ts = world.now.ts - i64::try_from(ago).expect("sixty days at most");
            }
        }
    }
    let cause = if winds_down { Cause::WindDown } else { Cause::Policy };
    let mut done = false;
    for _ in 0..4 {
        let Some(pair) = world.pair(source) else { break };
        let most = world.amount(source, BORROWER, pair[0]);
        let before = world.clone();
        let result = world.atomic(&pair, |world| {
            let (board, now) = (world.board, world.now);
            let portfolio = world.portfolio(BORROWER)?;
            let [loan, collateral] = world.banks.get_disjoint_mut(pair).map_err(|_| RiskError::SamePair)?;
            let [from, to, _] = &mut world.accounts[..] else { unreachable!("three accounts") };
            deleverage::deleverage(&board, loan, collateral, from, to, &portfolio, cause, most, now)
        });
        if let Ok(result) = result {
            done = true;
            assert!(result.exchange.repaid <= most);
            check_deleveraged(&before, &world, pair, &result);
            check_untouched(&before, &world, pair);
            assert_eq!(before.vaults, world.vaults, "no token moves");
        }
        world.now = case::after(world.now, source.up_to(4));
    }
    done
}

fn check_deleveraged(before: &World, world: &World, pair: [usize; 2], result: &Deleveraged) {
    let [old, new] = [&result.before, &result.after].map(|health| health.value().expect("in range"));
    assert!(old >= 0 && new > old);
    assert_eq!(result.before.factor_is_below(&result.after), Ok(true));
    assert!(result.fee <= Ratio::from_bits(before.board.rules.deleverage_fee));
    assert!(result.rate <= Ratio::ONE.add(result.fee).expect("a thousandth"));
    let [loan, collateral] = pair.map(|bank| &before.banks[bank]);
    let repaid = decimals(loan).units_up(result.exchange.repaid).expect("repaid");
    let repaid = before.mid(pair[0]).value_up(repaid).expect("repaid");
    let seized = decimals(collateral).units_down(result.exchange.seized).expect("seized");
    let seized = before.mid(pair[1]).value_down(seized).expect("seized");
    assert!(seized <= result.rate.of_up(repaid).expect("in range"), "nobody's equity is taken beyond the fee");
    assert_eq!(world.maintenance(BORROWER), Ok(result.after), "the report is the account");
    let (old, new) = (&before.accounts[BORROWER].policy, &world.accounts[BORROWER].policy);
    match result.cause {
        Cause::WindDown => assert_eq!(old, new, "the owner's turnover is not used"),
        Cause::Policy => {
            let used = if old.turnover_day == new.turnover_day { old.turnover_used } else { 0 };
            // A share of the loan is the least that can move.
            let share = Index::from_words(world.banks[pair[0]].liability_index).amount_up(1).expect("in range");
            let share = decimals(loan).units_up(share).and_then(|units| before.mid(pair[0]).value_up(units));
            let spare = share.expect("in range").0 + 2;
            assert_eq!(new.turnover_used - used, repaid.0);
            assert!(new.turnover_used <= old.daily_turnover.max(used) + spare, "the owner's turnover is a day's");
            assert_eq!(new.last_ts, before.now.ts);
        }
    }
}

/// An account whose collateral is gone: every loan is written off, in order insurance, lenders, fees, and no book breaks.
pub fn bankruptcy(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = World::empty(source);
    let scale = 10u64.pow(u32::try_from(source.up_to(8)).expect("eight at most"));
    for _ in 0..source.between(1, 4) {
        let bank = source.index(world.banks.len());
        let (loan, lent) = (source.most_of(scale), source.most_of(scale));
        world.give(TAKER, bank, false, lent);
        world.give(BORROWER, bank, true, loan);
        let (insurance, fees) = (source.part(loan), source.part(lent));
        let unit = 10u64.pow(world.banks[bank].decimals.into());
        let mid = world.mid(bank);
        let atoms = |dollars| mid.atoms_down(Usd::from_dollars(dollars).expect("fits"), unit).unwrap_or(0) >> 8;
        let (insurance, fees) = (atoms(insurance), atoms(fees));
        let books = &mut world.banks[bank];
        books.insurance += insurance;
        books.fees += fees;
        books.vault_balance += insurance + fees;
    }
    if source.one_in(3) {
        let bank = source.index(world.banks.len());
        let crumbs = source.up_to(2_000);
        world.give(BORROWER, bank, false, crumbs);
    }
    world.settle();
    let mut done = false;
    let loans: Vec<usize> = world.accounts[BORROWER].active().iter().map(|b| usize::from(b.bank)).collect();
    for bank in loans {
        done |= write_off(&mut world, bank);
    }
    done
}

fn write_off(world: &mut World, bank: usize) -> bool {
    let before = world.clone();
    let result = world.atomic(&[bank], |world| {
        let (board, now, portfolio) = (world.board, world.now, world.portfolio(BORROWER)?);
        bankruptcy::resolve(
            &board,
            &mut world.banks[bank],
            None,
            &mut [],
            &mut world.accounts[BORROWER],
            &portfolio,
            now,
        )
    });
    let Ok((health, loss)) = result else { return false };
    let mut old = before.banks[bank];
    ballast_risk::interest::accrue(&mut old, before.now).expect("it was accrued");
    let new = &world.banks[bank];
    let claims = |bank: &Bank| Index::from_words(bank.asset_index).amount_down(bank.asset_shares).expect("in range");
    let debts =
        |bank: &Bank| Index::from_words(bank.liability_index).amount_up(bank.liability_shares).expect("in range");
    assert!(health.assets < health.liabilities, "who has equity is not bankrupt");
    assert_eq!(loss.deficit, loss.insured + loss.socialized);
    assert_eq!(loss.insured, old.insurance - new.insurance);
    assert!(loss.socialized == 0 || new.insurance == 0, "insurance pays first");
    assert_eq!((loss.index_before, loss.index_after), (old.asset_index, new.asset_index));
    assert_eq!(new.asset_shares, old.asset_shares, "nobody's shares are taken");
    assert!(world.accounts[BORROWER].balance(new.index).is_none());
    // All lenders alike, by no more than the loss and an atom of rounding.
    let lost = claims(&old) - claims(new);
    assert!(lost <= loss.socialized + 1);
    assert!(lost + 1 >= loss.socialized.min(claims(&old)));
    assert!(new.fees == old.fees || claims(new) <= 1, "fees pay what claims cannot");
    assert!(debts(&old) - debts(new) <= loss.deficit);
    assert_eq!(new.vault_balance, old.vault_balance);
    check_untouched(&before, world, [bank, bank]);
    true
}

/// Any account through lending with health: what an action needs, it has afterwards.
pub fn margin(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = World::of(source);
    for row in &mut world.board.rows {
        if source.u8() < 240 {
            (row.publish_ts, row.state) = (world.now.ts, 1);
        }
    }
    let mut done = false;
    for _ in 0..6 {
        let bank = source.index(world.banks.len());
        let amount = world.amount(source, BORROWER, bank);
        let exact = if source.flag() { Amount::All } else { Amount::Exact(amount) };
        let action = source.index(4);
        let before = world.clone();
        let result = world.atomic(&[bank], |world| {
            let (now, mid, dust) = (world.now, world.mid(bank), Usd(world.board.rules.dust));
            let (books, account) = (&mut world.banks[bank], &mut world.accounts[BORROWER]);
            match action {
                0 => lending::deposit(books, account, amount, now).and_then(|moved| world.pay_in(bank, moved)),
                1 => lending::repay(books, account, exact).and_then(|moved| world.pay_in(bank, moved)),
                2 => {
                    let moved = lending::withdraw(books, account, exact, now)?;
                    world.pay_out(bank, moved);
                    world.require_health(BORROWER).map(|()| moved)
                }
                _ => {
                    let moved = lending::borrow(books, account, amount, mid, dust, now)?;
                    world.pay_out(bank, moved);
                    world.require_health(BORROWER).map(|()| moved)
                }
            }
        });
        if result.is_ok() {
            done = true;
            check_margin(&before, &world, action, bank);
        }
    }
    done
}

fn check_margin(before: &World, world: &World, action: usize, bank: usize) {
    let value = |world: &World| world.maintenance(BORROWER).and_then(|health| Ok(health.value()?));
    let (Ok(old), Ok(new)) = (value(before), value(world)) else { return };
    if action < 2 {
        // An atom of each side may be lost to rounding, and 2⁻³² of sizes to that of ratios.
        let mid = world.mid(bank);
        let atom =
            decimals(&world.banks[bank]).units_up(2).and_then(|units| mid.value_up(units)).map_or(0, |usd| usd.0);
        let gross = |health: Health| health.assets.0.saturating_add(health.liabilities.0) >> 24;
        let slack = i64::try_from(atom).expect("small")
            + 64
            + i64::try_from(world.maintenance(BORROWER).map_or(0, gross)).expect("small");
        assert!(new + slack >= old, "a deposit or repayment lowered health from {old} to {new}");
    } else if lending::has_liability(&world.accounts[BORROWER]) {
        assert!(new >= 0, "who passes Initial is not liquidatable");
    }
}
