//! What follows from the recognised paths for the registry: additions only.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rules::{Recognition, Rules};
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::names::{Name, RepoPrefix};

/// A repository directory of the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its row.
    pub directory: DirectoryId,
    /// In which category.
    pub category: CategoryId,
    /// Its full name, topdir included.
    pub path: String,
}

/// A repository that is recorded already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its full name.
    pub name: String,
    /// Its prefix.
    pub prefix: Option<RepoPrefix>,
    /// Its arch.
    pub arch: Name,
    /// Its directory; `None` when that is gone.
    pub directory: Option<DirectoryId>,
}

/// What the database holds that matters here.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Name and product of each category.
    pub categories: BTreeMap<CategoryId, (Name, Name)>,
    /// The arches.
    pub arches: BTreeSet<Name>,
    /// (product, version) pairs.
    pub versions: BTreeSet<(Name, Name)>,
    /// The repositories.
    pub repositories: Vec<Recorded>,
    /// Directories that have a `repodata` below them, sorted by path.
    pub candidates: Vec<Candidate>,
    /// Paths that no rule knew before, and whether somebody acknowledged them.
    pub unmatched: BTreeMap<(CategoryId, String), bool>,
}

/// A version to create.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NewVersion {
    /// Of which product.
    pub product: Name,
    /// Its name.
    pub version: Name,
    /// A test release.
    pub is_test: bool,
    /// Shown on pages.
    pub display: bool,
}

/// A repository to create, or to link again to a directory that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRepository {
    /// Its full name.
    pub path: String,
    /// Its prefix.
    pub prefix: Option<RepoPrefix>,
    /// Of which product.
    pub product: Name,
    /// Its version.
    pub version: Name,
    /// Its arch.
    pub arch: Name,
    /// Which rule recognised it, counted from 1.
    pub rule: usize,
    /// Its category.
    pub category: CategoryId,
    /// Its directory.
    pub directory: DirectoryId,
}

/// A directory whose prefix another one has: nothing is changed, a person may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The directory.
    pub path: String,
    /// The prefix it would have.
    pub prefix: RepoPrefix,
    /// The arch.
    pub arch: Name,
    /// Who has it.
    pub held_by: String,
}

/// A directory that no rule knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// Its category.
    pub category: CategoryId,
    /// Its full name.
    pub path: String,
    /// Why.
    pub reason: String,
    /// Not seen before.
    pub is_new: bool,
    /// Somebody said that it is as it should be.
    pub acknowledged: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plan {
    /// To create.
    pub versions: Vec<NewVersion>,
    /// To create.
    pub repositories: Vec<NewRepository>,
    /// Recorded before, their directory was gone and is back.
    pub relinked: Vec<NewRepository>,
    /// For a person.
    pub taken: Vec<Taken>,
    /// For a person.
    pub unmatched: Vec<Unmatched>,
    /// Directories that were unmatched before and are not any more.
    pub settled: Vec<(CategoryId, String)>,
    /// Directories that the config says to leave alone.
    pub skipped: u64,
}

/// Decides what is to be done.
pub fn plan(rules: &Rules, state: &State) -> Plan {
    let mut out = Plan::default();
    let mut versions: BTreeMap<(Name, Name), NewVersion> = BTreeMap::new();
    let recorded: BTreeMap<&str, &Recorded> = state.repositories.iter().map(|r| (r.name.as_str(), r)).collect();
    let linked: BTreeSet<DirectoryId> = state.repositories.iter().filter_map(|r| r.directory).collect();
    let mut holders: BTreeMap<(RepoPrefix, Name), String> = state
        .repositories
        .iter()
        .filter_map(|r| Some(((r.prefix.clone()?, r.arch.clone()), r.name.clone())))
        .collect();
    for candidate in &state.candidates {
        let Some((category, product)) = state.categories.get(&candidate.category) else {
            continue;
        };
        if linked.contains(&candidate.directory) {
            continue;
        }
        let found = match rules.recognise(category.as_str(), &candidate.path, &state.arches) {
            Recognition::Skipped => {
                out.skipped += 1;
                continue;
            }
            Recognition::Unmatched(reason) => {
                out.unmatched.push(unmatched(state, candidate, reason));
                continue;
            }
            Recognition::Repository(found) => found,
        };
        let repository = NewRepository {
            path: candidate.path.clone(),
            prefix: found.prefix.clone(),
            product: product.clone(),
            version: found.version.clone(),
            arch: found.arch.clone(),
            rule: found.rule,
            category: candidate.category,
            directory: candidate.directory,
        };
        if let Some(old) = recorded.get(candidate.path.as_str())
            && old.directory.is_none()
        {
            out.relinked.push(repository);
            continue;
        }
        if let Some(prefix) = &found.prefix {
            let key = (prefix.clone(), found.arch.clone());
            if let Some(held_by) = holders.get(&key) {
                let (prefix, arch) = key;
                out.taken.push(Taken {
                    path: candidate.path.clone(),
                    prefix,
                    arch,
                    held_by: held_by.clone(),
                });
                continue;
            }
            holders.insert(key, candidate.path.clone());
        }
        let key = (product.clone(), found.version.clone());
        if !state.versions.contains(&key) {
            // A version is a test, or hidden, only when all of its paths say so.
            let entry = versions.entry(key).or_insert_with(|| NewVersion {
                product: product.clone(),
                version: found.version.clone(),
                is_test: true,
                display: false,
            });
            entry.is_test &= found.is_test;
            entry.display |= found.display;
        }
        out.repositories.push(repository);
    }
    out.versions = versions.into_values().collect();
    let open: BTreeSet<(CategoryId, &str)> = out.unmatched.iter().map(|u| (u.category, u.path.as_str())).collect();
    out.settled = state
        .unmatched
        .keys()
        .filter(|(c, p)| !open.contains(&(*c, p.as_str())))
        .cloned()
        .collect();
    out
}

fn unmatched(state: &State, candidate: &Candidate, reason: String) -> Unmatched {
    let known = state.unmatched.get(&(candidate.category, candidate.path.clone()));
    Unmatched {
        category: candidate.category,
        path: candidate.path.clone(),
        reason,
        is_new: known.is_none(),
        acknowledged: known.copied().unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DetectConfig;

    fn name(s: &str) -> Name {
        s.parse().unwrap()
    }

    fn state(paths: &[&str]) -> State {
        State {
            categories: [(CategoryId(1), (name("Linux"), name("Fedora")))].into(),
            arches: [name("x86_64")].into(),
            candidates: paths
                .iter()
                .zip(1..)
                .map(|(p, n)| Candidate {
                    directory: DirectoryId(n),
                    category: CategoryId(1),
                    path: (*p).to_owned(),
                })
                .collect(),
            ..State::default()
        }
    }

    fn rules() -> Rules {
        let text = "test_paths=['/test/']\n[[rule]]\nregex='/(releases|development)/'\nprefix='fedora'\n";
        Rules::new(&toml::from_str::<DetectConfig>(text).unwrap()).unwrap()
    }

    #[test]
    fn a_new_release_makes_a_version_and_its_repositories() {
        let out = plan(
            &rules(),
            &state(&["pub/releases/43/x86_64/os", "pub/releases/test/44_Beta/x86_64/os"]),
        );
        assert_eq!(
            out.versions
                .iter()
                .map(|v| (v.version.as_str(), v.is_test))
                .collect::<Vec<_>>(),
            [("43", false), ("44_Beta", true)]
        );
        assert_eq!(out.repositories.len(), 2);
    }

    #[test]
    fn a_published_prefix_is_never_pointed_elsewhere() {
        let mut state = state(&["pub/development/44/x86_64/os", "pub/releases/44/x86_64/os"]);
        state.repositories.push(Recorded {
            name: "pub/development/44/x86_64/os".to_owned(),
            prefix: Some("fedora-44".parse().unwrap()),
            arch: name("x86_64"),
            directory: Some(DirectoryId(1)),
        });
        let out = plan(&rules(), &state);
        assert!(out.repositories.is_empty());
        assert_eq!(out.taken.len(), 1);
        assert_eq!(out.taken[0].held_by, "pub/development/44/x86_64/os");
    }

    #[test]
    fn a_directory_that_came_back_is_linked_again() {
        let mut state = state(&["pub/releases/44/x86_64/os"]);
        state.repositories.push(Recorded {
            name: "pub/releases/44/x86_64/os".to_owned(),
            prefix: Some("fedora-44".parse().unwrap()),
            arch: name("x86_64"),
            directory: None,
        });
        let out = plan(&rules(), &state);
        assert_eq!((out.relinked.len(), out.repositories.len(), out.taken.len()), (1, 0, 0));
    }

    #[test]
    fn what_no_rule_knows_stops_nothing_and_is_new_once() {
        let mut state = state(&["pub/odd/x86_64", "pub/releases/43/x86_64/os"]);
        let out = plan(&rules(), &state);
        assert_eq!((out.unmatched.len(), out.repositories.len()), (1, 1));
        assert!(out.unmatched[0].is_new);
        state
            .unmatched
            .insert((CategoryId(1), "pub/odd/x86_64".to_owned()), true);
        state.unmatched.insert((CategoryId(1), "pub/gone".to_owned()), false);
        let out = plan(&rules(), &state);
        assert!(!out.unmatched[0].is_new && out.unmatched[0].acknowledged);
        assert_eq!(out.settled, [(CategoryId(1), "pub/gone".to_owned())]);
    }
}
