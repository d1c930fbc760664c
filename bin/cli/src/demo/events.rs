//! The crashes that come with the program. `data/SOURCES.md` says where the numbers are from.

/// A crash with its prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// Name, `YYYY-MM-what`, or a day.
    pub(super) name: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    /// Symbol and file of every asset but USDC.
    pub(super) files: &'static [(&'static str, &'static str)],
}

macro_rules! event {
    ($name:literal, $title:literal, $folder:literal, [$($symbol:literal),+]) => {
        Event {
            name: $name,
            title: $title,
            files: &[$(($symbol, include_str!(concat!("../../data/", $folder, "/", $symbol, ".csv")))),+],
        }
    };
}

/// All of them, the oldest first.
pub(super) const EVENTS: &[Event] = &[
    event!("2020-03-black-thursday", "Black Thursday, March 2020", "2020-03-black-thursday", ["ETH", "BTC"]),
    event!("2021-05-china-ban", "China bans mining, May 2021", "2021-05-china-ban", ["SOL", "ETH", "BTC"]),
    event!("2022-05-luna", "Terra collapses, May 2022", "2022-05-luna", ["SOL", "ETH", "BTC"]),
    event!(
        "2022-05-luna-listed",
        "Terra collapses with LUNA as collateral, May 2022",
        "2022-05-luna",
        ["SOL", "ETH", "BTC", "LUNA"]
    ),
    event!("2022-06-3ac", "Three Arrows and Celsius, June 2022", "2022-06-3ac", ["SOL", "ETH", "BTC"]),
    event!("2022-11-ftx", "FTX, November 2022", "2022-11-ftx", ["SOL", "ETH", "BTC"]),
    event!(
        "2024-08-carry-unwind",
        "Yen carry trade unwinds, August 2024",
        "2024-08-carry-unwind",
        ["SOL", "ETH", "BTC"]
    ),
    event!("2025-04-tariffs", "Tariffs, April 2025", "2025-04-tariffs", ["SOL", "ETH", "BTC"]),
    event!("2025-10-cascade", "Cascade of 10 October 2025", "2025-10-cascade", ["SOL", "ETH", "BTC"]),
    event!("2025-10-10", "Cascade of 10 October 2025, by the half hour", "2025-10-10", ["SOL", "ETH", "BTC"]),
];

/// What is replayed if nothing is asked for.
pub(super) const DEFAULT: &str = "2022-11-ftx";

/// The event of a name, with or without the month in front.
pub(super) fn find(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name || event.name.get(8..) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::prices::Series;

    #[test]
    fn every_event_reads() {
        assert!(find(DEFAULT).is_some() && find("ftx").is_some() && find("").is_none() && find("2022").is_none());
        for event in EVENTS {
            for (symbol, text) in event.files {
                let series = Series::parse(symbol, event.name, text).unwrap();
                let spacing = if event.name == "2025-10-10" { 1_800 } else { 3_600 };
                assert_eq!(series.spacing, spacing, "{} {symbol}", event.name);
            }
        }
    }
}
