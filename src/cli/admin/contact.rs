//! `mm-admin contact`: erases what is stored about a person.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Error;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::edit_error;
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::config::Config;
use crate::db::contact::{self, Erased};
use crate::job::exit::ExitStatus;
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::names::EmailAddress;
use crate::sys::shell;

mod files;

use files::{FoundFiles, find_in_files};

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Erase an e-mail address from the database: registry, audit log, mails, pending decisions, runs.
    ///
    /// Rows stay, without the address. Files are searched and named, not changed: logs, backups and the config. Copies of
    /// backups elsewhere are not searched.
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 nothing is left; 3 files that are named still have the address.\n\nExample:\n  mm-admin contact \
                  forget admin@mirror.example.org --dry-run"
)]
pub(super) struct ForgetArgs {
    /// The address, in upper or lower case.
    address: EmailAddress,
    /// Show what would be erased; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ForgetReport {
    dry_run: bool,
    /// The number of changed rows by place.
    erased: Erased,
    /// The keys of the config that still have the address.
    in_config: Vec<&'static str>,
    /// The logs that still have it.
    logs: Vec<PathBuf>,
    /// The backups that still have it.
    backups: Vec<PathBuf>,
    /// Files that could not be searched, each with the reason.
    not_searched: Vec<String>,
    /// The place of copies of backups, which is not searched; empty = none.
    copies: String,
    #[serde(skip)]
    address: EmailAddress,
    #[serde(skip)]
    config_path: PathBuf,
    #[serde(skip)]
    keep: usize,
    #[serde(skip)]
    now: Timestamp,
}

impl ContactCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<ForgetReport, Error> {
        let Self::Forget(ForgetArgs { address, dry_run }) = self;
        let mut db = ctx.open_db()?;
        let erased = contact::forget(&mut db, &ctx.author(), &address, dry_run).map_err(edit_error)?;
        let config = &ctx.config;
        let search = |dirs: &[&Path]| find_in_files(dirs, address.as_str());
        let FoundFiles {
            found: logs,
            mut not_searched,
        } = search(&[&config.log_dir, &config.lock_dir]);
        let backups = search(&[&config.backup.dir]);
        not_searched.extend(backups.not_searched);
        Ok(ForgetReport {
            dry_run,
            erased,
            in_config: find_in_config(config, &address),
            logs,
            backups: backups.found,
            not_searched,
            copies: config.backup.copy_to.clone(),
            address,
            config_path: ctx.config_path.clone(),
            keep: config.backup.keep,
            now: ctx.now,
        })
    }
}

fn find_in_config(config: &Config, address: &EmailAddress) -> Vec<&'static str> {
    let is_same = |text: &str| text.eq_ignore_ascii_case(address.as_str());
    let keys = [
        ("contact", is_same(config.contact.trim_start_matches("mailto:"))),
        ("mail.from", is_same(&config.mail.from)),
        ("mail.user", is_same(&config.mail.user)),
        ("mail.admins", config.mail.admins.iter().any(|a| is_same(a.as_str()))),
    ];
    keys.into_iter()
        .filter(|(_, found)| *found)
        .map(|(key, _)| key)
        .collect()
}

fn quoted(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|p| shell::quote_path(p)).collect();
    paths.join(" ")
}

/// The number of files, with the verb.
fn still_have(paths: &[PathBuf], noun: &str) -> String {
    let verb = if paths.len() == 1 { "has" } else { "have" };
    format!("{} still {verb} it", format_count(paths.len(), noun))
}

impl Report for ForgetReport {
    /// A mistyped address must not look like one that was erased.
    fn nothing_done(&self) -> Option<String> {
        let reason = || format!("the database does not have {}", self.address);
        self.erased.is_empty().then(reason)
    }

    fn exit(&self) -> ExitStatus {
        let is_left = !(self.in_config.is_empty()
            && self.logs.is_empty()
            && self.backups.is_empty()
            && self.not_searched.is_empty());
        if is_left { ExitStatus::Partial } else { ExitStatus::Done }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        let verb = if self.dry_run { "would erase" } else { "erased" };
        for (place, rows) in &self.erased {
            out.line(format!("{place}: {verb} it in {}", format_count(*rows, "row")))?;
        }
        for key in &self.in_config {
            let path = self.config_path.display();
            out.line(format!("{key} in {path} still has it: edit the file"))?;
        }
        if !self.logs.is_empty() {
            let files = still_have(&self.logs, "log file");
            out.line(format!("{files}; remove with:"))?;
            out.line(format!("  rm {}", quoted(&self.logs)))?;
        }
        if !self.backups.is_empty() {
            let files = still_have(&self.backups, "backup");
            out.line(format!(
                "{files}; each is removed after {} newer ones, and after a restore of one this command must be run \
                 again. At once, with a new backup first:",
                self.keep
            ))?;
            out.line(format!("  mm-admin backup && rm {}", quoted(&self.backups)))?;
        }
        for why in &self.not_searched {
            out.line(format!("not searched: {why}"))?;
        }
        if !self.copies.is_empty() && !self.dry_run {
            let now = self.now;
            out.line(format!(
                "copies of backups in {} are not searched: remove those made before {now}",
                self.copies
            ))?;
        }
        Ok(())
    }
}
