//! `docs/ATTACKS.md` names tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::home;

#[test]
fn attacks_name_existing_tests() {
    let text = fs::read_to_string(home().join("docs/ATTACKS.md")).unwrap();
    let listed = Command::new(std::env::current_exe().unwrap())
        .arg("--list")
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let existing: BTreeSet<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let named: Vec<&str> = rows
        .map(|row| {
            let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
            last.trim_matches('`')
        })
        .collect();
    assert!(named.len() >= 20, "{named:?}");
    for test in &named {
        assert!(existing.contains(test), "docs/ATTACKS.md names the test {test}");
    }
    let distinct: BTreeSet<&&str> = named.iter().collect();
    assert_eq!(distinct.len(), named.len(), "a test is named twice");
}

/// One mechanism decides which tests only `make test-all` runs.
#[test]
fn ignored_tests_are_those_of_test_all() {
    let mut found = 0;
    for dir in ["src", "tests/it"] {
        for path in super::files_below(&home().join(dir), ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let attribute = ["#[ign", "ore"].concat();
            for (at, _) in text.match_indices(&attribute) {
                let rest = text.get(at + attribute.len()..).unwrap();
                assert!(rest.starts_with(" = \"make test-all: "), "{}", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 0);
}
