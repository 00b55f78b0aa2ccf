//! What was made of a path, step by step: the answer of `mm-detect-release --explain`.

use std::fmt;

use serde::Serialize;

use crate::model::names::{Name, RepoPrefix};

/// Which rule: the name of its file, a colon, and its name or its number in that file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct RuleId(String);

impl RuleId {
    /// Of rule `number` of `file`, which may have a name of its own.
    pub(crate) fn new(file: &str, number: usize, name: &str) -> Self {
        Self(if name.is_empty() {
            format!("{file}:{number}")
        } else {
            format!("{file}:{name}")
        })
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What the rules made of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Recognised {
    /// Which rule.
    pub rule: RuleId,
    /// The version's name.
    pub version: Name,
    /// The arch's name, one of the registry's.
    pub arch: Name,
    /// What clients send as `repo=`; `None` = recorded but not addressable.
    pub prefix: Option<RepoPrefix>,
    /// The version is a test release.
    pub is_test: bool,
    /// The version is shown on pages.
    pub display: bool,
}

/// What became of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// The rules say to leave it alone.
    Skipped,
    /// A rule matched.
    Repository(Recognised),
    /// None did, or what matched left something open: why, in a sentence.
    Unmatched(String),
}

/// A regex of one of the lists, and its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pattern {
    /// The file.
    pub file: String,
    /// The regex.
    pub regex: String,
}

/// A group of the rule's regex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    /// Its number or its name.
    pub name: String,
    /// What it holds; `None` = it took no part in the match.
    pub value: Option<String>,
}

/// The rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MatchedRule {
    /// Which.
    pub id: RuleId,
    /// Its regex.
    pub regex: String,
    /// What its groups hold.
    pub groups: Vec<Group>,
}

/// A value, and why it is that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reading {
    /// The value.
    pub value: String,
    /// Where it comes from.
    pub because: String,
}

/// How the prefix came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PrefixSteps {
    /// The rule's prefix with its groups filled in.
    pub stem: String,
    /// What tells debug and source packages apart; empty = nothing.
    pub suffix: Reading,
    /// What an alias made of stem and suffix.
    pub alias: Option<Pattern>,
    /// What says the version, with the rule's `version_prefix`; empty = nothing.
    pub version: Reading,
    /// All of it; `None` = not addressable.
    pub prefix: Option<String>,
}

/// Everything that was decided on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Explanation {
    /// The full name of the directory.
    pub path: String,
    /// Its category.
    pub category: String,
    /// What says to leave it alone.
    pub skipped_by: Option<Pattern>,
    /// The rule that decided.
    pub rule: Option<MatchedRule>,
    /// The version.
    pub version: Option<Reading>,
    /// The arch.
    pub arch: Option<Reading>,
    /// The prefix.
    pub prefix: Option<PrefixSteps>,
    /// What says that its version is a test release.
    pub test_by: Option<Pattern>,
    /// What says that its version is not shown on pages.
    pub hidden_by: Option<Pattern>,
    /// Why there is no result.
    pub unmatched: Option<String>,
    /// The result.
    pub result: Option<Recognised>,
}

impl Explanation {
    /// Only what became of it.
    pub(crate) fn into_recognition(self) -> Recognition {
        match (self.skipped_by, self.result, self.unmatched) {
            (Some(_), ..) => Recognition::Skipped,
            (None, Some(found), None) => Recognition::Repository(found),
            (None, _, why) => Recognition::Unmatched(why.unwrap_or_default()),
        }
    }
}
