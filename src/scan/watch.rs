//! Whether the master changed at all since the last scan, without a scan: what `--if-changed` asks.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::filelist;
use crate::config::{CategoryConfig, SourceKind};
use crate::sys::http::Agent;

/// How the watched files look: name → a text that is another after a change.
pub type WatchState = BTreeMap<String, String>;

/// Looks at the watched files of a category.
#[derive(Debug)]
pub struct Watch<'a> {
    /// Its config.
    pub config: &'a CategoryConfig,
    /// For files that are not on this machine.
    pub agent: &'a Agent,
    /// When it must be done.
    pub deadline: Instant,
}

impl Watch<'_> {
    /// What is watched: the files that the config names, and the list where there is one.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.config.watch.iter().map(String::as_str).collect();
        if self.config.source == SourceKind::Filelist {
            names.push(&self.config.list);
        }
        names
    }

    /// How they look now. One that is not there is an error: it would never tell of a change.
    pub fn read_state(&self) -> Result<WatchState, String> {
        let mut seen = WatchState::new();
        for name in self.names() {
            let state = self.state(name)?;
            let state = state.ok_or_else(|| format!("the watched file {name} is not there"))?;
            if state.is_empty() {
                return Err(format!(
                    "the server tells neither Last-Modified nor ETag of the watched file {name}; watch another"
                ));
            }
            seen.insert(name.to_owned(), state);
        }
        Ok(seen)
    }

    /// The first file that says that the tree is being changed.
    pub fn busy(&self) -> Result<Option<&str>, String> {
        for name in &self.config.busy {
            if self.state(name)?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// How a file looks; `None` = there is none.
    fn state(&self, name: &str) -> Result<Option<String>, String> {
        if CategoryConfig::is_address(name) {
            return self.remote(name);
        }
        let local = !self.config.path.as_os_str().is_empty();
        if !name.starts_with('/') && !local {
            let base = self.config.files.trim_end_matches('/');
            return self.remote(&format!("{base}/{name}"));
        }
        let path = if name == self.config.list {
            filelist::the_one(Path::new(name)).map_err(|e| format!("the list {name}: {e}"))?
        } else if name.starts_with('/') {
            PathBuf::from(name)
        } else {
            self.config.path.join(name)
        };
        match std::fs::metadata(&path) {
            Ok(found) => Ok(Some(text(&found))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("cannot look at {}: {e}", path.display())),
        }
    }

    fn remote(&self, url: &str) -> Result<Option<String>, String> {
        let answer = self
            .agent
            .head(url, Some(self.deadline))
            .map_err(|e| format!("cannot look at {url}: {e}"))?;
        match answer.status {
            200 => Ok(Some(answer.validator.unwrap_or_default())),
            404 | 410 => Ok(None),
            status => Err(format!("cannot look at {url}: the server answers with status {status}")),
        }
    }
}

fn text(found: &Metadata) -> String {
    let (changed, nanos) = (found.ctime(), found.ctime_nsec());
    format!("changed {changed}.{nanos:09}, {} bytes", found.size())
}
