//! Simulated mirrors: servers in this process, each on its own port, that respond after a latency.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Returns the response of a mirror, including the status line. The arguments: true for HEAD, and the path.
pub(crate) type Respond = fn(bool, &str) -> Vec<u8>;

/// Running mirrors, stopped when dropped.
pub(crate) struct SimulatedMirrors {
    pub(crate) ports: Vec<u16>,
    _runtime: Runtime,
}

impl SimulatedMirrors {
    /// Starts `count` mirrors; each responds `latency` after a request.
    pub(crate) fn start(count: usize, latency: Duration, respond: Respond) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let ports = (0..count)
            .map(|_| {
                let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
                let port = listener.local_addr().unwrap().port();
                runtime.spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, latency, respond));
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

    /// Returns the name and URL of each mirror.
    pub(crate) fn names_and_urls(&self) -> impl Iterator<Item = (String, String)> {
        let numbered = self.ports.iter().enumerate();
        numbered.map(|(n, port)| (format!("mirror{n:03}.example.org"), format!("http://127.0.0.1:{port}")))
    }
}

/// Serves one connection until it is closed.
async fn serve(stream: TcpStream, latency: Duration, respond: Respond) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            stream.readable().await?;
            match stream.try_read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => request.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let text = std::str::from_utf8(&request).unwrap();
        let mut words = text.split(' ');
        let response = respond(words.next() == Some("HEAD"), words.next().unwrap());
        let mut left = &response[..];
        while !left.is_empty() {
            stream.writable().await?;
            match stream.try_write(left) {
                Ok(n) => left = &left[n..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        request.clear();
    }
}

/// Returns a response with a status and a body; a response to HEAD has no body.
pub(crate) fn response(is_head: bool, status: &str, body: &[u8]) -> Vec<u8> {
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
