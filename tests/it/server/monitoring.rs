//! Who gets metrics, details and explanations, and headers that restrict browsers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::serving;
use crate::compliance::client::Server;

fn through<'a>(server: &Server, target: &str, client: &'a str) -> crate::compliance::client::Reply {
    let headers: &[(&'a str, &'a str)] = &[("X-Forwarded-For", client)];
    server.client().send("GET", target, headers)
}

#[test]
fn details_are_for_monitors_only() {
    let server = serving("monitor_from = [\"127.0.0.0/8\", \"2001:db8:7::/48\"]");
    let target = "/metalink?repo=linux-43&arch=x86_64&explain=1";
    for client in [
        "127.0.0.1",
        "2001:db8:7::1",
        "[2001:db8:7::1]:4711",
        "192.0.2.9, 127.0.0.1, 127.0.0.2",
    ] {
        // The last list has an outer proxy: its client counts.
        let is_monitor = !client.starts_with("192");
        let metrics = through(&server, "/metrics", client);
        assert_eq!(metrics.status, if is_monitor { 200 } else { 403 }, "{client}");
        let health: serde_json::Value = serde_json::from_str(&through(&server, "/healthz", client).body).unwrap();
        assert_eq!(health["version"].is_string(), is_monitor, "{client}: {health}");
        assert_eq!(through(&server, target, client).body.starts_with("<?xml"), !is_monitor);
    }
    for client in ["192.0.2.9", "127.0.0.1, 192.0.2.9", "rubbish"] {
        let metrics = through(&server, "/metrics", client);
        assert_eq!(metrics.status, 403, "{client}");
        assert!(
            metrics.body.contains("server.monitor_from") && !metrics.body.contains("mm_"),
            "{}",
            metrics.body
        );
        for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/freshz", 503)] {
            let reply = through(&server, path, client);
            assert_eq!(reply.status, status);
            let health: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            let keys: Vec<&str> = health.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(
                keys,
                ["age", "as_of", "generation", "status"],
                "{client}: what mm-sync-out needs"
            );
        }
    }
    // The peer itself, without a proxy.
    assert_eq!(server.get("/metrics").status, 200);
    let elsewhere = serving("monitor_from = [\"192.0.2.0/24\"]");
    assert_eq!(elsewhere.get("/metrics").status, 403);
    assert_eq!(through(&elsewhere, "/metrics", "192.0.2.9").status, 200);
    let untrusting = serving("monitor_from = [\"192.0.2.0/24\"]\ntrusted_proxies = []");
    assert_eq!(
        through(&untrusting, "/metrics", "192.0.2.9").status,
        403,
        "anybody can send the header"
    );
}

#[test]
fn browsers_are_restricted() {
    let server = serving("");
    for target in [
        "/",
        "/healthz",
        "/metrics",
        "/none",
        "/mirrorlist?repo=%3Cb%3E&arch=x",
        "/metalink?repo=linux-43&arch=x86_64",
    ] {
        let reply = server.get(target);
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{target}");
        let is_page = target == "/";
        let policy = reply.header("content-security-policy");
        assert_eq!(
            policy.is_some_and(|p| p.starts_with("default-src 'none'; style-src 'self'")),
            is_page,
            "{policy:?}"
        );
        assert_eq!(
            reply.header("referrer-policy"),
            is_page.then_some("no-referrer"),
            "{target}"
        );
    }
    let other = serving("content_security_policy = \"default-src 'self'\"");
    assert_eq!(
        other.get("/").header("content-security-policy"),
        Some("default-src 'self'")
    );
    let none = serving("content_security_policy = \"\"");
    assert_eq!(none.get("/").header("content-security-policy"), None);
}

#[test]
fn several_host_headers_are_rejected() {
    let server = serving("");
    for (hosts, status) in [
        ("Host: a\r\n", 200),
        ("Host: a\r\nHost: b\r\n", 400),
        ("Host: a\r\nHost: a\r\n", 400),
    ] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {reply}");
    }
}
