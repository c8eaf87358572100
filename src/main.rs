//! The program `duban`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Answers are thousands of small values each, made on one thread and let go on another: the
/// allocator is a part of what a request costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    duban::cli::run()
}
