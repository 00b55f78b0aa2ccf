//! How what is known of a host is told to people.

use std::io;

use super::schedule::full_look;
use super::{CategoryFacts, CurrentState, PlannedCrawl, WhyReport};
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::config::HumanDuration;
use crate::model::Timestamp;
use crate::model::names::DirPath;

impl Report for WhyReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(out.paint(Style::Bold, &format!("{} ({})", self.host, self.site)))?;
        for why in &self.inactive {
            out.line(out.paint(Style::Bad, &format!("  not listed: {why}")))?;
        }
        if self.private {
            out.line("  private: named only to its netblocks and peer ASNs")?;
        }
        match self.last_crawled {
            None => out.line("  never crawled to an end")?,
            Some(at) => out.line(format!("  last crawled to an end at {at}"))?,
        }
        for (look, words) in self.next.to_lines(self.now) {
            let words = printable(&format!("  {words}"));
            out.line(if look { out.paint(Style::Warn, &words) } else { words })?;
        }
        if self.categories.is_empty() {
            out.line("  it carries no category; add one with: mm-admin host-category add")?;
        }
        for facts in &self.categories {
            write_category(out, facts, self.full_every, self.now)?;
        }
        Ok(())
    }
}

fn write_category(
    out: &mut TextOutput<'_>,
    facts: &CategoryFacts,
    full_every: HumanDuration,
    now: Timestamp,
) -> io::Result<()> {
    out.line("")?;
    out.line(out.paint(Style::Bold, &facts.category))?;
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
    for emergency in &facts.newest_only {
        let (tone, holds) = if emergency.holds_newest {
            (Style::Good, "holds the newest, and is listed for it")
        } else {
            (Style::Bad, "was not seen to hold the newest, and is not listed for it")
        };
        let text = format!(
            "  newest only until {}: {}; this host {holds}",
            emergency.until, emergency.repository
        );
        out.line(out.paint(tone, &printable(&text)))?;
    }
    if let Some(look) = &facts.next {
        write_look(out, facts, look, full_every, now)?;
    }
    if let Some(waits) = &facts.waits {
        let what = format!("what run {} found lost, and is not in force", waits.run);
        write_paths(out, &what, &waits.lost)?;
    }
    write_history(out, facts)?;
    if !facts.findings.is_empty() {
        out.line("")?;
        out.line("what the last crawl found wrong:")?;
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

fn write_look(
    out: &mut TextOutput<'_>,
    facts: &CategoryFacts,
    look: &PlannedCrawl,
    full_every: HumanDuration,
    now: Timestamp,
) -> io::Result<()> {
    let why = if look.full {
        "all of them".to_owned()
    } else {
        let open = look.asks_for.saturating_sub(look.sample);
        format!(
            "{open} that may have changed or were not well, {} as a sample",
            look.sample
        )
    };
    out.line(format!(
        "  the next crawl asks for {} of {} directories: {why}; at most {} requests",
        look.asks_for, facts.known, look.requests
    ))?;
    out.line(format!(
        "  all directories: {}",
        full_look(look.full_at, full_every, now)
    ))?;
    write_paths(out, "due: changed on the master, or owed by the last crawl", &look.due)
}

/// The last crawls, the newest first.
fn write_history(out: &mut TextOutput<'_>, facts: &CategoryFacts) -> io::Result<()> {
    if facts.history.is_empty() {
        return Ok(());
    }
    let header = [
        "RUN",
        "ENDED",
        "OUTCOME",
        "PROBE",
        "ASKED",
        "REQUESTS",
        "CURRENT",
        "LAGGING",
        "NOT CURRENT",
        "FOREIGN",
        "STAGED",
        "UNANSWERED",
    ];
    let rows: Vec<Vec<String>> = (facts.history.iter())
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

fn write_state(out: &mut TextOutput<'_>, facts: &CategoryFacts, state: &CurrentState) -> io::Result<()> {
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

fn write_paths(out: &mut TextOutput<'_>, what: &str, paths: &[DirPath]) -> io::Result<()> {
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
