//! Listening sockets: those passed by systemd, otherwise the configured addresses.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net as unix;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, bail};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use crate::config::ListenAddress;

/// Connections that may wait to be accepted.
pub(super) const BACKLOG: u32 = 1_024;

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    /// With the path to remove at the end, unless systemd owns it.
    Unix(UnixListener, Option<PathBuf>),
}

#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Opens all sockets. Sockets passed by systemd replace the configured addresses.
pub(super) fn bind(addresses: &[ListenAddress]) -> Result<Vec<Socket>, Error> {
    let mut passed = ListenFd::from_env();
    if passed.len() > 0 {
        return (0..passed.len()).map(|place| take(&mut passed, place)).collect();
    }
    addresses.iter().map(open).collect()
}

fn take(passed: &mut ListenFd, place: usize) -> Result<Socket, Error> {
    if let Ok(Some(listener)) = passed.take_tcp_listener(place) {
        listener.set_nonblocking(true)?;
        return Ok(Socket::Tcp(TcpListener::from_std(listener)?));
    }
    let socket = passed.take_unix_listener(place);
    match socket.with_context(|| format!("socket {place} passed by systemd is not a stream socket"))? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            Ok(Socket::Unix(UnixListener::from_std(listener)?, None))
        }
        None => bail!("socket {place} passed by systemd is missing"),
    }
}

fn open(address: &ListenAddress) -> Result<Socket, Error> {
    let what = || format!("listening on {address}");
    match address {
        ListenAddress::Tcp(address) => {
            let listen = |socket: TcpSocket| {
                socket.set_reuseaddr(true)?;
                socket.bind(*address)?;
                socket.listen(BACKLOG)
            };
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            };
            let listener = socket.and_then(listen).with_context(|| {
                format!(
                    "{}; is another server running, or is it not an address of this machine?",
                    what()
                )
            })?;
            Ok(Socket::Tcp(listener))
        }
        ListenAddress::Unix(path) => {
            remove_stale_socket(path)?;
            let listener = UnixListener::bind(path).with_context(what)?;
            // As with a port, everyone may connect; access is restricted by the directory.
            std::fs::set_permissions(path, Permissions::from_mode(0o666)).with_context(what)?;
            Ok(Socket::Unix(listener, Some(path.clone())))
        }
    }
}

/// Removes the socket of a server that was killed. Never that of a running server, nor another kind of file.
fn remove_stale_socket(path: &Path) -> Result<(), Error> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if is_socket && unix::UnixStream::connect(path).is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused) {
        std::fs::remove_file(path).with_context(|| format!("removing the stale socket {}", path.display()))?;
    }
    Ok(())
}

impl Socket {
    pub(super) fn local_addr(&self) -> Result<ListenAddress, Error> {
        let what = "reading the address of a listening socket";
        Ok(match self {
            Self::Tcp(listener) => ListenAddress::Tcp(listener.local_addr().context(what)?),
            Self::Unix(listener, _) => {
                let address = listener.local_addr().context(what)?;
                ListenAddress::Unix(address.as_pathname().unwrap_or(Path::new("")).to_owned())
            }
        })
    }

    /// The next connection and the address of its peer: loopback for a Unix socket, whose clients are on this machine.
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
