//! A target on another host: rsync over ssh.
//!
//! There is no shell on our side: programs are started by argument vector. The commands that run on the target are fixed texts
//! around a path of harmless characters and a generation ID.

use std::path::{Path, PathBuf};

use super::local::INPUTS;
use super::push::Present;
use crate::mirrorlist::generation::{GenerationId, MANIFEST, Manifest};
use crate::sys::child::{self, Finished, Limits};

/// A directory with generations on another host.
pub(super) struct Remote<'a> {
    pub(super) login: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    pub(super) key: &'a Path,
    pub(super) known_hosts: &'a Path,
    /// Where the sockets of shared connections lie; empty = each program makes its own connection.
    pub(super) control: &'a Path,
    pub(super) limits: Limits,
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

    /// Runs a fixed command on the target.
    fn ssh(&self, command: &str) -> Result<Finished, String> {
        let mut args = self.options()?;
        args.extend(["--".to_owned(), self.login.to_owned(), command.to_owned()]);
        child::run("ssh", "openssh-client", &args, &self.limits).map_err(|e| e.to_string())
    }

    /// Runs a fixed command that must succeed.
    pub(super) fn must(&self, doing: &str, command: &str) -> Result<Vec<u8>, String> {
        let done = self.ssh(command)?;
        if done.ok() {
            Ok(done.stdout)
        } else {
            Err(format!(
                "cannot {doing}: {}{}",
                done.complaint(),
                self.of_keys(&done.complaint())
            ))
        }
    }

    /// What a person has to do where ssh did not find the host to be the one that is known; else nothing.
    fn of_keys(&self, complaint: &str) -> String {
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

    /// What is current there; `None` when there is nothing. Changes nothing.
    pub(super) fn current(&self) -> Result<Option<Present>, String> {
        self.look(&format!("{}/current", self.path))
    }

    /// What lies in the directory `place` there: its manifest, and whether its files are those of the manifest. What is no
    /// generation is nothing.
    fn look(&self, place: &str) -> Result<Option<Present>, String> {
        // The link is followed once, by `cd`; `echo` comes after a manifest that ends with a line feed.
        let command = format!(
            "if cd -P {place} 2>/dev/null && [ -e {MANIFEST} ]; then cat {MANIFEST}; if {}; then echo {WHOLE}; fi; fi",
            check_command()
        );
        let said = self.must("reach it", &command)?;
        let Ok(text) = String::from_utf8(said) else {
            return Ok(None);
        };
        let (manifest, whole) = match text.strip_suffix(&format!("{WHOLE}\n")) {
            Some(manifest) => (manifest, true),
            None => (text.as_str(), false),
        };
        Ok(manifest.parse().ok().map(|manifest| Present { manifest, whole }))
    }

    /// Whether the directory `place` there holds the files of `manifest`. The manifest that lies there is not taken at its word: a
    /// damaged one, or one of other files, would agree with itself.
    fn holds(&self, place: &str, manifest: &Manifest) -> Result<bool, String> {
        let found = self.look(place)?;
        Ok(found.is_some_and(|p| p.whole && p.manifest.files == manifest.files))
    }

    /// Brings the generation at `source` there, whole, compared with its manifest.
    pub(super) fn push(&self, source: &Path, manifest: &Manifest, last: Option<&GenerationId>) -> Result<(), String> {
        let (path, id) = (self.path, &manifest.id);
        let fresh = format!("{path}/.new-{id}");
        self.must("create the directory", &format!("mkdir -p {path}"))?;
        if self.holds(&format!("{path}/{id}"), manifest)? {
            return self.refresh(source, manifest);
        }
        let mut options = [
            "--recursive",
            "--checksum",
            "--delete",
            "--delay-updates",
            "--chmod=D755,F644",
            "--timeout=60",
        ]
        .map(str::to_owned)
        .to_vec();
        if let Some(last) = last {
            // Unchanged files are linked; --checksum above is what makes this safe: size and second may agree by chance.
            options.push(format!("--link-dest={path}/{last}"));
        }
        self.rsync(&options, &format!("{}/", source.display()), &format!("{fresh}/"))?;
        if !self.holds(&fresh, manifest)? {
            return Err(format!(
                "the files that arrived in {fresh} are not those of the manifest; see the disk there"
            ));
        }
        // A damaged one may be current: it goes aside by renaming, not file by file under the eyes of a server.
        let command = format!(
            "cd {path} && rm -rf .new-old && if [ -e {id} ]; then mv -T {id} .new-old; fi && mv -T .new-{id} {id} && sync -f {id} \
             && rm -rf .new-old"
        );
        self.must("put the generation in its place", &command).map(drop)
    }

    fn rsync(&self, options: &[String], source: &str, target: &str) -> Result<(), String> {
        let mut args = options.to_vec();
        args.extend(["-e".to_owned(), format!("ssh {}", self.options()?.join(" "))]);
        args.extend(["--".to_owned(), source.to_owned(), format!("{}:{target}", self.login)]);
        let done = child::run("rsync", "rsync", &args, &self.limits).map_err(|e| e.to_string())?;
        if done.ok() { Ok(()) } else { Err(cause(&done)) }
    }

    /// Brings only the time at which the content was found up to date.
    pub(super) fn refresh(&self, source: &Path, manifest: &Manifest) -> Result<(), String> {
        let target = format!("{}/{}/{MANIFEST}", self.path, manifest.id);
        let options = ["--checksum".to_owned(), "--times".to_owned(), "--timeout=60".to_owned()];
        self.rsync(&options, &source.join(MANIFEST).display().to_string(), &target)
    }

    /// Brings the files that travel beside the generations. rsync puts each in its place by renaming.
    pub(super) fn inputs(&self, files: &[PathBuf]) -> Result<(), String> {
        let dir = format!("{}/{INPUTS}", self.path);
        self.must("create the directory of inputs", &format!("mkdir -p {dir}"))?;
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
        let said = self.must("look at its disk", &command)?;
        let text = String::from_utf8_lossy(&said);
        let free = text
            .lines()
            .nth(1)
            .and_then(|l| l.split_ascii_whitespace().nth(3)?.parse().ok());
        free.ok_or_else(|| format!("df says {text:?}"))
    }

    /// Makes it current.
    pub(super) fn activate(&self, id: &GenerationId) -> Result<(), String> {
        let command = format!(
            "cd {} && ln -sfn {id} .link-new && mv -T .link-new current && sync -f .",
            self.path
        );
        self.must("switch to the generation", &command).map(drop)
    }

    /// Removes all but the newest `keep` generations and those that must stay, and what killed runs left.
    pub(super) fn prune(&self, keep: usize, stay: &[&GenerationId]) -> Result<(), String> {
        let listing = self.must(
            "list generations",
            &format!("cd {} && rm -rf .new-* && ls -1t", self.path),
        )?;
        let text = String::from_utf8_lossy(&listing);
        let found: Vec<GenerationId> = text.lines().filter_map(|l| l.parse().ok()).collect();
        let old: Vec<&str> = found
            .iter()
            .filter(|id| !stay.contains(id))
            .skip(keep.saturating_sub(stay.len()))
            .map(GenerationId::as_str)
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        self.must(
            "remove old generations",
            &format!("cd {} && rm -rf {}", self.path, old.join(" ")),
        )
        .map(drop)
    }
}

/// What is said of a directory whose files are those of its manifest.
const WHOLE: &str = "whole";

/// Why rsync failed. Its last line only gives a number; what happened stands in the first of its own.
fn cause(done: &Finished) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let mut own = text.lines().map(str::trim).filter(|l| l.starts_with("rsync: "));
    match own.find(|l| !l.contains("connection unexpectedly closed")) {
        Some(line) => line.to_owned(),
        None => format!("rsync: {}", done.complaint()),
    }
}

/// Compares the files of the directory it runs in with the manifest there. What differs is named on stderr.
fn check_command() -> String {
    format!("sed -nE 's/^([0-9a-f]{{64}})  [0-9]+  /\\1  /p' {MANIFEST} | sha256sum -c --quiet --strict - >&2")
}
