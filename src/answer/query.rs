//! The query string, split as by MirrorManager and decoded as in RFC 3986.
//!
//! It is split at `&` and `=`. Only the text up to a second `=` counts, and the last of a repeated parameter. Each
//! part is then percent-decoded. A `+` is a plus sign, never a blank: values are paths and names (`libstdc++`, `c++`)
//! that dnf and curl send unencoded, and HTML forms do not use this interface.

use std::borrow::Cow;

use itertools::Itertools as _;

use crate::model::names::{DirPath, unescape_name};
use crate::model::packed_country::PackedCountry;

/// Longest accepted query in bytes.
pub(crate) const MAX_QUERY: usize = 8_192;

/// Longest value that is repeated in a response or a log line, in characters.
const MAX_VALUE_CHARS: usize = 255;

/// Parameters of a request; the last of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// `repo=`, decoded, with control characters replaced by blanks.
    pub(crate) repo: Option<Cow<'a, str>>,
    pub(crate) arch: Option<Cow<'a, str>>,
    pub(crate) path: Option<PathParam<'a>>,
    /// The countries of `country=` as written, sorted, without duplicates; empty if it is absent or empty.
    pub(crate) countries: Vec<String>,
    /// `ip=` as sent by the client.
    pub(crate) ip: Option<Cow<'a, str>>,
    /// True if `netblock=` is absent or `1`: netblocks and ASNs count.
    pub(crate) netblock: bool,
    pub(crate) protocols: Option<Vec<String>>,
    pub(crate) excluded: Vec<PackedCountry>,
    pub(crate) max_mirrors: Option<usize>,
    pub(crate) json: bool,
    pub(crate) explain: bool,
    pub(crate) redirect: bool,
    pub(crate) time: bool,
}

/// Decoded value of `path=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathParam<'a> {
    /// The text of a [`DirPath`]: without slashes at the ends and repeated slashes.
    Path(Cow<'a, str>),
    /// It contains what no path contains (`..`, a zero byte).
    Invalid,
}

impl<'a> Query<'a> {
    /// Parses the query string, without the `?`.
    pub fn parse(query: &'a str) -> Self {
        let mut out = Self {
            netblock: true,
            ..Self::default()
        };
        let mut rest = Some(query);
        while let Some(pairs) = rest {
            let (pair, more) = split_first(pairs, b'&');
            rest = more;
            let (key, value) = split_first(pair, b'=');
            let value = value.map_or("", |value| split_first(value, b'=').0);
            out.set(&decode_value(key), value);
        }
        out
    }

    fn set(&mut self, key: &str, value: &'a str) {
        match key {
            "repo" => self.repo = Some(decode_value(value)),
            "arch" => self.arch = Some(decode_value(value)),
            "path" => self.path = Some(parse_path(value)),
            "country" => {
                let list = decode_value(value);
                let countries = list.split(',').filter(|_| !list.is_empty());
                self.countries = countries.sorted_unstable().dedup().map(ToOwned::to_owned).collect();
            }
            "ip" => self.ip = Some(decode_value(value)),
            "netblock" => self.netblock = value == "1",
            "protocol" => self.protocols = Some(decode_value(value).split(',').map(ToOwned::to_owned).collect()),
            "exclude_country" => {
                let list = decode_value(value);
                self.excluded = list.split(',').filter_map(PackedCountry::parse).collect();
            }
            "max_mirrors" => self.max_mirrors = value.parse().ok().filter(|n| *n > 0),
            "format" => self.json = value == "json",
            "explain" => self.explain = value == "1",
            "redirect" => self.redirect = true,
            "time" => self.time = true,
            _ => {}
        }
    }
}

/// Splits `text` at the first `separator`, an ASCII character; the second part is none without a separator.
fn split_first(text: &str, separator: u8) -> (&str, Option<&str>) {
    let place = memchr::memchr(separator, text.as_bytes());
    match place.and_then(|place| text.split_at_checked(place)) {
        Some((before, after)) => (before, after.get(1..)),
        None => (text, None),
    }
}

fn parse_path(value: &str) -> PathParam<'_> {
    // Fast path: nearly all paths are sent in normal form.
    let inner = value.trim_matches('/');
    let bytes = inner.as_bytes();
    // Counting looks at all bytes, several at a time.
    let encoded = bytes.iter().filter(|b| !b.is_ascii_graphic() || **b == b'%').count();
    let slashes = memchr::memchr_iter(b'/', bytes).map(|place| place + 1);
    let mut parts = std::iter::once(0).chain(slashes).filter_map(|begin| bytes.get(begin..));
    let is_dot_segment = |part: &[u8]| {
        let rest = part
            .strip_prefix(b"..")
            .or_else(|| part.strip_prefix(b"."))
            .unwrap_or(part);
        matches!(rest, [] | [b'/', ..])
    };
    if encoded == 0 && !parts.any(is_dot_segment) {
        return PathParam::Path(Cow::Borrowed(inner));
    }
    match DirPath::from_bytes(&unescape_name(value)) {
        Ok(path) => PathParam::Path(Cow::Owned(path.into())),
        Err(_) => PathParam::Invalid,
    }
}

/// Decodes the path of a request; none if it is not UTF-8 or contains control characters.
pub fn decode_text(path: &str) -> Option<String> {
    let text = String::from_utf8(unescape_name(path)).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

/// Decodes a value for repetition in a response: control characters are replaced by blanks, and the length is limited.
fn decode_value(value: &str) -> Cow<'_, str> {
    let is_plain = |b: &u8| matches!(b, b' '..=b'~') && *b != b'%';
    if value.len() <= MAX_VALUE_CHARS && value.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let decoded = unescape_name(value);
    String::from_utf8_lossy(&decoded)
        .chars()
        .take(MAX_VALUE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn last_parameter_counts_and_a_second_equals_sign_ends_the_value() {
        let q = Query::parse("repo=a&arch=b&repo=c=d&x=y&&=&time&redirect=0");
        assert_eq!((q.repo.as_deref(), q.arch.as_deref()), (Some("c"), Some("b")));
        assert!(q.time && q.redirect && q.netblock);
    }

    #[test]
    fn values_are_decoded_once_and_a_plus_is_kept() {
        let q = Query::parse("repo=a%2Bb%2520&arch=c++&path=%2fpub%2F%2Fa%20b/");
        assert_eq!((q.repo.as_deref(), q.arch.as_deref()), (Some("a+b%20"), Some("c++")));
        assert_eq!(q.path, Some(PathParam::Path("pub/a b".into())));
        assert_eq!(Query::parse("repo=%zz%").repo.as_deref(), Some("%zz%"));
    }

    #[test]
    fn control_characters_and_dot_segments_are_rejected() {
        assert_eq!(
            Query::parse("repo=a%0Ahttp://evil/%00").repo.as_deref(),
            Some("a http://evil/ ")
        );
        assert_eq!(Query::parse("path=a/%00").path, Some(PathParam::Invalid));
        assert_eq!(Query::parse("path=a/../b").path, Some(PathParam::Invalid));
        assert_eq!(
            Query::parse(&format!("repo={}", "x".repeat(9_000))).repo.unwrap().len(),
            MAX_VALUE_CHARS
        );
    }

    #[test]
    fn countries_are_sorted_and_an_empty_list_is_absent() {
        assert_eq!(Query::parse("country=FR,DE,FR").countries, ["DE", "FR"]);
        assert!(Query::parse("country=").countries.is_empty());
        assert!(!Query::parse("netblock=0").netblock);
        assert_eq!(Query::parse("protocol=").protocols, Some(vec![String::new()]));
    }

    #[test]
    fn new_parameters_are_parsed() {
        let q = Query::parse("exclude_country=DE,xx,rubbish,&max_mirrors=3&format=json&explain=1");
        let codes: Vec<&str> = q.excluded.iter().map(|c| c.as_str()).collect();
        assert_eq!(
            (codes, q.max_mirrors, q.json, q.explain),
            (vec!["DE", "XX"], Some(3), true, true)
        );
        let q = Query::parse("max_mirrors=0&format=xml&explain=0");
        assert_eq!((q.max_mirrors, q.json, q.explain), (None, false, false));
        assert_eq!(Query::parse("max_mirrors=-1").max_mirrors, None);
    }

    proptest! {
        #[test]
        fn any_query_is_parsed(query in ".{0,300}") {
            drop(Query::parse(&query));
        }

        #[test]
        fn split_first_equals_split_once(query in "[a=&ä]{0,12}") {
            let split = query.split_once('&').map_or((&*query, None), |(before, after)| (before, Some(after)));
            prop_assert_eq!(split_first(&query, b'&'), split);
        }

        #[test]
        fn path_fast_path_equals_the_full_parser(value in "[a/.%2eF ~+ä]{0,12}") {
            let long = match DirPath::from_bytes(&unescape_name(&value)) {
                Ok(path) => PathParam::Path(Cow::Owned(path.into())),
                Err(_) => PathParam::Invalid,
            };
            prop_assert_eq!(parse_path(&value), long);
        }
    }
}
