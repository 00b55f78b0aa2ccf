//! The public list: the files below `public/` of a generation, in memory.

use std::collections::HashMap;

use bytes::Bytes;
use hyper::header::{ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use hyper::{HeaderMap, StatusCode};

use crate::answer::encode::encode_path;

use super::reply::{Reply, reply as new_reply, text_reply};

/// Pages by their path below `public/`. Only these can be requested.
#[derive(Debug, Default)]
pub(super) struct Pages(HashMap<String, Page>);

#[derive(Debug)]
struct Page {
    bytes: Bytes,
    content_type: &'static str,
    etag: Option<HeaderValue>,
}

impl Pages {
    /// Adds a file; `digest` is its SHA-256 in hexadecimal.
    pub(super) fn insert(&mut self, path: &str, bytes: Vec<u8>, digest: &str) {
        let page = Page {
            bytes: bytes.into(),
            content_type: content_type(path),
            etag: HeaderValue::from_str(&format!("\"{digest}\"")).ok(),
        };
        self.0.insert(path.to_owned(), page);
    }

    /// Returns the response for a percent-decoded request path; none if the page does not exist.
    pub(super) fn reply(&self, path: &str, headers: &HeaderMap) -> Option<Reply> {
        let name = path.strip_prefix('/')?;
        let is_directory = name.is_empty() || name.ends_with('/');
        if is_directory {
            let page = self.0.get(&format!("{name}index.html"))?;
            return Some(page.reply(headers));
        }
        if let Some(page) = self.0.get(name) {
            return Some(page.reply(headers));
        }
        // A directory requested without its slash is redirected: relative links in its page would be wrong.
        self.0.get(&format!("{name}/index.html"))?;
        let to = HeaderValue::from_str(&encode_path(&format!("/{name}/"))).ok()?;
        let mut redirect = text_reply(StatusCode::MOVED_PERMANENTLY, "");
        redirect.headers_mut().insert(LOCATION, to);
        Some(redirect)
    }
}

impl Page {
    fn reply(&self, headers: &HeaderMap) -> Reply {
        let known = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let own = self.etag.as_ref().and_then(|v| v.to_str().ok());
        let same = known
            .zip(own)
            .is_some_and(|(k, o)| k.split(',').any(|tag| tag.trim().trim_start_matches("W/") == o));
        let mut reply = new_reply(StatusCode::OK, self.content_type, self.bytes.clone());
        if same {
            reply = Reply::default();
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
        }
        if let Some(etag) = &self.etag {
            reply.headers_mut().insert(ETAG, etag.clone());
        }
        reply
    }
}

fn content_type(path: &str) -> &'static str {
    let extension = path.rsplit_once('.').map_or("", |(_, e)| e);
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        "atom" => "application/atom+xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "csv" => "text/csv; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::CONTENT_TYPE;

    use super::*;

    fn pages() -> Pages {
        let mut p = Pages::default();
        p.insert("index.html", b"start".to_vec(), "aa");
        p.insert("Fedora/43/index.html", b"43".to_vec(), "bb");
        p.insert("style.css", b"x".to_vec(), "cc");
        p
    }

    fn get(path: &str) -> Option<(u16, String)> {
        let r = pages().reply(path, &HeaderMap::new())?;
        let kind = r.headers().get(CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
        Some((r.status().as_u16(), kind.unwrap_or_default()))
    }

    #[test]
    fn directories_return_their_index() {
        assert_eq!(get("/"), Some((200, "text/html; charset=utf-8".into())));
        assert_eq!(get("/Fedora/43/"), Some((200, "text/html; charset=utf-8".into())));
        assert_eq!(get("/style.css"), Some((200, "text/css; charset=utf-8".into())));
        let redirect = pages().reply("/Fedora/43", &HeaderMap::new()).unwrap();
        assert_eq!(
            (
                redirect.status().as_u16(),
                redirect.headers()[LOCATION].to_str().unwrap()
            ),
            (301, "/Fedora/43/")
        );
    }

    #[test]
    fn other_paths_return_nothing() {
        for path in [
            "/Fedora/",
            "/../etc/passwd",
            "//index.html",
            "index.html",
            "/Fedora/43/../43/",
            "/style.css/",
        ] {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn matching_etag_returns_304() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"zz\", W/\"aa\""));
        assert_eq!(pages().reply("/", &headers).unwrap().status(), 304);
    }
}
