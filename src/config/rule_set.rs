//! Rule sets: files with detection rules that a config includes by name.
//!
//! A rule file has the tables of the config's own section (`[detect]`, `[[detect.rule]]`, `[[detect.alias]]`), so that a rule can
//! be copied from one to the other. Rule files do not include others, so there are no cycles.

use std::path::{Path, PathBuf};

use itertools::Itertools;
use serde::Deserialize;

use super::spans::ConfigProblem;
use super::{ConfigError, DetectConfig};
use crate::sys::regular_file;

/// Directories of installed rule sets; `make install` copies them into one of these.
const RULE_DIRS: [&str; 2] = ["/usr/share/mirrormanager/rules", "/usr/local/share/mirrormanager/rules"];

/// The rules of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleSet {
    /// The name in reports: the name of its file.
    pub name: String,
    /// The path of the rule file.
    pub path: PathBuf,
    /// The rules of the file.
    pub detect: DetectConfig,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSetFile {
    #[serde(default)]
    detect: DetectConfig,
}

/// Returns the rule sets in the order in which they are tried: the rules of the config at `path` first, so that a site overrides what
/// it includes, then each included set in the order of `include`.
pub(crate) fn rule_sets(own: &DetectConfig, path: &Path) -> Result<Vec<RuleSet>, ConfigError> {
    let mut sets = vec![RuleSet {
        name: file_name(path),
        path: path.to_owned(),
        detect: own.clone(),
    }];
    for (n, name) in own.include.iter().enumerate() {
        let found = find(name, path.parent().unwrap_or(Path::new("."))).map_err(|why| {
            // The config was read a moment ago; without its text only the line is missing from the message.
            let text = regular_file::read_to_string(path, regular_file::MAX_TEXT).unwrap_or_default();
            let why = ConfigProblem::in_list("include", n, why).render(&text);
            ConfigError(format!("in the config {}: {why}", path.display()))
        })?;
        sets.push(read(&found)?);
    }
    Ok(sets)
}

/// Returns the file of a rule set: a path relative to the config's directory if it contains a slash or ends in `.toml`, the first
/// `NAME.toml` in the directories of rule sets otherwise.
fn find(name: &str, config_dir: &Path) -> Result<PathBuf, String> {
    if name.contains('/') || Path::new(name).extension().is_some_and(|e| e == "toml") {
        return Ok(config_dir.join(name));
    }
    if name.is_empty() {
        return Err("empty name; use the name of a rule set, such as fedora, or a path".to_owned());
    }
    let file = format!("{name}.toml");
    let [installed, local] = RULE_DIRS.map(PathBuf::from);
    let dirs = [config_dir.join("rules"), installed, local];
    let found = dirs.iter().map(|dir| dir.join(&file)).find(|p| p.exists());
    found.ok_or_else(|| {
        let dirs = dirs.iter().map(|dir| dir.display()).join(", ");
        format!("no rule set {name:?}: there is no {file} in {dirs}; use a path with a slash for another directory")
    })
}

fn read(path: &Path) -> Result<RuleSet, ConfigError> {
    let text = regular_file::read_to_string(path, regular_file::MAX_TEXT);
    let text = text.map_err(|e| format!("cannot read the rule set of detect.include: {e}"));
    let detect = text.and_then(|text| parse(&text));
    let detect = detect.map_err(|why| ConfigError(format!("in the rule file {}: {why}", path.display())))?;
    Ok(RuleSet {
        name: file_name(path),
        path: path.to_owned(),
        detect,
    })
}

fn parse(text: &str) -> Result<DetectConfig, String> {
    let file: RuleSetFile = toml::from_str(text).map_err(|e| e.to_string())?;
    if !file.detect.include.is_empty() {
        let why =
            "not allowed in a rule file: rule files do not include others; list them all in the config".to_owned();
        return Err(ConfigProblem::in_list("include", 0, why).render(text));
    }
    file.detect.check().map_err(|problem| problem.render(text))?;
    Ok(file.detect)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "[[detect.rule]]\nregex = 'a'\nprefix = 'p'\n";

    /// A config directory with these files.
    fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn sets(home: &tempfile::TempDir, include: &[&str]) -> Result<Vec<String>, String> {
        let own = DetectConfig {
            include: include.iter().map(|s| (*s).to_owned()).collect(),
            ..DetectConfig::default()
        };
        rule_sets(&own, &home.path().join("mm.toml"))
            .map(|sets| sets.into_iter().map(|s| s.name).collect())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn names_and_paths_are_found() {
        let home = home(&[("rules/site.toml", RULE), ("b.toml", RULE), ("sub/c.rules", RULE)]);
        assert_eq!(
            sets(&home, &["sub/c.rules", "b.toml", "site"]).unwrap(),
            ["mm.toml", "c.rules", "b.toml", "site.toml"]
        );
    }

    #[test]
    fn errors_have_file_line_and_key() {
        let home = home(&[
            ("mm.toml", "[detect]\ninclude = [\n  'nowhere',\n]\n"),
            ("regex.toml", "\n[[detect.rule]]\nregex = 'a('\n"),
            ("key.toml", "[[detect.rule]]\nregexp = 'a'\n"),
            ("top.toml", "[[rule]]\nregex = 'a'\n"),
            ("nest.toml", "[detect]\ninclude = ['fedora']\n"),
        ]);
        for (include, words) in [
            (
                "nowhere",
                ["mm.toml: line 3: detect.include", "/usr/share/mirrormanager/rules"].as_slice(),
            ),
            ("", &["detect.include", "empty"]),
            ("missing.toml", &["missing.toml", "cannot read"]),
            ("regex.toml", &["regex.toml", "line 3", "detect.rule number 1, regex"]),
            ("key.toml", &["key.toml", "line 2", "regexp"]),
            ("top.toml", &["top.toml", "line 1", "rule"]),
            ("nest.toml", &["nest.toml", "line 2", "do not include others"]),
        ] {
            let error = sets(&home, &[include]).unwrap_err();
            for word in words {
                assert!(error.contains(word), "no {word:?} in {error}");
            }
        }
    }
}
