//! The registry as data: its entities and their fields, records, and the TOML file of `mm-admin apply` and `export`.
//!
//! Pure: [`entity`] describes every field once; commands, the file format, the SQL in [`crate::db::registry`] and the audit log
//! follow from it.

pub(crate) mod entity;
pub(crate) mod field_value;
pub(crate) mod file;
pub(crate) mod mass_change;
pub(crate) mod record;
