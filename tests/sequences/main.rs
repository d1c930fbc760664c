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
/// Instructions of a run where nobody asks for more: a minute.
const STEPS: u64 = 48_000;
/// Seed of a run where nobody names one.
const SEED: u64 = 100;

/// What succeeds once in a whole run, at least: a feed has one market.
const ONCE: &[&str] = &["add_perp_market", "configure_group"];

/// How often each other instruction succeeds in 10,000, at least: a generator gone blind would break no invariant.
const LEAST: &[(&str, u64)] = &[
    ("accept_admin", 1),
    ("add_bank", 2),
    ("begin_flash_loan", 10),
    ("begin_liquidation", 5),
    ("borrow by delegate", 1),
    ("borrow", 200),
    ("cancel_change", 1),
    ("cancel_order by anyone", 1),
    ("cancel_order", 5),
    ("claim_liquidity", 7),
    ("close_margin_account", 1),
    ("collect_fees", 3),
    ("configure_bank by risk admin", 5),
    ("configure_bank", 15),
    ("configure_perp_market by risk admin", 1),
    ("configure_perp_market", 20),
    ("configure_price_feed", 2),
    ("configure_risk_class", 1),
    ("configure_timelock", 1),
    ("deleverage by policy", 6),
    ("deleverage_market", 4),
    ("deleverage in wind-down", 10),
    ("deposit by delegate", 5),
    ("deposit", 250),
    ("deposit_insurance", 20),
    ("donation", 10),
    ("end_flash_loan", 10),
    ("end_liquidation", 5),
    ("execute_change", 1),
    ("fill_order", 40),
    ("liquidate", 20),
    ("liquidate_perp", 5),
    ("mark", 40),
    ("migrate_account", 1),
    ("open_liquidity_provider", 8),
    ("open_margin_account", 5),
    ("open_orders", 15),
    ("pause_bank by guardian", 1),
    ("pause_bank", 1),
    ("pause_risk by guardian", 1),
    ("pause_risk", 1),
    ("place_order to reduce", 5),
    ("place_order", 40),
    ("propose_admin", 1),
    ("propose_change", 1),
    ("refresh_price_feed", 2_000),
    ("register_claim", 3),
    ("repay", 20),
    ("request_add_liquidity", 8),
    ("request_remove_liquidity", 1),
    ("resolve_bankruptcy", 1),
    ("seize", 5),
    ("set_bank_mode by risk admin", 1),
    ("set_bank_mode", 16),
    ("set_delegate", 10),
    ("set_policy", 50),
    ("settle_market", 3),
    ("settle_pnl by anyone", 8),
    ("settle_pnl", 12),
    ("strike_epoch", 8),
    ("sync_market", 100),
    ("transfer_margin_account", 5),
    ("update_payout", 1),
    ("withdraw by delegate", 5),
    ("withdraw", 50),
];

/// What has to be refused at least once in [`STEPS`], and with what: what stands between a key and what it must not do.
const REFUSED: &[(&str, &str)] = &[
    ("abandon_claim", "ClaimPayable"),
    ("abandon_claim", "MarketGoesOn"),
    ("accept_admin", "Unauthorised"),
    ("add_perp_market", "LotOutOfRange"),
    ("add_perp_market", "TimelockRequired"),
    ("add_perp_market", "Unauthorised"),
    ("begin_flash_loan", "BankInFlashLoan"),
    ("begin_flash_loan", "EndNotUnique"),
    ("begin_flash_loan", "MissingEnd"),
    ("begin_liquidation", "AccountHealthy"),
    ("begin_liquidation", "EndNotUnique"),
    ("begin_liquidation", "MissingEnd"),
    ("borrow by delegate", "DestinationNotOwners"),
    ("borrow by delegate", "Unauthorised"),
    ("borrow", "MarketNotSynced"),
    ("cancel_change", "ChangeMismatch"),
    ("cancel_change", "Unauthorised"),
    ("cancel_order by anyone", "OrderNotExpired"),
    ("cancel_order", "NoOrder"),
    ("cancel_order", "OrderBinding"),
    ("claim_liquidity", "NothingToClaim"),
    ("close_margin_account", "AccountNotEmpty"),
    ("close_margin_account", "Unauthorised"),
    ("collect_fees", "BankInFlashLoan"),
    ("configure_bank by risk admin", "TimelockRequired"),
    ("configure_bank", "TimelockRequired"),
    ("configure_perp_market by risk admin", "TimelockRequired"),
    ("configure_perp_market", "InvalidModeChange"),
    ("configure_perp_market", "InvalidParameter"),
    ("configure_perp_market", "TimelockRequired"),
    ("configure_perp_market", "WeightsTooLarge"),
    ("configure_timelock", "InvalidParameter"),
    ("configure_timelock", "TimelockRequired"),
    ("deleverage_market", "MarketHealthy"),
    ("deleverage_market", "NothingToDo"),
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
    ("fill_order", "DuplicateAccount"),
    ("fill_order", "FeedBehindPrint"),
    ("fill_order", "NoOrder"),
    ("fill_order", "OrderExpired"),
    ("fill_order", "PrintCoversNothing"),
    ("fill_order", "PrintNotFirst"),
    ("fill_order", "PrintTooEarly"),
    ("liquidate_perp", "AccountHealthy"),
    ("liquidate_perp", "AccountInTransit"),
    ("liquidate_perp", "GracePeriod"),
    ("liquidate_perp", "LiquidationWouldWorsen"),
    ("liquidate_perp", "NothingToDo"),
    ("liquidate_perp", "PairPriceStale"),
    ("liquidate_perp", "SelfLiquidation"),
    ("mark", "AccountInTransit"),
    ("migrate_account", "WrongAccountVersion"),
    ("pause_bank by guardian", "PauseTooSoon"),
    ("pause_risk by guardian", "PauseTooSoon"),
    ("place_order to reduce", "WouldNotReduce"),
    ("place_order", "AccountCapExceeded"),
    ("place_order", "InsufficientHealth"),
    ("place_order", "MarketNotSynced"),
    ("place_order", "MarketReduceOnly"),
    ("place_order", "OrderLifeOutOfRange"),
    ("place_order", "OrderTooSmall"),
    ("place_order", "PriceGuarded"),
    ("place_order", "PricePending"),
    ("place_order", "RiskPaused"),
    ("place_order", "SkewCapExceeded"),
    ("propose_admin", "TimelockRequired"),
    ("propose_admin", "Unauthorised"),
    ("propose_change", "NotTimelocked"),
    ("propose_change", "TimelockRequired"),
    ("register_claim", "ClaimRegistered"),
    ("register_claim", "DeleverageGrace"),
    ("register_claim", "DuplicateAccount"),
    ("register_claim", "MarketGoesOn"),
    ("register_claim", "NothingToDo"),
    ("register_claim", "Unauthorised"),
    ("request_add_liquidity", "InsufficientBalance"),
    ("request_add_liquidity", "InsufficientHealth"),
    ("request_add_liquidity", "RequestsCutOff"),
    ("request_remove_liquidity", "InsufficientLiquidityShares"),
    ("request_remove_liquidity", "RequestsCutOff"),
    ("request_remove_liquidity", "ZeroAmount"),
    ("resolve_bankruptcy", "NotBankrupt"),
    ("seize", "NoOpenLiquidation"),
    ("seize", "SeizedTooMuch"),
    ("seize", "Unauthorised"),
    ("set_bank_mode by risk admin", "TimelockRequired"),
    ("set_delegate", "InvalidParameter"),
    ("set_delegate", "Unauthorised"),
    ("settle_market", "MarketEnded"),
    ("settle_market", "MarketGoesOn"),
    ("settle_market", "PriceAway"),
    ("settle_market", "PriceStale"),
    ("settle_pnl by anyone", "AccountInTransit"),
    ("settle_pnl by anyone", "NoPosition"),
    ("settle_pnl by anyone", "NothingToSettle"),
    ("settle_pnl by anyone", "PairPriceStale"),
    ("settle_pnl", "NothingToSettle"),
    ("strike_epoch", "MarkTooOld"),
    ("strike_epoch", "PriceGuarded"),
    ("strike_epoch", "PriceStale"),
    ("strike_epoch", "StrikeTooEarly"),
    ("transfer_margin_account", "Unauthorised"),
    ("update_payout", "MarketGoesOn"),
    ("update_payout", "NothingToDo"),
    ("update_payout", "PayoutUnknown"),
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
        assert_eq!(blind(&coverage), Vec::<String>::new());
    }
}

/// What a run did not come to, though it should.
fn blind(coverage: &Coverage) -> Vec<String> {
    let least = |(name, least): &(&str, u64)| {
        let least = least * coverage.sent() / 10_000;
        let done = coverage.of(name);
        (done < least).then(|| format!("{name}: {done} of {least}"))
    };
    let mut blind: Vec<String> = LEAST.iter().filter_map(least).collect();
    // A short run may not come to all of them.
    if coverage.sent() >= STEPS {
        let never = REFUSED.iter().filter(|(name, error)| coverage.refused(name, error) == 0);
        blind.extend(never.map(|(name, error)| format!("{name} was never refused with {error}")));
        blind.extend(ONCE.iter().filter(|name| coverage.of(name) == 0).map(|name| format!("{name}: never")));
        let never = ENDS.iter().filter(|(_, end)| coverage.ended(end) == 0);
        blind.extend(never.map(|(_, end)| format!("no order ended for: {end}")));
    }
    blind
}
