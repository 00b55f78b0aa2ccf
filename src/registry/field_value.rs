//! One value of a registry row.

use serde::Serialize;

use crate::model::Timestamp;

/// A checked value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, derive_more::Display)]
#[serde(untagged)]
pub(crate) enum FieldValue {
    /// The absence of a value.
    #[display("-")]
    None,
    Bool(bool),
    Int(i64),
    Time(Timestamp),
    /// A text in the canonical form of its type.
    Text(String),
}
