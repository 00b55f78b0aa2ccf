//! Safety of the lock directory: it belongs to the user of the jobs, who alone may enter it.
//!
//! A user who can open a lock file can hold its flock and so block a job; one who can write in the directory can also make entries in
//! the place of lock files, or status files that name processes of others. [`remove_foreign`] removes what such a user left before the
//! directory was closed.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use thiserror::Error;

use crate::sys::permissions::find_writable_by_others;
use crate::sys::{shell, user};

/// The reason why jobs refuse a lock directory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}; run: {fix}")]
pub struct UnsafeLockDir {
    /// What is wrong with which directory.
    pub problem: String,
    /// The command that corrects it; root can run it.
    pub fix: String,
}

/// Returns the reason why jobs of this user would refuse the directory `dir`; `None` = they accept it. Fails if the directory does not
/// exist, or cannot be inspected.
pub(crate) fn find_problem(dir: &Path) -> io::Result<Option<UnsafeLockDir>> {
    let (meta, uid, shown) = (dir.metadata()?, user::effective_id(), dir.display());
    let quoted = shell::quote_path(dir);
    if !meta.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory));
    }
    let mode = meta.mode() & 0o7777;
    let unsafe_dir = |problem, fix| Ok(Some(UnsafeLockDir { problem, fix }));
    if meta.uid() != uid {
        let (owner, user) = (user::name(meta.uid()), user::current());
        let problem = format!("the lock directory {shown} belongs to {owner}, but this program runs as {user}");
        return unsafe_dir(problem, format!("chown {user} {quoted}"));
    }
    if mode & 0o077 != 0 {
        let problem = format!("other users can open the lock directory {shown} (mode {mode:04o})");
        return unsafe_dir(problem, format!("chmod 0700 {quoted}"));
    }
    Ok(find_writable_by_others(dir, uid)?.map(|found| UnsafeLockDir {
        problem: format!("others can replace the lock directory {shown}: {found}"),
        fix: found.fix(),
    }))
}

/// Removes an entry of another user, of any kind, from a path in the lock directory. Jobs make no such entry, and only root can: it is
/// from a time when the directory was open to others. Nothing else is removed.
pub(super) fn remove_foreign(path: &Path) -> io::Result<()> {
    let Ok(meta) = path.symlink_metadata() else {
        return Ok(());
    };
    if meta.uid() == 0 || meta.uid() == user::effective_id() {
        return Ok(());
    }
    let owner = user::name(meta.uid());
    tracing::warn!(path = %path.display(), owner, "removing an entry of another user from the lock directory");
    let removed = if meta.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn directory_is_accepted_only_if_others_cannot_open_it() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("locks");
        std::fs::create_dir(&dir).unwrap();
        for (mode, words) in [
            (0o700, None),
            (0o710, Some("(mode 0710)")),
            (0o701, Some("(mode 0701)")),
            (0o1777, Some("(mode 1777)")),
        ] {
            std::fs::set_permissions(&dir, Permissions::from_mode(mode)).unwrap();
            let found = find_problem(&dir).unwrap();
            assert_eq!(found.is_some(), words.is_some(), "{found:?}");
            if let (Some(found), Some(words)) = (found, words) {
                assert!(found.problem.contains(words), "{found}");
                assert_eq!(found.fix, format!("chmod 0700 {}", dir.display()));
            }
        }
        std::fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
        std::fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
        let found = find_problem(&dir).unwrap().unwrap();
        assert_eq!(found.fix, format!("chmod go-w {}", home.path().display()));
        assert!(find_problem(&dir.join("missing")).is_err());
    }
}
