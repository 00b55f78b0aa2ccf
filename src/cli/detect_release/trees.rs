//! Reads metadata files of trees from the master configured for each category.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::Config;
use crate::detect::MetadataReader;
use crate::model::ids::CategoryId;
use crate::model::names::{DirPath, Name, unescape_name};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::{MasterSource, OriginError, ReadOutcome};

/// Timeout for one file of a remote master.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns a reader for the trees of these categories, local or remote. A category that is not in the config has no metadata, and a
/// file that cannot be read is ignored.
pub(super) fn metadata_reader(config: &Config, categories: BTreeMap<CategoryId, Name>) -> MetadataReader<'static> {
    let agent = Agent::new(&HttpLimits {
        user_agent: config.user_agent(),
        connections: 1,
        connect: TIMEOUT,
        total: TIMEOUT,
        // The URL is from the config.
        allow_private: true,
    });
    let origins: BTreeMap<CategoryId, MasterSource> = categories
        .into_iter()
        .filter_map(|(id, name)| {
            let category = config.category(name.as_str())?;
            Some((
                id,
                MasterSource::from_config(&category.path, &category.files_url, &agent)?,
            ))
        })
        .collect();
    // A master that does not respond is tried once.
    let mut unreachable = BTreeSet::new();
    MetadataReader::new(move |category, path: &DirPath, cap| {
        let origin = origins.get(&category).filter(|_| !unreachable.contains(&category))?;
        let dir = path.parent()?;
        match origin.read(&dir, &unescape_name(path.file_name()), cap, None) {
            Ok(ReadOutcome::Read { bytes, .. }) => Some(bytes),
            Ok(ReadOutcome::Absent | ReadOutcome::Unusable(_)) | Err(OriginError::Local { .. }) => None,
            Err(error @ (OriginError::Fetch { .. } | OriginError::Status { .. })) => {
                tracing::warn!(%error, "cannot read the metadata of this category's trees");
                unreachable.insert(category);
                None
            }
        }
    })
}
