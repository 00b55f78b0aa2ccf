//! `mm-admin`: edits the registry, maintains the database, and diagnoses the installation.

use std::io;

use anyhow::{Context as _, Error};
use clap::{Parser, Subcommand};
use serde::Serialize;

use super::output::{Report, Style, TextOutput};
use super::run::{Context, Program};
use crate::db::registry::edit::{EditError, Editor};
use crate::db::{self, Tx};
use crate::job::exit::{ConfirmationNeeded, ExitStatus, NothingDone, UsageError};
use crate::model::registry_data::RegistryData;

mod apply;
mod backup;
pub mod complete;
mod config_check;
mod contact;
mod doctor;
mod edits;
mod entities;
mod expect_removal;
mod explain;
mod init;
mod log;
mod mail;
mod mirrors;
mod pause;
mod pending;
mod release;
mod repo;
mod rotation;
mod share;
mod undo;
mod verify;
mod why;

use doctor::IncidentReport;

/// Manage the registry (products, categories, sites, hosts …) and the installation.
///
/// The registry is the part of the database that administrators edit. Write it as one file for `apply`, or add, set and
/// remove single rows. Each change is recorded in the audit log: see `mm-admin changes`.
#[derive(Debug, Parser)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_long_help = "Examples:\n  mm-admin init\n  mm-admin apply registry.toml --dry-run\n  mm-admin host set \
                       mirror.example.org bandwidth=10G\n  mm-admin why mirror.example.org\n  mm-admin doctor"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database and missing directories.
    Init(init::InitArgs),
    /// Upgrade the database schema, after a backup.
    Migrate(init::MigrateArgs),
    /// Apply a registry file, and show the changes.
    Apply(apply::ApplyArgs),
    /// Write the registry as a file for apply.
    Export(apply::ExportArgs),
    /// List recent runs of jobs.
    Runs(log::RunsArgs),
    /// List recent changes of the registry (audit log).
    Changes(log::ChangesArgs),
    /// Move repositories, disable them, or offer only the newest.
    #[command(subcommand)]
    Repo(repo::RepoCommand),
    /// Check the mirrors of a release, and publish it when it opens.
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    /// List all versions, including those hidden from public pages.
    Versions(release::VersionsArgs),
    /// Undo a change of the registry.
    Undo(undo::UndoArgs),
    /// Copy the database while jobs run.
    Backup(backup::BackupArgs),
    /// Replace the database with a backup.
    Restore(backup::RestoreArgs),
    /// Check the installation, also for monitoring.
    Doctor(doctor::DoctorArgs),
    /// List current problems, each with the command that fixes it.
    ///
    /// The checks are those of doctor; the worst problem comes first, and running jobs last.
    Incident,
    /// Check the config file.
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Erase what is stored about a person.
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Pause a job, or list the paused jobs.
    #[command(subcommand)]
    Pause(pause::PauseCommand),
    /// Resume a paused job.
    Resume(pause::ResumeArgs),
    Pending(pending::PendingArgs),
    ExpectRemoval(expect_removal::ExpectRemovalArgs),
    /// Send the daily report, test mail, and list undelivered mails.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Show the status of every mirror for a directory.
    Mirrors(mirrors::MirrorsArgs),
    /// Explain which mirrors clients of an address get, and why.
    Explain(explain::ExplainArgs),
    /// Estimate a host's share of responses.
    ///
    /// Also estimates how often it is listed first.
    Share(share::ShareArgs),
    /// Check that each mirror of a metalink serves the promised file.
    Verify(verify::VerifyArgs),
    /// Show the crawl results of a host.
    ///
    /// Also shows why directories are not current.
    Why(why::WhyArgs),
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
    #[command(flatten)]
    Entity(entities::EntityCommand),
}

type WriteText = dyn Fn(&mut TextOutput<'_>) -> io::Result<()>;

/// The report of one command, without its type: the commands have different reports, and [`Report`] is not dyn-compatible.
#[derive(Serialize)]
#[serde(transparent)]
pub struct AdminReport {
    json: serde_json::Value,
    #[serde(skip)]
    exit: ExitStatus,
    #[serde(skip)]
    is_query: bool,
    #[serde(skip)]
    nothing_done: Option<String>,
    #[serde(skip)]
    write_text: Box<WriteText>,
}

impl Report for AdminReport {
    fn exit(&self) -> ExitStatus {
        self.exit
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        (self.write_text)(out)
    }

    fn nothing_done(&self) -> Option<String> {
        self.nothing_done.clone()
    }

    fn is_query(&self) -> bool {
        self.is_query
    }
}

fn report(report: impl Report + 'static) -> Result<AdminReport, Error> {
    Ok(AdminReport {
        json: serde_json::to_value(&report)?,
        exit: report.exit(),
        is_query: report.is_query(),
        nothing_done: report.nothing_done(),
        write_text: Box::new(move |out| report.write_text(out)),
    })
}

/// Writes one line for each row of the database that cannot be read.
fn write_warnings(warnings: &[String], out: &mut TextOutput<'_>) -> io::Result<()> {
    for text in warnings {
        out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
    }
    Ok(())
}

/// Runs `work` in a read transaction. Errors of the editor suggest similar names.
fn read_registry<T>(
    ctx: &Context,
    work: impl FnOnce(&mut Editor<'_>, &Tx<'_>) -> Result<T, EditError>,
) -> Result<T, Error> {
    let author = ctx.author();
    let read = ctx.open_db()?.read(|tx| work(&mut Editor::new(tx, &author), tx));
    read.map_err(edit_error)
}

/// Reads all data that publishing needs, and one warning for each row that cannot be read.
fn read_registry_data(ctx: &Context) -> Result<(RegistryData, Vec<String>), Error> {
    db::registry_data::read(&mut ctx.open_db()?, ctx.now).context("reading the database")
}

/// Maps an invalid or doubtful value to exit status 2, a change that needs confirmation or has no rows to 3, and an edit that
/// conflicts with the registry to 1.
fn edit_error(error: EditError) -> Error {
    match error {
        EditError::Value { .. } | EditError::Doubtful { .. } => UsageError(error.to_string()).into(),
        EditError::MassChange { .. } => ConfirmationNeeded(error.to_string()).into(),
        EditError::NoMatch { .. } | EditError::AlreadyUndone { .. } => NothingDone(error.to_string()).into(),
        EditError::Unknown { .. }
        | EditError::Dangling { .. }
        | EditError::Duplicate { .. }
        | EditError::Referenced { .. }
        | EditError::Outdated { .. }
        | EditError::NotUndone { .. }
        | EditError::Db(_) => error.into(),
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-admin";
    const NOTHING_DONE: &'static str = "--where matches no row, or no host gets a category\n\
        what is to end is not there: a pause, a downtime, newest-only, an announced removal\n\
        what is to be confirmed or rejected is not pending, or its job is paused\n\
        the change is already undone, no repository can be moved, the address is not stored";

    fn uses_config(&self) -> bool {
        !matches!(self.command, Command::Complete(_))
    }

    fn is_scheduled(&self) -> bool {
        let is_digest = matches!(&self.command, Command::Mail(command) if command.is_scheduled());
        // `doctor` reports a broken config as a result.
        let is_verification = matches!(&self.command, Command::Verify(args) if args.is_scheduled());
        is_digest || is_verification || matches!(self.command, Command::Backup(_))
    }

    fn shorten_help(command: clap::Command) -> clap::Command {
        entities::summarize_in_help(command)
    }

    fn diagnoses_config(&self) -> bool {
        matches!(self.command, Command::Doctor(_) | Command::Incident)
    }

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        let report = match self.command {
            Command::Init(args) => report(args.run(ctx)?),
            Command::Migrate(args) => report(args.run(ctx)?),
            Command::Apply(args) => report(args.run(ctx)?),
            Command::Export(args) => report(args.run(ctx)?),
            Command::Runs(args) => report(args.run(ctx)?),
            Command::Changes(args) => report(args.run(ctx)?),
            Command::Repo(command) => command.run(ctx),
            Command::Release(command) => command.run(ctx),
            Command::Versions(args) => report(args.run(ctx)?),
            Command::Undo(args) => report(args.run(ctx)?),
            Command::Backup(args) => report(args.run(ctx)?),
            Command::Restore(args) => report(args.run(ctx)?),
            Command::Doctor(args) => report(args.run(ctx)?),
            Command::Incident => report(IncidentReport::new(ctx)),
            Command::Config(command) => report(command.run(ctx, &ctx.config_path)?),
            Command::Contact(command) => report(command.run(ctx)?),
            Command::Pause(command) => report(command.run(ctx)?),
            Command::Resume(args) => report(args.run(ctx)?),
            Command::Pending(args) => args.run(ctx),
            Command::ExpectRemoval(args) => report(args.run(ctx)?),
            Command::Mail(command) => command.run(ctx),
            Command::Mirrors(args) => report(args.run(ctx)?),
            Command::Share(args) => report(args.run(ctx)?),
            Command::Explain(args) => report(args.run(ctx)?),
            Command::Verify(args) => args.run(ctx),
            Command::Why(args) => report(args.run(ctx)?),
            Command::Complete(args) => report(args.run(ctx)),
            Command::Entity(command) => command.run(ctx),
        };
        ctx.print(&report?)
    }
}
