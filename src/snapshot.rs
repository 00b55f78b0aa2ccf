//! The snapshot: the data from which a server answers clients, in one file of a generation.
//!
//! [`Snapshot`] is built by `publish`, written with [`Snapshot::encode`] and read with [`Snapshot::decode`]. The file is a
//! header of 52 bytes and one protobuf message (`proto/snapshot.proto`):
//!
//! | bytes | content |
//! |---|---|
//! | 0–7 | `MMSNAPSH` |
//! | 8–11 | format version, big-endian |
//! | 12–19 | length of the message, big-endian |
//! | 20–51 | SHA-256 of bytes 0–19 and the message |
//! | 52– | the message |
//!
//! Every truncation and every flipped bit is detected. Encoding is deterministic: equal data gives equal bytes, without
//! timestamps of writing.
//!
//! Directories are sorted by full name. Their positions in that list ("ordinals") identify them in [`SnapshotRepository`] and
//! in the bitmaps of [`HostCategory`].

use bytes::Buf as _;
use roaring::RoaringBitmap;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::formats::protobuf::FieldError;
use crate::model::memory_budget::{MemoryBudget, OverBudget};
use crate::model::names::{CountryCode, HostName, MirrorUrl, Name, Netblock};

mod check;
pub(crate) mod memory;
mod names;
mod wire;

pub(crate) use check::SnapshotInvalid;

const MAGIC: &[u8; 8] = b"MMSNAPSH";
const HEADER: usize = 52;

/// The format version that is written and read.
pub const FORMAT: u32 = 1;

/// The largest size of a snapshot in bytes; larger ones are rejected.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// The published state: directories, repositories, and the mirrors that are listed for them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Categories, sorted by name.
    pub categories: Vec<SnapshotCategory>,
    /// Directories, sorted by full name, without duplicates. The position in this list is the ordinal of a directory.
    pub directories: Vec<SnapshotDirectory>,
    /// Repositories, sorted by prefix and architecture, without duplicates.
    pub repositories: Vec<SnapshotRepository>,
    /// Redirects, sorted by `from`, without duplicates.
    pub redirects: Vec<Redirect>,
    /// Hosts, sorted by ID, without duplicates.
    pub hosts: Vec<SnapshotHost>,
    /// Host categories, sorted by host and category, without duplicates.
    pub host_categories: Vec<HostCategory>,
    /// Countries of netblocks, which override GeoIP; sorted.
    pub netblock_countries: Vec<(Netblock, CountryCode)>,
    /// Continents of countries, which override the built-in table; sorted.
    pub country_continents: Vec<(CountryCode, String)>,
    /// Countries whose clients get no mirrors; sorted. (Mirrors in these countries are not in the snapshot.)
    pub embargoed: Vec<CountryCode>,
}

/// A part of the master tree that hosts carry as a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotCategory {
    /// The name of the category.
    pub name: Name,
    /// The common beginning of the full names of its directories; may be empty; no slash at either end.
    pub topdir: String,
}

/// A directory that is world-readable on the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDirectory {
    /// The position of its category in [`Snapshot::categories`].
    pub category: u32,
    /// The full name, such as `pub/fedora/linux/releases/43`: the topdir, a slash, the path below it.
    pub name: String,
    /// Files with known hashes; sorted by name, without duplicates.
    pub files: Vec<SnapshotFile>,
    /// Names of known files, including those of `files`; sorted, without duplicates.
    pub known: Vec<String>,
    /// True if `known` names every file, so that requests for other files are answered with 404.
    pub complete: bool,
}

/// A file with known hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The name of the file.
    pub name: String,
    /// The versions that a metalink offers, newest first.
    pub versions: Vec<FileVersion>,
}

/// One version of a file. A digest that is not known is empty.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FileVersion {
    /// Modification time in epoch seconds; 0 = not known.
    #[prost(int64, tag = "1")]
    pub timestamp: i64,
    /// Size in bytes; 0 = not known.
    #[prost(uint64, tag = "2")]
    pub size: u64,
    /// MD5 digest, 16 bytes or empty.
    #[prost(bytes = "vec", tag = "3")]
    pub md5: Vec<u8>,
    /// SHA-1 digest, 20 bytes or empty.
    #[prost(bytes = "vec", tag = "4")]
    pub sha1: Vec<u8>,
    /// SHA-256 digest, 32 bytes or empty.
    #[prost(bytes = "vec", tag = "5")]
    pub sha256: Vec<u8>,
    /// SHA-512 digest, 64 bytes or empty.
    #[prost(bytes = "vec", tag = "6")]
    pub sha512: Vec<u8>,
}

/// A repository that clients request with `repo=prefix&arch=arch`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SnapshotRepository {
    /// The value of `repo=` in requests.
    #[prost(string, tag = "1")]
    pub prefix: String,
    /// The value of `arch=` in requests.
    #[prost(string, tag = "2")]
    pub arch: String,
    /// The ordinal of its directory; `None` only if it is disabled.
    #[prost(uint32, optional, tag = "3")]
    pub directory: Option<u32>,
    /// True if responses state that the repository is disabled.
    #[prost(bool, tag = "4")]
    pub disabled: bool,
}

/// An alias of a repository prefix.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Redirect {
    /// The prefix that clients request.
    #[prost(string, tag = "1")]
    pub from: String,
    /// The prefix that is answered instead.
    #[prost(string, tag = "2")]
    pub to: String,
}

/// A host that is listed for at least one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotHost {
    /// The ID in the registry.
    pub id: i64,
    /// The name of the host.
    pub name: HostName,
    /// The country of the host.
    pub country: Option<CountryCode>,
    /// The weight in the weighted shuffle, in Mbit/s.
    pub bandwidth: u32,
    /// True if it is returned only to clients in its netblocks and ASNs.
    pub private: bool,
    /// True if it is connected to Internet2.
    pub internet2: bool,
    /// The largest number of connections per client.
    pub max_connections: u32,
    /// The autonomous system of the host.
    pub asn: Option<u32>,
    /// True if clients in that AS are sent to it first.
    pub asn_clients: bool,
    /// Other autonomous systems whose clients are sent to it first; sorted.
    pub peer_asns: Vec<u32>,
    /// Netblocks whose clients are sent to it first; sorted.
    pub netblocks: Vec<Netblock>,
    /// The only countries whose clients are sent to it, unless empty; sorted.
    pub allowed: Vec<CountryCode>,
    /// Countries whose clients are not sent to it; sorted.
    pub denied: Vec<CountryCode>,
}

/// One category on one host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostCategory {
    /// The position of the host in [`Snapshot::hosts`].
    pub host: u32,
    /// The position of the category in [`Snapshot::categories`].
    pub category: u32,
    /// Public URLs, sorted by protocol (https, http, ftp, rsync) and then by age.
    pub urls: Vec<MirrorUrl>,
    /// Ordinals of the directories that it is listed for, all in this category.
    pub listed: RoaringBitmap,
}

/// Returns the full name of a directory: topdir, slash, path below it.
pub(crate) fn full_name(topdir: &str, path: &str) -> String {
    let separator = if topdir.is_empty() || path.is_empty() { "" } else { "/" };
    [topdir, separator, path].concat()
}

impl SnapshotHost {
    /// Returns the autonomous systems whose clients are sent to the host first.
    pub(crate) fn client_asns(&self) -> impl Iterator<Item = u32> {
        let own = self.asn.filter(|_| self.asn_clients);
        own.into_iter().chain(self.peer_asns.iter().copied())
    }
}

impl SnapshotDirectory {
    /// Creates a directory without known files.
    pub fn new(category: u32, name: impl Into<String>) -> Self {
        Self {
            category,
            name: name.into(),
            files: Vec::new(),
            known: Vec::new(),
            complete: false,
        }
    }
}

/// The reason why bytes are rejected as a snapshot.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The header is too short or does not begin with the magic bytes.
    #[error("not a snapshot: it does not begin with MMSNAPSH and a complete header")]
    NoSnapshot,
    /// The file is larger than [`MAX_BYTES`].
    #[error("snapshot has {0} bytes, more than the limit of {MAX_BYTES}")]
    TooLarge(u64),
    /// The file was written in another format version.
    #[error("snapshot has format {0}, this program reads format {FORMAT}; upgrade the servers before the publisher")]
    Format(u32),
    /// The message is truncated, or followed by other bytes.
    #[error("snapshot has {found} bytes, its header announces {announced}")]
    Length {
        /// The length in the header.
        announced: u64,
        /// The length of the message.
        found: u64,
    },
    /// The checksum in the header does not match.
    #[error("snapshot is corrupt: checksum mismatch")]
    Checksum,
    /// The checksum matches, but the message cannot be decoded, or only with too much memory.
    #[error("snapshot cannot be decoded: {0}")]
    Decode(#[from] FieldError),
    /// The decoded data is inconsistent.
    #[error("snapshot is inconsistent: {0}")]
    Invalid(#[from] SnapshotInvalid),
}

impl From<OverBudget> for SnapshotError {
    fn from(over: OverBudget) -> Self {
        Self::Decode(over.into())
    }
}

impl Snapshot {
    /// Returns the path of a directory below the topdir of its category.
    pub(crate) fn subpath<'d>(&self, d: &'d SnapshotDirectory) -> &'d str {
        let category = usize::try_from(d.category).ok().and_then(|n| self.categories.get(n));
        let below = category.and_then(|c| d.name.strip_prefix(&*c.topdir));
        below.unwrap_or(&d.name).trim_start_matches('/')
    }

    /// Returns the bytes of the file. Fails for a snapshot that [`Self::decode`] would reject.
    pub fn encode(&self) -> Result<Vec<u8>, SnapshotInvalid> {
        self.check()?;
        let body = wire::encode(self)?;
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let mut out = Vec::with_capacity(body.len() + HEADER);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        let digest = Sha256::new().chain_update(&out).chain_update(&body).finalize();
        out.extend_from_slice(&digest);
        out.extend_from_slice(&body);
        Ok(out)
    }

    /// Decodes and checks the bytes of a file, within the budget of a file of this size.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        Self::decode_within(bytes, &mut MemoryBudget::for_file(bytes.len()))
    }

    /// Decodes and checks the bytes of a file. The budget is also used for the index that is built from the snapshot.
    pub(crate) fn decode_within(bytes: &[u8], budget: &mut MemoryBudget) -> Result<Self, SnapshotError> {
        let total = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if total > MAX_BYTES {
            return Err(SnapshotError::TooLarge(total));
        }
        let (header, body) = bytes.split_first_chunk::<HEADER>().ok_or(SnapshotError::NoSnapshot)?;
        let (signed, digest) = header.split_at(HEADER - 32);
        let mut numbers = signed.strip_prefix(MAGIC).ok_or(SnapshotError::NoSnapshot)?;
        let (format, announced) = (numbers.get_u32(), numbers.get_u64());
        if format != FORMAT {
            return Err(SnapshotError::Format(format));
        }
        let found = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if found != announced {
            return Err(SnapshotError::Length { announced, found });
        }
        let sum = Sha256::new().chain_update(signed).chain_update(body).finalize();
        if sum.as_slice() != digest {
            return Err(SnapshotError::Checksum);
        }
        let snapshot = wire::decode(body, budget)?;
        snapshot.check()?;
        Ok(snapshot)
    }
}

pub mod generation;
pub mod publication;
#[cfg(test)]
pub(crate) mod tests;
