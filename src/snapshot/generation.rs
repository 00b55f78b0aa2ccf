//! Generations on disk: the output of one run of the publisher, written atomically.
//!
//! A generation is the directory `ID/` with `snapshot`, `public/…`, an optional `retained_hosts`, and `MANIFEST`. The symbolic
//! link `current` next to it points to the published one. `MANIFEST` is text:
//!
//! ```text
//! mirrormanager-manifest 1
//! generation 0123456789abcdef
//! as_of 1700000000
//! SHA256  SIZE  PATH
//! …
//! ```
//!
//! with one line per file, sorted by path. The ID is the first 16 hexadecimal digits of the SHA-256 of the file lines
//! (each with its line feed): equal content has the same ID wherever and whenever it was written, and `as_of` is not
//! part of it. So no file can contain the ID; pages show the snapshot ID instead, which is a hash of the snapshot.
//!
//! A new generation is written to `.new-…`, synced to the disk, and renamed; then the link is switched. A run that was killed
//! leaves at most a `.new-…` behind, which no program reads and the next run removes.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::Timestamp;
use crate::sys::file_error::FileError;
use crate::sys::regular_file;

mod manifest;

pub use manifest::{GenerationId, Manifest, ManifestEntry, ManifestError};

/// Size limit of a manifest in bytes.
pub(crate) const MAX_MANIFEST: u64 = 64 << 20;

/// Size limit of a file that is read as a whole, in bytes.
const MAX_FILE: u64 = super::MAX_BYTES;

/// Receives the files of a generation from several threads.
pub trait GenerationSink: Sync {
    /// Adds a file; `path` is relative to the generation. Fails if the path was already added.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError>;

    /// Returns the manifest of the files that were added; `as_of` is the time at which they are up to date.
    fn manifest(&self, as_of: Timestamp) -> Manifest;
}

/// The file of a generation that servers load.
pub(crate) const SNAPSHOT: &str = "snapshot";
/// The file of a generation that names the repositories with retained hosts; missing if there are none.
pub(crate) const RETAINED_HOSTS: &str = "retained_hosts";
/// The directory of a generation that contains the pages.
pub(crate) const PUBLIC: &str = "public";
/// The file of a generation that lists all others.
pub const MANIFEST: &str = "MANIFEST";
/// The link to the published generation.
pub(crate) const CURRENT: &str = "current";

/// A failure to write or read a generation.
#[derive(Debug, Error)]
pub enum GenerationError {
    /// An operation on the file system failed while writing.
    #[error("{0}; the published generation is unchanged")]
    Write(#[source] FileError),
    /// A file cannot be read.
    #[error("{0}")]
    Read(#[source] FileError),
    /// The manifest is invalid.
    #[error("{path}: {why}")]
    Manifest {
        /// The path of the manifest.
        path: PathBuf,
        /// The reason why it is invalid.
        #[source]
        why: ManifestError,
    },
    /// A file does not match the manifest.
    #[error("{path} is corrupt: {why}")]
    Corrupt {
        /// The path of the file.
        path: PathBuf,
        /// The difference from the manifest.
        why: String,
    },
}

impl GenerationError {
    fn read(path: &Path, why: io::Error) -> Self {
        Self::Read(FileError::new("read", path, why))
    }

    /// The file does not have the content that the manifest records.
    fn differs(path: PathBuf, entry: &ManifestEntry) -> Self {
        let why = format!(
            "it differs from the manifest, which has {} bytes with SHA-256 {}",
            entry.size, entry.sha256
        );
        Self::Corrupt { path, why }
    }
}

/// Returns the manifests of all generations in `dir`, in no particular order; other directories are skipped.
pub(crate) fn list(dir: &Path) -> Result<Vec<Manifest>, GenerationError> {
    let mut out = Vec::new();
    for name in names(dir)? {
        if let Ok(id) = name.parse::<GenerationId>()
            && let Ok(manifest) = read_manifest(&dir.join(&name))
            && manifest.id == id
        {
            out.push(manifest);
        }
    }
    Ok(out)
}

/// Sorts manifests, the newest first. One of the future was written with a wrong clock, and counts as older than all others.
pub(crate) fn sort_newest_first(manifests: &mut [Manifest], now: Timestamp) {
    manifests.sort_by(|a, b| {
        let key = |m: &Manifest| (m.as_of <= now, m.as_of);
        (key(b), &b.id).cmp(&(key(a), &a.id))
    });
}

pub(crate) fn names(dir: &Path) -> Result<Vec<String>, GenerationError> {
    let read = |why| GenerationError::read(dir, why);
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        if let Ok(name) = entry.map_err(read)?.file_name().into_string() {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

/// Returns the ID that the link `current` in `dir` points to; `None` if the link is missing or has another target.
pub fn current_id(dir: &Path) -> Option<GenerationId> {
    let target = fs::read_link(dir.join(CURRENT)).ok()?;
    target.to_str()?.parse().ok()
}

/// Returns the directory of the published generation and its manifest; `None` if nothing was published yet. The link is
/// resolved once: the files of the returned directory belong to one generation.
pub fn current(dir: &Path) -> Result<Option<(PathBuf, Manifest)>, GenerationError> {
    current_id(dir).map(|id| find(dir, &id)).transpose()
}

/// Returns the directory of the generation `id` and its manifest.
pub(crate) fn find(dir: &Path, id: &GenerationId) -> Result<(PathBuf, Manifest), GenerationError> {
    let place = dir.join(id.as_str());
    let manifest = read_manifest(&place)?;
    if manifest.id != *id {
        return Err(GenerationError::Corrupt {
            path: place.join(MANIFEST),
            why: format!("it is the manifest of {}", manifest.id),
        });
    }
    Ok((place, manifest))
}

/// Reads the manifest of the generation in the directory `place`, without checking its files.
pub(crate) fn read_manifest(place: &Path) -> Result<Manifest, GenerationError> {
    let path = place.join(MANIFEST);
    let text = regular_file::read_to_string(&path, MAX_MANIFEST).map_err(|why| GenerationError::read(&path, why))?;
    text.parse().map_err(|why| GenerationError::Manifest { path, why })
}

/// Reads the manifest of the generation in `place` and compares every file with it.
pub fn verify(place: &Path) -> Result<Manifest, GenerationError> {
    let manifest = read_manifest(place)?;
    for entry in &manifest.files {
        check_file(place, entry)?;
    }
    Ok(manifest)
}

/// Reads the file `name` of the generation in `place`; fails if it differs from the manifest.
pub fn read_file(place: &Path, manifest: &Manifest, name: &str) -> Result<Vec<u8>, GenerationError> {
    let path = place.join(name);
    let Some(entry) = manifest.file(name) else {
        let why = "it is not in the manifest".to_owned();
        return Err(GenerationError::Corrupt { path, why });
    };
    let (_, meta) = regular_file::open(&path).map_err(|why| GenerationError::read(&path, why))?;
    if meta.len() != entry.size {
        return Err(GenerationError::differs(path, entry));
    }
    let bytes = regular_file::read(&path, MAX_FILE).map_err(|why| GenerationError::read(&path, why))?;
    if ManifestEntry::new(name, &bytes) != *entry {
        return Err(GenerationError::differs(path, entry));
    }
    Ok(bytes)
}

fn check_file(place: &Path, entry: &ManifestEntry) -> Result<(), GenerationError> {
    let path = place.join(&entry.path);
    let read = |why| GenerationError::read(&path, why);
    let (mut file, meta) = regular_file::open(&path).map_err(read)?;
    if meta.len() != entry.size {
        return Err(GenerationError::differs(path, entry));
    }
    let mut hash = Sha256::new();
    let mut size: u64 = 0;
    let mut buffer = vec![0_u8; 65_536];
    loop {
        let n = file.read(&mut buffer).map_err(read)?;
        if n == 0 {
            break;
        }
        hash.update(buffer.get(..n).unwrap_or_default());
        size += u64::try_from(n).unwrap_or(0);
    }
    if size != entry.size || hex::encode(hash.finalize()) != entry.sha256 {
        return Err(GenerationError::differs(path, entry));
    }
    Ok(())
}
