//! Common parts of tests: a home for the programs in a temporary directory, and real servers on loopback.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

// By their paths, so that the benchmarks can include this file.
#[path = "support/apache.rs"]
pub(crate) mod apache;
#[path = "support/lighttpd.rs"]
pub(crate) mod lighttpd;
#[path = "support/rsyncd.rs"]
pub(crate) mod rsyncd;
#[path = "support/site_jobs.rs"]
pub(crate) mod site_jobs;
#[path = "support/smtp_sink.rs"]
pub(crate) mod smtp_sink;

/// A temporary home with config, database, and lock, log and generation directories.
pub(crate) struct Env {
    dir: tempfile::TempDir,
}

impl Env {
    /// Creates a home with a config that has `extra_config` below the basic keys.
    pub(crate) fn new(extra_config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        open_to_server(dir.path(), None, 0o2750);
        for sub in ["log", "generations"] {
            std::fs::create_dir(dir.path().join(sub)).unwrap();
        }
        create_lock_dir(&dir.path().join("locks"));
        let env = Self { dir };
        env.configure(extra_config);
        env
    }

    /// Overwrites the config.
    pub(crate) fn configure(&self, extra_config: &str) {
        let basic = "database = \"sqlite:mm.db\"\nuser = \"root\"\ngenerations_dir = \"generations\"\nlock_dir = \"locks\"\n\
                     log_dir = \"log\"\nbackup.dir = \"backup\"\n";
        std::fs::write(self.path("mm.toml"), format!("{basic}{extra_config}\n")).unwrap();
    }

    /// A path in the home.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// Writes a file in the home, with the directories above it.
    pub(crate) fn write(&self, below: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A program of this package, with `MM_CONFIG` set. The server has a config of its own, see [`server_config`].
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut c = Command::new(assert_cmd::cargo::cargo_bin(program));
        let config = self.path("mm.toml");
        let is_server = program == "mm-mirrorlist-server" && config.exists();
        c.env("MM_CONFIG", if is_server { server_config(&config) } else { config })
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .current_dir(self.dir.path());
        c
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> RunOutput {
        let output = self.command(program).args(args).output().unwrap();
        RunOutput::new(program, args, &output)
    }

    /// Runs a program that must end with status 0; returns its stdout.
    pub(crate) fn ok(&self, program: &str, args: &[&str]) -> String {
        let ran = self.run(program, args);
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.stdout
    }
}

/// Creates a lock directory as jobs demand it.
pub(crate) fn create_lock_dir(path: &Path) {
    std::fs::create_dir(path).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// The output and exit status of a program.
#[derive(Debug)]
pub(crate) struct RunOutput {
    #[expect(dead_code, reason = "shown when a test fails")]
    command: String,
    /// Exit status; -1 = killed by a signal.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl RunOutput {
    pub(crate) fn new(program: &str, args: &[&str], output: &Output) -> Self {
        Self {
            command: format!("{program} {}", args.join(" ")),
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A child process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The user that servers become if the tests run as root: they do not run as root. Every Unix has it.
pub(crate) const SERVER_USER: &str = "daemon";
pub(crate) const SERVER_UID: u32 = 1;
const SERVER_GID: u32 = 1;

/// Gives a directory, and what is created in it later, the group of the user of servers, so that they can read generations in it.
pub(crate) fn open_to_server(dir: &Path, owner: Option<u32>, mode: u32) {
    if nix::unistd::Uid::effective().is_root() {
        std::os::unix::fs::chown(dir, owner, Some(SERVER_GID)).unwrap();
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Gives a directory or a socket to the user of servers, so that they can write there.
pub(crate) fn give_to_server(dir: &Path) {
    open_to_server(dir, Some(SERVER_UID), 0o2770);
}

/// A copy of a config of jobs for the server on the same machine. Jobs of the tests stay root.
pub(crate) fn server_config(config: &Path) -> PathBuf {
    let text = std::fs::read_to_string(config).unwrap();
    let user = format!("user = \"{SERVER_USER}\"");
    let copy = config.with_file_name("server.toml");
    std::fs::write(&copy, text.replace("user = \"root\"", &user)).unwrap();
    copy
}

/// The path of a program that a test needs. A missing one fails the test with the command that installs it.
pub(crate) fn need(program: &str, package: &str) -> PathBuf {
    for dir in [
        "/usr/sbin",
        "/usr/bin",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/sbin",
        "/bin",
    ] {
        let path = Path::new(dir).join(program);
        if path.exists() {
            return path;
        }
    }
    panic!("this test needs {program}; install it with: apt-get install {package} (or run: make test)");
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The port on 127.0.0.1.
fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// Waits until something listens on the port.
pub(crate) fn wait_for_port(port: u16) {
    wait_for_address(&local(port));
}

fn wait_for_address(address: &str) {
    let started = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "nothing listens on {address}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the user of a server that may only read world-readable files; `None` if the tests do not run as root.
pub(crate) fn nobody() -> Option<u32> {
    nix::unistd::Uid::effective().is_root().then_some(65534)
}

/// Opens `root` and the directories above it, below the directory for temporary files, to all users.
pub(crate) fn open_the_way(root: &Path) {
    let us = nix::unistd::Uid::effective().as_raw();
    let temporary = std::env::temp_dir();
    for dir in root
        .ancestors()
        .take_while(|d| *d != temporary && d.starts_with(&temporary))
    {
        let meta = std::fs::metadata(dir).unwrap();
        if meta.uid() == us {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(meta.mode() | 0o055)).unwrap();
        }
    }
}

/// A real nginx that serves one directory.
pub(crate) struct Nginx {
    /// The port of nginx on 127.0.0.1.
    pub(crate) port: u16,
    process: Process,
    home: tempfile::TempDir,
}

impl Nginx {
    /// Serves `root`.
    pub(crate) fn serve(root: &Path) -> Self {
        Self::serve_with(root, "")
    }

    /// Serves `root`, with more directives in the server block.
    pub(crate) fn serve_with(root: &Path, more: &str) -> Self {
        Self::start(&local(free_port()), root, more, |_| {})
    }

    /// Serves `root` on an address with a port, such as that of a server that has ended.
    pub(crate) fn serve_on(address: &str, root: &Path) -> Self {
        Self::start(address, root, "", |_| {})
    }

    /// As [`Nginx::serve_with`], but it can read only world-readable files, also if root runs the tests.
    pub(crate) fn serve_as_nobody(root: &Path, more: &str) -> Self {
        open_the_way(root);
        Self::start(&local(free_port()), root, more, |command| {
            if let Some(nobody) = nobody() {
                command.uid(nobody).gid(nobody);
            }
        })
    }

    fn start(address: &str, root: &Path, more: &str, setting: impl Fn(&mut Command)) -> Self {
        let nginx = need("nginx", "nginx-light");
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(home.path(), nobody(), nobody()).unwrap();
        let h = home.path().display().to_string();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; user root; pid {h}/pid; error_log {h}/error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{ include /etc/nginx/mime.types; access_log {h}/access.log; client_body_temp_path {h}/b; proxy_temp_path {h}/p; fastcgi_temp_path {h}/f;\n\
             uwsgi_temp_path {h}/u; scgi_temp_path {h}/s; keepalive_requests 100000;\n\
             server {{ listen {address}; root {}; autoindex on; {more} }} }}\n",
            root.display()
        );
        let path = home.path().join("nginx.conf");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-c").arg(&path).arg("-p").arg(home.path());
        setting(&mut command);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let process = Process(child);
        wait_for_address(address);
        Self {
            port: address.rsplit(':').next().unwrap().parse().unwrap(),
            process,
            home,
        }
    }

    /// Kills it.
    pub(crate) fn stop(&self) {
        let pid = self.process.0.id().try_into().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        while TcpStream::connect(local(self.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the current access log. nginx writes each line after the response.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("access.log")).unwrap()
    }
}
