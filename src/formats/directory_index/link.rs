//! Where a link of a directory page leads, seen from that directory.

/// The directory whose page is read.
#[derive(Debug)]
pub(super) struct BaseUrl {
    /// `host` or `host:port` in lower case; `None` where only the path is known.
    authority: Option<String>,
    /// The decoded names that lead to it.
    names: Vec<Vec<u8>>,
}

/// A column of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The names.
    Name,
    /// When they were changed.
    Time,
    /// How long they are.
    Size,
    /// What the server's owner says of them.
    Description,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// To something in the directory.
    Child {
        /// Its name, decoded.
        name: Vec<u8>,
        /// Whether the link ends with a slash.
        directory: bool,
    },
    /// To the directory above, by `..`.
    Parent,
    /// To a directory above, by its path.
    Above,
    /// To the page itself, or a part of it.
    Itself,
    /// To the page itself, sorted by a column.
    Sorted(Column),
    /// To another server, or to no page.
    Abroad,
    /// To somewhere else on this server, so far as can be told.
    Elsewhere,
}

impl BaseUrl {
    /// The place of a URL (`http://host/a/b/`) or of the path in one (`/a/b/`), percent-encoded as it was asked for.
    pub(super) fn new(url: &str) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = match web(url.as_bytes()) {
            Some(rest) => {
                let (authority, path) = split_authority(rest);
                (Some(authority), path)
            }
            None => (None, url.as_bytes()),
        };
        Self {
            authority,
            names: names(path).unwrap_or_default(),
        }
    }

    /// Where `href` leads; entities of HTML are decoded in it.
    pub(super) fn link(&self, href: &[u8]) -> Link {
        let href = href.trim_ascii();
        let fragment = href.iter().position(|b| *b == b'#');
        let (href, marked) = fragment
            .and_then(|at| href.split_at_checked(at))
            .map_or((href, false), |(h, _)| (h, true));
        let query = href.iter().position(|b| *b == b'?');
        let (path, query) = query.and_then(|at| href.split_at_checked(at)).unwrap_or((href, b""));
        let link = self.path(path);
        match link {
            Link::Itself if query.is_empty() => link,
            // Without an order: a page that is made by a program which takes names in questions.
            Link::Itself => column(query).map_or(Link::Elsewhere, Link::Sorted),
            Link::Child { .. } if marked || !query.is_empty() => Link::Elsewhere,
            Link::Child { .. } | Link::Parent | Link::Above | Link::Sorted(_) | Link::Abroad | Link::Elsewhere => link,
        }
    }

    fn path(&self, path: &[u8]) -> Link {
        if let Some(rest) = web(path).or_else(|| path.strip_prefix(b"//")) {
            let (authority, path) = split_authority(rest);
            let link = self.absolute(path);
            let here = self.authority.as_ref() == Some(&authority);
            return match link {
                _ if here => link,
                // It may be this server by another name.
                Link::Child { .. } => Link::Elsewhere,
                Link::Parent | Link::Above | Link::Itself | Link::Sorted(_) | Link::Abroad | Link::Elsewhere => {
                    Link::Abroad
                }
            };
        }
        if has_scheme(path) {
            return Link::Abroad;
        }
        if path.starts_with(b"/") {
            return self.absolute(path);
        }
        let mut rest = path;
        while let Some(after) = rest.strip_prefix(b"./") {
            rest = after;
        }
        if matches!(rest, b"" | b".") {
            return Link::Itself;
        }
        if rest.split(|b| *b == b'/').all(|part| matches!(part, b".." | b"")) && rest.starts_with(b"..") {
            return Link::Parent;
        }
        let (name, directory) = rest.strip_suffix(b"/").map_or((rest, false), |name| (name, true));
        match decoded(name) {
            Some(name) if is_name(&name) => Link::Child { name, directory },
            _ => Link::Elsewhere,
        }
    }

    /// A path from the server's top.
    fn absolute(&self, path: &[u8]) -> Link {
        let Some(mut names) = names(path) else {
            return Link::Elsewhere;
        };
        if self.names.starts_with(&names) {
            return if names.len() == self.names.len() {
                Link::Itself
            } else {
                Link::Above
            };
        }
        match names.pop() {
            Some(name) if names == self.names => Link::Child {
                name,
                directory: path.ends_with(b"/"),
            },
            _ => Link::Elsewhere,
        }
    }
}

/// What follows `http://` or `https://`.
fn web(url: &[u8]) -> Option<&[u8]> {
    let after = |scheme: &[u8]| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    after(b"http://").or_else(|| after(b"https://"))
}

/// The authority, without user and usual port, and the path.
fn split_authority(rest: &[u8]) -> (String, &[u8]) {
    let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, b""));
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    let bare = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443"));
    (bare.map_or_else(|| host.clone(), str::to_owned), path)
}

/// Whether a link begins with a scheme (RFC 3986 §3.1), such as `mailto:`.
fn has_scheme(path: &[u8]) -> bool {
    let end = path
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && !b"+-.".contains(b));
    path.first().is_some_and(u8::is_ascii_alphabetic) && end.and_then(|at| path.get(at)) == Some(&b':')
}

/// The decoded names of a path from the top; `None` where one is no name.
fn names(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    path.split(|b| *b == b'/')
        .filter(|part| !matches!(*part, b"" | b"."))
        .map(|part| decoded(part).filter(|name| is_name(name)))
        .collect()
}

/// Undoes percent-encoding; what is no valid escape stays as it is. `None` where a `/` or NUL comes of it: no name holds one.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let escape = match tail {
            [hi, lo, after @ ..] if byte == b'%' => {
                let digit = |b: &u8| char::from(*b).to_digit(16);
                let value = digit(hi)
                    .zip(digit(lo))
                    .and_then(|(h, l)| u8::try_from(h * 16 + l).ok());
                value.map(|v| (v, after))
            }
            _ => None,
        };
        let byte = match escape {
            Some((value, after)) => {
                rest = after;
                value
            }
            None => byte,
        };
        if matches!(byte, b'/' | 0) {
            return None;
        }
        out.push(byte);
    }
    Some(out)
}

fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..")
}

/// The column by which a question (with its `?`) asks the page to be sorted, where it asks for nothing else: `?C=N;O=D` of Apache and
/// fancyindex, `?sort=name&order=asc` of Caddy.
fn column(query: &[u8]) -> Option<Column> {
    let query = query.strip_prefix(b"?").unwrap_or(query);
    let mut column = None;
    for pair in query.split(|b| b";&".contains(b)) {
        match pair {
            b"C=N" | b"sort=name" | b"sort=namedirfirst" => column = Some(Column::Name),
            b"C=M" | b"sort=time" => column = Some(Column::Time),
            b"C=S" | b"sort=size" => column = Some(Column::Size),
            b"C=D" => column = Some(Column::Description),
            b"" | b"O=A" | b"O=D" | b"order=asc" | b"order=desc" | b"F=0" | b"F=1" | b"F=2" | b"V=0" | b"V=1"
            | b"layout=" | b"layout=list" | b"layout=grid" => {}
            _ => return None,
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Link {
        child(name.as_bytes(), false)
    }

    fn child(name: &[u8], directory: bool) -> Link {
        Link::Child {
            name: name.to_vec(),
            directory,
        }
    }

    #[test]
    fn links_seen_from_a_directory() {
        let place = BaseUrl::new("https://Mirror.example.org:443/pub/linux%20x/");
        for (href, link) in [
            ("a.rpm", file("a.rpm")),
            (" a.rpm\n", file("a.rpm")),
            ("./a.rpm", file("a.rpm")),
            ("./co:lon", file("co:lon")),
            ("-a:b", file("-a:b")),
            ("a/", child(b"a", true)),
            ("a%20b+c%2bd", file("a b+c+d")),
            ("%e9%FF", child(b"\xe9\xff", false)),
            ("100%", file("100%")),
            ("%zz%4", file("%zz%4")),
            ("...", file("...")),
            ("..a", file("..a")),
            ("a%3Fb%23c", file("a?b#c")),
            ("/pub/linux%20x/a", file("a")),
            ("/pub/linux x//a/", child(b"a", true)),
            ("/%70ub/./linux%20x/a", file("a")),
            ("http://mirror.example.org/pub/linux%20x/a", file("a")),
            ("HTTPS://x@MIRROR.example.org:80/pub/linux%20x/a/", child(b"a", true)),
            ("//mirror.example.org/pub/linux%20x/a", file("a")),
            ("..", Link::Parent),
            ("../", Link::Parent),
            ("./../", Link::Parent),
            ("../../", Link::Parent),
            ("/pub/", Link::Above),
            ("/", Link::Above),
            ("https://mirror.example.org", Link::Above),
            ("", Link::Itself),
            (".", Link::Itself),
            ("./", Link::Itself),
            ("#top", Link::Itself),
            ("/pub/linux%20x", Link::Itself),
            ("?C=N;O=D", Link::Sorted(Column::Name)),
            ("?C=M&O=A", Link::Sorted(Column::Time)),
            ("./?sort=namedirfirst&order=desc", Link::Sorted(Column::Name)),
            ("/pub/linux%20x/?C=S;O=A", Link::Sorted(Column::Size)),
            ("?C=D;O=D;F=2;V=1", Link::Sorted(Column::Description)),
            ("?sort=price&order=asc", Link::Elsewhere),
            ("?dir=a", Link::Elsewhere),
            ("?C=N;dir=a", Link::Elsewhere),
            ("?F=2", Link::Elsewhere),
            ("?C=../../", Link::Elsewhere),
            ("index.php?C=N;O=D", Link::Elsewhere),
            ("a#b", Link::Elsewhere),
            ("a/b", Link::Elsewhere),
            ("a//", Link::Elsewhere),
            ("a%2fb", Link::Elsewhere),
            ("a%00", Link::Elsewhere),
            ("%2e%2e", Link::Elsewhere),
            ("%2e", Link::Elsewhere),
            ("../linux%20x/a", Link::Elsewhere),
            ("/pub/linux%20x/../a", Link::Elsewhere),
            ("/pub/linux%20x/%2e%2e", Link::Elsewhere),
            ("/pub/linux%20x/a%2fb", Link::Elsewhere),
            ("/pub/linux%20x/a/b", Link::Elsewhere),
            ("/pub/LINUX%20x/a", Link::Elsewhere),
            ("/about.html", Link::Elsewhere),
            ("https://mirror.example.org:8443/", Link::Abroad),
            ("https://example.com/", Link::Abroad),
            ("https://example.com/pub/linux%20x/", Link::Abroad),
            ("https://ftp.example.org/pub/linux%20x/a", Link::Elsewhere),
            ("mailto:root@example.org", Link::Abroad),
            ("javascript:void(0)", Link::Abroad),
            ("ftp://mirror.example.org/pub/linux%20x/a", Link::Abroad),
        ] {
            assert_eq!(place.link(href.as_bytes()), link, "{href:?}");
        }
    }

    #[test]
    fn a_path_alone_belongs_to_no_host() {
        let place = BaseUrl::new("/pub/linux/?C=N;O=D");
        assert_eq!(place.link(b"/pub/linux/a"), file("a"));
        assert_eq!(place.link(b"http://h/pub/linux/a"), Link::Elsewhere);
        assert_eq!(place.link(b"http://h/pub/"), Link::Abroad);
        assert_eq!(BaseUrl::new("/").link(b"/a/"), child(b"a", true));
        assert_eq!(BaseUrl::new("http://h").link(b"/a"), file("a"));
    }
}
