//! Metadata of trees is compared with their paths, and every step is explained.

use std::os::unix::fs::symlink;

use super::{add, json, scanned};

const OS: &str = "releases/43/x86_64/os";

#[test]
fn a_tree_confirms_or_contradicts_its_path() {
    let env = scanned(&[OS, "releases/44/x86_64/os"]);
    let tree = |version, arch| format!("[release]\nname = Fedora\nversion = {version}\n[tree]\narch = {arch}\n");
    env.write(&format!("master/{OS}/.treeinfo"), tree("43", "x86_64"));
    env.write("master/releases/44/x86_64/os/.treeinfo", tree("43", "aarch64"));
    env.write("master/releases/43/COMPOSE_ID", "Fedora-43-20260422.1\n");
    let first = env.run("mm-detect-release", &[]);
    assert_eq!(first.status, 3, "a new contradiction: {first:?}");
    for words in [
        "version 43 in the file, but 44 in the path",
        "architecture aarch64 in the file",
        "--acknowledge",
    ] {
        assert!(first.stderr.contains(words), "no {words:?} in {first:?}");
    }
    let list = env.ok("mm-admin", &["repository", "list"]);
    assert!(
        list.contains("fedora-43") && list.contains("fedora-44"),
        "the path decides:\n{list}"
    );

    let again = env.run("mm-detect-release", &[]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "said once");
    env.ok(
        "mm-detect-release",
        &["--acknowledge", "pub/linux/releases/44/x86_64/os"],
    );
    let (status, acked) = json(&env, &[]);
    assert_eq!(
        (status, acked["plan"]["contradicted"][0]["acknowledged"].as_bool()),
        (0, Some(true))
    );

    let reported = env.ok("mm-detect-release", &["--explain", &format!("pub/linux/{OS}")]);
    for words in [
        "confirms: Fedora, 43, x86_64",
        "releases/43/COMPOSE_ID",
        "recorded as fedora-43",
    ] {
        assert!(reported.contains(words), "no {words:?} in\n{reported}");
    }
    // After the tree was corrected, nothing is pending.
    env.write("master/releases/44/x86_64/os/.treeinfo", tree("44", "x86_64"));
    let (_, right) = json(&env, &[]);
    assert_eq!(right["plan"]["resolved"].as_array().map(Vec::len), Some(1), "{right}");
}

#[test]
fn metadata_is_read_inside_the_tree_and_with_limits() {
    let env = scanned(&[OS]);
    env.write("outside", "[release]\nversion = 1\n");
    symlink(env.path("outside"), env.path(&format!("master/{OS}/.treeinfo"))).unwrap();
    let long = format!("[release]\nversion = 2\n{}", "#\n".repeat(1 << 20));
    env.write(&format!("master/{OS}/treeinfo"), long);
    env.write("master/releases/43/COMPOSE_ID", [0xff, 0xfe, 0]);
    env.write("master/.composeinfo", "{\"payload\": [[[[");
    let (status, found) = json(&env, &[]);
    assert_eq!(
        (
            status,
            found["plan"]["repositories"][0]["evidence"].as_array().map(Vec::len)
        ),
        (0, Some(0))
    );
}

#[test]
fn explain_shows_every_step() {
    let env = scanned(&[OS]);
    env.ok("mm-detect-release", &[]);
    let explain = |path: &str| {
        let (status, reported) = json(&env, &["--explain", path]);
        assert_eq!(status, 0, "{reported}");
        reported
    };
    // Not in the database, and with leading and trailing slashes.
    let other = explain("/pub/linux/releases/44/x86_64/debug/tree/");
    let e = &other["explanation"];
    assert_eq!(e["rule"]["id"], "mm.toml:1");
    assert_eq!(e["category"], "Linux");
    assert_eq!(
        (&e["version"]["value"], &e["arch"]["value"]),
        (&"44".into(), &"x86_64".into())
    );
    assert_eq!(
        (&e["prefix"]["stem"], &e["prefix"]["suffix"]["value"]),
        (&"fedora".into(), &"-debug".into())
    );
    assert_eq!(e["prefix"]["prefix"], "fedora-debug-44");
    assert_eq!(
        (&other["state"]["scanned"], &other["state"]["recorded"]),
        (&false.into(), &serde_json::Value::Null)
    );

    add(&env, &["releases/43/x86_64/os2"]);
    let taken = explain("pub/linux/releases/43/x86_64/os2");
    assert_eq!(taken["state"]["owner"], "pub/linux/releases/43/x86_64/os");
    let skipped = explain("pub/linux/releases/43/drpms");
    assert_eq!(skipped["explanation"]["skipped_by"]["regex"], "/drpms");
    let unknown = explain("pub/linux/releases/43/mips64/os");
    assert!(
        unknown["explanation"]["unmatched"]
            .as_str()
            .unwrap()
            .contains("no architecture of the registry")
    );
    let nothing = env.ok("mm-detect-release", &["--explain", "pub/linux/odd"]);
    assert!(
        nothing.contains("no rule matches") && nothing.contains("not in the database"),
        "{nothing}"
    );

    for bad in [
        ["--explain", "a/../b"].as_slice(),
        &["--explain", "a", "--category", "Nowhere"],
    ] {
        assert_eq!(env.run("mm-detect-release", bad).status, 2, "{bad:?}");
    }
}
