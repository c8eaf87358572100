//! The two streams of the command line.

use std::io::{self, Write as _};

use crate::error::{Error, Result};

/// Writes to standard output, at once.
pub(super) fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::internal)
}

/// Writes a complaint to standard error.
pub(super) fn complain(message: &str) {
    let mut err = io::stderr().lock();
    // Nothing can be done about a standard error that is closed.
    let _ = writeln!(err, "duban: {message}");
}

/// Writes a note to standard error.
pub(super) fn note(message: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{message}");
}
