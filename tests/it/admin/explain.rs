//! `mm-admin explain`.

use std::path::Path;

use crate::publish::TestBackend;
use crate::support::RunOutput;

const SELECTOR: [&str; 7] = ["explain", "--ip", "10.1.4.5", "--repo", "fedora-43", "--arch", "x86_64"];

/// Eight hosts, mirror00 to mirror07, that are selected or not for different reasons.
fn create_backend() -> TestBackend {
    let config = "[server]\ngeoip = \"geo.mmdb\"\nasn_table = \"asn.txt\"\nmin_mirrors = 2\n";
    let backend = TestBackend::new(8, config);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mirrorlist");
    backend
        .env
        .write("geo.mmdb", std::fs::read(data.join("geo.mmdb")).unwrap());
    backend.env.write("asn.txt", "10.1.0.0/16 64500\n");
    backend.sql(
        "INSERT INTO host_netblock (host_id, netblock) SELECT id, '10.1.4.0/24' FROM host WHERE name LIKE 'mirror05.%';
         UPDATE host SET asn = 64500 WHERE name LIKE 'mirror04.%';
         UPDATE host SET private = 1 WHERE name LIKE 'mirror03.%';
         INSERT INTO host_country_allowed (host_id, country) SELECT id, 'FR' FROM host WHERE name LIKE 'mirror07.%';
         INSERT INTO repository_redirect (from_repo, to_repo) VALUES ('fedora-latest', 'fedora-43');",
    );
    backend
}

fn explain(backend: &TestBackend, extra_args: &[&str]) -> RunOutput {
    backend.env.run("mm-admin", &[&SELECTOR[..], extra_args].concat())
}

fn explain_json(backend: &TestBackend, extra_args: &[&str]) -> serde_json::Value {
    let args = [&SELECTOR[..], &["--format", "json"], extra_args].concat();
    serde_json::from_str(&backend.env.ok("mm-admin", &args)).unwrap()
}

fn assert_fails(output: &RunOutput, message: &str) {
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains(message), "{output:?}");
}

#[test]
fn every_host_has_a_reason() {
    let backend = create_backend();
    assert_fails(&explain(&backend, &[]), "no generation in ");
    backend.env.ok("mm-update-mirrorlist", &[]);
    let output = backend.env.ok("mm-admin", &SELECTOR);
    assert!(
        output.starts_with("10.1.4.5: country DE, AS64500\n  fedora-43/x86_64 in pub/fedora/linux/"),
        "{output}"
    );
    assert!(output.contains("os/repodata, generation "), "{output}");
    for (number, reason) in [
        (5, "tier 1, netblock: one of 1"),
        (4, "tier 2, asn: one of 1"),
        (0, "tier 3, country: one of 1"),
        (2, "tier 4, continent: one of 1"),
        (1, "enough other mirrors are nearer"),
        (6, "enough other mirrors are nearer"),
        (3, "private, and the client is in none of its netblocks and ASNs"),
        (7, "only for clients in FR, not for clients in DE"),
    ] {
        let line = output
            .lines()
            .find(|l| l.starts_with(&format!("mirror0{number}.")))
            .unwrap();
        assert!(line.contains(reason), "{line}");
    }
    // The client, the repository, a blank line and the titles of the table.
    let header_lines = 4;
    let order: Vec<&str> = output
        .lines()
        .skip(header_lines)
        .filter_map(|l| l.split('.').next())
        .take(3)
        .collect();
    assert_eq!(order, ["mirror05", "mirror04", "mirror00"], "{output}");
}

#[test]
fn client_parameters_replace_those_of_the_address() {
    let backend = create_backend();
    backend.env.ok("mm-update-mirrorlist", &[]);
    let requested_country = explain_json(&backend, &["--country", "us"]);
    assert_eq!(requested_country["hosts"][0]["decision"]["tier"], "requested-country");
    let overridden_client = explain_json(
        &backend,
        &["--country-of-client", "JP", "--asn-of-client", "7", "--no-netblock"],
    );
    assert_eq!(
        (&overridden_client["country"], &overridden_client["asn"]),
        (&"JP".into(), &7.into())
    );
}

#[test]
fn an_earlier_generation_can_be_explained() {
    let backend = create_backend();
    backend.env.ok("mm-update-mirrorlist", &[]);
    let (_, first_manifest) = backend.published_generation();
    backend.sql("UPDATE host SET user_active = 0 WHERE name LIKE 'mirror05.%'");
    backend.env.ok("mm-update-mirrorlist", &[]);
    let current_generation = explain_json(&backend, &[]);
    assert_eq!(current_generation["hosts"].as_array().unwrap().len(), 7);
    let earlier_generation = explain_json(&backend, &["--generation", first_manifest.id.as_str()]);
    assert_eq!(earlier_generation["hosts"].as_array().unwrap().len(), 8);
    assert_eq!(
        earlier_generation["hosts"][0]["decision"],
        serde_json::json!({"code": "selected", "tier": "netblock", "tier_number": 1, "hosts_in_tier": 1})
    );
    assert_fails(
        &explain(&backend, &["--generation", "0123456789abcdef"]),
        "no generation 0123456789abcdef in ",
    );
}

#[test]
fn repositories_are_redirected_unknown_or_disabled() {
    let backend = create_backend();
    let env = &backend.env;
    env.ok("mm-update-mirrorlist", &[]);
    let explain_repo = |repo| {
        let args = ["explain", "--ip", "192.0.2.1", "--repo", repo, "--arch", "x86_64"];
        env.run("mm-admin", &args)
    };
    let redirected = explain_repo("fedora-latest");
    assert!(redirected.stdout.contains("fedora-43/x86_64 in"), "{redirected:?}");
    assert_fails(
        &explain_repo("fedora-99"),
        "no repository fedora-99/x86_64 in this generation",
    );
    assert_fails(
        &explain_repo("fedora-432"),
        "did you mean fedora-42/x86_64 or fedora-43/x86_64",
    );
    backend.sql("UPDATE repository SET disabled = 1 WHERE prefix = 'fedora-43'");
    env.ok("mm-update-mirrorlist", &[]);
    assert_fails(&explain_repo("fedora-43"), "repository fedora-43/x86_64 is disabled");
}
