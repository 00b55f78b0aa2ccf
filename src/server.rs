//! The mirrorlist server: answers clients from memory.
//!
//! One immutable `LiveData` is replaced atomically when new data is loaded. A request takes it once, and uses no lock, database
//! or disk. A thread watches the files (`reload`); data that cannot be loaded is reported, and the data loaded before stays in use.
//!
//! - `sockets`: listening sockets. - `listener`: accepting, draining. - `connections`: limits. - `timeout_stream`: timeouts of a connection.
//! - `router`: the endpoint of a request. - `client`: its address. - `mirrorlist_handler`, `health`, `pages`, `metrics`: the endpoints.
//! - `access_log`: log lines in MirrorManager's format. - `systemd`: notifications of the service manager.

use std::path::PathBuf;

use anyhow::{Context as _, Error};
use tokio::runtime::Builder;

use crate::config::{ListenAddress, ServerConfig};
use crate::sys;

mod access_log;
mod client;
mod connections;
mod health;
mod listener;
mod live_data;
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
const RESERVED_FDS: u32 = 100;

/// Settings of a server.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The config with what the command line overrides; `generations_dir` is set.
    pub(crate) config: ServerConfig,
    /// A cache file written by MirrorManager2's generator, served instead of a generation.
    pub(crate) cache: Option<PathBuf>,
    /// True if `country_continent` replaces the built-in table instead of overriding single countries.
    pub(crate) continents_replace: bool,
    pub(crate) access_log: Option<PathBuf>,
    /// File to which the listen addresses are written, one per line.
    pub(crate) address_file: Option<PathBuf>,
}

pub(crate) use reload::{LoadCheckReport, check, continents};

/// Serves until SIGTERM or SIGINT, then drains connections. `drop_privileges` is called after the log and the sockets are opened
/// and before any data is read. `announce` is called with the listen addresses once requests are answered.
///
/// A cache of MirrorManager2 must be valid at the start. A generation may be published later; until then `/readyz` returns 503.
pub(crate) fn serve(
    mut options: Options,
    drop_privileges: impl FnOnce() -> Result<(), Error>,
    announce: impl FnOnce(&[ListenAddress]),
) -> Result<(), Error> {
    options.config.max_connections = limit_connections(options.config.max_connections);
    let metrics = metrics::Metrics::default();
    let open_log = |path: &PathBuf| {
        access_log::AccessLog::open(path, metrics.dropped_lines.clone())
            .with_context(|| format!("opening the access log {}", path.display()))
    };
    let access_log = options.access_log.as_ref().map(open_log).transpose()?;
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = usize::try_from(options.config.threads).ok().filter(|n| *n > 0) {
        builder.worker_threads(threads);
    }
    // If the system refuses a thread, the library panics, and then waits for the threads that it has started, which do not end.
    let advice = "cannot start the worker threads; see ulimit -u, and TasksMax= of the service";
    let runtime = sys::signals::exit_on_panic(advice, || builder.enable_all().build());
    let runtime = runtime.context("starting the worker threads")?;
    // Sockets can only be created within the runtime.
    let sockets = {
        let _inside = runtime.enter();
        sockets::bind(&options.config.listen)?
    };
    drop_privileges()?;
    let state = state::ServerState::new(options, access_log, metrics);
    let loader = reload::Loader::load_all(&state)?;
    let result = runtime.block_on(listener::run(sockets, state.clone(), loader, announce));
    // Connections that outlived the drain are closed when the process exits.
    runtime.shutdown_background();
    state.access_log.iter().for_each(access_log::AccessLog::finish);
    result
}

/// Raises the limit of open files, and returns the number of connections that fit, at most `connections`.
fn limit_connections(connections: u32) -> u32 {
    let max_files = match sys::process::raise_open_files() {
        Ok(files) => files.and_then(|files| u32::try_from(files).ok()).unwrap_or(u32::MAX),
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
