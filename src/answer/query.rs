//! The query string, split as by MirrorManager and decoded as in RFC 3986.
//!
//! It is split at `&` and `=`. Only the text up to a second `=` counts, and the last of a repeated parameter. Each
//! part is then percent-decoded. A `+` is a plus sign, never a blank: values are paths and names (`libstdc++`, `c++`)
//! that dnf and curl send unencoded, and HTML forms do not use this interface.

use std::borrow::Cow;

use itertools::Itertools as _;

use crate::model::names::{DirPath, percent_decode};
use crate::model::packed_country::PackedCountry;

/// Longest accepted path and query of a request, together.
pub(crate) const MAX_QUERY_BYTES: usize = 8_192;

/// Longest value that is echoed in a response or a log line, in characters.
const MAX_VALUE_CHARS: usize = 255;

/// Parameters of a request; if one is given twice, the last value. Values are decoded, and control characters in them are
/// replaced by blanks, except in [`Query::path`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The prefix, before redirects.
    pub(crate) repo: Option<Cow<'a, str>>,
    pub(crate) arch: Option<Cow<'a, str>>,
    pub(crate) path: Option<PathParam<'a>>,
    /// The items of `country=`, sorted and without duplicates, neither validated nor changed in case; empty if it is absent or empty.
    pub(crate) countries: Vec<String>,
    /// The address to locate instead of that of the client, not validated; ignored if the peer is not trusted.
    pub(crate) ip: Option<Cow<'a, str>>,
    /// Mirrors are selected by netblock and ASN: `netblock=` is absent or `1`.
    pub(crate) use_netblocks: bool,
    /// `None` = all. An empty `protocol=` is a protocol without mirrors, so it differs from an absent one.
    pub(crate) protocols: Option<Vec<String>>,
    pub(crate) excluded_countries: Vec<PackedCountry>,
    pub(crate) max_mirrors: Option<usize>,
    /// The response is JSON: `format=json`; any other value is not JSON.
    pub(crate) wants_json: bool,
    /// The response explains why each mirror is selected or not, if the client may know: `explain=1`.
    pub(crate) explain: bool,
    /// A mirrorlist is a redirect to the first mirror; with any value.
    pub(crate) redirect: bool,
    /// A mirrorlist has a line with the timestamp of the data; with any value.
    pub(crate) time: bool,
}

/// Decoded value of `path=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathParam<'a> {
    /// The text of a [`DirPath`]: without slashes at the ends and repeated slashes.
    Path(Cow<'a, str>),
    /// It is not a valid path: it contains `..` or NUL.
    Invalid,
}

impl<'a> Query<'a> {
    /// Parses the query string, without the `?`.
    pub fn parse(query: &'a str) -> Self {
        let mut out = Self {
            use_netblocks: true,
            ..Self::default()
        };
        let mut rest = Some(query);
        while let Some(pairs) = rest {
            let (pair, remaining) = split_first(pairs, b'&');
            rest = remaining;
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
            "netblock" => self.use_netblocks = value == "1",
            "protocol" => self.protocols = Some(decode_value(value).split(',').map(ToOwned::to_owned).collect()),
            "exclude_country" => {
                let list = decode_value(value);
                self.excluded_countries = list.split(',').filter_map(PackedCountry::parse).collect();
            }
            "max_mirrors" => self.max_mirrors = value.parse().ok().filter(|n| *n > 0),
            "format" => self.wants_json = value == "json",
            "explain" => self.explain = value == "1",
            "redirect" => self.redirect = true,
            "time" => self.time = true,
            _ => {}
        }
    }
}

/// Splits `text` at the first `separator`, an ASCII character; the second part is `None` without a separator.
fn split_first(text: &str, separator: u8) -> (&str, Option<&str>) {
    let position = memchr::memchr(separator, text.as_bytes());
    match position.and_then(|position| text.split_at_checked(position)) {
        Some((before, after)) => (before, after.get(1..)),
        None => (text, None),
    }
}

fn parse_path(value: &str) -> PathParam<'_> {
    // Fast path: nearly all paths are sent in normal form, and are borrowed without decoding and without splitting them into
    // components.
    let trimmed = value.trim_matches('/');
    let bytes = trimmed.as_bytes();
    // Counting compiles to vector instructions, unlike a search that ends early.
    let needs_decoding = bytes.iter().filter(|b| !b.is_ascii_graphic() || **b == b'%').count() > 0;
    let segment_starts = memchr::memchr_iter(b'/', bytes).map(|slash| slash + 1);
    let mut suffixes = std::iter::once(0)
        .chain(segment_starts)
        .filter_map(|start| bytes.get(start..));
    // True for an empty segment as well, which is removed in normal form.
    let starts_with_dot_segment = |suffix: &[u8]| {
        let rest = suffix
            .strip_prefix(b"..")
            .or_else(|| suffix.strip_prefix(b"."))
            .unwrap_or(suffix);
        matches!(rest, [] | [b'/', ..])
    };
    if !needs_decoding && !suffixes.any(starts_with_dot_segment) {
        return PathParam::Path(Cow::Borrowed(trimmed));
    }
    match DirPath::from_bytes(&percent_decode(value)) {
        Ok(path) => PathParam::Path(Cow::Owned(path.into())),
        Err(_) => PathParam::Invalid,
    }
}

/// Decodes the path of a request; `None` if it is not UTF-8 or contains control characters.
pub fn decode_request_path(path: &str) -> Option<String> {
    let text = String::from_utf8(percent_decode(path)).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

/// Decodes a key or a value, which may be echoed in a response: control characters are replaced by blanks, and the length is
/// limited.
fn decode_value(value: &str) -> Cow<'_, str> {
    let is_plain = |b: &u8| matches!(b, b' '..=b'~') && *b != b'%';
    if value.len() <= MAX_VALUE_CHARS && value.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let decoded = percent_decode(value);
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
        assert!(q.time && q.redirect && q.use_netblocks);
        assert!(!Query::parse("netblock=0").use_netblocks);
    }

    #[test]
    fn values_are_decoded_once_and_a_plus_is_kept() {
        let q = Query::parse("repo=a%2Bb%2520&arch=c++&path=%2fpub%2F%2Fa%20b/");
        assert_eq!((q.repo.as_deref(), q.arch.as_deref()), (Some("a+b%20"), Some("c++")));
        assert_eq!(q.path, Some(PathParam::Path("pub/a b".into())));
        assert_eq!(Query::parse("repo=%zz%").repo.as_deref(), Some("%zz%"));
    }

    #[test]
    fn paths_with_nul_or_dot_segments_are_invalid() {
        assert_eq!(Query::parse("path=a/%00").path, Some(PathParam::Invalid));
        assert_eq!(Query::parse("path=a/../b").path, Some(PathParam::Invalid));
    }

    #[test]
    fn control_characters_are_replaced_and_long_values_truncated() {
        assert_eq!(
            Query::parse("repo=a%0Ahttp://evil/%00").repo.as_deref(),
            Some("a http://evil/ ")
        );
        assert_eq!(
            Query::parse(&format!("repo={}", "x".repeat(9_000))).repo.unwrap().len(),
            MAX_VALUE_CHARS
        );
    }

    #[test]
    fn countries_are_sorted_and_an_empty_country_is_absent() {
        assert_eq!(Query::parse("country=FR,DE,FR").countries, ["DE", "FR"]);
        assert!(Query::parse("country=").countries.is_empty());
    }

    #[test]
    fn an_empty_protocol_is_present() {
        assert_eq!(Query::parse("protocol=").protocols, Some(vec![String::new()]));
        assert_eq!(Query::parse("").protocols, None);
    }

    #[test]
    fn parameters_unknown_to_mm2_are_parsed() {
        let q = Query::parse("exclude_country=DE,xx,rubbish,&max_mirrors=3&format=json&explain=1");
        let codes: Vec<&str> = q.excluded_countries.iter().map(|c| c.as_str()).collect();
        assert_eq!(
            (codes, q.max_mirrors, q.wants_json, q.explain),
            (vec!["DE", "XX"], Some(3), true, true)
        );
        let q = Query::parse("max_mirrors=0&format=xml&explain=0");
        assert_eq!((q.max_mirrors, q.wants_json, q.explain), (None, false, false));
        assert_eq!(Query::parse("max_mirrors=-1").max_mirrors, None);
    }

    proptest! {
        #[test]
        fn parse_never_panics(query in ".{0,300}") {
            drop(Query::parse(&query));
        }

        #[test]
        fn split_first_equals_split_once(query in "[a=&ä]{0,12}") {
            let split = query.split_once('&').map_or((&*query, None), |(before, after)| (before, Some(after)));
            prop_assert_eq!(split_first(&query, b'&'), split);
        }

        #[test]
        fn path_fast_path_equals_the_full_parser(value in "[a/.%2eF ~+ä]{0,12}") {
            let parsed = match DirPath::from_bytes(&percent_decode(&value)) {
                Ok(path) => PathParam::Path(Cow::Owned(path.into())),
                Err(_) => PathParam::Invalid,
            };
            prop_assert_eq!(parse_path(&value), parsed);
        }
    }
}
