//! Setting up: feeds, banks, insurance, and everybody who takes part.

use ballast_client::instructions as ix;
use ballast_math::{Index, Units, Usd};
use ballast_migrate::units::{Amount, Key};
use ballast_migrate::{apply, BankPlan, BankSettings, FeedPlan, FeedRef, SourcePlan, Sources, Step};
use ballast_risk::health::{assess_initial, Portfolio, Valuation};
use ballast_risk::RiskResult;
use ballast_state::Bank;
use ballast_testkit::listing;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::chain::{debt, By, Chain, Kind, Stop, Touched};
use super::journal::Journal;
use super::keeper::Keeper;
use super::liquidator::{Appetite, Liquidator};
use super::oracles::Oracles;
use super::perps::{self, Book, PoolSize};
use super::population::{self, Borrower};
use super::prices::SCALE;
use super::random::Random;
use super::tape::Tape;

/// Most a bank may hold and lend, USD at the first price.
const CAP: u64 = 2_000_000_000;
/// Share of a bank's loans that its insurance starts with, in basis points.
const INSURANCE_BPS: u64 = 100;
/// Delays of the liquidators, seconds, and their shares of all liquidators' capital, in hundredths. Speed costs: the
/// quick ones are small.
const LIQUIDATORS: [(i64, u64); 6] = [(2, 8), (3, 12), (5, 15), (8, 20), (12, 20), (18, 25)];
/// Delay of the latecomer.
const LATE_DELAY: i64 = 5;
/// Capital of all liquidators, in hundredths of all loans.
const LIQUIDATOR_CAPITAL: u64 = 6;
/// Delays of the deleveragers, and what a deleverage may cost them, in basis points.
const KEEPERS: [(i64, u64); 2] = [(3, 0), (4, 25)];
/// Their capital each, in hundredths of all loans.
const KEEPER_CAPITAL: u64 = 2;

/// One trader of perps for so many borrowers, and one provider of their liquidity.
const TRADERS: usize = 4;
const PROVIDERS: usize = 60;

/// Everybody in place, before the first print of the replay.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) chain: Chain,
    pub(super) oracles: Oracles,
    /// Member numbers of the borrowers are their places here.
    pub(super) borrowers: Vec<Borrower>,
    pub(super) liquidators: Vec<Liquidator>,
    pub(super) keepers: Vec<Keeper>,
    /// Nothing where no perp is listed.
    pub(super) book: Option<Book>,
}

/// Lists the tape's assets and lets `count` borrowers and everybody else in.
pub(super) fn open(
    tape: &Tape,
    count: usize,
    seed: u64,
    pool: PoolSize,
    progress: &mut dyn FnMut(&str, usize, usize),
) -> Result<Market, Stop> {
    // Everybody comes a minute before the replay, so that the cool-off is over; liquidity of perps an epoch before that.
    let mut chain = Chain::new(tape.from - 60 - perps::lead(tape));
    let mut oracles = Oracles::new();
    for (bank, path) in tape.paths.iter().enumerate() {
        list(&mut chain, &mut oracles, tape, u16::try_from(bank).unwrap_or(u16::MAX), &path.symbol, seed)?;
    }
    let symbols: Vec<String> = tape.paths.iter().map(|path| path.symbol.clone()).collect();
    let borrowers = population::draw(count, &symbols, seed);
    for (number, borrower) in borrowers.iter().enumerate() {
        progress("borrowers deposit", number, count);
        let member = chain.join(Kind::Borrower)?;
        for &(bank, share) in &borrower.collateral {
            let atoms = chain.atoms(bank, dollars(borrower.size * share / 100)).max(1);
            chain.deposit(member, bank, atoms)?;
        }
    }
    let book = open_book(&mut chain, &mut oracles, tape, (count, seed, pool))?;
    let loans = plan_loans(&chain, &borrowers)?;
    let mut lent = vec![0u64; chain.banks.len()];
    for (bank, atoms) in loans.iter().flatten() {
        lent[usize::from(*bank)] += atoms;
    }
    let total: u64 = (0..chain.banks.len()).map(|bank| whole(chain.value(bank as u16, lent[bank]))).sum();

    lenders(&mut chain, &lent, count, seed)?;
    let liquidators = liquidators(&mut chain, total)?;
    let keepers = keepers(&mut chain, total)?;
    for (member, loans) in loans.iter().enumerate() {
        progress("borrowers borrow", member, count);
        for &(bank, atoms) in loans {
            if chain.borrow(member, bank, atoms)? {
                chain.take(member, bank);
            }
        }
        if let Some((floor, width)) = borrowers[member].policy {
            set_policy(&mut chain, member, floor, width, borrowers[member].size)?;
        }
    }
    insure(&mut chain, &lent)?;
    chain.check_shares()?;
    Ok(Market { chain, oracles, borrowers, liquidators, keepers, book })
}

/// Perps with everybody who has to do with them, and a pool of that size. Brings the chain to the
/// minute before the replay.
fn open_book(
    chain: &mut Chain,
    oracles: &mut Oracles,
    tape: &Tape,
    (count, seed, size): (usize, u64, PoolSize),
) -> Result<Option<Book>, Stop> {
    if !perps::listed(chain, tape)? {
        return Ok(None);
    }
    let mut book = Book::new(chain, tape.to - tape.from, seed)?;
    let traders = (count / TRADERS).clamp(4, 1_000);
    let brought = book.admit(chain, traders, tape.from, tape.to)?;
    book.provide(chain, (count / PROVIDERS).clamp(2, 12), brought * size.hundredths() / 100)?;
    chain.set_time(tape.from - 60);
    oracles.publish(chain, tape);
    oracles.refresh(chain, tape)?;
    // Set-up is no event of the replay.
    book.strike(chain, &mut Journal::default())?;
    book.begin(chain)?;
    Ok(Some(book))
}

/// Lists one asset as `migrations/demo.toml` says: feed with its sources, first price, bank.
fn list(chain: &mut Chain, oracles: &mut Oracles, tape: &Tape, bank: u16, symbol: &str, seed: u64) -> Result<(), Stop> {
    let first = tape.paths[usize::from(bank)].at(tape.from);
    let decimals = decimals(symbol, first);
    let mint = chain.world.key().pubkey();
    chain.world.svm.put_mint(&mint, decimals);
    let sources = oracles.add(chain, symbol, seed);
    let cap = atoms_at(first, decimals, CAP);
    let (feed, plan) = listing(symbol);
    let mut deployment = chain.world.deployment();
    deployment.feeds.push(FeedPlan {
        symbol: symbol.parse().map_err(Stop::SetUp)?,
        sources: Sources(sources.iter().map(SourcePlan::from).collect()),
        ..feed
    });
    deployment.banks.push(BankPlan {
        name: symbol.to_owned(),
        mint: Key(mint),
        decimals,
        feed: FeedRef::Row(u8::try_from(bank).unwrap_or(u8::MAX)),
        settings: BankSettings {
            deposit_cap: Amount::of_atoms(cap),
            borrow_cap: Amount::of_atoms(cap),
            ..plan.settings
        },
        ..plan
    });
    let send = |chain: &mut Chain, step: &Step, instruction: &Instruction| {
        let touched = Touched { board: step.name == "add_price_feed", ..Touched::default() };
        chain.require(step.name, instruction.clone(), By::Admin, touched).map(drop)
    };
    apply(&deployment, chain, send, |chain, _| oracles.first(chain, tape))?;
    chain.add_bank(bank);
    Ok(())
}

/// Decimals of a mint: the usual ones, fewer if a bank's cap would not fit.
fn decimals(symbol: &str, price: u64) -> u8 {
    let usual: u8 = match symbol {
        "SOL" => 9,
        "ETH" | "BTC" => 8,
        _ => 6,
    };
    (0..=usual).rev().find(|&decimals| exact_atoms(price, decimals, CAP) < 1 << 62).unwrap_or(0)
}

fn exact_atoms(price: u64, decimals: u8, usd: u64) -> u128 {
    u128::from(usd) * u128::from(SCALE) * 10u128.pow(u32::from(decimals)) / u128::from(price)
}

fn atoms_at(price: u64, decimals: u8, usd: u64) -> u64 {
    u64::try_from(exact_atoms(price, decimals, usd)).unwrap_or(u64::MAX)
}

fn dollars(usd: u64) -> Usd {
    Usd::from_dollars(usd).unwrap_or_default()
}

fn whole(value: Usd) -> u64 {
    value.0 >> Usd::BITS
}

/// What every borrower is going to borrow: his share of the largest loan that leaves Initial health at zero.
fn plan_loans(chain: &Chain, borrowers: &[Borrower]) -> Result<Vec<Vec<(u16, u64)>>, Stop> {
    let banks = chain.accrued()?;
    let mut plans = Vec::with_capacity(borrowers.len());
    for (member, borrower) in borrowers.iter().enumerate() {
        let portfolio = chain.portfolio(&chain.members[member].state, &banks)?;
        let most = largest_loan(chain, &portfolio, borrower)?;
        let wanted = dollars(most * borrower.leverage / 100);
        let loan = |&(bank, share): &(u16, u64)| (bank, chain.atoms(bank, Usd(wanted.0 / 100 * share)));
        plans.push(borrower.loans.iter().map(loan).collect());
    }
    Ok(plans)
}

/// The largest loan of the borrower's mix that Initial health allows, whole USD.
fn largest_loan(chain: &Chain, portfolio: &Portfolio, borrower: &Borrower) -> RiskResult<u64> {
    let (mut fits, mut fails) = (0, borrower.size * 2 + 1);
    while fails - fits > 1 {
        let middle = u64::midpoint(fits, fails);
        let mut loaded = *portfolio;
        for &(bank, share) in &borrower.loans {
            let units = chain.price(bank).units_up(Usd(dollars(middle).0 / 100 * share))?;
            add_loan(&mut loaded, chain, bank, units)?;
        }
        let initial = assess_initial(&loaded, &chain.board, Valuation::Initial, chain.now())?;
        if initial.is_negative() {
            fails = middle;
        } else {
            fits = middle;
        }
    }
    Ok(fits)
}

fn add_loan(portfolio: &mut Portfolio, chain: &Chain, bank: u16, units: Units) -> RiskResult<()> {
    let exposure = portfolio.entry(chain.banks[usize::from(bank)].feed)?;
    exposure.loans = exposure.loans.add(units)?;
    portfolio.has_liability = true;
    Ok(())
}

/// Lenders: they bring every bank's loans to 75 % of its deposits, and a tenth on top of what is there already.
fn lenders(chain: &mut Chain, lent: &[u64], count: usize, seed: u64) -> Result<(), Stop> {
    let mut random = Random::new(seed, "lenders");
    let many = (count / 15).clamp(8, 60);
    let weights: Vec<u64> = (0..many as u64).map(|rank| 1_000 / (rank + 2) + random.below(50)).collect();
    let sum: u64 = weights.iter().sum();
    let mut members = Vec::with_capacity(many);
    for _ in 0..many {
        members.push(chain.join(Kind::Lender)?);
    }
    for (bank, lent) in lent.iter().enumerate() {
        let held = chain.banks[bank].asset_shares;
        let index = u16::try_from(bank).unwrap_or(u16::MAX);
        let floor = chain.atoms(index, dollars(50_000));
        let needed = (lent / 3 * 4).saturating_sub(held).max(held / 10).max(floor);
        for (member, weight) in members.iter().zip(&weights) {
            let part = u128::from(needed) * u128::from(*weight) / u128::from(sum);
            chain.deposit(*member, index, u64::try_from(part).unwrap_or(0).max(1))?;
        }
    }
    Ok(())
}

fn liquidators(chain: &mut Chain, loans: u64) -> Result<Vec<Liquidator>, Stop> {
    let capital = (loans * LIQUIDATOR_CAPITAL / 100).max(50_000);
    let mut all = Vec::new();
    for (delay, share) in LIQUIDATORS {
        let member = chain.join(Kind::Liquidator)?;
        let usd = capital * share / 100;
        chain.deposit(member, 0, chain.atoms(0, dollars(usd)))?;
        all.push(Liquidator::new(member, delay, dollars(usd), Appetite::Profit));
    }
    Ok(all)
}

/// Somebody from outside with as much capital as it takes to liquidate `accounts`: enough of what they owe, and the stablecoin
/// to stand for the rest where a bank takes no more deposits.
pub(super) fn latecomer(chain: &mut Chain, accounts: &[usize]) -> Result<Liquidator, Stop> {
    let banks = chain.accrued()?;
    let member = chain.join(Kind::Liquidator)?;
    let (mut capital, mut total) = (Usd::ZERO, Usd::ZERO);
    for bank in banks.iter().rev() {
        let owed: u64 = accounts.iter().map(|account| debt(&chain.members[*account].state, bank)).sum();
        total = Usd(total.0.saturating_add(chain.value(bank.index, owed).0));
        let atoms = if bank.index == 0 {
            chain.atoms(0, Usd(total.0.saturating_mul(3))).clamp(1, room(bank))
        } else {
            owed.saturating_add(owed / 5).min(room(bank))
        };
        if atoms > 0 && chain.deposit(member, bank.index, atoms)? {
            capital = Usd(capital.0.saturating_add(chain.value(bank.index, atoms).0));
        }
        // What the bank's cap did not let in goes home.
        chain.take(member, bank.index);
    }
    Ok(Liquidator::new(member, LATE_DELAY, capital, Appetite::Everything))
}

/// What a bank still takes in before its cap.
fn room(bank: &Bank) -> u64 {
    let held = Index::from_words(bank.asset_index).amount_up(bank.asset_shares).unwrap_or(u64::MAX);
    bank.deposit_cap.saturating_sub(held).saturating_sub(1).max(1)
}

fn keepers(chain: &mut Chain, loans: u64) -> Result<Vec<Keeper>, Stop> {
    let capital = (loans * KEEPER_CAPITAL / 100).max(20_000);
    let mut all = Vec::new();
    for (delay, cost_bps) in KEEPERS {
        let member = chain.join(Kind::Keeper)?;
        chain.deposit(member, 0, chain.atoms(0, dollars(capital)))?;
        all.push(Keeper::new(member, delay, dollars(capital), cost_bps));
    }
    Ok(all)
}

fn set_policy(chain: &mut Chain, member: usize, floor: u64, width: u64, turnover: u64) -> Result<(), Stop> {
    let hundredths = |n: u64| (n << 32) / 100;
    let who = &chain.members[member];
    // A width of five hundredths is rounded up: it is the least there is.
    let policy =
        ix::set_policy(&who.owner(), &who.account, hundredths(floor), hundredths(width) + 1, dollars(turnover).0);
    chain.require("set_policy", policy, By::Member(member), Touched { members: &[member], ..Touched::default() })?;
    Ok(())
}

/// Fills the insurance funds.
fn insure(chain: &mut Chain, lent: &[u64]) -> Result<(), Stop> {
    let member = chain.members.iter().position(|member| member.kind == Kind::Lender).unwrap_or(0);
    for (bank, lent) in lent.iter().enumerate() {
        let index = u16::try_from(bank).unwrap_or(u16::MAX);
        let atoms = (lent / 10_000 * INSURANCE_BPS).max(chain.atoms(index, dollars(1_000))).max(1);
        chain.give(member, index, atoms);
        let user = chain.members[member].user(index);
        let gift = ix::deposit_insurance(&user.authority, &user.tokens, &chain.banks[bank], atoms);
        chain.require(
            "deposit_insurance",
            gift,
            By::Member(member),
            Touched { banks: &[index], ..Touched::default() },
        )?;
    }
    Ok(())
}

/// Whole tokens of an amount, exact enough to be shown.
pub(super) fn tokens(atoms: u64, decimals: u8) -> f64 {
    atoms as f64 / 10f64.powi(i32::from(decimals))
}

#[cfg(test)]
mod tests {
    use ballast_math::Decimals;

    use super::*;

    #[test]
    fn caps_fit_at_every_price() {
        for price in [10_000, SCALE / 1_000, SCALE, 32 * SCALE, 20_000 * SCALE, 10_000_000 * SCALE] {
            for symbol in ["SOL", "BTC", "USDC", "LUNA"] {
                let decimals = decimals(symbol, price);
                assert!(Decimals::new(decimals).is_some());
                assert!((1..1 << 62).contains(&atoms_at(price, decimals, CAP)));
            }
        }
        assert_eq!((decimals("SOL", 32 * SCALE), decimals("LUNA", 78 * SCALE)), (9, 6));
    }
}
