//! Names from config and database, which are only read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use itertools::Itertools as _;

use super::source::Source;
use crate::cli::admin::entities::FieldPurpose;
use crate::cli::locks::JOBS;
use crate::config::Config;
use crate::db::registry::edit as registry;
use crate::db::{self, Db, DbError, Tx};
use crate::registry::entity::{Entity, Field, FieldType};
use crate::registry::record::Record;
use crate::sys;

/// At most this many runs are offered.
const MAX_RUNS: u32 = 20;

/// The names for one command line.
#[derive(Debug)]
pub(super) struct Names {
    config: PathBuf,
    /// The words before the one that is completed.
    words: Vec<String>,
}

impl Names {
    pub(super) fn new(config: PathBuf, words: &[String]) -> Self {
        Self {
            config,
            words: words.to_vec(),
        }
    }

    /// Returns the names that may fit what was typed; none if they cannot be read.
    pub(super) fn candidates(&self, source: Source, current: &str) -> Vec<String> {
        let found = match source {
            Source::Keys(entity) => self.keys(entity),
            Source::Assignments { entity, purpose, keys } => Some(self.assignments(entity, purpose, keys, current)),
            Source::FieldList(entity) => Some(field_list(entity, current)),
            Source::Prefixes => self.prefixes(current.contains('/')),
            Source::Targets => self.targets(),
            Source::Runs => self.runs(),
            Source::Jobs => Some(self.jobs(current)),
            Source::Losses => self.losses(),
        };
        found.unwrap_or_default()
    }

    fn load_config(&self) -> Option<Config> {
        Config::load(&self.config).ok()
    }

    /// Reads from the database as the user of the config, so that root cannot leave files that jobs cannot write.
    fn read<T>(&self, read: impl FnOnce(&Tx<'_>) -> Result<T, DbError>) -> Option<T> {
        let config = self.load_config()?;
        sys::user::drop_privileges(&config.user, "mm-admin").ok()?;
        Db::open_read_only(&config).ok()?.read(read).ok()
    }

    fn rows(&self, entity: Entity) -> Option<Vec<Record>> {
        self.read(|tx| registry::all(tx, entity))
    }

    /// Returns the own keys of the rows with the parents that the command line names.
    fn keys(&self, entity: Entity) -> Option<Vec<String>> {
        let has_named_parents = |row: &Record| {
            let mut parents = entity.parents().filter_map(|f| Some((f, self.option(f.name)?)));
            parents.all(|(field, name)| row.get(field.name).to_string() == name)
        };
        let rows = self.rows(entity)?.into_iter().filter(has_named_parents);
        let own_key = entity.own_key().name;
        Some(sorted(rows.map(|row| row.get(own_key).to_string())))
    }

    /// Returns the value of an option of the command line.
    fn option(&self, long: &str) -> Option<&str> {
        let value = |(n, word): (usize, &'_ String)| -> Option<&str> {
            let rest = self.words.get(n)?.strip_prefix("--")?.strip_prefix(long)?;
            if word.len() == long.len() + 2 {
                self.words.get(n + 1).map(String::as_str)
            } else {
                rest.strip_prefix('=')
            }
        };
        self.words.iter().enumerate().rev().find_map(value)
    }

    fn assignments(&self, entity: Entity, purpose: FieldPurpose, keys: bool, current: &str) -> Vec<String> {
        if let Some((name, _)) = current.split_once('=') {
            let field = entity.field(name).ok();
            let values = field
                .and_then(|field| self.values(entity, field, purpose))
                .unwrap_or_default();
            return values.iter().map(|value| format!("{name}={value}")).collect();
        }
        let fields = entity.fields().iter().filter(|f| purpose.accepts(entity, f));
        let fields = fields.map(|f| format!("{}=", f.name)).collect_vec();
        let has_assignment = self.words.last().is_some_and(|word| word.contains('='));
        let keys = (keys && !has_assignment && self.option("where").is_none())
            .then(|| self.keys(entity))
            .flatten();
        keys.unwrap_or_default().into_iter().chain(fields).collect()
    }

    /// Returns the possible values of a field; for a filter those that rows have.
    fn values(&self, entity: Entity, field: &Field, purpose: FieldPurpose) -> Option<Vec<String>> {
        if !field.kind.choices().is_empty() {
            return Some(field.kind.choices().iter().map(|c| (*c).to_owned()).collect());
        }
        if let FieldType::Ref(to) = field.kind {
            return self.keys(to);
        }
        if purpose != FieldPurpose::Filter {
            return None;
        }
        let rows = self.rows(entity)?;
        let values = rows.iter().map(|row| row.get(field.name).to_string());
        Some(sorted(values.filter(|value| value != "-")))
    }

    fn prefixes(&self, with_arch: bool) -> Option<Vec<String>> {
        let rows = self.rows(Entity::Repository)?;
        let name = |row: &Record| {
            let prefix = row.text("prefix")?;
            Some(if with_arch {
                format!("{prefix}/{}", row.get("arch"))
            } else {
                prefix.to_owned()
            })
        };
        Some(sorted(rows.iter().filter_map(name)))
    }

    fn targets(&self) -> Option<Vec<String>> {
        let config = self.load_config()?;
        Some(config.sync.target.iter().map(|t| t.name.clone()).collect())
    }

    fn runs(&self) -> Option<Vec<String>> {
        let runs = self.read(|tx| db::run::latest(tx, Some("crawl"), MAX_RUNS))?;
        Some(runs.iter().map(|run| run.id.to_string()).collect())
    }

    fn jobs(&self, current: &str) -> Vec<String> {
        let Some((job, _)) = current.split_once('/') else {
            return JOBS.iter().map(|job| (*job).to_owned()).collect();
        };
        let scopes = match job {
            "scan" | "crawl" => self.keys(Entity::Category),
            "crawl-host" => self.keys(Entity::Host),
            _ => None,
        };
        let scopes = scopes.unwrap_or_default();
        scopes.iter().map(|scope| format!("{job}/{scope}")).collect()
    }

    fn losses(&self) -> Option<Vec<String>> {
        let repositories = self.prefixes(true)?.into_iter().map(|name| format!("repo={name}"));
        let hosts = self.keys(Entity::Host)?.into_iter().map(|name| format!("host={name}"));
        Some(repositories.chain(hosts).collect())
    }
}

/// Returns the list that was typed, continued by each field.
fn field_list(entity: Entity, current: &str) -> Vec<String> {
    let (typed, rest) = current.split_at(current.rfind(',').map_or(0, |comma| comma + 1));
    let dash = if rest.starts_with('-') { "-" } else { "" };
    let fields = entity.fields().iter();
    fields.map(|f| format!("{typed}{dash}{}", f.name)).collect()
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
