//! Messages on stderr.

use std::io::{self, Write as _};

use crate::model::printable::{printable, printable_lines};

/// Prints one line to stderr. What is not printable is escaped: a name or the message of a server must neither control the terminal nor
/// look like another message.
pub(crate) fn print_line(text: &str) {
    write_line(&printable(text));
}

/// Prints a text that may have several lines, such as an excerpt of the config.
pub(crate) fn print_lines(text: &str) {
    write_line(&printable_lines(text));
}

fn write_line(text: &str) {
    // A failure is ignored: no other destination is left when stderr is closed.
    drop(writeln!(io::stderr().lock(), "{text}"));
}
