//! Parsing of untrusted response headers.

use std::time::Duration;

use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::model::Timestamp;

const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Parses `Retry-After` (RFC 9110 §10.2.3): seconds or a date; a date in the past means no pause. `None` = invalid.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let pause = if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        date(text)?.since(now)
    };
    Some(pause.min(MAX_RETRY_AFTER))
}

/// Parses a date in one of the three formats of RFC 9110 §5.6.7.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    // The formats of RFC 850 and of asctime(), both in UTC.
    let mut older = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].iter();
    let parse_older = |form| {
        TimeZone::UTC
            .to_timestamp(strtime::parse(form, text).ok()?.to_datetime().ok()?)
            .ok()
    };
    let parsed = rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let time = parsed.or_else(|| older.find_map(parse_older))?;
    Some(Timestamp(time.as_second()))
}

/// Returns `Content-Length` if it is the length of the file. With a content coding it is that of the encoded body; but many servers
/// declare compressed files as encoded (`AddEncoding x-gzip .gz`) and send them unchanged.
pub(super) fn length(content_length: Option<&str>, coding: Option<&str>, url: &str) -> Option<u64> {
    let plain = coding.is_none_or(|c| c.trim().is_empty() || c.trim().eq_ignore_ascii_case("identity"));
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let packed = [".gz", ".tgz", ".bz2", ".xz", ".zst"].iter().any(|e| path.ends_with(e));
    content_length.filter(|_| plain || packed)?.trim().parse().ok()
}

/// Returns the complete length in `Content-Range` (RFC 9110 §14.4): `bytes 0-0/1234`, or `bytes */1234` for an unsatisfied range.
pub(super) fn complete_length(content_range: &str) -> Option<&str> {
    let range = content_range.trim().strip_prefix("bytes ")?;
    range.rsplit_once('/').map(|(_, all)| all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = Timestamp(784_111_777);
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("86401", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sunday, 06-Nov-94 08:51:37 GMT", Some(120)),
            ("Sun Nov  6 08:52:37 1994", Some(180)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 2094 08:00:00 GMT", None),
            ("Sat, 06 Nov 2094 08:00:00 GMT", Some(86_400)),
            ("", None),
            ("-5", None),
            ("soon", None),
            ("1.5", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn retry_after_is_limited(text in "\\PC*", now in any::<i64>()) {
            prop_assert!(retry_after(&text, Timestamp(now)).is_none_or(|d| d <= MAX_RETRY_AFTER));
        }
    }

    #[test]
    fn content_range_has_the_complete_length() {
        for (header, expected) in [
            ("bytes 0-0/1234", Some(1234)),
            (" bytes */0 ", Some(0)),
            ("bytes 0-0/*", None),
            ("bytes 0-0", None),
            ("lines 0-0/7", None),
            ("bytes 0-0/-7", None),
        ] {
            assert_eq!(
                length(complete_length(header), None, "http://m/a"),
                expected,
                "{header:?}"
            );
        }
    }

    #[test]
    fn length_of_an_encoded_body_is_ignored() {
        for (header, coding, url, expected) in [
            (Some("7"), None, "http://m/a.rpm", Some(7)),
            (Some(" 7 "), Some("identity"), "http://m/a", Some(7)),
            (Some("7"), Some("gzip"), "http://m/repomd.xml", None),
            (Some("7"), Some("br"), "http://m/CHECKSUM?x=.gz", None),
            (Some("7"), Some("x-gzip"), "http://m/primary.xml.gz", Some(7)),
            (Some("-7"), None, "http://m/a", None),
            (None, None, "http://m/a", None),
        ] {
            assert_eq!(length(header, coding, url), expected, "{header:?} {coding:?} {url}");
        }
    }
}
