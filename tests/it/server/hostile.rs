//! Requests that are none, and connections that behave badly.

use std::io::Write;
use std::time::{Duration, Instant};

use super::{metric, serving};
use crate::compliance::client::Client;

#[test]
fn requests_that_are_none_are_answered_as_such() {
    let server = serving("");
    let mut client = server.client();
    let reply = client.send("HEAD", "/mirrorlist?repo=linux-43&arch=x86_64", &[]);
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    assert!(reply.header("content-length").unwrap().parse::<usize>().unwrap() > 100);
    for (target, status) in [
        ("/mirrorlist?repo=linux-43&arch=x86_64&ip=rubbish", 500),
        ("/metalink?repo=linux-43&arch=x86_64&ip=", 500),
        ("/mirrorlist?path=%ff%fe", 404),
        ("/mirrorlist?path=pub/linux/43/%00", 404),
        ("/mirrorlist?path=../../etc/passwd", 404),
        ("/mirrorlist?&&&=&=&a=b=c", 200),
        ("/%ff", 404),
        ("/%00", 404),
        ("//etc/passwd", 404),
        ("/..%2f..%2fetc/passwd", 404),
    ] {
        let reply = client.send("GET", target, &[]);
        assert_eq!(reply.status, status, "{target}: {reply:?}");
    }
    let many = (0..10_000).fold(String::from("/mirrorlist?"), |all, i| format!("{all}p{i}=x&"));
    for long in [
        format!("/mirrorlist?path={}", "x".repeat(100_000)),
        format!("/mirrorlist?path={}", "x".repeat(9_000)),
        many,
    ] {
        let mut client = server.client();
        let reply = client.send("GET", &long, &[]);
        assert!(matches!(reply.status, 414 | 431), "{}", reply.status);
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = server
            .client()
            .send(method, "/mirrorlist?repo=linux-43&arch=x86_64", &[]);
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
    let headers: Vec<(String, String)> = (0..1_000).map(|i| (format!("X-{i}"), "y".repeat(30))).collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(server.client().send("GET", "/healthz", &headers).status, 431);
    assert_eq!(
        client.send("GET", "/healthz", &[]).status,
        200,
        "the first connection still works"
    );
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let server = serving("idle_timeout = \"1s\"");
    for begin in [
        &b""[..],
        b"GET /mirrorlist?repo=a&ar",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    ] {
        let mut client = Client::new(&server.address);
        client.raw(begin);
        let begun = Instant::now();
        // Closed, or told that it took too long and then closed.
        while let Some(reply) = client.read(false) {
            assert!(reply.status >= 400, "{reply:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{begin:?}");
    }
    // One that was used and then fell silent, too.
    let mut client = server.client();
    assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
    assert!(client.read(false).is_none());
}

#[test]
fn a_client_that_does_not_read_is_closed() {
    let server = serving("idle_timeout = \"1s\"");
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // Requests until neither side can write any more.
    let request = b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
    while stream.write_all(&request).is_ok() {}
    server.wait("one connection, that which asks", |s| {
        metric(s, "mm_open_connections") == 1
    });
}

#[test]
fn pipelined_requests_and_a_half_closed_socket_are_answered() {
    let server = serving("");
    let mut client = server.client();
    client.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.read(false).unwrap().status, 200);
    assert_eq!(client.read(false).unwrap().status, 200);
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}
