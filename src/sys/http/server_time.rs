//! The clocks of other machines, by the header `Date` of their responses.

use std::time::Duration;

use super::{Agent, FetchError, HttpLimits, classify, headers};
use crate::model::Timestamp;
use crate::model::clock::WitnessTime;
use crate::sys::{clock, parallel};

/// Limits of one request. Jobs wait for it, so it is short.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Limit of the time that a response may have been in a cache.
const MAX_AGE: Duration = Duration::from_hours(24 * 30);

/// Asks the servers of `urls`, pairs of a name and a URL, for their times, all at once. Those without a usable response are left out.
///
/// Certificates are not verified: a wrong clock rejects valid ones, and a wrong time of one server proves nothing.
pub(crate) fn witness_times(urls: &[(String, String)], user_agent: String) -> Vec<WitnessTime> {
    let limits = HttpLimits {
        user_agent,
        connections: urls.len().max(1),
        connect: CONNECT_TIMEOUT,
        total: REQUEST_TIMEOUT,
        // The URLs come from the config, which is trusted.
        allow_private: true,
    };
    let tls = ureq::tls::TlsConfig::builder().disable_verification(true).build();
    let agent = Agent::with_tls(&limits, tls);
    let results = parallel::map(urls, urls.len(), |(name, url)| match agent.server_time(url) {
        Ok(theirs) => Some(WitnessTime {
            name: name.clone(),
            theirs,
            ours: clock::now(),
        }),
        Err(e) => {
            tracing::debug!(url, error = %e, "no time from a witness");
            None
        }
    });
    results.into_iter().filter_map(|r| r.ok().flatten()).collect()
}

impl Agent {
    /// Returns the time at which the server of `url` responded, whatever its status: `Date`, plus the `Age` of a cached response.
    fn server_time(&self, url: &str) -> Result<Timestamp, FetchError> {
        let response = self.pool(url).head(url).call().map_err(|e| classify(e, url).error)?;
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        let date = header("date").and_then(headers::date);
        let date = date.ok_or_else(|| FetchError::Protocol(format!("{url}: no valid Date")))?;
        let age = header("age").and_then(|age| age.trim().parse().ok());
        Ok(date.plus(age.map_or(Duration::ZERO, Duration::from_secs).min(MAX_AGE)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;

    /// Responds once with these headers, and returns the URL.
    fn server(headers: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            write!(
                stream,
                "HTTP/1.1 {headers}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
        });
        url
    }

    #[test]
    fn every_response_with_a_date_is_a_witness() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let urls: Vec<(String, String)> = [
            ("ok", server("200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT")),
            (
                "missing",
                server("404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"),
            ),
            (
                "elsewhere",
                server("301 Moved\r\nLocation: http://127.0.0.1:9/\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"),
            ),
            (
                "cached",
                server("200 OK\r\nAge: 60\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"),
            ),
            ("undated", server("200 OK")),
            ("nonsense", server("200 OK\r\nDate: yesterday")),
            ("refused", "http://127.0.0.1:9/".to_owned()),
            ("silent", format!("http://{}/", silent.local_addr().unwrap())),
        ]
        .map(|(name, url)| (name.to_owned(), url))
        .into();
        let started = Instant::now();
        let found = witness_times(&urls, "test".to_owned());
        assert!(started.elapsed() < REQUEST_TIMEOUT * 4, "{:?}", started.elapsed());
        let times: Vec<(&str, i64)> = found.iter().map(|w| (w.name.as_str(), w.theirs.0)).collect();
        let date = headers::date(DATE).unwrap().0;
        assert_eq!(
            times,
            [
                ("ok", date),
                ("missing", date),
                ("elsewhere", date),
                ("cached", date + 60)
            ]
        );
        assert!(found.iter().all(|w| !w.agrees()));
    }
}
