//! `mm-update-mirrorlist`: generations from a database, confirmation of losses, invalid rows, and the pages in a browser.

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::Timestamp;
use mirrormanager::model::ids::{HostCategoryId, ScanSeq};
use mirrormanager::model::inventory::Inventory;
use mirrormanager::snapshot::Snapshot;
use mirrormanager::snapshot::generation::{self, Manifest};
use std::path::PathBuf;
use std::process::Command;

use crate::support::Env;

mod diff;
mod downtime;
mod guard;
mod markup;
mod master;
mod pages;

const MM_UPDATE_MIRRORLIST: &str = "mm-update-mirrorlist";
/// More rows of published generations than a test writes.
const MAX_PUBLISHED_ROWS: u32 = 9;
/// The time of the first crawl, in 2026.
const CRAWLED_AT: i64 = 1_790_000_000;

/// An environment whose database contains four versions of Fedora and one of EPEL, and hosts that have all directories.
pub(crate) struct TestBackend {
    pub(crate) env: Env,
}

/// (name, codename, true for a test release, architectures)
const VERSIONS: [(&str, &str, bool, &[&str]); 4] = [
    ("42", "Adams", false, &["x86_64", "aarch64"]),
    ("43", "", false, &["x86_64", "aarch64", "ppc64le", "s390x"]),
    ("44 Beta", "", true, &["x86_64", "aarch64"]),
    ("development", "Rawhide", false, &["x86_64"]),
];
/// Countries of hosts in turn; `US` and `DE` have more hosts than others.
const COUNTRIES: [&str; 14] = [
    "DE", "US", "FR", "JP", "BR", "CZ", "US", "DE", "CA", "AU", "IN", "ZA", "VC", "SE",
];

impl TestBackend {
    pub(crate) fn new(host_count: usize, extra_config: &str) -> Self {
        let env = Env::new(extra_config);
        db::init(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
        let backend = Self { env };
        backend.sql(
            "INSERT INTO product (id, name) VALUES (1, 'Fedora'), (2, 'EPEL');
             INSERT INTO arch (id, name, primary_arch) VALUES (1, 'x86_64', 1), (2, 'aarch64', 1), (3, 'ppc64le', 0),
               (4, 's390x', 0);
             INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES
               (1, 'Fedora Linux', 1, 'pub/fedora/linux', 1), (2, 'Fedora EPEL', 2, 'pub/epel', 1);",
        );
        for (n, (name, codename, is_test, arches)) in (1..).zip(VERSIONS) {
            backend.add_version(n, 1, name, codename, is_test);
            for arch in arches {
                let dir = name.replace(' ', "_");
                let release = name.split(' ').next().unwrap();
                backend.add_repository(
                    1,
                    n,
                    arch,
                    &format!("fedora-{release}"),
                    &format!("releases/{dir}/Everything/{arch}/os"),
                );
                backend.add_repository(
                    1,
                    n,
                    arch,
                    &format!("updates-released-f{release}"),
                    &format!("updates/{dir}/{arch}"),
                );
            }
        }
        backend.add_version(5, 2, "10", "", false);
        backend.add_repository(2, 5, "x86_64", "epel-10", "10/Everything/x86_64");
        for n in 0..host_count {
            backend.add_host(n, COUNTRIES[n % COUNTRIES.len()]);
        }
        backend.store_full_inventories();
        backend
    }

    /// Adds 34 crawls of the first host, of which pages show 30, findings about it with four codes, and a downtime in 2096.
    pub(crate) fn add_crawl_history(&self) {
        // Two of the crawls are not complete, and two of every seven find an outdated-allowed directory.
        self.sql(&format!(
            "INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (900, 'crawl', '',
               CAST(strftime('%s', 'now') AS INTEGER), 1, 'mm');
             INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", outdated_allowed,
               outdated, unknown_hash, staged, inconclusive)
               WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 33)
               SELECT 900, 1, 1, CASE n WHEN 20 THEN 'category-missing' WHEN 25 THEN 'inconclusive' ELSE 'complete' END, 1, {CRAWLED_AT} + n * 43200, 9,
                 CASE WHEN n IN (20, 25) THEN 0 ELSE 60 + n END, n % 7 / 5, 3, 0, 0, 0 FROM n;
             INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen)
               SELECT 1, id, 900, {CRAWLED_AT}, 'u', CASE id % 3 WHEN 0 THEN 'size' WHEN 1 THEN 'forbidden' ELSE 'missing' END,
                 '4711 bytes', '815 bytes' FROM directory WHERE category_id = 1;
             INSERT INTO finding (host_category_id, run_id, seen_at, url, reason, expected, seen)
               VALUES (1, 900, {CRAWLED_AT}, 'u', 'certificate', 'one of at least 14 days', 'ends 2026-10-01 (in 9 days)');
             INSERT INTO host_downtime (host_id, starts_at, ends_at, reason) VALUES (1, 4000000000, 4000003600, 'new disks');"
        ));
    }

    /// Adds samples of two weeks in which each push propagates in four days.
    fn add_propagation(&self) {
        // Six samples a day. Within 25 of them the number of current mirrors goes from 3 to 27.
        self.sql(&format!(
            "INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, inconclusive) \
             WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 83) \
             SELECT r.id, {CRAWLED_AT} + n * 14400, 3 + n % 25, 25 - n % 25, 2, 1, 1 FROM repository r, n"
        ));
    }

    pub(crate) fn sql(&self, text: &str) {
        let conn = rusqlite::Connection::open(self.env.path("mm.db")).unwrap();
        conn.execute_batch(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    }

    pub(crate) fn add_version(&self, id: i64, product: i64, name: &str, codename: &str, is_test: bool) {
        self.sql(&format!(
            "INSERT INTO version (id, product_id, name, codename, is_test, sortorder, first_seen)
             VALUES ({id}, {product}, '{name}', nullif('{codename}', ''), {is_test}, {id}, {})",
            CRAWLED_AT - 86_400 * 200 + id * 86_400 * 30
        ));
    }

    /// Adds a repository with its directory, and a `repomd.xml` whose SHA-256 is the ID of its directory.
    pub(crate) fn add_repository(&self, category: i64, version: i64, arch: &str, prefix: &str, path: &str) {
        self.sql(&format!(
            "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) VALUES
               ({category}, '{path}', 1, 1, 1, 1), ({category}, '{path}/repodata', 1, 1, 1, 1);
             INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
               SELECT id, 'repomd.xml', 1, 1000, printf('%064x', id), 1, 1 FROM directory WHERE path = '{path}/repodata';
             INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen)
               SELECT path, '{prefix}', {category}, {version}, (SELECT id FROM arch WHERE name = '{arch}'), id, 1
               FROM directory WHERE path = '{path}';"
        ));
    }

    /// Adds a host in both categories. Names count from 0 and IDs from 1: `mirror00.example.org` has the ID 1.
    fn add_host(&self, n: usize, country: &str) {
        let (id, name) = (n + 1, format!("mirror{n:02}.example.org"));
        let bandwidth = [100, 1_000, 10_000, 2_500][n % 4];
        self.sql(&format!(
            "INSERT INTO site (id, name, org_url) VALUES ({id}, 'University {n}', 'https://www.example.org/{n}');
             INSERT INTO host (id, site_id, name, country, bandwidth) VALUES ({id}, {id}, '{name}', '{country}', {bandwidth});
             INSERT INTO host_category (id, host_id, category_id) VALUES ({id}, {id}, 1), ({id} + 1000, {id}, 2);
             INSERT INTO host_category_url (host_category_id, url) VALUES ({id}, 'https://{name}/pub/fedora/linux'),
               ({id}, 'http://{name}/pub/fedora/linux'), ({id}, 'rsync://{name}/fedora'), ({id} + 1000, 'https://{name}/epel');"
        ));
    }

    pub(crate) fn db(&self) -> Db {
        Db::open(&Config::load(&self.env.path("mm.toml")).unwrap()).unwrap()
    }

    /// Stores inventories in which every host has every directory of its categories.
    pub(crate) fn store_full_inventories(&self) {
        let mut db = self.db();
        db.write(|tx| {
            for hc in db::registry::host_categories(tx)? {
                let mut inventory = Inventory::new(HostCategoryId(hc.id.0));
                (inventory.scan_seq, inventory.checked_at) = (ScanSeq(1), Timestamp(CRAWLED_AT));
                let directories = db::directory::of_category(tx, hc.category)?;
                inventory.present = directories.iter().map(|d| d.id.0).collect();
                db::inventory::put(tx, &inventory)?;
            }
            Ok::<(), DbError>(())
        })
        .unwrap();
    }

    fn generations_dir(&self) -> PathBuf {
        self.env.path("generations")
    }

    /// Returns the directory and the manifest of the published generation after verifying it.
    pub(crate) fn published_generation(&self) -> (PathBuf, Manifest) {
        let (generation_dir, manifest) = generation::current(&self.generations_dir()).unwrap().unwrap();
        assert_eq!(generation::verify(&generation_dir).unwrap(), manifest);
        (generation_dir, manifest)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let (generation_dir, manifest) = self.published_generation();
        Snapshot::decode(&generation::read_file(&generation_dir, &manifest, "snapshot").unwrap()).unwrap()
    }

    /// Returns the names in the directory of generations, sorted: generations, the link `current`, and unfinished generations.
    fn entries_of_generations_dir(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.generations_dir()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_generation_is_written_and_then_only_refreshed() {
    let backend = TestBackend::new(3, "");
    // No output, so that cron sends no mail.
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(
        (
            run_output.status,
            run_output.stdout.as_str(),
            run_output.stderr.as_str()
        ),
        (0, "", ""),
        "{run_output:?}"
    );
    let (generation_dir, first_manifest) = backend.published_generation();
    let snapshot = backend.snapshot();
    assert_eq!((snapshot.hosts.len(), snapshot.repositories.len()), (3, 19));
    assert!(snapshot.host_categories.iter().all(|hc| !hc.listed.is_empty()));
    assert!(generation_dir.join("public/index.html").exists());

    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["-v"]);
    assert!(
        output.contains("unchanged: generation") && output.contains("3 hosts"),
        "{output}"
    );
    let (_, second_manifest) = backend.published_generation();
    assert_eq!(first_manifest.id, second_manifest.id);
    assert!(second_manifest.as_of >= first_manifest.as_of);
    assert_eq!(
        backend.entries_of_generations_dir(),
        [first_manifest.id.as_str(), "current"]
    );
    let published = backend
        .db()
        .read(|tx| db::published_generation::latest(tx, MAX_PUBLISHED_ROWS))
        .unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].hosts, published[0].repositories), (3, 19));
}

#[test]
fn a_dry_run_shows_what_would_change_and_changes_nothing() {
    let backend = TestBackend::new(6, "");
    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["--dry-run"]);
    assert!(
        output.contains("would publish") && backend.entries_of_generations_dir().is_empty(),
        "{output}"
    );
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let before = backend.entries_of_generations_dir();
    backend.sql("UPDATE host SET user_active = 0 WHERE id = 2");
    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["--dry-run"]);
    assert!(output.contains("- host mirror01.example.org"), "{output}");
    let line = output.lines().find(|l| l.starts_with("fedora-43/x86_64")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells, ["fedora-43/x86_64", "6", "5", "mirror01.example.org"]);
    assert_eq!(backend.entries_of_generations_dir(), before);
    let json = backend.env.ok(MM_UPDATE_MIRRORLIST, &["--dry-run", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["numbers"]["hosts"], 5);
    assert_eq!(json["diff"]["hosts_lost"][0], "mirror01.example.org");
    // Without --dry-run there is a new generation, and the old one is kept.
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(backend.entries_of_generations_dir().len(), before.len() + 1);
}

#[test]
fn invalid_rows_cause_warnings_that_identify_them() {
    let backend = TestBackend::new(3, "");
    // Rows that no assertion below names must not make the run fail: NULL in columns that may be NULL, and references to
    // missing rows.
    backend.sql(
        "INSERT INTO host_netblock (host_id, netblock) VALUES (2, '1.2.3.4/99'), (2, '192.0.2.0/24');
         UPDATE host_category_url SET url = 'no url at all' WHERE url = 'http://mirror00.example.org/pub/fedora/linux';
         UPDATE host SET country = 'Germany' WHERE id = 3;
         INSERT INTO category (id, name, product_id, topdir) VALUES (3, 'Fedora Archive', 1, 'pub/archive');
         UPDATE inventory SET present = x'00ff' WHERE host_category_id = 1;
         INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) VALUES (1, 'nulls', 1, 1, 1, 1);
         INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen) VALUES
           ('no prefix', NULL, 1, 1, 1, (SELECT id FROM directory WHERE path = 'nulls'), 1),
           ('no directory', 'nowhere', 1, 1, 1, NULL, 1);
         INSERT INTO repository_redirect (from_repo, to_repo) VALUES ('to-nothing', NULL);
         UPDATE host SET country = NULL WHERE id = 2;
         UPDATE file_detail SET sha256 = NULL, md5 = 'no digest' WHERE id = 1;
         PRAGMA foreign_keys = OFF;
         INSERT INTO host_category_url (host_category_id, url) VALUES (4711, 'https://dangling.example.org/');
         INSERT INTO host_netblock (host_id, netblock) VALUES (4712, '198.51.100.0/24');
         INSERT INTO host_category (id, host_id, category_id) VALUES (4713, 4714, 1);
         INSERT INTO host (id, site_id, name) VALUES (4715, 4716, 'no-site.example.org');",
    );
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &["-v"]);
    assert_eq!(run_output.status, 0, "{run_output:?}");
    for text in [
        "host mirror01.example.org): bad row in host_netblock: invalid netblock \"1.2.3.4/99\"",
        "category Fedora Linux of host mirror00.example.org): bad row in inventory",
        "invalid mirror URL \"no url at all\"",
        "bad row in host: invalid country code \"Germany\"",
        "category Fedora Archive has no host",
        "https://dangling.example.org",
        "netblock 198.51.100.0/24",
        "\"no digest\" is not 32 hexadecimal digits",
        "host no-site.example.org: it refers to site 4716",
        "category 1 of host 4714",
    ] {
        assert!(run_output.stdout.contains(text), "{text} in {}", run_output.stdout);
    }
    let snapshot = backend.snapshot();
    // The host with the ID 3 (mirror02) is invalid; that with the ID 1 (mirror00) has one valid inventory.
    let names: Vec<&str> = snapshot.hosts.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["mirror00.example.org", "mirror01.example.org"]);
    assert_eq!(snapshot.hosts[1].netblocks.len(), 1);
    assert_eq!(snapshot.host_categories.len(), 3);
}

#[test]
fn a_missing_or_newer_database_is_an_error_and_keeps_the_published_generation() {
    let backend = TestBackend::new(2, "");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let before = backend.published_generation();
    backend.sql("PRAGMA user_version = 999");
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(run_output.status, 1, "{run_output:?}");
    assert!(run_output.stderr.contains("schema 999"), "{run_output:?}");
    std::fs::remove_file(backend.env.path("mm.db")).unwrap();
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(run_output.status, 1, "{run_output:?}");
    assert!(run_output.stderr.contains("mm-admin init"), "{run_output:?}");
    assert_eq!(backend.published_generation(), before);
}

/// Simulates a full disk with a file size limit that the style sheet exceeds and the database does not.
#[test]
fn a_full_disk_keeps_the_published_generation() {
    let backend = TestBackend::new(6, "[publish]\ntemplates_dir = \"templates\"\n");
    backend.env.write("templates/README", "a style sheet comes here");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let (published_before, entries_before) = (backend.published_generation(), backend.entries_of_generations_dir());
    backend.sql("UPDATE host SET user_active = 0 WHERE id = 1");
    backend.env.write("templates/style.css", vec![b' '; 12_000_000]);
    let program = backend.env.command(MM_UPDATE_MIRRORLIST);
    // 16,384 blocks of 512 bytes are 8 MiB. A write beyond the limit sends SIGXFSZ; if that is ignored, the write fails, as on a
    // full disk.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\""])
        .arg(program.get_program())
        .env("MM_CONFIG", backend.env.path("mm.toml"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("style.css") && stderr.contains("the published generation is unchanged"),
        "{stderr}"
    );
    assert_eq!(
        (backend.published_generation(), backend.entries_of_generations_dir()),
        (published_before, entries_before)
    );
    // The next run succeeds.
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(backend.snapshot().hosts.len(), 5);
}

#[test]
fn an_invalid_template_keeps_the_published_generation() {
    let backend = TestBackend::new(2, "[publish]\ntemplates_dir = \"templates\"\n");
    backend.env.write("templates/README", "");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let before = backend.published_generation();
    backend
        .env
        .write("templates/versions.html", "<h1>\n{{ no.such.thing }}");
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(run_output.status, 1, "{run_output:?}");
    assert!(run_output.stderr.contains("versions.html:2"), "{run_output:?}");
    assert_eq!(backend.published_generation(), before);
}

#[test]
fn a_generation_without_hosts_needs_confirmation() {
    let backend = TestBackend::new(6, "");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let (generation_dir, manifest) = backend.published_generation();
    // The hosts of a disabled site are disabled.
    backend.sql("UPDATE site SET admin_active = 0");
    let run_output = backend
        .env
        .run(MM_UPDATE_MIRRORLIST, &["--accept-loss", "repo=fedora-43/x86_64"]);
    assert_eq!(run_output.status, 3, "{run_output:?}");
    assert!(run_output.stderr.contains("--accept-empty"), "{run_output:?}");
    assert_eq!(backend.published_generation().1.id, manifest.id);
    // The same if the published snapshot cannot be read.
    std::fs::write(generation_dir.join("snapshot"), "garbage").unwrap();
    assert_eq!(backend.env.run(MM_UPDATE_MIRRORLIST, &[]).status, 3);
    backend.env.ok(MM_UPDATE_MIRRORLIST, &["--accept-empty"]);
    assert_eq!(backend.snapshot().hosts.len(), 0);
}

#[test]
fn unreadable_and_vanished_directories_are_in_no_file_of_a_generation() {
    let backend = TestBackend::new(2, "");
    backend.sql(
        "UPDATE directory SET readable = 0 WHERE path LIKE '%44_Beta%';
         UPDATE directory SET vanished_at = 5 WHERE path LIKE '%/42/%';",
    );
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let (generation_dir, manifest) = backend.published_generation();
    for entry in &manifest.files {
        let bytes = std::fs::read(generation_dir.join(&entry.path)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for unpublished in ["44 Beta", "44_Beta", "fedora-44", "releases/42", "fedora-42", "Adams"] {
            assert!(
                !text.contains(unpublished) && !entry.path.contains(unpublished),
                "{unpublished} in {}",
                entry.path
            );
        }
    }
    assert_eq!(backend.snapshot().repositories.len(), 11);
}

#[test]
fn an_unfinished_generation_that_cannot_be_removed_is_reported_once() {
    let backend = TestBackend::new(2, "");
    // Removing a directory fails for a file, even for root.
    backend.env.write("generations/.new-stuck", "not a directory");
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(run_output.status, 0, "{run_output:?}");
    assert!(
        run_output.stderr.contains(".new-stuck") && run_output.stderr.contains("remove it by hand"),
        "{run_output:?}"
    );
    // The generation was published before: the message of a failed run, that the published generation is unchanged, is wrong here.
    assert!(!run_output.stderr.contains("is unchanged"), "{run_output:?}");
    let published = backend
        .db()
        .read(|tx| db::published_generation::latest(tx, MAX_PUBLISHED_ROWS))
        .unwrap();
    assert_eq!(published[0].generation, backend.published_generation().1.id.to_string());
    // An alert that persists is repeated only once a day.
    let run_output = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(
        (run_output.status, run_output.stderr.as_str()),
        (0, ""),
        "reported once"
    );
}

#[test]
fn the_unfinished_generation_of_a_killed_run_is_removed() {
    let backend = TestBackend::new(2, "");
    backend.env.write("generations/.new-abc/public/index.html", "half");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(
        backend.entries_of_generations_dir().len(),
        2,
        "{:?}",
        backend.entries_of_generations_dir()
    );
}
