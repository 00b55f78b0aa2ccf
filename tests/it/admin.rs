//! `mm-admin`: the registry's entities, `apply` and `export`, and the care of the installation.

use crate::support::{Env, Ran};

mod apply;
mod asking;
mod downtime;
mod entities;
mod explain;
mod incident;
mod lifecycle;
mod maintenance;
mod mirrors;
mod pause;
mod share;
mod undo;
mod verify;
mod versions;
mod why;

/// A registry with one of everything that the tests refer to.
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

/// A home with an empty database.
fn empty() -> Env {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env
}

/// A home with [`REGISTRY`] applied.
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

/// Runs a command that must end with `status` and say `says` on stderr, and nothing on stdout.
#[track_caller]
fn refused(env: &Env, args: &[&str], status: i32, says: &[&str]) -> Ran {
    let ran = env.run("mm-admin", args);
    assert_eq!(ran.status, status, "{args:?}: {ran:?}");
    for word in says {
        assert!(ran.stderr.contains(word), "{args:?}: no {word:?} in {ran:?}");
    }
    assert_eq!(ran.stdout, "", "{args:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    ran
}

/// The database, to put in what other programs write.
fn database(env: &Env) -> rusqlite::Connection {
    rusqlite::Connection::open(env.path("mm.db")).unwrap()
}

/// A version and a repository, as release detection writes them.
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
