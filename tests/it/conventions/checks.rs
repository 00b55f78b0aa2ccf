//! `docs/CHECKS.md` lists every check, and each row names a test that exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{files_below, home};

/// The paths and texts of the Rust files below a directory of the package.
fn rust_files(below: &str) -> Vec<(PathBuf, String)> {
    let files = files_below(&home().join(below), ".rs").into_iter();
    files
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The names in backticks.
fn names_in(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table: the names of the first column, and the test of the last.
fn rows(page: &str) -> Vec<(Vec<String>, String)> {
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            assert_eq!(cells.len(), 7, "{line}");
            (names_in(cells[1]), names_in(cells[5]).concat())
        })
        .collect()
}

/// The names of checks in a source file: the first argument of the constructors, and constants.
fn names_in_source(source: &str) -> BTreeSet<String> {
    let product = source.split("#[cfg(test)]").next().unwrap();
    let mut found = BTreeSet::new();
    for constructor in ["ok", "warning", "critical", "unknown", "new", "measured"] {
        for call in product.split(&format!("Check::{constructor}(")).skip(1) {
            if let Some(rest) = call.trim_start().strip_prefix('"') {
                found.insert(rest.split('"').next().unwrap().to_owned());
            }
        }
    }
    for constant in product.split("const NAME: &str = \"").skip(1) {
        found.insert(constant.split('"').next().unwrap().to_owned());
    }
    found
}

#[test]
fn every_check_is_documented_with_a_test() {
    let page = fs::read_to_string(home().join("docs/CHECKS.md")).unwrap();
    let (rows, documented) = (rows(&page), names_in(&page));
    let mut names = BTreeSet::new();
    for (path, source) in rust_files("src/inspect/checks") {
        if !path.ends_with("check.rs") {
            names.extend(names_in_source(&source));
        }
    }
    assert!(names.len() >= 12, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !documented.contains(name)).collect();
    assert!(missing.is_empty(), "not in docs/CHECKS.md: {missing:?}");
    let tests = rust_files("tests/it");
    for (names, test) in &rows {
        let declaration = format!("fn {test}()");
        let exists = tests.iter().any(|(_, source)| source.contains(&declaration));
        assert!(exists, "{names:?}: there is no test {test:?}");
    }
}
