//! Every entity: add, wrong value, duplicate, show, list, set, remove, remove while referenced, unknown.

use self::cases::CASES;
use super::{empty, home, json, refused, with_repository};

pub(super) mod cases;
mod copy_urls;
mod grammar;
mod review;

fn words<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

#[test]
fn every_entity_supports_all_commands() {
    let env = home();
    env.ok(
        "mm-admin",
        &[
            "category",
            "add",
            "Fedora Other",
            "--product",
            "Fedora",
            "topdir=pub/other",
        ],
    );
    for case in &CASES {
        let entity = case.entity;
        let add = words(&[&[entity, "add"], case.key, case.options]);

        refused(&env, &words(&[&[entity, "add"], case.wrong.0]), 2, case.wrong.1);

        let dry = env.ok("mm-admin", &words(&[&add, &["--dry-run"]]));
        assert!(
            dry.starts_with(&format!("+ {entity} ")) && dry.contains("dry run"),
            "{dry}"
        );
        refused(
            &env,
            &words(&[&[entity, "show"], case.key]),
            1,
            &["there is no", entity],
        );

        let output = env.ok("mm-admin", &add);
        assert!(output.starts_with(&format!("+ {entity} ")), "{output}");
        refused(&env, &add, 1, &["already", entity]);

        let row = json(&env, &words(&[&[entity, "show"], case.key]));
        assert_eq!(row[case.shows.0].to_string(), case.shows.1, "{entity}: {row}");
        assert!(row["parts"].is_object(), "{entity}: {row}");
        let list = json(&env, &[entity, "list"]);
        let rows = list.as_array().unwrap();
        assert!(
            rows.iter().any(|r| r[case.shows.0] == row[case.shows.0]),
            "{entity}: {list}"
        );
        let table = env.ok("mm-admin", &[entity, "list"]);
        assert_eq!(table.lines().count(), rows.len() + 1, "{table}");

        if let Some((change, field, value)) = case.set {
            let output = env.ok(
                "mm-admin",
                &words(&[&[entity, "set"], case.key, &[change, "--dry-run"]]),
            );
            assert!(output.starts_with(&format!("~ {entity} ")), "{output}");
            env.ok("mm-admin", &words(&[&[entity, "set"], case.key, &[change]]));
            let row = json(&env, &words(&[&[entity, "show"], case.key]));
            assert_eq!(row[field].to_string(), value, "{entity}: {row}");
            // The same change again changes nothing.
            assert_eq!(env.ok("mm-admin", &words(&[&[entity, "set"], case.key, &[change]])), "");
            refused(
                &env,
                &words(&[&[entity, "set"], case.key, &["colour=blue"]]),
                2,
                &["no field colour", field],
            );
        }

        let output = env.ok("mm-admin", &words(&[&[entity, "remove"], case.key, &["--dry-run"]]));
        assert!(output.starts_with(&format!("- {entity} ")), "{output}");
        env.ok("mm-admin", &words(&[&[entity, "remove"], case.key]));
        refused(&env, &words(&[&[entity, "remove"], case.key]), 1, &["there is no"]);
    }
    // The audit log has an entry for each edit, and none for the dry runs.
    for case in &CASES {
        let log = json(&env, &["changes", "--entity", case.entity, "-n", "50"]);
        let log = log.as_array().unwrap();
        let removed = log.iter().filter(|c| c["new"].is_null()).count();
        assert_eq!(removed, 1, "{}: {log:?}", case.entity);
        assert!(
            log.iter()
                .all(|c| c["program"] == "mm-admin" && c["changed_by"].is_string())
        );
    }
}

#[test]
fn unknown_country_codes_are_rejected_with_a_suggestion() {
    let env = home();
    let country = |code: &str| format!("country={code}");
    let set = |code: &str| env.run("mm-admin", &["host", "set", "mirror.example.org", &country(code)]);
    let wrong = |code: &str, words: &[&str]| {
        refused(&env, &["host", "set", "mirror.example.org", &country(code)], 2, words);
    };
    wrong("uk", &["UK is not assigned in ISO 3166", "did you mean GB?"]);
    wrong("ZZ", &["ZZ is not assigned", "mm-admin country-continent add ZZ"]);
    refused(&env, &["embargo", "add", "SU"], 2, &["did you mean RU?"]);
    env.write(
        "typo.toml",
        "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h.example.org\"\ncountry = \"EN\"\n",
    );
    refused(&env, &["apply", "typo.toml"], 2, &["h.example.org", "did you mean GB?"]);
    for code in ["xk", "GB"] {
        assert_eq!(set(code).status, 0, "{code}");
    }
    // A code to which the registry assigns a continent is valid, also in the same file.
    env.write(
        "own.toml",
        "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h.example.org\"\ncountry = \"ZZ\"\n[[country_continent]]\n\
         country = \"ZZ\"\ncontinent = \"EU\"\n",
    );
    env.ok("mm-admin", &["apply", "own.toml"]);
    assert_eq!(set("ZZ").status, 0);
    // An invalid code that is already stored does not block other changes.
    env.ok("mm-admin", &["country-continent", "remove", "ZZ"]);
    env.ok("mm-admin", &["host", "set", "mirror.example.org", "bandwidth=7"]);
}

#[test]
fn repositories_can_be_shown_disabled_and_removed_but_not_added() {
    let env = home();
    with_repository(&env);
    let row = json(&env, &["repository", "show", "fedora-43", "--arch", "x86_64"]);
    assert_eq!(row["version"], "43");
    assert_eq!(row["product"], "Fedora");
    assert_eq!(row["disabled"], false);
    env.ok(
        "mm-admin",
        &["repository", "set", "fedora-43", "--arch", "x86_64", "disabled=true"],
    );
    assert_eq!(
        json(&env, &["repository", "list", "disabled=true"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    refused(
        &env,
        &["repository", "set", "fedora-43", "--arch", "x86_64", "category=X"],
        2,
        &["category cannot be changed"],
    );
    refused(
        &env,
        &["repository", "set", "fedora-43", "--arch", "x86_64", "disabled=2"],
        2,
        &["disabled"],
    );
    refused(&env, &["repository", "add", "x", "y"], 2, &["add"]);
    refused(
        &env,
        &["repository", "show", "fedora-44", "--arch", "x86_64"],
        1,
        &["did you mean fedora-43 x86_64"],
    );
    env.ok(
        "mm-admin",
        &["repository", "remove", "fedora-43", "--arch", "x86_64", "--recursive"],
    );
    assert_eq!(json(&env, &["repository", "list"]), serde_json::json!([]));
}

#[test]
fn referenced_row_is_not_removed() {
    let env = home();
    with_repository(&env);
    for (row, by) in [
        (["product", "Fedora"].as_slice(), "category Fedora Linux"),
        (&["version", "43", "--product", "Fedora"], "repository fedora-43 x86_64"),
        (&["arch", "x86_64"], "repository fedora-43 x86_64"),
        (
            &["category", "Fedora Linux"],
            "host-category mirror.example.org Fedora Linux",
        ),
        (&["site", "Example University"], "host mirror.example.org"),
        (
            &["host", "mirror.example.org"],
            "netblock mirror.example.org 192.0.2.0/24",
        ),
        (
            &["host-category", "Fedora Linux", "--host", "mirror.example.org"],
            "url rsync://mirror.example.org",
        ),
    ] {
        let mut args = row.to_vec();
        args.insert(1, "remove");
        refused(&env, &args, 1, &["is used by", by, "--recursive"]);
    }
    // --recursive removes the row and its parts, and nothing else.
    let output = env.ok("mm-admin", &["site", "remove", "Example University", "--recursive"]);
    assert!(output.ends_with("- site Example University\n"), "{output}");
    assert_eq!(output.lines().count(), 12, "{output}");
    assert_eq!(json(&env, &["url", "list"]), serde_json::json!([]));
    assert_eq!(json(&env, &["category", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn category_with_scanned_directories_is_removed_only_recursively() {
    let env = home();
    super::database(&env)
        .execute_batch(
            "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) SELECT id, 'a', 1, 1, 1, 1 \
             FROM category",
        )
        .unwrap();
    env.ok("mm-admin", &["host", "remove", "mirror.example.org", "--recursive"]);
    refused(
        &env,
        &["category", "remove", "Fedora Linux"],
        1,
        &["1 scanned directory"],
    );
    env.ok("mm-admin", &["category", "remove", "Fedora Linux", "--recursive"]);
    let left: i64 = super::database(&env)
        .query_row("SELECT count(*) FROM directory", [], |r| r.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn references_must_exist() {
    let env = home();
    refused(
        &env,
        &["host", "add", "h.example.org", "--site", "Exmple University"],
        1,
        &["refers to site Exmple University", "did you mean Example University?"],
    );
    refused(
        &env,
        &["category", "add", "C", "--product", "Debian", "topdir=pub/c"],
        1,
        &["refers to product Debian", "mm-admin product list"],
    );
    env.ok(
        "mm-admin",
        &["host", "add", "h.example.org", "--site", "Example University"],
    );
    refused(
        &env,
        &[
            "url",
            "add",
            "https://h.example.org/",
            "--host",
            "h.example.org",
            "--category",
            "Fedora Linux",
        ],
        1,
        &["host-category h.example.org Fedora Linux"],
    );
    refused(
        &env,
        &["host", "show", "miror.example.org"],
        1,
        &["did you mean mirror.example.org?"],
    );
    refused(
        &env,
        &["category", "add", "C", "--product", "Fedora", "topdir=pub/fedora/linux"],
        1,
        &["already exists with topdir pub/fedora/linux"],
    );
    refused(&env, &["host", "add", "x.example.org"], 2, &["--site"]);
    refused(
        &env,
        &[
            "downtime",
            "add",
            "2026-12-01T08:00:00Z",
            "--host",
            "mirror.example.org",
            "until=2026-12-01T08:00:00Z",
        ],
        2,
        &["until", "after"],
    );
}

#[test]
fn rename_updates_references() {
    let env = home();
    env.ok(
        "mm-admin",
        &["site", "set", "Example University", "name=Example College"],
    );
    env.ok("mm-admin", &["host", "set", "mirror.example.org", "name=m.example.org"]);
    let row = json(&env, &["host", "show", "m.example.org"]);
    assert_eq!(row["site"], "Example College");
    assert_eq!(row["parts"]["url"].as_array().unwrap().len(), 3);
    env.ok(
        "mm-admin",
        &["host", "add", "n.example.org", "--site", "Example College"],
    );
    refused(
        &env,
        &["host", "set", "n.example.org", "name=m.example.org"],
        1,
        &["already"],
    );
    refused(
        &env,
        &[
            "netblock",
            "set",
            "192.0.2.0/24",
            "--host",
            "m.example.org",
            "netblock=10.0.0.0/8",
        ],
        2,
        &["netblock cannot be changed", "remove the row and add another"],
    );
}

#[test]
fn disabled_host_has_disabler_and_reason() {
    let env = home();
    env.ok(
        "mm-admin",
        &[
            "host",
            "set",
            "mirror.example.org",
            "user_active=false",
            "disable_reason=moving house",
        ],
    );
    let row = json(&env, &["host", "show", "mirror.example.org"]);
    assert_eq!(row["disabled_by"], "admin");
    assert_eq!(row["disable_reason"], "moving house");
    env.ok("mm-admin", &["host", "set", "mirror.example.org", "user_active=true"]);
    let row = json(&env, &["host", "show", "mirror.example.org"]);
    assert!(row["disabled_by"].is_null() && row["disable_reason"].is_null(), "{row}");
    refused(
        &env,
        &["host", "set", "mirror.example.org", "last_crawled=5"],
        2,
        &["other programs write it"],
    );
}

#[test]
fn lists_are_filtered_and_sorted() {
    let env = empty();
    assert_eq!(env.ok("mm-admin", &["host", "list"]), "no host\n");
    env.ok("mm-admin", &["site", "add", "S"]);
    for (name, country) in [
        ("c.example.org", "DE"),
        ("a.example.org", "DE"),
        ("b.example.org", "FR"),
    ] {
        env.ok(
            "mm-admin",
            &["host", "add", name, "--site", "S", &format!("country={country}")],
        );
    }
    let names = |v: serde_json::Value| -> Vec<String> {
        let rows = v.as_array().unwrap().clone();
        rows.iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(json(&env, &["host", "list", "country=de"])),
        ["a.example.org", "c.example.org"]
    );
    assert_eq!(names(json(&env, &["host", "list"])).len(), 3);
    refused(&env, &["host", "list", "colour=blue"], 2, &["no field colour"]);
    refused(&env, &["host", "list", "country"], 2, &["country=COUNTRY"]);
}

#[test]
fn examples_of_the_help_succeed() {
    const ENTITIES: [&str; 18] = [
        "product",
        "version",
        "arch",
        "category",
        "site",
        "host",
        "host-category",
        "url",
        "netblock",
        "peer-asn",
        "country-allowed",
        "country-denied",
        "repository",
        "redirect",
        "netblock-country",
        "country-continent",
        "embargo",
        "downtime",
    ];
    let env = empty();
    env.ok("mm-admin", &["product", "add", "Fedora"]);
    let programs = assert_cmd::cargo::cargo_bin("mm-admin");
    let path = format!("{}:/usr/bin:/bin", programs.parent().unwrap().display());
    for entity in ENTITIES {
        if entity == "repository" {
            env.ok("mm-admin", &["version", "remove", "43", "--product", "Fedora"]);
            with_repository(&env);
        }
        let help = env.ok("mm-admin", &[entity, "--help"]);
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-exc", examples])
            .env("PATH", &path)
            .env("MM_CONFIG", env.path("mm.toml"));
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{examples}: {output:?}");
    }
}
