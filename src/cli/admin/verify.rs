//! `mm-admin verify REPO ARCH`: the mirrors that clients are sent to, looked at from outside, as a client does.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Error, bail};
use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::formats::metalink::{self, Metalink, Url};
use crate::formats::repomd;
use crate::model::names::{Name, RepoPrefix};
use crate::sys::http::{Agent, HttpLimits};

/// So many mirrors are asked at the same time.
const WIDTH: usize = 16;

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Fetches the metalink of the repository from a server, then the file that it promises from every http and https \
                  address in it, and compares. Nothing but the network is looked at: it can run on any machine.\n\nExit \
                  status for monitoring: 0 every address serves what the metalink promises; 3 some do not; 1 none does, or there \
                  is no metalink.\n\nExamples:\n  mm-admin verify fedora-43 x86_64\n  mm-admin verify fedora-43 x86_64 --server \
                  https://mirrors.example.org --all"
)]
pub(super) struct VerifyArgs {
    /// What clients send as repo=.
    repo: RepoPrefix,
    /// What clients send as arch=.
    arch: Name,
    /// The address of the server; by default the one of the config, on this machine.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Ask for the mirrors of the whole world, not for those that this machine would be sent to.
    #[arg(long)]
    all: bool,
    /// The longest that one answer may take.
    #[arg(long, value_name = "DURATION", default_value = "20s")]
    timeout: HumanDuration,
}

/// What a mirror serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ProbeState {
    /// The newest version that the metalink offers.
    Newest,
    /// One of its alternates.
    Alternate,
    /// Something that the metalink does not offer.
    Differs,
    /// Nothing that could be used.
    NoAnswer,
    /// Neither http nor https: not asked.
    NotAsked,
}

impl ProbeState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Alternate => "alternate",
            Self::Differs => "differs",
            Self::NoAnswer => "no answer",
            Self::NotAsked => "not asked",
        }
    }

    const fn tone(self) -> Style {
        match self {
            Self::Newest | Self::Alternate => Style::Good,
            Self::Differs | Self::NoAnswer => Style::Bad,
            Self::NotAsked => Style::Warn,
        }
    }
}

/// One address.
#[derive(Debug, Serialize)]
struct MirrorCheck {
    url: String,
    /// The country of its host, as the metalink tells it.
    location: String,
    state: ProbeState,
    /// What was found, where it is not what was promised.
    found: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct VerifyReport {
    repository: String,
    /// The metalink's address.
    metalink: String,
    /// How many versions it offers.
    versions: usize,
    /// In the order of the metalink.
    mirrors: Vec<MirrorCheck>,
}

impl VerifyArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<VerifyReport, Error> {
        let server = match &self.server {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => own_server(ctx),
        };
        let country = if self.all { "&country=global" } else { "" };
        let address = format!("{server}/metalink?repo={}&arch={}{country}", self.repo, self.arch);
        let asked = self.fetch_metalink(ctx, &address)?;
        // Mirrors are what the server says: by default they are no addresses of our own network.
        let mirrors = self.agent(ctx, ctx.config.crawl.allow_private_addresses);
        Ok(VerifyReport {
            repository: format!("{}/{}", self.repo, self.arch),
            metalink: address,
            versions: asked.versions.len(),
            mirrors: ask_all(&mirrors, &asked),
        })
    }

    fn agent(&self, ctx: &Context, allow_private: bool) -> Agent {
        let total: Duration = self.timeout.get();
        Agent::new(&HttpLimits {
            user_agent: ctx.config.user_agent(),
            connections: WIDTH,
            connect: total,
            total,
            allow_private,
        })
    }

    fn fetch_metalink(&self, ctx: &Context, address: &str) -> Result<Metalink, Error> {
        let answer = self
            .agent(ctx, true)
            .get(address, metalink::MAX_BYTES, None)
            .with_context(|| format!("fetching {address}"))?;
        if answer.status != 200 {
            bail!(
                "{address} answers with status {}: no client gets mirrors of this repository; look at: mm-admin repository show",
                answer.status
            );
        }
        let text = String::from_utf8(answer.body).with_context(|| format!("reading {address}"))?;
        let found = metalink::parse(&text).with_context(|| format!("reading {address}"))?;
        if found.versions.iter().all(|v| v.sha256.is_none()) {
            bail!("{address} promises no SHA-256 to compare with");
        }
        if !found.urls.iter().any(is_web) {
            bail!("{address} names no http or https address: nobody can install from it");
        }
        Ok(found)
    }
}

/// The server of the config, as it is reached from this machine.
fn own_server(ctx: &Context) -> String {
    let listen = &ctx.config.server.listen;
    match listen.parse::<std::net::SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        Ok(_) | Err(_) => format!("http://{listen}"),
    }
}

fn is_web(url: &Url) -> bool {
    url.address.starts_with("https://") || url.address.starts_with("http://")
}

/// Asks all addresses, some at a time.
fn ask_all(agent: &Agent, asked: &Metalink) -> Vec<MirrorCheck> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, MirrorCheck)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WIDTH.min(asked.urls.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(url) = asked.urls.get(place) else { return };
                    let row = ask(agent, asked, url);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((place, row));
                }
            });
        }
    });
    let mut rows = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn ask(agent: &Agent, asked: &Metalink, url: &Url) -> MirrorCheck {
    let (state, found) = if is_web(url) {
        match agent.get(&url.address, repomd::MAX_BYTES, None) {
            Ok(answer) if answer.status == 200 => compare(asked, &answer.body),
            Ok(answer) => (ProbeState::NoAnswer, Some(format!("status {}", answer.status))),
            Err(why) => (ProbeState::NoAnswer, Some(why.to_string())),
        }
    } else {
        (ProbeState::NotAsked, None)
    };
    MirrorCheck {
        url: url.address.clone(),
        location: url.location.clone(),
        state,
        found,
    }
}

fn compare(asked: &Metalink, body: &[u8]) -> (ProbeState, Option<String>) {
    let sha256 = hex::encode(Sha256::digest(body));
    let place = asked
        .versions
        .iter()
        .position(|v| v.sha256.as_deref() == Some(sha256.as_str()));
    match place {
        Some(0) => (ProbeState::Newest, None),
        Some(n) => (ProbeState::Alternate, Some(format!("{n} behind the newest"))),
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
        let bad = self.count(&[ProbeState::Differs, ProbeState::NoAnswer]);
        match (good, bad) {
            (0, _) => ExitStatus::Failed,
            (_, 0) => ExitStatus::Done,
            (_, _) => ExitStatus::Partial,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!(
            "{}: {} serve the newest of {} versions, {} an alternate, {} differ, {} give no answer, {} were not asked",
            out.paint(Style::Bold, &self.repository),
            self.count(&[ProbeState::Newest]),
            self.versions,
            self.count(&[ProbeState::Alternate]),
            self.count(&[ProbeState::Differs]),
            self.count(&[ProbeState::NoAnswer]),
            self.count(&[ProbeState::NotAsked]),
        ))?;
        let rows: Vec<Vec<String>> = (self.mirrors.iter())
            .map(|r| {
                vec![
                    out.paint(r.state.tone(), r.state.as_str()),
                    r.location.clone(),
                    r.url.clone(),
                    r.found.clone().unwrap_or_default(),
                ]
            })
            .collect();
        out.table(&["STATE", "COUNTRY", "ADDRESS", "FOUND"], &rows)
    }
}
