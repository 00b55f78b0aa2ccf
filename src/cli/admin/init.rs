//! `mm-admin init` and `mm-admin migrate`.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, bail};
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use super::rotation;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::Config;
use crate::db::{self, Db, DbError};
use crate::locks;
use crate::sys::file_error::FileError;
use crate::sys::{shell, user};

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Show what would be created; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// Show whether a migration is needed; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct InitReport {
    dry_run: bool,
    database: PathBuf,
    directories: Vec<PathBuf>,
    /// The reason why jobs refuse a lock directory that exists, with the command that corrects it.
    lock_dir_problem: Option<String>,
}

impl InitArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<InitReport, Error> {
        let config = &ctx.config;
        let database = config.database_path();
        if database.exists() {
            return Err(DbError::Exists(database).into());
        }
        // A directory that cannot be read does not stop a new installation.
        if let Ok(Some(newest)) = rotation::newest(&config.backup.dir) {
            bail!(lost_database_message(&database, &newest, &config.backup.dir));
        }
        let directories = create_directories(config, self.dry_run)?;
        if !self.dry_run {
            db::init(config)?;
        }
        Ok(InitReport {
            dry_run: self.dry_run,
            database,
            directories,
            lock_dir_problem: locks::directory::find_problem(&config.lock_dir)
                .ok()
                .flatten()
                .map(|problem| problem.to_string()),
        })
    }
}

/// An empty registry in the place of a lost one would be published, and would replace the backups.
fn lost_database_message(database: &Path, newest: &Path, dir: &Path) -> String {
    let (restored, quoted) = (shell::quote_path(newest), shell::quote_path(dir));
    let aside = shell::quote_path(&dir.with_extension("old"));
    format!(
        "{} does not exist, but the backup.dir of the config has backups of it, the newest is {}; restore it, run: \
         mm-admin restore {restored}; to begin with an empty registry, first move the backups away: mv {quoted} {aside}; \
         nothing was changed",
        database.display(),
        newest.display()
    )
}

/// Creates the missing directories of the config and returns them.
pub(super) fn create_directories(config: &Config, dry_run: bool) -> Result<Vec<PathBuf>, Error> {
    let database = config.database_path();
    let wanted: [&Path; 3] = [&config.generations_dir, &config.lock_dir, &config.log_dir];
    let mut directories: Vec<PathBuf> = Vec::new();
    for dir in wanted.into_iter().chain(database.parent()).unique() {
        if dir.as_os_str().is_empty() || dir.is_dir() {
            continue;
        }
        if !dry_run {
            let created = if dir == config.lock_dir {
                create_lock_dir(dir)
            } else {
                std::fs::create_dir_all(dir)
            };
            let created = created.map_err(FileError::at("create the directory", dir));
            created.with_context(|| {
                let mode = if dir == config.lock_dir {
                    locks::DIRECTORY_MODE
                } else {
                    shell::DATA_DIR_MODE
                };
                let command = shell::install_directory(dir, mode, &user::current());
                format!("creating the directories of the config; as root, run: {command}")
            })?;
        }
        directories.push(dir.to_owned());
    }
    Ok(directories)
}

/// Creates the lock directory as jobs demand it: who can open a lock file can block a job.
fn create_lock_dir(dir: &Path) -> io::Result<()> {
    dir.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    DirBuilder::new().mode(locks::DIRECTORY_MODE).create(dir)
}

impl Report for InitReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.dry_run { "would create" } else { "created" };
        for dir in &self.directories {
            out.line(format!("{verb} the directory {}", dir.display()))?;
        }
        out.line(format!("{verb} the database {}", self.database.display()))?;
        match &self.lock_dir_problem {
            Some(problem) => out.line(format!(
                "{}: jobs refuse the lock_dir: {problem}",
                out.paint(Style::Warn, "warning")
            )),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct MigrateReport {
    dry_run: bool,
    database: PathBuf,
    schema: i64,
    needed: bool,
    backup: Option<PathBuf>,
}

impl MigrateArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<MigrateReport, Error> {
        let (needed, backup) = if self.dry_run {
            match Db::open(&ctx.config) {
                Ok(_) => (false, None),
                Err(DbError::Older { .. }) => (true, None),
                Err(e) => return Err(e.into()),
            }
        } else {
            let backup = db::migrate(&ctx.config, ctx.now)?;
            (backup.is_some(), backup)
        };
        Ok(MigrateReport {
            dry_run: self.dry_run,
            database: ctx.config.database_path(),
            schema: db::SCHEMA_VERSION,
            needed,
            backup,
        })
    }
}

impl Report for MigrateReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let (path, schema) = (self.database.display(), self.schema);
        match (&self.backup, self.needed) {
            (Some(backup), _) => out.line(format!(
                "migrated {path} to schema {schema}; the previous database is {}",
                backup.display()
            )),
            (None, true) => out.line(format!("would migrate {path} to schema {schema}")),
            (None, false) => out.line(format!("{path} already has schema {schema}")),
        }
    }
}
