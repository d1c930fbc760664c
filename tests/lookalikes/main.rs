//! Every account of every instruction exchanged for look-alikes. Each fails with the error that the rules derive from what
//! the account is and what is wrong with it, and changes nothing.
//!
//! What the cases are comes from the IDL: an instruction without a stage fails the run.

mod cases;
mod copies;
mod docs;
mod idl;
mod lookalike;
mod perps;
mod role;
mod rules;
mod stage;
mod stages;
mod tables;
mod trial;

use std::io::Write;

use trial::Trial;

/// How many look-alikes there are: a change is meant, or something is not tried any more.
const CASES: usize = 11_442;

#[test]
fn t06_no_look_alike_passes() {
    let mut trial = Trial::default();
    for described in idl::instructions() {
        trial.instruction(&described);
    }
    trial.stale_rows();
    // Past the harness, which keeps what tests that succeed print.
    write!(std::io::stdout(), "{}", trial.summary()).expect("standard output");
    assert!(trial.failures.is_empty(), "{}:\n{}", trial.failures.len(), trial.failures.join("\n"));
    assert_eq!(trial.cases(), CASES);
}
