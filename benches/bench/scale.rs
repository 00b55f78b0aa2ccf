//! A network of Fedora's size, made from a seed: a database of our schema, and the files a server reads beside it.
//!
//! Every number is that of Fedora in 2025: [`Size::new`] has them. Hosts carry what such hosts carry: all of a category, a few
//! versions of it, one architecture; some are behind, some private, a few give no answer. The same call gives the same world, but
//! for the times, which are counted back from `now`.

use std::fs;
use std::path::{Path, PathBuf};

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError};
use mirrormanager::model::Timestamp;
use rusqlite::Connection;

#[path = "scale/history.rs"]
mod history;
#[path = "scale/holdings.rs"]
mod holdings;
#[path = "scale/inputs.rs"]
mod inputs;
#[path = "../../src/answer/geo/tests/mmdb.rs"]
mod mmdb;
#[path = "scale/random.rs"]
mod random;
#[path = "scale/registry.rs"]
mod registry;
#[path = "scale/tree.rs"]
mod tree;

use tree::Tree;

/// How much of everything there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) hosts: usize,
    pub(crate) host_categories: usize,
    pub(crate) urls: usize,
    pub(crate) directories: usize,
    pub(crate) repositories: usize,
    pub(crate) file_details: usize,
    pub(crate) netblocks: usize,
    /// Lines of `prefix asn`.
    pub(crate) prefixes: usize,
    /// Addresses that clients come from.
    pub(crate) clients: usize,
}

impl Size {
    /// Fedora's size; hosts and what belongs to them, and directories, `scale` times that.
    pub(crate) fn new(scale: usize) -> Self {
        Self {
            hosts: 600 * scale,
            host_categories: 1_457 * scale,
            urls: 3_200 * scale,
            directories: 60_000 * scale,
            repositories: 1_450,
            file_details: 5_800,
            netblocks: 500 * scale,
            prefixes: 1_000_000,
            clients: 1_000,
        }
    }
}

/// The files that were written, below one directory.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) geoip: PathBuf,
    pub(crate) prefixes: PathBuf,
    /// One address a line.
    pub(crate) clients: PathBuf,
    /// `repo=…&arch=…`, one a line.
    pub(crate) repositories: PathBuf,
    /// What clients send as `path=`, one a line.
    pub(crate) paths: PathBuf,
}

impl World {
    fn below(dir: &Path) -> Self {
        let at = |name: &str| dir.join(name);
        Self {
            config: at("mm.toml"),
            database: at("mm.db"),
            geoip: at("country.mmdb"),
            prefixes: at("prefixes.txt"),
            clients: at("clients.txt"),
            repositories: at("repositories.txt"),
            paths: at("paths.txt"),
        }
    }
}

/// What the config says of the files beside it.
pub(crate) const SERVER: &str = "geoip = \"country.mmdb\"\nasn_table = \"prefixes.txt\"\n";

/// Writes a world into `dir`, which must be there and hold no database. A config that lies there is kept.
pub(crate) fn write(dir: &Path, size: Size, now: Timestamp) -> World {
    let world = World::below(dir);
    for below in ["generations", "locks", "log"] {
        fs::create_dir_all(dir.join(below)).unwrap();
    }
    if !world.config.exists() {
        let text = format!(
            "database = \"sqlite:mm.db\"\nuser = \"root\"\ngenerations_dir = \"generations\"\nlock_dir = \"locks\"\n\
             log_dir = \"log\"\n[server]\n{SERVER}"
        );
        fs::write(&world.config, text).unwrap();
    }
    let config = Config::load(&world.config).unwrap();
    db::init(&config).unwrap();
    let tree = Tree::grow(size);
    let mut conn = Connection::open(&world.database).unwrap();
    let tx = conn.transaction().unwrap();
    tree.write(&tx, size, now);
    let carried = registry::write(&tx, size);
    history::write(&tx, &tree, now);
    tx.commit().unwrap();
    conn.close().unwrap();
    let mut db = Db::open(&config).unwrap();
    db.write(|tx| {
        for holding in holdings::of(&tree, &carried, now) {
            db::inventory::put(tx, &holding)?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
    drop(db);
    fs::write(&world.repositories, tree.queries()).unwrap();
    fs::write(&world.paths, tree.paths()).unwrap();
    fs::write(&world.prefixes, inputs::routing_table(size.prefixes)).unwrap();
    fs::write(&world.clients, inputs::client_addresses(size.clients)).unwrap();
    fs::write(&world.geoip, inputs::country_database()).unwrap();
    world
}
