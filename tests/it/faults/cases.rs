//! One case for each program that changes files and ends, and for each command of `mm-admin` that replaces files.

use std::fs;

use super::{Case, Site};
use crate::publish::TestBackend;
use crate::support::{Env, Nginx};

/// The first column of the rows of a query, joined.
fn rows(env: &Env, sql: &str) -> String {
    let database = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join(" ")
}

/// The ID of the current generation in a directory.
fn current(env: &Env, dir: &str) -> String {
    let link = fs::read_link(env.path(dir).join("current"));
    link.map_or_else(|_| "none".to_owned(), |id| id.display().to_string())
}

const CATEGORY: &str = "[[category]]\nname = \"Linux\"\npath = \"master\"\n\
    [detect]\n[[detect.rule]]\nregex = '/releases/[0-9]+/'\nprefix = \"fedora\"\n";

const REGISTRY: &str = "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n[[category]]\nname = \"Linux\"\n\
    product = \"Fedora\"\ntopdir = \"pub/linux\"\n";

fn registered() -> Env {
    let env = Env::new(CATEGORY);
    env.write("registry.toml", REGISTRY);
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env
}

/// A master with repositories of ten versions.
fn with_master() -> Env {
    let env = registered();
    for version in 30..40 {
        let repomd = "<repomd><data type='primary'><timestamp>1</timestamp></data></repomd>";
        env.write(
            &format!("master/releases/{version}/x86_64/os/repodata/repomd.xml"),
            repomd,
        );
    }
    env
}

pub(super) const SCAN: Case = Case {
    program: "mm-scan-master",
    args: &[],
    prepare: || with_master().into(),
    result: |env| rows(env, "SELECT path || changed_seq FROM directory ORDER BY 1"),
};

pub(super) const DETECT: Case = Case {
    program: "mm-detect-release",
    args: &[],
    prepare: || {
        let env = with_master();
        env.ok("mm-scan-master", &[]);
        env.into()
    },
    result: |env| {
        rows(
            env,
            "SELECT v.name || coalesce(r.prefix, '') FROM version v LEFT JOIN repository r ON r.version_id = v.id ORDER BY 1",
        )
    },
};

/// A mirror that has everything.
pub(super) const CRAWL: Case = Case {
    program: "mm-crawl",
    args: &["--full"],
    prepare: || {
        let env = with_master();
        env.configure(&format!(
            "contact = \"ops@example.org\"\n{CATEGORY}[crawl]\nallow_private_addresses = true\n"
        ));
        env.ok("mm-scan-master", &[]);
        let mirror = Nginx::serve(&env.path("."));
        env.write(
            "registry.toml",
            format!("{REGISTRY}{}", host(1, &format!("{}/master", mirror.url()))),
        );
        env.ok("mm-admin", &["apply", "registry.toml"]);
        Site {
            env,
            _mirror: Some(mirror),
        }
    },
    result: |env| {
        rows(
            env,
            "SELECT DISTINCT r.outcome || (SELECT count(DISTINCT host_category_id) FROM inventory) FROM crawl_result r",
        )
    },
};

/// A host of the registry, with its only URL.
fn host(n: usize, url: &str) -> String {
    format!(
        "[[site]]\nname = \"S{n}\"\n[[site.host]]\nname = \"m{n}.example.org\"\ncountry = \"DE\"\n\
         [[site.host.category]]\nname = \"Linux\"\nurls = [\"{url}\"]\n"
    )
}

pub(super) const UPDATE: Case = Case {
    program: "mm-update-mirrorlist",
    args: &["--metrics-file", "update.prom"],
    prepare: || {
        let TestBackend { env } = changed_backend("");
        env.into()
    },
    result: |env| current(env, "generations"),
};

pub(super) const SYNC: Case = Case {
    program: "mm-sync-out",
    args: &[],
    prepare: || {
        let sync = "[sync]\n[[sync.target]]\nname = \"t\"\naddress = \"target\"\n";
        let TestBackend { env } = changed_backend(sync);
        fs::create_dir(env.path("target")).unwrap();
        env.ok("mm-sync-out", &[]);
        env.ok("mm-update-mirrorlist", &["--metrics-file", "update.prom"]);
        env.into()
    },
    result: |env| current(env, "target"),
};

/// A backend with a published generation, and with hosts that changed since.
fn changed_backend(config: &str) -> TestBackend {
    let backend = TestBackend::new(3, config);
    backend
        .env
        .ok("mm-update-mirrorlist", &["--metrics-file", "update.prom"]);
    backend.sql("UPDATE host SET bandwidth = 5001");
    backend
}

/// Twenty-four locks of jobs that died, and as many of MirrorManager2.
pub(super) const CLEAN: Case = Case {
    program: "mm-locks",
    args: &["--clean"],
    prepare: || {
        let env = Env::new("legacy_lock_dir = \"old\"");
        env.ok("mm-admin", &["init"]);
        for n in 0..24 {
            env.write(&format!("locks/scan.T{n}.lock"), "");
            env.write(&format!("old/crawler{n}.lock"), "4194305");
        }
        env.into()
    },
    result: |env| {
        let left = |dir: &str| fs::read_dir(env.path(dir)).unwrap().count();
        // Each lock is removed by itself.
        if left("locks") + left("old") == 0 {
            "none"
        } else {
            "some"
        }
        .to_owned()
    },
};

pub(super) const APPLY: Case = Case {
    program: "mm-admin",
    args: &["apply", "new.toml"],
    prepare: || {
        let env = registered();
        let hosts: String = (1..40).map(|n| host(n, &format!("http://192.0.2.1/{n}"))).collect();
        env.write("new.toml", format!("{REGISTRY}{hosts}"));
        env.into()
    },
    result: |env| {
        rows(
            env,
            "SELECT (SELECT count(*) FROM host) || '/' || (SELECT count(*) FROM host_category_url) || '/' || \
             (SELECT count(*) FROM audit_log)",
        )
    },
};

pub(super) const BACKUP: Case = Case {
    program: "mm-admin",
    args: &["backup"],
    prepare: || {
        let TestBackend { env } = changed_backend("backup.copy_to = \"elsewhere\"\n");
        env.ok("mm-admin", &["backup"]);
        env.ok("mm-admin", &["product", "add", "Second"]);
        env.into()
    },
    result: |env| {
        // `newest.db` names a backup that can be restored.
        env.ok("mm-admin", &["restore", "backup/newest.db", "--dry-run"]);
        let backup = rusqlite::Connection::open(env.path("backup/newest.db")).unwrap();
        let products: i64 = backup
            .query_row("SELECT count(*) FROM product", [], |row| row.get(0))
            .unwrap();
        products.to_string()
    },
};

pub(super) const RESTORE: Case = Case {
    program: "mm-admin",
    args: &["restore", "saved.db"],
    prepare: || {
        let TestBackend { env } = changed_backend("");
        env.ok("mm-admin", &["backup", "saved.db"]);
        env.ok("mm-admin", &["product", "add", "Later"]);
        env.into()
    },
    result: |env| rows(env, "SELECT name FROM product ORDER BY 1"),
};

pub(super) const MIGRATE: Case = Case {
    program: "mm-admin",
    args: &["migrate"],
    prepare: || {
        let env = Env::new("");
        let database = rusqlite::Connection::open(env.path("mm.db")).unwrap();
        database
            .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            .unwrap();
        env.into()
    },
    result: |env| rows(env, "SELECT CAST(user_version AS TEXT) FROM pragma_user_version"),
};
