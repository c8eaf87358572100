//! Who may do what: one pure function over facts already loaded.
//!
//! [`decide`] is asked for every operation; nothing else decides. It answers with a
//! [`Permit`], which only it can make and which every write of the store demands, or
//! with a [`Denial`], which keeps three cases apart: nobody is signed in, the person may
//! not know of the thing, the person sees it but may not act.
//!
//! The rules are those of the table "Roles" in docs/authorization.md; the matrix that
//! follows from them is printed by a test to docs/authorization-matrix.txt.

mod facts;
mod principal;
mod rules;

pub use facts::{ChangeFacts, EntryFacts, Facts, OrderFacts, ProjectFacts, TaskFacts, UserFacts};
pub use principal::{Actor, Credential, Held, Principal, Scope};
pub use rules::{Action, Denial, Permit, allowing, decide};
