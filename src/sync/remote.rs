//! A target on another host: rsync over ssh.
//!
//! There is no shell on our side: programs are started by argument vector. The commands that run on the target are fixed texts
//! around a path of harmless characters and a generation ID.

use std::path::{Path, PathBuf};

use super::local::{INPUTS, TEMPORARY};
use super::push::TargetState;
use crate::snapshot::generation::{GenerationId, MANIFEST, Manifest};
use crate::sys::child::{self, ChildLimits, ChildOutput};

/// A directory with generations on another host.
pub(super) struct Remote<'a> {
    pub(super) login: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    pub(super) key: &'a Path,
    pub(super) known_hosts: &'a Path,
    /// Where the sockets of shared connections lie; empty = each program makes its own connection.
    pub(super) control: &'a Path,
    pub(super) limits: ChildLimits,
}

impl Remote<'_> {
    /// The options of every ssh, our own and rsync's.
    fn options(&self) -> Result<Vec<String>, String> {
        let mut out: Vec<String> = [
            "BatchMode=yes",
            "ConnectTimeout=10",
            "ServerAliveInterval=10",
            "ServerAliveCountMax=3",
        ]
        .iter()
        .flat_map(|o| ["-o".to_owned(), (*o).to_owned()])
        .collect();
        out.extend(["-a", "-x", "-T"].map(str::to_owned));
        if let Some(dir) = self.control.to_str().filter(|d| !d.is_empty()) {
            // One connection for all that is done there: its master leaves a second after the last of them.
            for option in ["ControlMaster=auto", "ControlPersist=1"] {
                out.extend(["-o".to_owned(), option.to_owned()]);
            }
            out.extend(["-o".to_owned(), format!("ControlPath={dir}/%C")]);
        }
        let word = |key: &str, path: &Path| -> Result<Option<String>, String> {
            let text = path.to_str().ok_or_else(|| format!("sync.{key} is no UTF-8"))?;
            // rsync splits its -e argument at blanks and reads quotes in it.
            if text.chars().any(|c| c.is_whitespace() || "'\"\\%".contains(c)) {
                return Err(format!(
                    "sync.{key} {text:?} holds a blank, a quote, % or a backslash; give it a plain path"
                ));
            }
            Ok((!text.is_empty()).then(|| text.to_owned()))
        };
        if let Some(key) = word("ssh_key", self.key)? {
            out.extend(["-i".to_owned(), key, "-o".to_owned(), "IdentitiesOnly=yes".to_owned()]);
        }
        if let Some(known) = word("known_hosts", self.known_hosts)? {
            out.extend(["-o".to_owned(), format!("UserKnownHostsFile={known}")]);
            out.extend(["-o".to_owned(), "StrictHostKeyChecking=yes".to_owned()]);
        }
        if let Some(port) = self.port {
            out.extend(["-p".to_owned(), port.to_string()]);
        }
        Ok(out)
    }

    /// Runs a fixed command on the target, perhaps with `input` on its stdin.
    fn ssh(&self, command: &str, input: Option<&[u8]>) -> Result<ChildOutput, String> {
        let mut args = self.options()?;
        args.extend(["--".to_owned(), self.login.to_owned(), command.to_owned()]);
        let (program, package) = ("ssh", "openssh-client");
        let done = match input {
            Some(input) => child::run_with_input(program, package, &args, input, &self.limits),
            None => child::run(program, package, &args, &self.limits),
        };
        done.map_err(|e| e.to_string())
    }

    /// Runs a fixed command that must succeed.
    pub(super) fn run_checked(&self, doing: &str, command: &str) -> Result<Vec<u8>, String> {
        let done = self.ssh(command, None)?;
        self.done(doing, done)
    }

    /// What a command said that had to succeed.
    fn done(&self, doing: &str, done: ChildOutput) -> Result<Vec<u8>, String> {
        if done.ok() {
            Ok(done.stdout)
        } else {
            Err(format!(
                "cannot {doing}: {}{}",
                done.last_error_line(),
                self.ssh_key_hint(&done.last_error_line())
            ))
        }
    }

    /// What a person has to do where ssh did not find the host to be the one that is known, or the host does not let us in; else
    /// nothing.
    fn ssh_key_hint(&self, complaint: &str) -> String {
        if complaint.contains("Permission denied (publickey") {
            let key = match self.key.display().to_string() {
                none if none.is_empty() => "this user's key".to_owned(),
                key => format!("{key}.pub"),
            };
            return format!("; {key} has to stand in the authorized_keys of {}", self.login);
        }
        if !complaint.contains("ost key verification failed") {
            return String::new();
        }
        let known = match self.known_hosts.display().to_string() {
            none if none.is_empty() => "the user's known_hosts".to_owned(),
            known => known,
        };
        let host = self.login.rsplit('@').next().unwrap_or_default();
        let port = self.port.map_or_else(String::new, |p| format!("-p {p} "));
        format!(
            "; its host key is not the one in {known}: if it was changed on purpose, put the new one there (ssh-keyscan {port}{host} \
             shows it; compare it with what the host itself says)"
        )
    }

    /// Looks at what lies there, in one go. With `make` the directory is made first, else nothing is changed. Whether `wanted` lies
    /// there whole is told by comparing all its files; of the others only manifests are read.
    pub(super) fn look(&self, wanted: Option<&Manifest>, make: bool) -> Result<TargetState, String> {
        let path = self.path;
        let make = if make {
            format!("mkdir -p {path} && ")
        } else {
            String::new()
        };
        // The link is followed once, by `cat`. `echo` comes after a manifest that ends with a line feed.
        let inside = wanted.map_or_else(String::new, |wanted| {
            format!(
                "; echo {SEPARATOR}; if cd {} 2>/dev/null && [ -e {MANIFEST} ]; then cat {MANIFEST}; if {}; then echo {WHOLE}; fi; fi",
                wanted.id,
                check_command()
            )
        });
        let command = format!(
            "{make}if cd {path} 2>/dev/null; then ls -1At; echo {SEPARATOR}; cat current/{MANIFEST} 2>/dev/null || true{inside}; fi"
        );
        let said = self.run_checked("reach it", &command)?;
        let text = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = text.lines().collect();
        let mut parts = lines.split(|line| *line == SEPARATOR);
        let names = parts.next().unwrap_or_default();
        let manifest = |lines: &[&str]| (lines.join("\n") + "\n").parse::<Manifest>().ok();
        let current = parts.next().and_then(manifest);
        let holds = wanted.is_some_and(|wanted| match parts.next() {
            // The manifest that lies there is not taken at its word: one of other files would agree with itself.
            Some([lines @ .., last]) if *last == WHOLE => manifest(lines).is_some_and(|m| m.files == wanted.files),
            Some(_) | None => false,
        });
        Ok(TargetState {
            current,
            holds,
            kept: names.iter().filter_map(|name| name.parse().ok()).collect(),
            leftovers: names.iter().any(|name| name.starts_with(TEMPORARY)),
        })
    }

    /// Whether the generation `id` lies there, as its own manifest has it.
    pub(super) fn is_whole(&self, id: &GenerationId) -> Result<bool, String> {
        let place = format!("{}/{id}", self.path);
        let command = format!(
            "if cd {place} 2>/dev/null && {}; then echo {WHOLE}; fi",
            check_command()
        );
        let said = self.run_checked("look at the generation before", &command)?;
        Ok(String::from_utf8_lossy(&said).trim() == WHOLE)
    }

    /// Brings the generation at `source` there, whole, compared with its manifest, and makes it current. Where it lies there
    /// already, only the time at which its content was found is brought up to date.
    pub(super) fn bring(&self, source: &Path, manifest: &Manifest, seen: &TargetState) -> Result<(), String> {
        let (path, id) = (self.path, &manifest.id);
        let fresh = format!("{TEMPORARY}{id}");
        if !seen.holds {
            let mut options = [
                "--recursive",
                "--checksum",
                "--delete",
                "--chmod=D755,F644",
                "--timeout=60",
            ]
            .map(str::to_owned)
            .to_vec();
            if let Some(last) = &seen.current {
                // Unchanged files are linked; --checksum above is what makes this safe: size and second may agree by chance.
                options.push(format!("--link-dest={path}/{}", last.id));
            }
            self.rsync(&options, &format!("{}/", source.display()), &format!("{path}/{fresh}/"))?;
        }
        // Our manifest comes by another way than the files, which are compared with it. What is linked to another generation is
        // not written into, so it is renamed into its place.
        let place = if seen.holds { id.as_str() } else { &fresh };
        let receive = format!("umask 022; cd {path}/{place} && cat >.{MANIFEST} && mv -T .{MANIFEST} {MANIFEST}");
        // A damaged one may be current: it goes aside by renaming, not file by file under the eyes of a server.
        let settle = format!(
            " && if {}; then :; else echo {DIFFER}; exit 1; fi && cd .. && sync -f {fresh} && rm -rf .new-old && if [ -e {id} ]; then \
             mv -T {id} .new-old; fi && mv -T {fresh} {id} && rm -rf .new-old",
            check_command()
        );
        let settle = if seen.holds { " && cd .." } else { &settle };
        let command = format!("{receive}{settle} && {}", activate_command(id));
        let done = self.ssh(&command, Some(manifest.to_string().as_bytes()))?;
        if String::from_utf8_lossy(&done.stdout).trim() == DIFFER {
            return Err(format!(
                "the files that arrived in {path}/{fresh} are not those of the manifest; see the disk there"
            ));
        }
        self.done("put the generation in its place", done).map(drop)
    }

    fn rsync(&self, options: &[String], source: &str, target: &str) -> Result<(), String> {
        let mut args = options.to_vec();
        args.extend(["-e".to_owned(), format!("ssh {}", self.options()?.join(" "))]);
        args.extend(["--".to_owned(), source.to_owned(), format!("{}:{target}", self.login)]);
        let done = child::run("rsync", "rsync", &args, &self.limits).map_err(|e| e.to_string())?;
        if done.ok() { Ok(()) } else { Err(cause(&done)) }
    }

    /// Brings the files that travel beside the generations. rsync puts each in its place by renaming.
    pub(super) fn inputs(&self, files: &[PathBuf]) -> Result<(), String> {
        let dir = format!("{}/{INPUTS}", self.path);
        self.run_checked("create the directory of inputs", &format!("mkdir -p {dir}"))?;
        let options = ["--checksum", "--times", "--copy-links", "--chmod=F644", "--timeout=60"].map(str::to_owned);
        for file in files {
            self.rsync(&options, &file.display().to_string(), &format!("{dir}/"))?;
        }
        Ok(())
    }

    /// Kilobytes that are free, by `df -P` (POSIX), where the directory lies or is to lie.
    pub(super) fn space(&self) -> Result<u64, String> {
        let path = self.path;
        let command = format!("d={path}; while [ ! -e \"$d\" ]; do d=${{d%/*}}; d=${{d:-/}}; done; df -Pk \"$d\"");
        let said = self.run_checked("look at its disk", &command)?;
        let text = String::from_utf8_lossy(&said);
        let free = text
            .lines()
            .nth(1)
            .and_then(|l| l.split_ascii_whitespace().nth(3)?.parse().ok());
        free.ok_or_else(|| format!("df says {text:?}"))
    }

    /// Makes it current.
    pub(super) fn activate(&self, id: &GenerationId) -> Result<(), String> {
        let command = format!("cd {} && {}", self.path, activate_command(id));
        self.run_checked("switch to the generation", &command).map(drop)
    }

    /// Removes all but the newest `keep` generations and those that must stay, and what killed runs left.
    pub(super) fn prune(&self, keep: usize, stay: &[&GenerationId], seen: &TargetState) -> Result<(), String> {
        let old: Vec<&str> = (seen.kept.iter())
            .filter(|id| !stay.contains(id))
            .skip(keep.saturating_sub(stay.len()))
            .map(GenerationId::as_str)
            .collect();
        if old.is_empty() && !seen.leftovers {
            return Ok(());
        }
        let command = format!("cd {} && rm -rf {TEMPORARY}* {}", self.path, old.join(" "));
        self.run_checked("remove old generations", &command).map(drop)
    }
}

/// What stands between the parts of what is said.
const SEPARATOR: &str = "--";

/// What is said of a directory whose files are those of its manifest.
const WHOLE: &str = "whole";

/// What is said when they are not.
const DIFFER: &str = "differ";

/// Makes a generation current, in the directory of them.
fn activate_command(id: &GenerationId) -> String {
    format!("ln -sfn {id} .link-new && mv -T .link-new current && sync -f .")
}

/// Why rsync failed. Its last line only gives a number; what happened stands in the first of its own.
fn cause(done: &ChildOutput) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let mut own = text.lines().map(str::trim).filter(|l| l.starts_with("rsync: "));
    match own.find(|l| !l.contains("connection unexpectedly closed")) {
        Some(line) => line.to_owned(),
        None => format!("rsync: {}", done.last_error_line()),
    }
}

/// Compares the files of the directory it runs in with the manifest there. What differs is named on stderr.
fn check_command() -> String {
    format!("sed -nE 's/^([0-9a-f]{{64}})  [0-9]+  /\\1  /p' {MANIFEST} | sha256sum -c --quiet --strict - >&2")
}
