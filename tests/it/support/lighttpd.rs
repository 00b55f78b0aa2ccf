//! A real lighttpd on loopback, run as the user of the tests.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Process, free_port, need, nobody, open_the_way, wait_for_port};

/// A real lighttpd that serves one directory.
pub(crate) struct Lighttpd {
    /// The port of lighttpd on 127.0.0.1.
    pub(crate) port: u16,
    _home: tempfile::TempDir,
    _process: Process,
}

impl Lighttpd {
    /// Serves `root` with directory indexes, without caches.
    ///
    /// Started by root, lighttpd reads files as nobody, like Apache.
    pub(crate) fn serve(root: &Path) -> Self {
        let lighttpd = need("lighttpd", "lighttpd");
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        open_the_way(root);
        std::os::unix::fs::chown(home.path(), nobody(), nobody()).unwrap();
        let config = format!(
            "server.document-root = \"{}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.errorlog = \"{}/error.log\"\nserver.stat-cache-engine = \"disable\"\n\
             index-file.names = ( \"index.html\" )\nserver.modules = ( \"mod_dirlisting\" )\ndir-listing.activate = \"enable\"\n",
            root.display(),
            home.path().display(),
        );
        let path = home.path().join("lighttpd.conf");
        fs::write(&path, config).unwrap();
        let mut command = Command::new(lighttpd);
        if let Some(nobody) = nobody() {
            command.uid(nobody).gid(nobody);
        }
        let child = command
            .args(["-D", "-f"])
            .arg(&path)
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

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
