//! A database with 300 hosts and 80 repositories (10 versions, 4 architectures, 2 repositories of each) in one category. Every host
//! has every directory. It is written by SQL, without a scan or a crawl.

use std::fmt::Write as _;

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::Timestamp;
use mirrormanager::model::ids::{CategoryId, ScanSeq};
use mirrormanager::model::inventory::Inventory;

use crate::support::Env;

const COUNTRIES: [&str; 10] = ["DE", "US", "FR", "JP", "BR", "CZ", "CA", "AU", "IN", "SE"];
/// The Unix time of the crawls, in 2026.
const CRAWLED_AT: i64 = 1_790_000_000;

const HOST_COUNT: usize = 300;
const VERSION_COUNT: usize = 10;
const ARCHES: [&str; 4] = ["x86_64", "aarch64", "ppc64le", "s390x"];
const PACKAGE_DIRS_PER_REPOSITORY: usize = 36;

/// Creates the database; `extra_config` is appended to `mm.toml`.
pub(crate) fn create_database(extra_config: &str) -> Env {
    let env = Env::new(extra_config);
    db::init(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
    let mut sql = String::from(
        "BEGIN; INSERT INTO product (id, name) VALUES (1, 'Fedora');
         INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES (1, 'Linux', 1, 'pub/linux', 1);",
    );
    for (arch_id, arch) in (1..).zip(ARCHES) {
        writeln!(
            sql,
            "INSERT INTO arch (id, name, primary_arch) VALUES ({arch_id}, '{arch}', 1);"
        )
        .unwrap();
    }
    for version_id in 1..=VERSION_COUNT {
        let version_name = version_id + 30;
        writeln!(
            sql,
            "INSERT INTO version (id, product_id, name, sortorder, first_seen) VALUES ({version_id}, 1, '{version_name}', {version_id}, {});",
            CRAWLED_AT - 1000
        )
        .unwrap();
        for (arch_id, arch) in (1..).zip(ARCHES) {
            for (stem, path) in [
                ("fedora-", format!("releases/{version_name}/Everything/{arch}/os")),
                (
                    "updates-released-f",
                    format!("updates/{version_name}/Everything/{arch}"),
                ),
            ] {
                let prefix = format!("{stem}{version_name}");
                insert_repository(&mut sql, version_id, arch_id, &prefix, &path);
            }
        }
    }
    for n in 0..HOST_COUNT {
        let (id, name, country) = (
            n + 1,
            format!("mirror{n:03}.example.org"),
            COUNTRIES[n % COUNTRIES.len()],
        );
        let bandwidth = [100, 1_000, 10_000, 2_500][n % 4];
        writeln!(
            sql,
            "INSERT INTO site (id, name) VALUES ({id}, 'University {n}');
             INSERT INTO host (id, site_id, name, country, bandwidth) VALUES ({id}, {id}, '{name}', '{country}', {bandwidth});
             INSERT INTO host_category (id, host_id, category_id) VALUES ({id}, {id}, 1);
             INSERT INTO host_category_url (host_category_id, url) VALUES ({id}, 'https://{name}/pub/linux'),
               ({id}, 'http://{name}/pub/linux'), ({id}, 'rsync://{name}/linux');"
        )
        .unwrap();
    }
    sql.push_str("COMMIT;");
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    conn.execute_batch(&sql).unwrap();
    fill_inventories(&env);
    env
}

/// Appends the statements for a repository and its directories.
fn insert_repository(sql: &mut String, version_id: usize, arch_id: usize, prefix: &str, path: &str) {
    let package_dirs = (0..PACKAGE_DIRS_PER_REPOSITORY).map(|n| format!("/Packages/{n:02}"));
    let upper_dirs = ["", "/repodata", "/Packages"].map(str::to_owned);
    for subdir in upper_dirs.into_iter().chain(package_dirs) {
        writeln!(
            sql,
            "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) VALUES (1, '{path}{subdir}', 1, 1, 1, 1);"
        )
        .unwrap();
    }
    writeln!(
        sql,
        "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, first_seen)
           SELECT id, 'repomd.xml', 1, 1000, printf('%032x', id), printf('%040x', id), printf('%064x', id), printf('%0128x', id), 1, 1
           FROM directory WHERE path = '{path}/repodata';
         INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen)
           SELECT path, '{prefix}', 1, {version_id}, {arch_id}, id, 1 FROM directory WHERE path = '{path}';"
    )
    .unwrap();
}

/// Records that every host has every directory.
fn fill_inventories(env: &Env) {
    let mut db = Db::open(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
    db.write(|tx| {
        let directories = db::directory::of_category(tx, CategoryId(1))?;
        for hc in db::registry::host_categories(tx)? {
            let mut inventory = Inventory::new(hc.id);
            (inventory.scan_seq, inventory.checked_at) = (ScanSeq(1), Timestamp(CRAWLED_AT));
            inventory.present = directories.iter().map(|d| d.id.0).collect();
            db::inventory::put(tx, &inventory)?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
}

/// Changes the bandwidth of all hosts, which is in the snapshot and on all pages with mirrors.
pub(crate) fn change_bandwidths(env: &Env, iteration: usize) {
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    conn.execute(
        "UPDATE host SET bandwidth = 3000 + ?1",
        [i64::try_from(iteration).unwrap()],
    )
    .unwrap();
}
