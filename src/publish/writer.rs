//! Writes a generation. Files are written to the disk as they are added, so that they are never all in memory. Files that are
//! equal to published ones are deferred until another file differs: a run that changes nothing writes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use itertools::Itertools;
use rustix::fs::{CWD, RenameFlags};
use tempfile::TempDir;

use crate::model::Timestamp;
use crate::snapshot::generation::{
    CURRENT, GenerationError, GenerationId, GenerationSink, MANIFEST, Manifest, ManifestEntry, current, current_id,
    list, names, read_file, sort_newest_first, verify,
};
use crate::sys::file_error::FileError;
use crate::sys::{atomic, parallel, regular_file};

/// The prefix of directories of unfinished generations.
const TEMPORARY: &str = ".new-";
/// The number of files that are synced to the disk at the same time.
const FSYNC_THREADS: usize = 16;
/// Servers read generations as the owner or in the group. Others may not: a snapshot names private hosts.
const FILE_MODE: u32 = 0o640;
const DIRECTORY_MODE: u32 = 0o750;
const SET_GROUP_ID: u32 = 0o2000;
/// The prefix that `sys::atomic` uses for a link before it is switched.
const TEMPORARY_LINK: &str = ".link-";

/// A sink for dry runs: computes the manifest without writing files.
#[derive(Debug, Default)]
pub(crate) struct DryRunSink(Mutex<BTreeMap<String, ManifestEntry>>);

impl DryRunSink {
    fn record(&self, path: &str, bytes: &[u8]) -> Result<ManifestEntry, GenerationError> {
        let entry = ManifestEntry::new(path, bytes);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(path.to_owned(), entry.clone()).is_some() {
            let why = io::Error::new(io::ErrorKind::AlreadyExists, "two files have this path");
            return Err(write_error("write", Path::new(path), why));
        }
        Ok(entry)
    }
}

impl GenerationSink for DryRunSink {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError> {
        self.record(path, bytes).map(drop)
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Manifest::new(all.values().cloned().collect(), as_of)
    }
}

/// An unfinished generation in a temporary directory, which is removed on drop.
#[derive(Debug)]
pub struct GenerationWriter {
    /// The directory of generations.
    dir: PathBuf,
    temporary: TempDir,
    entries: DryRunSink,
    published: Option<(PathBuf, Manifest)>,
    /// Paths of files that are equal to published ones and not written yet.
    unchanged: Mutex<Vec<String>>,
    cleanup_warnings: Vec<String>,
}

impl GenerationSink for GenerationWriter {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError> {
        let entry = self.entries.record(path, bytes)?;
        if self.is_published(&entry, bytes) {
            let mut unchanged = self.unchanged.lock().unwrap_or_else(PoisonError::into_inner);
            unchanged.push(entry.path);
            return Ok(());
        }
        let path = self.temporary.path().join(path);
        write_file(&path, bytes).map_err(|why| write_error("write", &path, why))
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        self.entries.manifest(as_of)
    }
}

/// The result of [`GenerationWriter::publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishResult {
    /// The ID of the generation.
    pub id: GenerationId,
    /// True if another generation was current before; otherwise only `as_of` was refreshed.
    pub changed: bool,
    /// The old generations that were removed.
    pub removed: Vec<GenerationId>,
    /// Messages about files that could not be removed; they only use disk space.
    pub cleanup_warnings: Vec<String>,
}

impl GenerationWriter {
    /// Starts a generation in `dir`, which is created if missing, and removes the leftovers of killed runs. Only one process may
    /// do this at a time: callers hold the lock of the job.
    pub fn new(dir: &Path) -> Result<Self, GenerationError> {
        fs::create_dir_all(dir).map_err(|why| write_error("create", dir, why))?;
        let cleanup_warnings = remove_leftovers(dir);
        let temporary = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempdir_in(dir)
            .map_err(|why| write_error("create a directory in", dir, why))?;
        Ok(Self {
            dir: dir.to_owned(),
            temporary,
            entries: DryRunSink::default(),
            published: current(dir).ok().flatten(),
            unchanged: Mutex::default(),
            cleanup_warnings,
        })
    }

    /// Returns true if the published generation has an intact file with this path and content.
    fn is_published(&self, entry: &ManifestEntry, bytes: &[u8]) -> bool {
        let is_equal = |(place, manifest): &(PathBuf, Manifest)| {
            manifest.file(&entry.path) == Some(entry)
                && regular_file::read(&place.join(&entry.path), entry.size).is_ok_and(|published| published == bytes)
        };
        self.published.as_ref().is_some_and(is_equal)
    }

    /// Completes the generation, switches `current` to it, and removes all but the newest `keep` generations (the current one
    /// is always kept).
    ///
    /// If the content equals that of the current generation, only `as_of` of its manifest is refreshed. On failure, the
    /// previous generation stays current. Failures to remove old files are only warnings.
    pub fn publish(mut self, as_of: Timestamp, keep: u32) -> Result<PublishResult, GenerationError> {
        let manifest = self.entries.manifest(as_of);
        let (dir, mut warnings) = (self.dir.clone(), std::mem::take(&mut self.cleanup_warnings));
        let id = manifest.id.clone();
        let place = dir.join(id.as_str());
        let changed = current_id(&dir).as_ref() != Some(&id);
        let unchanged = self.unchanged.get_mut().map_or(0, |paths| paths.len());
        // Unchanged files were compared when they were added.
        if (!changed && unchanged == manifest.files.len()) || verify(&place).is_ok_and(|m| m.id == id) {
            let path = place.join(MANIFEST);
            atomic::write(&path, manifest.to_string().as_bytes(), FILE_MODE)
                .map_err(|why| write_error("refresh", &path, why))?;
        } else {
            self.complete(&place, &manifest)?;
        }
        if changed {
            let link = dir.join(CURRENT);
            atomic::switch_link(&link, Path::new(id.as_str())).map_err(|why| write_error("switch", &link, why))?;
        }
        let removed = remove_old(&dir, &manifest, keep, &mut warnings);
        Ok(PublishResult {
            id,
            changed,
            removed,
            cleanup_warnings: warnings,
        })
    }

    /// Copies the unchanged files, syncs everything to the disk and renames the directory to `place`. A corrupt generation there
    /// is exchanged and removed.
    fn complete(self, place: &Path, manifest: &Manifest) -> Result<(), GenerationError> {
        let root = self.temporary.path();
        let unchanged = self.unchanged.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((from, published)) = &self.published {
            let unchanged: Vec<PathBuf> = unchanged.iter().map(|path| root.join(path)).collect();
            for_each_parallel(&unchanged, |path| {
                let name = path.strip_prefix(root).unwrap_or(path).to_str().unwrap_or_default();
                let bytes = read_file(from, published, name).map_err(io::Error::other)?;
                write_file(path, &bytes)
            })?;
        }
        let manifest_path = root.join(MANIFEST);
        write_file(&manifest_path, manifest.to_string().as_bytes())
            .map_err(|why| write_error("write", &manifest_path, why))?;
        let mut files: Vec<PathBuf> = manifest.files.iter().map(|f| root.join(&f.path)).collect();
        files.push(manifest_path);
        let parents = |path: &PathBuf| -> Vec<PathBuf> {
            let to_root = path.ancestors().skip(1).take_while(|p| p.starts_with(root));
            to_root.map(Path::to_path_buf).collect()
        };
        let directories: Vec<PathBuf> = files.iter().flat_map(parents).sorted().dedup().collect();
        for_each_parallel(&files, |path| fs::File::open(path).and_then(|f| f.sync_all()))?;
        for_each_parallel(&directories, publish_directory)?;
        let renamed = if place.exists() {
            rustix::fs::renameat_with(CWD, root, CWD, place, RenameFlags::EXCHANGE).map_err(io::Error::from)
        } else {
            fs::rename(root, place)
        };
        renamed
            .and_then(|()| atomic::sync_dir(&self.dir))
            .map_err(|why| write_error("rename the new generation to", place, why))?;
        // The temporary path is gone now, or has the corrupt generation; if it cannot be removed, the next run retries.
        drop(self.temporary.close());
        Ok(())
    }
}

fn write_error(doing: &'static str, path: &Path, why: io::Error) -> GenerationError {
    GenerationError::Write(FileError::new(doing, path, why))
}

/// Writes a new file and creates its parent directories.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(FILE_MODE))
}

/// Makes a directory readable for its group and syncs it to the disk. A set-group-ID bit, by which an administrator chose the group of
/// `generations_dir`, is kept.
fn publish_directory(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode() & SET_GROUP_ID;
    fs::set_permissions(path, fs::Permissions::from_mode(DIRECTORY_MODE | mode))?;
    atomic::sync_dir(path)
}

/// Runs an operation that waits for the disk on several paths at the same time.
fn for_each_parallel(paths: &[PathBuf], work: impl Fn(&Path) -> io::Result<()> + Sync) -> Result<(), GenerationError> {
    let results = parallel::map(paths, FSYNC_THREADS, |path| work(path));
    paths.iter().zip(results).try_for_each(|(path, result)| {
        let result = result.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        result.map_err(|why| write_error("write", path, why))
    })
}

fn cleanup_warning(path: &Path, why: &io::Error) -> String {
    format!(
        "cannot remove {}: {why}; it is not used, remove it by hand",
        path.display()
    )
}

/// Removes the leftovers of killed runs; returns warnings for those that remain.
fn remove_leftovers(dir: &Path) -> Vec<String> {
    let found = match names(dir) {
        Ok(found) => found,
        Err(e) => return vec![format!("cannot find leftovers of killed runs: {e}")],
    };
    let remove = |name: String| {
        let path = dir.join(&name);
        let removed = if name.starts_with(TEMPORARY) {
            fs::remove_dir_all(&path)
        } else if name.starts_with(TEMPORARY_LINK) {
            fs::remove_file(&path)
        } else {
            Ok(())
        };
        removed.err().map(|why| cleanup_warning(&path, &why))
    };
    found.into_iter().filter_map(remove).collect()
}

/// Removes all generations except `current` and the newest ones, `keep` in total, and adds warnings for those that remain. Other
/// directories are not touched.
fn remove_old(dir: &Path, current: &Manifest, keep: u32, warnings: &mut Vec<String>) -> Vec<GenerationId> {
    let mut all = list(dir).unwrap_or_else(|e| {
        warnings.push(format!("cannot find old generations: {e}"));
        Vec::new()
    });
    sort_newest_first(&mut all, current.as_of);
    let others = all.into_iter().filter(|m| m.id != current.id);
    let kept = usize::try_from(keep.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut removed = Vec::new();
    for m in others.skip(kept) {
        let path = dir.join(m.id.as_str());
        // Renamed first, so that no reader sees a half-removed generation.
        let aside = dir.join(format!("{TEMPORARY}{}", m.id));
        if let Err(why) = fs::rename(&path, &aside) {
            warnings.push(cleanup_warning(&path, &why));
            continue;
        }
        if let Err(why) = fs::remove_dir_all(&aside) {
            warnings.push(cleanup_warning(&aside, &why));
        }
        removed.push(m.id);
    }
    removed
}

#[cfg(test)]
mod tests;
