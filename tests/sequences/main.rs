//! Random lives on the ELF: several owners, keepers and administration, prices and time that move, nonsense in between, and
//! every invariant after every step.
//!
//! ```text
//! cargo test -p ballast-tests --test sequences -- --nocapture
//! BALLAST_SEED=7 BALLAST_STEPS=1000000 cargo test -p ballast-tests --test sequences random -- --nocapture
//! ```
//!
//! A run is many lives of [`LIFE`] instructions, each from its own seed and on a new stage. Where an invariant breaks, the life
//! is shortened to the few steps that matter and printed as a test: it goes into `found.rs`.
//!
//! A step is an instruction; steps that are joined are one transaction. A new instruction is a variant of [`step::Do`], its
//! building in [`stage`], its invariants in [`check`], and a scene that does it in [`generate`].

mod check;
mod dice;
mod found;
mod generate;
mod play;
mod shrink;
mod stage;
mod step;

use dice::Dice;
use generate::Life;
use play::{as_test, numbers, shortened, Coverage, Play, Stop, ENDS};

/// Instructions of a life: long enough for interest and bad debt, short enough to be shortened.
const LIFE: u64 = 2_000;
/// Instructions of a run where nobody asks for more: half a minute.
const STEPS: u64 = 40_000;
/// Seed of a run where nobody names one.
const SEED: u64 = 1;

/// How often each instruction succeeds in 10,000, at least: a generator gone blind would break no invariant.
const LEAST: &[(&str, u64)] = &[
    ("accept_admin", 1),
    ("add_bank", 2),
    ("begin_flash_loan", 20),
    ("begin_liquidation", 5),
    ("borrow", 250),
    ("borrow by delegate", 2),
    ("cancel_change", 1),
    ("close_margin_account", 2),
    ("collect_fees", 5),
    ("configure_bank", 15),
    ("configure_bank by risk admin", 5),
    ("configure_group", 2),
    ("configure_price_feed", 3),
    ("configure_risk_class", 2),
    ("configure_timelock", 1),
    ("deleverage by policy", 10),
    ("deleverage in wind-down", 20),
    ("deposit", 250),
    ("deposit by delegate", 5),
    ("deposit_insurance", 20),
    ("donation", 10),
    ("end_flash_loan", 20),
    ("end_liquidation", 5),
    ("execute_change", 1),
    ("liquidate", 40),
    ("mark", 40),
    ("migrate_account", 1),
    ("open_margin_account", 5),
    ("pause_bank", 2),
    ("pause_bank by guardian", 1),
    ("pause_risk", 2),
    ("pause_risk by guardian", 1),
    ("propose_admin", 1),
    ("propose_change", 1),
    ("refresh_price_feed", 2_000),
    ("repay", 20),
    ("resolve_bankruptcy", 3),
    ("seize", 5),
    ("set_bank_mode", 50),
    ("set_bank_mode by risk admin", 1),
    ("set_delegate", 10),
    ("set_policy", 50),
    ("transfer_margin_account", 5),
    ("withdraw", 50),
    ("withdraw by delegate", 5),
];

/// What has to be refused at least once in [`STEPS`], and with what: what stands between a key and what it must not do.
const REFUSED: &[(&str, &str)] = &[
    ("accept_admin", "Unauthorised"),
    ("begin_flash_loan", "BankInFlashLoan"),
    ("begin_flash_loan", "EndNotUnique"),
    ("begin_flash_loan", "MissingEnd"),
    ("begin_liquidation", "EndNotUnique"),
    ("begin_liquidation", "AccountHealthy"),
    ("begin_liquidation", "MissingEnd"),
    ("borrow by delegate", "DestinationNotOwners"),
    ("borrow by delegate", "Unauthorised"),
    ("cancel_change", "ChangeMismatch"),
    ("cancel_change", "Unauthorised"),
    ("close_margin_account", "AccountNotEmpty"),
    ("close_margin_account", "Unauthorised"),
    ("collect_fees", "BankInFlashLoan"),
    ("configure_bank", "TimelockRequired"),
    ("configure_bank by risk admin", "TimelockRequired"),
    ("configure_timelock", "InvalidParameter"),
    ("configure_timelock", "TimelockRequired"),
    ("deposit by delegate", "Unauthorised"),
    ("end_flash_loan", "NoFlashLoan"),
    ("end_flash_loan", "token::InsufficientFunds"),
    ("end_liquidation", "NoOpenLiquidation"),
    ("end_liquidation", "SeizedTooMuch"),
    ("end_liquidation", "StateMoved"),
    ("end_liquidation", "Unauthorised"),
    ("execute_change", "ChangeExpired"),
    ("execute_change", "ChangeMismatch"),
    ("execute_change", "ChangeNotReady"),
    ("execute_change", "Unauthorised"),
    ("mark", "AccountInTransit"),
    ("migrate_account", "WrongAccountVersion"),
    ("pause_bank by guardian", "PauseTooSoon"),
    ("pause_risk by guardian", "PauseTooSoon"),
    ("propose_admin", "TimelockRequired"),
    ("propose_admin", "Unauthorised"),
    ("propose_change", "NotTimelocked"),
    ("propose_change", "TimelockRequired"),
    ("seize", "NoOpenLiquidation"),
    ("seize", "SeizedTooMuch"),
    ("seize", "Unauthorised"),
    ("set_bank_mode by risk admin", "TimelockRequired"),
    ("set_delegate", "InvalidParameter"),
    ("set_delegate", "Unauthorised"),
    ("transfer_margin_account", "Unauthorised"),
    ("withdraw by delegate", "DestinationNotOwners"),
    ("withdraw by delegate", "Unauthorised"),
];

fn number(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// One life from a seed, of about so many instructions.
fn live(seed: u64, steps: u64, only: Option<u8>, coverage: &mut Coverage) -> Result<(), Stop> {
    let end = coverage.sent() + steps;
    let mut life = Life { dice: Dice::new(seed), play: Play::new(only), coverage };
    life.begin()?;
    while life.coverage.sent() < end {
        life.scene()?;
    }
    Ok(())
}

#[test]
fn random_lives_keep_every_invariant() {
    let (first, steps) = (number("BALLAST_SEED", SEED), number("BALLAST_STEPS", STEPS));
    let only = std::env::var("BALLAST_INVARIANT").ok().and_then(|number| number.parse().ok());
    let mut coverage = Coverage::default();
    let mut seed = first;
    while coverage.sent() < steps {
        let length = LIFE.min(steps - coverage.sent());
        if let Err(stop) = live(seed, length, only, &mut coverage) {
            println!("seed {seed}: {} after {} instructions", numbers(&stop.broken), coverage.sent());
            let short = shortened(&stop);
            println!("{}", as_test(&short, seed));
            panic!("{} steps break {}", short.steps.len(), numbers(&short.broken));
        }
        seed += 1;
    }
    println!("{coverage}");
    if only.is_none() {
        for (name, least) in LEAST {
            let least = least * coverage.sent() / 10_000;
            assert!(coverage.of(name) >= least, "{name}: {} of {least}", coverage.of(name));
        }
        // A short run may not come to all of them.
        for (name, error) in REFUSED.iter().filter(|_| coverage.sent() >= STEPS) {
            assert!(coverage.refused(name, error) > 0, "{name} was never refused with {error}");
        }
        for (_, end) in ENDS.iter().filter(|_| coverage.sent() >= STEPS) {
            assert!(coverage.ended(end) > 0, "no order ended: {end}");
        }
    }
}
