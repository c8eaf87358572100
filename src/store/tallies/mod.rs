//! Counts that are kept with each change, so that a portfolio over very many projects is
//! read and not counted.
//!
//! `tallies` has a cell for each jurisdiction, kind and stage, and one for each kind and
//! stage of all jurisdictions; `unit_tallies` one for each unit, and one for each of its
//! kinds and stages. A task becomes overdue without being written: what a cell says of
//! lateness holds for one day, the jurisdiction's mark. [`catch_up`] moves the mark on;
//! until it has, [`read`](Reading) adds what has become late since.
//!
//! The cells change in the transaction of the change they count ([`Changes::apply`]), behind
//! the ledger's lock: writers queue there anyway, so the cells add no lock of their own, and
//! what is read behind it is what has been committed. A jurisdiction without a mark is not
//! kept yet, and counted afresh.

mod catch_up;
mod change;
mod delta;
mod facts;
mod read;
mod write;

pub use catch_up::{catch_up, differences, keep};
pub use change::Changes;
pub use read::{Reading, UnitOrder, reading, totals, units};

use duban_entities::ids::JurisdictionId;
use uuid::Uuid;

/// In the place of a jurisdiction: all of them together.
const ALL: JurisdictionId = JurisdictionId(Uuid::nil());
