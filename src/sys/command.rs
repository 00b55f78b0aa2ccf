//! Commands of the config: a program and its arguments.

use std::path::{Path, PathBuf};

use super::permissions::{WritableByOthers, find_writable_by_others};
use super::user;

/// Returns the files that decide what a command does: the program, found as `execvp(3)` does, and arguments that are paths of files,
/// such as a script for `/bin/sh`. Missing ones are left out.
fn files(command: &[String]) -> Vec<PathBuf> {
    let Some((program, args)) = command.split_first() else {
        return Vec::new();
    };
    let program = if program.contains('/') {
        Some(PathBuf::from(program))
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|dir| dir.join(program))
            .find(|file| file.is_file())
    };
    let args = args.iter().filter(|arg| arg.contains('/')).map(PathBuf::from);
    program
        .into_iter()
        .chain(args)
        .filter(|file| Path::is_file(file))
        .collect()
}

/// Returns the first file or directory through which another user can change what the command does. A command whose files cannot be
/// inspected fails when it is started.
pub(crate) fn find_changeable_by_others(command: &[String]) -> Option<WritableByOthers> {
    let user = user::effective_id();
    files(command)
        .iter()
        .find_map(|file| find_writable_by_others(file, user).ok().flatten())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn program_and_scripts_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let [open, closed] = [("open", 0o777), ("closed", 0o755)].map(|(name, mode)| {
            let file = dir.path().join(name);
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            file.to_str().unwrap().to_owned()
        });
        for (command, expected) in [
            (vec![], false),
            (vec!["sh", "-c", "true"], false),
            (vec![&closed, "first"], false),
            (vec![&open], true),
            (vec!["sh", &closed], false),
            (vec!["sh", &open], true),
            (vec!["/nonexistent/program"], false),
            (vec!["sh", "/nonexistent/script"], false),
        ] {
            let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
            let found = find_changeable_by_others(&command);
            assert_eq!(found.is_some(), expected, "{command:?}: {found:?}");
        }
    }
}
