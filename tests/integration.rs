//! Everything that runs against a database, a server or the compiled-in data: one binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod architecture;
mod assessment;
mod atomicity;
mod briefing;
mod catalogue;
mod changes;
mod contract;
mod coverage;
mod edges;
mod feed;
mod flow;
mod inbox;
mod issues;
mod ledger;
mod matrix;
mod migrations;
mod orders;
mod paging;
mod past;
mod program;
mod ratings;
mod reports;
mod schema;
mod scope;
mod seeds;
mod sharing;
mod support;
mod tallies;
