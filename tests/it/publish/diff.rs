//! `--diff`, and the cache of MirrorManager2.

use mirrormanager::mm2;
use mirrormanager::model::Timestamp;

use super::{MM_UPDATE_MIRRORLIST, TestBackend};

#[test]
fn diff_compares_with_any_kept_generation_and_writes_nothing() {
    let backend = TestBackend::new(3, "");
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &["--diff"]);
    assert_eq!(ran.status, 0, "nothing to compare with: {ran:?}");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let first = backend.published_generation().1.id;
    assert!(
        backend
            .env
            .ok(MM_UPDATE_MIRRORLIST, &["--diff"])
            .contains("no difference")
    );
    backend.sql("UPDATE host SET user_active = 0 WHERE id = 3; UPDATE directory SET vanished_at = 5 WHERE path LIKE 'updates/42/x86_64%';");
    backend.add_repository(1, 2, "x86_64", "fedora-server-43", "releases/43/Server/x86_64/os");
    let wanted = [
        "- host mirror02.example.org",
        "+ repository fedora-server-43/x86_64",
        "- repository updates-released-f42/x86_64",
        "+ directory pub/fedora/linux/releases/43/Server/x86_64/os and 1 directory below it",
        "- directory pub/fedora/linux/updates/42/x86_64 and 1 directory below it",
    ];
    let before = backend.entries_of_generations_dir();
    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["--diff"]);
    for line in wanted {
        assert!(output.lines().any(|l| l == line), "{line} in {output}");
    }
    assert_eq!(backend.entries_of_generations_dir(), before);
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    assert!(
        backend
            .env
            .ok(MM_UPDATE_MIRRORLIST, &["--diff"])
            .contains("no difference")
    );
    // Compared with the generation before that.
    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["--diff", first.as_str()]);
    assert!(wanted.iter().all(|line| output.lines().any(|l| l == *line)), "{output}");
    let json = backend
        .env
        .ok(MM_UPDATE_MIRRORLIST, &["--diff", first.as_str(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["compared_with"], first.as_str());
    let lost = json["diff"]["directories_lost"].as_array().unwrap();
    assert_eq!(lost.len(), 2, "{lost:?}");
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &["--diff", "0123456789abcdef"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains(first.as_str()), "{ran:?}");
}

#[test]
fn mm2_cache_is_written_in_addition_to_the_generation() {
    let backend = TestBackend::new(6, "");
    let cache = backend.env.path("cache.proto");
    let argument = cache.to_str().unwrap();
    backend
        .env
        .ok(MM_UPDATE_MIRRORLIST, &["--mm2-cache", argument, "--dry-run"]);
    assert!(!cache.exists());
    backend.env.ok(MM_UPDATE_MIRRORLIST, &["--mm2-cache", argument]);
    let bytes = std::fs::read(&cache).unwrap();
    let (index, created) = mm2::read(bytes.into()).unwrap();
    assert!(
        created > Timestamp(0) && index.warnings.is_empty(),
        "{:?}",
        index.warnings
    );
    let s = backend.snapshot();
    assert_eq!(
        index.counts(),
        (s.directories.len(), s.hosts.len(), s.repositories.len())
    );
    // If it cannot be written, the run fails.
    std::fs::create_dir(backend.env.path("no")).unwrap();
    let ran = backend.env.run(
        MM_UPDATE_MIRRORLIST,
        &["--mm2-cache", backend.env.path("no/such/place").to_str().unwrap()],
    );
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("the generation is published"), "{ran:?}");
}
