use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::model::file::{SampledFile, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState};
use crate::model::plan::{CategoryPlan, PlannedDirectory};

/// `a` and `c` have no files; `empty` and `c/empty` have nothing at all.
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

fn fault(reason: &'static str) -> DirectoryIssue {
    DirectoryIssue {
        file: String::new(),
        reason,
        expected: String::new(),
        seen: String::new(),
    }
}

/// What was found, in letters: `C`urrent, `N`ot current, `n` the same of which something was seen, `M`issing, `U`nanswered, un`D`ecided
/// because it is missing, `F` because it is forbidden, `S`taged, `K`ept, `-` not asked for.
fn found(letter: char) -> DirectoryResult {
    let verdict = match letter {
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
    DirectoryResult::Classified(verdict)
}

fn letter(found: &DirectoryResult) -> char {
    match found {
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
        | DirectoryResult::Classified(_) => panic!("{found:?}"),
    }
}

/// Of each directory of [`PATHS`] a letter of what was found; what follows.
fn derived(letters: &str, previous: &Inventory, directories: Option<DirectoryBehaviour>) -> String {
    let tree = tree();
    let mut all = DirectoryResults::from(letters.chars().map(found).collect::<Vec<_>>());
    let there = letters.chars().zip(0..).filter(|(l, _)| "Cn".contains(*l));
    derive_results(
        &tree,
        &mut all,
        previous,
        &there.map(|(_, at)| at).collect(),
        directories,
    );
    all.iter().map(letter).collect()
}

fn nothing_known() -> Inventory {
    Inventory::new(HostCategoryId(1))
}

#[test]
fn what_its_page_does_not_tell_goes_by_what_is_below() {
    let known = nothing_known();
    for (letters, says) in [
        // Held, if something is there; whatever else is not, and as it should be or not.
        ("CDCMCCC", "CCCMCCC"),
        ("CDMCCCC", "CCMCCCC"),
        ("CFnMCCC", "CCNMCCC"),
        ("CTnUCCC", "CCNUCCC"),
        // Not there, if nothing is.
        ("CDMMCCC", "CNMMCCC"),
        ("CFMNCCC", "CNMNCCC"),
        // A page that leads elsewhere does not say that.
        ("CTMMCCC", "CUMMCCC"),
        // What gave no answer could be there.
        ("CDMUCCC", "CUMUCCC"),
        ("CD--CCC", "CU--CCC"),
    ] {
        for directories in [DirectoryBehaviour::Unknown, DirectoryBehaviour::Forbidden] {
            assert_eq!(derived(letters, &known, Some(directories)), says, "{letters}");
        }
    }
}

#[test]
fn what_was_not_asked_for_is_as_it_was() {
    let mut known = nothing_known();
    let derived = |letters: &str, known: &Inventory| derived(letters, known, Some(DirectoryBehaviour::Unknown));
    assert_eq!(derived("CDKKCCC", &known), "CKKKCCC", "nothing is known of them");
    assert_eq!(derived("CDMKCCC", &known), "CKMKCCC", "the other may be there");
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
    known = nothing_known();
    known.exceptions.insert(DirectoryId(3), exception);
    assert_eq!(derived("CDKMCCC", &known), "CUKMCCC");
}

/// There is nothing in an empty directory that a client could miss.
#[test]
fn an_empty_directory_without_a_page_goes_by_the_one_above() {
    let mut known = nothing_known();
    for directories in [DirectoryBehaviour::Unknown, DirectoryBehaviour::Forbidden] {
        let derived = |letters: &str, known: &Inventory| derived(letters, known, Some(directories));
        for (letters, says) in [
            ("CCCCCDD", "CCCCCCC"),
            ("CCCCDFT", "CCCCCCC"),
            ("nCCCDFD", "NCCCCCC"),
            ("NCCCDFD", "NCCCCCC"),
            ("NDMMDDD", "NNMMNNN"),
            ("UCCCDDD", "UCCCUUU"),
            ("-CCCDDD", "-CCCUUU"),
            // What is closed says nothing of what it lies in.
            ("CCCCDSD", "CCCCCSC"),
        ] {
            assert_eq!(derived(letters, &known), says, "{letters}");
        }
        known.present.insert(1);
        assert_eq!(derived("KCCCDDD", &known), "KCCCCCC");
        known.present.clear();
    }
    // A server that shows the others says what it says; of one that was not asked for others nothing is known.
    assert_eq!(derived("CCCCCDF", &known, Some(DirectoryBehaviour::Shown)), "CCCCCNN");
    assert_eq!(derived("CCCCCTD", &known, Some(DirectoryBehaviour::Shown)), "CCCCCUN");
    assert_eq!(derived("CCCCCTF", &known, None), "CCCCCUU");
}
