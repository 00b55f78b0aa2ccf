//! The run of every program: options, config, user, logging, report and exit status.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Error};
use clap::{Arg, ArgAction, Args as _, FromArgMatches as _, Parser};
use derive_more::Deref;

use super::args::CommonArgs;
use super::output::{Output, Report};
use crate::config::{Config, ConfigError};
use crate::db::audit_log::Author;
use crate::db::{Db, DbError};
use crate::job::exit::{self, AlreadyReported, ExitStatus, NothingDone, UsageError};
use crate::job::problem::{self, ProblemKind};
use crate::job::{self, Invocation, Job, JobReport};
use crate::model::Timestamp;
use crate::model::alert::describe_resolved;
use crate::model::ids::CategoryId;
use crate::sys;
use crate::sys::errors::format_chain;
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::MasterSource;

/// The environment of a running program.
#[derive(Debug, Clone, Deref)]
pub struct Context {
    #[deref]
    pub(crate) invocation: Invocation,
    pub(crate) config_path: PathBuf,
    /// True if the config was read from a file. Otherwise it has the defaults, and a program started by root still runs as root.
    pub configured: bool,
    /// The reason why the config has the defaults, for a program that diagnoses it.
    pub(crate) config_error: Option<ConfigError>,
    pub(crate) output: Output,
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

    /// Creates an HTTP client for URLs of the config. Their hosts may be private, as an administrator wrote them.
    pub(super) fn agent(&self, connections: usize, connect: Duration, total: Duration) -> Agent {
        Agent::new(&HttpLimits {
            user_agent: self.config.user_agent(),
            connections,
            connect,
            total,
            allow_private: true,
        })
    }

    /// Returns the sources of single files of those categories that have one in the config.
    pub(super) fn masters(
        &self,
        categories: impl IntoIterator<Item = (CategoryId, impl AsRef<str>)>,
        agent: &Agent,
    ) -> BTreeMap<CategoryId, MasterSource> {
        let categories = categories.into_iter().filter_map(|(id, name)| {
            let category = self.config.category(name.as_ref())?;
            Some((
                id,
                MasterSource::from_config(&category.path, &category.files_url, agent)?,
            ))
        });
        categories.collect()
    }

    /// Runs another program with these arguments, as if it had been started with the same common options. With `--format json` it
    /// prints no report, so that the caller's report stays the only document.
    pub(super) fn run_program<P: Program>(&self, words: &[&str]) -> Result<ExitStatus, Error> {
        let args = P::try_parse_from(std::iter::once(P::NAME).chain(words.iter().copied()))
            .map_err(|e| UsageError(e.to_string()))?;
        let mut ctx = self.clone();
        ctx.invocation.program = P::NAME;
        ctx.output.silence_json();
        args.run(&ctx)
    }

    /// Ends a job with its result, prints the report, and returns the exit status of the program.
    pub(super) fn end_job<R: Report + JobReport>(
        &self,
        job: Job,
        result: Result<R, Error>,
    ) -> Result<ExitStatus, Error> {
        match result {
            Ok(report) => {
                job.finish(&report, report.exit(), report.nothing_done().is_some(), &self.config)?;
                self.print(&report)
            }
            Err(e) => Err(job.fail(e)),
        }
    }

    /// Prints the report of the program, and returns its exit status; if nothing was done, the reason as an error.
    pub(crate) fn print(&self, report: &impl Report) -> Result<ExitStatus, Error> {
        self.output
            .print(report)
            .context("writing the report to stdout after the work was done")?;
        match report.nothing_done() {
            Some(reason) => Err(NothingDone(reason).into()),
            None => Ok(report.exit()),
        }
    }
}

/// A program: a clap parser for its own options, and its work.
pub trait Program: Parser {
    /// The name of the program.
    const NAME: &'static str;
    /// The job name of a batch program; also the name of its log file.
    const JOB: Option<&'static str> = None;
    /// True for a daemon: its warnings go to stderr, for the journal, unless `-q` is given.
    const DAEMON: bool = false;
    /// When the program ends with 3 because it could not do what it was asked for, one case per line, for its man page.
    const NOTHING_DONE: &'static str = "";

    /// True if a missing config file is an error; otherwise the defaults apply.
    fn needs_config(&self) -> bool {
        true
    }

    /// False if the program reads no config, and runs as the user that started it.
    fn uses_config(&self) -> bool {
        true
    }

    /// True for a run from cron or a timer, which reports one problem once. Other commands print each error.
    fn is_scheduled(&self) -> bool {
        Self::JOB.is_some()
    }

    /// Changes the help on the command line so that `-h` fits on a screen; man pages and completions are not affected.
    fn shorten_help(command: clap::Command) -> clap::Command {
        command
    }

    /// Does the work and prints its report.
    fn run(self, ctx: &Context) -> Result<ExitStatus, Error>;

    /// True if an invalid config is a finding of the program, and not an error.
    fn diagnoses_config(&self) -> bool {
        false
    }
}

/// The entry point of a program: runs it, prints an error, and returns its exit status.
pub fn main<P: Program>() -> ExitCode {
    sys::process::restrict_umask();
    if let Err(e) = sys::signals::exit_on_abort() {
        sys::stderr::print_line(&format!("{}: cannot handle SIGABRT: {e}", P::NAME));
        return ExitStatus::Failed.into();
    }
    let (args, common) = match parse::<P>() {
        Ok(parsed) => parsed,
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
    let exit = run(args, common).unwrap_or_else(|e| {
        if !e.is::<AlreadyReported>() {
            let text = format!("{}: {}", P::NAME, format_chain(e.as_ref()));
            // Errors of usage quote the config and files of the operator, with line feeds.
            if exit::exit_status(&e) == ExitStatus::Usage {
                sys::stderr::print_lines(&text);
            } else {
                sys::stderr::print_line(&text);
            }
        }
        exit::exit_status(&e)
    });
    exit.into()
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
    let command = CommonArgs::augment_args(P::command());
    let exit = exit::help(P::NOTHING_DONE);
    let own = command.get_after_long_help().or(command.get_after_help());
    let end = own.map_or_else(|| exit.clone(), |own| format!("{own}\n\n{exit}"));
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

fn parse<P: Program>() -> Result<(P, CommonArgs), clap::Error> {
    let command = || P::shorten_help(command::<P>());
    let matches = command().try_get_matches()?;
    let args = P::from_arg_matches(&matches).and_then(|args| Ok((args, CommonArgs::from_arg_matches(&matches)?)));
    args.map_err(|e| e.format(&mut command()))
}

fn run<P: Program>(args: P, common: CommonArgs) -> Result<ExitStatus, Error> {
    let output = Output::new(&common, no_color());
    // Before privileges are dropped: afterwards it is the user of the config.
    let user = sys::user::invoking_user();
    let now = sys::clock::now();
    let is_scheduled = args.is_scheduled() && !output.is_interactive();
    let configured = args.uses_config() && (args.needs_config() || common.config.exists());
    let mut config_error = None;
    let config = if configured {
        let config = match Config::load(&common.config) {
            Ok(config) => {
                sys::user::drop_privileges(&config.user, P::NAME).map_err(UsageError)?;
                config
            }
            // Which user to switch to is not known; the program only prints what is wrong.
            Err(e) if args.diagnoses_config() => {
                config_error = Some(e);
                Config::default()
            }
            Err(e) => {
                let lock_dir = Config::find_lock_dir(&common.config);
                return Err(report_once(is_scheduled, &lock_dir, now, e.into(), |_| false));
            }
        };
        if is_scheduled
            && let Some((message, since)) = problem::resolve(&config.lock_dir, ProblemKind::Config)
            && !job::send_resolved(&config.mail, P::NAME, &message, since, now)
            && !output.quiet
        {
            sys::stderr::print_line(&format!("{}: {}", P::NAME, describe_resolved(&message, since)));
        }
        config
    } else {
        // Without a config no user is configured. A program that needs no config writes no database or lock, and drops
        // privileges itself.
        Config::default()
    };
    let log_failure = super::logging::start(&output, &config.log_dir, P::JOB, P::DAEMON);
    let (lock_dir, mail) = (config.lock_dir.clone(), config.mail.clone());
    let context = Context {
        invocation: Invocation {
            program: P::NAME,
            config,
            now,
            user,
            is_interactive: output.is_interactive(),
            quiet: output.quiet,
            log_failure,
        },
        config_path: common.config,
        configured,
        config_error,
        output,
    };
    args.run(&context).map_err(|e| {
        report_once(is_scheduled, &lock_dir, now, e, |message| {
            job::send_unrecorded(&mail, P::NAME, message, now)
        })
    })
}

/// Keeps an error that no database recorded from being reported again by each run from cron. `send` sends a mail about it, and
/// returns true if that succeeded: then it is not printed.
fn report_once(
    is_scheduled: bool,
    lock_dir: &Path,
    now: Timestamp,
    error: Error,
    send: impl FnOnce(&str) -> bool,
) -> Error {
    let kind = ProblemKind::from_error(&error).filter(|_| is_scheduled && !error.is::<AlreadyReported>());
    let Some(kind) = kind else { return error };
    let message = format_chain(error.as_ref());
    if problem::record(lock_dir, kind, &message, now) && !send(&message) {
        return error;
    }
    AlreadyReported(exit::exit_status(&error)).into()
}
