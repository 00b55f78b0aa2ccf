//! Directory indexes of the installed web servers, parsed and compared with the directory.

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

/// The precision of the sizes that a server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lengths {
    Exact,
    Rounded,
    None,
}

/// Creates the directory of `tests/data/indexes` and files of many sizes. Returns escaped names with the sizes of files.
fn create_tree(at: &Path) -> BTreeMap<String, Option<u64>> {
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
    // Sizes near the limits of rounding, and random ones.
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

/// Fetches the body of a response with any status.
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

/// Fetches the index of `/pub/linux x/` and compares it with the directory.
fn check_index(
    server: &str,
    base: &str,
    all: &BTreeMap<String, Option<u64>>,
    is_hidden: fn(&str) -> bool,
    lengths: Lengths,
) {
    let url = format!("{base}/pub/linux%20x/");
    let page = fetch(&url);
    let index = directory_index::parse(&page, &url, 100_000);
    let index = index.unwrap_or_else(|| panic!("{server}: {}", String::from_utf8_lossy(&page)));
    assert!(!index.is_truncated(), "{server}");
    let shown = all.iter().filter(|(name, _)| !is_hidden(name));
    let mut names = 0;
    for (name, size) in shown {
        // Python writes bytes that are not UTF-8 as surrogates.
        let garbled = server == "python" && (name.contains("%E9") || name.contains("%FF"));
        let entry = index.get(name);
        names += 1;
        assert_eq!(entry.is_none(), garbled, "{server} {name:?}");
        let Some(entry) = entry else { continue };
        assert_eq!(entry.is_directory, size.is_none(), "{server} {name:?}");
        let is_correct = match size {
            Some(size) if lengths == Lengths::Exact => entry.size == Size::Exact(*size),
            Some(size) if lengths == Lengths::Rounded => entry.size != Size::Unknown && entry.size.fits(*size),
            Some(_) | None => entry.size == Size::Unknown,
        };
        assert!(is_correct, "{server} {name:?} {:?}", entry.size);
    }
    assert_eq!(index.len(), names, "{server}");
    let url = format!("{base}/pub/linux%20x/dir/");
    let index = directory_index::parse(&fetch(&url), &url, 10).unwrap();
    assert!(index.is_empty() && !index.is_truncated(), "{server}");
    for other in ["home", "missing"] {
        let page = fetch(&format!("{base}/{other}/"));
        assert!(!page.is_empty(), "{server}");
        assert_eq!(
            directory_index::parse(&page, &format!("/{other}/"), 10),
            None,
            "{server}"
        );
    }
}

fn hides_nothing(_: &str) -> bool {
    false
}

fn hides_dotfiles(name: &str) -> bool {
    name.starts_with('.')
}

fn hides_dotfiles_and_backups(name: &str) -> bool {
    hides_dotfiles(name) || name.ends_with('~')
}

/// Creates a directory to serve, with that of [`create_tree`] below.
fn create_root() -> (tempfile::TempDir, BTreeMap<String, Option<u64>>) {
    let root = tempfile::tempdir().unwrap();
    let all = create_tree(&root.path().join("pub/linux x"));
    fs::create_dir(root.path().join("home")).unwrap();
    let home = "<html><head><title>A mirror</title></head><body><h1>A mirror</h1><a href=\"../\">All of it</a> <a href=\"fedora/\">Fedora</a>";
    fs::write(root.path().join("home/index.html"), home).unwrap();
    (root, all)
}

#[test]
fn nginx_with_exact_and_rounded_lengths() {
    let (root, all) = create_root();
    check_index(
        "nginx",
        &Nginx::serve(root.path()).url(),
        &all,
        hides_dotfiles,
        Lengths::Exact,
    );
    let rounded = Nginx::serve_with(root.path(), "autoindex_exact_size off;");
    check_index("nginx rounded", &rounded.url(), &all, hides_dotfiles, Lengths::Rounded);
}

#[test]
fn apache_styles() {
    let (root, all) = create_root();
    check_index(
        "Debian configuration",
        &Apache::serve(root.path()).url(),
        &all,
        hides_dotfiles_and_backups,
        Lengths::Rounded,
    );
    for (options, lengths) in [
        ("", Lengths::None),
        (
            "IndexOptions FancyIndexing\nAddDescription 2024 *.rpm of-1*",
            Lengths::Rounded,
        ),
        (
            "IndexOptions FancyIndexing HTMLTable XHTML IconsAreLinks\nDefaultIcon /i.gif",
            Lengths::Rounded,
        ),
        (
            "IndexOptions FancyIndexing SuppressHTMLPreamble SuppressLastModified SuppressDescription",
            Lengths::Rounded,
        ),
        ("IndexOptions FancyIndexing SuppressSize", Lengths::None),
    ] {
        let apache = Apache::serve_with(root.path(), options);
        check_index(options, &apache.url(), &all, hides_nothing, lengths);
    }
}

#[test]
fn lighttpd() {
    let (root, all) = create_root();
    check_index(
        "lighttpd",
        &Lighttpd::serve(root.path()).url(),
        &all,
        hides_dotfiles,
        Lengths::Rounded,
    );
}

#[test]
fn python() {
    let (root, all) = create_root();
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
    check_index(
        "python",
        &format!("http://127.0.0.1:{port}"),
        &all,
        hides_nothing,
        Lengths::None,
    );
}
