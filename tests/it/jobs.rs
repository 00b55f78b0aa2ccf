//! What all programs share: exit status, help, options, JSON, colour, silence.
#![expect(clippy::unwrap_used, reason = "test support")]

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Env, need};

/// The programs that are built: one for each door in src/bin.
fn programs() -> BTreeSet<String> {
    let doors = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")).unwrap();
    let programs: BTreeSet<String> = doors
        .map(|door| door.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(
        programs.contains("mm-admin") && programs.contains("mm-locks"),
        "{programs:?}"
    );
    programs
}

#[test]
fn help_and_version_go_to_stdout_and_end_with_0() {
    let env = Env::new("");
    for program in programs() {
        let help = env.run(&program, &["--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{help:?}");
        assert!(
            help.stdout.contains("Exit status:") && help.stdout.contains("--config"),
            "{help:?}"
        );
        assert!(help.stdout.contains(&format!("Usage: {program}")), "{help:?}");
        let version = env.run(&program, &["--version"]);
        assert_eq!(
            version.stdout,
            format!("{program} {}\n", env!("CARGO_PKG_VERSION")),
            "{version:?}"
        );
        assert_eq!(version.status, 0);
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let env = Env::new("");
    for program in programs() {
        for args in [
            ["--no-such-option"].as_slice(),
            &["--format", "yaml"],
            &["--color", "blue"],
            &["--config"],
        ] {
            let ran = env.run(&program, args);
            assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
            assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran:?}");
        }
    }
}

#[test]
fn a_repeated_option_counts_as_given_last() {
    let env = Env::new("");
    for program in programs() {
        let ran = env.run(
            &program,
            &[
                "--format", "json", "--format", "text", "--config", "/a", "--config", "/b", "--help",
            ],
        );
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    let json = env.ok("mm-locks", &["--format", "text", "--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    let text = env.ok("mm-locks", &["--format", "json", "--format", "text"]);
    assert_eq!(text, "no locks: nothing runs\n");
    env.ok("mm-admin", &["init"]);
    env.ok(
        "mm-admin",
        &["product", "add", "P", "--publiclist=false", "--publiclist=true"],
    );
    let row = env.ok("mm-admin", &["product", "show", "P", "--format", "json"]);
    assert!(row.contains("\"publiclist\": true"), "{row}");
}

#[test]
fn a_config_that_cannot_be_used_ends_with_2_and_is_named() {
    let env = Env::new("");
    env.write("bad.toml", "user = \"root\"\nlokc_dir = \"x\"\n");
    for program in programs() {
        let args: &[&str] = if program == "mm-admin" { &["doctor"] } else { &[] };
        let bad = env.path("bad.toml").display().to_string();
        let ran = env.run(&program, &[&["--config", &bad], args].concat());
        // A program that has a required operand says that first; it is wrong usage all the same.
        assert_eq!(ran.status, 2, "{ran:?}");
        if !ran.stderr.contains("required") {
            assert!(
                ran.stderr.contains("bad.toml") && ran.stderr.contains("line 2"),
                "{ran:?}"
            );
            assert!(ran.stderr.contains("lokc_dir"), "{ran:?}");
        }
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn every_answer_is_one_json_document() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["site", "add", "S"]);
    env.ok("mm-admin", &["host", "add", "h.example.org", "--site", "S"]);
    for args in [
        ["doctor"].as_slice(),
        &["config", "check"],
        &["runs"],
        &["changes"],
        &["export"],
        &["host", "list"],
        &["host", "show", "h.example.org"],
        &["why", "h.example.org"],
        &["host", "set", "h.example.org", "country=DE"],
        &["migrate"],
        &["backup", "b.db"],
        &["restore", "b.db", "--dry-run"],
    ] {
        let ran = env.run("mm-admin", &[args, &["--format", "json"]].concat());
        assert_eq!(ran.status, 0, "{ran:?}");
        let parsed = serde_json::from_str::<serde_json::Value>(&ran.stdout);
        assert!(parsed.is_ok(), "{args:?}: {ran:?}");
    }
    let locks = env.ok("mm-locks", &["--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&locks).is_ok(), "{locks}");
}

/// Runs a program on a terminal of its own.
fn on_a_terminal(env: &Env, no_color: Option<&str>, args: &str) -> String {
    need("script", "bsdutils");
    let program = assert_cmd::cargo::cargo_bin("mm-admin");
    let mut command = env.command("mm-admin");
    let mut terminal = std::process::Command::new("script");
    terminal
        .args(["-qec", &format!("{} {args}", program.display()), "/dev/null"])
        .stdin(std::process::Stdio::null())
        .current_dir(env.path("."));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    if let Some(value) = no_color {
        terminal.env("NO_COLOR", value);
        command.env("NO_COLOR", value);
    }
    String::from_utf8_lossy(&terminal.output().unwrap().stdout).into_owned()
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    const ESCAPE: char = '\x1b';
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let said = |args: &[&str]| env.ok("mm-admin", args);
    assert!(!said(&["doctor"]).contains(ESCAPE));
    assert!(said(&["doctor", "--color", "always"]).contains(ESCAPE));
    assert!(!said(&["doctor", "--color", "never"]).contains(ESCAPE));
    assert!(!said(&["doctor", "--color", "always", "--format", "json"]).contains(ESCAPE));

    assert!(on_a_terminal(&env, None, "doctor").contains(ESCAPE));
    assert!(!on_a_terminal(&env, None, "doctor --color never").contains(ESCAPE));
    assert!(!on_a_terminal(&env, Some("1"), "doctor").contains(ESCAPE));
    assert!(
        on_a_terminal(&env, Some(""), "doctor").contains(ESCAPE),
        "an empty NO_COLOR says nothing"
    );
    assert!(on_a_terminal(&env, Some("1"), "doctor --color always").contains(ESCAPE));
}

#[test]
fn what_went_well_is_silent_without_a_terminal() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env.write("registry.toml", "[[product]]\nname = \"P\"\n");
    env.ok("mm-admin", &["apply", "registry.toml"]);
    for args in [
        ["apply", "registry.toml"].as_slice(),
        &["backup", "b.db"],
        &["export", "out.toml"],
    ] {
        let ran = env.run("mm-admin", args);
        assert_eq!(
            (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
            (0, "", ""),
            "{ran:?}"
        );
    }
    assert!(
        env.ok("mm-admin", &["apply", "registry.toml", "-v"])
            .contains("nothing to change")
    );
}
