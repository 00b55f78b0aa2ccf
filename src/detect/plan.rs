//! What follows from the recognised paths for the registry: additions, and proposals for a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::explain::{Recognised, Recognition, RuleId};
use super::rules::Rules;
use super::tree_metadata::{MetadataFinding, MetadataReader, MetadataVerdict};
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, RepositoryId};
use crate::model::names::{DirPath, Name, RepoPrefix};

/// A repository directory of the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its row.
    pub directory: DirectoryId,
    /// In which category.
    pub category: CategoryId,
    /// Its full name, topdir included.
    pub path: String,
    /// Its path below the top of the category.
    pub below: DirPath,
    /// When a scan saw it first.
    pub first_seen: Timestamp,
}

/// A repository that is recorded already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownRepository {
    /// Its row.
    pub id: RepositoryId,
    /// Its full name.
    pub name: String,
    /// Its prefix.
    pub prefix: Option<RepoPrefix>,
    /// Its version.
    pub version: Name,
    /// Its arch.
    pub arch: Name,
    /// Its directory; `None` when the row is gone.
    pub directory: Option<DirectoryId>,
    /// The directory is missing from the master, whether its row is still there or not.
    pub gone: bool,
}

/// What the database holds that matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegistryState {
    /// Name and product of each category.
    pub categories: BTreeMap<CategoryId, (Name, Name)>,
    /// The arches.
    pub arches: BTreeSet<Name>,
    /// (product, version) pairs.
    pub versions: BTreeSet<(Name, Name)>,
    /// The repositories.
    pub repositories: Vec<KnownRepository>,
    /// Directories that have a `repodata` below them, sorted by path.
    pub candidates: Vec<Candidate>,
    /// Paths that no rule knew before, or that their trees contradicted, and whether somebody acknowledged them.
    pub open: BTreeMap<(CategoryId, String), bool>,
}

/// Which proposed moves are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum MovePolicy {
    /// None.
    #[default]
    None,
    /// All to a directory that is newer than the holder's, and all from a holder whose directory is gone.
    All,
    /// All of these prefixes.
    Named(BTreeSet<RepoPrefix>),
}

/// A version to create.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct NewVersion {
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
pub(crate) struct NewRepository {
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
    /// Which rule recognised it.
    pub rule: RuleId,
    /// Its category.
    pub category: CategoryId,
    /// Its directory.
    pub directory: DirectoryId,
    /// What its tree says of itself.
    pub evidence: Vec<MetadataFinding>,
}

/// A repository that was recorded without a prefix, and gets one that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PrefixAssignment {
    /// Its row.
    pub id: RepositoryId,
    /// Its full name.
    pub path: String,
    /// The prefix.
    pub prefix: RepoPrefix,
    /// Its arch.
    pub arch: Name,
    /// Which rule says so.
    pub rule: RuleId,
}

/// A directory whose prefix another one has: proposed, and made only when a person says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Move {
    /// What would be recorded: the new place.
    pub to: NewRepository,
    /// The prefix that moves.
    pub prefix: RepoPrefix,
    /// The name of the repository that has it.
    pub held_by: String,
    /// Its row; `None` = it is itself new in this run.
    pub holder: Option<RepositoryId>,
    /// Its directory is missing from the master.
    pub holder_gone: bool,
    /// The new place was seen first after the holder's.
    pub newer: bool,
    /// A person said so.
    pub accepted: bool,
}

/// A repository whose directory is missing from the master: its entry stays until it is acknowledged or moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Vanished {
    /// Its full name.
    pub path: String,
    /// Its prefix.
    pub prefix: Option<RepoPrefix>,
    /// Its arch.
    pub arch: Name,
}

/// A repository that is recorded otherwise than the rules say now: left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RuleMismatch {
    /// Its full name.
    pub path: String,
    /// Its prefix as recorded.
    pub prefix: Option<RepoPrefix>,
    /// Its arch as recorded.
    pub arch: Name,
    /// What the rules say, in a sentence.
    pub now: String,
}

/// A directory that waits for a person: no rule knows it, or its tree contradicts its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnresolvedDirectory {
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
pub(crate) struct Plan {
    /// To create.
    pub versions: Vec<NewVersion>,
    /// To create.
    pub repositories: Vec<NewRepository>,
    /// Recorded before, their directory was gone and is back.
    pub relinked: Vec<NewRepository>,
    /// To give a prefix.
    pub named: Vec<PrefixAssignment>,
    /// For a person, or accepted.
    pub moves: Vec<Move>,
    /// For a person.
    pub vanished: Vec<Vanished>,
    /// For a person.
    pub differing: Vec<RuleMismatch>,
    /// For a person: their trees say something else than their paths. They are recorded as their paths say.
    pub contradicted: Vec<UnresolvedDirectory>,
    /// For a person: no rule knows them.
    pub unmatched: Vec<UnresolvedDirectory>,
    /// Directories that were unmatched or contradicted before and are not any more.
    pub resolved: Vec<(CategoryId, String)>,
    /// Directories that the rules say to leave alone.
    pub skipped: u64,
}

/// Who has a prefix.
struct PrefixOwner {
    name: String,
    id: Option<RepositoryId>,
    gone: bool,
    /// When its directory was seen first; ids break ties, as they are given in the order of the listing.
    seen: Option<(Timestamp, DirectoryId)>,
}

struct Planner<'a> {
    rules: &'a Rules,
    state: &'a RegistryState,
    accept: &'a MovePolicy,
    by_directory: BTreeMap<DirectoryId, &'a KnownRepository>,
    lost: BTreeMap<&'a str, &'a KnownRepository>,
    holders: BTreeMap<(RepoPrefix, Name), PrefixOwner>,
    versions: BTreeMap<(Name, Name), NewVersion>,
    out: Plan,
}

/// Decides what is to be done. `witness` asks the trees.
pub(crate) fn plan(
    rules: &Rules,
    state: &RegistryState,
    witness: &mut MetadataReader<'_>,
    accept: &MovePolicy,
) -> Plan {
    let mut planner = Planner::new(rules, state, accept);
    for candidate in &state.candidates {
        planner.candidate(candidate, witness);
    }
    planner.finish()
}

impl<'a> Planner<'a> {
    fn new(rules: &'a Rules, state: &'a RegistryState, accept: &'a MovePolicy) -> Self {
        let seen: BTreeMap<DirectoryId, Timestamp> =
            state.candidates.iter().map(|c| (c.directory, c.first_seen)).collect();
        let holder = |r: &KnownRepository| PrefixOwner {
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
            holders: all
                .filter_map(|r| Some(((r.prefix.clone()?, r.arch.clone()), holder(r))))
                .collect(),
            versions: BTreeMap::new(),
            out: Plan::default(),
        }
    }

    fn candidate(&mut self, candidate: &'a Candidate, witness: &mut MetadataReader<'_>) {
        let Some((category, product)) = self.state.categories.get(&candidate.category) else {
            return;
        };
        let recorded = self.by_directory.get(&candidate.directory).copied();
        let found = match self
            .rules
            .recognise(category.as_str(), &candidate.path, &self.state.arches)
        {
            Recognition::Skipped => {
                self.out.skipped += 1;
                return;
            }
            Recognition::Unmatched(why) => {
                match recorded {
                    Some(recorded) => self.differs(recorded, why),
                    None => self.out.unmatched.push(open(self.state, candidate, why)),
                }
                return;
            }
            Recognition::Repository(found) => found,
        };
        let evidence = witness.about(candidate.category, &candidate.below, &found);
        self.weigh(candidate, &evidence);
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
            directory: candidate.directory,
            evidence,
        };
        if self.lost.remove(candidate.path.as_str()).is_some() {
            self.out.relinked.push(repository);
            return;
        }
        let seen = (candidate.first_seen, candidate.directory);
        if let Some(prefix) = &found.prefix
            && self.propose_move_if_taken(&repository, prefix, seen, &found)
        {
            return;
        }
        self.version(product, &found);
        self.out.repositories.push(repository);
    }

    /// Whether another repository has the prefix: then a move is proposed. Otherwise the prefix is this one's from now on.
    fn propose_move_if_taken(
        &mut self,
        to: &NewRepository,
        prefix: &RepoPrefix,
        seen: (Timestamp, DirectoryId),
        found: &Recognised,
    ) -> bool {
        let key = (prefix.clone(), to.arch.clone());
        let new = PrefixOwner {
            name: to.path.clone(),
            id: None,
            gone: false,
            seen: Some(seen),
        };
        let Some(holder) = self.holders.get(&key) else {
            self.holders.insert(key, new);
            return false;
        };
        let newer = holder.seen.is_some_and(|s| s < seen);
        let accepted = holder.id.is_some()
            && match self.accept {
                MovePolicy::None => false,
                MovePolicy::All => newer || holder.gone,
                MovePolicy::Named(prefixes) => prefixes.contains(prefix),
            };
        self.out.moves.push(Move {
            to: to.clone(),
            prefix: prefix.clone(),
            held_by: holder.name.clone(),
            holder: holder.id,
            holder_gone: holder.gone,
            newer,
            accepted,
        });
        if accepted {
            self.holders.insert(key, new);
            self.version(&to.product, found);
        }
        true
    }

    /// A repository that is recorded: nothing published changes, but a free prefix is given to one that had none.
    fn check_known(&mut self, recorded: &KnownRepository, found: &Recognised) {
        let same_place = recorded.version == found.version && recorded.arch == found.arch;
        match (&recorded.prefix, &found.prefix) {
            (None, Some(prefix)) if same_place => {
                let key = (prefix.clone(), found.arch.clone());
                if self.holders.contains_key(&key) {
                    // It lost the prefix, or never had it; who has it keeps it.
                    return;
                }
                self.out.named.push(PrefixAssignment {
                    id: recorded.id,
                    path: recorded.name.clone(),
                    prefix: prefix.clone(),
                    arch: found.arch.clone(),
                    rule: found.rule.clone(),
                });
                let holder = PrefixOwner {
                    name: recorded.name.clone(),
                    id: None,
                    gone: false,
                    seen: None,
                };
                self.holders.insert(key, holder);
            }
            (old, new) if same_place && old == new => {}
            (_, new) => {
                let prefix = new.as_ref().map_or("no prefix", RepoPrefix::as_str);
                let now = format!(
                    "rule {} says {prefix}, version {}, arch {}",
                    found.rule, found.version, found.arch
                );
                self.differs(recorded, now);
            }
        }
    }

    fn differs(&mut self, recorded: &KnownRepository, now: String) {
        self.out.differing.push(RuleMismatch {
            path: recorded.name.clone(),
            prefix: recorded.prefix.clone(),
            arch: recorded.arch.clone(),
            now,
        });
    }

    fn weigh(&mut self, candidate: &Candidate, evidence: &[MetadataFinding]) {
        let reasons: Vec<String> = evidence
            .iter()
            .filter(|f| f.verdict == MetadataVerdict::Contradicts)
            .map(|f| format!("{}: {}", f.file, f.why.as_deref().unwrap_or_default()))
            .collect();
        if !reasons.is_empty() {
            self.out
                .contradicted
                .push(open(self.state, candidate, reasons.join("; ")));
        }
    }

    fn version(&mut self, product: &Name, found: &Recognised) {
        let key = (product.clone(), found.version.clone());
        if self.state.versions.contains(&key) {
            return;
        }
        // A version is a test, or hidden, only when all of its paths say so.
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
            .filter_map(|m| m.holder)
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
        let known = self.state.open.keys();
        let settled = known
            .filter(|(c, p)| !still.contains(&(*c, p.as_str())))
            .cloned()
            .collect();
        self.out.resolved = settled;
        self.out
    }
}

fn open(state: &RegistryState, candidate: &Candidate, reason: String) -> UnresolvedDirectory {
    let known = state.open.get(&(candidate.category, candidate.path.clone()));
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
