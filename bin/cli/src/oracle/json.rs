//! Inspections for programs: one document, whose fields are added to but never renamed within a schema number.

use ballast_oracle::Provider;
use serde::Serialize;

use super::{decimal, dump::Failure, inspection::Inspection};
use crate::utc;

const SCHEMA: &str = "ballast/oracle-inspect/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    at: Option<i64>,
    accounts: Vec<Account<'a>>,
    failures: Vec<FailedFile<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    file: &'a str,
    account: Option<String>,
    owner: String,
    owner_name: Option<&'static str>,
    kind: String,
    bytes: usize,
    provider: Option<&'static str>,
    feed_id: Option<String>,
    name: Option<&'a str>,
    last_update_time: Option<i64>,
    verdict: &'static str,
    error: Option<Error>,
    #[serde(flatten)]
    price: Price,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Error {
    code: u32,
    name: &'static str,
    message: String,
}

/// All `null` in a refused account. Decimals and mantissas are strings: they are exact, and JSON numbers are often
/// read as floats.
#[derive(Default, Serialize)]
struct Price {
    price: Option<String>,
    confidence: Option<String>,
    confidence_percent: Option<String>,
    price_mantissa: Option<String>,
    confidence_mantissa: Option<String>,
    exponent: Option<i32>,
    publish_time: Option<i64>,
    publish_time_utc: Option<String>,
    previous_publish_time: Option<i64>,
    slot: Option<u64>,
    age_seconds: Option<i128>,
}

#[derive(Serialize)]
struct FailedFile<'a> {
    file: &'a str,
    error: &'a str,
}

/// The document, with a line break at its end.
pub(super) fn render(inspections: &[Inspection], failures: &[Failure], at: Option<i64>) -> String {
    let document = Document {
        schema: SCHEMA,
        at,
        accounts: inspections.iter().map(|inspection| account(inspection, at)).collect(),
        failures: failures.iter().map(|Failure { file, error }| FailedFile { file, error }).collect(),
    };
    // Strings, numbers and lists of them: serialising has no way to fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn account(inspection: &Inspection, at: Option<i64>) -> Account<'_> {
    Account {
        file: &inspection.file,
        account: inspection.account.map(|account| account.to_string()),
        owner: inspection.owner.to_string(),
        owner_name: inspection.owner_name,
        kind: inspection.kind.to_string(),
        bytes: inspection.bytes,
        provider: inspection.provider.map(Provider::id),
        feed_id: inspection.feed_id.map(|id| id.hex()),
        name: inspection.name.as_deref(),
        last_update_time: inspection.last_update_time,
        verdict: if inspection.verdict.is_ok() { "ok" } else { "refused" },
        error: inspection.verdict.err().map(|error| Error {
            code: error.code(),
            name: error.name(),
            message: error.to_string(),
        }),
        price: price(inspection, at),
        notes: &inspection.notes,
    }
}

fn price(inspection: &Inspection, at: Option<i64>) -> Price {
    let Ok(observation) = inspection.verdict else {
        return Price::default();
    };
    Price {
        price: Some(decimal::signed(observation.price, observation.exponent)),
        confidence: Some(decimal::unsigned(observation.confidence, observation.exponent)),
        confidence_percent: decimal::percent(observation.confidence, observation.price.unsigned_abs()),
        price_mantissa: Some(observation.price.to_string()),
        confidence_mantissa: Some(observation.confidence.to_string()),
        exponent: Some(observation.exponent),
        publish_time: Some(observation.publish_time),
        publish_time_utc: utc::iso8601(observation.publish_time),
        previous_publish_time: observation.previous_publish_time,
        slot: Some(observation.slot),
        age_seconds: at.map(|at| i128::from(at) - i128::from(observation.publish_time)),
    }
}
