//! Reading rules that stand as data: parse strictly, check everything, report together.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use crate::error::Error;

/// A file of rules that cannot be used, with everything that is wrong in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} cannot be used: {}", .problems.join("; "))]
pub struct SeedError {
    /// The file, such as `seeds/workflow.yaml`.
    pub file: &'static str,
    /// What is wrong, one sentence each, at least one.
    pub problems: Vec<String>,
}

impl From<SeedError> for Error {
    fn from(error: SeedError) -> Self {
        Self::internal(error)
    }
}

/// Collects what is wrong in one file.
#[derive(Debug)]
pub(super) struct Check {
    file: &'static str,
    problems: Vec<String>,
}

impl Check {
    /// A check of this file.
    pub(super) const fn of(file: &'static str) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    /// Notes a problem.
    pub(super) fn add(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Notes a problem where the condition does not hold; the text is made only then.
    pub(super) fn require(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.add(problem());
        }
    }

    /// Reads a word of a closed list; an unknown one is a problem of the place named.
    pub(super) fn word<T>(&mut self, place: impl Display, text: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text.parse()
            .map_err(|error| self.add(format!("{place}: {text} is unknown: {error}")))
            .ok()
    }

    /// The value, if nothing was noted.
    pub(super) fn finish<T>(self, value: T) -> Result<T, SeedError> {
        if self.problems.is_empty() {
            Ok(value)
        } else {
            Err(SeedError {
                file: self.file,
                problems: self.problems,
            })
        }
    }
}

/// Parses YAML; the types refuse unknown keys, the parser repeated ones.
pub(super) fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, SeedError> {
    serde_saphyr::from_str(text).map_err(|error| SeedError {
        file,
        problems: vec![error.to_string()],
    })
}

/// A code as all seeds use it: upper-case ASCII letters, digits and hyphens, 1 to 64.
pub(super) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}
