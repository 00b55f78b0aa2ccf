//! How every program runs: options, config, user, logging, the report, the exit status.

use std::process::ExitCode;

use anyhow::{Context as _, Error};
use clap::Parser;

use super::args::CommonArgs;
use super::exit::{ExitStatus, UsageError};
use super::output::{Output, Report};
use crate::config::{Config, ConfigError};
use crate::db::{Db, DbError};
use crate::locks::LockError;
use crate::model::Timestamp;
use crate::sys;
use crate::sys::errors::format_chain;

/// What a program is handed.
#[derive(Debug)]
pub struct Context {
    /// The program's name.
    pub program: &'static str,
    /// The config.
    pub config: Config,
    /// Whether it was read; without a file the defaults hold, and a program that root started is root still.
    pub configured: bool,
    /// Where its words go.
    pub output: Output,
    /// When it began.
    pub now: Timestamp,
    /// The person behind it.
    pub user: String,
    /// Problems found before the program proper began, such as a log that cannot be written.
    pub startup_warnings: Vec<String>,
}

impl Context {
    /// Opens the database.
    pub fn open_db(&self) -> Result<Db, DbError> {
        Db::open(&self.config)
    }

    /// Who makes the changes of this run.
    pub fn author(&self) -> crate::db::change::Author {
        crate::db::change::Author {
            user: self.user.clone(),
            program: self.program.to_owned(),
            at: self.now,
        }
    }
}

/// A program: its options (a clap parser), and what it does with them.
pub trait Program: Parser {
    /// Its name.
    const NAME: &'static str;
    /// The job, if it runs as one: names its log.
    const JOB: Option<&'static str> = None;
    /// Whether it runs until it is told to stop: then its warnings go to stderr, for the journal, unless `-q` is given.
    const DAEMON: bool = false;
    /// What it has to say at its end.
    type Report: Report;

    /// The options that every program has.
    fn common(&self) -> &CommonArgs;

    /// Whether nothing is to be changed.
    fn dry_run(&self) -> bool {
        false
    }

    /// Whether it can do without a config file: then the defaults hold where the file is missing.
    fn needs_config(&self) -> bool {
        true
    }

    /// Does the work.
    fn run(self, ctx: &Context) -> Result<Self::Report, Error>;
}

/// Runs a program: what `main` of each does.
pub fn main<P: Program>() -> ExitCode {
    let args = match parse::<P>() {
        Ok(args) => args,
        Err(e) => {
            let exit = if e.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Done
            };
            // Help and version go to stdout; a reader that went away is no error.
            drop(e.print());
            return exit.into();
        }
    };
    let output = Output::new(args.common(), no_color());
    match run(args, &output) {
        Ok(exit) => exit.into(),
        Err(e) => {
            let exit = status_of(&e);
            if !e.is::<AlreadyReported>() {
                output.eprint(&format!("{}: {}", P::NAME, format_chain(e.as_ref())));
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

/// The command as it is shown in help, man pages and completions. What a program says at the end of its help (examples) stays
/// there, before what the exit status means.
pub fn command<P: Program>() -> clap::Command {
    let command = P::command();
    let own = command.get_after_long_help().or(command.get_after_help());
    let end = own.map_or_else(
        || super::exit::HELP.to_owned(),
        |own| format!("{own}\n\n{}", super::exit::HELP),
    );
    command
        .name(P::NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args_override_self(true)
        .after_help(end.clone())
        .after_long_help(end)
}

fn parse<P: Program>() -> Result<P, clap::Error> {
    let matches = command::<P>().try_get_matches()?;
    P::from_arg_matches(&matches).map_err(|e| e.format(&mut command::<P>()))
}

fn run<P: Program>(args: P, output: &Output) -> Result<ExitStatus, Error> {
    let path = args.common().config.clone();
    let configured = args.needs_config() || path.exists();
    let config = if configured {
        let config = Config::load(&path)?;
        sys::user::drop_privileges(&config.user, P::NAME).map_err(UsageError)?;
        config
    } else {
        // Nobody is named to become; what needs no config writes no database and no lock, and steps down by itself.
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
        .context("writing the answer to stdout, after all was done")?;
    Ok(report.exit())
}

/// An error that was told already, or that is not to be told: only its status counts.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
pub struct AlreadyReported(pub ExitStatus);

/// A person told the job to do nothing: said once, and no failure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobPaused(pub String);

/// The status an error ends with.
pub(super) fn status_of(e: &Error) -> ExitStatus {
    if let Some(AlreadyReported(exit)) = e.downcast_ref() {
        return *exit;
    }
    for cause in e.chain() {
        if matches!(cause.downcast_ref(), Some(LockError::Held { .. })) {
            return ExitStatus::Locked;
        }
        if cause.is::<JobPaused>() {
            return ExitStatus::Done;
        }
        if cause.is::<UsageError>() || cause.is::<ConfigError>() {
            return ExitStatus::Usage;
        }
    }
    ExitStatus::Failed
}
