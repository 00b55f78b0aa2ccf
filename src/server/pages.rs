//! The public list: the files of a generation's `public/`, in memory.

use std::collections::HashMap;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use hyper::{HeaderMap, StatusCode};

use super::reply::{Reply, reply};

/// All pages by their path below `public/`. Nothing outside this table can be asked for.
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

    /// The answer for a request path, percent-decoded; none when there is no such page.
    pub(super) fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Reply> {
        let name = path.strip_prefix('/')?;
        let directory = name.is_empty() || name.ends_with('/');
        let page = if directory {
            self.0.get(&format!("{name}index.html"))
        } else {
            self.0.get(name)
        };
        if let Some(page) = page {
            return Some(page.answer(headers));
        }
        // A directory asked for without its slash: relative links in its page would lead astray.
        if !directory && self.0.contains_key(&format!("{name}/index.html")) {
            let mut moved = reply(StatusCode::MOVED_PERMANENTLY, "text/plain", Bytes::new());
            let to = crate::answer::render::encode_path(&format!("/{name}/"));
            moved.headers_mut().insert(LOCATION, HeaderValue::from_str(&to).ok()?);
            return Some(moved);
        }
        None
    }
}

impl Page {
    fn answer(&self, headers: &HeaderMap) -> Reply {
        let known = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let own = self.etag.as_ref().and_then(|v| v.to_str().ok());
        let same = known
            .zip(own)
            .is_some_and(|(k, o)| k.split(',').any(|tag| tag.trim().trim_start_matches("W/") == o));
        let mut answer = if same {
            let mut r = Reply::default();
            *r.status_mut() = StatusCode::NOT_MODIFIED;
            r
        } else {
            reply(StatusCode::OK, self.content_type, self.bytes.clone())
        };
        if let Some(etag) = &self.etag {
            answer.headers_mut().insert(ETAG, etag.clone());
        }
        if same {
            answer.headers_mut().remove(CONTENT_TYPE);
        }
        answer
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
    use super::*;

    fn pages() -> Pages {
        let mut p = Pages::default();
        p.insert("index.html", b"start".to_vec(), "aa");
        p.insert("Fedora/43/index.html", b"43".to_vec(), "bb");
        p.insert("style.css", b"x".to_vec(), "cc");
        p
    }

    fn ask(path: &str) -> Option<(u16, String)> {
        let r = pages().answer(path, &HeaderMap::new())?;
        let kind = r.headers().get(CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
        Some((r.status().as_u16(), kind.unwrap_or_default()))
    }

    #[test]
    fn directories_show_their_index() {
        assert_eq!(ask("/"), Some((200, "text/html; charset=utf-8".into())));
        assert_eq!(ask("/Fedora/43/"), Some((200, "text/html; charset=utf-8".into())));
        assert_eq!(ask("/style.css"), Some((200, "text/css; charset=utf-8".into())));
        let moved = pages().answer("/Fedora/43", &HeaderMap::new()).unwrap();
        assert_eq!(
            (moved.status().as_u16(), moved.headers()[LOCATION].to_str().unwrap()),
            (301, "/Fedora/43/")
        );
    }

    #[test]
    fn nothing_else_can_be_reached() {
        for path in [
            "/Fedora/",
            "/../etc/passwd",
            "//index.html",
            "index.html",
            "/Fedora/43/../43/",
            "/style.css/",
        ] {
            assert_eq!(ask(path), None, "{path}");
        }
    }

    #[test]
    fn a_page_that_is_known_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"zz\", W/\"aa\""));
        assert_eq!(pages().answer("/", &headers).unwrap().status(), 304);
    }
}
