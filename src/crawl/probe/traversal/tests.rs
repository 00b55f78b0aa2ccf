use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::model::file::{SampledFile, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState};
use crate::model::plan::{CategoryPlan, PlannedDirectory};

/// Directory paths: `a` and `c` have no files; `empty` and `c/empty` have nothing below them either.
const PATHS: [&str; 7] = ["", "a", "a/b", "a/d", "c", "c/empty", "empty"];

fn tree() -> Tree {
    let directories = PATHS.iter().zip(1..).map(|(path, id)| PlannedDirectory {
        id: DirectoryId(id),
        path: path.parse().unwrap(),
        readable: true,
        changed_seq: ScanSeq(1),
        files: ["", "a/b", "a/d"]
            .contains(path)
            .then(|| SampledFile {
                name: "f".to_owned(),
                size: Some(1),
                timestamp: 0,
            })
            .into_iter()
            .collect(),
        repomd: Vec::new(),
        refused: Vec::new(),
    });
    Tree::new(Arc::new(CategoryPlan {
        id: CategoryId(1),
        name: "c".to_owned(),
        scan_seq: ScanSeq(1),
        retention: VersionRetention {
            previous: Duration::ZERO,
            older: Duration::ZERO,
        },
        directories: directories.collect(),
    }))
}

fn fault(code: &'static str) -> DirectoryIssue {
    DirectoryIssue {
        file: String::new(),
        code,
        expected: String::new(),
        received: String::new(),
    }
}

/// Decodes a result: `C`urrent, `N`ot current, `n` the same with something present, `M`issing, `U` inconclusive, `S`taged, `K` unchanged,
/// `-` not probed; `D`, `F` and `T` need context because the page is missing, forbidden or redirected.
fn result(letter: char) -> DirectoryResult {
    let classification = match letter {
        'C' => Classification::Current,
        'N' | 'n' => Classification::Outdated(fault("size")),
        'M' => Classification::Missing(fault("missing")),
        'U' => Classification::Inconclusive(fault("timeout")),
        'D' => Classification::NeedsContext(fault("missing")),
        'F' => Classification::NeedsContext(fault("forbidden")),
        'T' => Classification::NeedsContext(fault("redirect")),
        'S' => Classification::Staged,
        'K' => return DirectoryResult::Unchanged,
        _ => return DirectoryResult::NotProbed,
    };
    DirectoryResult::Classified(classification)
}

fn letter(result: &DirectoryResult) -> char {
    match result {
        DirectoryResult::Classified(Classification::Current) => 'C',
        DirectoryResult::Classified(Classification::Outdated(_)) => 'N',
        DirectoryResult::Classified(Classification::Missing(_)) => 'M',
        DirectoryResult::Classified(Classification::Inconclusive(_)) => 'U',
        DirectoryResult::Classified(Classification::Staged) => 'S',
        DirectoryResult::Unchanged => 'K',
        DirectoryResult::NotProbed => '-',
        DirectoryResult::BelowMissing
        | DirectoryResult::BelowClosed
        | DirectoryResult::Confirmed
        | DirectoryResult::Classified(_) => panic!("{result:?}"),
    }
}

/// Derives the results for [`PATHS`], from and to letters.
fn derived(letters: &str, previous: &Inventory, directories: Option<DirectoryBehavior>) -> String {
    let tree = tree();
    let mut results = DirectoryResults::from(letters.chars().map(result).collect::<Vec<_>>());
    let responded = letters.chars().zip(0..).filter(|(l, _)| "Cn".contains(*l));
    derive_results(
        &tree,
        &mut results,
        previous,
        &responded.map(|(_, at)| at).collect(),
        directories,
    );
    results.iter().map(letter).collect()
}

fn empty_inventory() -> Inventory {
    Inventory::new(HostCategoryId(1))
}

#[test]
fn directory_without_conclusive_page_is_decided_by_its_children() {
    let known = empty_inventory();
    for (letters, expected) in [
        // Present if a child is, correct or not, whatever the others are.
        ("CDCMCCC", "CCCMCCC"),
        ("CDMCCCC", "CCMCCCC"),
        ("CFnMCCC", "CCNMCCC"),
        ("CTnUCCC", "CCNUCCC"),
        // Absent if every child is.
        ("CDMMCCC", "CNMMCCC"),
        ("CFMNCCC", "CNMNCCC"),
        // A redirect does not prove absence.
        ("CTMMCCC", "CUMMCCC"),
        // An inconclusive child may be present.
        ("CDMUCCC", "CUMUCCC"),
        ("CD--CCC", "CU--CCC"),
    ] {
        for directories in [DirectoryBehavior::LooksMissing, DirectoryBehavior::Forbidden] {
            assert_eq!(derived(letters, &known, Some(directories)), expected, "{letters}");
        }
    }
}

#[test]
fn status_of_unprobed_children_stands() {
    let mut known = empty_inventory();
    let derived = |letters: &str, known: &Inventory| derived(letters, known, Some(DirectoryBehavior::LooksMissing));
    assert_eq!(derived("CDKKCCC", &known), "CKKKCCC", "the children are unknown");
    assert_eq!(derived("CDMKCCC", &known), "CKMKCCC", "the other child may be present");
    known.missing.insert(4);
    assert_eq!(derived("CDMKCCC", &known), "CNMKCCC");
    known.present.insert(3);
    assert_eq!(derived("CDKKCCC", &known), "CCKKCCC");
    let exception = DirectoryException {
        state: ExceptionState::UnknownHash,
        since: Timestamp(0),
        tries: 1,
        detail: None,
        sha256: None,
    };
    known = empty_inventory();
    known.exceptions.insert(DirectoryId(3), exception);
    assert_eq!(derived("CDKMCCC", &known), "CUKMCCC");
}

/// An empty directory contains nothing that a client could miss.
#[test]
fn empty_directory_without_a_page_has_the_status_of_its_parent() {
    let mut known = empty_inventory();
    for directories in [DirectoryBehavior::LooksMissing, DirectoryBehavior::Forbidden] {
        let derived = |letters: &str, known: &Inventory| derived(letters, known, Some(directories));
        for (letters, expected) in [
            ("CCCCCDD", "CCCCCCC"),
            ("CCCCDFT", "CCCCCCC"),
            ("nCCCDFD", "NCCCCCC"),
            ("NCCCDFD", "NCCCCCC"),
            ("NDMMDDD", "NNMMNNN"),
            ("UCCCDDD", "UCCCUUU"),
            ("-CCCDDD", "-CCCUUU"),
            // An unreadable directory says nothing about its parent.
            ("CCCCDSD", "CCCCCSC"),
        ] {
            assert_eq!(derived(letters, &known), expected, "{letters}");
        }
        known.present.insert(1);
        assert_eq!(derived("KCCCDDD", &known), "KCCCCCC");
        known.present.clear();
    }
    // A missing page counts if the server has pages of other directories; if that is unknown, the result is inconclusive.
    assert_eq!(derived("CCCCCDF", &known, Some(DirectoryBehavior::Success)), "CCCCCNN");
    assert_eq!(derived("CCCCCTD", &known, Some(DirectoryBehavior::Success)), "CCCCCUN");
    assert_eq!(derived("CCCCCTF", &known, None), "CCCCCUU");
}
