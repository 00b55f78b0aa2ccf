//! The `repomd.xml` files on the master, read when a mirror serves an unknown one.
//!
//! The master may be writing the file: only content that was read completely and did not change meanwhile is compared. The file
//! may also change during a crawl: a hash that the master had earlier in the run counts as known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::classify::{MasterComparison, REPOMD};
use crate::formats::repomd;
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::names::{DirPath, percent_decode};
use crate::sys::origin::{MasterSource, ReadOutcome};
use crate::sys::stable_read::{self, FileState, StableRead, TRIES};

/// The location of the master tree of a category.
#[derive(Debug, Clone)]
pub(crate) enum MasterTree {
    Local(PathBuf),
    Remote(MasterSource),
}

/// The time for which a remote file, or its error, is cached: a hundred mirrors may have the same new version.
const CACHE_TTL: Duration = Duration::from_secs(30);

/// A cache of master files for one run; a file is read again only if it changed.
#[derive(Debug, Default)]
pub(crate) struct MasterFiles {
    trees: BTreeMap<CategoryId, MasterTree>,
    max_bytes: u64,
    repomds: Mutex<HashMap<DirectoryId, Slot>>,
    /// Lengths of remote files, with the time of the request.
    lengths: Mutex<Lengths>,
}

/// The length of a file in bytes; `None` = the file does not exist.
type Length = Option<u64>;
/// Lengths by directory and name; `None` = the request failed.
type Lengths = HashMap<(DirectoryId, String), (Instant, Option<Length>)>;

type Slot = Arc<Mutex<CacheEntry>>;

#[derive(Debug, Default)]
struct CacheEntry {
    content: Option<Content>,
    failed: Option<(Instant, String)>,
    /// All hashes that the file had during this run.
    hashes: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Content {
    /// The state of a local file when it was read.
    state: Option<FileState>,
    /// The time at which a remote file was fetched.
    fetched: Option<Instant>,
    sha256: String,
    /// True if it is a complete `repomd.xml`; false while it is being written.
    complete: bool,
}

impl Content {
    fn new(bytes: &[u8], state: Option<FileState>) -> Self {
        Self {
            state,
            fetched: None,
            sha256: hex::encode(Sha256::digest(bytes)),
            complete: repomd::looks_like_repomd(bytes) && !repomd::is_truncated(bytes),
        }
    }
}

impl MasterFiles {
    /// Creates an empty cache. Files longer than `max_bytes` are not read.
    pub(crate) fn new(trees: BTreeMap<CategoryId, MasterTree>, max_bytes: u64) -> Self {
        Self {
            trees,
            max_bytes,
            ..Self::default()
        }
    }

    /// Returns the current length of a file on the master: `Some(None)` if it does not exist, `None` if that is unknown. `name` is
    /// escaped as in file samples.
    pub(crate) fn length(&self, category: CategoryId, id: DirectoryId, path: &DirPath, name: &str) -> Option<Length> {
        let raw = percent_decode(name);
        let origin = match self.trees.get(&category)? {
            MasterTree::Local(root) => return MasterSource::Local(root.clone()).length(path, &raw, None).ok(),
            MasterTree::Remote(origin) => origin,
        };
        let key = (id, name.to_owned());
        let lengths = || self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lengths().get(&key).filter(|(at, _)| at.elapsed() < CACHE_TTL) {
            return *known;
        }
        let length = origin.length(path, &raw, None).ok();
        lengths().insert(key, (Instant::now(), length));
        length
    }

    /// Compares the hash on a mirror with all hashes that the file on the master has had during this run.
    pub(crate) fn compare(
        &self,
        category: CategoryId,
        id: DirectoryId,
        path: &DirPath,
        sha256: &str,
    ) -> MasterComparison {
        let Some(root) = self.trees.get(&category) else {
            let why = "neither path nor files_url is configured for its category";
            return MasterComparison::Unreadable(why.to_owned());
        };
        let mut repomds = self.repomds.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(repomds.entry(id).or_default());
        drop(repomds);
        // Locked while reading, so that parallel workers read the file once.
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let unreadable = |why: String| MasterComparison::Unreadable(format!("{path}/{REPOMD} of the master: {why}"));
        let read = match root {
            MasterTree::Local(root) => {
                let file = root.join(OsStr::from_bytes(&path.to_bytes())).join(REPOMD);
                self.read(&file, known.content.as_ref()).map_err(|e| e.to_string())
            }
            MasterTree::Remote(origin) => self.fetch(origin, path, &mut known),
        };
        let content = match read {
            Ok(content) => content,
            Err(why) => return unreadable(why),
        };
        known.hashes.insert(content.sha256.clone());
        known.content = Some(content.clone());
        if known.hashes.contains(sha256) {
            MasterComparison::Same
        } else if content.complete {
            MasterComparison::Other(content.sha256)
        } else {
            unreadable("incomplete repomd.xml".to_owned())
        }
    }

    fn fetch(&self, origin: &MasterSource, dir: &DirPath, known: &mut CacheEntry) -> Result<Content, String> {
        if let Some((_, why)) = known.failed.as_ref().filter(|(at, _)| at.elapsed() < CACHE_TTL) {
            return Err(why.clone());
        }
        let fetched = known.content.as_ref();
        if let Some(now) = fetched.filter(|k| k.fetched.is_some_and(|at| at.elapsed() < CACHE_TTL)) {
            return Ok(now.clone());
        }
        let read = match origin.read(dir, REPOMD.as_bytes(), self.max_bytes, None) {
            Ok(ReadOutcome::Read { bytes, .. }) => Ok(Content {
                fetched: Some(Instant::now()),
                ..Content::new(&bytes, None)
            }),
            Ok(ReadOutcome::Absent) => Err("file not found".to_owned()),
            Ok(ReadOutcome::Unusable(why)) => Err(why),
            Err(e) => Err(e.to_string()),
        };
        known.failed = read.as_ref().err().map(|why| (Instant::now(), why.clone()));
        read
    }

    fn read(&self, path: &Path, known: Option<&Content>) -> io::Result<Content> {
        for _ in 0..TRIES {
            // Opening a pipe would block, and a symbolic link could lead outside of the master tree.
            let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
            let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
            let meta = file.metadata()?;
            if !meta.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            if let Some(known) = known.filter(|k| k.state == Some(FileState::from_metadata(&meta))) {
                return Ok(known.clone());
            }
            match stable_read::read(&file, self.max_bytes)? {
                StableRead::Whole(bytes, state) => {
                    return Ok(Content::new(&bytes, Some(state)));
                }
                StableRead::TooLong(size) => {
                    return Err(io::Error::other(format!("{size} bytes exceed crawl.max_repomd_bytes")));
                }
                StableRead::Changed => {}
            }
        }
        Err(io::Error::other("file is being written"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn sha256(text: &str) -> String {
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    fn master(dir: &Path, cap: u64) -> MasterFiles {
        std::fs::create_dir(dir.join("os")).unwrap();
        MasterFiles::new([(CategoryId(1), MasterTree::Local(dir.to_owned()))].into(), cap)
    }

    fn text(n: usize) -> String {
        format!("<repomd>{}</repomd>\n", "x".repeat(n))
    }

    #[test]
    fn current_file_is_compared() {
        let dir = tempfile::tempdir().unwrap();
        let master = master(dir.path(), 100);
        let file = dir.path().join("os").join(REPOMD);
        let ask = |hash: &str| master.compare(CategoryId(1), DirectoryId(7), &"os".parse().unwrap(), hash);
        assert!(matches!(ask("x"), MasterComparison::Unreadable(_)));
        std::fs::write(&file, text(1)).unwrap();
        let one = sha256(&text(1));
        assert_eq!(ask(&one), MasterComparison::Same);
        assert_eq!(ask("x"), MasterComparison::Other(one.clone()));
        // The previous content of the master is known, too.
        std::fs::write(&file, text(2)).unwrap();
        assert_eq!(ask("x"), MasterComparison::Other(sha256(&text(2))));
        assert_eq!(ask(&one), MasterComparison::Same);
        // Truncated or incomplete content is not compared.
        for half in ["", "<repomd>xx"] {
            std::fs::write(&file, half).unwrap();
            assert!(matches!(ask("x"), MasterComparison::Unreadable(_)), "{half:?}");
        }
        std::fs::write(&file, text(101)).unwrap();
        assert!(matches!(ask(&one), MasterComparison::Unreadable(_)));
        let elsewhere = master.compare(CategoryId(2), DirectoryId(8), &DirPath::top(), "x");
        assert!(matches!(elsewhere, MasterComparison::Unreadable(_)));
    }

    #[test]
    fn remote_file_is_fetched_once_for_many_mirrors() {
        for (path, same) in [("/good", true), ("/bad", false)] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let counter = Arc::clone(&asked);
            let body = text(5);
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
                    let status = if same { "200 OK" } else { "503 Busy" };
                    let length = body.len();
                    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
                    stream.write_all((head + &body).as_bytes()).unwrap();
                }
            });
            let agent = crate::sys::http::Agent::new(&crate::sys::http::HttpLimits {
                user_agent: String::new(),
                connections: 1,
                connect: Duration::from_secs(10),
                total: Duration::from_secs(10),
                allow_private: true,
            });
            let files = format!("http://{address}{path}");
            let origin = MasterSource::from_config(Path::new(""), &files, &agent).unwrap();
            let master = MasterFiles::new([(CategoryId(1), MasterTree::Remote(origin))].into(), 100);
            let ask = |hash: &str| master.compare(CategoryId(1), DirectoryId(7), &"os".parse().unwrap(), hash);
            let first = (ask("x"), asked.load(std::sync::atomic::Ordering::SeqCst));
            let hash = sha256(&text(5));
            assert_eq!(ask(&hash) == MasterComparison::Same, same);
            assert_eq!((ask("x"), asked.load(std::sync::atomic::Ordering::SeqCst)), first);
        }
    }

    #[test]
    fn lengths_are_current() {
        let dir = tempfile::tempdir().unwrap();
        let master = master(dir.path(), 100);
        let length = |category, name: &str| {
            let path = "os".parse().unwrap();
            master.length(CategoryId(category), DirectoryId(7), &path, name)
        };
        assert_eq!(length(1, "a.rpm"), Some(None));
        std::fs::write(dir.path().join("os/a.rpm"), "four").unwrap();
        assert_eq!(length(1, "a.rpm"), Some(Some(4)));
        assert_eq!(length(2, "a.rpm"), None, "no master is configured");
    }

    #[test]
    fn file_being_rewritten_is_never_an_unknown_hash() {
        let dir = tempfile::tempdir().unwrap();
        let master = master(dir.path(), 10_000_000);
        let file = dir.path().join("os").join(REPOMD);
        let ask = |hash: &str| master.compare(CategoryId(1), DirectoryId(7), &"os".parse().unwrap(), hash);
        let texts = [text(300_000), text(500_000)];
        for text in &texts {
            std::fs::write(&file, text).unwrap();
            assert_eq!(ask(&sha256(text)), MasterComparison::Same);
        }
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|s| {
            s.spawn(|| {
                for text in texts.iter().cycle() {
                    let mut out = std::fs::File::create(&file).unwrap();
                    for piece in text.as_bytes().chunks(20_000) {
                        out.write_all(piece).unwrap();
                    }
                    if over.load(std::sync::atomic::Ordering::Relaxed) {
                        return;
                    }
                }
            });
            for n in 0..300 {
                let seen = ask(&sha256(&texts[n % 2]));
                if matches!(seen, MasterComparison::Other(_)) {
                    over.store(true, std::sync::atomic::Ordering::Relaxed);
                    panic!("{seen:?}");
                }
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }
}
