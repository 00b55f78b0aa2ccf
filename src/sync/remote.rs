//! A target on another host, by rsync over ssh.
//!
//! No local shell is involved: programs are started by argument vector. Commands for the target are constant texts with a path of
//! harmless characters and a generation ID.

use std::path::{Path, PathBuf};

use super::target::{EXTRA_FILES_DIR, TEMPORARY, TargetAccess, TargetState};
use crate::config::SyncConfig;
use crate::snapshot::generation::{GenerationId, MANIFEST, Manifest};
use crate::sys::child::{self, ChildLimits, ChildOutput};

pub(super) struct RemoteTarget<'a> {
    pub(super) login: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    pub(super) config: &'a SyncConfig,
    /// The directory for sockets of shared connections; empty = each command connects by itself.
    pub(super) control_dir: &'a Path,
    pub(super) limits: ChildLimits,
}

impl RemoteTarget<'_> {
    /// The options of ssh, whether started by us or by rsync.
    fn ssh_options(&self) -> Result<Vec<String>, String> {
        let mut settings = [
            "BatchMode=yes",
            "ConnectTimeout=10",
            "ServerAliveInterval=10",
            "ServerAliveCountMax=3",
        ]
        .map(str::to_owned)
        .to_vec();
        let mut out = ["-a", "-x", "-T"].map(str::to_owned).to_vec();
        if let Some(dir) = self.control_dir.to_str().filter(|d| !d.is_empty()) {
            // One connection for all commands; its master process exits a second after the last one.
            settings.extend(["ControlMaster=auto", "ControlPersist=1"].map(str::to_owned));
            settings.push(format!("ControlPath={dir}/%C"));
        }
        let word = |key: &str, path: &Path| -> Result<Option<String>, String> {
            let text = path.to_str().ok_or_else(|| format!("sync.{key} is not valid UTF-8"))?;
            // rsync splits its -e argument at spaces, and interprets quotes in it.
            if text.chars().any(|c| c.is_whitespace() || "'\"\\%".contains(c)) {
                return Err(format!(
                    "invalid sync.{key} {text:?}: contains a space, quote, % or backslash"
                ));
            }
            Ok((!text.is_empty()).then(|| text.to_owned()))
        };
        if let Some(key) = word("ssh_key", &self.config.ssh_key)? {
            out.extend(["-i".to_owned(), key]);
            settings.push("IdentitiesOnly=yes".to_owned());
        }
        if let Some(known) = word("known_hosts", &self.config.known_hosts)? {
            settings.push(format!("UserKnownHostsFile={known}"));
            settings.push("StrictHostKeyChecking=yes".to_owned());
        }
        if let Some(port) = self.port {
            out.extend(["-p".to_owned(), port.to_string()]);
        }
        out.extend(settings.into_iter().flat_map(|setting| ["-o".to_owned(), setting]));
        Ok(out)
    }

    /// Runs a command on the target, with optional `input` on its stdin.
    fn ssh(&self, command: &str, input: Option<&[u8]>) -> Result<ChildOutput, String> {
        let mut args = self.ssh_options()?;
        args.extend(["--".to_owned(), self.login.to_owned(), command.to_owned()]);
        child::run("ssh", "openssh-client", &args, input, &self.limits).map_err(|e| e.to_string())
    }

    /// Runs a command that must succeed, and returns its output.
    pub(super) fn run_checked(&self, action: &str, command: &str) -> Result<String, String> {
        self.check_status(action, &self.ssh(command, None)?)
    }

    fn check_status(&self, action: &str, done: &ChildOutput) -> Result<String, String> {
        if done.is_success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let why = done.last_error_line();
        Err(format!("cannot {action}: {why}{}", self.ssh_key_hint(&why)))
    }

    /// Returns advice if the host rejects the key, or if its host key is not the known one.
    fn ssh_key_hint(&self, message: &str) -> String {
        if message.contains("Permission denied (publickey") {
            let key = match self.config.ssh_key.display().to_string() {
                none if none.is_empty() => "this user's key".to_owned(),
                key => format!("{key}.pub"),
            };
            return format!("; add {key} to the authorized_keys of {}", self.login);
        }
        if !message.contains("ost key verification failed") {
            return String::new();
        }
        let known = match self.config.known_hosts.display().to_string() {
            none if none.is_empty() => "the user's known_hosts".to_owned(),
            known => known,
        };
        let host = self.login.rsplit('@').next().unwrap_or_default();
        let port = self.port.map_or_else(String::new, |p| format!("-p {p} "));
        format!(
            "; its host key is not the one in {known}: if the change was intended, replace it there (ssh-keyscan {port}{host} \
             prints the new one; compare it with the key on the host)"
        )
    }

    /// Copies `file` into the directory of the target, readable by its owner only. rsync replaces it by rename.
    pub(super) fn copy_private_file(&self, file: &Path) -> Result<(), String> {
        let path = self.path;
        self.run_checked("create its directory", &format!("umask 077; mkdir -p {path}"))?;
        let options = ["--times", "--chmod=F600", "--timeout=60"].map(str::to_owned);
        self.rsync(&options, &file.display().to_string(), &format!("{path}/"))
    }

    fn rsync(&self, options: &[String], source: &str, target: &str) -> Result<(), String> {
        self.rsync_files(options, &[source.to_owned()], target).map(drop)
    }

    /// Returns the output of rsync.
    fn rsync_files(&self, options: &[String], sources: &[String], target: &str) -> Result<String, String> {
        let mut args = options.to_vec();
        args.extend(["-e".to_owned(), format!("ssh {}", self.ssh_options()?.join(" "))]);
        args.push("--".to_owned());
        args.extend_from_slice(sources);
        args.push(format!("{}:{target}", self.login));
        let done = child::run("rsync", "rsync", &args, None, &self.limits).map_err(|e| e.to_string())?;
        if done.is_success() {
            Ok(String::from_utf8_lossy(&done.stdout).into_owned())
        } else {
            Err(rsync_error(&done))
        }
    }
}

impl TargetAccess for RemoteTarget<'_> {
    /// Inspects the directory with a single command.
    fn inspect(&self, wanted: Option<&Manifest>, create: bool) -> Result<TargetState, String> {
        let path = self.path;
        let create = if create {
            format!("(umask 027; mkdir -p {path}) && ")
        } else {
            String::new()
        };
        // `cat` resolves the link once. `echo` follows a manifest that ends with a line feed.
        let compare = wanted.map_or_else(String::new, |wanted| {
            format!(
                "; echo {SEPARATOR}; if cd {} 2>/dev/null && [ -e {MANIFEST} ]; then cat {MANIFEST}; if {}; then echo {COMPLETE}; fi; fi",
                wanted.id,
                compare_command()
            )
        });
        let command = format!(
            "{create}if cd {path} 2>/dev/null; then ls -1At; echo {SEPARATOR}; cat current/{MANIFEST} 2>/dev/null || true{compare}; fi"
        );
        let text = self.run_checked("reach it", &command)?;
        let lines: Vec<&str> = text.lines().collect();
        let mut parts = lines.split(|line| *line == SEPARATOR);
        let names = parts.next().unwrap_or_default();
        let parse = |lines: &[&str]| (lines.join("\n") + "\n").parse::<Manifest>().ok();
        let current = parts.next().and_then(parse);
        let is_uploaded = wanted.is_some_and(|wanted| match parts.next() {
            // The remote manifest must also list the wanted files: other files can match their own manifest.
            Some([lines @ .., last]) if *last == COMPLETE => parse(lines).is_some_and(|m| m.files == wanted.files),
            Some(_) | None => false,
        });
        Ok(TargetState {
            current,
            is_uploaded,
            generations: names.iter().filter_map(|name| name.parse().ok()).collect(),
            has_leftovers: names.iter().any(|name| name.starts_with(TEMPORARY)),
        })
    }

    fn is_complete(&self, id: &GenerationId) -> Result<bool, String> {
        let dir = format!("{}/{id}", self.path);
        let command = format!(
            "if cd {dir} 2>/dev/null && {}; then echo {COMPLETE}; fi",
            compare_command()
        );
        let output = self.run_checked("check the previous generation", &command)?;
        Ok(output.trim() == COMPLETE)
    }

    fn upload(&self, source: &Path, manifest: &Manifest, state: &TargetState) -> Result<(), String> {
        let (path, id) = (self.path, &manifest.id);
        let temporary = format!("{TEMPORARY}{id}");
        if !state.is_uploaded {
            let mut options = [
                "--recursive",
                "--checksum",
                "--delete",
                "--chmod=D750,F640",
                "--timeout=60",
            ]
            .map(str::to_owned)
            .to_vec();
            if let Some(current) = &state.current {
                // Unchanged files become hard links. This is safe only with --checksum: size and second may agree by chance.
                options.push(format!("--link-dest={path}/{}", current.id));
            }
            self.rsync(
                &options,
                &format!("{}/", source.display()),
                &format!("{path}/{temporary}/"),
            )?;
        }
        // The manifest is sent separately from the files that are compared with it. A file that is linked to another generation
        // must not be written to, so it is replaced by rename.
        let dir = if state.is_uploaded { id.as_str() } else { &temporary };
        let receive = format!("umask 027; cd {path}/{dir} && cat >.{MANIFEST} && mv -T .{MANIFEST} {MANIFEST}");
        // A damaged generation may be current: it is moved away by rename, not deleted file by file while a server reads it.
        let install = format!(
            " && if {}; then :; else echo {DIFFERENT}; exit 1; fi && cd .. && sync -f {temporary} && rm -rf .new-old && if [ -e \
             {id} ]; then mv -T {id} .new-old; fi && mv -T {temporary} {id} && rm -rf .new-old",
            compare_command()
        );
        let install = if state.is_uploaded { " && cd .." } else { &install };
        let command = format!("{receive}{install} && {}", activate_command(id));
        let done = self.ssh(&command, Some(manifest.to_string().as_bytes()))?;
        if String::from_utf8_lossy(&done.stdout).trim() == DIFFERENT {
            return Err(format!(
                "the files that arrived in {path}/{temporary} differ from the manifest; check the disk there"
            ));
        }
        self.check_status("install the generation", &done).map(drop)
    }

    fn activate(&self, id: &GenerationId) -> Result<(), String> {
        let command = format!("cd {} && {}", self.path, activate_command(id));
        self.run_checked("switch to the generation", &command).map(drop)
    }

    /// rsync replaces each file by rename, and names those that it sends.
    fn copy_extra_files(&self, files: &[PathBuf], dry_run: bool) -> Result<Vec<String>, String> {
        let dir = format!("{}/{EXTRA_FILES_DIR}", self.path);
        let mut options = ["--checksum", "--times", "--copy-links", "--chmod=F640", "--timeout=60"].to_vec();
        options.push(SENT_FORMAT);
        if dry_run {
            options.push("--dry-run");
        } else {
            self.run_checked(
                "create the directory for extra files",
                &format!("umask 027; mkdir -p {dir}"),
            )?;
        }
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let output = self.rsync_files(
            &options.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            &files,
            &format!("{dir}/"),
        )?;
        Ok(sent_files(&output))
    }

    fn prune(&self, keep: usize, protected: &[&GenerationId], state: &TargetState) -> Result<(), String> {
        let old: Vec<&str> = (state.generations.iter())
            .filter(|id| !protected.contains(id))
            .skip(keep.saturating_sub(protected.len()))
            .map(GenerationId::as_str)
            .collect();
        if old.is_empty() && !state.has_leftovers {
            return Ok(());
        }
        let command = format!("cd {} && rm -rf {TEMPORARY}* {}", self.path, old.join(" "));
        self.run_checked("remove old generations", &command).map(drop)
    }

    fn test_access(&self) -> Result<String, String> {
        self.run_checked("reach it", "echo").map(|_| "by ssh".to_owned())
    }

    fn rsync_version(&self) -> Result<String, String> {
        let text = self.run_checked("run rsync there", "rsync --version")?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// Runs `df -P` (POSIX) on the directory, or on its nearest existing parent.
    fn free_space(&self) -> Result<u64, String> {
        let path = self.path;
        let command = format!("d={path}; while [ ! -e \"$d\" ]; do d=${{d%/*}}; d=${{d:-/}}; done; df -Pk \"$d\"");
        let text = self.run_checked("determine its free space", &command)?;
        let row = text.lines().nth(1);
        let free = row.and_then(|row| row.split_ascii_whitespace().nth(3)?.parse().ok());
        free.ok_or_else(|| format!("unexpected output of df: {text:?}"))
    }
}

/// Makes rsync print a line for each file that it sends or whose attributes it changes: the kind of change and the name.
const SENT_FORMAT: &str = "--out-format=%i %n";

/// Returns the names of the files whose contents rsync sent. A change of the time alone does not count.
fn sent_files(output: &str) -> Vec<String> {
    let sent = output.lines().filter_map(|line| line.split_once(' '));
    let sent = sent.filter(|(change, _)| change.starts_with("<f"));
    sent.map(|(_, name)| name.to_owned()).collect()
}

/// Separates the parts of the output of an inspection.
const SEPARATOR: &str = "--";
/// Output for a directory whose files match its manifest, and for one whose files do not.
const COMPLETE: &str = "complete";
const DIFFERENT: &str = "different";

/// Makes a generation current; to be run in the directory of generations.
fn activate_command(id: &GenerationId) -> String {
    format!("ln -sfn {id} .link-new && mv -T .link-new current && sync -f .")
}

/// Compares the files of the working directory with its manifest, and names the differences on stderr.
fn compare_command() -> String {
    format!("sed -nE 's/^([0-9a-f]{{64}})  [0-9]+  /\\1  /p' {MANIFEST} | sha256sum -c --quiet --strict - >&2")
}

/// Returns the reason why rsync failed: the first of its own messages, as the last one has only a number.
fn rsync_error(done: &ChildOutput) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let mut own = text.lines().map(str::trim).filter(|l| l.starts_with("rsync: "));
    match own.find(|l| !l.contains("connection unexpectedly closed")) {
        Some(line) => line.to_owned(),
        None => format!("rsync: {}", done.last_error_line()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sent_contents_are_changes() {
        let output =
            "<f+++++++++ new.mmdb\n<fcst...... name with spaces.txt\n.f..t...... touched.csv\n.d..t...... ./\n";
        assert_eq!(sent_files(output), ["new.mmdb", "name with spaces.txt"]);
        assert_eq!(sent_files(""), Vec::<String>::new());
    }
}
