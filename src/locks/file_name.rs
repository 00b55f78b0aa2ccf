//! The names of lock files: `<job>` or `<job>.<scope>`, where no two scopes ever share a name and people can read them.
//!
//! A blank stands as `_`; letters and digits of all scripts, `-` and `.` as they are; any other byte as `%XX`, the underscore
//! among them. A scope too long for a file name is cut, and told apart by a hash.

use sha2::{Digest, Sha256};

/// The longest scope in a name, in bytes; with the job and its ending a name must stay below 255.
const MAX: usize = 200;
/// What is kept of a longer one.
const KEPT: usize = 120;
/// Before the hash: no escape looks like this.
const CUT: &str = "%~";

/// The stem of a lock's file names.
pub(super) fn stem(job: &str, scope: Option<&str>) -> String {
    let job = escaped(job).replace('.', "%2E");
    match scope {
        None => job,
        Some(scope) => format!("{job}.{}", shortened(escaped(scope), scope)),
    }
}

/// Job and scope of a stem; a scope that was cut stands as in the name.
pub(super) fn names(stem: &str) -> (String, String) {
    let (job, scope) = stem.split_once('.').unwrap_or((stem, ""));
    (plain(job), plain(scope))
}

fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c == ' ' {
            out.push('_');
        } else if c.is_alphanumeric() || "-.".contains(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push('%');
                out.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    out
}

fn shortened(escaped: String, name: &str) -> String {
    if escaped.len() <= MAX {
        return escaped;
    }
    let mut kept = String::new();
    for c in escaped.chars() {
        if kept.len() + c.len_utf8() > KEPT {
            break;
        }
        kept.push(c);
    }
    let mut hash = hex::encode(Sha256::digest(name));
    hash.truncate(32);
    kept + CUT + &hash
}

fn plain(escaped: &str) -> String {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'_' => bytes.push(b' '),
            b'%' => {
                let pair = [rest.next(), rest.next()].map(|b| b.and_then(|b| char::from(b).to_digit(16)));
                let [Some(high), Some(low)] = pair else {
                    return escaped.to_owned();
                };
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| escaped.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_can_be_read_and_are_told_apart() {
        for (scope, name) in [
            ("Fedora Linux", "crawl.Fedora_Linux"),
            ("EPEL 8", "crawl.EPEL_8"),
            ("EPEL_8", "crawl.EPEL%5F8"),
            ("mirror.example.org", "crawl.mirror.example.org"),
            ("Größe", "crawl.Größe"),
            ("../a/b", "crawl...%2Fa%2Fb"),
            ("100%", "crawl.100%25"),
        ] {
            assert_eq!(stem("crawl", Some(scope)), name);
            assert_eq!(names(name), ("crawl".to_owned(), scope.to_owned()));
        }
        assert_eq!(stem("crawl", None), "crawl");
        assert_ne!(stem("crawl", Some("")), "crawl");
        // What is no name of ours is shown as it is.
        assert_eq!(names("scan.%G_"), ("scan".to_owned(), "%G_".to_owned()));
    }

    proptest! {
        #[test]
        fn no_two_scopes_share_a_name(a in "[ _%.~a/ü☃]{0,90}", b in "[ _%.~a/ü☃]{0,90}") {
            let (one, two) = (stem("crawl-host", Some(&a)), stem("crawl-host", Some(&b)));
            prop_assert_eq!(one == two, a == b);
            prop_assert!(one.len() < 240, "{}", one.len());
            prop_assert!(!one.contains('/') && !one.starts_with('.'));
            if !one.contains(CUT) {
                prop_assert_eq!(names(&one), ("crawl-host".to_owned(), a));
            }
        }
    }
}
