//! Limits of connections.

use std::io::Read as _;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{metric, serving};
use crate::compliance::client::{Client, Server};

/// A connection that has received a response.
fn idle(server: &Server) -> Client {
    let mut client = server.client();
    assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
    client
}

#[test]
fn the_longest_idle_connection_makes_room() {
    let server = serving("max_connections = 4\nidle_timeout = \"10m\"");
    let mut first = idle(&server);
    // A request that is never completed counts as idle, too.
    let mut slow = server.client();
    slow.raw(b"GET /healthz HTTP/1.1\r\nX-Slow: ");
    sleep(Duration::from_millis(50));
    let mut second = idle(&server);
    let mut third = idle(&server);
    sleep(Duration::from_millis(1_200));
    slow.raw(b"x");
    assert_eq!(third.send("GET", "/healthz", &[]).status, 200);
    let started = Instant::now();
    let mut fifth = idle(&server);
    let mut sixth = idle(&server);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(first.read(false).is_none() && slow.read(false).is_none());
    for open in [&mut second, &mut third, &mut fifth, &mut sixth] {
        assert_eq!(open.send("GET", "/healthz", &[]).status, 200);
    }
    let log = server.stderr();
    assert_eq!(log.matches("server.max_connections").count(), 1, "{log}");
    drop((second, third, fifth));
    let text = sixth.send("GET", "/metrics", &[]).body;
    assert!(text.contains("\nmm_idle_connections_closed_total 2\n"), "{text}");
}

#[test]
fn active_connections_are_not_closed() {
    let server = serving("max_connections = 2\nidle_timeout = \"10m\"");
    let mut busy = [idle(&server), idle(&server)];
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get("/healthz").status);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(3) {
            for client in &mut busy {
                assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
            }
            sleep(Duration::from_millis(20));
        }
        assert!(!waiting.is_finished());
        drop(busy);
        assert_eq!(waiting.join().unwrap(), 200);
    });
}

#[test]
fn connections_of_an_address_are_limited() {
    let server = serving("max_connections_per_address = 2\ntrusted_proxies = []");
    let (first, mut second) = (idle(&server), idle(&server));
    let mut third = TcpStream::connect(&server.address).unwrap();
    third.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(matches!(third.read(&mut [0]), Ok(0) | Err(_)), "closed at once");
    let text = second.send("GET", "/metrics", &[]).body;
    assert!(text.contains("\nmm_connections_rejected_total 1\n"), "{text}");
    drop(first);
    server.wait("a free slot", |s| Client::new(&s.address).raw_get("/healthz"));
    let proxied = serving("max_connections_per_address = 2");
    let all: Vec<Client> = (0..10).map(|_| idle(&proxied)).collect();
    assert_eq!(
        metric(&proxied, "mm_connections_rejected_total"),
        0,
        "the peer is a trusted proxy"
    );
    drop(all);
}
