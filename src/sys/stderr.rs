//! Messages on stderr.

use std::io::{self, Write as _};

/// Prints one line to stderr.
pub(crate) fn print_line(text: &str) {
    // A failure is ignored: no other destination is left when stderr is closed.
    drop(writeln!(io::stderr().lock(), "{text}"));
}
