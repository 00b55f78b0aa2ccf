//! `mm-crawl` against real mirrors, and against hostile servers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mirrormanager::config::Config;
use mirrormanager::db::{self, Db, DbError, directory, inventory, registry};
use mirrormanager::model::inventory::{ExceptionState, Inventory};
use mirrormanager::publish::policy::Policy;
use mirrormanager::snapshot::publication::Publication;

use crate::support::{Env, Nginx};

mod concurrent_scan;
mod crash;
mod daemon;
mod file_lists;
mod host_locks;
mod hostile_servers;
mod incremental;
mod listing;
mod mass_loss;
mod mirrors;
mod notifications;
mod politeness;
mod probes;
mod pushes;
mod release_day;
mod run;
mod servers;
mod shutdown;
mod tls;
mod uplink;
mod why;

const CATEGORY: &str = "Fedora Linux";
const OS: &str = "releases/43/Everything/x86_64/os";
const REPODATA: &str = "releases/43/Everything/x86_64/os/repodata";

/// A scanned master tree, and a registry of mirrors.
struct Net {
    env: Env,
}

/// The stored state of one host.
struct StoredInventory {
    /// Sorted paths.
    present: Vec<String>,
    missing: Vec<String>,
    exceptions: BTreeMap<String, (ExceptionState, bool)>,
    row: Inventory,
}

impl Net {
    /// A master with one repository, a directory of images and a closed one. `crawl` = keys of `[crawl]`.
    fn new(crawl: &str) -> Self {
        let env = Env::new(&format!(
            "[crawl]\nallow_private_addresses = true\n{crawl}\n[[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n"
        ));
        let net = Self { env };
        net.env.ok("mm-admin", &["init"]);
        net.write(&format!("tree/{OS}/Packages/a.rpm"), "package a");
        net.write(&format!("tree/{OS}/images/boot.iso"), "an image");
        net.write("tree/closed/secret.rpm", "not yet");
        for dir in ["tree", "tree/closed"] {
            let mode = if dir == "tree" { 0o755 } else { 0o700 };
            std::fs::set_permissions(net.env.path(dir), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        net.push(1);
        net
    }

    fn write(&self, below: &str, text: &str) {
        self.env.write(below, text);
    }

    /// A push on the master: a new repomd.xml and the file it names.
    fn push(&self, version: u32) {
        let dir = format!("tree/{REPODATA}");
        if let Ok(old) = std::fs::read_dir(self.env.path(&dir)) {
            for entry in old {
                std::fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }
        self.write(
            &format!("{dir}/repomd.xml"),
            &format!(
                "<repomd><data type=\"primary\"><timestamp>{}</timestamp></data></repomd>",
                1_700_000_000 + version
            ),
        );
        self.write(
            &format!("{dir}/{version}-primary.xml.gz"),
            &format!("primary {version}"),
        );
    }

    /// Copies the master as it is now.
    fn copy_to(&self, mirror: &str) {
        let (from, to) = (self.env.path("tree"), self.env.path(mirror));
        let done = Command::new("cp").arg("-a").arg(&from).arg(&to).status().unwrap();
        assert!(done.success());
    }

    /// Registers hosts with their URLs and scans the master.
    fn register(&self, hosts: &[(&str, &str)]) {
        let mut text = format!(
            "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"{CATEGORY}\"\nproduct = \"Fedora\"\n\
             topdir = \"pub/fedora/linux\"\n[[site]]\nname = \"S\"\n"
        );
        for (name, url) in hosts {
            write!(
                text,
                "[[site.host]]\nname = \"{name}\"\ncountry = \"DE\"\n[[site.host.category]]\nname = \"{CATEGORY}\"\n\
                 urls = [{}]\n",
                url.split(' ')
                    .map(|u| format!("\"{u}\""))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
            .unwrap();
        }
        self.write("registry.toml", &text);
        self.env.ok("mm-admin", &["apply", "registry.toml"]);
        self.scan();
    }

    fn scan(&self) {
        self.env.ok("mm-scan-master", &[]);
    }

    /// Runs a full crawl, which must exit with 0.
    fn crawl(&self) -> serde_json::Value {
        self.crawl_with(&["--full"])
    }

    fn crawl_with(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.env.ok("mm-crawl", &[args, &["--format", "json"]].concat())).unwrap()
    }

    fn db(&self) -> Db {
        Db::open(&Config::load(&self.env.path("mm.toml")).unwrap()).unwrap()
    }

    fn inventory(&self, host: &str) -> StoredInventory {
        self.all_facts().remove(host).unwrap()
    }

    /// The result for each host, by its name.
    fn all_facts(&self) -> BTreeMap<String, StoredInventory> {
        self.db()
            .read(|tx| {
                let mut paths = BTreeMap::new();
                for category in registry::categories(tx)? {
                    let directories = directory::of_category(tx, category.id)?.into_iter();
                    paths.extend(directories.map(|d| (d.id.0, d.path.to_string())));
                }
                let of_host = registry::host_categories(tx)?;
                let mut all = BTreeMap::new();
                for host in registry::hosts(tx)? {
                    let hc = of_host.iter().find(|hc| hc.host == host.id).unwrap();
                    let row = inventory::find(tx, hc.id)?.unwrap_or_else(|| Inventory::new(hc.id));
                    all.insert(host.name.to_string(), StoredInventory::of(row, &paths));
                }
                Ok::<_, DbError>(all)
            })
            .unwrap()
    }

    /// Reasons of the findings of a host, sorted.
    fn reasons(&self, host: &str) -> Vec<String> {
        let mut reasons: Vec<String> = self
            .sql_rows(&format!(
                "SELECT f.reason FROM finding f JOIN host_category hc ON hc.id = f.host_category_id \
                 JOIN host h ON h.id = hc.host_id WHERE h.name = '{host}'"
            ))
            .into_iter()
            .collect();
        reasons.sort();
        reasons
    }

    /// The hosts that publishing lists for a directory now.
    fn listed(&self, path: &str) -> Vec<String> {
        let config = Config::load(&self.env.path("mm.toml")).unwrap();
        let now = mirrormanager::sys::clock::now();
        let (world, _) = db::registry_data::read(&mut self.db(), now).unwrap();
        let (id, _) = world
            .directories
            .iter()
            .find(|(_, d)| d.path.to_string() == path)
            .unwrap();
        let id = *id;
        let listing = Publication::from_registry(&world, &Policy::new(&config, &world), now);
        let hosts = listing.mirrors_for(id).map(|hc| world.host_categories[&hc].host);
        hosts.map(|h| world.hosts[&h].name.to_string()).collect()
    }

    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.env.path("mm.db")).unwrap()
    }

    fn sql_rows(&self, sql: &str) -> Vec<String> {
        let connection = self.sqlite();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |r| r.get::<_, rusqlite::types::Value>(0))
            .unwrap();
        let text = |v| match v {
            rusqlite::types::Value::Text(t) => t,
            rusqlite::types::Value::Integer(n) => n.to_string(),
            rusqlite::types::Value::Null => "NULL".to_owned(),
            other @ (rusqlite::types::Value::Real(_) | rusqlite::types::Value::Blob(_)) => format!("{other:?}"),
        };
        rows.map(|v| text(v.unwrap())).collect()
    }
}

impl StoredInventory {
    fn of(row: Inventory, paths: &BTreeMap<u32, String>) -> Self {
        let named = |bits: &mut dyn Iterator<Item = u32>| {
            let mut all: Vec<String> = bits.map(|id| paths[&id].clone()).collect();
            all.sort();
            all
        };
        Self {
            present: named(&mut row.present.iter()),
            missing: named(&mut row.missing.iter()),
            exceptions: row
                .exceptions
                .iter()
                .map(|(id, e)| (paths[&id.0].clone(), (e.state, e.detail.is_some())))
                .collect(),
            row,
        }
    }

    fn has(&self, path: &str) -> bool {
        self.present.iter().any(|p| p == path)
    }
}

/// All world-readable directories of the master, sorted.
fn open_directories() -> Vec<String> {
    let mut all = vec![
        String::new(),
        "releases".to_owned(),
        "releases/43".to_owned(),
        "releases/43/Everything".to_owned(),
        "releases/43/Everything/x86_64".to_owned(),
        OS.to_owned(),
        format!("{OS}/Packages"),
        format!("{OS}/images"),
        REPODATA.to_owned(),
    ];
    all.sort();
    all
}
