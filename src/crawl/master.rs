//! The master's own `repomd.xml`, read when a mirror serves one that no scan has seen.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::verdict::{MasterSeen, REPOMD};
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::names::DirPath;

/// Reads each file once per run, and again only when it was changed since.
#[derive(Debug, Default)]
pub struct MasterFiles {
    roots: BTreeMap<CategoryId, PathBuf>,
    cap: u64,
    known: Mutex<HashMap<DirectoryId, Slot>>,
}

type Slot = Arc<Mutex<Option<Reading>>>;

/// What a reading found, and of which state of the file.
#[derive(Debug, Clone)]
struct Reading {
    modified: Option<SystemTime>,
    size: u64,
    sha256: String,
}

impl MasterFiles {
    /// `roots` = the local top directory of each category that has one; files longer than `cap` bytes are not read.
    pub fn new(roots: BTreeMap<CategoryId, PathBuf>, cap: u64) -> Self {
        Self {
            roots,
            cap,
            known: Mutex::default(),
        }
    }

    /// Compares a mirror's hash with the master's file as it is now.
    pub fn compare(&self, category: CategoryId, id: DirectoryId, path: &DirPath, sha256: &str) -> MasterSeen {
        let Some(root) = self.roots.get(&category) else {
            return MasterSeen::Unreadable("the config names no path for its category".to_owned());
        };
        let file = root.join(OsStr::from_bytes(&path.to_bytes())).join(REPOMD);
        let slot = Arc::clone(
            self.known
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id)
                .or_default(),
        );
        // Held while reading, so that a hundred lanes that meet the same push read the file once.
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read(&file, slot.as_ref()) {
            Err(why) => MasterSeen::Unreadable(format!("{}: {why}", file.display())),
            Ok(found) => {
                let same = found.sha256 == sha256;
                let hash = found.sha256.clone();
                *slot = Some(found);
                if same {
                    MasterSeen::Same
                } else {
                    MasterSeen::Other(hash)
                }
            }
        }
    }

    fn read(&self, path: &Path, known: Option<&Reading>) -> std::io::Result<Reading> {
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        let (modified, size) = (meta.modified().ok(), meta.len());
        if let Some(known) = known
            && (known.modified, known.size) == (modified, size)
        {
            return Ok(known.clone());
        }
        if size > self.cap {
            return Err(std::io::Error::other(format!(
                "it has {size} bytes, more than crawl.max_body"
            )));
        }
        let mut content = Vec::new();
        file.by_ref().take(self.cap).read_to_end(&mut content)?;
        Ok(Reading {
            modified,
            size,
            sha256: hex::encode(Sha256::digest(&content)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_compared_as_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("os")).unwrap();
        let file = dir.path().join("os").join(REPOMD);
        let master = MasterFiles::new([(CategoryId(1), dir.path().to_owned())].into(), 100);
        let ask = |hash: &str| master.compare(CategoryId(1), DirectoryId(7), &"os".parse().unwrap(), hash);
        assert!(matches!(ask("x"), MasterSeen::Unreadable(_)));
        std::fs::write(&file, "one").unwrap();
        let one = hex::encode(Sha256::digest(b"one"));
        assert_eq!(ask(&one), MasterSeen::Same);
        assert_eq!(ask("x"), MasterSeen::Other(one.clone()));
        std::fs::write(&file, "three").unwrap();
        assert!(matches!(ask(&one), MasterSeen::Other(h) if h != one));
        std::fs::write(&file, "x".repeat(101)).unwrap();
        assert!(matches!(ask(&one), MasterSeen::Unreadable(_)));
        let elsewhere = master.compare(CategoryId(2), DirectoryId(8), &DirPath::top(), "x");
        assert!(matches!(elsewhere, MasterSeen::Unreadable(_)));
    }
}
