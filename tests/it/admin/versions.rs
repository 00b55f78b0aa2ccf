//! `mm-admin versions`.

use std::fs;

use serde_json::{Value, json as value};

use super::{empty, json, refused};
use crate::publish::TestBackend;

/// One version is hidden; 43 is staged, also on two mirrors; a repository of 42 is gone, and 45 has none.
fn world() -> TestBackend {
    let backend = TestBackend::new(6, "");
    backend.sql(
        "UPDATE version SET display = 0, display_name = 'Hidden one' WHERE name = 'development';
         UPDATE directory SET readable = 0 WHERE path LIKE '%/43/%';
         UPDATE inventory SET exceptions = json_object((SELECT id || '' FROM directory WHERE path = 'updates/43/x86_64'),
           json_object('state', 'staged', 'since', 1, 'tries', 1, 'detail', NULL)) WHERE host_category_id IN (1, 3);
         UPDATE repository SET directory_id = NULL WHERE prefix = 'updates-released-f42' AND arch_id = 1;
         INSERT INTO version (product_id, name, sortorder, first_seen) VALUES (1, '45', 45, 1793577600);",
    );
    backend
}

#[test]
fn hidden_and_staged_versions_are_listed_with_their_marks() {
    let backend = world();
    let env = &backend.env;
    let report = json(env, &["versions"]);
    let rows = report["versions"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|r| r["version"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["10", "45", "development", "44 Beta", "43", "42"],
        "as on the public pages"
    );
    let row = |name: &str| -> &Value { rows.iter().find(|r| r["version"] == name).unwrap() };
    let of = |name: &str, keys: &[&str]| -> Vec<Value> { keys.iter().map(|k| row(name)[k].clone()).collect() };
    let keys = [
        "hidden",
        "is_test",
        "repositories",
        "staged",
        "gone",
        "mirrors",
        "staged_mirrors",
    ];
    let whole = row("42")["repositories"].clone();
    assert_eq!(of("development", &keys[..2]), [value!(true), value!(false)]);
    assert_eq!(
        of("development", &keys[3..]),
        [value!(0), value!(0), value!(6), value!(0)]
    );
    assert_eq!(row("development")["display_name"], "Hidden one");
    assert_eq!(
        of("43", &keys),
        [
            value!(false),
            value!(false),
            value!(8),
            value!(8),
            value!(0),
            value!(0),
            value!(2)
        ]
    );
    assert_eq!(row("43")["arches"], value!(["aarch64", "ppc64le", "s390x", "x86_64"]));
    assert_eq!(
        of("42", &keys),
        [
            value!(false),
            value!(false),
            whole,
            value!(0),
            value!(1),
            value!(6),
            value!(0)
        ]
    );
    assert_eq!(row("44 Beta")["is_test"], true);
    assert_eq!(
        of("45", &["repositories", "first_seen"]),
        [value!(0), value!(1_793_577_600)]
    );

    let text = env.ok("mm-admin", &["versions", "--product", "Fedora"]);
    for line in [
        "PRODUCT VERSION CODENAME MARKS REPOSITORIES ARCHES FIRST SEEN MIRRORS STAGED",
        "Fedora 45 - empty 0 - 2026-11-02 0 0",
        "Fedora 43 - staged 8 aarch64, ppc64le, s390x, x86_64",
        "Fedora Hidden one Rawhide hidden 2 x86_64",
    ] {
        let is_there = |l: &str| l.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(line);
        assert!(text.lines().any(is_there), "no {line:?} in {text}");
    }
    assert!(!text.contains("EPEL"), "{text}");

    backend.sql("UPDATE product SET publiclist = 0 WHERE name = 'EPEL'");
    let report = json(env, &["versions", "--product", "EPEL"]);
    assert_eq!(report["versions"][0]["hidden"], true);
    refused(
        env,
        &["versions", "--product", "Nope"],
        2,
        &["no product Nope; products: Fedora, EPEL"],
    );
}

#[test]
fn hidden_and_staged_versions_are_on_no_public_page() {
    let backend = world();
    backend.env.ok("mm-update-mirrorlist", &[]);
    let page = fs::read_to_string(backend.env.path("generations/current/public/versions/index.html")).unwrap();
    assert!(page.contains("44 Beta") && page.contains("Fedora 42"), "{page}");
    assert!(!page.contains("Hidden one") && !page.contains("Fedora 43"), "{page}");
}

#[test]
fn empty_list_names_the_programs_that_find_versions() {
    let env = empty();
    assert!(env.ok("mm-admin", &["versions"]).contains("mm-detect-release"));
    assert_eq!(json(&env, &["versions"])["versions"], value!([]));
}
