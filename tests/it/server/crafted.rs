//! Files that are not what they should be: other kinds of files, huge ones, and small ones that decode to large structures.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::{Files, files, generation_of, home, metric, publish};
use crate::compliance::client::{Server, data};

mod country_databases;

/// The memory that loading a file of this size may take: its size, 512 MiB, and 64 times its size.
fn limit(size: usize) -> u64 {
    (512 << 20) + 65 * u64::try_from(size).unwrap()
}

/// The peak of the resident memory of a process in bytes.
fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A field of a protobuf message that contains bytes.
fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(u64::try_from(bytes.len()).unwrap(), &mut out);
    out.extend_from_slice(bytes);
    out
}

/// Creates another kind of file.
type Replacement = fn(&Path);

/// Replaces the file at `path` by other kinds of files, one after the other, and calls `check` with a word that an error must contain.
fn replace_by_other_kinds(path: &Path, mut check: impl FnMut(&str)) {
    let replacements: [(&str, Replacement); 4] = [
        ("FIFO", |p| {
            assert!(Command::new("mkfifo").arg(p).status().unwrap().success());
        }),
        ("directory", |p| fs::create_dir(p).unwrap()),
        ("device", |p| symlink("/dev/zero", p).unwrap()),
        ("bytes, more than the limit", |p| {
            fs::File::create(p).unwrap().set_len(1 << 42).unwrap();
        }),
    ];
    for (word, create) in replacements {
        let other = path.with_extension("other");
        create(&other);
        // A directory cannot replace a file.
        if path.is_dir() {
            fs::remove_dir(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        fs::rename(&other, path).unwrap();
        check(word);
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn other_kinds_of_files_are_rejected_and_the_old_data_is_kept() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("mm.toml"),
        "user = \"daemon\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\n",
    )
    .unwrap();
    let names = [
        "mirrorlist_cache.proto",
        "global_netblocks.txt",
        "geo.mmdb",
        "country_continent.csv",
    ];
    let mut options = Vec::new();
    for (option, name) in ["-c", "-g", "--geoip", "--cccsv"].into_iter().zip(names) {
        fs::copy(data(name), home.path().join(name)).unwrap();
        options.extend([option.to_owned(), home.path().join(name).display().to_string()]);
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::start_in(home, &options);
    let answer = |s: &Server| s.get("/mirrorlist?repo=fedora-43&arch=x86_64&ip=10.2.4.5").body;
    let before = answer(&server).lines().count();
    let pid = server.process.0.id();
    let memory = peak_memory(pid);
    for name in names {
        let path = server.home.path().join(name);
        let good = fs::read(&path).unwrap();
        replace_by_other_kinds(&path, |word| {
            server.wait(word, |s| {
                let log = s.stderr();
                log.lines().any(|l| l.contains(name) && l.contains(word))
            });
            assert_eq!(answer(&server).lines().count(), before, "{name}: {word}");
        });
        let loads = metric(&server, "mm_loads_total");
        fs::write(&path, good).unwrap();
        server.wait("the valid file", |s| metric(s, "mm_loads_total") > loads);
    }
    let grown = peak_memory(pid).saturating_sub(memory);
    assert!(grown < 64 << 20, "{grown} bytes for files that are not read");
}

#[test]
fn a_server_does_not_start_with_another_kind_of_cache() {
    let home = home("");
    let cache = home.path().join("cache");
    fs::write(&cache, "").unwrap();
    replace_by_other_kinds(&cache, |word| {
        let started = Instant::now();
        let output = Command::new(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"))
            .env("MM_CONFIG", home.path().join("mm.toml"))
            .args(["--port", "0", "-c"])
            .arg(&cache)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains(&*cache.to_string_lossy()) && stderr.contains(word),
            "{stderr}"
        );
        assert!(started.elapsed() < Duration::from_secs(20), "{word}");
    });
}

/// A valid snapshot with other fields appended to its message.
fn with_fields(fields: &[u8]) -> Vec<u8> {
    let (header, body) = (
        files('a')["snapshot"][..12].to_vec(),
        files('a')["snapshot"][52..].to_vec(),
    );
    let body = [body, fields.to_vec()].concat();
    let mut out = header;
    out.extend_from_slice(&u64::try_from(body.len()).unwrap().to_be_bytes());
    let digest = Sha256::new().chain_update(&out).chain_update(&body).finalize();
    out.extend_from_slice(&digest);
    out.extend(body);
    out
}

/// Snapshots of at most 2 MB that decode to gigabytes.
fn crafted_snapshots() -> Vec<(&'static str, Vec<u8>)> {
    // A list of file names replaces the one of the snapshot: its numbers, and one name of 8,000 bytes.
    let long_name = field(
        4,
        &[field(1, b"\0"), field(2, b"\xc0\x3e"), field(3, &[b'x'; 8_000])].concat(),
    );
    let repeated = field(5, &field(2, &vec![0; 1_000_000]));
    // 800,000 names that share all but a byte with the one before.
    let shared = b"\xbf\x3e".repeat(400_000);
    let names = [
        field(1, &shared),
        field(2, &vec![1; 400_000]),
        field(3, &vec![b'x'; 400_000]),
    ]
    .concat();
    vec![
        ("file names", with_fields(&[long_name, repeated].concat())),
        ("hosts", with_fields(&b"\x42\0".repeat(800_000))),
        (
            "versions",
            with_fields(&field(5, &field(4, &b"\x12\0".repeat(900_000)))),
        ),
        ("directories", with_fields(&field(2, &names))),
        ("host categories", with_fields(&b"\x4a\0".repeat(900_000))),
    ]
}

#[test]
fn crafted_snapshots_are_rejected_within_the_memory_limit() {
    let home = home("");
    let dir = home.path().join("generations");
    let good = publish(&dir, &files('a'));
    let server = Server::start_in(home, &[]);
    let pid = server.process.0.id();
    let memory = peak_memory(pid);
    for (name, snapshot) in crafted_snapshots() {
        assert!(snapshot.len() < 2_000_000, "{name}: {} bytes", snapshot.len());
        let most = limit(snapshot.len());
        let failed = metric(&server, "mm_load_failures_total");
        publish(&dir, &Files::from([("snapshot".to_owned(), snapshot)]));
        server.wait(name, |s| metric(s, "mm_load_failures_total") > failed);
        assert_eq!(generation_of(&server), good, "{name}");
        let grown = peak_memory(pid).saturating_sub(memory);
        assert!(grown < most, "{name} took {} MiB", grown >> 20);
    }
    let log = server.stderr();
    assert!(log.contains("snapshot") && log.contains("MiB of memory"), "{log}");
}

/// Caches of at most 4 MB that decode to gigabytes.
fn crafted_caches() -> Vec<(&'static str, Vec<u8>)> {
    let good = fs::read(data("mirrorlist_cache.proto")).unwrap();
    // A URL of 8,000 bytes with the ID 1, and a directory with a host that has it half a million times.
    let url = field(
        4,
        &[
            b"\x08\x01".to_vec(),
            field(2, &[b"http://".as_slice(), &[b'x'; 8_000]].concat()),
        ]
        .concat(),
    );
    let row = [b"\x08\x01".to_vec(), field(2, &vec![1; 500_000])].concat();
    let urls = [url, field(16, &field(6, &row))].concat();
    vec![
        ("URLs", [good.clone(), urls].concat()),
        ("directories", [good.clone(), b"\x82\x01\0".repeat(1_300_000)].concat()),
        ("hosts", [good, b"\x62\0".repeat(900_000)].concat()),
    ]
}

#[test]
fn crafted_caches_are_rejected_within_the_memory_limit() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    fs::copy(data("mirrorlist_cache.proto"), &cache).unwrap();
    fs::write(
        home.path().join("mm.toml"),
        "user = \"daemon\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\n",
    )
    .unwrap();
    let server = Server::start_in(home, &["-c", &cache.display().to_string()]);
    let pid = server.process.0.id();
    let memory = peak_memory(pid);
    for (name, bytes) in crafted_caches() {
        assert!(bytes.len() < 4_000_000, "{name}: {} bytes", bytes.len());
        let most = limit(bytes.len());
        let failed = metric(&server, "mm_load_failures_total");
        fs::write(&cache, bytes).unwrap();
        server.wait(name, |s| metric(s, "mm_load_failures_total") > failed);
        assert_eq!(server.get("/readyz").status, 200);
        let grown = peak_memory(pid).saturating_sub(memory);
        assert!(grown < most, "{name} took {} MiB", grown >> 20);
        // At a start it is refused, too.
        let output = Command::new(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"))
            .env("MM_CONFIG", server.home.path().join("mm.toml"))
            .args(["--port", "0", "-c"])
            .arg(&cache)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(
            stderr.contains("MiB of memory") && stderr.contains("/cache"),
            "{name}: {stderr}"
        );
    }
}

#[test]
fn a_manifest_does_not_make_the_server_read_more_than_it_may() {
    let home = home("");
    let dir = home.path().join("generations");
    let good = publish(&dir, &files('a'));
    let server = Server::start_in(home, &[]);
    let pid = server.process.0.id();
    let memory = peak_memory(pid);
    let next = publish(&dir, &files('b'));
    server.wait("the next generation", |s| generation_of(s) == next);
    // The files of the first generation are replaced, and it becomes current again.
    for name in ["snapshot", "MANIFEST"] {
        let path = dir.join(&good).join(name);
        let content = fs::read(&path).unwrap();
        replace_by_other_kinds(&path, |word| {
            let failed = metric(&server, "mm_load_failures_total");
            mirrormanager::sys::atomic::switch_link(&dir.join("current"), Path::new(&good)).unwrap();
            server.signal(nix::sys::signal::Signal::SIGHUP);
            server.wait(word, |s| metric(s, "mm_load_failures_total") > failed);
            assert_eq!(generation_of(&server), next, "{name}: {word}");
        });
        fs::write(&path, content).unwrap();
    }
    let grown = peak_memory(pid).saturating_sub(memory);
    assert!(grown < 64 << 20, "{grown} bytes for files that are not read");
}
