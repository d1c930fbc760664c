//! Judging prices (rules-risk 6): observations become a band and a state; the band is read with its age.

mod judge;
mod lag;
mod normalize;
mod observation;
mod row;

pub(crate) use judge::is_jump;
pub use judge::{judge, refresh, Judged, Refreshed};
pub use lag::clock_lag;
pub use normalize::{normalize, Reading};
pub use observation::PriceObservation;
pub use row::{
    aged_band, aged_end, check_fresh, check_usable, is_stale, is_uncertain, sqrt_seconds, Band, End, YEAR_SECONDS,
};
