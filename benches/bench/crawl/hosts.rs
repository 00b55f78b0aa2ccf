//! Simulated mirrors: one server in this process that listens for all of them, each on a port of its own, and answers after a while.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// What a mirror says, from the status line on: is it asked by HEAD, and for which path?
pub(crate) type Says = fn(bool, &str) -> Vec<u8>;

/// Running mirrors, stopped when dropped.
pub(crate) struct Mirrors {
    pub(crate) ports: Vec<u16>,
    _runtime: Runtime,
}

impl Mirrors {
    /// Each answers `says`, `latency` after it was asked.
    pub(crate) fn start(number: usize, latency: Duration, says: Says) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let ports = (0..number)
            .map(|_| {
                let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
                let port = listener.local_addr().unwrap().port();
                runtime.spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(answer(stream, latency, says));
                    }
                });
                port
            })
            .collect();
        Self {
            ports,
            _runtime: runtime,
        }
    }

    /// Their names and addresses.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, String)> {
        let numbered = self.ports.iter().enumerate();
        numbered.map(|(n, port)| (format!("mirror{n:03}.example.org"), format!("http://127.0.0.1:{port}")))
    }
}

/// One connection, until it is closed.
async fn answer(stream: TcpStream, latency: Duration, says: Says) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        while !asked.ends_with(b"\r\n\r\n") {
            stream.readable().await?;
            match stream.try_read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => asked.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let text = std::str::from_utf8(&asked).unwrap();
        let mut words = text.split(' ');
        let said = says(words.next() == Some("HEAD"), words.next().unwrap());
        let mut left = &said[..];
        while !left.is_empty() {
            stream.writable().await?;
            match stream.try_write(left) {
                Ok(n) => left = &left[n..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        asked.clear();
    }
}

/// An answer with this status and body; without the body where it is asked by HEAD.
pub(crate) fn reply(is_head: bool, status: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    if !is_head {
        out.extend_from_slice(body);
    }
    out
}
