//! `mm-admin why HOST`: what crawls found out about a host, in words.

use std::collections::BTreeMap;
use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use super::refused;
use crate::cli::output::{Page, Report, Tone, printable};
use crate::cli::run::Context;
use crate::db::crawl_facts::{self, CrawlResult, Finding};
use crate::db::edit::{EditError, Editor};
use crate::db::{DbError, Tx, directory, holding, registry};
use crate::model::Epoch;
use crate::model::holding::{ExceptionState, Holding};
use crate::model::names::{DirPath, HostName};
use crate::model::noun::Noun;
use crate::model::registry::{Category, DisabledBy, Host, HostCategory, Site};

/// Options of `why`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin why mirror.example.org\n  mm-admin why mirror.example.org --category \"Fedora \
                  Linux\" --format json"
)]
pub(super) struct WhyArgs {
    /// The host.
    host: HostName,
    /// Only this category.
    #[arg(long)]
    category: Option<String>,
}

/// What is known of a host.
#[derive(Debug, Serialize)]
pub(super) struct WhyReport {
    host: String,
    site: String,
    private: bool,
    /// Why it is not listed at all; empty = it is active.
    inactive: Vec<String>,
    last_crawled: Option<Epoch>,
    crawl_failures: u32,
    categories: Vec<CategoryFacts>,
}

/// What is known of one category of it.
#[derive(Debug, Serialize)]
struct CategoryFacts {
    category: String,
    always_up2date: bool,
    urls: Vec<String>,
    /// The scan generation that the master has now.
    generation: i64,
    /// Directories of the master that are there and readable.
    directories: u64,
    state: Option<State>,
    last_crawl: Option<CrawlResult>,
    findings: Vec<Finding>,
}

/// The state in force.
#[derive(Debug, Serialize)]
struct State {
    checked_at: Epoch,
    generation: i64,
    held: u64,
    missing: Vec<DirPath>,
    lagging: Vec<DirPath>,
    ahead: Vec<DirPath>,
    foreign: Vec<DirPath>,
    staged: Vec<DirPath>,
    unanswered: Vec<DirPath>,
    unanswered_since: Option<Epoch>,
    unanswered_tries: u32,
}

impl WhyArgs {
    pub(super) fn run(&self, cx: &Context) -> Result<WhyReport, Error> {
        let author = cx.author();
        cx.open_db()?
            .read(|tx| {
                let mut editor = Editor::new(tx, &author);
                // Looked up by the editor, which knows what looks alike.
                editor.find(Noun::Host, &vec![self.host.to_string()])?;
                if let Some(category) = &self.category {
                    editor.find(Noun::HostCategory, &vec![self.host.to_string(), category.clone()])?;
                }
                Ok(self.read(tx)?)
            })
            .map_err(|e: EditError| refused(e))
    }

    fn read(&self, tx: &Tx<'_>) -> Result<WhyReport, DbError> {
        let gone = || DbError::Sql(format!("host {} is gone", self.host));
        let host = registry::hosts(tx)?
            .into_iter()
            .find(|h| h.name == self.host)
            .ok_or_else(gone)?;
        let site = registry::sites(tx)?
            .into_iter()
            .find(|s| s.id == host.site)
            .ok_or_else(gone)?;
        let categories = registry::categories(tx)?;
        let results = crawl_facts::last_results(tx, host.id)?;
        let mut facts = Vec::new();
        for carried in registry::host_categories(tx)?
            .into_iter()
            .filter(|hc| hc.host == host.id)
        {
            let Some(category) = categories.iter().find(|c| c.id == carried.category) else {
                continue;
            };
            if self.category.as_ref().is_none_or(|c| *c == category.name.as_str()) {
                let last = results.iter().find(|r| r.category == category.id).cloned();
                facts.push(category_facts(tx, &carried, category, last)?);
            }
        }
        Ok(WhyReport {
            host: host.name.to_string(),
            site: site.name.to_string(),
            private: host.is_private(&site),
            inactive: inactive(&host, &site),
            last_crawled: host.last_crawled,
            crawl_failures: host.crawl_failures,
            categories: facts,
        })
    }
}

/// Why a host is listed for nothing at all; empty = it is active.
pub(super) fn inactive(host: &Host, site: &Site) -> Vec<String> {
    let mut out = Vec::new();
    if !site.admin_active {
        out.push("an admin switched its site off".to_owned());
    }
    if !site.user_active {
        out.push("its site was switched off by its owner".to_owned());
    }
    if !host.admin_active {
        out.push("an admin switched it off (admin_active=false)".to_owned());
    }
    if !host.user_active {
        let who = match host.disabled_by {
            Some(DisabledBy::Crawler) => "the crawler switched it off after failing crawls",
            Some(DisabledBy::Admin) => "an admin switched it off",
            Some(DisabledBy::Owner) | None => "its owner switched it off",
        };
        out.push(match &host.disable_reason {
            Some(reason) => format!("{who}: {reason}"),
            None => who.to_owned(),
        });
    }
    out
}

fn category_facts(
    tx: &Tx<'_>,
    carried: &HostCategory,
    category: &Category,
    last_crawl: Option<CrawlResult>,
) -> Result<CategoryFacts, DbError> {
    let directories = directory::of_category(tx, category.id)?;
    let present = directories
        .iter()
        .filter(|d| d.vanished_at.is_none() && d.readable)
        .count();
    let paths: BTreeMap<u32, DirPath> = directories.into_iter().map(|d| (d.id.0, d.path)).collect();
    let urls = registry::urls(tx)?;
    Ok(CategoryFacts {
        category: category.name.to_string(),
        always_up2date: carried.always_up2date,
        urls: urls
            .iter()
            .filter(|u| u.host_category == carried.id)
            .map(|u| u.url.to_string())
            .collect(),
        generation: directory::generation(tx, category.id)?.0,
        directories: u64::try_from(present).unwrap_or(u64::MAX),
        state: holding::of(tx, carried.id)?.map(|h| state(&h, &paths)),
        last_crawl,
        findings: crawl_facts::findings(tx, carried.id)?,
    })
}

fn state(holding: &Holding, paths: &BTreeMap<u32, DirPath>) -> State {
    let of = |wanted: ExceptionState| -> Vec<DirPath> {
        holding
            .exceptions
            .iter()
            .filter(|(_, e)| e.state == wanted)
            .filter_map(|(id, _)| paths.get(&id.0).cloned())
            .collect()
    };
    State {
        checked_at: holding.checked_at,
        generation: holding.generation.0,
        held: holding.held.len(),
        missing: holding
            .missing
            .iter()
            .filter_map(|id| paths.get(&id).cloned())
            .collect(),
        lagging: of(ExceptionState::Lagging),
        ahead: of(ExceptionState::Ahead),
        foreign: of(ExceptionState::Foreign),
        staged: of(ExceptionState::Staged),
        unanswered: of(ExceptionState::Unanswered),
        unanswered_since: holding.unanswered_since,
        unanswered_tries: holding.unanswered_tries,
    }
}

impl Report for WhyReport {
    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        out.line(out.paint(Tone::Bold, &format!("{} ({})", self.host, self.site)))?;
        for why in &self.inactive {
            out.line(out.paint(Tone::Bad, &format!("  not listed: {why}")))?;
        }
        if self.private {
            out.line("  private: named only to its netblocks and peer ASNs")?;
        }
        match self.last_crawled {
            None => out.line("  never crawled to an end")?,
            Some(at) => out.line(format!("  last crawled to an end at {at}"))?,
        }
        if self.crawl_failures > 0 {
            out.line(format!("  {} crawls in a row without any answer", self.crawl_failures))?;
        }
        if self.categories.is_empty() {
            out.line("  it carries no category; add one with: mm-admin host-category add")?;
        }
        for facts in &self.categories {
            write_category(out, facts)?;
        }
        Ok(())
    }
}

fn write_category(out: &mut Page<'_>, facts: &CategoryFacts) -> io::Result<()> {
    out.line("")?;
    out.line(out.paint(Tone::Bold, &facts.category))?;
    for url in &facts.urls {
        out.line(format!("  {url}"))?;
    }
    if facts.urls.is_empty() {
        out.line("  not listed: it has no URL; add one with: mm-admin url add")?;
    }
    if facts.always_up2date {
        out.line("  always_up2date: listed on an admin's word, never crawled")?;
    }
    match &facts.state {
        None if facts.always_up2date => {}
        None => out.line("  nothing is known: no crawl got an answer yet")?,
        Some(state) => write_state(out, facts, state)?,
    }
    if let Some(crawl) = &facts.last_crawl {
        out.line(format!(
            "  last crawl (run {}) at {}: {}, {} requests; {} current, {} lagging, {} not current, {} foreign, {} staged, {} \
             unanswered",
            crawl.run,
            crawl.ended_at,
            crawl.outcome,
            crawl.requests,
            crawl.current,
            crawl.lagging,
            crawl.not_current,
            crawl.foreign,
            crawl.staged,
            crawl.unanswered
        ))?;
    }
    for f in &facts.findings {
        // What a mirror says must not drive a terminal.
        out.line(printable(&format!("  {} {}: {}", f.seen_at, f.url, f.reason)))?;
        if !f.expected.is_empty() || !f.seen.is_empty() {
            let text = format!("      expected {}, seen {}", dash(&f.expected), dash(&f.seen));
            out.line(printable(&text))?;
        }
    }
    Ok(())
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn write_state(out: &mut Page<'_>, facts: &CategoryFacts, state: &State) -> io::Result<()> {
    let checked = if state.checked_at.0 > 0 {
        format!(
            "checked at {} against scan generation {}",
            state.checked_at, state.generation
        )
    } else {
        "never checked".to_owned()
    };
    out.line(format!(
        "  holds {} of {} directories, {checked} (the master is at {})",
        state.held, facts.directories, facts.generation
    ))?;
    if let Some(since) = state.unanswered_since {
        out.line(format!(
            "  no answer since {since}, {} tries; what was known stands until it is too old",
            state.unanswered_tries
        ))?;
    }
    for (what, paths) in [
        ("absent, with all below", &state.missing),
        ("lagging: holds an older version that is still offered", &state.lagging),
        (
            "ahead: holds what the master has and no scan has recorded yet",
            &state.ahead,
        ),
        ("foreign: serves a repomd.xml that the master never had", &state.foreign),
        ("staged: answers 403 before the master opens it", &state.staged),
        ("unanswered: what was known stands", &state.unanswered),
    ] {
        write_paths(out, what, paths)?;
    }
    Ok(())
}

fn write_paths(out: &mut Page<'_>, what: &str, paths: &[DirPath]) -> io::Result<()> {
    const SHOWN: usize = 10;
    if paths.is_empty() {
        return Ok(());
    }
    out.line(format!("  {what} ({}):", paths.len()))?;
    for path in paths.iter().take(SHOWN) {
        let shown = if path.is_top() { "the top" } else { path.as_str() };
        out.line(printable(&format!("    {shown}")))?;
    }
    if paths.len() > SHOWN {
        out.line(format!(
            "    … and {} more; all with --format json",
            paths.len() - SHOWN
        ))?;
    }
    Ok(())
}
