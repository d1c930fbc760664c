//! Stories on the ELF: what has gone wrong elsewhere, and what Ballast does there. After every step all invariants that
//! states can show are checked over all banks and accounts. Numbers of incidents (`../shared/incidents.md`) are in the names.

mod deleverage;
mod episodes;
mod exits;
mod full_account;
mod losses;
mod migrations;
mod prices;
mod support;
mod vaults;
