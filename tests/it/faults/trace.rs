//! strace records the calls of a program, and makes one of them fail or kills the program there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Case;
use crate::support::{Env, need};

/// A call of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// The number of calls of this name that its thread has made until then.
    nth: usize,
    /// The number of them that name this file.
    nth_of_path: usize,
    /// The file that it reads or writes.
    pub(super) path: PathBuf,
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} number {} ({})", self.name, self.nth, self.path.display())
    }
}

/// What happens at a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Kill,
    /// EIO, once.
    IoError,
    /// EIO for this file, from that call on.
    Unreadable,
}

/// Runs the program. Returns its calls of these names, without those of its children.
pub(super) fn record(env: &Env, case: &Case, calls: &str) -> Vec<Call> {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut command = strace(trace.path(), calls);
    command.args(["-y", "-s", "0"]);
    let output = run(command, env, case);
    assert!(output.status.success(), "{output:?}");
    parse(&fs::read_to_string(trace.path()).unwrap(), &env.path("."))
}

/// Runs the program with a fault at this call. Returns the files of calls that failed: it may be the same call of another thread.
pub(super) fn fail(env: &Env, case: &Case, call: &Call, fault: Fault) -> (Output, Vec<PathBuf>) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let Call { name, nth, path, .. } = call;
    let mut command = strace(trace.path(), &format!("read,{name}"));
    let effects = match fault {
        Fault::Kill => vec![format!("{name}:signal=KILL:when={nth}")],
        Fault::IoError => vec![format!("{name}:error=EIO:when={nth}")],
        Fault::Unreadable => {
            // As absolute and as relative paths.
            let below = path.strip_prefix(env.path(".")).unwrap();
            command.arg("-P").arg(path).arg("-P").arg(below);
            let own = format!("{name}:error=EIO:when={}+", call.nth_of_path);
            let other = matches!(name.as_str(), "pread64" | "copy_file_range").then(|| "read:error=EIO".to_owned());
            std::iter::once(own).chain(other).collect()
        }
    };
    for effect in effects {
        command.args(["-e", &format!("inject={effect}")]);
    }
    command.args(["-y", "-s", "0"]);
    let output = run(command, env, case);
    let text = fs::read_to_string(trace.path()).unwrap();
    let failed = text.lines().filter(|line| line.ends_with("(INJECTED)"));
    let args = failed.filter_map(|line| line.split_once('('));
    let paths = args.map(|(_, args)| path_of(args, &env.path("."))).collect();
    (output, paths)
}

fn strace(trace: &Path, calls: &str) -> Command {
    let mut command = Command::new(need("strace", "strace"));
    command.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(trace);
    command.args(["-e", &format!("trace=execve,{calls}")]);
    command
}

fn run(mut strace: Command, env: &Env, case: &Case) -> Output {
    strace
        .arg(assert_cmd::cargo::cargo_bin(case.program))
        .args(case.args)
        .env("MM_CONFIG", env.path("mm.toml"))
        .env_remove("NO_COLOR")
        .current_dir(env.path("."))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Reads the calls of a program from the output of strace. Processes that execute another program are its children.
fn parse(trace: &str, home: &Path) -> Vec<Call> {
    let lines: Vec<(&str, &str, &str)> = trace
        .lines()
        .filter_map(|line| {
            let (pid, rest) = line.split_once(' ')?;
            let (name, args) = rest.trim_start().split_once('(')?;
            Some((pid, name, args))
        })
        .collect();
    let own = lines[0].0;
    let children: BTreeSet<&str> = lines
        .iter()
        .filter(|(pid, name, _)| *name == "execve" && *pid != own)
        .map(|(pid, ..)| *pid)
        .collect();
    let (mut counts, mut counts_of_paths) = (BTreeMap::new(), BTreeMap::new());
    let mut out = Vec::new();
    for (pid, name, args) in lines {
        // The second part of a call that another thread interrupted has no name of its own.
        if children.contains(pid) || name == "execve" || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let nth = counts.entry((pid, name)).or_insert(0);
        *nth += 1;
        let path = path_of(args, home);
        let nth_of_path = counts_of_paths.entry((pid, name, path.clone())).or_insert(0);
        *nth_of_path += 1;
        out.push(Call {
            name: name.to_owned(),
            nth: *nth,
            nth_of_path: *nth_of_path,
            path,
        });
    }
    out
}

/// The file of a call: `7</path>, …`, `AT_FDCWD</home>, "name", …` or `"path", …`.
fn path_of(args: &str, home: &Path) -> PathBuf {
    let dir = args
        .split_once('<')
        .filter(|(number, _)| !number.contains([',', '"']))
        .and_then(|(_, rest)| rest.split_once('>'));
    let rest = dir.map_or(args, |(_, rest)| rest);
    let named = rest
        .strip_prefix(", \"")
        .or_else(|| rest.strip_prefix('"'))
        .and_then(|r| r.split_once('"'))
        .map(|(name, _)| name)
        // The content that a call reads or writes is not recorded.
        .filter(|name| !name.is_empty());
    let dir = dir.map_or(home, |(dir, _)| Path::new(dir));
    named.map_or_else(|| dir.to_owned(), |name| dir.join(name))
}

#[test]
fn files_of_calls_are_found() {
    let home = Path::new("/h");
    let trace = "7 execve(\"/p\", [], 0x1) = 0\n7 openat(AT_FDCWD</h>, \"a b\", O_RDONLY) = 3</h/a b>\n\
                 8 pwrite64(3</h/mm.db>, \"\"..., 5, 0 <unfinished ...>\n9 execve(\"/c\", [], 0x1) = 0\n9 rename(\"x\", \"y\") = 0\n\
                 8 <... pwrite64 resumed>) = 5\n7 rename(\"/h/x\", \"/h/y\") = 0\n8 pwrite64(3</h/mm.db>, \"\"..., 5, 9) = 5\n";
    let found: Vec<String> = parse(trace, home).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "openat number 1 (/h/a b)",
            "pwrite64 number 1 (/h/mm.db)",
            "rename number 1 (/h/x)",
            "pwrite64 number 2 (/h/mm.db)"
        ]
    );
}
