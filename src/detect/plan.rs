//! Computes the changes of the registry from recognized paths: additions, and proposals for an operator. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::explain::{Recognition, RecognizedRepository, RuleId};
use super::rules::Rules;
use super::tree_metadata::{MetadataFinding, MetadataReader, MetadataVerdict};
use crate::db::detect::{NewVersion, RecordedRepository, RepositoryDirectory};
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, RepositoryId};
use crate::model::names::{Name, RepoPrefix};

/// The part of the database that the plan depends on.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegistryState {
    /// Name and product by category.
    pub categories: BTreeMap<CategoryId, (Name, Name)>,
    pub arches: BTreeSet<Name>,
    pub versions: BTreeSet<(Name, Name)>,
    pub repositories: Vec<RecordedRepository>,
    /// Directories that have a `repodata` below them, sorted by path.
    pub candidates: Vec<RepositoryDirectory>,
    /// Unresolved paths, with true for acknowledged ones.
    pub unresolved: BTreeMap<(CategoryId, String), bool>,
    /// The directories to which an operator does not want to move repositories.
    pub rejected_moves: BTreeMap<RepositoryId, DirectoryId>,
}

/// The proposed moves to apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum MovePolicy {
    #[default]
    None,
    /// All moves to a newer directory, and all moves of prefixes whose directory is gone.
    All,
    /// Moves of these prefixes.
    Named(BTreeSet<RepoPrefix>),
}

/// A repository to create, or to link again to a directory that returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NewRepository {
    pub path: String,
    pub prefix: Option<RepoPrefix>,
    pub product: Name,
    pub version: Name,
    pub arch: Name,
    /// The rule that matched.
    pub rule: RuleId,
    pub category: CategoryId,
    pub directory: DirectoryId,
    /// The metadata files of its tree.
    pub evidence: Vec<MetadataFinding>,
}

/// A recorded repository without a prefix that gets an unused one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PrefixAssignment {
    pub id: RepositoryId,
    pub path: String,
    pub prefix: RepoPrefix,
    pub arch: Name,
    /// The rule that matched.
    pub rule: RuleId,
}

/// A move of a published prefix to another directory: proposed, and applied only if an operator accepts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Move {
    /// The repository in the new directory.
    pub to: NewRepository,
    pub prefix: RepoPrefix,
    /// Path of the repository that has the prefix now.
    pub owner: String,
    /// Its row; `None` if it is new in this run.
    pub owner_id: Option<RepositoryId>,
    /// True if its directory is missing from the master.
    pub owner_gone: bool,
    /// True if the new directory was first seen after the old one.
    pub newer: bool,
    /// True if an operator accepted it.
    pub accepted: bool,
    /// True if an operator rejected it: it is not reported.
    pub rejected: bool,
}

/// A repository whose directory is missing from the master; it stays recorded until it is acknowledged or moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Vanished {
    pub path: String,
    pub prefix: Option<RepoPrefix>,
    pub arch: Name,
}

/// A repository whose record differs from the result of the rules; it is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RuleMismatch {
    pub path: String,
    pub prefix: Option<RepoPrefix>,
    pub arch: Name,
    /// The result of the rules, as a text.
    pub rule_result: String,
}

/// A directory that needs an operator: no rule matches it, or the metadata of its tree contradicts its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnresolvedDirectory {
    pub category: CategoryId,
    pub path: String,
    pub reason: String,
    pub is_new: bool,
    /// True if an operator acknowledged it.
    pub acknowledged: bool,
}

/// The changes of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Plan {
    pub versions: Vec<NewVersion>,
    pub repositories: Vec<NewRepository>,
    /// Recorded repositories whose directory returned.
    pub relinked: Vec<NewRepository>,
    /// Recorded repositories that get a prefix.
    pub prefix_assignments: Vec<PrefixAssignment>,
    /// Proposed and accepted moves.
    pub moves: Vec<Move>,
    pub vanished: Vec<Vanished>,
    pub differing: Vec<RuleMismatch>,
    /// Directories whose metadata contradicts their path; they are recorded by their path.
    pub contradicted: Vec<UnresolvedDirectory>,
    /// Directories that no rule matches.
    pub unmatched: Vec<UnresolvedDirectory>,
    /// Directories that were unmatched or contradicted before and no longer are.
    pub resolved: Vec<(CategoryId, String)>,
    /// Number of directories with a skip pattern.
    pub skipped: u64,
}

/// The repository that has a prefix.
struct PrefixOwner {
    name: String,
    id: Option<RepositoryId>,
    gone: bool,
    /// First sighting of its directory; ids break ties, as they are assigned in listing order.
    seen: Option<(Timestamp, DirectoryId)>,
}

struct Planner<'a> {
    rules: &'a Rules,
    state: &'a RegistryState,
    accept: &'a MovePolicy,
    by_directory: BTreeMap<DirectoryId, &'a RecordedRepository>,
    lost: BTreeMap<&'a str, &'a RecordedRepository>,
    owners: BTreeMap<(RepoPrefix, Name), PrefixOwner>,
    versions: BTreeMap<(Name, Name), NewVersion>,
    out: Plan,
}

/// Computes the plan; `metadata` reads the metadata files of trees.
pub(crate) fn plan(
    rules: &Rules,
    state: &RegistryState,
    metadata: &mut MetadataReader<'_>,
    accept: &MovePolicy,
) -> Plan {
    let mut planner = Planner::new(rules, state, accept);
    for candidate in &state.candidates {
        planner.plan_candidate(candidate, metadata);
    }
    planner.finish()
}

impl<'a> Planner<'a> {
    fn new(rules: &'a Rules, state: &'a RegistryState, accept: &'a MovePolicy) -> Self {
        let seen: BTreeMap<DirectoryId, Timestamp> = state.candidates.iter().map(|c| (c.id, c.first_seen)).collect();
        let owner = |r: &RecordedRepository| PrefixOwner {
            name: r.name.clone(),
            id: Some(r.id),
            gone: r.gone,
            seen: r.directory.and_then(|d| Some((*seen.get(&d)?, d))),
        };
        let all = state.repositories.iter();
        Self {
            rules,
            state,
            accept,
            by_directory: all.clone().filter_map(|r| Some((r.directory?, r))).collect(),
            lost: all
                .clone()
                .filter(|r| r.directory.is_none())
                .map(|r| (r.name.as_str(), r))
                .collect(),
            owners: all
                .filter_map(|r| Some(((r.prefix.clone()?, r.arch.clone()), owner(r))))
                .collect(),
            versions: BTreeMap::new(),
            out: Plan::default(),
        }
    }

    fn plan_candidate(&mut self, candidate: &'a RepositoryDirectory, metadata: &mut MetadataReader<'_>) {
        let Some((category, product)) = self.state.categories.get(&candidate.category) else {
            return;
        };
        let recorded = self.by_directory.get(&candidate.id).copied();
        let found = match self
            .rules
            .recognize(category.as_str(), &candidate.path, &self.state.arches)
        {
            Recognition::Skipped => {
                self.out.skipped += 1;
                return;
            }
            Recognition::Unmatched(why) => {
                match recorded {
                    Some(recorded) => self.record_mismatch(recorded, why),
                    None => self.out.unmatched.push(unresolved(self.state, candidate, why)),
                }
                return;
            }
            Recognition::Repository(found) => found,
        };
        let evidence = metadata.check(candidate.category, &candidate.below, &found);
        self.record_contradictions(candidate, &evidence);
        if let Some(recorded) = recorded {
            self.check_known(recorded, &found);
            return;
        }
        let repository = NewRepository {
            path: candidate.path.clone(),
            prefix: found.prefix.clone(),
            product: product.clone(),
            version: found.version.clone(),
            arch: found.arch.clone(),
            rule: found.rule.clone(),
            category: candidate.category,
            directory: candidate.id,
            evidence,
        };
        if self.lost.remove(candidate.path.as_str()).is_some() {
            self.out.relinked.push(repository);
            return;
        }
        let seen = (candidate.first_seen, candidate.id);
        if let Some(prefix) = &found.prefix
            && self.propose_move_if_taken(&repository, prefix, seen, &found)
        {
            return;
        }
        self.add_version(product, &found);
        self.out.repositories.push(repository);
    }

    /// Proposes a move and returns true if another repository has the prefix; assigns the prefix otherwise.
    fn propose_move_if_taken(
        &mut self,
        to: &NewRepository,
        prefix: &RepoPrefix,
        seen: (Timestamp, DirectoryId),
        found: &RecognizedRepository,
    ) -> bool {
        let key = (prefix.clone(), to.arch.clone());
        let new = PrefixOwner {
            name: to.path.clone(),
            id: None,
            gone: false,
            seen: Some(seen),
        };
        let Some(owner) = self.owners.get(&key) else {
            self.owners.insert(key, new);
            return false;
        };
        let newer = owner.seen.is_some_and(|s| s < seen);
        let rejected_for = |id| self.state.rejected_moves.get(&id) == Some(&to.directory);
        let rejected = owner.id.is_some_and(rejected_for);
        let accepted = owner.id.is_some()
            && match self.accept {
                MovePolicy::None => false,
                MovePolicy::All => (newer || owner.gone) && !rejected,
                MovePolicy::Named(prefixes) => prefixes.contains(prefix),
            };
        self.out.moves.push(Move {
            to: to.clone(),
            prefix: prefix.clone(),
            owner: owner.name.clone(),
            owner_id: owner.id,
            owner_gone: owner.gone,
            newer,
            accepted,
            rejected,
        });
        if accepted {
            self.owners.insert(key, new);
            self.add_version(&to.product, found);
        }
        true
    }

    /// Handles a recorded repository: nothing published changes, but one without a prefix gets an unused one.
    fn check_known(&mut self, recorded: &RecordedRepository, found: &RecognizedRepository) {
        let same_place = recorded.version == found.version && recorded.arch == found.arch;
        match (&recorded.prefix, &found.prefix) {
            (None, Some(prefix)) if same_place => {
                let key = (prefix.clone(), found.arch.clone());
                if self.owners.contains_key(&key) {
                    // Another repository has the prefix and keeps it.
                    return;
                }
                self.out.prefix_assignments.push(PrefixAssignment {
                    id: recorded.id,
                    path: recorded.name.clone(),
                    prefix: prefix.clone(),
                    arch: found.arch.clone(),
                    rule: found.rule.clone(),
                });
                let owner = PrefixOwner {
                    name: recorded.name.clone(),
                    id: None,
                    gone: false,
                    seen: None,
                };
                self.owners.insert(key, owner);
            }
            (old, new) if same_place && old == new => {}
            (_, new) => {
                let prefix = new.as_ref().map_or("no prefix", RepoPrefix::as_str);
                let rule_result = format!(
                    "rule {} gives {prefix}, version {}, arch {}",
                    found.rule, found.version, found.arch
                );
                self.record_mismatch(recorded, rule_result);
            }
        }
    }

    fn record_mismatch(&mut self, recorded: &RecordedRepository, rule_result: String) {
        self.out.differing.push(RuleMismatch {
            path: recorded.name.clone(),
            prefix: recorded.prefix.clone(),
            arch: recorded.arch.clone(),
            rule_result,
        });
    }

    fn record_contradictions(&mut self, candidate: &RepositoryDirectory, evidence: &[MetadataFinding]) {
        let reasons: Vec<String> = evidence
            .iter()
            .filter(|f| f.verdict == MetadataVerdict::Contradicts)
            .map(|f| format!("{}: {}", f.file, f.reason.as_deref().unwrap_or_default()))
            .collect();
        if !reasons.is_empty() {
            self.out
                .contradicted
                .push(unresolved(self.state, candidate, reasons.join("; ")));
        }
    }

    fn add_version(&mut self, product: &Name, found: &RecognizedRepository) {
        let key = (product.clone(), found.version.clone());
        if self.state.versions.contains(&key) {
            return;
        }
        // A version is a test release, or hidden, only if all of its paths are.
        let entry = self.versions.entry(key).or_insert_with(|| NewVersion {
            product: product.clone(),
            version: found.version.clone(),
            is_test: true,
            display: false,
        });
        entry.is_test &= found.is_test;
        entry.display |= found.display;
    }

    fn finish(mut self) -> Plan {
        self.out.versions = self.versions.into_values().collect();
        let back: BTreeSet<&str> = self.out.relinked.iter().map(|r| r.path.as_str()).collect();
        let moved: BTreeSet<RepositoryId> = self
            .out
            .moves
            .iter()
            .filter(|m| m.accepted)
            .filter_map(|m| m.owner_id)
            .collect();
        self.out.vanished = self
            .state
            .repositories
            .iter()
            .filter(|r| r.gone && !moved.contains(&r.id) && !back.contains(r.name.as_str()))
            .map(|r| Vanished {
                path: r.name.clone(),
                prefix: r.prefix.clone(),
                arch: r.arch.clone(),
            })
            .collect();
        let still = self.out.unmatched.iter().chain(&self.out.contradicted);
        let still: BTreeSet<(CategoryId, &str)> = still.map(|u| (u.category, u.path.as_str())).collect();
        let known = self.state.unresolved.keys();
        let resolved = known
            .filter(|(c, p)| !still.contains(&(*c, p.as_str())))
            .cloned()
            .collect();
        self.out.resolved = resolved;
        self.out
    }
}

fn unresolved(state: &RegistryState, candidate: &RepositoryDirectory, reason: String) -> UnresolvedDirectory {
    let known = state.unresolved.get(&(candidate.category, candidate.path.clone()));
    UnresolvedDirectory {
        category: candidate.category,
        path: candidate.path.clone(),
        reason,
        is_new: known.is_none(),
        acknowledged: known.copied().unwrap_or(false),
    }
}

#[cfg(test)]
mod tests;
