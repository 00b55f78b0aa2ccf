//! Text for a shell: commands that programs print are typed by operators.

use std::borrow::Cow;
use std::path::Path;

/// Quotes a word for a POSIX shell, unless it has only characters without a special meaning.
pub(crate) fn quote(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,+=@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
    }
}

/// Quotes a path like [`quote`].
pub(crate) fn quote_path(path: &Path) -> String {
    quote(&path.to_string_lossy()).into_owned()
}

/// Mode of a directory for data that only we and our group may read, whatever the umask of the operator is.
pub(crate) const DATA_DIR_MODE: u32 = 0o750;

/// The command by which root creates a directory for `user`.
pub(crate) fn install_directory(dir: &Path, mode: u32, user: &str) -> String {
    format!("install -d -m {mode:04o} -o {user} {}", quote_path(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_word_back() {
        for word in ["/var/lib/mm.db", "", "Fedora Linux", "it's", "$HOME", "a;b", "ü", "*"] {
            let echo = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quote(word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(echo.stdout).unwrap(), word);
        }
        assert_eq!(quote("/var/lib/mm.db"), "/var/lib/mm.db");
    }

    #[test]
    fn a_created_directory_has_its_mode_whatever_the_umask() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("two words");
        let command = install_directory(&dir, DATA_DIR_MODE, &crate::sys::user::current());
        for umask in ["000", "077"] {
            let script = format!("umask {umask}; {command}");
            let status = std::process::Command::new("sh").args(["-c", &script]).status().unwrap();
            assert!(status.success(), "{script}");
            assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o7777, DATA_DIR_MODE);
            std::fs::remove_dir(&dir).unwrap();
        }
    }
}
