//! Everything that runs against a database or the compiled-in data: one binary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod catalogue;
mod seeds;
