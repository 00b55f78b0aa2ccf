//! The sockets that are listened on: those that systemd hands over, else the addresses and paths of the options.

use std::fmt;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net as unix;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, bail};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Connections that may wait to be accepted.
pub(super) const BACKLOG: u32 = 1_024;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address; port 0 = any free one.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// One that is open.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    /// With the path that is removed at the end, if it is ours.
    Unix(UnixListener, Option<PathBuf>),
}

/// A connection that was accepted.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Opens all. What systemd hands over takes the place of what is wished for.
pub(super) fn bind(wanted: &[Listen]) -> Result<Vec<Socket>, Error> {
    let mut handed = ListenFd::from_env();
    if handed.len() > 0 {
        return (0..handed.len()).map(|place| take(&mut handed, place)).collect();
    }
    wanted.iter().map(open).collect()
}

fn take(handed: &mut ListenFd, place: usize) -> Result<Socket, Error> {
    if let Ok(Some(listener)) = handed.take_tcp_listener(place) {
        listener.set_nonblocking(true)?;
        return Ok(Socket::Tcp(TcpListener::from_std(listener)?));
    }
    let socket = handed.take_unix_listener(place);
    match socket.with_context(|| format!("socket {place} of those that systemd handed over is no stream"))? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            Ok(Socket::Unix(UnixListener::from_std(listener)?, None))
        }
        None => bail!("socket {place} of those that systemd handed over is not there"),
    }
}

fn open(wanted: &Listen) -> Result<Socket, Error> {
    match wanted {
        Listen::Tcp(address) => {
            let hint = "is another server running, or is the address not of this machine?";
            let what = || format!("listening on {address}; {hint}");
            let socket = if address.is_ipv4() {
                tokio::net::TcpSocket::new_v4()
            } else {
                tokio::net::TcpSocket::new_v6()
            }
            .with_context(what)?;
            socket.set_reuseaddr(true).with_context(what)?;
            socket.bind(*address).with_context(what)?;
            Ok(Socket::Tcp(socket.listen(BACKLOG).with_context(what)?))
        }
        Listen::Unix(path) => {
            remove_dead(path)?;
            let what = || format!("listening on {}", path.display());
            let listener = UnixListener::bind(path).with_context(what)?;
            // As with a port, everybody may connect; who must not is kept out by the directory.
            std::fs::set_permissions(path, Permissions::from_mode(0o666)).with_context(what)?;
            Ok(Socket::Unix(listener, Some(path.clone())))
        }
    }
}

/// Removes the socket of a server that ended without doing so. Never that of one that lives, nor what is no socket.
fn remove_dead(path: &Path) -> Result<(), Error> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if is_socket && unix::UnixStream::connect(path).is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused) {
        std::fs::remove_file(path).with_context(|| format!("removing the dead socket {}", path.display()))?;
    }
    Ok(())
}

impl Socket {
    /// What it is listening on.
    pub(super) fn local_addr(&self) -> Result<Listen, Error> {
        let what = "asking for the address listened on";
        Ok(match self {
            Self::Tcp(listener) => Listen::Tcp(listener.local_addr().context(what)?),
            Self::Unix(listener, _) => {
                let address = listener.local_addr().context(what)?;
                Listen::Unix(address.as_pathname().unwrap_or(Path::new("")).to_owned())
            }
        })
    }

    /// The next connection, and who made it. Who comes by a path is on this machine, as loopback is.
    pub(super) async fn accept(&self) -> Result<(Stream, IpAddr), Error> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                (Stream::Tcp(stream), peer.ip().to_canonical())
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                (Stream::Unix(stream), Ipv4Addr::LOCALHOST.into())
            }
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, Some(path)) = self
            && let Err(error) = std::fs::remove_file(&*path)
        {
            tracing::debug!(%error, "cannot remove {}", path.display());
        }
    }
}
