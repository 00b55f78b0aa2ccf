//! The memory of a crawl of many mirrors with large categories.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::Stdio;
use std::time::Duration;

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::ids::{CategoryId, DirectoryId, HostCategoryId, ScanSeq};
use mirrormanager::model::inventory::{DirectoryException, ExceptionState, Inventory};
use mirrormanager::sys::clock;
use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};

use super::simulated_mirrors::{SimulatedMirrors, response};
use crate::peak_memory_and_status;
use crate::support::Env;
use crate::table::{Bar, Row};

const HOSTS: usize = 600;
const CATEGORIES: usize = 5;
/// The directories of a repository: its top, `repodata`, `Packages` and the package directories.
const DIRECTORIES_PER_REPOSITORY: usize = 100;
/// The number of files in `repodata` without `repomd.xml`.
const METADATA_FILES: usize = 7;
/// The number of packages in each package directory.
const PACKAGES: usize = 10;
/// In bytes.
const FILE_SIZE: usize = 100;
const REPOMD: &str = "<repomd><data type=\"primary\"><timestamp>1700000000</timestamp></data></repomd>\n";

pub(crate) fn rows() -> Vec<Row> {
    // 60,000 directories in all categories together, and in each category.
    let sizes = [("memory-600", 60_000 / CATEGORIES), ("memory-600-each", 60_000)];
    let measured = sizes.map(|(name, directories)| (name, peak_of_crawls(directories)));
    let row = |(name, measured)| Row {
        area: "crawl",
        name,
        measured,
        reference: 400.0,
        unit: "MB",
        bar: Bar::AtMost(1.0),
    };
    measured.map(row).into()
}

/// Returns the peak memory in MB of three crawls: one of changed directories, and two that a time limit interrupts.
fn peak_of_crawls(directories: usize) -> f64 {
    let env = Env::new("[crawl]\nallow_private_addresses = true\nrequests_per_second = 0\nrequests_per_day = 0\n");
    let mirrors = SimulatedMirrors::start(HOSTS, Duration::ZERO, respond);
    create_database(&env, directories / DIRECTORIES_PER_REPOSITORY, &mirrors);
    let crawls: [(&[&str], i32); 3] = [
        (&["--changed"], 0),
        (&["--max-runtime", "20s"], 3),
        (&["--full", "--max-runtime", "20s"], 3),
    ];
    let peaks = crawls.map(|(args, expected)| {
        let mut command = env.command("mm-crawl");
        let stderr = env.path("stderr");
        command
            .args(args)
            .stdout(Stdio::null())
            .stderr(File::create(&stderr).unwrap());
        let (peak, status) = peak_memory_and_status(&mut command);
        let stderr = fs::read_to_string(&stderr).unwrap();
        assert_eq!(status, Some(expected), "{args:?}: {stderr}");
        eprintln!(
            "{directories} directories in each category, {}: {peak:.0} MB",
            args.join(" ")
        );
        peak
    });
    peaks.into_iter().fold(0.0, f64::max)
}

/// Returns the response of a complete mirror.
fn respond(is_head: bool, path: &str) -> Vec<u8> {
    if path.ends_with("/repomd.xml") {
        return response(is_head, "200 OK", REPOMD.as_bytes());
    }
    if !path.ends_with('/') {
        let known = [".rpm", ".gz"].iter().any(|end| path.ends_with(end));
        let status = if known { "200 OK" } else { "404 Not Found" };
        return response(is_head, status, &[b'x'; FILE_SIZE]);
    }
    let mut page = format!(
        "<html>\n<head><title>Index of {path}</title></head>\n<body>\n<h1>Index of {path}</h1><hr><pre><a href=\"../\">../</a>\n"
    );
    for (name, size) in files(path.trim_end_matches('/')) {
        writeln!(page, "<a href=\"{name}\">{name}</a>  14-Nov-2023 22:13  {size}").unwrap();
    }
    page.push_str("</pre><hr></body>\n</html>\n");
    response(is_head, "200 OK", page.as_bytes())
}

/// Returns the names and sizes of the files in a directory, sorted by name.
fn files(path: &str) -> Vec<(String, usize)> {
    if path.ends_with("/repodata") {
        let metadata = (0..METADATA_FILES).map(|n| (format!("{n:064x}-primary.xml.gz"), FILE_SIZE));
        return metadata.chain([("repomd.xml".to_owned(), REPOMD.len())]).collect();
    }
    if !path.contains("/Packages/") {
        return Vec::new();
    }
    let packages = (0..PACKAGES).map(|n| format!("package-with-a-name-{n}-1.2.3-4.fc43.noarch.rpm"));
    packages.map(|name| (name, FILE_SIZE)).collect()
}

fn repository_path(repository: usize) -> String {
    format!("updates/{}/Everything/arch{}", repository / 20, repository % 20)
}

/// Creates a database with `repositories` repositories in each category, and hosts with inventories.
fn create_database(env: &Env, repositories: usize, mirrors: &SimulatedMirrors) {
    let config = Config::load(&env.path("mm.toml")).unwrap();
    db::init(&config).unwrap();
    let mut conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let tx = conn.transaction().unwrap();
    tx.execute_batch(
        "INSERT INTO product (id, name) VALUES (1, 'Fedora'); INSERT INTO site (id, name) VALUES (1, 'S');",
    )
    .unwrap();
    let mut registry = String::new();
    for category in 1..=CATEGORIES {
        writeln!(
            registry,
            "INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES ({category}, 'C{category}', 1, 'pub/{category}', 1);"
        )
        .unwrap();
    }
    for (host, (name, url)) in (1..).zip(mirrors.names_and_urls()) {
        writeln!(
            registry,
            "INSERT INTO host (id, site_id, name, country) VALUES ({host}, 1, '{name}', 'DE');"
        )
        .unwrap();
        for category in 1..=CATEGORIES {
            let id = (host - 1) * CATEGORIES + category;
            writeln!(
                registry,
                "INSERT INTO host_category (id, host_id, category_id) VALUES ({id}, {host}, {category});
                 INSERT INTO host_category_url (host_category_id, url) VALUES ({id}, '{url}/{category}');"
            )
            .unwrap();
        }
    }
    tx.execute_batch(&registry).unwrap();
    // The IDs of the categories' directories alternate, as after alternating scans.
    for repository in 0..repositories {
        for category in 1..=CATEGORIES {
            write_repository(&tx, i64::try_from(category).unwrap(), &repository_path(repository));
        }
    }
    tx.commit().unwrap();
    write_inventories(&config);
}

fn write_repository(tx: &rusqlite::Transaction<'_>, category: i64, path: &str) {
    let packages = (0..DIRECTORIES_PER_REPOSITORY - 3).map(|n| format!("/Packages/{n:02}"));
    let own = ["", "/repodata", "/Packages"].map(str::to_owned);
    let mut insert = tx
        .prepare_cached(
            "INSERT INTO directory (category_id, path, readable, ctime, files, changed_seq, first_seen) VALUES (?1, ?2, 1, 1, ?3, 1, 1)",
        )
        .unwrap();
    for path in own.into_iter().chain(packages).map(|below| format!("{path}{below}")) {
        let files: Vec<_> = files(&path)
            .into_iter()
            .map(|(name, size)| serde_json::json!({"name": name, "size": size, "timestamp": 1_700_000_000}))
            .collect();
        insert
            .execute(rusqlite::params![
                category,
                path,
                serde_json::Value::from(files).to_string()
            ])
            .unwrap();
        if path.ends_with("/repodata") {
            write_versions(tx, tx.last_insert_rowid());
        }
    }
}

/// Inserts the newest version of `repomd.xml`, and the two before it.
fn write_versions(tx: &rusqlite::Transaction<'_>, directory: i64) {
    let newest = hex::encode(Sha256::digest(REPOMD));
    for (version, after) in [(1, Some(2)), (2, Some(3)), (3, None::<i64>)] {
        let sha256 = after.map_or(newest.clone(), |_| format!("{:064x}", directory * 10 + version));
        tx.prepare_cached(
            "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, first_seen, superseded_seq, superseded_at)
             VALUES (?1, 'repomd.xml', ?2, 1000, printf('%032x', ?1), printf('%040x', ?1), ?3, printf('%0128x', ?1), 0, 1, ?4, ?4)",
        )
        .unwrap()
        .execute(rusqlite::params![directory, version, sha256, after.map(|_| 1)])
        .unwrap();
    }
}

/// Writes inventories: each fifth host has 40 % of each category, the others almost all; some directories are inconclusive.
fn write_inventories(config: &Config) {
    let mut db = Db::open(config).unwrap();
    db.write(|tx| {
        let now = clock::now();
        let categories: Vec<Vec<(DirectoryId, String)>> = (1..=CATEGORIES)
            .map(|id| {
                let all = db::directory::of_category(tx, CategoryId(i64::try_from(id).unwrap()))?;
                Ok(all.into_iter().map(|d| (d.id, d.path.as_str().to_owned())).collect())
            })
            .collect::<Result<_, DbError>>()?;
        let complete: Vec<RoaringBitmap> = categories
            .iter()
            .map(|all| all.iter().map(|(id, _)| id.0).collect())
            .collect();
        for host in 0..HOSTS {
            for category in 0..CATEGORIES {
                let id = i64::try_from(host * CATEGORIES + category + 1).unwrap();
                let mut inventory = Inventory::new(HostCategoryId(id));
                (inventory.scan_seq, inventory.checked_at, inventory.last_full_probe_at) = (ScanSeq(1), now, now);
                inventory.present.clone_from(&complete[category]);
                for (n, (id, path)) in categories[category].iter().enumerate() {
                    let is_partial = host % 5 == 0;
                    let is_missing = if is_partial {
                        (n / DIRECTORIES_PER_REPOSITORY) % 20 >= 8
                    } else {
                        (n * 7919 + host * 104_729) % 200 == 0
                    };
                    if is_missing {
                        inventory.present.remove(id.0);
                    }
                    if is_missing && is_partial && n % DIRECTORIES_PER_REPOSITORY == 0 {
                        inventory.missing.insert(id.0);
                    }
                    if !is_missing && path.ends_with("/repodata") && (n / DIRECTORIES_PER_REPOSITORY) % 40 == host % 40
                    {
                        let exception = DirectoryException {
                            state: ExceptionState::Inconclusive,
                            since: now,
                            tries: 1,
                            detail: None,
                            sha256: None,
                        };
                        inventory.exceptions.insert(*id, exception);
                    }
                }
                db::inventory::put(tx, &inventory)?;
            }
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
}
