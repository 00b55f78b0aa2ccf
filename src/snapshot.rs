//! The snapshot: all that a server has to know to answer clients, in one file of a generation.
//!
//! [`Snapshot`] is built whole (by publishing), written with [`Snapshot::encode`] and read with [`Snapshot::decode`]. The
//! file is an envelope of 52 bytes around one protobuf message (`proto/snapshot.proto`):
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `MMSNAPSH` |
//! | 8–11 | format version, big-endian |
//! | 12–19 | length of the message, big-endian |
//! | 20–51 | SHA-256 of bytes 0–19 and the message |
//! | 52– | the message |
//!
//! So every truncation and every flipped bit is refused. The content is a function of what it says: no times of writing, no
//! hash-map order; the same state gives the same bytes.
//!
//! Directories are numbered by their place in the list, which is sorted by full name. All numbers in [`SnapshotRepository`],
//! [`HostCategory`] and the `held` bitmaps are such places ("ordinals").

use roaring::RoaringBitmap;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::names::{CountryCode, HostName, MirrorUrl, Name, Netblock};

mod check;
mod names;
mod wire;

pub use check::SnapshotInvalid;

const MAGIC: &[u8; 8] = b"MMSNAPSH";
const HEADER: usize = 52;

/// The format this program writes.
pub const FORMAT: u32 = 1;

/// A snapshot larger than this is refused unread.
pub const MAX_BYTES: u64 = 1 << 30;

/// Who holds what, at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Sorted by name.
    pub categories: Vec<SnapshotCategory>,
    /// Sorted by full name, none twice: the place in this list is the directory's ordinal.
    pub directories: Vec<SnapshotDirectory>,
    /// Sorted by prefix and architecture, none twice.
    pub repositories: Vec<SnapshotRepository>,
    /// Sorted by `from`, none twice.
    pub redirects: Vec<Redirect>,
    /// Sorted by id, none twice.
    pub hosts: Vec<SnapshotHost>,
    /// Sorted by host and category, none twice.
    pub host_categories: Vec<HostCategory>,
    /// Countries of netblocks, over what GeoIP says; sorted.
    pub netblock_countries: Vec<(Netblock, CountryCode)>,
    /// Continents of countries, over the built-in table; sorted.
    pub country_continents: Vec<(CountryCode, String)>,
    /// Countries whose clients get no mirrors; sorted. (Mirrors there are left out by publishing.)
    pub embargoed: Vec<CountryCode>,
}

/// A tree that mirrors carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotCategory {
    /// Its name.
    pub name: Name,
    /// What its directories' full names begin with; may be empty; no slash at either end.
    pub topdir: String,
}

/// One directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDirectory {
    /// The place of its category in [`Snapshot::categories`].
    pub category: u32,
    /// Its full name, such as `pub/fedora/linux/releases/43`: the topdir, a slash, the path below it.
    pub name: String,
    /// Files of which hashes are known; sorted by name, none twice.
    pub files: Vec<SnapshotFile>,
    /// Names of files known to lie in it, those of `files` among them; sorted, none twice.
    pub known: Vec<String>,
    /// Whether `known` names every file in it, so that a client that asks for another is told 404.
    pub complete: bool,
}

/// A file of which hashes are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its name.
    pub name: String,
    /// What a metalink offers: the newest first, then its alternates.
    pub versions: Vec<FileVersion>,
}

/// One version of a file. Empty digests are not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileVersion {
    /// Timestamp seconds; 0 = not known.
    pub timestamp: i64,
    /// Length in bytes; 0 = not known.
    pub size: u64,
    /// 16 bytes or none.
    pub md5: Vec<u8>,
    /// 20 bytes or none.
    pub sha1: Vec<u8>,
    /// 32 bytes or none.
    pub sha256: Vec<u8>,
    /// 64 bytes or none.
    pub sha512: Vec<u8>,
}

/// What `repo=prefix&arch=arch` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRepository {
    /// What clients send as `repo=`.
    pub prefix: String,
    /// What clients send as `arch=`.
    pub arch: String,
    /// The ordinal of its directory; none only if it is disabled.
    pub directory: Option<u32>,
    /// Clients are told that it is disabled.
    pub disabled: bool,
}

/// An alias of a repository prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// What clients ask for.
    pub from: String,
    /// What they are given.
    pub to: String,
}

/// A mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotHost {
    /// Its row in the registry.
    pub id: i64,
    /// Its name.
    pub name: HostName,
    /// Where it stands.
    pub country: Option<CountryCode>,
    /// Its weight in the draw, in Mbit/s.
    pub bandwidth: u32,
    /// Named only to its netblocks and systems.
    pub private: bool,
    /// Reachable over Internet2.
    pub internet2: bool,
    /// How many connections a client may open.
    pub max_connections: u32,
    /// The autonomous system it stands in.
    pub asn: Option<u32>,
    /// Whether clients of that system are sent to it first.
    pub asn_clients: bool,
    /// Other systems whose clients are sent to it first; sorted.
    pub peer_asns: Vec<u32>,
    /// Netblocks whose clients are sent to it first; sorted.
    pub netblocks: Vec<Netblock>,
    /// If any: only clients of these countries; sorted.
    pub allowed: Vec<CountryCode>,
    /// No clients of these countries; sorted.
    pub denied: Vec<CountryCode>,
}

/// A category that a host carries.
#[derive(Debug, Clone, PartialEq)]
pub struct HostCategory {
    /// The place of the host in [`Snapshot::hosts`].
    pub host: u32,
    /// The place of the category in [`Snapshot::categories`].
    pub category: u32,
    /// Its public URLs, by protocol (https, http, ftp, rsync) and then by age.
    pub urls: Vec<MirrorUrl>,
    /// Ordinals of the directories it is listed for, all of this category.
    pub held: RoaringBitmap,
}

/// The full name of a directory: topdir, slash, path below it.
pub fn full_name(topdir: &str, path: &str) -> String {
    match (topdir.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => topdir.to_owned(),
        (false, false) => format!("{topdir}/{path}"),
    }
}

impl SnapshotDirectory {
    /// A directory of which no files are known.
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

/// Why bytes are no snapshot that can be served.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// Too short, or it begins otherwise.
    #[error("this is no snapshot: it does not begin as one")]
    NoSnapshot,
    /// Larger than [`MAX_BYTES`].
    #[error("the snapshot has {0} bytes, more than the {MAX_BYTES} that are read")]
    TooLarge(u64),
    /// Written in another format.
    #[error("the snapshot has format {0}, this program reads {FORMAT}; upgrade the servers before the publisher")]
    Format(u32),
    /// Cut off, or something stands behind its end.
    #[error("the snapshot says it has {said} bytes, and has {found}")]
    Length {
        /// What its header says.
        said: u64,
        /// What is there.
        found: u64,
    },
    /// A changed bit.
    #[error("the snapshot is damaged: its checksum does not fit")]
    Checksum,
    /// The checksum fits, but it is no such message.
    #[error("the snapshot cannot be decoded: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The message contradicts itself.
    #[error("the snapshot contradicts itself: {0}")]
    Flaw(#[from] SnapshotInvalid),
}

impl Snapshot {
    /// The bytes of the file. Refuses a snapshot that `decode` would refuse.
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

    /// Reads the bytes of the file.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let total = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if total > MAX_BYTES {
            return Err(SnapshotError::TooLarge(total));
        }
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(SnapshotError::NoSnapshot)?;
        if magic != MAGIC {
            return Err(SnapshotError::NoSnapshot);
        }
        let (format, rest) = rest.split_first_chunk::<4>().ok_or(SnapshotError::NoSnapshot)?;
        let (length, rest) = rest.split_first_chunk::<8>().ok_or(SnapshotError::NoSnapshot)?;
        let (digest, body) = rest.split_first_chunk::<32>().ok_or(SnapshotError::NoSnapshot)?;
        let (format_number, said) = (u32::from_be_bytes(*format), u64::from_be_bytes(*length));
        if format_number != FORMAT {
            return Err(SnapshotError::Format(format_number));
        }
        let found = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if found != said {
            return Err(SnapshotError::Length { said, found });
        }
        let sum = Sha256::new()
            .chain_update(magic)
            .chain_update(format)
            .chain_update(length)
            .chain_update(body)
            .finalize();
        if sum.as_slice() != digest {
            return Err(SnapshotError::Checksum);
        }
        let snapshot = wire::decode(body)?;
        snapshot.check()?;
        Ok(snapshot)
    }
}

pub mod generation;
pub mod publication;
#[cfg(test)]
pub(crate) mod tests;
