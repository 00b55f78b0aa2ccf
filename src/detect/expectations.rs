//! Tests the rules against a table of expected names, which a site keeps next to its rules.
//!
//! The table is tab-separated, with a header that names the columns: `category`, `directory`, `version`, `arch`, `prefix`. The prefix
//! `-` stands for a repository that clients cannot request.

use std::collections::BTreeSet;

use serde::Serialize;

use super::explain::Recognition;
use super::rules::Rules;
use crate::model::names::{Name, RepoPrefix};

const COLUMNS: [&str; 5] = ["category", "directory", "version", "arch", "prefix"];

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Expectation {
    /// Line number in the file.
    pub line: usize,
    pub category: String,
    /// Full path of the directory, topdir included.
    pub directory: String,
    pub expected: RuleOutcome,
}

/// The result of the rules for a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RuleOutcome {
    pub version: String,
    pub arch: String,
    /// The prefix, `-` for none.
    pub prefix: String,
}

/// A row whose result differs from the expected one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mismatch {
    #[serde(flatten)]
    pub row: Expectation,
    /// The actual result; `None` if there is none.
    pub actual: Option<RuleOutcome>,
    /// The rule that matched, or the reason why there is no result.
    pub reason: String,
}

/// Reads a table; the error names the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Expectation>, String> {
    let mut lines = text
        .lines()
        .zip(1..)
        .filter(|(l, _)| !l.trim().is_empty() && !l.starts_with('#'));
    let (header, at) = lines.next().ok_or("the table is empty")?;
    let names: Vec<&str> = header.split('\t').collect();
    let position = |column: &str| {
        let found = names.iter().position(|n| *n == column);
        let all = COLUMNS.join(", ");
        found.ok_or_else(|| {
            format!("line {at}: the header has no column {column:?}; it must name {all}, separated by tabs")
        })
    };
    let positions = COLUMNS.map(position).into_iter().collect::<Result<Vec<usize>, _>>()?;
    lines
        .map(|(line, n)| {
            let cells: Vec<&str> = line.split('\t').collect();
            let values: Vec<&str> = positions.iter().filter_map(|p| cells.get(*p).copied()).collect();
            let [category, directory, version, arch, prefix] = *values.as_slice() else {
                return Err(format!(
                    "line {n} has {} columns, the header {}; columns are separated by tabs",
                    cells.len(),
                    names.len()
                ));
            };
            Ok(Expectation {
                line: n,
                category: category.to_owned(),
                directory: directory.to_owned(),
                expected: RuleOutcome {
                    version: version.to_owned(),
                    arch: arch.to_owned(),
                    prefix: prefix.to_owned(),
                },
            })
        })
        .collect()
}

/// Returns the architectures of a table.
pub(crate) fn arches(rows: &[Expectation]) -> BTreeSet<Name> {
    rows.iter().filter_map(|r| r.expected.arch.parse().ok()).collect()
}

/// Returns the rows whose result differs from the expected one.
pub(crate) fn check(rules: &Rules, rows: &[Expectation], arches: &BTreeSet<Name>) -> Vec<Mismatch> {
    rows.iter()
        .filter_map(|row| {
            let (actual, reason) = match rules.recognize(&row.category, &row.directory, arches) {
                Recognition::Skipped => (None, "skipped".to_owned()),
                Recognition::Unmatched(reason) => (None, reason),
                Recognition::Repository(found) => {
                    let outcome = RuleOutcome {
                        version: found.version.to_string(),
                        arch: found.arch.to_string(),
                        prefix: found.prefix.as_ref().map_or("-", RepoPrefix::as_str).to_owned(),
                    };
                    (Some(outcome), format!("rule {}", found.rule))
                }
            };
            (actual.as_ref() != Some(&row.expected)).then(|| Mismatch {
                row: row.clone(),
                actual,
                reason,
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
        assert_eq!(rows[0].expected.prefix, "fedora-43");
        assert_eq!(arches(&rows).first().unwrap().as_str(), "x86_64");
    }

    #[test]
    fn an_invalid_table_reports_the_line() {
        for (text, word) in [
            ("", "empty"),
            (
                "category\tdirectory\tversion\tarch\n",
                "line 1: the header has no column \"prefix\"",
            ),
            ("category directory version arch prefix\n", "separated by tabs"),
            (
                "category\tdirectory\tversion\tarch\tprefix\na\tb\tc\td\te\nLinux\tpub/43\n",
                "line 3 has 2 columns",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
