//! Row IDs as types of their own, so that IDs of different tables cannot be confused.

use derive_more::Display;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Display)]
        #[serde(transparent)]
        pub struct $name(pub i64);
    )*};
}

id! {
    /// A row of `product`.
    ProductId;
    /// A row of `version`.
    VersionId;
    /// A row of `arch`.
    ArchId;
    /// A row of `category`.
    CategoryId;
    /// A row of `file_detail`.
    FileDetailId;
    /// A row of `repository`.
    RepositoryId;
    /// A row of `site`.
    SiteId;
    /// A row of `host`.
    HostId;
    /// A row of `host_category`.
    HostCategoryId;
    /// A row of `host_category_url`.
    UrlId;
    /// A row of `run`.
    RunId;
}

/// A row of `directory`. 32 bits, because ids are members of compressed bitmaps; the database refuses to grow past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display)]
#[serde(transparent)]
pub struct DirectoryId(pub u32);

/// The scan sequence of a category: increased by every scan that finds changes. 0 = never scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScanSeq(pub i64);

impl ScanSeq {
    /// Returns the next scan sequence.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
