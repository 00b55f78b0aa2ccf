//! Locations of detection rules in a TOML file, so that an error names the line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// An invalid value in `[detect]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigProblem {
    at: Location,
    why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    /// An entry of a list, counted from 0.
    List(&'static str, usize),
    /// A key of a rule, counted from 0.
    Rule(usize, &'static str),
}

/// The section `[detect]` of a file with the locations of its values.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpannedConfig {
    detect: SpannedDetect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpannedDetect {
    include: Vec<Spanned<String>>,
    skip: Vec<Spanned<String>>,
    test_paths: Vec<Spanned<String>>,
    hidden_paths: Vec<Spanned<String>>,
    rule: Vec<Spanned<BTreeMap<String, Spanned<toml::Value>>>>,
}

impl ConfigProblem {
    /// An error in entry `n` of the list `key`.
    pub(super) fn in_list(key: &'static str, n: usize, why: String) -> Self {
        Self {
            at: Location::List(key, n),
            why,
        }
    }

    /// An error in `key` of rule `n`.
    pub(super) fn in_rule(n: usize, key: &'static str, why: String) -> Self {
        Self {
            at: Location::Rule(n, key),
            why,
        }
    }

    /// Formats the message with the line in `text`, the content of the file.
    pub(super) fn render(&self, text: &str) -> String {
        let what = match &self.at {
            Location::List(key, _) => format!("detect.{key}"),
            Location::Rule(n, key) => format!("detect.rule number {}, {key}", n + 1),
        };
        let line = self
            .offset(text)
            .and_then(|at| text.get(..at))
            .map(|before| format!("line {}: ", before.matches('\n').count() + 1));
        format!("{}{what} {}", line.unwrap_or_default(), self.why)
    }

    fn offset(&self, text: &str) -> Option<usize> {
        let detect = toml::from_str::<SpannedConfig>(text).ok()?.detect;
        match self.at {
            Location::List(key, n) => {
                let list = match key {
                    "include" => detect.include,
                    "skip" => detect.skip,
                    "test_paths" => detect.test_paths,
                    _ => detect.hidden_paths,
                };
                list.get(n).map(|s| s.span().start)
            }
            Location::Rule(n, key) => {
                let rule = detect.rule.get(n)?;
                let own = rule.get_ref().get(key).map(|s| s.span().start);
                Some(own.unwrap_or(rule.span().start))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_that_of_the_value() {
        let text = "user = 'x'\n[detect]\nskip = ['a',\n  'b(']\n[[detect.rule]]\nregex = 'a'\n\n[[detect.rule]]\nprefix = 'p'\n";
        for (problem, expected) in [
            (
                ConfigProblem::in_list("skip", 1, "is bad".into()),
                "line 4: detect.skip is bad",
            ),
            (
                ConfigProblem::in_rule(1, "prefix", "is bad".into()),
                "line 9: detect.rule number 2, prefix is bad",
            ),
            (
                ConfigProblem::in_rule(1, "regex", "is missing".into()),
                "line 8: detect.rule number 2, regex is missing",
            ),
        ] {
            assert_eq!(problem.render(text), expected);
        }
        assert_eq!(
            ConfigProblem::in_rule(0, "regex", "is bad".into()).render("no toml"),
            "detect.rule number 1, regex is bad"
        );
    }
}
