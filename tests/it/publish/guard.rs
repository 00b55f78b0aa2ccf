//! The publish guard, from the database to the published generation.

use super::{MAX_PUBLISHED_ROWS, MM_UPDATE_MIRRORLIST, TestBackend};
use mirrormanager::db;

const CONFIG: &str = "[publish]\nretain_lost_hosts = \"6s\"\n";
const F43: &str = "releases/43/Everything/x86_64/os";
const F42: &str = "releases/42/Everything/x86_64/os";

impl TestBackend {
    /// Adds a push that no mirror has yet; the old version is no longer offered.
    fn push_without_followers(&self, path: &str) {
        self.sql(&format!(
            "UPDATE file_detail SET superseded_seq = 2, superseded_at = 5
               WHERE directory_id = (SELECT id FROM directory WHERE path = '{path}/repodata');
             INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
               SELECT id, 'repomd.xml', 2, 1000, printf('%064x', 7777), 2, 5 FROM directory WHERE path = '{path}/repodata';"
        ));
    }

    /// Returns the numbers of hosts listed for the repodata of a repository and of offered versions of its repomd.xml.
    pub(super) fn published(&self, path: &str) -> (usize, usize) {
        let s = self.snapshot();
        let name = format!("pub/fedora/linux/{path}/repodata");
        let ordinal = s.directories.iter().position(|d| d.name == name).unwrap();
        let host_categories = s.host_categories.iter();
        (
            host_categories
                .filter(|hc| hc.listed.contains(u32::try_from(ordinal).unwrap()))
                .count(),
            s.directories[ordinal].files[0].versions.len(),
        )
    }
}

#[test]
fn lost_hosts_are_retained_for_a_limited_time_and_the_rest_is_published() {
    let backend = TestBackend::new(6, CONFIG);
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    backend.push_without_followers(F43);
    backend.sql("UPDATE host SET bandwidth = 4711 WHERE id = 2");
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(ran.status, 3, "{ran:?}");
    for text in [
        "repository fedora-43/x86_64 lost mirrors: 0 left of 6 in the published generation",
        "mm-admin why",
        "--accept-loss repo=",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {ran:?}");
    }
    // Other changes are published; retained hosts are listed with the version that they have.
    assert!(backend.snapshot().hosts.iter().any(|h| h.bandwidth == 4_711));
    assert_eq!((backend.published(F43), backend.published(F42)), ((6, 2), (6, 1)));
    let (place, manifest) = backend.published_generation();
    let retained = std::fs::read_to_string(place.join("retained_hosts")).unwrap();
    assert!(
        retained.ends_with(" fedora-43/x86_64\n") && manifest.file("retained_hosts").is_some(),
        "{retained}"
    );
    // The next run publishes the same and repeats no alert.
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (3, ""), "{ran:?}");
    assert_eq!(backend.published_generation().1.id, manifest.id);
    // After the retention they are unlisted, with an alert.
    std::thread::sleep(std::time::Duration::from_secs(7));
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.stderr.contains("no longer retained"), "{ran:?}");
    assert_eq!(backend.published(F43), (0, 1));
    assert!(!backend.published_generation().0.join("retained_hosts").exists());
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn only_accepted_losses_are_unlisted() {
    let backend = TestBackend::new(6, "");
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    backend.push_without_followers(F43);
    backend.push_without_followers(F42);
    let ran = backend
        .env
        .run(MM_UPDATE_MIRRORLIST, &["--accept-loss", "repo=fedora-43/x86_64"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(
        ran.stderr.contains("fedora-42/x86_64 lost mirrors") && !ran.stderr.contains("fedora-43/x86_64 lost mirrors"),
        "{ran:?}"
    );
    assert_eq!((backend.published(F43).0, backend.published(F42).0), (0, 6));
    let ran = backend
        .env
        .run(MM_UPDATE_MIRRORLIST, &["--accept-loss", "host=mirror01.example.org"]);
    assert_eq!((ran.status, backend.published(F42).0), (3, 5), "{ran:?}");
    backend
        .env
        .ok(MM_UPDATE_MIRRORLIST, &["--accept-loss", "repo=fedora-42/x86_64"]);
    assert_eq!(backend.published(F42).0, 0);
    for bad in ["fedora", "repo=fedora", "host=", "country=DE"] {
        assert_eq!(
            backend.env.run(MM_UPDATE_MIRRORLIST, &["--accept-loss", bad]).status,
            2,
            "{bad}"
        );
    }
}

#[test]
fn losses_and_an_empty_generation_wait_for_a_decision() {
    let backend = TestBackend::new(6, "");
    let env = &backend.env;
    env.ok(MM_UPDATE_MIRRORLIST, &[]);
    backend.push_without_followers(F43);
    assert_eq!(env.run(MM_UPDATE_MIRRORLIST, &[]).status, 3);
    let pending = || -> serde_json::Value {
        serde_json::from_str(&env.ok("mm-admin", &["pending", "--format", "json"])).unwrap()
    };
    let item = pending()["pending"][0].clone();
    let id = item["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (id.starts_with("loss-"), item["count"].as_u64()),
        (true, Some(6)),
        "{item}"
    );
    let day = item["due"].as_i64().unwrap() - item["since"].as_i64().unwrap();
    assert_eq!(day, 86_400, "retained for a day");
    let shown = env.ok("mm-admin", &["pending", "show", &id]);
    assert!(
        shown.contains("0 mirrors are left of 6") && shown.contains("mirror00.example.org"),
        "{shown}"
    );
    let refused = env.run("mm-admin", &["pending", "reject", &id]);
    assert!(
        refused.status == 2 && refused.stderr.contains("mm-admin why"),
        "{refused:?}"
    );
    let other = env.run("mm-admin", &["pending", "confirm", &id, "--count", "5"]);
    assert!(other.status == 1 && other.stderr.contains("6 now"), "{other:?}");
    assert_eq!(backend.published(F43).0, 6);
    env.ok("mm-admin", &["pending", "confirm", &id, "--count", "6"]);
    assert_eq!(
        (backend.published(F43).0, pending()["pending"].as_array().unwrap().len()),
        (0, 0)
    );

    backend.sql("UPDATE host SET user_active = 0");
    assert_eq!(env.run(MM_UPDATE_MIRRORLIST, &[]).status, 3);
    assert_eq!(pending()["pending"][0]["id"], "empty-generation");
    let shown = env.ok("mm-admin", &["pending", "show", "empty-generation"]);
    assert!(shown.contains("with 6 hosts is unchanged"), "{shown}");
    let before = backend.published_generation().1.id;
    env.ok("mm-admin", &["pending", "confirm", "empty-generation", "--dry-run"]);
    assert_eq!(backend.published_generation().1.id, before);
    env.ok("mm-admin", &["pending", "confirm", "empty-generation"]);
    assert!(backend.snapshot().hosts.is_empty());
    assert_eq!(pending()["pending"].as_array().unwrap().len(), 0);
}

#[test]
fn keep_generations_limits_the_kept_generations() {
    let backend = TestBackend::new(2, "[publish]\nkeep_generations = 3\n");
    for bandwidth in 1..=5 {
        backend.sql(&format!("UPDATE host SET bandwidth = {bandwidth}"));
        backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
        // The age of generations has a resolution of one second.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    }
    assert_eq!(
        backend.entries_of_generations_dir().len(),
        4,
        "three and the link: {:?}",
        backend.entries_of_generations_dir()
    );
    let published = backend
        .db()
        .read(|tx| db::published_generation::latest(tx, MAX_PUBLISHED_ROWS))
        .unwrap();
    assert_eq!(published.len(), 5);
    for kept in &published[..3] {
        assert!(backend.entries_of_generations_dir().contains(&kept.generation));
    }
}
