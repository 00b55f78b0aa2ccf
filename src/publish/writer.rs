//! A generation in the making: its files go to the disk as they are made, so that they are never in memory all at once. What is
//! published as it is already waits until another file differs: a run that changes nothing writes nothing.

use crate::snapshot::generation::GenerationSink;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, RenameFlags};
use tempfile::TempDir;

use crate::model::Timestamp;
use crate::sys::atomic;

use crate::snapshot::generation::{
    CURRENT, GenerationError, GenerationId, MANIFEST, Manifest, ManifestEntry, current, current_id, list, names,
    read_file, verify,
};

/// How directories begin that are not whole yet.
const TEMPORARY: &str = ".new-";
/// How many files are brought to the disk at the same time.
const FSYNC_THREADS: usize = 16;
/// How `sys::atomic` names a link before it is switched.
const TEMPORARY_LINK: &str = ".link-";

/// What was taken, by path.
#[derive(Debug, Default)]
struct Entries(Mutex<BTreeMap<String, ManifestEntry>>);

impl Entries {
    /// Notes a file.
    fn record(&self, path: &str, bytes: &[u8]) -> Result<ManifestEntry, GenerationError> {
        let entry = ManifestEntry::of(path, bytes);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(path.to_owned(), entry.clone()).is_some() {
            let why = io::Error::new(io::ErrorKind::AlreadyExists, "there are two files of this name");
            return Err(failed("write", Path::new(path), why));
        }
        Ok(entry)
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Manifest::of(all.values().cloned().collect(), as_of)
    }
}

/// A generation that nobody wants written, only known: for a run that changes nothing.
#[derive(Debug, Default)]
pub struct DryRunSink(Entries);

impl GenerationSink for DryRunSink {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError> {
        self.0.record(path, bytes).map(drop)
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        self.0.manifest(as_of)
    }
}

/// A generation in a directory of its own beside the place that it is to have. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct GenerationWriter {
    /// Where generations lie.
    dir: PathBuf,
    place: TempDir,
    entries: Entries,
    /// What is published now.
    published: Option<(PathBuf, Manifest)>,
    /// Files that lie there with the same content, and not here yet.
    same: Mutex<Vec<String>>,
    /// What could not be removed before, in words.
    cleanup_warnings: Vec<String>,
}

impl GenerationSink for GenerationWriter {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError> {
        let entry = self.entries.record(path, bytes)?;
        if self.is_published(&entry, bytes) {
            self.same
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(entry.path);
            return Ok(());
        }
        let path = self.place.path().join(path);
        write_file(&path, bytes).map_err(|why| failed("write", &path, why))
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        self.entries.manifest(as_of)
    }
}

/// What became of [`GenerationWriter::publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishResult {
    /// The generation.
    pub id: GenerationId,
    /// Whether another one was current before; otherwise only `as_of` was refreshed.
    pub changed: bool,
    /// Old generations that were removed.
    pub removed: Vec<GenerationId>,
    /// What could not be removed, in words: it takes room, and nothing else.
    pub cleanup_warnings: Vec<String>,
}

impl GenerationWriter {
    /// Begins one in the directory where generations lie, which is made if it is not there; what killed runs left is removed first.
    /// Only one process may do this at a time: callers hold the lock of the job.
    pub fn begin(dir: &Path) -> Result<Self, GenerationError> {
        fs::create_dir_all(dir).map_err(|why| failed("create", dir, why))?;
        let left = clear_leftovers(dir);
        let place = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempdir_in(dir)
            .map_err(|why| failed("create a directory in", dir, why))?;
        Ok(Self {
            dir: dir.to_owned(),
            place,
            entries: Entries::default(),
            published: current(dir).ok().flatten(),
            same: Mutex::default(),
            cleanup_warnings: left,
        })
    }

    /// Whether what is published has a file with this content, and it is undamaged.
    fn is_published(&self, entry: &ManifestEntry, bytes: &[u8]) -> bool {
        let listed = |(place, manifest): &(PathBuf, Manifest)| {
            manifest.file(&entry.path) == Some(entry)
                && fs::read(place.join(&entry.path)).is_ok_and(|there| there == bytes)
        };
        self.published.as_ref().is_some_and(listed)
    }

    /// Puts it in its place, points `current` at it, and removes all but the newest `keep` (the current one is always kept).
    ///
    /// When the content is that of the current generation, only `as_of` of its manifest is refreshed. When anything fails, the
    /// generation that was current is so still. Tidying up cannot fail: what stays in the way of nobody is named.
    pub fn publish(mut self, as_of: Timestamp, keep: u32) -> Result<PublishResult, GenerationError> {
        let manifest = self.entries.manifest(as_of);
        let (dir, mut left) = (self.dir.clone(), std::mem::take(&mut self.cleanup_warnings));
        let id = manifest.id.clone();
        let place = dir.join(id.as_str());
        let changed = current_id(&dir).as_ref() != Some(&id);
        let same = self.same.get_mut().map_or(0, |same| same.len());
        // All that was put was compared with what is published already.
        if (!changed && same == manifest.files.len()) || verify(&place).is_ok_and(|m| m.id == id) {
            let path = place.join(MANIFEST);
            atomic::write(&path, manifest.to_string().as_bytes(), 0o644)
                .map_err(|why| failed("refresh", &path, why))?;
        } else {
            self.settle(&place, &manifest)?;
        }
        if changed {
            let link = dir.join(CURRENT);
            atomic::switch_link(&link, Path::new(id.as_str())).map_err(|why| failed("switch", &link, why))?;
        }
        let removed = remove_old(&dir, &id, keep, &mut left);
        Ok(PublishResult {
            id,
            changed,
            removed,
            cleanup_warnings: left,
        })
    }

    /// Brings all of it to the disk and renames it. A damaged one in its place is exchanged and removed.
    fn settle(self, place: &Path, manifest: &Manifest) -> Result<(), GenerationError> {
        let root = self.place.path();
        let same = self.same.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((from, listed)) = &self.published {
            let same: Vec<PathBuf> = same.iter().map(|path| root.join(path)).collect();
            several_at_once(&same, |path| {
                let name = path.strip_prefix(root).unwrap_or(path).to_str().unwrap_or_default();
                let bytes = read_file(from, listed, name).map_err(io::Error::other)?;
                write_file(path, &bytes)
            })?;
        }
        let last = root.join(MANIFEST);
        write_file(&last, manifest.to_string().as_bytes()).map_err(|why| failed("write", &last, why))?;
        let mut files: Vec<PathBuf> = manifest.files.iter().map(|f| root.join(&f.path)).collect();
        files.push(last);
        let above = |path: &PathBuf| -> Vec<PathBuf> {
            let to_root = path.ancestors().skip(1).take_while(|p| p.starts_with(root));
            to_root.map(Path::to_path_buf).collect()
        };
        let directories: BTreeSet<PathBuf> = files.iter().flat_map(above).collect();
        let directories: Vec<PathBuf> = directories.into_iter().collect();
        several_at_once(&files, |path| fs::File::open(path).and_then(|f| f.sync_all()))?;
        several_at_once(&directories, sync_open_directory)?;
        let renamed = if place.exists() {
            rustix::fs::renameat_with(CWD, root, CWD, place, RenameFlags::EXCHANGE).map_err(io::Error::from)
        } else {
            fs::rename(root, place)
        };
        renamed
            .and_then(|()| atomic::sync_dir(&self.dir))
            .map_err(|why| failed("rename the new generation to", place, why))?;
        // Nothing lies under the temporary name now, or what was damaged; what cannot be removed is left for the next run.
        drop(self.place.close());
        Ok(())
    }
}

fn failed(doing: &'static str, path: &Path, why: io::Error) -> GenerationError {
    GenerationError::Write {
        doing,
        path: path.to_owned(),
        why,
    }
}

/// Writes a new file, and the directories above it.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
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
fn several_at_once(paths: &[PathBuf], work: impl Fn(&Path) -> io::Result<()> + Sync) -> Result<(), GenerationError> {
    let one = |path: &PathBuf| work(path).map_err(|why| failed("write", path, why));
    let each = paths.len().div_ceil(FSYNC_THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (paths.chunks(each))
            .map(|part| scope.spawn(|| part.iter().try_for_each(&one)))
            .collect();
        // A thread that panicked has not told that its files are there.
        let died = |_| Err(failed("write", Path::new(MANIFEST), io::Error::other("a thread died")));
        threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(died))
    })
}

/// What is said of what cannot be removed.
fn cleanup_warning(path: &Path, why: &io::Error) -> String {
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
            left.push(cleanup_warning(&path, &why));
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
            left.push(cleanup_warning(&path, &why));
            continue;
        }
        if let Err(why) = fs::remove_dir_all(&aside) {
            left.push(cleanup_warning(&aside, &why));
        }
        removed.push(m.id);
    }
    removed
}

#[cfg(test)]
mod tests;
