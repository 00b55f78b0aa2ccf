//! Country databases of less than 4 MB whose search tree or metadata stands for gigabytes (format 2.0,
//! <https://maxmind.github.io/MaxMind-DB/>).

use std::fs;

use super::super::metric;
use super::{limit, peak_memory};
use crate::compliance::client::{Server, data};

/// When the databases were built.
const BUILT: u32 = 1_800_000_000;
const LATER: u32 = 1_900_000_000;

/// The control byte of a value of this type, and its size.
fn head(kind: u8, size: usize) -> Vec<u8> {
    // Types above 7 are in a second byte.
    let (first, more) = if kind > 7 {
        (0, Some(kind - 7))
    } else {
        (kind << 5, None)
    };
    let (code, length) = match size {
        0..29 => (u8::try_from(size).unwrap(), Vec::new()),
        29..285 => (29, vec![u8::try_from(size - 29).unwrap()]),
        285..65_821 => (30, u16::try_from(size - 285).unwrap().to_be_bytes().to_vec()),
        _ => (31, u32::try_from(size - 65_821).unwrap().to_be_bytes()[1..].to_vec()),
    };
    [vec![first | code], more.into_iter().collect(), length].concat()
}

fn text(s: &str) -> Vec<u8> {
    [head(2, s.len()), s.as_bytes().to_vec()].concat()
}

fn number(n: u32) -> Vec<u8> {
    [head(6, 4), n.to_be_bytes().to_vec()].concat()
}

fn long(n: u32) -> Vec<u8> {
    [head(9, 8), u64::from(n).to_be_bytes().to_vec()].concat()
}

fn short(n: u16) -> Vec<u8> {
    [head(5, 2), n.to_be_bytes().to_vec()].concat()
}

/// A value that is elsewhere in the same section.
fn pointer(to: usize) -> Vec<u8> {
    [vec![1 << 5 | 3 << 3], u32::try_from(to).unwrap().to_be_bytes().to_vec()].concat()
}

/// A database with these nodes, and one value: Germany. `languages` returns a value for its offset in the metadata.
fn database(built: u32, nodes: &[[u32; 2]], languages: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for record in nodes.iter().flatten() {
        out.extend_from_slice(&record.to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    for part in [head(7, 1), text("country"), head(7, 1), text("iso_code"), text("DE")] {
        out.extend(part);
    }
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let count = u32::try_from(nodes.len()).unwrap();
    let mut metadata = head(7, 9);
    for (key, value) in [
        ("node_count", number(count)),
        ("record_size", short(24)),
        ("ip_version", short(6)),
        ("binary_format_major_version", short(2)),
        ("binary_format_minor_version", short(0)),
        ("database_type", text("Test-Country")),
        ("build_epoch", long(built)),
        ("description", [head(7, 1), text("en"), text("test")].concat()),
    ] {
        metadata.extend([text(key), value].concat());
    }
    metadata.extend(text("languages"));
    let value = languages(metadata.len());
    metadata.extend(value);
    out.extend(metadata);
    out
}

/// A tree of one node, whose both halves have the value.
fn small_tree() -> [[u32; 2]; 1] {
    [[1 + 16; 2]]
}

fn no_languages(_: usize) -> Vec<u8> {
    head(11, 0)
}

/// Databases that stand for gigabytes.
fn crafted() -> Vec<(&'static str, Vec<u8>)> {
    // Both halves of each node are the next node, so that the tree has 2^100 networks.
    let mut shared: Vec<[u32; 2]> = (1..100).map(|next| [next; 2]).collect();
    shared.push([100 + 16; 2]);
    // A node below itself.
    let circle = vec![[0; 2]];
    // Half a million times the same text of one megabyte.
    let languages = |offset: usize| {
        let first = [head(11, 500_000), text(&"x".repeat(1_000_000))].concat();
        let place = offset + head(11, 500_000).len();
        [first, pointer(place).repeat(499_999)].concat()
    };
    vec![
        ("tree", database(LATER, &shared, no_languages)),
        ("circle", database(LATER, &circle, no_languages)),
        ("metadata", database(LATER, &small_tree(), languages)),
    ]
}

#[test]
fn crafted_country_databases_are_rejected_within_the_memory_limit() {
    let home = tempfile::tempdir().unwrap();
    let geo = home.path().join("geo.mmdb");
    fs::write(&geo, database(BUILT, &small_tree(), no_languages)).unwrap();
    fs::write(
        home.path().join("mm.toml"),
        "user = \"daemon\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\n",
    )
    .unwrap();
    let cache = data("mirrorlist_cache.proto").display().to_string();
    let options = ["-c", &cache, "--geoip", geo.to_str().unwrap()];
    let server = Server::start_in(home, &options);
    let built = |s: &Server| metric(s, "mm_input_built_timestamp_seconds{input=\"geoip\"}");
    assert_eq!(built(&server), u64::from(BUILT), "the uncrafted one is loaded");
    let pid = server.process.0.id();
    let memory = peak_memory(pid);
    for (name, bytes) in crafted() {
        assert!(bytes.len() < 4_000_000, "{name}: {} bytes", bytes.len());
        let most = limit(bytes.len());
        let failed = metric(&server, "mm_load_failures_total");
        fs::write(&geo, bytes).unwrap();
        server.wait(name, |s| metric(s, "mm_load_failures_total") > failed);
        assert!(server.stderr().contains("geo.mmdb"), "{}", server.stderr());
        assert_eq!(built(&server), u64::from(BUILT), "{name}");
        assert_eq!(
            server.get("/mirrorlist?repo=fedora-43&arch=x86_64").status,
            200,
            "{name}"
        );
        let grown = peak_memory(pid).saturating_sub(memory);
        assert!(grown < most, "{name} took {} MiB", grown >> 20);
    }
}
