//! The compiled program in a real bank: slots and epochs, blockhashes, rent, packets, lookup tables, the loader.

mod epochs;
mod lookup_tables;
mod moves;
mod rent;
mod size;
mod story;
mod support;
mod timelock;
mod upgrade;
mod wire;
