//! Listings by the program rsync, for scans of the master and crawls of mirrors.
//!
//! [`list`] runs `rsync --list-only --recursive` and reads its output as a stream. Recursion stays incremental: with
//! `--no-inc-recursive`, rsync keeps the whole tree in memory (27 MB instead of 9 MB for 220,000 entries), prints nothing until it
//! is complete, and does not become faster.
//!
//! Only the exit status decides if a listing is complete ([`RsyncExit::outcome`]). The program runs in its own process group, which is
//! terminated at the deadline. For a mirror, its memory is limited, and environment variables that would redirect it or ask for a
//! password are removed.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use crate::model::printable::printable;
use crate::sys::child::{self, ChildError, ChildLimits, ChildOutput, SpawnOptions};
use crate::sys::http::resolve;

pub(crate) use crate::sys::http::resolve::NoAddress;

const PORT: u16 = 873;
/// Limit of address space for the listing of a mirror, in bytes. rsync keeps the entries of one directory, or of the whole tree for
/// daemons before rsync 3.0; four million entries fit.
const MEMORY: u64 = 512 << 20;
/// Exit statuses of rsync(1): "partial transfer due to error" and "partial transfer due to vanished source files".
const EXIT_PARTIAL: i32 = 23;
const EXIT_VANISHED: i32 = 24;
/// "Error in socket I/O", and "timeout waiting for daemon connection".
const EXIT_CONNECT: [i32; 2] = [10, 35];
/// "Timeout in data send/receive".
const EXIT_TIMEOUT: i32 = 30;
/// Limit for a message, in characters.
const MAX_MESSAGE: usize = 300;

/// The options for the master: times in UTC, messages in English. The environment may set a password, a proxy or a connection program.
pub(crate) const MASTER: SpawnOptions<'static> = SpawnOptions {
    set: &[("TZ", "UTC0"), ("LC_ALL", "C")],
    unset: &[],
    memory: None,
};

/// The options for a mirror, which is not trusted. With an invalid password, a protected module is an error; without one, rsync asks on
/// the terminal.
pub(crate) const MIRROR: SpawnOptions<'static> = SpawnOptions {
    set: &[("TZ", "UTC0"), ("LC_ALL", "C"), ("RSYNC_PASSWORD", "none")],
    unset: &["RSYNC_PROXY", "RSYNC_CONNECT_PROG"],
    memory: Some(MEMORY),
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The URL of the top directory, with a trailing slash.
    pub address: &'a str,
    pub options: &'a [String],
    /// [`MASTER`] or [`MIRROR`].
    pub spawn_options: SpawnOptions<'static>,
    /// Timeout for connections to a daemon, in whole seconds.
    pub connect_timeout: Duration,
    /// Timeout without any received data, in whole seconds.
    pub idle_timeout: Duration,
}

impl Request<'_> {
    fn arguments(&self) -> Vec<String> {
        let whole = |time: Duration| time.as_secs().max(1);
        // --8-bit-output saves checks of each character in the locale: a tenth of the time.
        let mut args: Vec<String> = [
            "--list-only",
            "--recursive",
            "--no-motd",
            "--no-human-readable",
            "--8-bit-output",
        ]
        .map(str::to_owned)
        .to_vec();
        args.push(format!("--timeout={}", whole(self.idle_timeout)));
        // --contimeout is valid for daemons only.
        if self.address.starts_with("rsync://") || self.address.contains("::") {
            args.push(format!("--contimeout={}", whole(self.connect_timeout)));
        }
        args.extend(self.options.iter().cloned());
        args.extend(["--".to_owned(), self.address.to_owned()]);
        args
    }
}

/// Runs rsync while `read` reads its output. If `read` returns early, rsync is terminated, and its status is meaningless.
pub(crate) fn list<R>(
    request: &Request<'_>,
    limits: &ChildLimits,
    read: impl FnOnce(&mut dyn Read) -> R,
) -> Result<(RsyncExit, R), ChildError> {
    let (output, result) = child::stream(
        "rsync",
        "rsync",
        &request.arguments(),
        request.spawn_options,
        limits,
        read,
    )?;
    Ok((RsyncExit(output), result))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RsyncExit(ChildOutput);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RsyncOutcome {
    /// It is complete, except for files that vanished meanwhile.
    Complete,
    /// Some entries could not be read: missing entries may exist.
    Partial,
    /// The connection failed, nothing was listed.
    NoConnection,
    /// No data was received until the timeout.
    TimedOut,
    /// The listing was aborted, or did not start.
    Failed,
}

impl RsyncExit {
    pub(crate) fn outcome(&self) -> RsyncOutcome {
        match self.0.status {
            Some(0 | EXIT_VANISHED) => RsyncOutcome::Complete,
            Some(EXIT_PARTIAL) => RsyncOutcome::Partial,
            Some(status) if EXIT_CONNECT.contains(&status) => RsyncOutcome::NoConnection,
            Some(EXIT_TIMEOUT) => RsyncOutcome::TimedOut,
            _ => RsyncOutcome::Failed,
        }
    }

    /// Returns the status with the first error message; later ones are often consequences.
    pub(crate) fn message(&self) -> String {
        let text = String::from_utf8_lossy(&self.0.stderr);
        let lines = || text.lines().map(str::trim).filter(|l| !l.is_empty());
        let first = lines()
            .find(|l| l.contains("@ERROR"))
            .or_else(|| lines().find(|l| !l.starts_with("rsync error:")))
            .or_else(|| lines().next());
        let status = self.0.status.map_or("a signal".to_owned(), |s| format!("status {s}"));
        let Some(line) = first else {
            return format!("rsync exited with {status}");
        };
        let line = printable(line);
        format!("rsync exited with {status}: {line:.MAX_MESSAGE$}")
    }

    /// Returns the directories without read permission, escaped as in listings and relative to the module; `None` if there are other errors, or
    /// if the messages are truncated.
    pub(crate) fn unreadable_directories(&self) -> Option<Vec<&[u8]>> {
        let mut lines: Vec<&[u8]> = self.0.stderr.split(|b| *b == b'\n').collect();
        lines.retain(|line| !line.is_empty());
        // The summary shows that the messages are not truncated.
        lines.pop().filter(|last| last.starts_with(b"rsync error: "))?;
        lines.into_iter().map(unreadable_directory).collect()
    }

    /// Returns true if the daemon has no such module, or no such directory in it.
    pub(crate) fn is_missing(&self) -> bool {
        let text = String::from_utf8_lossy(&self.0.stderr);
        text.lines().any(|l| {
            l.starts_with("@ERROR: Unknown module")
                || (l.contains("change_dir") && (l.ends_with("failed: No such file or directory (2)")))
        })
    }
}

/// Returns the path of a line `rsync: [sender] opendir "PATH" (in MODULE) failed: Permission denied (13)`. The reason is in the language of
/// the daemon, but its number is not.
fn unreadable_directory(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"rsync: ")?;
    let rest = rest.strip_prefix(b"[sender] ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"opendir \"")?.strip_suffix(b" (13)")?;
    let in_module = rest.windows(6).rposition(|w| w == b"\" (in ");
    // Without a daemon there is no module, and the path is absolute.
    let end = in_module.or_else(|| rest.windows(10).rposition(|w| w == b"\" failed: "))?;
    rest.get(..end)
}

/// A parsed URL `rsync://host[:port]/module[/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Daemon {
    /// The host as in the URL; IPv6 in brackets.
    host: String,
    port: u16,
    /// Module and path, with a trailing slash.
    path: String,
}

impl Daemon {
    /// Parses a URL. Rejects parts that could be mistaken for options, and patterns.
    pub(crate) fn parse(address: &str) -> Result<Self, String> {
        let url = url::Url::parse(address).map_err(|e| format!("{address}: {e}"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() != "rsync" || host.is_empty() {
            return Err(format!("invalid rsync URL {address}; expected rsync://host/module"));
        }
        let path = url.path().trim_matches('/');
        if path.is_empty() {
            return Err(format!("no module in {address}"));
        }
        if host.starts_with('-') || path.split('/').any(|part| part.starts_with('-')) {
            return Err(format!("a part of {address} starts with a dash"));
        }
        if path.contains(['*', '?', '[', ' ']) {
            return Err(format!("pattern characters in {address}"));
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(PORT),
            path: format!("{path}/"),
        })
    }

    /// Resolves the host, by the same policy as in [`crate::sys::http`].
    pub(crate) fn addresses(&self, timeout: Duration, allow_private: bool) -> Result<Vec<SocketAddr>, NoAddress> {
        resolve::addresses(&format!("{}:{}", self.host, self.port), timeout, allow_private)
    }

    /// Returns the URL with a resolved address, so that the name is not resolved again. rsync does not send the name to the daemon.
    pub(crate) fn url_at(&self, address: SocketAddr) -> String {
        format!("rsync://{address}/{}", self.path)
    }

    /// Returns the path below the module, without outer slashes; empty = the module itself.
    pub(crate) fn path_in_module(&self) -> &str {
        self.path
            .split_once('/')
            .map_or("", |(_, below)| below.trim_matches('/'))
    }

    /// Returns `host:port` for messages.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(address: &str) -> Request<'_> {
        Request {
            address,
            options: &[],
            spawn_options: MIRROR,
            connect_timeout: Duration::from_millis(1),
            idle_timeout: Duration::from_mins(2),
        }
    }

    #[test]
    fn address_is_the_last_argument_and_never_an_option() {
        let args = request("--daemon").arguments();
        assert_eq!(args[args.len() - 2..], ["--", "--daemon"]);
        assert!(args.contains(&"--timeout=120".to_owned()));
        assert!(!args.iter().any(|a| a.starts_with("--contimeout")));
        for address in ["rsync://m/x/", "m::x/"] {
            let args = request(address).arguments();
            assert!(args.contains(&"--contimeout=1".to_owned()), "{args:?}");
        }
    }

    fn ended(status: Option<i32>, stderr: &str) -> RsyncExit {
        RsyncExit(ChildOutput {
            status,
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
        })
    }

    #[test]
    fn exit_status_determines_the_outcome() {
        for (status, end) in [
            (Some(0), RsyncOutcome::Complete),
            (Some(24), RsyncOutcome::Complete),
            (Some(23), RsyncOutcome::Partial),
            (Some(10), RsyncOutcome::NoConnection),
            (Some(35), RsyncOutcome::NoConnection),
            (Some(30), RsyncOutcome::TimedOut),
            (Some(5), RsyncOutcome::Failed),
            (Some(12), RsyncOutcome::Failed),
            (Some(20), RsyncOutcome::Failed),
            (None, RsyncOutcome::Failed),
        ] {
            assert_eq!(ended(status, "").outcome(), end, "{status:?}");
        }
    }

    #[test]
    fn first_error_is_reported() {
        let summary = "rsync error: error starting client-server protocol (code 5) at main.c(1954) [Receiver=3.5.0]\n";
        let full = format!("Password: @ERROR: auth failed on module x\n{summary}");
        assert_eq!(
            ended(Some(5), &full).message(),
            "rsync exited with status 5: Password: @ERROR: auth failed on module x"
        );
        let reset = "rsync: change_dir \"x\" (in m) failed: No such file or directory (2)\nrsync: read error\n";
        let e = ended(Some(23), reset);
        assert!(e.message().contains("change_dir") && e.is_missing(), "{e:?}");
        assert!(ended(Some(5), "@ERROR: Unknown module 'x'\n").is_missing());
        assert!(!ended(Some(23), "rsync: opendir \"x\" (in m) failed: Permission denied (13)\n").is_missing());
        assert_eq!(
            ended(Some(5), summary).message(),
            format!("rsync exited with status 5: {}", summary.trim())
        );
        assert_eq!(ended(None, "").message(), "rsync exited with a signal");
        let long = ended(Some(5), &format!("\u{1b}[31m{}", "x".repeat(9_999))).message();
        assert!(long.len() < 400 && !long.contains('\u{1b}'), "{long}");
    }

    #[test]
    fn unreadable_directories_are_returned_without_other_errors() {
        let summary =
            "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1956)\n";
        let closed = |lines: &str| {
            let ended = ended(Some(23), &format!("{lines}{summary}"));
            let paths = |all: Vec<&[u8]>| all.iter().map(|p| p.escape_ascii().to_string()).collect::<Vec<_>>();
            ended.unreadable_directories().map(paths)
        };
        let one = "rsync: [sender] opendir \"closed/44\" (in m) failed: Permission denied (13)\n";
        let old = "rsync: opendir \"/a \" (in b\" (in m) failed: Keine Berechtigung (13)\n";
        assert_eq!(closed(one).unwrap(), ["closed/44"]);
        let local = "rsync: [sender] opendir \"/srv/closed\" failed: Permission denied (13)\n";
        assert_eq!(closed(local).unwrap(), ["/srv/closed"]);
        assert_eq!(closed(&format!("{one}{old}")).unwrap(), ["closed/44", "/a \\\" (in b"]);
        for other in [
            "rsync: [sender] opendir \"x\" (in m) failed: Input/output error (5)\n",
            "rsync: [sender] readlink_stat(\"x\" (in m)) failed: Permission denied (13)\n",
            "IO error encountered -- skipping file deletion\n",
        ] {
            assert_eq!(closed(&format!("{one}{other}")), None, "{other}");
        }
        assert_eq!(ended(Some(23), one).unreadable_directories(), None, "truncated");
        assert_eq!(ended(Some(23), "").unreadable_directories(), None);
    }

    #[test]
    fn path_in_module_has_no_outer_slashes() {
        for (address, below) in [("rsync://m/pub", ""), ("rsync://m/pub/a/b/", "a/b")] {
            assert_eq!(Daemon::parse(address).unwrap().path_in_module(), below);
        }
    }

    #[test]
    fn urls_are_parsed() {
        let parsed = |text: &str| Daemon::parse(text).map(|d| (d.name(), d.url_at("[2a00::1]:874".parse().unwrap())));
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
    fn private_addresses_are_resolved_only_if_allowed() {
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
