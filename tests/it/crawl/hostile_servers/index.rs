//! Directory indexes.

use super::*;

/// A correct mirror, except for the indexes of the pool.
fn with_indexes(
    good: &Good,
    serve: impl Fn(&Good, &mut TcpStream, Request<'_>) -> bool + Send + Sync + 'static,
) -> String {
    let good = good.clone();
    faulty(move |s, request| {
        if request.path.starts_with("/pool/") && request.is_page() && good.body(request.path).is_some() {
            serve(&good, s, request)
        } else {
            good.serve(s, request)
        }
    })
}

/// A correct mirror, except for one file of each directory of the pool, or all.
fn with_files_changed(good: &Good, which: &'static str, serve: fn(&mut TcpStream) -> bool) -> String {
    let good = good.clone();
    faulty(move |s, request| {
        if request.path.starts_with("/pool/") && request.path.ends_with(which) {
            serve(s)
        } else {
            good.serve(s, request)
        }
    })
}

/// A million names, some of them those of the directory, in the worst order for sorting.
fn million_names(good: &Good, path: &str) -> Vec<u8> {
    let mut page = good.page(path, |size| size);
    let end = page.len() - "</pre></html>\n".len();
    page.truncate(end);
    for n in (0..1_000_000_u32).rev() {
        writeln!(page, "<a href=\"x{n:06}\">x</a> 1").unwrap();
    }
    page
}

/// Names that point outside the directory, or to other things.
fn hostile_names(good: &Good, path: &str) -> Vec<u8> {
    let mut page = good.page(path, |size| size);
    let end = page.len() - "</pre></html>\n".len();
    page.truncate(end);
    for name in [
        "../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/x",
        "/etc/passwd",
        "//evil.example.org/0.rpm",
        "http://169.254.169.254/0.rpm",
        "javascript:alert(1)",
        "0.rpm%00.exe",
        "a\0b",
        "\"><script>alert(1)</script>",
        "&#0;&#x2e;&#x2e;&#x2f;",
        "%",
        "%zz",
        "\x1b[31mred",
    ] {
        writeln!(page, "<a href=\"{name}\">{name}</a>  14-Nov-2023 22:13   7").unwrap();
    }
    page.extend_from_slice(b"<script>document.write('<a href=\"0.rpm\">0.rpm</a> 14-Nov-2023 22:13 9999')</script>");
    page.extend_from_slice(b"<!-- <a href=\"1.rpm\">1.rpm</a> 14-Nov-2023 22:13 9999 -->");
    page.extend_from_slice(b"</pre></html>\n");
    page
}

#[test]
fn hostile_directory_indexes() {
    let (net, good) = net(&QUICK.replace("max_repomd_bytes = 200000", "max_repomd_bytes = 60000000"));
    let long = million_names(&good, "/pool/1/");
    assert!(long.len() > 20_000_000);
    let million_names = with_indexes(&good, move |good, s, request| {
        if request.path == "/pool/1/" {
            answer(s, request, "", &long)
        } else {
            good.serve(s, request)
        }
    });
    let hostile_names = with_indexes(&good, |good, s, request| {
        answer(s, request, "", &hostile_names(good, request.path))
    });
    let deep = with_indexes(&good, |_, s, request| {
        answer(
            s,
            request,
            "",
            &"<h1>Index of /<ul><li><a href='".repeat(20_000).into_bytes(),
        )
    });
    let rows = [
        mirror("million.org", million_names, &[], &[], 4),
        mirror("evil.org", hostile_names, &[], &[], 0),
        mirror("deep.org", deep, &[], &[], 4),
    ];
    let crawled = crawl_and_compare(&net, &good, &rows);
    assert!(!crawled.output.stdout.contains("passwd"));
}

/// Correct entries of an index are used; entries of files that are missing or differ confirm nothing.
#[test]
fn incorrect_directory_indexes() {
    let (net, good) = net(QUICK);
    let away = with_files_changed(&good, ".rpm", |s| status(s, "404 Not Found"));
    let closed = with_files_changed(&good, ".rpm", |s| status(s, "403 Forbidden"));
    let other = with_files_changed(&good, ".rpm", |s| {
        write_bytes(s, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    });
    let old = with_indexes(&good, |good, s, request| {
        answer(s, request, "", &good.page(request.path, |size| size + 1))
    });
    let empty = with_indexes(&good, |_, s, request| {
        answer(
            s,
            request,
            "",
            b"<title>Index of /pool/</title><pre><a href=\"../\">../</a>\n</pre>",
        )
    });
    // Longer than the size limit.
    let long = million_names(&good, "/pool/1/");
    let long = with_indexes(&good, move |_, s, request| answer(s, request, "", &long));
    let rows = [
        mirror("long.org", long, &[], &[], 0),
        mirror(
            "away.org",
            away,
            &["pool/1", "pool/2", "pool/3"],
            &["index-mismatch", "missing"],
            0,
        ),
        mirror(
            "closed.org",
            closed,
            &["pool/1", "pool/2", "pool/3"],
            &["forbidden", "index-mismatch"],
            0,
        ),
        mirror(
            "other.org",
            other,
            &["pool/1", "pool/2", "pool/3"],
            &["index-mismatch", "size"],
            0,
        ),
        // A stale cached index: the files are correct.
        mirror("old.org", old, &[], &[], 0),
        mirror("empty.org", empty, &[], &[], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
    assert_eq!(finding_evidence(&net, "away.org", "index-mismatch"), ["status 404"]);
    assert_eq!(finding_evidence(&net, "other.org", "index-mismatch"), ["3 bytes"]);
}

/// All files of the indexes but one are correct; which one is sampled is random.
#[test]
fn index_with_one_missing_file_is_detected_by_samples() {
    let (net, good) = net(QUICK);
    let url = with_files_changed(&good, "/0.rpm", |s| status(s, "404 Not Found"));
    net.register(&[("m.org", &url)]);
    let mut crawls = 0;
    while net.crawl()["result"]["totals"]["directories"]["outdated"] == 0 {
        crawls += 1;
        assert!(crawls < 60, "one of four files, and it was never asked for");
    }
    let inventory = net.inventory("m.org");
    assert!(POOL.iter().all(|dir| !inventory.has(dir)), "{:?}", inventory.present);
}

#[test]
fn directory_indexes_behind_redirects() {
    let (net, good) = net(QUICK);
    // Indexes are made by a program at another path of the same server.
    let fine = good.clone();
    let moved = faulty(move |s, request| match request.path.strip_prefix("/pages") {
        Some(path) => answer(s, request, "", &fine.page(path, |size| size)),
        None if request.path.starts_with("/pool/") && request.is_page() => {
            redirect(s, &format!("/pages{}", request.path))
        }
        None => fine.serve(s, request),
    });
    // A redirect to the index of another directory: its names do not apply to this one.
    let fine = good.clone();
    let astray = faulty(move |s, request| {
        if request.path == "/pool/1/" {
            redirect(s, "/pool/2/")
        } else if request.path.starts_with("/pool/1/") {
            status(s, "404 Not Found")
        } else {
            fine.serve(s, request)
        }
    });
    let away = with_indexes(&good, |_, s, request| {
        redirect(s, &format!("http://www.example.org{}", request.path))
    });
    let circle = with_indexes(&good, |_, s, request| redirect(s, request.path));
    let rows = [
        mirror("moved.org", moved, &[], &["redirected"], 0),
        mirror("astray.org", astray, &["pool/1"], &["missing", "redirected"], 0),
        mirror("away.org", away, &[], &["redirect"], 0),
        mirror("circle.org", circle, &[], &["redirect"], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
}
