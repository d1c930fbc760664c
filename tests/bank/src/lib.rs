//! The compiled program in a real bank: see `tests`.
