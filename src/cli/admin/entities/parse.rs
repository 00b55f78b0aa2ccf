//! The command line of the entities, built from their fields.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand, arg};
use itertools::Itertools as _;

use super::args::{
    KEY, Purpose, WORDS, confirm, dry_run, edit_options, filter, force, invalid, is_assignment, key, key_name, parent,
    parents, read_assignments, read_key, read_single_key, references, with_field_help, words,
};
use super::show::{Sort, read_fields};
use super::{EntityAction, EntityCommand, Selection};
use super::{copy_urls, downtime, examples};
use crate::cli::admin::release::eol::{self, EolArgs};
use crate::cli::admin::repo::decide_version::{self, DecideVersionArgs};
use crate::registry::entity::{Entity, Field};
use crate::registry::record::RecordPatch;

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
        let action = match action {
            "downtime" => EntityAction::Downtime(downtime::read(matches)?),
            "eol" => EntityAction::EndOfLife(Box::new(EolArgs::from_arg_matches(matches)?)),
            "accept-version" | "block-version" => EntityAction::DecideVersion {
                args: Box::new(DecideVersionArgs::from_arg_matches(matches)?),
                is_accepted: action == "accept-version",
            },
            action => read_action(entity, action, matches).map_err(|why| invalid(entity, &why))?,
        };
        Ok(Self {
            entity,
            action,
            options: edit_options(matches),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn read_action(entity: Entity, action: &str, matches: &ArgMatches) -> Result<EntityAction, String> {
    Ok(match action {
        "add" if words(matches, "where").next().is_some() => EntityAction::CopyUrls(copy_urls::read(matches)?),
        "add" => EntityAction::Add {
            patch: read_new_row(entity, matches)?,
        },
        "set" => {
            let (rows, patch) = read_set(entity, matches)?;
            EntityAction::Set { rows, patch }
        }
        "remove" => EntityAction::Remove {
            key: read_single_key(entity, matches)?,
            recursive: matches.get_flag("recursive"),
        },
        "show" => EntityAction::Show {
            key: read_single_key(entity, matches)?,
        },
        _ => {
            let sort = matches.get_one::<String>("sort");
            let columns = matches.get_one::<String>("columns");
            EntityAction::List {
                filter: read_assignments(entity, words(matches, WORDS), Purpose::Filter)?,
                sort: sort.map_or_else(|| Ok(Vec::new()), |text| Sort::read(entity, text))?,
                columns: columns.map(|text| read_fields(entity, text)).transpose()?,
            }
        }
    })
}

/// Reads the row that `add` adds.
fn read_new_row(entity: Entity, matches: &ArgMatches) -> Result<RecordPatch, String> {
    let mut patch = read_assignments(entity, words(matches, WORDS), Purpose::Add)?;
    let own = entity.own_key();
    let key = matches.get_one::<String>(KEY).map_or("", String::as_str);
    patch = patch.with(own.name, Some(own.read(key)?));
    for field in references(entity) {
        if let Some(text) = matches.get_one::<String>(field.name) {
            patch = patch.with(field.name, Some(field.read(text)?));
        }
    }
    Ok(patch)
}

/// Reads `KEY… FIELD=VALUE…` or `--where FIELD=VALUE FIELD=VALUE…`.
fn read_set(entity: Entity, matches: &ArgMatches) -> Result<(Selection, RecordPatch), String> {
    let all = words(matches, WORDS).collect_vec();
    let first_field = all.iter().position(|word| is_assignment(word)).unwrap_or(all.len());
    let (keys, assignments) = all.split_at(first_field);
    if assignments.is_empty() {
        return Err("set needs FIELD=VALUE: a field and its new value".to_owned());
    }
    let patch = read_assignments(entity, assignments.iter().copied(), Purpose::Set)?;
    let mut filters = words(matches, "where").peekable();
    if filters.peek().is_none() {
        if keys.is_empty() {
            return Err(format!("set needs {}, or --where FIELD=VALUE", key_name(entity)));
        }
        let keys = keys.iter().map(|own| read_key(entity, own, matches));
        return Ok((Selection::Keys(keys.collect::<Result<_, _>>()?), patch));
    }
    if let Some(key) = keys.first() {
        return Err(format!("{key}: name rows or use --where, not both"));
    }
    let mut filter = read_assignments(entity, filters, Purpose::Filter)?;
    for field in entity.parents() {
        if let Some(text) = matches.get_one::<String>(field.name) {
            filter = filter.with(field.name, Some(field.read(text)?));
        }
    }
    Ok((Selection::Where(filter), patch))
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
    cmd = cmd
        .subcommand(
            Command::new("show")
                .about(format!("Show one {entity} with its parts"))
                .arg(key(entity))
                .args(parents(entity)),
        )
        .subcommand(list_command(entity));
    if entity.fields().iter().any(|field| Purpose::Set.accepts(entity, field)) {
        cmd = cmd.subcommand(set_command(entity));
    }
    if entity == Entity::Host {
        cmd = cmd.subcommand(downtime::command());
    }
    if entity == Entity::Version {
        cmd = cmd.subcommand(eol::command());
    }
    if entity == Entity::Repository {
        cmd = cmd.subcommands(decide_version::commands());
    }
    cmd.subcommand(
        Command::new("remove")
            .about(format!("Remove one {entity}; fails while others refer to it"))
            .arg(key(entity))
            .args(parents(entity))
            .arg(arg!(--recursive "Also remove the rows that refer to it"))
            .arg(confirm().help("Confirm the number of affected hosts, if they are many"))
            .arg(dry_run()),
    )
}

fn add_command(entity: Entity) -> Command {
    let is_field = |field: &Field| Purpose::Add.accepts(entity, field);
    let mut cmd = Command::new("add").about(format!("Add one {entity}")).arg(key(entity));
    if entity.fields().iter().any(is_field) {
        cmd = cmd.arg(assignments("Fields and their values"));
    }
    let is_bulk = entity == Entity::HostCategory;
    for field in references(entity) {
        let arg = parent(field);
        cmd = cmd.arg(if is_bulk {
            arg.required_unless_present("where")
        } else {
            arg.required(true)
        });
    }
    if is_bulk {
        cmd = copy_urls::add_options(cmd);
    }
    with_field_help(cmd.arg(force()).arg(dry_run()), entity, is_field)
}

fn list_command(entity: Entity) -> Command {
    let list = Command::new("list")
        .about(format!("List {entity} rows"))
        .arg(assignments("Only rows with these values"))
        .arg(
            arg!(--sort <FIELDS> "Sort by these fields; -FIELD = descending")
                .value_name("FIELD,…")
                .allow_hyphen_values(true),
        )
        .arg(arg!(--columns <FIELDS> "Fields to show").value_name("FIELD,…"));
    with_field_help(list, entity, |_| true)
}

fn set_command(entity: Entity) -> Command {
    let name = key_name(entity);
    let words = Arg::new(WORDS)
        .value_name(format!("{name}… FIELD=VALUE"))
        .num_args(1..)
        .action(ArgAction::Append)
        .required(true)
        .help("Rows, then fields and their new values; FIELD= clears a field");
    let parents = entity
        .parents()
        .map(|f| format!(" --{} {}", f.name, f.kind.placeholder()))
        .join("");
    let usage = format!("mm-admin {entity} set [OPTIONS]");
    let mut cmd = Command::new("set")
        .about(format!("Change fields of one or more {entity} rows"))
        .override_usage(format!(
            "{usage}{parents} {name}… FIELD=VALUE…\n       {usage} --where FIELD=VALUE FIELD=VALUE…"
        ))
        .arg(words)
        .arg(filter(entity));
    for field in entity.parents() {
        cmd = cmd.arg(parent(field).required_unless_present("where"));
    }
    cmd = cmd.arg(confirm()).arg(force()).arg(dry_run());
    with_field_help(cmd, entity, |field| Purpose::Set.accepts(entity, field))
}

fn assignments(help: &'static str) -> Arg {
    Arg::new(WORDS)
        .value_name("FIELD=VALUE")
        .num_args(0..)
        .action(ArgAction::Append)
        .help(help)
}
