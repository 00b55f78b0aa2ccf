//! Names of lock files: `<job>` or `<job>.<scope>`, readable, and different for different scopes.
//!
//! A space is encoded as `_`; letters and digits of all scripts, `-` and `.` are unchanged; any other byte, including the
//! underscore, becomes `%XX`. A scope that is too long for a file name is truncated, with a hash appended.

use sha2::{Digest, Sha256};

/// Limit for an encoded scope, in bytes; the whole name with job and suffix must stay below 255.
const MAX_SCOPE: usize = 200;
/// Length of a truncated scope without its hash.
const TRUNCATED_SCOPE: usize = 120;
/// Separator before the hash; differs from every escape.
const HASH_SEPARATOR: &str = "%~";

pub(super) fn encode(job: &str, scope: Option<&str>) -> String {
    let job = escape(job).replace('.', "%2E");
    match scope {
        None => job,
        Some(scope) => format!("{job}.{}", truncate(escape(scope), scope)),
    }
}

/// Decodes a stem into job and scope. A truncated scope is returned as it is.
pub(super) fn decode(stem: &str) -> (String, String) {
    let (job, scope) = stem.split_once('.').unwrap_or((stem, ""));
    (unescape(job), unescape(scope))
}

fn escape(name: &str) -> String {
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

fn truncate(mut escaped: String, name: &str) -> String {
    if escaped.len() <= MAX_SCOPE {
        return escaped;
    }
    escaped.truncate(escaped.floor_char_boundary(TRUNCATED_SCOPE));
    let mut hash = hex::encode(Sha256::digest(name));
    hash.truncate(32);
    escaped + HASH_SEPARATOR + &hash
}

fn unescape(escaped: &str) -> String {
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
    fn names_are_readable_and_distinct() {
        for (scope, name) in [
            ("Fedora Linux", "crawl.Fedora_Linux"),
            ("EPEL 8", "crawl.EPEL_8"),
            ("EPEL_8", "crawl.EPEL%5F8"),
            ("mirror.example.org", "crawl.mirror.example.org"),
            ("Größe", "crawl.Größe"),
            ("../a/b", "crawl...%2Fa%2Fb"),
            ("100%", "crawl.100%25"),
        ] {
            assert_eq!(encode("crawl", Some(scope)), name);
            assert_eq!(decode(name), ("crawl".to_owned(), scope.to_owned()));
        }
        assert_eq!(encode("crawl", None), "crawl");
        assert_ne!(encode("crawl", Some("")), "crawl");
        // Invalid escapes are returned unchanged.
        assert_eq!(decode("scan.%G_"), ("scan".to_owned(), "%G_".to_owned()));
    }

    proptest! {
        #[test]
        fn different_scopes_have_different_names(a in "[ _%.~a/ü☃]{0,90}", b in "[ _%.~a/ü☃]{0,90}") {
            let (one, two) = (encode("crawl-host", Some(&a)), encode("crawl-host", Some(&b)));
            prop_assert_eq!(one == two, a == b);
            prop_assert!(one.len() < 240, "{}", one.len());
            prop_assert!(!one.contains('/') && !one.starts_with('.'));
            if !one.contains(HASH_SEPARATOR) {
                prop_assert_eq!(decode(&one), ("crawl-host".to_owned(), a));
            }
        }
    }
}
