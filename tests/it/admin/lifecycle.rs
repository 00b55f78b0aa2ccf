//! `mm-admin repo` and `mm-admin release`: the effects on clients, and undo.

mod moves;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{json, refused};
use crate::publish::TestBackend;
use crate::support::Env;

const UPDATE: &str = "mm-update-mirrorlist";

/// The rows that these commands can change, as text.
fn repositories(env: &Env) -> Vec<String> {
    let db = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let mut out = Vec::new();
    for table in ["repository", "repository_redirect", "version", "directory"] {
        let mut statement = db.prepare(&format!("SELECT * FROM {table} ORDER BY id")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            out.push(format!("{table}: {}", cells.join(", ")));
        }
    }
    out
}

fn last_change(env: &Env) -> String {
    json(env, &["changes", "-n", "1"])[0]["id"].to_string()
}

/// For each `prefix/arch` of the published generation: directory, number of listed hosts, number of offered versions.
fn served(backend: &TestBackend) -> BTreeMap<String, (String, usize, usize)> {
    backend.env.ok(UPDATE, &[]);
    let s = backend.snapshot();
    let mut out = BTreeMap::new();
    for r in s.repositories.iter().filter(|r| !r.disabled) {
        let directory = &s.directories[usize::try_from(r.directory.unwrap()).unwrap()];
        let name = format!("{}/repodata", directory.name);
        let repodata = s.directories.iter().position(|d| d.name == name).unwrap();
        let is_listed =
            |hc: &&mirrormanager::snapshot::HostCategory| hc.listed.contains(u32::try_from(repodata).unwrap());
        let mirrors = s.host_categories.iter().filter(is_listed).count();
        let versions = s.directories[repodata].files[0].versions.len();
        out.insert(
            format!("{}/{}", r.prefix, r.arch),
            (directory.name.clone(), mirrors, versions),
        );
    }
    out
}

/// A push of updates for Fedora 43 on `x86_64` that only `current` hosts have.
fn pushed(hosts: usize, current: usize) -> TestBackend {
    let backend = TestBackend::new(hosts, "");
    let now = "CAST(strftime('%s', 'now') AS INTEGER)";
    backend.sql(&format!(
        "UPDATE file_detail SET superseded_seq = 2, superseded_at = {now} - 60 WHERE directory_id =
           (SELECT id FROM directory WHERE path = 'updates/43/x86_64/repodata');
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
           SELECT id, 'repomd.xml', 2, 1000, printf('%064x', 7777), 2, {now} - 60 FROM directory
           WHERE path = 'updates/43/x86_64/repodata';
         UPDATE category SET scan_seq = 2 WHERE id = 1;
         UPDATE inventory SET scan_seq = 2 WHERE host_category_id <= {current};"
    ));
    backend
}

#[test]
fn newest_only_lists_mirrors_of_the_newest_version_and_expires() {
    let backend = pushed(6, 2);
    let env = &backend.env;
    let name = "updates-released-f43/x86_64";
    let before = served(&backend);
    assert_eq!((before[name].1, before[name].2), (6, 2));
    let rows = repositories(env);

    let dry = env.ok(
        "mm-admin",
        &["repo", "newest-only", name, "--until", "48h", "--dry-run"],
    );
    let line = dry.lines().find(|l| l.starts_with(name)).unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        [name, "6", "2", "0"],
        "{dry}"
    );
    assert_eq!(repositories(env), rows);

    env.ok("mm-admin", &["repo", "newest-only", name, "--until", "48h"]);
    let change = last_change(env);
    let after = served(&backend);
    assert_eq!((after[name].1, after[name].2), (2, 1));
    for (other, was) in before.iter().filter(|(n, _)| *n != name) {
        assert_eq!(after.get(other), Some(was), "{other}");
    }
    // Reports show it while it lasts.
    let row = json(env, &["repository", "show", "updates-released-f43", "--arch", "x86_64"]);
    assert!(row["newest_only_until"].is_i64(), "{row}");
    let doctor = env.run("mm-admin", &["doctor"]).stdout;
    assert!(doctor.contains("newest-only") && doctor.contains(name), "{doctor}");
    let report: Value = serde_json::from_str(&env.ok(UPDATE, &["--dry-run", "--format", "json"])).unwrap();
    assert_eq!(report["newest_only"][0]["repository"], name);
    assert_eq!(report["newest_only"][0]["mirrors"], 2);
    let output = env.ok(UPDATE, &["-v"]);
    assert!(
        output.contains(&format!("newest-only: {name}, 2 hosts until")),
        "{output}"
    );
    assert!(output.contains("--off"), "{output}");

    // It expires by itself.
    backend.sql("UPDATE repository SET newest_only_until = 1000 WHERE newest_only_until IS NOT NULL");
    assert_eq!(served(&backend), before);
    assert!(!env.run("mm-admin", &["doctor"]).stdout.contains("newest-only"));
    refused(env, &["undo", &change], 1, &["was changed since"]);

    // It can be ended and undone.
    env.ok("mm-admin", &["repo", "newest-only", name, "--off"]);
    assert_eq!(repositories(env), rows);
    env.ok(
        "mm-admin",
        &[
            "repo",
            "newest-only",
            "updates-released-f43/x86_64",
            "--until",
            "2999-01-01",
        ],
    );
    assert_eq!(served(&backend)[name].1, 2);
    env.ok("mm-admin", &["undo", &last_change(env)]);
    assert_eq!(repositories(env), rows);
    assert_eq!(served(&backend), before);
}

#[test]
fn newest_only_is_refused_if_no_mirror_would_be_listed() {
    let backend = pushed(6, 0);
    let env = &backend.env;
    let rows = repositories(env);
    // One architecture has no mirror, so none is changed.
    let ran = env.run(
        "mm-admin",
        &["repo", "newest-only", "updates-released-f43", "--until", "2h"],
    );
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.stdout
            .contains("refused: updates-released-f43/x86_64: no mirror has the newest version"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("nothing was changed"), "{ran:?}");
    assert_eq!(repositories(env), rows);
    // Always-current mirrors are listed and counted separately.
    backend.sql("UPDATE host_category SET always_up2date = 1 WHERE id = 3");
    let report = json(
        env,
        &[
            "repo",
            "newest-only",
            "updates-released-f43/x86_64",
            "--until",
            "2h",
            "--dry-run",
        ],
    );
    assert_eq!(report["repositories"][0]["with_newest"], 1);
    assert_eq!(report["repositories"][0]["always_current"], 1);
    backend.sql("DELETE FROM file_detail WHERE directory_id = (SELECT id FROM directory WHERE path = 'updates/43/aarch64/repodata')");
    let ran = env.run(
        "mm-admin",
        &["repo", "newest-only", "updates-released-f43/aarch64", "--until", "2h"],
    );
    assert!(
        ran.status == 1 && ran.stdout.contains("no scan has recorded a repomd.xml"),
        "{ran:?}"
    );

    let newest_only =
        |repository: &'static str, until: &'static str| ["repo", "newest-only", repository, "--until", until];
    refused(
        env,
        &newest_only("fedora-34", "2h"),
        1,
        &["there is no repository fedora-34", "did you mean"],
    );
    refused(
        env,
        &newest_only("fedora-43/arm", "2h"),
        1,
        &["there is no repository fedora-43 arm"],
    );
    refused(env, &newest_only("fedora-43", "2020-01-01"), 2, &["not in the future"]);
    refused(env, &newest_only("fedora-43", "soon"), 2, &["48h"]);
    refused(env, &["repo", "newest-only", "fedora-43"], 2, &["--until"]);
}

#[test]
fn repositories_are_disabled_enabled_and_redirected() {
    let backend = TestBackend::new(3, "");
    let env = &backend.env;
    let rows = repositories(env);
    let count = || {
        json(env, &["repository", "list", "disabled=true"])
            .as_array()
            .unwrap()
            .len()
    };
    env.ok("mm-admin", &["repo", "disable", "fedora-43", "--dry-run"]);
    assert_eq!(count(), 0);
    env.ok("mm-admin", &["repo", "disable", "fedora-43"]);
    assert_eq!(count(), 4);
    env.ok("mm-admin", &["repo", "enable", "fedora-43", "--arch", "s390x"]);
    assert_eq!(count(), 3);
    env.ok("mm-admin", &["undo", &last_change(env)]);
    env.ok("mm-admin", &["repo", "enable", "fedora-43"]);
    assert_eq!(repositories(env), rows);
    refused(
        env,
        &["repo", "disable", "fedora-43", "--arch", "arm"],
        1,
        &["there is no repository fedora-43 arm"],
    );

    let add = ["redirect", "add", "fedora-latest", "to=fedora-42"];
    env.ok("mm-admin", &[&add[..], &["--dry-run"]].concat());
    assert_eq!(repositories(env), rows);
    env.ok("mm-admin", &add);
    env.ok("mm-admin", &["redirect", "set", "fedora-latest", "to=fedora-43"]);
    assert_eq!(json(env, &["redirect", "show", "fedora-latest"])["to"], "fedora-43");
    env.ok("mm-admin", &["undo", &last_change(env)]);
    assert_eq!(json(env, &["redirect", "show", "fedora-latest"])["to"], "fedora-42");
    refused(env, &["redirect", "set", "fedora-latest", "to=a b"], 2, &["to:"]);
}

#[test]
fn readiness_lists_mirrors_of_a_version() {
    let backend = TestBackend::new(6, "");
    let env = &backend.env;
    backend.sql(
        "UPDATE directory SET readable = 0 WHERE path LIKE 'releases/43/Everything/s390x%';
         UPDATE inventory SET exceptions = json_object((SELECT id || '' FROM directory WHERE path = 'releases/43/Everything/s390x/os'),
           json_object('state', 'staged', 'since', 1, 'tries', 1, 'detail', NULL)) WHERE host_category_id IN (1, 3);
         UPDATE host SET user_active = 0 WHERE id = 6;
         UPDATE repository SET directory_id = NULL WHERE prefix = 'updates-released-f43' AND arch_id = 4;",
    );
    let report = json(env, &["release", "readiness", "43", "--product", "Fedora"]);
    let rows = report["repositories"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    let row = |name: &str| rows.iter().find(|r| r["repository"] == name).unwrap();
    let readable = row("fedora-43/x86_64");
    assert_eq!(readable["state"], "readable");
    assert_eq!(readable["mirrors"]["hosts"], 5);
    assert_eq!(readable["mirrors"]["bandwidth"], 100 + 1_000 + 10_000 + 2_500 + 100);
    assert_eq!(readable["repomd"], 1);
    let staged = row("fedora-43/s390x");
    assert_eq!(staged["state"], "staged");
    assert_eq!(staged["mirrors"]["hosts"], 0);
    assert_eq!(staged["staged"], serde_json::json!({"hosts": 2, "bandwidth": 10_100}));
    assert_eq!(staged["leaked"]["hosts"], 3);
    assert_eq!(row("updates-released-f43/s390x")["state"], "gone");
    assert_eq!(report["staged"][0]["host"], "mirror00.example.org");
    assert_eq!(report["staged"][1]["country"], "FR");
    let countries: Vec<&str> = (report["countries"].as_array().unwrap().iter())
        .map(|c| c["country"].as_str().unwrap())
        .collect();
    assert_eq!(countries, ["BR", "DE", "FR", "JP", "US"]);

    let text = env.ok("mm-admin", &["release", "readiness", "43"]);
    for line in [
        "fedora-43/s390x staged",
        "FR 1 10000 1 10000 1 10000",
        "DE 100 mirror00.example.org 1 of 8",
    ] {
        let found = text
            .lines()
            .any(|l| l.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(line));
        assert!(found, "no {line:?} in {text}");
    }
    let verdict = text.lines().last().unwrap();
    assert!(verdict.starts_with("verdict: version 43 is not ready: "), "{verdict}");
    assert!(
        verdict.contains("1 repository has no directory: updates-released-f43/s390x"),
        "{verdict}"
    );
    refused(
        env,
        &["release", "readiness", "43", "--product", "EPEL"],
        1,
        &["no version 43 of EPEL"],
    );
    backend.sql("INSERT INTO version (product_id, name, first_seen) VALUES (1, '99', 1)");
    let text = env.ok("mm-admin", &["release", "readiness", "99"]);
    assert_eq!(
        text,
        "verdict: version 99 is not ready: no repository of it is recorded\n"
    );

    // A vouched host was not verified to have anything.
    backend.sql("UPDATE host_category SET always_up2date = 1 WHERE id = 3");
    let report = json(env, &["release", "readiness", "43"]);
    let repositories = report["repositories"].as_array().unwrap();
    let readable = repositories
        .iter()
        .find(|r| r["repository"] == "fedora-43/x86_64")
        .unwrap();
    assert_eq!(readable["mirrors"]["hosts"], 4);
    assert_eq!(report["vouched"], 1);
    let text = env.ok("mm-admin", &["release", "readiness", "43"]);
    let verdict = text.lines().last().unwrap();
    assert!(verdict.contains("1 always-current host not counted"), "{verdict}");
}
