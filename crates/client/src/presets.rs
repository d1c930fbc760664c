//! Settings to start from, in the units people think in.
//!
//! Rates are those of the rules' table of familiar numbers: static (floor = cap) until feeds measure volatility.

use ballast_math::{Price, Ratio, Usd};
use ballast_oracle::Provider;
use solana_pubkey::Pubkey;

use crate::ballast::types::{
    BankArgs, CurvePointArgs, JudgeArgs, PriceFeedArgs, RatesArgs, RulesArgs, SideArgs, SourceArgs,
};

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

/// What a listing decides about an underlying. All rates in basis points.
#[derive(Clone, Copy, Debug)]
pub struct Underlying {
    /// Symbol, up to 16 ASCII characters.
    pub symbol: &'static str,
    /// Risk class, or 255.
    pub class: u8,
    /// Annual volatility.
    pub sigma: u32,
    /// Maintenance rates with add-on, long and short.
    pub maintenance: (u32, u32),
    /// Initial rates with add-on, long and short.
    pub initial: (u32, u32),
    /// Add-on at both levels.
    pub add_on: u32,
    /// Basis.
    pub basis: u32,
    /// Depth in dollars; zero: no impact.
    pub depth: u64,
}

/// SOL at 90 % volatility.
pub const SOL: Underlying = Underlying {
    symbol: "SOL",
    class: 255,
    sigma: 9_000,
    maintenance: (980, 800),
    initial: (2_440, 2_080),
    add_on: 200,
    basis: 200,
    depth: 50_000_000,
};

/// ETH at 60 % volatility.
pub const ETH: Underlying = Underlying {
    symbol: "ETH",
    class: 255,
    sigma: 6_000,
    maintenance: (670, 550),
    initial: (1_640, 1_400),
    add_on: 150,
    basis: 150,
    depth: 150_000_000,
};

/// BTC at 47 % volatility.
pub const BTC: Underlying = Underlying {
    symbol: "BTC",
    class: 255,
    sigma: 4_700,
    maintenance: (510, 410),
    initial: (1_270, 1_080),
    add_on: 100,
    basis: 100,
    depth: 300_000_000,
};

/// USDC, static.
pub const USDC: Underlying = Underlying {
    symbol: "USDC",
    class: 255,
    sigma: 100,
    maintenance: (50, 50),
    initial: (100, 100),
    add_on: 50,
    basis: 0,
    depth: 0,
};

impl Underlying {
    /// Margin rates.
    #[must_use]
    pub fn rates(&self) -> RatesArgs {
        let side = |k_bps: u32, rate: u32| SideArgs { k: Ratio::from_bps(k_bps).0, floor: bps(rate), cap: bps(rate) };
        RatesArgs {
            sigma: Ratio::from_bps(self.sigma).0,
            maintenance_long: side(81_000, self.maintenance.0),
            maintenance_short: side(62_000, self.maintenance.1),
            initial_long: side(47_500, self.initial.0),
            initial_short: side(40_000, self.initial.1),
            depth: dollars(self.depth),
            maintenance_add_on: bps(self.add_on),
            initial_add_on: bps(self.add_on),
            basis: bps(self.basis),
            impact_factor: if self.depth == 0 { 0 } else { bps(1_000) },
            impact_cap: if self.depth == 0 { 0 } else { bps(1_000) },
        }
    }

    /// A feed of this underlying with the given sources.
    #[must_use]
    pub fn feed(&self, sources: Vec<SourceArgs>) -> PriceFeedArgs {
        let mut symbol = [0; 16];
        for (to, from) in symbol.iter_mut().zip(self.symbol.bytes()) {
            *to = from;
        }
        PriceFeedArgs { symbol, class: self.class, sources, judge: judge(), rates: self.rates() }
    }
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
