//! Child processes: started by argument vector, in their own process group, with a deadline. They never outlive their caller.
//!
//! The deadline holds even if a process leaves the group or keeps a pipe open: descendants of a child are terminated with it in
//! whatever group they are, and what survives that (a daemon) is killed when the job ends ([`kill_all`]).

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::iter;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, prlimit, waitid,
};
use thiserror::Error;

use crate::sys::process::ProcessId;
use crate::sys::signals::ShutdownFlag;
use crate::sys::{activity, process, terminate};

mod running;

pub(crate) use running::{adopt_strays, live, notify, sample, strays, wait_for_change};

/// Time between SIGTERM and SIGKILL for a process group.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(crate) struct ChildLimits {
    /// The time when it is terminated.
    pub deadline: Instant,
    /// Limit for each of its outputs, in bytes; the rest is discarded.
    pub output: u64,
    pub stop: ShutdownFlag,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChildOutput {
    /// The exit status; `None` = terminated by a signal.
    pub status: Option<i32>,
    /// The output on stdout, up to the limit.
    pub stdout: Vec<u8>,
    /// The output on stderr, up to the limit.
    pub stderr: Vec<u8>,
}

impl ChildOutput {
    pub(crate) fn is_success(&self) -> bool {
        self.status == Some(0)
    }

    /// Returns the last nonempty line of stderr, or else the exit status, for messages.
    pub(crate) fn last_error_line(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let last = text.lines().map(str::trim).rfind(|l| !l.is_empty());
        match (last, self.status) {
            (Some(line), _) => line.to_owned(),
            (None, Some(status)) => format!("exited with status {status}"),
            (None, None) => "terminated by a signal".to_owned(),
        }
    }
}

/// The reason why a child process did not run to its end.
#[derive(Debug, Error)]
pub(crate) enum ChildError {
    #[error("{program} is not installed; install it with: apt-get install {package}")]
    Missing {
        program: String,
        /// The Debian package of the program.
        package: String,
    },
    #[error("cannot start {program}: {why}")]
    Start { program: String, why: io::Error },
    /// It was terminated at its deadline, with all its descendants.
    #[error("{0} was terminated at its deadline")]
    Deadline(String),
    #[error("{0} was terminated because the job was stopped")]
    Stopped(String),
}

/// Runs `program` to its end, with `input` on its stdin, which the program may ignore. `package` is named in the error if it is not
/// installed.
pub(crate) fn run(
    program: &str,
    package: &str,
    args: &[String],
    input: Option<&[u8]>,
    limits: &ChildLimits,
) -> Result<ChildOutput, ChildError> {
    let stdin = input.map_or_else(|| Ok(Stdio::null()), |input| in_memory(input).map(Stdio::from));
    let stdin = stdin.map_err(|why| start_error(program, why))?;
    let mut group = ProcessGroup::start(program, package, args, SpawnOptions::default(), stdin)?;
    let refused = |why| start_error(program, why);
    let stdout = collect(group.child.stdout.take(), limits.output).map_err(refused)?;
    let stderr = collect(group.child.stderr.take(), limits.output).map_err(refused)?;
    let outcome = group.wait(program, limits);
    // All processes of the group have exited, so both pipes are closed, unless a process left the group and holds them open.
    let until = Instant::now() + GRACE;
    let (stdout, stderr) = (receive(&stdout, until), receive(&stderr, until));
    Ok(ChildOutput {
        status: outcome?,
        stdout,
        stderr,
    })
}

fn start_error(program: &str, why: io::Error) -> ChildError {
    let program = program.to_owned();
    ChildError::Start { program, why }
}

/// Returns an anonymous file with this content. Unlike a pipe, it needs no reader to accept all bytes.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let fd = rustix::fs::memfd_create("stdin", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(fd);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// Kills the process groups of all running children, and the processes that left them, before this process exits.
pub(crate) fn kill_all() {
    for process in live() {
        // The PID of a child that was just reaped may be reused.
        if let Some(pid) = process.stat().and(process.raw()) {
            // A group without processes is not an error.
            kill_process_group(pid, Signal::KILL).unwrap_or_default();
        }
    }
    signal_all(&strays().unwrap_or_default(), Signal::KILL);
}

/// Environment and memory limit of a child process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SpawnOptions<'a> {
    pub set: &'a [(&'a str, &'a str)],
    pub unset: &'a [&'a str],
    /// Limit of its address space, in bytes.
    pub memory: Option<u64>,
}

/// Runs `program` to its end, while `read` reads its stdout in this thread. If `read` returns early, the program is terminated, and its
/// status is meaningless.
pub(crate) fn stream<R>(
    program: &str,
    package: &str,
    args: &[String],
    options: SpawnOptions<'_>,
    limits: &ChildLimits,
    read: impl FnOnce(&mut dyn Read) -> R,
) -> Result<(ChildOutput, R), ChildError> {
    let mut group = ProcessGroup::start(program, package, args, options, Stdio::null())?;
    let start_error = |why| start_error(program, why);
    let stderr = collect(group.child.stderr.take(), limits.output).map_err(start_error)?;
    let pipe = group.child.stdout.take();
    let abandoned = ShutdownFlag::default();
    let ended_at = OnceLock::new();
    let (outcome, result) = thread::scope(|scope| {
        let work = || {
            let outcome = group.wait_or_abandon(program, limits, &abandoned);
            ended_at.get_or_init(Instant::now);
            outcome
        };
        let watch = thread::Builder::new().spawn_scoped(scope, work).map_err(start_error)?;
        let result = match pipe {
            Some(pipe) => read(&mut BatchedReader::new(pipe, &ended_at)),
            None => read(&mut io::empty()),
        };
        // More output is not needed.
        abandoned.request();
        Ok((watch.join(), result))
    })?;
    let stderr = receive(&stderr, Instant::now() + GRACE);
    let output = ChildOutput {
        status: outcome.map_err(|_| ChildError::Stopped(program.to_owned()))??,
        stdout: Vec::new(),
        stderr,
    };
    Ok((output, result))
}

/// Interval at which a reader checks if the child has ended.
const POLL_INTERVAL: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
/// Size of a pipe in bytes: the limit of Linux for unprivileged processes.
const PIPE_SIZE: usize = 1 << 20;
/// Pause of a reader that has emptied the pipe, to let it fill.
const READ_BATCH_DELAY: Duration = Duration::from_millis(3);

/// A reader of large blocks from a pipe that is written line by line: each write to a pipe with a waiting reader wakes it up, which
/// costs the writer more than the line itself (rsync takes a third longer for a listing).
///
/// A read fails if the pipe is not closed [`GRACE`] after the end of the process group: a process that left it keeps the pipe open.
struct BatchedReader<'a> {
    pipe: std::process::ChildStdout,
    emptied: bool,
    /// The end of the process group.
    ended_at: &'a OnceLock<Instant>,
}

impl<'a> BatchedReader<'a> {
    fn new(pipe: std::process::ChildStdout, ended_at: &'a OnceLock<Instant>) -> Self {
        // A smaller pipe is slower, but works.
        rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_SIZE).unwrap_or_default();
        Self {
            pipe,
            emptied: false,
            ended_at,
        }
    }

    /// Waits until there is output or the pipe is closed.
    fn wait(&self) -> io::Result<()> {
        loop {
            let mut fds = [PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN)];
            match poll(&mut fds, Some(&POLL_INTERVAL)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
            if self.ended_at.get().is_some_and(|at| at.elapsed() >= GRACE) {
                let message = "a process that left the process group of the program keeps its output open";
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
    }
}

impl Read for BatchedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.emptied {
            thread::sleep(READ_BATCH_DELAY);
        }
        self.wait()?;
        let length = self.pipe.read(buffer)?;
        self.emptied = length < buffer.len();
        activity::record_progress();
        Ok(length)
    }
}

/// Returns the output until the pipe is closed, or until `until` if another process holds it open.
fn receive(output: &Receiver<Vec<u8>>, until: Instant) -> Vec<u8> {
    let left = || until.saturating_duration_since(Instant::now());
    let pieces = iter::from_fn(|| output.recv_timeout(left()).ok());
    pieces.collect::<Vec<_>>().concat()
}

/// Reads a pipe to its end in a thread, and sends the first `limit` bytes. The channel is closed together with the pipe.
fn collect(pipe: Option<impl Read + Send + 'static>, limit: u64) -> io::Result<Receiver<Vec<u8>>> {
    let (sender, output) = mpsc::channel();
    let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
    thread::Builder::new().name("output".to_owned()).spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut buffer = [0; 8 << 10];
        loop {
            match pipe.read(&mut buffer) {
                Ok(n) if n > 0 => {
                    let kept: Vec<u8> = buffer.iter().take(n.min(left)).copied().collect();
                    left -= kept.len();
                    if !kept.is_empty() {
                        // The receiver does not wait for a pipe that is held open.
                        sender.send(kept).unwrap_or_default();
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // A read error is treated as the end of the output.
                Ok(_) | Err(_) => return,
            }
        }
    })?;
    Ok(output)
}

/// A child with its process group; killed when dropped.
struct ProcessGroup {
    child: Child,
    is_reaped: bool,
}

/// Time for a program to exit after its output was read or abandoned.
const EXIT_GRACE: Duration = Duration::from_secs(10);

impl ProcessGroup {
    fn start(
        program: &str,
        package: &str,
        args: &[String],
        options: SpawnOptions<'_>,
        stdin: Stdio,
    ) -> Result<Self, ChildError> {
        let mut command = Command::new(program);
        for name in options.unset {
            command.env_remove(name);
        }
        command
            .args(args)
            .envs(options.set.iter().copied())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let child = command.spawn().map_err(|why| {
            if why.kind() != io::ErrorKind::NotFound {
                return start_error(program, why);
            }
            let (program, package) = (program.to_owned(), package.to_owned());
            ChildError::Missing { program, package }
        })?;
        running::add(child.id(), program);
        let group = Self {
            child,
            is_reaped: false,
        };
        if let Some(most) = options.memory {
            let bounds = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            // A child that already exited needs no limit.
            match prlimit(Some(group.id()), Resource::As, bounds) {
                Ok(_) | Err(Errno::SRCH) => {}
                Err(why) => return Err(start_error(program, why.into())),
            }
        }
        Ok(group)
    }

    /// Like [`ProcessGroup::wait`], but terminates the group some time after `abandoned` is set.
    fn wait_or_abandon(
        &mut self,
        program: &str,
        limits: &ChildLimits,
        abandoned: &ShutdownFlag,
    ) -> Result<Option<i32>, ChildError> {
        while !abandoned.is_requested()
            && !self.has_exited()
            && Instant::now() < limits.deadline
            && !limits.stop.is_requested()
        {
            thread::sleep(Duration::from_millis(2));
        }
        let limits = ChildLimits {
            deadline: limits.deadline.min(Instant::now() + EXIT_GRACE),
            ..limits.clone()
        };
        self.wait(program, &limits)
    }

    fn wait(&mut self, program: &str, limits: &ChildLimits) -> Result<Option<i32>, ChildError> {
        let mut pause = Duration::from_millis(1);
        loop {
            if self.has_exited() {
                return Ok(self.finish());
            }
            let is_late = Instant::now() >= limits.deadline;
            if is_late || limits.stop.is_requested() {
                self.terminate();
                let program = program.to_owned();
                return Err(if is_late {
                    ChildError::Deadline(program)
                } else {
                    ChildError::Stopped(program)
                });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns true if the leader exited. It is not reaped, so that its PID still identifies this group.
    fn has_exited(&self) -> bool {
        let flags = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.id()), flags), Ok(None) | Err(Errno::INTR))
    }

    /// Kills the remaining processes of the group, and reaps the leader.
    fn finish(&mut self) -> Option<i32> {
        self.signal(Signal::KILL);
        self.is_reaped = true;
        let status = self.child.wait().ok().and_then(|s| s.code());
        running::remove(self.child.id());
        status
    }

    /// Sends SIGTERM to the group and all descendants of its leader, waits up to [`GRACE`], and kills them.
    fn terminate(&mut self) {
        // Before the leader exits: its children would be known no longer.
        let outside = self.descendants_in_other_groups();
        self.signal(Signal::TERM);
        signal_all(&outside, Signal::TERM);
        let started = Instant::now();
        let is_running = |process: &ProcessId| process.is_running();
        while (!self.has_exited() || outside.iter().any(is_running)) && started.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(10));
        }
        signal_all(&outside, Signal::KILL);
        self.finish();
    }

    fn descendants_in_other_groups(&self) -> Vec<ProcessId> {
        let pid = self.child.id();
        let Some(leader) = process::stat(pid) else {
            return Vec::new();
        };
        let leader = ProcessId {
            pid,
            start_time: leader.start_time,
        };
        // Without /proc, only the group is terminated.
        let all = process::all().unwrap_or_default();
        let tree = terminate::process_tree(&all, &[leader], &[], std::process::id());
        let is_outside = |p: &ProcessId| all.get(&p.pid).is_some_and(|s| s.group != pid);
        tree.into_iter().filter(is_outside).collect()
    }

    fn signal(&self, signal: Signal) {
        // A group without processes is not an error.
        kill_process_group(self.id(), signal).unwrap_or_default();
    }
}

/// Signals those of the processes that are still running.
fn signal_all(processes: &[ProcessId], signal: Signal) {
    for process in processes.iter().filter(|p| p.is_running()) {
        if let Some(pid) = process.raw() {
            // One that exits meanwhile needs no signal.
            kill_process(pid, signal).unwrap_or_default();
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.finish();
        }
    }
}

#[cfg(test)]
mod tests;
