//! Full, read-only and closed file systems at each place where programs write: the error names the cause, the last good state stands,
//! the advice helps, and the next run recovers.
//!
//! Each place is a small tmpfs in a mount namespace of its own. The programs run as `nobody`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use mirrormanager::snapshot::generation;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::publish::TestBackend;
use crate::support::{Env, RunOutput, open_the_way};

/// Runs `work` in a thread with a mount namespace of its own, which its child processes inherit.
pub(crate) fn with_own_mounts(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let unshared = unshare(CloneFlags::CLONE_NEWNS);
            assert!(unshared.is_ok(), "this test mounts file systems: run it as root");
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
            work();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Mounts a small tmpfs on a directory.
pub(crate) fn mount_small(dir: &Path, options: &str) {
    let tmpfs = Some("tmpfs");
    mount(tmpfs, dir, tmpfs, MsFlags::empty(), Some(options)).unwrap();
}

/// Fills a file system with one file.
pub(crate) fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
}

/// What is wrong with a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Full,
    NoInodes,
    ReadOnly,
    Denied,
}

const TROUBLES: [Trouble; 4] = [Trouble::Full, Trouble::NoInodes, Trouble::ReadOnly, Trouble::Denied];

impl Trouble {
    fn cause(self, dir: &Path, closed: &Path) {
        let ballast = dir.join("ballast");
        match self {
            Self::Full => fill(&ballast),
            Self::NoInodes => {
                fs::create_dir(&ballast).unwrap();
                let mut names = 0..;
                while names
                    .next()
                    .is_some_and(|n: u32| fs::File::create(ballast.join(n.to_string())).is_ok())
                {}
            }
            Self::ReadOnly => {
                let flags = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
                mount(None::<&str>, dir, None::<&str>, flags, None::<&str>).unwrap();
            }
            Self::Denied => chown(closed, Some(0), Some(0)).unwrap(),
        }
    }

    /// The text that the error contains.
    fn words(self, dir: &Path, closed: &Path) -> Vec<String> {
        let mode = closed.metadata().unwrap().permissions().mode() & 0o7777;
        let is_lock_dir = closed.ends_with("locks");
        let (dir, closed) = (dir.display(), closed.display());
        match self {
            // Jobs do not even try to write in the lock directory of another user.
            Self::Denied if is_lock_dir => vec![format!("the lock directory {closed} belongs to root")],
            Self::Full => vec!["disk full: ".to_owned(), format!(" free on {dir}")],
            Self::NoInodes => vec!["no inodes left: 0 of ".to_owned(), format!(" free on {dir}")],
            Self::ReadOnly => vec![format!("{dir} is mounted read-only")],
            Self::Denied => vec![format!(
                "permission denied for nobody: {closed} is owned by root:root, mode {mode:04o}"
            )],
        }
    }

    /// Runs the command that the error advises, and removes what it finds.
    fn mend(self, dir: &Path, stderr: &str) {
        let mark = match self {
            Self::Full | Self::NoInodes => "du -",
            Self::ReadOnly => "mount -o",
            Self::Denied => "chown ",
        };
        let advice = stderr
            .split_once(mark)
            .map(|(_, rest)| rest.split([';', '\n']).next().unwrap());
        let advice = advice.unwrap_or_else(|| panic!("{self:?}: no advice in {stderr}"));
        let advice = advice.split(", or ").next().unwrap();
        let advice = format!("{mark}{advice}");
        let output = Command::new("sh").args(["-c", &advice]).output().unwrap();
        assert!(output.status.success(), "{advice}: {output:?}");
        if matches!(self, Self::Full | Self::NoInodes) {
            let text = String::from_utf8(output.stdout).unwrap();
            let mut paths = text
                .lines()
                .rev()
                .map(|line| Path::new(line.split_once('\t').unwrap().1));
            let ballast = paths.find(|path| *path != dir).unwrap();
            assert_eq!(ballast, dir.join("ballast"), "{text}");
            if ballast.is_dir() {
                fs::remove_dir_all(ballast).unwrap();
            } else {
                fs::remove_file(ballast).unwrap();
            }
        }
    }
}

/// A place where a program writes.
struct Place {
    /// The directory below the home on which a small file system is mounted.
    dir: &'static str,
    /// The directory that is closed to the user.
    closed: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    /// The exit status while there is trouble.
    status: i32,
    /// A prefix of names that a failed run may leave, which do not concern the next one.
    leftovers: &'static str,
}

/// A site with a published generation and a target.
struct Site {
    backend: TestBackend,
    changes: u32,
}

impl Site {
    fn new(place: &Place) -> Self {
        let backend = TestBackend::new(3, "");
        let env = &backend.env;
        open_the_way(&env.path(""));
        for dir in ["db", "backups", "metrics", "target", "log"] {
            fs::create_dir_all(env.path(dir)).unwrap();
        }
        mount(
            Some("small"),
            &env.path(place.dir),
            Some("tmpfs"),
            MsFlags::empty(),
            Some("size=8m,nr_inodes=3000"),
        )
        .unwrap();
        fs::set_permissions(env.path(place.dir), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(env.path("mm.db"), env.path("db/mm.db"))
            .or_else(|_| copy(env))
            .unwrap();
        // Tests open the database by this name.
        std::os::unix::fs::symlink("db/mm.db", env.path("mm.db")).unwrap();
        let target = env.path("target");
        env.write(
            "mm.toml",
            format!(
                "database = \"sqlite:db/mm.db\"\nuser = \"nobody\"\ngenerations_dir = \"generations\"\nlock_dir = \"locks\"\n\
                 log_dir = \"log\"\ncontact = \"ops@example.org\"\n[crawl]\nallow_private_addresses = true\n\
                 max_inconclusive_percent = 100\n[sync]\n[[sync.target]]\nname = \"t\"\naddress = \"{}\"\n",
                target.display()
            ),
        );
        backend.sql("UPDATE host_category_url SET url = 'http://127.0.0.1:9/' || id");
        for dir in ["db", "backups", "metrics", "target", "log", "locks", "generations"] {
            let owned = Command::new("chown")
                .args(["-R", "nobody"])
                .arg(env.path(dir))
                .status()
                .unwrap();
            assert!(owned.success());
        }
        fs::set_permissions(env.path("locks"), fs::Permissions::from_mode(0o700)).unwrap();
        let site = Self { backend, changes: 0 };
        for (program, args) in [
            ("mm-update-mirrorlist", &["--metrics-file", "metrics/update.prom"][..]),
            ("mm-sync-out", &[]),
            ("mm-crawl", &["--host", "mirror01.example.org"]),
        ] {
            site.env().ok(program, args);
        }
        site
    }

    fn env(&self) -> &Env {
        &self.backend.env
    }

    /// Changes the registry, so that each program has something to write.
    fn change(&mut self, place: &Place) {
        self.changes += 1;
        self.backend
            .sql(&format!("UPDATE host SET bandwidth = 5000 + {}", self.changes));
        if place.program == "mm-sync-out" {
            self.env().ok("mm-update-mirrorlist", &[]);
        }
        if place.dir == "log" {
            self.fill_last_pages();
            // A new log needs an inode.
            fs::remove_file(self.env().path("log/crawl/mirror01.example.org.log")).unwrap();
        }
        if self.env().path("backups/mm.db").exists() {
            fs::remove_file(self.env().path("backups/mm.db")).unwrap();
        }
    }

    /// A full disk still accepts a line that fits into the last page of a log.
    fn fill_last_pages(&self) {
        for log in walkdir(&self.env().path("log")).into_iter().filter(|p| p.is_file()) {
            let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
            let used = usize::try_from(file.metadata().unwrap().len() % 4096).unwrap();
            let padding = format!("  {}\n", " ".repeat(2 * 4096 - 3 - used));
            file.write_all(padding.as_bytes()).unwrap();
        }
    }

    fn run(&self, place: &Place) -> RunOutput {
        self.env().run(place.program, place.args)
    }

    /// The IDs of the published generations, here and at the target, each verified; the metrics of the last update.
    fn published(&self) -> Vec<String> {
        let id = |dir: PathBuf| {
            let (place, _) = generation::current(&dir).unwrap().unwrap();
            generation::verify(&place).unwrap().id.to_string()
        };
        let metrics = fs::read_to_string(self.env().path("metrics/update.prom")).unwrap();
        vec![
            id(self.env().path("generations")),
            id(self.env().path("target")),
            metrics,
        ]
    }

    /// The names of all files of the site, without those that `ballast` and names of finished runs have.
    fn files(&self, place: &Place) -> Vec<String> {
        let home = self.env().path("");
        let mut names: Vec<String> = walkdir(&home.join(place.dir))
            .into_iter()
            .map(|p| p.strip_prefix(&home).unwrap().display().to_string())
            .filter(|name| !name.contains("ballast"))
            .filter(|name| place.leftovers.is_empty() || !name.starts_with(place.leftovers))
            .collect();
        names.sort();
        names
    }

    fn assert_logs_are_whole(&self) {
        for log in walkdir(&self.env().path("log"))
            .into_iter()
            .filter(|p| p.is_file() && !p.ends_with("ballast"))
        {
            let text = fs::read_to_string(&log).unwrap();
            assert!(text.is_empty() || text.ends_with('\n'), "{}: {text:?}", log.display());
            let is_whole = |line: &str| line.starts_with("  ") || line.starts_with("20");
            assert!(text.lines().all(is_whole), "{}: {text}", log.display());
        }
    }
}

/// Copies the database to another file system.
fn copy(env: &Env) -> std::io::Result<()> {
    fs::copy(env.path("mm.db"), env.path("db/mm.db"))?;
    fs::remove_file(env.path("mm.db"))
}

/// All paths below a directory.
fn walkdir(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            out.extend(walkdir(&path));
        }
        out.push(path);
    }
    out
}

fn check(place: &Place) {
    with_own_mounts(|| {
        let mut site = Site::new(place);
        let (dir, closed) = (site.env().path(place.dir), site.env().path(place.closed));
        for trouble in TROUBLES {
            let what = format!("{trouble:?} at {}", place.dir);
            site.change(place);
            let (published, files) = (site.published(), site.files(place));
            trouble.cause(&dir, &closed);
            let failed = site.run(place);
            assert_eq!(failed.status, place.status, "{what}: {failed:?}");
            for word in trouble.words(&dir, &closed) {
                assert!(failed.stderr.contains(&word), "{what}: no {word:?} in {failed:?}");
            }
            assert!(!failed.stderr.contains("restore"), "{what}: {failed:?}");
            assert!(!failed.stderr.contains("os error"), "{what}: {failed:?}");
            if place.status != 0 {
                assert_eq!(site.published(), published, "{what}");
            }
            assert_eq!(site.files(place), files, "{what}: something was left or lost");
            site.assert_logs_are_whole();
            trouble.mend(&dir, &failed.stderr);
            let database = rusqlite::Connection::open(site.env().path("db/mm.db")).unwrap();
            let integrity: String = database
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .unwrap();
            assert_eq!(integrity, "ok", "{what}");
            drop(database);
            let again = site.run(place);
            assert_eq!(again.status, 0, "{what}: {again:?}");
            let is_over = |line: &str| !line.contains("cannot") || line.contains("resolved");
            assert!(again.stderr.lines().all(is_over), "{what}: {again:?}");
            site.assert_logs_are_whole();
        }
    });
}

#[test]
fn trouble_with_the_disk_of_the_database() {
    check(&Place {
        dir: "db",
        closed: "db",
        program: "mm-update-mirrorlist",
        args: &[],
        status: 1,
        leftovers: "db/mm.db-",
    });
}

#[test]
fn trouble_with_the_disk_of_generations() {
    check(&Place {
        dir: "generations",
        closed: "generations",
        program: "mm-update-mirrorlist",
        args: &[],
        status: 1,
        leftovers: "",
    });
}

#[test]
fn trouble_with_the_disk_of_backups() {
    check(&Place {
        dir: "backups",
        closed: "backups",
        program: "mm-admin",
        args: &["backup", "backups/mm.db"],
        status: 1,
        leftovers: "",
    });
}

#[test]
fn trouble_with_the_disk_of_logs() {
    check(&Place {
        dir: "log",
        closed: "log/crawl",
        program: "mm-crawl",
        args: &["--host", "mirror01.example.org"],
        status: 0,
        leftovers: "log/crawl/mirror01",
    });
}

#[test]
fn trouble_with_the_disk_of_locks() {
    check(&Place {
        dir: "locks",
        closed: "locks",
        program: "mm-update-mirrorlist",
        args: &[],
        status: 1,
        leftovers: "locks/update.lock",
    });
}

#[test]
fn trouble_with_the_disk_of_metrics() {
    check(&Place {
        dir: "metrics",
        closed: "metrics",
        program: "mm-update-mirrorlist",
        args: &["--metrics-file", "metrics/update.prom"],
        status: 0,
        leftovers: "",
    });
}

#[test]
fn trouble_with_the_disk_of_a_target() {
    check(&Place {
        dir: "target",
        closed: "target",
        program: "mm-sync-out",
        args: &[],
        status: 1,
        leftovers: "",
    });
}
