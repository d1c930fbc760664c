//! Stories on the ELF: what has gone wrong elsewhere, and what Ballast does there. After every step all invariants that
//! states can show are checked over all banks and accounts. Numbers in the names are those of `docs/incidents.md`.

mod deleverage;
mod episodes;
mod exits;
mod full_account;
mod guards;
mod heist;
mod incidents;
mod indexer;
mod losses;
mod migrations;
mod order;
mod paths;
mod perp_incidents;
mod perp_migrations;
mod perps;
mod prices;
mod sources;
mod stolen_keys;
mod support;
mod takers;
mod thief;
mod time;
mod timelocked_migrations;
mod vaults;
