//! The pool and the markets, as `migrations/demo.toml` says, on whatever of their underlyings is replayed.

use ballast_client::perps::Quote;
use ballast_migrate::{apply, BankRef, FeedRef, MarketPlan, PoolPlan, Step};
use ballast_testkit::demo;
use solana_instruction::Instruction;

use crate::demo::chain::{By, Chain, Perps, Stop, Touched};
use crate::demo::prices::SCALE;
use crate::demo::tape::Tape;

/// Atoms of the stablecoin in a dollar.
const ATOMS: u128 = 1_000_000;
/// What a lot may be worth when it is listed, in quarters of an atom.
const LOT: std::ops::RangeInclusive<u128> = 1..=4_096;

/// Markets of the tape: the row of each, and what it is listed with.
fn markets(tape: &Tape) -> Vec<(u8, MarketPlan)> {
    let plan = |plan: &MarketPlan| {
        let symbol = match plan.feed {
            FeedRef::Symbol(symbol) => symbol.to_string(),
            FeedRef::Row(_) => return None,
        };
        let row = tape.paths.iter().position(|path| path.symbol == symbol)?;
        let price = u128::from(tape.paths[row].at(tape.from));
        let quarters = price * 4 * ATOMS / u128::from(SCALE) / 10u128.pow(plan.lot_decimals.into());
        let row = u8::try_from(row).ok().filter(|_| LOT.contains(&quarters))?;
        Some((row, MarketPlan { feed: FeedRef::Row(row), ..plan.clone() }))
    };
    demo().markets.iter().filter_map(plan).collect()
}

/// Seconds before the replay in which the pool is filled: an epoch. Nothing where no perp is listed.
pub(in crate::demo) fn lead(tape: &Tape) -> i64 {
    let pool = demo().pool.as_ref().filter(|_| !markets(tape).is_empty());
    pool.map_or(0, |pool| i64::from(pool.settings.epoch_length.0) + i64::from(pool.settings.min_delay.0))
}

/// Lists what there is to list. False if that is nothing.
pub(in crate::demo) fn listed(chain: &mut Chain, tape: &Tape) -> Result<bool, Stop> {
    let (markets, Some(pool)) = (markets(tape), &demo().pool) else { return Ok(false) };
    if markets.is_empty() {
        return Ok(false);
    }
    let mut deployment = chain.world.deployment();
    deployment.pool = Some(PoolPlan { bank: BankRef::Index(0), settings: pool.settings.clone() });
    deployment.markets = markets.into_iter().map(|(_, plan)| plan).collect();
    let send = |chain: &mut Chain, step: &Step, instruction: &Instruction| {
        chain
            .require(step.name, instruction.clone(), By::Admin, Touched { banks: &[0], ..Touched::default() })
            .map(drop)
    };
    apply(&deployment, chain, send, |_, row| Err(Stop::SetUp(format!("row {row} has no fresh price"))))?;
    let quote = Quote { group: chain.group(), bank: 0 };
    chain.perps = Some(Perps::read(&chain.world, quote));
    Ok(true)
}
