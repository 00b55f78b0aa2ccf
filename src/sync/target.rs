//! A target, and the operations that local and remote targets have in common.

use std::path::{Path, PathBuf};

use crate::config::TargetConfig;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::{GenerationId, Manifest};

pub(super) const EXTRA_FILES_DIR: &str = "inputs";

pub(super) const TEMPORARY: &str = ".new-";

/// A target of the config with its parsed address.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub config: TargetConfig,
    /// The directory of generations.
    pub address: TargetAddress,
}

/// The state of a target before it is changed.
#[derive(Debug)]
pub(super) struct TargetState {
    /// The manifest of the current generation; its files were not compared.
    pub(super) current: Option<Manifest>,
    /// True if the generation to publish is there, with all its files.
    pub(super) is_uploaded: bool,
    /// The generations of a remote target, newest first.
    pub(super) generations: Vec<GenerationId>,
    /// True if there may be temporary directories of killed runs.
    pub(super) has_leftovers: bool,
}

/// Operations on a target. Errors are messages for the operator.
pub(super) trait TargetAccess {
    /// Returns the state. If `wanted` is given, all its files are compared with the manifest. With `create`, a missing directory is
    /// created; otherwise nothing is changed.
    fn inspect(&self, wanted: Option<&Manifest>, create: bool) -> Result<TargetState, String>;

    /// Returns true if the generation is there, with all files of its own manifest.
    fn is_complete(&self, id: &GenerationId) -> Result<bool, String>;

    /// Uploads the generation at `source`, compares it with its manifest, and makes it current. If it is there already, only its
    /// time stamp is updated.
    fn upload(&self, source: &Path, manifest: &Manifest, state: &TargetState) -> Result<(), String>;

    fn activate(&self, id: &GenerationId) -> Result<(), String>;

    /// Copies files to the directory of extra files, each atomically, if their contents differ there; a dry run only compares them.
    /// Returns the names of those that differed.
    fn copy_extra_files(&self, files: &[PathBuf], dry_run: bool) -> Result<Vec<String>, String>;

    /// Removes temporary directories, and all generations except the newest `keep` and the `protected` ones.
    fn prune(&self, keep: usize, protected: &[&GenerationId], state: &TargetState) -> Result<(), String>;

    /// Tests that the target is reachable, and describes how.
    fn test_access(&self) -> Result<String, String>;

    fn rsync_version(&self) -> Result<String, String>;

    /// Returns the free disk space in KiB.
    fn free_space(&self) -> Result<u64, String>;
}
