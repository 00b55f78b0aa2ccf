//! Errors of registry edits, in the terms of `mm-admin`.

use thiserror::Error;

use crate::db::DbError;
use crate::model::suggest;
use crate::registry::entity::Entity;
use crate::registry::mass_change::MassChange;

/// A rejected edit. Its transaction is rolled back.
#[derive(Debug, Error)]
pub(crate) enum EditError {
    /// A value is invalid or missing.
    #[error("{entity} {key}: {what}")]
    Value {
        entity: Entity,
        key: String,
        /// The field, and a valid form.
        what: String,
    },
    /// The row does not exist.
    #[error("there is no {entity} {key}{}", hint(*.entity, .near))]
    Unknown {
        entity: Entity,
        key: String,
        /// Similar keys that exist.
        near: Vec<String>,
    },
    /// The row refers to a missing one.
    #[error("{entity} {key} refers to {to} {target}, which does not exist{}", hint(*.to, .near))]
    Dangling {
        entity: Entity,
        key: String,
        to: Entity,
        target: String,
        /// Similar keys that exist.
        near: Vec<String>,
    },
    /// The row already exists.
    #[error("{entity} {key} already exists{what}; change it with: mm-admin {entity} set {arguments} FIELD=VALUE")]
    Duplicate {
        entity: Entity,
        key: String,
        /// The key as arguments of a command.
        arguments: String,
        /// The equal field, if it is not the key.
        what: String,
    },
    /// Other rows refer to it.
    #[error(
        "{entity} {key} is used by {by}; remove these first, or everything with: mm-admin {entity} remove {arguments} \
         --recursive"
    )]
    Referenced {
        entity: Entity,
        key: String,
        /// The key as arguments of a command.
        arguments: String,
        /// A description of the referring rows.
        by: String,
    },
    /// The edit contradicts the recorded state.
    #[error("{entity} {key}: {what}")]
    Outdated {
        entity: Entity,
        key: String,
        /// The contradiction, and what to do about it.
        what: String,
    },
    /// The result of the edit is probably a mistake.
    #[error("{entity} {key}: {what}; to do it anyway, add --force")]
    Doubtful {
        entity: Entity,
        key: String,
        /// The doubt, and how to avoid it.
        what: String,
    },
    /// No row has the values of a filter.
    #[error("no {entity} has {filter}; see: mm-admin {entity} list")]
    NoMatch {
        entity: Entity,
        /// The filter as typed.
        filter: String,
    },
    /// The edit affects more rows than a command may without confirmation.
    #[error("{change}; check it with --dry-run, then add --confirm {}; nothing was changed", .change.affected)]
    MassChange { change: MassChange },
    /// The change cannot be undone.
    #[error("change {change} cannot be undone: {why}")]
    NotUndone {
        /// The ID of the audit log entry.
        change: i64,
        /// The reason, and what to do about it.
        why: String,
    },
    /// The change is undone.
    #[error("change {change} is already undone by change {by}; to redo it, undo that one: mm-admin undo {by}")]
    AlreadyUndone {
        /// The ID of the audit log entry.
        change: i64,
        /// The undo.
        by: i64,
    },
    #[error(transparent)]
    Db(#[from] DbError),
}

fn hint(entity: Entity, near: &[String]) -> String {
    let similar = suggest::did_you_mean(near);
    format!(
        "; {}",
        similar.unwrap_or_else(|| format!("see: mm-admin {entity} list"))
    )
}
