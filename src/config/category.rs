//! Where the master tree of a category lies, and the limits that go with it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::HumanDuration;
use crate::model::file::VersionRetention;
use crate::model::names::DirPath;

/// From where a category's listing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// By walking a local tree.
    #[default]
    Walk,
    /// From a `fullfiletimelist-*` that the master writes.
    Filelist,
    /// From the rsync program.
    Rsync,
}

/// One `[[category]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CategoryConfig {
    /// The category's name in the registry.
    pub name: String,
    /// From where its listing comes.
    pub source: SourceKind,
    /// The local directory that is its top; empty = the master is not on this machine.
    pub path: PathBuf,
    /// An HTTP(S) address of its top, where single files of the master are read when there is no `path`.
    pub files: String,
    /// For `filelist`: the list, a file or an HTTP(S) address; a `*` in a file's name stands for anything.
    pub list: String,
    /// For `filelist`: where mirrors have that very list, from the category's top, such as `../fullfiletimelist-fedora`; empty =
    /// nowhere. A mirror whose list is the master's is not asked for what it is known to hold.
    pub mirror_list: String,
    /// For `filelist`: what stands before the top in the paths of the list; what does not begin so is of another tree.
    pub strip_prefix: DirPath,
    /// For `rsync`: the address of its top.
    pub rsync: String,
    /// For `rsync`: more options for the program.
    pub rsync_options: Vec<String>,
    /// Directories (paths below the top) that are recorded, with all below them; empty = all.
    pub include: Vec<String>,
    /// Directories (paths below the top) that are neither scanned nor removed.
    pub exclude: Vec<String>,
    /// When more than this share of the known directories (in percent, and more than 50) is missing, a person must confirm.
    pub max_delete: u8,
    /// For `--if-changed`: files whose time tells that the tree changed. Below the top, or a full path, or an HTTP(S) address.
    pub watch: Vec<String>,
    /// For `--if-changed`: while one of these files is there, the tree is being changed and is not scanned.
    pub busy: Vec<String>,
    /// For `--if-changed`: it is scanned after this time whatever the files say.
    pub max_age: HumanDuration,
    /// How long the version before the newest is offered after a push.
    pub max_propagation: HumanDuration,
    /// How long any older version is offered after it was superseded.
    pub max_stale: HumanDuration,
}

impl Default for CategoryConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            source: SourceKind::Walk,
            path: PathBuf::new(),
            files: String::new(),
            list: String::new(),
            mirror_list: String::new(),
            strip_prefix: DirPath::top(),
            rsync: String::new(),
            rsync_options: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            max_delete: 10,
            watch: Vec::new(),
            busy: Vec::new(),
            max_age: HumanDuration::hours(24),
            max_propagation: HumanDuration::days(2),
            max_stale: HumanDuration::days(3),
        }
    }
}

/// Which directories of a category are recorded, and which are left alone.
#[derive(Debug, Clone)]
pub struct PathFilter {
    include: regex::RegexSet,
    exclude: regex::RegexSet,
    /// The subtree that is looked at; the top = all.
    below: DirPath,
}

impl PathFilter {
    /// Whether an exclusion is found in the path of this very directory.
    pub fn excludes(&self, path: &DirPath) -> bool {
        !self.exclude.is_empty() && !path.is_top() && self.exclude.is_match(path.as_str())
    }

    /// Whether an inclusion is found in the path of this very directory; always where there is none.
    pub fn includes(&self, path: &DirPath) -> bool {
        self.include.is_empty() || (!path.is_top() && self.include.is_match(path.as_str()))
    }

    /// Whether this directory is recorded, as far as its own path and those above it say.
    pub fn matches(&self, path: &DirPath) -> bool {
        self.below.contains(path)
            && !any_above(path, |p| self.excludes(p))
            && (path.is_top() || any_above(path, |p| self.includes(p)))
    }

    /// Whether all directories that no exclusion names are recorded.
    pub fn takes_all(&self) -> bool {
        self.include.is_empty()
    }

    /// The subtree that is looked at.
    pub const fn below(&self) -> &DirPath {
        &self.below
    }
}

/// Whether `test` holds for the directory or for one above it; the top is not asked.
fn any_above(path: &DirPath, test: impl Fn(&DirPath) -> bool) -> bool {
    let mut next = Some(path.clone());
    while let Some(path) = next.filter(|p| !p.is_top()) {
        if test(&path) {
            return true;
        }
        next = path.parent();
    }
    false
}

impl CategoryConfig {
    /// How long old versions of its files are offered.
    pub fn ageing(&self) -> VersionRetention {
        VersionRetention {
            previous: self.max_propagation.get(),
            older: self.max_stale.get(),
        }
    }

    /// What is recorded of it, `below` a directory only.
    pub fn scope(&self, below: DirPath) -> Result<PathFilter, String> {
        let set = |key: &str, list: &[String]| {
            regex::RegexSet::new(list).map_err(|e| format!("category {:?}, {key}: {e}", self.name))
        };
        Ok(PathFilter {
            include: set("include", &self.include)?,
            exclude: set("exclude", &self.exclude)?,
            below,
        })
    }

    /// Whether an entry of `watch`, `busy` or `list` is an HTTP(S) address.
    pub fn is_address(text: &str) -> bool {
        text.starts_with("http://") || text.starts_with("https://")
    }

    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.path);
        if !self.list.is_empty() && !Self::is_address(&self.list) {
            let mut list = PathBuf::from(&self.list);
            join(&mut list);
            self.list = list.to_string_lossy().into_owned();
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("a [[category]] has no name".to_owned());
        }
        let wrong = |what: String| Err(format!("category {:?}{what}", self.name));
        let local = !self.path.as_os_str().is_empty();
        match self.source {
            SourceKind::Walk if !local => {
                return wrong(" has no path; name the directory of its master tree".to_owned());
            }
            SourceKind::Filelist if self.list.is_empty() => {
                return wrong(" has no list; name its fullfiletimelist, a file or an address".to_owned());
            }
            SourceKind::Rsync if self.rsync.is_empty() => {
                return wrong(
                    " has no rsync; name the address of its top, such as rsync://master.example.org/pub/".to_owned(),
                );
            }
            SourceKind::Filelist | SourceKind::Rsync if !local && self.files.is_empty() => {
                return wrong(
                    " has neither path nor files; name where repomd.xml can be read, a local directory (path) or an address (files)"
                        .to_owned(),
                );
            }
            SourceKind::Walk | SourceKind::Filelist | SourceKind::Rsync => {}
        }
        let address = |text: &str| url::Url::parse(text).is_ok_and(|u| u.has_host());
        let web = |text: &str| Self::is_address(text) && address(text);
        if !self.files.is_empty() && !web(&self.files) {
            return wrong(format!(", files: {:?} is no http:// or https:// address", self.files));
        }
        if Self::is_address(&self.list) && !address(&self.list) {
            return wrong(format!(", list: {:?} is no address", self.list));
        }
        if self.rsync.starts_with('-') || self.rsync_options.iter().any(|o| !o.starts_with('-')) {
            return wrong(", rsync: an address, and options that begin with a dash, each a text of its own".to_owned());
        }
        if self.max_delete > 50 {
            return wrong(format!(
                ", max_delete: {} is more than 50; where more than half is missing, nothing is written",
                self.max_delete
            ));
        }
        for (key, list) in [("include", &self.include), ("exclude", &self.exclude)] {
            for pattern in list {
                if let Err(e) = regex::Regex::new(pattern) {
                    return wrong(format!(", {key} {pattern:?}: {e}"));
                }
            }
        }
        for name in self.watch.iter().chain(&self.busy) {
            let usable =
                Self::is_address(name) || name.starts_with('/') || name.parse::<DirPath>().is_ok_and(|p| !p.is_top());
            if !usable {
                return wrong(format!(
                    ", watch and busy: {name:?} is no path of a file and no address"
                ));
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
    fn an_exclusion_holds_for_all_below() {
        let scope = scope(&[], &["^private$", "/drpms$"], "");
        let left = |p: &str| !scope.matches(&p.parse().unwrap());
        assert!(left("private") && left("private/a/b") && left("x/drpms/y"));
        assert!(!left("") && !left("privates") && !left("x/private") && !left("drpms"));
    }

    #[test]
    fn an_inclusion_holds_for_all_below() {
        let scope = scope(&["^releases/4[0-9]$"], &["/debug$"], "");
        let takes = |p: &str| scope.matches(&p.parse().unwrap());
        assert!(takes("") && takes("releases/43") && takes("releases/43/os"));
        assert!(!takes("releases") && !takes("releases/39/os") && !takes("releases/43/debug/x"));
    }

    #[test]
    fn a_subtree_is_all_that_is_looked_at() {
        let scope = scope(&[], &[], "a/b");
        let takes = |p: &str| scope.matches(&p.parse().unwrap());
        assert!(takes("a/b") && takes("a/b/c") && !takes("a") && !takes("a/bc") && !takes(""));
    }

    #[test]
    fn what_a_source_needs_is_asked_for() {
        let check = |text: &str| toml::from_str::<CategoryConfig>(text).unwrap().check();
        for (text, word) in [
            ("name='x'", "path"),
            ("name='x'\nsource='filelist'\npath='/t'", "list"),
            ("name='x'\nsource='filelist'\nlist='/l'", "files"),
            ("name='x'\nsource='rsync'\npath='/t'", "rsync"),
            ("name='x'\nsource='rsync'\nrsync='--daemon'\npath='/t'", "dash"),
            (
                "name='x'\nsource='rsync'\nrsync='rsync://a/b'\nfiles='ftp://a/'",
                "http",
            ),
            ("name='x'\npath='/t'\nexclude=['a(']", "a("),
            ("name='x'\npath='/t'\nwatch=['../x']", "watch"),
            ("name='x'\npath='/t'\nmax_delete=60", "max_delete"),
        ] {
            let e = check(text).unwrap_err();
            assert!(e.contains(word), "{text}: {e}");
        }
        check("name='x'\nsource='rsync'\nrsync='rsync://a/b'\nfiles='https://a/b'").unwrap();
    }
}
