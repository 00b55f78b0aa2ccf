//! Reads a row of a result into any type with serde.
//!
//! Columns are read in the order of the fields; a nested struct or tuple continues with the next columns. A debug build
//! checks that each column has the name of its field, `_id` aside. NULL is `None`. A text is read as JSON where
//! the type is a map, a sequence or any JSON value.

use std::fmt::Display;

use rusqlite::types::ValueRef;
use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::DbError;

/// The error of one value.
#[derive(Debug, derive_more::Display, derive_more::Error)]
struct ColumnError(#[error(not(source))] String);

impl serde::de::Error for ColumnError {
    fn custom<T: Display>(what: T) -> Self {
        Self(what.to_string())
    }
}

/// Reads a row of the result of `sql`.
pub(super) fn read<'r, T: Deserialize<'r>>(row: &'r rusqlite::Row<'_>, sql: &'static str) -> Result<T, DbError> {
    let mut columns = Columns {
        row,
        next: 0,
        field: None,
    };
    T::deserialize(&mut columns).map_err(|e| {
        let name = |n| row.as_ref().column_name(n).unwrap_or_default();
        let failed = columns.next.saturating_sub(1);
        let what = format!("{e} ({} {}, column {})", name(0), key(row), name(failed));
        let table = sql.split_once("FROM ").map_or("", |(_, from)| from);
        let table = table.split([' ', ')']).next().unwrap_or_default();
        DbError::BadRow { table, what }
    })
}

/// Returns the first value of a row, which identifies it, as a text.
pub(super) fn key(row: &rusqlite::Row<'_>) -> String {
    match row.get_ref(0) {
        Ok(ValueRef::Integer(i)) => i.to_string(),
        Ok(ValueRef::Text(t)) => String::from_utf8_lossy(t).into_owned(),
        Ok(ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => String::new(),
    }
}

/// The columns of a row that are not yet read.
struct Columns<'r, 'stmt> {
    row: &'r rusqlite::Row<'stmt>,
    next: usize,
    /// The struct field to read.
    field: Option<&'static str>,
}

impl<'r> Columns<'r, '_> {
    fn peek(&self) -> Result<ValueRef<'r>, ColumnError> {
        self.row.get_ref(self.next).map_err(ColumnError::custom)
    }

    fn take(&mut self) -> Result<ValueRef<'r>, ColumnError> {
        let value = self.peek()?;
        if cfg!(debug_assertions)
            && let (Some(field), Ok(column)) = (self.field, self.row.as_ref().column_name(self.next))
        {
            let is_same = column == field || column.strip_suffix("_id") == Some(field);
            assert!(is_same, "column {column} is read into field {field}");
        }
        self.next += 1;
        Ok(value)
    }

    fn take_text(&mut self) -> Result<&'r str, ColumnError> {
        self.take()?.as_str().map_err(ColumnError::custom)
    }
}

impl<'de> Deserializer<'de> for &mut Columns<'de, '_> {
    type Error = ColumnError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        let mut json = serde_json::Deserializer::from_str(self.take_text()?);
        let value = json.deserialize_any(visitor).map_err(ColumnError::custom)?;
        json.end().map(|()| value).map_err(ColumnError::custom)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        visitor.visit_i64(self.take()?.as_i64().map_err(ColumnError::custom)?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        visitor.visit_bool(self.take()?.as_i64().map_err(ColumnError::custom)? != 0)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        visitor.visit_borrowed_str(self.take_text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        visitor.visit_borrowed_bytes(self.take()?.as_blob().map_err(ColumnError::custom)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ColumnError> {
        if self.peek()? == ValueRef::Null {
            self.take()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ColumnError> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.take_text()?))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ColumnError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, ColumnError> {
        visitor.visit_seq(Fields {
            columns: self,
            names: &[],
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ColumnError> {
        visitor.visit_seq(Fields { columns: self, names })
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 f64 char byte_buf unit unit_struct seq tuple_struct map identifier ignored_any
    }
}

/// The fields of a struct, or the elements of a tuple, which have no names.
struct Fields<'a, 'r, 'stmt> {
    columns: &'a mut Columns<'r, 'stmt>,
    names: &'static [&'static str],
}

impl<'r> SeqAccess<'r> for Fields<'_, 'r, '_> {
    type Error = ColumnError;

    fn next_element_seed<S: DeserializeSeed<'r>>(&mut self, seed: S) -> Result<Option<S::Value>, ColumnError> {
        self.columns.field = self.names.split_off_first().copied();
        seed.deserialize(&mut *self.columns).map(Some)
    }
}
