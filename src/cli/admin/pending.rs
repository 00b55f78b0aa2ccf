//! `mm-admin pending`: everything that waits for a decision of an operator, and the decisions.

use std::io;

use anyhow::Error;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{AdminReport, report};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::db::DbError;
use crate::inspect::pending::{self, PendingItem};
use crate::job::exit::UsageError;
use crate::model::Timestamp;

mod decide;

/// The width of the table.
const WIDTH: usize = 100;
/// The width of a time without seconds.
const TIME_WIDTH: usize = "2026-12-01T12:00Z".len();

/// List what waits for a decision, and decide on it.
///
/// For each item: what it is, since when, and what happens without a decision. The ID of an item stays the same while it is
/// pending.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  mm-admin pending\n  mm-admin pending show removal-2\n  mm-admin pending confirm removal-2 --count \
                  312\n  mm-admin pending reject crawl-17"
)]
pub(super) struct PendingArgs {
    #[command(subcommand)]
    command: Option<PendingCommand>,
    /// Also list what was rejected and is still so.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Subcommand)]
enum PendingCommand {
    /// Show the evidence for an item, and what a decision would do.
    Show {
        /// ID, as listed by `mm-admin pending`.
        id: String,
    },
    /// Confirm an item: the change is made.
    Confirm(decide::DecideArgs),
    /// Reject an item: nothing is changed, and it is not reported again.
    Reject(decide::DecideArgs),
}

#[derive(Debug, Serialize)]
struct PendingReport {
    pending: Vec<PendingItem>,
}

#[derive(Debug, Serialize)]
struct ItemReport {
    #[serde(flatten)]
    item: PendingItem,
    evidence: Vec<String>,
    confirm_command: String,
    reject_command: Option<String>,
}

impl PendingArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        match self.command {
            None => {
                let mut pending = ctx.open_db()?.read(|tx| pending::list(tx, &ctx.config, ctx.now))?;
                pending.retain(|item| self.all || item.is_open());
                report(PendingReport { pending })
            }
            Some(PendingCommand::Show { id }) => report(show(ctx, &id)?),
            Some(PendingCommand::Confirm(args)) => report(args.confirm(ctx)?),
            Some(PendingCommand::Reject(args)) => report(args.reject(ctx)?),
        }
    }
}

fn show(ctx: &Context, id: &str) -> Result<ItemReport, Error> {
    let found = ctx.open_db()?.read(|tx| {
        let all = pending::list(tx, &ctx.config, ctx.now)?;
        let Some(item) = all.into_iter().find(|item| item.id == id) else {
            return Ok(None);
        };
        let evidence = pending::evidence(tx, &item)?;
        Ok::<_, DbError>(Some((item, evidence)))
    })?;
    let (item, evidence) = found.ok_or_else(|| UsageError(not_pending(id)))?;
    Ok(ItemReport {
        evidence,
        confirm_command: item.confirm_command(),
        reject_command: item.reject.as_ref().map(|_| item.reject_command()),
        item,
    })
}

fn not_pending(id: &str) -> String {
    format!(
        "nothing with the ID {id} is pending; list what is with: mm-admin pending --all; earlier decisions: mm-admin changes \
         --entity pending --key {id}"
    )
}

impl Report for PendingReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.pending.is_empty() {
            return out.line("nothing waits for a decision");
        }
        let id_width = self.pending.iter().map(|item| item.id.len()).max().unwrap_or(0);
        // Two blanks behind each of the first three columns.
        let rest = WIDTH.saturating_sub(id_width + TIME_WIDTH + 6).max(30);
        let what_width = rest * 3 / 5;
        let rows = self.pending.iter().flat_map(|item| {
            let what = wrap(&item.what, what_width);
            let end = wrap(&describe_end(item), rest - what_width);
            let lines = what.len().max(end.len());
            let first = [item.id.clone(), format_minute(item.since)];
            (0..lines).map(move |n| {
                let [id, since] = if n == 0 {
                    first.clone()
                } else {
                    [String::new(), String::new()]
                };
                let cell = |lines: &[String]| lines.get(n).cloned().unwrap_or_default();
                [id, since, cell(&what), cell(&end)]
            })
        });
        out.table("ID | SINCE | WHAT | WITHOUT A DECISION", rows)?;
        out.line("")?;
        out.line("explain one with: mm-admin pending show ID")
    }
}

/// The consequence of no decision with its time, or the rejection.
fn describe_end(item: &PendingItem) -> String {
    match (&item.rejected_by, item.rejected_at, item.due) {
        (Some(by), Some(at), _) => format!("rejected by {by}, {}", format_minute(at)),
        (_, _, Some(due)) => format!("{}: {}", format_minute(due), item.if_undecided),
        (_, _, None) => item.if_undecided.clone(),
    }
}

/// The time in UTC without seconds.
fn format_minute(at: Timestamp) -> String {
    let text = at.to_string();
    let minute = text.get(..TIME_WIDTH - 1);
    minute.map_or_else(|| text.clone(), |minute| format!("{minute}Z"))
}

/// Splits a text into lines of at most `width` characters, at blanks, and words that are longer anywhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for part in word.chars().collect::<Vec<char>>().chunks(width.max(1)) {
            let part: String = part.iter().collect();
            let Some(last) = lines.last_mut() else { continue };
            let used = last.chars().count();
            if used == 0 {
                last.push_str(&part);
            } else if used + 1 + part.chars().count() <= width {
                last.push(' ');
                last.push_str(&part);
            } else {
                lines.push(part);
            }
        }
    }
    lines
}

impl Report for ItemReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let item = &self.item;
        out.line(format!("{}: {}", out.paint(Style::Bold, &item.id), item.what))?;
        out.line(format!("  since:               {}", item.since))?;
        out.line(format!("  without a decision:  {}", item.if_undecided))?;
        out.line(format!("  at:                  {}", or_dash(item.due)))?;
        if let (Some(by), Some(at)) = (&item.rejected_by, item.rejected_at) {
            out.line(format!("  rejected:            by {by}, {at}"))?;
        }
        out.line(format!("  confirm:             {}", item.confirm))?;
        out.line(format!("                       {}", self.confirm_command))?;
        match (&item.reject, &self.reject_command) {
            (Some(effect), Some(command)) => {
                out.line(format!("  reject:              {effect}"))?;
                out.line(format!("                       {command}"))?;
            }
            _ => out.line(format!("  reject:              {}", item.instead_of_reject))?,
        }
        for line in &self.evidence {
            out.line(format!("  - {line}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_at_blanks_and_long_words_anywhere() {
        for (text, width, lines) in [
            ("", 5, vec![""]),
            ("one two three", 7, vec!["one two", "three"]),
            ("pub/fedora/linux is", 8, vec!["pub/fedo", "ra/linux", "is"]),
            ("äöü äöü", 3, vec!["äöü", "äöü"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text}");
        }
    }

    #[test]
    fn a_time_has_minutes_only() {
        assert_eq!(format_minute(Timestamp(1_700_000_000)), "2023-11-14T22:13Z");
    }
}
