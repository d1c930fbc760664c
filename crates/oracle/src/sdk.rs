//! Agreement with the providers' own crates, checked when this crate is compiled with their features.
//!
//! Constants here are never used for parsing. They fail the build when a new release of a provider's crate says
//! something else than our adapters.

/// Byte equality in a constant.
#[cfg(any(feature = "pyth-pull", feature = "switchboard-on-demand", feature = "switchboard-v2"))]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // evaluated by the compiler only
const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(feature = "pyth-pull")]
mod pyth_pull {
    use super::same;
    use crate::{programs, pyth_pull as ours};
    use anchor_lang::Discriminator;
    use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;

    const _: () = assert!(same(&programs::PYTH_RECEIVER, &pyth_solana_receiver_sdk::ID.to_bytes()));
    const _: () = assert!(same(&ours::DISCRIMINATOR, PriceUpdateV2::DISCRIMINATOR));
    const _: () = assert!(ours::LEN == PriceUpdateV2::LEN);
}

#[cfg(feature = "pyth-legacy")]
mod pyth_legacy {
    use core::mem::{offset_of, size_of};

    use crate::pyth_legacy as ours;
    use pyth_sdk_solana::state::{PriceInfo, SolanaPriceAccount, MAGIC, VERSION_2};

    const AGGREGATE: usize = offset_of!(SolanaPriceAccount, agg);

    const _: () = assert!(ours::MAGIC == MAGIC);
    const _: () = assert!(ours::VERSION == VERSION_2);
    const _: () = assert!(ours::LEN == size_of::<SolanaPriceAccount>());
    const _: () = assert!(ours::VERSION_AT == offset_of!(SolanaPriceAccount, ver));
    const _: () = assert!(ours::TYPE_AT == offset_of!(SolanaPriceAccount, atype));
    const _: () = assert!(ours::PRICE_TYPE == offset_of!(SolanaPriceAccount, ptype));
    const _: () = assert!(ours::EXPONENT == offset_of!(SolanaPriceAccount, expo));
    const _: () = assert!(ours::TIMESTAMP == offset_of!(SolanaPriceAccount, timestamp));
    const _: () = assert!(ours::PRODUCT == offset_of!(SolanaPriceAccount, prod));
    const _: () = assert!(ours::PREVIOUS_TIMESTAMP == offset_of!(SolanaPriceAccount, prev_timestamp));
    const _: () = assert!(ours::PRICE == AGGREGATE);
    const _: () = assert!(ours::CONFIDENCE - AGGREGATE == offset_of!(PriceInfo, conf));
    const _: () = assert!(ours::STATUS - AGGREGATE == offset_of!(PriceInfo, status));
    const _: () = assert!(ours::SLOT - AGGREGATE == offset_of!(PriceInfo, pub_slot));
}

#[cfg(feature = "switchboard-on-demand")]
mod switchboard_on_demand {
    use core::mem::{offset_of, size_of};

    use super::same;
    use crate::{programs, switchboard_on_demand as ours};
    use ::switchboard_on_demand::{
        CurrentResult, Discriminator, OracleSubmission, PullFeedAccountData, ON_DEMAND_DEVNET_PID,
        ON_DEMAND_MAINNET_PID, PRECISION, QUOTE_PROGRAM_ID,
    };

    const RESULT: usize = 8 + offset_of!(PullFeedAccountData, result);

    const _: () = assert!(same(&programs::SWITCHBOARD_ON_DEMAND, &ON_DEMAND_MAINNET_PID.to_bytes()));
    const _: () = assert!(same(&programs::SWITCHBOARD_ON_DEMAND_DEVNET, &ON_DEMAND_DEVNET_PID.to_bytes()));
    const _: () = assert!(same(&programs::SWITCHBOARD_QUOTE, &QUOTE_PROGRAM_ID.to_bytes()));
    const _: () = assert!(same(&ours::DISCRIMINATOR, PullFeedAccountData::DISCRIMINATOR));
    const _: () = assert!(ours::EXPONENT == -18 && PRECISION == 18);
    const _: () = assert!(ours::LEN == 8 + size_of::<PullFeedAccountData>());
    const _: () = assert!(ours::SUBMISSIONS == 8 + offset_of!(PullFeedAccountData, submissions));
    const _: () = assert!(ours::SUBMISSIONS_END == 8 + offset_of!(PullFeedAccountData, authority));
    const _: () = assert!(ours::SUBMISSION_LEN == size_of::<OracleSubmission>());
    const _: () = assert!(ours::SUBMISSION_SLOT == offset_of!(OracleSubmission, slot));
    const _: () = assert!(ours::SUBMISSION_LANDED_AT == offset_of!(OracleSubmission, landed_at));
    const _: () = assert!(ours::FEED_HASH == 8 + offset_of!(PullFeedAccountData, feed_hash));
    const _: () = assert!(ours::NAME == 8 + offset_of!(PullFeedAccountData, name));
    const _: () = assert!(ours::MIN_SAMPLE_SIZE == 8 + offset_of!(PullFeedAccountData, min_sample_size));
    const _: () = assert!(ours::LAST_UPDATE == 8 + offset_of!(PullFeedAccountData, last_update_timestamp));
    const _: () = assert!(ours::VALUE == RESULT + offset_of!(CurrentResult, value));
    const _: () = assert!(ours::STD_DEV == RESULT + offset_of!(CurrentResult, std_dev));
    const _: () = assert!(ours::NUM_SAMPLES == RESULT + offset_of!(CurrentResult, num_samples));
    const _: () = assert!(ours::SLOT == RESULT + offset_of!(CurrentResult, slot));
    const _: () = assert!(ours::MIN_SLOT == RESULT + offset_of!(CurrentResult, min_slot));
    const _: () = assert!(ours::MAX_SLOT == RESULT + offset_of!(CurrentResult, max_slot));
    const _: () = assert!(ours::TIMES == 8 + offset_of!(PullFeedAccountData, submission_timestamps));
}

/// Only what is right in that crate: its account struct is not (see [`crate::switchboard_v2`]).
#[cfg(feature = "switchboard-v2")]
mod switchboard_v2 {
    use super::same;
    use crate::{programs, switchboard_v2 as ours};
    use switchboard_solana::{AggregatorAccountData, Discriminator};

    const _: () = assert!(same(&programs::SWITCHBOARD_V2, &switchboard_solana::ID.to_bytes()));
    const _: () = assert!(same(&ours::DISCRIMINATOR, &AggregatorAccountData::DISCRIMINATOR));
}
