//! Derives version, architecture and prefix from the path of a repository directory.
//!
//! Rule sets are tried in order, the config's own first. In each, `skip` precedes the rules, so that a set never skips a path that a
//! set before it matches. Aliases, test paths and hidden paths of a set apply to its own rules; those of the config apply to all
//! rules, its aliases first.

use std::collections::BTreeSet;

use regex::{Captures, Regex};

use super::explain::{
    DerivedValue, Explanation, Group, MatchedRule, Pattern, PrefixSteps, Recognition, RecognizedRepository, RuleId,
};
use crate::config::{RuleConfig, RuleSet};
use crate::model::names::Name;

/// The name of the rolling version. Its paths contain `rawhide`; prefixes of its repositories have no version.
pub(crate) const DEVELOPMENT_VERSION: &str = "development";

/// The architecture of source packages.
const SOURCE: &str = "source";

/// The `suffix` of a rule without one.
const NO_SUFFIX: &str = "none";

/// The compiled rules of the config and of the rule sets that it includes.
#[derive(Debug)]
pub(crate) struct Rules {
    sets: Vec<Set>,
    numeric: Regex,
}

#[derive(Debug)]
struct Set {
    file: String,
    skip: Vec<Regex>,
    test_paths: Vec<Regex>,
    hidden_paths: Vec<Regex>,
    ordered: Vec<Rule>,
    aliases: Vec<(String, String)>,
}

#[derive(Debug)]
struct Rule {
    id: RuleId,
    regex: Regex,
    config: RuleConfig,
}

struct RuleMatch<'a> {
    set: &'a Set,
    rule: &'a Rule,
    groups: Captures<'a>,
    path: &'a str,
}

impl Rules {
    /// Compiles the rules; the error names the invalid pattern.
    pub(crate) fn new(sets: &[RuleSet]) -> Result<Self, String> {
        Ok(Self {
            sets: sets.iter().map(Set::new).collect::<Result<_, _>>()?,
            numeric: compile("^[0-9]+(\\.[0-9]+)*([-_][A-Za-z0-9]+)?$")?,
        })
    }

    /// Applies the rules to the full path (topdir included) of a repository directory; `arches` are those of the registry.
    pub(crate) fn recognize(&self, category: &str, path: &str, arches: &BTreeSet<Name>) -> Recognition {
        self.explain(category, path, arches).into_recognition()
    }

    /// Applies the rules and records every step.
    pub(crate) fn explain(&self, category: &str, path: &str, arches: &BTreeSet<Name>) -> Explanation {
        let mut out = Explanation {
            path: path.to_owned(),
            category: category.to_owned(),
            ..Explanation::default()
        };
        for set in &self.sets {
            if let Some(pattern) = set.find_pattern(&set.skip, path) {
                out.skipped_by = Some(pattern);
                return out;
            }
            if let Some(hit) = set.find_rule(category, path) {
                out.rule = Some(MatchedRule {
                    id: hit.rule.id.clone(),
                    regex: hit.rule.config.regex.clone(),
                    groups: groups(&hit.rule.regex, &hit.groups),
                });
                if let Err(why) = self.read(&hit, arches, &mut out) {
                    out.unmatched = Some(format!("rule {} matches, but {why}", hit.rule.id));
                }
                return out;
            }
        }
        out.unmatched = Some("no rule matches".to_owned());
        out
    }

    fn read(&self, hit: &RuleMatch<'_>, arches: &BTreeSet<Name>, out: &mut Explanation) -> Result<(), String> {
        let version = self.version(hit)?;
        let name: Name = version
            .value
            .parse()
            .map_err(|e: String| format!("invalid version: {e}"))?;
        out.version = Some(version);
        let (arch, origin) = arch(hit, arches)?;
        out.arch = Some(DerivedValue::new(arch.to_string(), origin));
        let steps = self.prefix(hit, &name)?;
        let prefix = steps.prefix.clone();
        out.prefix = Some(steps);
        // The lists of the config apply to all rules.
        let listed = |list: fn(&Set) -> &Vec<Regex>| {
            let own = self.sets.first();
            own.into_iter()
                .chain([hit.set])
                .find_map(|set| set.find_pattern(list(set), hit.path))
        };
        out.test_by = listed(|s| &s.test_paths);
        out.hidden_by = listed(|s| &s.hidden_paths);
        out.result = Some(RecognizedRepository {
            rule: hit.rule.id.clone(),
            version: name,
            arch,
            prefix,
            is_test: out.test_by.is_some(),
            display: out.hidden_by.is_none(),
        });
        Ok(())
    }

    /// Returns the version: the rule's template, its group `version`, `rawhide`, or the first component that looks like a number
    /// (`43`, `7.9`, `44_Beta`, `10-stream`), in this order.
    fn version(&self, hit: &RuleMatch<'_>) -> Result<DerivedValue, String> {
        let template = &hit.rule.config.version;
        let version = if !template.is_empty() {
            DerivedValue::new(hit.expand(template), format!("version = {template:?} of the rule"))
        } else if let Some(group) = hit.groups.name("version") {
            DerivedValue::new(group.as_str(), "group version of the rule")
        } else if components(hit.path).any(|c| c == "rawhide") {
            DerivedValue::new("rawhide", "a component of the path is rawhide")
        } else {
            let first = components(hit.path).find(|c| self.numeric.is_match(c));
            let first = first.ok_or("no version in the path; add `version` to the rule")?;
            DerivedValue::new(first, "the first component of the path that looks like a version")
        };
        if version.value != "rawhide" {
            return Ok(version);
        }
        let origin = format!("{}, which is the rolling version", version.origin);
        Ok(DerivedValue::new(DEVELOPMENT_VERSION, origin))
    }

    /// Returns the prefix: stem, suffix, alias, version. The rolling version and a versionless rule add no version.
    fn prefix(&self, hit: &RuleMatch<'_>, version: &Name) -> Result<PrefixSteps, String> {
        let config = &hit.rule.config;
        let mut stem = hit.expand(&config.prefix);
        if config.lowercase {
            stem = stem.to_lowercase();
        }
        let empty = |origin: &str| DerivedValue::new("", origin);
        if stem.is_empty() {
            return Ok(PrefixSteps {
                stem,
                suffix: empty("the rule has no prefix"),
                alias: None,
                version: empty("the rule has no prefix"),
                prefix: None,
            });
        }
        let suffix = hit.suffix();
        let versioned = if config.versionless {
            empty("the rule is versionless")
        } else if version.as_str() == DEVELOPMENT_VERSION {
            empty("the rolling version is omitted")
        } else {
            let origin = match config.version_prefix.as_str() {
                "" => "the version".to_owned(),
                template => format!("version_prefix = {template:?} and the version"),
            };
            DerivedValue::new(format!("{}{version}", hit.expand(&config.version_prefix)), origin)
        };
        let dash = if versioned.value.is_empty() { "" } else { "-" };
        let base = format!("{stem}{}{dash}", suffix.value);
        let alias = self.sets.first().into_iter().chain([hit.set]).find_map(|set| {
            let (_, to) = set.aliases.iter().find(|(from, _)| *from == base)?;
            Some(Pattern {
                file: set.file.clone(),
                regex: to.clone(),
            })
        });
        let text = format!("{}{}", alias.as_ref().map_or(&base, |a| &a.regex), versioned.value);
        Ok(PrefixSteps {
            stem,
            suffix,
            alias,
            version: versioned,
            prefix: Some(text.parse().map_err(|e| format!("invalid prefix: {e}"))?),
        })
    }
}

impl Set {
    fn new(set: &RuleSet) -> Result<Self, String> {
        let all = |list: &[String]| list.iter().map(|p| compile(p)).collect::<Result<Vec<_>, _>>();
        let detect = &set.detect;
        Ok(Self {
            file: set.name.clone(),
            skip: all(&detect.skip)?,
            test_paths: all(&detect.test_paths)?,
            hidden_paths: all(&detect.hidden_paths)?,
            ordered: detect
                .rule
                .iter()
                .zip(1..)
                .map(|(rule, number)| {
                    Ok(Rule {
                        id: RuleId::new(&set.name, number, &rule.name),
                        regex: compile(&rule.regex)?,
                        config: rule.clone(),
                    })
                })
                .collect::<Result<_, String>>()?,
            aliases: detect.alias.iter().map(|a| (a.from.clone(), a.to.clone())).collect(),
        })
    }

    /// Returns the first regex of the list that matches the path.
    fn find_pattern(&self, list: &[Regex], path: &str) -> Option<Pattern> {
        list.iter().find(|r| r.is_match(path)).map(|r| Pattern {
            file: self.file.clone(),
            regex: r.as_str().to_owned(),
        })
    }

    /// Returns the first rule for the category that matches the path.
    fn find_rule<'a>(&'a self, category: &str, path: &'a str) -> Option<RuleMatch<'a>> {
        self.ordered
            .iter()
            .filter(|r| r.config.category.is_empty() || r.config.category == category)
            .find_map(|rule| {
                let groups = rule.regex.captures(path)?;
                Some(RuleMatch {
                    set: self,
                    rule,
                    groups,
                    path,
                })
            })
    }
}

impl RuleMatch<'_> {
    fn expand(&self, template: &str) -> String {
        let mut out = String::new();
        self.groups.expand(template, &mut out);
        out
    }

    /// Returns the suffix for debug or source packages: of the rule, or from the first component that begins so.
    fn suffix(&self) -> DerivedValue {
        let configured = &self.rule.config.suffix;
        if configured == NO_SUFFIX {
            return DerivedValue::new("", format!("suffix = {NO_SUFFIX:?} of the rule"));
        }
        if !configured.is_empty() {
            return DerivedValue::new(self.expand(configured), format!("suffix = {configured:?} of the rule"));
        }
        if let Some(component) = components(self.path).find(|c| is_source(c)) {
            return DerivedValue::new("-source", format!("component {component} of the path"));
        }
        match components(self.path).find(|c| c.starts_with("debug")) {
            Some(component) => DerivedValue::new("-debug", format!("component {component} of the path")),
            None => DerivedValue::new("", "no component of the path begins with debug or source"),
        }
    }
}

/// Returns the architecture and its origin: the rule's template, its group `arch`, `source` if a component is `SRPMS`, the first
/// component that is an architecture of the registry, or `source` if a component begins like a source directory, in this order.
fn arch(hit: &RuleMatch<'_>, arches: &BTreeSet<Name>) -> Result<(Name, String), String> {
    let known = |word: &str| arches.iter().find(|a| a.as_str() == word).cloned();
    let template = &hit.rule.config.arch;
    let configured = if template.is_empty() {
        let group = hit.groups.name("arch");
        group.map(|g| (g.as_str().to_owned(), "group arch of the rule".to_owned()))
    } else {
        Some((hit.expand(template), format!("arch = {template:?} of the rule")))
    };
    if let Some((word, origin)) = configured {
        let word = if is_source(&word) { SOURCE.to_owned() } else { word };
        return known(&word).map(|arch| (arch, origin)).ok_or_else(|| {
            format!("architecture {word:?} is not in the registry; add it with: mm-admin arch add {word}")
        });
    }
    let path = || components(hit.path);
    let source = |found: Option<&str>| {
        let origin = format!("component {} of the path means source", found?);
        known(SOURCE).map(|arch| (arch, origin))
    };
    source(path().find(|c| *c == "SRPMS"))
        .or_else(|| {
            path()
                .find_map(known)
                .map(|a| (a, "the first component of the path that is an arch".to_owned()))
        })
        .or_else(|| source(path().find(|c| is_source(c))))
        .ok_or_else(|| "no architecture of the registry in the path; see mm-admin arch list".to_owned())
}

/// True for a component of source packages: one that begins with `source`, `Source`, `SRPMS` or `src`.
fn is_source(component: &str) -> bool {
    ["source", "Source", "SRPMS", "src"]
        .iter()
        .any(|w| component.starts_with(w))
}

fn groups(regex: &Regex, found: &Captures<'_>) -> Vec<Group> {
    regex
        .capture_names()
        .enumerate()
        .skip(1)
        .map(|(n, name)| Group {
            name: name.map_or_else(|| n.to_string(), str::to_owned),
            value: found.get(n).map(|m| m.as_str().to_owned()),
        })
        .collect()
}

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|e| format!("{pattern:?}: {e}"))
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|c| !c.is_empty())
}

#[cfg(test)]
mod tests;
