//! Arguments and errors that several commands of an entity have in common.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, arg, value_parser};
use itertools::Itertools as _;

use crate::cli::admin::edits::EditOptions;
use crate::registry::entity::{DefaultValue, Entity, Field, FieldAccess, FieldType};
use crate::registry::record::{Key, RecordPatch};

/// The ID of the argument with the key.
pub(in crate::cli) const KEY: &str = "key";
/// The ID of the argument with `FIELD=VALUE` words.
pub(in crate::cli) const WORDS: &str = "words";

pub(super) fn dry_run() -> Arg {
    arg!(--"dry-run" "Show what would change; change nothing")
}

pub(super) fn force() -> Arg {
    arg!(--force "Accept what is probably a mistake")
}

pub(super) fn confirm() -> Arg {
    arg!(--confirm <N> "Confirm the number of affected rows, if they are many").value_parser(value_parser!(usize))
}

/// The positional argument with the key of a row, without its parents.
pub(super) fn key(entity: Entity) -> Arg {
    Arg::new(KEY)
        .value_name(key_name(entity))
        .help(entity.own_key().about)
        .required(true)
}

/// The value name of the key, such as `HOST` or `NETBLOCK`.
pub(super) fn key_name(entity: Entity) -> String {
    let own = entity.own_key().name;
    let name = if own == "name" { entity.into_str() } else { own };
    name.to_uppercase()
}

/// The options with the other key fields.
pub(super) fn parents(entity: Entity) -> impl Iterator<Item = Arg> {
    entity.parents().map(|f| parent(f).required(true))
}

/// The option of a field that refers to a parent.
pub(super) fn parent(field: &'static Field) -> Arg {
    Arg::new(field.name)
        .long(field.name)
        .value_name(field.kind.placeholder())
        .help(field.about)
}

/// Returns the fields that are options of `add`: the references of a row.
pub(super) fn references(entity: Entity) -> impl Iterator<Item = &'static Field> {
    let is_own_key = move |f: &Field| f.name == entity.own_key().name;
    let fields = entity.fields().iter().filter(move |f| !is_own_key(f));
    fields.filter(|f| matches!(f.kind, FieldType::Ref(_)) && f.preset == DefaultValue::Required)
}

/// The option `--where`, repeatable.
pub(super) fn filter(entity: Entity) -> Arg {
    Arg::new("where")
        .long("where")
        .value_name("FIELD=VALUE")
        .action(ArgAction::Append)
        .help(format!("Every {entity} with this value (repeatable: with all of them)"))
}

pub(super) fn invalid(entity: Entity, why: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{entity} {why}"))
}

pub(super) fn edit_options(matches: &ArgMatches) -> EditOptions {
    // Not every command has all of these options.
    let is_set = |id| matches!(matches.try_get_one(id), Ok(Some(true)));
    EditOptions {
        dry_run: is_set("dry-run"),
        force: is_set("force"),
        confirm: matches.try_get_one("confirm").ok().flatten().copied(),
    }
}

/// What `FIELD=VALUE` words are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Purpose {
    Add,
    Set,
    Filter,
}

/// Returns true if a word has the form `FIELD=VALUE`. Keys such as URLs may contain `=` as well.
pub(super) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| is_field_name(name))
}

fn is_field_name(name: &str) -> bool {
    let is_valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    !name.is_empty() && name.bytes().all(is_valid)
}

/// Reads `FIELD=VALUE` words.
pub(super) fn read_assignments(
    entity: Entity,
    words: impl IntoIterator<Item = impl AsRef<str>>,
    purpose: Purpose,
) -> Result<RecordPatch, String> {
    let mut patch = RecordPatch::new(entity);
    for word in words {
        let word = word.as_ref();
        let Some((name, text)) = word.split_once('=') else {
            let hint = match entity.field(word) {
                Ok(field) => format!("expected {}={}", field.name, field.kind.placeholder()),
                Err(_) => "expected FIELD=VALUE".to_owned(),
            };
            return Err(format!("has an argument {word:?} without a value; {hint}"));
        };
        let field = entity.field(name)?;
        check_access(entity, field, text, purpose)?;
        if patch.get(field.name).is_some() {
            return Err(format!("{} is given twice", field.name));
        }
        patch = patch.with(field.name, Some(field.read(text)?));
    }
    Ok(patch)
}

impl Purpose {
    /// Returns true if `FIELD=VALUE` may name the field.
    pub(in crate::cli) fn accepts(self, entity: Entity, field: &Field) -> bool {
        match self {
            Self::Add => {
                let is_argument =
                    field.name == entity.own_key().name || references(entity).any(|f| f.name == field.name);
                !is_argument && matches!(field.role, FieldAccess::Open | FieldAccess::Immutable)
            }
            Self::Set => field.role == FieldAccess::Open,
            Self::Filter => true,
        }
    }
}

fn check_access(entity: Entity, field: &'static Field, text: &str, purpose: Purpose) -> Result<(), String> {
    let name = field.name;
    if purpose.accepts(entity, field) {
        return Ok(());
    }
    match purpose {
        Purpose::Add if name == entity.own_key().name => Err(format!(
            "{name}={text}: write the {} itself, without {name}=",
            key_name(entity)
        )),
        Purpose::Add if references(entity).any(|f| f.name == name) => {
            let quote = if text.contains(' ') { "\"" } else { "" };
            Err(format!(
                "{name}={text} is an option of add: --{name} {quote}{text}{quote}"
            ))
        }
        Purpose::Add | Purpose::Set | Purpose::Filter => {
            let reason = match field.role {
                FieldAccess::Immutable => "it is part of the key; remove the row and add another",
                FieldAccess::Restricted => "it has its own commands; see: mm-admin repo --help",
                FieldAccess::Open | FieldAccess::CreateOnly | FieldAccess::ReadOnly => "only other programs write it",
            };
            let verb = if purpose == Purpose::Set { "changed" } else { "given" };
            Err(format!("{name} cannot be {verb}: {reason}"))
        }
    }
}

/// Reads the key with this own part; the parents come from their options.
pub(super) fn read_key(entity: Entity, own: &str, matches: &ArgMatches) -> Result<Key, String> {
    let text = |field: &Field| {
        if field.name == entity.own_key().name {
            return Ok(own);
        }
        let parent = matches.get_one::<String>(field.name).map(String::as_str);
        parent.ok_or_else(|| format!("needs --{} {}", field.name, field.kind.placeholder()))
    };
    let value = |field: &Field| field.read(text(field)?).map(|value| value.to_string());
    entity.key_fields().map(value).collect()
}

/// Reads the argument [`KEY`] and its parents.
pub(super) fn read_single_key(entity: Entity, matches: &ArgMatches) -> Result<Key, String> {
    let own = matches.get_one::<String>(KEY).map_or("", String::as_str);
    read_key(entity, own, matches)
}

/// Returns the words of an argument that may not exist or may be absent.
pub(super) fn words<'a>(matches: &'a ArgMatches, id: &str) -> impl Iterator<Item = &'a String> {
    matches.try_get_many::<String>(id).ok().flatten().into_iter().flatten()
}

/// Adds the fields to the end of the help: their names to `-h`, a table to `--help`.
pub(super) fn with_field_help(
    cmd: clap::Command,
    entity: Entity,
    is_accepted: impl Fn(&Field) -> bool,
) -> clap::Command {
    let fields: Vec<&Field> = entity.fields().iter().filter(|f| is_accepted(f)).collect();
    let examples = super::examples::examples(entity);
    if fields.is_empty() {
        return cmd.after_help(examples);
    }
    let names = fields.iter().map(|f| f.name).join(", ");
    let row = |f: &&Field| {
        let default = match f.preset {
            DefaultValue::Bool(b) => format!(" [default: {b}]"),
            DefaultValue::Int(n) => format!(" [default: {n}]"),
            DefaultValue::Required | DefaultValue::Empty | DefaultValue::Now => String::new(),
        };
        format!("  {:<18} {:<16} {}{default}", f.name, f.kind.placeholder(), f.about)
    };
    let table = fields.iter().map(row).join("\n");
    cmd.after_help(format!("Fields (more with --help):\n  {names}\n\n{examples}"))
        .after_long_help(format!("Fields:\n{table}\n\n{examples}"))
}
