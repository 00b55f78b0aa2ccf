//! Locations of detection rules in a TOML file, so that an error names the line.

use toml::de::DeTable;

/// An invalid value in `[detect]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigProblem {
    list: &'static str,
    /// The position in the list, counted from 0.
    entry: usize,
    /// The key in a rule; `None` if the entry is a string.
    key: Option<&'static str>,
    why: String,
}

impl ConfigProblem {
    /// An error in an entry of a list of strings.
    pub(super) fn in_list(list: &'static str, entry: usize, why: String) -> Self {
        Self {
            list,
            entry,
            key: None,
            why,
        }
    }

    /// An error in `key` of rule `n`.
    pub(super) fn in_rule(n: usize, key: &'static str, why: String) -> Self {
        Self {
            list: "rule",
            entry: n,
            key: Some(key),
            why,
        }
    }

    /// Formats the message with the line in `text`, the content of the file.
    pub(super) fn render(&self, text: &str) -> String {
        let Self { list, entry, key, why } = self;
        let rule = key.map_or(String::new(), |key| format!(" number {}, {key}", entry + 1));
        let before = self.offset(text).and_then(|at| text.get(..at));
        let line = before.map_or(String::new(), |b| format!("line {}: ", b.matches('\n').count() + 1));
        format!("{line}detect.{list}{rule} {why}")
    }

    fn offset(&self, text: &str) -> Option<usize> {
        let file = DeTable::parse(text).ok()?;
        let list = file.get_ref().get("detect")?.get_ref().get(self.list)?;
        let entry = list.get_ref().get(self.entry)?;
        let value = self.key.and_then(|key| entry.get_ref().get(key));
        Some(value.unwrap_or(entry).span().start)
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
