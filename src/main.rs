//! The program `duban`, and how it takes and gives back memory.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Answers are thousands of small values each, made on one thread and let go on another: the
/// allocator is a part of what a request costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // A server shares its machine with a database and with the system's memory of files.
    allocator::give_back_soon();
    // A page of 2 MiB is taken whole for the first of its bytes. Where the system does not let
    // itself be asked, it gives what it gives.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    duban::cli::run()
}

/// The one setting of mimalloc for which its crate has no name and no function.
#[expect(unsafe_code, reason = "a setting of a C library is set through C")]
mod allocator {
    use std::ffi::{c_int, c_long};

    unsafe extern "C" {
        #[cfg(test)]
        fn mi_option_get(option: c_int) -> c_long;
        fn mi_option_set_default(option: c_int, value: c_long);
    }

    /// `mi_option_purge_delay` of mimalloc 3's `enum mi_option_e`.
    const PURGE_DELAY: c_int = 15;

    /// What one request has let go is still there for the next, and what a burst has taken is
    /// not kept until the next burst.
    pub(super) const MILLISECONDS: c_long = 100;

    /// Sets the time until the system may have back what was freed, unless the environment says
    /// another (`MIMALLOC_PURGE_DELAY`).
    pub(super) fn give_back_soon() {
        // SAFETY: the allocator reads the number whenever it frees, and no other thread is there
        // yet. A number that names no option does nothing.
        unsafe { mi_option_set_default(PURGE_DELAY, MILLISECONDS) }
    }

    /// The time that is set, in milliseconds.
    #[cfg(test)]
    pub(super) fn delay() -> c_long {
        // SAFETY: as above, but that nobody writes.
        unsafe { mi_option_get(PURGE_DELAY) }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::allocator::{MILLISECONDS, delay, give_back_soon};

    /// Names the delay that a process is to find.
    const EXPECTED: &str = "EXPECTED_DELAY";

    /// In processes of their own: an option is set before there is a second thread.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "tells the process that is asked")]
    fn the_environment_goes_before_the_program() {
        if let Ok(expected) = std::env::var(EXPECTED) {
            give_back_soon();
            assert_eq!(delay().to_string(), expected);
            return;
        }
        for said in [Some("777"), Some("1000"), None] {
            let mut process = Command::new(std::env::current_exe().unwrap());
            process.arg("the_environment_goes_before_the_program");
            process.env_remove("MIMALLOC_PURGE_DELAY");
            process.envs(said.map(|said| ("MIMALLOC_PURGE_DELAY", said)));
            let expected = said.map_or_else(|| MILLISECONDS.to_string(), str::to_owned);
            let output = process.env(EXPECTED, expected).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
    }
}
