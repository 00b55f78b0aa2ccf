//! Natural sort order of names with numbers: 9 before 10.

use itertools::Itertools;

/// A part of a name; numbers are sorted before text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Digits without leading zeros, sorted by length and then by value.
    Number(usize, String),
    Text(String),
}

pub(super) fn key(name: &str) -> Vec<Part> {
    let runs = name.chars().chunk_by(char::is_ascii_digit);
    let parts = runs.into_iter().map(|(is_number, run)| {
        let run: String = run.collect();
        if is_number {
            let digits = run.trim_start_matches('0');
            Part::Number(digits.len(), digits.to_owned())
        } else {
            Part::Text(run.to_lowercase())
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut names = ["10", "9", "9.10", "9.2", "rawhide", "44 Beta", "44", "007", "41é2", ""];
        names.sort_by_key(|n| key(n));
        assert_eq!(
            names,
            ["", "007", "9", "9.2", "9.10", "10", "41é2", "44", "44 Beta", "rawhide"]
        );
    }
}
