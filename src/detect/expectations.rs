//! Golden tables: what the rules must make of paths, as a table that a site keeps beside its rules.
//!
//! Tab-separated, with a header that names the columns: `category`, `directory`, `version`, `arch`, `prefix`. A prefix `-` means
//! that clients cannot ask for the repository.

use std::collections::BTreeSet;

use serde::Serialize;

use super::explain::Recognition;
use super::rules::Rules;
use crate::model::names::{Name, RepoPrefix};

/// The columns.
const COLUMNS: [&str; 5] = ["category", "directory", "version", "arch", "prefix"];

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Its line in the file.
    pub line: usize,
    /// The category.
    pub category: String,
    /// The full name of the directory.
    pub directory: String,
    /// What must come out.
    pub wanted: RuleOutcome,
}

/// What comes out of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RuleOutcome {
    /// The version.
    pub version: String,
    /// The arch.
    pub arch: String,
    /// The prefix, `-` for none.
    pub prefix: String,
}

/// A row that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mismatch {
    /// Its line in the file.
    pub line: usize,
    /// The category.
    pub category: String,
    /// The full name of the directory.
    pub directory: String,
    /// What the table says.
    pub wanted: RuleOutcome,
    /// What the rules made of it; `None` when that is nothing.
    pub got: Option<RuleOutcome>,
    /// Which rule decided, or why there is no result.
    pub why: String,
}

/// Reads a table; the error names the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Expectation>, String> {
    let mut lines = text
        .lines()
        .zip(1..)
        .filter(|(l, _)| !l.trim().is_empty() && !l.starts_with('#'));
    let (header, at) = lines.next().ok_or("the table is empty")?;
    let names: Vec<&str> = header.split('\t').collect();
    let mut places = Vec::new();
    for column in COLUMNS {
        let place = names.iter().position(|n| *n == column).ok_or_else(|| {
            format!(
                "line {at}: the header has no column {column:?}; it must name {}, parted by tabs",
                COLUMNS.join(", ")
            )
        })?;
        places.push(place);
    }
    lines
        .map(|(line, n)| {
            let cells: Vec<&str> = line.split('\t').collect();
            let values: Vec<&str> = places.iter().filter_map(|p| cells.get(*p).copied()).collect();
            let [category, directory, version, arch, prefix] = values.as_slice() else {
                return Err(format!(
                    "line {n} has {} columns, the header {}; columns are parted by tabs",
                    cells.len(),
                    names.len()
                ));
            };
            Ok(Expectation {
                line: n,
                category: (*category).to_owned(),
                directory: (*directory).to_owned(),
                wanted: RuleOutcome {
                    version: (*version).to_owned(),
                    arch: (*arch).to_owned(),
                    prefix: (*prefix).to_owned(),
                },
            })
        })
        .collect()
}

/// The arches that a table names.
pub(crate) fn arches(rows: &[Expectation]) -> BTreeSet<Name> {
    rows.iter().filter_map(|r| r.wanted.arch.parse().ok()).collect()
}

/// The rows that come out otherwise.
pub(crate) fn check(rules: &Rules, rows: &[Expectation], arches: &BTreeSet<Name>) -> Vec<Mismatch> {
    rows.iter()
        .filter_map(|row| {
            let (got, why) = match rules.recognise(&row.category, &row.directory, arches) {
                Recognition::Skipped => (None, "skipped".to_owned()),
                Recognition::Unmatched(why) => (None, why),
                Recognition::Repository(found) => {
                    let outcome = RuleOutcome {
                        version: found.version.to_string(),
                        arch: found.arch.to_string(),
                        prefix: found.prefix.as_ref().map_or("-", RepoPrefix::as_str).to_owned(),
                    };
                    (Some(outcome), format!("rule {}", found.rule))
                }
            };
            (got.as_ref() != Some(&row.wanted)).then(|| Mismatch {
                line: row.line,
                category: row.category.clone(),
                directory: row.directory.clone(),
                wanted: row.wanted.clone(),
                got,
                why,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let rows =
            parse("# ours\nprefix\tdirectory\tversion\tarch\tcategory\n\nfedora-43\tpub/43\t43\tx86_64\tLinux\n")
                .unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].line, rows[0].category.as_str()), (4, "Linux"));
        assert_eq!(rows[0].wanted.prefix, "fedora-43");
        assert_eq!(arches(&rows).first().unwrap().as_str(), "x86_64");
    }

    #[test]
    fn a_bad_table_names_the_line() {
        for (text, word) in [
            ("", "empty"),
            (
                "category\tdirectory\tversion\tarch\n",
                "line 1: the header has no column \"prefix\"",
            ),
            ("category directory version arch prefix\n", "parted by tabs"),
            (
                "category\tdirectory\tversion\tarch\tprefix\na\tb\tc\td\te\nLinux\tpub/43\n",
                "line 3 has 2 columns",
            ),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(word), "{told}");
        }
    }
}
