//! Connections: accepting, limits, draining.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Error};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sd_notify::NotifyState;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::sys::atomic;

use super::load::Loader;
use super::service;
use super::sockets::{Listen, Socket, Stream};
use super::state::State;

/// The head of a request, with all its headers, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Headers of a request.
const MAX_HEADERS: usize = 64;
/// How long requests that were begun may take after SIGTERM.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait after a failure to accept, such as no free file descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(
    sockets: Vec<Socket>,
    state: Arc<State>,
    loader: Loader,
    announce: impl FnOnce(&[Listen]),
) -> Result<(), Error> {
    let places: Vec<Listen> = sockets.iter().map(Socket::place).collect::<Result<_, _>>()?;
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
        .map(|socket| tokio::spawn(door(socket, Arc::clone(&state), Arc::clone(&slots), stopped.clone())))
        .collect();
    announce(&places);
    tell(&[NotifyState::Ready]);
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
    tell(&[NotifyState::Stopping]);
    tracing::info!("finishing what was begun");
    stop.send_replace(true);
    for door in doors {
        door.await.ok();
    }
    let all = u32::try_from(permits).unwrap_or(u32::MAX);
    if tokio::time::timeout(DRAIN, slots.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    Ok(())
}

/// Tells systemd how it goes, if that started us.
pub(super) fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        tracing::warn!(%error, "cannot tell systemd");
    }
}

/// Accepts connections, once there is room for each, until the server is told to stop; then the socket is closed.
async fn door(socket: Socket, state: Arc<State>, slots: Arc<Semaphore>, mut stopped: watch::Receiver<bool>) {
    let for_connections = stopped.clone();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&socket, &slots) => accepted,
            () = told(&mut stopped) => return,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let (state, stopped) = (Arc::clone(&state), for_connections.clone());
                match stream {
                    Stream::Tcp(stream) => {
                        // A client that asks and does not read is closed by the kernel.
                        let patience = u32::try_from(state.options.idle_timeout.as_millis()).unwrap_or(u32::MAX);
                        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, patience) {
                            tracing::debug!(%error, "a client may take as long as it likes to read");
                        }
                        drop(tokio::spawn(connection(state, stream, peer, permit, stopped)));
                    }
                    Stream::Unix(stream) => drop(tokio::spawn(connection(state, stream, peer, permit, stopped))),
                }
            }
            Err(error) => {
                state.metrics.accept_errors.inc();
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection, once there is room for it.
async fn accept(socket: &Socket, slots: &Arc<Semaphore>) -> Result<(Stream, IpAddr, OwnedSemaphorePermit), Error> {
    let permit = Arc::clone(slots).acquire_owned().await?;
    let (stream, peer) = socket.accept().await?;
    Ok((stream, peer, permit))
}

async fn connection(
    state: Arc<State>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: IpAddr,
    _permit: OwnedSemaphorePermit,
    mut stopped: watch::Receiver<bool>,
) {
    state.metrics.connections.inc();
    state.metrics.open.inc();
    let service =
        service_fn(|request| std::future::ready(Ok::<_, Infallible>(service::handle(&state, &request, peer))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(state.options.idle_timeout)
        .max_header_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .max_buf_size(4 * MAX_HEAD)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told(&mut stopped) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
    state.metrics.open.dec();
}

/// Ends when the server is told to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // The other end is only dropped when the server ends, too.
    drop(stopped.wait_for(|s| *s).await);
}
