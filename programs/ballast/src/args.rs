//! Arguments of configuration, in the formats of the accounts they end up in.

use anchor_lang::prelude::*;
use ballast_math::Ratio;
use ballast_oracle::Provider;
use ballast_risk::{interest, limits};
use ballast_state::{
    Bank, CurvePoint, JudgeRules, LiquidityPool, MarketTerms, OracleSource, PriceFeed, RateSettings, RiskRules,
    SideRates, SourcePrint, Zeroable, CURVE_POINTS, SOURCES,
};

use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};

/// Group-wide rules; see [`RiskRules`] for meaning and units.
#[allow(missing_docs, reason = "field by field those of RiskRules")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesArgs {
    pub liquidation_target: u64,
    pub dust: u64,
    pub bonus_min: u32,
    pub bonus_max: u32,
    pub bonus_growth: u32,
    pub bonus_ramp: u32,
    pub insurance_share: u32,
    pub deleverage_fee: u32,
    pub deleverage_interval: u32,
    pub borrow_max_age: u32,
    pub liquidate_max_age: u32,
    pub deleverage_max_age: u32,
    pub cool_off: u32,
    pub halt_gap: u32,
    pub halt_grace: u32,
    pub episode_gap: u32,
    pub wind_down_notice: u32,
    pub wind_down_ramp: u32,
}

impl RulesArgs {
    pub(crate) fn validated(&self) -> Result<RiskRules> {
        let Self {
            liquidation_target,
            dust,
            bonus_min,
            bonus_max,
            bonus_growth,
            bonus_ramp,
            insurance_share,
            deleverage_fee,
            deleverage_interval,
            borrow_max_age,
            liquidate_max_age,
            deleverage_max_age,
            cool_off,
            halt_gap,
            halt_grace,
            episode_gap,
            wind_down_notice,
            wind_down_ramp,
        } = *self;
        let rules = RiskRules {
            liquidation_target,
            dust,
            bonus_min,
            bonus_max,
            bonus_growth,
            bonus_ramp,
            insurance_share,
            deleverage_fee,
            deleverage_interval,
            borrow_max_age,
            liquidate_max_age,
            deleverage_max_age,
            cool_off,
            halt_gap,
            halt_grace,
            episode_gap,
            wind_down_notice,
            wind_down_ramp,
        };
        limits::validate_rules(&rules).or_fail()?;
        Ok(rules)
    }
}

/// Roles and rules of a group; nothing stays as it is that is not named again.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigureGroupArgs {
    /// May change parameters inside bounds.
    pub risk_admin: Pubkey,
    /// May stop new risk for a limited time.
    pub guardian: Pubkey,
    /// May post volatility multipliers.
    pub forecaster: Pubkey,
    /// Owner of the token accounts that receive fees.
    pub fee_recipient: Pubkey,
    /// Longest pause, seconds; at most a week.
    pub max_pause: u32,
    /// Group-wide rules.
    pub rules: RulesArgs,
}

/// One oracle source; see [`OracleSource`].
#[allow(missing_docs, reason = "field by field those of OracleSource")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceArgs {
    pub provider: u8,
    pub account: Pubkey,
    pub owner: Pubkey,
    pub feed_id: [u8; 32],
    pub fixed_price: u64,
    pub max_age: u32,
    pub max_confidence: u32,
}

/// Judge rules; see [`JudgeRules`].
#[allow(missing_docs, reason = "field by field those of JudgeRules")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeArgs {
    pub max_deviation: u32,
    pub jump_min: u32,
    pub jump_confirm: u32,
    pub max_future: u32,
    pub ema_seconds: u32,
}

/// Margin rate of one side at one level; see [`SideRates`].
#[allow(missing_docs, reason = "field by field those of SideRates")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideArgs {
    pub k: u64,
    pub floor: u32,
    pub cap: u32,
}

/// Margin rates; see [`RateSettings`].
#[allow(missing_docs, reason = "field by field those of RateSettings")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatesArgs {
    pub sigma: u64,
    pub maintenance_long: SideArgs,
    pub maintenance_short: SideArgs,
    pub initial_long: SideArgs,
    pub initial_short: SideArgs,
    pub depth: u64,
    pub maintenance_add_on: u32,
    pub initial_add_on: u32,
    pub basis: u32,
    pub impact_factor: u32,
    pub impact_cap: u32,
}

/// A price feed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct PriceFeedArgs {
    /// Name of the underlying, ASCII, zero-padded.
    pub symbol: [u8; 16],
    /// Risk class below 16, or 255 for none.
    pub class: u8,
    /// One to three sources.
    pub sources: Vec<SourceArgs>,
    /// How they are judged.
    pub judge: JudgeArgs,
    /// Margin rates.
    pub rates: RatesArgs,
}

impl PriceFeedArgs {
    /// Writes the settings into a feed. A source that changed starts without a print.
    pub(crate) fn write(&self, feed: &mut PriceFeed) -> Result<()> {
        ensure!(self.sources.len() <= SOURCES, BallastError::InvalidParameter);
        feed.symbol = self.symbol;
        feed.class = self.class;
        let padded = self.sources.iter().map(Some).chain(std::iter::repeat(None));
        for ((source, print), args) in feed.sources.iter_mut().zip(feed.prints.iter_mut()).zip(padded) {
            let next = args.map_or(Ok(OracleSource::zeroed()), SourceArgs::validated)?;
            let identity = |source: &OracleSource| (source.provider, source.account, source.owner, source.feed_id);
            if identity(&next) != identity(source) {
                *print = SourcePrint::zeroed();
            }
            *source = next;
        }
        let JudgeArgs { max_deviation, jump_min, jump_confirm, max_future, ema_seconds } = self.judge;
        feed.judge = JudgeRules { max_deviation, jump_min, jump_confirm, max_future, ema_seconds, padding: 0 };
        feed.rates = self.rates.to_settings();
        limits::validate_feed(feed).or_fail()?;
        // A stated price cannot be weighed against a market's: it stands alone or not at all.
        let fixed = feed.sources.iter().filter(|source| source.provider == Provider::Fixed.to_u8()).count();
        ensure!(fixed == 0 || feed.source_count() == 1, BallastError::InvalidParameter);
        Ok(())
    }
}

impl SourceArgs {
    fn validated(&self) -> Result<OracleSource> {
        let provider = Provider::from_u8(self.provider).or_raise(BallastError::InvalidParameter)?;
        let (named, owned) = (self.account != Pubkey::default(), self.owner != Pubkey::default());
        let complete = match provider {
            Provider::Fixed => is_near_a_dollar(self.fixed_price) && !named,
            Provider::PythPull => owned && self.feed_id != [0; 32] && self.fixed_price == 0,
            _ => owned && named && self.fixed_price == 0,
        };
        ensure!(complete, BallastError::InvalidParameter);
        Ok(OracleSource {
            account: self.account,
            owner: self.owner,
            feed_id: self.feed_id,
            fixed_price: self.fixed_price,
            max_age: self.max_age,
            max_confidence: self.max_confidence,
            provider: self.provider,
            padding: [0; 7],
        })
    }
}

/// Only a stablecoin may have a fixed price: within 1 % of a dollar.
fn is_near_a_dollar(millionths: u64) -> bool {
    (990_000..=1_010_000).contains(&millionths)
}

impl RatesArgs {
    fn to_settings(self) -> RateSettings {
        let side = |args: SideArgs| SideRates { k: args.k, floor: args.floor, cap: args.cap };
        RateSettings {
            sigma: self.sigma,
            maintenance_long: side(self.maintenance_long),
            maintenance_short: side(self.maintenance_short),
            initial_long: side(self.initial_long),
            initial_short: side(self.initial_short),
            depth: self.depth,
            maintenance_add_on: self.maintenance_add_on,
            initial_add_on: self.initial_add_on,
            basis: self.basis,
            impact_factor: self.impact_factor,
            impact_cap: self.impact_cap,
            padding: 0,
        }
    }
}

/// A corner of an interest curve: utilisation in basis points, borrow rate a year in basis points.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurvePointArgs {
    /// Utilisation, basis points.
    pub utilisation_bps: u32,
    /// Borrow rate a year, continuously compounded, basis points.
    pub rate_bps: u32,
}

/// Settings of a bank; see [`Bank`] for units.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct BankArgs {
    /// Deposits count as collateral.
    pub collateral: bool,
    /// The bank lends.
    pub borrowable: bool,
    /// Part of interest that becomes fees, 32 fraction bits.
    pub interest_fee: u32,
    /// Most that all deposits may be worth, atoms.
    pub deposit_cap: u64,
    /// Most that all loans may be worth, atoms.
    pub borrow_cap: u64,
    /// Largest utilisation a borrow may leave, 32 fraction bits.
    pub max_utilisation: u64,
    /// Hourly outflow limit, atoms; the maximum means none.
    pub hourly_limit: u64,
    /// Daily outflow limit, atoms; the maximum means none.
    pub daily_limit: u64,
    /// Fee of a flash loan, 32 fraction bits; at most one per cent.
    pub flash_fee: u32,
    /// Seconds in which the caps grow from a tenth to all; at most ninety days. A change starts it anew.
    pub warm_up: u32,
    /// Two to six corners from utilisation 0 to 10,000.
    pub curve: Vec<CurvePointArgs>,
}

impl BankArgs {
    pub(crate) fn write(&self, bank: &mut Bank) -> Result<()> {
        bank.collateral = u8::from(self.collateral);
        bank.borrowable = u8::from(self.borrowable);
        bank.interest_fee = self.interest_fee;
        bank.deposit_cap = self.deposit_cap;
        bank.borrow_cap = self.borrow_cap;
        bank.max_utilisation = self.max_utilisation;
        bank.hourly.limit = self.hourly_limit;
        bank.daily.limit = self.daily_limit;
        bank.flash_fee = self.flash_fee;
        bank.warm_up = self.warm_up;
        ensure!(self.curve.len() <= CURVE_POINTS, BallastError::CurveNotMonotone);
        bank.curve = [CurvePoint::zeroed(); CURVE_POINTS];
        bank.curve_points = u8::try_from(self.curve.len()).or_raise(BallastError::CurveNotMonotone)?;
        for (point, args) in bank.curve.iter_mut().zip(&self.curve) {
            *point = args.to_point()?;
        }
        Ok(())
    }
}

/// Terms of a perp market; see [`MarketTerms`].
#[allow(missing_docs, reason = "field by field those of MarketTerms")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketArgs {
    pub skew_scale: u64,
    pub funding_limit: u64,
    pub funding_velocity: u64,
    pub interest_cap: u64,
    pub skew_cap: u64,
    pub account_cap: u64,
    pub order_min: u64,
    pub keeper_fee: u64,
    pub fill_fee: u32,
    pub weight: u32,
    pub min_delay: u32,
    pub order_life: u32,
}

impl MarketArgs {
    pub(crate) fn terms(&self) -> MarketTerms {
        let Self {
            skew_scale,
            funding_limit,
            funding_velocity,
            interest_cap,
            skew_cap,
            account_cap,
            order_min,
            keeper_fee,
            fill_fee,
            weight,
            min_delay,
            order_life,
        } = *self;
        MarketTerms {
            skew_scale,
            funding_limit,
            funding_velocity,
            interest_cap,
            skew_cap,
            account_cap,
            order_min,
            keeper_fee,
            fill_fee,
            weight,
            min_delay,
            order_life,
        }
    }
}

/// Settings of the pool of liquidity; see [`LiquidityPool`].
#[allow(missing_docs, reason = "field by field those of LiquidityPool")]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolArgs {
    pub epoch_length: u32,
    pub min_delay: u32,
    pub exit_fee: u32,
    pub cap: u64,
}

impl PoolArgs {
    pub(crate) fn write(&self, pool: &mut LiquidityPool) {
        pool.epoch_length = self.epoch_length;
        pool.min_delay = self.min_delay;
        pool.exit_fee = self.exit_fee;
        pool.cap = self.cap;
    }
}

impl CurvePointArgs {
    fn to_point(self) -> Result<CurvePoint> {
        let utilisation = Ratio::from_bps(self.utilisation_bps).0;
        let rate = interest::rate_per_second(self.rate_bps).or_raise(BallastError::CurveNotMonotone)?;
        Ok(CurvePoint { utilisation, rate, slope: 0 })
    }
}
