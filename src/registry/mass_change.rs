//! The limit of rows that one command changes or removes without confirmation: a slip in a file or filter must not take
//! many mirrors off.

use std::fmt;

use crate::model::count::format_count;

/// A larger number of affected rows needs confirmation.
const MAX_ROWS: usize = 5;
/// A larger share of all rows needs confirmation.
const MAX_PERCENT: usize = 10;

/// The number of rows that an edit affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MassChange {
    /// The word for the rows, such as `host`.
    pub(crate) noun: &'static str,
    pub(crate) affected: usize,
    /// The number of rows before the edit.
    pub(crate) all: usize,
}

impl MassChange {
    /// Returns true if the change needs confirmation. One row never does.
    pub(crate) fn needs_confirmation(self) -> bool {
        self.affected > 1 && (self.affected > MAX_ROWS || self.affected * 100 > self.all * MAX_PERCENT)
    }
}

impl fmt::Display for MassChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { noun, affected, all } = *self;
        let affected = format_count(affected, noun);
        write!(
            f,
            "this changes or removes {affected} of {all}, more than {MAX_ROWS} or {MAX_PERCENT} %"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_or_a_large_share_need_confirmation() {
        for (affected, all, expected) in [
            (0, 0, false),
            (1, 1, false),
            (1, 500, false),
            (2, 4, true),
            (2, 19, true),
            (2, 20, false),
            (5, 50, false),
            (5, 49, true),
            (6, 500, true),
            (500, 500, true),
        ] {
            let change = MassChange {
                noun: "host",
                affected,
                all,
            };
            assert_eq!(change.needs_confirmation(), expected, "{change}");
        }
    }
}
