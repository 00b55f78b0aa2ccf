//! The agent against servers that misbehave.

mod bodies;
mod certificates;
mod first_byte;
mod framing;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn agent(allow_private: bool) -> Agent {
    Agent::new(&HttpLimits {
        user_agent: "test/1".to_owned(),
        connections: 4,
        connect: Duration::from_secs(2),
        total: Duration::from_secs(2),
        allow_private,
    })
}

/// Serves each connection in a thread of its own; `serve` is handed the stream and the request line, again for each request
/// of a connection, until it says that the connection is done.
fn server(serve: impl Fn(&mut TcpStream, &str) -> bool + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, serve) = (stream.unwrap(), Arc::clone(&serve));
            counter.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(first)) = lines.next() {
                    while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
                    if serve(&mut stream, &first) {
                        return;
                    }
                }
            });
        }
    });
    (url, connections)
}

fn say(stream: &mut TcpStream, text: &str) {
    drop(stream.write_all(text.as_bytes()));
}

#[test]
fn connections_are_kept() {
    let (url, connections) = server(|s, line| {
        let body = if line.starts_with("HEAD") { "" } else { "hello" };
        say(s, &format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}"));
        false
    });
    let agent = agent(true);
    for _ in 0..20 {
        assert_eq!(agent.head(&url, None).unwrap().content_length, Some(5));
        assert_eq!(agent.get(&url, 10, None).unwrap().body, b"hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[test]
fn connection_closed_by_the_server_is_reopened() {
    let (url, connections) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        true
    });
    let agent = agent(true);
    for _ in 0..5 {
        assert_eq!(agent.head(&url, None).unwrap().status, 200);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[test]
fn bodies_have_a_cap() {
    let (url, _) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\n\r\n");
        while s.write_all(&[b'x'; 4096]).is_ok() {}
        true
    });
    assert_eq!(agent(true).get(&url, 10_000, None), Err(FetchError::TooLarge(10_000)));
}

#[test]
fn a_slow_drip_ends_with_the_total_time() {
    let (url, _) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while s.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
        true
    });
    let begun = Instant::now();
    let got = agent(true).get(&url, 10_000, None);
    assert!(matches!(got, Err(FetchError::Timeout(_))), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn earlier_deadline_is_used() {
    let (url, _) = server(|_, _| {
        std::thread::sleep(Duration::from_secs(30));
        true
    });
    let slow = Agent::new(&HttpLimits {
        user_agent: String::new(),
        connections: 1,
        connect: Duration::from_secs(20),
        total: Duration::from_secs(20),
        allow_private: true,
    });
    let begun = Instant::now();
    let got = slow.head(&url, Some(begun + Duration::from_millis(300)));
    assert!(matches!(got, Err(FetchError::Timeout(_))), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn closed_agent_aborts_requests() {
    let (url, _) = server(|_, _| {
        std::thread::sleep(Duration::from_secs(30));
        true
    });
    let patient = Agent::new(&HttpLimits {
        user_agent: String::new(),
        connections: 1,
        connect: Duration::from_secs(20),
        total: Duration::from_secs(20),
        allow_private: true,
    });
    let closer = patient.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        closer.close();
    });
    let begun = Instant::now();
    assert!(patient.head(&url, None).is_err());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn garbage_is_not_http() {
    let (url, _) = server(|s, _| {
        say(s, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
        true
    });
    let got = agent(true).head(&url, None);
    assert!(matches!(got, Err(FetchError::Protocol(_))), "{got:?}");
}

#[test]
fn a_body_that_ends_early_is_broken_off() {
    let (url, _) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
        drop(s.shutdown(std::net::Shutdown::Both));
        true
    });
    let got = agent(true).get(&url, 1000, None);
    assert!(matches!(got, Err(FetchError::Refused(_))), "{got:?}");
}

#[test]
fn redirects_stay_at_home() {
    let (url, _) = server(|s, line| {
        let to = match line.split(' ').nth(1).unwrap() {
            "/round" => "/round",
            "/away" => "http://mirror.example.org/",
            "/metadata" => "http://169.254.169.254/latest",
            "/local" => "/target",
            _ => {
                say(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                return false;
            }
        };
        say(
            s,
            &format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
        );
        false
    });
    let agent = agent(true);
    for bad in ["/round", "/away", "/metadata"] {
        let got = agent.head(&format!("{url}{bad}"), None);
        assert!(matches!(got, Err(FetchError::Redirect(_))), "{bad}: {got:?}");
    }
    let got = agent.head(&format!("{url}/local"), None).unwrap();
    assert_eq!(
        (got.status, got.moved_to, got.hops),
        (200, Some(format!("{url}/target")), 1)
    );
}

#[test]
fn private_addresses_are_refused() {
    let (url, connections) = server(|_, _| true);
    assert!(matches!(
        agent(false).head(&url, None),
        Err(FetchError::PrivateAddress(_))
    ));
    let named = url.replace("127.0.0.1", "localhost");
    assert!(matches!(
        agent(false).head(&named, None),
        Err(FetchError::PrivateAddress(_))
    ));
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[test]
fn failures_have_their_names() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let got = agent(true).head(&format!("http://{closed}/"), None);
    assert!(matches!(got, Err(FetchError::Refused(_))), "{got:?}");
    let got = agent(true).head("http://no-such-name.invalid/", None);
    assert!(
        matches!(got, Err(FetchError::Dns(_) | FetchError::Timeout(_))),
        "{got:?}"
    );
    let (url, _) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\n\r\n");
        true
    });
    // A plain server waits for the end of the request line, or answers without TLS.
    let got = agent(true).head(&url.replace("http:", "https:"), None);
    assert!(
        matches!(
            got,
            Err(FetchError::Tls(_) | FetchError::Timeout(_) | FetchError::Refused(_))
        ),
        "{got:?}"
    );
}

#[test]
fn sites_are_compared_by_host_port_and_scheme() {
    let same = |a: &str, b: &str| same_site(&url::Url::parse(a).unwrap(), &url::Url::parse(b).unwrap());
    assert!(same("http://m.org/a", "https://m.org/a"));
    assert!(same("https://m.org/a", "https://www.m.org/b"));
    assert!(same("http://www.m.org/a", "https://m.org/a"));
    assert!(!same("https://m.org/a", "http://m.org/a"));
    assert!(!same("http://m.org/a", "http://m.org:8080/a"));
    assert!(!same("http://m.org/a", "http://cdn.m.org/a"));
    assert!(!same("http://m.org/a", "ftp://m.org/a"));
    assert!(!same("http://m.org/a", "http://user@m.org/a"));
}
