use ballast_math::Price;
use ballast_oracle::{
    detect, feed_id, identify, parse, parse_owned_by, switchboard_on_demand, switchboard_v2, AccountKind, OracleError,
    PriceObservation, Provider,
};
use ballast_risk::price::normalize;
use ballast_risk::RiskError;

/// Any account, read as every provider's: at most one finds a price, `identify` names that one, and what it says lies in the
/// bounds of its format.
pub fn oracle(data: &[u8]) -> bool {
    let mut found = None;
    for provider in Provider::ALL {
        if let Some(observation) = read(provider, data) {
            assert_eq!(found, None, "one account is one provider's");
            found = Some(provider);
            check_bounds(provider, data, &observation);
            check_normalized(&observation);
        }
    }
    let _ = (switchboard_on_demand::name(data), switchboard_v2::name(data));
    let _ = identify(data).to_string();
    found.is_some()
}

/// Parses for one provider in every way there is, which must all agree.
fn read(provider: Provider, data: &[u8]) -> Option<PriceObservation> {
    let foreign = [0xb5; 32];
    let refused = parse(provider, &foreign, data, None);
    let Some(owner) = provider.default_owners().first() else {
        assert_eq!(refused, Err(OracleError::NoAccount));
        assert_eq!(feed_id(provider, data), Err(OracleError::NoAccount));
        return None;
    };
    assert_eq!(refused, Err(OracleError::WrongOwner));

    let open = parse(provider, owner, data, None);
    assert_eq!(parse_owned_by(provider, &[foreign], &foreign, data, None), open, "the owner decides nothing else");
    if let Ok(about) = feed_id(provider, data) {
        assert_eq!(parse(provider, owner, data, Some(&about)), open);
        let other = parse(provider, owner, data, Some(&about.map(|byte| !byte)));
        assert!(other == Err(OracleError::WrongFeedId) || (open.is_err() && other == open));
    } else {
        assert!(open.is_err(), "a price is about something");
    }

    let mut longer = data.to_vec();
    longer.extend([0xff; 9]);
    match open {
        Ok(observation) => {
            assert_eq!(identify(data), AccountKind::Price(provider));
            assert_eq!(detect(owner, data), Some(provider));
            assert_eq!(parse(provider, owner, &longer, None), open, "what follows the format is not read");
            let cut = &data[..format_length(provider) - 1];
            assert_eq!(parse(provider, owner, cut, None), Err(OracleError::Truncated));
            Some(observation)
        }
        Err(_) => {
            if identify(data) != AccountKind::Price(provider) {
                let foreign = matches!(
                    open,
                    Err(OracleError::WrongAccountType | OracleError::Truncated | OracleError::BadVersion { .. })
                );
                assert!(foreign, "{open:?} of {:?}", identify(data));
            }
            None
        }
    }
}

fn format_length(provider: Provider) -> usize {
    match provider {
        Provider::PythPull => ballast_oracle::pyth_pull::LEN,
        Provider::SwitchboardOnDemand => switchboard_on_demand::LEN,
        Provider::PythLegacy => ballast_oracle::pyth_legacy::LEN,
        Provider::SwitchboardV2 => switchboard_v2::LEN,
        Provider::Fixed => 0,
    }
}

/// What each format can say at all.
fn check_bounds(provider: Provider, data: &[u8], observation: &PriceObservation) {
    let PriceObservation { price, confidence, exponent, publish_time, previous_publish_time, slot } = *observation;
    let word = i64::try_from(price).is_ok() && u64::try_from(confidence).is_ok();
    match provider {
        Provider::PythPull => assert!(word && previous_publish_time.is_some()),
        Provider::PythLegacy => {
            assert!(word && previous_publish_time.is_none_or(|previous| 0 < previous && previous <= publish_time));
        }
        Provider::SwitchboardOnDemand => {
            assert!(exponent == switchboard_on_demand::EXPONENT && slot > 0 && previous_publish_time.is_none());
            assert!(i128::try_from(confidence).is_ok(), "a deviation that is not negative");
            let updated = switchboard_on_demand::last_update_time(data).expect("parsed");
            assert!(publish_time <= updated, "a price is not newer than its account");
        }
        Provider::SwitchboardV2 => {
            assert!((-28..=0).contains(&exponent) && slot > 0 && previous_publish_time.is_none());
        }
        Provider::Fixed => unreachable!("it has no account"),
    }
}

/// In the engine's format a price is in its range and rounded down, its confidence rounded up.
fn check_normalized(observation: &PriceObservation) {
    let reading = match normalize(observation) {
        Ok(reading) => reading,
        Err(error) => return assert_eq!(error, RiskError::PriceOutOfRange),
    };
    assert!(observation.price > 0 && reading.price >= Price::MIN && reading.price <= Price::MAX);
    assert!(reading.confidence <= Price::MAX);
    assert_eq!((reading.publish_ts, reading.slot), (observation.publish_time, observation.slot));
    let Some(power) = 10u128.checked_pow(observation.exponent.unsigned_abs()) else { return };
    let (got, exact) = (u128::from(reading.price.0), observation.price.unsigned_abs() << Price::BITS);
    if observation.exponent >= 0 {
        assert_eq!(Some(got), exact.checked_mul(power));
    } else {
        assert_eq!(got, exact / power);
    }
    if observation.exponent <= 0 && observation.confidence < 1 << 80 && reading.confidence < Price::MAX {
        assert_eq!(u128::from(reading.confidence.0), (observation.confidence << Price::BITS).div_ceil(power));
    }
}
