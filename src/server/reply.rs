//! An answer to a request.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use hyper::{HeaderMap, Response, StatusCode};

/// Shorter bodies fit into one packet as they are.
const MIN_GZIP_SIZE: usize = 1_000;

/// An answer.
pub(super) type Reply = Response<Full<Bytes>>;

/// An answer with a body.
pub(super) fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Reply::new(Full::new(body));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// The same, packed by gzip for a client that asks for it, where that saves something.
pub(super) fn compressed(status: StatusCode, content_type: &'static str, body: Bytes, asked: &HeaderMap) -> Reply {
    let gzip = if body.len() >= MIN_GZIP_SIZE && wants_gzip(asked) {
        pack(&body)
    } else {
        None
    };
    let is_packed = gzip.is_some();
    let mut reply = reply(status, content_type, gzip.unwrap_or(body));
    if is_packed {
        let headers = reply.headers_mut();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    reply
}

fn pack(body: &[u8]) -> Option<Bytes> {
    let mut out = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    out.write_all(body).ok()?;
    out.finish().ok().map(Bytes::from)
}

/// Whether `Accept-Encoding` names gzip, or anything, and does not refuse it (RFC 9110, section 12.5.3).
fn wants_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any) = (None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    for element in values.flat_map(|v| v.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().unwrap_or("");
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        let is_wanted = weight.is_none_or(|q| q.trim().parse::<f32>().is_ok_and(|q| q > 0.0));
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(is_wanted);
        } else if coding == "*" {
            any = Some(is_wanted);
        }
    }
    gzip.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_gzip_gets_it() {
        for (asked, wants) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["GZIP;q=0.1, br"], true),
            (&["br", "x-gzip"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000, *"], false),
            (&["*"], true),
            (&["*;q=0"], false),
            (&["identity, br, gzipped"], false),
            (&["gzip;q=rubbish"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in asked {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(wants_gzip(&headers), wants, "{asked:?}");
        }
    }
}
