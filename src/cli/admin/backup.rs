//! `mm-admin backup` and `mm-admin restore`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Error, bail};
use clap::Args;
use serde::Serialize;

use super::init::make_directories;
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db;
use crate::locks::{self, Lock, LockError, LockState, Request};
use crate::sys::signals::ShutdownFlag;

/// Options of `backup`.
#[derive(Debug, Args)]
#[command(
    after_help = "Jobs may run meanwhile: the copy is of one moment.\n\nExample:\n  mm-admin backup \
                  /var/backups/mirrormanager-2026-11-24.db"
)]
pub(super) struct BackupArgs {
    /// Where to write the copy; must not exist.
    file: PathBuf,
}

/// Options of `restore`.
#[derive(Debug, Args)]
#[command(
    after_help = "The backup is checked first. What it replaces is kept beside the database. Refused while a job runs: \
                  it would write what it knows from before into what was restored.\n\nExample:\n  mm-admin restore \
                  /var/backups/mirrormanager-2026-11-24.db"
)]
pub(super) struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Check the backup; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was copied.
#[derive(Debug, Serialize)]
pub(super) struct BackupReport {
    database: PathBuf,
    backup: PathBuf,
    bytes: u64,
}

/// What was put back.
#[derive(Debug, Serialize)]
pub(super) struct RestoreReport {
    dry_run: bool,
    database: PathBuf,
    backup: PathBuf,
    /// Where that lies which was there before.
    kept: Option<PathBuf>,
    /// Whether `mm-admin migrate` must follow.
    older: bool,
}

impl BackupArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<BackupReport, Error> {
        let mut database = ctx.open_db()?;
        db::backup(&mut database, &self.file)
            .with_context(|| format!("copying the database to {}", self.file.display()))?;
        Ok(BackupReport {
            database: ctx.config.database_path(),
            bytes: std::fs::metadata(&self.file).map_or(0, |m| m.len()),
            backup: self.file,
        })
    }
}

impl RestoreArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<RestoreReport, Error> {
        let older = db::check_backup(&self.file)? < db::SCHEMA_VERSION;
        let dir = &ctx.config.lock_dir;
        let held = locks::list(dir, ctx.now).with_context(|| format!("reading the locks in {}", dir.display()))?;
        if let Some(entry) = held
            .iter()
            .find(|e| matches!(e.state, LockState::Live | LockState::Overdue | LockState::Unkillable))
        {
            bail!(runs(&entry.job));
        }
        let kept = if self.dry_run {
            None
        } else {
            // On a new machine there is nothing yet, and the backup is what it begins with.
            make_directories(&ctx.config, false)?;
            let _locks = hold_jobs(ctx)?;
            db::restore(&ctx.config, &self.file, ctx.now)?
        };
        Ok(RestoreReport {
            dry_run: self.dry_run,
            database: ctx.config.database_path(),
            backup: self.file,
            kept,
            older,
        })
    }
}

fn runs(job: &str) -> String {
    format!(
        "the job {job} runs and would write into what is restored; wait for its end or stop it (see mm-locks); nothing was changed"
    )
}

/// Takes the locks of all jobs, so that none begins while the database is replaced under it.
fn hold_jobs(ctx: &Context) -> Result<Vec<Lock>, Error> {
    const LIMIT: Duration = Duration::from_mins(10);
    let mut categories: BTreeSet<String> = ctx.config.category.iter().map(|c| c.name.clone()).collect();
    // A database that cannot be read has no jobs either.
    if let Ok(known) = ctx.open_db().and_then(|mut db| db.read(db::registry::categories)) {
        categories.extend(known.iter().map(|c| c.name.to_string()));
    }
    let whole = ["detect", "publish", "update"].map(|job| (job, None));
    let scoped = categories
        .into_iter()
        .flat_map(|c| [("crawl", Some(c.clone())), ("scan", Some(c))]);
    let mut held = Vec::new();
    for (job, scope) in whole.into_iter().chain(scoped) {
        let request = Request {
            job: job.to_owned(),
            scope,
            user: ctx.user.clone(),
            command: "mm-admin restore".to_owned(),
            now: ctx.now,
            limit: Some(LIMIT),
        };
        match locks::acquire(&ctx.config.lock_dir, &request, Duration::ZERO, &ShutdownFlag::default()) {
            Ok(lock) => held.push(lock),
            Err(LockError::Held { job, .. }) => bail!(runs(&job)),
            Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => return Err(e.into()),
        }
    }
    Ok(held)
}

impl Report for BackupReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (from, to) = (self.database.display(), self.backup.display());
        out.line(format!("copied {from} to {to} ({} bytes)", self.bytes))
    }

    fn is_query(&self) -> bool {
        false
    }
}

impl Report for RestoreReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (from, to) = (self.backup.display(), self.database.display());
        if self.dry_run {
            return out.line(format!("would restore {to} from {from}; the backup is sound"));
        }
        out.line(format!("restored {to} from {from}"))?;
        if let Some(kept) = &self.kept {
            out.line(format!("what was there before is in {}", kept.display()))?;
        }
        if self.older {
            out.line("the backup is of an older version; now run: mm-admin migrate")?;
        }
        Ok(())
    }
}
