//! The speed, requests and memory of crawls.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::Env;

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
#[path = "crawl/release.rs"]
pub(crate) mod release;
#[path = "crawl/simulated_mirrors.rs"]
mod simulated_mirrors;

/// Returns an environment without limits of requests. `tree` is the path of the master tree, `crawl` are more keys of `[crawl]`.
fn environment(tree: &str, crawl: &str) -> Env {
    Env::new(&format!(
        "[crawl]\nallow_private_addresses = true\nrequests_per_second = 0\nrequests_per_day = 0\n{crawl}\n\
         [[category]]\nname = \"Linux\"\npath = \"{tree}\"\n"
    ))
}

/// Registers mirrors, each with a name and a URL, for the probe method `probe`, and scans the master.
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

/// Returns the report of a successful crawl.
fn crawl(env: &Env, args: &[&str]) -> Value {
    let all: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let mut report: Value = serde_json::from_str(&env.ok("mm-crawl", &all)).unwrap();
    report["result"].take()
}

/// Returns the number of requests of a crawl.
fn requests(result: &Value) -> f64 {
    result["totals"]["requests"].as_f64().unwrap()
}
