//! A real Apache on loopback, run as the user of the tests.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Process, free_port, need, open_the_way, wait_for_port};

/// Debian's directory of its modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// A real Apache that serves one directory.
pub(crate) struct Apache {
    /// The port of Apache on 127.0.0.1.
    pub(crate) port: u16,
    _home: tempfile::TempDir,
    _process: Process,
}

impl Apache {
    /// Serves `root` with Debian's directory indexes: a table, without names that begin with a dot.
    pub(crate) fn serve(root: &Path) -> Self {
        Self::serve_with(
            root,
            "IndexOptions FancyIndexing VersionSort HTMLTable NameWidth=* DescriptionWidth=* Charset=UTF-8\n\
             IndexIgnore .??* *~ *# RCS CVS *,v *,t\n",
        )
    }

    /// Serves `root` with these directives; directory indexes are plain lists by default.
    ///
    /// Started by root, Apache reads files as nobody: the temporary directories above `root` are opened for all users.
    pub(crate) fn serve_with(root: &Path, more: &str) -> Self {
        let apache = need("apache2", "apache2-bin");
        let home = tempfile::tempdir().unwrap();
        open_the_way(root);
        let (h, root, port) = (home.path().display(), root.display(), free_port());
        let modules = ["mpm_event", "authz_core", "alias", "autoindex", "dir"];
        let modules = modules
            .map(|m| format!("LoadModule {m}_module {MODULES}/mod_{m}.so"))
            .join("\n");
        let config = format!(
            "ServerName 127.0.0.1\nServerRoot {h}\nDefaultRuntimeDir {h}\nPidFile {h}/pid\nErrorLog {h}/error.log\n\
             Listen 127.0.0.1:{port}\n{modules}\nUser #65534\nGroup #65534\nMaxKeepAliveRequests 0\n\
             DocumentRoot {root}\n<Directory {root}>\nOptions Indexes FollowSymLinks\nRequire all granted\n{more}\n</Directory>\n",
        );
        let path = home.path().join("apache2.conf");
        fs::write(&path, config).unwrap();
        // One process in the foreground, so that killing it is enough.
        let child = Command::new(apache)
            .args(["-X", "-f"])
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
