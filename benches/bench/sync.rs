//! Deploys a generation of Fedora's size to 24 targets over ssh, compared with the same number of rsync runs, eight at a time; and
//! rolls back three targets.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use mirrormanager::model::Timestamp;
use mirrormanager::publish::writer::GenerationWriter;
use mirrormanager::snapshot::generation::{self, GenerationSink as _, MANIFEST, Manifest};

use crate::scale::{self, Size};
use crate::sshd::Sshd;
use crate::support::{Env, Process, free_port, need, wait_for_port};
use crate::table::{Bar, Row};
use crate::{measure_alternately, seconds};

const TARGETS: usize = 24;
/// The default of `sync.concurrency`.
const CONCURRENCY: usize = 8;
/// Limits of the ratios.
const MAX_PUSH: f64 = 1.5;
const MAX_UNCHANGED: f64 = 0.1;
/// The number of targets that are rolled back, and the limit in seconds.
const ROLLBACK_TARGETS: usize = 3;
const MAX_ROLLBACK: f64 = 3.0;
/// The number of files of a generation.
const FILES: usize = 3_000;
/// The size in bytes of a page that is added: that of a page of one repository.
const PAGE_SIZE: usize = 8 << 10;

pub(crate) fn rows() -> Vec<Row> {
    let site = Site::new();
    let (push, unchanged) = site.measure_pushes();
    let rollback = site.measure_rollbacks();
    let row = |name, (measured, reference), bar| Row {
        area: "sync",
        name,
        measured,
        reference,
        unit: "s",
        bar: Bar::AtMost(bar),
    };
    vec![
        row("push-24", push, MAX_PUSH),
        row("unchanged-24", unchanged, MAX_UNCHANGED),
        row("rollback-3", rollback, 1.0),
    ]
}

/// Two generations, and a host with all targets.
struct Site {
    env: Env,
    sshd: Sshd,
    /// The current generation is the last.
    generations: [Manifest; 2],
}

impl Site {
    fn new() -> Self {
        let env = Env::new("");
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        let now = i64::try_from(since.as_secs()).unwrap();
        scale::write(&env.path(""), Size::new(1), Timestamp(now));
        env.ok("mm-update-mirrorlist", &[]);
        let dir = env.path("generations");
        let (current_dir, manifest) = generation::current(&dir).unwrap().unwrap();
        let own = manifest.files.iter();
        let mut files: BTreeMap<String, Vec<u8>> = own
            .map(|f| (f.path.clone(), fs::read(current_dir.join(&f.path)).unwrap()))
            .collect();
        let rendered = files.len();
        for n in rendered..FILES {
            let page = format!("<!DOCTYPE html><title>Page {n}</title>\n").into_bytes();
            let filled = page.iter().copied().cycle().take(PAGE_SIZE).collect();
            files.insert(format!("public/more/{}/{n}.html", n % 100), filled);
        }
        let bytes: usize = files.values().map(Vec::len).sum();
        let generations = [1, 2].map(|round| {
            files.insert("public/round.html".to_owned(), format!("{round}\n").into_bytes());
            let writer = GenerationWriter::new(&dir).unwrap();
            for (path, bytes) in &files {
                writer.put(path, bytes).unwrap();
            }
            writer.publish(Timestamp(now + round), 3).unwrap();
            generation::current(&dir).unwrap().unwrap().1
        });
        eprintln!(
            "a generation of {} files, {rendered} of them rendered by mm-update-mirrorlist, and {} MB",
            files.len(),
            bytes / 1_000_000
        );
        Self {
            env,
            sshd: Sshd::start(),
            generations,
        }
    }

    fn directories(&self, stem: &str, count: usize) -> Vec<PathBuf> {
        (0..count).map(|n| self.env.path(&format!("{stem}{n}"))).collect()
    }

    fn configure(&self, targets: &[PathBuf], healthz: impl Fn(usize) -> String) {
        let mut config = format!("[sync]\n{}", self.sshd.keys());
        for (n, target) in targets.iter().enumerate() {
            let (to, healthz) = (self.sshd.to(target), healthz(n));
            writeln!(
                config,
                "[[sync.target]]\nname = \"t{n}\"\naddress = \"{to}\"\nhealthz = \"{healthz}\""
            )
            .unwrap();
        }
        self.env.configure(&config);
    }

    fn sync(&self, args: &[&str]) -> f64 {
        seconds(|| {
            self.env.ok("mm-sync-out", args);
        })
    }

    /// Measures a push to empty targets, and a run in which all targets are current; both compared with rsync alone.
    fn measure_pushes(&self) -> ((f64, f64), (f64, f64)) {
        let (targets, copies) = (self.directories("target", TARGETS), self.directories("copy", TARGETS));
        let healthz = serve_healthz(targets.clone());
        self.configure(&targets, |n| format!("{healthz}/{n}"));
        let mut unchanged = Vec::new();
        let ours = || {
            empty(&targets);
            let seconds = self.sync(&[]);
            unchanged.push(self.sync(&[]));
            seconds
        };
        let rsync = || {
            empty(&copies);
            self.copy_by_rsync(&copies)
        };
        let push = measure_alternately(3, ours, rsync);
        let complete = targets.iter().all(|t| is_complete(t, &self.generations[1]));
        assert!(complete, "a target differs from the generation");
        unchanged.sort_by(f64::total_cmp);
        let median = unchanged[unchanged.len() / 2];
        empty(&targets);
        empty(&copies);
        (push, (median, push.1))
    }

    /// Copies the generation to all directories with rsync, [`CONCURRENCY`] at a time.
    fn copy_by_rsync(&self, targets: &[PathBuf]) -> f64 {
        let rsync = need("rsync", "rsync");
        let ssh = format!(
            "ssh -p {} -i {} -o UserKnownHostsFile={} -o BatchMode=yes",
            self.sshd.port,
            self.sshd.file("client_key").display(),
            self.sshd.file("known_hosts").display()
        );
        let source = self.env.path("generations").join(self.generations[1].id.as_str());
        let one = |target: &Path| {
            let to = self.sshd.to(target).replace("rsync+ssh://", "");
            let status = Command::new(&rsync)
                .args(["--recursive", "--checksum", "-e", &ssh])
                .arg(format!("{}/", source.display()))
                .arg(to.replace(&format!(":{}/", self.sshd.port), ":/"))
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        };
        let next = AtomicUsize::new(0);
        seconds(|| {
            std::thread::scope(|scope| {
                for _ in 0..CONCURRENCY {
                    scope.spawn(|| {
                        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                            one(target);
                        }
                    });
                }
            });
        })
    }

    /// Measures a rollback until the servers of the targets report the previous generation.
    fn measure_rollbacks(&self) -> (f64, f64) {
        let targets = self.directories("app", ROLLBACK_TARGETS);
        let ports: Vec<u16> = targets.iter().map(|_| free_port()).collect();
        self.configure(&targets, |_| String::new());
        let previous = self.generations[0].id.to_string();
        // Each target gets both generations.
        self.sync(&["--rollback", &previous]);
        self.sync(&["--unpin"]);
        let _servers: Vec<Process> = (targets.iter().zip(&ports))
            .map(|(target, port)| self.serve(target, *port))
            .collect();
        self.configure(&targets, |n| format!("http://127.0.0.1:{}/healthz", ports[n]));
        let rollback = || {
            let seconds = self.sync(&["--rollback", &previous]);
            assert!(targets.iter().all(|t| is_complete(t, &self.generations[0])));
            self.sync(&["--unpin"]);
            seconds
        };
        measure_alternately(3, rollback, || MAX_ROLLBACK)
    }

    /// Starts the server of a target with the default config.
    fn serve(&self, target: &Path, port: u16) -> Process {
        let config = format!(
            "user = \"daemon\"\n[server]\nlisten = [\"127.0.0.1:{port}\"]\ngenerations_dir = \"{}\"\n",
            target.display()
        );
        let config = self.env.write(&format!("server-{port}.toml"), config);
        let mut server = self.env.command("mm-mirrorlist-server");
        server.env("MM_CONFIG", config).stderr(Stdio::null());
        let process = Process(server.spawn().unwrap());
        wait_for_port(port);
        process
    }
}

fn empty(targets: &[PathBuf]) {
    for target in targets {
        drop(fs::remove_dir_all(target));
    }
    // The next measurement must not wait for these writes.
    rustix::fs::sync();
}

/// Returns true if a target has all files of the generation.
fn is_complete(target: &Path, manifest: &Manifest) -> bool {
    let (current_dir, _) = generation::current(target).unwrap().unwrap();
    generation::verify(&current_dir).unwrap().files == manifest.files
}

/// Reports under `/N` the current generation of target `N`, as its server would. Twenty-four real servers on this host would take most
/// of the time, because each loads the generation.
fn serve_healthz(targets: Vec<PathBuf>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 4096];
            let length = stream.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let number = text
                .strip_prefix("GET /")
                .and_then(|t| t.split(' ').next()?.parse::<usize>().ok());
            let manifest = fs::read_to_string(targets[number.unwrap()].join("current").join(MANIFEST));
            let body = manifest.map_or_else(
                |_| r#"{"generation":null}"#.to_owned(),
                |text| {
                    let manifest: Manifest = text.parse().unwrap();
                    format!(r#"{{"generation":"{}","as_of":{}}}"#, manifest.id, manifest.as_of.0)
                },
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A client that disconnected sends its request again.
            drop(stream.write_all((head + &body).as_bytes()));
        }
    });
    url
}
