//! `mm-admin expect-removal`: announces removals from the master, so that scans apply them without confirmation.

use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use super::edits::write_unless_dry_run;
use crate::cli::output::{Report, Style, TextOutput, and_more};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::audit_log::Author;
use crate::db::pending::{self, AnnouncedRemoval};
use crate::db::{self, Tx};
use crate::job::exit::{NothingDone, UsageError};
use crate::model::count::format_count;
use crate::model::listing::ExpectedRemoval;
use crate::model::names::DirPath;
use crate::model::registry::Category;

/// Announce the removal of a directory from the master, or list the announcements.
///
/// Until the announcement ends, scans remove the directory and everything below it without confirmation, however many directories
/// that are. Other removals need confirmation as usual.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin expect-removal pub/fedora/linux/releases/38 --until 30d\n  mm-admin expect-removal \
                  pub/fedora/linux/releases/38 --off\n  mm-admin expect-removal"
)]
pub(super) struct ExpectRemovalArgs {
    /// Directory with its topdir [default: list the announcements].
    #[arg(value_name = "PATH", requires = "change")]
    path: Option<DirPath>,
    /// End of the announcement: 30d, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339.
    #[arg(long, value_name = "TIME", requires = "path", group = "change")]
    until: Option<TimeArg>,
    /// Withdraw the announcement.
    #[arg(long, requires = "path", group = "change")]
    off: bool,
    /// Accept that N repositories that clients can request lose their directory.
    #[arg(
        long,
        value_name = "N",
        requires = "until",
        default_value_t = 0,
        hide_default_value = true
    )]
    repositories: u64,
    /// Show what would be announced; change nothing.
    #[arg(long, requires = "path")]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ExpectRemovalReport {
    /// The number of directories that the announcement covers now.
    #[serde(skip_serializing_if = "Option::is_none")]
    directories: Option<u64>,
    /// The active announcements.
    announced: Vec<AnnouncedRemoval>,
    dry_run: bool,
}

impl ExpectRemovalArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ExpectRemovalReport, Error> {
        let Some(full) = &self.path else {
            return Ok(ExpectRemovalReport {
                directories: None,
                announced: ctx.open_db()?.read(|tx| pending::announced_removals(tx, ctx.now))?,
                dry_run: false,
            });
        };
        let until = self.until.map(|u| u.resolve(ctx.now)).transpose();
        let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
        write_unless_dry_run(ctx, self.dry_run, |tx, author| {
            let (category, path) = find_category(tx, full)?;
            let directories = match until {
                Some(until) => {
                    let removal = ExpectedRemoval {
                        path,
                        until,
                        repositories: self.repositories,
                    };
                    Some(announce(tx, author, &category, &removal)?)
                }
                None if pending::withdraw_removal(tx, author, category.id, full.as_str(), &path)? => None,
                None => {
                    let text = format!(
                        "no removal of {full} is announced; list the announcements with: mm-admin expect-removal"
                    );
                    return Err(NothingDone(text).into());
                }
            };
            Ok(ExpectRemovalReport {
                directories,
                announced: pending::announced_removals(tx, ctx.now)?,
                dry_run: self.dry_run,
            })
        })
    }
}

/// Announces a removal. Returns the number of directories that it covers; none, or more repositories than it allows, is an error.
pub(super) fn announce(
    tx: &Tx<'_>,
    author: &Author,
    category: &Category,
    removal: &ExpectedRemoval,
) -> Result<u64, Error> {
    let full = db::detect::full_name(&category.topdir, &removal.path);
    let directories = pending::count_directories_below(tx, category.id, &removal.path)?;
    if directories == 0 {
        return Err(UsageError(format!(
            "the master has no directory {full}, according to the last scan"
        ))
        .into());
    }
    let known = db::scan::requestable_repositories(tx, category.id)?;
    let below = known.iter().filter(|(path, _)| removal.path.contains(path));
    let names: Vec<&String> = below.flat_map(|(_, names)| names).collect();
    let found = u64::try_from(names.len()).unwrap_or(u64::MAX);
    if let Some(first) = names.first().filter(|_| found > removal.repositories) {
        let text = format!(
            "clients can request {} in {full} ({first}{}); move them first (mm-admin version eol --help), or name their \
             number: --repositories {found}",
            format_count(found, "repository"),
            and_more(names.len() - 1)
        );
        return Err(UsageError(text).into());
    }
    pending::announce_removal(tx, author, category.id, &full, removal)?;
    Ok(directories)
}

/// Returns the category with the longest topdir that contains a path, and the path below the topdir.
fn find_category(tx: &Tx<'_>, full: &DirPath) -> Result<(Category, DirPath), Error> {
    let all = db::registry::categories(tx)?.into_iter();
    let found = all
        .filter(|c| c.topdir.contains(full))
        .max_by_key(|c| c.topdir.as_str().len());
    let category =
        found.ok_or_else(|| UsageError(format!("no category contains {full}; see: mm-admin category list")))?;
    let path = full.below(&category.topdir);
    Ok((category, path))
}

impl Report for ExpectRemovalReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed; the result would be:")?;
        }
        if let Some(n) = self.directories {
            out.line(out.paint(
                Style::Good,
                &format!("announced: the removal of {}", format_count(n, "directory")),
            ))?;
        }
        if self.announced.is_empty() {
            return out.line("no removal is announced");
        }
        out.write_table("PATH | UNTIL | REPOSITORIES | USER", &self.announced, |_, a| {
            [
                db::detect::full_name(&a.topdir, &a.removal.path),
                a.removal.until.to_string(),
                a.removal.repositories.to_string(),
                a.announced_by.clone(),
            ]
        })
    }
}
