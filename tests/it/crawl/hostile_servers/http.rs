//! Faults of HTTP servers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// A correct mirror, except for GET.
fn with_get(good: &Good, serve: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static) -> String {
    let good = good.clone();
    faulty(move |s, request| {
        if request.is_head() || request.path.starts_with("/closed") {
            good.serve(s, request)
        } else {
            serve(s)
        }
    })
}

/// A correct mirror, except for `repomd.xml`.
fn with_repomd(good: &Good, serve: impl Fn(&mut TcpStream, &[u8]) -> bool + Send + Sync + 'static) -> String {
    let good = good.clone();
    faulty(move |s, request| {
        if request.path.ends_with("repomd.xml") {
            serve(s, &good.body(request.path).unwrap())
        } else {
            good.serve(s, request)
        }
    })
}

#[test]
fn failing_connections() {
    let (net, good) = net(QUICK);
    let closed = format!("127.0.0.1:{}", crate::support::free_port());
    let plain = faulty(|s, _| status(s, "200 OK"));
    // From http to https at the same address, where there is no TLS.
    let upgraded = faulty(|s, request| {
        let to = format!("https://{}{}", s.local_addr().unwrap(), request.path);
        redirect(s, &to)
    });
    let drip = |s: &mut TcpStream, _: Request<'_>| {
        for b in b"HTTP/1.1 200 OK\r\nX-Slow: yes\r\n".iter().cycle() {
            if s.write_all(&[*b]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(400));
        }
        true
    };
    let rows = [
        silent("drip.org", faulty(drip), &["timeout"], 3),
        silent(
            "mute.org",
            faulty(|s, _| endless(s, b"", Duration::from_secs(1))),
            &["timeout"],
            3,
        ),
        silent(
            "garbage.org",
            faulty(|s, _| write_bytes(s, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n")),
            &["protocol"],
            0,
        ),
        silent(
            "binary.org",
            faulty(|s, _| endless(s, &[0xff; 4096], Duration::ZERO)),
            &["protocol"],
            0,
        ),
        silent("reset.org", faulty(|_, _| true), &["connection"], 0),
        silent("nobody.org", format!("http://{closed}"), &["connection"], 0),
        silent("nobody-tls.org", format!("https://{closed}"), &["connection"], 0),
        silent("no-tls.org", plain.replace("http:", "https:"), &["tls"], 0),
        silent("upgraded.org", upgraded, &["tls"], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
}

#[test]
fn unresolvable_names() {
    let (net, good) = net(QUICK);
    crawl_until_current(&net, &good, &["dns.org", "witness.org"]);
    set_urls(&net, "dns.org", &["http://no-such-name.invalid/x".to_owned()]);
    let crawled = crawl(&net, &["--full"]);
    assert_eq!(crawled.output.status, 0, "one of two: {:?}", crawled.output);
    assert!(crawled.took < REQUEST * 4 + LOADED, "{:?}", crawled.took);
    let inventory = net.inventory("dns.org");
    assert_eq!(
        (inventory.present, inventory.row.inconclusive_tries),
        (all_directories(), 1)
    );
    // Without a reachable DNS server the failure is not known in time.
    let reasons = net.reasons("dns.org");
    let finding_evidence = finding_evidence(&net, "dns.org", &reasons[0]);
    match reasons[0].as_str() {
        "dns" => assert_eq!(finding_evidence, ["name not found: no-such-name.invalid"]),
        other => assert_eq!((other, reasons.len()), ("timeout", 1), "{finding_evidence:?}"),
    }
}

#[test]
fn invalid_response_heads() {
    let (net, good) = net(QUICK);
    let many = faulty(|s, _| {
        write_bytes(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
        (0..10_000).any(|n| write_bytes(s, &format!("X-{n}: y\r\n"))) || write_bytes(s, "\r\n")
    });
    let line = faulty(|s, _| {
        write_bytes(s, "HTTP/1.1 200 OK\r\nX: ");
        endless(s, &[b'y'; 8192], Duration::ZERO)
    });
    let lengths = faulty(|s, _| write_bytes(s, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"));
    let negative = faulty(|s, _| write_bytes(s, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"));
    let flood = faulty(|s, _| endless(s, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", Duration::ZERO));
    let fine = good.clone();
    let hints = faulty(move |s, request| {
        write_bytes(
            s,
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        );
        fine.serve(s, request)
    });
    let rows = [
        silent("many.org", many, &["protocol"], 0),
        silent("line.org", line, &["connection"], 0),
        silent("lengths.org", lengths, &["protocol"], 0),
        silent("negative.org", negative, &["protocol"], 0),
        silent("flood.org", flood, &["timeout"], 3),
        mirror("hints.org", hints, &[], &[], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
}

#[test]
fn redirects_to_other_places() {
    let (net, good) = net(QUICK);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = trap.local_addr().unwrap();
    let caught = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&caught);
    std::thread::spawn(move || {
        for _ in trap.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let to = |to: String| faulty(move |s, _| redirect(s, &to));
    let rows = [
        silent(
            "circle.org",
            faulty(|s, request| redirect(s, request.path)),
            &["redirect"],
            0,
        ),
        silent(
            "spiral.org",
            faulty(|s, request| redirect(s, &format!("{}x", request.path))),
            &["redirect"],
            0,
        ),
        silent(
            "cloud.org",
            to("http://169.254.169.254/latest/meta-data".to_owned()),
            &["redirect"],
            0,
        ),
        silent("local.org", to(format!("http://{local}/")), &["redirect"], 0),
        silent("scheme.org", to("file:///etc/passwd".to_owned()), &["redirect"], 0),
        silent(
            "user.org",
            faulty(|s, _| {
                let to = format!("http://user:password@{}/", s.local_addr().unwrap());
                redirect(s, &to)
            }),
            &["redirect"],
            0,
        ),
        silent(
            "away.org",
            to("http://mirror.example.org/pub".to_owned()),
            &["redirect"],
            0,
        ),
        silent(
            "long.org",
            to(format!("http://mirror.example.org/{}", "x".repeat(30_000))),
            &["redirect"],
            0,
        ),
    ];
    crawl_and_compare(&net, &good, &rows);
    assert_eq!(caught.load(Ordering::SeqCst), 0, "nobody followed");
    let long = finding_evidence(&net, "long.org", "redirect");
    assert!(long.iter().all(|t| t.len() < 400), "{}", long[0].len());
}

#[test]
fn unlimited_bodies() {
    let (net, good) = net(QUICK);
    let body = |text: &'static str, then: fn(&mut TcpStream) -> bool| {
        with_get(&good, move |s| {
            write_bytes(s, "HTTP/1.1 200 OK\r\n");
            write_bytes(s, text) || then(s)
        })
    };
    let bomb = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        (0..200).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap());
        encoder.finish().unwrap()
    };
    assert!(bomb.len() > 190_000, "the wire has less than a page: {}", bomb.len());
    let bomb = with_get(&good, move |s| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        write_bytes(s, &head) || s.write_all(&bomb).is_err()
    });
    let endless_chunks = |s: &mut TcpStream| endless(s, b"1000000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxx", Duration::ZERO);
    // Three indexes, and repomd.xml.
    let rows = [
        mirror(
            "endless.org",
            body("\r\n", |s| endless(s, &[b'x'; 8192], Duration::ZERO)),
            &[REPODATA],
            &["size"],
            0,
        ),
        mirror(
            "chunks.org",
            body("Transfer-Encoding: chunked\r\n\r\n", endless_chunks),
            &[REPODATA],
            &["size"],
            0,
        ),
        mirror("bomb.org", bomb, &[REPODATA], &["size"], 0),
        mirror(
            "stall.org",
            body("Content-Length: 100\r\n\r\n", |s| {
                endless(s, b"", Duration::from_secs(1))
            }),
            &[],
            &["timeout"],
            4,
        ),
        mirror(
            "trickle.org",
            body("Content-Length: 100\r\n\r\n", |s| {
                endless(s, b"x", Duration::from_millis(300))
            }),
            &[],
            &["timeout"],
            4,
        ),
        mirror(
            "short.org",
            body("Content-Length: 100\r\n\r\nshort", |_| true),
            &[],
            &["connection"],
            0,
        ),
        mirror(
            "cut-chunk.org",
            body("Transfer-Encoding: chunked\r\n\r\nff\r\nshort", |_| true),
            &[],
            &["connection"],
            0,
        ),
        mirror(
            "no-last-chunk.org",
            body("Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", |_| true),
            &[],
            &["connection"],
            0,
        ),
    ];
    crawl_and_compare(&net, &good, &rows);
}

#[test]
fn wrong_and_missing_content_lengths() {
    let (net, good) = net(QUICK);
    let fine = good.clone();
    let longer = faulty(move |s, request| match fine.body(request.path) {
        Some(body) if request.is_head() && !request.is_page() => write_bytes(
            s,
            &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() + 1),
        ),
        Some(_) | None => fine.serve(s, request),
    });
    let fine = good.clone();
    let chunked = faulty(move |s, request| match fine.body(request.path) {
        Some(_) if request.is_head() && !request.path.starts_with("/closed") => {
            write_bytes(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
        Some(_) | None => fine.serve(s, request),
    });
    let yes = faulty(|s, request| {
        let body = if request.is_head() {
            ""
        } else {
            "5\r\nhello\r\n0\r\n\r\n"
        };
        write_bytes(
            s,
            &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
        )
    });
    let portal = faulty(|s, request| answer(s, request, "", &[b'x'; 777]));
    let part = with_repomd(&good, |s, body| {
        s.write_all(&[b"HTTP/1.1 200 OK\r\n\r\n", &body[..body.len() / 2]].concat())
            .unwrap();
        true
    });
    let rows = [
        mirror(
            "longer.org",
            longer,
            &["pool/1", "pool/2", "pool/3", PACKAGES, IMAGES, REPODATA],
            &["index-mismatch", "size"],
            0,
        ),
        mirror("chunked.org", chunked, &[], &[], 0),
        silent("yes.org", yes, &["soft-404"], 0),
        // Files of another size count as absent. A page in the place of repomd.xml gives no information about it.
        mirror(
            "portal.org",
            portal,
            &["pool/1", "pool/2", "pool/3", PACKAGES, IMAGES],
            &["size", "soft-404"],
            0,
        ),
        mirror("part.org", part, &[], &["truncated"], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
}

const PACKAGES: &str = "releases/43/Everything/x86_64/os/Packages";
const IMAGES: &str = "releases/43/Everything/x86_64/os/images";

#[test]
fn nearly_correct_responses() {
    let (net, good) = net(QUICK);
    let fine = good.clone();
    let with_body = faulty(move |s, request| {
        fine.serve(
            s,
            Request {
                method: "GET",
                ..request
            },
        )
    });
    let (fine, seen) = (good.clone(), Mutex::new(std::collections::HashSet::new()));
    let once = faulty(move |s, request| !seen.lock().unwrap().insert(s.peer_addr().unwrap()) || fine.serve(s, request));
    let fine = good.clone();
    let closes = faulty(move |s, request| {
        fine.serve(s, request);
        true
    });
    let forbidden = with_repomd(&good, |s, _| status(s, "403 Forbidden"));
    let fine = good.clone();
    let errors = faulty(move |s, request| {
        if request.path.contains("/Packages/") {
            status(s, "500 Oops")
        } else {
            fine.serve(s, request)
        }
    });
    let rows = [
        mirror("with-body.org", with_body, &[], &[], 0),
        mirror("once.org", once, &[], &[], 0),
        mirror("closes.org", closes, &[], &[], 0),
        mirror("forbidden.org", forbidden, &[REPODATA], &["forbidden"], 0),
        mirror("errors.org", errors, &[], &["status"], 0),
        silent(
            "refused.org",
            faulty(|s, _| status(s, "401 Unauthorized")),
            &["status"],
            0,
        ),
        silent(
            "broken.org",
            faulty(|s, _| status(s, "502 Bad Gateway")),
            &["status"],
            0,
        ),
        silent(
            "base.org",
            faulty(|s, request| {
                status(
                    s,
                    if request.path == "/" {
                        "404 Not Found"
                    } else {
                        "500 Oops"
                    },
                )
            }),
            &["status"],
            0,
        ),
        silent(
            "base-once.org",
            {
                let first = AtomicUsize::new(0);
                faulty(move |s, _| {
                    status(
                        s,
                        if first.fetch_add(1, Ordering::SeqCst) < 5 {
                            "404 Not Found"
                        } else {
                            "500 Oops"
                        },
                    )
                })
            },
            &["status"],
            0,
        ),
    ];
    crawl_and_compare(&net, &good, &rows);
}

#[test]
fn private_addresses_are_probed_only_if_allowed() {
    let (net, good) = net("");
    net.env
        .configure(&format!("[[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n"));
    let request = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&request);
    let url = faulty(move |s, request| {
        counter.fetch_add(1, Ordering::SeqCst);
        good.serve(s, request)
    });
    net.register(&[
        ("private.org", &url),
        ("named.org", &url.replace("127.0.0.1", "localhost")),
    ]);
    let crawled = crawl(&net, &["--full"]);
    assert_eq!(crawled.output.status, 3, "{:?}", crawled.output);
    for host in ["private.org", "named.org"] {
        assert_eq!(net.reasons(host), ["private-address"]);
    }
    assert_eq!(request.load(Ordering::SeqCst), 0);
}

/// A push and its scan while the mirror is being probed: results by the older plan are dropped
/// and not reported.
#[test]
fn repomd_superseded_during_the_crawl_raises_no_alert() {
    let (net, good) = net("");
    let repomd = net.env.path(&format!("tree/{REPODATA}/repomd.xml"));
    let scan = Mutex::new(net.env.command("mm-scan-master"));
    let url = with_repomd(&good, move |s, _| {
        let new = "<repomd><data type=\"primary\"><timestamp>1700000009</timestamp></data></repomd>";
        std::fs::write(&repomd, new).unwrap();
        assert!(scan.lock().unwrap().status().unwrap().success());
        write_bytes(s, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<repomd>garbage")
    });
    net.register(&[("hell.org", &url)]);
    let output = net.env.run("mm-crawl", &["--format", "json"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let result = &report["result"];
    assert_eq!(
        (&result["unknown_hash"], &result["retracted"]),
        (&serde_json::json!([]), &serde_json::json!(1))
    );
    assert_eq!(result["totals"]["directories"]["unknown_hash"], 0);
    assert!(net.reasons("hell.org").is_empty(), "{:?}", net.reasons("hell.org"));
}

#[test]
fn missing_base_directory_without_files_to_probe() {
    let (net, good) = net("");
    let url = faulty(move |s, request| good.serve(s, request));
    net.register(&[("empty.org", &url)]);
    net.crawl();
    let present = net.inventory("empty.org").present;
    net.sqlite().execute("UPDATE directory SET files = '[]'", []).unwrap();
    set_urls(&net, "empty.org", &[faulty(|s, _| status(s, "404 Not Found"))]);
    assert_eq!(net.env.run("mm-crawl", &["--full"]).status, 3);
    assert_eq!(net.inventory("empty.org").present, present);
}
