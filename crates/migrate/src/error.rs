//! What is wrong with a file or with what it wants of the chain, and where that stands.

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::section::Fault;

/// A file that cannot be read, is refused by the engine, or contradicts the chain. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrateError {
    /// File, line and column, where the deployment came from a file.
    pub place: Option<(String, usize, usize)>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line, column)) = &self.place {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for MigrateError {}

/// The text a deployment was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
}

impl Source {
    /// An error of the parser.
    pub(crate) fn error(&self, error: &toml::de::Error) -> MigrateError {
        let message = error.message().trim().replace('\n', ", ");
        MigrateError { place: Some(self.place(error.span().map_or(0, |span| span.start))), message }
    }

    /// A fault, at the line of its value or of the innermost table around it.
    pub(crate) fn fault(&self, fault: &Fault) -> MigrateError {
        let start = self.find(&fault.path).map_or(0, |span| span.start);
        MigrateError { place: Some(self.place(start)), message: says(fault) }
    }

    /// Line and column of a byte, from one.
    fn place(&self, start: usize) -> (String, usize, usize) {
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        (self.file.clone(), line, column)
    }

    /// Where the value at `path`, or the innermost one around it, stands.
    fn find(&self, path: &str) -> Option<Range<usize>> {
        let document = DeTable::parse(&self.text).ok()?;
        let mut found = None;
        let mut table = document.get_ref();
        for part in path.split('.') {
            let (key, index) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
                Some((key, index)) => (key, index.parse::<usize>().ok()),
                None => (part, None),
            };
            let Some((_, mut value)) = table.iter().find(|(name, _)| name.get_ref() == key) else { break };
            if let (Some(index), DeValue::Array(items)) = (index, value.get_ref()) {
                let Some(item) = items.get(index) else { break };
                value = item;
            }
            found = Some(value.span());
            let DeValue::Table(inner) = value.get_ref() else { break };
            table = inner;
        }
        found
    }
}

pub(crate) fn says(fault: &Fault) -> String {
    format!("{}: {}", fault.path, fault.message)
}
