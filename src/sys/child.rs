//! Child processes: started by argument vector, in a group of their own, with a deadline, never outliving their caller.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use rustix::process::{Resource, Rlimit, prlimit};
use thiserror::Error;

use crate::sys::signals::ShutdownFlag;

mod running;

pub use running::{live, notify, wait_for_change};

/// How long a group that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What a child may take.
#[derive(Debug, Clone)]
pub struct ChildLimits {
    /// When it must be done.
    pub deadline: Instant,
    /// How much of each of its outputs is kept, in bytes; the rest is read and dropped.
    pub output: u64,
    /// Ends it early when asked.
    pub stop: ShutdownFlag,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildOutput {
    /// Its exit status; `None` = ended by a signal.
    pub status: Option<i32>,
    /// What it wrote to stdout, up to the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr, up to the limit.
    pub stderr: Vec<u8>,
}

impl ChildOutput {
    /// Whether it ended with status 0.
    pub fn ok(&self) -> bool {
        self.status == Some(0)
    }

    /// The last line of stderr that says something, or how it ended: for messages.
    pub fn last_error_line(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let last = text.lines().map(str::trim).rfind(|l| !l.is_empty());
        match (last, self.status) {
            (Some(line), _) => line.to_owned(),
            (None, Some(status)) => format!("it ended with status {status}"),
            (None, None) => "it was ended by a signal".to_owned(),
        }
    }
}

/// Why a child did not end by itself.
#[derive(Debug, Error)]
pub enum ChildError {
    /// The program is not installed.
    #[error("{program} is not installed; install it with: apt-get install {package}")]
    Missing {
        /// The program.
        program: String,
        /// The Debian package that has it.
        package: String,
    },
    /// It could not be started.
    #[error("cannot start {program}: {why}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        why: io::Error,
    },
    /// It was not done in time, and was ended with all it had started.
    #[error("{0} was not done in time and was ended")]
    Deadline(String),
    /// The job was asked to stop; the child was ended.
    #[error("{0} was ended, because the job was asked to stop")]
    Stopped(String),
}

/// Runs `program` with `args` to its end. `package` is what to install when it is missing.
pub fn run(program: &str, package: &str, args: &[String], limits: &ChildLimits) -> Result<ChildOutput, ChildError> {
    finish(
        ProcessGroup::start(program, package, args, SpawnOptions::default(), Stdio::null())?,
        program,
        limits,
    )
}

/// As [`run`], with `input` on its stdin. Whether it reads that is its own business.
pub fn run_with_input(
    program: &str,
    package: &str,
    args: &[String],
    input: &[u8],
    limits: &ChildLimits,
) -> Result<ChildOutput, ChildError> {
    let stdin = in_memory(input).map_err(|why| ChildError::Start {
        program: program.to_owned(),
        why,
    })?;
    finish(
        ProcessGroup::start(program, package, args, SpawnOptions::default(), stdin.into())?,
        program,
        limits,
    )
}

/// A file that holds `bytes` and has no name. Unlike a pipe it takes all of them at once, whether anybody reads or not.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let fd = rustix::fs::memfd_create("stdin", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

fn finish(mut group: ProcessGroup, program: &str, limits: &ChildLimits) -> Result<ChildOutput, ChildError> {
    let stdout = collect(group.child.stdout.take(), limits.output);
    let stderr = collect(group.child.stderr.take(), limits.output);
    let outcome = group.wait(program, limits);
    // All that belongs to the group has ended, so both pipes are closed, unless something left the group and keeps them.
    let at_most = Instant::now() + GRACE;
    let (stdout, stderr) = (stdout.kept(at_most), stderr.kept(at_most));
    Ok(ChildOutput {
        status: outcome?,
        stdout,
        stderr,
    })
}

/// Kills the groups of all children that live now: for whoever is about to end this process.
pub fn kill_all() {
    for (pid, start_time) in live() {
        // One that was reaped a moment ago may have left its number to somebody else.
        let ours = crate::sys::process::stat(pid).is_some_and(|s| s.start_time == start_time);
        if let Some(pid) = i32::try_from(pid).ok().filter(|_| ours) {
            // A group whose members have all ended is no error.
            killpg(Pid::from_raw(pid), Signal::SIGKILL).unwrap_or_default();
        }
    }
}

/// What a child gets beside its arguments.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpawnOptions<'a> {
    /// Set in its environment.
    pub set: &'a [(&'a str, &'a str)],
    /// Taken out of it.
    pub unset: &'a [&'a str],
    /// The most address space it may take, in bytes.
    pub memory: Option<u64>,
}

/// Runs `program` with `args` in a `setting` to its end, while `read` reads its stdout in this thread. When `read` returns
/// before the end, the program is ended: then its status says nothing.
pub fn stream<R>(
    program: &str,
    package: &str,
    args: &[String],
    setting: SpawnOptions<'_>,
    limits: &ChildLimits,
    read: impl FnOnce(&mut dyn Read) -> R,
) -> Result<(ChildOutput, R), ChildError> {
    let mut group = ProcessGroup::start(program, package, args, setting, Stdio::null())?;
    let stderr = collect(group.child.stderr.take(), limits.output);
    let pipe = group.child.stdout.take();
    let abandoned = ShutdownFlag::default();
    let (outcome, answer) = thread::scope(|scope| {
        let watch = scope.spawn(|| group.wait_or(program, limits, &abandoned));
        let answer = match pipe {
            Some(pipe) => read(&mut BatchedReader::new(pipe)),
            None => read(&mut io::empty()),
        };
        // A program that has more to say, or waits for something, is of no more use.
        abandoned.request();
        let outcome = watch.join();
        (outcome, answer)
    });
    let stderr = stderr.kept(Instant::now() + GRACE);
    let status = outcome.map_err(|_| ChildError::Stopped(program.to_owned()))??;
    let finished = ChildOutput {
        status,
        stdout: Vec::new(),
        stderr,
    };
    Ok((finished, answer))
}

/// How much a pipe may hold, in bytes: what Linux allows to everybody.
const PIPE: usize = 1 << 20;
/// How long a reader lets a pipe fill that it has just emptied.
const READ_BATCH_DELAY: Duration = Duration::from_millis(3);

/// A pipe that is read in large pieces, although it is written line by line: each write to a pipe whose reader waits wakes it up,
/// and that costs the writer more than the line did. (rsync needs a third longer for a listing then.)
struct BatchedReader {
    pipe: std::process::ChildStdout,
    emptied: bool,
}

impl BatchedReader {
    fn new(pipe: std::process::ChildStdout) -> Self {
        // A smaller pipe is slower, not wrong.
        rustix::pipe::fcntl_setpipe_size(&pipe, PIPE).unwrap_or_default();
        Self { pipe, emptied: false }
    }
}

impl Read for BatchedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.emptied {
            thread::sleep(READ_BATCH_DELAY);
        }
        let length = self.pipe.read(buffer)?;
        self.emptied = length < buffer.len();
        Ok(length)
    }
}

/// What is read from a pipe in a thread of its own.
struct Collected {
    kept: Arc<Mutex<Vec<u8>>>,
    over: Receiver<()>,
}

impl Collected {
    /// What came until the pipe was closed. When somebody keeps it open who is none of ours any more, what came until `at_most`.
    fn kept(self, at_most: Instant) -> Vec<u8> {
        // Nothing is ever sent: it is closed with the pipe, or it is too late.
        let left = at_most.saturating_duration_since(Instant::now());
        self.over.recv_timeout(left).unwrap_or_default();
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads a pipe to its end, keeping the first `limit` bytes.
fn collect(pipe: Option<impl Read + Send + 'static>, limit: u64) -> Collected {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (tell, over) = mpsc::channel();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let keep = Arc::clone(&kept);
    thread::spawn(move || {
        let mut pipe = pipe;
        let mut buffer = [0; 8 << 10];
        while let Some(pipe) = &mut pipe {
            match pipe.read(&mut buffer) {
                Ok(n) if n > 0 => {
                    let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = limit.saturating_sub(kept.len()).min(n);
                    kept.extend(buffer.iter().take(room));
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that breaks ends what can be known of it.
                Ok(_) | Err(_) => break,
            }
        }
        drop(tell);
    });
    Collected { kept, over }
}

/// A child with its process group; ended when dropped.
struct ProcessGroup {
    child: Child,
    over: bool,
}

/// How long a program whose output was read to its end, or abandoned, may take to end by itself.
const EXIT_GRACE: Duration = Duration::from_secs(10);

impl ProcessGroup {
    fn start(
        program: &str,
        package: &str,
        args: &[String],
        setting: SpawnOptions<'_>,
        stdin: Stdio,
    ) -> Result<Self, ChildError> {
        let mut command = Command::new(program);
        for name in setting.unset {
            command.env_remove(name);
        }
        command
            .args(args)
            .envs(setting.set.iter().copied())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let child = command.spawn().map_err(|why| {
            let program = program.to_owned();
            if why.kind() == io::ErrorKind::NotFound {
                ChildError::Missing {
                    program,
                    package: package.to_owned(),
                }
            } else {
                ChildError::Start { program, why }
            }
        })?;
        running::add(child.id());
        let group = Self { child, over: false };
        if let Some(most) = setting.memory {
            let bounds = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            // A child that ended already needs no limit.
            match prlimit(
                rustix::process::Pid::from_raw(group.id().as_raw()),
                Resource::As,
                bounds,
            ) {
                Ok(_) | Err(rustix::io::Errno::SRCH) => {}
                Err(why) => {
                    return Err(ChildError::Start {
                        program: program.to_owned(),
                        why: why.into(),
                    });
                }
            }
        }
        Ok(group)
    }

    /// As [`ProcessGroup::wait`], but ends the group some time after `abandoned` is set.
    fn wait_or(
        &mut self,
        program: &str,
        limits: &ChildLimits,
        abandoned: &ShutdownFlag,
    ) -> Result<Option<i32>, ChildError> {
        while !abandoned.is_requested()
            && !self.has_ended()
            && Instant::now() < limits.deadline
            && !limits.stop.is_requested()
        {
            thread::sleep(Duration::from_millis(2));
        }
        if abandoned.is_requested() {
            let limits = ChildLimits {
                deadline: limits.deadline.min(Instant::now() + EXIT_GRACE),
                ..limits.clone()
            };
            return self.wait(program, &limits);
        }
        self.wait(program, limits)
    }

    fn wait(&mut self, program: &str, limits: &ChildLimits) -> Result<Option<i32>, ChildError> {
        let mut pause = Duration::from_millis(1);
        loop {
            if self.has_ended() {
                return Ok(self.finish());
            }
            let late = Instant::now() >= limits.deadline;
            if late || limits.stop.is_requested() {
                self.end();
                let what = program.to_owned();
                return Err(if late {
                    ChildError::Deadline(what)
                } else {
                    ChildError::Stopped(what)
                });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn id(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }

    /// Whether the leader ended. It is not reaped: while it is not, its number names this group and no other.
    fn has_ended(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.id()), flags) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => false,
            Ok(_) | Err(_) => true,
        }
    }

    /// Ends what the leader left behind, and reaps it.
    fn finish(&mut self) -> Option<i32> {
        self.signal(Signal::SIGKILL);
        self.over = true;
        let status = self.child.wait().ok().and_then(|s| s.code());
        running::remove(self.child.id());
        status
    }

    /// Tells the group to end, waits a little, kills it.
    fn end(&mut self) {
        self.signal(Signal::SIGTERM);
        let told = Instant::now();
        while !self.has_ended() && told.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(10));
        }
        self.finish();
    }

    fn signal(&self, signal: Signal) {
        // A group whose members have all ended is no error.
        killpg(self.id(), signal).unwrap_or_default();
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.over {
            self.finish();
        }
    }
}

#[cfg(test)]
mod tests;
