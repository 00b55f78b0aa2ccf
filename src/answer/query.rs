//! The query string, as MirrorManager splits it and as RFC 3986 decodes it.
//!
//! Split at `&` and `=`; only the text up to a second `=` counts; of a parameter that is repeated the last counts. Each piece
//! is then percent-decoded. A `+` is a plus and never a blank: these are paths and names (`libstdc++`, `c++`), sent by dnf and
//! curl as they are, and no HTML form asks us.

use std::borrow::Cow;

use crate::model::names::DirPath;

use crate::model::packed_country::PackedCountry;

/// The longest query that is looked at, in bytes.
pub const MAX_QUERY: usize = 8_192;

/// The longest value that is repeated in an answer or a log line, in characters.
const MAX_ECHO: usize = 255;

/// The parameters that count; the last of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// `repo=`, decoded, control characters made blanks.
    pub repo: Option<Cow<'a, str>>,
    /// `arch=`, likewise.
    pub arch: Option<Cow<'a, str>>,
    /// `path=`.
    pub path: Option<PathParam<'a>>,
    /// The countries of `country=`, as they were written, sorted, each once; empty when it was absent or empty.
    pub countries: Vec<String>,
    /// `ip=`, as it was written.
    pub ip: Option<Cow<'a, str>>,
    /// `netblock=` allows netblocks and systems to count: it is absent or `1`.
    pub netblock: bool,
    /// The schemes of `protocol=`.
    pub protocols: Option<Vec<String>>,
    /// The countries of `exclude_country=`.
    pub excluded: Vec<PackedCountry>,
    /// `max_mirrors=`: no more hosts than this.
    pub max_mirrors: Option<usize>,
    /// `format=json`.
    pub json: bool,
    /// `explain=1`.
    pub explain: bool,
    /// `redirect` is there.
    pub redirect: bool,
    /// `time` is there.
    pub time: bool,
}

/// A path that a client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathParam<'a> {
    /// The text of a [`DirPath`]: slashes at the ends and doubled ones dropped.
    Path(Cow<'a, str>),
    /// It holds what no path holds (`..`, a zero byte).
    Invalid,
}

impl<'a> Query<'a> {
    /// Reads what stands behind the `?`.
    pub fn parse(query: &'a str) -> Self {
        let mut out = Self {
            netblock: true,
            ..Self::default()
        };
        let mut rest = Some(query);
        while let Some(pairs) = rest {
            let (pair, more) = cut(pairs, b'&');
            rest = more;
            let (key, value) = cut(pair, b'=');
            let value = value.map_or("", |value| cut(value, b'=').0);
            out.take(&text(key), value);
        }
        out
    }

    fn take(&mut self, key: &str, value: &'a str) {
        match key {
            "repo" => self.repo = Some(text(value)),
            "arch" => self.arch = Some(text(value)),
            "path" => {
                self.path = Some(path(value));
            }
            "country" => {
                let list = text(value);
                self.countries = list.split(',').map(ToOwned::to_owned).collect();
                if list.is_empty() {
                    self.countries.clear();
                }
                self.countries.sort_unstable();
                self.countries.dedup();
            }
            "ip" => self.ip = Some(text(value)),
            "netblock" => self.netblock = value == "1",
            "protocol" => self.protocols = Some(text(value).split(',').map(ToOwned::to_owned).collect()),
            "exclude_country" => self.excluded = text(value).split(',').filter_map(PackedCountry::parse).collect(),
            "max_mirrors" => self.max_mirrors = value.parse().ok().filter(|n| *n > 0),
            "format" => self.json = value == "json",
            "explain" => self.explain = value == "1",
            "redirect" => self.redirect = true,
            "time" => self.time = true,
            _ => {}
        }
    }
}

/// What stands before the first `mark`, a character of ASCII, and what behind it, if there is one.
fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    let place = memchr::memchr(mark, text.as_bytes());
    match place.and_then(|place| text.split_at_checked(place)) {
        Some((before, behind)) => (before, behind.get(1..)),
        None => (text, None),
    }
}

/// A path, decoded.
fn path(value: &str) -> PathParam<'_> {
    // Nearly all are sent as they stand in the tree.
    let inner = value.trim_matches('/');
    let bytes = inner.as_bytes();
    // All of them are looked at, several at a time.
    let odd = bytes.iter().filter(|b| !b.is_ascii_graphic() || **b == b'%').count();
    let slashes = memchr::memchr_iter(b'/', bytes).map(|place| place + 1);
    let mut parts = std::iter::once(0).chain(slashes).filter_map(|begin| bytes.get(begin..));
    let is_odd = |part: &[u8]| {
        let rest = part
            .strip_prefix(b"..")
            .or_else(|| part.strip_prefix(b"."))
            .unwrap_or(part);
        matches!(rest, [] | [b'/', ..])
    };
    if odd == 0 && !parts.any(is_odd) {
        return PathParam::Path(Cow::Borrowed(inner));
    }
    match DirPath::from_bytes(&decode(value)) {
        Ok(path) => PathParam::Path(Cow::Owned(path.into())),
        Err(_) => PathParam::Invalid,
    }
}

/// Undoes percent-encoding; what is no valid escape stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%'
            && let Some(([high, low], after)) = tail.split_first_chunk::<2>()
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(*first);
        }
    }
    out
}

/// The decoded path of a request; none when it is no UTF-8 or holds control characters.
pub fn decode_text(path: &str) -> Option<String> {
    let text = String::from_utf8(decode(path)).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

fn digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// A decoded value as text that can be repeated in an answer: no control characters, not endless.
fn text(value: &str) -> Cow<'_, str> {
    let is_plain = |b: &u8| matches!(b, b' '..=b'~') && *b != b'%';
    if value.len() <= MAX_ECHO && value.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let decoded = decode(value);
    String::from_utf8_lossy(&decoded)
        .chars()
        .take(MAX_ECHO)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_of_each_counts_and_a_second_equals_sign_ends_the_value() {
        let q = Query::parse("repo=a&arch=b&repo=c=d&x=y&&=&time&redirect=0");
        assert_eq!((q.repo.as_deref(), q.arch.as_deref()), (Some("c"), Some("b")));
        assert!(q.time && q.redirect && q.netblock);
    }

    #[test]
    fn values_are_decoded_once_and_a_plus_stays_one() {
        let q = Query::parse("repo=a%2Bb%2520&arch=c++&path=%2fpub%2F%2Fa%20b/");
        assert_eq!((q.repo.as_deref(), q.arch.as_deref()), (Some("a+b%20"), Some("c++")));
        assert_eq!(q.path, Some(PathParam::Path("pub/a b".into())));
        assert_eq!(Query::parse("repo=%zz%").repo.as_deref(), Some("%zz%"));
    }

    #[test]
    fn nothing_can_be_smuggled_into_an_answer() {
        assert_eq!(
            Query::parse("repo=a%0Ahttp://evil/%00").repo.as_deref(),
            Some("a http://evil/ ")
        );
        assert_eq!(Query::parse("path=a/%00").path, Some(PathParam::Invalid));
        assert_eq!(Query::parse("path=a/../b").path, Some(PathParam::Invalid));
        assert_eq!(
            Query::parse(&format!("repo={}", "x".repeat(9_000))).repo.unwrap().len(),
            MAX_ECHO
        );
    }

    #[test]
    fn countries_are_sorted_and_an_empty_list_is_none() {
        assert_eq!(Query::parse("country=FR,DE,FR").countries, ["DE", "FR"]);
        assert!(Query::parse("country=").countries.is_empty());
        assert!(!Query::parse("netblock=0").netblock);
        assert_eq!(Query::parse("protocol=").protocols, Some(vec![String::new()]));
    }

    #[test]
    fn what_mirrormanager_does_not_know_is_read() {
        let q = Query::parse("exclude_country=DE,xx,rubbish,&max_mirrors=3&format=json&explain=1");
        let codes: Vec<&str> = q.excluded.iter().map(PackedCountry::as_str).collect();
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
        fn whatever_comes_is_read(query in ".{0,300}") {
            drop(Query::parse(&query));
        }

        #[test]
        fn a_text_is_cut_where_it_would_be_split(query in "[a=&ä]{0,12}") {
            let split = query.split_once('&').map_or((&*query, None), |(before, behind)| (before, Some(behind)));
            prop_assert_eq!(cut(&query, b'&'), split);
        }

        #[test]
        fn a_path_is_the_same_by_the_short_way(value in "[a/.%2eF ~+ä]{0,12}") {
            let long = match DirPath::from_bytes(&decode(&value)) {
                Ok(path) => PathParam::Path(Cow::Owned(path.into())),
                Err(_) => PathParam::Invalid,
            };
            prop_assert_eq!(path(&value), long);
        }
    }
}
