//! Everything that runs against a database, a server or the compiled-in data: one binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod architecture;
mod catalogue;
mod matrix;
mod migrations;
mod program;
mod schema;
mod seeds;
mod support;
