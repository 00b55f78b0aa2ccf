//! Staged releases: leaks at every level of the tree, and what happens when the master opens one.

use super::*;
use crate::support::smtp_sink::SmtpSink;

const STAGED: &str = "closed/44";
const STAGED_OS: &str = "closed/44/Everything/x86_64/os";

/// Adds a staged release to the master, below a directory that is unreadable.
fn stage(net: &Net) {
    net.write(&format!("tree/{STAGED_OS}/.treeinfo"), "[general]\n");
    net.write(&format!("tree/{STAGED_OS}/images/boot.iso"), "an image of the next");
    net.write(&format!("tree/{STAGED_OS}/repodata/repomd.xml"), "<repomd></repomd>");
    net.write(
        &format!("tree/{STAGED_OS}/repodata/primary.xml.gz"),
        "primary of the next",
    );
    net.write(
        &format!("tree/{STAGED_OS}/Packages/n/next.rpm"),
        "a package of the next",
    );
}

fn set_closed(net: &Net, mode: u32) {
    std::fs::set_permissions(net.env.path("tree/closed"), PermissionsExt::from_mode(mode)).unwrap();
}

/// A mirror on which a staged tree is closed, except for what `open` names: a regex of paths.
fn leaking(net: &Net, open: &str) -> Nginx {
    let more = if open.is_empty() {
        String::new()
    } else {
        format!("location ~ {open} {{ }}")
    };
    Nginx::serve_with(
        &net.env.path("m"),
        &format!("{more} location /closed/ {{ return 403; }}"),
    )
}

fn set_url(net: &Net, host: &str, url: &str) {
    let sql = "UPDATE host_category_url SET url = ?1 WHERE host_category_id = (SELECT hc.id FROM host_category hc \
               JOIN host h ON h.id = hc.host_id WHERE h.name = ?2)";
    assert_eq!(net.sqlite().execute(sql, [url, host]).unwrap(), 1);
}

/// What every level serves: its name, the paths that are open, and the URL of the finding.
fn levels() -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for (at, path) in [
        "closed",
        STAGED,
        "closed/44/Everything",
        "closed/44/Everything/x86_64",
        STAGED_OS,
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(["repodata", "images", "Packages", "Packages/n"].map(|below| format!("{STAGED_OS}/{below}")))
    .enumerate()
    {
        out.push((format!("level{at}.org"), format!("^/{path}/[^/]*$"), path));
    }
    // Pages are refused, and files are served, as by a server without directory indexes.
    out.push((
        "files.org".to_owned(),
        "^/closed/.*[^/]$".to_owned(),
        "closed/secret.rpm".to_owned(),
    ));
    let below = format!("^/{STAGED_OS}/.*[^/]$");
    out.push(("below.org".to_owned(), below, format!("{STAGED_OS}/.treeinfo")));
    out
}

fn leaked_urls(net: &Net) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sql = "SELECT h.name || ' ' || f.url FROM finding f JOIN host_category hc ON hc.id = f.host_category_id \
               JOIN host h ON h.id = hc.host_id WHERE f.reason = 'leaked' ORDER BY f.id";
    for row in net.sql_rows(sql) {
        let (host, url) = row.split_once(' ').unwrap();
        let path = url.splitn(4, '/').nth(3).unwrap().to_owned();
        out.entry(host.to_owned()).or_default().push(path);
    }
    out
}

#[test]
fn a_leak_at_any_level_counts_and_rings_until_it_is_closed() {
    let sink = SmtpSink::start();
    let net = Net::new(&sink.config());
    stage(&net);
    net.copy_to("m");
    let levels = levels();
    let servers: Vec<Nginx> = levels.iter().map(|(_, open, _)| leaking(&net, open)).collect();
    let shut = leaking(&net, "");
    let urls: Vec<String> = servers.iter().map(Nginx::url).collect();
    let mut hosts: Vec<(&str, &str)> = levels
        .iter()
        .zip(&urls)
        .map(|((name, ..), url)| (name.as_str(), url.as_str()))
        .collect();
    let shut_url = shut.url();
    hosts.push(("shut.org", &shut_url));
    net.register(&hosts);
    sink.take();
    let report = net.crawl();
    assert!(!net.sql_rows("SELECT 1 FROM run WHERE job = 'crawl'").is_empty());
    let found = leaked_urls(&net);
    for (name, _, path) in &levels {
        let urls = &found[name];
        assert!(
            urls.len() == 1 && urls[0].starts_with(path.as_str()),
            "{name} ({path}): {urls:?}"
        );
        assert!(
            !net.inventory(name).present.iter().any(|p| p.starts_with("closed")),
            "{name} is not listed for it"
        );
    }
    assert!(!found.contains_key("shut.org"), "{found:?}");
    assert!(net.reasons("shut.org").is_empty());
    assert_eq!(
        report["result"]["leaked"].as_object().unwrap().len(),
        levels.len(),
        "{report}"
    );

    // At once, by mail, and as a check.
    let mails = sink.take();
    let about: Vec<&str> = mails.iter().map(|m| m.body.as_str()).collect();
    let all = about.concat();
    assert!(
        mails.iter().any(|m| m.subject().contains("unreleased content")),
        "{mails:?}"
    );
    for (name, ..) in &levels {
        assert!(
            all.contains(&format!("{name} serves a directory that the master keeps unreadable")),
            "{all}"
        );
    }
    let check = |net: &Net| {
        let text = net.env.run("mm-admin", &["doctor", "--format", "json"]).stdout;
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        let all = report["checks"].as_array().unwrap().clone();
        all.into_iter().find(|c| c["name"] == "leaked releases").unwrap()
    };
    let leaked = check(&net);
    assert_eq!(leaked["severity"], "warning", "{leaked}");
    let message = leaked["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("{} mirrors serve", levels.len())),
        "{message}"
    );

    // Incremental crawls do not lose sight of it, and no mail is repeated.
    for _ in 0..2 {
        net.crawl_with(&[]);
        assert_eq!(leaked_urls(&net), found);
        assert_eq!(sink.take(), []);
    }
    let closed = Nginx::serve_with(&net.env.path(""), "location ~ ^/m[0-9]+/closed/ { return 403; }");
    for (n, (name, ..)) in levels.iter().enumerate() {
        std::os::unix::fs::symlink("m", net.env.path(&format!("m{n}"))).unwrap();
        set_url(&net, name, &format!("{}/m{n}", closed.url()));
    }
    net.crawl_with(&[]);
    assert_eq!(leaked_urls(&net), BTreeMap::new());
    assert_eq!(check(&net)["severity"], "ok");
    let mails = sink.take();
    assert!(mails.iter().any(|m| m.subject().contains("resolved")), "{mails:?}");
}

/// Metadata is the first that clients would use, so that each incremental crawl asks for it.
#[test]
fn a_mirror_that_begins_to_leak_is_found_by_the_next_incremental_crawl() {
    let net = Net::new("");
    stage(&net);
    net.copy_to("m");
    let (shut, open) = (
        leaking(&net, ""),
        leaking(&net, &format!("^/{STAGED_OS}/repodata/[^/]+$")),
    );
    net.register(&[("early.org", &shut.url())]);
    net.crawl();
    set_url(&net, "early.org", &open.url());
    let output = net.env.run("mm-crawl", &[]);
    assert!(
        output.stderr.contains("ALARM: early.org serves a directory"),
        "{output:?}"
    );
    assert_eq!(
        leaked_urls(&net)["early.org"],
        [format!("{STAGED_OS}/repodata/repomd.xml")]
    );
}

/// The jobs of cron, without a person: the scan sees the opening, the release probe asks the mirrors that had it staged until they
/// have opened it, too.
#[test]
fn an_opened_release_is_probed_by_the_next_regular_run() {
    let net = Net::new("");
    stage(&net);
    net.copy_to("m");
    let (shut, open) = (leaking(&net, ""), leaking(&net, "^/closed/"));
    let half = leaking(&net, "^/nothing/");
    net.register(&[
        ("quick.org", &shut.url()),
        ("slow.org", &half.url()),
        ("dead.org", "http://127.0.0.1:1/"),
    ]);
    net.env.run("mm-crawl", &["--full"]);
    let repodata = format!("{STAGED_OS}/repodata");
    let release_probe = || net.env.run("mm-crawl", &["--opened", "-v"]);
    let nothing = release_probe();
    assert_eq!(nothing.status, 0, "{nothing:?}");
    assert!(nothing.stdout.contains("nothing to probe"), "{nothing:?}");

    // The master opens it; one mirror has done so as well.
    set_closed(&net, 0o755);
    set_url(&net, "quick.org", &open.url());
    let scan = net.env.ok("mm-scan-master", &["-v"]);
    assert!(
        scan.contains("opened: closed") && scan.contains("mm-crawl --opened"),
        "{scan}"
    );
    assert_eq!(
        net.sql_rows("SELECT path FROM directory WHERE opened_at IS NOT NULL"),
        ["closed"],
        "the topmost"
    );
    assert_eq!(net.listed(&repodata), [""; 0]);
    let runs = || net.sql_rows("SELECT count(*) FROM run WHERE job = 'crawl'");
    let output = release_probe();
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(net.listed(&repodata), ["quick.org"]);
    assert_eq!(net.inventory("slow.org").exceptions["closed"].0, ExceptionState::Staged);
    assert!(
        net.reasons("slow.org").is_empty(),
        "it is only late: {:?}",
        net.reasons("slow.org")
    );
    assert!(
        net.listed(REPODATA).contains(&"slow.org".to_owned()),
        "nothing else is affected"
    );

    // Only the late one is asked again, with a few requests.
    let before = half.log().lines().count();
    let (quick, again) = (open.log().lines().count(), release_probe());
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(open.log().lines().count(), quick, "a verified mirror is left alone");
    let asked = half.log().lines().count() - before;
    assert!((1..=6).contains(&asked), "{asked} requests:\n{}", half.log());
    let later = leaking(&net, "^/closed/");
    set_url(&net, "slow.org", &later.url());
    assert_eq!(release_probe().status, 0);
    assert_eq!(net.listed(&repodata), ["quick.org", "slow.org"]);
    let done = runs();
    assert!(release_probe().stdout.contains("nothing to probe"));
    assert_eq!(runs(), done, "without a mirror to probe there is no run");

    // The regular crawl probes what the release probe left.
    net.env.run("mm-crawl", &[]);
    for below in ["images", "Packages/n"] {
        assert_eq!(
            net.listed(&format!("{STAGED_OS}/{below}")),
            ["quick.org", "slow.org"],
            "{below}"
        );
    }
    // Closed again: it is staged as before.
    set_closed(&net, 0o700);
    net.scan();
    assert_eq!(
        net.sql_rows("SELECT count(*) FROM directory WHERE opened_at IS NOT NULL"),
        ["0"]
    );
}
