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
mod guard;
mod markup;
mod master;
mod pages;

const UPDATE: &str = "mm-update-mirrorlist";
/// A time in 2026.
const DAY: i64 = 1_790_000_000;

/// A database with four versions of Fedora and one of EPEL, and hosts that have everything.
pub(crate) struct World {
    pub(crate) env: Env,
}

/// Name, codename, true for a test release, architectures.
const VERSIONS: [(&str, &str, bool, &[&str]); 4] = [
    ("42", "Adams", false, &["x86_64", "aarch64"]),
    ("43", "", false, &["x86_64", "aarch64", "ppc64le", "s390x"]),
    ("44 Beta", "", true, &["x86_64", "aarch64"]),
    ("development", "Rawhide", false, &["x86_64"]),
];
const COUNTRIES: [&str; 14] = [
    "DE", "US", "FR", "JP", "BR", "CZ", "US", "DE", "CA", "AU", "IN", "ZA", "VC", "SE",
];

impl World {
    pub(crate) fn new(hosts: usize, extra: &str) -> Self {
        let env = Env::new(extra);
        db::init(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
        let world = Self { env };
        world.sql(
            "INSERT INTO product (id, name) VALUES (1, 'Fedora'), (2, 'EPEL');
             INSERT INTO arch (id, name, primary_arch) VALUES (1, 'x86_64', 1), (2, 'aarch64', 1), (3, 'ppc64le', 0),
               (4, 's390x', 0);
             INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES
               (1, 'Fedora Linux', 1, 'pub/fedora/linux', 1), (2, 'Fedora EPEL', 2, 'pub/epel', 1);",
        );
        for (n, (name, codename, test, arches)) in (1..).zip(VERSIONS) {
            world.version(n, 1, name, codename, test);
            for arch in arches {
                let dir = name.replace(' ', "_");
                let short = name.split(' ').next().unwrap();
                world.repository(
                    1,
                    n,
                    arch,
                    &format!("fedora-{short}"),
                    &format!("releases/{dir}/Everything/{arch}/os"),
                );
                world.repository(
                    1,
                    n,
                    arch,
                    &format!("updates-released-f{short}"),
                    &format!("updates/{dir}/{arch}"),
                );
            }
        }
        world.version(5, 2, "10", "", false);
        world.repository(2, 5, "x86_64", "epel-10", "10/Everything/x86_64");
        for n in 0..hosts {
            world.host(n, COUNTRIES[n % COUNTRIES.len()]);
        }
        world.crawl();
        world
    }

    /// Adds past crawls, findings and a downtime of the first mirror.
    pub(crate) fn crawled(&self) {
        self.sql(
            "INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (900, 'crawl', '',
               CAST(strftime('%s', 'now') AS INTEGER), 1, 'mm');
             INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", outdated_allowed,
               outdated, unknown_hash, staged, inconclusive)
               WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 33)
               SELECT 900, 1, 1, CASE n WHEN 20 THEN 'category-missing' WHEN 25 THEN 'inconclusive' ELSE 'complete' END, 1, 1790000000 + n * 43200, 9,
                 CASE WHEN n IN (20, 25) THEN 0 ELSE 60 + n END, n % 7 / 5, 3, 0, 0, 0 FROM n;
             INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen)
               SELECT 1, id, 900, 1790000000, 'u', CASE id % 3 WHEN 0 THEN 'size' WHEN 1 THEN 'forbidden' ELSE 'missing' END,
                 '4711 bytes', '815 bytes' FROM directory WHERE category_id = 1;
             INSERT INTO finding (host_category_id, run_id, seen_at, url, reason, expected, seen)
               VALUES (1, 900, 1790000000, 'u', 'certificate', 'one of at least 14 days', 'ends 2026-10-01 (in 9 days)');
             INSERT INTO host_downtime (host_id, starts_at, ends_at, reason) VALUES (1, 4000000000, 4000003600, 'new disks');",
        );
    }

    /// Adds samples of two weeks in which each push propagates in four days.
    fn add_propagation(&self) {
        self.sql(
            "INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, inconclusive) \
             WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 83) \
             SELECT r.id, 1790000000 + n * 14400, 3 + n % 25, 25 - n % 25, 2, 1, 1 FROM repository r, n",
        );
    }

    pub(crate) fn sql(&self, text: &str) {
        let conn = rusqlite::Connection::open(self.env.path("mm.db")).unwrap();
        conn.execute_batch(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    }

    pub(crate) fn version(&self, id: i64, product: i64, name: &str, codename: &str, test: bool) {
        self.sql(&format!(
            "INSERT INTO version (id, product_id, name, codename, is_test, sortorder, first_seen)
             VALUES ({id}, {product}, '{name}', nullif('{codename}', ''), {test}, {id}, {})",
            DAY - 86_400 * 200 + id * 86_400 * 30
        ));
    }

    pub(crate) fn repository(&self, category: i64, version: i64, arch: &str, prefix: &str, path: &str) {
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

    fn host(&self, n: usize, country: &str) {
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

    /// Stores inventories in which every host has every directory.
    pub(crate) fn crawl(&self) {
        let mut db = self.db();
        db.write(|tx| {
            let directories: Vec<(i64, u32)> = [1, 2]
                .into_iter()
                .map(|c| (c, mirrormanager::model::ids::CategoryId(c)))
                .map(|(c, id)| db::directory::of_category(tx, id).map(|d| (c, d)))
                .collect::<Result<Vec<_>, DbError>>()?
                .into_iter()
                .flat_map(|(c, d)| d.into_iter().map(move |d| (c, d.id.0)))
                .collect();
            for hc in db::registry::host_categories(tx)? {
                let mut holding = Inventory::new(HostCategoryId(hc.id.0));
                (holding.scan_seq, holding.checked_at) = (ScanSeq(1), Timestamp(DAY));
                let own = directories.iter().filter(|(c, _)| *c == hc.category.0);
                holding.present = own.map(|(_, d)| *d).collect();
                db::inventory::put(tx, &holding)?;
            }
            Ok::<(), DbError>(())
        })
        .unwrap();
    }

    fn generations(&self) -> PathBuf {
        self.env.path("generations")
    }

    /// Returns the published generation after verifying it.
    pub(crate) fn current(&self) -> (PathBuf, Manifest) {
        let (place, manifest) = generation::current(&self.generations()).unwrap().unwrap();
        assert_eq!(generation::verify(&place).unwrap(), manifest);
        (place, manifest)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let (place, manifest) = self.current();
        Snapshot::decode(&generation::read_file(&place, &manifest, "snapshot").unwrap()).unwrap()
    }

    /// Returns the names in the directory of generations, sorted.
    fn generation_names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.generations()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_generation_is_written_and_then_only_refreshed() {
    let w = World::new(3, "");
    // No output, so that cron sends no mail.
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", ""),
        "{ran:?}"
    );
    let (place, first) = w.current();
    let snapshot = w.snapshot();
    assert_eq!((snapshot.hosts.len(), snapshot.repositories.len()), (3, 19));
    assert!(snapshot.host_categories.iter().all(|hc| !hc.listed.is_empty()));
    assert!(place.join("public/index.html").exists());

    let output = w.env.ok(UPDATE, &["-v"]);
    assert!(
        output.contains("unchanged: generation") && output.contains("3 hosts"),
        "{output}"
    );
    let (_, second) = w.current();
    assert_eq!(first.id, second.id);
    assert!(second.as_of >= first.as_of);
    assert_eq!(w.generation_names(), [first.id.as_str(), "current"]);
    let published = w.db().read(|tx| db::published_generation::latest(tx, 9)).unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].hosts, published[0].repositories), (3, 19));
}

#[test]
fn a_dry_run_shows_what_would_change_and_changes_nothing() {
    let w = World::new(6, "");
    let output = w.env.ok(UPDATE, &["--dry-run"]);
    assert!(
        output.contains("would publish") && w.generation_names().is_empty(),
        "{output}"
    );
    w.env.ok(UPDATE, &[]);
    let before = w.generation_names();
    w.sql("UPDATE host SET user_active = 0 WHERE id = 2");
    let output = w.env.ok(UPDATE, &["--dry-run"]);
    assert!(output.contains("- host mirror01.example.org"), "{output}");
    let line = output.lines().find(|l| l.starts_with("fedora-43/x86_64")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells, ["fedora-43/x86_64", "6", "5", "mirror01.example.org"]);
    assert_eq!(w.generation_names(), before);
    let json = w.env.ok(UPDATE, &["--dry-run", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["numbers"]["hosts"], 5);
    assert_eq!(json["diff"]["hosts_lost"][0], "mirror01.example.org");
    // Without --dry-run there is a new generation, and the old one is kept.
    w.env.ok(UPDATE, &[]);
    assert_eq!(w.generation_names().len(), before.len() + 1);
}

#[test]
fn invalid_rows_are_warnings_that_name_them() {
    let w = World::new(3, "");
    w.sql(
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
    let ran = w.env.run(UPDATE, &["-v"]);
    assert_eq!(ran.status, 0, "{ran:?}");
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
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
    let snapshot = w.snapshot();
    // Host 3 is invalid; host 1 has one valid category.
    let names: Vec<&str> = snapshot.hosts.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["mirror00.example.org", "mirror01.example.org"]);
    assert_eq!(snapshot.hosts[1].netblocks.len(), 1);
    assert_eq!(snapshot.host_categories.len(), 3);
}

#[test]
fn a_missing_or_newer_database_is_an_error_and_the_generation_stays() {
    let w = World::new(2, "");
    w.env.ok(UPDATE, &[]);
    let before = w.current();
    w.sql("PRAGMA user_version = 999");
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("schema 999"), "{ran:?}");
    std::fs::remove_file(w.env.path("mm.db")).unwrap();
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("mm-admin init"), "{ran:?}");
    assert_eq!(w.current(), before);
}

/// Simulates a full disk with a file size limit that the style sheet exceeds and the database does not.
#[test]
fn a_full_disk_leaves_the_published_generation() {
    let w = World::new(6, "[publish]\ntemplates_dir = \"templates\"\n");
    w.env.write("templates/README", "a style sheet comes here");
    w.env.ok(UPDATE, &[]);
    let (before, names) = (w.current(), w.generation_names());
    w.sql("UPDATE host SET user_active = 0 WHERE id = 1");
    w.env.write("templates/style.css", vec![b' '; 12_000_000]);
    let program = w.env.command(UPDATE);
    // Blocks of 512 bytes. With the signal ignored, the write fails as on a full disk.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\""])
        .arg(program.get_program())
        .env("MM_CONFIG", w.env.path("mm.toml"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("style.css") && stderr.contains("the published generation is unchanged"),
        "{stderr}"
    );
    assert_eq!((w.current(), w.generation_names()), (before, names));
    // The next run succeeds.
    w.env.ok(UPDATE, &[]);
    assert_eq!(w.snapshot().hosts.len(), 5);
}

#[test]
fn an_invalid_template_leaves_the_published_generation() {
    let w = World::new(2, "[publish]\ntemplates_dir = \"templates\"\n");
    w.env.write("templates/README", "");
    w.env.ok(UPDATE, &[]);
    let before = w.current();
    w.env.write("templates/versions.html", "<h1>\n{{ no.such.thing }}");
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("versions.html:2"), "{ran:?}");
    assert_eq!(w.current(), before);
}

#[test]
fn an_empty_mirror_list_needs_confirmation() {
    let w = World::new(6, "");
    w.env.ok(UPDATE, &[]);
    let after = w.current();
    // All hosts are disabled.
    w.sql("UPDATE site SET admin_active = 0");
    let ran = w.env.run(UPDATE, &["--accept-loss", "repo=fedora-43/x86_64"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.stderr.contains("--accept-empty"), "{ran:?}");
    assert_eq!(w.current().1.id, after.1.id);
    // The same if the published snapshot cannot be read.
    std::fs::write(after.0.join("snapshot"), "garbage").unwrap();
    assert_eq!(w.env.run(UPDATE, &[]).status, 3);
    w.env.ok(UPDATE, &["--accept-empty"]);
    assert_eq!(w.snapshot().hosts.len(), 0);
    assert_eq!(w.env.run(UPDATE, &["--accept-loss", "fedora"]).status, 2);
}

#[test]
fn unreadable_and_vanished_directories_are_in_no_file_of_a_generation() {
    let w = World::new(2, "");
    w.sql(
        "UPDATE directory SET readable = 0 WHERE path LIKE '%44_Beta%';
         UPDATE directory SET vanished_at = 5 WHERE path LIKE '%/42/%';",
    );
    w.env.ok(UPDATE, &[]);
    let (place, manifest) = w.current();
    for entry in &manifest.files {
        let bytes = std::fs::read(place.join(&entry.path)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for hidden in ["44 Beta", "44_Beta", "fedora-44", "releases/42", "fedora-42", "Adams"] {
            assert!(
                !text.contains(hidden) && !entry.path.contains(hidden),
                "{hidden} in {}",
                entry.path
            );
        }
    }
    assert_eq!(w.snapshot().repositories.len(), 11);
}

#[test]
fn leftovers_that_cannot_be_removed_are_warnings() {
    let w = World::new(2, "");
    // Removing a directory fails for a file, even for root.
    w.env.write("generations/.new-stuck", "not a directory");
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.stderr.contains(".new-stuck") && ran.stderr.contains("remove it by hand"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("is unchanged"), "{ran:?}");
    let published = w.db().read(|tx| db::published_generation::latest(tx, 9)).unwrap();
    assert_eq!(published[0].generation, w.current().1.id.to_string());
    let ran = w.env.run(UPDATE, &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "reported once");
}

#[test]
fn leftovers_of_a_killed_run_are_removed() {
    let w = World::new(2, "");
    w.env.write("generations/.new-abc/public/index.html", "half");
    w.env.ok(UPDATE, &[]);
    assert_eq!(w.generation_names().len(), 2, "{:?}", w.generation_names());
}
