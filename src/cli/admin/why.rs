//! `mm-admin why HOST`: the results of crawls for a host, and its next crawl.

use std::io;

use anyhow::Error;
use clap::Args;

use super::edit_error;
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db::registry::edit::{EditError, Editor};
use crate::inspect::host::{HostCategoryReport, HostReport, InventorySummary, PlannedCrawl};
use crate::inspect::schedule::describe_full_probe;
use crate::model::Timestamp;
use crate::model::names::{DirPath, HostName};
use crate::model::status::DirectoryStatus;
use crate::registry::entity::Entity;

/// Options of `why`.
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
        let author = ctx.author();
        ctx.open_db()?
            .read(|tx| {
                // The editor's error suggests similar names.
                let mut editor = Editor::new(tx, &author);
                editor.find(Entity::Host, &vec![self.host.to_string()])?;
                if let Some(category) = &self.category {
                    editor.find(Entity::HostCategory, &vec![self.host.to_string(), category.clone()])?;
                }
                let category = self.category.as_deref();
                Ok(HostReport::read(tx, &ctx.config, &self.host, category, ctx.now)?)
            })
            .map_err(|e: EditError| edit_error(e))
    }
}

impl Report for HostReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(out.paint(Style::Bold, &format!("{} ({})", self.host, self.site)))?;
        for reason in &self.inactive {
            out.line(out.paint(Style::Bad, &printable(&format!("  not listed: {reason}"))))?;
        }
        if self.private {
            out.line("  private: listed only for its netblocks and peer ASNs")?;
        }
        match self.last_crawled {
            None => out.line("  no crawl has been completed yet")?,
            Some(at) => out.line(format!("  last completed crawl: {at}"))?,
        }
        for (needs_attention, text) in self.schedule.to_lines(self.now) {
            let text = printable(&format!("  {text}"));
            out.line(if needs_attention {
                out.paint(Style::Warn, &text)
            } else {
                text
            })?;
        }
        if self.categories.is_empty() {
            out.line("  no categories; add one with: mm-admin host-category add")?;
        }
        for category in &self.categories {
            write_category(out, category, self.full_every, self.now)?;
        }
        Ok(())
    }
}

fn write_category(
    out: &mut TextOutput<'_>,
    category: &HostCategoryReport,
    full_every: HumanDuration,
    now: Timestamp,
) -> io::Result<()> {
    out.line("")?;
    out.line(out.paint(Style::Bold, &category.category))?;
    for url in &category.urls {
        out.line(format!("  {url}"))?;
    }
    if category.urls.is_empty() {
        out.line("  not listed: no URL; add one with: mm-admin url add")?;
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
        let (tone, status) = if repository.has_newest {
            (Style::Good, "this host has it and is listed")
        } else {
            (Style::Bad, "this host is not known to have it and is not listed")
        };
        let text = format!(
            "  {} lists only mirrors with the newest metadata until {}: {status}",
            repository.repository, repository.until
        );
        out.line(out.paint(tone, &printable(&text)))?;
    }
    if let Some(crawl) = &category.next_crawl {
        write_next_crawl(out, category, crawl, full_every, now)?;
    }
    if let Some(pending) = &category.pending {
        let title = format!("lost in run {}, pending confirmation", pending.run);
        write_paths(out, &title, &pending.lost)?;
    }
    write_history(out, category)?;
    if !category.findings.is_empty() {
        out.line("")?;
        out.line("findings of the last crawl:")?;
    }
    for f in &category.findings {
        // Text from a mirror could contain control sequences for the terminal.
        out.line(printable(&format!("  {} {}: {}", f.seen_at, f.url, f.reason)))?;
        if !f.expected.is_empty() || !f.seen.is_empty() {
            let text = format!("      expected {}, received {}", dash(&f.expected), dash(&f.seen));
            out.line(printable(&text))?;
        }
    }
    Ok(())
}

fn write_next_crawl(
    out: &mut TextOutput<'_>,
    category: &HostCategoryReport,
    crawl: &PlannedCrawl,
    full_every: HumanDuration,
    now: Timestamp,
) -> io::Result<()> {
    let reason = if crawl.full {
        "a full probe".to_owned()
    } else {
        let open = crawl.directories.saturating_sub(crawl.sample);
        format!("{open} changed or not current, {} as a sample", crawl.sample)
    };
    out.line(format!(
        "  next crawl: {} of {} directories ({reason}), at most {} requests",
        crawl.directories, category.directories, crawl.max_requests
    ))?;
    out.line(format!(
        "  full probe: {}",
        describe_full_probe(crawl.last_full_probe, full_every, now)
    ))?;
    let title = "pending: changed on the master, or without a result in the last crawl";
    write_paths(out, title, &crawl.pending)
}

fn write_history(out: &mut TextOutput<'_>, category: &HostCategoryReport) -> io::Result<()> {
    if category.history.is_empty() {
        return Ok(());
    }
    let header = [
        "RUN",
        "ENDED",
        "OUTCOME",
        "METHOD",
        "PROBED",
        "REQUESTS",
        "CURRENT",
        "OUTDATED ALLOWED",
        "OUTDATED",
        "UNKNOWN HASH",
        "STAGED",
        "INCONCLUSIVE",
    ];
    let rows: Vec<Vec<String>> = (category.history.iter())
        .map(|c| {
            let mut cells = vec![
                c.run.to_string(),
                c.ended_at.to_string(),
                c.outcome.clone(),
                dash(&c.method).to_owned(),
            ];
            let numbers = [
                c.probed,
                c.requests,
                c.current,
                c.outdated_allowed,
                c.outdated,
                c.unknown_hash,
                c.staged,
                c.inconclusive,
            ];
            cells.extend(numbers.map(|n| n.to_string()));
            cells
        })
        .collect();
    out.line("")?;
    out.table(&header, &rows)
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn write_inventory(
    out: &mut TextOutput<'_>,
    category: &HostCategoryReport,
    inventory: &InventorySummary,
) -> io::Result<()> {
    let checked = if inventory.checked_at.0 > 0 {
        format!(
            "checked at {} against scan {}",
            inventory.checked_at, inventory.scan_seq
        )
    } else {
        "never checked".to_owned()
    };
    out.line(format!(
        "  has {} of {} directories, {checked} (last scan: {})",
        inventory.present, category.readable_directories, category.scan_seq
    ))?;
    if let Some(since) = inventory.inconclusive_since {
        out.line(format!(
            "  inconclusive since {since} ({} crawls); the earlier result is used until it is too old",
            inventory.inconclusive_crawls
        ))?;
    }
    for (status, paths) in &inventory.exceptions {
        let title = if *status == DirectoryStatus::Missing {
            format!("{status}, with everything below")
        } else {
            status.to_string()
        };
        write_paths(out, &title, paths)?;
    }
    Ok(())
}

fn write_paths(out: &mut TextOutput<'_>, title: &str, paths: &[DirPath]) -> io::Result<()> {
    const MAX_SHOWN: usize = 10;
    if paths.is_empty() {
        return Ok(());
    }
    out.line(format!("  {title} ({}):", paths.len()))?;
    for path in paths.iter().take(MAX_SHOWN) {
        let shown = if path.is_top() { "(topdir)" } else { path.as_str() };
        out.line(printable(&format!("    {shown}")))?;
    }
    let more = paths.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        out.line(format!("    … and {more} more; see --format json"))?;
    }
    Ok(())
}
