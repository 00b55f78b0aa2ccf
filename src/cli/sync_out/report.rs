//! The report of publishing, a rollback or pruning.

use std::collections::BTreeMap;
use std::io;

use itertools::Itertools as _;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::config::Config;
use crate::db::pin::Pin;
use crate::job::JobReport;
use crate::job::exit::ExitStatus;
use crate::snapshot::generation::GenerationId;
use crate::sync::purge::PurgeResult;
use crate::sync::push::{TargetReport, TargetStatus};

/// Prefixes of the keys of alerts.
const TARGET: &str = "target ";
const PINNED: &str = "pinned ";

/// The result for every target.
#[derive(Debug, Serialize)]
pub(super) struct SyncReport {
    pub(super) generation: GenerationId,
    pub(super) targets: Vec<TargetReport>,
    /// The proxies whose caches had to be purged.
    pub(super) proxies: Vec<PurgeResult>,
    /// Pins of targets that were skipped.
    #[serde(skip)]
    pub(super) pinned: Vec<Pin>,
    /// The reason why a rollback changed nothing.
    #[serde(skip)]
    pub(super) unchanged: Option<String>,
    /// True for a run by hand or for named targets, unlike one from cron.
    #[serde(skip)]
    pub(super) is_asked_for: bool,
    /// For each target the command that repeats the work.
    #[serde(skip)]
    pub(super) retry_commands: BTreeMap<String, String>,
    pub(super) dry_run: bool,
}

impl SyncReport {
    fn failed(&self) -> impl Iterator<Item = &TargetReport> {
        use TargetStatus::{Failed, RollbackFailed, RolledBack, Skipped, Unverified};
        let is_failed =
            |t: &&TargetReport| matches!(t.state, Failed | Unverified | RolledBack | RollbackFailed | Skipped);
        self.targets.iter().filter(is_failed)
    }
}

impl JobReport for SyncReport {
    fn stats(&self) -> serde_json::Result<Value> {
        use TargetStatus::{Current, Failed, Pinned, RollbackFailed, RolledBack, Skipped, Unverified, Updated};
        let states = [
            Current,
            Updated,
            Unverified,
            RolledBack,
            RollbackFailed,
            Failed,
            Skipped,
            Pinned,
        ];
        let count = |state| self.targets.iter().filter(|t| t.state == state).count();
        let counts: BTreeMap<&str, usize> = states.map(|state| (state.into_str(), count(state))).into();
        serde_json::to_value(counts)
    }

    fn alerts(&self) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for t in self.failed() {
            let default = || format!("mm-sync-out --only {}", t.target);
            let command = self.retry_commands.get(&t.target).cloned().unwrap_or_else(default);
            let text = format!("target {} ({}): {}", t.target, t.address, t.message);
            let text = if t.message.contains("--only") {
                text
            } else {
                format!("{text}; once it is fixed run: {command}")
            };
            out.insert(format!("{TARGET}{}", t.target), text);
        }
        for PurgeResult { proxy, message } in self.proxies.iter().filter(|p| !p.message.is_empty()) {
            let advice = "it may serve outdated responses; once it is fixed run: mm-sync-out";
            out.insert(format!("proxy {proxy}"), format!("proxy {proxy}: {message}; {advice}"));
        }
        for pin in &self.pinned {
            let text = format!("{}; {}", describe_pin(pin), unpin_advice(pin));
            out.insert(format!("{PINNED}{}", pin.target), text);
        }
        out
    }

    /// Returns true if this run checked the subject of an alert, or if its target is no longer in the config.
    fn is_checked(&self, key: &str, config: &Config) -> bool {
        let Some(name) = key.strip_prefix(TARGET).or_else(|| key.strip_prefix(PINNED)) else {
            return true;
        };
        self.targets.iter().any(|t| t.target == name) || !config.sync.target.iter().any(|t| t.name == name)
    }
}

impl Report for SyncReport {
    fn exit(&self) -> ExitStatus {
        let failed = self.targets.iter().filter(|t| t.state == TargetStatus::Failed).count();
        let is_purged = self.proxies.iter().all(|p| p.message.is_empty());
        if self.failed().next().is_none() && is_purged {
            ExitStatus::Done
        } else if failed == self.targets.len() {
            ExitStatus::Failed
        } else {
            ExitStatus::Partial
        }
    }

    fn nothing_done(&self) -> Option<String> {
        if self.unchanged.is_some() {
            return self.unchanged.clone();
        }
        let is_pinned = self.targets.iter().all(|t| t.state == TargetStatus::Pinned);
        let reasons = self
            .pinned
            .iter()
            .map(|pin| format!("{}; {}", describe_pin(pin), unpin_advice(pin)));
        (self.is_asked_for && is_pinned && !self.pinned.is_empty()).then(|| reasons.format("; ").to_string())
    }

    fn is_query(&self) -> bool {
        self.dry_run
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("generation {}", self.generation))?;
        let rows = self.targets.iter().map(|t| row(t, out));
        out.table("TARGET | STATE | PREVIOUS | SECONDS | MESSAGE", rows)?;
        for proxy in &self.proxies {
            let (style, result) = match proxy.message.as_str() {
                "" => (Style::Good, "purged"),
                why => (Style::Bad, why),
            };
            out.line(format!("proxy {}: {}", proxy.proxy, out.paint(style, result)))?;
        }
        Ok(())
    }
}

fn row(t: &TargetReport, out: &TextOutput<'_>) -> [String; 5] {
    let style = match t.state {
        TargetStatus::Current => Style::Dim,
        TargetStatus::Updated => Style::Good,
        TargetStatus::Unverified | TargetStatus::WouldUpdate | TargetStatus::Pinned => Style::Warn,
        TargetStatus::RolledBack | TargetStatus::RollbackFailed | TargetStatus::Failed | TargetStatus::Skipped => {
            Style::Bad
        }
    };
    [
        t.target.clone(),
        out.paint(style, t.state.into_str()),
        or_dash(t.previous.as_ref()),
        format!("{:.1}", t.seconds),
        message(t),
    ]
}

/// The message of a target, or else the extra files that were sent.
fn message(t: &TargetReport) -> String {
    if !t.message.is_empty() || t.extra_files.is_empty() {
        return t.message.clone();
    }
    let verb = if t.state == TargetStatus::WouldUpdate {
        "would send"
    } else {
        "sent"
    };
    format!("{verb} {}", t.extra_files.join(", "))
}

fn unpin_advice(pin: &Pin) -> String {
    format!("publish to it again with: mm-sync-out --unpin --only {}", pin.target)
}

/// Describes a pin: target, generation, user, times and reason.
pub(super) fn describe_pin(pin: &Pin) -> String {
    let until = pin.until.map_or_else(String::new, |t| format!(" until {t}"));
    let reason = if pin.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", pin.reason)
    };
    format!(
        "target {} is pinned to {} by {} since {}{until}{reason}",
        pin.target, pin.generation, pin.by, pin.at
    )
}
