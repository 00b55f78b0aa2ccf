//! Why edits are refused, in the words of `mm-admin`.

use thiserror::Error;

use crate::db::DbError;
use crate::registry::entity::Entity;

/// Why an edit was refused. Nothing of its transaction is kept.
#[derive(Debug, Error)]
pub enum EditError {
    /// A value does not fit, or one is missing.
    #[error("{noun} {key}: {what}")]
    Value {
        /// Of which noun.
        noun: Entity,
        /// Which row.
        key: String,
        /// Which field, and what would fit.
        what: String,
    },
    /// There is no such row.
    #[error("there is no {noun} {key}{}", hint(*.noun, .near))]
    Unknown {
        /// Of which noun.
        noun: Entity,
        /// Which was asked for.
        key: String,
        /// Keys that look alike.
        near: Vec<String>,
    },
    /// It refers to a row that is not there.
    #[error("{noun} {key} names {to} {target}, which does not exist{}", hint(*.to, .near))]
    Dangling {
        /// Of which noun.
        noun: Entity,
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
    #[error("there is a {noun} {key} already{what}; change it with: mm-admin {noun} set")]
    Duplicate {
        /// Of which noun.
        noun: Entity,
        /// Its key.
        key: String,
        /// Which field is the same, if it is not the key.
        what: String,
    },
    /// Others refer to it.
    #[error(
        "{noun} {key} is still in use by {by}; remove these first, or all of it with: mm-admin {noun} remove --recursive"
    )]
    Referenced {
        /// Of which noun.
        noun: Entity,
        /// Its key.
        key: String,
        /// What refers to it, in words.
        by: String,
    },
    /// It does not suit what is on record by now.
    #[error("{noun} {key}: {what}")]
    Outdated {
        /// Of which noun.
        noun: Entity,
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

fn hint(noun: Entity, near: &[String]) -> String {
    if near.is_empty() {
        format!("; see: mm-admin {noun} list")
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}
