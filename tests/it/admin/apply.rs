//! The registry as one file: `apply` and `export`.

use std::process::Stdio;

use super::{REGISTRY, database, empty, home, json, refused};
use crate::support::Env;

fn rows(env: &Env) -> Vec<(String, i64)> {
    let db = database(env);
    let mut names = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let names: Vec<String> = names.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    names
        .into_iter()
        .map(|n| {
            let count = db
                .query_row(&format!("SELECT count(*) FROM \"{n}\""), [], |r| r.get(0))
                .unwrap();
            (n, count)
        })
        .collect()
}

#[test]
fn applying_twice_changes_nothing() {
    let env = empty();
    env.write("registry.toml", REGISTRY);
    let output = env.ok("mm-admin", &["apply", "registry.toml"]);
    assert!(
        output.contains("+ product Fedora\n") && output.contains("+ netblock mirror.example.org 2001:db8::/32\n"),
        "{output}"
    );
    let is_expected = |line: &str| line.starts_with("+ ") || line.starts_with("warning: redirect fedora-latest: ");
    assert!(output.lines().all(is_expected), "{output}");
    let before = rows(&env);
    assert_eq!(
        env.ok("mm-admin", &["apply", "registry.toml"]),
        "",
        "no output without a change, so that cron sends no mail"
    );
    assert_eq!(rows(&env), before);
    let dry = env.ok("mm-admin", &["apply", "registry.toml", "--dry-run"]);
    assert_eq!(dry, "nothing to change\n");
}

#[test]
fn dry_run_shows_all_edits_and_changes_nothing() {
    let env = empty();
    env.write("registry.toml", REGISTRY);
    let before = rows(&env);
    let dry = env.ok("mm-admin", &["apply", "registry.toml", "--dry-run"]);
    assert!(dry.ends_with("dry run: nothing was changed\n"), "{dry}");
    assert_eq!(rows(&env), before);
    let done = env.ok("mm-admin", &["apply", "registry.toml"]);
    assert_eq!(dry.trim_end_matches("dry run: nothing was changed\n"), done);
    let report = json(&env, &["apply", "registry.toml", "--dry-run"]);
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["edits"], serde_json::json!([]));
}

#[test]
fn changes_are_shown_field_by_field() {
    let env = home();
    env.write(
        "registry.toml",
        REGISTRY
            .replace("bandwidth = 1000", "bandwidth = 2000")
            .replace("country = \"DE\"\n  bandwidth", "country = \"AT\"\n  bandwidth"),
    );
    assert_eq!(
        env.ok("mm-admin", &["apply", "registry.toml"]),
        "~ host mirror.example.org country: DE -> AT\n~ host mirror.example.org bandwidth: 1000 -> 2000\n"
    );
    let log = json(&env, &["changes", "--entity", "host", "-n", "1"]);
    assert_eq!(log[0]["old"]["bandwidth"], 1000);
    assert_eq!(log[0]["new"]["bandwidth"], 2000);
}

#[test]
fn only_prune_removes_rows_and_resets_fields() {
    let env = home();
    env.ok("mm-admin", &["host", "set", "mirror.example.org", "comment=kept"]);
    let (from, until) = ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
    env.ok(
        "mm-admin",
        &[
            "downtime",
            "add",
            from,
            "--host",
            "mirror.example.org",
            &format!("until={until}"),
        ],
    );
    env.ok("mm-admin", &["host", "set", "mirror.example.org", "user_active=false"]);
    let part = "[[site]]\nname = \"Example University\"\n[[site.host]]\nname = \"mirror.example.org\"\n";
    env.write("part.toml", part);
    assert_eq!(env.ok("mm-admin", &["apply", "part.toml"]), "");
    let output = env.ok("mm-admin", &["apply", "part.toml", "--prune", "--dry-run"]);
    for line in [
        "~ host mirror.example.org comment: kept -> -",
        "~ host mirror.example.org bandwidth: 1000 -> 100",
        "~ site Example University org_url: https://example.org -> -",
        "- category Fedora Linux",
        "- product Fedora",
        "- url https://mirror.example.org/staging",
        "- embargo AQ",
    ] {
        assert!(output.lines().any(|l| l == line), "no {line:?} in {output}");
    }
    assert!(
        !output.contains("user_active"),
        "fields that owners and the crawler write are not reset: {output}"
    );
    env.ok("mm-admin", &["apply", "part.toml", "--prune"]);
    assert_eq!(json(&env, &["category", "list"]), serde_json::json!([]));
    assert_eq!(
        json(&env, &["downtime", "list"]).as_array().unwrap().len(),
        1,
        "downtimes are not part of the file"
    );
    env.write("nothing.toml", "");
    env.ok("mm-admin", &["apply", "nothing.toml", "--prune"]);
    assert_eq!(json(&env, &["downtime", "list"]), serde_json::json!([]));
    assert_eq!(env.ok("mm-admin", &["export"]), "\n");
}

#[test]
fn apply_with_an_error_changes_nothing() {
    let env = empty();
    let before = rows(&env);
    // The product is valid; the category names a product that does not exist.
    let text = "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"C\"\nproduct = \"Fedorra\"\ntopdir = \"pub\"\n";
    env.write("registry.toml", text);
    refused(
        &env,
        &["apply", "registry.toml"],
        1,
        &[
            "registry.toml",
            "nothing was changed",
            "category C refers to product Fedorra",
            "did you mean Fedora?",
        ],
    );
    assert_eq!(rows(&env), before);
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"C\"\nproduct = \"Fedora\"\n",
    );
    refused(&env, &["apply", "registry.toml"], 2, &["category C", "topdir"]);
    assert_eq!(rows(&env), before);
}

#[test]
fn errors_in_a_file_contain_line_and_key() {
    let env = empty();
    for (text, words) in [
        ("[[product]]\nnaem = \"Fedora\"\n", ["line 2", "`naem`"]),
        (
            "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\ncountry = \"Germany\"\n",
            ["line 5", "`country`"],
        ),
        (
            "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\n[[site.host.category]]\nname = \"C\"\nurls = \
             [\"ftp//x\"]\n",
            ["line 7", "`urls`"],
        ),
        ("[[site]]\nname = \"S\"\n[[site]]\nname = \"S\"\n", ["line 3", "line 1"]),
        ("[[product]\nname = 1\n", ["line 1", "registry.toml"]),
    ] {
        env.write("registry.toml", text);
        refused(&env, &["apply", "registry.toml"], 2, &words);
    }
    refused(
        &env,
        &["apply", "missing.toml"],
        2,
        &["cannot read the registry file missing.toml"],
    );
    refused(&env, &["apply"], 2, &["FILE"]);
}

#[test]
fn exported_registry_can_be_applied_and_exported_again() {
    let env = home();
    env.ok(
        "mm-admin",
        &[
            "host",
            "add",
            "z.example.org",
            "--site",
            "Example University",
            "comment=a \"b\" \\ ü",
        ],
    );
    env.ok(
        "mm-admin",
        &[
            "host",
            "set",
            "z.example.org",
            "user_active=false",
            "disable_reason=why not",
        ],
    );
    env.ok("mm-admin", &["redirect", "add", "nowhere"]);
    env.ok(
        "mm-admin",
        &["site", "add", "Nobody", "private=true", "admin_active=false"],
    );
    for n in 0..10 {
        let url = format!("https://mirror.example.org/a-rather-long-path/{n}");
        env.ok(
            "mm-admin",
            &[
                "url",
                "add",
                &url,
                "--host",
                "mirror.example.org",
                "--category",
                "Fedora Linux",
            ],
        );
    }
    let first = env.ok("mm-admin", &["export"]);
    let other = empty();
    other.write("registry.toml", &first);
    other.ok("mm-admin", &["apply", "registry.toml"]);
    assert_eq!(other.ok("mm-admin", &["export"]), first);
    // To a file, and read from standard input.
    assert_eq!(env.ok("mm-admin", &["export", "out.toml"]), "");
    assert_eq!(
        std::fs::read_to_string(env.path("out.toml")).unwrap().trim_end(),
        first.trim_end()
    );
    let third = empty();
    let output = third
        .command("mm-admin")
        .args(["apply", "-"])
        .stdin(Stdio::from(std::fs::File::open(env.path("out.toml")).unwrap()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(third.ok("mm-admin", &["export"]), first);
}

#[test]
fn example_file_can_be_applied_and_contains_every_key() {
    let example = include_str!("../../../examples/registry.toml");
    let env = empty();
    env.write("plain.toml", example);
    env.ok("mm-admin", &["apply", "plain.toml"]);
    // Commented lines are defaults: uncommenting them changes nothing.
    let uncommented = |line: &'static str| {
        let bare = line.trim_start().strip_prefix("# ")?;
        let (key, _) = bare.split_once(" = ")?;
        (!key.contains(' ')).then_some(bare)
    };
    let full: Vec<&str> = example.lines().map(|line| uncommented(line).unwrap_or(line)).collect();
    let full = full.join("\n");
    assert!(full.contains("\nalways_up2date = false"), "{full}");
    env.write("full.toml", &full);
    assert_eq!(env.ok("mm-admin", &["apply", "full.toml"]), "");
    // The error for an unknown key lists all keys: each is in the example.
    for section in [
        "",
        "[[product]]\n",
        "[[arch]]\n",
        "[[category]]\n",
        "[[site]]\n",
        "[[site]]\nname = \"S\"\n[[site.host]]\n",
        "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\n[[site.host.category]]\n",
        "[[redirect]]\n",
        "[[netblock_country]]\n",
        "[[country_continent]]\n",
    ] {
        env.write("unknown.toml", format!("{section}nonsense = 1\n"));
        let ran = refused(&env, &["apply", "unknown.toml"], 2, &["`nonsense`", "may hold "]);
        let (_, keys) = ran.stderr.split_once("may hold ").unwrap();
        for key in keys.trim().split(", ") {
            let shown = full
                .lines()
                .map(str::trim_start)
                .any(|l| l.starts_with(&format!("{key} = ")) || l.starts_with('[') && l.contains(&format!("{key}]]")));
            assert!(shown, "{key} is not in examples/registry.toml");
        }
    }
}
