//! The steps from a path to a repository, for `mm-detect-release --explain`.

use derive_more::Display;
use serde::Serialize;

use crate::model::names::{Name, RepoPrefix};

/// The id of a rule: the name of its file, a colon, and its name or its number in that file, counted from 1.
#[derive(Debug, Display, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct RuleId(String);

impl RuleId {
    /// Creates the id of rule `number` of `file`; `name` may be empty.
    pub(crate) fn new(file: &str, number: usize, name: &str) -> Self {
        Self(if name.is_empty() {
            format!("{file}:{number}")
        } else {
            format!("{file}:{name}")
        })
    }
}

/// A repository derived from a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RecognizedRepository {
    pub rule: RuleId,
    pub version: Name,
    /// An architecture of the registry.
    pub arch: Name,
    /// The value of `repo=`; `None` if clients cannot request the repository.
    pub prefix: Option<RepoPrefix>,
    pub is_test: bool,
    pub display: bool,
}

/// The result of the rules for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recognition {
    Skipped,
    Repository(RecognizedRepository),
    /// No rule matched, or the matching rule gave no complete result; with the reason.
    Unmatched(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pattern {
    pub file: String,
    pub regex: String,
}

/// A group of the rule's regex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    pub name: String,
    /// The matched text; `None` if the group did not participate in the match.
    pub value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MatchedRule {
    pub id: RuleId,
    pub regex: String,
    pub groups: Vec<Group>,
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DerivedValue {
    pub value: String,
    /// The origin, as a text for operators.
    pub origin: String,
}

impl DerivedValue {
    pub(super) fn new(value: impl Into<String>, origin: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            origin: origin.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PrefixSteps {
    /// The rule's prefix with its groups expanded.
    pub stem: String,
    /// Marks debug and source packages; may be empty.
    pub suffix: DerivedValue,
    /// The alias that replaces stem and suffix.
    pub alias: Option<Pattern>,
    /// The version with the rule's `version_prefix`; may be empty.
    pub version: DerivedValue,
    /// The complete prefix; `None` if clients cannot request the repository.
    pub prefix: Option<RepoPrefix>,
}

/// All decisions for a path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Explanation {
    /// Full path of the directory, topdir included.
    pub path: String,
    pub category: String,
    pub skipped_by: Option<Pattern>,
    pub rule: Option<MatchedRule>,
    pub version: Option<DerivedValue>,
    pub arch: Option<DerivedValue>,
    pub prefix: Option<PrefixSteps>,
    pub test_by: Option<Pattern>,
    pub hidden_by: Option<Pattern>,
    pub unmatched: Option<String>,
    pub result: Option<RecognizedRepository>,
}

impl Explanation {
    /// Returns the result without the steps.
    pub(crate) fn into_recognition(self) -> Recognition {
        match (self.skipped_by, self.result, self.unmatched) {
            (Some(_), ..) => Recognition::Skipped,
            (None, Some(found), None) => Recognition::Repository(found),
            (None, _, why) => Recognition::Unmatched(why.unwrap_or_default()),
        }
    }
}
