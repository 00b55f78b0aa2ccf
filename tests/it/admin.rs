//! `mm-admin`: the entities of the registry, `apply` and `export`, maintenance and diagnosis.

use crate::support::{Env, RunOutput};

mod apply;
mod backup;
pub(crate) mod checks;
mod crawl_prefs;
mod downtime;
mod end_of_life;
mod entities;
mod explain;
mod incident;
mod lifecycle;
mod maintenance;
mod mirrors;
mod output;
mod pause;
mod pending;
mod refused_apply;
mod share;
mod undo;
mod verify;
mod versions;
mod why;

/// A registry with one row of every entity that the tests use.
const REGISTRY: &str = r#"
embargoed = ["AQ"]

[[product]]
name = "Fedora"

[[arch]]
name = "x86_64"
primary = true

[[category]]
name = "Fedora Linux"
product = "Fedora"
topdir = "pub/fedora/linux"

[[site]]
name = "Example University"
org_url = "https://example.org"

  [[site.host]]
  name = "mirror.example.org"
  country = "DE"
  bandwidth = 1000
  asn = 64500
  netblocks = ["192.0.2.0/24", { netblock = "2001:db8::/32", name = "campus" }]
  peer_asns = [64501]
  allowed_countries = ["DE", "AT"]
  denied_countries = ["FR"]

    [[site.host.category]]
    name = "Fedora Linux"
    urls = ["https://mirror.example.org/fedora/linux", "rsync://mirror.example.org/fedora/linux"]
    private_urls = ["https://mirror.example.org/staging"]
    always_up2date = true

[[redirect]]
from = "fedora-latest"
to = "fedora-43"

[[netblock_country]]
netblock = "192.0.2.0/24"
country = "DE"

[[country_continent]]
country = "TR"
continent = "EU"
"#;

/// An environment with an empty database.
fn empty() -> Env {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env
}

/// An environment with [`REGISTRY`] applied.
fn home() -> Env {
    let env = empty();
    env.write("registry.toml", REGISTRY);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env
}

fn json(env: &Env, args: &[&str]) -> serde_json::Value {
    let mut all = vec!["--format", "json"];
    all.extend(args);
    serde_json::from_str(&env.ok("mm-admin", &all)).unwrap()
}

/// Runs a command, and checks that it fails with `status`, prints `words` to stderr and nothing to stdout.
#[track_caller]
fn refused(env: &Env, args: &[&str], status: i32, words: &[&str]) -> RunOutput {
    let output = env.run("mm-admin", args);
    assert_eq!(output.status, status, "{args:?}: {output:?}");
    for word in words {
        assert!(output.stderr.contains(word), "{args:?}: no {word:?} in {output:?}");
    }
    assert_eq!(output.stdout, "", "{args:?}");
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    output
}

/// The database, to insert rows that other programs write.
fn database(env: &Env) -> rusqlite::Connection {
    rusqlite::Connection::open(env.path("mm.db")).unwrap()
}

/// Inserts a version and a repository as release detection does.
fn with_repository(env: &Env) {
    database(env)
        .execute_batch(
            "INSERT INTO version (product_id, name, first_seen) SELECT id, '43', 1 FROM product WHERE name = 'Fedora';
             INSERT INTO repository (name, prefix, category_id, version_id, arch_id, first_seen)
             SELECT 'pub/fedora/linux/releases/43/Everything/x86_64/os', 'fedora-43', c.id, v.id, a.id, 1
             FROM category c, version v, arch a WHERE v.name = '43' AND a.name = 'x86_64';",
        )
        .unwrap();
}

/// The arguments of every command of `mm-admin`, including the empty list.
fn all_commands() -> Vec<Vec<String>> {
    let program = mirrormanager::cli::run::command::<mirrormanager::cli::admin::Args>();
    let mut commands = vec![Vec::new()];
    for command in program.get_subcommands() {
        let name = command.get_name().to_owned();
        let nested = command
            .get_subcommands()
            .map(|c| vec![name.clone(), c.get_name().to_owned()]);
        commands.extend(nested);
        commands.push(vec![name]);
    }
    commands
}

#[test]
fn short_help_fits_on_a_screen() {
    let env = Env::new("");
    let admin = all_commands().into_iter().map(|command| ("mm-admin", command));
    let others = [
        "mm-crawl",
        "mm-detect-release",
        "mm-locks",
        "mm-mirrorlist-server",
        "mm-scan-master",
        "mm-sync-out",
        "mm-update-mirrorlist",
    ];
    for (program, command) in admin.chain(others.map(|program| (program, Vec::new()))) {
        let mut process = env.command(program);
        let output = process.args(&command).arg("-h").env("COLUMNS", "80").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains("--config <FILE>"), "{program} {command:?}: {help}");
        assert!(help.lines().count() <= 40, "{program} {command:?}: {help}");
        // Usage lines are not wrapped.
        let wide = help
            .lines()
            .find(|l| l.chars().count() > 80 && !l.starts_with("Usage:"));
        assert_eq!(wide, None, "{program} {command:?}");
    }
}
