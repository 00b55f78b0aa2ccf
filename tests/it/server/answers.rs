//! Responses by client and by query.

use std::process::Command;

use super::{Server, serving};
use crate::support::need;

#[test]
fn paths_are_decoded_and_unknown_files_return_404() {
    let server = serving("");
    let path = server.get("/mirrorlist?path=%2Fpub%2flinux//43/a%20b/c%2B%2b.rpm").body;
    assert!(path.starts_with("# path = pub/linux/43/a b/c++.rpm"), "{path}");
    assert!(path.contains(".example.org/linux/43/a%20b/c++.rpm\n"), "{path}");
    assert_eq!(
        server
            .get("/mirrorlist?path=pub/linux/43/os/repodata/primary.xml.gz")
            .status,
        200
    );
    assert_eq!(
        server
            .get("/mirrorlist?path=pub/linux/43/os/repodata/nosuch.xml")
            .status,
        404
    );
    assert_eq!(
        server.get("/metalink?path=pub/linux/43/os/repodata/nosuch.xml").status,
        404
    );
    assert_eq!(
        server.get("/mirrorlist?path=pub/linux/43/os/anything").status,
        200,
        "the files of this directory are unknown"
    );
    assert_eq!(
        server.get("/metalink?path=pub/linux/43/os/repodata/repomd.xml").status,
        200
    );
    let message = server.get("/metalink?repo=%3Cx%3E--%3E&arch=%26").body;
    assert_eq!(message.matches("-->").count(), 1, "{message}");
}

#[test]
fn private_denied_and_embargoed_hosts_are_left_out() {
    let server = serving("");
    let ask = |ip: &str| {
        server
            .get(&format!("/mirrorlist?repo=linux-43&arch=x86_64&ip={ip}"))
            .body
    };
    let public = ask("10.0.0.1");
    assert!(
        !public.contains("mirror-a7") && public.contains("mirror-a8"),
        "{public}"
    );
    let inside = ask("192.0.2.5");
    assert!(inside.lines().nth(1).unwrap().contains("mirror-a7"), "{inside}");
    assert!(inside.contains("Using preferred netblock"));
    let french = ask("198.51.100.1");
    assert!(
        french.contains("mirror-a1") && !french.contains("mirror-a8"),
        "{french}"
    );
    let embargoed = ask("203.0.113.1");
    assert_eq!(embargoed.lines().count(), 1, "{embargoed}");
    let metalink = server.get("/metalink?repo=linux-43&arch=x86_64&ip=192.0.2.5").body;
    let private = metalink.lines().find(|l| l.contains("mirror-a7")).unwrap();
    assert!(private.contains("mm0:private=\"True\"") && metalink.matches("mm0:private").count() == 1);
}

#[test]
fn only_trusted_peers_speak_for_others() {
    let trusting = serving("");
    let strict = serving("trusted_proxies = []");
    let target = "/mirrorlist?repo=linux-43&arch=x86_64&ip=192.0.2.5";
    assert!(trusting.get(target).body.contains("mirror-a7"));
    assert!(!strict.get(target).body.contains("mirror-a7"));
    let forwarded = [("X-Forwarded-For", "10.0.0.1, 192.0.2.5")];
    let bare = "/mirrorlist?repo=linux-43&arch=x86_64";
    assert!(
        trusting
            .client()
            .send("GET", bare, &forwarded)
            .body
            .contains("mirror-a7")
    );
    assert!(!strict.client().send("GET", bare, &forwarded).body.contains("mirror-a7"));
    assert_eq!(
        trusting
            .client()
            .send("GET", bare, &[("X-Forwarded-For", "\u{e4}")])
            .status,
        500
    );
}

#[test]
fn ip_parameter_through_a_proxy_returns_no_private_hosts() {
    let server = serving("");
    let ask = |target: &str, forwarded: &str| {
        server
            .client()
            .send("GET", target, &[("X-Forwarded-For", forwarded)])
            .body
    };
    let bare = "/mirrorlist?repo=linux-43&arch=x86_64";
    for forwarded in ["192.0.2.5", "::ffff:192.0.2.5"] {
        let own = ask(bare, forwarded);
        assert!(
            own.contains("mirror-a7") && own.contains("Using preferred netblock"),
            "{own}"
        );
    }
    // The location is still set by ip=.
    let inside = ask(&format!("{bare}&ip=192.0.2.5"), "10.0.0.1");
    assert!(
        inside.contains("mirror-a1") && !inside.contains("mirror-a7"),
        "{inside}"
    );
    let french = ask(&format!("{bare}&ip=198.51.100.1"), "10.0.0.1");
    assert!(
        french.contains("mirror-a1") && !french.contains("mirror-a8"),
        "{french}"
    );
}

#[test]
fn pages_come_from_the_generation() {
    let server = serving("");
    let start = server.get("/");
    assert_eq!(
        (start.status, start.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(start.body.contains("start a"));
    assert!(server.get("/Fedora/43/").body.contains("43 a"));
    assert_eq!(server.get("/Fedora/43").header("location"), Some("/Fedora/43/"));
    assert_eq!(
        server.get("/style.css").header("content-type"),
        Some("text/css; charset=utf-8")
    );
    let etag = start.header("etag").unwrap();
    assert_eq!(server.client().send("GET", "/", &[("If-None-Match", etag)]).status, 304);
    for outside in [
        "/MANIFEST",
        "/snapshot",
        "/../MANIFEST",
        "/public/index.html",
        "/Fedora/",
    ] {
        assert_eq!(server.get(outside).status, 404, "{outside}");
    }
}

#[test]
fn responses_are_compressed_on_request_and_cached_as_configured() {
    let server = serving("cache_control = \"max-age=60\"\n");
    let target = "/metalink?repo=linux-43&arch=x86_64";
    let curl = |args: &[&str]| {
        let url = format!("http://{}{target}", server.address);
        let out = Command::new(need("curl", "curl"))
            .args(["-sS", "--fail", "-D", "-"])
            .args(args)
            .arg(url)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    };
    let hosts = |body: &str| {
        let mut urls: Vec<String> = body
            .split("mirror-")
            .skip(1)
            .map(|u| u.chars().take(2).collect())
            .collect();
        urls.sort();
        urls
    };
    let (plain_head, plain) = curl(&[]);
    assert!(!plain_head.contains("content-encoding"), "{plain_head}");
    assert!(plain_head.contains("cache-control: max-age=60"), "{plain_head}");
    let (head, body) = curl(&["--compressed"]);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(head.contains("vary: accept-encoding"), "{head}");
    assert!(body.starts_with("<?xml") && !hosts(&plain).is_empty(), "{body}");
    assert_eq!(hosts(&body), hosts(&plain));
    // Short bodies are not compressed, and messages are not cached.
    let message = server
        .client()
        .send("GET", "/mirrorlist?repo=none&arch=x", &[("Accept-Encoding", "gzip")]);
    assert_eq!((message.status, message.header("content-encoding")), (404, None));
    assert_eq!(message.header("cache-control"), None);
}

fn json(server: &Server, target: &str, status: u16) -> serde_json::Value {
    let answer = server.get(target);
    assert_eq!(answer.status, status, "{target}: {}", answer.body);
    let is_json = |(name, value): &(String, String)| name == "content-type" && value == "application/json";
    assert!(answer.headers.iter().any(is_json), "{:?}", answer.headers);
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn json_matches_the_metalink() {
    let server = serving("");
    let requests = "repo=linux-43&arch=x86_64&ip=192.0.2.5";
    let reply = json(&server, &format!("/metalink?{requests}&format=json"), 200);
    assert_eq!(
        (&reply["repo"], &reply["arch"], &reply["directory"]),
        (&"linux-43".into(), &"x86_64".into(), &"pub/linux/43/os/repodata".into())
    );
    assert_eq!(reply["as_of"], 1_700_000_000);
    let metalink = server.get(&format!("/metalink?{requests}")).body;
    let file = &reply["file"];
    assert_eq!(file["name"], "repomd.xml");
    let hashes: Vec<&str> = (file["versions"].as_array().unwrap().iter())
        .map(|v| v["sha256"].as_str().unwrap())
        .collect();
    assert_eq!(metalink.matches("type=\"sha256\"").count(), hashes.len());
    assert!(hashes.iter().all(|h| metalink.contains(h)), "{hashes:?} {metalink}");
    let mirrors = reply["mirrors"].as_array().unwrap();
    assert_eq!(mirrors.len(), metalink.matches("<url ").count());
    assert_eq!(
        (&mirrors[0]["tier"], &mirrors[0]["private"]),
        (&"netblock".into(), &true.into())
    );
    for mirror in mirrors {
        let url = mirror["urls"][0].as_str().unwrap();
        assert!(
            url.ends_with("/43/os/repodata/repomd.xml") && metalink.contains(url),
            "{url}"
        );
    }
    let list = json(&server, &format!("/mirrorlist?{requests}&format=json"), 200);
    assert!(list.get("file").is_none() && list["directory"] == "pub/linux/43/os");

    let unknown = json(&server, "/mirrorlist?repo=no&arch=x86_64&format=json", 404);
    assert!(
        unknown["error"]
            .as_str()
            .unwrap()
            .contains("error: invalid repo or arch")
    );
    assert_eq!(
        json(&server, "/metalink?path=no&format=json", 404)["error"],
        "error: invalid path"
    );
    assert!(json(&server, "/metalink?format=json", 200)["error"].is_string());
}

#[test]
fn exclude_country_and_max_mirrors_limit_the_response() {
    let server = serving("max_mirrors = 3");
    let ask = |more: &str| server.get(&format!("/mirrorlist?repo=linux-43&arch=x86_64{more}")).body;
    let urls = |body: &str| body.lines().filter(|l| l.starts_with("http")).count();
    assert_eq!(urls(&ask("")), 3);
    assert_eq!(urls(&ask("&max_mirrors=2")), 2);
    assert_eq!(urls(&ask("&max_mirrors=9")), 3, "capped by server.max_mirrors");
    let metalink = server.get("/metalink?repo=linux-43&arch=x86_64&max_mirrors=1").body;
    assert_eq!(metalink.matches("<url ").count(), 1, "{metalink}");
    let german = json(&serving(""), "/mirrorlist?repo=linux-43&arch=x86_64&format=json", 200);
    let countries = |reply: &serde_json::Value| -> Vec<String> {
        let all = reply["mirrors"].as_array().unwrap();
        all.iter().map(|m| m["country"].as_str().unwrap().to_owned()).collect()
    };
    let first = countries(&german)[0].clone();
    let without = format!("/mirrorlist?repo=linux-43&arch=x86_64&format=json&exclude_country={first}");
    let reply = json(&serving(""), &without, 200);
    assert!(!countries(&reply).contains(&first), "{reply}");
}

#[test]
fn explain_requires_a_monitor() {
    let server = serving("");
    let target = "/metalink?repo=linux-43&arch=x86_64&ip=192.0.2.5&explain=1";
    let reply = server.get(target).body;
    assert!(
        reply.starts_with("192.0.2.5: country unknown, unknown ASN\n  pub/linux/43/os/repodata, "),
        "{reply}"
    );
    let line = |host: &str| reply.lines().find(|l| l.starts_with(host)).unwrap();
    assert!(line("mirror-a7").contains("tier 1, netblock: one of 1"), "{reply}");
    assert!(line("mirror-a1").contains(", global: "), "{reply}");
    let table = json(&server, &[target, "&format=json"].concat(), 200);
    assert_eq!(table["hosts"].as_array().unwrap().len(), reply.lines().count() - 4);
    assert_eq!(table["hosts"][0]["decision"]["tier"], "netblock");

    let through = |from: &str| {
        let headers = [("X-Forwarded-For", from)];
        server.client().send("GET", target, &headers).body
    };
    assert!(
        through("203.0.113.9").starts_with("<?xml"),
        "another client behind a trusted proxy"
    );
    assert!(through("127.0.0.1").starts_with("192.0.2.5: "));
    assert!(serving("monitor_from = []").get(target).body.starts_with("<?xml"));
}
