//! Every command of `docs/RUNBOOK.md`, in its order, against a network that is in the state that each part is for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Network, REPO, fetch, push};

mod host_trouble;

/// The chapters of the runbook, each of which a test follows.
const CHAPTERS: [&str; 15] = [
    "The public list must be regenerated immediately",
    "Everything hung after the database was lost",
    "The clock of the backend is wrong",
    "A disk is full",
    "The config is broken",
    "A mirror serves tampered metadata",
    "A mirror is dead",
    "A mirror announces a downtime",
    "A new backend from nothing",
    "The mirrorlist server must be restarted",
    "A release comes out",
    OPENING,
    "Something waits for a decision",
    "A version reaches the end of its life",
    "The scheme of versions changed",
];

/// The chapter whose first commands are for the days before.
const OPENING: &str = "The master opens a release";

/// The parts of the runbook: title, and command lines.
fn parts() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/RUNBOOK.md")).unwrap();
    let mut parts = vec![(String::new(), Vec::new())];
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix("## ") {
            parts.push((title.to_owned(), Vec::new()));
        } else if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            parts.last_mut().unwrap().1.push(line.to_owned());
        }
    }
    assert!(!inside, "a block is not closed");
    parts
}

/// The exit status that the comment of a line names: `mm-admin config check # exit status 2`.
fn expected_status(line: &str) -> i32 {
    line.split_once("# exit status ")
        .map_or(0, |(_, status)| status.trim().parse().unwrap())
}

#[test]
fn every_chapter_of_the_runbook_is_followed() {
    let titles: Vec<String> = parts().into_iter().skip(1).map(|(title, _)| title).collect();
    assert_eq!(titles, CHAPTERS);
}

impl Network {
    /// The number of directories whose removal is pending.
    fn pending_count(&self) -> i64 {
        let db = rusqlite::Connection::open(self.env.path("mm.db")).unwrap();
        db.query_row("SELECT count(*) FROM pending_removal", [], |row| row.get(0))
            .unwrap_or_default()
    }

    /// Copies version 43 to an archive that all mirrors carry.
    fn archive_version_43(&self) {
        let to = self.env.path("archive/linux/releases");
        fs::create_dir_all(&to).unwrap();
        let from = self.env.path("master/releases/43");
        let copied = Command::new("cp").arg("-r").arg(from).arg(to).status();
        assert!(copied.unwrap().success());
        let config = fs::read_to_string(self.env.path("mm.toml")).unwrap();
        let category = "[[category]]\nname = \"Fedora Archive\"\npath = \"archive\"\n";
        self.env.write("mm.toml", format!("{config}{category}"));
        let mut registry =
            "[[category]]\nname = \"Fedora Archive\"\nproduct = \"Fedora\"\ntopdir = \"pub/archive\"\n".to_owned();
        for (name, nginx) in ["a", "b", "c"].iter().zip(&self.mirrors) {
            let site = format!(
                "[[site]]\nname = \"{name}\"\n[[site.host]]\nname = \"{name}.example.org\"\n[[site.host.category]]\n\
                 name = \"Fedora Archive\"\nurls = [\"{}/archive\"]\nalways_up2date = true\n",
                nginx.url()
            );
            registry.push_str(&site);
        }
        self.env.write("archive.toml", registry);
        self.env.ok("mm-admin", &["apply", "archive.toml"]);
    }

    /// Version 45 is staged on the master and on all mirrors, and opens on all of them.
    fn open_version_45(&self) {
        self.copy_version_43_to("45");
        let set_mode = |of: &str, mode| {
            let staged = self.env.path(of).join("releases/45");
            fs::set_permissions(staged, fs::Permissions::from_mode(mode)).unwrap();
        };
        set_mode("master", 0o750);
        for mirror in ["a", "b", "c"] {
            fetch(&self.env, mirror);
        }
        let lines = &parts().into_iter().find(|(title, _)| title == OPENING).unwrap().1;
        let opening = lines.iter().position(|line| line.contains("release open")).unwrap();
        let printed = self.follow_lines(OPENING, &lines[..opening]);
        let readiness = printed.last().unwrap();
        let verdict = "verdict: version 45 is ready: 1 repository, staged, each on at least 3 mirrors";
        assert!(readiness.trim_end().ends_with(verdict), "{readiness}");
        for of in ["master", "a", "b", "c"] {
            set_mode(of, 0o755);
        }
        let printed = self.follow_lines(OPENING, &lines[opening..]);
        let verdict = "verdict: version 45 is open: 1 repository served by 1 server; 3 mirrors are listed for it, 3 of 3 that had it staged";
        assert!(printed[0].trim_end().ends_with(verdict), "{}", printed[0]);
        assert!(self.get("/metalink?repo=fedora-45&arch=x86_64").contains("<url "));
    }

    fn copy_version_43_to(&self, version: &str) {
        let master = self.env.path("master");
        let new = master.join(REPO.replace("43", version));
        fs::create_dir_all(new.parent().unwrap()).unwrap();
        let copied = Command::new("cp").arg("-r").arg(master.join(REPO)).arg(&new).status();
        assert!(copied.unwrap().success());
    }

    /// Runs the lines of one part in a shell; each must end with status 0, or with the one that it names. Returns their outputs.
    fn follow(&self, part: &str) -> Vec<String> {
        self.follow_with(part, |_, _| {})
    }

    /// As [`Network::follow`]; `before` is called with the number of each line, from 0, and the line, before it is run.
    fn follow_with(&self, part: &str, mut before: impl FnMut(usize, &str)) -> Vec<String> {
        let parts = parts();
        let (_, lines) = parts.iter().find(|(title, _)| title == part).unwrap();
        self.run_lines(part, lines, &mut before)
    }

    /// Runs some lines of a part.
    fn follow_lines(&self, part: &str, lines: &[String]) -> Vec<String> {
        self.run_lines(part, lines, &mut |_, _| {})
    }

    fn run_lines(&self, part: &str, lines: &[String], before: &mut dyn FnMut(usize, &str)) -> Vec<String> {
        assert!(!lines.is_empty());
        let run = |(number, line): (usize, &String)| {
            before(number, line);
            let out = self.shell_command(line).output().unwrap();
            let printed = [out.stdout, out.stderr].concat();
            let printed = String::from_utf8_lossy(&printed).into_owned();
            let status = out.status.code();
            assert_eq!(status, Some(expected_status(line)), "{part}: {line}\n{printed}");
            printed
        };
        lines.iter().enumerate().map(run).collect()
    }

    /// The command of a line, with the paths and addresses of this network.
    fn shell_command(&self, line: &str) -> Command {
        let here = |name: &str| self.env.path(name).display().to_string();
        let pending = format!("--count {}", self.pending_count());
        let server = format!("http://127.0.0.1:{}", self.port);
        let mut text = line.to_owned();
        for (written, real) in [
            ("--count 312", &pending),
            ("http://app1.example.org:3000", &server),
            ("http://b.example.org/pub/linux", &self.mirrors[1].url()),
            ("/var/lib/mirrormanager", &here("")),
            ("/var/log/mirrormanager", &here("log")),
            ("/run/mirrormanager", &here("locks")),
            ("/srv/mirrormanager-backups", &here("offsite")),
        ] {
            text = text.replace(written, real);
        }
        let programs = assert_cmd::cargo::cargo_bin("mm-locks");
        let programs = programs.parent().unwrap().display();
        // The server is configured on a machine of its own.
        let is_server = line.starts_with("mm-mirrorlist-server");
        let config = if is_server { "server.toml" } else { "mm.toml" };
        let mut command = Command::new("bash");
        command
            .args(["-c", &text])
            .env("PATH", format!("{}:{programs}:/usr/sbin:/usr/bin:/bin", here("bin")))
            .env("MM_CONFIG", self.env.path(config))
            .current_dir(self.env.path(""));
        command
    }

    /// Gives the target the name that it has in the runbook.
    fn rename_target(&self) {
        let config = fs::read_to_string(self.env.path("mm.toml")).unwrap();
        self.env
            .write("mm.toml", config.replace("name = \"app\"", "name = \"app1\""));
    }

    /// Installs a script as a program, which comes before that of the system.
    fn install_script(&self, name: &str, script: &str) {
        let path = self.env.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn the_commands_of_the_runbook_fix_their_incidents() {
    let mut net = Network::new();
    net.rename_target();
    let printed = net.follow("");
    assert!(printed[0].contains(" 0 critical"), "{printed:?}");

    // A second generation, to roll back.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    push(&net.env, 2);
    for mirror in ["a", "b", "c"] {
        fetch(&net.env, mirror);
    }
    net.env.ok("mm-scan-master", &[]);
    net.env.ok("mm-crawl", &[]);
    let printed = net.follow("The public list must be regenerated immediately").concat();
    assert!(printed.contains("wrong list, see the ticket"), "{printed}");
    assert_eq!(net.listed(), [true, true, true]);

    // The database is gone, and a dead job left its lock.
    net.env.ok("mm-admin", &["backup"]);
    for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
        drop(fs::remove_file(net.env.path(name)));
    }
    let stale = net.env.write("locks/crawl.lock", "");
    assert!(
        net.get("/metalink?repo=fedora-43&arch=x86_64").contains("repomd.xml"),
        "clients notice nothing"
    );
    let printed = net.follow("Everything hung after the database was lost");
    assert!(!stale.exists(), "{printed:?}");
    assert!(!printed.last().unwrap().contains("mm-admin init"), "{printed:?}");
    assert_eq!(net.listed(), [true, true, true]);

    // In the place of systemd.
    let server = assert_cmd::cargo::cargo_bin("mm-mirrorlist-server");
    let note = net.env.path("server.pid").display().to_string();
    let script = format!(
        "[ \"$*\" = 'restart mm-mirrorlist-server' ] || exit 9\nkill {old}\n\
         while readlink /proc/{old}/exe >/dev/null; do sleep 0.05; done\nMM_CONFIG=${{MM_CONFIG%mm.toml}}server.toml {new} >/dev/null 2>&1 &\necho $! >{note}\n",
        old = net.server.0.id(),
        new = server.display()
    );
    net.install_script("systemctl", &script);
    let restarted = net.follow("The mirrorlist server must be restarted");
    net.server.0.wait().unwrap();
    let _second = Second(fs::read_to_string(note).unwrap().trim().parse().unwrap());
    assert!(restarted.concat().contains("app1"), "{restarted:?}");

    // Version 44 appears, on all mirrors.
    let master = net.env.path("master");
    net.copy_version_43_to("44");
    for mirror in ["a", "b", "c"] {
        fetch(&net.env, mirror);
    }
    let printed = net.follow("A release comes out").concat();
    assert!(printed.contains("44"), "{printed}");
    assert!(net.get("/metalink?repo=fedora-44&arch=x86_64").contains("<url "));
    net.open_version_45();
    // The master loses version 44.
    fs::remove_dir_all(master.join("releases/44")).unwrap();
    assert_eq!(net.env.run("mm-scan-master", &[]).status, 3);
    let printed = net.follow("Something waits for a decision").concat();
    assert!(printed.contains("confirmed: removal-1"), "{printed}");
    net.copy_version_43_to("44");
    net.env.ok("mm-scan-master", &[]);
    let printed = net.follow("The scheme of versions changed");
    assert!(printed[0].contains("fedora-44"), "{printed:?}");
    net.archive_version_43();
    let printed = net.follow("A version reaches the end of its life").concat();
    assert!(
        printed.contains("the master removes pub/linux/releases/43"),
        "{printed}"
    );
    fs::remove_dir_all(master.join("releases/43")).unwrap();
    net.env.ok("mm-scan-master", &["--category", "Linux"]);
    let metalink = net.get("/metalink?repo=fedora-43&arch=x86_64");
    assert!(metalink.contains("/archive/linux/releases/43"), "{metalink}");
}

/// The restarted server; it is terminated with the test.
struct Second(i32);

impl Drop for Second {
    fn drop(&mut self) {
        let killed = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.0), nix::sys::signal::Signal::SIGKILL);
        // It may have exited already.
        killed.unwrap_or_default();
    }
}
