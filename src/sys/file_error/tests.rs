use super::*;
use crate::sys::errors::format_chain;

fn fs(free_bytes: u64, free_inodes: u64, total_inodes: u64) -> Cause {
    Cause::Full(FileSystem {
        mount: "/srv".into(),
        free_bytes,
        total_bytes: 1 << 30,
        free_inodes,
        total_inodes,
    })
}

fn denied(is_read: bool, owner: &str, stepped_down: bool) -> Cause {
    Cause::Denied(Denied {
        path: "/srv/x".into(),
        is_read,
        owner: owner.into(),
        group: "adm".into(),
        mode: 0o640,
        user: "mm".into(),
        stepped_down,
    })
}

#[test]
fn each_cause_is_named_with_its_fix() {
    for (cause, words) in [
        (
            fs(20_480, 5, 10),
            &["disk full: 20.0 KiB of 1.0 GiB free on /srv; ", "du -ax /srv"][..],
        ),
        (
            fs(20_480, 0, 10),
            &["no inodes left: 0 of 10 free on /srv", "du --inodes -x /srv"],
        ),
        // btrfs reports no inodes at all.
        (fs(0, 0, 0), &["disk full: 0 bytes"]),
        (
            Cause::ReadOnly { mount: "/srv".into() },
            &["/srv is mounted read-only", "mount -o remount,rw /srv"],
        ),
        (Cause::Faulty { mount: "/srv".into() }, &["faulty", "dmesg"]),
        (
            denied(false, "root", false),
            &[
                "denied for mm: /srv/x is owned by root:adm, mode 0640;",
                "chown mm /srv/x",
            ],
        ),
        (denied(false, "mm", false), &["chmod u+rwX /srv/x"]),
        (
            denied(true, "root", true),
            &[
                "root started the command, which runs as mm",
                "copy the file to where mm can read it",
            ],
        ),
        (
            Cause::NoDirectory {
                dir: "/srv/y".into(),
                user: "mm".into(),
            },
            &["/srv/y does not exist", "install -d -m 0750 -o mm /srv/y"],
        ),
    ] {
        let text = cause.describe();
        for word in words {
            assert!(text.contains(word), "no {word:?} in {text}");
        }
        assert!(!text.contains("restore"), "{text}");
    }
}

#[test]
fn sizes_have_one_decimal() {
    for (n, text) in [
        (0, "0 bytes"),
        (1_023, "1023 bytes"),
        (1_024, "1.0 KiB"),
        (1_587, "1.5 KiB"),
        (1 << 20, "1.0 MiB"),
        (u64::MAX, "16777215.9 TiB"),
    ] {
        assert_eq!(format_bytes(n), text);
    }
}

#[test]
fn the_error_of_the_system_is_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no/file");
    let why = std::fs::write(&path, "").unwrap_err();
    let error = FileError::new("write", &path, why);
    let text = format_chain(&error);
    assert!(
        text.starts_with(&format!("cannot write {}: the directory", path.display())),
        "{text}"
    );
    assert!(!text.contains("os error"), "{text}");
    let why = std::fs::read(dir.path().join("none")).unwrap_err();
    let text = format_chain(&FileError::new("read", &dir.path().join("none"), why));
    assert!(text.ends_with("(os error 2)"), "{text}");
}

#[test]
fn a_writable_place_passes_the_probe() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    assert!(FileError::probe("write", &path, std::slice::from_ref(&path)).is_none());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let nowhere = dir.path().join("none/x.db");
    let error = FileError::probe("write", &nowhere, &[]).unwrap();
    let source = std::error::Error::source(&error).and_then(|e| e.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::NotFound));
    assert!(error.command().unwrap().starts_with("install -d"), "{error}");
}

#[test]
fn the_mount_point_of_a_missing_file_is_found() {
    assert_eq!(find_mount(Path::new("/proc/no/such/file")), Path::new("/proc"));
}
