//! What a request may cost, by who asks and what for.
//!
//! The HTTP endpoint puts a [`Limits`] into the request's data; the schema's extension
//! holds the calculated cost against it.

use crate::error::{Error, Result};
use crate::policy::{Actor, Principal};

/// The limits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most complexity, in the schema's points.
    pub complexity: usize,
    /// The most nodes that the connections may ask for together.
    pub nodes: u64,
    /// The deepest field; a root field has depth 1.
    pub depth: usize,
}

impl Limits {
    /// The most objects that the plain lists of one request bring together.
    pub const LISTED: u64 = 20_000;

    /// For somebody signed in.
    pub const SIGNED_IN: Self = Self {
        complexity: 30_000,
        nodes: 50_000,
        depth: 15,
    };
    /// For nobody in particular.
    pub const ANONYMOUS: Self = Self {
        complexity: 250,
        ..Self::SIGNED_IN
    };
    /// For a request that asks about the schema: its standard form costs 217.
    pub const INTROSPECTION: Self = Self {
        complexity: 1_000,
        ..Self::SIGNED_IN
    };

    /// The limits of a request.
    ///
    /// # Errors
    /// Introspection is for people who are signed in: [`Error::Unauthenticated`] for
    /// others, [`Error::Forbidden`] until a reset password has been changed.
    pub fn of(principal: &Principal, introspection: bool) -> Result<Self> {
        let anonymous = principal.actor == Actor::Anonymous;
        match (introspection, anonymous) {
            (true, true) => Err(Error::Unauthenticated(
                "sign in to ask about the schema, or read /schema.graphql",
            )),
            (true, false) if principal.must_change_password => {
                Err(Error::Forbidden("change the password first"))
            }
            (true, false) => Ok(Self::INTROSPECTION),
            (false, true) => Ok(Self::ANONYMOUS),
            (false, false) => Ok(Self::SIGNED_IN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asker_and_the_question_choose_the_limits() {
        let nobody = Principal::anonymous();
        let mut person = Principal::system("test");
        assert_eq!(Limits::of(&nobody, false).unwrap(), Limits::ANONYMOUS);
        assert_eq!(Limits::of(&person, false).unwrap(), Limits::SIGNED_IN);
        assert_eq!(Limits::of(&person, true).unwrap(), Limits::INTROSPECTION);
        let refused = Limits::of(&nobody, true).unwrap_err();
        assert_eq!(refused.code(), "UNAUTHENTICATED");
        person.must_change_password = true;
        assert_eq!(Limits::of(&person, true).unwrap_err().code(), "FORBIDDEN");
    }
}
