//! Reports: width of tables, grammar of counts, and log lines.

use super::{home, refused};
use crate::support::{Env, need};

/// Runs a command on a terminal, and returns what it shows.
fn on_terminal(env: &Env, command: &str) -> String {
    let program = assert_cmd::cargo::cargo_bin("mm-admin");
    let output = std::process::Command::new(need("script", "bsdutils"))
        .args(["--quiet", "--return", "--command"])
        .arg(format!("{} {command}", program.display()))
        .arg("/dev/null")
        .env("MM_CONFIG", env.path("mm.toml"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

#[test]
fn tables_on_a_terminal_are_at_most_100_columns_wide() {
    let env = home();
    let url = format!("https://mirror.example.org/{}", "a-long-directory/".repeat(8));
    let add = [
        "url",
        "add",
        &url,
        "--host",
        "mirror.example.org",
        "--category",
        "Fedora Linux",
    ];
    env.ok("mm-admin", &add);
    let comment = format!("comment={}", "many words ".repeat(20).trim_end());
    env.ok("mm-admin", &["host", "set", "mirror.example.org", &comment]);
    for command in [
        "url list",
        "host list",
        "host show mirror.example.org",
        "category list",
        "changes",
        "site list",
        "runs",
    ] {
        let shown = on_terminal(&env, command);
        let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{command}: {widest} columns: {shown}");
    }
    // Nothing is lost, and in a pipe a row is one line.
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let shown = on_terminal(&env, "host show mirror.example.org");
    assert!(words(&shown).matches("manywords").count() >= 2, "{shown}");
    let piped = env.ok("mm-admin", &["url", "list"]);
    assert!(
        piped.lines().any(|line| line.contains(url.trim_end_matches('/'))),
        "{piped}"
    );
}

#[test]
fn counts_and_articles_follow_their_nouns() {
    let env = home();
    let shown = env.run("mm-admin", &["doctor"]).stdout;
    assert!(shown.contains("1 category, "), "{shown}");
    env.ok("mm-admin", &["product", "add", "P"]);
    let change = super::json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let undone = env.ok("mm-admin", &["undo", &change]);
    assert!(undone.contains(": 1 row\n"), "{undone}");
    env.write("arch.toml", "[[arch]]\nnmae = \"x\"\n");
    refused(&env, &["apply", "arch.toml"], 2, &["in an arch"]);
}

#[test]
fn log_lines_have_no_json() {
    let env = Env::new("[[category]]\nname = \"T\"\npath = \"tree\"\n");
    env.write("tree/file", "text");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["product", "add", "P"]);
    env.ok("mm-admin", &["category", "add", "T", "--product", "P", "topdir=pub/t"]);
    for program in ["mm-scan-master", "mm-detect-release", "mm-crawl"] {
        let output = env.run(program, &["-v"]);
        assert_eq!(output.status, 0, "{output:?}");
        assert!(
            output.stderr.contains("run finished") && !output.stderr.contains("stats="),
            "{output:?}"
        );
        assert!(
            !output.stderr.contains('{') && !output.stderr.contains("\":"),
            "{output:?}"
        );
        let output = env.run(program, &["-vv"]);
        let stats = output.stderr.lines().find(|line| line.contains("stats=")).unwrap();
        assert!(!stats.contains('{') && !stats.contains("\":"), "{stats}");
    }
}
