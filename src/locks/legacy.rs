//! Lock files of the system that this one takes the place of: pid files, taken by looking whether the process that is named
//! lives. A machine that is moved over has some left.
//!
//! A file is the number of a process in decimal digits and perhaps a line end; its name is that of the program, as in
//! `update-mirrorlist-server.lock`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{NOFOLLOW, is_at};
use crate::sys::process;

/// A number and its line end have fewer bytes.
const MAX: u64 = 32;

/// Programs whose lock files have another name than they: stem of the file, and what the program may be called.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("umdl", &["update-master-directory-list", "umdl"]),
    ("crawler", &["mm2_crawler", "crawler", "run_crawler"]),
    (
        "publiclist",
        &["generate-mirrorlist-cache", "generate-publiclist", "publiclist"],
    ),
];

/// What such a file stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OldState {
    /// Its process lives and is the program of that name.
    Live,
    /// A process of that number lives, and nobody knows whether it is that program: the file is not touched.
    Unknown,
    /// No process has that number, or one of another program.
    Stale,
    /// No pid file: empty, not a number, too long, no regular file, or not readable. It is not touched.
    Foreign,
}

impl OldState {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Foreign => "foreign",
        }
    }
}

/// One lock file of the old system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegacyLock {
    /// The file.
    pub path: PathBuf,
    /// What it stands for.
    pub state: OldState,
    /// The process that it names.
    pub pid: Option<u32>,
    /// What has that number now; empty = nothing, or nobody may know.
    pub command: String,
}

/// All files of the old system's lock directory, sorted by name. An empty path, or a directory that is not there, holds none.
pub fn old_locks(dir: &Path) -> io::Result<Vec<LegacyLock>> {
    if dir.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut out = Vec::new();
    for entry in entries {
        out.push(look(&entry?.path()).0);
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// Removes those that are stale and returns them; with `dry_run` only says which.
pub fn clean_old(dir: &Path, dry_run: bool) -> io::Result<Vec<LegacyLock>> {
    let mut removed = Vec::new();
    for lock in old_locks(dir)? {
        if lock.state != OldState::Stale {
            continue;
        }
        // Looked at again just before: a program of the old system may have taken it over.
        let (again, file) = look(&lock.path);
        let Some(file) = file.filter(|_| again == lock) else {
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

fn look(path: &Path) -> (LegacyLock, Option<File>) {
    let mut lock = LegacyLock {
        path: path.to_owned(),
        state: OldState::Foreign,
        pid: None,
        command: String::new(),
    };
    let Some((file, pid)) = read(path) else {
        return (lock, None);
    };
    let lives = process::stat(pid).is_some_and(|s| s.state != 'Z');
    let arguments = if lives { process::cmdline(pid) } else { Vec::new() };
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    lock.state = judge(stem, lives, &arguments);
    lock.pid = Some(pid);
    lock.command = arguments.join(" ");
    (lock, Some(file))
}

/// The open file and the process that it names; `None` = it is no pid file. Nothing is followed or waited for.
fn read(path: &Path) -> Option<(File, u32)> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MAX {
        return None;
    }
    let file = OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path).ok()?;
    let mut text = String::new();
    (&file).take(MAX).read_to_string(&mut text).ok()?;
    let digits = text.trim();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let pid = digits.parse().ok().filter(|pid| *pid > 0)?;
    Some((file, pid))
}

/// What a pid file of this name stands for, when a process of the number lives and was started with `arguments`.
fn judge(stem: &str, lives: bool, arguments: &[String]) -> OldState {
    if !lives {
        return OldState::Stale;
    }
    let known = PROGRAMS.iter().find(|(name, _)| *name == stem);
    let names = known.map_or_else(|| vec![stem], |(_, names)| names.to_vec());
    // The program, or the script that an interpreter runs.
    let is_it = |argument: &String| {
        let program = argument.rsplit('/').next().unwrap_or_default();
        names.iter().any(|n| {
            program
                .strip_prefix(n)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    if arguments.iter().take(3).any(is_it) {
        OldState::Live
    } else if arguments.is_empty() || (known.is_none() && stem != SERVER_UPDATE) {
        // Of other names nobody knows what their programs are called.
        OldState::Unknown
    } else {
        OldState::Stale
    }
}

/// The one lock of which name and program are known to be the same.
const SERVER_UPDATE: &str = "update-mirrorlist-server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_another_program_holds_nothing() {
        use OldState::{Live, Stale, Unknown};
        for (stem, lives, arguments, state) in [
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
            // A process of the kernel, or one that may not be looked at.
            ("umdl", true, "", Unknown),
        ] {
            let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
            assert_eq!(judge(stem, lives, &arguments), state, "{stem} {arguments:?}");
        }
    }
}
