//! Findings about certificates that expire soon. Pure: the caller supplies the function that reads the expiry of a server
//! ([`crate::sys::http::Agent::certificate_expiry`]).

use std::collections::BTreeMap;
use std::time::Duration;

use itertools::Itertools as _;

use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::names::{MirrorUrl, Protocol};
use crate::model::plan::Finding;

/// The shortest remaining validity without a finding. Automatic renewal happens a month before expiry.
const MIN_REMAINING_VALIDITY: Duration = Duration::from_hours(14 * 24);

fn finding(url: &str, expiry: Timestamp, now: Timestamp) -> Option<Finding> {
    if expiry >= now.plus(MIN_REMAINING_VALIDITY) {
        return None;
    }
    let text = expiry.to_string();
    let date = text.split('T').next().unwrap_or(&text);
    let received = if expiry > now {
        format!("expires {date} (in {})", rounded(expiry.since(now)))
    } else {
        format!("expired {date} ({} ago)", rounded(now.since(expiry)))
    };
    let expected = "a certificate valid for at least 14 days";
    Some(Finding::new(url, "certificate", expected, received))
}

/// Rounds down to days, or to hours if it is less than a day.
fn rounded(duration: Duration) -> String {
    let (n, unit) = match duration.as_secs() / 3_600 {
        hours @ 0..24 => (hours, "hour"),
        hours => (hours / 24, "day"),
    };
    format_count(n, unit)
}

/// The certificates of the servers of one host, each read once per host crawl.
#[derive(Debug, Clone, Default)]
pub(crate) struct Certificates {
    /// The expiry by host and port; `None` = no certificate was read, which has findings of its own.
    expiries: BTreeMap<(String, u16), Option<Timestamp>>,
}

impl Certificates {
    /// Returns the findings for the URLs of one category. `read_expiry` is called for HTTPS servers that are not known yet, with
    /// host and port.
    pub(crate) fn findings(
        &mut self,
        urls: &[MirrorUrl],
        now: Timestamp,
        mut read_expiry: impl FnMut(&str, u16) -> Option<Timestamp>,
    ) -> Vec<Finding> {
        let https = urls.iter().filter(|u| u.protocol() == Protocol::Https);
        let servers = https.filter_map(|url| Some((url.as_str(), url.server()?)));
        let servers = servers.unique_by(|(_, server)| server.clone());
        let findings = servers.filter_map(|(url, server)| {
            let expiry = self.expiries.entry(server);
            let expiry = *expiry.or_insert_with_key(|(host, port)| read_expiry(host, *port));
            finding(url, expiry?, now)
        });
        findings.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_valid_for_two_weeks_has_no_finding() {
        // 2026-11-25T12:00:00Z
        let now = Timestamp(1_795_608_000);
        let (day, hour) = (86_400, 3_600);
        for (left, expected) in [
            (90 * day, None),
            (14 * day, None),
            (14 * day - 1, Some("expires 2026-12-09 (in 13 days)")),
            (6 * day + 5 * hour, Some("expires 2026-12-01 (in 6 days)")),
            (day, Some("expires 2026-11-26 (in 1 day)")),
            (day - 1, Some("expires 2026-11-26 (in 23 hours)")),
            (60, Some("expires 2026-11-25 (in 0 hours)")),
            (0, Some("expired 2026-11-25 (0 hours ago)")),
            (-hour, Some("expired 2026-11-25 (1 hour ago)")),
            (-4 * day, Some("expired 2026-11-21 (4 days ago)")),
        ] {
            let found = finding("https://m.org/pub", Timestamp(now.0 + left), now);
            assert_eq!(found.as_ref().map(|f| f.received.as_str()), expected, "{left}");
            let is_described = found.is_none_or(|f| {
                f.code == "certificate"
                    && f.expected == "a certificate valid for at least 14 days"
                    && f.url == "https://m.org/pub"
                    && f.directory.is_none()
            });
            assert!(is_described);
        }
        assert!(finding("", Timestamp(i64::MAX), now).is_none());
        assert!(finding("", Timestamp(i64::MIN), now).is_some());
    }

    #[test]
    fn each_server_is_read_once_and_reported_in_each_category() {
        let urls = |all: &[&str]| -> Vec<MirrorUrl> { all.iter().map(|u| u.parse().unwrap()).collect() };
        let now = Timestamp(1_000_000_000);
        let mut read = Vec::new();
        let mut certificates = Certificates::default();
        let mut found_urls = |all: &[&str]| -> Vec<String> {
            let read_expiry = |host: &str, port: u16| {
                read.push(format!("{host}:{port}"));
                (host != "dead.org").then_some(Timestamp(if host == "good.org" { i64::MAX } else { now.0 + 9 }))
            };
            let found = certificates.findings(&urls(all), now, read_expiry);
            found.into_iter().map(|f| f.url).collect()
        };
        assert!(found_urls(&["http://m.org/a", "rsync://m.org/a", "https://good.org/a"]).is_empty());
        assert_eq!(
            found_urls(&["https://m.org/a", "https://m.org:443/b"]),
            ["https://m.org/a"]
        );
        assert_eq!(
            found_urls(&["https://m.org/other", "https://m.org:8443/other", "https://dead.org/"]),
            ["https://m.org/other", "https://m.org:8443/other"]
        );
        assert!(
            found_urls(&["https://dead.org/x", "https://[2001:db8::1]/"]).contains(&"https://[2001:db8::1]".to_owned())
        );
        assert_eq!(
            read,
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
