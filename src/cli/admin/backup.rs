//! `mm-admin backup` and `mm-admin restore`.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, anyhow, bail};
use clap::Args;
use serde::Serialize;

use super::init::create_directories;
use super::rotation;
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::config::target_address::TargetAddress;
use crate::db::{self, RegistrySize};
use crate::job::exit::{ExitStatus, UsageError};
use crate::locks::{self, Lock, LockError, Request};
use crate::sync::copy::copy_file;
use crate::sys::file_error::FileError;
use crate::sys::shell;
use crate::sys::signals::{self, ShutdownFlag};

/// Time limit of the second copy.
const COPY_LIMIT: Duration = Duration::from_hours(1);

#[derive(Debug, Args)]
#[command(
    after_help = "Jobs may run meanwhile: the copy is one consistent state. Without FILE, the backup is written to the directory \
                  backup.dir, newest.db there becomes a link to it, old backups are removed (backup.keep), and a second copy is \
                  made (backup.copy_to). If the database has no hosts and the backup before has some, newest.db and all old \
                  backups stay. Exit status: 0 done; 3 no second copy, or newest.db stays; 1 no backup.\n\nExamples:\n  mm-admin backup\n  \
                  mm-admin backup /var/backups/before-upgrade.db"
)]
pub(super) struct BackupArgs {
    /// Path of the copy; must not exist [default: a file in backup.dir].
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The backup is checked first. The replaced database is kept next to it. Fails while a job runs, \
                  which would write its old state into the restored database.\n\nExample:\n  mm-admin restore \
                  /var/backups/mirrormanager-2026-11-24.db"
)]
pub(super) struct RestoreArgs {
    /// Path of the backup, or of a directory of backups, for the newest in it.
    file: PathBuf,
    /// Check the backup; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct BackupReport {
    database: PathBuf,
    backup: PathBuf,
    bytes: u64,
    /// The backup that `newest.db` still points to because it has hosts, and the database has none; then no backup is removed.
    kept_newest: Option<PathBuf>,
    /// Names of old backups that were removed.
    removed: Vec<String>,
    /// The address of the second copy, if one was requested.
    copy_to: Option<String>,
    /// The reason why there is no second copy.
    copy_error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct RestoreReport {
    dry_run: bool,
    database: PathBuf,
    backup: PathBuf,
    /// What the backup holds.
    content: RegistrySize,
    previous: Option<PathBuf>,
    needs_migration: bool,
}

impl BackupArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<BackupReport, Error> {
        let mut database = ctx.open_db()?;
        let config = &ctx.config.backup;
        let is_rotated = self.file.is_none();
        let backup = if let Some(file) = self.file {
            file
        } else {
            let creating = || format!("creating {}, the backup.dir of the config", config.dir.display());
            let mut builder = std::fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o750)
                .create(&config.dir)
                .with_context(creating)?;
            rotation::new_path(&config.dir, ctx.now)
        };
        db::backup(&mut database, &backup).with_context(|| format!("copying the database to {}", backup.display()))?;
        let mut report = BackupReport {
            database: ctx.config.database_path(),
            bytes: std::fs::metadata(&backup).map_or(0, |m| m.len()),
            backup,
            kept_newest: None,
            removed: Vec::new(),
            copy_to: None,
            copy_error: None,
        };
        if is_rotated {
            // A backup that cannot be restored must not push out those that can.
            db::check_backup(&report.backup)?;
            let failed = FileError::at("remove old backups from", &config.dir);
            report.kept_newest = find_lost_registry(&config.dir, &report.backup)?;
            let is_newest = report.kept_newest.is_none();
            if is_newest {
                report.removed = rotation::rotate(&config.dir, &report.backup, config.keep).map_err(failed)?;
            }
            if let Some(address) = config.copy_address().map_err(UsageError)? {
                let (deadline, stop) = (
                    Instant::now() + COPY_LIMIT,
                    signals::watch().context("watching for signals")?,
                );
                let copied = copy_file(&ctx.config.sync, &address, &report.backup, deadline, &stop);
                let linked = copied.and_then(|()| match &address {
                    TargetAddress::Local(dir) if is_newest => {
                        let failed = FileError::at("link the newest backup in", dir);
                        rotation::link(dir, &report.backup).map_err(|e| failed(e).to_string())
                    }
                    TargetAddress::Local(_) | TargetAddress::Ssh { .. } => Ok(()),
                });
                report.copy_error = linked.err();
                report.copy_to = Some(address.to_string());
            }
        }
        Ok(report)
    }
}

/// Returns the previous newest backup if it has hosts, but the new one `backup` has none. One that cannot be read proves nothing.
fn find_lost_registry(dir: &Path, backup: &Path) -> Result<Option<PathBuf>, Error> {
    if db::registry_size(backup)?.hosts > 0 {
        return Ok(None);
    }
    let has_hosts = |path: &PathBuf| db::registry_size(path).is_ok_and(|size| size.hosts > 0);
    Ok(rotation::linked(dir).filter(has_hosts))
}

/// Returns the backup itself, or the newest one if `path` is a directory of backups.
fn find_backup(path: PathBuf) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path);
    }
    let newest = rotation::newest(&path).map_err(FileError::at("read the directory of backups", &path))?;
    newest.ok_or_else(|| {
        let shown = path.display();
        anyhow!("the directory {shown} has no backup with a name such as 2026-11-24.db; nothing was changed")
    })
}

impl RestoreArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<RestoreReport, Error> {
        let file = find_backup(self.file)?;
        let needs_migration = db::check_backup(&file)? < db::SCHEMA_VERSION;
        let content = db::registry_size(&file)?;
        let dir = &ctx.config.lock_dir;
        let locks = locks::list(dir, ctx.now).with_context(|| format!("reading the locks in {}", dir.display()))?;
        if let Some(entry) = locks.iter().find(|e| e.state.is_held()) {
            bail!(running_message(&entry.job));
        }
        let previous = if self.dry_run {
            None
        } else {
            // A new machine has no directories yet.
            create_directories(&ctx.config, false)?;
            let _locks = lock_all_jobs(ctx)?;
            db::restore(&ctx.config, &file, ctx.now)?
        };
        Ok(RestoreReport {
            dry_run: self.dry_run,
            database: ctx.config.database_path(),
            backup: file,
            content,
            previous,
            needs_migration,
        })
    }
}

fn running_message(job: &str) -> String {
    format!(
        "the job {job} is running and would write to the restored database; wait for it or stop it (see mm-locks); nothing was changed"
    )
}

/// Takes the locks of all jobs, so that none starts while the database is replaced.
fn lock_all_jobs(ctx: &Context) -> Result<Vec<Lock>, Error> {
    const LIMIT: Duration = Duration::from_mins(10);
    let mut categories: BTreeSet<String> = ctx.config.category.iter().map(|c| c.name.clone()).collect();
    // No job can run on a database that cannot be read.
    if let Ok(known) = ctx.open_db().and_then(|mut db| db.read(db::registry::categories)) {
        categories.extend(known.iter().map(|c| c.name.to_string()));
    }
    let unscoped = ["detect", "publish", "update"].map(|job| (job, None));
    let scoped = categories
        .into_iter()
        .flat_map(|c| [("crawl", Some(c.clone())), ("scan", Some(c))]);
    let lock = |(job, scope): (&str, _)| {
        let request = Request {
            job: job.to_owned(),
            scope,
            user: ctx.user.clone(),
            command: "mm-admin restore".to_owned(),
            now: ctx.now,
            limit: Some(LIMIT),
        };
        let lock = locks::acquire(&ctx.config.lock_dir, &request, Duration::ZERO, &ShutdownFlag::default());
        lock.map_err(|e| match e {
            LockError::Held { job, .. } => anyhow!(running_message(&job)),
            LockError::Io { .. } | LockError::NoFlock { .. } | LockError::UnsafeDirectory(_) => e.into(),
        })
    };
    unscoped.into_iter().chain(scoped).map(lock).collect()
}

impl Report for BackupReport {
    fn exit(&self) -> ExitStatus {
        if self.copy_error.is_some() || self.kept_newest.is_some() {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (from, to) = (self.database.display(), self.backup.display());
        out.line(format!("copied {from} to {to} ({} bytes)", self.bytes))?;
        if let Some(kept) = &self.kept_newest {
            let (quoted, link) = (shell::quote_path(kept), self.backup.with_file_name(rotation::NEWEST));
            let name = self.backup.file_name().unwrap_or_default();
            out.line(format!(
                "the database has no hosts, but {} has: newest.db still points to it, and no old backup was removed; \
                 if the registry was lost, run: mm-admin restore {quoted}; if it is to be empty, run: ln -sfn {} {}",
                kept.display(),
                shell::quote_path(Path::new(name)),
                shell::quote_path(&link)
            ))?;
        }
        if !self.removed.is_empty() {
            out.line(format!("removed old backups: {}", self.removed.join(", ")))?;
        }
        match (&self.copy_to, &self.copy_error) {
            (Some(address), Some(why)) => out.line(format!(
                "no second copy at {address}: {why}; run again: mm-admin backup"
            )),
            (Some(address), None) => out.line(format!("copied it to {address}")),
            (None, _) => Ok(()),
        }
    }

    /// A missing second copy or registry is printed for cron as well.
    fn is_query(&self) -> bool {
        self.copy_error.is_some() || self.kept_newest.is_some()
    }
}

impl Report for RestoreReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (from, to) = (self.backup.display(), self.database.display());
        let RegistrySize {
            sites,
            hosts,
            categories,
        } = self.content;
        let content = format!("sites: {sites}, hosts: {hosts}, categories: {categories}");
        if self.dry_run {
            return out.line(format!(
                "would restore {to} from {from} ({content}); the backup is valid"
            ));
        }
        out.line(format!("restored {to} from {from} ({content})"))?;
        if let Some(previous) = &self.previous {
            out.line(format!("the previous database is {}", previous.display()))?;
        }
        if self.needs_migration {
            out.line("the backup has an older schema; now run: mm-admin migrate")?;
        }
        Ok(())
    }
}
