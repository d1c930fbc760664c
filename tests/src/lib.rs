//! Whole-system tests: see the folders beside `src`.

pub mod saver;
