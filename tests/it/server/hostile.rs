//! Invalid requests and misbehaving connections.

use std::io::Write;
use std::time::{Duration, Instant};

use super::{files, home, metric, publish, serving};
use crate::compliance::client::{Client, Server};
use crate::support::give_to_server;

#[test]
fn invalid_requests_return_errors() {
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
fn idle_connections_are_closed() {
    let server = serving("idle_timeout = \"1s\"");
    for begin in [
        &b""[..],
        b"GET /mirrorlist?repo=a&ar",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    ] {
        let mut client = Client::new(&server.address);
        client.raw(begin);
        let started = Instant::now();
        // Closed, possibly after an error response.
        while let Some(reply) = client.read(false) {
            assert!(reply.status >= 400, "{reply:?}");
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{begin:?}");
    }
    // A connection that was used and became idle.
    let mut client = server.client();
    assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
    assert!(client.read(false).is_none());
}

#[test]
fn the_idle_timeout_applies_to_each_request() {
    let server = serving("idle_timeout = \"1s\"");
    // Data arrives all the time, but the request as a whole takes too long.
    let mut slow = std::net::TcpStream::connect(&server.address).unwrap();
    let started = Instant::now();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    while slow.write_all(b"a").is_ok() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the request is never rejected"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(
        started.elapsed() >= Duration::from_millis(900),
        "{:?}",
        started.elapsed()
    );
    // Repeated requests are not limited, however long the connection lasts.
    let mut client = server.client();
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(2_500) {
        assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
        std::thread::sleep(Duration::from_millis(400));
    }
}

#[test]
fn a_client_that_does_not_read_is_closed() {
    let server = serving("idle_timeout = \"1s\"");
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // Send requests until neither side can write.
    let request = b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
    while stream.write_all(&request).is_ok() {}
    server.wait("only the connection of this test", |s| {
        metric(s, "mm_open_connections") == 1
    });
}

#[test]
fn unix_socket_clients_that_do_not_read_are_closed() {
    let sockets = tempfile::tempdir().unwrap();
    give_to_server(sockets.path());
    let path = sockets.path().join("http.sock");
    let home = home(&format!(
        "idle_timeout = \"1s\"\nlisten = [\"127.0.0.1:3000\", \"unix:{}\"]",
        path.display()
    ));
    publish(&home.path().join("generations"), &files('a'));
    let server = Server::start_in(home, &[]);
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let request = b"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
    while stream.write_all(&request).is_ok() {}
    // Closed by the server: buffered data can still be read, followed by the end of the stream.
    server.wait("only the connection of this test", |s| {
        metric(s, "mm_open_connections") == 1
    });
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut buffer = [0; 8_192];
    while std::io::Read::read(&mut stream, &mut buffer).unwrap_or(0) > 0 {}
    assert!(stream.write_all(b"GET").is_err(), "the server closed the connection");
}

#[test]
fn invalid_forwarded_addresses_return_500() {
    let server = serving("");
    let mut client = server.client();
    let mut ask = |lines: &[&[u8]]| {
        let mut request = b"GET /mirrorlist?repo=linux-43&arch=x86_64 HTTP/1.1\r\nHost: a\r\n".to_vec();
        for line in lines {
            request.extend([b"X-Forwarded-For: ", *line, b"\r\n"].concat());
        }
        client.raw(&[&request[..], b"\r\n"].concat());
        let reply = client.read(false).unwrap();
        if reply.header("connection") == Some("close") {
            client = server.client();
        }
        (reply.status, reply.body)
    };
    let long = b"10.0.0.1, ".repeat(1_000);
    let too_long = b"10.0.0.1, ".repeat(10_000);
    let wrong: [&[u8]; 12] = [
        b"",
        b"   ",
        b",",
        b"192.0.2.5,",
        b"unknown",
        b"\xe4",
        b"192.0.2.5\xff",
        "\u{661}\u{669}\u{662}.0.2.5".as_bytes(),
        b"192.0.2.5:x",
        b"192.0.2.5/24",
        b"999.1.1.1",
        &long,
    ];
    for text in wrong {
        let (status, body) = ask(&[text]);
        assert_eq!(status, 500, "{text:?}: {body}");
        assert_eq!(body.trim_end(), "Cannot parse client IP address. Aborting.", "{text:?}");
    }
    // The last element of the last line counts, and must be an address.
    let mut own = |lines: &[&[u8]]| {
        let (status, body) = ask(lines);
        (status, body.contains("Using preferred netblock"))
    };
    let good = [&long[..], b"192.0.2.5"].concat();
    assert_eq!(own(&[&good]), (200, true));
    assert_eq!(own(&[b"10.0.0.1", b"192.0.2.5"]), (200, true));
    assert_eq!(own(&[b"192.0.2.5", b"10.0.0.1"]), (200, false));
    // Earlier elements come from the client and may be any bytes.
    assert!(matches!(own(&[b"\xe4, 192.0.2.5"]).0, 200 | 500));
    assert_eq!(own(&[b"\xe4", b"192.0.2.5"]), (200, true));
    assert_eq!(own(&[b"192.0.2.5", b""]).0, 500);
    let thirty = [&b"192.0.2.5"[..]; 30];
    assert_eq!(own(&thirty), (200, true));
    assert_eq!(own(&[&b"192.0.2.5"[..]; 100]).0, 431);
    assert_eq!(own(&[&too_long]).0, 431);
    assert_eq!(own(&[b"192.0.2.5"]), (200, true), "the server still responds");
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
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
