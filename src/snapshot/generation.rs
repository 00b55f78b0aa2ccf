//! Generations on disk: what a run of the publisher wrote, whole or not at all.
//!
//! A generation is the directory `ID/` with `snapshot`, `public/…`, perhaps `carried`, and `MANIFEST`; the symbolic link `current`
//! beside it names the published one. `MANIFEST` is text:
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
//! part of it. So no file may hold the ID; pages that want to name their edition name the hash of the snapshot.
//!
//! A new generation is written to `.new-…` file by file as it is made, synced to the disk, and renamed; then the link is switched
//! (see [`GenerationWriter`]). A run that was killed leaves at most a `.new-…` behind, which nobody reads and the next run removes.

use crate::model::Timestamp;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

mod manifest;

pub use manifest::{GenerationId, Manifest, ManifestEntry, ManifestError};

/// Takes the files of a generation, by several threads at once.
pub trait GenerationSink: Sync {
    /// Takes a file; `path` is below the generation. Of two with one path, one is an error.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError>;

    /// What lists the files that were taken, found to be up to date at `as_of`.
    fn manifest(&self, as_of: Timestamp) -> Manifest;
}

/// The file of a generation that servers load.
pub const SNAPSHOT: &str = "snapshot";
/// The file of a generation that tells which repositories keep hosts they lost, where any do.
pub const CARRIED: &str = "carried";
/// The directory of a generation that holds the pages.
pub const PUBLIC: &str = "public";
/// The file that lists all others.
pub const MANIFEST: &str = "MANIFEST";
/// The link to the published generation.
pub const CURRENT: &str = "current";
/// Why a generation could not be written or read.
#[derive(Debug, Error)]
pub enum GenerationError {
    /// The system refused; the message says what was being done.
    #[error("cannot {doing} {path}: {why}; the published generation is unchanged")]
    Write {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        #[source]
        why: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {why}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        why: io::Error,
    },
    /// The manifest is not one.
    #[error("{path}: {why}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        why: ManifestError,
    },
    /// A file is not what the manifest says.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        why: String,
    },
}

/// The manifests of all generations in `dir`, in no particular order; what is not a generation is left out.
pub fn list(dir: &Path) -> Result<Vec<Manifest>, GenerationError> {
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

pub(crate) fn names(dir: &Path) -> Result<Vec<String>, GenerationError> {
    let read = |why| GenerationError::Read {
        path: dir.to_owned(),
        why,
    };
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        if let Ok(name) = entry.map_err(read)?.file_name().into_string() {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

/// The ID that the link `current` in `dir` names; `None` when there is no such link, or it names something else.
pub fn current_id(dir: &Path) -> Option<GenerationId> {
    let target = fs::read_link(dir.join(CURRENT)).ok()?;
    target.to_str()?.parse().ok()
}

/// The directory of the published generation and its manifest; `None` when nothing was published yet. The link is resolved
/// once: the files of the returned directory are those of one generation.
pub fn current(dir: &Path) -> Result<Option<(PathBuf, Manifest)>, GenerationError> {
    current_id(dir).map(|id| at(dir, &id)).transpose()
}

/// The directory of one of the generations that are kept, and its manifest.
pub fn at(dir: &Path, id: &GenerationId) -> Result<(PathBuf, Manifest), GenerationError> {
    let place = dir.join(id.as_str());
    let manifest = read_manifest(&place)?;
    if manifest.id != *id {
        return Err(GenerationError::Damaged {
            path: place.join(MANIFEST),
            why: format!("it is the manifest of {}", manifest.id),
        });
    }
    Ok((place, manifest))
}

/// The manifest of the generation that lies at `place`; its files are not looked at.
pub fn read_manifest(place: &Path) -> Result<Manifest, GenerationError> {
    let path = place.join(MANIFEST);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) => return Err(GenerationError::Read { path, why }),
    };
    text.parse().map_err(|why| GenerationError::Manifest { path, why })
}

/// Reads the manifest at `place` and compares every file with it.
pub fn verify(place: &Path) -> Result<Manifest, GenerationError> {
    let manifest = read_manifest(place)?;
    for entry in &manifest.files {
        check_file(place, entry)?;
    }
    Ok(manifest)
}

/// Reads the file `name` of the generation at `place`, as the manifest has it or not at all.
pub fn read_file(place: &Path, manifest: &Manifest, name: &str) -> Result<Vec<u8>, GenerationError> {
    let path = place.join(name);
    let Some(entry) = manifest.file(name) else {
        let why = "the manifest does not name it".to_owned();
        return Err(GenerationError::Damaged { path, why });
    };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(why) => return Err(GenerationError::Read { path, why }),
    };
    if ManifestEntry::of(name, &bytes) == *entry {
        Ok(bytes)
    } else {
        Err(not_as_listed(path, entry))
    }
}

fn not_as_listed(path: PathBuf, entry: &ManifestEntry) -> GenerationError {
    GenerationError::Damaged {
        path,
        why: format!(
            "the manifest says {} bytes with SHA-256 {}, and it holds something else",
            entry.size, entry.sha256
        ),
    }
}

fn check_file(place: &Path, entry: &ManifestEntry) -> Result<(), GenerationError> {
    let path = place.join(&entry.path);
    let read = |why| GenerationError::Read {
        path: path.clone(),
        why,
    };
    let mut file = fs::File::open(&path).map_err(read)?;
    let mut hash = Sha256::new();
    let mut size: u64 = 0;
    let mut buffer = vec![0_u8; 65_536];
    loop {
        let n = file.read(&mut buffer).map_err(read)?;
        let Some(part) = buffer.get(..n).filter(|p| !p.is_empty()) else {
            break;
        };
        hash.update(part);
        size += u64::try_from(n).unwrap_or(0);
    }
    if size == entry.size && hex::encode(hash.finalize()) == entry.sha256 {
        Ok(())
    } else {
        Err(not_as_listed(path, entry))
    }
}
