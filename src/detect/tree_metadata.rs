//! Compares the metadata of a tree with its path.
//!
//! `.treeinfo` is in the repository directory, `.composeinfo` and `COMPOSE_ID` there or in a directory above. They confirm or
//! contradict version and architecture from the path; the path decides. A missing or unreadable file is ignored. The function
//! that reads a file is an argument, so that this module does no I/O.

use std::collections::BTreeMap;

use serde::Serialize;

use super::explain::RecognizedRepository;
use super::rules::DEVELOPMENT_VERSION;
use crate::formats::composeinfo;
use crate::formats::treeinfo::{self, TreeInfo};
use crate::model::ids::CategoryId;
use crate::model::names::DirPath;

/// Reads a file of a category by its path below the top; `None` if it does not exist, cannot be read, or is longer than the given
/// number of bytes.
pub(crate) type Reader<'a> = dyn FnMut(CategoryId, &DirPath, u64) -> Option<Vec<u8>> + 'a;

/// Result of the comparison of a tree's metadata with its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetadataVerdict {
    /// Same version and architecture.
    Confirms,
    /// Another version or architecture.
    Contradicts,
    /// Nothing that can be compared.
    Silent,
}

/// The statements of one file, compared with its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MetadataFinding {
    /// Path below the top of the category.
    pub file: String,
    #[serde(flatten)]
    pub statement: TreeInfo,
    pub verdict: MetadataVerdict,
    pub reason: Option<String>,
}

/// The metadata files, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MetadataFile {
    TreeInfo,
    ComposeInfo,
    ComposeId,
}

/// Reads the metadata of trees; a file above several repositories is read once.
pub(crate) struct MetadataReader<'a> {
    read: Box<Reader<'a>>,
    known: BTreeMap<(CategoryId, DirPath, MetadataFile), Option<TreeInfo>>,
}

impl<'a> MetadataReader<'a> {
    /// Reads files with this function.
    pub(crate) fn new(read: impl FnMut(CategoryId, &DirPath, u64) -> Option<Vec<u8>> + 'a) -> Self {
        Self {
            read: Box::new(read),
            known: BTreeMap::new(),
        }
    }

    /// Compares the metadata files in and above a directory (`below` the top of its category) with the result of the rules.
    pub(crate) fn check(
        &mut self,
        category: CategoryId,
        below: &DirPath,
        found: &RecognizedRepository,
    ) -> Vec<MetadataFinding> {
        let mut out = Vec::new();
        for (kind, names) in [
            (MetadataFile::TreeInfo, [".treeinfo", "treeinfo"].as_slice()),
            (MetadataFile::ComposeInfo, &[".composeinfo"]),
            (MetadataFile::ComposeId, &["COMPOSE_ID"]),
        ] {
            let mut place = Some(below.clone());
            while let Some(dir) = place {
                let found_statement = names.iter().find_map(|name| {
                    let path = dir.child(name.as_bytes()).ok()?;
                    Some((path.clone(), self.statement(category, path, kind)?))
                });
                if let Some((path, statement)) = found_statement {
                    out.push(compare(&path, statement, found));
                    break;
                }
                // A treeinfo describes its own directory only.
                place = dir.parent().filter(|_| kind != MetadataFile::TreeInfo);
            }
        }
        out
    }

    fn statement(&mut self, category: CategoryId, path: DirPath, kind: MetadataFile) -> Option<TreeInfo> {
        let key = (category, path, kind);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let cap = if kind == MetadataFile::TreeInfo {
            treeinfo::MAX_BYTES
        } else {
            composeinfo::MAX_BYTES
        };
        let statement = (self.read)(category, &key.1, cap).and_then(|bytes| statement(kind, &bytes));
        self.known.insert(key, statement.clone());
        statement
    }
}

fn statement(kind: MetadataFile, bytes: &[u8]) -> Option<TreeInfo> {
    match kind {
        MetadataFile::TreeInfo => treeinfo::parse(bytes),
        // Old composes have the format of a treeinfo.
        MetadataFile::ComposeInfo => composeinfo::parse(bytes).or_else(|| treeinfo::parse(bytes)),
        MetadataFile::ComposeId => composeinfo::parse_id(bytes),
    }
}

/// Compares the statements of a file with the result of the rules.
fn compare(path: &DirPath, statement: TreeInfo, found: &RecognizedRepository) -> MetadataFinding {
    let version = statement
        .version
        .as_deref()
        .and_then(|v| same_version(found.version.as_str(), v));
    // Source packages are in no tree of an architecture.
    let about_arch = !statement.arches.is_empty() && found.arch.as_str() != "source";
    let arch = about_arch.then(|| statement.arches.iter().any(|a| a == found.arch.as_str()));
    let mut why = Vec::new();
    if version == Some(false) {
        let says = statement.version.as_deref().unwrap_or_default();
        why.push(format!("version {says} in the file, but {} in the path", found.version));
    }
    if arch == Some(false) {
        why.push(format!(
            "architecture {} in the file, but {} in the path",
            statement.arches.join(" "),
            found.arch
        ));
    }
    let verdict = match (why.is_empty(), version.or(arch)) {
        (false, _) => MetadataVerdict::Contradicts,
        (true, Some(_)) => MetadataVerdict::Confirms,
        (true, None) => MetadataVerdict::Silent,
    };
    MetadataFinding {
        file: path.to_string(),
        statement,
        verdict,
        reason: (!why.is_empty()).then(|| why.join("; ")),
    }
}

/// True if two names stand for the same version, such as `9-stream` and `9`, `44_Beta` and `44`, or `9` and `9.5` (one is less exact).
/// `None` if they cannot be compared: the rolling version has any number, and a word has none.
fn same_version(path: &str, statement: &str) -> Option<bool> {
    let rolling = statement.eq_ignore_ascii_case("rawhide");
    if path == DEVELOPMENT_VERSION {
        return rolling.then_some(true);
    }
    let numbers = |v: &str| {
        let digits: String = v.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let parts = digits.split('.').filter(|p| !p.is_empty());
        parts.map(|p| p.trim_start_matches('0').to_owned()).collect::<Vec<_>>()
    };
    let (path, statement) = (numbers(path), numbers(statement));
    if path.is_empty() || (statement.is_empty() && !rolling) {
        return None;
    }
    Some(!rolling && path.iter().zip(&statement).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::explain::RuleId;

    fn found(version: &str, arch: &str) -> RecognizedRepository {
        RecognizedRepository {
            rule: RuleId::new("mm.toml", 1, ""),
            version: version.parse().unwrap(),
            arch: arch.parse().unwrap(),
            prefix: None,
            is_test: false,
            display: true,
        }
    }

    #[test]
    fn versions_are_compared_as_far_as_both_go() {
        for (path, statement, want) in [
            ("43", "43", Some(true)),
            ("43", "44", Some(false)),
            ("9-stream", "9", Some(true)),
            ("44_Beta", "44", Some(true)),
            ("9", "9.5", Some(true)),
            ("9.5", "9", Some(true)),
            ("9.5", "9.6", Some(false)),
            ("2027.1", "2027.01", Some(true)),
            ("43", "Rawhide", Some(false)),
            ("development", "Rawhide", Some(true)),
            ("development", "45", None),
            ("1", "ELN", None),
            ("eln", "1", None),
        ] {
            assert_eq!(same_version(path, statement), want, "{path} {statement}");
        }
    }

    #[test]
    fn files_in_and_above_the_directory_are_asked_once() {
        let files: BTreeMap<&str, &str> = BTreeMap::from([
            (
                "43/os/x86_64/.treeinfo",
                "[release]\nversion = 43\n[tree]\narch = aarch64\n",
            ),
            ("43/COMPOSE_ID", "Fedora-42-20260101.0"),
            (
                ".composeinfo",
                r#"{"payload": {"release": {"version": "43"}, "variants": {"E": {"arches": ["x86_64"]}}}}"#,
            ),
        ]);
        let mut reads = Vec::new();
        let mut metadata = MetadataReader::new(|_, path, _| {
            reads.push(path.to_string());
            files.get(path.as_str()).map(|t| t.as_bytes().to_vec())
        });
        let dir = "43/os/x86_64".parse().unwrap();
        let statement = metadata.check(CategoryId(1), &dir, &found("43", "x86_64"));
        let statement: Vec<_> = statement
            .iter()
            .map(|f| (f.file.as_str(), f.verdict, f.reason.as_deref()))
            .collect();
        assert_eq!(
            statement,
            [
                (
                    "43/os/x86_64/.treeinfo",
                    MetadataVerdict::Contradicts,
                    Some("architecture aarch64 in the file, but x86_64 in the path")
                ),
                (".composeinfo", MetadataVerdict::Confirms, None),
                (
                    "43/COMPOSE_ID",
                    MetadataVerdict::Contradicts,
                    Some("version 42 in the file, but 43 in the path")
                ),
            ]
        );
        let other = "43/os/source".parse().unwrap();
        let statement = metadata.check(CategoryId(1), &other, &found("42", "source"));
        let verdicts: Vec<_> = statement.iter().map(|f| f.verdict).collect();
        assert_eq!(verdicts, [MetadataVerdict::Contradicts, MetadataVerdict::Confirms]);
        drop(metadata);
        let again = reads.iter().filter(|r| *r == "43/COMPOSE_ID").count();
        assert_eq!(again, 1, "{reads:?}");
    }

    #[test]
    fn a_tree_without_files_says_nothing() {
        let statement =
            MetadataReader::new(|_, _, _| None).check(CategoryId(1), &DirPath::top(), &found("43", "x86_64"));
        assert!(statement.is_empty());
    }
}
