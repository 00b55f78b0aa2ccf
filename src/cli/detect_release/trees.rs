//! Reads metadata files of trees from the master configured for each category.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cli::run::Context;
use crate::detect::MetadataReader;
use crate::model::ids::CategoryId;
use crate::model::names::{DirPath, percent_decode};
use crate::sys::origin::{OriginError, ReadOutcome};

/// Timeout for one file of a remote master.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns a reader for the trees of these categories, local or remote. A category that is not in the config has no metadata, and a
/// file that cannot be read is ignored.
pub(super) fn metadata_reader(
    ctx: &Context,
    categories: impl IntoIterator<Item = (CategoryId, impl AsRef<str>)>,
) -> MetadataReader<'static> {
    let origins = ctx.masters(categories, &ctx.agent(1, TIMEOUT, TIMEOUT));
    // A master that does not respond is tried once.
    let mut unreachable = BTreeSet::new();
    MetadataReader::new(move |category, path: &DirPath, cap| {
        let origin = origins.get(&category).filter(|_| !unreachable.contains(&category))?;
        let dir = path.parent()?;
        match origin.read(&dir, &percent_decode(path.file_name()), cap, None) {
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
