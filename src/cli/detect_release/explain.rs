//! `mm-detect-release --explain`: the steps from a path to a repository.

use std::collections::BTreeSet;
use std::io;

use anyhow::Error;
use serde::Serialize;

use super::{read_state, trees};
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db::{self, DbError};
use crate::detect::explain::Explanation;
use crate::detect::tree_metadata::{MetadataFinding, MetadataVerdict};
use crate::detect::{RegistryState, Rules};
use crate::job::exit::UsageError;
use crate::model::names::{DirPath, Name, RepoPrefix};
use crate::model::registry::Category;
use crate::model::suggest;

/// The architectures that are assumed without a registry.
const USUAL_ARCHES: &str = "aarch64 armhfp i386 i686 ppc64 ppc64le riscv64 s390x source x86_64 x86_64_v2";

/// The steps of the rules for a path, the metadata of its tree, and its state in the registry.
#[derive(Debug, Serialize)]
pub(super) struct ExplainReport {
    explanation: Explanation,
    evidence: Vec<MetadataFinding>,
    state: RegistryStatus,
}

/// The state of a path in the database.
#[derive(Debug, Default, Serialize)]
struct RegistryStatus {
    /// True if there is a database.
    database: bool,
    /// True for a repository directory that the scan found.
    scanned: bool,
    /// The recorded prefix, version and architecture.
    recorded: Option<RecordedAs>,
    /// Another repository that has its prefix.
    owner: Option<String>,
    /// Set if it is unresolved.
    pending: Option<PendingReason>,
}

#[derive(Debug, Serialize)]
struct RecordedAs {
    prefix: Option<String>,
    version: String,
    arch: String,
    /// True if its directory is missing from the master.
    gone: bool,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum PendingReason {
    Open,
    Acknowledged,
}

/// Collects the report for `path`.
pub(super) fn explain(
    ctx: &Context,
    rules: &Rules,
    path: &str,
    category: Option<&str>,
) -> Result<ExplainReport, Error> {
    let parsed = path.trim_matches('/').parse();
    let path: DirPath = parsed.map_err(|e| UsageError(format!("--explain {path}: {e}")))?;
    let (state, categories) = if ctx.config.database_path().exists() {
        let mut db = ctx.open_db()?;
        let (state, categories) = db.read::<_, DbError>(|tx| Ok((read_state(tx)?, db::registry::categories(tx)?)))?;
        (Some(state), categories)
    } else {
        (None, Vec::new())
    };
    let category_row = category_of(&categories, &path, category);
    if let (Some(name), None, true) = (category, category_row, state.is_some()) {
        let similar = suggest::similar(name, categories.iter().map(|c| c.name.as_str()));
        let hint = suggest::did_you_mean(&similar).unwrap_or_else(|| "see: mm-admin category list".to_owned());
        return Err(UsageError(format!("unknown category {name:?}; {hint}")).into());
    }
    let name = category.or(category_row.map(|c| c.name.as_str())).unwrap_or_default();
    let usual = || USUAL_ARCHES.split(' ').filter_map(|a| a.parse().ok()).collect();
    let arches: BTreeSet<Name> = state.as_ref().map_or_else(usual, |s| s.arches.clone());
    let explanation = rules.explain(name, path.as_str(), &arches);
    let evidence = match (&explanation.result, category_row) {
        (Some(found), Some(category_row)) => trees::metadata_reader(ctx, [(category_row.id, &category_row.name)])
            .check(category_row.id, &path.below(&category_row.topdir), found),
        _ => Vec::new(),
    };
    let state = state
        .map(|s| registry_status(&s, category_row, &explanation))
        .unwrap_or_default();
    Ok(ExplainReport {
        explanation,
        evidence,
        state,
    })
}

/// Returns the named category, or the one with the longest topdir that contains the path.
fn category_of<'a>(categories: &'a [Category], path: &DirPath, named: Option<&str>) -> Option<&'a Category> {
    if let Some(name) = named {
        categories.iter().find(|c| c.name.as_str() == name)
    } else {
        let containing = categories.iter().filter(|c| c.topdir.contains(path));
        containing.max_by_key(|c| c.topdir.as_str().len())
    }
}

fn registry_status(
    state: &RegistryState,
    category_row: Option<&Category>,
    explanation: &Explanation,
) -> RegistryStatus {
    let path = &explanation.path;
    let recorded = state.repositories.iter().find(|r| r.name == *path);
    let expected = explanation.result.as_ref().filter(|r| r.prefix.is_some());
    let owner_row = expected.and_then(|expected| {
        let mut others = state.repositories.iter().filter(|r| r.name != *path);
        others.find(|r| r.prefix == expected.prefix && r.arch == expected.arch)
    });
    RegistryStatus {
        database: true,
        scanned: state.candidates.iter().any(|c| c.path == *path),
        recorded: recorded.map(|r| RecordedAs {
            prefix: r.prefix.as_ref().map(ToString::to_string),
            version: r.version.to_string(),
            arch: r.arch.to_string(),
            gone: r.gone,
        }),
        owner: owner_row.map(|r| r.name.clone()),
        pending: category_row.and_then(|h| {
            let acknowledged = *state.unresolved.get(&(h.id, path.clone()))?;
            Some(if acknowledged {
                PendingReason::Acknowledged
            } else {
                PendingReason::Open
            })
        }),
    }
}

impl RegistryStatus {
    fn lines(&self) -> Vec<String> {
        if !self.database {
            return vec!["no database: only the rules were applied, with the usual architectures".to_owned()];
        }
        let mut out = Vec::new();
        match &self.recorded {
            Some(RecordedAs {
                prefix,
                version,
                arch,
                gone,
            }) => {
                let prefix = prefix.as_deref().unwrap_or("no prefix");
                let gone = if *gone {
                    "; its directory is missing from the master"
                } else {
                    ""
                };
                out.push(format!("recorded as {prefix}, version {version}, arch {arch}{gone}"));
            }
            None if self.scanned => out.push("scanned, not recorded".to_owned()),
            None => out.push("not in the database".to_owned()),
        }
        out.extend(self.owner.iter().map(|name| format!("the prefix belongs to {name}")));
        match self.pending {
            Some(PendingReason::Open) => out.push("needs an operator: see --acknowledge".to_owned()),
            Some(PendingReason::Acknowledged) => out.push("acknowledged".to_owned()),
            None => {}
        }
        out
    }
}

impl Report for ExplainReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let e = &self.explanation;
        let mut rows = Vec::new();
        let mut row = |step: &str, value: &str, why: &str| {
            let value = if value.is_empty() { "(none)" } else { value };
            rows.push([step, value, why].map(str::to_owned));
        };
        row("path", &e.path, "");
        row("category", &e.category, "");
        if let Some(p) = &e.skipped_by {
            row("skipped", &p.regex, &format!("skip of {}", p.file));
        }
        if let Some(rule) = &e.rule {
            row("rule", &rule.id.to_string(), &rule.regex);
            for group in &rule.groups {
                let (value, why) = group.value.as_deref().map_or(("", "not matched"), |v| (v, ""));
                row(&format!("group {}", group.name), value, why);
            }
        }
        for (step, reading) in [("version", &e.version), ("arch", &e.arch)] {
            if let Some(r) = reading {
                row(step, &r.value, &r.origin);
            }
        }
        if let Some(p) = &e.prefix {
            row("stem", &p.stem, "prefix of the rule");
            row("suffix", &p.suffix.value, &p.suffix.origin);
            if let Some(alias) = &p.alias {
                row("alias", &alias.regex, &format!("of stem and suffix, in {}", alias.file));
            }
            row("version part", &p.version.value, &p.version.origin);
            row("prefix", p.prefix.as_ref().map_or("", RepoPrefix::as_str), "");
        }
        if e.result.is_some() {
            for (step, pattern) in [("test", &e.test_by), ("hidden", &e.hidden_by)] {
                match pattern {
                    Some(p) => row(step, "yes", &format!("{} of {}", p.regex, p.file)),
                    None => row(step, "no", ""),
                }
            }
        }
        if let Some(why) = &e.unmatched {
            row("unmatched", "", why);
        }
        for f in &self.evidence {
            row("evidence", &f.file, &describe_metadata(f));
        }
        for line in self.state.lines() {
            row("state", &line, "");
        }
        out.table("STEP | VALUE | REASON", rows)
    }
}

/// Describes the statements of a metadata file.
pub(super) fn describe_metadata(f: &MetadataFinding) -> String {
    match (f.verdict, &f.reason) {
        (MetadataVerdict::Contradicts, Some(why)) => format!("contradicts: {why}"),
        (MetadataVerdict::Contradicts, None) => "contradicts".to_owned(),
        (MetadataVerdict::Confirms, _) => {
            let arches = f.statement.arches.join(" ");
            let parts = [
                f.statement.product.as_deref(),
                f.statement.version.as_deref(),
                Some(arches.as_str()),
            ];
            let parts: Vec<&str> = parts.into_iter().flatten().filter(|s| !s.is_empty()).collect();
            format!("confirms: {}", parts.join(", "))
        }
        (MetadataVerdict::Silent, _) => "nothing to compare".to_owned(),
    }
}
