//! Whole tables, for copying one database into another: every row of every table, in the
//! order of its key, as values that mean the same on SQLite and PostgreSQL.
//!
//! The source is read in one [`Snapshot`]. What is written is written through a [`Target`],
//! batch by batch; each commit carries the rows and the note of how far they go (`mark`),
//! so that a copy can be cut off anywhere and go on.

mod canonical;
mod mark;
mod snapshot;
mod tables;
mod target;

pub use canonical::{Checksum, Row};
pub use mark::{Place, is_unfinished};
pub use snapshot::Snapshot;
pub use tables::{DERIVED, TABLES, Table};
pub use target::Target;
