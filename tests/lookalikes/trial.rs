//! Trying look-alikes and keeping count.

use std::collections::{BTreeMap, BTreeSet};

use ballast_testkit::Failed;
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::cases::cases;
use crate::docs;
use crate::idl::{self, Described};
use crate::lookalike::Case;
use crate::perps;
use crate::role::Role;
use crate::rules::Tried;
use crate::stage::{Place, Stage};
use crate::stages::{self, Build};
use crate::tables::{Row, ACCEPTED, EXCEPTIONS};

/// All rows of the tables, in the order in which they are asked.
fn rows() -> impl Iterator<Item = &'static Row> {
    EXCEPTIONS.iter().chain(ACCEPTED)
}

/// All stages.
fn all_stages() -> impl Iterator<Item = &'static (&'static str, &'static str, Build)> {
    stages::STAGES.iter().chain(perps::STAGES)
}

/// What was tried, and what did not come out as it has to.
#[derive(Default)]
pub(crate) struct Trial {
    pub(crate) failures: Vec<String>,
    tried: BTreeMap<&'static str, usize>,
    accepted: usize,
    stages: usize,
    /// Numbers of the rows that were needed.
    needed: BTreeSet<usize>,
}

impl Trial {
    /// Every look-alike in every place of an instruction, in all of its stages.
    pub(crate) fn instruction(&mut self, described: &Described) {
        let mut stages = all_stages().filter(|(name, ..)| *name == described.name).peekable();
        if stages.peek().is_none() {
            self.failures.push(format!("{} has no stage: write one in tests/lookalikes/stages.rs", described.name));
        }
        for (_, case, build) in stages {
            self.stage(described, case, &build());
        }
    }

    fn stage(&mut self, described: &Described, case: &str, stage: &Stage) {
        let title = if case.is_empty() { described.name.clone() } else { format!("{} ({case})", described.name) };
        self.stages += 1;
        if let Err(failed) = stage.send(&mut stage.world.svm.clone(), &stage.transaction) {
            self.failures.push(format!("{title} does not succeed with the right accounts: {}", failed.name()));
            return;
        }
        let places = stage.places(described);
        for at in 0..places.len() {
            for case in cases(stage, &places, at) {
                self.case(&described.name, &title, stage, &places, &case);
            }
        }
    }

    fn case(&mut self, instruction: &str, title: &str, stage: &Stage, places: &[Place], case: &Case) {
        *self.tried.entry(case.lookalike.label()).or_default() += 1;
        let mut svm = stage.world.svm.clone();
        if let Some((key, account)) = &case.planted {
            svm.put(key, account.clone());
        }
        let impostor = case.meta.as_ref().map_or(Role::Unborn, |meta| Role::of_account(&stage.world.svm, &meta.pubkey));
        let tried = Tried { instruction, places, case, impostor };
        let expected = self.expected(title, &tried);

        let transaction = case.transaction(stage);
        let all = stage.transaction.iter().chain(&transaction).flat_map(|one| &one.accounts);
        let keys: BTreeSet<Pubkey> = all.map(|meta| meta.pubkey).collect();
        let before: Vec<Option<Account>> = keys.iter().map(|key| svm.account(key)).collect();
        let failed = stage.send(&mut svm, &transaction).err();
        let outcome = failed.as_ref().map(Failed::name);

        // Another instruction of the transaction may be the one that fails, and tells.
        let failing = failed.and_then(|failed| failed.instruction()).map(|at| idl::name_of(&transaction[at].data));
        let failing = failing.unwrap_or_else(|| instruction.to_owned());
        if let Some(error) = expected.filter(|error| !docs::tells(&failing, error)) {
            self.failures.push(format!("{failing}: documentation and docs.rs disagree about {error}"));
        }
        let what = || format!("{title}, {}, {}", places[case.at].seat.name, tried.description());
        if outcome.as_deref() != expected {
            let say = |outcome: Option<&str>| outcome.unwrap_or("success").to_owned();
            self.failures.push(format!("{}: {}, not {}", what(), say(outcome.as_deref()), say(expected)));
        } else if outcome.is_none() {
            self.accepted += 1;
        } else {
            let changed = keys.iter().zip(&before).find(|(key, before)| svm.account(key) != **before);
            if let Some((key, _)) = changed {
                self.failures.push(format!("{}: {key} changed", what()));
            }
        }
    }

    /// The error that a look-alike has to fail with; nothing: it is accepted.
    fn expected(&mut self, title: &str, tried: &Tried<'_>) -> Option<&'static str> {
        if let Some(error) = tried.flag_rule() {
            return Some(error);
        }
        let place = &tried.places[tried.case.at].seat.name;
        let (label, description) = (tried.case.lookalike.label(), tried.description());
        let holds =
            |row: &Row| row.is_of(tried.instruction, title) && row.is_at(place) && row.looks_like(label, &description);
        match rows().enumerate().find(|(_, row)| holds(row)) {
            Some((number, row)) => {
                self.needed.insert(number);
                row.error
            }
            None => Some(tried.rule()),
        }
    }

    /// Notes the rows and stages that nothing needs.
    pub(crate) fn stale_rows(&mut self) {
        for (_, row) in rows().enumerate().filter(|(number, _)| !self.needed.contains(number)) {
            self.failures.push(format!("nothing needs the row of {:?}: {}", row.instructions, row.why));
        }
        if self.stages != all_stages().count() {
            self.failures.push("a stage is of no instruction".to_owned());
        }
    }

    /// How many look-alikes were tried.
    pub(crate) fn cases(&self) -> usize {
        self.tried.values().sum()
    }

    /// The numbers, to be printed.
    pub(crate) fn summary(&self) -> String {
        let mut lines = format!(
            "\n{} look-alikes in {} stages, of which {} are accepted for a reason:\n",
            self.cases(),
            self.stages,
            self.accepted
        );
        for (label, count) in &self.tried {
            lines += &format!("{count:>7} {label}\n");
        }
        lines
    }
}
