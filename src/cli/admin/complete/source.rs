//! The names that an argument takes, by the names of the argument: `--host`, `HOST` and so on mean the same in all programs.

use clap::Arg;

use crate::cli::admin::entities::{FieldPurpose, KEY, WORDS};
use crate::registry::entity::{Entity, FieldType};

/// A set of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The keys of an entity, without their parents.
    Keys(Entity),
    /// `FIELD=VALUE` of an entity; with `keys` also its keys.
    Assignments {
        entity: Entity,
        purpose: FieldPurpose,
        keys: bool,
    },
    /// The fields of an entity, separated by commas.
    FieldList(Entity),
    /// Prefixes of repositories; after a slash their architectures.
    Prefixes,
    /// Targets of the config.
    Targets,
    /// IDs of crawl runs, newest first.
    Runs,
    /// Jobs; after a slash their scopes.
    Jobs,
    /// `repo=PREFIX/ARCH` and `host=NAME`.
    Losses,
}

impl Source {
    /// `path` = the names of the program and its subcommands.
    pub(super) fn of_argument(path: &[String], arg: &Arg) -> Option<Self> {
        if !arg.get_num_args().is_none_or(|n| n.takes_values()) || !arg.get_action().takes_values() {
            return None;
        }
        let id = arg.get_id().as_str();
        if let [_, entity, action] = path
            && let Ok(entity) = entity.parse::<Entity>()
            && [KEY, WORDS, "where", "sort", "columns"].contains(&id)
        {
            return Self::of_entity_argument(entity, action, id);
        }
        arg.get_long().and_then(Self::of_option).or_else(|| {
            let names = arg.get_value_names().unwrap_or_default();
            let name = names.first().map(|name| name.as_str().to_owned());
            Self::of_value_name(&name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase()))
        })
    }

    /// The key of a new row has no names, unless it is that of a row of another entity.
    fn of_entity_argument(entity: Entity, action: &str, id: &str) -> Option<Self> {
        let purpose = match action {
            "add" => FieldPurpose::Add,
            "set" => FieldPurpose::Set,
            _ => FieldPurpose::Filter,
        };
        Some(match (id, action) {
            (KEY, "add") => {
                let FieldType::Ref(to) = entity.own_key().kind else {
                    return None;
                };
                Self::Keys(to)
            }
            (KEY, _) => Self::Keys(entity),
            (WORDS, _) => Self::Assignments {
                entity,
                purpose,
                keys: action == "set",
            },
            ("where", _) => Self::Assignments {
                entity: if action == "add" { Entity::Host } else { entity },
                purpose: FieldPurpose::Filter,
                keys: false,
            },
            (_, _) => Self::FieldList(entity),
        })
    }

    fn of_option(long: &str) -> Option<Self> {
        Some(match long {
            "host" => Self::Keys(Entity::Host),
            "category" => Self::Keys(Entity::Category),
            "site" => Self::Keys(Entity::Site),
            "product" => Self::Keys(Entity::Product),
            "arch" => Self::Keys(Entity::Arch),
            "repo" => Self::Prefixes,
            _ => return None,
        })
    }

    fn of_value_name(name: &str) -> Option<Self> {
        Some(match name {
            "HOST" => Self::Keys(Entity::Host),
            "CATEGORY" => Self::Keys(Entity::Category),
            "SITE" => Self::Keys(Entity::Site),
            "PRODUCT" => Self::Keys(Entity::Product),
            "ARCH" => Self::Keys(Entity::Arch),
            "VERSION" => Self::Keys(Entity::Version),
            "REPO" | "PREFIX" | "PREFIX[/ARCH]" => Self::Prefixes,
            "TARGET" => Self::Targets,
            "RUN" => Self::Runs,
            "JOB[/SCOPE]" => Self::Jobs,
            "repo=PREFIX/ARCH|host=NAME" => Self::Losses,
            _ => return None,
        })
    }
}
