//! `mm-admin repo move-devel-to-release` and `move-to-archive`.

use mirrormanager::db::{self, DbError};

use super::super::{json, refused};
use super::{last_change, repositories, served};
use crate::compliance::client::Server;
use crate::publish::TestBackend;

const DEVEL: [&str; 3] = ["repo", "move-devel-to-release", "45"];

/// A directory with the same `repomd.xml` as another one; no mirror has it yet.
fn copy(backend: &TestBackend, category: i64, path: &str, of: &str) {
    backend.sql(&format!(
        "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) VALUES
           ({category}, '{path}', 1, 1, 1, 1), ({category}, '{path}/repodata', 1, 1, 1, 1);
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
           SELECT t.id, 'repomd.xml', 1, 1000, f.sha256, 1, 1 FROM directory t, file_detail f
           JOIN directory d ON d.id = f.directory_id
           WHERE t.category_id = {category} AND t.path = '{path}/repodata' AND d.path = '{of}/repodata';"
    ));
}

/// All hosts have everything, but only the first `mirrors` have the directories below `path`.
fn held_by(backend: &TestBackend, path: &str, mirrors: i64) {
    backend.store_full_inventories();
    backend
        .db()
        .write(|tx| {
            let all = [1, 2, 3].map(mirrormanager::model::ids::CategoryId);
            for mut holding in db::inventory::current(tx)?.into_values() {
                if (holding.host_category.0 - 1) % 1000 < mirrors {
                    continue;
                }
                for category in all {
                    for d in db::directory::of_category(tx, category)? {
                        if d.path.as_str().starts_with(path) {
                            holding.present.remove(d.id.0);
                        }
                    }
                }
                db::inventory::put(tx, &holding)?;
            }
            Ok::<(), DbError>(())
        })
        .unwrap();
}

/// Fedora 45 in development, with the same content in releases/45, which `mirrors` of six hosts have.
fn branched(mirrors: i64) -> TestBackend {
    let backend = TestBackend::new(6, "");
    backend.add_version(6, 1, "45", "", false);
    backend.add_version(7, 1, "4", "", false);
    for arch in ["x86_64", "aarch64"] {
        let from = format!("development/45/Everything/{arch}/os");
        backend.add_repository(1, 6, arch, "fedora-45", &from);
        copy(&backend, 1, &format!("releases/45/Everything/{arch}/os"), &from);
    }
    // Neither below development/45, nor of version 45.
    backend.add_repository(1, 6, "x86_64", "updates-released-f45", "updates/45/x86_64");
    backend.add_repository(1, 7, "x86_64", "fedora-4", "development/4/Everything/x86_64/os");
    held_by(&backend, "releases/45", mirrors);
    backend
}

/// The metalink that the server returns.
fn metalink(backend: &TestBackend) -> String {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "user = \"daemon\"\nlog_dir = \"\"\ngenerations_dir = \"{}\"\n",
        backend.env.path("generations").display()
    );
    std::fs::write(home.path().join("mm.toml"), config).unwrap();
    let server = Server::start_in(home, &[]);
    server.get("/metalink?repo=fedora-45&arch=x86_64").body
}

#[test]
fn released_version_is_moved_and_the_move_is_undone() {
    let backend = branched(4);
    let env = &backend.env;
    let (rows, before) = (repositories(env), served(&backend));
    let export = env.ok("mm-admin", &["export"]);
    assert!(metalink(&backend).contains("/development/45/Everything/x86_64/os/repodata/repomd.xml"));

    let dry = env.ok("mm-admin", &[&DEVEL[..], &["--dry-run"]].concat());
    let line = dry.lines().find(|l| l.starts_with("fedora-45/x86_64")).unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        [
            "fedora-45/x86_64",
            "pub/fedora/linux/development/45/Everything/x86_64/os",
            "pub/fedora/linux/releases/45/Everything/x86_64/os",
            "6",
            "4",
            "same"
        ]
    );
    assert!(dry.contains("dry run: nothing was changed"), "{dry}");
    assert_eq!(repositories(env), rows);

    let report = json(env, &DEVEL);
    assert_eq!(report["repositories"].as_array().unwrap().len(), 2, "{report}");
    let change = last_change(env);
    let after = served(&backend);
    for (name, was) in &before {
        let is = &after[name];
        if name.starts_with("fedora-45/") {
            assert_eq!(is.0, was.0.replace("development", "releases"));
            assert_eq!((was.1, is.1), (6, 4), "{name}");
        } else {
            assert_eq!(is, was, "{name}");
        }
    }
    let output = metalink(&backend);
    assert!(
        output.contains("/releases/45/Everything/x86_64/os/repodata/repomd.xml"),
        "{output}"
    );
    assert!(!output.contains("development"), "{output}");
    let moved = json(env, &["repository", "show", "fedora-45", "--arch", "x86_64"]);
    assert_eq!(moved["name"], "pub/fedora/linux/releases/45/Everything/x86_64/os");
    assert_eq!(moved["directory"], "releases/45/Everything/x86_64/os");
    // Nothing is left to move.
    refused(env, &DEVEL, 3, &["nothing to move"]);

    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(repositories(env), rows);
    assert_eq!(env.ok("mm-admin", &["export"]), export);
    assert_eq!(served(&backend), before);
    env.ok("mm-admin", &["undo", &last_change(env)]);
    assert_eq!(served(&backend), after);
}

#[test]
fn move_is_refused_for_too_few_mirrors_or_unreadable_directories() {
    let backend = branched(2);
    let env = &backend.env;
    let rows = repositories(env);
    let fails = |args: &[&str], expected: &[&str]| {
        let args = [&DEVEL[..], args].concat();
        let ran = env.run("mm-admin", &args);
        assert_eq!(ran.status, 1, "{args:?}: {ran:?}");
        for word in expected {
            assert!(ran.stdout.contains(word), "{args:?}: no {word:?} in {}", ran.stdout);
        }
        assert!(ran.stdout.contains("nothing was changed"), "{ran:?}");
        assert_eq!(repositories(env), rows);
    };
    let too_few = "2 mirrors would be listed, fewer than 3; to accept that: --min-mirrors 2";
    fails(
        &[],
        &[
            "refused: fedora-45/x86_64 to pub/fedora/linux/releases/45",
            "refused: fedora-45/aarch64",
            too_few,
        ],
    );
    fails(&["--dry-run"], &[too_few]);
    fails(
        &["--min-mirrors", "2", "--to", "released/{version}"],
        &["the last scan did not find the directory"],
    );
    // One unreadable directory prevents all moves.
    let close = |path: &str, readable: u8| {
        backend.sql(&format!(
            "UPDATE directory SET readable = {readable} WHERE path = 'releases/45/Everything/{path}'"
        ));
    };
    close("x86_64/os", 0);
    let before = repositories(env);
    let ran = env.run("mm-admin", &[&DEVEL[..], &["--min-mirrors", "0"]].concat());
    assert!(ran.status == 1 && ran.stdout.contains("not world-readable"), "{ran:?}");
    assert_eq!(repositories(env), before);
    close("x86_64/os", 1);
    close("aarch64/os/repodata", 0);
    let ran = env.run("mm-admin", &[&DEVEL[..], &["--min-mirrors", "0"]].concat());
    assert!(
        ran.status == 1 && ran.stdout.contains("its repodata is not world-readable"),
        "{ran:?}"
    );
    close("aarch64/os/repodata", 1);

    refused(
        env,
        &["repo", "move-devel-to-release", "99"],
        1,
        &["no version 99", "mm-admin version list"],
    );
    refused(
        env,
        &[&DEVEL[..], &["--category", "Fedora"]].concat(),
        1,
        &["no category Fedora"],
    );
    refused(env, &[&DEVEL[..], &["--from", ""]].concat(), 2, &["--from"]);
    refused(env, &[&DEVEL[..], &["--to", "../x"]].concat(), 2, &["--to"]);

    // The limit can be lowered; different metadata is shown.
    backend.sql(
        "UPDATE file_detail SET sha256 = printf('%064x', 9) WHERE directory_id =
           (SELECT id FROM directory WHERE path = 'releases/45/Everything/aarch64/os/repodata')",
    );
    let output = env.ok("mm-admin", &[&DEVEL[..], &["--min-mirrors", "2"]].concat());
    let of = |name: &str| output.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    assert!(
        of("fedora-45/aarch64").ends_with("differs") && of("fedora-45/x86_64").ends_with("same"),
        "{output}"
    );
}

#[test]
fn directory_of_another_repository_is_skipped() {
    let backend = branched(6);
    let env = &backend.env;
    backend.sql(
        "INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen)
             SELECT 'x', 'fedora-gold', 1, 6, 1, id, 1 FROM directory WHERE path = 'releases/45/Everything/x86_64/os'",
    );
    let ran = env.run("mm-admin", &DEVEL);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(
        ran.stdout
            .contains("skipped: fedora-45/x86_64: repository fedora-gold/x86_64 has"),
        "{ran:?}"
    );
    let directory = |arch| json(env, &["repository", "show", "fedora-45", "--arch", arch])["directory"].to_string();
    assert!(directory("x86_64").contains("development"));
    assert!(directory("aarch64").contains("releases"));
}

#[test]
fn old_version_and_its_updates_are_moved_to_the_archive() {
    let backend = TestBackend::new(6, "");
    let env = &backend.env;
    let archive = ["repo", "move-to-archive", "42", "--product", "Fedora"];
    refused(env, &archive, 1, &["no category Fedora Archive", "--archive-category"]);
    backend.sql("INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES (3, 'Fedora Archive', 1, 'pub/archive', 1);
           INSERT INTO host_category (id, host_id, category_id) SELECT id + 2000, id, 3 FROM host WHERE id <= 4;
           INSERT INTO host_category_url (host_category_id, url)
             SELECT id, 'https://archive.example.org/' || id FROM host_category WHERE category_id = 3;");
    for arch in ["x86_64", "aarch64"] {
        for path in [
            format!("releases/42/Everything/{arch}/os"),
            format!("updates/42/{arch}"),
        ] {
            copy(&backend, 3, &format!("fedora/linux/{path}"), &path);
        }
    }
    // The hosts carry the archive, but were not crawled yet.
    let ran = env.run("mm-admin", &archive);
    assert!(
        ran.status == 1 && ran.stdout.contains("0 mirrors would be listed"),
        "{ran:?}"
    );
    backend
        .db()
        .write(|tx| {
            let archived = db::directory::of_category(tx, mirrormanager::model::ids::CategoryId(3))?;
            for n in 2001..=2004 {
                let mut holding =
                    mirrormanager::model::inventory::Inventory::new(mirrormanager::model::ids::HostCategoryId(n));
                holding.scan_seq = mirrormanager::model::ids::ScanSeq(1);
                holding.present = archived.iter().map(|d| d.id.0).collect();
                db::inventory::put(tx, &holding)?;
            }
            Ok::<(), DbError>(())
        })
        .unwrap();
    let (rows, before) = (repositories(env), served(&backend));
    let output = env.ok("mm-admin", &archive);
    assert!(
        output.contains("~ repository fedora-42 x86_64 category: Fedora Linux -> Fedora Archive"),
        "{output}"
    );
    let after = served(&backend);
    for (name, was) in &before {
        let is = &after[name];
        if name.starts_with("fedora-42/") || name.starts_with("updates-released-f42/") {
            assert_eq!(is.0, was.0.replace("pub/", "pub/archive/"));
            assert_eq!(is.1, 4);
        } else {
            assert_eq!(is, was);
        }
    }
    refused(env, &archive, 3, &["nothing to move"]);
    env.ok("mm-admin", &["undo", &last_change(env)]);
    assert_eq!(repositories(env), rows);
    assert_eq!(served(&backend), before);
    // A category without such repositories.
    let epel = [&archive[..], &["--category", "Fedora EPEL"]].concat();
    refused(env, &epel, 3, &["nothing to move"]);
    // A move from a directory that no longer exists cannot be undone.
    env.ok("mm-admin", &archive);
    backend.sql("DELETE FROM directory WHERE path LIKE 'updates/42/x86_64%' AND category_id = 1");
    refused(
        env,
        &["undo", &last_change(env)],
        1,
        &["no scan of Fedora Linux recorded updates/42/x86_64"],
    );
}

#[test]
fn moves_need_the_lock_of_detection() {
    let backend = branched(6);
    let holder = std::fs::File::create(backend.env.path("locks/detect.lock")).unwrap();
    fs2::FileExt::try_lock_exclusive(&holder).unwrap();
    for args in [&DEVEL[..], &["repo", "newest-only", "fedora-45", "--until", "1h"]] {
        refused(&backend.env, args, 75, &["detect"]);
    }
    // A dry run needs no lock.
    backend.env.ok("mm-admin", &[&DEVEL[..], &["--dry-run"]].concat());
}

#[test]
fn mistyped_names_are_suggested() {
    let backend = branched(2);
    let version = ["repo", "move-devel-to-release"];
    for (words, message) in [
        (
            [&version[..], &["developmnt"]].concat(),
            "there is no version developmnt; did you mean development?",
        ),
        (
            [&version[..], &["zzz"]].concat(),
            "there is no version zzz; see: mm-admin version list",
        ),
        (
            [&version[..], &["45", "--product", "Fedra"]].concat(),
            "there is no product Fedra: did you mean Fedora?",
        ),
        (
            [&version[..], &["45", "--category", "Fedora Linx"]].concat(),
            "there is no category Fedora Linx; did you mean Fedora Linux or",
        ),
        (
            vec!["repo", "move-to-archive", "45", "--archive-category", "Fedora EPL"],
            "there is no category Fedora EPL; did you mean Fedora EPEL",
        ),
        (vec!["release", "readiness", "developmnt"], "did you mean development?"),
    ] {
        refused(&backend.env, &words, 1, &[message]);
    }
}
