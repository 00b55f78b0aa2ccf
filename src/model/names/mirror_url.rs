//! Base URLs of mirrors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// The protocol of a URL, in the order of a host's URLs in responses: https first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum Protocol {
    /// HTTP over TLS (https).
    Https,
    /// HTTP without TLS (http).
    Http,
    /// FTP: listed on request, never crawled.
    Ftp,
    Rsync,
}

impl Protocol {
    /// Returns true if the crawler can send HTTP requests.
    pub(crate) const fn is_http(self) -> bool {
        matches!(self, Self::Https | Self::Http)
    }
}

/// The base URL of a host category: `https://mirror.example.org/pub/fedora/linux`, without the last slash.
///
/// Scheme http, https, ftp or rsync; a host; no user, password, query or fragment; no `..` component; only printable
/// ASCII, without characters that are special in HTML or XML (`< > " ' & \ ^ { | }` and the backquote).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MirrorUrl {
    text: String,
    protocol: Protocol,
}

impl MirrorUrl {
    /// Returns the URL without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the scheme of the URL.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns host (an IPv6 address in brackets) and port of the server; the default port of the scheme if none is written.
    /// `None` does not occur for a checked URL.
    pub(crate) fn server(&self) -> Option<(String, u16)> {
        let url = url::Url::parse(&self.text).ok()?;
        let port = match self.protocol {
            Protocol::Rsync => url.port().unwrap_or(873),
            Protocol::Https | Protocol::Http | Protocol::Ftp => url.port_or_known_default()?,
        };
        Some((url.host_str()?.to_owned(), port))
    }
}

impl FromStr for MirrorUrl {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bad = |why: &str| {
            format!("invalid mirror URL {s:?}: {why}; expected a URL such as https://mirror.example.org/pub/linux")
        };
        if s.len() > 2_000 {
            return Err("a mirror URL may have at most 2,000 characters".to_owned());
        }
        let harmless = |b: u8| b.is_ascii_graphic() && !b"<>\"'&\\^`{|}".contains(&b);
        if !s.bytes().all(harmless) {
            return Err(bad("contains a blank or a character that must be percent-encoded"));
        }
        // The URL parser accepts `https:///x` and `https:x`, which are rejected here.
        if s.split_once("://").is_none_or(|(_, rest)| rest.starts_with('/')) {
            return Err(bad("not of the form scheme://host/path"));
        }
        let url = url::Url::parse(s).map_err(|e| bad(&e.to_string()))?;
        let unsupported = |_| bad(&format!("unsupported scheme {}", url.scheme()));
        let protocol = url.scheme().parse().map_err(unsupported)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("missing host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("contains a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("contains a query or a fragment"));
        }
        if s.split('/').any(|part| part == ".." || part == ".") {
            return Err(bad("contains a '..'"));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { text, protocol })
    }
}

impl TryFrom<String> for MirrorUrl {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<MirrorUrl> for String {
    fn from(u: MirrorUrl) -> Self {
        u.text
    }
}

impl fmt::Display for MirrorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_slash_is_removed() {
        let u: MirrorUrl = "https://Mirror.example.org/pub/linux//".parse().unwrap();
        assert_eq!(u.as_str(), "https://mirror.example.org/pub/linux");
        assert_eq!(u.protocol(), Protocol::Https);
        assert_eq!(
            "rsync://m.example.org/mod".parse::<MirrorUrl>().unwrap().protocol(),
            Protocol::Rsync
        );
        assert_eq!(
            "http://127.0.0.1:8080/a/".parse::<MirrorUrl>().unwrap().as_str(),
            "http://127.0.0.1:8080/a"
        );
    }

    #[test]
    fn server_and_port_are_parsed() {
        for (url, host, port) in [
            ("https://m.example.org/pub", "m.example.org", 443),
            ("http://M.example.org:8080", "m.example.org", 8080),
            ("http://[2001:db8::1]/x", "[2001:db8::1]", 80),
            ("rsync://m.example.org/mod", "m.example.org", 873),
            ("rsync://m.example.org:8730/mod", "m.example.org", 8730),
            ("ftp://m.example.org/", "m.example.org", 21),
        ] {
            let server = url.parse::<MirrorUrl>().unwrap().server();
            assert_eq!(server, Some((host.to_owned(), port)), "{url}");
        }
    }

    #[test]
    fn invalid_urls_are_rejected() {
        for bad in [
            "",
            "mirror.example.org",
            "gopher://m/",
            "https:///x",
            "https://u:p@m/",
            "https://m/?q",
            "https://m/#f",
            "https://m/a b",
            "https://m/<b>",
            "https://m/a/../b",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(bad.parse::<MirrorUrl>().is_err(), "{bad}");
        }
    }
}
