use super::*;
use crate::config::{DetectConfig, RuleSet};
use crate::model::names::DirPath;

fn name(s: &str) -> Name {
    s.parse().unwrap()
}

fn state(paths: &[&str]) -> RegistryState {
    RegistryState {
        categories: [(CategoryId(1), (name("Linux"), name("Fedora")))].into(),
        arches: [name("x86_64")].into(),
        candidates: paths.iter().zip(1..).map(|(p, n)| candidate(p, n)).collect(),
        ..RegistryState::default()
    }
}

/// The directory with this id, seen first at that second.
fn candidate(path: &str, id: u32) -> RepositoryDirectory {
    RepositoryDirectory {
        id: DirectoryId(id),
        category: CategoryId(1),
        path: path.to_owned(),
        below: path.strip_prefix("pub/").unwrap().parse().unwrap(),
        first_seen: Timestamp(i64::from(id)),
    }
}

fn recorded(path: &str, prefix: Option<&str>, directory: Option<u32>) -> RecordedRepository {
    RecordedRepository {
        id: RepositoryId(i64::from(directory.unwrap_or(99))),
        name: path.to_owned(),
        prefix: prefix.map(|p| p.parse().unwrap()),
        version: name("44"),
        arch: name("x86_64"),
        directory: directory.map(DirectoryId),
        gone: directory.is_none(),
    }
}

fn rules_of(text: &str) -> Rules {
    let detect = toml::from_str::<DetectConfig>(text).unwrap();
    Rules::new(&[RuleSet {
        name: "mm.toml".into(),
        path: "mm.toml".into(),
        detect,
    }])
    .unwrap()
}

fn rules() -> Rules {
    rules_of("test_paths=['/test/']\n[[rule]]\nregex='/(releases|development)/'\nprefix='fedora'\n")
}

fn planned(state: &RegistryState, accept: &MovePolicy) -> Plan {
    plan(&rules(), state, &mut MetadataReader::new(|_, _, _| None), accept)
}

const DEVEL: &str = "pub/development/44/x86_64/os";
const RELEASE: &str = "pub/releases/44/x86_64/os";

#[test]
fn a_new_release_makes_a_version_and_its_repositories() {
    let out = planned(
        &state(&["pub/releases/43/x86_64/os", "pub/releases/test/44_Beta/x86_64/os"]),
        &MovePolicy::None,
    );
    let versions: Vec<_> = out.versions.iter().map(|v| (v.version.as_str(), v.is_test)).collect();
    assert_eq!(versions, [("43", false), ("44_Beta", true)]);
    assert_eq!(out.repositories.len(), 2);
}

#[test]
fn a_published_prefix_is_pointed_elsewhere_only_when_a_person_says_so() {
    let mut state = state(&[DEVEL, RELEASE]);
    state.repositories.push(recorded(DEVEL, Some("fedora-44"), Some(1)));
    let out = planned(&state, &MovePolicy::None);
    assert!(out.repositories.is_empty() && out.versions.is_empty());
    let [proposed] = out.moves.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!(
        (proposed.owner.as_str(), proposed.newer, proposed.accepted),
        (DEVEL, true, false)
    );
    for (accept, accepted) in [
        (MovePolicy::All, true),
        (MovePolicy::Named([("fedora-44".parse().unwrap())].into()), true),
        (MovePolicy::Named([("fedora-43".parse().unwrap())].into()), false),
    ] {
        let out = planned(&state, &accept);
        assert_eq!(
            (out.moves[0].accepted, out.versions.len()),
            (accepted, usize::from(accepted))
        );
    }
}

#[test]
fn a_move_is_not_proposed_back_and_an_older_place_needs_its_name() {
    // After the move the old place is recorded without a prefix: it wants none back.
    let mut moved = state(&[DEVEL, RELEASE]);
    moved.repositories.push(recorded(DEVEL, None, Some(1)));
    moved.repositories.push(recorded(RELEASE, Some("fedora-44"), Some(2)));
    let out = planned(&moved, &MovePolicy::All);
    assert!(
        out.moves.is_empty() && out.prefix_assignments.is_empty() && out.differing.is_empty(),
        "{out:?}"
    );
    // A repository that was pointed elsewhere by hand leaves its old place unrecorded.
    let mut pointed = state(&[DEVEL, RELEASE]);
    pointed.repositories.push(recorded(RELEASE, Some("fedora-44"), Some(2)));
    let out = planned(&pointed, &MovePolicy::All);
    assert_eq!((out.moves[0].newer, out.moves[0].accepted), (false, false));
}

#[test]
fn two_new_directories_of_one_name_are_told() {
    let out = planned(&state(&[DEVEL, RELEASE]), &MovePolicy::All);
    assert_eq!((out.repositories.len(), out.moves.len()), (1, 1));
    assert!(out.moves[0].owner_id.is_none() && !out.moves[0].accepted);
}

#[test]
fn a_vanished_repository_keeps_its_entry_and_its_prefix_can_be_taken_over() {
    let mut state = state(&[RELEASE]);
    state.repositories.push(recorded(DEVEL, Some("fedora-44"), None));
    let out = planned(&state, &MovePolicy::None);
    assert_eq!((out.vanished.len(), out.moves.len()), (1, 1));
    assert!(out.moves[0].owner_gone);
    let out = planned(&state, &MovePolicy::All);
    assert!(out.moves[0].accepted && out.vanished.is_empty());
}

#[test]
fn a_directory_that_came_back_is_linked_again() {
    let mut state = state(&[RELEASE]);
    state.repositories.push(recorded(RELEASE, Some("fedora-44"), None));
    let out = planned(&state, &MovePolicy::None);
    assert_eq!(
        (
            out.relinked.len(),
            out.repositories.len(),
            out.moves.len(),
            out.vanished.len()
        ),
        (1, 0, 0, 0)
    );
}

#[test]
fn changed_rules_give_a_free_prefix_and_tell_the_rest() {
    let mut free = state(&[RELEASE]);
    free.repositories.push(recorded(RELEASE, None, Some(1)));
    let out = planned(&free, &MovePolicy::None);
    assert_eq!(out.prefix_assignments[0].prefix.as_str(), "fedora-44");
    let mut other = state(&[RELEASE, "pub/odd/44/x86_64"]);
    other.repositories.push(recorded(RELEASE, Some("old-44"), Some(1)));
    other
        .repositories
        .push(recorded("pub/odd/44/x86_64", Some("odd-44"), Some(2)));
    let out = planned(&other, &MovePolicy::All);
    assert!(out.prefix_assignments.is_empty() && out.moves.is_empty() && out.unmatched.is_empty());
    let now: Vec<_> = out.differing.iter().map(|d| d.rule_result.as_str()).collect();
    assert_eq!(
        now,
        [
            "rule mm.toml:1 gives fedora-44, version 44, arch x86_64",
            "no rule matches"
        ]
    );
}

#[test]
fn what_no_rule_knows_stops_nothing_and_is_new_once() {
    let mut state = state(&["pub/odd/x86_64", "pub/releases/43/x86_64/os"]);
    let out = planned(&state, &MovePolicy::None);
    assert_eq!((out.unmatched.len(), out.repositories.len()), (1, 1));
    assert!(out.unmatched[0].is_new);
    state
        .unresolved
        .insert((CategoryId(1), "pub/odd/x86_64".to_owned()), true);
    state.unresolved.insert((CategoryId(1), "pub/gone".to_owned()), false);
    let out = planned(&state, &MovePolicy::None);
    assert!(!out.unmatched[0].is_new && out.unmatched[0].acknowledged);
    assert_eq!(out.resolved, [(CategoryId(1), "pub/gone".to_owned())]);
}

#[test]
fn a_tree_that_contradicts_its_path_is_told_and_recorded_as_the_path_says() {
    let mut state = state(&["pub/releases/43/x86_64/os", RELEASE]);
    let says = |_, path: &DirPath, _| {
        let ours = path.as_str().starts_with("releases/") && path.file_name() == ".treeinfo";
        ours.then(|| b"[release]\nversion = 43\n[tree]\narch = x86_64\n".to_vec())
    };
    let out = plan(&rules(), &state, &mut MetadataReader::new(says), &MovePolicy::None);
    assert_eq!(out.repositories.len(), 2);
    assert_eq!(out.repositories[0].evidence[0].verdict, MetadataVerdict::Confirms);
    let [told] = out.contradicted.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!((told.path.as_str(), told.is_new), (RELEASE, true));
    assert!(
        told.reason.contains("version 43 in the file, but 44 in the path"),
        "{told:?}"
    );
    state.unresolved.insert((CategoryId(1), RELEASE.to_owned()), true);
    let out = plan(&rules(), &state, &mut MetadataReader::new(says), &MovePolicy::None);
    assert!(out.contradicted[0].acknowledged && out.resolved.is_empty());
}
