//! Accepting connections, limits, draining.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, Error};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sd_notify::NotifyState;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::config::ListenAddress;
use crate::sys::atomic;

use super::access_log::AccessLog;
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
        atomic::write(path, (lines.join("\n") + "\n").as_bytes(), 0o644)
            .with_context(|| format!("writing the listen addresses to {}", path.display()))?;
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
                if reload.send(()).is_err() {
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

/// Accepts connections, at most as many as there are slots, until the shutdown; then the socket is closed.
async fn accept_loop(
    socket: Socket,
    state: Arc<ServerState>,
    slots: Arc<Semaphore>,
    mut shutdown: watch::Receiver<bool>,
) {
    let for_connections = shutdown.clone();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&socket, &slots) => accepted,
            () = shutdown_requested(&mut shutdown) => break,
        };
        match accepted {
            Ok(accepted) => spawn_connection(&state, accepted, for_connections.clone()),
            Err(error) => {
                state.metrics.accept_errors.inc();
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Connections in the backlog may have sent a request, and would be reset with the socket.
    for _ in 0..BACKLOG {
        let Ok(Ok(accepted)) = tokio::time::timeout(BACKLOG_DRAIN, accept(&socket, &slots)).await else {
            return;
        };
        spawn_connection(&state, accepted, for_connections.clone());
    }
}

type Accepted = (Stream, IpAddr, OwnedSemaphorePermit);

fn spawn_connection(state: &Arc<ServerState>, (stream, peer, permit): Accepted, shutdown: watch::Receiver<bool>) {
    let state = Arc::clone(state);
    match stream {
        Stream::Tcp(stream) => {
            // Limits how long the kernel tries to send after everything is written and the socket is closed.
            let timeout = u32::try_from(state.options.config.idle_timeout.get().as_millis()).unwrap_or(u32::MAX);
            if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, timeout) {
                tracing::debug!(%error, "cannot set TCP_USER_TIMEOUT");
            }
            drop(tokio::spawn(serve_connection(state, stream, peer, permit, shutdown)));
        }
        Stream::Unix(stream) => drop(tokio::spawn(serve_connection(state, stream, peer, permit, shutdown))),
    }
}

async fn accept(socket: &Socket, slots: &Arc<Semaphore>) -> Result<Accepted, Error> {
    let permit = Arc::clone(slots).acquire_owned().await?;
    let (stream, peer) = socket.accept().await?;
    Ok((stream, peer, permit))
}

async fn serve_connection(
    state: Arc<ServerState>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: IpAddr,
    _permit: OwnedSemaphorePermit,
    mut shutdown: watch::Receiver<bool>,
) {
    state.metrics.connections.inc();
    state.metrics.open_connections.inc();
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
        .serve_connection(
            TokioIo::new(TimeoutStream::new(stream, state.options.config.idle_timeout.get())),
            service,
        );
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
    state.metrics.open_connections.dec();
}

/// Returns when the shutdown begins.
async fn shutdown_requested(shutdown: &mut watch::Receiver<bool>) {
    // The sender is dropped only when the server exits.
    drop(shutdown.wait_for(|s| *s).await);
}
