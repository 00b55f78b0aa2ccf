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
//! A new generation is written to `.new-…`, synced to the disk, and renamed; then the link is switched. A run that was
//! killed leaves at most a `.new-…` behind, which nobody reads and the next run removes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::Epoch;
use crate::sys::atomic;

pub mod carried;
mod manifest;

pub use manifest::{Entry, GenerationId, Manifest, ManifestError};

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
/// How directories begin that are not whole yet.
const TEMPORARY: &str = ".new-";
/// How many files are written and brought to the disk at the same time.
const AT_ONCE: usize = 16;
/// How `sys::atomic` names a link before it is switched.
const TEMPORARY_LINK: &str = ".link-";

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

/// The content of a generation: path below it → bytes, without the manifest.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A generation that is to be written.
#[derive(Debug)]
pub struct Generation {
    files: Files,
    manifest: Manifest,
}

impl Generation {
    /// Of these files, found to be up to date at `as_of`.
    pub fn of(files: Files, as_of: Epoch) -> Self {
        let manifest = Manifest::of(&files, as_of);
        Self { files, manifest }
    }

    /// What lists its files.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// What became of [`fn@write`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The generation.
    pub id: GenerationId,
    /// Whether another one was current before; otherwise only `as_of` was refreshed.
    pub changed: bool,
    /// Old generations that were removed.
    pub removed: Vec<GenerationId>,
    /// What could not be removed, in words: it takes room, and nothing else.
    pub left: Vec<String>,
}

/// Writes a generation, points `current` at it, and removes all but the newest `keep` (the current one is always kept). Only one
/// process may do this at a time: callers hold the lock of the job.
///
/// When the content is that of the current generation, only `as_of` of its manifest is refreshed. When anything fails, the
/// generation that was current is so still. Tidying up cannot fail: what stays in the way of nobody is named.
pub fn write(dir: &Path, generation: &Generation, keep: u32) -> Result<Written, GenerationError> {
    fs::create_dir_all(dir).map_err(|why| failed("create", dir, why))?;
    let mut left = clear_leftovers(dir);
    let manifest = &generation.manifest;
    let id = manifest.id.clone();
    let place = dir.join(id.as_str());
    let changed = current_id(dir).as_ref() != Some(&id);
    if verify(&place).is_ok_and(|m| m.id == id) {
        let path = place.join(MANIFEST);
        atomic::write(&path, manifest.to_string().as_bytes(), 0o644).map_err(|why| failed("refresh", &path, why))?;
    } else {
        write_new(dir, &place, generation)?;
    }
    if changed {
        let link = dir.join(CURRENT);
        atomic::switch_link(&link, Path::new(id.as_str())).map_err(|why| failed("switch", &link, why))?;
    }
    let removed = remove_old(dir, &id, keep, &mut left);
    Ok(Written {
        id,
        changed,
        removed,
        left,
    })
}

fn failed(doing: &'static str, path: &Path, why: io::Error) -> GenerationError {
    GenerationError::Write {
        doing,
        path: path.to_owned(),
        why,
    }
}

/// Writes the directory beside its place and renames it there. A damaged one in its place is exchanged and removed.
fn write_new(dir: &Path, place: &Path, generation: &Generation) -> Result<(), GenerationError> {
    let temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempdir_in(dir)
        .map_err(|why| failed("create a directory in", dir, why))?;
    let root = temporary.path();
    let manifest = generation.manifest.to_string();
    let files: Vec<(PathBuf, &[u8])> = (generation.files.iter())
        .map(|(path, bytes)| (root.join(path), bytes.as_slice()))
        .chain([(root.join(MANIFEST), manifest.as_bytes())])
        .collect();
    let above = |path: &Path| -> Vec<PathBuf> {
        let below_root = path.ancestors().skip(1).take_while(|p| *p != root);
        below_root.map(Path::to_path_buf).collect()
    };
    let mut directories: BTreeSet<PathBuf> = files.iter().flat_map(|(path, _)| above(path)).collect();
    // In their order, what lies above another comes first.
    for d in &directories {
        fs::create_dir(d).map_err(|why| failed("create", d, why))?;
    }
    directories.insert(root.to_owned());
    several_at_once(&files, |(path, bytes)| (path, write_file(path, bytes)))?;
    several_at_once(&files, |(path, _)| {
        (path, fs::File::open(path).and_then(|f| f.sync_all()))
    })?;
    let directories: Vec<PathBuf> = directories.into_iter().collect();
    several_at_once(&directories, |d| (d, sync_open_directory(d)))?;
    let renamed = if place.exists() {
        rustix::fs::renameat_with(CWD, root, CWD, place, RenameFlags::EXCHANGE).map_err(io::Error::from)
    } else {
        fs::rename(root, place)
    };
    renamed
        .and_then(|()| atomic::sync_dir(dir))
        .map_err(|why| failed("rename the new generation to", place, why))?;
    // Nothing lies under the temporary name now, or what was damaged; what cannot be removed is left for the next run.
    drop(temporary.close());
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Lets the world read a directory, and brings it to the disk.
fn sync_open_directory(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    atomic::sync_dir(path)
}

/// Does something with each that waits for the disk, several at a time: a disk that is asked by one at a time is mostly waited for.
/// `work` tells on what path it was done, and whether it went well.
fn several_at_once<'i, T: Sync>(
    items: &'i [T],
    work: impl Fn(&'i T) -> (&'i PathBuf, io::Result<()>) + Sync,
) -> Result<(), GenerationError> {
    let one = |item: &'i T| {
        let (path, done) = work(item);
        done.map_err(|why| failed("write", path, why))
    };
    let each = items.len().div_ceil(AT_ONCE).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (items.chunks(each))
            .map(|part| scope.spawn(|| part.iter().try_for_each(&one)))
            .collect();
        // A thread that panicked has not told that its files are there.
        let died = |_| Err(failed("write", Path::new(MANIFEST), io::Error::other("a thread died")));
        threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(died))
    })
}

/// What is said of what cannot be removed.
fn stays(path: &Path, why: &io::Error) -> String {
    format!(
        "cannot remove {}: {why}; nobody needs it any more, remove it by hand",
        path.display()
    )
}

/// Removes what killed runs left; tells what stays.
fn clear_leftovers(dir: &Path) -> Vec<String> {
    let found = match names(dir) {
        Ok(found) => found,
        Err(e) => return vec![format!("cannot look for what killed runs left: {e}")],
    };
    let mut left = Vec::new();
    for name in found {
        let path = dir.join(&name);
        let removed = if name.starts_with(TEMPORARY) {
            fs::remove_dir_all(&path)
        } else if name.starts_with(TEMPORARY_LINK) {
            fs::remove_file(&path)
        } else {
            Ok(())
        };
        if let Err(why) = removed {
            left.push(stays(&path, &why));
        }
    }
    left
}

/// Removes all generations but the newest `keep` and `current`, and tells in `left` what stays. What is not a generation is left
/// alone.
fn remove_old(dir: &Path, current: &GenerationId, keep: u32, left: &mut Vec<String>) -> Vec<GenerationId> {
    let mut all: Vec<Manifest> = match list(dir) {
        Ok(all) => all.into_iter().filter(|m| m.id != *current).collect(),
        Err(e) => {
            left.push(format!("cannot look for old generations: {e}"));
            return Vec::new();
        }
    };
    all.sort_by(|a, b| (b.as_of, &b.id).cmp(&(a.as_of, &a.id)));
    let others = usize::try_from(keep.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut removed = Vec::new();
    for m in all.into_iter().skip(others) {
        let path = dir.join(m.id.as_str());
        // First out of sight, so that nobody sees half of it.
        let aside = dir.join(format!("{TEMPORARY}{}", m.id));
        if let Err(why) = fs::rename(&path, &aside) {
            left.push(stays(&path, &why));
            continue;
        }
        if let Err(why) = fs::remove_dir_all(&aside) {
            left.push(stays(&aside, &why));
        }
        removed.push(m.id);
    }
    removed
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

fn names(dir: &Path) -> Result<Vec<String>, GenerationError> {
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
    if Entry::of(name, &bytes) == *entry {
        Ok(bytes)
    } else {
        Err(not_as_listed(path, entry))
    }
}

fn not_as_listed(path: PathBuf, entry: &Entry) -> GenerationError {
    GenerationError::Damaged {
        path,
        why: format!(
            "the manifest says {} bytes with SHA-256 {}, and it holds something else",
            entry.size, entry.sha256
        ),
    }
}

fn check_file(place: &Path, entry: &Entry) -> Result<(), GenerationError> {
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

#[cfg(test)]
mod tests;
