//! The same tree through a walk, a list and rsync.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use mirrormanager::formats::digest;

use super::{Master, Stored};
use crate::support::rsyncd::Rsyncd;
use crate::support::{Nginx, need};

/// A list of everything below `top`, as a master writes it: without `top`, with the SHA-1 of every `repomd.xml`.
pub(crate) fn full_list(top: &Path, prefix: &str) -> Vec<u8> {
    let (mut files, mut sums) = (Vec::new(), Vec::new());
    list(top, prefix.as_bytes(), false, &mut files, &mut sums);
    [
        b"[Version]\n2\n\n[Files]\n".as_slice(),
        &files,
        b"\n[Checksums SHA1]\n",
        &sums,
        b"\n[End]\n",
    ]
    .concat()
}

fn list(dir: &Path, path: &[u8], closed: bool, files: &mut Vec<u8>, sums: &mut Vec<u8>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let meta = fs::symlink_metadata(entry.path()).unwrap();
        let mut below = path.to_vec();
        if !below.is_empty() {
            below.push(b'/');
        }
        below.extend(entry.file_name().as_bytes());
        let (letter, open) = if meta.is_dir() {
            ('d', meta.mode() & 0o005 == 0o005)
        } else if meta.is_symlink() {
            ('l', true)
        } else if meta.is_file() {
            ('f', meta.mode() & 0o004 != 0)
        } else {
            continue;
        };
        let flag = if !open {
            "-"
        } else if closed {
            "*"
        } else {
            ""
        };
        write!(
            files,
            "{}\t{letter}{flag}\t{}\t",
            meta.mtime().max(meta.ctime()),
            meta.len()
        )
        .unwrap();
        files.extend(&below);
        files.push(b'\n');
        if entry.file_name() == "repomd.xml" && meta.is_file() {
            let hashes = digest::compute_hashes(&fs::read(entry.path()).unwrap());
            sums.extend(hashes.sha1.unwrap().bytes());
            sums.push(b'\t');
            sums.extend(&below);
            sums.push(b'\n');
        }
        if meta.is_dir() {
            list(&entry.path(), &below, closed || !open, files, sums);
        }
    }
}

/// A tree with all kinds of entries.
fn rich(master: &Master) {
    master.repomd("releases/43/Everything/x86_64/os", 1_700_000_000);
    master.repomd("releases/44/Everything/x86_64/os", 1_800_000_000);
    for n in 0..30 {
        master.write(
            &format!("releases/43/Everything/x86_64/os/Packages/p{n:02}.rpm"),
            &"x".repeat(n),
        );
    }
    master.write("iso/with blank/a (b).iso", "iso");
    master.write(
        "iso/with blank/x-CHECKSUM",
        &format!(
            "SHA256 (a (b).iso) = {}\nSHA256 (none.iso) = {}\n",
            "ab".repeat(32),
            "ab".repeat(32)
        ),
    );
    master.write("iso/secret", "not for the world");
    fs::set_permissions(master.path("iso/secret"), Permissions::from_mode(0o600)).unwrap();
    master.write("excluded/here/x", "1");
    master.write("top file", "1");
    symlink("43", master.path("releases/latest")).unwrap();
    symlink("/nowhere", master.path("iso/dangling")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9 \\#101");
    fs::create_dir(master.path("iso").join(odd)).unwrap();
    fs::write(master.path("iso").join(odd).join(odd), "1").unwrap();
    fs::create_dir_all(master.path("empty/.~tmp~/x")).unwrap();
    master.write("iso/.a.iso.Xy12Zz", "in transfer");
    master.mode("releases/44", 0o750);
}

/// The rows that must not depend on the source: all except times of entries and row IDs.
fn describe_rows(stored: &Stored) -> String {
    let mut out = String::new();
    for (path, d) in &stored.directories {
        writeln!(
            out,
            "{path:?} readable {} vanished {}",
            d.readable,
            d.vanished_at.is_some()
        )
        .unwrap();
        for f in &d.files {
            writeln!(out, "  {} {:?}", f.name, f.size).unwrap();
        }
    }
    let mut details: Vec<String> = Vec::new();
    for d in &stored.details {
        let repomd = d.file.filename == "repomd.xml";
        let (path, _) = stored
            .directories
            .iter()
            .find(|(_, dir)| dir.id == d.directory)
            .unwrap();
        details.push(format!(
            "{path}/{} {} {} {:?} newest {}",
            d.file.filename,
            if repomd { d.file.timestamp } else { 0 },
            d.file.size,
            d.file.hashes,
            d.superseded_seq.is_none()
        ));
    }
    details.sort();
    out + &details.join("\n")
}

const EXCLUDE: &str = "exclude = ['^excluded']\n";

fn source(master: &Master, lines: &str) {
    master
        .env
        .configure(&format!("[[category]]\nname = \"Fedora Linux\"\n{EXCLUDE}{lines}\n"));
}

/// Compresses a file with a program.
fn pack(program: &str, package: &str, from: &Path, to: &Path) {
    let done = Command::new(need(program, package))
        .args(["-c", "-q"])
        .arg(from)
        .stdout(fs::File::create(to).unwrap())
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn every_source_gives_the_same_rows() {
    let first = Master::new("");
    rich(&first);
    source(&first, "path = \"tree\"");
    let by_walk = describe_rows(&first.scan());
    assert!(
        by_walk.contains("\"releases/44/Everything\" readable false"),
        "{by_walk}"
    );
    assert!(by_walk.contains("a (b).iso 0 3 Hashes"), "{by_walk}");
    assert!(
        !by_walk.contains("secret") && !by_walk.contains("excluded"),
        "{by_walk}"
    );

    let tree = first.path("");
    let nginx = Nginx::serve(first.env.path("").as_path());
    let rsyncd = Rsyncd::serve(&tree);
    let at = |name: &str| first.env.path(name);
    fs::write(at("list"), full_list(&tree, "")).unwrap();
    fs::write(at("fullfiletimelist-up"), full_list(first.env.path("").as_path(), "")).unwrap();
    for (program, package, end) in [
        ("gzip", "gzip", "gz"),
        ("xz", "xz-utils", "xz"),
        ("zstd", "zstd", "zst"),
    ] {
        pack(program, package, &at("list"), &at(&format!("list.{end}")));
    }
    let (t, url, port) = (tree.display().to_string(), nginx.url(), rsyncd.port);
    let t = t.trim_end_matches('/');
    let here = first.env.path("").display().to_string();
    let list = |list: &str, more: &str| format!("source = \"filelist\"\nfile_list = \"{list}\"\n{more}");
    let local = format!("path = \"{t}\"");
    let web = format!("files_url = \"{url}/tree/\"");
    for lines in [
        list(&format!("{here}/list"), &local),
        list(&format!("{here}/list.gz"), &local),
        list(&format!("{here}/list.xz"), &local),
        list(&format!("{url}/list.zst"), &web),
        list(
            &format!("{here}/fullfiletimelist-*"),
            &format!("strip_prefix = \"tree\"\n{local}"),
        ),
        format!("source = \"rsync\"\nrsync = \"{t}\"\n{local}"),
        format!("source = \"rsync\"\nrsync = \"rsync://127.0.0.1:{port}/master\"\n{web}"),
    ] {
        let other = Master::new("");
        source(&other, &lines);
        let stored = other.scan();
        assert_eq!(describe_rows(&stored), by_walk, "{lines}");
        // A second scan finds no changes.
        let again = other.scan();
        assert_eq!(
            (again.generation, describe_rows(&again)),
            (stored.generation, by_walk.clone()),
            "{lines}"
        );
    }
}

#[test]
fn a_change_of_source_does_not_mark_directories_as_changed() {
    let master = Master::new("");
    rich(&master);
    source(&master, "path = \"tree\"");
    let before = master.scan();
    let tree = master.path("");
    source(
        &master,
        &format!("path = \"tree\"\nsource = \"rsync\"\nrsync = \"{}\"", tree.display()),
    );
    let after = master.scan();
    assert_eq!(
        (after.generation, describe_rows(&after)),
        (before.generation, describe_rows(&before))
    );
    master.repomd("releases/43/Everything/x86_64/os", 1_900_000_000);
    let pushed = master.scan();
    let changed: Vec<&str> = pushed
        .directories
        .iter()
        .filter(|(_, d)| d.changed_seq == pushed.generation)
        .map(|(p, _)| p.as_str())
        .collect();
    assert_eq!(changed, ["releases/43/Everything/x86_64/os/repodata"]);
    source(&master, "path = \"tree\"");
    assert_eq!(describe_rows(&master.scan()), describe_rows(&pushed));
}

#[test]
fn every_source_shows_a_push() {
    for kind in ["filelist", "rsync"] {
        let master = Master::new("");
        rich(&master);
        let tree = master.path("").display().to_string();
        let more = format!("path = \"tree\"\nsource = \"{kind}\"\nfile_list = \"list\"\nrsync = \"{tree}\"");
        source(&master, &more);
        let scan = || {
            fs::write(master.env.path("list"), full_list(&master.path(""), "")).unwrap();
            master.scan()
        };
        scan();
        master.repomd("releases/43/Everything/x86_64/os", 1_900_000_000);
        master.write("releases/43/Everything/x86_64/os/Packages/p00.rpm", "grown");
        fs::remove_dir_all(master.path("empty")).unwrap();
        master.mode("releases/44", 0o755);
        let pushed = scan();
        assert_eq!(pushed.vanished(), ["empty"], "{kind}");
        assert!(pushed.unreadable().is_empty(), "{kind}");
        let mut times = pushed.timestamps();
        times.retain(|(time, _)| *time == 1_700_000_000 || *time == 1_900_000_000);
        assert_eq!(times, [(1_700_000_000, false), (1_900_000_000, true)], "{kind}");
    }
}

#[test]
fn a_repomd_with_a_listed_digest_is_not_read() {
    let master = Master::new("");
    rich(&master);
    let nginx = Nginx::serve(master.env.path("").as_path());
    source(
        &master,
        &format!(
            "source = \"filelist\"\nfile_list = \"list\"\nfiles_url = \"{}/tree\"",
            nginx.url()
        ),
    );
    let reads = |what: &str| nginx.log().matches(what).count();
    fs::write(master.env.path("list"), full_list(&master.path(""), "")).unwrap();
    master.scan();
    assert_eq!(reads("repomd.xml"), 2);
    // The same file with another time: by the digest of the list it is unchanged.
    let repomd = master.path("releases/43/Everything/x86_64/os/repodata/repomd.xml");
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24 * 365 * 60);
    fs::File::options()
        .write(true)
        .open(&repomd)
        .unwrap()
        .set_modified(later)
        .unwrap();
    fs::write(master.env.path("list"), full_list(&master.path(""), "")).unwrap();
    master.scan();
    assert_eq!(reads("repomd.xml"), 2);
}

#[test]
fn unreadable_files_of_the_master_are_read_by_the_next_scan() {
    let master = Master::new("");
    rich(&master);
    source(
        &master,
        "source = \"filelist\"\nfile_list = \"list\"\nfiles_url = \"http://127.0.0.1:9/tree\"",
    );
    fs::write(master.env.path("list"), full_list(&master.path(""), "")).unwrap();
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("repodata: cannot read http://127.0.0.1:9/tree/"),
        "{output:?}"
    );
    assert!(!master.stored().directories.is_empty() && master.stored().details.is_empty());
    let nginx = Nginx::serve(master.env.path("").as_path());
    source(
        &master,
        &format!(
            "source = \"filelist\"\nfile_list = \"list\"\nfiles_url = \"{}/tree\"",
            nginx.url()
        ),
    );
    assert_eq!(master.scan().details.len(), 3);
}
