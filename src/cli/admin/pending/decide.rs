//! `mm-admin pending confirm` and `reject`: a decision is carried out by the program whose run left it open, with its locks and its
//! alerts, or by a change of the database.

use std::io;

use anyhow::{Error, bail};
use clap::Args;
use serde::Serialize;

use super::not_pending;
use crate::cli::admin::apply::check_refused;
use crate::cli::admin::edits::write_unless_dry_run;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::{Context, Program};
use crate::cli::{admin, crawl, detect_release, scan_master, sync_out, update_mirrorlist};
use crate::db::refused_apply::RefusedApply;
use crate::db::{self, DbError};
use crate::inspect::pending::{self, PendingItem, Subject};
use crate::job::exit::{ExitStatus, NothingDone, UsageError};
use crate::job::{acquire_release_lock, acquire_scope_lock};
use crate::model::pause::{PauseStatus, pause_status};

#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    /// ID, as listed by `mm-admin pending`.
    id: String,
    /// Refuse unless the item has this number of directories, mirrors or repositories, as shown before.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Show what would be done; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The result of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Confirmed,
    Rejected,
    /// A dry run.
    Unchanged,
    /// The program that carries out the decision left the item as it was.
    StillPending,
}

#[derive(Debug, Serialize)]
pub(super) struct DecisionReport {
    id: String,
    what: String,
    outcome: Outcome,
    /// What is pending under the same ID afterwards.
    pending: Option<PendingItem>,
    /// The next command.
    advice: Option<&'static str>,
    #[serde(skip)]
    exit: ExitStatus,
}

impl DecideArgs {
    pub(super) fn confirm(&self, ctx: &Context) -> Result<DecisionReport, Error> {
        let item = self.find(ctx)?;
        if item.needs_count && self.count.is_none() {
            let text = format!(
                "{}: {}; that is more than half, so name the number to confirm: {}",
                item.id,
                item.what,
                item.confirm_command()
            );
            return Err(UsageError(text).into());
        }
        let exit = self.carry_out(ctx, &item)?;
        self.report(ctx, item, Outcome::Confirmed, exit)
    }

    pub(super) fn reject(&self, ctx: &Context) -> Result<DecisionReport, Error> {
        let item = self.find(ctx)?;
        if item.reject.is_none() {
            return Err(UsageError(format!("{} cannot be rejected: {}", item.id, item.instead_of_reject)).into());
        }
        if !item.is_open() {
            return Err(NothingDone(format!("{} is rejected already", item.id)).into());
        }
        let mut exit = ExitStatus::Done;
        match &item.subject {
            Subject::Removals { id, category } => {
                let lock = || acquire_scope_lock(ctx, "scan", category);
                let _lock = (!self.dry_run).then(lock).transpose()?;
                self.write(ctx, |tx, author| {
                    db::pending::reject_removals(tx, author, &item.id, *id)
                })?;
            }
            Subject::Move { prefix } => {
                let _lock = (!self.dry_run).then(|| acquire_release_lock(ctx)).transpose()?;
                self.write(ctx, |tx, author| {
                    db::pending::reject_moves(tx, author, &item.id, prefix)
                })?;
            }
            Subject::Crawl { run, .. } => {
                exit = self.run_program::<crawl::Args>(ctx, &["--reject-pending", &run.to_string()])?;
            }
            Subject::Loss { .. }
            | Subject::EmptyGeneration { .. }
            | Subject::Unresolved { .. }
            | Subject::MissingRepository { .. }
            | Subject::Pause(_)
            | Subject::Pin(_) => {}
            Subject::Apply(refused) => self.write(ctx, |tx, author| {
                let effect = serde_json::json!({"file": refused.file});
                db::pending::record_decision(tx, author, &item.id, "rejected", &effect)?;
                db::refused_apply::remove(tx, &refused.file)
            })?,
        }
        self.report(ctx, item, Outcome::Rejected, exit)
    }

    /// Returns the item, unless it is another one than the operator saw.
    fn find(&self, ctx: &Context) -> Result<PendingItem, Error> {
        let found = self.reload(ctx)?;
        let item = found.ok_or_else(|| NothingDone(not_pending(&self.id)))?;
        self.check_count(&item)?;
        Ok(item)
    }

    fn reload(&self, ctx: &Context) -> Result<Option<PendingItem>, DbError> {
        let all = ctx.open_db()?.read(|tx| pending::list(tx, &ctx.config, ctx.now))?;
        Ok(all.into_iter().find(|item| item.id == self.id))
    }

    fn check_count(&self, item: &PendingItem) -> Result<(), Error> {
        if let Some(named) = self.count.filter(|n| *n != item.count) {
            bail!(
                "the state of {0} changed: --count is {named}, but it has {1} now; check it with: mm-admin pending show {0}",
                item.id,
                item.count
            );
        }
        Ok(())
    }

    /// Runs `work` in a write transaction, if the item is still the one that was found.
    fn write(
        &self,
        ctx: &Context,
        work: impl FnOnce(&db::Tx<'_>, &db::audit_log::Author) -> Result<(), DbError>,
    ) -> Result<(), Error> {
        write_unless_dry_run(ctx, self.dry_run, |tx, author| {
            let mut all = pending::list(tx, &ctx.config, ctx.now)?.into_iter();
            let item = all
                .find(|item| item.id == self.id)
                .ok_or_else(|| NothingDone(not_pending(&self.id)))?;
            self.check_count(&item)?;
            work(tx, author)?;
            Ok(())
        })
    }

    fn carry_out(&self, ctx: &Context, item: &PendingItem) -> Result<ExitStatus, Error> {
        match &item.subject {
            Subject::Removals { category, .. } => {
                refuse_if_paused(ctx, "scan", std::slice::from_ref(category))?;
                let confirm = format!("--confirm-removals={}", item.count);
                self.run_program::<scan_master::Args>(ctx, &["--category", category, &confirm])
            }
            Subject::Crawl { run, .. } => self.run_program::<crawl::Args>(ctx, &["--apply-pending", &run.to_string()]),
            Subject::Loss { repository, .. } => {
                let loss = format!("repo={repository}");
                self.run_program::<update_mirrorlist::Args>(ctx, &["--accept-loss", &loss])
            }
            Subject::EmptyGeneration { .. } => self.run_program::<update_mirrorlist::Args>(ctx, &["--accept-empty"]),
            Subject::Move { prefix } => {
                self.run_program::<detect_release::Args>(ctx, &[&format!("--apply-moves={prefix}")])
            }
            Subject::Unresolved { path, .. } | Subject::MissingRepository { path } => {
                self.run_program::<detect_release::Args>(ctx, &["--acknowledge", path])
            }
            Subject::Pause(pause) => {
                self.write(ctx, |tx, author| db::pause::resume_one(tx, author, pause))?;
                Ok(ExitStatus::Done)
            }
            Subject::Apply(refused) => self.apply(ctx, &item.id, refused),
            Subject::Pin(pin) => {
                refuse_if_paused(ctx, "publish", &[])?;
                self.run_program::<sync_out::Args>(ctx, &["--unpin", "--only", &pin.target])
            }
        }
    }

    /// Applies a file that was refused, if it is the same as then.
    fn apply(&self, ctx: &Context, id: &str, refused: &RefusedApply) -> Result<ExitStatus, Error> {
        check_refused(refused)?;
        let count = refused.affected.to_string();
        let mut words = vec!["apply", refused.file.as_str(), "--confirm", count.as_str()];
        words.extend(refused.prune.then_some("--prune"));
        words.extend(refused.force.then_some("--force"));
        let exit = self.run_program::<admin::Args>(ctx, &words)?;
        write_unless_dry_run(ctx, self.dry_run, |tx, author| {
            let effect = serde_json::json!({"file": refused.file, "hosts": refused.affected});
            db::pending::record_decision(tx, author, id, "confirmed", &effect)
        })?;
        Ok(exit)
    }

    fn run_program<P: Program>(&self, ctx: &Context, words: &[&str]) -> Result<ExitStatus, Error> {
        let dry_run = self.dry_run.then_some("--dry-run");
        let words: Vec<&str> = words.iter().copied().chain(dry_run).collect();
        ctx.run_program::<P>(&words)
    }

    fn report(
        &self,
        ctx: &Context,
        item: PendingItem,
        decided: Outcome,
        exit: ExitStatus,
    ) -> Result<DecisionReport, Error> {
        let now = self.reload(ctx)?;
        let is_same = now.as_ref().is_some_and(|now| *now == item);
        let outcome = match is_same {
            _ if self.dry_run => Outcome::Unchanged,
            true => Outcome::StillPending,
            false => decided,
        };
        let is_published_later = matches!(item.subject, Subject::Removals { .. } | Subject::Crawl { .. })
            || matches!(item.subject, Subject::Move { .. } | Subject::MissingRepository { .. });
        let is_generation = matches!(item.subject, Subject::Loss { .. } | Subject::EmptyGeneration { .. });
        let advice = match outcome {
            Outcome::Confirmed if is_published_later => {
                Some("to publish it now: mm-update-mirrorlist; then deploy it with: mm-sync-out")
            }
            Outcome::Confirmed if is_generation => Some("to deploy it now: mm-sync-out"),
            Outcome::StillPending => Some("see: mm-admin runs -n 1"),
            Outcome::Confirmed | Outcome::Rejected | Outcome::Unchanged => None,
        };
        Ok(DecisionReport {
            id: item.id,
            what: item.what,
            exit: if outcome == Outcome::StillPending {
                exit.max(ExitStatus::Partial)
            } else {
                exit
            },
            outcome,
            pending: now,
            advice,
        })
    }
}

/// A paused job would do nothing.
fn refuse_if_paused(ctx: &Context, job: &str, scopes: &[String]) -> Result<(), Error> {
    let pauses = ctx.open_db()?.read(|tx| db::pause::active(tx, ctx.now))?;
    match pause_status(&pauses, job, scopes, ctx.now) {
        PauseStatus::Whole(why) => Err(NothingDone(why).into()),
        PauseStatus::Parts(_) => Ok(()),
    }
}

impl Report for DecisionReport {
    fn exit(&self) -> ExitStatus {
        self.exit
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (style, verb) = match self.outcome {
            Outcome::Confirmed => (Style::Good, "confirmed"),
            Outcome::Rejected => (Style::Good, "rejected"),
            Outcome::Unchanged => (Style::Dim, "dry run, nothing was changed"),
            Outcome::StillPending => (Style::Bad, "still pending"),
        };
        out.line(format!("{}: {}: {}", out.paint(style, verb), self.id, self.what))?;
        let again = self
            .pending
            .as_ref()
            .filter(|item| item.is_open() && self.outcome == Outcome::Confirmed);
        if let Some(item) = again {
            out.line(format!("pending again: {}: {}", item.id, item.what))?;
        }
        self.advice.map_or(Ok(()), |advice| out.line(advice))
    }
}
