//! `mm-scan-master` and `mm-detect-release` on real trees.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test's own helpers find must be there"
)]

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use mirrormanager::config::Config;
use mirrormanager::db::directory::DirectoryRow;
use mirrormanager::db::{Db, DbError, directory, file_detail, registry};
use mirrormanager::locks::{Request, acquire};
use mirrormanager::model::file::FileDetail;
use mirrormanager::model::ids::ScanSeq;
use mirrormanager::sys::signals::ShutdownFlag;

use crate::support::{Env, RunOutput};

mod killed;
mod rejected;
mod removals;
pub(crate) mod sources;
mod subtree;
mod unreadable;

const REGISTRY: &str = "[[product]]\nname = \"Fedora\"\n[[product]]\nname = \"EPEL\"\n\
    [[arch]]\nname = \"source\"\n[[arch]]\nname = \"x86_64\"\n[[arch]]\nname = \"aarch64\"\n\
    [[category]]\nname = \"Fedora Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/fedora/linux\"\n\
    [[category]]\nname = \"Fedora EPEL\"\nproduct = \"EPEL\"\ntopdir = \"pub/epel\"\n";

/// A master tree with a registry that knows its category.
struct Master {
    env: Env,
}

/// The database after a scan.
struct Stored {
    generation: ScanSeq,
    directories: BTreeMap<String, DirectoryRow>,
    details: Vec<FileDetail>,
}

impl Master {
    fn new(extra: &str) -> Self {
        let env = Env::new(&format!(
            "{extra}\n[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\n"
        ));
        std::fs::create_dir(env.path("tree")).unwrap();
        let registry = env.write("registry.toml", REGISTRY);
        env.ok("mm-admin", &["init"]);
        env.ok("mm-admin", &["apply", registry.to_str().unwrap()]);
        let master = Self { env };
        master.mode("", 0o755);
        master
    }

    /// A master with one repository.
    fn with_repository() -> Self {
        let master = Self::new("");
        master.repomd("releases/43/Everything/x86_64/os", 1_700_000_000);
        master.write("releases/43/Everything/x86_64/os/Packages/a.rpm", "package");
        master
    }

    fn path(&self, below: &str) -> PathBuf {
        self.env.path("tree").join(below)
    }

    fn write(&self, below: &str, text: &str) {
        self.env.write(&format!("tree/{below}"), text);
    }

    /// Replaces a repomd.xml by renaming, as pushes do.
    fn repomd(&self, repository: &str, timestamp: i64) {
        self.write(
            &format!("{repository}/repodata/new"),
            &format!("<repomd><data type=\"primary\"><timestamp>{timestamp}</timestamp></data></repomd>"),
        );
        let dir = self.path(repository).join("repodata");
        std::fs::rename(dir.join("new"), dir.join("repomd.xml")).unwrap();
    }

    fn mode(&self, below: &str, mode: u32) {
        std::fs::set_permissions(self.path(below), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn remove(&self, below: &str) {
        std::fs::remove_dir_all(self.path(below)).unwrap();
    }

    fn run(&self, args: &[&str]) -> RunOutput {
        self.env.run("mm-scan-master", args)
    }

    /// Runs a scan, which must exit with 0, and returns the stored rows.
    fn scan(&self) -> Stored {
        self.env.ok("mm-scan-master", &[]);
        self.stored()
    }

    fn db(&self) -> Db {
        Db::open(&Config::load(&self.env.path("mm.toml")).unwrap()).unwrap()
    }

    fn stored(&self) -> Stored {
        self.db()
            .read(|tx| -> Result<Stored, DbError> {
                let category = registry::categories(tx)?[0].id;
                let directories = directory::of_category(tx, category)?;
                Ok(Stored {
                    generation: directory::scan_seq(tx, category)?,
                    directories: directories.into_iter().map(|d| (d.path.to_string(), d)).collect(),
                    details: file_detail::of_category(tx, category)?,
                })
            })
            .unwrap()
    }
}

fn numbered(master: &Master, numbers: std::ops::Range<u32>) {
    for n in numbers {
        std::fs::create_dir(master.path(&format!("n{n}"))).unwrap();
    }
}

impl Stored {
    fn timestamps(&self) -> Vec<(i64, bool)> {
        self.details
            .iter()
            .map(|d| (d.file.timestamp, d.superseded_seq.is_none()))
            .collect()
    }

    fn unreadable(&self) -> Vec<&str> {
        let closed = self.directories.iter().filter(|(_, d)| !d.readable);
        closed.map(|(p, _)| p.as_str()).collect()
    }

    fn vanished(&self) -> Vec<&str> {
        let absent = self.directories.iter().filter(|(_, d)| d.vanished_at.is_some());
        absent.map(|(p, _)| p.as_str()).collect()
    }
}

const OS: &str = "releases/43/Everything/x86_64/os";

#[test]
fn a_first_scan_records_the_tree_and_a_second_changes_nothing() {
    let master = Master::with_repository();
    let first = master.scan();
    assert_eq!(first.generation, ScanSeq(1));
    assert_eq!(first.directories.len(), 8, "{:?}", first.directories.keys());
    let files = &first.directories[&format!("{OS}/Packages")].files;
    assert_eq!((files[0].name.as_str(), files[0].size), ("a.rpm", Some(7)));
    assert_eq!(first.timestamps(), [(1_700_000_000, true)]);
    let detail = &first.details[0];
    let sha256 = detail.file.hashes.sha256.as_deref().unwrap();
    assert_eq!(sha256.len(), 64);
    assert_eq!(detail.first_seq, ScanSeq(1));

    let second = master.scan();
    assert_eq!(second.generation, ScanSeq(1));
    assert_eq!(second.details, first.details);
    assert!(second.directories.values().all(|d| d.changed_seq == ScanSeq(1)));
}

#[test]
fn a_dry_run_reports_and_writes_nothing() {
    let master = Master::with_repository();
    let reported = master.env.ok("mm-scan-master", &["--dry-run", "--format", "json"]);
    let reported: serde_json::Value = serde_json::from_str(&reported).unwrap();
    assert_eq!(reported["categories"][0]["outcome"]["added"], 8);
    let stored = master.stored();
    assert!(stored.directories.is_empty());
    assert_eq!(stored.generation, ScanSeq(0));
}

#[test]
fn a_successful_scan_prints_nothing_for_cron() {
    let master = Master::with_repository();
    let output = master.run(&[]);
    assert_eq!(
        (output.status, output.stdout.as_str(), output.stderr.as_str()),
        (0, "", "")
    );
}

#[test]
fn a_push_supersedes_and_a_roll_back_is_newest_again() {
    let master = Master::with_repository();
    master.scan();
    master.repomd(OS, 1_700_000_777);
    let pushed = master.scan();
    assert_eq!(pushed.generation, ScanSeq(2));
    assert_eq!(pushed.timestamps(), [(1_700_000_000, false), (1_700_000_777, true)]);
    let old = &pushed.details[0];
    assert_eq!(old.superseded_seq, Some(ScanSeq(2)));
    assert!(old.superseded_at.is_some());
    assert_eq!(pushed.directories[&format!("{OS}/repodata")].changed_seq, ScanSeq(2));
    assert_eq!(pushed.directories[OS].changed_seq, ScanSeq(1));

    master.repomd(OS, 1_700_000_000);
    let back = master.scan();
    let want = [(1_700_000_000, false), (1_700_000_777, false), (1_700_000_000, true)];
    assert_eq!(back.timestamps(), want);
    assert_eq!(back.details[0].file.hashes, back.details[2].file.hashes);
    assert_eq!(master.scan().generation, ScanSeq(3));
}

#[test]
fn a_repomd_rewritten_in_place_is_noticed() {
    let master = Master::with_repository();
    master.scan();
    let path = master.path(OS).join("repodata/repomd.xml");
    std::fs::write(&path, "<repomd><data><timestamp>1700000888</timestamp></data></repomd>").unwrap();
    assert_eq!(
        master.scan().timestamps(),
        [(1_700_000_000, false), (1_700_000_888, true)]
    );
}

#[test]
fn a_file_that_grows_while_scanned_gets_its_final_size() {
    let master = Master::with_repository();
    master.write("iso/big.iso", "half");
    master.scan();
    // The time of the directory does not change during the copy.
    std::fs::write(master.path("iso/big.iso"), "the whole file").unwrap();
    assert_eq!(master.scan().directories["iso"].files[0].size, Some(14));
}

#[test]
fn a_directory_that_vanishes_and_returns_keeps_its_row() {
    let master = Master::with_repository();
    let before = master.scan();
    std::fs::rename(master.path(OS), master.env.path("aside")).unwrap();
    let absent = master.scan();
    assert_eq!(absent.vanished().len(), 3, "{:?}", absent.vanished());
    assert_eq!(absent.directories.len(), before.directories.len());
    assert_eq!(absent.details, before.details);
    std::fs::rename(master.env.path("aside"), master.path(OS)).unwrap();
    let back = master.scan();
    assert!(back.vanished().is_empty());
    assert_eq!(back.directories[OS].id, before.directories[OS].id);
    assert_eq!(back.details, before.details);
    assert_eq!(back.generation, ScanSeq(3));
}

#[test]
fn a_directory_missing_longer_than_the_retention_is_removed() {
    let master = Master::with_repository();
    master
        .env
        .configure("vanished_retention = \"1s\"\n[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\n");
    master.scan();
    master.remove(OS);
    assert_eq!(master.scan().vanished().len(), 3);
    std::thread::sleep(Duration::from_millis(2100));
    let removed = master.scan();
    assert!(!removed.directories.contains_key(OS) && removed.details.is_empty());
}

#[test]
fn the_bit_flip_is_followed_both_ways() {
    let master = Master::with_repository();
    master.scan();
    master.mode("releases/43", 0o750);
    let closed = master.scan();
    assert_eq!(closed.unreadable().len(), 6, "{:?}", closed.unreadable());
    assert_eq!(closed.directories[OS].changed_seq, ScanSeq(2));
    master.mode("releases/43", 0o755);
    let opened = master.scan();
    assert!(opened.unreadable().is_empty());
    assert_eq!(opened.generation, ScanSeq(3));
    assert_eq!(opened.timestamps(), [(1_700_000_000, true)]);
}

#[test]
fn odd_names_loops_and_pipes_do_no_harm() {
    let master = Master::with_repository();
    master.write("with blank/a file", "1");
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9 & <co>");
    std::fs::create_dir(master.env.path("tree").join(odd)).unwrap();
    symlink("..", master.path("with blank/loop")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(master.path("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let _socket = std::os::unix::net::UnixListener::bind(master.path("socket")).unwrap();
    let stored = master.scan();
    assert!(stored.directories.contains_key("caf%E9 & <co>"));
    assert!(stored.directories[""].files.is_empty());
    let names: Vec<&str> = stored.directories["with blank"]
        .files
        .iter()
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(names, ["a file", "loop"]);
    assert_eq!(master.scan().generation, ScanSeq(1));
}

#[test]
fn a_missing_tree_is_an_error_with_advice() {
    let master = Master::with_repository();
    let before = master.scan();
    std::fs::rename(master.env.path("tree"), master.env.path("elsewhere")).unwrap();
    let output = master.run(&[]);
    assert_eq!(output.status, 1);
    assert!(
        output.stderr.contains("tree") && output.stderr.contains("mounted"),
        "{output:?}"
    );
    std::fs::write(master.env.path("tree"), "a file").unwrap();
    assert_eq!(master.run(&[]).status, 1);
    assert_eq!(master.stored().generation, before.generation);
    assert!(master.stored().vanished().is_empty());
}

#[test]
fn unknown_categories_are_usage_errors_with_advice() {
    let master = Master::with_repository();
    let output = master.run(&["--category", "Fedora"]);
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("the config has: Fedora Linux"), "{output:?}");
    master
        .env
        .configure("[[category]]\nname = \"CentOS\"\npath = \"tree\"\n");
    let output = master.run(&[]);
    assert_eq!(output.status, 2);
    assert!(output.stderr.contains("mm-admin category add 'CentOS'"), "{output:?}");
}

#[test]
fn one_failed_category_does_not_stop_the_others() {
    let master = Master::with_repository();
    master.env.configure(
        "[[category]]\nname = \"Fedora EPEL\"\npath = \"missing\"\n[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\n",
    );
    let output = master.run(&[]);
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("Fedora EPEL"), "{output:?}");
    assert_eq!(master.stored().directories.len(), 8);
}

#[test]
fn two_scans_of_one_category_exclude_each_other() {
    let master = Master::with_repository();
    let now = mirrormanager::sys::clock::now();
    let request = Request {
        job: "scan".to_owned(),
        scope: Some("Fedora Linux".to_owned()),
        user: "somebody".to_owned(),
        command: "another scan".to_owned(),
        now,
        limit: Some(Duration::from_mins(1)),
    };
    let lock = acquire(
        &master.env.path("locks"),
        &request,
        Duration::ZERO,
        &ShutdownFlag::default(),
    )
    .unwrap();
    let output = master.run(&[]);
    assert_eq!(output.status, 75, "{output:?}");
    assert!(master.stored().directories.is_empty());
    assert_eq!(master.run(&["--dry-run"]).status, 0, "a dry run takes no lock");
    drop(lock);
    assert_eq!(master.run(&[]).status, 0);
}

#[test]
fn a_killed_scan_leaves_the_old_or_the_new_state() {
    let master = Master::with_repository();
    numbered(&master, 0..400);
    let mut before = master.scan();
    for round in 0..12_u32 {
        numbered(&master, 400 + round * 20..420 + round * 20);
        master.repomd(OS, 1_700_001_000 + i64::from(round));
        let mut child = master.env.command("mm-scan-master").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = master.stored();
        if after.generation == before.generation {
            assert_eq!(after.directories, before.directories);
            assert_eq!(after.details, before.details);
        } else {
            assert_eq!(after.generation, before.generation.next());
            let newest = after.details.last().unwrap();
            assert_eq!(newest.file.timestamp, 1_700_001_000 + i64::from(round));
            assert_eq!(newest.first_seq, after.generation);
            let wanted = usize::try_from(400 + (round + 1) * 20).unwrap() + 8;
            assert_eq!(after.directories.len(), wanted);
        }
        before = after;
    }
    // Nothing needs cleaning by hand.
    assert_eq!(master.scan().timestamps().last(), Some(&(1_700_001_011, true)));
}
