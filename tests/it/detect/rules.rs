//! Rule sets: the published ones compared with golden tables, combined with rules of the config, and invalid ones.

use std::fs;
use std::path::{Path, PathBuf};

use super::{add, json, scanned};
use crate::support::Env;

/// All published rule sets.
const SETS: [&str; 8] = [
    "fedora",
    "epel",
    "codecs",
    "eln",
    "rpmfusion",
    "centos-stream",
    "rockylinux",
    "almalinux",
];

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table(name: &str) -> PathBuf {
    home().join(format!("tests/data/repositories/{name}.tsv"))
}

/// A home whose config includes these rule sets by name.
fn including(sets: &[&str]) -> Env {
    let env = Env::new(&format!("[detect]\ninclude = {sets:?}\n"));
    for set in sets {
        let file = format!("{set}.toml");
        let text = fs::read_to_string(home().join("examples/rules").join(&file)).unwrap();
        env.write(&format!("rules/{file}"), text);
    }
    env
}

fn check(env: &Env, table: &Path) {
    let output = env.run("mm-detect-release", &["--test-rules", table.to_str().unwrap()]);
    assert_eq!(output.status, 0, "{}\n{}", output.stdout, output.stderr);
}

#[test]
fn each_rule_set_gives_the_names_that_clients_request() {
    let lie: Vec<String> = fs::read_dir(home().join("examples/rules"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(lie.len(), SETS.len(), "a set without a table: {lie:?}");
    for set in SETS {
        check(&including(&[set]), &table(set));
    }
    check(&including(&["fedora", "epel", "codecs", "rpmfusion"]), &table("golden"));
}

#[test]
fn published_sets_can_be_included_together_in_any_order() {
    let tables: Vec<String> = SETS
        .iter()
        .chain(&["golden"])
        .map(|set| fs::read_to_string(table(set)).unwrap())
        .collect();
    let (header, _) = tables[0].split_once('\n').unwrap();
    let rows: Vec<&str> = tables.iter().flat_map(|t| t.lines().skip(1)).collect();
    let rows = rows.join("\n");
    let mut backwards = SETS;
    backwards.reverse();
    for order in [SETS, backwards] {
        let env = including(&order);
        let all = env.write("all.tsv", format!("{header}\n{rows}"));
        check(&env, &all);
    }
}

#[test]
fn mismatches_show_the_expected_and_the_actual_result() {
    let env = Env::new("[[detect.rule]]\nname = 'site'\nregex = '/releases/'\nprefix = 'fedora'\n");
    let header = "category\tdirectory\tversion\tarch\tprefix\n";
    let rows = "Linux\tpub/releases/43/x86_64/os\t43\tx86_64\tfedora-43\n\
                Linux\tpub/releases/44/x86_64/os\t44\tx86_64\tother-44\nLinux\tpub/odd/x86_64\t44\tx86_64\t-\n";
    env.write("site.tsv", format!("{header}{rows}"));
    let output = env.run("mm-detect-release", &["--test-rules", "site.tsv"]);
    assert_eq!(output.status, 1, "{output:?}");
    for words in [
        "other-44 44 x86_64",
        "fedora-44 44 x86_64",
        "mm.toml:site",
        "nothing",
        "no rule matches",
        "1 of 3 rows",
    ] {
        assert!(output.stdout.contains(words), "no {words:?} in\n{}", output.stdout);
    }
    let (status, reported) = json(&env, &["--test-rules", "site.tsv"]);
    assert_eq!((status, reported["mismatches"][0]["line"].as_u64()), (1, Some(3)));

    for (text, words) in [("", "empty"), ("category\tarch\n", "line 1: the header has no column")] {
        env.write("bad.tsv", text);
        let output = env.run("mm-detect-release", &["--test-rules", "bad.tsv"]);
        assert!(output.status == 2 && output.stderr.contains(words), "{output:?}");
    }
    assert_eq!(env.run("mm-detect-release", &["--test-rules", "none.tsv"]).status, 1);
}

#[test]
fn with_a_database_the_arches_are_those_of_the_registry() {
    let env = scanned(&["releases/43/x86_64/os"]);
    let header = "category\tdirectory\tversion\tarch\tprefix\n";
    env.write(
        "t.tsv",
        format!("{header}Linux\tpub/linux/releases/43/mips64/os\t43\tmips64\tfedora-43\n"),
    );
    let output = env.run("mm-detect-release", &["--test-rules", "t.tsv"]);
    assert!(
        output.status == 1 && output.stdout.contains("no architecture of the registry"),
        "{output:?}"
    );
}

#[test]
fn a_new_version_scheme_needs_only_a_rule_in_the_config() {
    let env = scanned(&["releases/43/x86_64/os"]);
    let base = "[[category]]\nname = \"Linux\"\npath = \"master\"\n[detect]\n";
    let old = "[[detect.rule]]\nregex = '/releases/[0-9]+/'\nprefix = \"fedora\"\n";
    env.configure(&format!("{base}{old}"));
    env.ok("mm-detect-release", &[]);
    add(&env, &["releases/2027.1/x86_64/os", "44-stream/x86_64/os"]);
    let (status, before) = json(&env, &[]);
    assert_eq!(
        (status, before["plan"]["unmatched"].as_array().map(Vec::len)),
        (3, Some(2)),
        "{before}"
    );

    let new = "[[detect.rule]]\nname = \"by-year\"\nregex = '/releases/(?<version>20[0-9]{2}\\.[0-9]+)/'\nprefix = \"fedora\"\n\
               [[detect.rule]]\nregex = '/(?<version>[0-9]+-stream)/'\nprefix = \"fedora\"\n";
    env.configure(&format!("{base}{new}{old}"));
    let (status, after) = json(&env, &[]);
    let prefixes: Vec<_> = after["plan"]["repositories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["prefix"].as_str().unwrap())
        .collect();
    assert_eq!((status, prefixes), (0, vec!["fedora-44-stream", "fedora-2027.1"]));
    assert_eq!(after["plan"]["repositories"][1]["rule"], "mm.toml:by-year");
    assert_eq!(after["plan"]["resolved"].as_array().map(Vec::len), Some(2));
}

#[test]
fn rules_of_the_config_precede_included_rule_sets() {
    let env = including(&["fedora"]);
    let own = "[[detect.rule]]\nname = 'ours'\nregex = '^pub/fedora/linux/releases/43/Everything/'\nprefix = 'ours'\n";
    env.configure(&format!("[detect]\ninclude = ['fedora']\n{own}"));
    let reported = |path: &str| json(&env, &["--explain", path]).1["explanation"].clone();
    let ours = reported("pub/fedora/linux/releases/43/Everything/x86_64/os");
    assert_eq!(
        (&ours["rule"]["id"], &ours["result"]["prefix"]),
        (&"mm.toml:ours".into(), &"ours-43".into())
    );
    let theirs = reported("pub/fedora/linux/releases/42/Everything/x86_64/os");
    assert_eq!(theirs["rule"]["id"], "fedora.toml:fedora");
}

#[test]
fn invalid_rule_sets_are_reported_with_file_line_and_key() {
    let env = Env::new("");
    env.write("bad.toml", "[[detect.rule]]\nname = 'x'\nregex = 'a('\n");
    env.write("unknown.toml", "[[detect.rule]]\nregex = 'a'\nprefx = 'b'\n");
    env.write("group.toml", "[[detect.rule]]\nregex = 'a'\nprefix = 'b-$1'\n");
    env.write("nested.toml", "[detect]\ninclude = ['fedora']\n");
    for (include, words) in [
        ("bad.toml", ["bad.toml", "line 3", "rule number 1, regex"]),
        ("./unknown.toml", ["unknown.toml", "line 3", "prefx"]),
        ("group.toml", ["group.toml", "line 3", "prefix"]),
        ("nested.toml", ["nested.toml", "line 2", "do not include others"]),
        (
            "nowhere",
            ["mm.toml", "line 8: detect.include", "there is no nowhere.toml in"],
        ),
        ("sub/none.toml", ["sub/none.toml", "cannot read", "detect.include"]),
    ] {
        env.configure(&format!("[detect]\ninclude = ['{include}']\n"));
        for (program, args) in [
            ("mm-detect-release", ["--explain", "a"]),
            ("mm-admin", ["config", "check"]),
        ] {
            let output = env.run(program, &args);
            assert_eq!(output.status, 2, "{output:?}");
            for word in words {
                assert!(output.stderr.contains(word), "no {word:?} in {output:?}");
            }
        }
    }
}
