//! Real trees in temporary directories.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::config::CategoryConfig;
use crate::model::ids::DirectoryId;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(dir)
    }

    fn write(&self, path: &str, text: &str) {
        let full = self.0.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
    }

    fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.0.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn walk_knowing(
        &self,
        known: &BTreeMap<DirPath, KnownDirectory>,
        exclude: &[&str],
    ) -> Result<ListingResult, ScanError> {
        let config = CategoryConfig {
            exclude: exclude.iter().map(|e| (*e).to_owned()).collect(),
            ..CategoryConfig::default()
        };
        Walk {
            root: self.0.path(),
            scope: &config.scope(DirPath::top()).unwrap(),
            known,
            workers: 3,
            stop: &ShutdownFlag::default(),
            progress: &|_| {},
        }
        .run(Timestamp(1_700_000_000))
    }

    fn walk(&self) -> ListingResult {
        self.walk_knowing(&BTreeMap::new(), &[]).unwrap()
    }
}

fn paths(walked: &ListingResult) -> Vec<&str> {
    walked.listing.directories.keys().map(DirPath::as_str).collect()
}

fn content<'a>(walked: &'a ListingResult, path: &str) -> &'a DirectoryContent {
    let directory = &walked.listing.directories[&path.parse().unwrap()];
    directory.content.as_ref().unwrap()
}

fn names(walked: &ListingResult, path: &str) -> Vec<String> {
    content(walked, path).files.iter().map(|f| f.name.clone()).collect()
}

#[test]
fn a_tree_with_a_repository() {
    let tree = Tree::new();
    let xml = "<repomd><data><timestamp>17.5</timestamp></data></repomd>";
    tree.write("os/repodata/repomd.xml", xml);
    tree.write("os/Packages/a.rpm", "abc");
    let walked = tree.walk();
    assert_eq!(paths(&walked), ["", "os", "os/Packages", "os/repodata"]);
    let detail = &content(&walked, "os/repodata").details[0];
    assert_eq!(detail.timestamp, 17);
    assert_eq!(detail.size, 57);
    assert_eq!(detail.hashes, crate::formats::digest::compute_hashes(xml.as_bytes()));
    assert_eq!(content(&walked, "os/Packages").files[0].size, Some(3));
    assert!(content(&walked, "os/Packages").details.is_empty());
    assert!(walked.listing.directories.values().all(|d| d.readable));
}

#[test]
fn unusual_names_and_file_types() {
    let tree = Tree::new();
    tree.write("with blank/a file", "1");
    tree.write("100%25/x", "1");
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::create_dir(tree.0.path().join(odd)).unwrap();
    fs::write(tree.0.path().join(odd).join(odd), "1").unwrap();
    symlink("..", tree.0.path().join("with blank/loop")).unwrap();
    symlink("/nowhere", tree.0.path().join("with blank/dangling")).unwrap();
    let status = std::process::Command::new("mkfifo")
        .arg(tree.0.path().join("pipe"))
        .status()
        .unwrap();
    assert!(status.success());
    let _socket = std::os::unix::net::UnixListener::bind(tree.0.path().join("socket")).unwrap();
    for skipped in [".~tmp~/x", ".snapshot/x", ".nfs000/x", ".nfs0001"] {
        tree.write(skipped, "1");
    }
    tree.write(".a.rpm.Xy12Zz", "1");
    let walked = tree.walk();
    assert_eq!(paths(&walked), ["", "100%2525", "caf%E9", "with blank"]);
    assert_eq!(names(&walked, ""), [""; 0]);
    assert_eq!(names(&walked, "caf%E9"), ["caf%E9"]);
    assert_eq!(names(&walked, "with blank"), ["a file", "dangling", "loop"]);
    let sizes: Vec<Option<u64>> = content(&walked, "with blank").files.iter().map(|f| f.size).collect();
    assert_eq!(sizes, [Some(1), None, None]);
}

#[test]
fn unreadable_is_inherited() {
    let tree = Tree::new();
    tree.write("a/b/c/f", "1");
    let readable =
        |walked: &ListingResult| -> Vec<bool> { walked.listing.directories.values().map(|d| d.readable).collect() };
    tree.mode("a", 0o754);
    assert_eq!(readable(&tree.walk()), [true, false, false, false]);
    tree.mode("a", 0o751);
    assert_eq!(readable(&tree.walk()), [true, false, false, false]);
    tree.mode("a", 0o755);
    assert_eq!(readable(&tree.walk()), [true, true, true, true]);
}

#[test]
fn excluded_directories_are_not_entered() {
    let tree = Tree::new();
    tree.write("a/drpms/x", "1");
    tree.write("b/x", "1");
    let walked = tree.walk_knowing(&BTreeMap::new(), &["/drpms$"]).unwrap();
    assert_eq!(paths(&walked), ["", "a", "b"]);
}

#[test]
fn only_included_directories_and_those_above_them_are_listed() {
    let tree = Tree::new();
    for file in ["a/b/c/x", "a/d/x", "e/x", "a/b/drpms/x"] {
        tree.write(file, "1");
    }
    let list = |l: &str| vec![l.to_owned()];
    let config = CategoryConfig {
        include: list("^a/b$"),
        exclude: list("/drpms$"),
        ..CategoryConfig::default()
    };
    let paths_below = |below: &str| {
        let walked = Walk {
            root: tree.0.path(),
            scope: &config.scope(below.parse().unwrap()).unwrap(),
            known: &BTreeMap::new(),
            workers: 2,
            stop: &ShutdownFlag::default(),
            progress: &|_| {},
        }
        .run(Timestamp(1_700_000_000))
        .unwrap();
        paths(&walked).join(" ")
    };
    assert_eq!(paths_below(""), " a a/b a/b/c");
    assert_eq!(paths_below("a/b/c"), "a/b/c");
}

fn knowing(walked: &ListingResult) -> BTreeMap<DirPath, KnownDirectory> {
    let known = |(n, (path, d)): (usize, (&DirPath, &ScannedDirectory))| {
        let file = d.content.iter().flat_map(|c| &c.files).find(|f| f.name == "repomd.xml");
        let known = KnownDirectory {
            id: DirectoryId(u32::try_from(n).unwrap()),
            readable: d.readable,
            ctime: d.ctime,
            fingerprint: None,
            repomd: file.and_then(|f| f.size.map(|s| (s, f.timestamp))),
            vanished_at: None,
            needs_scan: false,
        };
        (path.clone(), known)
    };
    walked.listing.directories.iter().enumerate().map(known).collect()
}

#[test]
fn unchanged_directories_are_not_read_again() {
    let tree = Tree::new();
    tree.write("os/repodata/repomd.xml", "<repomd/>");
    tree.write("os/x", "1");
    let mut known = knowing(&tree.walk());
    let again = tree.walk_knowing(&known, &[]).unwrap();
    assert!(again.listing.directories.values().all(|d| d.content.is_none()));
    known.get_mut(&"os".parse().unwrap()).unwrap().needs_scan = true;
    let again = tree.walk_knowing(&known, &[]).unwrap();
    assert_eq!(names(&again, "os"), ["x"]);
}

#[test]
fn a_repomd_rewritten_in_place_is_noticed() {
    let tree = Tree::new();
    tree.write("repodata/repomd.xml", "<repomd/>");
    let known = knowing(&tree.walk());
    let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let dir = tree.0.path().join("repodata");
    let before = time(&dir);
    tree.write("repodata/repomd.xml", "<repomd></repomd>");
    assert_eq!(time(&dir), before, "the directory's time stayed");
    let again = tree.walk_knowing(&known, &[]).unwrap();
    assert_eq!(content(&again, "repodata").details[0].size, 17);
    let changed: Vec<&str> = again
        .listing
        .directories
        .iter()
        .filter(|(_, d)| d.content.is_some())
        .map(|(p, _)| p.as_str())
        .collect();
    assert_eq!(changed, ["repodata"]);
}

#[test]
fn a_huge_repomd_is_skipped_with_a_warning() {
    let tree = Tree::new();
    tree.write("repodata/repomd.xml", "");
    let file = fs::File::options()
        .write(true)
        .open(tree.0.path().join("repodata/repomd.xml"))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    let walked = tree.walk();
    assert!(content(&walked, "repodata").details.is_empty());
    assert_eq!(names(&walked, "repodata"), ["repomd.xml"]);
    assert!(
        walked.warnings.values().any(|w| w.contains("1073741824")),
        "{:?}",
        walked.warnings
    );
}

#[test]
fn a_repomd_that_is_a_directory_is_absent() {
    let tree = Tree::new();
    fs::create_dir_all(tree.0.path().join("a/repodata/repomd.xml")).unwrap();
    fs::create_dir_all(tree.0.path().join("b/repodata")).unwrap();
    symlink("/etc/passwd", tree.0.path().join("b/repodata/repomd.xml")).unwrap();
    let walked = tree.walk();
    assert!(content(&walked, "a/repodata").details.is_empty());
    assert!(content(&walked, "b/repodata").details.is_empty());
    assert_eq!(content(&walked, "b/repodata").files[0].size, None);
}

#[test]
fn a_missing_top_is_an_error() {
    let tree = Tree::new();
    tree.write("file", "1");
    let config = CategoryConfig::default();
    for bad in ["missing", "file"] {
        let root = tree.0.path().join(bad);
        let got = Walk {
            root: &root,
            scope: &config.scope(DirPath::top()).unwrap(),
            known: &BTreeMap::new(),
            workers: 1,
            stop: &ShutdownFlag::default(),
            progress: &|_| {},
        }
        .run(Timestamp(0));
        assert!(matches!(got, Err(ScanError::Top { .. })), "{bad}: {got:?}");
    }
}

#[test]
fn an_unreadable_directory_is_an_error() {
    let tree = Tree::new();
    // Deeper than a path can be long: any trouble but "vanished" must not look like a removal.
    let name = "d".repeat(200);
    let mut fd: OwnedFd = fs::File::open(tree.0.path()).unwrap().into();
    for _ in 0..30 {
        rustix::fs::mkdirat(&fd, name.as_str(), Mode::from_raw_mode(0o755)).unwrap();
        fd = openat(&fd, name.as_str(), OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let got = tree.walk_knowing(&BTreeMap::new(), &[]);
    assert!(
        matches!(
            got,
            Err(ScanError::Unreadable {
                why: Errno::NAMETOOLONG,
                ..
            })
        ),
        "{got:?}"
    );
    let around = tree.walk_knowing(&BTreeMap::new(), &["^d+$"]).unwrap();
    assert_eq!(paths(&around), [""]);
}

#[test]
fn a_shutdown_request_stops_the_walk() {
    let tree = Tree::new();
    let stop = ShutdownFlag::default();
    stop.request();
    let got = Walk {
        root: tree.0.path(),
        scope: &CategoryConfig::default().scope(DirPath::top()).unwrap(),
        known: &BTreeMap::new(),
        workers: 2,
        stop: &stop,
        progress: &|_| {},
    }
    .run(Timestamp(0));
    assert!(matches!(got, Err(ScanError::Stopped(_))));
}

#[test]
fn a_changing_tree_gives_a_listing() {
    let tree = Tree::new();
    for n in 0..40 {
        tree.write(&format!("stays/{n}/x"), "1");
    }
    let busy = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while busy.load(Ordering::Relaxed) {
                tree.write("comes/and/goes/x", "1");
                fs::remove_dir_all(tree.0.path().join("comes")).unwrap();
            }
        });
        for _ in 0..50 {
            let walked = tree.walk();
            assert_eq!(paths(&walked).iter().filter(|p| p.starts_with("stays")).count(), 41);
        }
        busy.store(false, Ordering::Relaxed);
    });
}
