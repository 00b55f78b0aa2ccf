use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::snapshot::generation::*;

fn put_all(shelf: &dyn GenerationSink, text: &str) {
    shelf.put("snapshot", text.as_bytes()).unwrap();
    shelf.put("public/index.html", b"<!doctype html>").unwrap();
    shelf.put("public/a/b/index.html", b"deep").unwrap();
}

fn write_at(dir: &Path, text: &str, at: i64, keep: u32) -> PublishResult {
    let draft = GenerationWriter::begin(dir).unwrap();
    put_all(&draft, text);
    draft.publish(Timestamp(at), keep).unwrap()
}

#[test]
fn a_generation_is_read_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_at(dir.path(), "one", 5, 3);
    assert!(written.changed);
    let (place, manifest) = current(dir.path()).unwrap().unwrap();
    assert_eq!(place, dir.path().join(written.id.as_str()));
    assert_eq!(manifest.as_of, Timestamp(5));
    assert_eq!(verify(&place).unwrap(), manifest);
    assert_eq!(read_file(&place, &manifest, "snapshot").unwrap(), b"one");
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o755);
    assert_eq!(mode(&place.join("public/a")), 0o755);
    assert_eq!(mode(&place.join(SNAPSHOT)), 0o644);
}

#[test]
fn equal_content_only_refreshes_its_time() {
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
fn old_generations_go_but_never_the_current_one() {
    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<GenerationId> = (1..=5).map(|n| write_at(dir.path(), &n.to_string(), n, 3).id).collect();
    fs::create_dir(dir.path().join("kept-by-hand")).unwrap();
    let left: BTreeSet<GenerationId> = list(dir.path()).unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(left, ids[2..].iter().cloned().collect());
    // Content that comes back makes the old directory current again; with keep 0 it alone stays.
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
fn a_damaged_current_generation_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let id = write_at(dir.path(), "one", 1, 3).id;
    let place = dir.path().join(id.as_str());
    fs::write(place.join(SNAPSHOT), "onE").unwrap();
    assert!(matches!(verify(&place), Err(GenerationError::Damaged { .. })));
    assert!(!write_at(dir.path(), "one", 2, 3).changed);
    assert_eq!(verify(&place).unwrap().as_of, Timestamp(2));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn what_cannot_be_written_leaves_the_current_one() {
    let dir = tempfile::tempdir().unwrap();
    let id = write_at(dir.path(), "one", 1, 3).id;
    // A path that is a file and a directory at once cannot be written.
    let bad = GenerationWriter::begin(dir.path()).unwrap();
    put_all(&bad, "two");
    assert!(matches!(bad.put("snapshot/x", b""), Err(GenerationError::Write { .. })));
    drop(bad);
    assert_eq!(current_id(dir.path()), Some(id));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn what_is_only_imagined_has_the_id_that_it_would_have() {
    let dir = tempfile::tempdir().unwrap();
    let imagined = DryRunSink::default();
    put_all(&imagined, "one");
    assert_eq!(imagined.manifest(Timestamp(1)).id, write_at(dir.path(), "one", 1, 3).id);
}

/// The files of the draft that lies in `dir`, by their paths.
fn drafted(dir: &Path) -> BTreeSet<PathBuf> {
    let draft = names(dir)
        .unwrap()
        .into_iter()
        .find(|n| n.starts_with(".new-"))
        .unwrap();
    let mut out = BTreeSet::new();
    let mut open = vec![dir.join(&draft)];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.insert(path.strip_prefix(dir.join(&draft)).unwrap().to_owned());
            }
        }
    }
    out
}

#[test]
fn what_is_published_is_written_again_only_beside_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 3).id;
    let same = GenerationWriter::begin(dir.path()).unwrap();
    put_all(&same, "one");
    assert_eq!(drafted(dir.path()), BTreeSet::new());
    assert!(!same.publish(Timestamp(2), 3).unwrap().changed);
    // A file that is gone, and one that differs.
    let place = dir.path().join(first.as_str());
    fs::remove_file(place.join("public/a/b/index.html")).unwrap();
    let other = GenerationWriter::begin(dir.path()).unwrap();
    put_all(&other, "two");
    let new = ["public/a/b/index.html", "snapshot"].map(PathBuf::from);
    assert_eq!(drafted(dir.path()), BTreeSet::from(new));
    let second = other.publish(Timestamp(3), 3).unwrap();
    assert!(second.changed);
    let place = dir.path().join(second.id.as_str());
    assert_eq!(verify(&place).unwrap().files.len(), 3);
    let mode = |name: &str| fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("public/index.html"), mode("public")), (0o644, 0o755));
}

#[test]
fn what_is_left_out_of_what_is_published_makes_another_generation() {
    let dir = tempfile::tempdir().unwrap();
    write_at(dir.path(), "one", 1, 3);
    let fewer = GenerationWriter::begin(dir.path()).unwrap();
    fewer.put("snapshot", b"one").unwrap();
    let written = fewer.publish(Timestamp(2), 3).unwrap();
    assert!(written.changed);
    let manifest = verify(&dir.path().join(written.id.as_str())).unwrap();
    assert_eq!(manifest.files.len(), 1);
}

#[test]
fn a_file_that_is_damaged_before_it_is_copied_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 3).id;
    let draft = GenerationWriter::begin(dir.path()).unwrap();
    put_all(&draft, "two");
    fs::write(
        dir.path().join(first.as_str()).join("public/index.html"),
        "<!doctype htmL>",
    )
    .unwrap();
    let e = draft.publish(Timestamp(2), 3).unwrap_err().to_string();
    assert!(e.contains("index.html") && e.contains("unchanged"), "{e}");
    assert_eq!(current_id(dir.path()), Some(first));
    assert_eq!(names(dir.path()).unwrap().len(), 2);
}

#[test]
fn two_files_of_one_name_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let draft = GenerationWriter::begin(dir.path()).unwrap();
    let shelves: [&dyn GenerationSink; 2] = [&draft, &DryRunSink::default()];
    for shelf in shelves {
        put_all(shelf, "one");
        let e = shelf.put("public/index.html", b"another").unwrap_err().to_string();
        assert!(e.contains("public/index.html") && e.contains("two files"), "{e}");
    }
}

#[test]
fn a_draft_that_is_given_up_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    put_all(&GenerationWriter::begin(dir.path()).unwrap(), "one");
    assert_eq!(names(dir.path()).unwrap(), Vec::<String>::new());
    assert_eq!(current_id(dir.path()), None);
}

#[test]
fn a_manifest_that_was_touched_is_refused() {
    let imagined = DryRunSink::default();
    put_all(&imagined, "one");
    let text = imagined.manifest(Timestamp(7)).to_string();
    assert_eq!(text.parse::<Manifest>().unwrap().to_string(), text);
    let cut = text.lines().take(4).collect::<Vec<_>>().join("\n");
    assert!(matches!(cut.parse::<Manifest>(), Err(ManifestError::Id { .. })));
    assert!(matches!(
        text.replace("public/a/", "../a/").parse::<Manifest>(),
        Err(ManifestError::Line(_))
    ));
    assert_eq!("".parse::<Manifest>(), Err(ManifestError::Header));
    assert_eq!(
        text.replace("manifest 1", "manifest 2").parse::<Manifest>(),
        Err(ManifestError::Header)
    );
    // Another time is no other content.
    assert!(text.replace("as_of 7", "as_of 8").parse::<Manifest>().is_ok());
}

#[test]
fn what_cannot_be_removed_is_named_and_blocks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_at(dir.path(), "one", 1, 1);
    // No directory where a directory is to be removed, a directory where a link is: both fail for everybody, root too.
    fs::write(dir.path().join(".new-stuck"), "no directory").unwrap();
    fs::create_dir(dir.path().join(".link-stuck")).unwrap();
    // In the way of the old generation that is to go.
    fs::write(dir.path().join(format!(".new-{}", first.id)), "no directory").unwrap();
    let second = write_at(dir.path(), "two", 2, 1);
    assert!(second.changed && second.removed.is_empty(), "{second:?}");
    assert_eq!(current_id(dir.path()), Some(second.id.clone()));
    let named = [".new-stuck", ".link-stuck", first.id.as_str()];
    for name in named {
        let said = second
            .cleanup_warnings
            .iter()
            .any(|l| l.contains(name) && l.contains("remove it by hand"));
        assert!(said, "{name}: {second:?}");
        assert!(
            second.cleanup_warnings.iter().all(|l| !l.contains("is unchanged")),
            "{second:?}"
        );
    }
    assert!(write_at(dir.path(), "three", 3, 1).changed, "the next is not blocked");
}
