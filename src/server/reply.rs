//! HTTP responses, optionally compressed.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS};
use hyper::{HeaderMap, Response, StatusCode};

/// Bodies below this size in bytes fit into one packet uncompressed.
const MIN_GZIP_SIZE: usize = 1_000;

pub(super) type Reply = Response<Full<Bytes>>;

pub(super) fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Reply::new(Full::new(body));
    *reply.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    // Browsers must not guess another type: messages repeat parts of the request.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

pub(super) fn text_reply(status: StatusCode, text: &'static str) -> Reply {
    reply(status, "text/plain", text.into())
}

/// Builds a response that is compressed with gzip if the client accepts it and the body is large enough.
pub(super) fn compressed(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
    request_headers: &HeaderMap,
) -> Reply {
    let is_compressible = body.len() >= MIN_GZIP_SIZE && accepts_gzip(request_headers);
    let Some(compressed) = is_compressible.then(|| gzip(&body)).flatten() else {
        return reply(status, content_type, body);
    };
    let mut reply = reply(status, content_type, compressed);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    reply
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut out = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    out.write_all(body).ok()?;
    out.finish().ok().map(Bytes::from)
}

/// Returns true if `Accept-Encoding` names gzip or `*` with a nonzero weight (RFC 9110, section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any) = (None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    for element in values.flat_map(|v| v.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().unwrap_or("");
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        let is_accepted = weight.is_none_or(|q| q.trim().parse::<f32>().is_ok_and(|q| q > 0.0));
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(is_accepted);
        } else if coding == "*" {
            any = Some(is_accepted);
        }
    }
    gzip.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_negotiated() {
        for (values, expected) in [
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
            for value in values {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(accepts_gzip(&headers), expected, "{values:?}");
        }
    }
}
