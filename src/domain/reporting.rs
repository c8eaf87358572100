//! The months that reports are owed for.

mod month;

pub use month::{Month, NotAMonth};
