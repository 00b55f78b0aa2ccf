//! A target on this host.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::push::TargetState;
use crate::snapshot::generation::{self, CURRENT, GenerationId, MANIFEST, Manifest};
use crate::sys::atomic;

/// The directory of a target for files that travel beside the generations.
pub(super) const INPUTS: &str = "inputs";

/// How directories begin that are not whole yet.
pub(super) const TEMPORARY: &str = ".new-";

/// A directory with generations.
pub(super) struct Local<'a> {
    pub(super) root: &'a Path,
}

fn failed(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> String {
    let what = format!("cannot {doing} {}", path.display());
    move |why| format!("{what}: {why}")
}

impl Local<'_> {
    /// Looks at what lies there. Whether `wanted` lies there whole is told by comparing all its files.
    pub(super) fn look(&self, wanted: Option<&Manifest>) -> TargetState {
        let current = generation::current(self.root).ok().flatten();
        let holds = wanted.is_some_and(|wanted| {
            let there = generation::verify(&self.root.join(wanted.id.as_str()));
            there.is_ok_and(|there| there.files == wanted.files)
        });
        TargetState {
            current: current.map(|(_, manifest)| manifest),
            holds,
            // Tidying up looks anew.
            kept: Vec::new(),
            leftovers: true,
        }
    }

    /// Whether the generation `id` lies there, as its own manifest has it.
    pub(super) fn is_whole(&self, id: &GenerationId) -> bool {
        generation::verify(&self.root.join(id.as_str())).is_ok_and(|there| there.id == *id)
    }

    /// Brings the generation at `source` there, whole, compared with its manifest, and makes it current. Where it lies there
    /// already, only the time at which its content was found is brought up to date.
    pub(super) fn bring(&self, source: &Path, manifest: &Manifest, seen: &TargetState) -> Result<(), String> {
        if seen.holds {
            self.refresh(manifest)?;
        } else {
            self.push(source, manifest)?;
        }
        self.activate(&manifest.id)
    }

    fn push(&self, source: &Path, manifest: &Manifest) -> Result<(), String> {
        fs::create_dir_all(self.root).map_err(failed("create", self.root))?;
        let place = self.root.join(manifest.id.as_str());
        // Of this process: where a person removed the lock of a run, that run and the next may both be at it for a while.
        let name = format!("{TEMPORARY}{}-{}", manifest.id, std::process::id());
        let fresh = self.root.join(name);
        let made = self.fill(source, &fresh, manifest).and_then(|()| {
            let renamed = match fs::rename(&fresh, &place) {
                // A damaged one, which may be current: it is exchanged, so that the name stands for something at every moment.
                Err(_) if place.exists() => {
                    rustix::fs::renameat_with(CWD, &fresh, CWD, &place, RenameFlags::EXCHANGE).map_err(io::Error::from)
                }
                renamed => renamed,
            };
            renamed.map_err(failed("rename", &fresh))?;
            atomic::sync_dir(self.root).map_err(failed("sync", self.root))
        });
        // What was damaged, or what could not be made whole; what cannot be removed is left for the next run.
        drop(fs::remove_dir_all(&fresh));
        made
    }

    fn fill(&self, source: &Path, fresh: &Path, manifest: &Manifest) -> Result<(), String> {
        if fresh.exists() {
            fs::remove_dir_all(fresh).map_err(failed("remove what a killed run left at", fresh))?;
        }
        for name in manifest.files.iter().map(|f| f.path.as_str()).chain([MANIFEST]) {
            let target = fresh.join(name);
            let above = target.parent().unwrap_or(fresh);
            fs::create_dir_all(above).map_err(failed("create", above))?;
            fs::copy(source.join(name), &target).map_err(failed("write", &target))?;
        }
        // One call for all files: thousands of pages would take thousands of waits for the disk.
        let root = File::open(self.root).map_err(failed("open", self.root))?;
        rustix::fs::syncfs(&root).map_err(|e| failed("sync", self.root)(e.into()))?;
        let written = generation::verify(fresh).map_err(|e| e.to_string())?;
        if written.files == manifest.files {
            Ok(())
        } else {
            Err(format!("{} changed while it was copied", source.display()))
        }
    }

    fn refresh(&self, manifest: &Manifest) -> Result<(), String> {
        let path = self.root.join(manifest.id.as_str()).join(MANIFEST);
        atomic::write(&path, manifest.to_string().as_bytes(), 0o644).map_err(failed("refresh", &path))
    }

    /// Brings the files that travel beside the generations, each in its place by renaming, and only where its content is news.
    pub(super) fn inputs(&self, files: &[PathBuf]) -> Result<(), String> {
        let dir = self.root.join(INPUTS);
        fs::create_dir_all(&dir).map_err(failed("create", &dir))?;
        for file in files {
            let name = file
                .file_name()
                .ok_or_else(|| format!("{} is no file", file.display()))?;
            let (content, target) = (fs::read(file).map_err(failed("read", file))?, dir.join(name));
            if fs::read(&target).ok().as_ref() != Some(&content) {
                atomic::write(&target, &content, 0o644).map_err(failed("write", &target))?;
            }
        }
        Ok(())
    }

    /// Whether files can be written there. Nothing stays.
    pub(super) fn reach(&self) -> Result<String, String> {
        let nearest = self.root.ancestors().find(|p| p.exists()).unwrap_or(self.root);
        tempfile::tempfile_in(nearest)
            .map(|_| "can be written".to_owned())
            .map_err(failed("write in", nearest))
    }

    /// Kilobytes that are free.
    pub(super) fn space(&self) -> Result<u64, String> {
        let nearest = self.root.ancestors().find(|p| p.exists()).unwrap_or(self.root);
        let found = rustix::fs::statvfs(nearest).map_err(|e| failed("look at", nearest)(e.into()))?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize) / 1024)
    }

    /// Makes it current.
    pub(super) fn activate(&self, id: &GenerationId) -> Result<(), String> {
        let link = self.root.join(CURRENT);
        atomic::switch_link(&link, Path::new(id.as_str())).map_err(failed("switch", &link))
    }

    /// Removes all but the newest `keep` generations and those that must stay, and what killed runs left.
    pub(super) fn prune(&self, keep: usize, stay: &[&GenerationId]) -> Result<(), String> {
        let mut found: Vec<(std::time::SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(self.root).map_err(failed("read", self.root))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(TEMPORARY) {
                fs::remove_dir_all(entry.path()).map_err(failed("remove", &entry.path()))?;
            } else if let Ok(id) = name.parse::<GenerationId>()
                && !stay.contains(&&id)
                && let Ok(changed) = entry.metadata().and_then(|m| m.modified())
            {
                found.push((changed, entry.path()));
            }
        }
        found.sort();
        let surplus = (found.len() + stay.len()).saturating_sub(keep);
        for (_, path) in found.into_iter().take(surplus) {
            fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
        }
        Ok(())
    }
}
