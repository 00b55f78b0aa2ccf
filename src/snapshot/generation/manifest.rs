//! The manifest: the list of files of a generation, and its ID.

use std::fmt;
use std::str::FromStr;

use derive_more::Display;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::Timestamp;

/// The first line of a manifest, which names its format.
const HEADER: &str = "mirrormanager-manifest 1";

/// The ID of a generation: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct GenerationId(String);

impl GenerationId {
    /// Returns the digits as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for GenerationId {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        if s.len() == 16 && is_hex(&s) {
            return Ok(Self(s));
        }
        Err(format!(
            "invalid generation ID {s:?}; expected 16 digits of 0-9 and a-f, such as 0123456789abcdef"
        ))
    }
}

impl FromStr for GenerationId {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        s.to_owned().try_into()
    }
}

fn is_hex(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// One file of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Display)]
#[display("{sha256}  {size}  {path}\n")]
pub struct ManifestEntry {
    /// The SHA-256 digest, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The size in bytes.
    pub size: u64,
    /// The path relative to the generation: components without blanks or control characters, not empty, `.` or `..`.
    pub path: String,
}

impl ManifestEntry {
    /// Creates the entry of a file with the content `bytes`.
    pub(crate) fn new(path: &str, bytes: &[u8]) -> Self {
        Self {
            sha256: hex::encode(Sha256::digest(bytes)),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            path: path.to_owned(),
        }
    }
}

/// The manifest of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The ID of the generation.
    pub id: GenerationId,
    /// The last time at which the content was up to date.
    pub as_of: Timestamp,
    /// All files except the manifest itself, sorted by path.
    pub files: Vec<ManifestEntry>,
}

/// The reason why a text is rejected as a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// The first line is not that of a manifest in this format.
    #[error("the first line is not \"{HEADER}\"; the file may come from a newer mirrormanager")]
    Header,
    /// A line is malformed or out of order.
    #[error("line {0} is malformed")]
    Line(usize),
    /// The manifest was truncated or changed.
    #[error("its file lines give generation {found}, not {recorded}; it was changed after it was written")]
    Id {
        /// The ID in the manifest.
        recorded: GenerationId,
        /// The ID computed from the file lines.
        found: GenerationId,
    },
}

impl Manifest {
    /// Creates the manifest of `files`, which are sorted by path.
    pub(crate) fn new(files: Vec<ManifestEntry>, as_of: Timestamp) -> Self {
        Self {
            id: compute_id(&files),
            as_of,
            files,
        }
    }

    /// Returns the entry of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&ManifestEntry> {
        let at = self.files.binary_search_by(|e| e.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }
}

fn compute_id(files: &[ManifestEntry]) -> GenerationId {
    let mut hash = Sha256::new();
    for entry in files {
        hash.update(entry.to_string());
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(16);
    GenerationId(digits)
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\ngeneration {}\nas_of {}", self.id, self.as_of.0)?;
        self.files.iter().try_for_each(|e| e.fmt(f))
    }
}

impl FromStr for Manifest {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(ManifestError::Header);
        }
        let mut header = |key| lines.next().and_then(|line| line.strip_prefix(key));
        let id = header("generation ").and_then(|v| v.parse().ok());
        let recorded: GenerationId = id.ok_or(ManifestError::Line(2))?;
        let as_of = header("as_of ").and_then(|v| v.parse().ok());
        let as_of = Timestamp(as_of.ok_or(ManifestError::Line(3))?);
        let mut files: Vec<ManifestEntry> = Vec::new();
        for (n, line) in lines.enumerate() {
            let entry = parse_line(line)
                .filter(|e| files.last().is_none_or(|last| last.path < e.path))
                .ok_or(ManifestError::Line(n + 4))?;
            files.push(entry);
        }
        let found = compute_id(&files);
        if found != recorded {
            return Err(ManifestError::Id { recorded, found });
        }
        Ok(Self {
            id: recorded,
            as_of,
            files,
        })
    }
}

/// Parses a file line; returns `None` if it is malformed or its path leads out of the generation.
fn parse_line(line: &str) -> Option<ManifestEntry> {
    let (sha256, rest) = line.split_once("  ")?;
    let (size, path) = rest.split_once("  ")?;
    let component = |c: &str| !c.is_empty() && c != "." && c != "..";
    let good = sha256.len() == 64
        && is_hex(sha256)
        && path.split('/').all(component)
        && !path.contains(|c: char| c.is_control() || c.is_whitespace());
    good.then_some(ManifestEntry {
        sha256: sha256.to_owned(),
        size: size.parse().ok()?,
        path: path.to_owned(),
    })
}
