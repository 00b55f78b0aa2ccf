//! Pages of directories as the real servers make them today, read and held against the directory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use mirrormanager::formats::directory_index::{self, Size};
use mirrormanager::model::names::DirPath;

use crate::support::apache::Apache;
use crate::support::lighttpd::Lighttpd;
use crate::support::{Nginx, Process, free_port, need, wait_for_port};

/// How a server tells a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Exactly,
    About,
    Not,
}

/// The directory of `tests/data/indexes`, and files of many lengths: escaped names and lengths, which directories have none of.
fn tree(at: &Path) -> BTreeMap<String, Option<u64>> {
    fs::create_dir_all(at).unwrap();
    let file = |name: &[u8], size: u64| {
        let file = fs::File::create(at.join(OsStr::from_bytes(name))).unwrap();
        file.set_len(size).unwrap();
    };
    let mut all = BTreeMap::new();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/indexes/tree.tsv");
    for line in fs::read_to_string(list).unwrap().lines() {
        let mut fields = line.split('\t').skip(1);
        let size = fields.next().unwrap().parse().ok();
        let name = fields.next().unwrap().parse::<DirPath>().unwrap().to_bytes();
        match size {
            Some(size) => file(&name, size),
            None => fs::create_dir(at.join(OsStr::from_bytes(&name))).unwrap(),
        }
        all.insert(DirPath::from_bytes(&name).unwrap().to_string(), size);
    }
    // Around where roundings turn, and anywhere.
    let mut seed = 1_u64;
    for power in [0, 10, 20, 30] {
        for step in 1..=40_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let about = (step * step * (1 << power)) / 2;
            for size in [
                about.saturating_sub(1),
                about,
                (1 << power) * step * 10 / 11,
                seed >> (34 + step % 24),
            ] {
                let name = format!("of-{size}");
                file(name.as_bytes(), size);
                all.insert(name, Some(size));
            }
        }
    }
    all
}

/// The body of an answer, whatever its status.
fn fetch(url: &str) -> Vec<u8> {
    let curl = Command::new(need("curl", "curl"))
        .args(["--silent", "--show-error", "--max-time", "60", url])
        .output()
        .unwrap();
    assert!(
        curl.status.success(),
        "{url}: {}",
        String::from_utf8_lossy(&curl.stderr)
    );
    curl.stdout
}

/// Fetches the page of `/pub/linux x/` and holds it against what is there.
fn holds(server: &str, base: &str, all: &BTreeMap<String, Option<u64>>, hides: fn(&str) -> bool, told: Told) {
    let url = format!("{base}/pub/linux%20x/");
    let page = fetch(&url);
    let index = directory_index::read(&page, &url, 100_000);
    let index = index.unwrap_or_else(|| panic!("{server}: {}", String::from_utf8_lossy(&page)));
    assert!(!index.is_cut(), "{server}");
    let shown = all.iter().filter(|(name, _)| !hides(name));
    let mut names = 0;
    for (name, size) in shown {
        // Python writes bytes that are no UTF-8 as surrogates.
        let garbled = server == "python" && (name.contains("%E9") || name.contains("%FF"));
        let listed = index.get(name);
        names += 1;
        assert_eq!(listed.is_none(), garbled, "{server} {name:?}");
        let Some(listed) = listed else { continue };
        assert_eq!(listed.directory, size.is_none(), "{server} {name:?}");
        let well = match size {
            Some(size) if told == Told::Exactly => listed.size == Size::Exact(*size),
            Some(size) if told == Told::About => listed.size != Size::Unknown && listed.size.fits(*size),
            Some(_) | None => listed.size == Size::Unknown,
        };
        assert!(well, "{server} {name:?} {:?}", listed.size);
    }
    assert_eq!(index.len(), names, "{server}");
    let url = format!("{base}/pub/linux%20x/dir/");
    let index = directory_index::read(&fetch(&url), &url, 10).unwrap();
    assert!(index.is_empty() && !index.is_cut(), "{server}");
    for none in ["home", "missing"] {
        let page = fetch(&format!("{base}/{none}/"));
        assert!(!page.is_empty(), "{server}");
        assert_eq!(directory_index::read(&page, &format!("/{none}/"), 10), None, "{server}");
    }
}

fn nothing(_: &str) -> bool {
    false
}

fn dots(name: &str) -> bool {
    name.starts_with('.')
}

fn dots_and_copies(name: &str) -> bool {
    dots(name) || name.ends_with('~')
}

/// A directory to serve, with that of [`tree`] below.
fn served() -> (tempfile::TempDir, BTreeMap<String, Option<u64>>) {
    let root = tempfile::tempdir().unwrap();
    let all = tree(&root.path().join("pub/linux x"));
    fs::create_dir(root.path().join("home")).unwrap();
    let home = "<html><head><title>A mirror</title></head><body><h1>A mirror</h1><a href=\"../\">All of it</a> <a href=\"fedora/\">Fedora</a>";
    fs::write(root.path().join("home/index.html"), home).unwrap();
    (root, all)
}

#[test]
fn nginx_exact_and_rounded() {
    let (root, all) = served();
    holds("nginx", &Nginx::serve(root.path()).url(), &all, dots, Told::Exactly);
    let rounded = Nginx::serve_with(root.path(), "autoindex_exact_size off;");
    holds("nginx rounded", &rounded.url(), &all, dots, Told::About);
}

#[test]
fn apache_in_its_styles() {
    let (root, all) = served();
    holds(
        "Debian's",
        &Apache::serve(root.path()).url(),
        &all,
        dots_and_copies,
        Told::About,
    );
    for (options, told) in [
        ("", Told::Not),
        (
            "IndexOptions FancyIndexing\nAddDescription 2024 *.rpm of-1*",
            Told::About,
        ),
        (
            "IndexOptions FancyIndexing HTMLTable XHTML IconsAreLinks\nDefaultIcon /i.gif",
            Told::About,
        ),
        (
            "IndexOptions FancyIndexing SuppressHTMLPreamble SuppressLastModified SuppressDescription",
            Told::About,
        ),
        ("IndexOptions FancyIndexing SuppressSize", Told::Not),
    ] {
        let apache = Apache::serve_with(root.path(), options);
        holds(options, &apache.url(), &all, nothing, told);
    }
}

#[test]
fn lighttpd() {
    let (root, all) = served();
    holds("lighttpd", &Lighttpd::serve(root.path()).url(), &all, dots, Told::About);
}

#[test]
fn python() {
    let (root, all) = served();
    let port = free_port();
    let child = Command::new(need("python3", "python3"))
        .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()])
        .current_dir(root.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _process = Process(child);
    wait_for_port(port);
    holds("python", &format!("http://127.0.0.1:{port}"), &all, nothing, Told::Not);
}
