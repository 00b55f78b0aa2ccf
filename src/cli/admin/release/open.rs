//! `mm-admin release open`: everything that happens when the master opens a release, by the programs that cron runs, under their locks.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use super::super::repo::find_versions;
use super::super::{read_registry_data, write_warnings};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db;
use crate::inspect::moves::full_name;
use crate::inspect::readiness::{RepositoryReadiness, version_readiness};
use crate::job::exit::{ExitStatus, NothingDone};
use crate::model::ids::{CategoryId, VersionId};
use crate::model::names::{DirPath, Name};
use crate::model::pause::{PauseStatus, pause_status};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;
use crate::sys::child::{self, ChildLimits};
use crate::sys::signals::{self, ShutdownFlag};
use crate::sys::{clock, stderr};

mod outcome;

use outcome::{OpenState, Outcome, outcome};

/// How long a step waits for another run of its job.
const LOCK_WAIT: &str = "5m";
/// Time limit of one step.
const STEP_LIMIT: Duration = Duration::from_hours(1);
const MAX_OUTPUT: u64 = 64 << 10;

/// Publish a release that the master opened: scan, probe, publish, deploy and verify.
///
/// Scans the directories of the version, probes the mirrors for what clients of its repositories need, publishes and deploys the result,
/// verifies it at each server, and prints a verdict. The steps are the programs that cron runs, under their own locks. They wait for
/// another scan or publication for at most five minutes, and for a crawl not at all, except for a host that it is probing. It can be
/// repeated at any time.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 each repository is served, and every mirror that had it staged is verified; 3 it is served, but \
                  something is missing; 1 it is not open on the master, or not served.\n\nExamples:\n  mm-admin release open 44 \
                  --product Fedora\n  mm-admin release open 44 --watch --time-limit 4h"
)]
pub(in super::super) struct OpenArgs {
    /// Version, such as 44.
    version: Name,
    /// Only of this product.
    #[arg(long)]
    product: Option<Name>,
    /// Repeat the steps until the master has opened it and every mirror that had it staged is verified.
    #[arg(long)]
    watch: bool,
    /// The time between two rounds of watching.
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1m",
        requires = "watch",
        hide_short_help = true
    )]
    interval: HumanDuration,
    /// Stop watching after this time.
    #[arg(long, value_name = "DURATION", default_value = "2h", requires = "watch")]
    time_limit: HumanDuration,
}

/// One step of the last round.
#[derive(Debug, Clone, Serialize)]
struct Step {
    command: String,
    /// `None` if it was terminated by a signal.
    exit: Option<i32>,
    seconds: f64,
    /// The last message of a step that failed.
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct OpenReport {
    version: Name,
    rounds: u32,
    /// The time of all rounds.
    seconds: f64,
    steps: Vec<Step>,
    state: OpenState,
    verdict: String,
    #[serde(skip)]
    exit: ExitStatus,
    warnings: Vec<String>,
}

/// The version as it is recorded.
struct Recorded {
    registry: RegistryData,
    warnings: Vec<String>,
    /// The topmost directory of each of its trees, by category.
    tops: BTreeMap<CategoryId, BTreeSet<DirPath>>,
    /// The full names of those that the master keeps unreadable.
    closed: Vec<String>,
    /// The master has opened at least one repository.
    is_open: bool,
    /// The open repositories that clients can request, as prefix and architecture.
    requestable: Vec<(String, String)>,
    /// The hosts that still have some of it unreadable.
    staged: BTreeSet<String>,
    /// The hosts that are listed for it.
    listed: BTreeSet<String>,
}

struct Release<'a> {
    ctx: &'a Context,
    args: &'a OpenArgs,
    stop: ShutdownFlag,
    /// The directory of the programs.
    programs: PathBuf,
    steps: Vec<Step>,
}

impl OpenArgs {
    pub(in super::super) fn run(self, ctx: &Context) -> Result<OpenReport, Error> {
        let started = Instant::now();
        let own = std::env::current_exe().context("finding the directory of the programs")?;
        let mut release = Release {
            ctx,
            args: &self,
            stop: signals::watch().context("watching for signals")?,
            programs: own.parent().map(PathBuf::from).unwrap_or_default(),
            steps: Vec::new(),
        };
        let mut had_staged = release.read()?.staged;
        refuse_if_paused(ctx)?;
        let mut rounds = 0;
        let until = started + self.time_limit.get();
        let (state, outcome, warnings) = loop {
            rounds += 1;
            let (state, warnings) = release.round(rounds, &mut had_staged)?;
            let outcome = outcome(&state, &self.version);
            if outcome.exit == ExitStatus::Done || !self.watch || !release.wait_for_next_round(&outcome, until) {
                break (state, outcome, warnings);
            }
        };
        Ok(OpenReport {
            version: self.version.clone(),
            rounds,
            seconds: started.elapsed().as_secs_f64(),
            steps: release.steps,
            state,
            verdict: outcome.text,
            exit: outcome.exit,
            warnings,
        })
    }
}

impl Release<'_> {
    fn read(&self) -> Result<Recorded, Error> {
        let now = clock::now();
        let (registry, warnings) = read_registry_data(self.ctx)?;
        let versions = find_versions(&registry, &self.args.version, self.args.product.as_ref())?;
        let tops = version_tops(&registry, &versions, &self.args.version);
        let is_closed = |category: CategoryId, path: &DirPath| {
            let mut all = registry.directories.values();
            all.any(|d| d.category == category && d.path == *path && !d.readable)
        };
        let all_tops = tops
            .iter()
            .flat_map(|(c, paths)| paths.iter().map(move |path| (*c, path)));
        let closed = all_tops
            .filter(|(category, path)| is_closed(*category, path))
            .map(|(category, path)| full_name(&registry, category, path))
            .collect();
        let arch = |id| registry.arches.get(&id).map(|a| a.name.to_string());
        let publication = Publication::from_registry(&registry, &Policy::new(&self.ctx.config, &registry), now);
        let readiness = version_readiness(&publication, &versions, &BTreeSet::new());
        let open = readiness
            .repositories
            .iter()
            .filter(|r| r.state == RepositoryReadiness::Readable);
        let open: BTreeSet<String> = open.map(|r| r.repository.clone()).collect();
        let own = (registry.repositories.iter()).filter(|r| versions.contains(&r.version) && !r.disabled);
        let requestable = own
            .filter(|r| open.contains(&registry.repository_name(r)))
            .filter_map(|r| Some((r.prefix.as_ref()?.to_string(), arch(r.arch)?)))
            .sorted()
            .collect();
        Ok(Recorded {
            is_open: !open.is_empty(),
            staged: readiness.staged.into_iter().map(|m| m.host).collect(),
            listed: readiness.listed,
            tops,
            closed,
            requestable,
            warnings,
            registry,
        })
    }

    /// Performs all steps once. `had_staged` are the hosts that were seen with some of it staged.
    fn round(&mut self, round: u32, had_staged: &mut BTreeSet<String>) -> Result<(OpenState, Vec<String>), Error> {
        self.steps.clear();
        let before = self.read()?;
        for (category, paths) in &before.tops {
            let Some(name) = before.registry.categories.get(category).map(|c| c.name.to_string()) else {
                continue;
            };
            for path in paths {
                let mut words = vec!["--category", name.as_str(), "--lock-wait", LOCK_WAIT];
                if !path.is_top() {
                    words.extend(["--path", path.as_str()]);
                }
                self.step("mm-scan-master", &words);
            }
        }
        self.step("mm-detect-release", &["--lock-wait", LOCK_WAIT]);
        let scanned = self.read()?;
        had_staged.extend(scanned.staged.iter().cloned());
        let mut unserved = BTreeMap::new();
        if scanned.is_open {
            self.probe(round, &scanned);
            self.step("mm-update-mirrorlist", &["--lock-wait", LOCK_WAIT]);
            if !self.ctx.config.sync.target.is_empty() {
                self.step("mm-sync-out", &["--lock-wait", LOCK_WAIT]);
            }
            unserved = self.verify(&scanned);
        }
        let now = self.read()?;
        let is_failure = |s: &&Step| s.problem.is_some();
        let state = OpenState {
            is_open: scanned.is_open,
            closed: now.closed,
            repositories: now.requestable.len(),
            servers: self.servers().len(),
            unserved,
            mirrors: now.listed.len(),
            had_staged: had_staged.len(),
            still_staged: had_staged.intersection(&now.staged).cloned().collect(),
            unverified: had_staged
                .iter()
                .filter(|host| !now.listed.contains(*host) && !now.staged.contains(*host))
                .cloned()
                .collect(),
            failed_steps: (self.steps.iter().filter(is_failure))
                .map(|s| format!("{}: {}", s.command, s.problem.clone().unwrap_or_default()))
                .collect(),
        };
        Ok((state, now.warnings))
    }

    /// Probes the mirrors: in the first round all that are not verified, then those that had it staged and have not opened it yet.
    fn probe(&mut self, round: u32, scanned: &Recorded) {
        let mut words = vec!["--opened"];
        let paths: Vec<String> = scanned
            .tops
            .iter()
            .flat_map(|(category, paths)| paths.iter().map(|path| full_name(&scanned.registry, *category, path)))
            .collect();
        let names = scanned.tops.keys().filter_map(|id| scanned.registry.categories.get(id));
        let names: Vec<String> = names.map(|c| c.name.to_string()).collect();
        if round == 1 {
            words.extend(paths.iter().flat_map(|path| ["--path", path.as_str()]));
        } else {
            words.extend(names.iter().flat_map(|name| ["--category", name.as_str()]));
        }
        self.step("mm-crawl", &words);
    }

    /// Verifies each repository at each server. Returns those that are not served, with the reason.
    fn verify(&mut self, recorded: &Recorded) -> BTreeMap<String, String> {
        let mut unserved = BTreeMap::new();
        for server in self.servers() {
            for (prefix, arch) in &recorded.requestable {
                if self.stop.is_requested() {
                    return unserved;
                }
                let step = self.execute("mm-admin", &["verify", prefix, arch, "--server", &server]);
                if let Some(problem) = &step.problem {
                    unserved.insert(format!("{prefix}/{arch} at {server}"), problem.clone());
                }
            }
        }
        unserved
    }

    /// The base URLs of the servers of all targets.
    fn servers(&self) -> Vec<String> {
        let targets = self.ctx.config.sync.target.iter();
        let bases = targets.filter_map(|t| t.healthz.strip_suffix("/healthz"));
        bases.map(str::to_owned).unique().collect()
    }

    fn step(&mut self, program: &str, words: &[&str]) {
        let step = self.execute(program, words);
        if self.ctx.is_interactive && !self.ctx.quiet {
            let result = step.problem.as_deref().unwrap_or("done");
            stderr::print_line(&format!("{}: {result} ({:.1} s)", step.command, step.seconds));
        }
        self.steps.push(step);
    }

    fn execute(&self, program: &str, words: &[&str]) -> Step {
        let started = Instant::now();
        let config = self.ctx.config_path.display().to_string();
        let args = words
            .iter()
            .map(|w| (*w).to_owned())
            .chain(["--config".to_owned(), config]);
        let limits = ChildLimits {
            deadline: started + STEP_LIMIT,
            output: MAX_OUTPUT,
            stop: self.stop.clone(),
        };
        let path = self.programs.join(program).display().to_string();
        let ran = child::run(&path, "mirrormanager", &args.collect::<Vec<_>>(), None, &limits);
        let (exit, problem) = match ran {
            // Partially done: what concerns other parts of the master, or other mirrors, was reported by the step. A target that
            // was not updated is missing here, too.
            Ok(output) if output.status == Some(0) || (output.status == Some(3) && program != "mm-sync-out") => {
                (output.status, None)
            }
            Ok(output) => (output.status, Some(output.last_error_line())),
            Err(e) => (None, Some(e.to_string())),
        };
        Step {
            command: std::iter::once(program).chain(words.iter().copied()).join(" "),
            exit,
            seconds: started.elapsed().as_secs_f64(),
            problem,
        }
    }

    /// Waits for the next round; false if there is none.
    fn wait_for_next_round(&self, outcome: &Outcome, until: Instant) -> bool {
        let interval = self.args.interval.get();
        let next = Instant::now() + interval;
        if next >= until {
            return false;
        }
        if self.ctx.is_interactive && !self.ctx.quiet {
            stderr::print_line(&format!("{}; next round in {} s", outcome.text, interval.as_secs()));
        }
        while Instant::now() < next {
            if self.stop.is_requested() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        true
    }
}

/// Returns the topmost directories of a version, by category: of a staged one the topmost directory that is unreadable, else the one
/// with the name of the version.
fn version_tops(
    registry: &RegistryData,
    versions: &BTreeSet<VersionId>,
    version: &Name,
) -> BTreeMap<CategoryId, BTreeSet<DirPath>> {
    let by_path: BTreeMap<(CategoryId, &DirPath), bool> = (registry.directories.values())
        .map(|d| ((d.category, &d.path), d.readable))
        .collect();
    let mut out: BTreeMap<CategoryId, BTreeSet<DirPath>> = BTreeMap::new();
    let own = registry.repositories.iter().filter(|r| versions.contains(&r.version));
    for directory in own.filter_map(|r| registry.directories.get(&r.directory?)) {
        let category = directory.category;
        let mut up: Vec<DirPath> = std::iter::successors(Some(directory.path.clone()), DirPath::parent).collect();
        up.reverse();
        let is_closed = |path: &&DirPath| by_path.get(&(category, *path)) == Some(&false);
        let is_named = |path: &&DirPath| path.file_name() == version.as_str();
        let top = up.iter().find(is_closed).or_else(|| up.iter().find(is_named));
        out.entry(category)
            .or_default()
            .insert(top.unwrap_or(&directory.path).clone());
    }
    for paths in out.values_mut() {
        let all = paths.clone();
        paths.retain(|path| !all.iter().any(|up| up != path && up.contains(path)));
    }
    out
}

/// A paused job would do nothing.
fn refuse_if_paused(ctx: &Context) -> Result<(), Error> {
    let pauses = ctx.open_db()?.read(|tx| db::pause::active(tx, ctx.now))?;
    for job in ["scan", "crawl", "publish"] {
        if let PauseStatus::Whole(why) = pause_status(&pauses, job, &[], ctx.now) {
            return Err(NothingDone(why).into());
        }
    }
    Ok(())
}

impl Report for OpenReport {
    fn exit(&self) -> ExitStatus {
        self.exit
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        out.write_table("STEP | RESULT | SECONDS", &self.steps, |out, step| {
            let (style, result) = match (&step.problem, step.exit) {
                (None, Some(0)) => (Style::Good, "done".to_owned()),
                (None, _) => (Style::Warn, "partially done".to_owned()),
                (Some(problem), _) => (Style::Bad, problem.clone()),
            };
            [
                step.command.clone(),
                out.paint(style, &result),
                format!("{:.1}", step.seconds),
            ]
        })?;
        for (what, why) in &self.state.unserved {
            out.line(format!("not served: {what}: {why}"))?;
        }
        let style = match self.exit {
            ExitStatus::Done => Style::Good,
            ExitStatus::Partial => Style::Warn,
            ExitStatus::Failed | ExitStatus::Usage | ExitStatus::Locked => Style::Bad,
        };
        out.line(format!("{} {}", out.paint(style, "verdict:"), self.verdict))
    }

    fn is_query(&self) -> bool {
        // The verdict is what the command is for.
        true
    }
}
