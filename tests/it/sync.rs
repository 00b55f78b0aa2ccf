//! `mm-sync-out` with real directories, sshd, rsync and servers.

use std::fs;
use std::path::{Path, PathBuf};

use mirrormanager::snapshot::generation::{self, GenerationId};

use crate::publish::TestBackend;
use crate::support::{Env, RunOutput};

mod backup_copy;
mod canary;
mod example_site;
mod failures;
mod inputs;
mod killed;
mod local;
mod pins;
mod proxies;
mod remote;
mod rollout;
mod sshd;

const SYNC: &str = "mm-sync-out";

/// A published generation and its targets.
struct Site {
    backend: TestBackend,
    generations: u32,
}

/// One `[[sync.target]]`.
fn target(name: &str, to: &str, healthz: &str) -> String {
    format!("[[sync.target]]\nname = \"{name}\"\naddress = \"{to}\"\nhealthz = \"{healthz}\"\n")
}

impl Site {
    fn new() -> Self {
        let site = Self {
            backend: TestBackend::new(3, ""),
            generations: 0,
        };
        site.env().ok("mm-update-mirrorlist", &[]);
        site
    }

    fn env(&self) -> &Env {
        &self.backend.env
    }

    /// Writes the config of the targets; `sync` has keys of `[sync]`.
    fn targets(&self, sync: &str, targets: &[String]) {
        self.env().configure(&format!("[sync]\n{sync}\n{}", targets.concat()));
    }

    /// Makes another generation.
    fn change(&mut self) -> GenerationId {
        self.generations += 1;
        self.backend
            .sql(&format!("UPDATE host SET bandwidth = 5000 + {}", self.generations));
        self.env().ok("mm-update-mirrorlist", &[]);
        self.id()
    }

    /// The ID of the published generation.
    fn id(&self) -> GenerationId {
        self.backend.published_generation().1.id
    }

    fn sync(&self, args: &[&str]) -> RunOutput {
        self.env().run(SYNC, args)
    }

    /// Runs and returns the state of each target, with its message.
    fn states(&self, args: &[&str], status: i32) -> Vec<(String, String, String)> {
        let output = self.sync(&[&["--format", "json"], args].concat());
        assert_eq!(output.status, status, "{output:?}");
        let report: serde_json::Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        report["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| (text(&t["target"]), text(&t["state"]), text(&t["message"])))
            .collect()
    }

    /// The state of the only target.
    fn state(&self, status: i32) -> (String, String) {
        let mut all = self.states(&[], status);
        assert_eq!(all.len(), 1, "{all:?}");
        let (_, state, message) = all.remove(0);
        (state, message)
    }
}

/// The current generation of a target, compared with its manifest.
fn current(dir: &Path) -> Option<GenerationId> {
    let (place, _) = generation::current(dir).unwrap()?;
    Some(generation::verify(&place).unwrap().id)
}

/// The names in a directory, sorted.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A fresh directory for a target.
fn directory(site: &Site, name: &str) -> PathBuf {
    let path = site.env().path(name);
    fs::create_dir(&path).unwrap();
    path
}
