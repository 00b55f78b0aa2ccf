//! Benchmarks of `mm-update-mirrorlist` and `mm-mirrorlist-server` with data of Fedora's size.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mirrormanager::model::Timestamp;

use crate::scale::{self, ScaleFiles, Size};
use crate::support::{Env, Process, free_port, need, server_config};

#[path = "mirrorlist/answers.rs"]
pub(crate) mod answers;
#[path = "mirrorlist/load.rs"]
mod load;
#[path = "mirrorlist/minimal_server.rs"]
pub(crate) mod minimal_server;
#[path = "mirrorlist/mm2.rs"]
pub(crate) mod mm2;
#[path = "mirrorlist/reload.rs"]
pub(crate) mod reload;
#[path = "mirrorlist/start.rs"]
pub(crate) mod start;
#[path = "mirrorlist/update.rs"]
pub(crate) mod update;

/// An environment with the data of Fedora's size, multiplied by `scale`.
pub(crate) struct Fedora {
    pub(crate) env: Env,
    files: ScaleFiles,
    port: u16,
}

impl Fedora {
    pub(crate) fn new(scale: usize) -> Self {
        let port = free_port();
        let env = Env::new(&format!(
            "[server]\nlisten = [\"127.0.0.1:{port}\"]\nthreads = 1\n{}",
            scale::SERVER_CONFIG
        ));
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        let now = Timestamp(i64::try_from(since.as_secs()).unwrap());
        let files = scale::write(&env.path(""), Size::new(scale), now);
        Self { env, files, port }
    }

    /// Like [`Self::new`], with a published generation.
    fn published() -> Self {
        let fedora = Self::new(1);
        fedora.env.ok("mm-update-mirrorlist", &[]);
        fedora
    }

    /// Starts a server on the first core. Returns it and the seconds until its first correct response.
    fn serve(&self, args: &[&str]) -> (Process, f64) {
        let started = Instant::now();
        let server = self.env.command("mm-mirrorlist-server");
        let child = pinned(0, server.get_program().to_str().unwrap())
            .args(args)
            .env("MM_CONFIG", server_config(&self.files.config))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process(child);
        let first = "/metalink?repo=updates-released-f43&arch=x86_64";
        while get(self.port, first).is_none_or(|body| body.len() < 10_000) {
            assert!(started.elapsed() < Duration::from_mins(1), "no response");
            std::thread::sleep(Duration::from_millis(1));
        }
        (process, started.elapsed().as_secs_f64())
    }
}

/// Returns a command that runs on one core only.
fn pinned(core: usize, program: &str) -> Command {
    let mut command = Command::new(need("taskset", "util-linux"));
    command.args(["-c", &core.to_string(), program]);
    command
}

/// Returns the body of a response with status 200.
fn get(port: u16, request: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(
        stream,
        "GET {request} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let end = response.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    response.starts_with(b"HTTP/1.1 200").then(|| response.split_off(end))
}

/// Returns the resident memory of a process in MB.
fn resident_memory(process: &Process) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1000.0
}
