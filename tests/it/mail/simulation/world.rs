//! The simulated site: a master with three repositories, twenty mirrors, one app server.

use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

/// The mirrors on one server; one more is on a server of its own.
pub(super) const MIRRORS: usize = 20;
pub(super) const LONELY: &str = "lonely.example.org";

const REPOSITORIES: [&str; 3] = ["releases/42", "releases/43", "updates/43"];
const DISK_BYTES: u64 = 2 << 30;

pub(super) fn mirror(n: usize) -> String {
    format!("m{n:02}.example.org")
}

impl Simulation {
    /// A site that has been set up on a Saturday, an hour before midnight.
    pub(super) fn new(scheduler: Scheduler, is_mail_configured: bool) -> Self {
        let env = Env::new("");
        let disk = Disk::mount(env.path("disk"));
        create_lock_dir(&disk.0.join("locks"));
        for dir in ["app", "metrics", "www"] {
            std::fs::create_dir(env.path(dir)).unwrap();
        }
        crate::support::open_to_server(&env.path("app"), None, 0o2750);
        for repository in REPOSITORIES {
            write_repository(&env, repository, 1);
        }
        mirror_master(&env, "tree");
        for n in 1..=MIRRORS {
            point_mirror(&env, n, "tree");
        }
        let failure_dir = env.path("failure");
        std::fs::create_dir(&failure_dir).unwrap();
        let sink = SmtpSink::start();
        let lonely_address = own_address();
        let mirrors = Nginx::serve(&env.path("www"));
        let lonely = Nginx::serve_on(&lonely_address, &env.path("tree"));
        let server_port = free_port();
        let mail = if is_mail_configured {
            sink.config()
        } else {
            String::new()
        };
        configure(
            &env,
            &format!("[server]\nlisten = [\"127.0.0.1:{server_port}\"]\ngenerations_dir = \"app\"\n{mail}"),
        );
        let jobs = match scheduler {
            Scheduler::Cron => cron_lines().into_iter().map(Job::Line).collect(),
            Scheduler::Systemd => timers().into_iter().map(Job::Timer).collect(),
        };
        let mut site = Self {
            failure: FailureUnit::new(&failure_dir),
            jobs,
            sink,
            now: 0,
            changed_at: 0,
            is_every_run: false,
            mails: String::new(),
            differences: Vec::new(),
            lonely_address,
            mirrors,
            lonely: Some(lonely),
            server_port,
            server: None,
            disk,
            faketime: Faketime::start(),
            env,
        };
        site.set_up();
        site
    }

    fn set_up(&mut self) {
        self.register();
        for command in [
            "mm-scan-master",
            "mm-detect-release",
            "mm-crawl",
            "mm-update-mirrorlist",
            "mm-sync-out",
        ] {
            self.ok(command);
        }
        self.ok("mm-admin backup");
        self.ok("mm-admin mail digest");
        self.sink.take();
        self.set_file_times();
        let server = self.env.command("mm-mirrorlist-server").spawn().unwrap();
        self.server = Some(Process(server));
        wait_for_port(self.server_port);
    }

    fn register(&self) {
        let urls = (1..=MIRRORS).map(|n| (mirror(n), format!("{}/{}", self.mirrors.url(), mirror(n))));
        let lonely = (LONELY.to_owned(), format!("http://{}", self.lonely_address));
        let host = |(name, url): (String, String)| {
            format!(
                "[[site.host]]\nname = \"{name}\"\ncountry = \"DE\"\n[[site.host.category]]\nname = \"Linux\"\nurls = [\"{url}\"]\n"
            )
        };
        let hosts: String = urls.chain([lonely]).map(host).collect();
        self.env.write(
            "registry.toml",
            format!(
                "[[product]]\nname = \"Linux\"\n[[arch]]\nname = \"x86_64\"\n[[category]]\nname = \"Linux\"\nproduct = \"Linux\"\n\
                 topdir = \"pub/linux\"\n[[site]]\nname = \"S\"\n{hosts}"
            ),
        );
        self.ok("mm-admin init");
        self.ok("mm-admin apply registry.toml");
    }
}

/// An address of loopback that no other test uses, also while nothing listens there.
fn own_address() -> String {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    format!(
        "127.{}.{low}.{}:8080",
        high | 0x80,
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

fn configure(env: &Env, more: &str) {
    env.configure(&format!(
        "contact = \"mirrors@example.org\"\n\
         [crawl]\nallow_private_addresses = true\nrequests_per_second = 0\nrequests_per_day = 0\nmax_connections_per_server = 32\n\
         [[category]]\nname = \"Linux\"\npath = \"master\"\n\
         [[detect.rule]]\nregex = '^pub/linux/releases/'\nprefix = \"linux\"\n\
         [[detect.rule]]\nregex = '^pub/linux/updates/'\nprefix = \"updates\"\n\
         [[sync.target]]\nname = \"app\"\naddress = \"app\"\n{more}"
    ));
    let path = env.path("mm.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("sqlite:mm.db", "sqlite:disk/mm.db")
        .replace("\"locks\"", "\"disk/locks\"");
    std::fs::write(path, text).unwrap();
}

impl Disk {
    /// Only root mounts; CI runs as root.
    fn mount(path: PathBuf) -> Self {
        assert!(
            nix::unistd::Uid::effective().is_root(),
            "this test needs root, for a file system of its own"
        );
        std::fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK_BYTES}"), "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(mounted.success());
        Self(path)
    }

    /// Makes it as large as its content, or as large as it was.
    pub(super) fn set_full(&self, is_full: bool) {
        let text = Command::new("df")
            .args(["--output=used", "-B1"])
            .arg(&self.0)
            .output()
            .unwrap()
            .stdout;
        let text = String::from_utf8(text).unwrap();
        let used: u64 = text.lines().nth(1).unwrap().trim().parse().unwrap();
        let option = format!("remount,size={}", if is_full { used } else { DISK_BYTES });
        let mounted = Command::new("mount")
            .args(["-o", &option])
            .arg(&self.0)
            .status()
            .unwrap();
        assert!(mounted.success());
    }
}

/// Writes a repository of the master with one package, and metadata that name it.
pub(super) fn write_repository(env: &Env, path: &str, revision: u32) {
    let top = format!("master/{path}/x86_64/os");
    env.write(
        &format!("{top}/Packages/a-{revision}.rpm"),
        format!("package {revision}"),
    );
    let primary = format!("primary {revision}");
    env.write(&format!("{top}/repodata/primary.xml.gz"), &primary);
    let sha = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&primary));
    env.write(
        &format!("{top}/repodata/repomd.xml"),
        format!(
            "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>{revision}</revision><data type=\"primary\">\
             <checksum type=\"sha256\">{sha}</checksum><location href=\"repodata/primary.xml.gz\"/><timestamp>{revision}</timestamp>\
             <size>{}</size></data></repomd>\n",
            primary.len()
        ),
    );
}

/// Copies the master to a tree of mirrors, as rsync does for an anonymous user.
pub(super) fn mirror_master(env: &Env, tree: &str) {
    let copied = Command::new(need("rsync", "rsync"))
        .args(["-a", "--delete", "--chmod=D755,F644"])
        .arg(format!("{}/", env.path("master").display()))
        .arg(env.path(tree))
        .status()
        .unwrap();
    assert!(copied.success());
}

/// The mirror serves this tree from now on.
pub(super) fn point_mirror(env: &Env, n: usize, tree: &str) {
    let link = env.path("www").join(mirror(n));
    drop(std::fs::remove_file(&link));
    std::os::unix::fs::symlink(env.path(tree), link).unwrap();
}
