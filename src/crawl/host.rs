//! One host's turn: its lock, then its categories one after the other, until its deadline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::master::MasterFiles;
use super::probe::{End, Found, Looked, Means, look};
use super::settle::{Setting, settle};
use super::tree::Tree;
use super::verdict::Verdict;
use crate::locks::{self, LockError, Request};
use crate::model::ids::{CategoryId, DirectoryId, RunId};
use crate::model::plan::{HostPlan, HostResult};
use crate::sys::clock;
use crate::sys::http::Agent;
use crate::sys::signals::Stop;

/// What all turns of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) agent: Agent,
    pub(super) master: MasterFiles,
    pub(super) trees: BTreeMap<CategoryId, Arc<Tree>>,
    pub(super) stop: Stop,
    pub(super) run: RunId,
    /// The longest a turn may take.
    pub(super) host_deadline: Duration,
    pub(super) max_body: u64,
    pub(super) max_findings: usize,
    pub(super) lock_dir: std::path::PathBuf,
    /// The person behind the run, for the lock.
    pub(super) person: String,
}

/// What became of a turn.
#[derive(Debug)]
pub(super) enum Turn {
    /// The host was asked.
    Asked(Asked),
    /// Another run has its turn with it; who.
    Locked(String),
    /// Its lock cannot be made; why.
    NoLock(String),
    /// The run ended before.
    NotAsked,
}

/// A host that was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) result: HostResult,
    pub(super) seconds: f64,
    /// The run ended in the middle of the turn.
    pub(super) stopped: bool,
    /// The turn ended at the host's deadline.
    pub(super) late: bool,
    /// Any answer came.
    pub(super) heard: bool,
    /// No answer came, and our own network could explain every failure.
    pub(super) may_be_ours: bool,
}

/// Has a turn with one host.
pub(super) fn turn(shared: &Shared, plan: &HostPlan) -> Turn {
    if shared.stop.asked() {
        return Turn::NotAsked;
    }
    let request = Request {
        job: "crawl-host".to_owned(),
        scope: Some(plan.name.to_string()),
        user: shared.person.clone(),
        command: "mm-crawl".to_owned(),
        now: clock::now(),
        limit: Some(shared.host_deadline),
    };
    let _lock = match locks::acquire(&shared.lock_dir, &request, Duration::ZERO, &shared.stop) {
        Ok(lock) => lock,
        Err(LockError::Held { who, .. }) => return Turn::Locked(who),
        Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => return Turn::NoLock(e.to_string()),
    };
    let begun = Instant::now();
    let mut asked = Asked {
        result: HostResult {
            host: plan.id,
            run: shared.run,
            started_at: clock::now(),
            ended_at: clock::now(),
            requests: 0,
            categories: Vec::new(),
            wants_scan: BTreeMap::new(),
        },
        seconds: 0.0,
        stopped: false,
        late: false,
        heard: false,
        may_be_ours: true,
    };
    let end = begun + shared.host_deadline;
    for category in &plan.categories {
        let Some(tree) = shared.trees.get(&category.category.id) else {
            continue;
        };
        let means = Means {
            agent: &shared.agent,
            master: &shared.master,
            stop: &shared.stop,
            deadline: end,
            max_body: shared.max_body,
            now: clock::now(),
        };
        let looked = look(&means, tree, &category.urls, &category.previous);
        let setting = Setting {
            run: shared.run,
            now: clock::now(),
            max_findings: shared.max_findings,
        };
        asked.note(tree, &looked);
        asked.result.categories.extend(settle(category, tree, &looked, setting));
    }
    asked.result.ended_at = clock::now();
    asked.seconds = begun.elapsed().as_secs_f64();
    if asked.stopped && asked.result.categories.is_empty() {
        return Turn::NotAsked;
    }
    Turn::Asked(asked)
}

impl Asked {
    fn note(&mut self, tree: &Tree, looked: &Looked) {
        self.result.requests += looked.requests;
        self.heard |= looked.heard;
        self.may_be_ours &= looked.may_be_ours && !looked.heard;
        self.stopped |= looked.ended == Some(End::Stopped);
        self.late |= looked.ended == Some(End::HostDeadline);
        let unscanned = tree
            .plan
            .directories
            .iter()
            .zip(&looked.found)
            .filter(|(_, found)| matches!(found, Found::Verdict(Verdict::Ahead(_))));
        let wanted: BTreeMap<DirectoryId, CategoryId> = unscanned.map(|(d, _)| (d.id, tree.plan.id)).collect();
        self.result.wants_scan.extend(wanted);
    }
}
