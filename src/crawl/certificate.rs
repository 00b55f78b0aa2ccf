//! Certificates that are about to end: what is found, and that each server is looked at once. Pure; whoever holds an agent
//! hands in how to look ([`crate::sys::http::Agent::certificate_expiry`]).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Timestamp;
use crate::model::names::{MirrorUrl, Protocol};
use crate::model::plan::Finding;

/// How much longer a certificate should be valid: who renews by machine does it a month before.
const MIN_REMAINING_VALIDITY: Duration = Duration::from_hours(14 * 24);

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// What is wrong with a certificate that is valid until `end`, seen under `url`; `None` = nothing.
pub fn finding(url: &str, end: Timestamp, now: Timestamp) -> Option<Finding> {
    if end >= now.plus(MIN_REMAINING_VALIDITY) {
        return None;
    }
    let text = end.to_string();
    let date = text.split('T').next().unwrap_or(&text);
    let seen = if end > now {
        format!("ends {date} (in {})", about(end.since(now)))
    } else {
        format!("ended {date} ({} ago)", about(now.since(end)))
    };
    Some(Finding {
        directory: None,
        url: url.to_owned(),
        reason: "certificate".to_owned(),
        expected: "a certificate valid for at least 14 days".to_owned(),
        seen,
    })
}

/// Whole days; less than one in hours.
fn about(span: Duration) -> String {
    let seconds = span.as_secs();
    let (n, unit) = if seconds >= DAY {
        (seconds / DAY, "day")
    } else {
        (seconds / HOUR, "hour")
    };
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{plural}")
}

/// The certificates of one host's servers, each looked at once in a turn.
#[derive(Debug, Clone, Default)]
pub struct Certificates {
    /// By host and port; `None` = none was seen, which the requests to that server tell of.
    ends: BTreeMap<(String, u16), Option<Timestamp>>,
}

impl Certificates {
    /// What is found at the URLs of one category. `look` is asked for servers that were not looked at before, by host and port,
    /// and only where the URL is https.
    pub fn findings(
        &mut self,
        urls: &[MirrorUrl],
        now: Timestamp,
        mut look: impl FnMut(&str, u16) -> Option<Timestamp>,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut told = Vec::new();
        for url in urls.iter().filter(|u| u.protocol() == Protocol::Https) {
            let Some(server) = url.server() else { continue };
            if told.contains(&server) {
                continue;
            }
            let end = *self
                .ends
                .entry(server.clone())
                .or_insert_with_key(|(host, port)| look(host, *port));
            found.extend(end.and_then(|end| finding(url.as_str(), end, now)));
            told.push(server);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_weeks_are_enough() {
        // 2026-11-25T12:00:00Z
        let now = Timestamp(1_795_608_000);
        let (day, hour) = (86_400, 3_600);
        for (left, want) in [
            (90 * day, None),
            (14 * day, None),
            (14 * day - 1, Some("ends 2026-12-09 (in 13 days)")),
            (6 * day + 5 * hour, Some("ends 2026-12-01 (in 6 days)")),
            (day, Some("ends 2026-11-26 (in 1 day)")),
            (day - 1, Some("ends 2026-11-26 (in 23 hours)")),
            (60, Some("ends 2026-11-25 (in 0 hours)")),
            (0, Some("ended 2026-11-25 (0 hours ago)")),
            (-hour, Some("ended 2026-11-25 (1 hour ago)")),
            (-4 * day, Some("ended 2026-11-21 (4 days ago)")),
        ] {
            let found = finding("https://m.org/pub", Timestamp(now.0 + left), now);
            assert_eq!(found.as_ref().map(|f| f.seen.as_str()), want, "{left}");
            let told = found.is_none_or(|f| {
                f.reason == "certificate"
                    && f.expected == "a certificate valid for at least 14 days"
                    && f.url == "https://m.org/pub"
                    && f.directory.is_none()
            });
            assert!(told);
        }
        assert!(finding("", Timestamp(i64::MAX), now).is_none());
        assert!(finding("", Timestamp(i64::MIN), now).is_some());
    }

    #[test]
    fn each_server_is_looked_at_once_and_told_in_each_category() {
        let urls = |all: &[&str]| -> Vec<MirrorUrl> { all.iter().map(|u| u.parse().unwrap()).collect() };
        let now = Timestamp(1_000_000_000);
        let mut looked = Vec::new();
        let mut certificates = Certificates::default();
        let mut ask = |all: &[&str]| -> Vec<String> {
            let look = |host: &str, port: u16| {
                looked.push(format!("{host}:{port}"));
                (host != "dead.org").then_some(Timestamp(if host == "good.org" { i64::MAX } else { now.0 + 9 }))
            };
            let found = certificates.findings(&urls(all), now, look);
            found.into_iter().map(|f| f.url).collect()
        };
        assert!(ask(&["http://m.org/a", "rsync://m.org/a", "https://good.org/a"]).is_empty());
        assert_eq!(ask(&["https://m.org/a", "https://m.org:443/b"]), ["https://m.org/a"]);
        assert_eq!(
            ask(&["https://m.org/other", "https://m.org:8443/other", "https://dead.org/"]),
            ["https://m.org/other", "https://m.org:8443/other"]
        );
        assert!(ask(&["https://dead.org/x", "https://[2001:db8::1]/"]).contains(&"https://[2001:db8::1]".to_owned()));
        assert_eq!(
            looked,
            [
                "good.org:443",
                "m.org:443",
                "m.org:8443",
                "dead.org:443",
                "[2001:db8::1]:443"
            ]
        );
    }
}
