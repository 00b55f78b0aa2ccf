//! How releases and repositories are recognised.

use std::collections::BTreeSet;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::spans::ConfigProblem;

/// `[detect]`: ordered rules; the first whose regex matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectConfig {
    /// Rule sets that are asked after the rules that stand here, in this order: see [`super::rule_sets`].
    pub include: Vec<String>,
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
    /// What reports call it; empty = its number in its file.
    pub name: String,
    /// Searched in the full path of the repository directory, topdir included.
    pub regex: String,
    /// The prefix's stem; `$1`, `$name` stand for groups of the regex. Empty = the repository is recorded but not addressable.
    pub prefix: String,
    /// The stem is folded to lower case.
    pub lowercase: bool,
    /// What follows the stem; empty = `-source` or `-debug` where a component of the path begins so, `none` = nothing.
    pub suffix: String,
    /// Stands before the version in the prefix, such as `f`.
    pub version_prefix: String,
    /// The version's name, with groups; empty = group `version`, else the first path component that looks like one.
    pub version: String,
    /// The prefix says nothing of the version.
    pub versionless: bool,
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
    /// Whether every regex and every template can be used.
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let lists = [
            ("skip", &self.skip),
            ("test_paths", &self.test_paths),
            ("hidden_paths", &self.hidden_paths),
        ];
        for (key, list) in lists {
            for (n, pattern) in list.iter().enumerate() {
                Regex::new(pattern).map_err(|e| ConfigProblem::of_list(key, n, format!("{pattern:?}: {e}")))?;
            }
        }
        let mut names = BTreeSet::new();
        for (n, rule) in self.rule.iter().enumerate() {
            rule.check().map_err(|(key, why)| ConfigProblem::of_rule(n, key, why))?;
            if !rule.name.is_empty() && !names.insert(&rule.name) {
                let why = format!("{:?} is the name of a rule above; give it another", rule.name);
                return Err(ConfigProblem::of_rule(n, "name", why));
            }
        }
        Ok(())
    }
}

impl RuleConfig {
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.regex.is_empty() {
            return Err(("regex", "is missing; without it every path would match".to_owned()));
        }
        let regex = Regex::new(&self.regex).map_err(|e| ("regex", format!("{:?}: {e}", self.regex)))?;
        let templates = [
            ("prefix", &self.prefix),
            ("suffix", &self.suffix),
            ("version_prefix", &self.version_prefix),
            ("version", &self.version),
            ("arch", &self.arch),
        ];
        for (key, template) in templates {
            for group in groups_of(template) {
                let known = group.parse::<usize>().map_or_else(
                    |_| regex.capture_names().flatten().any(|n| n == group),
                    |n| n < regex.captures_len(),
                );
                if !known {
                    let why = format!(
                        "{template:?} names the group {group:?}, which the regex does not have; a letter right after a group \
                         belongs to its name, write ${{{group}}} to end it"
                    );
                    return Err((key, why));
                }
            }
        }
        Ok(())
    }
}

/// The groups that a template names, as the regex crate reads it: `$name`, `${name}`; `$$` is a dollar.
fn groups_of(template: &str) -> Vec<&str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, behind)) = after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            found.push(name);
            rest = behind;
        } else {
            let name = after.split(|c| !word(c)).next().unwrap_or_default();
            if !name.is_empty() {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_as_the_regex_crate_reads_them() {
        assert_eq!(groups_of("a-$1-$name/${x}y-$$2-$"), ["1", "name", "x"]);
        assert_eq!(groups_of("$1_b"), ["1_b"]);
    }

    #[test]
    fn a_template_that_names_no_group_is_refused() {
        let rule = |prefix: &str| RuleConfig {
            regex: "(a)(?<version>b)".into(),
            prefix: prefix.into(),
            ..RuleConfig::default()
        };
        for good in ["$0$1$2$version", "x", "${1}x"] {
            rule(good).check().unwrap();
        }
        for bad in ["$3", "$1x", "${arch}"] {
            let (key, why) = rule(bad).check().unwrap_err();
            assert_eq!(key, "prefix");
            assert!(why.contains("group"), "{why}");
        }
        assert_eq!(RuleConfig::default().check().unwrap_err().0, "regex");
    }
}
