//! The JSON files, and private data that no file may contain.

use serde_json::Value;

use super::*;
use crate::model::history::{PastCrawl, PastFinding};
use crate::model::inventory::ExceptionState;
use crate::model::plan::CategoryOutcome;
use crate::publish::tests::exception;

impl Small {
    pub(super) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(&format!("public/{path}"))).unwrap()
    }
}

#[test]
fn every_page_has_json() {
    let s = small();
    let files = s.files();
    let pages = files.keys().filter_map(|p| p.strip_suffix("index.html"));
    let mut count = 0;
    for page in pages {
        let json: Value = serde_json::from_slice(&files[&format!("{page}index.json")]).unwrap();
        assert_eq!(json["format"], 1, "{page}");
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn json_contains_versions_mirrors_and_findings() {
    let mut s = small();
    let repodata = s.s.directory("releases/43/Everything/x86_64/os/repodata");
    s.s.repomd(repodata, 1, NOW.0 - 900, Some((2, NOW.0 - 60)));
    s.s.repomd(repodata, 2, NOW.0 - 60, None);
    let present = [s.repository, repodata];
    let ids: Vec<_> = s.s.registry.host_categories.keys().copied().collect();
    s.s.set_inventory(ids[0], 1, &present);
    s.s.set_inventory(ids[1], 2, &present);
    let crawl = PastCrawl {
        ended_at: NOW,
        outcome: CategoryOutcome::CategoryMissing,
        current: 0,
        outdated_allowed: 0,
        outdated: 3,
        unknown_hash: 0,
        inconclusive: 0,
    };
    s.history.crawls.insert(ids[0], vec![crawl]);
    let finding = PastFinding {
        directory: Some(repodata),
        code: "size".into(),
        expected: "2 bytes".into(),
        received: "1 bytes".into(),
    };
    s.history.findings.insert(ids[0], vec![finding]);

    let versions = s.json("versions.json");
    let version = &versions["versions"][0];
    assert_eq!(
        (&version["name"], &version["page"]),
        (&"43".into(), &"Fedora/43/".into())
    );
    assert_eq!(version["arches"][0]["repositories"][0]["prefix"], "fedora-43");
    assert_eq!(s.json("Fedora/43/index.json")["arches"], version["arches"]);
    assert_eq!(s.json("versions/index.json"), versions);
    assert_eq!(s.json("Fedora/index.json")["versions"][0], *version);
    assert_eq!(s.json("index.json")["numbers"]["mirrors"], 2);

    let arch = s.json("Fedora/43/x86_64/index.json");
    let directory = &arch["repositories"][0]["directory"];
    assert_eq!(directory, "releases/43/Everything/x86_64/os/");
    let first = &arch["mirrors"][0];
    assert_eq!(
        (&first["host"], &first["continent"]),
        (&"a.example.org".into(), &"EU".into())
    );
    assert_eq!(first["carries"][0]["urls"][0], "https://a.example.org/linux/");
    let behind = |n: usize| &arch["mirrors"][n]["carries"][0]["repositories"][0]["behind"];
    assert_eq!((behind(0), behind(1)), (&1.into(), &0.into()));

    let mirror = s.json("mirrors/a.example.org/index.json");
    let category = &mirror["categories"][0];
    assert_eq!(category["state"], "outdated");
    assert_eq!(category["findings"][0]["reason"], "size");
    assert_eq!(
        category["findings"][0]["directories"][0]["detail"],
        "1 bytes instead of 2 bytes"
    );
    assert_eq!(category["crawls"][0]["outcome"], "category-missing");
    let all = s.json("mirrors.json");
    assert_eq!(all["mirrors"][0]["page"], "mirrors/a.example.org/");
    assert!(all["mirrors"][0]["categories"][0].get("findings").is_none());
}

/// Covers every field in which private data could appear.
#[test]
fn no_file_of_a_generation_contains_private_data() {
    let mut s = small();
    let closed = s.s.directory("releases/99-hush");
    s.s.registry.directories.get_mut(&closed).unwrap().readable = false;
    let hidden = s.s.version("hush");
    s.s.repository("hush", hidden, ARCH, closed);
    s.s.registry.versions.get_mut(&hidden).unwrap().codename = Some("hush".into());
    let private = s.s.host("hush.example.org", "FR");
    let present = [s.repository, closed];
    s.s.set_inventory(private, 1, &present);
    let host = s.s.host_of(private);
    (host.private, host.comment) = (true, Some("hush".into()));
    host.robot_email = Some("hush@example.org".into());
    let public = *s.s.registry.host_categories.keys().next().unwrap();
    s.s.url(public, "https://hush.example.net/linux", true);
    let host = s.s.host_of(public);
    (host.comment, host.robot_email) = (Some("hush".into()), Some("hush@example.org".into()));
    let inventory = s.s.set_inventory(public, 1, &present);
    inventory.missing.insert(closed.0);
    for (id, state) in [
        (closed, ExceptionState::Staged),
        (s.repository, ExceptionState::UnknownHash),
    ] {
        inventory.exceptions.insert(id, exception(state, None));
    }
    let codes = [
        "leaked",
        "redirected",
        "timeout",
        "size",
        "certificate",
        "missing",
        "brand-new",
    ];
    for directory in [Some(closed), Some(s.repository), None] {
        for code in codes {
            // The details of sizes and certificates are public, and never contain URLs.
            let is_public = matches!(code, "size" | "certificate") && directory != Some(closed);
            let value = if is_public {
                "1 byte"
            } else {
                "https://hush.example.net/"
            };
            let finding = PastFinding {
                directory,
                code: code.into(),
                expected: value.into(),
                received: value.into(),
            };
            s.history.findings.entry(public).or_default().push(finding);
        }
    }
    let all = s.files();
    assert!(all.len() > 12);
    for (path, bytes) in all {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!path.contains("hush") && !text.contains("hush"), "{path}: {text}");
    }
}
