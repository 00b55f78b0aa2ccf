//! Checks of the machine: directories, programs, locks, disk.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use itertools::Itertools as _;
use rustix::fs::{Access, access, statvfs};

use super::Check;
use crate::config::Config;
use crate::locks::{self, LockEntry, LockState};
use crate::model::Timestamp;
use crate::sys::user;

/// Checks that every directory exists and is writable.
pub(super) fn check_directories(config: &Config) -> Vec<Check> {
    let database = config.database_path();
    let log_dir = Some(config.log_dir.as_path()).filter(|dir| !dir.as_os_str().is_empty());
    let directories = [
        ("generations_dir", Some(config.generations_dir.as_path())),
        ("lock_dir", Some(&config.lock_dir)),
        ("log_dir", log_dir),
        ("database directory", database.parent()),
    ];
    (directories.into_iter())
        .filter_map(|(name, dir)| Some(check_directory(name, dir?)))
        .collect()
}

fn check_directory(name: &str, dir: &Path) -> Check {
    let (shown, user) = (dir.display(), user::current());
    let fix = format!("install -d -o {user} {shown}");
    if !dir.is_dir() {
        return Check::bad(name, format!("{shown} is missing"), &fix);
    }
    match access(dir, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Check::ok(name, shown.to_string()),
        Err(e) => {
            let message = format!("{shown} is not writable for {user}: {e}");
            Check::bad(name, message, &format!("chown -R {user} {shown}"))
        }
    }
}

/// Checks the programs that jobs start. They are only needed for targets over ssh.
pub(super) fn check_programs(config: &Config) -> Vec<Check> {
    let needed = config.sync.target.iter().any(|t| t.address.contains("://"));
    [("rsync", "--version", "rsync"), ("ssh", "-V", "openssh-client")]
        .into_iter()
        .map(|(program, argument, package)| {
            let status = Command::new(program)
                .arg(argument)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let fix = format!("apt-get install {package}");
            match status {
                Ok(status) if status.success() => Check::ok(program, "found"),
                Ok(status) => Check::bad(program, format!("{program} {argument} failed: {status}"), &fix),
                Err(e) if e.kind() == ErrorKind::NotFound && !needed => {
                    Check::warn(program, "not found; needed for targets over ssh", &fix)
                }
                Err(e) => Check::bad(program, format!("cannot start it: {e}"), &fix),
            }
        })
        .collect()
}

/// Checks the files that the server reads. It starts without them, but selects mirrors less precisely.
pub(super) fn check_server_inputs(config: &Config) -> Vec<Check> {
    let server = &config.server;
    [
        ("geoip", &server.geoip),
        ("asn_table", &server.asn_table),
        ("country_continent", &server.country_continent),
    ]
    .into_iter()
    .filter(|(_, path)| !path.as_os_str().is_empty())
    .map(|(key, path)| {
        if path.is_file() {
            Check::ok(key, path.display().to_string())
        } else {
            let message = format!("{} is missing; the server runs without it", path.display());
            let fix = format!("fetch it, or remove server.{key} from the config");
            Check::warn(key, message, &fix)
        }
    })
    .collect()
}

/// Checks for overdue jobs and stale lock files.
pub(super) fn check_locks(config: &Config, now: Timestamp) -> Vec<Check> {
    let found = match locks::list(&config.lock_dir, now) {
        Ok(found) => found,
        Err(e) => {
            let message = format!("reading the lock directory: {e}");
            return vec![Check::bad("locks", message, "mm-locks")];
        }
    };
    let name = |e: &LockEntry| match e.scope.as_str() {
        "" => e.job.clone(),
        scope => format!("{} ({scope})", e.job),
    };
    let jobs = |states: &[LockState]| -> Option<String> {
        let names = (found.iter().filter(|e| states.contains(&e.state)))
            .map(name)
            .join(", ");
        Some(names).filter(|names| !names.is_empty())
    };
    let problems = [
        jobs(&[LockState::Overdue, LockState::Unkillable])
            .map(|jobs| Check::bad("locks", format!("overdue: {jobs}"), "mm-locks --kill-hung")),
        jobs(&[LockState::Orphaned]).map(|jobs| {
            let message = format!("killed, but child processes are still running: {jobs}");
            Check::warn("locks", message, "mm-locks --kill-hung")
        }),
        jobs(&[LockState::Stale]).map(|jobs| {
            let message = format!("stale lock files, which block nothing: {jobs}");
            Check::warn("locks", message, "mm-locks --clean")
        }),
    ];
    let mut out: Vec<Check> = problems.into_iter().flatten().collect();
    if out.is_empty() {
        let live = jobs(&[LockState::Live]);
        let message = live.map_or_else(|| "no job is running".to_owned(), |jobs| format!("running: {jobs}"));
        out.push(Check::ok("locks", message));
    }
    out
}

/// Checks the space for the next generation and the next transactions.
pub(super) fn check_disks(config: &Config) -> Vec<Check> {
    let database = config.database_path();
    let mut out = vec![check_free_space("disk of generations", &config.generations_dir)];
    if let Some(dir) = database.parent() {
        // A file name without a directory has an empty parent.
        let is_relative = dir.as_os_str().is_empty();
        let dir = if is_relative { Path::new(".") } else { dir };
        out.push(check_free_space("disk of the database", dir));
    }
    out
}

fn check_free_space(name: &str, dir: &Path) -> Check {
    /// About ten generations of a large distribution.
    const LOW: u64 = 1 << 30;
    /// One generation with its temporary files.
    const FULL: u64 = 100 << 20;
    let fix = format!("df -h {}", dir.display());
    let fs = match statvfs(dir) {
        Ok(fs) => fs,
        Err(e) => return Check::warn(name, format!("reading its free space: {e}"), &fix),
    };
    let free = fs.f_bavail.saturating_mul(fs.f_frsize);
    let percent = fs.f_bavail.saturating_mul(100) / fs.f_blocks.max(1);
    let message = format!("{} MiB free ({percent} %)", free >> 20);
    if free < FULL {
        Check::bad(name, message, &fix)
    } else if free < LOW {
        Check::warn(name, message, &fix)
    } else {
        Check::ok(name, message)
    }
}
