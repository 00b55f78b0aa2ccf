//! Crawling: how fast, how few requests, how much memory.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::Env;

#[path = "crawl/hosts.rs"]
mod hosts;
#[path = "crawl/http.rs"]
pub(crate) mod http;
#[path = "crawl/incremental.rs"]
pub(crate) mod incremental;
#[path = "crawl/latency.rs"]
pub(crate) mod latency;
#[path = "crawl/listing.rs"]
pub(crate) mod listing;
#[path = "crawl/memory.rs"]
pub(crate) mod memory;

/// A home in which nothing but the crawler limits a crawl. `tree` = the master's, from the home on or absolute; `more` = keys of
/// `[crawl]`.
fn home(tree: &str, more: &str) -> Env {
    Env::new(&format!(
        "[crawl]\nallow_private_addresses = true\nrequests_per_second = 0\nrequests_per_day = 0\n{more}\n\
         [[category]]\nname = \"Linux\"\npath = \"{tree}\"\n"
    ))
}

/// Registers mirrors by their names and addresses, which are asked by `probe`, and scans the master.
fn register(env: &Env, probe: &str, mirrors: impl IntoIterator<Item = (String, String)>) {
    let mut text = String::from(
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n[[site]]\nname = \"S\"\n",
    );
    for (name, url) in mirrors {
        writeln!(
            text,
            "[[site.host]]\nname = \"{name}\"\ncrawl_probe = \"{probe}\"\n[[site.host.category]]\nname = \"Linux\"\nurls = [\"{url}\"]"
        )
        .unwrap();
    }
    env.write("registry.toml", text);
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env.ok("mm-scan-master", &[]);
}

/// Crawls to a good end; what is said of it.
fn crawl(env: &Env, args: &[&str]) -> Value {
    let all: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let mut report: Value = serde_json::from_str(&env.ok("mm-crawl", &all)).unwrap();
    report["result"].take()
}

/// Requests of a whole crawl.
fn requests(result: &Value) -> f64 {
    result["totals"]["requests"].as_f64().unwrap()
}
