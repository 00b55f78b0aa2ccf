//! Whether it is our own network that fails: mirrors that served what the master has are asked for the same once more.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::crawl::outage::control_sample::{ControlSample, ExpectedContent};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::signals::ShutdownFlag;

/// How many mirrors are asked at most: those that answered last.
const MAX_CONTROL_MIRRORS: usize = 5;
/// How long they have.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often it is looked whether the run was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// The longest file that is fetched again.
const MAX_BODY: u64 = 64 << 20;

/// The mirrors that answered last, one file of each.
#[derive(Debug, Default)]
pub(crate) struct ControlMirrors(Vec<ControlSample>);

impl ControlMirrors {
    pub(crate) fn add(&mut self, witness: Option<ControlSample>) {
        self.0.extend(witness);
        let too_many = self.0.len().saturating_sub(MAX_CONTROL_MIRRORS);
        self.0.drain(..too_many);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them serves now what it served before. All are asked at once, with names looked up anew; nobody is waited for
    /// once the run is to end.
    pub(crate) fn any_reachable(&self, limits: &HttpLimits, stop: &ShutdownFlag) -> bool {
        let limits = HttpLimits {
            total: limits.total.min(TIMEOUT),
            ..limits.clone()
        };
        let agent = Agent::new(&limits);
        let (tell, answers) = mpsc::channel();
        for witness in &self.0 {
            let (tell, agent, witness) = (tell.clone(), agent.clone(), witness.clone());
            let started = thread::Builder::new().name("witness".to_owned()).spawn(move || {
                // Nobody listens any more once one has answered.
                tell.send(answers_as_before(&agent, &witness)).unwrap_or_default();
            });
            if let Err(e) = started {
                tracing::warn!(error = %e, "a mirror cannot be asked whether it is still there");
            }
        }
        drop(tell);
        let until = Instant::now() + TIMEOUT;
        let found = loop {
            match answers.recv_timeout(GLANCE) {
                Ok(true) => break true,
                Err(mpsc::RecvTimeoutError::Disconnected) => break false,
                Ok(false) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            if stop.is_requested() || Instant::now() >= until {
                break false;
            }
        };
        agent.close();
        found
    }
}

fn answers_as_before(agent: &Agent, witness: &ControlSample) -> bool {
    let answer = match &witness.shows {
        ExpectedContent::Length(_) => agent.head(&witness.url, None),
        ExpectedContent::Hash(_) => agent.get(&witness.url, MAX_BODY, None),
    };
    answer.is_ok_and(|a| {
        a.status == 200
            && match &witness.shows {
                ExpectedContent::Length(length) => a.content_length == Some(*length),
                ExpectedContent::Hash(hash) => hex::encode(Sha256::digest(&a.body)) == *hash,
            }
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// A server that says this to everybody; empty = nothing, ever.
    fn says(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/f", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut kept = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                if answer.is_empty() {
                    kept.push(stream);
                } else {
                    drop(stream.read(&mut [0; 4096]));
                    drop(stream.write_all(answer.as_bytes()));
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

    fn all(of: &[(&str, ExpectedContent)]) -> ControlMirrors {
        let mut all = ControlMirrors::default();
        for (url, shows) in of {
            all.add(Some(ControlSample {
                url: (*url).to_owned(),
                shows: shows.clone(),
            }));
        }
        all
    }

    #[test]
    fn only_what_is_as_it_was_counts() {
        let stop = ShutdownFlag::default();
        let five = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let none = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let hash = |text: &str| ExpectedContent::Hash(hex::encode(Sha256::digest(text)));
        for (answer, shows, good) in [
            (five, ExpectedContent::Length(5), true),
            (five, ExpectedContent::Length(6), false),
            (none, ExpectedContent::Length(5), false),
            (five, hash("hello"), true),
            (five, hash("other"), false),
            (none, hash("hello"), false),
        ] {
            assert_eq!(
                all(&[(&says(answer), shows)]).any_reachable(&limits(), &stop),
                good,
                "{answer}"
            );
        }
        assert!(!ControlMirrors::default().any_reachable(&limits(), &stop));
    }

    #[test]
    fn one_is_enough_and_nobody_is_waited_for_in_vain() {
        let (stop, begun) = (ShutdownFlag::default(), Instant::now());
        let five = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let (silent, good) = (says(""), says(five));
        let both = all(&[
            (&silent, ExpectedContent::Length(5)),
            (&good, ExpectedContent::Length(5)),
        ]);
        assert!(both.any_reachable(&limits(), &stop));
        stop.request();
        assert!(!all(&[(&silent, ExpectedContent::Length(5))]).any_reachable(&limits(), &stop));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn the_last_ones_are_kept() {
        let mut some = ControlMirrors::default();
        some.add(None);
        assert!(some.is_empty());
        for n in 0..9 {
            some.add(Some(ControlSample {
                url: n.to_string(),
                shows: ExpectedContent::Length(1),
            }));
        }
        let kept: Vec<&str> = some.0.iter().map(|w| w.url.as_str()).collect();
        assert_eq!(kept, ["4", "5", "6", "7", "8"]);
    }
}
