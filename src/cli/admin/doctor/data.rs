//! What the data says: the database, the registry against the config, the ages of the jobs' last words, the clock.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::Check;
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::config::{CategoryConfig, SourceKind};
use crate::db::{self, Db, DbError, check};
use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::names::RepoPrefix;
use crate::model::registry::{Host, Repository};
use crate::model::run::Run;
use crate::scan::filelist;

/// A job whose last good run is older than the first is worth a look, older than the second bad.
const JOBS: [(&str, &str, HumanDuration, HumanDuration); 4] = [
    ("scan", "mm-scan-master", HumanDuration::days(1), HumanDuration::days(3)),
    (
        "detect",
        "mm-detect-release",
        HumanDuration::days(2),
        HumanDuration::days(7),
    ),
    ("crawl", "mm-crawl", HumanDuration::days(1), HumanDuration::days(3)),
    (
        "update",
        "mm-update-mirrorlist",
        HumanDuration::days(1),
        HumanDuration::days(3),
    ),
];

/// Nobody meant a target to be pinned for longer.
const PIN_WARN_AGE: Duration = Duration::from_hours(24);

/// How far the clock may be behind the last recorded time.
const CLOCK: Duration = Duration::from_mins(5);
/// How far it may be ahead of it before somebody should look.
const MAX_CLOCK_SKEW_AHEAD: Duration = Duration::from_hours(24 * 366);

/// A database that cannot be opened.
pub(in crate::cli::admin) fn not_open(error: &DbError) -> Check {
    let mend = match error {
        DbError::Missing(_) => "mm-admin init",
        DbError::Older { .. } => "mm-admin migrate",
        DbError::Newer { .. } => "install the newer mirrormanager",
        DbError::Busy(_) => "mm-locks",
        DbError::Denied { .. } => "chown, as said",
        DbError::NoDirectory(_) => "make the directory, or correct the key database",
        DbError::Exists(_)
        | DbError::Open { .. }
        | DbError::Constraint(_)
        | DbError::Disk(_)
        | DbError::BadRow { .. }
        | DbError::Sql(_) => "mm-admin restore BACKUP",
    };
    Check::bad("database", error.to_string(), mend)
}

/// Everything that an open database tells.
pub(super) fn database(ctx: &Context, db: &mut Db) -> Vec<Check> {
    let mut out = vec![sound(db)];
    let mut more = || -> Result<Vec<Check>, DbError> {
        let mut out = vec![clock(ctx, db.read(db::run::last_recorded_time)?)];
        out.extend(registry(ctx, db)?);
        out.extend(emergencies(ctx.now, db)?);
        out.extend(waiting(db)?);
        out.extend(pins(ctx.now, db)?);
        out.extend(pauses(ctx.now, db, true)?);
        out.push(failing(db)?);
        out.extend(ages(ctx, db)?);
        Ok(out)
    };
    match more() {
        Ok(more) => out.extend(more),
        Err(e) => out.push(not_open(&e)),
    }
    out
}

/// Targets that were put back to an older generation and left there.
pub(in crate::cli::admin) fn pins(now: Timestamp, db: &mut Db) -> Result<Vec<Check>, DbError> {
    let pins = db.read(|tx| db::pin::active(tx, now))?;
    let check = |p: db::pin::Pin| {
        let says = format!("pinned to {} by {} since {}: {}", p.generation, p.by, p.at, p.reason);
        let (name, mend) = (
            format!("target {}", p.target),
            format!("mm-sync-out --resume --only {}", p.target),
        );
        if now.since(p.at) > PIN_WARN_AGE {
            Check::warn(&name, says, &mend)
        } else {
            Check::ok(&name, says)
        }
    };
    Ok(pins.into_values().map(check).collect())
}

/// How old the last good run of each job is.
pub(in crate::cli::admin) fn ages(ctx: &Context, db: &mut Db) -> Result<Vec<Check>, DbError> {
    let mut jobs = JOBS.to_vec();
    if !ctx.config.sync.target.is_empty() {
        jobs.push(("publish", "mm-sync-out", HumanDuration::days(1), HumanDuration::days(3)));
    }
    let mut out = Vec::new();
    for (job, program, warn, bad) in jobs {
        let runs = db.read(|tx| db::run::latest(tx, Some(job), 50))?;
        out.push(age(ctx.now, job, program, (warn, bad), &runs));
    }
    Ok(out)
}

/// How many of the active hosts gave no answer in their last crawl, and which have been silent for longest. Some always are.
pub(in crate::cli::admin) fn failing(db: &mut Db) -> Result<Check, DbError> {
    /// So many are named.
    const WORST: usize = 5;
    let (hosts, sites) =
        db.read(|tx| -> Result<_, DbError> { Ok((db::registry::hosts(tx)?, db::registry::sites(tx)?)) })?;
    let is_active = |h: &&Host| sites.iter().any(|s| s.id == h.site && h.is_active(s));
    let active: Vec<&Host> = hosts.iter().filter(is_active).collect();
    let mut silent: Vec<&Host> = active.iter().copied().filter(|h| h.crawl_failures > 0).collect();
    silent.sort_by_key(|h| Reverse(h.crawl_failures));
    let worst = silent.iter().take(WORST);
    let worst: Vec<String> = worst.map(|h| format!("{} ({})", h.name, h.crawl_failures)).collect();
    let says = format!("{} of {} gave no answer to the last crawl", silent.len(), active.len());
    Ok(match silent.first() {
        None => Check::ok("hosts", says),
        Some(_) if silent.len() * 5 < active.len() => Check::ok("hosts", format!("{says}: {}", worst.join(", "))),
        Some(first) => {
            let mend = format!("mm-admin why {}", first.name);
            Check::warn("hosts", format!("{says}: {}", worst.join(", ")), &mend)
        }
    })
}

fn sound(db: &mut Db) -> Check {
    let path = db.path().display().to_string();
    match check::quick_check(db) {
        Ok(found) if found.is_empty() => Check::ok("database", format!("{path}, schema {}", db::SCHEMA_VERSION)),
        Ok(found) => {
            let first = found.first().cloned().unwrap_or_default();
            Check::bad(
                "database",
                format!("{path} is damaged: {first} ({} findings)", found.len()),
                "mm-admin restore BACKUP",
            )
        }
        Err(e) => not_open(&e),
    }
}

fn clock(ctx: &Context, last: Option<Timestamp>) -> Check {
    match last {
        Some(last) if last.since(ctx.now) > CLOCK => Check::bad(
            "clock",
            format!("it says {}, but a run was recorded at {last}", ctx.now),
            "timedatectl set-ntp true",
        ),
        Some(last) if ctx.now.since(last) > MAX_CLOCK_SKEW_AHEAD => Check::warn(
            "clock",
            format!("it says {}, more than a year after the last run at {last}", ctx.now),
            "timedatectl",
        ),
        Some(_) | None => Check::ok("clock", ctx.now.to_string()),
    }
}

/// What is not where the config says that a category's master is. One on another machine shows at the next scan.
fn master(category: &CategoryConfig) -> Option<Check> {
    let local = !category.path.as_os_str().is_empty();
    if local && !category.path.is_dir() {
        let (name, path) = (&category.name, category.path.display());
        return Some(Check::bad(
            "category",
            format!("the master tree of {name:?}, {path}, is no directory"),
            "mount it, or set its path in the config",
        ));
    }
    let by_file = category.source == SourceKind::Filelist && !CategoryConfig::is_address(&category.list);
    let list = by_file.then(|| filelist::the_one(Path::new(&category.list)));
    let why = match list? {
        Ok(list) if list.is_file() => return None,
        Ok(_) => "no such file".to_owned(),
        Err(why) => why,
    };
    Some(Check::bad(
        "category",
        format!("the list of {:?}, {}: {why}", category.name, category.list),
        "see whether the master writes it, or set `list` in the config",
    ))
}

/// Whether config and registry speak of the same categories, and whether there is somebody to crawl.
fn registry(ctx: &Context, db: &mut Db) -> Result<Vec<Check>, DbError> {
    let (categories, hosts, sites) = db.read(|tx| -> Result<_, DbError> {
        Ok((
            db::registry::categories(tx)?,
            db::registry::hosts(tx)?,
            db::registry::sites(tx)?,
        ))
    })?;
    let mut out = Vec::new();
    for wanted in &ctx.config.category {
        if !categories.iter().any(|c| c.name.as_str() == wanted.name) {
            out.push(Check::bad(
                "category",
                format!("the config names {:?}, the registry does not have it", wanted.name),
                &format!(
                    "mm-admin category add \"{}\" --product PRODUCT --topdir PATH",
                    wanted.name
                ),
            ));
        }
        out.extend(master(wanted));
    }
    for category in &categories {
        if ctx.config.category(category.name.as_str()).is_none() {
            out.push(Check::warn(
                "category",
                format!(
                    "{:?} is in the registry, but the config does not say where its tree lies",
                    category.name.as_str()
                ),
                "add a [[category]] with its name and path to the config",
            ));
        }
    }
    let active = hosts
        .iter()
        .filter(|h| sites.iter().any(|s| s.id == h.site && h.is_active(s)))
        .count();
    let says = format!(
        "{} categories, {active} of {} hosts active",
        categories.len(),
        hosts.len()
    );
    out.push(if categories.is_empty() || active == 0 {
        Check::warn("registry", says, "mm-admin apply registry.toml")
    } else {
        Check::ok("registry", says)
    });
    Ok(out)
}

/// Repositories of which only holders of the newest metadata are listed: somebody should know, and end it when it is over.
fn emergencies(now: Timestamp, db: &mut Db) -> Result<Vec<Check>, DbError> {
    let (repositories, arches) =
        db.read(|tx| -> Result<_, DbError> { Ok((db::registry::repositories(tx)?, db::registry::arches(tx)?)) })?;
    let name = |r: &Repository| {
        let arch = arches.iter().find(|a| a.id == r.arch).map(|a| a.name.as_str());
        format!(
            "{}/{}",
            r.prefix.as_ref().map_or(r.name.as_str(), RepoPrefix::as_str),
            arch.unwrap_or_default()
        )
    };
    let in_force = repositories.iter().filter(|r| r.is_newest_only(now));
    Ok(in_force
        .filter_map(|r| Some((name(r), r.newest_only_until?)))
        .map(|(name, until)| {
            Check::warn(
                "newest-only",
                format!("{name} lists only holders of the newest metadata until {until}"),
                &format!("when it is over: mm-admin repo newest-only {name} --off"),
            )
        })
        .collect())
}

/// The active pauses of jobs; `old` = only those older than a day.
pub(in crate::cli::admin) fn pauses(now: Timestamp, db: &mut Db, old: bool) -> Result<Vec<Check>, DbError> {
    let pauses = db.read(|tx| db::pause::active(tx, now))?;
    let found = pauses.iter().filter(|p| !old || p.is_old(now));
    Ok(found
        .map(|p| Check::warn("pause", p.describe(), &p.resume_command()))
        .collect())
}

/// Results of crawls that wait for a person.
pub(in crate::cli::admin) fn waiting(db: &mut Db) -> Result<Vec<Check>, DbError> {
    let mut hosts: BTreeMap<RunId, usize> = BTreeMap::new();
    for pending in db.read(db::crawl::pending)? {
        *hosts.entry(pending.run).or_default() += 1;
    }
    let check = |(run, hosts)| {
        let says = format!("what {hosts} mirrors lost in crawl {run} waits: too many lost too much at once");
        let mend = format!("mm-admin why HOST, then mm-crawl --apply-pending {run} or mm-crawl --revert {run}");
        Check::warn("crawl results", says, &mend)
    };
    Ok(hosts.into_iter().map(check).collect())
}

/// The status of a run that did its work in part.
const IN_PART: i64 = 3;

/// Whether the run did what the job is for, if perhaps in part. An update that publishes nothing did not.
fn ended_well(run: &Run) -> bool {
    match run.exit {
        Some(0) => true,
        Some(IN_PART) => run.job != "update" || run.stats.get("published") == Some(&true.into()),
        Some(_) | None => false,
    }
}

/// How old the last good run of a job is, and whether one failed since, or did its work in part only.
fn age(now: Timestamp, job: &str, program: &str, (warn, bad): (HumanDuration, HumanDuration), runs: &[Run]) -> Check {
    let good = runs.iter().find(|r| ended_well(r));
    let Some(ended) = good.and_then(|r| r.ended_at) else {
        let says = match runs.first() {
            None => "never ran".to_owned(),
            Some(run) => format!("never ended well; the last: {}", words(run)),
        };
        return Check::warn(job, says, program);
    };
    let age = now.since(ended);
    let says = format!("last ended well {} ago", HumanDuration::secs(age.as_secs() / 60 * 60));
    // One without a status is under way, or died.
    let last = runs.iter().find(|r| r.exit.is_some());
    if age > bad.get() {
        Check::bad(job, says, program)
    } else if let Some(run) = last.filter(|r| r.exit != Some(0)) {
        let says = if ended_well(run) {
            format!("{says}, but in part: {}", words(run))
        } else {
            format!("{says}, and failed since: {}", words(run))
        };
        Check::warn(job, says, &format!("mm-admin runs --job {job}"))
    } else if age > warn.get() {
        Check::warn(job, says, program)
    } else {
        Check::ok(job, says)
    }
}

fn words(run: &Run) -> String {
    let exit = run.exit.map_or_else(|| "none".to_owned(), |n| n.to_string());
    format!("run {}, exit {exit} {}", run.id, run.message)
        .trim_end()
        .to_owned()
}

/// How old the generation is that `current` points to: its manifest says as of when it was true.
pub(in crate::cli::admin) fn generation(ctx: &Context) -> Check {
    const NAME: &str = "generation";
    const MEND: &str = "mm-update-mirrorlist";
    let manifest = ctx.config.generations_dir.join("current/MANIFEST");
    let text = match std::fs::read_to_string(&manifest) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Check::warn(NAME, "none was made yet", MEND);
        }
        Err(e) => return Check::bad(NAME, format!("{}: {e}", manifest.display()), MEND),
    };
    let header = |key: &str| {
        text.lines()
            .take(5)
            .find_map(|l| l.strip_prefix(key)?.strip_prefix(' '))
            .map(str::trim)
    };
    let Some(as_of) = header("as_of").and_then(|t| t.parse::<i64>().ok()) else {
        return Check::bad(NAME, format!("{} has no line as_of", manifest.display()), MEND);
    };
    let age = ctx.now.since(Timestamp(as_of));
    let says = format!(
        "{}, as of {} ago",
        header("generation").unwrap_or("unnamed"),
        HumanDuration::secs(age.as_secs() / 60 * 60)
    );
    if age > HumanDuration::days(3).get() {
        Check::bad(NAME, says, MEND)
    } else if age > HumanDuration::days(1).get() {
        Check::warn(NAME, says, MEND)
    } else {
        Check::ok(NAME, says)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;
    use crate::model::ids::RunId;

    fn run(id: i64, ended: i64, exit: i64) -> Run {
        Run {
            id: RunId(id),
            job: "scan".into(),
            scope: String::new(),
            started_at: Timestamp(ended - 1),
            ended_at: Some(Timestamp(ended)),
            exit: Some(exit),
            pid: 1,
            user: "mm".into(),
            stats: serde_json::Value::Null,
            message: "no".into(),
        }
    }

    #[test]
    fn ages_are_judged_by_the_last_good_run() {
        let limits = (HumanDuration::hours(1), HumanDuration::hours(2));
        let health = |now: i64, runs: &[Run]| age(Timestamp(now), "scan", "mm-scan-master", limits, runs).health;
        assert_eq!(health(100, &[]), Severity::Warn);
        assert_eq!(health(100, &[run(1, 90, 0)]), Severity::Ok);
        assert_eq!(health(100, &[run(2, 95, 3), run(1, 90, 0)]), Severity::Warn);
        assert_eq!(health(100, &[run(2, 95, 0), run(1, 90, 3)]), Severity::Ok);
        assert_eq!(health(100, &[run(2, 95, 1), run(1, 90, 0)]), Severity::Warn);
        assert_eq!(health(90 + 3_700, &[run(1, 90, 0)]), Severity::Warn);
        assert_eq!(health(90 + 7_300, &[run(1, 90, 0)]), Severity::Bad);
        assert_eq!(health(90 + 7_300, &[run(2, 7_000, 1), run(1, 90, 0)]), Severity::Bad);
    }
    #[test]
    fn what_was_done_in_part_is_told_and_an_update_that_published_nothing_is_no_good_one() {
        let limits = (HumanDuration::hours(1), HumanDuration::hours(2));
        let says = |job: &str, runs: &[Run]| {
            let check = age(Timestamp(100), job, "mm-x", limits, runs);
            assert_eq!(check.health, Severity::Warn);
            check.message
        };
        let in_part = says("publish", &[run(1, 90, 3)]);
        assert!(in_part.contains("in part: run 1, exit 3 no"), "{in_part}");
        let mut update = run(2, 95, 3);
        update.job = "update".into();
        update.stats = serde_json::json!({ "hosts": 0, "published": false });
        let refused = says("update", &[update.clone(), run(1, 90, 0)]);
        assert!(refused.contains("failed since"), "{refused}");
        assert!(says("update", &[update.clone()]).contains("never ended well"));
        update.stats = serde_json::json!({ "hosts": 9, "published": true });
        assert!(says("update", &[update]).contains("in part"));
    }
}
