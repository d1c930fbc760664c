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
//! A new instruction is a variant of [`step::Do`], its building in [`stage`], its invariants in [`check`], and a scene that
//! does it in [`generate`].

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
use play::{as_test, numbers, shortened, Coverage, Play, Stop};

/// Instructions of a life: long enough for interest and bad debt, short enough to be shortened.
const LIFE: u64 = 2_000;
/// Instructions of a run where nobody asks for more: half a minute.
const STEPS: u64 = 40_000;
/// Seed of a run where nobody names one.
const SEED: u64 = 1;

/// How often each instruction succeeds in 10,000, at least: a generator gone blind would break no invariant.
const LEAST: &[(&str, u64)] = &[
    ("add_bank", 2),
    ("borrow", 250),
    ("close_margin_account", 2),
    ("collect_fees", 5),
    ("configure_bank", 25),
    ("configure_group", 2),
    ("configure_price_feed", 5),
    ("configure_risk_class", 2),
    ("deleverage by policy", 10),
    ("deleverage in wind-down", 20),
    ("deposit", 250),
    ("deposit_insurance", 20),
    ("donation", 10),
    ("liquidate", 40),
    ("mark", 40),
    ("open_margin_account", 5),
    ("pause_bank", 2),
    ("pause_risk", 2),
    ("refresh_price_feed", 2_000),
    ("repay", 20),
    ("resolve_bankruptcy", 3),
    ("set_bank_mode", 50),
    ("set_policy", 50),
    ("withdraw", 50),
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
    }
}
