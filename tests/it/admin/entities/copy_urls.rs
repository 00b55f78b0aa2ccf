//! `mm-admin host-category add CATEGORY --where …`: a new category for many hosts, only where the probe finds it.

use std::fmt::Write as _;

use crate::admin::{json, refused};
use crate::support::{Env, Nginx};

const REPODATA: &str = "10/Everything/x86_64/repodata";

/// Four mirrors of Fedora: `a` also has EPEL, `b` does not, `c` has another path, `d` has EPEL registered.
fn mirrors() -> (Env, Nginx) {
    let env = Env::new(
        "[crawl]\nallow_private_addresses = true\n[[category]]\nname = \"EPEL\"\npath = \"epel\"\n[[category]]\n\
         name = \"Fedora Linux\"\npath = \"fedora\"\n",
    );
    let repomd = "<repomd><data type=\"primary\"><timestamp>1700000000</timestamp></data></repomd>";
    for tree in ["epel", "mirrors/a/epel"] {
        env.write(&format!("{tree}/{REPODATA}/repomd.xml"), repomd);
    }
    for tree in [
        "fedora",
        "mirrors/a/fedora",
        "mirrors/b/fedora",
        "mirrors/c/linux",
        "mirrors/d/fedora",
    ] {
        env.write(&format!("{tree}/README"), "text");
    }
    let nginx = Nginx::serve(&env.path("mirrors"));
    let mut text = "[[product]]\nname = \"P\"\n".to_owned();
    for (name, topdir) in [("EPEL", "pub/epel"), ("Fedora Linux", "pub/fedora/linux")] {
        write!(
            text,
            "[[category]]\nname = \"{name}\"\nproduct = \"P\"\ntopdir = \"{topdir}\"\n"
        )
        .unwrap();
    }
    text += "[[site]]\nname = \"S\"\n";
    for (host, path) in [("a", "fedora"), ("b", "fedora"), ("c", "linux"), ("d", "fedora")] {
        let category = |name, path| {
            let url = format!("{}/{host}/{path}", nginx.url());
            format!("[[site.host.category]]\nname = \"{name}\"\nurls = [\"{url}\"]\n")
        };
        write!(text, "[[site.host]]\nname = \"{host}.example.org\"\ncountry = \"DE\"\n").unwrap();
        text += &category("Fedora Linux", path);
        if host == "d" {
            text += &category("EPEL", "epel");
        }
    }
    env.write("registry.toml", text);
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    (env, nginx)
}

const ADD: [&str; 10] = [
    "host-category",
    "add",
    "EPEL",
    "--where",
    "country=DE",
    "--url-from",
    "Fedora Linux",
    "--replace",
    "fedora",
    "epel",
];

fn hosts_with_epel(env: &Env) -> Vec<String> {
    let rows = json(env, &["host-category", "list", "category=EPEL"]);
    let hosts = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["host"].as_str().unwrap().to_owned());
    hosts.collect()
}

#[test]
fn category_is_added_only_where_the_probe_finds_it() {
    let (env, nginx) = mirrors();
    let probe = [&ADD[..], &["--probe"]].concat();
    // Nothing is known to probe for: the advised scan changes that.
    let output = refused(
        &env,
        &probe,
        2,
        &["no scan found a repository of EPEL", "mm-scan-master --category 'EPEL'"],
    );
    assert!(output.stderr.contains("omit --probe"), "{output:?}");
    env.ok("mm-scan-master", &["--category", "EPEL"]);

    let dry = env.ok("mm-admin", &[&probe[..], &["--dry-run"]].concat());
    assert!(
        dry.contains("+ host-category a.example.org EPEL") && dry.contains("nothing was changed"),
        "{dry}"
    );
    assert_eq!(hosts_with_epel(&env), ["d.example.org"]);

    let report = json(&env, &probe);
    let state = |host: &str| {
        let rows = report["urls"].as_array().unwrap();
        let row = rows.iter().find(|row| row["host"] == format!("{host}.example.org"));
        row.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["a", "b", "c", "d"].map(state),
        ["found", "not-found", "no-url", "registered"],
        "{report}"
    );
    assert_eq!(hosts_with_epel(&env), ["a.example.org", "d.example.org"]);
    let urls = json(&env, &["url", "list", "host=a.example.org", "category=EPEL"]);
    assert_eq!(urls[0]["url"], format!("{}/a/epel", nginx.url()));
    // All rows are one change.
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(hosts_with_epel(&env), ["d.example.org"]);
    // Nothing found, nothing added: the report says so, and the exit status is 3.
    let filter = [&ADD[..3], &["--where", "name=b.example.org"], &ADD[5..], &["--probe"]].concat();
    let output = env.run("mm-admin", &filter);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stdout.contains("not-found") && output.stdout.contains("nothing to change"),
        "{output:?}"
    );
}

#[test]
fn category_is_added_without_a_probe() {
    let (env, _nginx) = mirrors();
    env.ok("mm-admin", &[&ADD[..], &["always_up2date=true"]].concat());
    assert_eq!(
        hosts_with_epel(&env),
        ["a.example.org", "b.example.org", "d.example.org"]
    );
    let row = json(&env, &["host-category", "show", "EPEL", "--host", "b.example.org"]);
    assert_eq!(row["always_up2date"], true);
    for (words, status, message) in [
        (ADD[..5].to_vec(), 2, "--url-from"),
        (
            [&ADD[..3], &["--host", "a.example.org"], &ADD[5..]].concat(),
            2,
            "cannot be used with",
        ),
        (
            [&ADD[..5], &["--url-from", "Fedora Linx"]].concat(),
            1,
            "did you mean Fedora Linux?",
        ),
        (
            [&ADD[..4], &["country=CH"], &ADD[5..]].concat(),
            3,
            "no host has country=CH",
        ),
        (
            [&ADD[..4], &["contry=DE"], &ADD[5..]].concat(),
            2,
            "did you mean country?",
        ),
    ] {
        refused(&env, &words, status, &[message]);
    }
}
