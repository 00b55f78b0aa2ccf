//! The control check: files that a mirror served as the master has them are fetched again to find out whether the local uplink
//! works. A captive portal, or a resolver that returns one address for every name, cannot serve them.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::sys::http::{Agent, HttpLimits};
use crate::sys::signals::ShutdownFlag;

const MAX_CONTROL_MIRRORS: usize = 5;
const TIMEOUT: Duration = Duration::from_secs(15);
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(50);
const MAX_SAMPLE_BYTES: u64 = 64 << 20;

/// A file that a mirror is known to serve correctly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlSample {
    pub(crate) url: String,
    pub(crate) content: ExpectedContent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpectedContent {
    /// The length in bytes, from a HEAD response.
    Length(u64),
    /// The SHA-256, in lower-case hexadecimal.
    Hash(String),
}

/// The most recent control samples, one per mirror.
#[derive(Debug, Default)]
pub(crate) struct ControlMirrors(Vec<ControlSample>);

impl ControlMirrors {
    pub(crate) fn add(&mut self, sample: Option<ControlSample>) {
        self.0.extend(sample);
        let excess = self.0.len().saturating_sub(MAX_CONTROL_MIRRORS);
        self.0.drain(..excess);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if at least one mirror serves its control sample again. The requests run in parallel, with new name
    /// lookups; a shutdown request ends the check.
    pub(crate) fn any_reachable(&self, limits: &HttpLimits, stop: &ShutdownFlag) -> bool {
        let limits = HttpLimits {
            total: limits.total.min(TIMEOUT),
            ..limits.clone()
        };
        let agent = Agent::new(&limits);
        let (sender, results) = mpsc::channel();
        for sample in &self.0 {
            let (sender, agent, sample) = (sender.clone(), agent.clone(), sample.clone());
            let started = thread::Builder::new().name("control".to_owned()).spawn(move || {
                // The receiver is dropped after the first success.
                sender.send(is_unchanged(&agent, &sample)).unwrap_or_default();
            });
            if let Err(e) = started {
                tracing::warn!(error = %e, "cannot start the check of a control sample");
            }
        }
        drop(sender);
        let deadline = Instant::now() + TIMEOUT;
        let found = loop {
            match results.recv_timeout(STOP_POLL_INTERVAL) {
                Ok(true) => break true,
                Err(mpsc::RecvTimeoutError::Disconnected) => break false,
                Ok(false) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            if stop.is_requested() || Instant::now() >= deadline {
                break false;
            }
        };
        agent.close();
        found
    }
}

fn is_unchanged(agent: &Agent, sample: &ControlSample) -> bool {
    let response = match &sample.content {
        ExpectedContent::Length(_) => agent.head(&sample.url, None),
        ExpectedContent::Hash(_) => agent.get(&sample.url, MAX_SAMPLE_BYTES, None),
    };
    response.is_ok_and(|r| {
        r.status == 200
            && match &sample.content {
                ExpectedContent::Length(length) => r.content_length == Some(*length),
                ExpectedContent::Hash(hash) => hex::encode(Sha256::digest(&r.body)) == *hash,
            }
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Starts a server that always sends this response; empty = never responds.
    fn server(response: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/f", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                if response.is_empty() {
                    open.push(stream);
                } else {
                    drop(stream.read(&mut [0; 4096]));
                    drop(stream.write_all(response.as_bytes()));
                }
            }
        });
        url
    }

    fn limits() -> HttpLimits {
        HttpLimits {
            user_agent: String::new(),
            connections: 1,
            connect: Duration::from_secs(20),
            total: Duration::from_secs(20),
            allow_private: true,
        }
    }

    fn mirrors(samples: &[(&str, ExpectedContent)]) -> ControlMirrors {
        let mut all = ControlMirrors::default();
        for (url, content) in samples {
            all.add(Some(ControlSample {
                url: (*url).to_owned(),
                content: content.clone(),
            }));
        }
        all
    }

    #[test]
    fn only_unchanged_samples_count() {
        let stop = ShutdownFlag::default();
        let five = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let none = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let hash = |text: &str| ExpectedContent::Hash(hex::encode(Sha256::digest(text)));
        for (response, content, reachable) in [
            (five, ExpectedContent::Length(5), true),
            (five, ExpectedContent::Length(6), false),
            (none, ExpectedContent::Length(5), false),
            (five, hash("hello"), true),
            (five, hash("other"), false),
            (none, hash("hello"), false),
        ] {
            assert_eq!(
                mirrors(&[(&server(response), content)]).any_reachable(&limits(), &stop),
                reachable,
                "{response}"
            );
        }
        assert!(!ControlMirrors::default().any_reachable(&limits(), &stop));
    }

    #[test]
    fn first_success_or_shutdown_ends_the_check() {
        let (stop, started) = (ShutdownFlag::default(), Instant::now());
        let five = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let (silent, good) = (server(""), server(five));
        let both = mirrors(&[
            (&silent, ExpectedContent::Length(5)),
            (&good, ExpectedContent::Length(5)),
        ]);
        assert!(both.any_reachable(&limits(), &stop));
        stop.request();
        assert!(!mirrors(&[(&silent, ExpectedContent::Length(5))]).any_reachable(&limits(), &stop));
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }

    #[test]
    fn most_recent_samples_are_retained() {
        let mut mirrors = ControlMirrors::default();
        mirrors.add(None);
        assert!(mirrors.is_empty());
        for n in 0..9 {
            mirrors.add(Some(ControlSample {
                url: n.to_string(),
                content: ExpectedContent::Length(1),
            }));
        }
        let urls: Vec<&str> = mirrors.0.iter().map(|s| s.url.as_str()).collect();
        assert_eq!(urls, ["4", "5", "6", "7", "8"]);
    }
}
