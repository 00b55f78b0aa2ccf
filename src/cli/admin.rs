//! `mm-admin`: the registry, the database, and the state of the installation.

use std::io;
use std::process::ExitCode;

use anyhow::Error;
use clap::{Parser, Subcommand};
use serde::Serialize;

use super::args::CommonArgs;
use super::exit::{ExitStatus, UsageError};
use super::output::{Report, Style, TextOutput};
use super::run::{Context, Program};
use crate::db::registry::edit::EditError;
use crate::inspect::doctor::{DoctorReport, IncidentReport};

mod apply;
mod backup;
mod config_check;
mod doctor;
mod edits;
mod entities;
mod explain;
mod init;
mod log;
mod mirrors;
mod pause;
mod release;
mod repo;
mod share;
mod undo;
mod verify;
mod why;

/// Keep the registry (products, categories, sites, hosts …) and look after the installation.
///
/// Everything that people decide about the mirror network is in the registry, in the database. Write it as one file and
/// `apply` it, or add, set and remove single rows. Each change is kept in the audit log: see `mm-admin changes`.
#[derive(Debug, Parser)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  mm-admin init\n  mm-admin apply registry.toml --dry-run\n  mm-admin host set \
                  mirror.example.org bandwidth=2000\n  mm-admin why mirror.example.org\n  mm-admin doctor"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database and the directories that are missing.
    Init(init::InitArgs),
    /// Bring the database up to this version of the programs, after a backup beside it.
    Migrate(init::MigrateArgs),
    /// Make the registry what a file says; shows what changes.
    Apply(apply::ApplyArgs),
    /// Write the registry as a file that `apply` reads.
    Export(apply::ExportArgs),
    /// List the last runs of the jobs.
    Runs(log::RunsArgs),
    /// List the last changes of the registry: who, when, what.
    Changes(log::ChangesArgs),
    /// Commands for repositories: move, disable, restrict to the newest version.
    #[command(subcommand)]
    Repo(repo::RepoCommand),
    /// Commands for releases.
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    /// List all versions, including hidden and staged ones.
    Versions(release::VersionsArgs),
    Undo(undo::UndoArgs),
    /// Copy the database while jobs run.
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the database.
    Restore(backup::RestoreArgs),
    /// Check the installation: config, database, directories, programs, clock, jobs, locks, disk.
    Doctor,
    /// Show all current problems, each with the command that fixes it.
    Incident,
    /// Check the config file.
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Pause a job for a while, or list the paused jobs.
    #[command(subcommand)]
    Pause(pause::PauseCommand),
    /// Resume a paused job.
    Resume(pause::ResumeArgs),
    /// Show the status of every mirror for a directory.
    Mirrors(mirrors::MirrorsArgs),
    /// Explain for a client address why each host is selected or not.
    Explain(explain::ExplainArgs),
    /// Estimate a host's share of responses, and how often it is listed first.
    Share(share::ShareArgs),
    /// Fetch a repository's metalink and check that every mirror in it serves the promised file.
    Verify(verify::VerifyArgs),
    /// Show the results of crawls for a host, and its next crawl.
    Why(why::WhyArgs),
    #[command(flatten)]
    Entity(entities::EntityCommand),
}

/// What a command has to say: one of the reports of this program's rooms.
pub struct AdminReport(Box<dyn DynReport>);

impl std::fmt::Debug for AdminReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminReport")
    }
}

/// A [`Report`] whose JSON was made already, so that commands with different reports can stand in one program.
trait DynReport {
    fn json(&self) -> Result<serde_json::Value, serde_json::Error>;
    fn exit(&self) -> ExitStatus;
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()>;
    fn is_answer(&self) -> bool;
}

impl<R: Report> DynReport for R {
    fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn exit(&self) -> ExitStatus {
        Report::exit(self)
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        Report::write_text(self, out)
    }

    fn is_answer(&self) -> bool {
        Report::is_query(self)
    }
}

impl Serialize for AdminReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl Report for AdminReport {
    fn exit(&self) -> ExitStatus {
        self.0.exit()
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        self.0.write_text(out)
    }

    fn is_query(&self) -> bool {
        self.0.is_answer()
    }
}

/// Writes one line for each row of the database that cannot be read.
fn write_warnings(warnings: &[String], out: &mut TextOutput<'_>) -> io::Result<()> {
    for text in warnings {
        out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
    }
    Ok(())
}

fn report(report: impl Report + 'static) -> AdminReport {
    AdminReport(Box::new(report))
}

/// An edit that was refused for what the caller wrote ends with status 2, one that does not suit the registry with 1.
fn edit_error(error: EditError) -> Error {
    match error {
        EditError::Value { .. } => UsageError(error.to_string()).into(),
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
    type Report = AdminReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        Ok(match self.command {
            Command::Init(args) => report(args.run(ctx)?),
            Command::Migrate(args) => report(args.run(ctx)?),
            Command::Apply(args) => report(args.run(ctx)?),
            Command::Export(args) => report(args.run(ctx)?),
            Command::Runs(args) => report(args.run(ctx)?),
            Command::Changes(args) => report(args.run(ctx)?),
            Command::Repo(command) => command.run(ctx)?,
            Command::Release(command) => report(command.run(ctx)?),
            Command::Versions(args) => report(args.run(ctx)?),
            Command::Undo(args) => report(args.run(ctx)?),
            Command::Backup(args) => report(args.run(ctx)?),
            Command::Restore(args) => report(args.run(ctx)?),
            Command::Doctor => report(DoctorReport::new(&ctx.config, ctx.now)),
            Command::Incident => report(IncidentReport::new(&ctx.config, ctx.now)),
            Command::Config(command) => report(command.run(ctx, &self.common.config)?),
            Command::Pause(command) => report(command.run(ctx)?),
            Command::Resume(args) => report(args.run(ctx)?),
            Command::Mirrors(args) => report(args.run(ctx)?),
            Command::Share(args) => report(args.run(ctx)?),
            Command::Explain(args) => report(args.run(ctx)?),
            Command::Verify(args) => report(args.run(ctx)?),
            Command::Why(args) => report(args.run(ctx)?),
            Command::Entity(command) => command.run(ctx)?,
        })
    }
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
