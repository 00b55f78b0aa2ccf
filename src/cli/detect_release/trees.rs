//! What trees say of themselves, read from where the config says that they lie.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::Config;
use crate::model::ids::CategoryId;
use crate::model::names::Name;
use crate::release::Witness;
use crate::sys;

/// Reads below the local `path` of each category. A category without one has no evidence.
pub(super) fn witness(config: &Config, categories: BTreeMap<CategoryId, Name>) -> Witness<'static> {
    let tops: BTreeMap<CategoryId, PathBuf> = categories
        .into_iter()
        .filter_map(|(id, name)| {
            let top = &config.category(name.as_str())?.path;
            (!top.as_os_str().is_empty()).then(|| (id, top.clone()))
        })
        .collect();
    Witness::new(move |category, path, cap| sys::beneath::read(tops.get(&category)?, &path.to_bytes(), cap).ok())
}
