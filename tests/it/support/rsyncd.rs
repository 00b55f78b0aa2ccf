//! A real rsync daemon on loopback, for whoever runs the tests.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Process, free_port, need, wait_for_port};

/// A real rsync daemon with one module.
pub(crate) struct Rsyncd {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    _home: tempfile::TempDir,
    _process: Process,
}

impl Rsyncd {
    /// Serves `root` as the module `master`.
    pub(crate) fn serve(root: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = home.path().join("rsyncd.conf");
        let owner = if nix::unistd::Uid::effective().is_root() {
            "uid = 0\ngid = 0\n"
        } else {
            ""
        };
        fs::write(
            &config,
            format!(
                "use chroot = no\n{owner}pid file = {}/pid\nlog file = {}/log\n[master]\npath = {}\nread only = yes\n",
                home.path().display(),
                home.path().display(),
                root.display()
            ),
        )
        .unwrap();
        let child = Command::new(need("rsync", "rsync"))
            .args(["--daemon", "--no-detach", "--address=127.0.0.1"])
            .arg(format!("--port={port}"))
            .arg(format!("--config={}", config.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process(child);
        wait_for_port(port);
        Self {
            port,
            _home: home,
            _process: process,
        }
    }
}
