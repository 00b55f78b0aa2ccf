//! `mm-admin verify`: probes the mirrors of a metalink as a client does, or those of a random sample of repositories.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context as _, Error, bail};
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{AdminReport, report};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::{HumanDuration, ListenAddress};
use crate::formats::metalink::{self, Metalink, MetalinkUrl};
use crate::formats::repomd;
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::count::format_count;
use crate::model::names::{Name, RepoPrefix};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::parallel;

mod sample;

use sample::SampleReport;

const MAX_CONNECTIONS: usize = 16;

#[derive(Debug, Args)]
#[command(
    after_help = "Fetches the metalink of the repository from a server, then the file that it describes from every http and https \
                  URL in it, and compares the hashes. With --sample: fetches the metalinks of random repositories of the public \
                  pages from each server, then, from the first three hosts of each metalink, repomd.xml and two files that it \
                  names. Needs only network access, so it can run on any machine.\n\nExit status: 0 \
                  all URLs serve what the metalink offers; 3 some do not; 1 none does, or the metalink is \
                  unavailable.\n\nExamples:\n  mm-admin verify fedora-43 x86_64\n  mm-admin verify fedora-43 x86_64 --server \
                  https://mirrors.example.org --all\n  mm-admin verify --sample 50 --server https://app1.example.org --server \
                  https://app2.example.org"
)]
pub(super) struct VerifyArgs {
    /// Repository name, as in repo=.
    #[arg(required_unless_present = "sample")]
    repo: Option<RepoPrefix>,
    /// Architecture, as in arch=.
    #[arg(required_unless_present = "sample")]
    arch: Option<Name>,
    /// Check this many random repositories at each server.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["repo", "arch", "all"])]
    sample: Option<NonZeroUsize>,
    /// URL of a server; several with --sample [default: the server of the config, on this machine].
    #[arg(long, value_name = "URL")]
    server: Vec<String>,
    /// Write the success ratio of each server to this file, for the textfile collector of `node_exporter`; print nothing.
    #[arg(long, value_name = "FILE", requires = "sample")]
    metrics_file: Option<PathBuf>,
    /// Probe all mirrors, not only those for this machine.
    #[arg(long)]
    all: bool,
    /// Time limit for one request.
    #[arg(long, value_name = "DURATION", default_value = "20s")]
    timeout: HumanDuration,
}

/// The result for one URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
enum ProbeState {
    /// It serves the newest version.
    Newest,
    /// It serves an older version that the metalink offers.
    Alternate,
    /// It serves a version that the metalink does not offer.
    Differs,
    Failed,
    /// It is neither http nor https.
    NotProbed,
}

impl ProbeState {
    const fn style(self) -> Style {
        match self {
            Self::Newest | Self::Alternate => Style::Good,
            Self::Differs | Self::Failed => Style::Bad,
            Self::NotProbed => Style::Warn,
        }
    }
}

#[derive(Debug, Serialize)]
struct MirrorCheck {
    url: String,
    /// The country of the host, from the metalink.
    location: String,
    state: ProbeState,
    /// The problem, or the version that it serves.
    found: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct VerifyReport {
    repository: String,
    metalink: String,
    /// The number of versions that it offers.
    versions: usize,
    mirrors: Vec<MirrorCheck>,
}

impl VerifyArgs {
    /// True for what cron or a timer runs.
    pub(super) const fn is_scheduled(&self) -> bool {
        self.metrics_file.is_some()
    }

    pub(super) fn run(&self, ctx: &Context) -> Result<AdminReport, Error> {
        // One named twice would be two series with the same label in the metrics.
        let servers = self.server.iter().map(|url| url.trim_end_matches('/').to_owned());
        let mut servers: Vec<String> = servers.unique().collect();
        if servers.is_empty() {
            servers.push(local_server(ctx));
        }
        match (self.sample, &self.repo, &self.arch, &servers[..]) {
            (Some(count), _, _, servers) => report(self.check_sample(ctx, servers, count.get())?),
            (None, Some(repo), Some(arch), [server]) => report(self.check_repository(ctx, repo, arch, server)?),
            (None, _, _, _) => Err(UsageError("several servers need --sample".to_owned()).into()),
        }
    }

    fn check_sample(&self, ctx: &Context, servers: &[String], count: usize) -> Result<SampleReport, Error> {
        let mirrors = self.agent(ctx, ctx.config.crawl.allow_private_addresses);
        let mut result = sample::check(servers, count, &self.agent(ctx, true), &mirrors);
        if let Some(path) = &self.metrics_file {
            result
                .write_metrics(path)
                .with_context(|| format!("writing {}", path.display()))?;
            result.is_silent = true;
        }
        Ok(result)
    }

    fn check_repository(
        &self,
        ctx: &Context,
        repo: &RepoPrefix,
        arch: &Name,
        server: &str,
    ) -> Result<VerifyReport, Error> {
        let country = if self.all { "&country=global" } else { "" };
        let metalink_url = format!("{server}/metalink?repo={repo}&arch={arch}{country}");
        let metalink = self.fetch_metalink(ctx, &metalink_url)?;
        // The URLs come from the server, so private addresses are refused by default.
        let agent = self.agent(ctx, ctx.config.crawl.allow_private_addresses);
        let results = parallel::map(&metalink.urls, MAX_CONNECTIONS, |url| probe(&agent, &metalink, url));
        Ok(VerifyReport {
            repository: format!("{repo}/{arch}"),
            metalink: metalink_url,
            versions: metalink.versions.len(),
            mirrors: (metalink.urls.iter().zip(results))
                .map(|(url, result)| {
                    let (state, found) = result.unwrap_or_else(|e| (ProbeState::Failed, Some(e.to_string())));
                    MirrorCheck {
                        url: url.address.clone(),
                        location: url.location.clone(),
                        state,
                        found,
                    }
                })
                .collect(),
        })
    }

    fn agent(&self, ctx: &Context, allow_private: bool) -> Agent {
        Agent::new(&HttpLimits {
            user_agent: ctx.config.user_agent(),
            connections: MAX_CONNECTIONS,
            connect: self.timeout.get(),
            total: self.timeout.get(),
            allow_private,
        })
    }

    fn fetch_metalink(&self, ctx: &Context, url: &str) -> Result<Metalink, Error> {
        let response = self
            .agent(ctx, true)
            .get(url, metalink::MAX_BYTES, None)
            .with_context(|| format!("fetching {url}"))?;
        if response.status != 200 {
            bail!(
                "{url} returns status {}: clients get no mirrors of this repository; see: mm-admin repository show",
                response.status
            );
        }
        let reading = || format!("reading {url}");
        let text = String::from_utf8(response.body).with_context(reading)?;
        let found = metalink::parse(&text).with_context(reading)?;
        if found.versions.iter().all(|v| v.sha256.is_none()) {
            bail!("{url} has no SHA-256 to compare with");
        }
        if !found.urls.iter().any(is_web) {
            bail!("{url} lists no http or https URL, so clients cannot install from it");
        }
        Ok(found)
    }
}

/// The URL of the server of the config, from this machine.
fn local_server(ctx: &Context) -> String {
    let tcp = ctx.config.server.listen.iter().find_map(|listen| match listen {
        ListenAddress::Tcp(address) => Some(*address),
        ListenAddress::Unix(_) => None,
    });
    match tcp {
        Some(address) if !address.ip().is_unspecified() => format!("http://{address}"),
        tcp => format!("http://localhost:{}", tcp.map_or(3000, |address| address.port())),
    }
}

fn is_web(url: &MetalinkUrl) -> bool {
    url.address.starts_with("https://") || url.address.starts_with("http://")
}

fn probe(agent: &Agent, metalink: &Metalink, url: &MetalinkUrl) -> (ProbeState, Option<String>) {
    if !is_web(url) {
        return (ProbeState::NotProbed, None);
    }
    match agent.get(&url.address, repomd::MAX_BYTES, None) {
        Ok(response) if response.status == 200 => compare(metalink, &response.body),
        Ok(response) => (ProbeState::Failed, Some(format!("status {}", response.status))),
        Err(e) => (ProbeState::Failed, Some(e.to_string())),
    }
}

fn compare(metalink: &Metalink, body: &[u8]) -> (ProbeState, Option<String>) {
    let sha256 = hex::encode(Sha256::digest(body));
    match (metalink.versions.iter()).position(|v| v.sha256.as_ref() == Some(&sha256)) {
        Some(0) => (ProbeState::Newest, None),
        Some(n) => (ProbeState::Alternate, Some(format!("versions behind: {n}"))),
        None => (
            ProbeState::Differs,
            Some(format!("{} bytes with SHA-256 {sha256}", body.len())),
        ),
    }
}

impl VerifyReport {
    fn count(&self, states: &[ProbeState]) -> usize {
        self.mirrors.iter().filter(|r| states.contains(&r.state)).count()
    }
}

impl Report for VerifyReport {
    fn exit(&self) -> ExitStatus {
        let good = self.count(&[ProbeState::Newest, ProbeState::Alternate]);
        let bad = self.count(&[ProbeState::Differs, ProbeState::Failed]);
        match (good, bad) {
            (0, _) => ExitStatus::Failed,
            (_, 0) => ExitStatus::Done,
            (_, _) => ExitStatus::Partial,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!(
            "{}: {}: {} with the newest of {}, {} with an alternate, {} different, {} failed, {} not probed",
            out.paint(Style::Bold, &self.repository),
            format_count(self.mirrors.len(), "URL"),
            self.count(&[ProbeState::Newest]),
            format_count(self.versions, "version"),
            self.count(&[ProbeState::Alternate]),
            self.count(&[ProbeState::Differs]),
            self.count(&[ProbeState::Failed]),
            self.count(&[ProbeState::NotProbed]),
        ))?;
        out.write_table("STATE | COUNTRY | URL | DETAILS", &self.mirrors, |out, r| {
            let state = out.paint(r.state.style(), &r.state.to_string());
            let details = r.found.clone().unwrap_or_default();
            [state, r.location.clone(), r.url.clone(), details]
        })
    }
}
