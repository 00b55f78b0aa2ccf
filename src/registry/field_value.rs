//! One value of a registry row.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use crate::model::Timestamp;

/// A checked value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FieldValue {
    /// The absence of a value.
    None,
    /// The value of a flag.
    Bool(bool),
    /// A number, as an integer.
    Int(i64),
    /// A point in time.
    Time(Timestamp),
    /// A text in the canonical form of its type.
    Text(String),
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("-"),
            Self::Bool(b) => b.fmt(f),
            Self::Int(n) => n.fmt(f),
            Self::Time(t) => t.fmt(f),
            Self::Text(t) => f.write_str(t),
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Int(n) | Self::Time(Timestamp(n)) => serializer.serialize_i64(*n),
            Self::Text(t) => serializer.serialize_str(t),
        }
    }
}
