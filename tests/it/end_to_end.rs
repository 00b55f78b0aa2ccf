//! The complete pipeline with real programs: `createrepo_c`, rpmbuild, nginx, and dnf, zypper, aria2c and curl as clients.

mod master;
mod opening;
mod release;
mod runbook;
mod zypper;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Env, Nginx, Process, free_port, need, wait_for_port};

/// The repository of the tests, below the top directory of the category.
const REPO: &str = "releases/43/Everything/x86_64/os";

/// A master, three mirrors behind nginx, a server.
struct Network {
    env: Env,
    mirrors: Vec<Nginx>,
    port: u16,
    server: Process,
}

impl Network {
    /// Starts everything, with the first push on all mirrors and published.
    fn new() -> Self {
        let port = free_port();
        let env = Env::new(&format!(
            "[crawl]\nallow_private_addresses = true\n\
             [server]\nlisten = [\"127.0.0.1:{port}\"]\ngenerations_dir = \"app\"\nreload_interval = \"1s\"\n\
             [[sync.target]]\nname = \"app\"\naddress = \"app\"\nhealthz = \"http://127.0.0.1:{port}/healthz\"\n\
             [[category]]\nname = \"Linux\"\npath = \"master\"\n\
             [[detect.rule]]\nregex = '/releases/[0-9]+/Everything/'\nprefix = \"fedora\"\n"
        ));
        fs::create_dir(env.path("app")).unwrap();
        push(&env, 1);
        let mut registry = "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n\
             [[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n"
            .to_owned();
        let mut mirrors = Vec::new();
        for name in ["a", "b", "c"] {
            fetch(&env, name);
            // As on real mirrors, what is staged is unreadable for the web server.
            let nginx = Nginx::serve_as_nobody(&env.path(name), "");
            let site = format!(
                "[[site]]\nname = \"{name}\"\n[[site.host]]\nname = \"{name}.example.org\"\ncountry = \"DE\"\n\
                 [[site.host.category]]\nname = \"Linux\"\nurls = [\"{}\"]\n",
                nginx.url()
            );
            registry.push_str(&site);
            mirrors.push(nginx);
        }
        env.write("registry.toml", registry);
        env.ok("mm-admin", &["init"]);
        env.ok("mm-admin", &["apply", "registry.toml"]);
        env.ok("mm-scan-master", &[]);
        env.ok("mm-detect-release", &[]);
        env.ok("mm-crawl", &[]);
        env.ok("mm-update-mirrorlist", &[]);
        let server = Process(env.command("mm-mirrorlist-server").spawn().unwrap());
        env.ok("mm-sync-out", &[]);
        wait_for_port(port);
        Self {
            env,
            mirrors,
            port,
            server,
        }
    }

    fn url(&self, request: &str) -> String {
        format!("http://127.0.0.1:{}{request}", self.port)
    }

    /// Downloads with curl.
    fn get(&self, request: &str) -> String {
        let curl = need("curl", "curl");
        let out = Command::new(curl)
            .args(["-sS", "--fail", &self.url(request)])
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{request}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    }

    /// The mirrors that the metalink lists.
    fn listed(&self) -> Vec<bool> {
        let metalink = self.get("/metalink?repo=fedora-43&arch=x86_64");
        self.mirrors
            .iter()
            .map(|m| metalink.contains(&format!("{}/", m.url())))
            .collect()
    }

    /// Runs dnf without a cache to download the package through the metalink; returns the file name of the package.
    fn dnf(&self) -> String {
        let dnf = need("dnf", "dnf");
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name).display().to_string();
        let conf = format!(
            "[main]\ncachedir={}\npersistdir={}\nlogdir={}\nreposdir={}\ngpgcheck=0\nplugins=0\n\
             [demo]\nname=demo\nmetalink={}\n",
            at("cache"),
            at("persist"),
            at("log"),
            at("none"),
            self.url("/metalink?repo=fedora-43&arch=x86_64")
        );
        fs::write(home.path().join("dnf.conf"), conf).unwrap();
        let out = Command::new(dnf)
            .args([
                "-c",
                &at("dnf.conf"),
                "--installroot",
                &at("root"),
                "--releasever=43",
                "--forcearch=x86_64",
                "-y",
            ])
            .args(["install", "--downloadonly", "mm-hello"])
            .output()
            .unwrap();
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        assert!(out.status.success(), "dnf: {printed}");
        let rpm = find(home.path(), ".rpm").unwrap_or_else(|| panic!("dnf downloaded nothing: {printed}"));
        rpm.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Downloads `path` with aria2c through the metalink; `None` if aria2c rejects the content.
    fn aria2(&self, path: &str) -> Option<Vec<u8>> {
        let aria2 = need("aria2c", "aria2");
        let home = tempfile::tempdir().unwrap();
        let out = Command::new(aria2)
            .args([
                "--no-conf",
                "--follow-metalink=mem",
                "--check-integrity=true",
                "--max-tries=1",
                "-d",
            ])
            .arg(home.path())
            .arg(self.url(&format!("/metalink?path={path}")))
            .output()
            .unwrap();
        out.status
            .success()
            .then(|| fs::read(home.path().join(Path::new(path).file_name().unwrap())).unwrap())
    }
}

/// Push number `n`: a new package of its own version, new metadata.
fn push(env: &Env, n: u32) {
    let repo = env.path("master").join(REPO);
    fs::create_dir_all(repo.join("Packages")).unwrap();
    let spec = env.write(
        "hello.spec",
        format!(
            "Name: mm-hello\nVersion: 1.{n}\nRelease: 1\nSummary: A package of the tests\nLicense: MIT\nBuildArch: noarch\n\
             %description\nIt installs one file.\n%install\nmkdir -p %{{buildroot}}/usr/share/mm-hello\n\
             echo hello > %{{buildroot}}/usr/share/mm-hello/hello\n%files\n/usr/share/mm-hello/hello\n"
        ),
    );
    let define = |key: &str, dir: PathBuf| format!("{key} {}", dir.display());
    let rpmbuild = Command::new(need("rpmbuild", "rpm"))
        .args(["-bb", "--quiet", "--define", &define("_topdir", env.path("rpmbuild"))])
        .args([
            "--define",
            &define("_rpmdir", repo.join("Packages")),
            "--define",
            &define("_dbpath", env.path("rpmdb")),
        ])
        .arg(spec)
        .output()
        .unwrap();
    assert!(
        rpmbuild.status.success(),
        "{}",
        String::from_utf8_lossy(&rpmbuild.stderr)
    );
    let createrepo = Command::new(need("createrepo_c", "createrepo-c"))
        .arg("-q")
        .arg(&repo)
        .output()
        .unwrap();
    assert!(
        createrepo.status.success(),
        "{}",
        String::from_utf8_lossy(&createrepo.stderr)
    );
}

/// Mirror `name` fetches the master.
fn fetch(env: &Env, name: &str) {
    let rsync = Command::new(need("rsync", "rsync"))
        .args(["-a", "--checksum", "--delete"])
        .arg(format!("{}/", env.path("master").display()))
        .arg(env.path(name))
        .output()
        .unwrap();
    assert!(rsync.status.success(), "{}", String::from_utf8_lossy(&rsync.stderr));
}

/// Serves another repomd.xml of the same size: the first digit of its revision differs.
fn tamper(env: &Env, name: &str) {
    let path = env.path(name).join(REPO).join("repodata/repomd.xml");
    let text = fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once("<revision>").unwrap();
    let (first, rest) = after.split_at(1);
    let other = if first == "9" { "8" } else { "9" };
    fs::write(&path, format!("{before}<revision>{other}{rest}")).unwrap();
}

fn find(dir: &Path, suffix: &str) -> Option<PathBuf> {
    fs::read_dir(dir).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            find(&path, suffix)
        } else {
            path.to_string_lossy().ends_with(suffix).then_some(path)
        }
    })
}

#[test]
fn dnf_installs_at_every_moment_while_a_tampered_mirror_is_taken_off() {
    let net = Network::new();
    assert_eq!(net.listed(), [true, true, true]);
    assert_eq!(net.dnf(), "mm-hello-1.1-1.noarch.rpm");

    // A push: one mirror has it, one serves other metadata, one is behind.
    push(&net.env, 2);
    fetch(&net.env, "a");
    fetch(&net.env, "b");
    tamper(&net.env, "b");
    net.dnf();
    net.env.ok("mm-scan-master", &[]);
    net.dnf();
    net.env.ok("mm-update-mirrorlist", &[]);
    net.env.ok("mm-sync-out", &[]);
    assert_eq!(
        net.listed(),
        [true, true, true],
        "a push that is not crawled yet empties no list"
    );
    net.dnf();

    let crawl = net.env.run("mm-crawl", &[]);
    assert_eq!(crawl.status, 0, "{crawl:?}");
    assert!(
        crawl.stderr.contains("b.example.org"),
        "a foreign repomd is an alarm that names its host: {crawl:?}"
    );
    net.dnf();
    net.env.ok("mm-update-mirrorlist", &[]);
    net.dnf();
    net.env.ok("mm-sync-out", &[]);
    assert_eq!(
        net.listed(),
        [true, false, true],
        "the tampered mirror is off at once, the lagging one stays"
    );
    let mirrorlist = net.get("/mirrorlist?repo=fedora-43&arch=x86_64");
    assert!(!mirrorlist.contains(&net.mirrors[1].url()), "{mirrorlist}");
    let got = net.dnf();
    assert!(
        ["mm-hello-1.1-1.noarch.rpm", "mm-hello-1.2-1.noarch.rpm"].contains(&got.as_str()),
        "{got}"
    );
}

#[test]
fn aria2_verifies_what_a_path_metalink_promises() {
    let net = Network::new();
    let path = format!("pub/linux/{REPO}/repodata/repomd.xml");
    let repomd = fs::read(net.env.path("master").join(REPO).join("repodata/repomd.xml")).unwrap();
    assert_eq!(net.aria2(&path), Some(repomd));
    for mirror in ["a", "b", "c"] {
        tamper(&net.env, mirror);
    }
    assert_eq!(net.aria2(&path), None, "no mirror serves what was promised");
}

#[test]
fn curl_reads_a_mirrorlist_and_follows_a_redirect() {
    let net = Network::new();
    let list = net.get("/mirrorlist?repo=fedora-43&arch=x86_64");
    assert_eq!(list.lines().filter(|l| l.starts_with("http")).count(), 3, "{list}");
    let curl = need("curl", "curl");
    let url = net.url(&format!(
        "/mirrorlist?path=pub/linux/{REPO}/repodata/repomd.xml&redirect=1"
    ));
    let out = Command::new(curl).args(["-sSL", "--fail", &url]).output().unwrap();
    assert_eq!(
        out.stdout,
        fs::read(net.env.path("master").join(REPO).join("repodata/repomd.xml")).unwrap()
    );
}
