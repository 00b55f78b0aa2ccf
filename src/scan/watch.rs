//! Detects whether the master changed since the last scan without listing it, for `--if-changed`.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::filelist;
use crate::config::{CategoryConfig, SourceKind};
use crate::sys::http::Agent;

/// The state of the watched files: name → a text that differs after a change.
pub(crate) type WatchState = BTreeMap<String, String>;

/// Reads the state of the watched files of a category.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub config: &'a CategoryConfig,
    pub agent: &'a Agent,
    pub deadline: Instant,
}

impl Watch<'_> {
    /// Returns the watched files: those of the config, and the file list if it is the source.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.config.watch.iter().map(String::as_str).collect();
        if self.config.source == SourceKind::Filelist {
            names.push(&self.config.file_list);
        }
        names
    }

    /// Reads the state of all watched files. A missing one is an error, because its change could never be noticed.
    pub(crate) fn read_state(&self) -> Result<WatchState, String> {
        let mut states = WatchState::new();
        for name in self.names() {
            let state = self.state(name)?;
            let state = state.ok_or_else(|| format!("the watched file {name} does not exist"))?;
            if state.is_empty() {
                return Err(format!(
                    "the server sends neither Last-Modified nor ETag for the watched file {name}; watch another file"
                ));
            }
            states.insert(name.to_owned(), state);
        }
        Ok(states)
    }

    /// Returns the first existing file of those that mark an update of the tree in progress.
    pub(crate) fn busy(&self) -> Result<Option<&str>, String> {
        for name in &self.config.busy_files {
            if self.state(name)?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn state(&self, name: &str) -> Result<Option<String>, String> {
        if CategoryConfig::is_url(name) {
            return self.remote(name);
        }
        let local = !self.config.path.as_os_str().is_empty();
        if !name.starts_with('/') && !local {
            let base = self.config.files_url.trim_end_matches('/');
            return self.remote(&format!("{base}/{name}"));
        }
        let path = if name == self.config.file_list {
            filelist::resolve_pattern(Path::new(name)).map_err(|e| format!("the file list {name}: {e}"))?
        } else if name.starts_with('/') {
            PathBuf::from(name)
        } else {
            self.config.path.join(name)
        };
        match std::fs::metadata(&path) {
            Ok(found) => Ok(Some(text(&found))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("cannot stat {}: {e}", path.display())),
        }
    }

    fn remote(&self, url: &str) -> Result<Option<String>, String> {
        let response = self
            .agent
            .head(url, Some(self.deadline))
            .map_err(|e| format!("cannot check {url}: {e}"))?;
        match response.status {
            200 => Ok(Some(response.validator.unwrap_or_default())),
            404 | 410 => Ok(None),
            status => Err(format!("cannot check {url}: the server returned status {status}")),
        }
    }
}

fn text(found: &Metadata) -> String {
    let (changed, nanos) = (found.ctime(), found.ctime_nsec());
    format!("changed {changed}.{nanos:09}, {} bytes", found.size())
}
