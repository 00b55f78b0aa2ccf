//! Why edits are refused, in the words of `mm-admin`.

use thiserror::Error;

use crate::db::DbError;
use crate::registry::entity::Entity;

/// Why an edit was refused. Nothing of its transaction is kept.
#[derive(Debug, Error)]
pub enum EditError {
    /// A value does not fit, or one is missing.
    #[error("{entity} {key}: {what}")]
    Value {
        /// Of which entity.
        entity: Entity,
        /// Which row.
        key: String,
        /// Which field, and what would fit.
        what: String,
    },
    /// There is no such row.
    #[error("there is no {entity} {key}{}", hint(*.entity, .near))]
    Unknown {
        /// Of which entity.
        entity: Entity,
        /// Which was asked for.
        key: String,
        /// Keys that look alike.
        near: Vec<String>,
    },
    /// It refers to a row that is not there.
    #[error("{entity} {key} names {to} {target}, which does not exist{}", hint(*.to, .near))]
    Dangling {
        /// Of which entity.
        entity: Entity,
        /// Which row.
        key: String,
        /// What it refers to.
        to: Entity,
        /// The key it refers to.
        target: String,
        /// Keys that look alike.
        near: Vec<String>,
    },
    /// There is such a row already.
    #[error("there is a {entity} {key} already{what}; change it with: mm-admin {entity} set")]
    Duplicate {
        /// Of which entity.
        entity: Entity,
        /// Its key.
        key: String,
        /// Which field is the same, if it is not the key.
        what: String,
    },
    /// Others refer to it.
    #[error(
        "{entity} {key} is still in use by {by}; remove these first, or all of it with: mm-admin {entity} remove --recursive"
    )]
    Referenced {
        /// Of which entity.
        entity: Entity,
        /// Its key.
        key: String,
        /// What refers to it, in words.
        by: String,
    },
    /// It does not suit what is on record by now.
    #[error("{entity} {key}: {what}")]
    Outdated {
        /// Of which entity.
        entity: Entity,
        /// Which row.
        key: String,
        /// What does not suit, and what to do about it.
        what: String,
    },
    /// It cannot be taken back.
    #[error("change {change} cannot be undone: {why}")]
    NotUndone {
        /// Which line of the audit log.
        change: i64,
        /// Why, and what to do about it.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn hint(entity: Entity, near: &[String]) -> String {
    if near.is_empty() {
        format!("; see: mm-admin {entity} list")
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}
