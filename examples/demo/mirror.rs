//! A small mirror in this process: serves a directory over HTTP/1.1 with keep-alive, and misbehaves on demand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The behavior of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// Serves the files in its directory.
    Honest,
    /// Reports every file as seven bytes longer than it is.
    WrongSizes,
    /// Accepts no connection.
    Dead,
}

/// A mirror that runs until the program ends.
#[derive(Debug)]
pub(crate) struct Mirror {
    /// The directory that it serves.
    pub(crate) root: PathBuf,
    /// The socket address of the server.
    pub(crate) address: SocketAddr,
    /// True to delay each response.
    pub(crate) slow: Arc<AtomicBool>,
}

impl Mirror {
    /// Starts serving `root` on a free port of the loopback interface.
    pub(crate) fn start(root: PathBuf, behavior: Behavior) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("binding a port for a mirror")?;
        let address = listener.local_addr()?;
        let slow = Arc::new(AtomicBool::new(false));
        std::fs::create_dir_all(&root)?;
        if behavior != Behavior::Dead {
            let (root, slow) = (root.clone(), Arc::clone(&slow));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (root, slow) = (root.clone(), Arc::clone(&slow));
                    // A disconnected client only ends its own thread.
                    thread::spawn(move || drop(converse(&stream, &root, behavior, &slow)));
                }
            });
        }
        Ok(Self { root, address, slow })
    }

    /// Returns the URL of the tree that this mirror serves.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Answers requests on one connection until the client closes it.
fn converse(stream: &TcpStream, root: &Path, behavior: Behavior, slow: &AtomicBool) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut request = String::new();
        if reader.by_ref().take(8_192).read_line(&mut request)? == 0 {
            return Ok(());
        }
        loop {
            let mut header = String::new();
            if reader.by_ref().take(8_192).read_line(&mut header)? <= 2 {
                break;
            }
        }
        if slow.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(300));
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or("/"));
        let (status, body) = read(root, target);
        let claimed = body.len()
            + if behavior == Behavior::WrongSizes && method == "HEAD" {
                7
            } else {
                0
            };
        write!(writer, "HTTP/1.1 {status}\r\nContent-Length: {claimed}\r\n\r\n")?;
        if method != "HEAD" {
            writer.write_all(&body)?;
        }
        writer.flush()?;
    }
}

/// The file that a request names; a directory is an empty page.
fn read(root: &Path, target: &str) -> (&'static str, Vec<u8>) {
    let below = Path::new(target.trim_matches('/'));
    if below.components().any(|c| !matches!(c, Component::Normal(_))) {
        return if target == "/" {
            ("200 OK", Vec::new())
        } else {
            ("400 Bad Request", Vec::new())
        };
    }
    let path = root.join(below);
    if path.is_dir() {
        return ("200 OK", Vec::new());
    }
    match std::fs::read(path) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    }
}
