//! The command line of the entities, built from their fields.

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches, Subcommand, arg};
use itertools::Itertools as _;

use super::args::{dry_run, invalid, keys};
use super::{EntityAction, EntityCommand};
use super::{downtime, examples};
use crate::registry::entity::{DefaultValue, Entity, Field, FieldAccess, FieldType};
use crate::registry::record::{Key, RecordPatch};

impl Subcommand for EntityCommand {
    fn augment_subcommands(cmd: Command) -> Command {
        Entity::ALL
            .iter()
            .fold(cmd, |cmd, entity| cmd.subcommand(command(*entity)))
    }

    fn augment_subcommands_for_update(cmd: Command) -> Command {
        Self::augment_subcommands(cmd)
    }

    fn has_subcommand(name: &str) -> bool {
        name.parse::<Entity>().is_ok()
    }
}

impl FromArgMatches for EntityCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "a command is missing");
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let entity: Entity = name.parse().map_err(|_| missing())?;
        let (action, matches) = matches.subcommand().ok_or_else(missing)?;
        let invalid = |why: String| invalid(entity, &why);
        let action = match action {
            "add" => EntityAction::Add {
                patch: read_options(entity, matches).map_err(invalid)?,
            },
            "downtime" => EntityAction::AddDowntime(downtime::read(matches)?),
            "set" => {
                let key = read_key(entity, matches).map_err(invalid)?;
                match read_redirect(entity, matches).map_err(invalid)? {
                    Some(patch) => EntityAction::SetOrAdd { key, patch },
                    None => EntityAction::Set {
                        key,
                        patch: read_assignments(entity, matches, true).map_err(invalid)?,
                    },
                }
            }
            "remove" => EntityAction::Remove {
                key: read_key(entity, matches).map_err(invalid)?,
                recursive: matches.get_flag("recursive"),
            },
            "show" => EntityAction::Show {
                key: read_key(entity, matches).map_err(invalid)?,
            },
            _ => EntityAction::List {
                filter: read_assignments(entity, matches, false).map_err(invalid)?,
            },
        };
        // `show` and `list` have no such option.
        let dry_run = matches!(matches.try_get_one("dry-run"), Ok(Some(true)));
        Ok(Self {
            entity,
            action,
            dry_run,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn command(entity: Entity) -> Command {
    let mut cmd = Command::new(entity.into_str())
        .about(examples::about(entity))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(examples::examples(entity));
    if entity.can_be_added() {
        cmd = cmd.subcommand(add_command(entity));
    }
    cmd = cmd.subcommand(
        Command::new("show")
            .about(format!("Show one {entity} with its parts"))
            .args(keys(entity)),
    );
    let list = Command::new("list").about(format!("List {entity} rows")).arg(
        Arg::new("changes")
            .value_name("FIELD=VALUE")
            .num_args(0..)
            .help("Only rows with this value"),
    );
    cmd = cmd.subcommand(with_field_help(list, entity, |_| true));
    if entity.fields().iter().any(is_settable) {
        cmd = cmd.subcommand(set_command(entity));
    }
    if entity == Entity::Host {
        cmd = cmd.subcommand(downtime::command());
    }
    cmd.subcommand(
        Command::new("remove")
            .about(format!("Remove one {entity}; fails while others refer to it"))
            .args(keys(entity))
            .arg(arg!(--recursive "Also remove the rows that refer to it"))
            .arg(dry_run()),
    )
}

fn add_command(entity: Entity) -> Command {
    let mut cmd = Command::new("add")
        .about(format!("Add one {entity}"))
        .after_help(examples::examples(entity))
        .args(keys(entity));
    // The options of a host would not fit on a screen.
    let is_hidden = |field: &Field| {
        entity == Entity::Host && !["site", "country", "bandwidth", "private", "comment"].contains(&field.name)
    };
    for field in entity.fields().iter().skip(entity.key_len()) {
        if !matches!(field.role, FieldAccess::Open | FieldAccess::Immutable) {
            continue;
        }
        let mut arg = Arg::new(field.name)
            .long(field.name.replace('_', "-"))
            .value_name(field.kind.placeholder())
            .help(option_help(field))
            .hide_short_help(is_hidden(field))
            .allow_hyphen_values(matches!(field.kind, FieldType::Int(low, _) if low < 0))
            .required(field.preset == DefaultValue::Required);
        if field.kind == FieldType::Bool {
            // `--private` alone is true. A value needs `=`, so that a positional argument after it is not taken as the value.
            arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true");
        }
        cmd = cmd.arg(arg);
    }
    cmd.arg(dry_run())
}

fn set_command(entity: Entity) -> Command {
    let (placeholder, help) = if entity == Entity::Redirect {
        (
            "TO|FIELD=VALUE",
            "New target, also of a redirect that does not exist yet; or fields and new values",
        )
    } else {
        ("FIELD=VALUE", "Fields and their new values; FIELD= clears a field")
    };
    let mut cmd = Command::new("set")
        .about(format!("Change fields of one {entity}"))
        .args(keys(entity))
        .arg(
            Arg::new("changes")
                .value_name(placeholder)
                .num_args(1..)
                .required(true)
                .help(help),
        );
    if entity == Entity::Host {
        cmd = cmd.arg(arg!(--reason <TEXT> "With user_active=false: reason for disabling the host"));
    }
    with_field_help(cmd.arg(dry_run()), entity, is_settable)
}

fn is_settable(field: &Field) -> bool {
    field.role == FieldAccess::Open
}

fn option_help(field: &Field) -> String {
    match field.preset {
        DefaultValue::Bool(b) => format!("{} [default: {b}]", field.about),
        DefaultValue::Int(n) => format!("{} [default: {n}]", field.about),
        DefaultValue::Required | DefaultValue::Empty | DefaultValue::Now => field.about.to_owned(),
    }
}

/// Adds the fields to the end of the help: their names to `-h`, a table to `--help`.
fn with_field_help(cmd: Command, entity: Entity, is_accepted: impl Fn(&Field) -> bool) -> Command {
    let fields: Vec<&Field> = entity.fields().iter().filter(|f| is_accepted(f)).collect();
    let names = fields.iter().map(|f| f.name).join(", ");
    let row = |f: &&Field| format!("  {:<20} {:<12} {}", f.name, f.kind.placeholder(), f.about);
    let table = fields.iter().map(row).join("\n");
    let examples = examples::examples(entity);
    cmd.after_help(format!("Fields (more with --help):\n  {names}\n\n{examples}"))
        .after_long_help(format!("Fields:\n{table}\n\n{examples}"))
}

fn read_key(entity: Entity, matches: &ArgMatches) -> Result<Key, String> {
    let text = |field: &Field| matches.get_one::<String>(field.name).map_or("", String::as_str);
    let value = |field: &Field| field.read(text(field)).map(|value| value.to_string());
    entity.key_fields().map(value).collect()
}

fn read_options(entity: Entity, matches: &ArgMatches) -> Result<RecordPatch, String> {
    let mut patch = RecordPatch::new(entity);
    for field in entity.fields() {
        // `try_get_one` fails for fields without an option: those that only programs write.
        if let Ok(Some(text)) = matches.try_get_one::<String>(field.name) {
            patch = patch.with(field.name, Some(field.read(text)?));
        }
    }
    Ok(patch)
}

/// Reads `redirect set FROM TO`; `None` for every other command.
fn read_redirect(entity: Entity, matches: &ArgMatches) -> Result<Option<RecordPatch>, String> {
    let words = matches.get_many::<String>("changes").into_iter().flatten();
    let target = words
        .exactly_one()
        .ok()
        .filter(|to| entity == Entity::Redirect && !to.contains('='));
    let Some(to) = target else { return Ok(None) };
    let mut patch = RecordPatch::new(entity);
    let from = matches.get_one::<String>("from").map_or("", String::as_str);
    for (field, text) in entity.fields().iter().zip([from, to.as_str()]) {
        patch = patch.with(field.name, Some(field.read(text)?));
    }
    Ok(Some(patch))
}

/// Reads `FIELD=VALUE` words. `for_set` accepts only fields that operators may change.
fn read_assignments(entity: Entity, matches: &ArgMatches, for_set: bool) -> Result<RecordPatch, String> {
    let mut patch = RecordPatch::new(entity);
    for word in matches.get_many::<String>("changes").into_iter().flatten() {
        let Some((name, text)) = word.split_once('=') else {
            return Err(format!("has no field {word:?}; expected FIELD=VALUE, e.g. name=value"));
        };
        let name = name.replace('-', "_");
        let Some(field) = entity.fields().iter().find(|f| f.name == name) else {
            let names = entity.fields().iter().map(|f| f.name).join(", ");
            return Err(format!("has no field {name}; it has {names}"));
        };
        if for_set && !is_settable(field) {
            let reason = match field.role {
                FieldAccess::Immutable => "it is part of the key; remove the row and add another",
                FieldAccess::Restricted => "it has its own commands; see: mm-admin repo --help",
                FieldAccess::Open | FieldAccess::CreateOnly | FieldAccess::ReadOnly => "only other programs write it",
            };
            return Err(format!("{name} cannot be changed: {reason}"));
        }
        patch = patch.with(field.name, Some(field.read(text)?));
    }
    if let Ok(Some(reason)) = matches.try_get_one::<String>("reason")
        && for_set
        && let Some(field) = entity.fields().iter().find(|f| f.name == "disable_reason")
    {
        patch = patch.with(field.name, Some(field.read(reason)?));
    }
    Ok(patch)
}
