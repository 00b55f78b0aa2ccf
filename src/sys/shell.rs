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
}
