//! Settings to start from, in the units people think in.

use ballast_math::{Price, Ratio, Usd};
use ballast_oracle::Provider;
use solana_pubkey::Pubkey;

use crate::ballast::types::{BankArgs, CurvePointArgs, JudgeArgs, MarketArgs, PoolArgs, RulesArgs, SourceArgs};

/// Basis points as a stored rate, 32 fraction bits.
#[must_use]
pub fn bps(n: u32) -> u32 {
    u32::try_from(Ratio::from_bps(n).0).unwrap_or(u32::MAX)
}

/// Whole dollars, 20 fraction bits.
#[must_use]
pub fn dollars(n: u64) -> u64 {
    Usd::from_dollars(n).map_or(u64::MAX, |usd| usd.0)
}

/// A price in whole dollars, 40 fraction bits.
#[must_use]
pub const fn price(dollars: u32) -> Price {
    Price((dollars as u64) << Price::BITS)
}

/// The rules' defaults.
#[must_use]
pub fn rules() -> RulesArgs {
    RulesArgs {
        liquidation_target: Ratio::from_bps(10_500).0,
        dust: dollars(10),
        bonus_min: bps(50),
        bonus_max: bps(1_000),
        bonus_growth: bps(1),
        bonus_ramp: 240,
        insurance_share: bps(2_000),
        deleverage_fee: bps(10),
        deleverage_interval: 600,
        borrow_max_age: 60,
        liquidate_max_age: 60,
        deleverage_max_age: 10,
        cool_off: 10,
        halt_gap: 300,
        halt_grace: 120,
        episode_gap: 60,
        wind_down_notice: 7 * 86_400,
        wind_down_ramp: 7 * 86_400,
    }
}

/// The judge's defaults.
#[must_use]
pub fn judge() -> JudgeArgs {
    JudgeArgs { max_deviation: bps(150), jump_min: bps(300), jump_confirm: 10, max_future: 5, ema_seconds: 600 }
}

/// A Pyth pull source: any update account of the receiver with this feed id.
#[must_use]
pub fn pyth_pull(feed_id: [u8; 32]) -> SourceArgs {
    source(Provider::PythPull, Pubkey::default(), feed_id)
}

/// A source with an account of its own.
#[must_use]
pub fn source(provider: Provider, account: Pubkey, feed_id: [u8; 32]) -> SourceArgs {
    let owner = provider.default_owners().first().copied().unwrap_or_default();
    SourceArgs {
        provider: provider.to_u8(),
        account,
        owner: Pubkey::new_from_array(owner),
        feed_id,
        fixed_price: 0,
        max_age: 60,
        max_confidence: bps(200),
    }
}

/// A fixed price in millionths of a dollar: tests, and stablecoins under the listing rules.
#[must_use]
pub fn fixed(millionths: u64) -> SourceArgs {
    SourceArgs {
        owner: Pubkey::default(),
        fixed_price: millionths,
        ..source(Provider::Fixed, Pubkey::default(), [0; 32])
    }
}

/// A bank that takes and lends anything, with a kinked curve: 2 % at no use, 8 % at 80 %, 100 % at full use.
#[must_use]
pub fn bank(deposit_cap: u64, borrow_cap: u64) -> BankArgs {
    let point = |utilisation_bps, rate_bps| CurvePointArgs { utilisation_bps, rate_bps };
    BankArgs {
        collateral: true,
        borrowable: true,
        interest_fee: bps(1_000),
        deposit_cap,
        borrow_cap,
        max_utilisation: Ratio::from_bps(9_500).0,
        hourly_limit: u64::MAX,
        daily_limit: u64::MAX,
        flash_fee: bps(5),
        warm_up: 0,
        curve: vec![point(0, 200), point(8_000, 800), point(10_000, 10_000)],
    }
}

/// A pool whose epochs last a day, without a cap.
#[must_use]
pub fn pool() -> PoolArgs {
    PoolArgs { epoch_length: 86_400, min_delay: 30, exit_fee: bps(10), cap: u64::MAX }
}

/// A perp market of half of the pool: funding of 0.1 % an hour at most, fills at five basis points, sizes in lots.
#[must_use]
pub fn market() -> MarketArgs {
    MarketArgs {
        skew_scale: 1_000_000_000_000,
        funding_limit: 280_000_000_000,
        funding_velocity: 77_000_000,
        interest_cap: 10_000_000_000,
        skew_cap: 10_000_000_000,
        account_cap: 5_000_000_000,
        order_min: 10_000,
        keeper_fee: 10_000,
        fill_fee: bps(5),
        weight: bps(5_000),
        min_delay: 2,
        order_life: 60,
    }
}
