//! What an account says, and whether the program would listen.

use ballast_oracle::{
    detect, feed_id, identify, parse_owned_by, programs, switchboard_on_demand, switchboard_v2, AccountKind,
    OracleError, PriceObservation, Provider,
};

use super::{address::Address, decimal, dump::Dump};
use crate::utc;

/// Everything that is printed of one account.
#[derive(Debug)]
pub(super) struct Inspection {
    pub(super) file: String,
    pub(super) account: Option<Address>,
    pub(super) owner: Address,
    pub(super) owner_name: Option<&'static str>,
    pub(super) bytes: usize,
    pub(super) kind: AccountKind,
    pub(super) provider: Option<Provider>,
    /// What the account says it is about, as far as that can be read.
    pub(super) feed_id: Option<Address>,
    /// When the account was last written to, where that does not date the price (Switchboard On-Demand).
    pub(super) last_update_time: Option<i64>,
    /// The feed's name, where the provider has one, with anything unprintable replaced.
    pub(super) name: Option<String>,
    pub(super) verdict: Result<PriceObservation, OracleError>,
    /// What a person would want to know besides.
    pub(super) notes: Vec<String>,
}

impl Inspection {
    /// Reads the account as the program would, with `owners` accepted in addition.
    pub(super) fn of(dump: Dump, owners: &[Address], expected: Option<&Address>) -> Self {
        let Dump { file, account, owner, data, space } = dump;
        let provider = detect(&owner.0, &data);
        let verdict = match provider {
            Some(provider) => {
                let mut accepted = provider.default_owners().to_vec();
                accepted.extend(owners.iter().map(|owner| owner.0));
                parse_owned_by(provider, &accepted, &owner.0, &data, expected.map(|id| &id.0))
            }
            None if owners.contains(&owner) => Err(OracleError::WrongAccountType),
            None => Err(OracleError::WrongOwner),
        };
        let mut inspection = Self {
            file,
            account,
            owner,
            owner_name: programs::find(&owner.0).map(|program| program.name),
            bytes: data.len(),
            kind: identify(&data),
            provider,
            feed_id: provider.and_then(|provider| feed_id(provider, &data).ok()).map(Address),
            last_update_time: provider
                .filter(|&provider| provider == Provider::SwitchboardOnDemand)
                .and_then(|_| switchboard_on_demand::last_update_time(&data).ok()),
            name: provider.and_then(|provider| name(provider, &data)),
            verdict,
            notes: Vec::new(),
        };
        inspection.note_behind_the_owner(&data, expected);
        inspection.note_length(space);
        inspection.note_price();
        inspection
    }

    /// A wrong owner hides what else is to be said.
    fn note_behind_the_owner(&mut self, data: &[u8], expected: Option<&Address>) {
        let (Some(provider), Err(OracleError::WrongOwner)) = (self.provider, self.verdict) else {
            return;
        };
        let owner = self.owner.0;
        let behind = parse_owned_by(provider, &[owner], &owner, data, expected.map(|id| &id.0));
        self.notes.push(match behind {
            Ok(observation) => format!(
                "accepted with --owner {}, it would say {} ± {}",
                self.owner,
                decimal::signed(observation.price, observation.exponent),
                decimal::unsigned(observation.confidence, observation.exponent),
            ),
            Err(error) => format!("even with --owner {} it would be refused: {error}", self.owner),
        });
    }

    fn note_length(&mut self, space: Option<u64>) {
        if let Some(space) = space.filter(|&space| space != self.bytes as u64) {
            self.notes.push(format!("the dump states {space} bytes but holds {}", self.bytes));
        }
    }

    /// What is odd about a price without being the adapter's business.
    fn note_price(&mut self) {
        let Ok(observation) = self.verdict else {
            return;
        };
        if observation.price <= 0 {
            self.notes.push(String::from("the price is not positive: the judge drops it"));
        }
        if observation.publish_time <= 0 {
            self.notes.push(String::from("no publish time: the judge takes it for stale"));
        }
        if let Some(updated) = self.last_update_time.filter(|&updated| updated != observation.publish_time) {
            self.notes.push(format!(
                "the account was last updated {} ({updated}), but its result rests on samples signed up to {} s before",
                utc::human(updated).unwrap_or_default(),
                i128::from(updated) - i128::from(observation.publish_time),
            ));
        }
    }
}

fn name(provider: Provider, data: &[u8]) -> Option<String> {
    let name = match provider {
        Provider::SwitchboardOnDemand => switchboard_on_demand::name(data).ok()?,
        Provider::SwitchboardV2 => switchboard_v2::name(data).ok()?,
        Provider::PythPull | Provider::PythLegacy | Provider::Fixed => return None,
    };
    // Written by whoever made the feed: no control characters to the terminal.
    let printable: String =
        name.iter().map(|&byte| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '?' }).collect();
    Some(printable).filter(|name| !name.is_empty())
}
