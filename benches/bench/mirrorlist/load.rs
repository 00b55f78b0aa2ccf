//! Requests by wrk on the second core: 64 connections, all repositories, many client addresses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Fedora, get, pinned};
use crate::support::need;

/// Sends one request for each line `path client` of a file, in a loop.
const SCRIPT: &str = r#"
local requests, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local path, client = line:match("(%S+) (%S+)")
    requests[#requests + 1] = wrk.format("GET", path, {["X-Forwarded-For"] = client})
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
"#;
/// The number of different requests.
const REQUESTS: usize = 30_000;

/// The requests of clients.
pub(super) struct Load {
    script: PathBuf,
    requests: PathBuf,
    /// The mean size of a response body in bytes.
    pub(super) bytes: usize,
}

/// The measurements of wrk.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoadResult {
    /// Responses per second.
    pub(super) rate: f64,
    /// The 99th percentile of the latency in milliseconds.
    pub(super) p99: f64,
}

impl Load {
    /// `kind` is the path before the query, `queries` a file with one query per line.
    pub(super) fn new(fedora: &Fedora, kind: &str, queries: &PathBuf) -> Self {
        let lines = |path: &PathBuf| -> Vec<String> {
            let text = fs::read_to_string(path).unwrap();
            text.lines().map(str::to_owned).collect()
        };
        let (queries, clients) = (lines(queries), lines(&fedora.files.clients));
        // The steps are coprime to the numbers of lines, so that each client requests many repositories.
        let requests: Vec<(String, &String)> = (0..REQUESTS)
            .map(|n| {
                let query = &queries[n * 911 % queries.len()];
                (format!("/{kind}?{query}"), &clients[n * 7 % clients.len()])
            })
            .collect();
        let lines: Vec<String> = requests
            .iter()
            .map(|(path, client)| format!("{path} {client}\n"))
            .collect();
        let sizes = requests.iter().step_by(REQUESTS / 500).map(|(path, client)| {
            let body = get(fedora.port, &format!("{path}&ip={client}"));
            body.unwrap_or_else(|| panic!("{path} for {client}")).len()
        });
        let sizes: Vec<usize> = sizes.collect();
        Self {
            script: fedora.env.write("load.lua", SCRIPT),
            requests: fedora.env.write("requests.txt", lines.concat()),
            bytes: sizes.iter().sum::<usize>() / sizes.len(),
        }
    }

    /// Sends requests as fast as the server responds.
    pub(super) fn send(&self, port: u16, seconds: u32) -> LoadResult {
        run_wrk(&mut self.wrk(port, seconds))
    }

    /// Sends about `rate` requests per second.
    pub(super) fn send_at_rate(&self, port: u16, seconds: u32, rate: f64) -> LoadResult {
        let delay = 64_000.0 / rate;
        let text = format!("{SCRIPT}\nfunction delay() return math.random() * {delay:.3} * 2 end\n");
        let script = self.script.with_extension("paced.lua");
        fs::write(&script, text).unwrap();
        let paced = Self {
            script,
            requests: self.requests.clone(),
            bytes: self.bytes,
        };
        run_wrk(&mut paced.wrk(port, seconds))
    }

    fn wrk(&self, port: u16, seconds: u32) -> Command {
        let mut command = pinned(1, need("wrk", "wrk").to_str().unwrap());
        command
            .args(["-t1", "-c64", "--latency", &format!("-d{seconds}s"), "-s"])
            .arg(&self.script)
            .args([&format!("http://127.0.0.1:{port}/"), "--"])
            .arg(&self.requests);
        command
    }
}

/// Runs wrk and parses its output. No request may fail.
fn run_wrk(wrk: &mut Command) -> LoadResult {
    let output = wrk.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let value_of = |label: &str| {
        let line = text.lines().find_map(|l| l.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("{text}")).trim().to_owned()
    };
    let p99 = value_of("99%");
    let unit = p99.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let factor = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1_000.0,
        _ => panic!("{p99}"),
    };
    LoadResult {
        rate: value_of("Requests/sec:").parse().unwrap(),
        p99: p99.trim_end_matches(unit).parse::<f64>().unwrap() * factor,
    }
}
