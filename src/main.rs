//! The program `duban`, and how its memory is managed.

use std::ffi::c_long;
use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Answers are thousands of small values each, made on one thread and let go on another: the
/// allocator is a part of what a request costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The allocator's options that have no name in Rust.
#[expect(
    unsafe_code,
    reason = "the crate hands the allocator's options out as foreign functions alone; what \
              these two do with any number is to read or to set a number"
)]
mod option {
    use std::ffi::{c_int, c_long};

    unsafe extern "C" {
        pub(super) safe fn mi_option_get(option: c_int) -> c_long;
        pub(super) safe fn mi_option_set(option: c_int, value: c_long);
    }

    /// `mi_option_purge_delay` of mimalloc's `enum mi_option_e`: milliseconds until the system
    /// gets back what was freed, and as many where nobody says otherwise.
    pub(super) const PURGE_DELAY: (c_int, c_long) = (15, 1_000);
}

/// Milliseconds: what one request has let go is still there for the next, and what a burst has
/// taken is not kept until the next burst.
const PURGE_DELAY: c_long = 10;

fn main() -> ExitCode {
    take_little_memory();
    duban::cli::run()
}

/// A server shares its machine with a database and with the system's memory of files.
fn take_little_memory() {
    let (option, unsaid) = option::PURGE_DELAY;
    // Another value was set in the environment, by `MIMALLOC_PURGE_DELAY`.
    if option::mi_option_get(option) == unsaid {
        option::mi_option_set(option, PURGE_DELAY);
    }
    // A page of 2 MiB is taken whole for the first of its bytes. Where the system refuses, it
    // takes them so.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_delay_of_a_purge() {
        let (option, unsaid) = option::PURGE_DELAY;
        assert_eq!(option::mi_option_get(option), unsaid);
        take_little_memory();
        assert_eq!(option::mi_option_get(option), PURGE_DELAY);
    }
}
