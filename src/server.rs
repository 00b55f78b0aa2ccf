//! The mirrorlist server: answers clients from memory.
//!
//! One immutable `LiveData` is replaced atomically when new data is loaded. A request takes it once, and uses no lock, database
//! or disk. A thread watches the files (`reload`); data that cannot be loaded is reported, and the data loaded before stays in use.
//!
//! - `sockets`: listening sockets. - `listener`: connections, limits, draining. - `timeout_stream`: timeouts of a connection.
//! - `router`: the endpoint of a request. - `mirrorlist_handler`, `health`, `pages`, `metrics`: the endpoints.
//! - `access_log`: log lines in MirrorManager's format. - `systemd`: notifications of the service manager.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Error};
use ipnet::IpNet;

use crate::config::{GeoCheck, ListenAddress};
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
mod systemd;
mod timeout_stream;

/// File descriptors that are not available for connections: listening sockets, the log, files being loaded, and a reserve.
const RESERVED_FDS: usize = 100;

/// Settings of a server, as described in [`crate::config::ServerConfig`].
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Addresses to listen on, unless systemd passes sockets.
    pub(crate) listen: Vec<ListenAddress>,
    pub(crate) source: DataSource,
    pub(crate) inputs: InputFiles,
    pub(crate) min_mirrors: usize,
    pub(crate) max_mirrors: usize,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) reload_interval: Duration,
    pub(crate) cache_control: String,
    pub(crate) threads: usize,
    pub(crate) max_connections: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) access_log: Option<PathBuf>,
    /// File to which the listen addresses are written, one per line.
    pub(crate) address_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub(crate) enum DataSource {
    /// A directory whose link `current` points to the published generation.
    Generations(PathBuf),
    /// A cache file written by MirrorManager2's generator.
    Mm2Cache(PathBuf),
}

/// Tables in addition to the data; none = not configured.
#[derive(Debug, Clone, Default)]
pub(crate) struct InputFiles {
    pub(crate) geoip: Option<PathBuf>,
    pub(crate) geo_check: Vec<GeoCheck>,
    pub(crate) asn_table: Option<PathBuf>,
    pub(crate) continents: Option<PathBuf>,
    /// True if the CSV replaces the built-in table instead of overriding single countries.
    pub(crate) continents_replace: bool,
}

impl Options {
    fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

/// Loads everything once, and reports the result without serving.
pub(crate) fn check(options: &Options) -> LoadCheckReport {
    reload::check(options)
}

pub(crate) use reload::{LoadCheckReport, continents};

/// Serves until SIGTERM or SIGINT, then drains connections. `drop_privileges` is called after the log and the sockets are opened
/// and before any data is read. `announce` is called with the listen addresses once requests are answered.
///
/// A cache of MirrorManager2 must be valid at the start. A generation may be published later; until then `/readyz` returns 503.
pub(crate) fn serve(
    mut options: Options,
    drop_privileges: impl FnOnce(),
    announce: impl FnOnce(&[ListenAddress]),
) -> Result<(), Error> {
    options.max_connections = limit_connections(options.max_connections);
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
    // Sockets can only be created within the runtime.
    let sockets = {
        let _inside = runtime.enter();
        sockets::bind(&options.listen)?
    };
    drop_privileges();
    let state = state::ServerState::new(options, access_log, metrics);
    let loader = reload::Loader::load_all(&state)?;
    let result = runtime.block_on(listener::run(sockets, state.clone(), loader, announce));
    // Connections that outlived the drain are closed when the process exits.
    runtime.shutdown_background();
    state.finish_log();
    result
}

/// Raises the limit of open files, and returns the number of connections that fit, at most `connections`.
fn limit_connections(connections: usize) -> usize {
    let max_files = match sys::process::raise_open_files() {
        Ok(Some(files)) => usize::try_from(files).unwrap_or(usize::MAX),
        Ok(None) => usize::MAX,
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            return connections;
        }
    };
    let available = max_files.saturating_sub(RESERVED_FDS).max(1);
    if available < connections {
        tracing::warn!(
            "at most {available} simultaneous connections instead of server.max_connections = {connections}: the limit of open \
             files is {max_files}; raise it (LimitNOFILE= of the service, ulimit -Hn)"
        );
    }
    available.min(connections)
}
