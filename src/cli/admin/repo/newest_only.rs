//! `mm-admin repo newest-only`: an emergency setting, for when a package is withdrawn and older metadata must not be accepted.

use std::{io, iter};

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use super::{parse_target, select_repositories, set_repositories};
use crate::cli::admin::edits::EditReport;
use crate::cli::admin::{read_registry, read_registry_data};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::inspect::newest_only::{NewestOnlyRow, preview_newest_only};
use crate::job::acquire_release_lock;
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::Timestamp;
use crate::model::names::{Name, RepoPrefix};
use crate::publish::policy::Policy;
use crate::registry::field_value::FieldValue;

/// List only mirrors with the newest metadata of a repository, and offer no older version, for a limited time.
///
/// For emergencies: a package is withdrawn, and clients must not accept metadata that still lists it. The next
/// mm-update-mirrorlist publishes the setting; it expires by itself with the first one after TIME. Refused for a repository
/// without such a mirror. While it lasts, every push unlists mirrors until they are crawled again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo newest-only updates-released-f43 --until 48h --dry-run\n  mm-admin repo \
                  newest-only updates-released-f43/x86_64 --until 2026-12-01T18:00\n  mm-admin repo newest-only \
                  updates-released-f43 --off"
)]
pub(in crate::cli::admin) struct NewestOnlyArgs {
    /// Repository; without ARCH, for all architectures.
    #[arg(value_name = "PREFIX[/ARCH]", value_parser = parse_target)]
    repository: (RepoPrefix, Option<Name>),
    /// End: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339.
    #[arg(long, value_name = "TIME", required_unless_present = "off", conflicts_with = "off")]
    until: Option<TimeArg>,
    /// End the setting now.
    #[arg(long)]
    off: bool,
    /// Show the changes without applying them.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct NewestOnlyReport {
    /// `None` if the setting was ended.
    until: Option<Timestamp>,
    repositories: Vec<NewestOnlyRow>,
    #[serde(flatten)]
    edited: EditReport,
}

impl NewestOnlyArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<NewestOnlyReport, Error> {
        let until = self.until.map(|u| u.resolve(ctx.now)).transpose();
        let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
        let _lock = (!self.dry_run).then(|| acquire_release_lock(ctx)).transpose()?;
        let (prefix, arch) = (&self.repository.0, self.repository.1.as_ref());
        read_registry(ctx, |editor, _| select_repositories(editor, prefix, arch))?;
        let (mut registry, _) = read_registry_data(ctx)?;
        let policy = Policy::new(&ctx.config, &registry);
        let mut report = NewestOnlyReport {
            until,
            repositories: preview_newest_only(&mut registry, &policy, ctx.now, |p, a| {
                p == prefix && arch.is_none_or(|arch| arch == a)
            }),
            edited: EditReport::unchanged(self.dry_run),
        };
        if self.off {
            report.repositories.iter_mut().for_each(|r| r.refused = None);
        }
        if report.exit() == ExitStatus::Done {
            let value = until.map_or(FieldValue::None, FieldValue::Time);
            report.edited = set_repositories(ctx, self.dry_run, prefix, arch, "newest_only_until", value)?;
            if self.off && !report.edited.has_edits() {
                let reason =
                    format!("newest-only is not set for {prefix}; see: mm-admin repository list repo={prefix}");
                report.edited = report.edited.with_reason(reason);
            }
        }
        Ok(report)
    }
}

impl Report for NewestOnlyReport {
    fn exit(&self) -> ExitStatus {
        if self.repositories.iter().any(|r| r.refused.is_some()) {
            ExitStatus::Failed
        } else {
            ExitStatus::Done
        }
    }

    fn nothing_done(&self) -> Option<String> {
        self.edited.nothing_done()
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let titles = "REPOSITORY | MIRRORS | WITH NEWEST | ALWAYS CURRENT";
        out.write_table(titles, &self.repositories, |_, r| {
            let numbers = [r.mirrors, r.with_newest, r.always_current].map(|n| n.to_string());
            iter::once(r.repository.clone()).chain(numbers)
        })?;
        if self.exit() != ExitStatus::Done {
            for r in &self.repositories {
                if let Some(reason) = &r.refused {
                    out.line(out.paint(Style::Bad, &format!("refused: {}: {reason}", r.repository)))?;
                }
            }
            return out.line("nothing was changed");
        }
        self.edited.write_text(out)?;
        if self.edited.is_applied() {
            out.line("to publish it, run mm-update-mirrorlist and mm-sync-out")?;
        }
        Ok(())
    }
}
