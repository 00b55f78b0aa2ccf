//! How releases and repositories are recognised.

use serde::{Deserialize, Serialize};

/// `[detect]`: ordered rules; the first whose regex matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectConfig {
    /// Repository directories whose path (topdir included) matches one of these regexes are left alone.
    pub skip: Vec<String>,
    /// Versions found below a matching path are marked as tests.
    pub test_paths: Vec<String>,
    /// Versions found below a matching path are not shown on pages.
    pub hidden_paths: Vec<String>,
    /// The rules.
    pub rule: Vec<RuleConfig>,
    /// Replacements of the stem of a prefix.
    pub alias: Vec<AliasConfig>,
}

/// One `[[detect.rule]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleConfig {
    /// Searched in the full path of the repository directory, topdir included.
    pub regex: String,
    /// The prefix's stem; `$1`, `$name` stand for groups of the regex. Empty = the repository is recorded but not addressable.
    pub prefix: String,
    /// Stands before the version in the prefix, such as `f`.
    pub version_prefix: String,
    /// The version's name, with groups; empty = group `version`, else the first path component that looks like one.
    pub version: String,
    /// The arch's name, with groups; empty = group `arch`, else the first path component that is a known arch.
    pub arch: String,
    /// The rule holds for this category only; empty = for all.
    pub category: String,
}

/// One `[[detect.alias]]`: a stem that is replaced exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AliasConfig {
    /// The stem as rules make it, its last dash included.
    pub from: String,
    /// What stands in its place.
    pub to: String,
}

impl DetectConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        let lists = [
            ("skip", &self.skip),
            ("test_paths", &self.test_paths),
            ("hidden_paths", &self.hidden_paths),
        ];
        for (key, list) in lists {
            for pattern in list {
                regex::Regex::new(pattern).map_err(|e| format!("detect.{key} {pattern:?}: {e}"))?;
            }
        }
        for (n, rule) in self.rule.iter().enumerate() {
            regex::Regex::new(&rule.regex)
                .map_err(|e| format!("detect.rule number {}, regex {:?}: {e}", n + 1, rule.regex))?;
        }
        Ok(())
    }
}
