//! Programs that are killed, and programs whose reads and writes fail: what was published stays whole, the database is consistent, no
//! lock is held, and the next run succeeds without help and removes what the failed one left.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mirrormanager::snapshot::generation;

use crate::support::{Env, Nginx};

mod cases;
mod io_errors;
mod killed;
mod trace;

/// A program in a home where it has something to write.
struct Case {
    program: &'static str,
    args: &'static [&'static str],
    prepare: fn() -> Site,
    /// The result of the program: a failed run has the old result, or the new one.
    result: fn(&Env) -> String,
}

/// A home, with a mirror for programs that need one.
struct Site {
    env: Env,
    _mirror: Option<Nginx>,
}

impl From<Env> for Site {
    fn from(env: Env) -> Self {
        Self { env, _mirror: None }
    }
}

/// A home that can be returned to its first state, and the results of the program.
struct Lab<'a> {
    case: &'a Case,
    site: Site,
    saved: tempfile::TempDir,
    old: String,
    new: String,
    /// The calls of a run that succeeded, and the names of the files after it.
    calls: Vec<trace::Call>,
    names: BTreeSet<String>,
}

impl<'a> Lab<'a> {
    /// Records a run of the program; `calls` are the names of calls for strace.
    fn new(case: &'a Case, calls: &str) -> Self {
        let site = (case.prepare)();
        let env = &site.env;
        let saved = tempfile::tempdir().unwrap();
        copy(&env.path("."), saved.path());
        let old = (case.result)(env);
        let calls = trace::record(env, case, calls);
        let new = (case.result)(env);
        assert_ne!(old, new, "the run changed nothing");
        let names = names(env);
        Self {
            case,
            site,
            saved,
            old,
            new,
            calls,
            names,
        }
    }

    fn env(&self) -> &Env {
        &self.site.env
    }

    /// Returns the home to the state before the run.
    fn restore(&self) {
        for entry in fs::read_dir(self.env().path(".")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        copy(self.saved.path(), &self.env().path("."));
    }

    /// Checks the home after a run that failed, and that the next one succeeds. Returns true if the failed one had the new result.
    fn check(&self, what: &str) -> bool {
        assert_consistent(self.env(), what);
        let found = (self.case.result)(self.env());
        assert!(found == self.old || found == self.new, "{what}: {found}");
        let next = self.env().run(self.case.program, self.case.args);
        let is_new_problem = |line: &&str| !line.contains("resolved");
        assert_eq!(next.status, 0, "{what}: {next:?}");
        assert_eq!(next.stderr.lines().find(is_new_problem), None, "{what}: {next:?}");
        assert_consistent(self.env(), what);
        assert_eq!((self.case.result)(self.env()), self.new, "{what}: the next run");
        let left: Vec<String> = names(self.env()).difference(&self.names).cloned().collect();
        assert!(left.is_empty(), "{what}: the next run leaves {left:?}");
        found == self.new
    }
}

/// Copies the content of a directory, with owners, modes and times.
fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .arg("-a")
        .arg(from.join("."))
        .arg(to)
        .status()
        .unwrap();
    assert!(done.success());
}

/// Checks what always holds: the database is intact, published generations are whole, and no lock is held.
fn assert_consistent(env: &Env, what: &str) {
    let database = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let integrity: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(integrity, "ok", "{what}");
    let mut foreign = database.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!foreign.exists([]).unwrap(), "{what}: references to missing rows");
    for dir in ["generations", "target"] {
        if let Some((place, _)) = generation::current(&env.path(dir)).unwrap() {
            generation::verify(&place).unwrap_or_else(|e| panic!("{what}: {dir}: {e}"));
        }
    }
    let report: serde_json::Value = serde_json::from_str(&env.ok("mm-locks", &["--format", "json"])).unwrap();
    let held: Vec<_> = report["locks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["state"] != "stale")
        .collect();
    assert!(held.is_empty(), "{what}: {held:?}");
}

/// The names of all files in the home, without what differs from run to run: IDs, times and other numbers.
fn names(env: &Env) -> BTreeSet<String> {
    let home = env.path(".");
    let shape = |name: &str| -> String {
        if name.len() == 16 && name.chars().all(|c| c.is_ascii_hexdigit()) {
            return "ID".to_owned();
        }
        let shape: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        // A restore and a migration keep the database that they replace, also if there are two in a second.
        match shape.strip_suffix(".0") {
            Some(kept) if kept.contains(".replaced.") || kept.contains(".schema0.") => kept.to_owned(),
            Some(_) | None => shape,
        }
    };
    let shapes = |path: PathBuf| {
        let below = path.strip_prefix(&home).unwrap().to_str().unwrap().to_owned();
        below.split('/').map(shape).collect::<Vec<_>>().join("/")
    };
    // The note of a reported problem; the next job reports that it is over.
    let is_note = |path: &PathBuf| path.extension().is_some_and(|e| e == "problem");
    let files = files_below(&home).into_iter().filter(|path| !is_note(path));
    files.map(shapes).collect()
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            out.extend(files_below(&path));
        }
        out.push(path);
    }
    out
}

/// Returns `count` indexes of a list, spread evenly over it.
fn spread(length: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |n| n * length / count)
}

/// Defines two tests for each case: one that `make test` runs, and one that only `make test-all` runs.
macro_rules! tests_of_cases {
    ($check:path, $few:expr, $many:expr) => {
        tests_of_cases! { $check, $few, $many,
            scan: SCAN, detect: DETECT, crawl: CRAWL, update: UPDATE, sync_out: SYNC, locks_clean: CLEAN, admin_apply: APPLY,
            admin_backup: BACKUP, admin_restore: RESTORE, admin_migrate: MIGRATE,
        }
    };
    ($check:path, $few:expr, $many:expr, $($name:ident: $case:ident,)*) => {
        mod at_a_few_calls {
            $(#[test] fn $name() { $check(&$crate::faults::cases::$case, $few); })*
        }
        mod at_many_calls {
            $(#[test] #[ignore = "make test-all: thirty runs of each program take minutes"]
            fn $name() { $check(&$crate::faults::cases::$case, $many); })*
        }
    };
}
use tests_of_cases;
