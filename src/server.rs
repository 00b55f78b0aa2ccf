//! Stage 6: answers clients from memory.
//!
//! One immutable `state::Serving` is swapped whole; a request takes it once and never meets a lock, a database or a disk. A
//! thread of its own watches the files (`load`); what cannot be loaded is reported and the old data goes on serving.
//!
//! - `sockets`: what is listened on. - `listener`: connections, limits, draining. - `patience`: clients that do not read. - `service`: which endpoint a request is for. - `mirrors`, `health`,
//!   `pages`, `metrics`: the endpoints. - `access_log`: MirrorManager's log lines.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Error};
use ipnet::IpNet;

use crate::config::GeoCheck;
use crate::sys;

mod access_log;
mod files;
mod health;
mod listener;
mod metrics;
mod mirrorlist_handler;
mod pages;
mod reload;
mod reply;
mod router;
mod sockets;
mod state;
mod timeout_stream;

/// What is open beside connections: listening sockets, the log, files that are loaded, and some to spare.
const RESERVED_FDS: usize = 100;

/// What is served, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen, where systemd hands no sockets over.
    pub listen: Vec<Listen>,
    /// Where the data lies.
    pub origin: DataSource,
    /// GeoIP, systems, continents.
    pub inputs: InputFiles,
    /// Fewer mirrors than this, and those of the world are added.
    pub minimum: usize,
    /// No answer names more hosts than this; 0 = all.
    pub max_mirrors: usize,
    /// Peers whose X-Forwarded-For and `ip=` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How often files are looked at.
    pub poll: Duration,
    /// The `Cache-Control` of answers that name mirrors; empty = none is sent.
    pub cache_control: String,
    /// Worker threads; 0 = one per core.
    pub threads: usize,
    /// Connections at the same time.
    pub max_connections: usize,
    /// A connection that does not finish a request's head within this is closed, and one that takes nothing of its answer.
    pub idle_timeout: Duration,
    /// How long requests that were begun may take after SIGTERM.
    pub drain_limit: Duration,
    /// Where requests are logged; none = nowhere.
    pub access_log: Option<PathBuf>,
    /// A file that is given the addresses listened on, one a line.
    pub address_file: Option<PathBuf>,
}

/// Where the data lies.
#[derive(Debug, Clone)]
pub enum DataSource {
    /// In the directory whose `current` names the published generation.
    Generations(PathBuf),
    /// In a cache that MirrorManager2's generator wrote.
    Mm2Cache(PathBuf),
}

/// Files beside the data; none = not there.
#[derive(Debug, Clone, Default)]
pub struct InputFiles {
    /// Countries of addresses, mmdb.
    pub geoip: Option<PathBuf>,
    /// What that must say.
    pub geo_check: Vec<GeoCheck>,
    /// `prefix asn` lines.
    pub netblocks: Option<PathBuf>,
    /// `country,continent` lines.
    pub continents: Option<PathBuf>,
    /// Whether the CSV takes the place of the built-in table, or lies over it.
    pub continents_replace: bool,
}

impl Options {
    /// Whether a peer's word about the client is believed.
    fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

/// Loads everything once and tells what was found, without serving.
pub fn check(options: &Options) -> LoadCheckReport {
    reload::check(options)
}

pub use reload::{Checked, LoadCheckReport, continents};
pub use sockets::Listen;

/// Serves until SIGTERM or SIGINT, then finishes what was begun. `settle` is called when the log and the port are open and nothing
/// is read yet: the time to step down from root. `announce` is called with the places once requests are answered.
///
/// A cache of MirrorManager2 must be there and sound at the start; a generation may come later, until then `/readyz` says no.
pub fn serve(mut options: Options, settle: impl FnOnce(), announce: impl FnOnce(&[Listen])) -> Result<(), Error> {
    options.max_connections = room_for(options.max_connections);
    let metrics = metrics::Metrics::default();
    let access_log = match &options.access_log {
        None => None,
        Some(path) => Some(
            access_log::AccessLog::open(path, metrics.dropped_lines.clone())
                .with_context(|| format!("opening the access log {}", path.display()))?,
        ),
    };
    let threads = options.threads;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build().context("starting the worker threads")?;
    // The reactor must be there before a socket.
    let sockets = {
        let _inside = runtime.enter();
        sockets::bind(&options.listen)?
    };
    settle();
    let state = state::ServerState::new(options, access_log, metrics);
    let loader = reload::Loader::first(&state)?;
    let result = runtime.block_on(listener::run(sockets, state.clone(), loader, announce));
    // Connections that outlived the drain end with the process.
    runtime.shutdown_background();
    state.finish_log();
    result
}

/// Lets the process have as many files as it may; how many of the connections that are wanted it can have then. What is loaded anew
/// needs files, too, so connections must not take the last.
fn room_for(connections: usize) -> usize {
    let most = match sys::process::raise_open_files() {
        Ok(Some(most)) => usize::try_from(most).unwrap_or(usize::MAX),
        Ok(None) => usize::MAX,
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            return connections;
        }
    };
    let room = most.saturating_sub(RESERVED_FDS).max(1);
    if room < connections {
        tracing::warn!(
            "only {room} connections at the same time, not the {connections} of server.max_connections: {most} files may be open; \
             raise that limit (LimitNOFILE= of the service, ulimit -Hn)"
        );
    }
    room.min(connections)
}

/// Now; the rim of this stage.
fn now() -> crate::model::Timestamp {
    sys::clock::now()
}
