//! Lock files of MirrorManager2: PID files, which its programs ignore if the process is gone. They may remain on a machine after
//! the migration.
//!
//! A file contains a PID in decimal, with or without a line end, and is named after its program, such as
//! `update-mirrorlist-server.lock`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use strum::IntoStaticStr;

use super::{is_at, open_regular, sorted_paths};
use crate::sys::process;

/// Limit for the size of a PID file, in bytes.
const MAX_SIZE: u64 = 32;

/// Programs whose lock files have other names: stem of the file, and possible names of the program.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("umdl", &["update-master-directory-list", "umdl"]),
    ("crawler", &["mm2_crawler", "crawler", "run_crawler"]),
    (
        "publiclist",
        &["generate-mirrorlist-cache", "generate-publiclist", "publiclist"],
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LegacyLockState {
    /// Its process is running, and is the program of that name.
    Live,
    /// The process is running, but its program is unknown; the file is never changed.
    Unknown,
    /// The process is gone, or is another program.
    Stale,
    /// Not a PID file: empty, not a number, too long, not a regular file, or not readable. It is never changed.
    Unreadable,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LegacyLock {
    pub path: PathBuf,
    pub state: LegacyLockState,
    pub pid: Option<u32>,
    /// The command line of the process with that PID; empty = none, or not permitted.
    pub process: String,
}

/// Lists all files of the directory, sorted by name. The result is empty for an empty path or a missing directory.
pub(crate) fn list_legacy(dir: &Path) -> io::Result<Vec<LegacyLock>> {
    if dir.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let paths = sorted_paths(dir)?;
    Ok(paths.iter().map(|path| inspect(path).0).collect())
}

/// Removes stale files and returns them; with `dry_run`, only returns them.
pub(crate) fn clean_legacy(dir: &Path, dry_run: bool) -> io::Result<Vec<LegacyLock>> {
    let mut removed = Vec::new();
    let stale = list_legacy(dir)?
        .into_iter()
        .filter(|lock| lock.state == LegacyLockState::Stale);
    for lock in stale {
        // Inspected again just before the removal: another program may have taken the lock.
        let (current, file) = inspect(&lock.path);
        let Some(file) = file.filter(|_| current == lock) else {
            continue;
        };
        if !is_at(&file, &lock.path)? {
            continue;
        }
        if !dry_run {
            std::fs::remove_file(&lock.path)?;
        }
        removed.push(lock);
    }
    Ok(removed)
}

fn inspect(path: &Path) -> (LegacyLock, Option<File>) {
    let mut lock = LegacyLock {
        path: path.to_owned(),
        state: LegacyLockState::Unreadable,
        pid: None,
        process: String::new(),
    };
    let Some((file, pid)) = read(path) else {
        return (lock, None);
    };
    let is_alive = process::stat(pid).is_some_and(|s| s.state != 'Z');
    let arguments = if is_alive { process::cmdline(pid) } else { Vec::new() };
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    lock.state = classify(stem, is_alive, &arguments);
    lock.pid = Some(pid);
    lock.process = arguments.join(" ");
    (lock, Some(file))
}

/// Returns the open file and its PID; `None` if it is not a PID file. Does not follow links, and does not block.
fn read(path: &Path) -> Option<(File, u32)> {
    let file = open_regular(path).ok()?;
    if file.metadata().ok()?.len() > MAX_SIZE {
        return None;
    }
    let mut text = String::new();
    (&file).take(MAX_SIZE).read_to_string(&mut text).ok()?;
    let digits = text.trim();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let pid = digits.parse().ok().filter(|pid| *pid > 0)?;
    Some((file, pid))
}

/// Returns the state of a PID file by its name, and by the arguments of the process.
fn classify(stem: &str, is_alive: bool, arguments: &[String]) -> LegacyLockState {
    if !is_alive {
        return LegacyLockState::Stale;
    }
    let known = PROGRAMS.iter().find(|(name, _)| *name == stem);
    let names = known.map_or_else(|| vec![stem], |(_, names)| names.to_vec());
    // The program itself, or a script that an interpreter runs.
    let is_program = |argument: &String| {
        let program = argument.rsplit('/').next().unwrap_or_default();
        names.iter().any(|n| {
            program
                .strip_prefix(n)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    if arguments.iter().take(3).any(is_program) {
        LegacyLockState::Live
    } else if arguments.is_empty() || (known.is_none() && stem != SERVER_UPDATE) {
        // For other files, the name of the program is unknown.
        LegacyLockState::Unknown
    } else {
        LegacyLockState::Stale
    }
}

/// The only lock that is known to have the name of its program.
const SERVER_UPDATE: &str = "update-mirrorlist-server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_of_another_program_is_stale() {
        use LegacyLockState::{Live, Stale, Unknown};
        for (stem, is_alive, arguments, state) in [
            ("umdl", false, "", Stale),
            ("umdl", true, "python3 /usr/bin/update-master-directory-list -c x", Live),
            ("umdl", true, "/usr/bin/umdl", Live),
            ("umdl", true, "/usr/sbin/sshd -D", Stale),
            ("umdl", true, "less umdl-notes", Stale),
            ("crawler", true, "python3 -s /usr/bin/mm2_crawler.py", Live),
            (
                "update-mirrorlist-server",
                true,
                "bash /usr/bin/update-mirrorlist-server",
                Live,
            ),
            ("update-mirrorlist-server", true, "sleep 1", Stale),
            ("somebody", true, "sleep 1", Unknown),
            ("somebody", true, "/opt/somebody", Live),
            // A kernel thread, or a process that may not be inspected.
            ("umdl", true, "", Unknown),
        ] {
            let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
            assert_eq!(classify(stem, is_alive, &arguments), state, "{stem} {arguments:?}");
        }
    }
}
