//! The manifest: which files a generation has, and its ID.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::model::Timestamp;

/// The first line of every manifest: what it is, and its format.
const HEADER: &str = "mirrormanager-manifest 1";

/// The ID of a generation: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GenerationId(String);

impl GenerationId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for GenerationId {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        if s.len() == 16 && is_hex(s) {
            Ok(Self(s.to_owned()))
        } else {
            Err(format!(
                "{s:?} is no generation ID; it has 16 digits of 0-9 and a-f, such as 0123456789abcdef"
            ))
        }
    }
}

impl TryFrom<String> for GenerationId {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<GenerationId> for String {
    fn from(id: GenerationId) -> Self {
        id.0
    }
}

fn is_hex(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// One file of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its path below the generation: components without blanks or control characters, none of them empty or dots.
    pub path: String,
}

impl ManifestEntry {
    /// The entry of a file that holds `bytes`.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        Self {
            sha256: hex::encode(Sha256::digest(bytes)),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            path: path.to_owned(),
        }
    }
}

impl fmt::Display for ManifestEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}  {}", self.sha256, self.size, self.path)
    }
}

/// The manifest of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The generation.
    pub id: GenerationId,
    /// When its content was found to be up to date.
    pub as_of: Timestamp,
    /// All files but the manifest itself, sorted by path.
    pub files: Vec<ManifestEntry>,
}

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// It is something else, or of a later format.
    #[error("it does not begin with the line \"{HEADER}\"; it may come from a newer mirrormanager")]
    Header,
    /// A line is not what stands at that place in a manifest.
    #[error("line {0} is malformed")]
    Line(usize),
    /// It was cut or changed.
    #[error("its files add up to generation {found}, it says {said}; it was changed after it was written")]
    Id {
        /// What it says.
        said: GenerationId,
        /// What its lines give.
        found: GenerationId,
    },
}

impl Manifest {
    /// The manifest of `files`, sorted by path.
    pub(crate) fn of(files: Vec<ManifestEntry>, as_of: Timestamp) -> Self {
        Self {
            id: id_of(&files),
            as_of,
            files,
        }
    }

    /// The entry of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&ManifestEntry> {
        let at = self.files.binary_search_by(|e| e.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }
}

/// The ID that the lines of `files` give.
fn id_of(files: &[ManifestEntry]) -> GenerationId {
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
        let said: GenerationId = lines
            .next()
            .and_then(|l| l.strip_prefix("generation "))
            .and_then(|v| v.parse().ok())
            .ok_or(ManifestError::Line(2))?;
        let as_of = lines
            .next()
            .and_then(|l| l.strip_prefix("as_of "))
            .and_then(|v| v.parse().ok())
            .map(Timestamp)
            .ok_or(ManifestError::Line(3))?;
        let mut files: Vec<ManifestEntry> = Vec::new();
        for (n, line) in lines.enumerate() {
            let entry = parse_line(line)
                .filter(|e| files.last().is_none_or(|last| last.path < e.path))
                .ok_or(ManifestError::Line(n + 4))?;
            files.push(entry);
        }
        let found = id_of(&files);
        if found != said {
            return Err(ManifestError::Id { said, found });
        }
        Ok(Self { id: said, as_of, files })
    }
}

/// One file line; `None` when it is malformed or its path leads out of the generation.
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
