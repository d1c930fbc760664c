//! Doing steps one after the other, looking at every invariant after each, and counting what became of them.

use std::collections::BTreeMap;
use std::fmt;

use ballast_risk::invariant::Violation;
use ballast_testkit::Event;

use crate::check::broken;
use crate::shrink::shortest;
use crate::stage::{Acted, Stage};
use crate::step::{How, Step, ADMIN, GUARDIAN, HEIR, NOBODY, RISK_ADMIN};

/// What stopped a story.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    /// The steps until then.
    pub(crate) steps: Vec<Step>,
    /// What the last one broke.
    pub(crate) broken: Vec<Violation>,
}

impl Stop {
    fn breaks(&self, violation: Violation) -> bool {
        self.broken.contains(&violation)
    }
}

/// How an order may end, by the code of its event.
pub(crate) const ENDS: &[(u8, &str)] = &[
    (0, "filled"),
    (1, "limit missed"),
    (2, "unhealthy"),
    (3, "interest cap"),
    (4, "skew cap"),
    (5, "account cap"),
    (6, "nothing to reduce"),
    (7, "pool margin"),
    (10, "guarded"),
    (11, "too wide"),
    (12, "jump"),
    (13, "closed"),
];

/// How often each instruction succeeded, and with which error it was refused.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) done: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// How orders ended that met their print.
    ended: BTreeMap<u8, u64>,
}

impl Coverage {
    /// All instructions that were sent.
    pub(crate) fn sent(&self) -> u64 {
        let refused: u64 = self.refused.values().flat_map(BTreeMap::values).sum();
        self.done.values().sum::<u64>() + refused
    }

    pub(crate) fn of(&self, name: &str) -> u64 {
        self.done.get(name).copied().unwrap_or(0)
    }

    /// How often an order ended so, as [`ENDS`] names it.
    pub(crate) fn ended(&self, end: &str) -> u64 {
        let code = ENDS.iter().find(|(_, name)| *name == end).map_or(u8::MAX, |(code, _)| *code);
        self.ended.get(&code).copied().unwrap_or(0)
    }

    /// How often an instruction was refused with an error.
    pub(crate) fn refused(&self, name: &str, error: &str) -> u64 {
        self.refused.get(name).and_then(|errors| errors.get(error)).copied().unwrap_or(0)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.done.keys().chain(self.refused.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let refused = self.refused.get(name);
            let all: u64 = refused.into_iter().flat_map(BTreeMap::values).sum();
            write!(f, "{name:<27}{:>7} done{all:>7} refused", self.of(name))?;
            let mut errors: Vec<_> = refused.into_iter().flatten().collect();
            errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (error, count) in errors {
                write!(f, " {error} {count}")?;
            }
            writeln!(f)?;
        }
        write!(f, "{:<27}", "orders that met their print")?;
        for (_, end) in ENDS {
            write!(f, " {end} {}", self.ended(end))?;
        }
        writeln!(f)?;
        write!(f, "{:<27}{:>7} instructions", "", self.sent())
    }
}

/// A stage, what was done on it, and which invariants count.
pub(crate) struct Play {
    pub(crate) stage: Stage,
    steps: Vec<Step>,
    /// Steps of a transaction that has not ended.
    open: Vec<Step>,
    /// If set, only this one stops the story: for a planted defect that breaks several.
    only: Option<u8>,
}

impl Play {
    pub(crate) fn new(only: Option<u8>) -> Self {
        Self { stage: Stage::new(), steps: Vec::new(), open: Vec::new(), only }
    }

    /// Does a step, or keeps it for the transaction it is part of. True if nothing was refused.
    ///
    /// # Errors
    /// If it breaks an invariant.
    ///
    /// # Panics
    /// If it is refused and changes something all the same.
    pub(crate) fn step(&mut self, step: Step, coverage: &mut Coverage) -> Result<bool, Stop> {
        self.steps.push(step);
        self.open.push(step);
        if step.how == How::Joined {
            return Ok(true);
        }
        let steps = std::mem::take(&mut self.open);
        let Acted { before, names, outcome } = self.stage.act(&steps);
        let after = &self.stage.state;
        let mut broken = broken(&steps, &before, after, outcome.as_ref());
        match &outcome {
            Some(Ok(sent)) => {
                names.iter().for_each(|name| *coverage.done.entry(name).or_default() += 1);
                for event in &sent.events {
                    if let Event::OrderFilled(done) = event {
                        *coverage.ended.entry(done.outcome).or_default() += 1;
                    }
                }
            }
            Some(Err(failed)) => {
                assert!(*after == before, "{steps:?} was refused with {} and changed something", failed.name());
                let name = names.get(failed.instruction().unwrap_or(0)).copied().unwrap_or_default();
                *coverage.refused.entry(name).or_default().entry(failed.name()).or_default() += 1;
            }
            None => {}
        }
        broken.retain(|violation| self.only.is_none_or(|only| violation.number == only));
        if broken.is_empty() {
            return Ok(!matches!(outcome, Some(Err(_))));
        }
        Err(Stop { steps: std::mem::take(&mut self.steps), broken })
    }
}

/// What stops a list of steps, if something does.
pub(crate) fn stop_of(steps: &[Step], only: Option<u8>) -> Option<Stop> {
    let mut play = Play::new(only);
    let mut coverage = Coverage::default();
    steps.iter().find_map(|step| play.step(*step, &mut coverage).err())
}

/// Tells a printed story again.
///
/// # Panics
/// If it breaks an invariant.
#[track_caller]
pub(crate) fn replay(steps: &[Step]) {
    if let Some(stop) = stop_of(steps, None) {
        panic!("step {} breaks {}", stop.steps.len(), numbers(&stop.broken));
    }
}

/// The shortest story found that breaks what `stop` broke first.
pub(crate) fn shortened(stop: &Stop) -> Stop {
    let Some(first) = stop.broken.first().copied() else { return stop.clone() };
    let mut best = stop.clone();
    let halves = |step: &Step| step.does.halved().map(|does| Step { does, ..*step });
    shortest(&stop.steps, halves, |steps| {
        // Whatever comes after the violation is not needed.
        let found = stop_of(steps, Some(first.number)).filter(|found| found.breaks(first));
        if let Some(found) = &found {
            best = found.clone();
        }
        found.map(|found| found.steps.len())
    });
    best
}

/// The story as a test to paste into `tests/sequences/found.rs`.
pub(crate) fn as_test(stop: &Stop, seed: u64) -> String {
    let mut text = String::new();
    let first = stop.broken.first();
    for violation in &stop.broken {
        text += &format!("/// INV-{:02}: {}.\n", violation.number, violation.rule);
    }
    let number = first.map_or(0, |violation| violation.number);
    text += &format!("#[test]\nfn inv_{number:02}_seed_{seed}() {{\n    replay(&[\n");
    for Step { by, does, how } in &stop.steps {
        let verb = match how {
            How::Now => "by",
            How::Joined => "join",
            How::Proposed => "propose",
        };
        text += &format!("        {verb}({}, {does:?}),\n", name_of(*by));
    }
    text + "    ]);\n}\n"
}

fn name_of(person: u8) -> String {
    match person {
        ADMIN => "ADMIN".to_owned(),
        HEIR => "HEIR".to_owned(),
        GUARDIAN => "GUARDIAN".to_owned(),
        RISK_ADMIN => "RISK_ADMIN".to_owned(),
        NOBODY => "NOBODY".to_owned(),
        owner => owner.to_string(),
    }
}

/// Their numbers, for people.
pub(crate) fn numbers(broken: &[Violation]) -> String {
    let all: Vec<String> =
        broken.iter().map(|violation| format!("INV-{:02} ({})", violation.number, violation.rule)).collect();
    all.join(", ")
}
