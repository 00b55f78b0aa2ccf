//! Classification of the links in a directory index by their target, relative to the directory.

#[derive(Debug)]
pub(super) struct DirectoryUrl {
    /// `host` or `host:port` in lower case; `None` if only the path is known.
    authority: Option<String>,
    /// The decoded components of its path.
    names: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Name,
    Time,
    Size,
    Description,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    /// Something in the directory.
    Child {
        name: Vec<u8>,
        /// True if the link ends with a slash.
        is_directory: bool,
    },
    /// The parent directory, as `..`.
    Parent,
    /// A parent directory, by its path.
    Ancestor,
    /// The page itself, or a part of it.
    SamePage,
    /// The page itself, sorted by a column.
    Sorted(Column),
    /// Another server, or no web page.
    External,
    /// Another path, probably on this server.
    OtherPath,
}

impl DirectoryUrl {
    /// Parses a URL (`http://host/a/b/`) or its path (`/a/b/`), percent-encoded as in the request.
    pub(super) fn new(url: &str) -> Self {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = strip_http_scheme(url.as_bytes()).map(split_authority).unzip();
        let path = path.unwrap_or(url.as_bytes());
        Self {
            authority,
            names: parse_names(path).unwrap_or_default(),
        }
    }

    /// Classifies the target of `href`, in which HTML entities are decoded.
    pub(super) fn classify(&self, href: &[u8]) -> LinkTarget {
        let href = href.trim_ascii();
        let (href, fragment) = split_before(href, b'#');
        let (path, query) = split_before(href, b'?');
        let target = self.classify_path(path);
        if target == LinkTarget::SamePage && !query.is_empty() {
            // Any other query: a program that takes names as parameters.
            return sort_column(query).map_or(LinkTarget::OtherPath, LinkTarget::Sorted);
        }
        if matches!(target, LinkTarget::Child { .. }) && !(fragment.is_empty() && query.is_empty()) {
            return LinkTarget::OtherPath;
        }
        target
    }

    fn classify_path(&self, path: &[u8]) -> LinkTarget {
        if let Some(rest) = strip_http_scheme(path).or_else(|| path.strip_prefix(b"//")) {
            let (authority, path) = split_authority(rest);
            let target = self.classify_absolute(path);
            let is_same_server = self.authority.as_ref() == Some(&authority);
            return if is_same_server {
                target
            } else if matches!(target, LinkTarget::Child { .. }) {
                // The host may be another name of this server.
                LinkTarget::OtherPath
            } else {
                LinkTarget::External
            };
        }
        if has_scheme(path) {
            return LinkTarget::External;
        }
        if path.starts_with(b"/") {
            return self.classify_absolute(path);
        }
        let mut rest = path;
        while let Some(after) = rest.strip_prefix(b"./") {
            rest = after;
        }
        if matches!(rest, b"" | b".") {
            return LinkTarget::SamePage;
        }
        if rest.split(|b| *b == b'/').all(|part| matches!(part, b".." | b"")) && rest.starts_with(b"..") {
            return LinkTarget::Parent;
        }
        let (name, is_directory) = rest.strip_suffix(b"/").map_or((rest, false), |name| (name, true));
        match decode(name) {
            Some(name) if is_name(&name) => LinkTarget::Child { name, is_directory },
            _ => LinkTarget::OtherPath,
        }
    }

    fn classify_absolute(&self, path: &[u8]) -> LinkTarget {
        let Some(mut names) = parse_names(path) else {
            return LinkTarget::OtherPath;
        };
        if self.names.starts_with(&names) {
            return if names.len() == self.names.len() {
                LinkTarget::SamePage
            } else {
                LinkTarget::Ancestor
            };
        }
        match names.pop() {
            Some(name) if names == self.names => LinkTarget::Child {
                name,
                is_directory: path.ends_with(b"/"),
            },
            _ => LinkTarget::OtherPath,
        }
    }
}

/// Removes `http://` or `https://`.
fn strip_http_scheme(url: &[u8]) -> Option<&[u8]> {
    let after = |scheme: &[u8]| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    after(b"http://").or_else(|| after(b"https://"))
}

/// Splits before the first `separator`; without one, the second part is empty.
fn split_before(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let at = text.iter().position(|byte| *byte == separator);
    at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, b""))
}

/// Splits into authority, without user and default port, and path.
fn split_authority(rest: &[u8]) -> (String, &[u8]) {
    let (authority, path) = split_before(rest, b'/');
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    let bare = host.strip_suffix(":80").or_else(|| host.strip_suffix(":443"));
    (bare.map_or_else(|| host.clone(), str::to_owned), path)
}

/// Returns true if a link begins with a scheme (RFC 3986 §3.1), such as `mailto:`.
fn has_scheme(path: &[u8]) -> bool {
    let end = path
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && !b"+-.".contains(b));
    path.first().is_some_and(u8::is_ascii_alphabetic) && end.and_then(|at| path.get(at)) == Some(&b':')
}

/// The decoded components of an absolute path; `None` if one is not a file name.
fn parse_names(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    path.split(|b| *b == b'/')
        .filter(|part| !matches!(*part, b"" | b"."))
        .map(|part| decode(part).filter(|name| is_name(name)))
        .collect()
}

/// Decodes percent-encoding; invalid escapes are left as they are. `None` if the result contains `/` or NUL.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = percent_encoding::percent_decode(text).collect();
    (!bytes.iter().any(|byte| matches!(byte, b'/' | 0))).then_some(bytes)
}

fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..")
}

/// The sort column of a query (with its `?`) without other parameters: `?C=N;O=D` of Apache and fancyindex, `?sort=name&order=asc` of
/// Caddy.
fn sort_column(query: &[u8]) -> Option<Column> {
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

    fn file(name: &str) -> LinkTarget {
        child(name.as_bytes(), false)
    }

    fn child(name: &[u8], is_directory: bool) -> LinkTarget {
        LinkTarget::Child {
            name: name.to_vec(),
            is_directory,
        }
    }

    #[test]
    fn links_are_classified_relative_to_the_directory() {
        let directory = DirectoryUrl::new("https://Mirror.example.org:443/pub/linux%20x/");
        for (href, target) in [
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
            ("..", LinkTarget::Parent),
            ("../", LinkTarget::Parent),
            ("./../", LinkTarget::Parent),
            ("../../", LinkTarget::Parent),
            ("/pub/", LinkTarget::Ancestor),
            ("/", LinkTarget::Ancestor),
            ("https://mirror.example.org", LinkTarget::Ancestor),
            ("", LinkTarget::SamePage),
            (".", LinkTarget::SamePage),
            ("./", LinkTarget::SamePage),
            ("#top", LinkTarget::SamePage),
            ("/pub/linux%20x", LinkTarget::SamePage),
            ("?C=N;O=D", LinkTarget::Sorted(Column::Name)),
            ("?C=M&O=A", LinkTarget::Sorted(Column::Time)),
            ("./?sort=namedirfirst&order=desc", LinkTarget::Sorted(Column::Name)),
            ("/pub/linux%20x/?C=S;O=A", LinkTarget::Sorted(Column::Size)),
            ("?C=D;O=D;F=2;V=1", LinkTarget::Sorted(Column::Description)),
            ("?sort=price&order=asc", LinkTarget::OtherPath),
            ("?dir=a", LinkTarget::OtherPath),
            ("?C=N;dir=a", LinkTarget::OtherPath),
            ("?F=2", LinkTarget::OtherPath),
            ("?C=../../", LinkTarget::OtherPath),
            ("index.php?C=N;O=D", LinkTarget::OtherPath),
            ("a#b", LinkTarget::OtherPath),
            ("a/b", LinkTarget::OtherPath),
            ("a//", LinkTarget::OtherPath),
            ("a%2fb", LinkTarget::OtherPath),
            ("a%00", LinkTarget::OtherPath),
            ("%2e%2e", LinkTarget::OtherPath),
            ("%2e", LinkTarget::OtherPath),
            ("../linux%20x/a", LinkTarget::OtherPath),
            ("/pub/linux%20x/../a", LinkTarget::OtherPath),
            ("/pub/linux%20x/%2e%2e", LinkTarget::OtherPath),
            ("/pub/linux%20x/a%2fb", LinkTarget::OtherPath),
            ("/pub/linux%20x/a/b", LinkTarget::OtherPath),
            ("/pub/LINUX%20x/a", LinkTarget::OtherPath),
            ("/about.html", LinkTarget::OtherPath),
            ("https://mirror.example.org:8443/", LinkTarget::External),
            ("https://example.com/", LinkTarget::External),
            ("https://example.com/pub/linux%20x/", LinkTarget::External),
            ("https://ftp.example.org/pub/linux%20x/a", LinkTarget::OtherPath),
            ("mailto:root@example.org", LinkTarget::External),
            ("javascript:void(0)", LinkTarget::External),
            ("ftp://mirror.example.org/pub/linux%20x/a", LinkTarget::External),
        ] {
            assert_eq!(directory.classify(href.as_bytes()), target, "{href:?}");
        }
    }

    #[test]
    fn links_with_a_host_do_not_match_a_path_alone() {
        let directory = DirectoryUrl::new("/pub/linux/?C=N;O=D");
        assert_eq!(directory.classify(b"/pub/linux/a"), file("a"));
        assert_eq!(directory.classify(b"http://h/pub/linux/a"), LinkTarget::OtherPath);
        assert_eq!(directory.classify(b"http://h/pub/"), LinkTarget::External);
        assert_eq!(DirectoryUrl::new("/").classify(b"/a/"), child(b"a", true));
        assert_eq!(DirectoryUrl::new("http://h").classify(b"/a"), file("a"));
    }
}
