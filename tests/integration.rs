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
mod copy;
mod coverage;
mod demonstration;
mod edges;
mod explain;
mod feed;
mod flow;
mod generate;
mod inbox;
mod issues;
mod kept;
mod ledger;
mod matrix;
mod migrations;
mod orders;
mod paging;
mod past;
mod program;
mod ratings;
mod reader;
mod reports;
mod schema;
mod scope;
mod search;
mod seeds;
mod sharing;
mod support;
mod tallies;
