//! The master tree of a category, and limits of its scan.

use std::iter::successors;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::{HumanDuration, is_http_url, resolve_text};
use crate::model::file::VersionRetention;
use crate::model::names::DirPath;

/// The source of a category's listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A walk of a local tree.
    #[default]
    Walk,
    /// A `fullfiletimelist-*` that the master writes.
    Filelist,
    /// A listing by the rsync program.
    Rsync,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct CategoryConfig {
    /// The category's name in the registry.
    pub name: String,
    /// The source of its listing.
    pub source: SourceKind,
    /// The local directory of its top; empty if the master is remote.
    pub path: PathBuf,
    /// HTTP(S) URL of its top, from which single files of the master are read if there is no `path`.
    pub files_url: String,
    /// For `filelist`: the file list, a path or an HTTP(S) URL; a `*` in the file name matches anything.
    pub file_list: String,
    /// For `filelist`: the path of the same file list on mirrors, relative to the category's top, such as
    /// `../fullfiletimelist-fedora`; empty if mirrors do not have it. A mirror with the master's list needs fewer requests.
    pub mirror_file_list: String,
    /// For `filelist`: the directory of the list that is the top; other paths belong to other trees.
    pub strip_prefix: DirPath,
    /// For `rsync`: the rsync URL of its top.
    pub rsync: String,
    /// For `rsync`: additional options of the program.
    pub rsync_options: Vec<String>,
    /// Regexes of directories (paths below the top) to record, with everything below; empty for all.
    pub include: Vec<String>,
    /// Regexes of directories (paths below the top) that are neither scanned nor removed.
    pub exclude: Vec<String>,
    /// If more than this percentage of the recorded directories (and more than 50) is missing, removals need confirmation; the
    /// removal of a directory that a repository needs always does.
    #[default = 10]
    pub removal_percent: u8,
    /// For `--if-changed`: files whose modification time changes with the tree; below the top, a full path, or an HTTP(S) URL.
    pub watch: Vec<String>,
    /// For `--if-changed`: while one of these files exists, the tree is being updated and is not scanned.
    pub busy_files: Vec<String>,
    /// For `--if-changed`: the category is scanned after this time even without a change.
    #[default(HumanDuration::hours(24))]
    pub max_age: HumanDuration,
    /// How long the previous version of a file is offered after a push.
    #[default(HumanDuration::days(2))]
    pub previous_version_retention: HumanDuration,
    /// How long an older version is offered after it was superseded.
    #[default(HumanDuration::days(3))]
    pub old_version_retention: HumanDuration,
}

/// The recorded part of a category.
#[derive(Debug, Clone)]
pub(crate) struct PathFilter {
    include: regex::RegexSet,
    exclude: regex::RegexSet,
    /// The subtree; the top for all.
    below: DirPath,
}

impl PathFilter {
    /// True if an exclusion matches the path of this directory itself.
    pub(crate) fn excludes(&self, path: &DirPath) -> bool {
        !self.exclude.is_empty() && !path.is_top() && self.exclude.is_match(path.as_str())
    }

    /// True if an inclusion matches the path of this directory itself, or there is none.
    pub(crate) fn includes(&self, path: &DirPath) -> bool {
        self.include.is_empty() || (!path.is_top() && self.include.is_match(path.as_str()))
    }

    /// True if this directory is recorded, by its own path and those above it.
    pub(crate) fn matches(&self, path: &DirPath) -> bool {
        self.below.contains(path)
            && !any_above(path, |p| self.excludes(p))
            && (path.is_top() || any_above(path, |p| self.includes(p)))
    }

    /// True if all directories that are not excluded are recorded.
    pub(crate) fn includes_all(&self) -> bool {
        self.include.is_empty()
    }

    /// Returns the subtree; the top for all.
    pub(crate) const fn below(&self) -> &DirPath {
        &self.below
    }
}

/// True if `test` is true for the directory or one above it; the top is not tested.
fn any_above(path: &DirPath, test: impl Fn(&DirPath) -> bool) -> bool {
    let mut below_top = successors(Some(path.clone()), DirPath::parent).take_while(|p| !p.is_top());
    below_top.any(|p| test(&p))
}

impl CategoryConfig {
    /// Returns how long old versions of its files are offered.
    pub(crate) fn version_retention(&self) -> VersionRetention {
        VersionRetention {
            previous: self.previous_version_retention.get(),
            older: self.old_version_retention.get(),
        }
    }

    /// Returns the recorded part of the category in the subtree `below`.
    pub(crate) fn scope(&self, below: DirPath) -> Result<PathFilter, String> {
        let set = |key: &str, list: &[String]| {
            regex::RegexSet::new(list).map_err(|e| format!("category {:?}, {key}: {e}", self.name))
        };
        Ok(PathFilter {
            include: set("include", &self.include)?,
            exclude: set("exclude", &self.exclude)?,
            below,
        })
    }

    /// True if an entry of `watch`, `busy_files` or `file_list` is an HTTP(S) URL.
    pub(crate) fn is_url(text: &str) -> bool {
        text.starts_with("http://") || text.starts_with("https://")
    }

    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.path);
        if !self.file_list.is_empty() && !Self::is_url(&self.file_list) {
            resolve_text(&mut self.file_list, join);
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("a [[category]] has no name".to_owned());
        }
        let error = |what: String| Err(format!("category {:?}{what}", self.name));
        let local = !self.path.as_os_str().is_empty();
        let missing = match self.source {
            SourceKind::Walk if !local => " has no `path`; set the directory of its master tree",
            SourceKind::Filelist if self.file_list.is_empty() => {
                " has no `file_list`; set the path or URL of its fullfiletimelist"
            }
            SourceKind::Rsync if self.rsync.is_empty() => {
                " has no `rsync`; set the URL of its top, such as rsync://master.example.org/pub/"
            }
            SourceKind::Filelist | SourceKind::Rsync if !local && self.files_url.is_empty() => {
                " has neither `path` nor `files_url`; set the local directory or URL from which repomd.xml is read"
            }
            SourceKind::Walk | SourceKind::Filelist | SourceKind::Rsync => "",
        };
        if !missing.is_empty() {
            return error(missing.to_owned());
        }
        let is_web = |text: &str| Self::is_url(text) && is_http_url(text);
        if !self.files_url.is_empty() && !is_web(&self.files_url) {
            return error(format!(
                ", files_url: {:?} is not an http:// or https:// URL",
                self.files_url
            ));
        }
        if Self::is_url(&self.file_list) && !is_http_url(&self.file_list) {
            return error(format!(", file_list: invalid URL {:?}", self.file_list));
        }
        if self.rsync.starts_with('-') || self.rsync_options.iter().any(|o| !o.starts_with('-')) {
            return error(
                ", rsync: expected a URL, and in rsync_options one option per string that begins with a dash"
                    .to_owned(),
            );
        }
        if self.removal_percent > 50 {
            return error(format!(
                ", removal_percent: {} is more than 50; the removal of more than half always needs confirmation",
                self.removal_percent
            ));
        }
        for (key, list) in [("include", &self.include), ("exclude", &self.exclude)] {
            for pattern in list {
                if let Err(e) = regex::Regex::new(pattern) {
                    return error(format!(", {key} {pattern:?}: {e}"));
                }
            }
        }
        for name in self.watch.iter().chain(&self.busy_files) {
            let usable =
                Self::is_url(name) || name.starts_with('/') || name.parse::<DirPath>().is_ok_and(|p| !p.is_top());
            if !usable {
                return error(format!(", watch and busy_files: {name:?} is neither a path nor a URL"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(include: &[&str], exclude: &[&str], below: &str) -> PathFilter {
        let list = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect();
        let config = CategoryConfig {
            include: list(include),
            exclude: list(exclude),
            ..CategoryConfig::default()
        };
        config.scope(below.parse().unwrap()).unwrap()
    }

    #[test]
    fn an_exclusion_applies_to_all_below() {
        let scope = scope(&[], &["^private$", "/drpms$"], "");
        let excluded = |p: &str| !scope.matches(&p.parse().unwrap());
        assert!(excluded("private") && excluded("private/a/b") && excluded("x/drpms/y"));
        assert!(!excluded("") && !excluded("privates") && !excluded("x/private") && !excluded("drpms"));
    }

    #[test]
    fn an_inclusion_applies_to_all_below() {
        let scope = scope(&["^releases/4[0-9]$"], &["/debug$"], "");
        let matches = |p: &str| scope.matches(&p.parse().unwrap());
        assert!(matches("") && matches("releases/43") && matches("releases/43/os"));
        assert!(!matches("releases") && !matches("releases/39/os") && !matches("releases/43/debug/x"));
    }

    #[test]
    fn only_the_subtree_matches() {
        let scope = scope(&[], &[], "a/b");
        let matches = |p: &str| scope.matches(&p.parse().unwrap());
        assert!(matches("a/b") && matches("a/b/c") && !matches("a") && !matches("a/bc") && !matches(""));
    }

    #[test]
    fn each_source_requires_its_keys() {
        let check = |text: &str| toml::from_str::<CategoryConfig>(text).unwrap().check();
        for (text, word) in [
            ("name='x'", "path"),
            ("name='x'\nsource='filelist'\npath='/t'", "file_list"),
            ("name='x'\nsource='filelist'\nfile_list='/l'", "files_url"),
            ("name='x'\nsource='rsync'\npath='/t'", "rsync"),
            ("name='x'\nsource='rsync'\nrsync='--daemon'\npath='/t'", "dash"),
            (
                "name='x'\nsource='rsync'\nrsync='rsync://a/b'
files_url='ftp://a/'",
                "http",
            ),
            ("name='x'\npath='/t'\nexclude=['a(']", "a("),
            ("name='x'\npath='/t'\nwatch=['../x']", "watch"),
            ("name='x'\npath='/t'\nremoval_percent=60", "removal_percent"),
        ] {
            let e = check(text).unwrap_err();
            assert!(e.contains(word), "{text}: {e}");
        }
        check(
            "name='x'\nsource='rsync'\nrsync='rsync://a/b'
files_url='https://a/b'",
        )
        .unwrap();
    }
}
