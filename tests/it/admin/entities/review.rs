//! Contradictions are refused, probable mistakes need `--force`, and mass changes need `--confirm`.

use std::fmt::Write as _;

use crate::admin::{REGISTRY, database, empty, home, json, refused, with_repository};
use crate::support::Env;

const HOST: &str = "mirror.example.org";

/// Checks that a command is refused as a probable mistake, and works with the advised option.
#[track_caller]
fn needs_force(env: &Env, args: &[&str], words: &[&str]) {
    let words = [words, &["add --force"]].concat();
    refused(env, args, 2, &words);
    env.ok("mm-admin", &[args, &["--force"]].concat());
}

#[test]
fn redirects_lead_to_a_repository() {
    let env = home();
    with_repository(&env);
    let contradiction = ["redirect", "add", "fedora-next", "to=fedora-next"];
    refused(&env, &contradiction, 2, &["a redirect cannot lead to itself", "to="]);
    refused(&env, &[&contradiction[..], &["--force"]].concat(), 2, &["to itself"]);
    // The advised form answers with not found.
    env.ok("mm-admin", &["redirect", "add", "fedora-next", "to="]);
    refused(
        &env,
        &["redirect", "set", "fedora-next", "to=fedora-next"],
        2,
        &["to itself"],
    );
    needs_force(
        &env,
        &["redirect", "set", "fedora-next", "to=fedora-99"],
        &["there is no repository with the prefix fedora-99"],
    );
    // Another change of a doubtful row is not reviewed again, and a valid target needs nothing.
    env.ok("mm-admin", &["redirect", "set", "fedora-next", "from=fedora-new"]);
    env.ok("mm-admin", &["redirect", "set", "fedora-new", "to=fedora-43"]);
    needs_force(
        &env,
        &["redirect", "add", "fedora-alias", "to=fedora-latest"],
        &["fedora-latest is a redirect itself", "not followed further"],
    );
}

#[test]
fn file_may_redirect_to_repositories_that_do_not_exist_yet() {
    let env = empty();
    env.write("registry.toml", REGISTRY);
    let output = env.ok("mm-admin", &["apply", "registry.toml"]);
    assert!(
        output.contains("warning: redirect fedora-latest: to: there is no repository with the prefix fedora-43"),
        "{output}"
    );
    env.write("loop.toml", "[[redirect]]\nfrom = \"a\"\nto = \"a\"\n");
    refused(
        &env,
        &["apply", "loop.toml"],
        2,
        &["redirect a", "to itself", "nothing was changed"],
    );
}

#[test]
fn repository_that_a_redirect_needs_is_not_removed() {
    let env = home();
    with_repository(&env);
    let remove = ["repository", "remove", "fedora-43", "--arch", "x86_64"];
    let output = refused(&env, &remove, 1, &["is used by redirect fedora-latest"]);
    assert!(
        output
            .stderr
            .contains("mm-admin repository remove fedora-43 --arch x86_64 --recursive"),
        "{output:?}"
    );
    // Another repository with the prefix keeps the redirect alive.
    env.ok("mm-admin", &["arch", "add", "aarch64"]);
    database(&env)
        .execute_batch(
            "INSERT INTO repository (name, prefix, category_id, version_id, arch_id, first_seen)
             SELECT 'other', 'fedora-43', category_id, version_id, (SELECT id FROM arch WHERE name = 'aarch64'), 1
             FROM repository",
        )
        .unwrap();
    env.ok("mm-admin", &remove);
    assert_eq!(json(&env, &["redirect", "list"]).as_array().unwrap().len(), 1);
    // The advised command removes the redirect, too, and undo restores both.
    let last = ["repository", "remove", "fedora-43", "--arch", "aarch64", "--recursive"];
    refused(&env, &last[..5], 1, &["is used by redirect fedora-latest"]);
    env.ok("mm-admin", &last);
    assert_eq!(json(&env, &["redirect", "list"]).as_array().unwrap().len(), 0);
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(json(&env, &["redirect", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn country_is_not_both_allowed_and_denied() {
    let env = home();
    let deny = ["country-denied", "add", "DE", "--host", HOST];
    let advice = format!("mm-admin country-allowed remove DE --host {HOST}");
    refused(&env, &deny, 2, &["DE is allowed", &advice]);
    refused(&env, &[&deny[..], &["--force"]].concat(), 2, &["DE is allowed"]);
    refused(
        &env,
        &["country-allowed", "add", "FR", "--host", HOST],
        2,
        &[
            "FR is denied",
            &format!("mm-admin country-denied remove FR --host {HOST}"),
        ],
    );
    // After the advised command it works.
    env.ok("mm-admin", &["country-allowed", "remove", "DE", "--host", HOST]);
    env.ok("mm-admin", &deny);
    // A file that moves a country from one list to the other is consistent as a whole.
    let moved = REGISTRY.replace("denied_countries = [\"FR\"]", "denied_countries = [\"FR\", \"DE\"]");
    env.write("both.toml", &moved);
    refused(&env, &["apply", "both.toml"], 2, &["DE is", "as well"]);
    env.write("moved.toml", moved.replace("[\"DE\", \"AT\"]", "[\"AT\"]"));
    env.ok("mm-admin", &["country-denied", "remove", "DE", "--host", HOST]);
    env.ok("mm-admin", &["country-allowed", "add", "DE", "--host", HOST]);
    env.ok("mm-admin", &["apply", "moved.toml", "--prune"]);
}

#[test]
fn names_that_differ_only_in_spelling_need_force() {
    let env = home();
    needs_force(
        &env,
        &["product", "add", "fedora"],
        &["product Fedora has the same name in another spelling"],
    );
    needs_force(
        &env,
        &["site", "add", "example university"],
        &["site Example University"],
    );
    needs_force(&env, &["arch", "add", "x86-64"], &["arch x86_64"]);
    needs_force(
        &env,
        &[
            "category",
            "add",
            "fedora-linux",
            "--product",
            "Fedora",
            "topdir=pub/other",
        ],
        &["category Fedora Linux"],
    );
    env.ok("mm-admin", &["version", "add", "44", "--product", "Fedora"]);
    env.ok("mm-admin", &["version", "add", "4.4", "--product", "Fedora"]);
    // A file is reviewed in the same way.
    env.write(
        "epel.toml",
        "[[product]]\nname = \"EPEL\"\n[[product]]\nname = \"Epel\"\n",
    );
    refused(&env, &["apply", "epel.toml"], 2, &["same name", "nothing was changed"]);
    env.ok("mm-admin", &["apply", "epel.toml", "--force"]);
}

#[test]
fn architectures_have_no_blanks() {
    let env = home();
    refused(
        &env,
        &["arch", "add", "x86 64"],
        2,
        &["invalid architecture", "e.g. x86_64"],
    );
    refused(
        &env,
        &["arch", "add", "x86 64", "--force"],
        2,
        &["invalid architecture"],
    );
    env.write("arch.toml", "[[arch]]\nname = \"a b\"\n");
    refused(&env, &["apply", "arch.toml"], 2, &["invalid architecture"]);
}

#[test]
fn overlapping_topdirs_need_force() {
    let env = home();
    let add = |name, topdir| ["category", "add", name, "--product", "Fedora", topdir];
    needs_force(
        &env,
        &add("Below", "topdir=pub/fedora/linux/releases"),
        &["is below pub/fedora/linux, the topdir of category Fedora Linux"],
    );
    refused(&env, &add("Above", "topdir=pub/fedora"), 2, &["contains", "--force"]);
    env.ok("mm-admin", &add("Beside", "topdir=pub/fedora/linux-archive"));
    refused(
        &env,
        &["category", "set", "Beside", "topdir=pub/fedora"],
        2,
        &["contains"],
    );
    env.ok("mm-admin", &["category", "set", "Below", "publiclist=false"]);
}

#[test]
fn wide_netblocks_are_refused_or_need_force() {
    let env = home();
    let add = |netblock| ["netblock", "add", netblock, "--host", HOST];
    needs_force(&env, &add("10.0.0.0/8"), &["large part of the Internet"]);
    needs_force(&env, &add("2001:d00::/24"), &["large part of the Internet"]);
    env.ok("mm-admin", &add("11.0.0.0/9"));
    env.ok("mm-admin", &add("2001:e00::/25"));
    // The host cannot become private with them, nor can its site.
    for words in [
        ["host", "set", HOST, "private=true"],
        ["site", "set", "Example University", "private=true"],
    ] {
        refused(
            &env,
            &words,
            2,
            &["10.0.0.0/8 of mirror.example.org is too wide for a private host"],
        );
        refused(&env, &[&words[..], &["--force"]].concat(), 2, &["too wide"]);
    }
    for netblock in ["10.0.0.0/8", "2001:d00::/24"] {
        env.ok("mm-admin", &["netblock", "remove", netblock, "--host", HOST]);
    }
    env.ok("mm-admin", &["host", "set", HOST, "private=true"]);
    for netblock in ["12.0.0.0/8", "0.0.0.0/0", "2600::/16"] {
        refused(
            &env,
            &add(netblock),
            2,
            &["too wide for a private host", "/9 of IPv4 and /25 of IPv6"],
        );
        refused(&env, &[&add(netblock)[..], &["--force"]].concat(), 2, &["too wide"]);
    }
    env.ok("mm-admin", &add("13.0.0.0/9"));
}

/// A registry file with `n` hosts of one site.
fn hosts(n: usize, more: &str) -> String {
    let mut text = "[[site]]\nname = \"S\"\n".to_owned();
    for n in 0..n {
        write!(text, "[[site.host]]\nname = \"m{n:02}.example.org\"\n{more}").unwrap();
    }
    text
}

#[test]
fn mass_removals_need_the_number_of_hosts() {
    let env = empty();
    env.write("all.toml", hosts(40, ""));
    env.ok("mm-admin", &["apply", "all.toml", "--prune"]);
    let count = || json(&env, &["host", "list"]).as_array().unwrap().len();
    // 4 of 40 are 10 %.
    env.write("fewer.toml", hosts(36, ""));
    env.ok("mm-admin", &["apply", "fewer.toml", "--prune"]);
    assert_eq!(count(), 36);
    env.write("half.toml", hosts(18, ""));
    let apply = ["apply", "half.toml", "--prune"];
    let words = ["18 hosts of 36", "--dry-run", "--confirm 18", "nothing was changed"];
    refused(&env, &apply, 3, &words);
    assert_eq!(count(), 36);
    let dry = env.ok("mm-admin", &[&apply[..], &["--dry-run"]].concat());
    assert!(dry.contains("--confirm 18"), "{dry}");
    refused(&env, &[&apply[..], &["--confirm", "17"]].concat(), 3, &words);
    env.ok("mm-admin", &[&apply[..], &["--confirm", "18"]].concat());
    assert_eq!(count(), 18);
    // Without --prune, a file that disables hosts or makes them private is a loss, other changes are not.
    env.write("comments.toml", hosts(18, "comment = \"c\"\n"));
    env.ok("mm-admin", &["apply", "comments.toml"]);
    for field in ["admin_active = false\n", "user_active = false\n", "private = true\n"] {
        env.write("off.toml", hosts(18, field));
        refused(&env, &["apply", "off.toml"], 3, &["18 hosts of 18", "--confirm 18"]);
    }
    // With --prune, reset fields count.
    env.write("plain.toml", hosts(18, ""));
    refused(&env, &["apply", "plain.toml", "--prune"], 3, &["18 hosts of 18"]);
    // A recursive removal.
    let remove = ["site", "remove", "S", "--recursive"];
    refused(&env, &remove, 3, &["18 hosts of 18", "--confirm 18"]);
    env.ok("mm-admin", &[&remove[..], &["--confirm", "18"]].concat());
    assert_eq!(count(), 0);
    // Undo needs no confirmation: it restores what was there.
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(count(), 18);
}
