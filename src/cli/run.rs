//! The run of every program: options, config, user, logging, report and exit status.

use std::process::ExitCode;

use anyhow::{Context as _, Error};
use clap::{Arg, ArgAction, Parser};

use super::args::{CommonArgs, JobArgs};
use super::exit::{ExitStatus, UsageError};
use super::output::{Output, Report};
use crate::config::{Config, HumanDuration};
use crate::db::audit_log::Author;
use crate::db::{Db, DbError};
use crate::job::{self, AlreadyReported, Console, Invocation, Job, JobOptions, exit_status};
use crate::locks::{Lock, LockError};
use crate::model::Timestamp;
use crate::sys;
use crate::sys::errors::format_chain;

/// The environment of a running program.
#[derive(Debug)]
pub struct Context {
    pub(crate) program: &'static str,
    pub(crate) config: Config,
    /// True if the config was read from a file. Otherwise it has the defaults, and a program started by root still runs as root.
    pub configured: bool,
    pub(crate) output: Output,
    /// The start of the program.
    pub now: Timestamp,
    /// The user who started the program, before sudo.
    pub user: String,
    /// Problems found before the program started its work, such as a log file that cannot be written.
    pub startup_warnings: Vec<String>,
}

impl Context {
    pub(crate) fn open_db(&self) -> Result<Db, DbError> {
        Db::open(&self.config)
    }

    /// The author of changes that this run makes in the registry.
    pub(crate) fn author(&self) -> Author {
        Author {
            user: self.user.clone(),
            program: self.program.to_owned(),
            at: self.now,
        }
    }

    /// Starts a job; see [`Job::start`].
    pub(crate) fn start_job(
        &self,
        args: &JobArgs,
        name: &'static str,
        scopes: &[String],
        default_limit: HumanDuration,
    ) -> Result<Job, Error> {
        let invocation = Invocation {
            config: &self.config,
            console: Console {
                program: self.program,
                is_interactive: self.output.stderr_terminal || self.output.verbose > 0,
                quiet: self.output.quiet,
            },
            now: self.now,
            user: &self.user,
            startup_warnings: &self.startup_warnings,
        };
        let options = JobOptions {
            dry_run: args.dry_run,
            lock_wait: args.lock_wait.unwrap_or_default().get(),
            quiet_if_locked: args.quiet_if_locked,
            max_runtime: args.max_runtime,
            metrics_file: args.metrics_file.clone(),
            ignore_pause: args.ignore_pause,
            ignore_clock: args.ignore_clock,
        };
        Job::start(&invocation, &options, name, scopes, default_limit)
    }

    pub(super) fn acquire_release_lock(&self) -> Result<Lock, LockError> {
        job::acquire_release_lock(&self.config, &self.user, self.now)
    }
}

/// A program: a clap parser for its options, and its work.
pub trait Program: Parser {
    /// The name of the program.
    const NAME: &'static str;
    /// The job name of a batch program; also the name of its log file.
    const JOB: Option<&'static str> = None;
    /// True for a daemon: its warnings go to stderr, for the journal, unless `-q` is given.
    const DAEMON: bool = false;
    /// The result that is printed at the end.
    type Report: Report;

    /// The options common to all programs.
    fn common(&self) -> &CommonArgs;

    /// True if the program must not change anything.
    fn dry_run(&self) -> bool {
        false
    }

    /// True if a missing config file is an error; otherwise the defaults apply.
    fn needs_config(&self) -> bool {
        true
    }

    /// Changes the help on the command line so that `-h` fits on a screen; man pages and completions are not affected.
    fn shorten_help(command: clap::Command) -> clap::Command {
        command
    }

    /// Does the work.
    fn run(self, ctx: &Context) -> Result<Self::Report, Error>;
}

/// Runs a program, prints its report or error, and returns its exit status.
pub(crate) fn main<P: Program>() -> ExitCode {
    let args = match parse::<P>() {
        Ok(args) => args,
        Err(e) => {
            let exit = if e.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Done
            };
            // Help and version go to stdout; a closed pipe is ignored.
            drop(e.print());
            return exit.into();
        }
    };
    let output = Output::new(args.common(), no_color());
    match run(args, &output) {
        Ok(exit) => exit.into(),
        Err(e) => {
            let exit = exit_status(&e);
            if !e.is::<AlreadyReported>() {
                super::output::eprint(&format!("{}: {}", P::NAME, format_chain(e.as_ref())));
            }
            exit.into()
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "NO_COLOR is a convention of the environment, see no-color.org"
)]
fn no_color() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|v| !v.is_empty())
}

/// The command for man pages, completions and `--help`. The section on exit statuses follows the examples of the program.
pub fn command<P: Program>() -> clap::Command {
    let command = P::command();
    let own = command.get_after_long_help().or(command.get_after_help());
    let end = own.map_or_else(
        || super::exit::HELP.to_owned(),
        |own| format!("{own}\n\n{}", super::exit::HELP),
    );
    let flag = |id: &'static str, action| Arg::new(id).long(id).action(action).help_heading("Common options");
    command
        .name(P::NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args_override_self(true)
        // The built-in flags would have a section of their own, three lines of `-h`.
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            flag("help", ArgAction::Help)
                .short('h')
                .global(true)
                .help("Print help: -h a summary, --help everything"),
        )
        .arg(
            flag("version", ArgAction::Version)
                .short('V')
                .hide_short_help(true)
                .help("Print version"),
        )
        .after_long_help(end)
}

fn parse<P: Program>() -> Result<P, clap::Error> {
    let command = || P::shorten_help(command::<P>());
    let matches = command().try_get_matches()?;
    P::from_arg_matches(&matches).map_err(|e| e.format(&mut command()))
}

fn run<P: Program>(args: P, output: &Output) -> Result<ExitStatus, Error> {
    let path = args.common().config.clone();
    let configured = args.needs_config() || path.exists();
    let config = if configured {
        let config = Config::load(&path)?;
        sys::user::drop_privileges(&config.user, P::NAME).map_err(UsageError)?;
        config
    } else {
        // Without a config no user is configured. A program that needs no config writes no database or lock, and drops
        // privileges itself.
        Config::default()
    };
    let log_failure = super::logging::start(output, &config.log_dir, P::JOB, P::DAEMON);
    let ctx = Context {
        program: P::NAME,
        config,
        configured,
        output: output.clone(),
        now: sys::clock::now(),
        user: sys::user::invoking_user(),
        startup_warnings: log_failure.into_iter().collect(),
    };
    let dry_run = args.dry_run();
    let report = args.run(&ctx)?;
    ctx.output
        .print(&report, dry_run)
        .context("writing the report to stdout after the work was done")?;
    Ok(report.exit())
}
