//! A database with many hosts that hold many repositories, written without a scan or a crawl.

use std::fmt::Write as _;

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::Timestamp;
use mirrormanager::model::ids::{CategoryId, ScanSeq};
use mirrormanager::model::inventory::Inventory;

use crate::support::Env;

const COUNTRIES: [&str; 10] = ["DE", "US", "FR", "JP", "BR", "CZ", "CA", "AU", "IN", "SE"];
/// A day in 2026.
const DAY: i64 = 1_790_000_000;

pub(crate) const HOSTS: usize = 300;
const VERSIONS: usize = 10;
const ARCHES: [&str; 4] = ["x86_64", "aarch64", "ppc64le", "s390x"];

/// 300 hosts, 10 versions, 4 architectures, 80 repositories, and as many other directories as a repository has.
pub(crate) fn world(extra: &str) -> Env {
    let env = Env::new(extra);
    db::init(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
    let mut sql = String::from(
        "BEGIN; INSERT INTO product (id, name) VALUES (1, 'Fedora');
         INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES (1, 'Linux', 1, 'pub/linux', 1);",
    );
    for (n, arch) in (1..).zip(ARCHES) {
        writeln!(
            sql,
            "INSERT INTO arch (id, name, primary_arch) VALUES ({n}, '{arch}', 1);"
        )
        .unwrap();
    }
    for version in 1..=VERSIONS {
        let name = version + 30;
        writeln!(
            sql,
            "INSERT INTO version (id, product_id, name, sortorder, first_seen) VALUES ({version}, 1, '{name}', {version}, {});",
            DAY - 1000
        )
        .unwrap();
        for (n, arch) in (1..).zip(ARCHES) {
            for (stem, path) in [
                ("fedora-", format!("releases/{name}/Everything/{arch}/os")),
                ("updates-released-f", format!("updates/{name}/Everything/{arch}")),
            ] {
                repository(&mut sql, version, n, &format!("{stem}{name}"), &path);
            }
        }
    }
    for n in 0..HOSTS {
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
    hold_everything(&env);
    env
}

fn repository(sql: &mut String, version: usize, arch: usize, prefix: &str, path: &str) {
    let packages = (0..36).map(|n| format!("/Packages/{n:02}"));
    let own = ["", "/repodata", "/Packages"].map(str::to_owned);
    for below in own.into_iter().chain(packages) {
        writeln!(
            sql,
            "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) VALUES (1, '{path}{below}', 1, 1, 1, 1);"
        )
        .unwrap();
    }
    writeln!(
        sql,
        "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, first_seen)
           SELECT id, 'repomd.xml', 1, 1000, printf('%032x', id), printf('%040x', id), printf('%064x', id), printf('%0128x', id), 1, 1
           FROM directory WHERE path = '{path}/repodata';
         INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen)
           SELECT path, '{prefix}', 1, {version}, {arch}, id, 1 FROM directory WHERE path = '{path}';"
    )
    .unwrap();
}

/// Every host is seen to hold every directory.
fn hold_everything(env: &Env) {
    let mut db = Db::open(&Config::load(&env.path("mm.toml")).unwrap()).unwrap();
    db.write(|tx| {
        let directories = db::directory::of_category(tx, CategoryId(1))?;
        for hc in db::registry::host_categories(tx)? {
            let mut holding = Inventory::new(hc.id);
            (holding.scan_seq, holding.checked_at) = (ScanSeq(1), Timestamp(DAY));
            holding.present = directories.iter().map(|d| d.id.0).collect();
            db::inventory::put(tx, &holding)?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
}

/// Changes something that every page and the snapshot say.
pub(crate) fn touch(env: &Env, round: usize) {
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    conn.execute("UPDATE host SET bandwidth = 3000 + ?1", [i64::try_from(round).unwrap()])
        .unwrap();
}
