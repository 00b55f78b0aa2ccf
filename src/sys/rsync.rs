//! The rsync program, asked for a listing: what a scan of the master and a crawl of the mirrors share.
//!
//! One `--list-only --recursive`, whose output is read as it comes ([`list`]). Recursion stays incremental, as rsync has it: with
//! `--no-inc-recursive` the program keeps the whole tree in memory (27 MB instead of 9 MB for 220,000 entries, and growing with
//! them) and says nothing before it has all of it, which looks like silence and is no quicker.
//!
//! Only the exit status tells whether a listing is whole ([`Ended::end`]). The program runs in a group of its own, which is ended at
//! the deadline. Of a mirror it gets less than of our own master: a bound for its memory, and nothing from our environment
//! that would lead it elsewhere or let it ask a person for a password.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use crate::sys::child::{self, ChildError, ChildLimits, ChildOutput, SpawnOptions};
use crate::sys::http::resolve;

pub use crate::sys::http::resolve::NoAddress;

/// The port of rsync daemons.
const PORT: u16 = 873;
/// The most address space of a program that lists a mirror, in bytes. It keeps the entries of one directory at a time, of daemons
/// older than rsync 3.0 all of the tree: four million entries fit in.
const MEMORY: u64 = 512 << 20;
/// Statuses of rsync(1): "partial transfer due to error", and "partial transfer due to vanished source files".
const EXIT_PARTIAL: i32 = 23;
const EXIT_VANISHED: i32 = 24;
/// "Error in socket I/O", and "timeout waiting for daemon connection".
const EXIT_CONNECT: [i32; 2] = [10, 35];
/// "Timeout in data send/receive".
const EXIT_TIMEOUT: i32 = 30;
/// How much of a message is kept, in characters.
const MESSAGE: usize = 300;

/// Whose tree is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteKind {
    /// The master's: the environment may name a password, a proxy or a program to connect with.
    Master,
    /// A mirror's.
    Mirror,
}

/// What to list.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The top, with a slash at its end.
    pub address: &'a str,
    /// More options.
    pub options: &'a [String],
    /// Whose it is.
    pub whose: RemoteKind,
    /// The longest a connection to a daemon may take to come up; in whole seconds.
    pub connect: Duration,
    /// The longest without a byte, the greeting included; in whole seconds.
    pub silence: Duration,
}

impl Request<'_> {
    fn arguments(&self) -> Vec<String> {
        let whole = |time: Duration| time.as_secs().max(1);
        // With names as they are rsync needs not hold each character against the locale: a tenth of its time.
        let mut args: Vec<String> = [
            "--list-only",
            "--recursive",
            "--no-motd",
            "--no-human-readable",
            "--8-bit-output",
        ]
        .map(str::to_owned)
        .to_vec();
        args.push(format!("--timeout={}", whole(self.silence)));
        // Only a connection to a daemon has a time limit of its own.
        if self.address.starts_with("rsync://") || self.address.contains("::") {
            args.push(format!("--contimeout={}", whole(self.connect)));
        }
        args.extend(self.options.iter().cloned());
        args.push("--".to_owned());
        args.push(self.address.to_owned());
        args
    }

    fn setting(&self) -> SpawnOptions<'static> {
        match self.whose {
            RemoteKind::Master => SpawnOptions {
                // Times in UTC, and messages in English.
                set: &[("TZ", "UTC0"), ("LC_ALL", "C")],
                unset: &[],
                memory: None,
            },
            RemoteKind::Mirror => SpawnOptions {
                // With a password that no daemon has, a module that wants one is an error; without, a terminal is asked.
                set: &[("TZ", "UTC0"), ("LC_ALL", "C"), ("RSYNC_PASSWORD", "none")],
                unset: &["RSYNC_PROXY", "RSYNC_CONNECT_PROG"],
                memory: Some(MEMORY),
            },
        }
    }
}

/// Runs the program while `read` reads its output. When `read` returns early, the program is ended, and its status says nothing.
pub fn list<R>(
    request: &Request<'_>,
    limits: &ChildLimits,
    read: impl FnOnce(&mut dyn Read) -> R,
) -> Result<(Ended, R), ChildError> {
    let (finished, answer) = child::stream("rsync", "rsync", &request.arguments(), request.setting(), limits, read)?;
    Ok((Ended(finished), answer))
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended(ChildOutput);

/// What that says of the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsyncOutcome {
    /// It is whole. Files may have vanished while it was made.
    Whole,
    /// Something could not be read: what is listed is there, what is not may be there, too.
    InPart,
    /// No connection came up: nothing was listed.
    NoConnection,
    /// Nothing came for too long.
    Silent,
    /// It broke off, or never began.
    Failed,
}

impl Ended {
    /// What the status says.
    pub fn end(&self) -> RsyncOutcome {
        match self.0.status {
            Some(0 | EXIT_VANISHED) => RsyncOutcome::Whole,
            Some(EXIT_PARTIAL) => RsyncOutcome::InPart,
            Some(status) if EXIT_CONNECT.contains(&status) => RsyncOutcome::NoConnection,
            Some(EXIT_TIMEOUT) => RsyncOutcome::Silent,
            _ => RsyncOutcome::Failed,
        }
    }

    /// The status with the first thing the program complained of: what follows is often only how it gave up.
    pub fn message(&self) -> String {
        let text = String::from_utf8_lossy(&self.0.stderr);
        let lines = || text.lines().map(str::trim).filter(|l| !l.is_empty());
        let first = lines()
            .find(|l| l.contains("@ERROR"))
            .or_else(|| lines().find(|l| !l.starts_with("rsync error:")))
            .or_else(|| lines().next());
        let status = self
            .0
            .status
            .map_or_else(|| "a signal".to_owned(), |s| format!("status {s}"));
        match first {
            Some(line) => {
                let line: String = line
                    .chars()
                    .map(|c| if c.is_control() { '?' } else { c })
                    .take(MESSAGE)
                    .collect();
                format!("rsync ended with {status}: {line}")
            }
            None => format!("rsync ended with {status}"),
        }
    }

    /// The directories that could not be opened for want of permission, escaped as in listings and as seen from the module, where
    /// that is all the program complains of; `None` where something else went wrong, or what it said was cut.
    pub fn closed(&self) -> Option<Vec<&[u8]>> {
        let mut lines: Vec<&[u8]> = self.0.stderr.split(|b| *b == b'\n').collect();
        lines.retain(|line| !line.is_empty());
        // The summary: that the text is whole.
        lines.pop().filter(|last| last.starts_with(b"rsync error: "))?;
        lines.into_iter().map(closed_directory).collect()
    }

    /// Whether the daemon says that it has no such module, or no such directory in it.
    pub fn is_gone(&self) -> bool {
        let text = String::from_utf8_lossy(&self.0.stderr);
        text.lines().any(|l| {
            l.starts_with("@ERROR: Unknown module")
                || (l.contains("change_dir") && (l.ends_with("failed: No such file or directory (2)")))
        })
    }
}

/// Of the line `rsync: [sender] opendir "PATH" (in MODULE) failed: Permission denied (13)` the path. The reason is in the language of
/// the daemon, its number is that of all systems.
fn closed_directory(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"rsync: ")?;
    let rest = rest.strip_prefix(b"[sender] ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"opendir \"")?.strip_suffix(b" (13)")?;
    let end = rest.windows(6).rposition(|w| w == b"\" (in ")?;
    rest.get(..end)
}

/// An address `rsync://host[:port]/module[/path]`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// As it stands in the address; IPv6 in brackets.
    host: String,
    port: u16,
    /// The module and what follows it, with a slash at the end.
    path: String,
}

impl Daemon {
    /// Takes an address apart. Refused is what could be taken for an option, and what daemons take for a pattern.
    pub fn parse(address: &str) -> Result<Self, String> {
        let url = url::Url::parse(address).map_err(|e| format!("{address}: {e}"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() != "rsync" || host.is_empty() {
            return Err(format!("{address} is no rsync://host/module"));
        }
        let path = url.path().trim_matches('/');
        if path.is_empty() {
            return Err(format!("{address} names no module"));
        }
        if host.starts_with('-') || path.split('/').any(|part| part.starts_with('-')) {
            return Err(format!("a part of {address} begins with a dash"));
        }
        if path.contains(['*', '?', '[', ' ']) {
            return Err(format!("{address} is a pattern"));
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(PORT),
            path: format!("{path}/"),
        })
    }

    /// Where it can be reached, by the same policy as in [`crate::sys::http`].
    pub fn addresses(&self, timeout: Duration, allow_private: bool) -> Result<Vec<SocketAddr>, NoAddress> {
        resolve::addresses(&format!("{}:{}", self.host, self.port), timeout, allow_private)
    }

    /// The address to list it at one of these: a name that is looked up again may lead elsewhere. (The daemon is not told by which
    /// name it was found.)
    pub fn at(&self, address: SocketAddr) -> String {
        format!("rsync://{address}/{}", self.path)
    }

    /// What follows the module, without slashes at its ends; empty = the module itself.
    pub fn below_module(&self) -> &str {
        self.path
            .split_once('/')
            .map_or("", |(_, below)| below.trim_matches('/'))
    }

    /// `host:port`, for messages.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(address: &str, whose: RemoteKind) -> Request<'_> {
        Request {
            address,
            options: &[],
            whose,
            connect: Duration::from_millis(1),
            silence: Duration::from_mins(2),
        }
    }

    #[test]
    fn the_address_comes_last_and_is_no_option() {
        let args = request("--daemon", RemoteKind::Mirror).arguments();
        assert_eq!(args[args.len() - 2..], ["--", "--daemon"]);
        assert!(args.contains(&"--timeout=120".to_owned()));
        assert!(!args.iter().any(|a| a.starts_with("--contimeout")));
        for address in ["rsync://m/x/", "m::x/"] {
            let args = request(address, RemoteKind::Mirror).arguments();
            assert!(args.contains(&"--contimeout=1".to_owned()), "{args:?}");
        }
    }

    fn ended(status: Option<i32>, stderr: &str) -> Ended {
        Ended(ChildOutput {
            status,
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
        })
    }

    #[test]
    fn the_status_decides_what_counts() {
        for (status, end) in [
            (Some(0), RsyncOutcome::Whole),
            (Some(24), RsyncOutcome::Whole),
            (Some(23), RsyncOutcome::InPart),
            (Some(10), RsyncOutcome::NoConnection),
            (Some(35), RsyncOutcome::NoConnection),
            (Some(30), RsyncOutcome::Silent),
            (Some(5), RsyncOutcome::Failed),
            (Some(12), RsyncOutcome::Failed),
            (Some(20), RsyncOutcome::Failed),
            (None, RsyncOutcome::Failed),
        ] {
            assert_eq!(ended(status, "").end(), end, "{status:?}");
        }
    }

    #[test]
    fn what_it_complained_of_first_is_shown() {
        let summary = "rsync error: error starting client-server protocol (code 5) at main.c(1954) [Receiver=3.5.0]\n";
        let full = format!("Password: @ERROR: auth failed on module x\n{summary}");
        assert_eq!(
            ended(Some(5), &full).message(),
            "rsync ended with status 5: Password: @ERROR: auth failed on module x"
        );
        let reset = "rsync: change_dir \"x\" (in m) failed: No such file or directory (2)\nrsync: read error\n";
        let e = ended(Some(23), reset);
        assert!(e.message().contains("change_dir") && e.is_gone(), "{e:?}");
        assert!(ended(Some(5), "@ERROR: Unknown module 'x'\n").is_gone());
        assert!(!ended(Some(23), "rsync: opendir \"x\" (in m) failed: Permission denied (13)\n").is_gone());
        assert_eq!(
            ended(Some(5), summary).message(),
            format!("rsync ended with status 5: {}", summary.trim())
        );
        assert_eq!(ended(None, "").message(), "rsync ended with a signal");
        let long = ended(Some(5), &format!("\u{1b}[31m{}", "x".repeat(9_999))).message();
        assert!(long.len() < 400 && !long.contains('\u{1b}'), "{long}");
    }

    #[test]
    fn directories_that_were_closed_are_told_where_that_is_all() {
        let summary =
            "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1956)\n";
        let closed = |lines: &str| {
            let ended = ended(Some(23), &format!("{lines}{summary}"));
            let paths = |all: Vec<&[u8]>| all.iter().map(|p| p.escape_ascii().to_string()).collect::<Vec<_>>();
            ended.closed().map(paths)
        };
        let one = "rsync: [sender] opendir \"closed/44\" (in m) failed: Permission denied (13)\n";
        let old = "rsync: opendir \"/a \" (in b\" (in m) failed: Keine Berechtigung (13)\n";
        assert_eq!(closed(one).unwrap(), ["closed/44"]);
        assert_eq!(closed(&format!("{one}{old}")).unwrap(), ["closed/44", "/a \\\" (in b"]);
        for other in [
            "rsync: [sender] opendir \"x\" (in m) failed: Input/output error (5)\n",
            "rsync: [sender] readlink_stat(\"x\" (in m)) failed: Permission denied (13)\n",
            "IO error encountered -- skipping file deletion\n",
        ] {
            assert_eq!(closed(&format!("{one}{other}")), None, "{other}");
        }
        assert_eq!(ended(Some(23), one).closed(), None, "cut");
        assert_eq!(ended(Some(23), "").closed(), None);
    }

    #[test]
    fn what_follows_the_module_is_told() {
        for (address, below) in [("rsync://m/pub", ""), ("rsync://m/pub/a/b/", "a/b")] {
            assert_eq!(Daemon::parse(address).unwrap().below_module(), below);
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        let parsed = |text: &str| Daemon::parse(text).map(|d| (d.name(), d.at("[2a00::1]:874".parse().unwrap())));
        for (text, name) in [
            ("rsync://m.example.org/pub/linux", "m.example.org:873"),
            ("rsync://m.example.org:874/pub/linux/", "m.example.org:874"),
            ("rsync://[2a00::1]:874/pub/linux", "[2a00::1]:874"),
        ] {
            let expected = (name.to_owned(), "rsync://[2a00::1]:874/pub/linux/".to_owned());
            assert_eq!(parsed(text), Ok(expected), "{text}");
        }
        for bad in [
            "https://m/pub",
            "rsync://m",
            "rsync://m/",
            "rsync:///pub",
            "rsync://-oProxyCommand=x/pub",
            "rsync://m/--daemon",
            "rsync://m/pub/-e",
            "rsync://m/pub/*",
            "m::pub",
        ] {
            assert!(Daemon::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn private_addresses_are_asked_only_where_allowed() {
        let at = |text: &str, allow| {
            let daemon = Daemon::parse(text).unwrap();
            daemon.addresses(Duration::from_secs(20), allow)
        };
        for private in [
            "rsync://127.0.0.1/m",
            "rsync://[::1]:874/m",
            "rsync://169.254.169.254/m",
            "rsync://localhost/m",
        ] {
            assert_eq!(at(private, false), Err(NoAddress::Private), "{private}");
            assert!(!at(private, true).unwrap().is_empty(), "{private}");
        }
        let public = at("rsync://8.8.8.8/m", false).unwrap();
        assert_eq!(public, ["8.8.8.8:873".parse().unwrap()]);
        assert!(at("rsync://no-such-host.invalid/m", false).is_err());
    }
}
