//! Where the master tree of a category lies, and the limits that go with it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Span;
use crate::model::file::Ageing;
use crate::model::names::DirPath;

/// From where a category's listing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// By walking a local tree.
    #[default]
    Walk,
}

/// One `[[category]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CategoryConfig {
    /// The category's name in the registry.
    pub name: String,
    /// From where its listing comes.
    pub source: SourceKind,
    /// The local directory that is its top.
    pub path: PathBuf,
    /// Directories (paths below the top) that are neither scanned nor removed.
    pub exclude: Vec<String>,
    /// How long the version before the newest is offered after a push.
    pub max_propagation: Span,
    /// How long any older version is offered after it was superseded.
    pub max_stale: Span,
}

impl Default for CategoryConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            source: SourceKind::Walk,
            path: PathBuf::new(),
            exclude: Vec::new(),
            max_propagation: Span::days(2),
            max_stale: Span::days(3),
        }
    }
}

/// Which directories of a category are left alone.
#[derive(Debug, Clone)]
pub struct Excludes(regex::RegexSet);

impl Excludes {
    /// Whether a pattern is found in the path of this very directory.
    pub fn names(&self, path: &DirPath) -> bool {
        !self.0.is_empty() && !path.is_top() && self.0.is_match(path.as_str())
    }

    /// Whether it or a directory above it is left alone.
    pub fn covers(&self, path: &DirPath) -> bool {
        let mut next = (!self.0.is_empty()).then(|| path.clone());
        while let Some(path) = next {
            if self.names(&path) {
                return true;
            }
            next = path.parent();
        }
        false
    }
}

impl CategoryConfig {
    /// How long old versions of its files are offered.
    pub fn ageing(&self) -> Ageing {
        Ageing {
            propagation: self.max_propagation.get(),
            stale: self.max_stale.get(),
        }
    }

    /// Its exclusions, compiled.
    pub fn excludes(&self) -> Result<Excludes, String> {
        regex::RegexSet::new(&self.exclude)
            .map(Excludes)
            .map_err(|e| format!("category {:?}, exclude: {e}", self.name))
    }

    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.path);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("a [[category]] has no name".to_owned());
        }
        if self.path.as_os_str().is_empty() {
            return Err(format!(
                "category {:?} has no path; name the directory of its master tree",
                self.name
            ));
        }
        for pattern in &self.exclude {
            regex::Regex::new(pattern).map_err(|e| format!("category {:?}, exclude {pattern:?}: {e}", self.name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusion_holds_for_all_below() {
        let config = CategoryConfig {
            exclude: vec!["^private$".to_owned(), "/drpms$".to_owned()],
            ..CategoryConfig::default()
        };
        let excludes = config.excludes().unwrap();
        let covers = |p: &str| excludes.covers(&p.parse().unwrap());
        assert!(covers("private") && covers("private/a/b") && covers("x/drpms/y"));
        assert!(!covers("") && !covers("privates") && !covers("x/private") && !covers("drpms"));
    }
}
