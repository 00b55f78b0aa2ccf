//! Accepting connections, limits, draining.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::TrySendError;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, Error};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prometheus_client::metrics::gauge::Gauge;
use sd_notify::NotifyState;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::config::ListenAddress;
use crate::sys::atomic;
use crate::sys::file_error::FileError;

use super::access_log::AccessLog;
use super::connections::{AddressGuard, ConnectionGuard};
use super::reload::Loader;
use super::router;
use super::sockets::{BACKLOG, Socket, Stream};
use super::state::ServerState;
use super::systemd;
use super::timeout_stream::TimeoutStream;

/// Limit of a request head with all its headers, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Most headers of a request.
const MAX_HEADERS: usize = 64;
/// How long connections stay open after SIGTERM, each response being the last one, before idle ones are closed.
const KEEPALIVE_DRAIN: Duration = Duration::from_millis(250);
/// Timeout for each connection that is still in the backlog at SIGTERM.
const BACKLOG_DRAIN: Duration = Duration::from_millis(5);
/// Pause after a failure to accept a connection, such as no free file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often idle connections are searched again while all slots are in use.
const FULL_PAUSE: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(
    sockets: Vec<Socket>,
    state: Arc<ServerState>,
    loader: Loader,
    announce: impl FnOnce(&[ListenAddress]),
) -> Result<(), Error> {
    let addresses: Vec<ListenAddress> = sockets.iter().map(Socket::local_addr).collect::<Result<_, _>>()?;
    let mut terminate = signal(SignalKind::terminate()).context("waiting for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("waiting for signals")?;
    let mut hangup = signal(SignalKind::hangup()).context("waiting for signals")?;
    let mut user1 = signal(SignalKind::user_defined1()).context("waiting for signals")?;
    let reload = loader.start()?;
    if let Some(path) = &state.options.address_file {
        let lines: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let written = atomic::write(path, (lines.join("\n") + "\n").as_bytes(), 0o644);
        written.map_err(FileError::at("write the listen addresses to", path))?;
    }
    let permits = usize::try_from(state.options.config.max_connections).unwrap_or(usize::MAX);
    let permits = permits.clamp(1, Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(permits));
    let (stop, shutdown) = watch::channel(false);
    let spawn = |socket| {
        let (state, slots) = (Arc::clone(&state), Arc::clone(&slots));
        tokio::spawn(accept_loop(socket, state, slots, shutdown.clone()))
    };
    let accept_loops: Vec<_> = sockets.into_iter().map(spawn).collect();
    announce(&addresses);
    systemd::notify(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = user1.recv() => state.access_log.iter().for_each(AccessLog::reopen),
            _ = hangup.recv() => {
                state.access_log.iter().for_each(AccessLog::reopen);
                // A full queue has a reload that has not begun.
                if let Err(TrySendError::Disconnected(())) = reload.try_send(()) {
                    tracing::error!("the loader has exited; restart the server");
                }
            }
        }
    }
    systemd::notify(&[NotifyState::Stopping]);
    tracing::info!("shutting down, draining connections");
    stop.send_replace(true);
    for accept_loop_task in accept_loops {
        accept_loop_task.await.ok();
    }
    let all = u32::try_from(permits).unwrap_or(u32::MAX);
    let timeout = state.options.config.shutdown_timeout.get();
    if tokio::time::timeout(timeout, slots.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections were not closed within server.shutdown_timeout");
    }
    Ok(())
}

/// Accepts connections until the shutdown; then the socket is closed.
async fn accept_loop(
    socket: Socket,
    state: Arc<ServerState>,
    slots: Arc<Semaphore>,
    mut shutdown: watch::Receiver<bool>,
) {
    let for_connections = shutdown.clone();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = shutdown_requested(&mut shutdown) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(address) = state.connections.admit(peer, || state.is_trusted(peer)) else {
                    state.metrics.rejected_connections.inc();
                    continue;
                };
                let permit = tokio::select! {
                    permit = acquire_slot(&state, &slots) => permit,
                    () = shutdown_overdue(&mut shutdown) => return,
                };
                spawn_connection(&state, stream, (peer, permit, address), for_connections.clone());
            }
            Err(error) => {
                state.metrics.accept_errors.inc();
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Connections in the backlog may have sent a request, and would be reset with the socket.
    for _ in 0..BACKLOG {
        let accept = async {
            let (stream, peer) = socket.accept().await.ok()?;
            let address = state.connections.admit(peer, || state.is_trusted(peer))?;
            let permit = Arc::clone(&slots).acquire_owned().await.ok()?;
            Some((stream, (peer, Some(permit), address)))
        };
        let Ok(Some((stream, accepted))) = tokio::time::timeout(BACKLOG_DRAIN, accept).await else {
            return;
        };
        spawn_connection(&state, stream, accepted, for_connections.clone());
    }
}

/// The address of the peer, the slot, and the count for the address.
type Accepted = (IpAddr, Option<OwnedSemaphorePermit>, AddressGuard);

fn spawn_connection(
    state: &Arc<ServerState>,
    stream: Stream,
    (peer, permit, address): Accepted,
    shutdown: watch::Receiver<bool>,
) {
    state.connections.add(address, |activity, guard| {
        let (state, idle_timeout) = (Arc::clone(state), state.options.config.idle_timeout.get());
        let slot = (permit, guard);
        match stream {
            Stream::Tcp(stream) => {
                // Limits how long the kernel tries to send after everything is written and the socket is closed.
                let timeout = u32::try_from(idle_timeout.as_millis()).unwrap_or(u32::MAX);
                if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, timeout) {
                    tracing::debug!(%error, "cannot set TCP_USER_TIMEOUT");
                }
                let stream = TimeoutStream::new(stream, idle_timeout, activity);
                tokio::spawn(serve_connection(state, stream, peer, slot, shutdown)).abort_handle()
            }
            Stream::Unix(stream) => {
                let stream = TimeoutStream::new(stream, idle_timeout, activity);
                tokio::spawn(serve_connection(state, stream, peer, slot, shutdown)).abort_handle()
            }
        }
    });
}

/// Waits for a slot. If all are in use, idle connections are closed.
async fn acquire_slot(state: &ServerState, slots: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Ok(permit) = Arc::clone(slots).try_acquire_owned() {
            return Some(permit);
        }
        let closed = state.connections.close_idle(Instant::now());
        state.metrics.idle_closed.inc_by(u64::try_from(closed).unwrap_or(0));
        let acquired = tokio::time::timeout(FULL_PAUSE, Arc::clone(slots).acquire_owned());
        if let Ok(permit) = acquired.await {
            return permit.ok();
        }
    }
}

/// Returns when connections had time to be drained after the shutdown began.
async fn shutdown_overdue(shutdown: &mut watch::Receiver<bool>) {
    shutdown_requested(shutdown).await;
    tokio::time::sleep(2 * KEEPALIVE_DRAIN).await;
}

/// Counts an open connection until it is dropped, also if its task is aborted.
struct OpenCount(Gauge);

impl OpenCount {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn serve_connection(
    state: Arc<ServerState>,
    stream: TimeoutStream<impl AsyncRead + AsyncWrite + Unpin>,
    peer: IpAddr,
    _slot: (Option<OwnedSemaphorePermit>, ConnectionGuard),
    mut shutdown: watch::Receiver<bool>,
) {
    state.metrics.connections.inc();
    let _open = OpenCount::new(&state.metrics.open_connections);
    let closing = AtomicBool::new(false);
    let service = service_fn(|request| {
        let mut reply = router::handle(&state, &request, peer);
        if closing.load(Ordering::Relaxed) {
            let close = HeaderValue::from_static("close");
            reply.headers_mut().insert(CONNECTION, close);
        }
        std::future::ready(Ok::<_, Infallible>(reply))
    });
    let connection = http1::Builder::new()
        // `TimeoutStream` limits the time of a head with less work per request.
        .header_read_timeout(None)
        .max_header_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .max_buf_size(4 * MAX_HEADER_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let shutdown_state = shutdown.clone();
    let mut shutdown_signal = Box::pin(shutdown_requested(&mut shutdown));
    let mut is_waiting = false;
    let result = poll_fn(|ctx| {
        if let Poll::Ready(result) = connection.as_mut().poll(ctx) {
            return Poll::Ready(Some(result));
        }
        // Registered already by this task.
        if is_waiting && !shutdown_state.has_changed().unwrap_or(true) {
            return Poll::Pending;
        }
        is_waiting = true;
        shutdown_signal.as_mut().poll(ctx).map(|()| None)
    });
    let result = result.await;
    drop(shutdown_signal);
    let result = if let Some(result) = result {
        result
    } else {
        // Requests that are on their way are answered with `Connection: close`.
        closing.store(true, Ordering::Relaxed);
        if let Ok(result) = tokio::time::timeout(KEEPALIVE_DRAIN, connection.as_mut()).await {
            result
        } else {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection failed");
    }
}

/// Returns when the shutdown begins.
async fn shutdown_requested(shutdown: &mut watch::Receiver<bool>) {
    // The sender is dropped only when the server exits.
    drop(shutdown.wait_for(|s| *s).await);
}
