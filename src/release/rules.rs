//! What the path of a repository directory says: which version, which arch, which prefix.

use std::collections::BTreeSet;

use regex::{Captures, Regex};
use serde::Serialize;

use crate::config::DetectConfig;
use crate::model::names::{Name, RepoPrefix};

/// The name of the rolling version; its paths say `rawhide`, and its repositories carry no version in their prefix.
pub const ROLLING: &str = "development";

/// The arch of source packages.
const SOURCE: &str = "source";

/// The rules of the config, ready for use.
#[derive(Debug)]
pub struct Rules {
    skip: Vec<Regex>,
    test_paths: Vec<Regex>,
    hidden_paths: Vec<Regex>,
    ordered: Vec<Rule>,
    aliases: Vec<(String, String)>,
    numeric: Regex,
}

#[derive(Debug)]
struct Rule {
    regex: Regex,
    prefix: String,
    version_prefix: String,
    version: String,
    arch: String,
    category: String,
}

/// What a rule made of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recognised {
    /// Which rule, counted from 1.
    pub rule: usize,
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
pub enum Recognition {
    /// The config says to leave it alone.
    Skipped,
    /// A rule matched.
    Repository(Recognised),
    /// None did, or what matched left something open: why, in a sentence.
    Unmatched(String),
}

impl Rules {
    /// Compiles the rules. The config was checked when it was read; the error names the pattern all the same.
    pub fn new(config: &DetectConfig) -> Result<Self, String> {
        let compile = |p: &String| Regex::new(p).map_err(|e| format!("{p:?}: {e}"));
        let all = |list: &[String]| list.iter().map(compile).collect::<Result<Vec<_>, _>>();
        let ordered = config
            .rule
            .iter()
            .map(|r| {
                Ok(Rule {
                    regex: compile(&r.regex)?,
                    prefix: r.prefix.clone(),
                    version_prefix: r.version_prefix.clone(),
                    version: r.version.clone(),
                    arch: r.arch.clone(),
                    category: r.category.clone(),
                })
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self {
            skip: all(&config.skip)?,
            test_paths: all(&config.test_paths)?,
            hidden_paths: all(&config.hidden_paths)?,
            ordered,
            aliases: config.alias.iter().map(|a| (a.from.clone(), a.to.clone())).collect(),
            numeric: compile(&"^[0-9]+(\\.[0-9]+)*([-_][A-Za-z0-9]+)?$".to_owned())?,
        })
    }

    /// Looks at the full path (topdir included) of a repository directory of `category`; `arches` are the registry's.
    pub fn recognise(&self, category: &str, path: &str, arches: &BTreeSet<Name>) -> Recognition {
        let hit = |list: &[Regex]| list.iter().any(|r| r.is_match(path));
        if hit(&self.skip) {
            return Recognition::Skipped;
        }
        let matching = self.ordered.iter().enumerate().find_map(|(n, rule)| {
            let wanted = rule.category.is_empty() || rule.category == category;
            wanted
                .then(|| rule.regex.captures(path))
                .flatten()
                .map(|c| (n + 1, rule, c))
        });
        let Some((number, rule, groups)) = matching else {
            return Recognition::Unmatched("no rule matches".to_owned());
        };
        let read = || -> Result<Recognised, String> {
            let version = self.version(rule, &groups, path)?;
            let arch = arch(rule, &groups, path, arches)?;
            Ok(Recognised {
                rule: number,
                prefix: self.prefix(rule, &groups, path, &version)?,
                is_test: hit(&self.test_paths),
                display: !hit(&self.hidden_paths),
                version,
                arch,
            })
        };
        match read() {
            Ok(found) => Recognition::Repository(found),
            Err(why) => Recognition::Unmatched(format!("rule {number} matches, but {why}")),
        }
    }

    /// The version: the rule's template, else its group `version`, else `rawhide`, else the first component that looks like
    /// a number (`43`, `7.9`, `44_Beta`, `10-stream`).
    fn version(&self, rule: &Rule, groups: &Captures<'_>, path: &str) -> Result<Name, String> {
        let found = if !rule.version.is_empty() {
            expand(groups, &rule.version)
        } else if let Some(group) = groups.name("version") {
            group.as_str().to_owned()
        } else if components(path).any(|c| c == "rawhide") {
            ROLLING.to_owned()
        } else {
            let first = components(path).find(|c| self.numeric.is_match(c));
            first
                .ok_or("its path names no version; give the rule a version")?
                .to_owned()
        };
        let found = if found == "rawhide" { ROLLING.to_owned() } else { found };
        found
            .parse()
            .map_err(|e: String| format!("its version is unusable: {e}"))
    }

    /// The prefix: stem, `-source` or `-debug`, alias, version. The rolling version adds nothing after the stem.
    fn prefix(
        &self,
        rule: &Rule,
        groups: &Captures<'_>,
        path: &str,
        version: &Name,
    ) -> Result<Option<RepoPrefix>, String> {
        let stem = expand(groups, &rule.prefix);
        if stem.is_empty() {
            return Ok(None);
        }
        let has = |word: &str| components(path).any(|c| c.starts_with(word));
        let suffix = if has("source") || has("SRPMS") || has("src") {
            "-source"
        } else if has("debug") {
            "-debug"
        } else {
            ""
        };
        let text = if version.as_str() == ROLLING {
            format!("{stem}{suffix}")
        } else {
            let stem = format!("{stem}{suffix}-");
            let stem = self
                .aliases
                .iter()
                .find(|(from, _)| *from == stem)
                .map_or(stem.clone(), |(_, to)| to.clone());
            format!("{stem}{}{version}", rule.version_prefix)
        };
        text.parse()
            .map(Some)
            .map_err(|e: String| format!("its prefix is unusable: {e}"))
    }
}

/// The arch: the rule's template, else its group `arch`, else `source` where a component says `SRPMS`, else the first component
/// that is an arch of the registry, else `source` where one says so.
fn arch(rule: &Rule, groups: &Captures<'_>, path: &str, arches: &BTreeSet<Name>) -> Result<Name, String> {
    let known = |word: &str| arches.iter().find(|a| a.as_str() == word).cloned();
    let told = if rule.arch.is_empty() {
        groups.name("arch").map(|g| g.as_str().to_owned())
    } else {
        Some(expand(groups, &rule.arch))
    };
    if let Some(word) = told {
        return known(&word)
            .ok_or_else(|| format!("{word:?} is no arch of the registry; add it with: mm-admin arch add {word}"));
    }
    let srpms = components(path).any(|c| c == "SRPMS").then(|| known(SOURCE)).flatten();
    srpms
        .or_else(|| components(path).find_map(known))
        .ok_or_else(|| "its path names no arch of the registry; see mm-admin arch list".to_owned())
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|c| !c.is_empty())
}

fn expand(groups: &Captures<'_>, template: &str) -> String {
    let mut out = String::new();
    groups.expand(template, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{AliasConfig, RuleConfig};

    fn names(list: &[&str]) -> BTreeSet<Name> {
        list.iter().map(|n| n.parse().unwrap()).collect()
    }

    fn rules(text: &str) -> Rules {
        Rules::new(&toml::from_str::<DetectConfig>(text).unwrap()).unwrap()
    }

    /// The rule set for Fedora's trees gives every repository the name that clients know.
    #[test]
    fn fedora_rules_name_what_the_golden_table_says() {
        #[derive(serde::Deserialize)]
        struct File {
            detect: DetectConfig,
        }
        let file: File = toml::from_str(include_str!("../../examples/rules/fedora.toml")).unwrap();
        let rules = Rules::new(&file.detect).unwrap();
        let arches = names(&["aarch64", "armhfp", "i386", "ppc64le", "s390x", "source", "x86_64"]);
        let golden = include_str!("../../tests/data/repositories/golden.tsv");
        let mut rows = 0;
        for line in golden.lines().skip(1) {
            let [category, path, version, arch, prefix] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("bad line {line}")
            };
            let Recognition::Repository(found) = rules.recognise(category, path, &arches) else {
                panic!("{path}: {:?}", rules.recognise(category, path, &arches))
            };
            let got = found.prefix.as_ref().map_or("-", RepoPrefix::as_str);
            assert_eq!(
                (found.version.as_str(), found.arch.as_str(), got),
                (version, arch, prefix),
                "{path}"
            );
            rows += 1;
        }
        assert_eq!(rows, 195);
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let r = rules("[[rule]]\nregex='/a/'\nprefix='one'\ncategory='Other'\n[[rule]]\nregex='/a/'\nprefix='two'\n");
        let Recognition::Repository(found) = r.recognise("Linux", "pub/a/43/x86_64", &names(&["x86_64"])) else {
            panic!("unmatched")
        };
        assert_eq!((found.rule, found.prefix.unwrap().as_str()), (2, "two-43"));
    }

    #[test]
    fn groups_and_templates_say_what_the_path_hides() {
        let r = rules(
            "[[rule]]\nregex='SIGs/(?<version>[^/]+)/(\\w+)/(?<arch>\\w+)/([\\w-]+)'\nprefix='centos-$2-sig-$4'\n",
        );
        let found = r.recognise("CentOS", "SIGs/9-stream/infra/x86_64/infra-common", &names(&["x86_64"]));
        let Recognition::Repository(found) = found else {
            panic!("{found:?}")
        };
        assert_eq!(found.prefix.unwrap().as_str(), "centos-infra-sig-infra-common-9-stream");
    }

    #[test]
    fn what_is_left_open_is_told() {
        let r = rules("skip=['/drpms/']\n[[rule]]\nregex='.'\nprefix='x'\n");
        let arches = names(&["x86_64"]);
        assert_eq!(r.recognise("L", "pub/43/drpms/x86_64", &arches), Recognition::Skipped);
        for (path, word) in [("pub/43/mips/os", "arch"), ("pub/next/x86_64", "version")] {
            let Recognition::Unmatched(why) = r.recognise("L", path, &arches) else {
                panic!("matched {path}")
            };
            assert!(why.contains(word), "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_path_is_too_strange(path in "\\PC{0,60}") {
            let config = DetectConfig {
                rule: vec![RuleConfig { regex: ".".into(), prefix: "p".into(), ..RuleConfig::default() }],
                alias: vec![AliasConfig { from: "p-".into(), to: "q".into() }],
                ..DetectConfig::default()
            };
            let found = Rules::new(&config).unwrap().recognise("L", &path, &names(&["x86_64"]));
            prop_assert_ne!(found, Recognition::Skipped);
        }
    }
}
