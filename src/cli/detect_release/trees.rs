//! What trees say of themselves, read from where the config says that they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::Config;
use crate::detect::MetadataReader;
use crate::model::ids::CategoryId;
use crate::model::names::{DirPath, Name, unescape_name};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::{MasterSource, OriginError, ReadOutcome};

/// The longest that a distant master may take for one file.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads below the top of each category, on this machine or elsewhere. A category of which the config says nothing has no
/// evidence, and neither has a file that cannot be read: it would only have confirmed what the path says.
pub(super) fn metadata_reader(config: &Config, categories: BTreeMap<CategoryId, Name>) -> MetadataReader<'static> {
    let agent = Agent::new(&HttpLimits {
        user_agent: config.user_agent(),
        connections: 1,
        connect: PATIENCE,
        total: PATIENCE,
        // The address is the admin's own.
        allow_private: true,
    });
    let origins: BTreeMap<CategoryId, MasterSource> = categories
        .into_iter()
        .filter_map(|(id, name)| {
            let category = config.category(name.as_str())?;
            Some((id, MasterSource::of(&category.path, &category.files, &agent)?))
        })
        .collect();
    // A master that does not answer is asked once.
    let mut silent = BTreeSet::new();
    MetadataReader::new(move |category, path: &DirPath, cap| {
        let origin = origins.get(&category).filter(|_| !silent.contains(&category))?;
        let dir = path.parent()?;
        match origin.read(&dir, &unescape_name(path.file_name()), cap, None) {
            Ok(ReadOutcome::Read { bytes, .. }) => Some(bytes),
            Ok(ReadOutcome::Absent | ReadOutcome::Unusable(_)) | Err(OriginError::Local { .. }) => None,
            Err(error @ (OriginError::Fetch { .. } | OriginError::Status { .. })) => {
                tracing::warn!(%error, "no evidence of this category's trees");
                silent.insert(category);
                None
            }
        }
    })
}
