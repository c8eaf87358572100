//! What can go wrong, without a word about transport.
//!
//! One enum for the whole program: services return it, the GraphQL and HTTP rooms
//! translate it. Public text and internal text never mix: [`Error::Internal`] is logged,
//! and the client gets a request id.

use std::fmt::Display;
use std::time::Duration;

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One input field that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Path of the field in the input, such as `milestones.2.dueDate`.
    pub field: String,
    /// What is wrong, for a person.
    pub message: String,
}

/// Something that must happen before the operation can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Stable upper-case name of the rule.
    pub code: &'static str,
    /// What is missing, for a person.
    pub message: String,
}

impl Blocker {
    /// A blocker with this code and message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Why an operation was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the sign-in failed. Carries the public reason.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The person sees the thing but may not do this to it. Carries the public reason.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing, or this person may not know of it: the two read alike.
    #[error("not found")]
    NotFound,
    /// The input cannot be accepted.
    #[error("the input is not valid")]
    Invalid(Vec<FieldProblem>),
    /// The row changed since the version that the caller named.
    #[error("it was changed by somebody else: the current version is {current}")]
    Conflict {
        /// The version now.
        current: i32,
    },
    /// Rules of the domain are not met.
    #[error("it is not possible yet: {}", messages(.0))]
    Blocked(Vec<Blocker>),
    /// Too many attempts.
    #[error("too many attempts: try again later")]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A fixed limit of the service.
    #[error("{message}")]
    LimitExceeded {
        /// Which limit, in the names of the documentation.
        limit: &'static str,
        /// What was exceeded, with the number.
        message: String,
    },
    /// The server cannot take this now.
    #[error("the server is busy: try again later")]
    Unavailable {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A fault of ours. The text is for the log alone.
    #[error("internal error: {0}")]
    Internal(String),
}

fn messages(blockers: &[Blocker]) -> String {
    let all: Vec<&str> = blockers.iter().map(|b| b.message.as_str()).collect();
    all.join("; ")
}

impl Error {
    /// An invalid single field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem {
            field: field.into(),
            message: message.into(),
        }])
    }

    /// A single unmet rule.
    pub fn blocked(code: &'static str, message: impl Into<String>) -> Self {
        Self::Blocked(vec![Blocker::new(code, message)])
    }

    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// The code under which clients know it (table in docs/api.md).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Invalid(_) => "INVALID",
            Self::Conflict { .. } => "CONFLICT",
            Self::Blocked(_) => "BLOCKED",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::LimitExceeded { .. } => "LIMIT_EXCEEDED",
            Self::Unavailable { .. } => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

/// Collects the problems of an input, so that all are reported together.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldProblem>);

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem {
            field: field.into(),
            message: message.into(),
        });
    }

    /// Notes a problem where the condition does not hold.
    pub fn require(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.add(field, message);
        }
    }

    /// Takes over what is wrong with a part of the input, with the part's path before each
    /// field; any other error is the caller's.
    ///
    /// # Errors
    /// The part's error, if it is not [`Error::Invalid`].
    pub fn take<T>(&mut self, path: &str, part: Result<T>) -> Result<Option<T>> {
        match part {
            Ok(value) => Ok(Some(value)),
            Err(Error::Invalid(found)) => {
                for problem in found {
                    self.add(format!("{path}{}", problem.field), problem.message);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// An error if anything was noted.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}
