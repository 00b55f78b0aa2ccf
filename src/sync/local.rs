//! A target on this host.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::target::{EXTRA_FILES_DIR, TEMPORARY, TargetAccess, TargetState};
use crate::snapshot::generation::{self, CURRENT, GenerationId, MANIFEST, Manifest};
use crate::sys::file_error::FileError;
use crate::sys::{atomic, regular_file};

/// Size limit of a file of `sync.extra_files` in bytes: at least that of the tables that servers load.
const MAX_EXTRA_FILE: u64 = 1 << 30;

pub(super) struct LocalTarget<'a> {
    pub(super) root: &'a Path,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> String {
    move |why| FileError::new(action, path, why).to_string()
}

impl LocalTarget<'_> {
    fn copy(&self, source: &Path, manifest: &Manifest) -> Result<(), String> {
        fs::create_dir_all(self.root).map_err(failed("create", self.root))?;
        let path = self.root.join(manifest.id.as_str());
        // Named by process: if an operator removes the lock of a run, two runs may copy at the same time.
        let name = format!("{TEMPORARY}{}-{}", manifest.id, std::process::id());
        let temporary = self.root.join(name);
        let result = self.copy_files(source, &temporary, manifest).and_then(|()| {
            let renamed = match fs::rename(&temporary, &path) {
                // A damaged generation, which may be current, is exchanged, so that its name exists at every moment.
                Err(_) if path.exists() => {
                    rustix::fs::renameat_with(CWD, &temporary, CWD, &path, RenameFlags::EXCHANGE)
                        .map_err(io::Error::from)
                }
                renamed => renamed,
            };
            renamed.map_err(failed("rename", &temporary))?;
            atomic::sync_dir(self.root).map_err(failed("sync", self.root))
        });
        // The damaged or incomplete generation; the next run retries a removal that fails.
        drop(fs::remove_dir_all(&temporary));
        result
    }

    fn copy_files(&self, source: &Path, temporary: &Path, manifest: &Manifest) -> Result<(), String> {
        if temporary.exists() {
            fs::remove_dir_all(temporary).map_err(failed("remove the leftovers of a killed run at", temporary))?;
        }
        for name in manifest.files.iter().map(|f| f.path.as_str()).chain([MANIFEST]) {
            let path = temporary.join(name);
            let parent = path.parent().unwrap_or(temporary);
            fs::create_dir_all(parent).map_err(failed("create", parent))?;
            let from = source.join(name);
            let unread = || FileError::probe_read("read", &from);
            fs::copy(&from, &path)
                .map_err(|e| unread().map_or_else(|| failed("write", &path)(e), |unread| unread.to_string()))?;
        }
        // One call for all files: an fsync for each of thousands of pages is much slower.
        let root = File::open(self.root).map_err(failed("open", self.root))?;
        rustix::fs::syncfs(&root).map_err(|e| failed("sync", self.root)(e.into()))?;
        let written = generation::verify(temporary).map_err(|e| e.to_string())?;
        if written.files == manifest.files {
            Ok(())
        } else {
            Err(format!("{} changed while it was copied", source.display()))
        }
    }

    fn nearest_existing_dir(&self) -> &Path {
        self.root.ancestors().find(|p| p.exists()).unwrap_or(self.root)
    }
}

impl TargetAccess for LocalTarget<'_> {
    fn inspect(&self, wanted: Option<&Manifest>, _create: bool) -> Result<TargetState, String> {
        let current = generation::current(self.root).ok().flatten();
        let is_uploaded = wanted.is_some_and(|wanted| {
            let present = generation::verify(&self.root.join(wanted.id.as_str()));
            present.is_ok_and(|present| present.files == wanted.files)
        });
        Ok(TargetState {
            current: current.map(|(_, manifest)| manifest),
            is_uploaded,
            // `prune` reads the directory itself.
            generations: Vec::new(),
            has_leftovers: true,
        })
    }

    fn is_complete(&self, id: &GenerationId) -> Result<bool, String> {
        Ok(generation::verify(&self.root.join(id.as_str())).is_ok_and(|present| present.id == *id))
    }

    fn upload(&self, source: &Path, manifest: &Manifest, state: &TargetState) -> Result<(), String> {
        if state.is_uploaded {
            let path = self.root.join(manifest.id.as_str()).join(MANIFEST);
            atomic::write(&path, manifest.to_string().as_bytes(), 0o640).map_err(failed("update", &path))?;
        } else {
            self.copy(source, manifest)?;
        }
        self.activate(&manifest.id)
    }

    fn activate(&self, id: &GenerationId) -> Result<(), String> {
        let link = self.root.join(CURRENT);
        atomic::switch_link(&link, Path::new(id.as_str())).map_err(failed("switch", &link))
    }

    fn copy_extra_files(&self, files: &[PathBuf], dry_run: bool) -> Result<Vec<String>, String> {
        let dir = self.root.join(EXTRA_FILES_DIR);
        if !dry_run {
            fs::create_dir_all(&dir).map_err(failed("create", &dir))?;
        }
        let mut changed = Vec::new();
        for file in files {
            let name = file
                .file_name()
                .ok_or_else(|| format!("sync.extra_files: {} is not a file", file.display()))?;
            let content = regular_file::read(file, MAX_EXTRA_FILE).map_err(failed("read", file))?;
            let path = dir.join(name);
            if regular_file::read(&path, MAX_EXTRA_FILE).ok().as_ref() == Some(&content) {
                continue;
            }
            if !dry_run {
                atomic::write(&path, &content, 0o640).map_err(failed("write", &path))?;
            }
            changed.push(name.to_string_lossy().into_owned());
        }
        Ok(changed)
    }

    fn prune(&self, keep: usize, protected: &[&GenerationId], _state: &TargetState) -> Result<(), String> {
        let mut removable: Vec<(std::time::SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(self.root).map_err(failed("read", self.root))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(TEMPORARY) {
                fs::remove_dir_all(entry.path()).map_err(failed("remove", &entry.path()))?;
            } else if let Ok(id) = name.parse::<GenerationId>()
                && !protected.contains(&&id)
                && let Ok(modified) = entry.metadata().and_then(|m| m.modified())
            {
                removable.push((modified, entry.path()));
            }
        }
        removable.sort();
        let surplus = (removable.len() + protected.len()).saturating_sub(keep);
        for (_, path) in removable.into_iter().take(surplus) {
            fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
        }
        Ok(())
    }

    fn test_access(&self) -> Result<String, String> {
        let dir = self.nearest_existing_dir();
        tempfile::tempfile_in(dir).map_err(failed("write in", dir))?;
        Ok("writable".to_owned())
    }

    fn rsync_version(&self) -> Result<String, String> {
        Ok("not needed".to_owned())
    }

    fn free_space(&self) -> Result<u64, String> {
        let dir = self.nearest_existing_dir();
        let found = rustix::fs::statvfs(dir).map_err(|e| failed("determine the free space of", dir)(e.into()))?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize) / 1024)
    }
}
