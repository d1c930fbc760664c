#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Feeds a group can list.
pub const ROWS: usize = 64;
/// Risk classes a group can define.
pub const CLASSES: usize = 16;
/// Class of a feed that nets with no other.
pub const NO_CLASS: u8 = u8::MAX;

/// What the judge says of a feed's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PriceState {
    /// No price was ever accepted.
    Unset = 0,
    /// Usable for everything, within its age.
    Normal = 1,
    /// A jump awaits confirmation: no new risk.
    PendingJump = 2,
    /// Sources disagree: no new risk, and liquidation only in the owner's favour.
    Guarded = 3,
}

impl PriceState {
    /// From its stored byte; unknown bytes are the most careful state.
    #[inline]
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Unset,
            1 => Self::Normal,
            2 => Self::PendingJump,
            _ => Self::Guarded,
        }
    }

    /// The stored byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Unset => 0,
            Self::Normal => 1,
            Self::PendingJump => 2,
            Self::Guarded => 3,
        }
    }
}

/// One feed as health sees it: the judged price and the rates in force. Written by `refresh_price_feed` and by the feed's
/// configuration only. Rates have 32 fraction bits; prices 40.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RiskRow {
    /// Judged price.
    pub mid: u64,
    /// Low end of the Initial band: confidence, disagreement and EMA. Age is added when it is read.
    pub low: u64,
    /// High end of the Initial band.
    pub high: u64,
    /// Low end of the band of confidence and disagreement alone: what a deleverage credits.
    pub fair_low: u64,
    /// High end of the band of confidence and disagreement alone.
    pub fair_high: u64,
    /// When the judged price held: publish time, unix seconds.
    pub publish_ts: i64,
    /// Impact slope `Y / √depth`, per square root of [`Usd`](ballast_math::Usd) units, 32 + 24 fraction bits. Zero: none.
    pub impact_slope: u64,
    /// Maintenance rate of a net long exposure, without the add-on.
    pub maintenance_long: u32,
    /// Maintenance rate of a net short exposure, without the add-on.
    pub maintenance_short: u32,
    /// Maintenance add-on.
    pub maintenance_add_on: u32,
    /// Initial rate of a net long exposure, without the add-on.
    pub initial_long: u32,
    /// Initial rate of a net short exposure, without the add-on.
    pub initial_short: u32,
    /// Initial add-on.
    pub initial_add_on: u32,
    /// Charged on exposure matched inside the feed.
    pub basis: u32,
    /// Most that impact can add.
    pub impact_cap: u32,
    /// By how much the band widens with age: `k·σ` per square root of a second.
    pub age_slope: u32,
    /// A [`PriceState`].
    pub state: u8,
    /// Risk class, below [`CLASSES`], or [`NO_CLASS`].
    pub class: u8,
    /// 1: the price is fixed by configuration and never ages.
    pub fixed: u8,
    /// Banks and perp markets of the feed: 2 stands for any number above one.
    pub banks: u8,
    /// Where the price of a net exposure is at least this part of mid, its Initial requirement is surely 5/4 of its
    /// Maintenance requirement; 32 fraction bits, or [`RiskRow::NEVER_LEADS`].
    pub lead: u32,
    /// 1: the price is so far from its average that profits wait (rules-perps 9).
    pub is_away: u8,
    /// Zero until a version gives it a meaning (volatility-driven rates and rails).
    pub reserved: [u8; 43],
}

offsets!(RiskRow: publish_ts = 40, maintenance_long = 56, age_slope = 88, state = 92, lead = 96, is_away = 100, reserved = 101);
const _: () = assert!(core::mem::size_of::<RiskRow>() == 144);

/// Group-wide parameters of risk and solvency (rules-risk 2, 3, 5, 6).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RiskRules {
    /// Health factor a liquidation restores, 32 fraction bits, above 1.
    pub liquidation_target: u64,
    /// A balance worth less, in USD with 20 fraction bits, is closed whole.
    pub dust: u64,
    /// Smallest bonus, 32 fraction bits.
    pub bonus_min: u32,
    /// Largest bonus.
    pub bonus_max: u32,
    /// How fast the bonus of an episode may grow, per second.
    pub bonus_growth: u32,
    /// Seconds that raise the bonus by the whole equity.
    pub bonus_ramp: u32,
    /// Part of the bonus that goes to insurance.
    pub insurance_share: u32,
    /// Most a deleverage pays its keeper, on the amount moved.
    pub deleverage_fee: u32,
    /// Seconds between two deleverages of an account.
    pub deleverage_interval: u32,
    /// Oldest price a borrow or a withdrawal against debt may use, seconds.
    pub borrow_max_age: u32,
    /// Age at which a price counts as stale in a liquidation.
    pub liquidate_max_age: u32,
    /// Oldest price a deleverage may use.
    pub deleverage_max_age: u32,
    /// Seconds after a risk-increasing action in which the account is not liquidatable.
    pub cool_off: u32,
    /// Seconds without any refresh that count as a halt.
    pub halt_gap: u32,
    /// Seconds of grace after a halt.
    pub halt_grace: u32,
    /// Seconds after which an unseen unhealthy account starts a new episode.
    pub episode_gap: u32,
    /// Notice before a bank in wind-down can be deleveraged, seconds.
    pub wind_down_notice: u32,
    /// Seconds in which the fee of a wind-down rises from zero to its most.
    pub wind_down_ramp: u32,
}

const _: () = assert!(core::mem::size_of::<RiskRules>() == 80);

/// All that health reads of prices and rates, in one account per group.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RiskBoard {
    /// Layout version.
    pub version: u8,
    /// Bump of the board's address.
    pub bump: u8,
    /// Rows in use.
    pub row_count: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// The group this board belongs to.
    pub group: Pubkey,
    /// Changes of the board so far.
    pub sequence: u64,
    /// Last refresh of any feed, unix seconds. Zero: none yet.
    pub refreshed_ts: i64,
    /// Until then only deeply unhealthy accounts are liquidatable.
    pub grace_until: i64,
    /// Until then no instruction may add risk. Exits are not affected.
    pub risk_paused_until: i64,
    /// Group-wide rules.
    pub rules: RiskRules,
    /// What a hedge inside the class may fail by, 32 fraction bits.
    pub class_kappa: [u32; CLASSES],
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 256],
    /// The feeds.
    pub rows: [RiskRow; ROWS],
}

account!(RiskBoard, version 1, 9696 bytes, [165, 133, 243, 129, 185, 106, 112, 56]);
offsets!(RiskBoard: group = 8, sequence = 40, refreshed_ts = 48, rules = 72, class_kappa = 152, rows = 472);

impl RiskRow {
    /// A [`RiskRow::lead`] that no price reaches: the Initial rates may ask for less than 5/4 of Maintenance.
    pub const NEVER_LEADS: u32 = u32::MAX;
}

impl RiskBoard {
    /// The row of a listed feed.
    #[inline]
    #[must_use]
    pub fn row(&self, index: u8) -> Option<&RiskRow> {
        if index < self.row_count {
            self.rows.get(usize::from(index))
        } else {
            None
        }
    }

    /// κ of a class; zero for [`NO_CLASS`].
    #[inline]
    #[must_use]
    pub fn kappa(&self, class: u8) -> u32 {
        self.class_kappa.get(usize::from(class)).copied().unwrap_or(0)
    }
}
