//! The command line of the entities, built from their fields.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand};

use super::{EntityAction, EntityCommand};
use super::{downtime, examples};
use crate::registry::entity::{DefaultValue, Entity, Field, FieldAccess, FieldType};
use crate::registry::record::{Key, RecordPatch};

impl Subcommand for EntityCommand {
    fn augment_subcommands(cmd: Command) -> Command {
        Entity::ALL
            .into_iter()
            .fold(cmd, |cmd, entity| cmd.subcommand(command(entity)))
    }

    fn augment_subcommands_for_update(cmd: Command) -> Command {
        Self::augment_subcommands(cmd)
    }

    fn has_subcommand(name: &str) -> bool {
        Entity::ALL.iter().any(|n| n.as_str() == name)
    }
}

impl FromArgMatches for EntityCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "a command is missing");
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let entity = Entity::ALL
            .into_iter()
            .find(|n| n.as_str() == name)
            .ok_or_else(missing)?;
        let (verb, matches) = matches.subcommand().ok_or_else(missing)?;
        let verb = match verb {
            "add" => EntityAction::Add {
                wanted: added(entity, matches).map_err(|why| wrong(entity, &why))?,
                dry_run: matches.get_flag("dry-run"),
            },
            "downtime" => EntityAction::Down {
                downtime: downtime::read(matches)?,
                dry_run: matches.get_flag("dry-run"),
            },
            "set" => match redirected(entity, matches).map_err(|why| wrong(entity, &why))? {
                Some(wanted) => EntityAction::Put {
                    key: key(entity, matches)?,
                    wanted,
                    dry_run: matches.get_flag("dry-run"),
                },
                None => EntityAction::Set {
                    key: key(entity, matches)?,
                    wanted: changes(entity, matches, true).map_err(|why| wrong(entity, &why))?,
                    dry_run: matches.get_flag("dry-run"),
                },
            },
            "remove" => EntityAction::Remove {
                key: key(entity, matches)?,
                recursive: matches.get_flag("recursive"),
                dry_run: matches.get_flag("dry-run"),
            },
            "show" => EntityAction::Show {
                key: key(entity, matches)?,
            },
            _ => EntityAction::List {
                filter: changes(entity, matches, false).map_err(|why| wrong(entity, &why))?,
            },
        };
        Ok(Self { entity, verb })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) fn wrong(entity: Entity, why: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{entity} {why}"))
}

fn command(entity: Entity) -> Command {
    let mut cmd = Command::new(entity.as_str())
        .about(examples::about(entity))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(examples::of(entity));
    if entity.can_be_added() {
        cmd = cmd.subcommand(add(entity));
    }
    cmd = cmd.subcommand(
        Command::new("show")
            .about(format!("Show one {entity}, and what belongs to it"))
            .args(keys(entity)),
    );
    cmd = cmd.subcommand(
        Command::new("list")
            .about(format!("List {entity} rows"))
            .arg(
                Arg::new("changes")
                    .value_name("FIELD=VALUE")
                    .num_args(0..)
                    .help("Only those with this value"),
            )
            .after_help(field_help(entity, |_| true)),
    );
    if settable(entity).next().is_some() {
        cmd = cmd.subcommand(set(entity));
    }
    if entity == Entity::Host {
        cmd = cmd.subcommand(downtime::command());
    }
    cmd.subcommand(
        Command::new("remove")
            .about(format!("Remove one {entity}; refused while others refer to it"))
            .args(keys(entity))
            .arg(
                Arg::new("recursive")
                    .long("recursive")
                    .action(ArgAction::SetTrue)
                    .help("Remove what refers to it, too"),
            )
            .arg(dry_run()),
    )
}

fn add(entity: Entity) -> Command {
    let mut cmd = Command::new("add")
        .about(format!("Add one {entity}"))
        .after_help(examples::of(entity))
        .args(keys(entity));
    for field in entity.fields().iter().skip(entity.key_len()) {
        if !matches!(field.role, FieldAccess::Open | FieldAccess::Immutable) {
            continue;
        }
        let mut arg = Arg::new(field.name)
            .long(field.name.replace('_', "-"))
            .value_name(field.kind.placeholder())
            .help(about(field))
            .allow_hyphen_values(matches!(field.kind, FieldType::Int(low, _) if low < 0))
            .required(field.preset == DefaultValue::Required);
        if field.kind == FieldType::Bool {
            // `--private` alone is yes; a value needs `=`, so that a name after it is not taken for one.
            arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true");
        }
        cmd = cmd.arg(arg);
    }
    cmd.arg(dry_run())
}

fn set(entity: Entity) -> Command {
    let mut cmd = Command::new("set")
        .about(format!("Change fields of one {entity}"))
        .args(keys(entity))
        .arg(
            Arg::new("changes")
                .value_name(if entity == Entity::Redirect { "TO|FIELD=VALUE" } else { "FIELD=VALUE" })
                .num_args(1..)
                .required(true)
                .help(if entity == Entity::Redirect {
                    "What they are given from now on, whether or not there was a redirect; or fields and their new values"
                } else {
                    "The fields and their new values; FIELD= empties a field"
                }),
        )
        .after_help(field_help(entity, |f| f.role == FieldAccess::Open));
    if entity == Entity::Host {
        cmd = cmd.arg(
            Arg::new("reason")
                .long("reason")
                .value_name("TEXT")
                .help("With user_active=false: why"),
        );
    }
    cmd.arg(dry_run())
}

pub(super) fn dry_run() -> Arg {
    Arg::new("dry-run")
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .help("Show what would change; change nothing")
}

pub(super) fn keys(entity: Entity) -> Vec<Arg> {
    entity
        .key_fields()
        .map(|f| {
            Arg::new(f.name)
                .value_name(f.name.to_uppercase())
                .required(true)
                .help(f.about)
        })
        .collect()
}

fn settable(entity: Entity) -> impl Iterator<Item = &'static Field> {
    entity.fields().iter().filter(|f| f.role == FieldAccess::Open)
}

fn about(field: &Field) -> String {
    match field.preset {
        DefaultValue::Bool(b) => format!("{} [default: {b}]", field.about),
        DefaultValue::Int(n) => format!("{} [default: {n}]", field.about),
        DefaultValue::Required | DefaultValue::Empty | DefaultValue::Now => field.about.to_owned(),
    }
}

fn field_help(entity: Entity, takes: impl Fn(&Field) -> bool) -> String {
    let lines: Vec<String> = entity
        .fields()
        .iter()
        .filter(|f| takes(f))
        .map(|f| format!("  {:<20} {:<12} {}", f.name, f.kind.placeholder(), f.about))
        .collect();
    format!("Fields:\n{}\n\n{}", lines.join("\n"), examples::of(entity))
}

fn key(entity: Entity, matches: &ArgMatches) -> Result<Key, clap::Error> {
    entity
        .key_fields()
        .map(|field| {
            let text = matches.get_one::<String>(field.name).map_or("", String::as_str);
            match field.read(text) {
                Ok(cell) => Ok(cell.to_string()),
                Err(why) => Err(wrong(entity, &why)),
            }
        })
        .collect()
}

fn added(entity: Entity, matches: &ArgMatches) -> Result<RecordPatch, String> {
    let mut wanted = RecordPatch::new(entity);
    for field in entity.fields() {
        // `try_get_one` fails for fields that are no options: those that programs write.
        if let Ok(Some(text)) = matches.try_get_one::<String>(field.name) {
            wanted = wanted.with(field.name, Some(field.read(text)?));
        }
    }
    Ok(wanted)
}

/// `redirect set FROM TO`: where a prefix leads, whether or not it led anywhere before.
fn redirected(entity: Entity, matches: &ArgMatches) -> Result<Option<RecordPatch>, String> {
    let mut words = matches.get_many::<String>("changes").into_iter().flatten();
    let (Entity::Redirect, Some(to), None) = (entity, words.next(), words.next()) else {
        return Ok(None);
    };
    if to.contains('=') {
        return Ok(None);
    }
    let mut wanted = RecordPatch::new(entity);
    let from = matches.get_one::<String>("from").map_or("", String::as_str);
    for (field, text) in entity.fields().iter().zip([from, to.as_str()]) {
        wanted = wanted.with(field.name, Some(field.read(text)?));
    }
    Ok(Some(wanted))
}

/// Reads `FIELD=VALUE` words; `for_set` = only fields that people may change.
fn changes(entity: Entity, matches: &ArgMatches, for_set: bool) -> Result<RecordPatch, String> {
    let mut wanted = RecordPatch::new(entity);
    for word in matches.get_many::<String>("changes").into_iter().flatten() {
        let Some((name, text)) = word.split_once('=') else {
            return Err(format!("{word:?} is no change; write FIELD=VALUE, such as name=value"));
        };
        let name = name.replace('-', "_");
        let Some(field) = entity.fields().iter().find(|f| f.name == name) else {
            let names: Vec<&str> = entity.fields().iter().map(|f| f.name).collect();
            return Err(format!("has no field {name}; it has {}", names.join(", ")));
        };
        if for_set && field.role != FieldAccess::Open {
            return Err(format!(
                "{name} cannot be changed: {}",
                match field.role {
                    FieldAccess::Immutable => "it is part of what the row is; remove it and add another",
                    FieldAccess::Restricted => "it has commands of its own; see: mm-admin repo --help",
                    FieldAccess::Open | FieldAccess::CreateOnly | FieldAccess::ReadOnly => "other programs write it",
                }
            ));
        }
        wanted = wanted.with(field.name, Some(field.read(text)?));
    }
    if let Ok(Some(reason)) = matches.try_get_one::<String>("reason")
        && for_set
        && let Some(field) = entity.fields().iter().find(|f| f.name == "disable_reason")
    {
        wanted = wanted.with(field.name, Some(field.read(reason)?));
    }
    Ok(wanted)
}
