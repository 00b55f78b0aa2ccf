//! `mm-admin host-category add CATEGORY --where …`: adds a category to many hosts, with the URLs of another one.
//!
//! With `--probe`, each new URL is tested by the rules of a crawl, and only those with current content are added.

use std::io;
use std::sync::Arc;

use anyhow::{Context as _, Error};
use clap::{Arg, ArgMatches, Command, arg};
use serde::Serialize;

use super::args::{KEY, Purpose, WORDS, filter, read_assignments, words};
use crate::cli::admin::edits::{EditOptions, EditReport, edit_reviewed};
use crate::cli::admin::read_registry;
use crate::cli::crawl::version_retention;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::crawl::scope::CrawlMode;
use crate::crawl::url_test::{self, UrlTestReport};
use crate::db;
use crate::db::registry::edit::{EditError, Editor, MassScope};
use crate::job::exit::UsageError;
use crate::model::ids::CategoryId;
use crate::model::names::MirrorUrl;
use crate::model::plan::{CategoryOutcome, CategoryPlan};
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Record, RecordPatch, show_key};
use crate::sys::{parallel, signals};

#[derive(Debug)]
pub(super) struct CopyUrls {
    category: String,
    /// Selects hosts.
    filter: RecordPatch,
    /// Fields of the new host categories.
    fields: RecordPatch,
    /// The category whose URLs are copied.
    from: String,
    /// The text in these URLs to replace, and its replacement.
    replace: Option<(String, String)>,
    probe: bool,
}

pub(super) fn add_options(cmd: Command) -> Command {
    let dependent = |arg: Arg| arg.requires("where").conflicts_with("host");
    cmd.arg(
        filter(Entity::Host)
            .conflicts_with("host")
            .requires("url-from")
            .help("Add it to every host with this value (repeatable: with all of them)"),
    )
    .arg(dependent(
        arg!(--"url-from" <CATEGORY> "With --where: copy the URLs of this category"),
    ))
    .arg(dependent(
        arg!(--replace <TEXT> "Replace a text in the copied URLs, e.g. --replace fedora epel")
            .num_args(2)
            .value_names(["OLD", "NEW"]),
    ))
    .arg(dependent(arg!(--probe "Add only URLs that serve the category now")))
}

pub(super) fn read(matches: &ArgMatches) -> Result<CopyUrls, String> {
    let text = |id| matches.get_one::<String>(id).cloned().unwrap_or_default();
    let mut replace = words(matches, "replace").cloned();
    Ok(CopyUrls {
        category: text(KEY),
        filter: read_assignments(Entity::Host, words(matches, "where"), Purpose::Filter)?,
        fields: read_assignments(Entity::HostCategory, words(matches, WORDS), Purpose::Add)?,
        from: text("url-from"),
        replace: replace.next().zip(replace.next()),
        probe: matches.get_flag("probe"),
    })
}

/// The result for one URL, or for a host without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
enum CopyState {
    /// It is added without a probe.
    NotProbed,
    /// It serves the category, and is added.
    Found,
    /// It does not serve the category, and is not added.
    NotFound,
    /// The host has the category, or the URL is registered.
    Registered,
    /// The host has no URL to copy.
    NoUrl,
}

impl CopyState {
    const fn is_added(self) -> bool {
        matches!(self, Self::NotProbed | Self::Found)
    }
}

#[derive(Debug, Clone, Serialize)]
struct CopyResult {
    host: String,
    url: Option<String>,
    state: CopyState,
    details: String,
}

impl CopyResult {
    fn skipped(host: &str, state: CopyState, details: String) -> Self {
        Self {
            host: host.to_owned(),
            url: None,
            state,
            details,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct CopyUrlsReport {
    #[serde(flatten)]
    edited: EditReport,
    urls: Vec<CopyResult>,
}

impl CopyUrls {
    pub(super) fn run(self, ctx: &Context, options: EditOptions) -> Result<CopyUrlsReport, Error> {
        let mut urls = read_registry(ctx, |editor, _| self.candidates(editor))?;
        if self.probe {
            self.probe(ctx, &mut urls)?;
        }
        let edited = edit_reviewed(ctx, options, false, MassScope::Unlimited, |editor| {
            self.add(editor, &urls)
        })?;
        Ok(CopyUrlsReport { edited, urls })
    }

    /// Returns the URLs that the selected hosts would get.
    fn candidates(&self, editor: &mut Editor<'_>) -> Result<Vec<CopyResult>, EditError> {
        for category in [&self.category, &self.from] {
            editor.find(Entity::Category, &vec![category.clone()])?;
        }
        let hosts = editor.select(&self.filter)?;
        let host_categories = editor.records(Entity::HostCategory)?;
        let registered = editor.records(Entity::Url)?;
        let mut out = Vec::new();
        for host in hosts.iter().map(|host| show_key(&host.key())) {
            let belongs_to = |row: &&Record, category: &str| {
                row.text("host") == Some(&host) && row.text("category") == Some(category)
            };
            if host_categories.iter().any(|row| belongs_to(&row, &self.category)) {
                let details = format!("the host has {} already", self.category);
                out.push(CopyResult::skipped(&host, CopyState::Registered, details));
                continue;
            }
            let before = out.len();
            for row in registered.iter().filter(|row| belongs_to(row, &self.from)) {
                out.extend(self.candidate(&host, row, &registered));
            }
            if out.len() == before {
                let with = self.replace.as_ref().map(|(old, _)| format!(" with {old}"));
                let details = format!("the host has no URL of {}{}", self.from, with.unwrap_or_default());
                out.push(CopyResult::skipped(&host, CopyState::NoUrl, details));
            }
        }
        Ok(out)
    }

    /// Returns the new URL that follows from a registered one; `None` if that does not contain the text to replace.
    fn candidate(&self, host: &str, row: &Record, registered: &[Record]) -> Option<CopyResult> {
        let url = row.text("url").unwrap_or_default();
        let (mut new, mut state, mut details) = (url.to_owned(), CopyState::NotProbed, String::new());
        if let Some((old, replacement)) = &self.replace {
            if !url.contains(old) {
                return None;
            }
            new = url.replace(old, replacement);
        }
        match new.parse::<MirrorUrl>() {
            Ok(url) => new = url.to_string(),
            Err(why) => (state, details) = (CopyState::NotFound, why),
        }
        if registered.iter().any(|row| row.text("url") == Some(&new)) {
            (state, details) = (CopyState::Registered, "the URL is registered already".to_owned());
        }
        Some(CopyResult {
            host: host.to_owned(),
            url: Some(new),
            state,
            details,
        })
    }

    /// Probes all URLs that would be added.
    fn probe(&self, ctx: &Context, urls: &mut [CopyResult]) -> Result<(), Error> {
        let plan = self.plan(ctx)?;
        let stop = signals::watch().context("watching for signals")?;
        let mut probed: Vec<(&mut CopyResult, MirrorUrl)> = urls
            .iter_mut()
            .filter(|result| result.state.is_added())
            .filter_map(|result| {
                let url = result.url.as_ref()?.parse().ok()?;
                Some((result, url))
            })
            .collect();
        let workers = ctx.config.crawl.workers;
        let reports = parallel::map(&probed, usize::try_from(workers).unwrap_or(1), |(_, url)| {
            url_test::test(&ctx.config, &plan, url, &CrawlMode::Repodata, ctx.now, &stop)
        });
        for ((result, _), report) in probed.iter_mut().zip(reports) {
            (result.state, result.details) = match report {
                Ok(report) => classify(&report),
                Err(panic) => (CopyState::NotFound, panic.to_string()),
            };
        }
        if stop.is_requested() {
            return Err(anyhow::anyhow!("interrupted; nothing was changed"));
        }
        Ok(())
    }

    fn plan(&self, ctx: &Context) -> Result<Arc<CategoryPlan>, Error> {
        let plan = ctx.open_db()?.read(|tx| {
            let categories = db::registry::categories(tx)?;
            let id: Option<CategoryId> = categories
                .iter()
                .find(|c| c.name.as_str() == self.category)
                .map(|c| c.id);
            id.map(|id| db::crawl::category_plan(tx, id, &|name| version_retention(ctx, name)))
                .transpose()
        })?;
        let has_repository = |plan: &Arc<CategoryPlan>| plan.directories.iter().any(|d| !d.repomd.is_empty());
        plan.filter(has_repository).ok_or_else(|| {
            let text = format!(
                "no scan found a repository of {0} to probe for; run mm-scan-master --category '{0}', or omit --probe",
                self.category
            );
            UsageError(text).into()
        })
    }

    fn add(&self, editor: &mut Editor<'_>, urls: &[CopyResult]) -> Result<(), EditError> {
        let text = |value: &str| Some(FieldValue::Text(value.to_owned()));
        let mut added = None;
        for result in urls.iter().filter(|result| result.state.is_added()) {
            if added != Some(&result.host) {
                let fields = self.fields.clone();
                editor.add(
                    &fields
                        .with("host", text(&result.host))
                        .with("category", text(&self.category)),
                )?;
                added = Some(&result.host);
            }
            let url = RecordPatch::new(Entity::Url)
                .with("url", result.url.as_deref().and_then(text))
                .with("host", text(&result.host))
                .with("category", text(&self.category));
            editor.add(&url)?;
        }
        Ok(())
    }
}

/// A URL serves a category if one of its repositories has metadata that is still offered.
fn classify(report: &UrlTestReport) -> (CopyState, String) {
    let Some(result) = &report.result else {
        return (CopyState::NotFound, "no response".to_owned());
    };
    let n = result.counts;
    if result.outcome == CategoryOutcome::Complete && n.current + n.outdated_allowed > 0 {
        return (CopyState::Found, String::new());
    }
    let finding = result.findings.first().map(|f| f.code.clone());
    (
        CopyState::NotFound,
        finding.unwrap_or_else(|| "no current repository".to_owned()),
    )
}

impl Report for CopyUrlsReport {
    fn nothing_done(&self) -> Option<String> {
        let is_added = self.urls.iter().any(|result| result.state.is_added());
        (!is_added).then(|| "no host got the category, for the reasons in the table".to_owned())
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.write_table("HOST | STATE | URL | DETAILS", &self.urls, |out, r| {
            let style = if r.state.is_added() { Style::Good } else { Style::Warn };
            let url = r.url.clone().unwrap_or_else(|| "-".to_owned());
            [
                r.host.clone(),
                out.paint(style, &r.state.to_string()),
                url,
                r.details.clone(),
            ]
        })?;
        self.edited.write_text(out)
    }
}
