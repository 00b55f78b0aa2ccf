//! The master tree.

use super::mirrors::name_some;
use super::{Check, Environment};
use crate::db::{DbError, Tx, directory, registry};
use crate::model::count::format_count;

/// Checks for directories that the scanner cannot read: before its day, nobody sees whether a release that is staged there is complete.
pub(super) fn check_unread(_: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    const NAME: &str = "unreadable directories";
    let unread = directory::unread(tx)?;
    if unread.is_empty() {
        return Ok(vec![Check::ok(NAME, "none")]);
    }
    let categories = registry::categories(tx)?;
    let topdir = |id| categories.iter().find(|c| c.id == id).map_or("", |c| c.topdir.as_str());
    let named = name_some(unread.iter().map(|(id, path)| format!("{}/{path}", topdir(*id))));
    let message = format!(
        "the scanner cannot read {} of the master: {named}; a release that is staged there cannot be checked before its day. Let it \
         read them (its group), or name them under `exclude` of the category",
        format_count(unread.len(), "directory")
    );
    Ok(vec![Check::warning(NAME, message)])
}
