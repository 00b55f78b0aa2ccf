//! The real server: reloading under load, bad input, limits, pages.

mod answers;
mod connections;
mod crafted;
mod drain;
mod hostile;
mod lifecycle;
mod listeners;
mod load;
mod log;
mod monitoring;
mod refused;
mod reload;
mod weighting;

use std::collections::BTreeMap;
use std::path::Path;

use mirrormanager::model::Timestamp;
use mirrormanager::publish::writer::GenerationWriter;
use mirrormanager::snapshot::generation::GenerationSink as _;
use mirrormanager::snapshot::{
    FileVersion, HostCategory, Snapshot, SnapshotCategory, SnapshotDirectory, SnapshotFile, SnapshotHost,
    SnapshotRepository,
};

use crate::compliance::client::Server;
use crate::support::give_to_server;

const NAMES: [&str; 3] = ["pub/linux", "pub/linux/43/a b", "pub/linux/43/os"];

fn host(id: i64, name: &str) -> SnapshotHost {
    SnapshotHost {
        id,
        name: name.parse().unwrap(),
        country: Some("DE".parse().unwrap()),
        bandwidth: 1_000,
        private: false,
        internet2: false,
        max_connections: 1,
        asn: None,
        asn_clients: false,
        peer_asns: Vec::new(),
        netblocks: Vec::new(),
        allowed: Vec::new(),
        denied: Vec::new(),
    }
}

/// A snapshot whose hosts and hashes are marked with one letter.
fn snapshot(letter: char) -> Snapshot {
    let mut directories: Vec<SnapshotDirectory> = NAMES.into_iter().map(|n| SnapshotDirectory::new(0, n)).collect();
    let mut repodata = SnapshotDirectory::new(0, "pub/linux/43/os/repodata");
    repodata.known = vec!["primary.xml.gz".into(), "repomd.xml".into()];
    repodata.complete = true;
    repodata.files = vec![SnapshotFile {
        name: "repomd.xml".into(),
        versions: vec![FileVersion {
            timestamp: 1,
            size: 1,
            sha256: vec![u8::try_from(letter).unwrap(); 32],
            ..FileVersion::default()
        }],
    }];
    directories.push(repodata);
    let mut hosts: Vec<SnapshotHost> = (1..=8)
        .map(|i| host(i, &format!("mirror-{letter}{i}.example.org")))
        .collect();
    hosts[6].private = true;
    hosts[6].netblocks = vec!["192.0.2.0/24".parse().unwrap()];
    hosts[7].denied = vec!["FR".parse().unwrap()];
    let urls = |h: &SnapshotHost| vec![format!("https://{}/linux", h.name).parse().unwrap()];
    Snapshot {
        categories: vec![SnapshotCategory {
            name: "Linux".parse().unwrap(),
            topdir: "pub/linux".into(),
        }],
        directories,
        repositories: vec![SnapshotRepository {
            prefix: "linux-43".into(),
            arch: "x86_64".into(),
            directory: Some(2),
            disabled: false,
        }],
        host_categories: (0..)
            .zip(&hosts)
            .map(|(place, h)| HostCategory {
                host: place,
                category: 0,
                urls: urls(h),
                listed: (0..4).collect(),
            })
            .collect(),
        hosts,
        netblock_countries: vec![
            ("198.51.100.0/24".parse().unwrap(), "FR".parse().unwrap()),
            ("203.0.113.0/24".parse().unwrap(), "KP".parse().unwrap()),
        ],
        embargoed: vec!["KP".parse().unwrap()],
        ..Snapshot::default()
    }
}

/// Content by path below a generation.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn files(letter: char) -> Files {
    let page = |text: &str| format!("<!doctype html><p>{text} {letter}").into_bytes();
    Files::from([
        ("snapshot".to_owned(), snapshot(letter).encode().unwrap()),
        ("public/index.html".to_owned(), page("start")),
        ("public/Fedora/43/index.html".to_owned(), page("43")),
        ("public/style.css".to_owned(), b"p { color: black }".to_vec()),
    ])
}

pub(crate) fn publish(dir: &Path, files: &Files) -> String {
    publish_at(dir, files, Timestamp(1_700_000_000))
}

fn publish_at(dir: &Path, files: &Files, as_of: Timestamp) -> String {
    let writer = GenerationWriter::new(dir).unwrap();
    for (path, bytes) in files {
        writer.put(path, bytes).unwrap();
    }
    writer.publish(as_of, 10).unwrap().id.to_string()
}

/// A directory with a config; `server` is appended to `[server]`.
pub(crate) fn home(server: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    give_to_server(home.path());
    let config = format!(
        "user = \"daemon\"\ngenerations_dir = \"generations\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\n{server}\n"
    );
    std::fs::write(home.path().join("mm.toml"), config).unwrap();
    home
}

/// A server of the generation of the snapshot `a`.
fn serving(config: &str) -> Server {
    let home = home(config);
    publish(&home.path().join("generations"), &files('a'));
    Server::start_in(home, &[])
}

pub(crate) fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics").body;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
}

pub(crate) fn generation_of(server: &Server) -> String {
    let health: serde_json::Value = serde_json::from_str(&server.get("/healthz").body).unwrap();
    health["generation"].as_str().unwrap_or_default().to_owned()
}
