//! Markets that worlds list: those of `migrations/demo.toml`, and underlyings made up in a line.

use std::sync::LazyLock;

use ballast_client::ballast::types::{PriceFeedArgs, RatesArgs, SideArgs, SourceArgs};
use ballast_client::presets;
use ballast_math::Ratio;
use ballast_migrate::units::Class;
use ballast_migrate::{BankPlan, Deployment, FeedPlan, Judge, Rates, Sources};

static DEMO: LazyLock<Deployment> = LazyLock::new(|| {
    Deployment::parse("migrations/demo.toml", include_str!("../../../migrations/demo.toml"))
        .unwrap_or_else(|error| panic!("{error}"))
});

/// The deployment in `migrations/demo.toml`.
#[must_use]
pub fn demo() -> &'static Deployment {
    &DEMO
}

/// A market of that file by its name, or what is listed where it has none.
///
/// # Panics
/// If the file lost it.
#[must_use]
pub fn listing(name: &str) -> (FeedPlan, BankPlan) {
    let mut pairs = DEMO.feeds.iter().zip(&DEMO.banks);
    let (feed, bank) = pairs
        .find(|(_, bank)| bank.name == name)
        .or_else(|| DEMO.feeds.iter().zip(&DEMO.banks).find(|(_, bank)| bank.name == "OTHER"))
        .expect("a market called OTHER");
    (feed.clone(), bank.clone())
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

impl Underlying {
    /// As arguments, with other sources.
    #[must_use]
    pub fn feed(&self, sources: Vec<SourceArgs>) -> PriceFeedArgs {
        PriceFeedArgs { sources, ..PriceFeedArgs::from(&FeedPlan::from(*self)) }
    }

    fn rates(&self) -> RatesArgs {
        let side = |k_bps: u32, rate: u32| SideArgs {
            k: Ratio::from_bps(k_bps).0,
            floor: presets::bps(rate),
            cap: presets::bps(rate),
        };
        RatesArgs {
            sigma: Ratio::from_bps(self.sigma).0,
            maintenance_long: side(81_000, self.maintenance.0),
            maintenance_short: side(62_000, self.maintenance.1),
            initial_long: side(47_500, self.initial.0),
            initial_short: side(40_000, self.initial.1),
            depth: presets::dollars(self.depth),
            maintenance_add_on: presets::bps(self.add_on),
            initial_add_on: presets::bps(self.add_on),
            basis: presets::bps(self.basis),
            impact_factor: if self.depth == 0 { 0 } else { presets::bps(1_000) },
            impact_cap: if self.depth == 0 { 0 } else { presets::bps(1_000) },
        }
    }
}

impl From<Underlying> for FeedPlan {
    fn from(underlying: Underlying) -> Self {
        Self {
            symbol: underlying.symbol.parse().expect("a symbol"),
            class: Class(underlying.class),
            sources: Sources::default(),
            judge: Judge::from(&presets::judge()),
            rates: Rates::from(&underlying.rates()),
        }
    }
}
