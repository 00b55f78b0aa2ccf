//! `mm-admin why HOST`: the results of crawls for a host, and its next crawl.

use std::borrow::Borrow;
use std::io;

use anyhow::Error;
use clap::Args;

use super::read_registry;
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::inspect::host::{HostCategoryReport, HostReport, InventorySummary, PlannedCrawl};
use crate::inspect::schedule::describe_full_probe;
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::names::{DirPath, HostName};
use crate::model::status::DirectoryStatus;
use crate::registry::entity::Entity;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin why mirror.example.org\n  mm-admin why mirror.example.org --category \"Fedora \
                  Linux\" --format json"
)]
pub(super) struct WhyArgs {
    /// Host name.
    host: HostName,
    /// Only this category.
    #[arg(long)]
    category: Option<String>,
}

impl WhyArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<HostReport, Error> {
        read_registry(ctx, |editor, tx| {
            editor.find(Entity::Host, &vec![self.host.to_string()])?;
            if let Some(category) = &self.category {
                editor.find(Entity::HostCategory, &vec![self.host.to_string(), category.clone()])?;
            }
            let category = self.category.as_deref();
            Ok(HostReport::read(tx, &ctx.config, &self.host, category, ctx.now)?)
        })
    }
}

impl Report for HostReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(out.paint(Style::Bold, &format!("{} ({})", self.host, self.site)))?;
        for reason in &self.inactive {
            out.line(out.paint(Style::Bad, &format!("  not listed: {reason}")))?;
        }
        if self.private {
            out.line("  private: listed only for its netblocks and peer ASNs")?;
        }
        out.line(match self.last_crawled {
            None => "  no crawl has been completed yet".to_owned(),
            Some(at) => format!("  last completed crawl: {at}"),
        })?;
        for (needs_attention, text) in self.schedule.to_lines(self.now) {
            let text = format!("  {text}");
            let warning = needs_attention.then(|| out.paint(Style::Warn, &text));
            out.line(warning.unwrap_or(text))?;
        }
        if self.categories.is_empty() {
            let host = &self.host;
            out.line(format!(
                "  no categories; add one with: mm-admin host-category add CATEGORY --host {host}"
            ))?;
        }
        for category in &self.categories {
            self.write_category(out, category)?;
        }
        Ok(())
    }
}

impl HostReport {
    fn write_category(&self, out: &mut TextOutput<'_>, category: &HostCategoryReport) -> io::Result<()> {
        out.line("")?;
        out.line(out.paint(Style::Bold, &category.category))?;
        for url in &category.urls {
            out.line(format!("  {url}"))?;
        }
        if category.urls.is_empty() {
            out.line(format!(
                "  not listed: no URL; add one with: mm-admin url add URL --host {} --category '{}'",
                self.host, category.category
            ))?;
        }
        match &category.inventory {
            Some(inventory) => write_inventory(out, category, inventory)?,
            None if category.always_current => {}
            None => out.line("  never crawled")?,
        }
        if category.always_current {
            out.line("  always-current: listed without being crawled (always_up2date)")?;
        }
        for repository in &category.newest_only {
            let (style, status) = if repository.has_newest {
                (Style::Good, "this host has it and is listed")
            } else {
                (Style::Bad, "this host is not known to have it and is not listed")
            };
            let (name, until) = (&repository.repository, repository.until);
            let text = format!("  {name} lists only mirrors with the newest metadata until {until}: {status}");
            out.line(out.paint(style, &text))?;
        }
        if let Some(crawl) = &category.next_crawl {
            self.write_next_crawl(out, category, crawl)?;
        }
        if let Some(pending) = &category.pending {
            let title = format!("lost in run {}, pending confirmation", pending.run);
            write_paths(out, &title, pending.lost.iter())?;
        }
        write_history(out, category)?;
        if !category.findings.is_empty() {
            out.line("")?;
            out.line("findings of the last crawl:")?;
        }
        for f in &category.findings {
            out.line(format!("  {} {}: {}", f.seen_at, f.url, f.code))?;
            if !f.expected.is_empty() || !f.received.is_empty() {
                let [expected, received] = [&f.expected, &f.received].map(|text| or_dash(Some(text)));
                out.line(format!("      expected {expected}, received {received}"))?;
            }
        }
        Ok(())
    }

    fn write_next_crawl(
        &self,
        out: &mut TextOutput<'_>,
        category: &HostCategoryReport,
        crawl: &PlannedCrawl,
    ) -> io::Result<()> {
        let reason = if crawl.full {
            "a full probe".to_owned()
        } else {
            let open = crawl.directories.saturating_sub(crawl.sample);
            format!("{open} changed or not current, {} as a sample", crawl.sample)
        };
        out.line(format!(
            "  next crawl: {} of {} ({reason}), at most {}",
            crawl.directories,
            format_count(category.directories, "directory"),
            format_count(crawl.max_requests, "request")
        ))?;
        let full_probe = describe_full_probe(crawl.last_full_probe, self.full_every, self.now);
        out.line(format!("  full probe: {full_probe}"))?;
        let title = "pending: changed on the master, or without a result in the last crawl";
        write_paths(out, title, crawl.pending.iter())
    }
}

fn write_history(out: &mut TextOutput<'_>, category: &HostCategoryReport) -> io::Result<()> {
    if category.history.is_empty() {
        return Ok(());
    }
    let titles = "RUN | ENDED | OUTCOME | METHOD | PROBED | REQUESTS | CURRENT | OUTDATED ALLOWED | OUTDATED | \
                  UNKNOWN HASH | STAGED | INCONCLUSIVE";
    out.line("")?;
    out.write_table(titles, &category.history, |_, c| {
        [
            c.run.to_string(),
            c.ended_at.to_string(),
            c.outcome.clone(),
            or_dash(Some(&c.method)),
            c.probed.to_string(),
            c.requests.to_string(),
            c.current.to_string(),
            c.outdated_allowed.to_string(),
            c.outdated.to_string(),
            c.unknown_hash.to_string(),
            c.staged.to_string(),
            c.inconclusive.to_string(),
        ]
    })
}

fn write_inventory(
    out: &mut TextOutput<'_>,
    category: &HostCategoryReport,
    inventory: &InventorySummary,
) -> io::Result<()> {
    let checked = match inventory.checked_at {
        Timestamp(..=0) => "never checked".to_owned(),
        at => format!("checked at {at} against scan {}", inventory.scan_seq),
    };
    out.line(format!(
        "  has {} of {}, {checked} (last scan: {})",
        inventory.present,
        format_count(category.readable_directories, "directory"),
        category.scan_seq
    ))?;
    if let Some(since) = inventory.inconclusive_since {
        out.line(format!(
            "  inconclusive since {since} ({}); the earlier result is used until it is too old",
            format_count(inventory.inconclusive_crawls, "crawl")
        ))?;
    }
    for (status, paths) in &inventory.exceptions {
        let is_missing = *status == DirectoryStatus::Missing;
        let suffix = if is_missing { ", with everything below" } else { "" };
        write_paths(out, &format!("{status}{suffix}"), paths.iter())?;
    }
    Ok(())
}

fn write_paths(
    out: &mut TextOutput<'_>,
    title: &str,
    paths: impl ExactSizeIterator<Item = impl Borrow<DirPath>>,
) -> io::Result<()> {
    const MAX_SHOWN: usize = 10;
    let more = paths.len().saturating_sub(MAX_SHOWN);
    if paths.len() == 0 {
        return Ok(());
    }
    out.line(format!("  {title} ({}):", paths.len()))?;
    for path in paths.take(MAX_SHOWN) {
        let path: &DirPath = path.borrow();
        let shown = if path.is_top() { "(topdir)" } else { path.as_str() };
        out.line(format!("    {shown}"))?;
    }
    if more > 0 {
        out.line(format!("    … and {more} more; see --format json"))?;
    }
    Ok(())
}
