//! One rsync listing of a mirror: by a real daemon, and by hostile daemons with a real rsync client.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mirrormanager::crawl::classify::{Evidence, ProbeResult, RepomdProbe};
use mirrormanager::crawl::probe::listing::{ListingEnd, ListingError, ListingTimeouts, MirrorListing, list};
use mirrormanager::crawl::tree::Tree;
use mirrormanager::model::file::{SampledFile, VersionRetention};
use mirrormanager::model::ids::{CategoryId, DirectoryId, ScanSeq};
use mirrormanager::model::plan::{CategoryPlan, PlannedDirectory, PlannedFile};
use mirrormanager::sys::signals::ShutdownFlag;

use crate::support::rsyncd::Rsyncd;
use crate::support::{free_port, nobody};

mod hostile_servers;

/// The directories below `top` with all files, as a scan would record them.
fn tree_of(top: &Path) -> Tree {
    let mut directories = Vec::new();
    collect(top, top, &mut directories);
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    tree(directories)
}

fn tree(directories: Vec<PlannedDirectory>) -> Tree {
    Tree::new(Arc::new(CategoryPlan {
        id: CategoryId(1),
        name: "c".to_owned(),
        scan_seq: ScanSeq(1),
        retention: VersionRetention {
            previous: Duration::ZERO,
            older: Duration::ZERO,
        },
        directories,
    }))
}

fn collect(top: &Path, dir: &Path, out: &mut Vec<PlannedDirectory>) {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(top, &path, out);
        } else {
            files.push(SampledFile {
                name: path.file_name().unwrap().to_str().unwrap().to_owned(),
                size: Some(fs::metadata(&path).unwrap().len()),
                timestamp: 0,
            });
        }
    }
    files.sort();
    out.push(PlannedDirectory {
        id: DirectoryId(u32::try_from(out.len()).unwrap() + 1),
        path: dir.strip_prefix(top).unwrap().to_str().unwrap().parse().unwrap(),
        readable: true,
        changed_seq: ScanSeq(1),
        files: files.into(),
        refused: Vec::new(),
        repomd: Vec::new(),
    });
}

fn write(top: &Path, below: &str, text: &str) {
    let path = top.join(below);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn patient(stop: &ShutdownFlag) -> ListingTimeouts<'_> {
    ListingTimeouts {
        deadline: Instant::now() + Duration::from_mins(2),
        shutdown: stop,
        connect_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_mins(1),
        allow_private: true,
    }
}

fn listed(tree: &Tree, port: u16, below: &str) -> Result<MirrorListing, ListingError> {
    let url = format!("rsync://127.0.0.1:{port}/{below}").parse().unwrap();
    list(tree, &url, &patient(&ShutdownFlag::default()))
}

fn evidence(listing: &MirrorListing, tree: &Tree, path: &str) -> Evidence {
    listing.evidence(tree, tree.find(path).unwrap())
}

/// A master tree with special names, and a mirror of it.
fn master_and_mirror() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for top in ["master", "mirror/pub"] {
        let top = home.path().join(top);
        write(&top, "README", "welcome");
        write(&top, "os/a b/caf\u{e9}.iso", "an image");
        write(&top, "os/repodata/repomd.xml", "<repomd/>");
        write(&top, "os/repodata/primary\\#101.xml", "packages");
        write(&top, "os/100%25/x%41.rpm", "one");
        write(&top, "updates/z.rpm", "another");
        write(&top, "updates-testing/y.rpm", "a third");
    }
    home
}

/// The directories with differences.
fn missing_from(listing: &MirrorListing, tree: &Tree) -> Vec<String> {
    let good = |at: usize| {
        let (seen, dir) = (listing.evidence(tree, at), tree.directory(at).unwrap());
        seen.index == Some(ProbeResult::Present(None))
            && seen
                .files
                .iter()
                .map(|(_, f)| f.clone())
                .eq(dir.files.iter().map(|f| ProbeResult::Present(f.size)))
    };
    let all = tree.plan.directories.iter().enumerate();
    all.filter(|(at, _)| !good(*at))
        .map(|(_, d)| d.path.to_string())
        .collect()
}

#[test]
fn listing_confirms_present_and_absent_directories() {
    let home = master_and_mirror();
    let mut planned = tree_of(&home.path().join("master")).plan.directories.clone();
    // As scans write them: a percent sign before two hexadecimal digits is escaped.
    for dir in &mut planned {
        dir.path = dir.path.as_str().replace("%25", "%2525").parse().unwrap();
        let escaped = |f: PlannedFile<'_>| SampledFile {
            name: f.name.replace("%41", "%2541"),
            size: f.size,
            timestamp: 0,
        };
        dir.files = dir.files.iter().map(escaped).collect();
    }
    let tree = tree(planned);
    let mirror = home.path().join("mirror");
    let daemon = Rsyncd::serve(&mirror);
    let whole = listed(&tree, daemon.port, "master/pub").unwrap();
    assert_eq!(
        (whole.end(), missing_from(&whole, &tree)),
        (&ListingEnd::Complete, vec![])
    );
    assert_eq!(whole.entries(), 14);
    let repodata = tree.find("os/repodata").unwrap();
    let time = fs::metadata(mirror.join("pub/os/repodata/repomd.xml"))
        .unwrap()
        .modified()
        .unwrap();
    let time = time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(whole.repomd(repodata), Some((9, i64::try_from(time).unwrap())));

    fs::remove_dir_all(mirror.join("pub/updates-testing")).unwrap();
    write(&mirror, "pub/updates/z.rpm", "too long for that");
    fs::remove_file(mirror.join("pub/os/repodata/repomd.xml")).unwrap();
    fs::remove_dir_all(mirror.join("pub/os/a b")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", mirror.join("pub/os/a b")).unwrap();
    write(&mirror, "pub/more/than/expected", "x");
    let half = listed(&tree, daemon.port, "master/pub").unwrap();
    assert_eq!(
        missing_from(&half, &tree),
        ["os/a b", "os/repodata", "updates", "updates-testing"]
    );
    let of = |path: &str| evidence(&half, &tree, path);
    assert_eq!(of("updates").files, [(0, ProbeResult::Present(Some(17)))]);
    assert_eq!(of("updates-testing").index, Some(ProbeResult::Absent(404)));
    assert!(of("os/repodata").files.contains(&(1, ProbeResult::Absent(404))));
    assert!(matches!(&of("os/a b").index, Some(ProbeResult::Unclear(t)) if t.code == "symlink"));
    assert_eq!(half.repomd(repodata), None);

    fs::remove_dir_all(mirror.join("pub")).unwrap();
    fs::create_dir(mirror.join("pub")).unwrap();
    assert!(listed(&tree, daemon.port, "master/pub").unwrap().is_bare(&tree));
    for (below, expected_text) in [
        ("nothing", "Unknown module 'nothing'"),
        ("master/nothing", "No such file or directory"),
    ] {
        let why = listed(&tree, daemon.port, below).unwrap_err();
        assert!(why.is_absent && why.has_response, "{why:?}");
        assert!(
            why.error.code == "rsync" && why.error.message.contains(expected_text),
            "{why:?}"
        );
    }
}

/// A daemon that cannot read everything. If only directories that are not world-readable are missing, its listing is complete; else
/// entries it shows count, and entries it does not show are unknown.
#[test]
fn unreadable_directory_of_the_daemon_leaves_only_its_content_unknown() {
    let home = master_and_mirror();
    let tree = tree_of(&home.path().join("master"));
    let mirror = home.path().join("mirror");
    let mode = |below: &str, mode| fs::set_permissions(mirror.join(below), fs::Permissions::from_mode(mode)).unwrap();
    fs::remove_dir_all(mirror.join("pub/updates")).unwrap();
    mode("pub/os/repodata", 0o000);
    let daemon = Rsyncd::serve_as_nobody(&mirror);
    let seen = listed(&tree, daemon.port, "master/pub").unwrap();
    assert_eq!(seen.end(), &ListingEnd::Complete);
    let of = |path: &str| evidence(&seen, &tree, path);
    assert!(matches!(of("os/repodata").index, Some(ProbeResult::Unclear(t)) if t.code == "unreadable-directory"));
    assert_eq!(of("updates").index, Some(ProbeResult::Absent(404)));

    // World-readable, but not readable for the group or owner as which the daemon runs.
    if let Some(nobody) = nobody() {
        std::os::unix::fs::chown(mirror.join("pub/updates-testing"), None, Some(nobody)).unwrap();
        mode("pub/updates-testing", 0o705);
    } else {
        mode("pub/updates-testing", 0o055);
    }
    let seen = listed(&tree, daemon.port, "master/pub").unwrap();
    assert!(
        matches!(seen.end(), ListingEnd::Partial(why) if why.contains("Permission denied")),
        "{:?}",
        seen.end()
    );
    let of = |path: &str| evidence(&seen, &tree, path);
    assert_eq!(of("os/a b").files, [(0, ProbeResult::Present(Some(8)))]);
    let word = |seen: Option<ProbeResult>| match seen {
        Some(ProbeResult::Unclear(t)) => t.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (word(of("os/repodata").index), word(of("updates").index)),
        ("unreadable-directory", "rsync")
    );
    mode("pub/os/repodata", 0o755);
    mode("pub/updates-testing", 0o755);
    assert_eq!(
        listed(&tree, daemon.port, "master/pub").unwrap().end(),
        &ListingEnd::Complete
    );
}

#[test]
fn missing_repomd_is_reported_where_versions_exist() {
    let home = master_and_mirror();
    let mut planned = tree_of(&home.path().join("master")).plan.directories.clone();
    let dir = planned.iter_mut().find(|d| d.path.as_str() == "os/repodata").unwrap();
    let version = r#"{"id":1,"directory":1,"file":{"filename":"repomd.xml","timestamp":0,"size":9,"hashes":{}},
        "first_seq":1,"superseded_seq":null,"first_seen":0,"superseded_at":null}"#;
    dir.repomd.push(serde_json::from_str(version).unwrap());
    let tree = tree(planned);
    let mirror = home.path().join("mirror");
    let daemon = Rsyncd::serve(&mirror);
    let repomd = || evidence(&listed(&tree, daemon.port, "master/pub").unwrap(), &tree, "os/repodata").repomd;
    assert_eq!(repomd(), None);
    fs::remove_file(mirror.join("pub/os/repodata/repomd.xml")).unwrap();
    assert_eq!(repomd(), Some(RepomdProbe::Absent(404)));
}

#[test]
fn denied_addresses_are_not_probed() {
    let tree = tree(Vec::new());
    let stop = ShutdownFlag::default();
    let ask = |url: &str, allow_private| {
        let limits = ListingTimeouts {
            allow_private,
            ..patient(&stop)
        };
        list(&tree, &url.parse().unwrap(), &limits).unwrap_err().error.code
    };
    for private in [
        "rsync://127.0.0.1/m",
        "rsync://[::1]/m",
        "rsync://169.254.169.254/latest",
        "rsync://localhost/m",
    ] {
        assert_eq!(ask(private, false), "private-address", "{private}");
    }
    for wrong in [
        "http://127.0.0.1/m",
        "rsync://127.0.0.1",
        "rsync://127.0.0.1/--daemon",
        "rsync://127.0.0.1/m/*",
    ] {
        assert_eq!(ask(wrong, true), "protocol", "{wrong}");
    }
    assert_eq!(ask(&format!("rsync://127.0.0.1:{}/m", free_port()), true), "connection");
    // An IPv6 address in brackets is connected to as well.
    assert_eq!(ask(&format!("rsync://[::1]:{}/m", free_port()), true), "connection");
}
