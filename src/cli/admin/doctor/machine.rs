//! What the machine has: directories, programs, locks, disk.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{Access, access, statvfs};

use super::Check;
use crate::cli::run::Context;
use crate::locks::{self, LockState};
use crate::sys::user;

/// Whether every directory is there and can be written.
pub(super) fn directories(ctx: &Context) -> Vec<Check> {
    let config = &ctx.config;
    let database = config.database_path();
    let mut wanted: Vec<(&str, &Path)> = vec![
        ("generations_dir", &config.generations_dir),
        ("lock_dir", &config.lock_dir),
    ];
    if !config.log_dir.as_os_str().is_empty() {
        wanted.push(("log_dir", &config.log_dir));
    }
    if let Some(dir) = database.parent() {
        wanted.push(("database directory", dir));
    }
    wanted.into_iter().map(|(name, dir)| directory(name, dir)).collect()
}

fn directory(name: &str, dir: &Path) -> Check {
    let (shown, user) = (dir.display(), user::current());
    let mend = format!("install -d -o {user} {shown}");
    if !dir.is_dir() {
        return Check::bad(name, format!("{shown} is missing"), &mend);
    }
    match access(dir, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Check::ok(name, shown.to_string()),
        Err(e) => Check::bad(
            name,
            format!("{shown} cannot be written by {user}: {e}"),
            &format!("chown -R {user} {shown}"),
        ),
    }
}

/// Whether the programs that jobs start are there. Without targets over ssh nobody needs them now.
pub(super) fn programs(ctx: &Context) -> Vec<Check> {
    let needed = ctx.config.sync.target.iter().any(|t| t.to.contains("://"));
    [("rsync", "--version", "rsync"), ("ssh", "-V", "openssh-client")]
        .into_iter()
        .map(|(program, argument, package)| {
            let tried = Command::new(program)
                .arg(argument)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let mend = format!("apt-get install {package}");
            match tried {
                Ok(status) if status.success() => Check::ok(program, "found"),
                Ok(status) => Check::bad(program, format!("{program} {argument} ends with {status}"), &mend),
                Err(e) if e.kind() == ErrorKind::NotFound && !needed => {
                    Check::warn(program, "not found; targets over ssh will need it", &mend)
                }
                Err(e) => Check::bad(program, format!("cannot be started: {e}"), &mend),
            }
        })
        .collect()
}

/// Whether the tables that the server reads are there. It starts without them, and answers worse.
pub(super) fn tables(ctx: &Context) -> Vec<Check> {
    let server = &ctx.config.server;
    [
        ("geoip", &server.geoip),
        ("netblocks", &server.netblocks),
        ("country_continent", &server.country_continent),
    ]
    .into_iter()
    .filter(|(_, path)| !path.as_os_str().is_empty())
    .map(|(key, path)| {
        if path.is_file() {
            Check::ok(key, path.display().to_string())
        } else {
            let says = format!("{} is missing; the server answers without it", path.display());
            Check::warn(key, says, &format!("fetch it, or take server.{key} out of the config"))
        }
    })
    .collect()
}

/// Whether a job hangs or left its lock file behind.
pub(in crate::cli::admin) fn locks(ctx: &Context) -> Vec<Check> {
    let found = match locks::list(&ctx.config.lock_dir, ctx.now) {
        Ok(found) => found,
        Err(e) => return vec![Check::bad("locks", format!("cannot be read: {e}"), "mm-locks")],
    };
    let of = |states: &[LockState]| -> Vec<String> {
        found
            .iter()
            .filter(|e| states.contains(&e.state))
            .map(|e| {
                if e.scope.is_empty() {
                    e.job.clone()
                } else {
                    format!("{} ({})", e.job, e.scope)
                }
            })
            .collect()
    };
    let mut out = Vec::new();
    let hung = of(&[LockState::Overdue, LockState::Unkillable]);
    if !hung.is_empty() {
        let says = format!("past its deadline: {}", hung.join(", "));
        out.push(Check::bad("locks", says, "mm-locks --kill-hung"));
    }
    let orphans = of(&[LockState::Orphans]);
    if !orphans.is_empty() {
        let says = format!("died, and its children live: {}", orphans.join(", "));
        out.push(Check::warn("locks", says, "mm-locks --kill-hung"));
    }
    let stale = of(&[LockState::Stale]);
    if !stale.is_empty() {
        let says = format!("left behind by dead jobs, in nobody's way: {}", stale.join(", "));
        out.push(Check::warn("locks", says, "mm-locks --clean"));
    }
    if out.is_empty() {
        let live = of(&[LockState::Live]);
        let says = if live.is_empty() {
            "nothing runs".to_owned()
        } else {
            format!("running: {}", live.join(", "))
        };
        out.push(Check::ok("locks", says));
    }
    out
}

/// Whether there is room for the next generation and the next transaction.
pub(in crate::cli::admin) fn disk(ctx: &Context) -> Vec<Check> {
    let database = ctx.config.database_path();
    let mut out = vec![space("disk of generations", &ctx.config.generations_dir)];
    if let Some(dir) = database.parent() {
        // Of a bare name it is empty.
        let here = dir.as_os_str().is_empty();
        out.push(space("disk of the database", if here { Path::new(".") } else { dir }));
    }
    out
}

fn space(name: &str, dir: &Path) -> Check {
    /// Some ten generations of a large distribution.
    const LOW: u64 = 1 << 30;
    /// One generation with its temporary files.
    const FULL: u64 = 100 << 20;
    let mend = format!("df -h {}", dir.display());
    let fs = match statvfs(dir) {
        Ok(fs) => fs,
        Err(e) => return Check::warn(name, format!("cannot be asked: {e}"), &mend),
    };
    let free = fs.f_bavail.saturating_mul(fs.f_frsize);
    let percent = fs.f_bavail.saturating_mul(100) / fs.f_blocks.max(1);
    let says = format!("{} MiB free ({percent} %)", free >> 20);
    if free < FULL {
        Check::bad(name, says, &mend)
    } else if free < LOW {
        Check::warn(name, says, &mend)
    } else {
        Check::ok(name, says)
    }
}
