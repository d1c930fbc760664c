//! Settings just outside their bounds, each alone, and who may change them.

use ballast_client::ballast::types::{BankArgs, CurvePointArgs, MarketArgs, PriceFeedArgs, RulesArgs};
use ballast_client::presets::{bps, dollars};
use ballast_oracle::Provider;

use super::support::*;

pub(crate) type Change<T> = fn(&mut T);

/// Rules that are one step outside.
pub(crate) const OUT_OF_BOUNDS: &[(&str, Change<RulesArgs>)] = &[
    ("a target of one", |rules| rules.liquidation_target = 1 << 32),
    ("a target beyond 1.5", |rules| rules.liquidation_target = (3 << 31) + 1),
    ("the largest target", |rules| rules.liquidation_target = u64::MAX),
    ("no dust", |rules| rules.dust = 0),
    ("dust beyond 1,000 USD", |rules| rules.dust = dollars(1_000) + 1),
    ("no bonus", |rules| rules.bonus_min = 0),
    ("bounds that cross", |rules| rules.bonus_max = rules.bonus_min - 1),
    ("a bonus beyond 20 %", |rules| rules.bonus_max = bps(2_000) + 1),
    ("growth beyond 1 % a second", |rules| rules.bonus_growth = bps(100) + 1),
    ("no ramp", |rules| rules.bonus_ramp = 0),
    ("a ramp beyond a day", |rules| rules.bonus_ramp = 86_401),
    ("an insurance share beyond 90 %", |rules| rules.insurance_share = bps(9_000) + 1),
    ("a fee beyond 10 bp", |rules| rules.deleverage_fee = bps(10) + 1),
    ("a fee beyond a fifth of the bonus", |rules| (rules.bonus_min, rules.deleverage_fee) = (bps(40), bps(9))),
    ("deleverages within a minute", |rules| rules.deleverage_interval = 59),
    ("prices of 9 seconds", |rules| rules.borrow_max_age = 9),
    ("prices beyond an hour", |rules| rules.borrow_max_age = 3_601),
    ("prices of 9 seconds", |rules| rules.liquidate_max_age = 9),
    ("prices beyond an hour", |rules| rules.liquidate_max_age = 3_601),
    ("prices of 4 seconds", |rules| rules.deleverage_max_age = 4),
    ("prices beyond ten minutes", |rules| rules.deleverage_max_age = 601),
    ("a cool-off beyond a minute", |rules| rules.cool_off = 61),
    ("a halt of 59 seconds", |rules| rules.halt_gap = 59),
    ("a grace beyond ten minutes", |rules| rules.halt_grace = 601),
    ("episodes of 9 seconds", |rules| rules.episode_gap = 9),
    ("episodes beyond an hour", |rules| rules.episode_gap = 3_601),
    ("a notice below a week", |rules| rules.wind_down_notice = 7 * 86_400 - 1),
    ("a ramp below a day", |rules| rules.wind_down_ramp = 86_399),
];

/// Feeds that are one step outside.
pub(crate) const FEED_OUT_OF_BOUNDS: &[(&str, Change<PriceFeedArgs>, &str)] = &[
    ("class 16", |args| args.class = 16, "InvalidParameter"),
    ("class 254", |args| args.class = 254, "InvalidParameter"),
    ("no source", |args| args.sources.clear(), "InvalidParameter"),
    ("four sources", |args| args.sources = vec![args.sources[0]; 4], "InvalidParameter"),
    ("provider 0", |args| args.sources[0].provider = 0, "InvalidParameter"),
    ("provider 6", |args| args.sources[0].provider = 6, "InvalidParameter"),
    ("no owner", |args| args.sources[0].owner = Pubkey::default(), "InvalidParameter"),
    ("no feed id", |args| args.sources[0].feed_id = [0; 32], "InvalidParameter"),
    ("a real source with a fixed price", |args| args.sources[0].fixed_price = 1_000_000, "InvalidParameter"),
    (
        "a named source without a name",
        |args| args.sources[0].provider = Provider::PythLegacy.to_u8(),
        "InvalidParameter",
    ),
    ("a fixed price of 0.98", |args| args.sources = vec![presets::fixed(989_999)], "InvalidParameter"),
    ("a fixed price of 1.02", |args| args.sources = vec![presets::fixed(1_010_001)], "InvalidParameter"),
    ("a fixed price beside a market's", |args| args.sources.push(presets::fixed(1_000_000)), "InvalidParameter"),
    ("a source without age", |args| args.sources[0].max_age = 0, "InvalidParameter"),
    ("a source of more than an hour", |args| args.sources[0].max_age = 3_601, "InvalidParameter"),
    ("a confidence beyond 20 %", |args| args.sources[0].max_confidence = bps(2_000) + 1, "InvalidParameter"),
    ("no deviation", |args| args.judge.max_deviation = 0, "InvalidParameter"),
    ("a deviation beyond 20 %", |args| args.judge.max_deviation = bps(2_000) + 1, "InvalidParameter"),
    ("a jump below 0.5 %", |args| args.judge.jump_min = bps(50) - 1, "InvalidParameter"),
    ("a jump beyond 50 %", |args| args.judge.jump_min = bps(5_000) + 1, "InvalidParameter"),
    ("a jump confirmed at once", |args| args.judge.jump_confirm = 0, "InvalidParameter"),
    ("a jump confirmed after ten minutes", |args| args.judge.jump_confirm = 601, "InvalidParameter"),
    ("31 seconds ahead", |args| args.judge.max_future = 31, "InvalidParameter"),
    ("an average of more than a day", |args| args.judge.ema_seconds = 86_401, "InvalidParameter"),
    ("a volatility beyond 1,000 %", |args| args.rates.sigma = (10 << 32) + 1, "InvalidParameter"),
    ("a floor below the add-on", |args| args.rates.maintenance_long.floor = bps(625) - 1, "InvalidParameter"),
    ("a floor above the cap", |args| args.rates.initial_short.floor = bps(2_500) + 1, "InvalidParameter"),
    ("k beyond 20", |args| args.rates.initial_long.k = (20 << 32) + 1, "InvalidParameter"),
    ("an Initial add-on below Maintenance's", |args| args.rates.initial_add_on = bps(625) - 1, "InvalidParameter"),
    ("a depth below 1,000 USD", |args| args.rates.depth = dollars(1_000) - 1, "InvalidParameter"),
    (
        "an Initial cap below Maintenance's",
        |args| (args.rates.initial_long.floor, args.rates.initial_long.cap) = (bps(1_249), bps(1_249)),
        "InvalidParameter",
    ),
    ("an add-on below the smallest bonus", |args| args.rates.maintenance_add_on = bps(50) - 1, "AddOnBelowBonus"),
    (
        "a margin of one",
        |args| {
            (args.rates.initial_long.floor, args.rates.initial_long.cap) = (u32::MAX, u32::MAX);
            args.rates.impact_cap = 1;
        },
        "MarginTooHigh",
    ),
    ("an impact that makes it one", |args| args.rates.impact_cap = bps(5_000), "MarginTooHigh"),
    ("a basis that makes it one", |args| args.rates.basis = bps(8_125), "MarginTooHigh"),
];

/// Banks that are one step outside.
pub(crate) const BANK_OUT_OF_BOUNDS: &[(&str, Change<BankArgs>, &str)] = &[
    ("no curve", |args| args.curve.clear(), "CurveNotMonotone"),
    ("one point", |args| args.curve.truncate(1), "CurveNotMonotone"),
    ("seven points", |args| args.curve = (0..7).map(|n| point(n * 1_000, n)).collect(), "CurveNotMonotone"),
    ("a curve that starts later", |args| args.curve[0].utilisation_bps = 1, "CurveNotMonotone"),
    ("a curve that ends earlier", |args| args.curve[2].utilisation_bps = 9_999, "CurveNotMonotone"),
    ("a curve that ends later", |args| args.curve[2].utilisation_bps = 10_001, "CurveNotMonotone"),
    ("two points in one place", |args| args.curve[1].utilisation_bps = 0, "CurveNotMonotone"),
    ("a rate that falls", |args| args.curve[1].rate_bps = 199, "CurveNotMonotone"),
    ("a rate beyond 1,000 %", |args| args.curve[2].rate_bps = 100_001, "CurveNotMonotone"),
    ("the largest rate", |args| args.curve[2].rate_bps = u32::MAX, "CurveNotMonotone"),
    ("a fee of more than half", |args| args.interest_fee = 1 << 31, "InvalidParameter"),
    ("a utilisation beyond one", |args| args.max_utilisation = (1 << 32) + 1, "InvalidParameter"),
    // 2^42 USD / 1,000 / 32 USD, 9 decimals.
    ("a deposit cap beyond values", |args| args.deposit_cap = 137_438_953_473_000_000, "CapTooLarge"),
    ("a borrow cap beyond values", |args| args.borrow_cap = 137_438_953_473_000_000, "CapTooLarge"),
    ("the largest cap", |args| args.deposit_cap = u64::MAX, "CapTooLarge"),
];

/// Terms of a market on coins that are one step outside.
pub(crate) const TERMS_OUT_OF_BOUNDS: &[(&str, Change<MarketArgs>, &str)] = &[
    ("no skew scale", |args| args.skew_scale = 0, "InvalidParameter"),
    ("a skew scale beyond lots", |args| args.skew_scale = (1 << 62) + 1, "InvalidParameter"),
    ("funding of more than a tenth a day", |args| args.funding_limit = (1 << 40) + 1, "InvalidParameter"),
    ("funding at its limit within a second", |args| args.funding_velocity = args.funding_limit + 1, "InvalidParameter"),
    ("a skew beyond a side", |args| args.skew_cap = args.interest_cap + 1, "InvalidParameter"),
    ("an account beyond a side", |args| args.account_cap = args.interest_cap + 1, "InvalidParameter"),
    ("orders of nothing", |args| args.order_min = 0, "InvalidParameter"),
    ("a fee beyond 1 %", |args| args.fill_fee = bps(100) + 1, "InvalidParameter"),
    ("no weight", |args| args.weight = 0, "InvalidParameter"),
    ("a print after a second", |args| args.min_delay = 1, "InvalidParameter"),
    ("a print after a minute", |args| args.min_delay = 61, "InvalidParameter"),
    ("no time to fill", |args| args.order_life = 0, "InvalidParameter"),
    ("more than a minute to fill", |args| args.order_life = 61, "InvalidParameter"),
    // A quarter of the smallest margin, an eighth, of a scale of 10^12.
    (
        "a premium that eats the margin",
        |args| (args.skew_cap, args.interest_cap) = (31_250_000_001, 31_250_000_001),
        "PremiumTooSteep",
    ),
    // 2^84 / (32 · 2^32)
    ("a side beyond the books", |args| (args.interest_cap, args.skew_scale) = ((1 << 47) + 1, 1 << 62), "CapTooLarge"),
];

pub(crate) fn point(utilisation_bps: u32, rate_bps: u32) -> CurvePointArgs {
    CurvePointArgs { utilisation_bps, rate_bps }
}

/// Who may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    RiskAdmin,
    Guardian,
    Forecaster,
    FeeRecipient,
    Stranger,
}

/// Gives every role to a key of its own, and sends the instruction, which the admin signs first, as each of them: only
/// `allowed` may. It must not matter that those send it repeatedly. Unsigned it fails, too.
pub(crate) fn refuses_everyone_but(world: &mut World, instruction: &Instruction, allowed: &[Role]) {
    let (roles, stranger) = (world.appoint(), world.svm.rich_keypair());
    let admin = world.admin.insecure_clone();
    for (role, key) in [
        (Role::RiskAdmin, &roles.risk_admin),
        (Role::Guardian, &roles.guardian),
        (Role::Forecaster, &roles.forecaster),
        (Role::FeeRecipient, &roles.fee_recipient),
        (Role::Stranger, &stranger),
    ] {
        let signed = signed_by(instruction, &admin, key);
        eprintln!("{role:?}");
        if allowed.contains(&role) {
            world.send(signed, &[key]).unwrap_or_else(|failed| panic!("{role:?}: {}", failed.name()));
        } else {
            world.refuses(&signed, &[key], "Unauthorised");
        }
    }
    let mut nobodys = unsigned(instruction, 0);
    for meta in nobodys.accounts.iter_mut().skip(1).filter(|meta| meta.is_signer) {
        meta.pubkey = stranger.pubkey();
    }
    world.refuses(&nobodys, &[&stranger], "anchor::AccountNotSigner");
    assert!(allowed.contains(&Role::Admin) && instruction.accounts[0].pubkey == admin.pubkey());
}
