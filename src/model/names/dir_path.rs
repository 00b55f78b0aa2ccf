//! Paths of directories below the top directory of a category.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A path below the top directory of a category: components separated by single slashes, none of them empty, `.` or `..`;
/// the top directory itself is the empty path.
///
/// The text is UTF-8. Other bytes of a name are written as `%XX`, and so is a `%` that two hexadecimal digits
/// follow; [`DirPath::to_bytes`] gives the name back exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, derive_more::Display)]
#[serde(try_from = "String", into = "String")]
pub struct DirPath(String);

impl DirPath {
    /// The top directory itself.
    pub(crate) const fn top() -> Self {
        Self(String::new())
    }

    /// The escaped text, without slashes at the ends.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true for the top directory.
    pub(crate) fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a path as the file system or a listing gives it; slashes at the ends and doubled ones are dropped.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, String> {
        // A plan has hundreds of thousands of these, so spare capacity is released.
        let mut out = String::with_capacity(raw.len());
        for part in raw.split(|b| *b == b'/').filter(|p| !p.is_empty()) {
            let name = escape_name(part);
            check_component(&name)?;
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str(&name);
        }
        Ok(Self(out))
    }

    /// The bytes of the path as the file system knows it.
    pub fn to_bytes(&self) -> Vec<u8> {
        percent_decode(&self.0)
    }

    /// The directory `name` (raw bytes, one component) below this one.
    pub(crate) fn child(&self, name: &[u8]) -> Result<Self, String> {
        let name = escape_name(name);
        check_component(&name)?;
        Ok(if self.0.is_empty() {
            Self(name)
        } else {
            Self(format!("{}/{name}", self.0))
        })
    }

    /// The directory above; none for the top.
    pub(crate) fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(
            self.0.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned()),
        ))
    }

    /// The last component; empty for the top.
    pub(crate) fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, last)| last)
    }

    /// Returns true if `other` is this directory or below it.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.0.is_empty()
            || other.0 == self.0
            || other
                .0
                .strip_prefix(self.0.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The path as seen from `above`, which contains it; of another path, the path itself.
    #[must_use]
    pub(crate) fn below(&self, above: &Self) -> Self {
        let rest = if above.is_top() {
            None
        } else {
            self.0.strip_prefix(above.0.as_str())
        };
        match rest {
            Some("") => Self::top(),
            Some(rest) => rest
                .strip_prefix('/')
                .map_or_else(|| self.clone(), |r| Self(r.to_owned())),
            None => self.clone(),
        }
    }

    /// The path in a URL: every byte but `A–Z a–z 0–9 - . _ ~ / + : @ ! $ ' ( ) * , ; =` percent-encoded (RFC 3986 §3.3;
    /// `&` is encoded, too, so that the text is safe in XML and HTML).
    pub(crate) fn to_url_path(&self) -> String {
        encode_url_path(&self.to_bytes())
    }
}

/// Percent-encodes `raw` as the path of a URL, slashes kept.
pub(crate) fn encode_url_path(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for &b in raw {
        if b.is_ascii_alphanumeric() || b"-._~/+:@!$()*,;=".contains(&b) {
            out.push(char::from(b));
        } else {
            push_escape(&mut out, b);
        }
    }
    out
}

/// One name as text: bytes that are no UTF-8, and a `%` before two hexadecimal digits, become `%XX`.
pub(crate) fn escape_name(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        let valid = chunk.valid();
        let mut rest = valid;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            let two_hex = after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
            out.push_str(if two_hex { "%25" } else { "%" });
            rest = after;
        }
        out.push_str(rest);
        for &b in chunk.invalid() {
            push_escape(&mut out, b);
        }
    }
    out
}

/// Decodes percent escapes; an invalid one is kept. The inverse of [`escape_name`].
pub(crate) fn percent_decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        if b == b'%'
            && let [hi, lo, after @ ..] = tail
            && let (Some(hi), Some(lo)) = (char::from(*hi).to_digit(16), char::from(*lo).to_digit(16))
            && let Ok(byte) = u8::try_from(hi * 16 + lo)
        {
            out.push(byte);
            rest = after;
        } else {
            out.push(b);
            rest = tail;
        }
    }
    out
}

fn push_escape(out: &mut String, b: u8) {
    out.push('%');
    out.push_str(&hex::encode_upper([b]));
}

fn check_component(name: &str) -> Result<(), String> {
    if name.is_empty() || name == "." || name == ".." || name.contains('/') || name.contains('\0') {
        return Err(format!("invalid name of a directory or file: {name:?}"));
    }
    Ok(())
}

impl FromStr for DirPath {
    type Err = String;

    /// Parses the escaped text; slashes at the ends and duplicate ones are dropped.
    fn from_str(s: &str) -> Result<Self, String> {
        let mut out = String::with_capacity(s.len());
        for part in s.split('/').filter(|p| !p.is_empty()) {
            check_component(part)?;
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str(part);
        }
        Ok(Self(out))
    }
}

impl TryFrom<String> for DirPath {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<DirPath> for String {
    fn from(p: DirPath) -> Self {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parent_components_are_rejected() {
        for bad in ["..", "a/../b", "./a", "a/."] {
            assert!(bad.parse::<DirPath>().is_err(), "{bad}");
            assert!(DirPath::from_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!("/a//b/".parse::<DirPath>().unwrap().as_str(), "a/b");
    }

    #[test]
    fn parents_and_children_are_found() {
        let p: DirPath = "a/b".parse().unwrap();
        assert_eq!(p.parent().unwrap().as_str(), "a");
        assert_eq!(p.file_name(), "b");
        assert!(DirPath::top().contains(&p));
        assert!(p.contains(&"a/b/c".parse().unwrap()));
        assert!(!p.contains(&"a/bc".parse().unwrap()));
        assert_eq!(DirPath::top().parent(), None);
        let below = |path: &str, above: &str| -> String {
            let above: DirPath = above.parse().unwrap();
            path.parse::<DirPath>().unwrap().below(&above).to_string()
        };
        assert_eq!(
            (below("a/b", "a"), below("a", "a"), below("ab", "a"), below("a", "")),
            ("b".into(), String::new(), "ab".into(), "a".into())
        );
    }

    #[test]
    fn url_paths_are_percent_encoded() {
        let p = DirPath::from_bytes("a b/ü+c&d".as_bytes()).unwrap();
        assert_eq!(p.to_url_path(), "a%20b/%C3%BC+c%26d");
    }

    proptest! {
        #[test]
        fn any_name_survives_the_round_trip(raw in proptest::collection::vec(any::<u8>(), 1..20)) {
            prop_assume!(!raw.contains(&b'/') && !raw.contains(&0) && raw != b"." && raw != b"..");
            let p = DirPath::top().child(&raw).unwrap();
            prop_assert_eq!(p.to_bytes(), raw);
        }
    }
}
