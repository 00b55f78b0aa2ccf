//! The server as a child process, and an HTTP client that returns responses unchanged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Process, SERVER_USER, give_to_server};

/// A running `mm-mirrorlist-server`.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: String,
    pub(crate) home: tempfile::TempDir,
}

/// The path of a file of the test network.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/mirrorlist")
        .join(name)
}

impl Server {
    /// Starts the server with these options and waits until it listens. Its stderr is written to `home/stderr`.
    pub(crate) fn start(options: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::start_in(home, options)
    }

    pub(crate) fn start_in(home: tempfile::TempDir, options: &[&str]) -> Self {
        let program = Command::new(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"));
        Self::start_as(program, home, options)
    }

    /// Starts the server by a command that lacks only the options.
    pub(crate) fn start_as(mut command: Command, home: tempfile::TempDir, options: &[&str]) -> Self {
        give_to_server(home.path());
        let config = home.path().join("mm.toml");
        if !config.exists() {
            std::fs::write(&config, format!("user = \"{SERVER_USER}\"\n")).unwrap();
        }
        let file = home.path().join("address");
        let stderr = std::fs::File::create(home.path().join("stderr")).unwrap();
        let child = command
            .env("MM_CONFIG", config)
            .args(["--port", "0", "--address-file"])
            .arg(&file)
            .args(options)
            .stdin(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut process = Process(child);
        let started = Instant::now();
        let address = loop {
            if let Ok(addresses) = std::fs::read_to_string(&file) {
                break addresses.lines().next().unwrap().to_owned();
            }
            let ended = process.0.try_wait().unwrap();
            let stderr_text = std::fs::read_to_string(home.path().join("stderr")).unwrap();
            assert!(ended.is_none(), "the server exited with {ended:?}: {stderr_text}");
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "the server does not listen: {stderr_text}"
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        Self { process, address, home }
    }

    /// The test network, with the options of MirrorManager2's server.
    pub(crate) fn drop_in() -> Self {
        let path = |name| data(name).display().to_string();
        Self::start(&[
            "--listen",
            "127.0.0.1",
            "-m",
            "9",
            "--minimum",
            "5",
            "-c",
            "/nonexistent",
            "-c",
            &path("mirrorlist_cache.proto"),
            "-g",
            &path("global_netblocks.txt"),
            "-i",
            "/nonexistent",
            "--cccsv",
            &path("country_continent.csv"),
            "--geoip",
            &path("geo.mmdb"),
        ])
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Sends a request on a new connection.
    pub(crate) fn get(&self, target: &str) -> Reply {
        self.client().send("GET", target, &[])
    }

    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.home.path().join("stderr")).unwrap()
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.0.id()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    pub(crate) fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "timed out waiting for {what}: {}",
                self.stderr()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A connection to the server.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    /// Returns a header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// Sends a request and reads the response; the connection stays open.
    pub(crate) fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: mirrors.example.org\r\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        self.raw(text.as_bytes());
        self.read(method == "HEAD").unwrap()
    }

    /// Sends a request; returns true if it is answered, and false if the connection was closed instead.
    pub(crate) fn raw_get(&mut self, target: &str) -> bool {
        let text = format!("GET {target} HTTP/1.1\r\nHost: mirrors.example.org\r\n\r\n");
        self.stream.get_mut().write_all(text.as_bytes()).is_ok() && self.read(false).is_some()
    }

    /// Reads a response; none if the connection was closed instead.
    pub(crate) fn read(&mut self, head: bool) -> Option<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            if name == "content-length" {
                length = value.parse().ok()?;
            }
            headers.push((name, value));
        }
        let mut body = vec![0; if head { 0 } else { length }];
        self.stream.read_exact(&mut body).ok()?;
        Some(Reply {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        })
    }
}
