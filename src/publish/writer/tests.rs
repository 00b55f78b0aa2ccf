use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::snapshot::generation::*;

fn put_all(sink: &dyn GenerationSink, text: &str) {
    sink.put("snapshot", text.as_bytes()).unwrap();
    sink.put("public/index.html", b"<!doctype html>").unwrap();
    sink.put("public/a/b/index.html", b"deep").unwrap();
}

fn write_at(dir: &Path, text: &str, at: i64, keep: u32) -> PublishResult {
    let writer = GenerationWriter::new(dir).unwrap();
    put_all(&writer, text);
    writer.publish(Timestamp(at), keep).unwrap()
}

#[test]
fn a_written_generation_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_at(dir.path(), "one", 5, 3);
    assert!(written.changed);
    let (place, manifest) = current(dir.path()).unwrap().unwrap();
    assert_eq!(place, dir.path().join(written.id.as_str()));
    assert_eq!(manifest.as_of, Timestamp(5));
    assert_eq!(verify(&place).unwrap(), manifest);
    assert_eq!(read_file(&place, &manifest, "snapshot").unwrap(), b"one");
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o750);
    assert_eq!(mode(&place.join("public/a")), 0o750);
    for file in [SNAPSHOT, MANIFEST, "public/a/b/index.html"] {
        assert_eq!(mode(&place.join(file)), 0o640, "{file}");
    }
    write_at(dir.path(), "one", 6, 3);
    assert_eq!(mode(&place.join(MANIFEST)), 0o640);
}

#[test]
fn generations_have_the_group_of_a_directory_with_the_set_group_id_bit() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o2750)).unwrap();
    // Only root may choose any group; for others, it is the own one.
    let group = if rustix::process::geteuid().is_root() {
        65534
    } else {
        rustix::process::getegid().as_raw()
    };
    std::os::unix::fs::chown(dir.path(), None, Some(group)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o2750)).unwrap();
    let place = dir.path().join(write_at(dir.path(), "one", 5, 3).id.as_str());
    for (below, mode) in [("", 0o2750), ("public/a", 0o2750), (SNAPSHOT, 0o640), (MANIFEST, 0o640)] {
        let found = fs::metadata(place.join(below)).unwrap();
        assert_eq!((found.gid(), found.mode() & 0o7777), (group, mode), "{below}");
    }
}

#[test]
fn equal_content_only_refreshes_as_of() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 5, 3);
    let inode = |id: &GenerationId| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(dir.path().join(id.as_str()).join(SNAPSHOT)).unwrap().ino()
    };
    let before = inode(&first.id);
    let second = write_at(dir.path(), "one", 9, 3);
    assert_eq!((second.changed, &second.id), (false, &first.id));
    assert_eq!(inode(&first.id), before);
    assert_eq!(current(dir.path()).unwrap().unwrap().1.as_of, Timestamp(9));
}

#[test]
fn old_generations_are_removed_but_never_the_current_one() {
    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<GenerationId> = (1..=5).map(|n| write_at(dir.path(), &n.to_string(), n, 3).id).collect();
    fs::create_dir(dir.path().join("kept-by-hand")).unwrap();
    let kept: BTreeSet<GenerationId> = list(dir.path()).unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(kept, ids[2..].iter().cloned().collect());
    // One that was written with a wrong clock is older than all others.
    let future = tempfile::tempdir().unwrap();
    for (n, at) in [(1, 10), (2, 5000), (3, 20), (4, 30)] {
        write_at(future.path(), &n.to_string(), at, 3);
    }
    let times: BTreeSet<i64> = list(future.path()).unwrap().into_iter().map(|m| m.as_of.0).collect();
    assert_eq!(times, BTreeSet::from([10, 20, 30]));
    // Repeated content makes the old directory current again; with keep 0, only that one is kept.
    let back = write_at(dir.path(), "3", 9, 0);
    assert_eq!((&back.id, back.changed), (&ids[2], true));
    assert_eq!(list(dir.path()).unwrap().len(), 1);
    assert_eq!(current_id(dir.path()), Some(ids[2].clone()));
    assert!(dir.path().join("kept-by-hand").exists());
}

#[test]
fn leftovers_of_a_killed_run_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    write_at(dir.path(), "one", 1, 3);
    fs::create_dir_all(dir.path().join(".new-abc/public")).unwrap();
    fs::write(dir.path().join(".new-abc/public/x"), "half").unwrap();
    std::os::unix::fs::symlink("nowhere", dir.path().join(".link-x")).unwrap();
    write_at(dir.path(), "two", 2, 3);
    let names = names(dir.path()).unwrap();
    assert!(names.iter().all(|n| !n.starts_with('.')), "{names:?}");
}

#[test]
fn a_corrupt_current_generation_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let id = write_at(dir.path(), "one", 1, 3).id;
    let place = dir.path().join(id.as_str());
    fs::write(place.join(SNAPSHOT), "onE").unwrap();
    assert!(matches!(verify(&place), Err(GenerationError::Corrupt { .. })));
    assert!(!write_at(dir.path(), "one", 2, 3).changed);
    assert_eq!(verify(&place).unwrap().as_of, Timestamp(2));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn failed_write_keeps_the_current_generation() {
    let dir = tempfile::tempdir().unwrap();
    let id = write_at(dir.path(), "one", 1, 3).id;
    // A file is in the way of the directory.
    let bad = GenerationWriter::new(dir.path()).unwrap();
    put_all(&bad, "two");
    assert!(matches!(bad.put("snapshot/x", b""), Err(GenerationError::Write(_))));
    drop(bad);
    assert_eq!(current_id(dir.path()), Some(id));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn dry_run_computes_the_same_id() {
    let dir = tempfile::tempdir().unwrap();
    let dry_run = DryRunSink::default();
    put_all(&dry_run, "one");
    assert_eq!(dry_run.manifest(Timestamp(1)).id, write_at(dir.path(), "one", 1, 3).id);
}

/// Returns the paths of the files of the unfinished generation in `dir`.
fn unfinished_files(dir: &Path) -> BTreeSet<PathBuf> {
    let writer = names(dir)
        .unwrap()
        .into_iter()
        .find(|n| n.starts_with(".new-"))
        .unwrap();
    let mut out = BTreeSet::new();
    let mut open = vec![dir.join(&writer)];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.insert(path.strip_prefix(dir.join(&writer)).unwrap().to_owned());
            }
        }
    }
    out
}

#[test]
fn unchanged_files_are_written_only_with_changed_ones() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 3).id;
    let same = GenerationWriter::new(dir.path()).unwrap();
    put_all(&same, "one");
    assert_eq!(unfinished_files(dir.path()), BTreeSet::new());
    assert!(!same.publish(Timestamp(2), 3).unwrap().changed);
    // A missing file, and one that differs.
    let place = dir.path().join(first.as_str());
    fs::remove_file(place.join("public/a/b/index.html")).unwrap();
    let other = GenerationWriter::new(dir.path()).unwrap();
    put_all(&other, "two");
    let new = ["public/a/b/index.html", "snapshot"].map(PathBuf::from);
    assert_eq!(unfinished_files(dir.path()), BTreeSet::from(new));
    let second = other.publish(Timestamp(3), 3).unwrap();
    assert!(second.changed);
    let place = dir.path().join(second.id.as_str());
    assert_eq!(verify(&place).unwrap().files.len(), 3);
    let mode = |name: &str| fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("public/index.html"), mode("public")), (0o640, 0o750));
}

#[test]
fn a_removed_file_gives_a_new_generation() {
    let dir = tempfile::tempdir().unwrap();
    write_at(dir.path(), "one", 1, 3);
    let fewer = GenerationWriter::new(dir.path()).unwrap();
    fewer.put("snapshot", b"one").unwrap();
    let written = fewer.publish(Timestamp(2), 3).unwrap();
    assert!(written.changed);
    let manifest = verify(&dir.path().join(written.id.as_str())).unwrap();
    assert_eq!(manifest.files.len(), 1);
}

#[test]
fn a_published_file_corrupted_before_it_is_copied_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 3).id;
    let writer = GenerationWriter::new(dir.path()).unwrap();
    put_all(&writer, "two");
    fs::write(
        dir.path().join(first.as_str()).join("public/index.html"),
        "<!doctype htmL>",
    )
    .unwrap();
    let e = writer.publish(Timestamp(2), 3).unwrap_err().to_string();
    assert!(e.contains("index.html") && e.contains("unchanged"), "{e}");
    assert_eq!(current_id(dir.path()), Some(first));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn two_files_with_one_path_are_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let writer = GenerationWriter::new(dir.path()).unwrap();
    let sinks: [&dyn GenerationSink; 2] = [&writer, &DryRunSink::default()];
    for sink in sinks {
        put_all(sink, "one");
        let e = sink.put("public/index.html", b"another").unwrap_err().to_string();
        assert!(e.contains("public/index.html") && e.contains("two files"), "{e}");
    }
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    put_all(&GenerationWriter::new(dir.path()).unwrap(), "one");
    assert_eq!(names(dir.path()).unwrap(), Vec::<String>::new());
    assert_eq!(current_id(dir.path()), None);
}

#[test]
fn a_modified_manifest_is_rejected() {
    let dry_run = DryRunSink::default();
    put_all(&dry_run, "one");
    let text = dry_run.manifest(Timestamp(7)).to_string();
    assert_eq!(text.parse::<Manifest>().unwrap().to_string(), text);
    let truncated = text.lines().take(4).collect::<Vec<_>>().join("\n");
    assert!(matches!(truncated.parse::<Manifest>(), Err(ManifestError::Id { .. })));
    assert!(matches!(
        text.replace("public/a/", "../a/").parse::<Manifest>(),
        Err(ManifestError::Line(_))
    ));
    assert_eq!("".parse::<Manifest>(), Err(ManifestError::Header));
    assert_eq!(
        text.replace("manifest 1", "manifest 2").parse::<Manifest>(),
        Err(ManifestError::Header)
    );
    // `as_of` is not part of the content.
    assert!(text.replace("as_of 7", "as_of 8").parse::<Manifest>().is_ok());
}

#[test]
fn files_that_cannot_be_removed_are_warnings() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 1);
    // A file instead of a directory, and a directory instead of a link: removing them fails, even for root.
    fs::write(dir.path().join(".new-stuck"), "not a directory").unwrap();
    fs::create_dir(dir.path().join(".link-stuck")).unwrap();
    // Blocks renaming the old generation.
    fs::write(dir.path().join(format!(".new-{}", first.id)), "not a directory").unwrap();
    let second = write_at(dir.path(), "two", 2, 1);
    assert!(second.changed && second.removed.is_empty(), "{second:?}");
    assert_eq!(current_id(dir.path()), Some(second.id.clone()));
    let named = [".new-stuck", ".link-stuck", first.id.as_str()];
    for name in named {
        let warned = second
            .cleanup_warnings
            .iter()
            .any(|l| l.contains(name) && l.contains("remove it by hand"));
        assert!(warned, "{name}: {second:?}");
        assert!(
            second.cleanup_warnings.iter().all(|l| !l.contains("is unchanged")),
            "{second:?}"
        );
    }
    assert!(
        write_at(dir.path(), "three", 3, 1).changed,
        "the next run is not blocked"
    );
}
