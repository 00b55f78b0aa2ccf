//! One master tree, real servers that serve its mirrors in many states, and one host for each state and probe method.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::super::{CATEGORY, Net};
use crate::support::apache::Apache;
use crate::support::lighttpd::Lighttpd;
use crate::support::rsyncd::Rsyncd;
use crate::support::{Nginx, open_the_way};

/// Top directories of repositories.
pub(super) const SERVER: &str = "releases/43/Server";
pub(super) const UPDATES: &str = "updates/43/x86_64";
/// A directory with special characters in its name and in its files.
pub(super) const ODD: &str = "odd & names+%41 #\u{fc}";
pub(super) const OS: &str = "releases/43/Everything/os";
pub(super) const SERVER_OS: &str = "releases/43/Server/os";
const REPOS: [&str; 3] = [OS, SERVER_OS, UPDATES];

/// Sizes at which servers round to other units.
pub(super) const SIZES: [u64; 13] = [
    0, 1, 972, 973, 999, 1000, 1023, 1024, 1025, 10_239, 10_240, 1_048_575, 1_048_576,
];

/// Names with characters that are special in URLs, in HTML, or in rsync listings.
const NAMES: [&[u8]; 17] = [
    b".treeinfo",
    b"a b.rpm",
    b" lead and trail ",
    b"plus+.rpm",
    b"100%.txt",
    b"%41%2f.txt",
    b"a&amp;b;c=d.txt",
    b"hash#tag?query",
    b"quote\"<x>'.txt",
    b"back\\slash\\#101",
    b"co:lon",
    b"tilde~",
    b"~1",
    b"caf\xc3\xa9.iso",
    b"latin\xe9.iso",
    b"[bracket]{brace}",
    b"comma,semi;at@dollar$",
];

/// The servers by which a host can be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A web server with directory indexes, alone or beside rsync.
    Pages,
    /// A web server that answers 403 to every existing directory.
    Forbids,
    /// A web server that answers 404 to every directory.
    Store,
    /// Only rsync.
    Rsync,
}

/// A probe method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    web: &'static str,
    rsync: bool,
    probe: &'static str,
    /// The probe method that the crawl must report.
    pub(super) by: &'static str,
}

const fn way(
    name: &'static str,
    kind: Kind,
    web: &'static str,
    rsync: bool,
    probe: &'static str,
    by: &'static str,
) -> Way {
    Way {
        name,
        kind,
        web,
        rsync,
        probe,
        by,
    }
}

impl Way {
    /// True if it is of this kind, in the words of the tables.
    pub(super) fn is(self, kind: &str) -> bool {
        match kind {
            "forbids" => self.kind == Kind::Forbids,
            "store" => self.kind == Kind::Store,
            "rsync" => self.kind == Kind::Rsync,
            "listed" => self.by == "rsync" && self.web != "store",
            other => match other.split_once(' ') {
                Some(("at", web)) => self.web == web,
                Some(("only", name)) => self.name == name,
                _ => panic!("{other}"),
            },
        }
    }
}

/// All probe methods.
pub(super) const WAYS: [Way; 11] = [
    way("nginx", Kind::Pages, "nginx", false, "", "index"),
    way("nginx-head", Kind::Pages, "nginx", true, "head", "head"),
    way("nginx-and-rsync", Kind::Pages, "nginx", true, "", "rsync"),
    way("apache", Kind::Pages, "apache", false, "", ""),
    way("apache-head", Kind::Pages, "apache", false, "head", "head"),
    way("apache-and-rsync", Kind::Pages, "apache", true, "rsync", "rsync"),
    way("lighttpd", Kind::Pages, "lighttpd", true, "index", "head"),
    way("no-pages", Kind::Forbids, "forbids", false, "", "head"),
    way("object-store", Kind::Store, "store", false, "", "head"),
    way("store-and-rsync", Kind::Pages, "store", true, "", "rsync"),
    way("rsync", Kind::Rsync, "", true, "", "rsync"),
];

/// The servers; each serves all mirrors.
struct Servers {
    nginx: Nginx,
    forbids: Nginx,
    store: Nginx,
    apache: Apache,
    lighttpd: Lighttpd,
    rsyncd: Rsyncd,
}

/// A master and its mirrors.
pub(super) struct MirrorNetwork {
    pub(super) net: Net,
    servers: Servers,
    /// The number of the newest push.
    pushes: u64,
    /// The time at the start of the test.
    started: i64,
    states: Vec<String>,
}

impl MirrorNetwork {
    /// A scanned master after three pushes, of which the first is no longer offered. The trees of each push
    /// are `push1`, `push2` and `push3`.
    pub(super) fn new(states: &[&str]) -> Self {
        let net = Net::new("requests_per_second = 0\nmax_connections_per_server = 16\nmass_loss_min_hosts = 0");
        let mirrors = net.env.path("m");
        fs::create_dir(&mirrors).unwrap();
        // Each host has an address of its own.
        for way in WAYS {
            symlink(".", mirrors.join(way.name)).unwrap();
        }
        open_the_way(&mirrors);
        let servers = Servers {
            nginx: Nginx::serve_as_nobody(&mirrors, ""),
            forbids: Nginx::serve_as_nobody(&mirrors, "location / { autoindex off; }"),
            store: Nginx::serve_as_nobody(&mirrors, "location ~ /$ { return 404; }"),
            apache: Apache::serve(&mirrors),
            lighttpd: Lighttpd::serve(&mirrors),
            rsyncd: Rsyncd::serve_as_nobody(&mirrors),
        };
        let started = mirrormanager::sys::clock::now().0;
        let mut network = Self {
            net,
            servers,
            pushes: 0,
            started,
            states: states.iter().map(|s| (*s).to_owned()).collect(),
        };
        network.write_unchanged_directories();
        network.register_hosts(states);
        for _ in 0..3 {
            network.push();
        }
        network
    }

    /// The states of the mirrors.
    pub(super) fn states(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(String::as_str)
    }

    /// Writes the directories that no push changes.
    fn write_unchanged_directories(&self) {
        let tree = self.net.env.path("tree");
        // Set up by other tests.
        for dir in ["releases", "closed"] {
            fs::remove_dir_all(tree.join(dir)).unwrap();
        }
        self.write("README", b"welcome");
        for repo in REPOS {
            self.write(&format!("{repo}/.treeinfo"), b"[general]");
            self.write(&format!("{repo}/images/boot.iso"), b"an image");
            for n in 0..25_u32 {
                let name = format!("{repo}/Packages/p/package-{n}.rpm");
                self.write(&name, format!("package {n}").repeat(40).as_bytes());
                set_time(&tree.join(name), self.started - 86_400 * i64::from(100 - n));
            }
        }
        for size in SIZES {
            let path = self.write(&format!("sizes/of-{size}"), b"");
            File::options().write(true).open(path).unwrap().set_len(size).unwrap();
        }
        self.write("zero/nothing.txt", b"");
        for name in NAMES {
            let dir = tree.join(ODD);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(OsStr::from_bytes(name)), [b"named ", name].concat()).unwrap();
        }
        self.write(&format!("{ODD}/below it/one"), b"one");
        for empty in ["empty", "releases/43/Everything/os/empty", "structural/empty"] {
            fs::create_dir_all(tree.join(empty)).unwrap();
        }
        self.write("structural/deep/deeper/one.txt", b"one");
        symlink("43", tree.join("releases/current")).unwrap();
        symlink("boot.iso", tree.join("releases/43/Server/os/images/latest.iso")).unwrap();
        self.write("closed/secret.rpm", b"not yet");
        self.write("closed/44/os/repodata/repomd.xml", b"<repomd></repomd>");
        self.write("closed/44/os/Packages/one.rpm", b"one");
        chmod(&tree.join("closed"), 0o700);
    }

    /// Writes a file on the master.
    pub(super) fn write(&self, below: &str, text: &[u8]) -> PathBuf {
        self.net.env.write(&format!("tree/{below}"), text)
    }

    /// The time of a push: the first a month ago, the second four days ago, the others within the last hour.
    fn push_time(&self, push: u64) -> i64 {
        let hours = match push {
            1 => 30 * 24,
            2 => 96,
            _ => 1,
        };
        let push = i64::try_from(push).unwrap();
        self.started - hours * 3600 + push
    }

    /// A push on the master: new metadata and a package in every repository; then a scan that is dated
    /// half an hour after the push.
    pub(super) fn push(&mut self) {
        self.pushes += 1;
        let (push, time) = (self.pushes, self.push_time(self.pushes));
        for repo in REPOS {
            let dir = self.net.env.path(&format!("tree/{repo}/repodata"));
            if dir.exists() {
                fs::remove_dir_all(&dir).unwrap();
            }
            let repomd = format!("<repomd><data type=\"primary\"><timestamp>{time}</timestamp></data></repomd>");
            for (name, text) in [
                ("repomd.xml", repomd),
                (&*format!("{push}-primary.xml.gz"), format!("primary {push}")),
                (&*format!("{push}-filelists.xml.gz"), format!("filelists {push}")),
                ("comps.xml", "comps".to_owned()),
            ] {
                let path = self.write(&format!("{repo}/repodata/{name}"), text.as_bytes());
                set_time(&path, time + 60);
            }
            let package = self.write(&format!("{repo}/Packages/p/new-{push}.rpm"), b"new");
            set_time(&package, time);
        }
        self.net.scan();
        let sqlite = self.net.sqlite();
        let seen = time + 1800;
        sqlite
            .execute(
                "UPDATE file_detail SET first_seen = ?1 WHERE timestamp = ?2",
                [seen, time],
            )
            .unwrap();
        sqlite
            .execute(
                "UPDATE file_detail SET superseded_at = ?1 WHERE timestamp = ?2",
                [seen, self.push_time(push.saturating_sub(1))],
            )
            .unwrap();
        self.net.copy_to(&format!("push{push}"));
    }

    /// Replaces the tree of a mirror by that of a push, or by another one.
    pub(super) fn replace_mirror(&self, state: &str, from: &str) {
        let (from, to) = (self.net.env.path(from), self.mirror_path(state, ""));
        if to.exists() {
            let closed = to.join("closed");
            if closed.exists() {
                chmod(&closed, 0o755);
            }
            fs::remove_dir_all(&to).unwrap();
        }
        copy(&from, &to);
    }

    /// A path on a mirror.
    pub(super) fn mirror_path(&self, state: &str, below: &str) -> PathBuf {
        let path = self.net.env.path(&format!("m/{state}"));
        if below.is_empty() { path } else { path.join(below) }
    }

    /// Registers a host for each state and probe method.
    fn register_hosts(&self, states: &[&str]) {
        let mut text = format!(
            "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"{CATEGORY}\"\nproduct = \"Fedora\"\n\
             topdir = \"pub/fedora/linux\"\n[[site]]\nname = \"S\"\n"
        );
        for (state, way) in states.iter().flat_map(|s| WAYS.iter().map(move |w| (s, w))) {
            let web = self
                .base(way.web)
                .map(|base| format!("\"{base}/{}/{state}\"", way.name));
            let rsync = way.rsync.then(|| {
                format!(
                    "\"rsync://127.0.0.1:{}/master/{}/{state}\"",
                    self.servers.rsyncd.port, way.name
                )
            });
            let urls: Vec<String> = web.into_iter().chain(rsync).collect();
            let probe = if way.probe.is_empty() {
                String::new()
            } else {
                format!("crawl_probe = \"{}\"\n", way.probe)
            };
            write!(
                text,
                "[[site.host]]\nname = \"{state}.{}.org\"\n{probe}[[site.host.category]]\nname = \"{CATEGORY}\"\nurls = [{}]\n",
                way.name,
                urls.join(", ")
            )
            .unwrap();
        }
        self.net.write("registry.toml", &text);
        self.net.env.ok("mm-admin", &["apply", "registry.toml"]);
    }

    fn base(&self, web: &str) -> Option<String> {
        let s = &self.servers;
        Some(match web {
            "nginx" => s.nginx.url(),
            "forbids" => s.forbids.url(),
            "store" => s.store.url(),
            "apache" => s.apache.url(),
            "lighttpd" => s.lighttpd.url(),
            _ => return None,
        })
    }

    /// Crawls and returns the probe method of each host.
    pub(super) fn crawl(&self, args: &[&str]) -> BTreeMap<String, String> {
        let args = [args, &["--format", "json"]].concat();
        let output = self.net.env.run("mm-crawl", &args);
        let report: serde_json::Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        let lines = report["result"]["lines"].as_array().unwrap();
        let by = |l: &serde_json::Value| {
            let text = |key: &str| l[key].as_str().unwrap().to_owned();
            (text("host"), text("method"))
        };
        lines.iter().map(by).collect()
    }

    /// The stored state of each host, as lines: the readable directories it does not have, those missing with all below, those neither
    /// present nor absent, and the reasons of its findings.
    pub(super) fn inventory(&self) -> BTreeMap<String, BTreeSet<String>> {
        let open = self
            .net
            .sql_rows("SELECT path FROM directory WHERE readable AND vanished_at IS NULL ORDER BY path");
        let pushes: BTreeMap<String, String> = self
            .net
            .sql_rows("SELECT id || ' ' || timestamp FROM file_detail")
            .iter()
            .map(|row| {
                let (id, time) = row.split_once(' ').unwrap();
                let push = (1..=self.pushes).find(|p| self.push_time(*p).to_string() == time);
                (
                    id.to_owned(),
                    push.map_or_else(|| format!("of {time}"), |p| format!("push {p}")),
                )
            })
            .collect();
        let names = self.net.sql_rows("SELECT id || ' ' || path FROM directory");
        let names: BTreeMap<&str, &str> = names.iter().filter_map(|row| row.split_once(' ')).collect();
        let reasons = self.net.sql_rows(
            "SELECT h.name || ' ' || f.reason FROM finding f JOIN host_category hc ON hc.id = f.host_category_id \
             JOIN host h ON h.id = hc.host_id",
        );
        let mut out = BTreeMap::new();
        for (host, inventory) in self.net.all_facts() {
            let mut lines: BTreeSet<String> = missing_from(&open, &inventory.present).into_iter().collect();
            lines.extend(
                inventory
                    .present
                    .iter()
                    .filter(|p| !open.contains(p))
                    .map(|p| format!("holds {p}")),
            );
            lines.extend(inventory.missing.iter().map(|p| format!("missing {p}")));
            for (id, exception) in &inventory.row.exceptions {
                let version = exception
                    .detail
                    .map_or(String::new(), |d| format!(" {}", pushes[&d.0.to_string()]));
                let state = serde_json::to_value(exception.state).unwrap();
                let state = state.as_str().unwrap();
                lines.insert(format!("{state}{version} {}", names[&*id.0.to_string()]));
            }
            let whole = inventory.row.inconclusive_tries > 0;
            lines.extend(whole.then(|| "inconclusive as a whole".to_owned()));
            lines.extend(
                reasons
                    .iter()
                    .filter_map(|row| row.strip_prefix(&format!("{host} ")))
                    .map(|reason| format!("why: {reason}")),
            );
            out.insert(host, lines);
        }
        out
    }
}

/// The directories that are not present; of a tree that is missing entirely, its top.
fn missing_from(open: &[String], present: &[String]) -> Vec<String> {
    let present: BTreeSet<&String> = present.iter().collect();
    let is_below =
        |path: &str, top: &str| top.is_empty() || path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'));
    let mut out: Vec<String> = Vec::new();
    let mut top: Option<&String> = None;
    for path in open.iter().filter(|p| !present.contains(p)) {
        if top.is_some_and(|top| is_below(path, top)) {
            continue;
        }
        let all = open.iter().filter(|p| is_below(p, path)).all(|p| !present.contains(p));
        out.push(if all {
            top = Some(path);
            format!("lacks {path} and below")
        } else {
            format!("lacks {path}")
        });
    }
    out
}

/// Copies a tree with its times and permissions.
pub(super) fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(done.unwrap().success());
}

pub(super) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn set_time(path: &Path, time: i64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time).unwrap());
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}
