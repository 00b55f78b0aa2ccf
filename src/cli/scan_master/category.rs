//! Scans one category: from its source to the database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, anyhow};

use super::Args;
use super::report::{CategoryScan, RefusedMetadata, Skipped};
use crate::cli::progress;
use crate::cli::run::Context;
use crate::config::{CategoryConfig, PathFilter, SourceKind};
use crate::db::{self, Db, DbError};
use crate::job::Job;
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::Timestamp;
use crate::model::file::REPOMD;
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::listing::{KnownCategory, KnownDirectory, KnownFileList, ScanOutcome, ScanPlan, StoredContent};
use crate::model::names::{DirPath, percent_decode};
use crate::scan::diff::{self, Policy};
use crate::scan::filelist::FileList;
use crate::scan::list_builder::{ListingBuilder, RecordSource};
use crate::scan::rsync::RsyncListing;
use crate::scan::unreadable;
use crate::scan::walk::Walk;
use crate::scan::watch::{Watch, WatchState};
use crate::scan::{ListingResult, ScanError};
use crate::sys::clock;
use crate::sys::http::Agent;
use crate::sys::origin::MasterSource;

/// Timeout of name lookup, connection and response header of the master's server.
pub(super) const CONNECT: Duration = Duration::from_secs(30);
/// Number of files of a remote master that are read at the same time.
pub(super) const FETCHES: usize = 8;

/// Decision on scanning a category, with the state of its watched files.
enum ScanDecision {
    No,
    Yes(Option<WatchState>),
}

/// The scan of one category.
pub(super) struct Scan<'a> {
    pub(super) ctx: &'a Context,
    pub(super) args: &'a Args,
    pub(super) config: &'a CategoryConfig,
    pub(super) category: CategoryId,
    /// The scanned subtree; the top for all.
    pub(super) below: &'a DirPath,
    pub(super) agent: Agent,
    pub(super) deadline: Instant,
}

impl Scan<'_> {
    /// Lists the category, compares, writes what changed, and reports in `line`.
    pub(super) fn run(&self, job: &mut Job, line: &mut CategoryScan) -> Result<(), Error> {
        let scope = self.config.scope(self.below.clone()).map_err(UsageError)?;
        if !self.below.is_top() {
            line.path = Some(self.below.to_string());
            if !scope.matches(self.below) {
                return Err(UsageError(format!("{} is excluded by the config", self.below)).into());
            }
        }
        let ScanDecision::Yes(watched) = self.decide(&mut job.db, line)? else {
            return Ok(());
        };
        let known = job.db.read(|tx| db::scan::known(tx, self.category))?;
        if let Some(confirmation) = self.args.confirmation() {
            // Before the listing, which may take hours; only scans change what is pending.
            diff::check_confirmation(&known, &scope, confirmation)?;
        }
        let (mut listed, list) = self.list(job, &scope, &known).map_err(|e| self.with_config_hint(e))?;
        unreadable::keep_recorded(&mut listed.listing, &listed.unreadable, &known.directories, &scope);
        line.warnings = listed.warnings.into_values().collect();
        line.unreadable = listed.unreadable;
        if listed.unread > 0 || !line.unreadable.is_empty() {
            line.exit = ExitStatus::Partial;
        }
        let ids = diff::to_compare(&known, &listed.listing);
        let stored = job.db.read(|tx| db::scan::stored(tx, &ids))?;
        let policy = Policy {
            scope: &scope,
            retention: self.ctx.config.vanished_retention.get(),
            removal_percent: self.config.removal_percent,
            confirmation: self.args.confirmation(),
            now: clock::now(),
        };
        let (plan, pending_removals) =
            diff::plan(&known, listed.listing, &stored, policy).with_context(|| self.describe_source())?;
        if pending_removals.as_ref().is_some_and(|p| !p.rejected) {
            line.exit = ExitStatus::Partial;
        }
        line.refused = refused_metadata(&known, &plan);
        if !line.refused.is_empty() {
            line.exit = ExitStatus::Partial;
        }
        line.pending_removals = pending_removals;
        line.item = db::pending::removal_id(self.category);
        // After a problem, or with pending removals, the next scan runs whatever the state of the watched files.
        let watched =
            watched.filter(|_| self.below.is_top() && line.exit == ExitStatus::Done && line.warnings.is_empty());
        let list = list.filter(|_| {
            self.below.is_top() && line.exit == ExitStatus::Done && !self.config.mirror_file_list.is_empty()
        });
        let opened: BTreeSet<_> = plan.changed.iter().filter(|c| c.opened).map(|c| c.id).collect();
        let is_opened = |(_, d): &(_, &KnownDirectory)| opened.contains(&d.id);
        line.opened = (known.directories.iter().filter(is_opened))
            .map(|(path, _)| path.clone())
            .collect();
        let confirmed = self.args.confirmation().map(|_| plan.removed_of(&known.pending));
        line.outcome = Some(self.write(&mut job.db, &plan, confirmed, watched.as_ref(), list)?);
        Ok(())
    }

    /// Turns a missing subtree into a usage error.
    fn with_config_hint(&self, error: Error) -> Error {
        match error.downcast_ref() {
            Some(ScanError::Top { path, why }) if !self.below.is_top() => UsageError(format!(
                "--path: no directory {}: {why}; removals are recorded by a scan without --path",
                path.display()
            ))
            .into(),
            _ => error,
        }
    }

    /// Decides on a scan from the state of the watched files.
    fn decide(&self, db: &mut Db, line: &mut CategoryScan) -> Result<ScanDecision, Error> {
        let watch = Watch {
            config: self.config,
            agent: &self.agent,
            deadline: self.deadline.min(Instant::now() + 2 * CONNECT),
        };
        if !self.args.if_changed {
            // Without --if-changed the state is only recorded.
            return Ok(ScanDecision::Yes(
                watch.read_state().ok().filter(|seen| !seen.is_empty()),
            ));
        }
        if watch.names().is_empty() {
            return Err(UsageError(format!(
                "--if-changed: category {0:?} has no `watch` in the config; add it, or scan without --if-changed",
                self.config.name
            ))
            .into());
        }
        if let Some(file) = watch.busy().map_err(|e| anyhow!(e))? {
            line.skipped = Some(Skipped::Busy(file.to_owned()));
            return Ok(ScanDecision::No);
        }
        let seen = watch.read_state().map_err(|e| anyhow!(e))?;
        let before = db.read(|tx| db::scan::watched(tx, self.category))?;
        let unchanged = before.is_some_and(|(then, at)| {
            then == seen && clock::now().since(at) < self.config.max_age.get() && self.args.confirm_removals.is_none()
        });
        if unchanged {
            line.skipped = Some(Skipped::Unchanged);
            return Ok(ScanDecision::No);
        }
        Ok(ScanDecision::Yes(Some(seen)))
    }

    /// Lists the category from its source; also returns size and time of a file list.
    fn list(
        &self,
        job: &mut Job,
        scope: &PathFilter,
        known: &KnownCategory,
    ) -> Result<(ListingResult, Option<(u64, Timestamp)>), Error> {
        let mut state = None;
        let stop = job.stop.clone();
        let mut list: Box<dyn RecordSource> = match self.config.source {
            SourceKind::Walk => {
                let bar = progress::bar(&self.ctx.output, 0, &self.config.name);
                let walk = Walk {
                    root: &self.config.path,
                    scope,
                    known: &known.directories,
                    workers: worker_count(),
                    stop: &stop,
                    progress: &|n| bar.set_position(n),
                };
                let listed = walk.run(clock::now());
                bar.finish_and_clear();
                return Ok((listed?, None));
            }
            SourceKind::Filelist => {
                let (file, prefix) = (&self.config.file_list, &self.config.strip_prefix);
                let list = FileList::open(file, prefix, &self.agent, self.deadline, &stop)?;
                state = list.state();
                Box::new(list)
            }
            SourceKind::Rsync => Box::new(RsyncListing::new(
                &self.config.rsync,
                self.below,
                &self.config.rsync_options,
                self.deadline,
                &stop,
            )),
        };
        let by_rsync = self.config.source == SourceKind::Rsync;
        let base = if by_rsync { self.below.clone() } else { DirPath::top() };
        // The config check requires one of them.
        let origin = MasterSource::from_config(&self.config.path, &self.config.files_url, &self.agent)
            .unwrap_or_else(|| MasterSource::Local(self.config.path.clone()));
        let deadline = Some(self.deadline);
        let read_file = |dir: &DirPath, name: &str, cap: u64| origin.read(dir, &percent_decode(name), cap, deadline);
        let builder = ListingBuilder {
            scope,
            known,
            parents_readable: parents_are_readable(known, &base),
            base,
            top_has_line: by_rsync || !self.config.strip_prefix.is_top(),
            read_file: &read_file,
            workers: FETCHES,
            stop: &stop,
        };
        let db = &mut job.db;
        let mut error = None;
        let mut stored = |ids: &[_]| {
            let read = db.read(|tx| db::scan::stored(tx, ids));
            read.or_else(|e: DbError| {
                // Without the stored content every file would be read again; the error is returned below.
                error = Some(e);
                Ok(StoredContent::default())
            })
        };
        let listed = builder.run(list.as_mut(), &mut stored, clock::now());
        match error {
            Some(e) => Err(e.into()),
            None => Ok((listed?, state)),
        }
    }

    fn write(
        &self,
        db: &mut Db,
        plan: &ScanPlan,
        confirmed: Option<u64>,
        seen: Option<&WatchState>,
        list: Option<(u64, Timestamp)>,
    ) -> Result<ScanOutcome, Error> {
        if self.args.job.dry_run {
            let changes = plan.changes_something();
            return Ok(plan.outcome(if changes { plan.base_seq.next() } else { plan.base_seq }));
        }
        let at = clock::now();
        let outcome = db.write(|tx| -> Result<ScanOutcome, DbError> {
            let outcome = db::scan::apply(tx, plan, at)?;
            if let Some(removed) = confirmed.filter(|n| *n > 0) {
                let (id, effect) = (
                    db::pending::removal_id(self.category),
                    serde_json::json!({"directories": removed}),
                );
                db::pending::record_decision(tx, &self.ctx.author(), &id, "confirmed", &effect)?;
            }
            if let Some(seen) = seen {
                db::scan::put_watched(tx, self.category, seen, at)?;
            }
            if let Some((size, timestamp)) = list {
                let scan_seq = outcome.scan_seq;
                let list = KnownFileList {
                    scan_seq,
                    size,
                    timestamp,
                };
                db::known_file_list::put(tx, self.category, list, at)?;
            }
            Ok(outcome)
        })?;
        Ok(outcome)
    }

    /// Describes the source in messages.
    fn describe_source(&self) -> String {
        match self.config.source {
            SourceKind::Walk => format!("the tree {}", self.config.path.display()),
            SourceKind::Filelist => format!("the file list {}", self.config.file_list),
            SourceKind::Rsync => format!("the listing of {}", self.config.rsync),
        }
    }
}

/// Returns the versions of metadata that a plan refuses and that operators are told about.
fn refused_metadata(known: &KnownCategory, plan: &ScanPlan) -> Vec<RefusedMetadata> {
    let paths: BTreeMap<DirectoryId, &DirPath> = known.directories.iter().map(|(path, d)| (d.id, path)).collect();
    let of_known = plan
        .refused
        .iter()
        .filter_map(|(id, refused)| Some((*paths.get(id)?, refused)));
    let of_new = plan
        .added
        .iter()
        .filter_map(|(path, d)| Some((path, d.content.as_ref()?.refused.as_ref()?)));
    of_known
        .chain(of_new)
        .filter(|(_, refused)| refused.reason.is_problem())
        .map(|(path, refused)| RefusedMetadata {
            path: format!("{path}/{REPOMD}"),
            repositories: path
                .parent()
                .and_then(|repository| known.repositories.get(&repository))
                .cloned()
                .unwrap_or_default(),
            reason: refused.reason,
            explanation: refused.explanation.clone(),
            sha256: refused.sha256().to_owned(),
        })
        .collect()
}

/// True if the directories above a subtree are recorded as world-readable. If no scan recorded them, the subtree may be staged, and
/// a scan of its parent decides.
fn parents_are_readable(known: &KnownCategory, base: &DirPath) -> bool {
    base.parent()
        .is_none_or(|above| known.directories.get(&above).is_some_and(|d| d.readable))
}

/// Number of directories that are read at the same time: more than processors, because file servers have latency.
fn worker_count() -> usize {
    std::thread::available_parallelism().map_or(4, |n| n.get().saturating_mul(2).clamp(4, 32))
}
