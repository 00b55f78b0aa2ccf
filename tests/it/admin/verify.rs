//! `mm-admin verify`: with a real server, and nginx as the mirrors.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::publish::TestBackend;
use crate::support::{Env, Nginx, Process, RunOutput, free_port, wait_for_port};

const REPOMD: &str = "releases/43/Everything/x86_64/os/repodata/repomd.xml";
const NEW: &str = "<repomd><revision>2</revision></repomd>";
const OLD: &str = "<repomd><revision>1</revision></repomd>";

fn sha(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[test]
fn mirrors_are_probed_as_by_a_client() {
    let port = free_port();
    let backend = TestBackend::new(
        3,
        &format!("[crawl]\nallow_private_addresses = true\n[server]\nlisten = [\"127.0.0.1:{port}\"]\n"),
    );
    let env = &backend.env;
    for n in 0..3 {
        env.write(&format!("www/m{n}/{REPOMD}"), NEW);
    }
    let nginx = Nginx::serve(&env.path("www"));
    backend.sql(&format!(
        "DELETE FROM host_category_url WHERE url LIKE 'http:%';
         UPDATE host_category_url SET url = '{}/m' || (host_category_id - 1) WHERE url LIKE '%/pub/fedora/linux';
         UPDATE file_detail SET sha256 = '{}' WHERE directory_id =
           (SELECT id FROM directory WHERE path = 'releases/43/Everything/x86_64/os/repodata');
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen, superseded_seq, superseded_at)
           SELECT directory_id, filename, 1, 1, '{}', 0, 0, 1, unixepoch() FROM file_detail WHERE sha256 = '{}';",
        nginx.url(),
        sha(NEW),
        sha(OLD),
        sha(NEW),
    ));
    env.ok("mm-update-mirrorlist", &[]);
    let verify = |more: &[&str]| env.run("mm-admin", &[&["verify", "fedora-43", "x86_64"], more].concat());

    let output = verify(&["--timeout", "2s"]);
    assert_eq!(output.status, 1, "no server: {output:?}");
    assert!(output.stderr.contains("fetching http://127.0.0.1"), "{output:?}");

    let _server = Process(env.command("mm-mirrorlist-server").spawn().unwrap());
    wait_for_port(port);
    let output = verify(&[]);
    assert_eq!(output.status, 0, "{output:?}");
    let summary = "fedora-43/x86_64: 6 URLs: 3 with the newest of 2 versions, 0 with an alternate, 0 different, 0 failed, 3 not probed";
    assert_eq!(output.stdout.lines().next(), Some(summary));

    env.write(&format!("www/m1/{REPOMD}"), OLD);
    assert_eq!(verify(&[]).status, 0, "alternates count as good");
    env.write(&format!("www/m2/{REPOMD}"), "<repomd/>");
    fs::remove_file(env.path(&format!("www/m0/{REPOMD}"))).unwrap();
    let server = format!("http://127.0.0.1:{port}/");
    let output = verify(&["--format", "json", "--server", &server, "--all"]);
    assert_eq!(output.status, 3, "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let state = |n: usize| {
        let mine = |row: &&serde_json::Value| row["url"].as_str().unwrap().contains(&format!("/m{n}/"));
        report["mirrors"].as_array().unwrap().iter().find(mine).unwrap()
    };
    assert_eq!(
        (&state(0)["state"], &state(0)["found"]),
        (&"failed".into(), &"status 404".into())
    );
    assert_eq!(state(1)["state"], "alternate");
    assert_eq!(state(2)["state"], "differs");
    assert!(report["mirrors"][0]["url"].as_str().unwrap().ends_with(REPOMD));

    env.write(&format!("www/m1/{REPOMD}"), "");
    assert_eq!(verify(&[]).status, 1, "no mirror has it");
    let output = env.run("mm-admin", &["verify", "fedora-99", "x86_64"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("status 404"), "{output:?}");
    assert_eq!(env.run("mm-admin", &["verify", "fedora-43"]).status, 2);
}

/// The types of the files that the repositories of the sample have.
const KINDS: [&str; 3] = ["primary", "filelists", "other"];

/// Writes a repository below `top`, with all files that `repomd.xml` names. Returns its `repomd.xml`.
fn write_repository(env: &Env, top: &str) -> String {
    let data = KINDS.map(|kind| {
        let (path, content) = (format!("repodata/{kind}.xml.gz"), format!("content of {kind}"));
        env.write(&format!("{top}/releases/43/Everything/x86_64/os/{path}"), &content);
        format!(
            "<data type=\"{kind}\"><checksum type=\"sha256\">{}</checksum><location href=\"{path}\"/><size>{}</size></data>",
            sha(&content),
            content.len()
        )
    });
    let repomd = format!(
        "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">{}</repomd>\n",
        data.concat()
    );
    env.write(&format!("{top}/{REPOMD}"), &repomd);
    repomd
}

/// A published generation with one repository on three mirrors, on ports of their own.
struct SampleSite {
    backend: TestBackend,
    mirrors: [Nginx; 3],
    port: u16,
    metrics: PathBuf,
}

impl SampleSite {
    fn new() -> Self {
        let port = free_port();
        let backend = TestBackend::new(
            3,
            &format!("[crawl]\nallow_private_addresses = true\n[server]\nlisten = [\"127.0.0.1:{port}\"]\n"),
        );
        let env = &backend.env;
        let repomds = [0, 1, 2].map(|n| write_repository(env, &format!("www{n}")));
        let mirrors = [0, 1, 2].map(|n| Nginx::serve(&env.path(&format!("www{n}"))));
        backend.sql(&format!(
            "DELETE FROM repository WHERE name <> 'releases/43/Everything/x86_64/os';
             DELETE FROM host_category_url WHERE url NOT LIKE 'https:%';
             UPDATE file_detail SET sha256 = '{}', superseded_seq = NULL, superseded_at = NULL WHERE directory_id =
               (SELECT id FROM directory WHERE path = 'releases/43/Everything/x86_64/os/repodata');",
            sha(&repomds[0])
        ));
        for (id, mirror) in (1..).zip(&mirrors) {
            let url = mirror.url();
            backend.sql(&format!(
                "UPDATE host_category_url SET url = '{url}' WHERE host_category_id = {id};"
            ));
        }
        env.ok("mm-update-mirrorlist", &[]);
        let metrics = env.path("sample.prom");
        Self {
            backend,
            mirrors,
            port,
            metrics,
        }
    }

    fn sample(&self, servers: &[&str], more: &[&str]) -> RunOutput {
        let mut args = vec![
            "verify",
            // With a metrics file, nothing is printed otherwise.
            "-v",
            "--sample",
            "5",
            "--timeout",
            "5s",
            "--metrics-file",
            self.metrics.to_str().unwrap(),
        ];
        args.extend(servers.iter().flat_map(|s| ["--server", s]));
        args.extend(more);
        self.backend.env.run("mm-admin", &args)
    }

    /// The success ratio of a server in the metrics file.
    fn ratio(&self, server: &str) -> f64 {
        let text = fs::read_to_string(&self.metrics).unwrap();
        let prefix = format!("mm_client_success_ratio{{server=\"{server}\"}} ");
        let line = text.lines().find_map(|l| l.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no {prefix} in {text}")).parse().unwrap()
    }
}

#[test]
fn sample_installs_from_the_first_mirrors_of_each_server() {
    let site = SampleSite::new();
    let env = &site.backend.env;
    let server = format!("http://127.0.0.1:{}", site.port);
    let output = site.sample(&[&server], &[]);
    assert_eq!(output.status, 1, "no server: {output:?}");
    assert!(
        output.stdout.contains("no list of repositories: fetching"),
        "{output:?}"
    );
    assert!(site.ratio(&server).abs() < f64::EPSILON);

    let _server = Process(env.command("mm-mirrorlist-server").spawn().unwrap());
    wait_for_port(site.port);
    let output = site.sample(&[&server], &[]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(
        output.stdout.contains("100.0 %, 3 of 3 attempts succeeded"),
        "{output:?}"
    );

    // Two of the three files are chosen at random, so all are damaged: same size, other bytes.
    for kind in KINDS {
        let path = format!("www1/releases/43/Everything/x86_64/os/repodata/{kind}.xml.gz");
        env.write(&path, format!("CONTENT of {kind}"));
    }
    let dead = format!("http://127.0.0.1:{}", free_port());
    let output = site.sample(&[&server, &dead], &["--format", "json"]);
    assert_eq!(output.status, 3, "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let first = &report["servers"][0];
    assert_eq!((&first["attempts"], &first["succeeded"]), (&3.into(), &2.into()));
    let failure = &first["failures"][0];
    let mirror = failure["mirror"].as_str().unwrap();
    assert!(mirror.starts_with(&site.mirrors[1].url()), "{failure}");
    assert!(
        failure["problem"].as_str().unwrap().ends_with("wrong checksum"),
        "{failure}"
    );
    assert_eq!(report["servers"][1]["succeeded"], 0, "{report}");
    assert!((site.ratio(&server) - 2.0 / 3.0).abs() < 1e-9);
    assert!(site.ratio(&dead).abs() < f64::EPSILON);

    let servers = ["verify", "fedora-43", "x86_64", "--server", &server, "--server", &dead];
    let output = env.run("mm-admin", &servers);
    assert_eq!(output.status, 2, "{output:?}");
    assert!(output.stderr.contains("--sample"), "{output:?}");
}
