//! Mirrors with more than one URL.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn urls_with_different_content() {
    let (net, good) = net(QUICK);
    let serve = |good: &Good| {
        let good = good.clone();
        faulty(move |s, request| good.serve(s, request))
    };
    let well = serve(&good);
    // An older push, and a server without the category.
    net.copy_to("old");
    let repomd = format!("old/{REPODATA}/repomd.xml");
    net.write(
        &repomd,
        "<repomd><data type=\"primary\"><timestamp>1600000000</timestamp></data></repomd>",
    );
    let old = serve(&Good {
        root: net.env.path("old"),
    });
    let forgot = faulty(|s, _| status(s, "404 Not Found"));
    let broken = faulty(|s, _| status(s, "500 Oops"));
    // Each serves any number of mirrors.
    let row = |host, urls: &[&String], reasons| Row {
        urls: urls.iter().map(|u| format!("{u}/at-{host}")).collect(),
        ..mirror(host, String::new(), &[], reasons, 0)
    };
    let rows = [
        row("old-second.org", &[&well, &old], &["urls-inconsistent"]),
        row("forgot-second.org", &[&well, &forgot], &["urls-inconsistent"]),
        row("forgot-first.org", &[&forgot, &well], &["urls-inconsistent"]),
        // A URL that fails is replaced by the next.
        row("broken-first.org", &[&broken, &well], &["status"]),
        row("broken-second.org", &[&well, &broken], &[]),
        row("both.org", &[&well, &serve(&good)], &[]),
    ];
    crawl_and_compare(&net, &good, &rows);
    let seen = finding_evidence(&net, "forgot-first.org", "urls-inconsistent");
    assert_eq!(seen, ["status 404"]);
    let urls = net.sql_rows("SELECT url FROM finding WHERE reason = 'urls-inconsistent'");
    let at_old = urls
        .iter()
        .filter(|u| **u == format!("{old}/at-old-second.org/{REPODATA}/repomd.xml"))
        .count();
    assert_eq!(at_old, 1, "{urls:?}");
}

/// The first URL fails during the crawl, and the second answers 200 to every path: that is not a conclusive response.
#[test]
fn fallback_url_is_verified_before_use() {
    let (net, good) = net(QUICK);
    let count = AtomicUsize::new(0);
    let dies = faulty(move |s, request| count.fetch_add(1, Ordering::SeqCst) >= 4 || good.serve(s, request));
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
    net.register(&[("two.org", &format!("{dies} {yes}"))]);
    crawl(&net, &["--full"]);
    let inventory = net.inventory("two.org");
    assert!(
        inventory.present.len() <= 2,
        "what the first said before: {:?}",
        inventory.present
    );
    let reasons = net.reasons("two.org");
    assert!(
        ["connection", "soft-404"]
            .iter()
            .all(|r| reasons.contains(&(*r).to_owned())),
        "{reasons:?}"
    );
}
