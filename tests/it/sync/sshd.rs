//! A real sshd on loopback, run as the user of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Process, free_port, need, wait_for_port};

pub(super) struct Sshd {
    pub(super) port: u16,
    pub(super) home: tempfile::TempDir,
    pub(super) process: Option<Process>,
}

fn keygen(path: &Path) {
    let made = Command::new(need("ssh-keygen", "openssh-client"))
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

impl Sshd {
    pub(super) fn start() -> Self {
        need("sshd", "openssh-server");
        need("rsync", "rsync");
        // The chroot directory of Debian's sshd, which is created at boot, but not in containers.
        let empty = Path::new("/run/sshd");
        if !empty.exists() && nix::unistd::Uid::effective().is_root() {
            fs::create_dir(empty).unwrap();
        }
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        keygen(&at("host_key"));
        keygen(&at("client_key"));
        keygen(&at("other_key"));
        fs::copy(at("client_key.pub"), at("authorized_keys")).unwrap();
        let port = free_port();
        let known = |key: &str| format!("[127.0.0.1]:{port} {}", fs::read_to_string(at(key)).unwrap());
        fs::write(at("known_hosts"), known("host_key.pub")).unwrap();
        fs::write(at("wrong_hosts"), known("other_key.pub")).unwrap();
        let h = home.path().display();
        // A home directory without the shell files of the user who runs the tests.
        let config = format!(
            "SetEnv HOME={h}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {h}/host_key\nAuthorizedKeysFile {h}/authorized_keys\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 100\n"
        );
        fs::write(at("sshd_config"), config).unwrap();
        let mut server = Self {
            port,
            home,
            process: None,
        };
        server.run();
        server
    }

    /// Starts or restarts it.
    pub(super) fn run(&mut self) {
        let child = Command::new(need("sshd", "openssh-server"))
            .args(["-D", "-e", "-f"])
            .arg(self.file("sshd_config"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(self.file("log")).unwrap())
            .spawn()
            .unwrap();
        drop(self.process.replace(Process(child)));
        wait_for_port(self.port);
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The keys of `[sync]` with which ssh uses the keys of this server.
    pub(super) fn keys(&self) -> String {
        self.keys_knowing("known_hosts")
    }

    pub(super) fn keys_knowing(&self, known_hosts: &str) -> String {
        format!(
            "ssh_key = \"{}\"\nknown_hosts = \"{}\"\n",
            self.file("client_key").display(),
            self.file(known_hosts).display()
        )
    }

    /// A target below `dir` on this server.
    pub(super) fn to(&self, dir: &Path) -> String {
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::effective())
            .unwrap()
            .unwrap();
        format!("rsync+ssh://{}@127.0.0.1:{}{}", user.name, self.port, dir.display())
    }
}
