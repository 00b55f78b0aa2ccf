//! A real rsync daemon on loopback, run as the user of the tests.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Process, free_port, need, nobody, open_the_way, wait_for_port};

/// A real rsync daemon with one module.
pub(crate) struct Rsyncd {
    /// The port of the rsync daemon on 127.0.0.1.
    pub(crate) port: u16,
    _home: tempfile::TempDir,
    _process: Process,
}

impl Rsyncd {
    /// Serves `root` as the module `master`.
    pub(crate) fn serve(root: &Path) -> Self {
        Self::serve_as(root, 0)
    }

    /// Serves `root` as the module `master` and reads only world-readable files, like usual daemons.
    pub(crate) fn serve_as_nobody(root: &Path) -> Self {
        open_the_way(root);
        Self::serve_as(root, 65534)
    }

    fn serve_as(root: &Path, user: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = home.path().join("rsyncd.conf");
        let owner = nobody().map_or_else(String::new, |_| format!("uid = {user}\ngid = {user}\n"));
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
