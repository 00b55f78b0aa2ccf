//! Connections: accepting, limits, draining.

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

use crate::sys::atomic;

use super::reload::Loader;
use super::router;
use super::sockets::{BACKLOG, Listen, Socket, Stream};
use super::state::ServerState;
use super::timeout_stream::TimeoutStream;

/// The head of a request, with all its headers, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Headers of a request.
const MAX_HEADERS: usize = 64;
/// How long connections go on after SIGTERM, each answer the last of its connection, before those that ask nothing are closed.
const KEEPALIVE_DRAIN: Duration = Duration::from_millis(250);
/// For how long the next of the connections that wait to be accepted at SIGTERM may take.
const BACKLOG_DRAIN: Duration = Duration::from_millis(5);
/// How long to wait after a failure to accept, such as no free file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(
    sockets: Vec<Socket>,
    state: Arc<ServerState>,
    loader: Loader,
    announce: impl FnOnce(&[Listen]),
) -> Result<(), Error> {
    let places: Vec<Listen> = sockets.iter().map(Socket::local_addr).collect::<Result<_, _>>()?;
    let mut terminate = signal(SignalKind::terminate()).context("waiting for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("waiting for signals")?;
    let mut hangup = signal(SignalKind::hangup()).context("waiting for signals")?;
    let mut user1 = signal(SignalKind::user_defined1()).context("waiting for signals")?;
    let reload = loader.start()?;
    if let Some(path) = &state.options.address_file {
        let lines: Vec<String> = places.iter().map(ToString::to_string).collect();
        atomic::write(path, (lines.join("\n") + "\n").as_bytes(), 0o644)
            .with_context(|| format!("writing the address to {}", path.display()))?;
    }
    let permits = state.options.max_connections.clamp(1, Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(permits));
    let (stop, stopped) = watch::channel(false);
    let doors: Vec<_> = sockets
        .into_iter()
        .map(|socket| {
            tokio::spawn(accept_loop(
                socket,
                Arc::clone(&state),
                Arc::clone(&slots),
                stopped.clone(),
            ))
        })
        .collect();
    announce(&places);
    notify_systemd(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = user1.recv() => state.reopen_log(),
            _ = hangup.recv() => {
                state.reopen_log();
                if reload.send(()).is_err() {
                    tracing::error!("the loader has ended; restart the server");
                }
            }
        }
    }
    notify_systemd(&[NotifyState::Stopping]);
    tracing::info!("finishing what was begun");
    stop.send_replace(true);
    for door in doors {
        door.await.ok();
    }
    let all = u32::try_from(permits).unwrap_or(u32::MAX);
    if tokio::time::timeout(state.options.drain_limit, slots.acquire_many(all))
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time");
    }
    Ok(())
}

/// Tells systemd how it goes, if that started us.
pub(super) fn notify_systemd(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        tracing::warn!(%error, "cannot tell systemd");
    }
}

/// Accepts connections, once there is room for each, until the server is told to stop; then the socket is closed.
async fn accept_loop(
    socket: Socket,
    state: Arc<ServerState>,
    slots: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
) {
    let for_connections = stopped.clone();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&socket, &slots) => accepted,
            () = shutdown_requested(&mut stopped) => break,
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
    // Who has connected already, and may have asked, would lose that with the socket.
    for _ in 0..BACKLOG {
        let Ok(Ok(accepted)) = tokio::time::timeout(BACKLOG_DRAIN, accept(&socket, &slots)).await else {
            return;
        };
        spawn_connection(&state, accepted, for_connections.clone());
    }
}

type Accepted = (Stream, IpAddr, OwnedSemaphorePermit);

/// Serves a connection in a task of its own.
fn spawn_connection(state: &Arc<ServerState>, (stream, peer, permit): Accepted, stopped: watch::Receiver<bool>) {
    let state = Arc::clone(state);
    match stream {
        Stream::Tcp(stream) => {
            // For what the kernel still has to send when we have written all and closed.
            let patience = u32::try_from(state.options.idle_timeout.as_millis()).unwrap_or(u32::MAX);
            if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, patience) {
                tracing::debug!(%error, "the kernel may take as long as it likes to send");
            }
            drop(tokio::spawn(connection(state, stream, peer, permit, stopped)));
        }
        Stream::Unix(stream) => drop(tokio::spawn(connection(state, stream, peer, permit, stopped))),
    }
}

/// The next connection, once there is room for it.
async fn accept(socket: &Socket, slots: &Arc<Semaphore>) -> Result<Accepted, Error> {
    let permit = Arc::clone(slots).acquire_owned().await?;
    let (stream, peer) = socket.accept().await?;
    Ok((stream, peer, permit))
}

async fn connection(
    state: Arc<ServerState>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: IpAddr,
    _permit: OwnedSemaphorePermit,
    mut stopped: watch::Receiver<bool>,
) {
    state.metrics.connections.inc();
    state.metrics.open.inc();
    let closing = AtomicBool::new(false);
    let service = service_fn(|request| {
        let mut reply = router::handle(&state, &request, peer);
        if closing.load(Ordering::Relaxed) {
            reply
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        std::future::ready(Ok::<_, Infallible>(reply))
    });
    let connection = http1::Builder::new()
        // The stream itself sees to it that a head comes in time, with less to do for each request.
        .header_read_timeout(None)
        .max_header_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .max_buf_size(4 * MAX_HEADER_BYTES)
        .half_close(true)
        .serve_connection(
            TokioIo::new(TimeoutStream::new(stream, state.options.idle_timeout)),
            service,
        );
    let mut connection = pin!(connection);
    let changes = stopped.clone();
    let mut word = Box::pin(shutdown_requested(&mut stopped));
    let mut is_waiting = false;
    let ended = poll_fn(|ctx| {
        if let Poll::Ready(ended) = connection.as_mut().poll(ctx) {
            return Poll::Ready(Some(ended));
        }
        // Who waits already would wait in the same task once more.
        if is_waiting && !changes.has_changed().unwrap_or(true) {
            return Poll::Pending;
        }
        is_waiting = true;
        word.as_mut().poll(ctx).map(|()| None)
    });
    let ended = ended.await;
    drop(word);
    let ended = if let Some(ended) = ended {
        ended
    } else {
        // What is on its way to us now is answered, and its client told to go elsewhere.
        closing.store(true, Ordering::Relaxed);
        if let Ok(ended) = tokio::time::timeout(KEEPALIVE_DRAIN, connection.as_mut()).await {
            ended
        } else {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
    state.metrics.open.dec();
}

/// Ends when the server is told to stop.
async fn shutdown_requested(stopped: &mut watch::Receiver<bool>) {
    // The other end is only dropped when the server ends, too.
    drop(stopped.wait_for(|s| *s).await);
}
