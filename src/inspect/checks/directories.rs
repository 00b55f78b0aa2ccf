//! Checks of the directories that jobs write.

use std::path::Path;

use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::{Check, Environment};
use crate::locks;
use crate::locks::directory::find_problem;
use crate::sys::shell;
use crate::sys::user;

const LOCK_DIR: &str = "lock_dir";

/// Checks that every directory exists and is writable.
pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let config = environment.config;
    let database_dir = environment.database_dir();
    let log_dir = Some(config.log_dir.as_path()).filter(|dir| !dir.as_os_str().is_empty());
    let directories = [
        ("database directory", Some(database_dir.as_path())),
        ("generations_dir", Some(config.generations_dir.as_path())),
        (LOCK_DIR, Some(&config.lock_dir)),
        ("log_dir", log_dir),
    ];
    (directories.into_iter())
        .filter_map(|(name, dir)| Some(check_directory(name, dir?)))
        .collect()
}

fn check_directory(name: &str, dir: &Path) -> Check {
    let (shown, quoted, user) = (dir.display(), shell::quote_path(dir), user::current());
    let is_lock_dir = name == LOCK_DIR;
    if !dir.is_dir() {
        let mode = if is_lock_dir {
            locks::DIRECTORY_MODE
        } else {
            shell::DATA_DIR_MODE
        };
        return Check::critical(name, format!("{shown} is missing"))
            .with_command(shell::install_directory(dir, mode, &user));
    }
    let problem = is_lock_dir.then(|| find_problem(dir).ok().flatten()).flatten();
    if let Some(found) = problem {
        return Check::critical(name, format!("jobs refuse it: {}", found.problem)).with_command(found.fix);
    }
    match access(dir, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Check::ok(name, shown.to_string()),
        // The check of the disk has the command.
        Err(Errno::ROFS) => Check::critical(name, format!("{shown} is on a read-only file system")),
        Err(e) => Check::critical(name, format!("{shown} is not writable for {user}: {e}"))
            .with_command(format!("chown -R {user} {quoted} && chmod u+rwx {quoted}")),
    }
}
