//! Everything that waits for a decision of an operator, in one list: what it is, since when, and what happens without a decision.
//!
//! An item has the same ID while it is pending. The list is read from what the jobs recorded: no master, mirror or target is
//! contacted.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::db::pending::{CategoryRemovals, MissingRepository, PendingCrawl, ProposedMove, UnresolvedPath};
use crate::db::pin::Pin;
use crate::db::refused_apply::RefusedApply;
use crate::db::{self, DbError, Tx};
use crate::model::Timestamp;
use crate::model::count::{agree, format_count};
use crate::model::ids::{CategoryId, RunId};
use crate::model::names::RepoPrefix;
use crate::model::pause::JobPause;
use crate::model::run::Run;

mod evidence;

pub(crate) use evidence::evidence;

/// The number of runs in which the last finished update is searched.
const MAX_RUNS: u32 = 50;

/// How long a registry file that was not applied waits for a decision.
const APPLY_PERIOD: Duration = Duration::from_hours(24);

/// The subject of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Removals that a scan held back.
    Removals {
        id: CategoryId,
        category: String,
    },
    /// Results that a crawl held back.
    Crawl {
        run: RunId,
        reason: String,
    },
    /// Mirrors that the publish guard retains, of a repository (`prefix/arch`).
    Loss {
        repository: String,
        before: u64,
        mirrors: u64,
        hosts: Vec<String>,
    },
    /// A generation that was not published, because no host would be listed.
    EmptyGeneration {
        reason: String,
    },
    /// A move of a prefix that release detection proposes.
    Move {
        prefix: RepoPrefix,
    },
    /// A directory that release detection cannot name.
    Unresolved {
        path: String,
        reason: String,
    },
    /// A repository without a directory.
    MissingRepository {
        path: String,
    },
    Pause(JobPause),
    Pin(Pin),
    /// A registry file that affects too many hosts.
    Apply(RefusedApply),
}

/// Something that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PendingItem {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) since: Timestamp,
    /// The number of directories, mirrors or repositories that the decision concerns.
    pub(crate) count: u64,
    /// What happens without a decision.
    pub(crate) if_undecided: String,
    /// When that happens; `None` = at no fixed time.
    pub(crate) due: Option<Timestamp>,
    /// The effect of confirming.
    pub(crate) confirm: String,
    /// The effect of rejecting; `None` if there is nothing to reject.
    pub(crate) reject: Option<String>,
    /// Why there is nothing to reject, and what to do instead.
    #[serde(skip)]
    pub(crate) instead_of_reject: String,
    /// Who rejected it, and when: it is not reported while it stays as it is.
    pub(crate) rejected_by: Option<String>,
    pub(crate) rejected_at: Option<Timestamp>,
    /// True if a confirmation must name `count`.
    pub(crate) needs_count: bool,
    #[serde(skip)]
    pub(crate) subject: Subject,
}

impl PendingItem {
    fn new(id: String, since: Timestamp, count: u64, subject: Subject) -> Self {
        Self {
            id,
            what: String::new(),
            since,
            count,
            if_undecided: String::new(),
            due: None,
            confirm: String::new(),
            reject: None,
            instead_of_reject: String::new(),
            rejected_by: None,
            rejected_at: None,
            needs_count: false,
            subject,
        }
    }

    /// True if nobody decided on it.
    pub(crate) const fn is_open(&self) -> bool {
        self.rejected_at.is_none()
    }

    /// The command that confirms it as it is shown.
    pub(crate) fn confirm_command(&self) -> String {
        format!("mm-admin pending confirm {} --count {}", self.id, self.count)
    }

    /// The command that rejects it as it is shown.
    pub(crate) fn reject_command(&self) -> String {
        format!("mm-admin pending reject {} --count {}", self.id, self.count)
    }
}

/// Returns everything that is pending, in the order of the pipeline; also what an operator rejected and can still confirm.
pub(crate) fn list(tx: &Tx<'_>, config: &Config, now: Timestamp) -> Result<Vec<PendingItem>, DbError> {
    let mut out = Vec::new();
    for row in db::pending::removals(tx)? {
        let present = db::pending::count_directories(tx, row.category)?;
        out.push(removals_item(row, present));
    }
    out.extend(move_items(db::pending::proposed_moves(tx)?));
    out.extend(db::pending::missing_repositories(tx)?.into_iter().map(missing_item));
    out.extend(db::pending::unresolved_paths(tx)?.into_iter().map(unresolved_item));
    let crawls = db::pending::crawls(tx)?;
    out.extend(crawls.iter().map(|c| crawl_item(c, config)));
    out.extend(update_items(tx, now)?);
    let pauses = db::pause::active_with_ids(tx, now)?.into_iter();
    out.extend(pauses.map(|(id, pause)| pause_item(id, pause)));
    out.extend(db::pin::active(tx, now)?.into_values().map(pin_item));
    let refused = db::refused_apply::all(tx, now.minus(APPLY_PERIOD))?;
    out.extend(refused.into_iter().map(apply_item));
    Ok(out)
}

/// Returns what waits for a decision now. Pauses and pins, which an operator made, have checks of their own.
pub(crate) fn awaiting(tx: &Tx<'_>, config: &Config, now: Timestamp) -> Result<Vec<PendingItem>, DbError> {
    let is_awaiting =
        |item: &PendingItem| item.is_open() && !matches!(item.subject, Subject::Pause(_) | Subject::Pin(_));
    let mut items = list(tx, config, now)?;
    items.retain(is_awaiting);
    Ok(items)
}

fn removals_item(row: CategoryRemovals, present: u64) -> PendingItem {
    let id = db::pending::removal_id(row.category);
    let (directories, category) = (row.directories, &row.name);
    let is_rejected = row.rejected == directories;
    let subject = Subject::Removals {
        id: row.category,
        category: row.name.clone(),
    };
    PendingItem {
        what: format!(
            "{directories} of {} of {category} {} missing from the master",
            format_count(present, "directory"),
            agree(directories, "is", "are")
        ),
        if_undecided: "they stay recorded; mirrors that delete them are unlisted for them".to_owned(),
        confirm: "a scan of the category removes them, as far as they are still missing".to_owned(),
        reject: Some("they stay recorded, and are reported again only if more are missing".to_owned()),
        rejected_by: row.rejected_by.filter(|_| is_rejected),
        rejected_at: row.rejected_at.filter(|_| is_rejected),
        needs_count: directories.saturating_mul(2) > present,
        ..PendingItem::new(id, row.since, directories, subject)
    }
}

/// One item for each prefix, because a prefix moves with all of its architectures.
fn move_items(moves: Vec<ProposedMove>) -> Vec<PendingItem> {
    let mut out: Vec<PendingItem> = Vec::new();
    for m in moves {
        let id = format!("move-{}", m.prefix);
        if let Some(item) = out.iter_mut().find(|item| item.id == id) {
            item.count += 1;
            item.since = item.since.max(m.since);
            // Rejected only if all of its architectures are.
            item.rejected_at = item.rejected_at.zip(m.rejected_at).map(|(a, b)| a.max(b));
            item.rejected_by = m.rejected_by.filter(|_| item.rejected_at.is_some());
            continue;
        }
        let to = db::detect::full_name(&m.topdir, &m.to);
        let what = format!("{} can move from {} to {to}", m.prefix, m.from);
        let subject = Subject::Move { prefix: m.prefix };
        out.push(PendingItem {
            what,
            if_undecided: "clients are sent to the old directory".to_owned(),
            confirm: "its repositories get the new directories; mm-admin undo reverts it".to_owned(),
            reject: Some("its repositories stay where they are; this move is not proposed again".to_owned()),
            rejected_by: m.rejected_by,
            rejected_at: m.rejected_at,
            ..PendingItem::new(id, m.since, 1, subject)
        });
    }
    out
}

fn missing_item(r: MissingRepository) -> PendingItem {
    let name = r
        .prefix
        .as_ref()
        .map_or_else(|| r.path.clone(), |prefix| format!("{prefix}/{}", r.arch));
    let subject = Subject::MissingRepository { path: r.path };
    PendingItem {
        what: format!("the directory of repository {name} is missing from the master"),
        if_undecided: "the repository stays recorded, and has no mirrors".to_owned(),
        confirm: "the repository is removed; mm-admin undo restores it".to_owned(),
        instead_of_reject: "the repository stays recorded until its directory returns; there is nothing to reject"
            .to_owned(),
        ..PendingItem::new(format!("missing-{}", r.id), r.since, 1, subject)
    }
}

fn unresolved_item(u: UnresolvedPath) -> PendingItem {
    let instead = format!(
        "to name the directory, add a rule to the config; see: mm-detect-release --explain {}",
        u.path
    );
    PendingItem {
        what: format!("{}: {}", u.path, u.reason),
        if_undecided: "it is not a repository that clients can request by the rules".to_owned(),
        confirm: "it is acknowledged as it is, and not reported again".to_owned(),
        instead_of_reject: instead,
        ..PendingItem::new(
            format!("unresolved-{}", u.id),
            u.first_seen,
            1,
            Subject::Unresolved {
                path: u.path,
                reason: u.reason,
            },
        )
    }
}

fn crawl_item(c: &PendingCrawl, config: &Config) -> PendingItem {
    let reason = c
        .stats
        .get("pending_reason")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (limit, needed) = (config.crawl.apply_pending_after.get(), db::crawl::MIN_AGREEMENTS);
    let agreements = c.agreements;
    let (if_undecided, due) = if limit.is_zero() {
        ("the mirrors stay listed as before".to_owned(), None)
    } else {
        let text = format!("applied if {needed} later crawls find the same; {agreements} did");
        (text, Some(c.since.plus(limit)))
    };
    let subject = Subject::Crawl {
        run: c.run,
        reason: reason.to_owned(),
    };
    PendingItem {
        what: format!("losses of {} in crawl {}", format_count(c.hosts, "mirror"), c.run),
        if_undecided,
        due,
        confirm: "the losses are applied, as far as no later crawl found otherwise".to_owned(),
        reject: Some("the losses are discarded; the next crawl probes the directories again".to_owned()),
        ..PendingItem::new(db::crawl::item_id(c.run), c.since, c.hosts, subject)
    }
}

/// The losses and refusals of the last update that finished.
fn update_items(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<PendingItem>, DbError> {
    let runs = db::run::latest(tx, Some("update"), MAX_RUNS)?;
    let published = |run: &&Run| run.stats.get("published").and_then(Value::as_bool);
    let mut out = Vec::new();
    if let Some(run) = runs.iter().find(|r| published(r) == Some(true)) {
        let ids = db::pending::repository_ids(tx)?;
        let losses = run.stats.get("losses").and_then(Value::as_array);
        for loss in losses.into_iter().flatten() {
            let name = loss.get("repository").and_then(Value::as_str).unwrap_or_default();
            if let Some(id) = ids.get(name) {
                out.extend(loss_item(format!("loss-{id}"), name, loss, now));
            }
        }
    }
    if let Some(run) = runs
        .iter()
        .find(|r| published(r).is_some())
        .filter(|r| published(r) == Some(false))
    {
        let since = db::alert::since(tx, "update", "refused: empty")?;
        let reasons = run.stats.get("refused").and_then(Value::as_array);
        let reason = reasons
            .and_then(|all| all.first())
            .and_then(Value::as_str)
            .unwrap_or_default();
        let subject = Subject::EmptyGeneration {
            reason: reason.to_owned(),
        };
        out.push(PendingItem {
            what: "no host would be listed, so nothing is published".to_owned(),
            if_undecided: "the published generation stays as it is".to_owned(),
            confirm: "a generation without hosts is published".to_owned(),
            instead_of_reject: "nothing is published until hosts are listed; find the reason with: mm-admin runs"
                .to_owned(),
            ..PendingItem::new(
                "empty-generation".to_owned(),
                since.unwrap_or(run.started_at),
                1,
                subject,
            )
        });
    }
    Ok(out)
}

fn loss_item(id: String, repository: &str, loss: &Value, now: Timestamp) -> Option<PendingItem> {
    let number = |key: &str| loss.get(key).and_then(Value::as_u64).unwrap_or(0);
    let time = |key: &str| loss.get(key).and_then(Value::as_i64).map(Timestamp);
    let (retained, until) = (number("retained"), time("until")?);
    if retained == 0 || until <= now {
        return None;
    }
    let hosts = loss.get("hosts").and_then(Value::as_array).into_iter().flatten();
    let hosts = hosts.filter_map(Value::as_str).map(str::to_owned).collect();
    let subject = Subject::Loss {
        repository: repository.to_owned(),
        before: number("before"),
        mirrors: number("mirrors"),
        hosts,
    };
    Some(PendingItem {
        what: format!("{repository} lost mirrors; {retained} stay listed for it"),
        if_undecided: "they are unlisted for it".to_owned(),
        due: Some(until),
        confirm: "they are unlisted for it in a new generation".to_owned(),
        instead_of_reject: "lost mirrors are retained for a limited time; find the reason with: mm-admin why HOST"
            .to_owned(),
        ..PendingItem::new(id, time("since").unwrap_or(now), retained, subject)
    })
}

fn pause_item(id: i64, pause: JobPause) -> PendingItem {
    let if_undecided = if pause.until.is_some() {
        "it is resumed"
    } else {
        "it stays paused"
    };
    PendingItem {
        what: pause.describe(),
        if_undecided: if_undecided.to_owned(),
        due: pause.until,
        confirm: "it is resumed".to_owned(),
        instead_of_reject: "it is paused; to change its end, pause it again with --until".to_owned(),
        ..PendingItem::new(format!("pause-{id}"), pause.since, 1, Subject::Pause(pause))
    }
}

fn pin_item(pin: Pin) -> PendingItem {
    let if_undecided = if pin.until.is_some() {
        "it is unpinned"
    } else {
        "it stays pinned"
    };
    let reason = if pin.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", pin.reason)
    };
    PendingItem {
        what: format!(
            "target {} is pinned to generation {} by {}{reason}",
            pin.target, pin.generation, pin.by
        ),
        if_undecided: if_undecided.to_owned(),
        due: pin.until,
        confirm: "it is unpinned, and gets the current generation".to_owned(),
        instead_of_reject: "it is pinned; to pin it to another generation: mm-sync-out --rollback GENERATION"
            .to_owned(),
        ..PendingItem::new(format!("pin-{}", pin.target), pin.at, 1, Subject::Pin(pin))
    }
}

fn apply_item(refused: RefusedApply) -> PendingItem {
    let hosts = format_count(refused.hosts, "host");
    let prune = if refused.prune { " with --prune" } else { "" };
    PendingItem {
        what: format!(
            "{} was not applied{prune}: it changes or removes {} of {hosts}",
            refused.file, refused.affected
        ),
        if_undecided: "nothing is changed, and this entry ends".to_owned(),
        due: Some(refused.refused_at.plus(APPLY_PERIOD)),
        confirm: "the file is applied, if it is the same and affects as many hosts".to_owned(),
        reject: Some("nothing is changed, and this entry ends".to_owned()),
        needs_count: true,
        ..PendingItem::new(
            format!("apply-{}", refused.id),
            refused.refused_at,
            refused.affected,
            Subject::Apply(refused),
        )
    }
}
