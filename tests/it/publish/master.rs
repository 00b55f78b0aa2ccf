//! `--verify-master`.

use sha2::{Digest, Sha256};

use super::{MM_UPDATE_MIRRORLIST, TestBackend};

#[test]
fn every_repository_is_compared_with_the_master() {
    let config = "[[category]]\nname = \"Fedora Linux\"\npath = \"master\"\n[[category]]\nname = \"Fedora EPEL\"\npath = \"epel\"\n";
    let backend = TestBackend::new(2, config);
    let repomd = "<repomd><revision>1</revision></repomd>";
    // The master is as it was scanned.
    let mut db = backend.db();
    let paths: Vec<(i64, String)> = [1, 2]
        .into_iter()
        .flat_map(|c| {
            let all =
                db.read(|tx| mirrormanager::db::directory::of_category(tx, mirrormanager::model::ids::CategoryId(c)));
            all.unwrap().into_iter().map(move |d| (c, d.path.to_string()))
        })
        .filter(|(_, path)| path.ends_with("/repodata"))
        .collect();
    for (category, path) in &paths {
        let top = if *category == 1 { "master" } else { "epel" };
        backend.env.write(&format!("{top}/{path}/repomd.xml"), repomd);
    }
    backend.sql(&format!(
        "UPDATE file_detail SET sha256 = '{}'",
        hex::encode(Sha256::digest(repomd))
    ));
    let output = backend.env.ok(MM_UPDATE_MIRRORLIST, &["-v", "--verify-master"]);
    assert!(
        output.contains("19 repositories equal, 0 different, 0 not compared"),
        "{output}"
    );

    backend.env.write(
        "master/releases/43/Everything/x86_64/os/repodata/repomd.xml",
        "<repomd/>",
    );
    std::fs::remove_file(backend.env.path("epel/10/Everything/x86_64/repodata/repomd.xml")).unwrap();
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &["--verify-master"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    for text in [
        "repository fedora-43/x86_64: the master's releases/43/Everything/x86_64/os/repodata/repomd.xml now has SHA-256 ",
        "repository epel-10/x86_64: the master no longer has 10/Everything/x86_64/repodata/repomd.xml",
        "mm-scan-master",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {ran:?}");
    }
    assert_eq!(ran.stderr.lines().count(), 2, "{ran:?}");
    // An unreadable master is not a difference.
    std::fs::rename(backend.env.path("master"), backend.env.path("away")).unwrap();
    let json = backend.env.run(
        MM_UPDATE_MIRRORLIST,
        &["--verify-master", "--dry-run", "--format", "json"],
    );
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json.status, 3, "{json:?}");
    assert_eq!(report["master"]["unknown"].as_object().unwrap().len(), 18, "{report}");
}
