//! `mm-admin verify --sample COUNT`: installs from random repositories as a client would, through each app server.
//!
//! Needs no config and no database, so that it can run on a machine that sees the network as clients do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Error, bail};
use itertools::Itertools as _;
use rand::seq::IteratorRandom as _;
use serde::{Deserialize, Serialize};

use super::{MAX_CONNECTIONS, is_web};
use crate::cli::output::{Report, Style, TextOutput};
use crate::formats::digest::compute_hashes;
use crate::formats::metalink::{self, Metalink};
use crate::formats::repomd::{self, named_files};
use crate::job::exit::ExitStatus;
use crate::model::file::Hashes;
use crate::sys::http::Agent;
use crate::sys::{atomic, parallel};

/// The number of hosts of a metalink that are checked, in its order.
const MIRRORS_PER_METALINK: usize = 3;
const FILES_PER_MIRROR: usize = 2;
/// Files up to this size in bytes are chosen at random; larger ones only if the repository has no others.
const SMALL_FILE: u64 = 4 << 20;
/// The largest file that is fetched, in bytes.
const MAX_FILE_SIZE: u64 = 64 << 20;
const MAX_VERSIONS_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Repository {
    prefix: String,
    arch: String,
}

/// `versions.json` of the public pages, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Versions {
    versions: Vec<Version>,
}

#[derive(Debug, Deserialize)]
struct Version {
    arches: Vec<Arch>,
}

#[derive(Debug, Deserialize)]
struct Arch {
    name: String,
    repositories: Vec<ListedRepository>,
}

#[derive(Debug, Deserialize)]
struct ListedRepository {
    prefix: Option<String>,
}

/// A client that could not install.
#[derive(Debug, Clone, Serialize)]
struct Failure {
    repository: Repository,
    /// The URL of `repomd.xml`; `None` if there is no metalink.
    mirror: Option<String>,
    problem: String,
}

#[derive(Debug, Serialize)]
struct ServerResult {
    server: String,
    /// Attempts to install: one for each of the first mirrors of each metalink, and one for a metalink that is unavailable.
    attempts: usize,
    succeeded: usize,
    failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct SampleReport {
    repositories: usize,
    /// The share of successful attempts at all servers, from 0 to 1.
    success_ratio: f64,
    /// The reason why nothing could be checked.
    problem: Option<String>,
    servers: Vec<ServerResult>,
    /// True if the results go to a metrics file only.
    #[serde(skip)]
    pub(super) is_silent: bool,
}

/// Checks `count` random repositories at each server. `anywhere` may connect to private addresses, `mirrors` as the config says.
pub(super) fn check(servers: &[String], count: usize, anywhere: &Agent, mirrors: &Agent) -> SampleReport {
    let sample = match choose_repositories(servers, count, anywhere) {
        Ok(sample) => sample,
        Err(e) => return SampleReport::without_attempts(servers, e.to_string()),
    };
    let metalinks: Vec<(&String, &Repository)> = servers.iter().cartesian_product(&sample).collect();
    let fetched = parallel::map(&metalinks, MAX_CONNECTIONS, |(server, repository)| {
        fetch_metalink(anywhere, server, repository)
    });
    let fetched: Vec<Result<Metalink, String>> = fetched
        .into_iter()
        .map(|r| r.unwrap_or_else(|e| Err(e.to_string())))
        .collect();
    // Servers offer mostly the same mirrors: each is asked once.
    let mut attempts: BTreeMap<&str, Vec<&Metalink>> = BTreeMap::new();
    for metalink in fetched.iter().flatten() {
        for url in first_mirrors(metalink) {
            attempts.entry(url).or_default().push(metalink);
        }
    }
    let results = parallel::map(&attempts, MAX_CONNECTIONS, |(url, metalinks)| {
        install(mirrors, metalinks, url)
    });
    let results: BTreeMap<&str, Result<(), String>> = (attempts.keys().copied())
        .zip(results.into_iter().map(|r| r.unwrap_or_else(|e| Err(e.to_string()))))
        .collect();
    let mut report: Vec<ServerResult> = servers.iter().map(|server| ServerResult::new(server)).collect();
    for ((server, repository), metalink) in metalinks.into_iter().zip(&fetched) {
        let Some(result) = report.iter_mut().find(|r| r.server == *server) else {
            continue;
        };
        match metalink {
            Err(problem) => result.add(repository, None, Err(problem.clone())),
            Ok(metalink) => {
                for url in first_mirrors(metalink) {
                    let outcome = results.get(url).cloned().unwrap_or(Ok(()));
                    result.add(repository, Some(url), outcome);
                }
            }
        }
    }
    SampleReport {
        repositories: sample.len(),
        success_ratio: ratio(&report),
        problem: None,
        servers: report,
        is_silent: false,
    }
}

/// Returns random repositories of the public pages of the first server that has them.
fn choose_repositories(servers: &[String], count: usize, agent: &Agent) -> Result<Vec<Repository>, Error> {
    let mut problems = Vec::new();
    for server in servers {
        match list_repositories(server, agent) {
            Ok(all) if all.is_empty() => problems.push(format!("{server}/versions.json lists no repository")),
            Ok(all) => return Ok(all.into_iter().sample(&mut rand::rng(), count)),
            Err(e) => problems.push(format!("{e:#}")),
        }
    }
    bail!("no list of repositories: {}", problems.join("; "))
}

fn list_repositories(server: &str, agent: &Agent) -> Result<Vec<Repository>, Error> {
    let url = format!("{server}/versions.json");
    let response = agent
        .get(&url, MAX_VERSIONS_BYTES, None)
        .with_context(|| format!("fetching {url}"))?;
    if response.status != 200 {
        bail!("{url} returns status {}", response.status);
    }
    let list: Versions = serde_json::from_slice(&response.body).with_context(|| format!("reading {url}"))?;
    let arches = list.versions.into_iter().flat_map(|version| version.arches);
    let repositories = arches.flat_map(|arch| {
        let prefixes = arch.repositories.into_iter().filter_map(|r| r.prefix);
        prefixes
            .map(move |prefix| Repository {
                prefix,
                arch: arch.name.clone(),
            })
            .collect_vec()
    });
    Ok(repositories.sorted().dedup().collect())
}

fn fetch_metalink(agent: &Agent, server: &str, repository: &Repository) -> Result<Metalink, String> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("repo", &repository.prefix)
        .append_pair("arch", &repository.arch)
        .finish();
    let response = agent
        .get(&format!("{server}/metalink?{query}"), metalink::MAX_BYTES, None)
        .map_err(|e| e.to_string())?;
    if response.status != 200 {
        return Err(format!("status {}", response.status));
    }
    let text = String::from_utf8(response.body).map_err(|e| e.to_string())?;
    let metalink = metalink::parse(&text).map_err(|e| e.to_string())?;
    if metalink.versions.iter().all(|v| v.sha256.is_none()) {
        return Err("no SHA-256 in the metalink".to_owned());
    }
    if first_mirrors(&metalink).is_empty() {
        return Err("no http or https mirror".to_owned());
    }
    Ok(metalink)
}

/// Returns the URLs of the first mirrors, one for each host: clients go on to another host when one fails.
fn first_mirrors(metalink: &Metalink) -> Vec<&str> {
    let web = metalink
        .urls
        .iter()
        .filter(|url| is_web(url))
        .map(|url| url.address.as_str());
    web.unique_by(|url| host_of(url)).take(MIRRORS_PER_METALINK).collect()
}

/// Returns host and port of a URL.
fn host_of(url: &str) -> Option<(String, Option<u16>)> {
    let url = url::Url::parse(url).ok()?;
    Some((url.host_str()?.to_owned(), url.port()))
}

/// Fetches `repomd.xml` and some of the files that it names, and compares them. `metalinks` are those that offer the URL.
fn install(agent: &Agent, metalinks: &[&Metalink], url: &str) -> Result<(), String> {
    let body = fetch(agent, url, repomd::MAX_BYTES)?;
    let sha256 = compute_hashes(&body).sha256;
    let is_offered = |metalink: &&Metalink| metalink.versions.iter().any(|v| v.sha256 == sha256);
    if !metalinks.iter().all(is_offered) {
        return Err(format!(
            "{} bytes with a SHA-256 that the metalink does not offer",
            body.len()
        ));
    }
    let files = named_files::parse(&body).map_err(|e| e.to_string())?;
    let Some(base) = url.strip_suffix("repodata/repomd.xml") else {
        return Ok(());
    };
    let (small, large): (Vec<_>, Vec<_>) = files
        .iter()
        .filter_map(|f| Some((f.path()?, f.size?, &f.hashes)))
        .filter(|(_, size, _)| *size <= MAX_FILE_SIZE)
        .partition(|(_, size, _)| *size <= SMALL_FILE);
    let mut chosen = small.into_iter().sample(&mut rand::rng(), FILES_PER_MIRROR);
    chosen.extend(large.into_iter().sorted_by_key(|(_, size, _)| *size));
    for (path, size, hashes) in chosen.into_iter().take(FILES_PER_MIRROR) {
        let content = fetch(agent, &format!("{base}{path}"), MAX_FILE_SIZE).map_err(|e| format!("{path}: {e}"))?;
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if length != size {
            return Err(format!("{path}: {length} bytes instead of {size}"));
        }
        if !has_digests(&content, hashes) {
            return Err(format!("{path}: wrong checksum"));
        }
    }
    Ok(())
}

/// Returns true if the digests of `content` are those that are known.
fn has_digests(content: &[u8], known: &Hashes) -> bool {
    let found = compute_hashes(content);
    let pairs = [
        (&known.md5, &found.md5),
        (&known.sha1, &found.sha1),
        (&known.sha256, &found.sha256),
        (&known.sha512, &found.sha512),
    ];
    pairs.iter().all(|(known, found)| known.is_none() || known == found)
}

fn fetch(agent: &Agent, url: &str, max_bytes: u64) -> Result<Vec<u8>, String> {
    match agent.get(url, max_bytes, None) {
        Ok(response) if response.status == 200 => Ok(response.body),
        Ok(response) => Err(format!("status {}", response.status)),
        Err(e) => Err(e.to_string()),
    }
}

fn ratio(servers: &[ServerResult]) -> f64 {
    let count = |number: fn(&ServerResult) -> usize| -> f64 {
        f64::from(
            servers
                .iter()
                .map(|s| u32::try_from(number(s)).unwrap_or(u32::MAX))
                .sum::<u32>(),
        )
    };
    let attempts = count(|s| s.attempts);
    if attempts > 0.0 {
        count(|s| s.succeeded) / attempts
    } else {
        0.0
    }
}

impl ServerResult {
    fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            attempts: 0,
            succeeded: 0,
            failures: Vec::new(),
        }
    }

    fn add(&mut self, repository: &Repository, mirror: Option<&str>, outcome: Result<(), String>) {
        self.attempts += 1;
        match outcome {
            Ok(()) => self.succeeded += 1,
            Err(problem) => self.failures.push(Failure {
                repository: repository.clone(),
                mirror: mirror.map(str::to_owned),
                problem,
            }),
        }
    }
}

impl SampleReport {
    fn without_attempts(servers: &[String], problem: String) -> Self {
        Self {
            repositories: 0,
            success_ratio: 0.0,
            problem: Some(problem),
            servers: servers.iter().map(|server| ServerResult::new(server)).collect(),
            is_silent: false,
        }
    }

    /// Writes the ratios for the textfile collector of `node_exporter`.
    pub(super) fn write_metrics(&self, path: &Path) -> io::Result<()> {
        let mut text = String::from(
            "# HELP mm_client_success_ratio Share of attempts to install from a sample of repositories that succeeded.\n\
             # TYPE mm_client_success_ratio gauge\n",
        );
        for server in &self.servers {
            let name = server.server.replace('\\', "\\\\").replace('"', "\\\"");
            let value = ratio(std::slice::from_ref(server));
            // Writing to a string does not fail.
            writeln!(text, "mm_client_success_ratio{{server=\"{name}\"}} {value}").unwrap_or_default();
        }
        atomic::write(path, text.as_bytes(), 0o644)
    }
}

impl Report for SampleReport {
    fn is_query(&self) -> bool {
        !self.is_silent
    }

    fn exit(&self) -> ExitStatus {
        let failed: usize = self.servers.iter().map(|s| s.failures.len()).sum();
        let succeeded: usize = self.servers.iter().map(|s| s.succeeded).sum();
        match (succeeded, failed) {
            (0, _) => ExitStatus::Failed,
            (_, 0) => ExitStatus::Done,
            (_, _) => ExitStatus::Partial,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if let Some(problem) = &self.problem {
            return out.line(problem);
        }
        for server in &self.servers {
            let percent = 100.0 * ratio(std::slice::from_ref(server));
            let style = if server.failures.is_empty() {
                Style::Good
            } else {
                Style::Bad
            };
            let figure = out.paint(style, &format!("{percent:.1} %"));
            out.line(format!(
                "{}: {figure}, {} of {} attempts succeeded",
                server.server, server.succeeded, server.attempts
            ))?;
        }
        let failures = self.servers.iter().flat_map(|s| &s.failures);
        out.write_table("REPOSITORY | MIRROR | PROBLEM", failures, |_, f| {
            let repository = format!("{}/{}", f.repository.prefix, f.repository.arch);
            [
                repository,
                f.mirror.clone().unwrap_or_else(|| "-".to_owned()),
                f.problem.clone(),
            ]
        })
    }
}
