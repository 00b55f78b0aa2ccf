//! Arguments and errors that several commands of an entity have in common.

use clap::error::ErrorKind;
use clap::{Arg, arg};

use crate::registry::entity::{Entity, Field};

pub(super) fn dry_run() -> Arg {
    arg!(--"dry-run" "Show what would change; change nothing")
}

/// One positional argument per key field.
pub(super) fn keys(entity: Entity) -> Vec<Arg> {
    let key = |f: &Field| {
        Arg::new(f.name)
            .value_name(f.name.to_uppercase())
            .help(f.about)
            .required(true)
    };
    entity.key_fields().map(key).collect()
}

pub(super) fn invalid(entity: Entity, why: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{entity} {why}"))
}
