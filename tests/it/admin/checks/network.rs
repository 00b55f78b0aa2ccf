//! States of jobs, mirrors, repositories and targets, in a network of real mirrors and a real server.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{fix, is_problem, problems, set_mode, shell};
use crate::support::{Env, Nginx, free_port, server_config, wait_for_port};

const OS: &str = "releases/43/Everything/x86_64/os";
/// As many hosts as the limit in percent needs.
const HOSTS: usize = 20;

/// A master, and hosts whose trees are below `mirrors`: links to one copy of the master.
struct Network {
    env: Env,
    _nginx: Nginx,
    /// The port of the first hosts, on which no server runs at first.
    second_port: u16,
}

fn host(n: usize) -> String {
    format!("m{n:02}.example.org")
}

impl Network {
    fn new(config: &str) -> Self {
        Self::with_unreachable(0, config)
    }

    /// A network whose first hosts are unreachable until [`Self::start_second_server`].
    fn with_unreachable(unreachable: usize, config: &str) -> Self {
        let env = Env::new(&format!(
            "[crawl]\nallow_private_addresses = true\nmass_loss_percent = 100\nrequests_per_second = 0\n\
             max_connections_per_server = 64\n[[category]]\nname = \"Linux\"\npath = \"master\"\n\
             [[detect.rule]]\nregex = '/releases/[0-9]+/Everything/'\nprefix = \"fedora\"\n{config}"
        ));
        env.write("mirrors/.keep", "");
        let nginx = Nginx::serve_as_nobody(&env.path("mirrors"), "");
        let second_port = free_port();
        let mut registry = "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n\
             [[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n[[site]]\nname = \"S\"\n"
            .to_owned();
        for n in 0..HOSTS {
            let port = if n < unreachable { second_port } else { nginx.port };
            write!(
                registry,
                "[[site.host]]\nname = \"{}\"\ncountry = \"DE\"\nasn = 64500\n[[site.host.category]]\nname = \"Linux\"\n\
                 urls = [\"http://127.0.0.1:{port}/m{n:02}\"]\n",
                host(n)
            )
            .unwrap();
        }
        env.write("registry.toml", registry);
        let net = Self {
            env,
            _nginx: nginx,
            second_port,
        };
        net.push(1);
        for n in 0..HOSTS {
            net.restore(n);
        }
        net.env.ok("mm-admin", &["init"]);
        net.env.ok("mm-admin", &["apply", "registry.toml"]);
        net
    }

    fn start_second_server(&self) -> Nginx {
        let listen = format!("listen 127.0.0.1:{};", self.second_port);
        Nginx::serve_as_nobody(&self.env.path("mirrors"), &listen)
    }

    /// New metadata on the master, which all mirrors with a link have at once.
    fn push(&self, version: u32) {
        let repomd = format!(
            "<repomd><data type=\"primary\"><timestamp>{}</timestamp></data></repomd>",
            1_700_000_000 + version
        );
        self.env.write(&format!("master/{OS}/repodata/repomd.xml"), repomd);
        self.env.write(&format!("master/{OS}/Packages/a.rpm"), "package a");
        set_mode(&self.env.path("master"), 0o755);
        self.copy("common");
    }

    /// Copies the master to `mirrors/NAME`.
    fn copy(&self, name: &str) {
        let to = self.env.path("mirrors").join(name);
        drop(fs::remove_dir_all(&to));
        let from = self.env.path("master");
        assert!(
            Command::new("cp")
                .arg("-a")
                .arg(from)
                .arg(to)
                .status()
                .unwrap()
                .success()
        );
    }

    /// The tree of host `n` is the common one.
    fn restore(&self, n: usize) {
        self.remove(n);
        std::os::unix::fs::symlink("common", self.env.path(&format!("mirrors/m{n:02}"))).unwrap();
    }

    fn remove(&self, n: usize) {
        let path = self.env.path(&format!("mirrors/m{n:02}"));
        drop(fs::remove_file(&path));
        drop(fs::remove_dir_all(&path));
    }

    fn run_jobs(&self) {
        for program in [
            "mm-scan-master",
            "mm-detect-release",
            "mm-crawl",
            "mm-update-mirrorlist",
        ] {
            let output = self.env.run(program, &[]);
            assert!([0, 3].contains(&output.status), "{output:?}");
        }
    }

    fn sql(&self, text: &str) {
        super::database(&self.env).execute_batch(text).unwrap();
    }

    /// Makes a target or a generation as old as 1970.
    fn make_old(&self, manifest: &str) {
        let path = self.env.path(manifest);
        let text = fs::read_to_string(&path).unwrap();
        let as_of = text.lines().find(|l| l.starts_with("as_of ")).unwrap();
        fs::write(path, text.replacen(as_of, "as_of 10", 1)).unwrap();
    }
}

#[test]
fn jobs_are_run_by_their_commands() {
    let net = Network::new("");
    let env = &net.env;
    for job in ["scan", "detect", "crawl", "update"] {
        assert!(problems(env, job)[0].1.contains("no successful run yet"));
        fix(env, job);
    }
    assert!(problems(env, "generation").is_empty());
    net.make_old("generations/current/MANIFEST");
    assert_eq!(fix(env, "generation").0, "critical");
    net.sql("UPDATE run SET started_at = started_at - 90000, ended_at = ended_at - 90000 WHERE job = 'scan'");
    assert_eq!(fix(env, "scan").0, "critical");

    // A crawl of one host says nothing about the others.
    net.sql("UPDATE run SET started_at = started_at - 50000, ended_at = ended_at - 50000 WHERE job = 'crawl'");
    env.ok("mm-crawl", &["--host", &host(0)]);
    assert_eq!(problems(env, "crawl")[0].0, "warning");
    fix(env, "crawl");

    // Neither a usage error nor a command without a subject counts as a failure of the job; an error and a killed run do.
    assert_eq!(env.run("mm-crawl", &["--revert", "9999"]).status, 2);
    assert_eq!(env.run("mm-crawl", &["--apply-pending", "9999"]).status, 3);
    assert!(problems(env, "crawl").is_empty());
    fs::rename(env.path("master"), env.path("away")).unwrap();
    assert_ne!(env.run("mm-scan-master", &[]).status, 0);
    assert!(
        problems(env, "scan")[0].1.contains("run "),
        "{:?}",
        problems(env, "scan")
    );
    fs::rename(env.path("away"), env.path("master")).unwrap();
    fix(env, "scan");
    net.sql("UPDATE run SET ended_at = NULL, exit = NULL WHERE id = (SELECT max(id) FROM run WHERE job = 'detect')");
    let (_, message) = fix(env, "detect");
    assert!(message.contains("was killed"), "{message}");
}

#[test]
fn unreachable_and_disabled_mirrors_are_crawled_by_the_command() {
    let net = Network::with_unreachable(12, "");
    let env = &net.env;
    net.run_jobs();
    let found = problems(env, "unreachable mirrors");
    let (severity, message, _) = &found[0];
    assert_eq!(severity, "critical", "{message}");
    for words in [
        "12 of 20 mirrors",
        "12 of 12 unreachable mirrors are in AS 64500",
        "12 of 12 unreachable mirrors have the address 127.0.0.1",
    ] {
        assert!(message.contains(words), "no {words:?} in {message}");
    }
    let server = net.start_second_server();
    fix(env, "unreachable mirrors");

    drop(server);
    let config = fs::read_to_string(env.path("mm.toml")).unwrap();
    env.write(
        "mm.toml",
        config.replace("[crawl]\n", "[crawl]\ndisable_after_failures = 1\n"),
    );
    env.run("mm-crawl", &["--full"]);
    let (_, message, command) = problems(env, "disabled mirrors").remove(0);
    assert!(
        message.contains(&host(0)) && message.contains("and 7 more"),
        "{message}"
    );
    assert!(command.contains("--include-disabled"), "{command}");
    let _server = net.start_second_server();
    fix(env, "disabled mirrors");
}

#[test]
fn unknown_metadata_and_leaked_releases_end_with_the_command() {
    let net = Network::new("");
    let env = &net.env;
    // A release that is not open yet.
    let staged = "releases/44/Everything/x86_64/os/repodata";
    env.write(
        &format!("master/{staged}/repomd.xml"),
        "<repomd><data><timestamp>5</timestamp></data></repomd>",
    );
    net.copy("m01");
    set_mode(&env.path("master/releases/44"), 0o700);
    net.copy("common");
    for n in (0..HOSTS).filter(|n| *n != 1) {
        net.restore(n);
    }
    net.remove(0);
    net.copy("m00");
    let repomd = format!("mirrors/m00/{OS}/repodata/repomd.xml");
    let good = fs::read_to_string(env.path(&repomd)).unwrap();
    env.write(
        &repomd,
        "<repomd><data><timestamp>1700009999</timestamp></data></repomd>",
    );
    net.run_jobs();
    for (name, n) in [("unknown metadata", 0), ("leaked releases", 1)] {
        let (severity, message, command) = problems(env, name).remove(0);
        assert_eq!(
            (severity.as_str(), command),
            ("warning", format!("mm-crawl --host {}", host(n)))
        );
        assert!(
            message.starts_with("1 mirror serves") && message.contains(&host(n)),
            "{message}"
        );
    }
    // A disabled mirror is counted, without a problem.
    for (active, is_counted) in [("admin_active=false", true), ("admin_active=true", false)] {
        env.ok("mm-admin", &["host", "set", &host(0), active]);
        let doctor = env.run("mm-admin", &["doctor"]).stdout;
        let text = "no mirror, and 1 disabled mirror served it";
        assert_eq!(doctor.contains(text), is_counted, "{active}: {doctor}");
    }
    env.write(&repomd, good);
    set_mode(&env.path("mirrors/m01/releases/44"), 0o700);
    fix(env, "unknown metadata");
    fix(env, "leaked releases");
}

#[test]
fn lost_mirrors_and_repositories_without_mirrors_are_published_by_the_command() {
    let net = Network::new("[publish]\nguard_percent = 100\n");
    let env = &net.env;
    net.run_jobs();
    assert!(problems(env, "listed mirrors").is_empty() && problems(env, "repositories").is_empty());
    for n in 0..4 {
        net.remove(n);
    }
    env.run("mm-crawl", &["--full"]);
    env.run("mm-update-mirrorlist", &[]);
    let (severity, message, command) = problems(env, "listed mirrors").remove(0);
    assert_eq!(severity, "critical", "{message}");
    assert!(message.contains("16 hosts are listed, 4 fewer"), "{message}");
    for n in 0..4 {
        net.restore(n);
    }
    shell(env, &command);
    assert!(problems(env, "listed mirrors").is_empty(), "{command}");

    // A new version, on the master only.
    let new = OS.replace("43", "44");
    let repomd = "<repomd><data><timestamp>1700000044</timestamp></data></repomd>";
    env.write(&format!("master/{new}/repodata/repomd.xml"), repomd);
    net.run_jobs();
    assert!(
        problems(env, "repositories").is_empty(),
        "mirrors have a day to copy it"
    );
    net.sql("UPDATE repository SET first_seen = 1");
    let (severity, message, command) = problems(env, "repositories").remove(0);
    assert_eq!(severity, "critical", "{message}");
    assert!(
        message.contains("1 repository without a mirror: fedora-44/x86_64"),
        "{message}"
    );
    net.copy("common");
    shell(env, &command);
    assert!(problems(env, "repositories").is_empty(), "{command}");
}

#[test]
fn targets_are_started_unpinned_and_updated_by_the_command() {
    let port = free_port();
    let net = Network::new(&format!(
        "[server]\nlisten = [\"127.0.0.1:{port}\"]\ngenerations_dir = \"app\"\nreload_interval = \"1s\"\n\
         asn_table = \"app/inputs/asn.txt\"\n[sync]\nextra_files = [\"asn.txt\"]\n\
         [[sync.target]]\nname = \"app\"\naddress = \"app\"\nhealthz = \"http://127.0.0.1:{port}/healthz\"\n"
    ));
    let env = &net.env;
    env.write("asn.txt", "192.0.2.0/24 64500\n");
    fs::create_dir(env.path("app")).unwrap();
    net.run_jobs();
    // In the place of systemd.
    let server = assert_cmd::cargo::cargo_bin("mm-mirrorlist-server");
    let stub = format!(
        "#!/bin/sh\n[ \"$*\" = 'restart mm-mirrorlist-server' ] || exit 9\nMM_CONFIG={} {} >/dev/null 2>&1 &\necho $! >server.pid\n",
        server_config(&env.path("mm.toml")).display(),
        server.display()
    );
    set_mode(&env.write("bin/systemctl", stub), 0o755);
    let (severity, message, command) = problems(env, "target app").remove(0);
    assert!(
        severity == "critical" && message.contains("no usable response"),
        "{message}"
    );
    let output = shell(env, &command);
    let pid: i32 = fs::read_to_string(env.path("server.pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let _server = Server(pid);
    assert_eq!(output.status, 0, "{output:?}");
    wait_for_port(port);
    wait_until_fixed(env, "target app");

    // The server rejects a table, and keeps the one before.
    env.write("app/inputs/asn.txt", "nonsense");
    wait_for(|| is_problem(env, "target app asn_table"));
    let (_, message, command) = problems(env, "target app asn_table").remove(0);
    assert!(message.contains("rejected"), "{message}");
    assert_eq!(shell(env, &command).status, 0);
    wait_until_fixed(env, "target app asn_table");

    // It is rolled back, and pinned without an end.
    env.ok("mm-admin", &["host", "set", &host(3), "bandwidth=7"]);
    env.ok("mm-update-mirrorlist", &[]);
    env.ok("mm-sync-out", &[]);
    env.ok("mm-sync-out", &["--rollback", "--reason", "wrong list"]);
    let (severity, message, command) = problems(env, "target app").remove(0);
    assert_eq!(severity, "warning", "{message}");
    assert!(
        message.contains("without an end") && message.contains("wrong list"),
        "{message}"
    );
    assert_eq!(shell(env, &command).status, 0);
    wait_until_fixed(env, "target app");
}

fn wait_for(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_mins(1), "nothing changed");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The server reads its files a moment after they changed.
fn wait_until_fixed(env: &Env, name: &str) {
    wait_for(|| !is_problem(env, name));
}

/// A server that a command started; it is terminated with the test.
struct Server(i32);

impl Drop for Server {
    fn drop(&mut self) {
        let killed = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.0), nix::sys::signal::Signal::SIGKILL);
        // It may have exited already.
        killed.unwrap_or_default();
    }
}

/// The results for monitoring: one line and the exit status of a plugin, and metrics.
#[test]
fn results_are_written_for_monitoring() {
    let net = Network::new("");
    let env = &net.env;
    let plugin = || {
        let report = env.run("mm-admin", &["doctor", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        let severity = report["severity"].as_str().unwrap().to_owned();
        let output = env.run("mm-admin", &["doctor", "--nagios"]);
        let statuses = ["ok", "warning", "critical", "unknown"];
        let expected = statuses.iter().position(|s| *s == severity).unwrap();
        assert_eq!(usize::try_from(output.status).unwrap(), expected, "{output:?}");
        assert_eq!(
            (output.stdout.lines().count(), output.stderr.as_str()),
            (1, ""),
            "{output:?}"
        );
        assert!(
            output
                .stdout
                .starts_with(&format!("MIRRORMANAGER {}: ", severity.to_uppercase())),
            "{output:?}"
        );
        let (_, data) = output.stdout.split_once(" | ").unwrap();
        assert!(
            data.starts_with("ok=") && data.contains("'disk of the database'="),
            "{data}"
        );
        (severity, data.to_owned())
    };
    assert_eq!(plugin().0, "warning", "no job ran");
    net.run_jobs();
    let (_, data) = plugin();
    assert!(data.contains("'crawl'=") && data.contains("s;43200;129600;0"), "{data}");
    net.make_old("generations/current/MANIFEST");
    assert_eq!(plugin().0, "critical");

    let file = env.path("checks.prom");
    let printed = env.run("mm-admin", &["doctor", "--metrics-file", &file.display().to_string()]);
    assert_eq!((printed.status, printed.stdout.as_str()), (1, ""), "{printed:?}");
    let metrics = fs::read_to_string(&file).unwrap();
    for line in [
        "# TYPE mm_check_severity gauge",
        "mm_check_severity{check=\"scan\"} 0",
        "mm_check_severity{check=\"generation\"} 2",
    ] {
        assert!(metrics.lines().any(|l| l == line), "no {line} in {metrics}");
    }
    for start in ["mm_check_age_seconds{check=\"crawl\"} ", "mm_checks_timestamp_seconds "] {
        assert!(metrics.lines().any(|l| l.starts_with(start)), "no {start} in {metrics}");
    }
    let values = metrics.lines().filter(|l| !l.starts_with('#'));
    let mut series: Vec<&str> = values.filter_map(|l| l.rsplit_once(' ')).map(|(s, _)| s).collect();
    series.sort_unstable();
    assert!(
        series.windows(2).all(|pair| pair[0] != pair[1]),
        "duplicate series: {metrics}"
    );
}
