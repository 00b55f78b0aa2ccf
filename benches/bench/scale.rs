//! Generates data of Fedora's size: a database and the input files of a server.
//!
//! The numbers in [`Size::new`] are those of Fedora in 2025. A host carries a whole category, some of its versions or one
//! architecture; some hosts are outdated, some are private, and a few are inconclusive. The same call gives the same data, except
//! for times, which are relative to `now`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::Timestamp;
use rusqlite::Connection;

#[path = "scale/history.rs"]
mod history;
#[path = "scale/inputs.rs"]
mod inputs;
#[path = "scale/inventories.rs"]
mod inventories;
#[path = "../../src/answer/geo/tests/mmdb.rs"]
mod mmdb;
#[path = "scale/random.rs"]
mod random;
#[path = "scale/registry.rs"]
mod registry;
#[path = "scale/tree.rs"]
mod tree;

use tree::Tree;

/// The number of rows of each kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) hosts: usize,
    pub(crate) host_categories: usize,
    pub(crate) urls: usize,
    pub(crate) directories: usize,
    pub(crate) repositories: usize,
    pub(crate) file_details: usize,
    pub(crate) netblocks: usize,
    /// Lines of the routing table.
    pub(crate) routes: usize,
    /// Addresses of clients.
    pub(crate) clients: usize,
}

impl Size {
    /// The numbers of Fedora; hosts with their rows, and directories, are multiplied by `scale`.
    pub(crate) fn new(scale: usize) -> Self {
        Self {
            hosts: 600 * scale,
            host_categories: 1_457 * scale,
            urls: 3_200 * scale,
            directories: 60_000 * scale,
            repositories: 1_450,
            file_details: 5_800,
            netblocks: 500 * scale,
            routes: 1_000_000,
            clients: 1_000,
        }
    }
}

/// The files that [`write`] writes into a directory.
#[derive(Debug)]
pub(crate) struct ScaleFiles {
    pub(crate) config: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) geoip: PathBuf,
    /// Lines of `prefix asn`.
    pub(crate) routing_table: PathBuf,
    /// One address per line.
    pub(crate) clients: PathBuf,
    /// One `repo=…&arch=…` per line.
    pub(crate) repositories: PathBuf,
    /// One value of `path=` per line.
    pub(crate) paths: PathBuf,
}

impl ScaleFiles {
    fn in_dir(dir: &Path) -> Self {
        let path = |name: &str| dir.join(name);
        Self {
            config: path("mm.toml"),
            database: path("mm.db"),
            geoip: path("country.mmdb"),
            routing_table: path("prefixes.txt"),
            clients: path("clients.txt"),
            repositories: path("repositories.txt"),
            paths: path("paths.txt"),
        }
    }
}

/// The lines of `[server]` in the config that refer to these files.
pub(crate) const SERVER_CONFIG: &str = "geoip = \"country.mmdb\"\nasn_table = \"prefixes.txt\"\n";

/// Writes the files into `dir`, which must exist and must not contain a database. An existing config is kept.
pub(crate) fn write(dir: &Path, size: Size, now: Timestamp) -> ScaleFiles {
    let files = ScaleFiles::in_dir(dir);
    for subdirectory in ["generations", "locks", "log"] {
        fs::create_dir_all(dir.join(subdirectory)).unwrap();
    }
    // Jobs refuse a lock directory that others can open.
    fs::set_permissions(dir.join("locks"), fs::Permissions::from_mode(0o700)).unwrap();
    if !files.config.exists() {
        let text = format!(
            "database = \"sqlite:mm.db\"\nuser = \"root\"\ngenerations_dir = \"generations\"\nlock_dir = \"locks\"\n\
             log_dir = \"log\"\n[server]\n{SERVER_CONFIG}"
        );
        fs::write(&files.config, text).unwrap();
    }
    let config = Config::load(&files.config).unwrap();
    db::init(&config).unwrap();
    let tree = Tree::grow(size);
    let mut conn = Connection::open(&files.database).unwrap();
    let tx = conn.transaction().unwrap();
    tree.write(&tx, size, now);
    let carried = registry::write(&tx, size);
    history::write(&tx, &tree, now);
    tx.commit().unwrap();
    conn.close().unwrap();
    let mut db = Db::open(&config).unwrap();
    db.write(|tx| {
        for inventory in inventories::inventories(&tree, &carried, now) {
            db::inventory::put(tx, &inventory)?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
    drop(db);
    fs::write(&files.repositories, tree.queries()).unwrap();
    fs::write(&files.paths, tree.paths()).unwrap();
    fs::write(&files.routing_table, inputs::routing_table(size.routes)).unwrap();
    fs::write(&files.clients, inputs::client_addresses(size.clients)).unwrap();
    fs::write(&files.geoip, inputs::country_database()).unwrap();
    files
}
