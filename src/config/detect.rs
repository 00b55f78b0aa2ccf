//! Rules that derive versions and repositories from paths.

use std::collections::BTreeSet;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::spans::ConfigProblem;

/// `[detect]`: ordered rules; the first match decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectConfig {
    /// Rule sets that are tried after the rules of the config, in this order: see [`super::rule_sets`].
    pub include: Vec<String>,
    /// Regexes of repository directories (full path, topdir included) that are ignored.
    pub skip: Vec<String>,
    /// Regexes of paths whose versions are test releases.
    pub test_paths: Vec<String>,
    /// Regexes of paths whose versions are not shown on pages.
    pub hidden_paths: Vec<String>,
    /// The rules, in order.
    pub rule: Vec<RuleConfig>,
    /// Replacements of stem and suffix of a prefix.
    pub alias: Vec<AliasConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleConfig {
    /// The name in reports; empty for its number in its file.
    pub name: String,
    /// Regex, matched with the full path of the repository directory, topdir included.
    pub regex: String,
    /// The stem of the prefix; `$1` and `$name` are groups of the regex. Empty if clients cannot request the repository.
    pub prefix: String,
    /// True to convert the stem to lower case.
    pub lowercase: bool,
    /// Follows the stem; empty for `-source` or `-debug` if a component of the path begins so, `none` for nothing.
    pub suffix: String,
    /// Precedes the version in the prefix, such as `f`.
    pub version_prefix: String,
    /// The version, with groups; empty for group `version` or the first path component that looks like a version.
    pub version: String,
    /// True if the prefix does not contain the version.
    pub versionless: bool,
    /// The architecture, with groups; empty for group `arch` or the first path component that is a known architecture.
    pub arch: String,
    /// The only category of the rule; empty for all.
    pub category: String,
}

/// One `[[detect.alias]]`: an exact replacement of stem and suffix.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AliasConfig {
    /// Stem and suffix of the rules, with the dash before the version.
    pub from: String,
    /// The replacement of `from`.
    pub to: String,
}

impl DetectConfig {
    /// Checks every regex and template.
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let lists = [
            ("skip", &self.skip),
            ("test_paths", &self.test_paths),
            ("hidden_paths", &self.hidden_paths),
        ];
        for (key, list) in lists {
            for (n, pattern) in list.iter().enumerate() {
                Regex::new(pattern).map_err(|e| ConfigProblem::in_list(key, n, format!("{pattern:?}: {e}")))?;
            }
        }
        let mut names = BTreeSet::new();
        for (n, rule) in self.rule.iter().enumerate() {
            rule.check().map_err(|(key, why)| ConfigProblem::in_rule(n, key, why))?;
            if !rule.name.is_empty() && !names.insert(&rule.name) {
                let why = format!("duplicate name {:?}; another rule above has it", rule.name);
                return Err(ConfigProblem::in_rule(n, "name", why));
            }
        }
        Ok(())
    }
}

impl RuleConfig {
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.regex.is_empty() {
            return Err(("regex", "missing; without it every path would match".to_owned()));
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
                        "{template:?} uses the group {group:?}, which the regex does not have; a letter directly after a group \
                         belongs to its name; write ${{{group}}} to end the name"
                    );
                    return Err((key, why));
                }
            }
        }
        Ok(())
    }
}

/// Returns the groups of a template in the syntax of the regex crate: `$name`, `${name}`; `$$` is a dollar.
fn groups_of(template: &str) -> Vec<&str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, remainder)) = after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            found.push(name);
            rest = remainder;
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
    fn a_template_with_an_unknown_group_is_rejected() {
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
