//! The full pipeline: from a master tree to a client that gets a metalink of good mirrors.
//!
//! In a temporary directory this program builds a Fedora-like master tree, starts five small mirrors (current, one push behind, half
//! synced, wrong sizes, dead), registers them, and does what a sysadmin would: it runs the built programs one after the other,
//! shows each command and its output, and checks every claim. It exits with status 1 at the first claim that is false.
//!
//! `make demo`, or `cargo build --bins && cargo run --example demo`. With `--keep` the server keeps running and its URL is printed.
#![expect(clippy::print_stdout, reason = "the demo shows what happens")]

#[path = "demo/mirror.rs"]
mod mirror;
#[path = "demo/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use mirror::{Behavior, Mirror};

/// The topdir of the demo's category.
const TOPDIR: &str = "pub/linux";
/// The user that the programs become if root runs the demo: the server does not run as root.
const USER: &str = "nobody";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            println!("\nFAILED: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let keep = std::env::args().skip(1).any(|a| a == "--keep");
    if let Some(other) = std::env::args().skip(1).find(|a| a != "--keep") {
        bail!("unknown option {other}; the only one is --keep");
    }
    let begun = Instant::now();
    let mut demo = Demo::new()?;
    demo.set_up()?;
    demo.first_crawl()?;
    demo.a_push_empties_no_list()?;
    demo.a_third_release()?;
    demo.a_killed_crawl()?;
    println!(
        "
All claims are true ({:.1} s).",
        begun.elapsed().as_secs_f64()
    );
    println!("The public list is at {}/", demo.url());
    if keep {
        println!(
            "The server runs until you press Ctrl-C; all files are in {}",
            demo.home.path().display()
        );
        loop {
            std::thread::sleep(Duration::from_hours(1));
        }
    }
    Ok(())
}

struct Demo {
    home: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    master: PathBuf,
    current: Mirror,
    behind: Mirror,
    half: Mirror,
    liar: Mirror,
    dead: Mirror,
    server: Option<Server>,
}

/// The mirrorlist server; it is terminated with the demo.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have exited already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Demo {
    fn new() -> Result<Self> {
        let home = tempfile::Builder::new().prefix("mirrormanager-demo-").tempdir()?;
        let at = |name: &str| home.path().join("mirrors").join(name);
        let programs = std::env::current_exe()?
            .parent()
            .and_then(Path::parent)
            .context("the demo is not in target/…/examples")?
            .to_owned();
        Ok(Self {
            programs,
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            master: home.path().join("master/linux"),
            current: Mirror::start(at("current"), Behavior::Honest)?,
            behind: Mirror::start(at("behind"), Behavior::Honest)?,
            half: Mirror::start(at("half"), Behavior::Honest)?,
            liar: Mirror::start(at("liar"), Behavior::WrongSizes)?,
            dead: Mirror::start(at("dead"), Behavior::Dead)?,
            home,
            server: None,
        })
    }

    /// The tree, its mirrors, the config, the registry; then the first scan.
    fn set_up(&mut self) -> Result<()> {
        title("A master tree with two releases, and a config");
        for version in [42, 43] {
            tree::add_release(&self.master, version)?;
        }
        for dir in ["log", "generations", "app-server"] {
            fs::create_dir(self.home.path().join(dir))?;
            self.give_to_user(dir)?;
        }
        self.give_to_user("")?;
        fs::write(self.home.path().join("mirrormanager.toml"), self.config())?;
        fs::write(self.home.path().join("registry.toml"), self.registry()?)?;
        self.run("mm-admin", &["init"])?;
        self.run("mm-admin", &["apply", "registry.toml"])?;

        title("Scan the master and detect releases");
        self.run("mm-scan-master", &["-v"])?;
        let output = self.run("mm-detect-release", &["-v"])?;
        claim(
            "both releases were detected",
            output.contains("fedora-42") && output.contains("fedora-43"),
        )?;

        title("A day later: a second push of updates; one mirror has not fetched it yet");
        tree::mirror(&self.master, &self.behind.root)?;
        for version in [42, 43] {
            tree::push_updates(&self.master, version, 2)?;
        }
        tree::mirror(&self.master, &self.current.root)?;
        tree::mirror(&self.master, &self.liar.root)?;
        // Its rsync is still running: release 43 has not arrived.
        tree::mirror(&self.master, &self.half.root)?;
        for part in ["releases/43", "updates/43"] {
            fs::remove_dir_all(self.half.root.join(part))?;
        }
        self.run("mm-scan-master", &["-v"])?;
        Ok(())
    }

    /// Gives a directory to the user that the programs become.
    fn give_to_user(&self, dir: &str) -> Result<()> {
        if !nix::unistd::Uid::effective().is_root() {
            return Ok(());
        }
        let user = nix::unistd::User::from_name(USER)?.with_context(|| format!("the user {USER} does not exist"))?;
        let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
        Ok(std::os::unix::fs::chown(
            self.home.path().join(dir),
            Some(uid),
            Some(gid),
        )?)
    }

    fn first_crawl(&mut self) -> Result<()> {
        title("Crawl the mirrors");
        self.run("mm-crawl", &["-v"])?;
        self.publish_first()?;

        title("Only the right mirrors are listed");
        self.lists("/metalink?repo=fedora-43&arch=x86_64", &[&self.current, &self.behind])?;
        self.lists(
            "/metalink?repo=fedora-42&arch=x86_64",
            &[&self.current, &self.behind, &self.half],
        )?;
        self.lists(
            "/mirrorlist?repo=fedora-42&arch=aarch64",
            &[&self.current, &self.behind, &self.half],
        )?;
        let updates = "/metalink?repo=updates-released-f43&arch=x86_64";
        self.lists(updates, &[&self.current, &self.behind])?;
        let metalink = self.get(updates)?;
        claim(
            "the mirror that is one push behind is covered by an alternate",
            metalink.contains("<mm0:alternate>"),
        )
    }

    /// Publishes the first generation and starts the server.
    fn publish_first(&mut self) -> Result<()> {
        title("Publish a generation and deploy it");
        self.run("mm-update-mirrorlist", &["-v"])?;
        // The server loads the generation that sync-out copies; the verification waits for it.
        let child = Command::new(self.programs.join("mm-mirrorlist-server"))
            .env("MM_CONFIG", self.home.path().join("mirrormanager.toml"))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting mm-mirrorlist-server; build it with: cargo build --bins")?;
        println!("$ mm-mirrorlist-server &");
        self.server = Some(Server(child));
        self.run("mm-sync-out", &["-v"])?;
        Ok(())
    }

    fn a_push_empties_no_list(&self) -> Result<()> {
        title("A third push, scanned but not yet crawled: no list becomes empty");
        tree::push_updates(&self.master, 43, 3)?;
        self.run("mm-scan-master", &["-v"])?;
        self.update_and_sync()?;
        let updates = "/metalink?repo=updates-released-f43&arch=x86_64";
        self.lists(updates, &[&self.current, &self.behind])?;
        let newest = fs::read(tree::updates_dir(&self.master, 43, "x86_64").join("repodata/repomd.xml"))?;
        let hash = sha256(&newest);
        claim(
            "the newest metadata is what the metalink promises",
            self.get(updates)?.contains(&hash),
        )
    }

    fn a_third_release(&self) -> Result<()> {
        title("Release 44 appears in the tree");
        tree::add_release(&self.master, 44)?;
        tree::mirror(&self.master, &self.current.root)?;
        self.run("mm-scan-master", &["-v"])?;
        let output = self.run("mm-detect-release", &["-v"])?;
        claim("it was detected", output.contains("fedora-44"))?;
        self.run("mm-crawl", &["-v"])?;
        self.update_and_sync()?;
        self.lists("/metalink?repo=fedora-44&arch=x86_64", &[&self.current])?;
        self.lists("/mirrorlist?repo=fedora-44&arch=aarch64", &[&self.current])?;
        claim("the Versions page shows it", self.get("/versions/")?.contains("44"))
    }

    fn a_killed_crawl(&self) -> Result<()> {
        title("A crawl is killed in the middle");
        for mirror in [&self.current, &self.behind] {
            mirror.slow.store(true, Ordering::Relaxed);
        }
        let mut crawl = self
            .command("mm-crawl", &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        println!("$ mm-crawl & sleep 1; kill -KILL $!");
        std::thread::sleep(Duration::from_secs(1));
        ensure!(
            crawl.try_wait()?.is_none(),
            "the crawl finished before it could be killed"
        );
        let output = self.run("mm-locks", &[])?;
        claim(
            "mm-locks shows it running",
            output.contains("crawl") && output.contains("live"),
        )?;
        crawl.kill()?;
        crawl.wait()?;
        for mirror in [&self.current, &self.behind] {
            mirror.slow.store(false, Ordering::Relaxed);
        }
        self.run("mm-locks", &[])?;
        self.run("mm-crawl", &["-v"])?;
        self.update_and_sync()?;
        self.lists("/metalink?repo=fedora-44&arch=x86_64", &[&self.current])?;
        let output = self.run("mm-locks", &[])?;
        claim(
            "the next crawl ran, and nothing is left to clean",
            output.contains("no locks"),
        )
    }

    fn update_and_sync(&self) -> Result<()> {
        self.run("mm-update-mirrorlist", &["-v"])?;
        self.run("mm-sync-out", &["-v"])?;
        Ok(())
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(args)
            .env("MM_CONFIG", self.home.path().join("mirrormanager.toml"))
            .current_dir(self.home.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program, shows its output, and requires exit status 0.
    fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        println!(
            "$ {program}{}{}",
            if args.is_empty() { "" } else { " " },
            args.join(" ")
        );
        let output = self
            .command(program, args)
            .output()
            .with_context(|| format!("running {program}; build it with: cargo build --bins"))?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in stdout.lines() {
            println!("  {line}");
        }
        ensure!(
            output.status.success(),
            "{program} failed with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(stdout)
    }

    /// Checks that a response names exactly these mirrors.
    fn lists(&self, request: &str, expected: &[&Mirror]) -> Result<()> {
        let response = self.get(request)?;
        let all = [&self.current, &self.behind, &self.half, &self.liar, &self.dead];
        let named: BTreeSet<String> = all
            .iter()
            .map(|m| m.url())
            .filter(|url| response.contains(url.as_str()))
            .collect();
        let expected: BTreeSet<String> = expected.iter().map(|m| m.url()).collect();
        ensure!(
            named == expected,
            "{request} should name {expected:?} and names {named:?}:\n{response}"
        );
        println!("  ✓ {request} names {} of 5 mirrors, the right ones", named.len());
        Ok(())
    }

    /// Returns the body of a response.
    fn get(&self, request: &str) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).context("connecting to the mirrorlist server")?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        let (head, body) = response.split_once("\r\n\r\n").context("the response has no body")?;
        ensure!(
            head.starts_with("HTTP/1.1 200 "),
            "unexpected response to {request}:
{response}"
        );
        Ok(body.to_owned())
    }

    fn config(&self) -> String {
        let home = self.home.path().display();
        let port = self.port;
        format!(
            "database = \"sqlite:mirrormanager.db\"\n\
             # The user that the programs become if root starts them.\n\
             user = \"{USER}\"\n\
             generations_dir = \"generations\"\n\
             lock_dir = \"locks\"\n\
             log_dir = \"log\"\n\n\
             [crawl]\n\
             allow_private_addresses = true\n\n\
             [server]\n\
             listen = [\"127.0.0.1:{port}\"]\n\
             generations_dir = \"app-server\"\n\n\
             [[sync.target]]\n\
             name = \"app-server\"\n\
             address = \"app-server\"\n\
             healthz = \"http://127.0.0.1:{port}/healthz\"\n\n\
             [[category]]\n\
             name = \"Demo Linux\"\n\
             path = \"{home}/master/linux\"\n\n\
             [[detect.rule]]\n\
             regex = '/releases/[0-9]+/Everything/'\n\
             prefix = \"fedora\"\n\n\
             [[detect.rule]]\n\
             regex = '/updates/[0-9]+/Everything/'\n\
             prefix = \"updates-released\"\n\
             version_prefix = \"f\"\n"
        )
    }

    fn registry(&self) -> Result<String> {
        use std::fmt::Write as _;
        let mut text = format!(
            "[[product]]\nname = \"Demo\"\n\n[[arch]]\nname = \"x86_64\"\nprimary = true\n\n[[arch]]\nname = \"aarch64\"\n\n\
             [[category]]\nname = \"Demo Linux\"\nproduct = \"Demo\"\ntopdir = \"{TOPDIR}\"\n"
        );
        let mirrors = [
            ("current", "DE", &self.current),
            ("behind", "FR", &self.behind),
            ("half", "US", &self.half),
            ("liar", "JP", &self.liar),
            ("dead", "BR", &self.dead),
        ];
        for (name, country, mirror) in mirrors {
            write!(
                text,
                "\n[[site]]\nname = \"{name}\"\norg_url = \"https://{name}.example.org\"\n  [[site.host]]\n  name = \
                 \"{name}.example.org\"\n  country = \"{country}\"\n  bandwidth = 1000\n    [[site.host.category]]\n    name = \
                 \"Demo Linux\"\n    urls = [\"{}\"]\n",
                mirror.url()
            )?;
        }
        Ok(text)
    }
}

fn title(text: &str) {
    println!("\n== {text}");
}

fn claim(what: &str, is_true: bool) -> Result<()> {
    ensure!(is_true, "false claim: {what}");
    println!("  ✓ {what}");
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
