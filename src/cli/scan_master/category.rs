//! The scan of one category: from its source to the database.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, anyhow};

use super::report::{CategoryScan, Skipped};
use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::progress;
use crate::cli::run::Context;
use crate::config::{CategoryConfig, PathFilter, SourceKind};
use crate::db::{self, Db, DbError};
use crate::job::Job;
use crate::model::Timestamp;
use crate::model::ids::CategoryId;
use crate::model::listing::{KnownCategory, KnownFileList, ScanOutcome, ScanPlan, StoredContent};
use crate::model::names::{DirPath, unescape_name};
use crate::scan::diff::{self, Policy};
use crate::scan::filelist::FileList;
use crate::scan::list_builder::{ListingBuilder, RecordSource};
use crate::scan::rsync::RsyncListing;
use crate::scan::walk::Walk;
use crate::scan::watch::{Watch, WatchState};
use crate::scan::{ListingResult, ScanError};
use crate::sys::clock;
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::MasterSource;

/// The longest the master's server may take for a name, a connection or the head of a file.
const CONNECT: Duration = Duration::from_secs(30);
/// Files of a distant master that are read at the same time.
const FETCHES: usize = 8;

/// Whether the category is scanned now, and how its watched files looked before.
enum ScanDecision {
    No,
    Yes(Option<WatchState>),
}

/// A scan to be made.
pub(super) struct Scan<'a> {
    pub(super) ctx: &'a Context,
    pub(super) config: &'a CategoryConfig,
    pub(super) category: CategoryId,
    /// The subtree that is scanned; the top = all.
    pub(super) below: &'a DirPath,
    pub(super) if_changed: bool,
    pub(super) confirmed: bool,
    pub(super) dry_run: bool,
}

impl Scan<'_> {
    /// Lists, compares, and writes what changed; tells it in `line`.
    pub(super) fn run(&self, job: &mut Job, line: &mut CategoryScan) -> Result<(), Error> {
        let scope = self.config.scope(self.below.clone()).map_err(UsageError)?;
        if !self.below.is_top() {
            line.path = Some(self.below.to_string());
            if !scope.matches(self.below) {
                return Err(UsageError(format!("{} is excluded by the config", self.below)).into());
            }
        }
        let left = Duration::from_secs(u64::try_from(job.deadline.0 - clock::now().0).unwrap_or(0));
        let master = Master {
            config: self.config,
            agent: self.agent(left),
            deadline: Instant::now() + left,
        };
        let ScanDecision::Yes(seen) = self.look(&master, &mut job.db, line)? else {
            return Ok(());
        };
        let known = job.db.read(|tx| db::scan::known(tx, self.category))?;
        let (listed, list) = self
            .list(&master, job, &scope, &known)
            .map_err(|e| self.with_config_hint(e))?;
        line.warnings = listed.warnings.into_values().collect();
        if listed.unread > 0 {
            line.exit = ExitStatus::Partial;
        }
        let ids = diff::to_compare(&known, &listed.listing);
        let stored = job.db.read(|tx| db::scan::stored(tx, &ids))?;
        let policy = Policy {
            scope: &scope,
            grace: self.ctx.config.vanish_grace.get(),
            max_delete: self.config.max_delete,
            confirmed: self.confirmed,
            now: clock::now(),
        };
        let (plan, held_back) = diff::plan(&known, listed.listing, &stored, policy).with_context(|| master.what())?;
        if held_back.is_some() {
            line.exit = ExitStatus::Partial;
        }
        line.held_back = held_back;
        // What went wrong, or waits for a person, is looked at again by the next scan whatever the watched files say.
        let seen = seen.filter(|_| self.below.is_top() && line.exit == ExitStatus::Done && line.warnings.is_empty());
        let list = list
            .filter(|_| self.below.is_top() && line.exit == ExitStatus::Done && !self.config.mirror_list.is_empty());
        line.outcome = Some(self.write(&mut job.db, &plan, seen.as_ref(), list)?);
        Ok(())
    }

    /// A subtree that is not there is a mistake of who named it.
    fn with_config_hint(&self, error: Error) -> Error {
        match error.downcast_ref() {
            Some(ScanError::Top { path, why }) if !self.below.is_top() => UsageError(format!(
                "--path: there is no directory {}: {why}; what is gone is recorded by a scan of all",
                path.display()
            ))
            .into(),
            _ => error,
        }
    }

    fn agent(&self, left: Duration) -> Agent {
        Agent::new(&HttpLimits {
            user_agent: self.ctx.config.user_agent(),
            connections: FETCHES,
            connect: CONNECT,
            total: left,
            // The address is the admin's own.
            allow_private: true,
        })
    }

    /// Looks at the watched files.
    fn look(&self, master: &Master<'_>, db: &mut Db, line: &mut CategoryScan) -> Result<ScanDecision, Error> {
        let watch = Watch {
            config: self.config,
            agent: &master.agent,
            deadline: master.deadline.min(Instant::now() + 2 * CONNECT),
        };
        if !self.if_changed {
            // A scan that is asked for does not depend on them.
            return Ok(ScanDecision::Yes(
                watch.read_state().ok().filter(|seen| !seen.is_empty()),
            ));
        }
        if watch.names().is_empty() {
            return Err(UsageError(format!(
                "--if-changed: the config names no file to watch for category {0:?}; add `watch` to it, or scan without --if-changed",
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
            then == seen && clock::now().since(at) < self.config.max_age.get() && !self.confirmed
        });
        if unchanged {
            line.skipped = Some(Skipped::Unchanged);
            return Ok(ScanDecision::No);
        }
        Ok(ScanDecision::Yes(Some(seen)))
    }

    /// Makes the listing, by the category's source. With the size and the time of the list that it was made from.
    fn list(
        &self,
        master: &Master<'_>,
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
                    lanes: lanes(),
                    stop: &stop,
                    progress: &|n| bar.set_position(n),
                };
                let listed = walk.run(clock::now());
                bar.finish_and_clear();
                return Ok((listed?, None));
            }
            SourceKind::Filelist => {
                let config = self.config;
                let (agent, deadline) = (&master.agent, master.deadline);
                let list = FileList::open(&config.list, &config.strip_prefix, agent, deadline, &stop)?;
                state = list.state();
                Box::new(list)
            }
            SourceKind::Rsync => Box::new(RsyncListing::new(
                &self.config.rsync,
                self.below,
                &self.config.rsync_options,
                master.deadline,
                &stop,
            )),
        };
        let by_rsync = self.config.source == SourceKind::Rsync;
        let base = if by_rsync { self.below.clone() } else { DirPath::top() };
        let origin = master.origin();
        let deadline = Some(master.deadline);
        let look = |dir: &DirPath, name: &str, cap: u64| origin.read(dir, &unescape_name(name), cap, deadline);
        let gather = ListingBuilder {
            scope,
            known,
            parents_readable: above_is_open(known, &base),
            base,
            top_has_line: by_rsync || !self.config.strip_prefix.is_top(),
            look: &look,
            lanes: FETCHES,
            stop: &stop,
        };
        let db = &mut job.db;
        let mut trouble = None;
        let mut stored = |ids: &[_]| {
            let read = db.read(|tx| db::scan::stored(tx, ids));
            read.or_else(|e: DbError| {
                // Without what is stored, every file is read anew; the trouble itself ends the scan.
                trouble = Some(e);
                Ok(StoredContent::default())
            })
        };
        let listed = gather.run(list.as_mut(), &mut stored, clock::now());
        match trouble {
            Some(e) => Err(e.into()),
            None => Ok((listed?, state)),
        }
    }

    fn write(
        &self,
        db: &mut Db,
        plan: &ScanPlan,
        seen: Option<&WatchState>,
        list: Option<(u64, Timestamp)>,
    ) -> Result<ScanOutcome, Error> {
        if self.dry_run {
            let changes = plan.changes_something();
            return Ok(plan.outcome(if changes { plan.base_seq.next() } else { plan.base_seq }));
        }
        let at = clock::now();
        let outcome = db.write(|tx| -> Result<ScanOutcome, DbError> {
            let outcome = db::scan::apply(tx, plan, at)?;
            if let Some(seen) = seen {
                db::scan::put_watched(tx, self.category, seen, at)?;
            }
            if let Some((size, timestamp)) = list {
                let generation = outcome.scan_seq;
                let list = KnownFileList {
                    scan_seq: generation,
                    size,
                    timestamp,
                };
                db::known_file_list::put(tx, self.category, list, at)?;
            }
            Ok(outcome)
        })?;
        Ok(outcome)
    }
}

/// Whether the directories above a subtree are known to be readable to the world. Where no scan saw them, what lies below may be
/// staged, and is shown by the scan that sees them.
fn above_is_open(known: &KnownCategory, base: &DirPath) -> bool {
    base.parent()
        .is_none_or(|above| known.directories.get(&above).is_some_and(|d| d.readable))
}

/// The master of a category.
struct Master<'a> {
    config: &'a CategoryConfig,
    agent: Agent,
    deadline: Instant,
}

impl Master<'_> {
    /// Where its single files are read.
    fn origin(&self) -> MasterSource {
        // The config was refused where it has neither.
        MasterSource::of(&self.config.path, &self.config.files, &self.agent)
            .unwrap_or_else(|| MasterSource::local(self.config.path.clone()))
    }

    /// What messages call it.
    fn what(&self) -> String {
        match self.config.source {
            SourceKind::Walk => format!("the tree {}", self.config.path.display()),
            SourceKind::Filelist => format!("the list {}", self.config.list),
            SourceKind::Rsync => format!("the listing of {}", self.config.rsync),
        }
    }
}

/// How many directories are read at the same time. File servers take their time to answer, so more than there are processors.
fn lanes() -> usize {
    std::thread::available_parallelism().map_or(4, |n| n.get().saturating_mul(2).clamp(4, 32))
}
