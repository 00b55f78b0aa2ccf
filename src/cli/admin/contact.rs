//! `mm-admin contact`: erases what is stored about a person.

use std::io;

use anyhow::Error;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::edit_error;
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::config::Config;
use crate::db::contact::{self, Erased};
use crate::model::count::format_count;
use crate::model::names::EmailAddress;

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Erase an e-mail address from the registry, the audit log and the mails.
    ///
    /// Rows stay, without the address. Backups that were made before still have it until they expire.
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mm-admin contact forget admin@mirror.example.org --dry-run")]
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
    #[serde(skip)]
    address: EmailAddress,
    #[serde(skip)]
    config_path: String,
}

impl ContactCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<ForgetReport, Error> {
        let Self::Forget(ForgetArgs { address, dry_run }) = self;
        let mut db = ctx.open_db()?;
        let erased = contact::forget(&mut db, &ctx.author(), &address, dry_run).map_err(edit_error)?;
        Ok(ForgetReport {
            dry_run,
            erased,
            in_config: find_in_config(&ctx.config, &address),
            address,
            config_path: ctx.config_path.display().to_string(),
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

impl Report for ForgetReport {
    /// A mistyped address must not look like one that was erased.
    fn nothing_done(&self) -> Option<String> {
        let reason = || format!("the database does not have {}", self.address);
        self.erased.is_empty().then(reason)
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        for (place, rows) in &self.erased {
            let verb = if self.dry_run { "would erase" } else { "erased" };
            out.line(format!("{place}: {verb} it in {}", format_count(*rows, "row")))?;
        }
        for key in &self.in_config {
            out.line(format!("{key} in {} still has it: edit the file", self.config_path))?;
        }
        Ok(())
    }
}
