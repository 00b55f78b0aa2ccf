//! `mm-admin explain`.

use std::path::Path;

use crate::publish::TestBackend;
use crate::support::Ran;

/// Eight hosts, with one reason each.
fn world() -> TestBackend {
    let config = "[server]\ngeoip = \"geo.mmdb\"\nasn_table = \"asn.txt\"\nmin_mirrors = 2\n";
    let backend = TestBackend::new(8, config);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mirrorlist");
    backend
        .env
        .write("geo.mmdb", std::fs::read(data.join("geo.mmdb")).unwrap());
    backend.env.write("asn.txt", "10.1.0.0/16 64500\n");
    backend.sql(
        "INSERT INTO host_netblock (host_id, netblock) VALUES (6, '10.1.4.0/24');
         UPDATE host SET asn = 64500 WHERE id = 5;
         UPDATE host SET private = 1 WHERE id = 4;
         INSERT INTO host_country_allowed (host_id, country) VALUES (8, 'FR');
         INSERT INTO repository_redirect (from_repo, to_repo) VALUES ('fedora-latest', 'fedora-43');",
    );
    backend
}

fn explain(backend: &TestBackend, more: &[&str]) -> Ran {
    let requests = ["explain", "--ip", "10.1.4.5", "--repo", "fedora-43", "--arch", "x86_64"];
    backend.env.run("mm-admin", &[&requests[..], more].concat())
}

#[test]
fn every_host_has_a_reason() {
    let backend = world();
    let ran = explain(&backend, &[]);
    assert_eq!(ran.status, 1, "nothing is published: {ran:?}");
    backend.env.ok("mm-update-mirrorlist", &[]);
    let ran = explain(&backend, &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let output = &ran.stdout;
    assert!(
        output.starts_with("10.1.4.5: country DE, AS64500\n  fedora-43/x86_64 in pub/fedora/linux/"),
        "{output}"
    );
    assert!(output.contains("os/repodata, generation "), "{output}");
    for (host, why) in [
        (5, "tier 1, netblock: one of 1"),
        (4, "tier 2, asn: one of 1"),
        (0, "tier 3, country: one of 1"),
        (2, "tier 4, continent: one of 1"),
        (1, "enough other mirrors are nearer"),
        (3, "private, and the client is in none of its netblocks and ASNs"),
        (7, "only for clients in FR, not for clients in DE"),
    ] {
        let line = output
            .lines()
            .find(|l| l.starts_with(&format!("mirror0{host}.")))
            .unwrap();
        assert!(line.contains(why), "{line}");
    }
    let order: Vec<&str> = output
        .lines()
        .skip(4)
        .filter_map(|l| l.split('.').next())
        .take(3)
        .collect();
    assert_eq!(order, ["mirror05", "mirror04", "mirror00"], "{output}");
}

#[test]
fn client_parameters_and_generation_can_be_given() {
    let backend = world();
    let env = &backend.env;
    env.ok("mm-update-mirrorlist", &[]);
    let first = backend.published_generation().1.id;
    backend.sql("UPDATE host SET user_active = 0 WHERE id = 6");
    env.ok("mm-update-mirrorlist", &[]);
    let json = |more: &[&str]| -> serde_json::Value {
        let ran = explain(&backend, &[&["--format", "json"][..], more].concat());
        assert_eq!(ran.status, 0, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let now = json(&["--country", "us"]);
    assert_eq!(now["hosts"][0]["decision"]["tier"], "requested-country");
    assert_eq!(now["hosts"].as_array().unwrap().len(), 7);
    let then = json(&["--generation", first.as_str()]);
    assert_eq!(then["hosts"].as_array().unwrap().len(), 8);
    assert_eq!(
        then["hosts"][0]["decision"],
        serde_json::json!({"code": "selected", "tier": "netblock", "tier_number": 1, "hosts_in_tier": 1})
    );
    let there = json(&["--country-of-client", "JP", "--asn-of-client", "7", "--no-netblock"]);
    assert_eq!(
        (&there["country"], &there["asn"], &there["repository"]),
        (&"JP".into(), &7.into(), &"fedora-43/x86_64".into())
    );

    let latest = [
        "explain",
        "--ip",
        "192.0.2.1",
        "--repo",
        "fedora-latest",
        "--arch",
        "x86_64",
    ];
    assert!(env.ok("mm-admin", &latest).contains("fedora-43/x86_64 in"));
    let ran = explain(&backend, &["--generation", "0123456789abcdef"]);
    assert!(ran.status == 1 && ran.stderr.contains("MANIFEST"), "{ran:?}");
    let ran = env.run(
        "mm-admin",
        &["explain", "--ip", "10.1.4.5", "--repo", "fedora-99", "--arch", "x86_64"],
    );
    assert!(
        ran.status == 1 && ran.stderr.contains("no repository fedora-99/x86_64"),
        "{ran:?}"
    );
    backend.sql("UPDATE repository SET disabled = 1 WHERE prefix = 'fedora-43'");
    env.ok("mm-update-mirrorlist", &[]);
    assert!(explain(&backend, &[]).stderr.contains("is disabled"));
}
