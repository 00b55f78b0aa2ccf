//! The statements of each entity, composed from its fields. SELECT returns the row's id and the fields, in the order of
//! [`Entity::fields`]. Parameters are the written fields in this order; UPDATE has the id after them, DELETE only the id.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use itertools::Itertools;

use crate::registry::entity::{Entity, Field, FieldType};

/// The statements of an entity.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) select: String,
    pub(super) insert: String,
    pub(super) update: String,
    pub(super) delete: String,
    /// Gives a row another id: $1 = the new one, $2 = the one it has.
    pub(super) set_id: String,
}

/// Returns the statements of an entity.
#[expect(clippy::indexing_slicing, reason = "the map has all entities")]
pub(super) fn statements(entity: Entity) -> &'static Statements {
    static ALL: LazyLock<BTreeMap<Entity, Statements>> =
        LazyLock::new(|| Entity::ALL.iter().map(|e| (*e, Statements::new(*e))).collect());
    &ALL[&entity]
}

impl Statements {
    fn new(entity: Entity) -> Self {
        let (table, fields) = (entity.table(), entity.fields());
        let selected = fields.iter().map(|f| selected(entity, f)).join(", ");
        let added = fields.iter().filter(|f| f.is_stored_by_add()).collect_vec();
        let (columns, values): (Vec<_>, Vec<_>) = added.iter().filter_map(|f| written(entity, f)).unzip();
        let insert = format!(
            "INSERT INTO {table} ({}) VALUES ({}) RETURNING id",
            columns.join(", "),
            values.join(", ")
        );
        let changed = fields.iter().filter(|f| f.is_stored_by_set()).collect_vec();
        let assignments = changed.iter().filter_map(|f| written(entity, f));
        let assignments = assignments.map(|(column, value)| assignment(entity, &column, &value));
        let update = format!(
            "UPDATE {table} SET {} WHERE id = ${}",
            assignments.format(", "),
            changed.len() + 1
        );
        Self {
            select: format!("SELECT id, {selected} FROM {table} AS t ORDER BY id"),
            insert: with_parameters(insert, &added),
            update: with_parameters(update, &changed),
            delete: format!("DELETE FROM {table} WHERE id = $1"),
            set_id: format!("UPDATE {table} SET id = $1 WHERE id = $2"),
        }
    }
}

/// Replaces each `{field}` by its parameter.
fn with_parameters(sql: String, fields: &[&Field]) -> String {
    fields.iter().zip(1..).fold(sql, |sql, (field, n)| {
        sql.replace(&format!("{{{}}}", field.name), &format!("${n}"))
    })
}

/// Returns the expression that reads a field of the row `t`.
fn selected(entity: Entity, field: &Field) -> String {
    let expression = match (entity, field.name) {
        (Entity::Url, "host") => {
            "(SELECT h.name FROM host_category hc JOIN host h ON h.id = hc.host_id WHERE hc.id = t.host_category_id)"
        }
        (Entity::Url, "category") => {
            "(SELECT c.name FROM host_category hc JOIN category c ON c.id = hc.category_id \
             WHERE hc.id = t.host_category_id)"
        }
        (Entity::Repository, "repo") => "coalesce(prefix, name)",
        (Entity::Repository, "product") => {
            "(SELECT p.name FROM version v JOIN product p ON p.id = v.product_id WHERE v.id = t.version_id)"
        }
        (Entity::Repository, "version") => "(SELECT name FROM version WHERE id = t.version_id)",
        (Entity::Repository, "directory") => "(SELECT path FROM directory WHERE id = t.directory_id)",
        (Entity::Repository, "has_directory") => "directory_id IS NOT NULL",
        (_, _) => match referenced_table(field) {
            Some(to) => return format!("(SELECT name FROM {to} WHERE id = t.{to}_id)"),
            None => field.column,
        },
    };
    expression.to_owned()
}

/// Returns the column that a field is written to, and its value, in which `{name}` is the value of a field. `None` for a
/// field that is part of the value of another one.
fn written(entity: Entity, field: &Field) -> Option<(String, String)> {
    let (column, value) = match (entity, field.name) {
        (Entity::Url, "category") | (Entity::Repository, "product") => return None,
        (Entity::Url, "host") => (
            "host_category_id",
            "(SELECT hc.id FROM host_category hc JOIN host h ON h.id = hc.host_id \
             JOIN category c ON c.id = hc.category_id WHERE h.name = {host} AND c.name = {category})",
        ),
        (Entity::Repository, "version") => (
            "version_id",
            "(SELECT v.id FROM version v JOIN product p ON p.id = v.product_id \
             WHERE p.name = {product} AND v.name = {version})",
        ),
        (Entity::Repository, "directory") => (
            "directory_id",
            "(SELECT d.id FROM directory d JOIN category c ON c.id = d.category_id \
             WHERE c.name = {category} AND d.path = {directory})",
        ),
        (_, name) => {
            return Some(match referenced_table(field) {
                Some(to) => (
                    format!("{to}_id"),
                    format!("(SELECT id FROM {to} WHERE name = {{{name}}})"),
                ),
                None => (field.column.to_owned(), format!("{{{name}}}")),
            });
        }
    };
    Some((column.to_owned(), value.to_owned()))
}

/// Returns what UPDATE sets.
fn assignment(entity: Entity, column: &str, value: &str) -> String {
    match (entity, column) {
        (Entity::Host, "user_active") => format!(
            "user_active = {value}, \
             crawl_failures = CASE WHEN {value} AND NOT user_active THEN 0 ELSE crawl_failures END"
        ),
        // A repository that keeps its category and path keeps its directory, whichever category that lies in.
        (Entity::Repository, "directory_id") => format!(
            "directory_id = CASE WHEN category_id = (SELECT id FROM category WHERE name = {{category}}) \
             AND (SELECT path FROM directory WHERE id = directory_id) = {{directory}} THEN directory_id ELSE {value} END"
        ),
        (_, _) => format!("{column} = {value}"),
    }
}

fn referenced_table(field: &Field) -> Option<&'static str> {
    if let FieldType::Ref(entity) = field.kind {
        Some(entity.table())
    } else {
        None
    }
}
