//! Mirrors from hell: in-process servers for what no real one does on demand. Each must cost a bounded time, give its finding, and
//! take nothing away that was known.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use super::*;

/// Serves every request by `serve`, which is handed the stream, the method and the path, and says whether the connection is
/// done.
fn hell(serve: impl Fn(&mut TcpStream, &str, &str) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, Arc::clone(&serve)) else {
                return;
            };
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(first)) = lines.next() {
                    while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
                    let mut words = first.split(' ');
                    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
                    if serve(&mut stream, method, path) {
                        drop(stream.shutdown(Shutdown::Both));
                        return;
                    }
                }
            });
        }
    });
    url
}

fn say(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).is_ok()
}

fn redirect(stream: &mut TcpStream, to: &str) -> bool {
    say(
        stream,
        &format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
    );
    false
}

const QUICK: &str = "connect_timeout = \"2s\"\nrequest_timeout = \"2s\"";

/// Crawls a mirror that was current before and is from hell now. Everything it held must still be held.
fn keeps_its_facts(serve: impl Fn(&mut TcpStream, &str, &str) -> bool + Send + Sync + 'static, reason: &str) {
    keeps_its_facts_at(&hell(serve), reason);
}

fn keeps_its_facts_at(url: &str, reason: &str) {
    let net = Net::new(QUICK);
    net.copy_to("m");
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ ^/closed/ { return 403; }");
    net.register(&[("hell.org", &nginx.url())]);
    net.crawl();
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [url])
        .unwrap();
    let begun = Instant::now();
    let ran = net.env.run("mm-crawl", &["--full"]);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(ran.status, 3, "the only host gave no answer: {ran:?}");
    let facts = net.facts("hell.org");
    assert_eq!(facts.held, open_directories());
    assert_eq!(facts.holding.unanswered_tries, 1);
    assert!(
        net.reasons("hell.org").contains(&reason.to_owned()),
        "{:?}",
        net.reasons("hell.org")
    );
}

#[test]
fn garbage() {
    keeps_its_facts(|s, _, _| say(s, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), "protocol");
}

#[test]
fn a_drip_of_one_byte_a_second() {
    keeps_its_facts(
        |s, _, _| {
            for b in b"HTTP/1.1 200 OK\r\nX-Slow: yes\r\n".iter().cycle() {
                if s.write_all(&[*b]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_secs(1));
            }
            true
        },
        "timeout",
    );
}

#[test]
fn a_redirect_in_circles() {
    keeps_its_facts(|s, _, path| redirect(s, path), "redirect");
}

#[test]
fn a_redirect_into_the_cloud() {
    keeps_its_facts(
        |s, _, _| redirect(s, "http://169.254.169.254/latest/meta-data"),
        "redirect",
    );
}

#[test]
fn a_redirect_to_another_host() {
    keeps_its_facts(
        |s, _, path| redirect(s, &format!("http://mirror.example.org{path}")),
        "redirect",
    );
}

#[test]
fn a_connection_that_is_reset() {
    keeps_its_facts(|_, _, _| true, "connection");
}

#[test]
fn a_port_that_speaks_no_tls() {
    let plain = hell(|s, _, _| say(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    // What comes back to a greeting that is no HTTP differs; that nothing is taken away does not.
    let net = Net::new(QUICK);
    net.copy_to("m");
    let url = plain.replace("http:", "https:");
    net.register(&[("tls.org", &url)]);
    let ran = net.env.run("mm-crawl", &["--full"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    let reasons = net.reasons("tls.org");
    let known = ["tls", "timeout", "connection", "protocol"];
    assert!(
        !reasons.is_empty() && reasons.iter().all(|r| known.contains(&r.as_str())),
        "{reasons:?}"
    );
}

#[test]
fn nobody_listens() {
    keeps_its_facts_at(
        &format!("http://127.0.0.1:{}", crate::support::free_port()),
        "connection",
    );
}

fn status(stream: &mut TcpStream, status: &str) -> bool {
    !say(stream, &format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
}

#[test]
fn a_base_that_is_not_there_over_files_that_fail() {
    keeps_its_facts(
        |s, _, path| status(s, if path == "/" { "404 Not Found" } else { "503 Busy" }),
        "status",
    );
}

#[test]
fn a_base_that_is_not_there_once() {
    let first = std::sync::atomic::AtomicU32::new(0);
    keeps_its_facts(
        move |s, _, _| {
            let gone = first.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 5;
            status(s, if gone { "404 Not Found" } else { "503 Busy" })
        },
        "status",
    );
}

#[test]
fn a_base_that_is_not_there_and_no_file_to_ask_for() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    net.register(&[("empty.org", &nginx.url())]);
    net.crawl();
    let held = net.facts("empty.org").held;
    let set = |sql: &str| net.sqlite().execute(sql, []).unwrap();
    set("UPDATE directory SET files = '[]'");
    set(&format!(
        "UPDATE host_category_url SET url = '{}'",
        hell(|s, _, _| status(s, "404 Not Found"))
    ));
    assert_eq!(net.env.run("mm-crawl", &["--full"]).status, 3);
    assert_eq!(net.facts("empty.org").held, held);
}

/// Answers HEAD as a good mirror does, but `serve` answers a GET.
fn good_but_for_get(net: &Net, serve: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static) -> String {
    let root = net.env.path("tree");
    hell(move |s, method, path| {
        if path.starts_with("/closed") {
            say(s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            return false;
        }
        if method == "GET" {
            return serve(s);
        }
        let size = std::fs::metadata(root.join(path.trim_start_matches('/'))).map_or(0, |m| m.len());
        !say(s, &format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"))
    })
}

fn repomd_from(crawl: &str, serve: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static) -> (Net, Duration) {
    let net = Net::new(crawl);
    let url = good_but_for_get(&net, serve);
    net.register(&[("hell.org", &url)]);
    let begun = Instant::now();
    net.crawl();
    let took = begun.elapsed();
    let facts = net.facts("hell.org");
    assert!(!facts.holds(REPODATA), "{:?}", facts.held);
    assert!(facts.holds(&format!("{OS}/Packages")), "{:?}", facts.held);
    (net, took)
}

#[test]
fn a_repomd_without_end_is_not_current() {
    let (net, took) = repomd_from("max_body = 100000", |s| {
        say(s, "HTTP/1.1 200 OK\r\n\r\n");
        while s.write_all(&[b'x'; 8192]).is_ok() {}
        true
    });
    assert_eq!(net.reasons("hell.org"), ["size"]);
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[test]
fn a_stall_after_the_headers_is_no_answer() {
    let (net, took) = repomd_from(QUICK, |s| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        std::thread::sleep(Duration::from_mins(1));
        true
    });
    assert!(
        net.reasons("hell.org").contains(&"timeout".to_owned()),
        "{:?}",
        net.reasons("hell.org")
    );
    assert!(took < Duration::from_secs(45), "{took:?}");
}

#[test]
fn a_body_that_drips_is_no_answer() {
    let (net, took) = repomd_from(QUICK, |s| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        while s.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
        true
    });
    assert!(
        net.reasons("hell.org").contains(&"timeout".to_owned()),
        "{:?}",
        net.reasons("hell.org")
    );
    assert!(took < Duration::from_secs(45), "{took:?}");
}

#[test]
fn a_body_shorter_than_promised_is_no_answer() {
    let (net, _) = repomd_from(QUICK, |s| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
        true
    });
    assert!(
        net.reasons("hell.org").contains(&"connection".to_owned()),
        "{:?}",
        net.reasons("hell.org")
    );
}

/// The master pushes, and a scan records it, while the mirror is being asked: what the crawl makes of it by its older plan counts
/// for nothing and is told to nobody.
#[test]
fn what_a_scan_overtakes_is_no_alarm() {
    let net = Net::new("");
    let repomd = net.env.path(&format!("tree/{REPODATA}/repomd.xml"));
    let scan = std::sync::Mutex::new(net.env.command("mm-scan-master"));
    let url = good_but_for_get(&net, move |s| {
        let new = "<repomd><data type=\"primary\"><timestamp>1700000009</timestamp></data></repomd>";
        std::fs::write(&repomd, new).unwrap();
        assert!(scan.lock().unwrap().status().unwrap().success());
        !say(s, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<repomd>garbage")
    });
    net.register(&[("hell.org", &url)]);
    let ran = net.env.run("mm-crawl", &["--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let result = &report["result"];
    assert_eq!(
        (&result["foreign"], &result["dropped"]),
        (&serde_json::json!([]), &serde_json::json!(1))
    );
    assert_eq!(result["totals"]["directories"]["foreign"], 0);
    assert!(net.reasons("hell.org").is_empty(), "{:?}", net.reasons("hell.org"));
}

#[test]
fn a_wrong_length_is_not_current() {
    let net = Net::new(QUICK);
    let url = hell(|s, _, path| {
        if path.starts_with("/closed") {
            say(s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        } else {
            say(s, "HTTP/1.1 200 OK\r\nContent-Length: 7777\r\n\r\n");
        }
        false
    });
    net.register(&[("lies.org", &url)]);
    net.env.run("mm-crawl", &["--full"]);
    let facts = net.facts("lies.org");
    assert!(!facts.holds(&format!("{OS}/Packages")) && !facts.holds(&format!("{OS}/images")));
    assert!(net.reasons("lies.org").contains(&"size".to_owned()));
}

#[test]
fn a_length_that_is_not_told_is_not_held_against_a_mirror() {
    let net = Net::new(QUICK);
    let url = hell(|s, method, path| {
        if path.contains("not-there") {
            say(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        } else if method == "HEAD" && !path.starts_with("/closed") {
            say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        } else {
            say(s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
        false
    });
    net.register(&[("chunked.org", &url)]);
    net.crawl();
    assert!(net.facts("chunked.org").holds(&format!("{OS}/Packages")));
}

/// A portal, or a page that helps visitors on: 200 whatever is asked, without a length.
#[test]
fn a_yes_to_everything_is_no_answer() {
    keeps_its_facts(
        |s, method, _| {
            let body = if method == "HEAD" {
                ""
            } else {
                "5\r\nhello\r\n0\r\n\r\n"
            };
            say(
                s,
                &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
            );
            false
        },
        "says-yes",
    );
}

#[test]
fn private_addresses_are_not_asked_unless_allowed() {
    let net = Net::new("");
    net.env
        .configure(&format!("[[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n"));
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    net.register(&[("private.org", &nginx.url())]);
    let ran = net.env.run("mm-crawl", &["--full"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(net.reasons("private.org"), ["private-address"]);
    assert_eq!(nginx.log(), "");
}
