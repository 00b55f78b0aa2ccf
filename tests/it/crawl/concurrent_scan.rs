//! The master changes and is scanned during a crawl: no mirror that follows is unlisted.

use super::run::{start, wait};
use super::servers::{Mirror, TestNetwork};
use super::*;
use crate::support::rsyncd::Rsyncd;

/// One mirror of each kind; each has its own copy of the tree.
struct Mirrors {
    net: Net,
    slow: Vec<Mirror>,
    _wire: TestNetwork,
    _nginx: Nginx,
    _rsyncd: Vec<Rsyncd>,
}

const SLOW: usize = 4;
const NAMES: [&str; 7] = [
    "slow0.org",
    "slow1.org",
    "slow2.org",
    "slow3.org",
    "nginx.org",
    "rsync.org",
    "both.org",
];

fn copy(name: &str) -> String {
    format!("copies/{name}/m")
}

impl Mirrors {
    fn new() -> Self {
        let net = Net::new("workers = 8\n");
        for n in 0..12 {
            net.write(&format!("tree/pool/{n:02}/a.rpm"), "package");
            net.write(&format!("tree/pool/{n:02}/b.rpm"), "package");
        }
        for name in NAMES {
            std::fs::create_dir_all(net.env.path(&format!("copies/{name}"))).unwrap();
            net.copy_to(&copy(name));
        }
        let network = TestNetwork::new();
        let at = |name: &str| net.env.path(&copy(name));
        let slow: Vec<Mirror> = (0..SLOW).map(|n| Mirror::serve(&network, &at(NAMES[n]))).collect();
        let nginx = Nginx::serve_with(&at("nginx.org"), "location ~ ^/closed/ { return 403; }");
        let both = Mirror::serve(&network, &at("both.org"));
        let rsyncd = ["rsync.org", "both.org"].map(|name| Rsyncd::serve(&at(name)));
        let by_rsync = |n: usize| format!("rsync://127.0.0.1:{}/master", rsyncd[n].port);
        let mut urls: Vec<String> = slow.iter().map(Mirror::url).collect();
        let listed = Mirror::serve(&network, &at("rsync.org"));
        urls.extend([
            nginx.url(),
            format!("{} {}", listed.url(), by_rsync(0)),
            format!("{} {}", both.url(), by_rsync(1)),
        ]);
        let named: Vec<(&str, &str)> = NAMES.into_iter().zip(urls.iter().map(String::as_str)).collect();
        net.register(&named);
        net.sqlite()
            .execute("UPDATE host SET crawl_probe = 'rsync' WHERE name = 'rsync.org'", [])
            .unwrap();
        net.crawl();
        let mut slow = slow;
        slow.push(both);
        Self {
            net,
            slow,
            _wire: network,
            _nginx: nginx,
            _rsyncd: rsyncd.into(),
        }
    }

    /// The changes of one day on the master: new metadata, a package removed, one added, one replaced, a new directory.
    fn push(&self, day: u32) {
        self.net.push(day);
        let (net, length) = (&self.net, usize::try_from(day).unwrap());
        let old = net.env.path(&format!("tree/pool/00/{}.rpm", day - 1));
        drop(std::fs::remove_file(old));
        net.write(&format!("tree/pool/00/{day}.rpm"), &"x".repeat(length));
        net.write("tree/pool/01/a.rpm", &format!("another package {}", "y".repeat(length)));
        net.write(&format!("tree/new/{day}/a.rpm"), "package");
        net.write(&format!("tree/{OS}/Packages/{day}.rpm"), "package");
        drop(std::fs::remove_file(
            net.env.path(&format!("tree/{OS}/Packages/{}.rpm", day - 1)),
        ));
    }

    /// Syncs a mirror from the master, file by file.
    fn follow(&self, name: &str) {
        let (from, to) = (self.net.env.path("tree/"), self.net.env.path(&copy(name)));
        let done = Command::new(crate::support::need("rsync", "rsync"))
            .args(["-a", "--delete-after", "--ignore-times", "--exclude=/closed"])
            .arg(format!("{}/", from.display()))
            .arg(&to)
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Starts a crawl and waits until it probes the slow mirrors.
    fn begin(&self, args: &[&str]) -> crate::support::Process {
        for m in &self.slow {
            m.forget();
            m.delay(Duration::from_millis(40));
        }
        let crawl = start(&self.net, args);
        let started = Instant::now();
        while self.slow.iter().take(SLOW).any(|m| m.requests().len() < 4) {
            assert!(started.elapsed() < Duration::from_secs(30), "nobody is asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        crawl
    }

    fn end(&self, crawl: &mut crate::support::Process) {
        let status = wait(crawl, Duration::from_mins(1));
        assert_eq!(status.code(), Some(0));
        for m in &self.slow {
            m.delay(Duration::ZERO);
        }
    }

    /// Asserts that every mirror is listed for all directories that existed before and still exist.
    fn all_are_listed(&self, what: &str) {
        self.all_are_listed_but(what, &[]);
    }

    fn all_are_listed_but(&self, what: &str, not: &[&str]) {
        let mut all: Vec<String> = open_directories();
        all.retain(|path| !not.contains(&path.as_str()));
        all.extend((0..12).map(|n| format!("pool/{n:02}")));
        for path in all {
            let mut listed = self.net.listed(&path);
            listed.sort();
            let mut names = NAMES.map(str::to_owned);
            names.sort();
            assert_eq!(listed, names, "{what}: {path}");
        }
    }

    /// Asserts that after the next crawls all mirrors have all directories.
    fn truth(&self, what: &str) {
        for args in [&["--full"][..], &[]] {
            self.net.crawl_with(args);
        }
        let mut all: Vec<String> = self
            .net
            .sql_rows("SELECT path FROM directory WHERE vanished_at IS NULL AND readable");
        all.sort();
        for name in NAMES {
            let inventory = self.net.inventory(name);
            assert_eq!(inventory.present, all, "{what}: {name}");
            let unplain: Vec<_> = inventory.exceptions.keys().filter(|path| *path != "closed").collect();
            assert!(unplain.is_empty(), "{what}: {name}: {:?}", inventory.exceptions);
        }
    }
}

/// The mirrors sync at different times: before the crawl, before the scan, after it, and after the crawl.
#[test]
fn scan_during_a_crawl_unlists_no_current_mirror() {
    let mirrors = Mirrors::new();
    for (day, args) in [(2, &["--full"][..]), (3, &[])] {
        let what = format!("day {day} {args:?}");
        mirrors.push(day);
        if day == 3 {
            // The incremental crawl has directories to probe.
            mirrors.net.scan();
            for name in NAMES {
                mirrors.follow(name);
            }
            mirrors.push(13);
        }
        for quick in ["slow0.org", "nginx.org"] {
            mirrors.follow(quick);
        }
        let mut crawl = mirrors.begin(args);
        for follows in ["slow1.org", "rsync.org"] {
            mirrors.follow(follows);
        }
        mirrors.net.scan();
        mirrors.follow("slow2.org");
        mirrors.end(&mut crawl);
        mirrors.all_are_listed(&what);
        for late in ["slow3.org", "both.org"] {
            mirrors.follow(late);
        }
        mirrors.all_are_listed(&what);
        mirrors.truth(&what);
    }
}

/// A mirror that has a push before the scan recorded it is current.
#[test]
fn mirror_with_a_newer_repomd_than_the_scan_stays_listed() {
    let mirrors = Mirrors::new();
    mirrors.push(2);
    for name in NAMES {
        mirrors.follow(name);
    }
    mirrors.net.crawl();
    // Its digest can be published only after a scan has recorded it.
    mirrors.all_are_listed_but("before the scan", &[OS, REPODATA]);
    assert!(
        !mirrors
            .net
            .sql_rows("SELECT path FROM directory WHERE needs_scan = 1")
            .is_empty(),
        "a scan is wanted"
    );
    mirrors.net.scan();
    mirrors.all_are_listed("after the scan");
    mirrors.truth("after the scan");
}

/// A scan during a push of the master, and one after the push was reverted.
#[test]
fn two_scans_during_a_crawl() {
    let mirrors = Mirrors::new();
    let mut crawl = mirrors.begin(&["--full"]);
    mirrors.push(2);
    mirrors.net.scan();
    mirrors.follow("slow1.org");
    mirrors.push(3);
    mirrors.net.scan();
    mirrors.follow("slow2.org");
    mirrors.end(&mut crawl);
    mirrors.all_are_listed("two scans");
    for name in NAMES {
        mirrors.follow(name);
    }
    mirrors.truth("two scans");
}
