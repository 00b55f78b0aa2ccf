//! What a tree says of itself, against what its path says.
//!
//! `.treeinfo` lies in the repository directory, `.composeinfo` and `COMPOSE_ID` there or above it. They confirm or contradict
//! version and arch of the path; the path decides. Where nothing can be read there is no evidence. How a file is read is handed
//! in, so that this room does no I/O.

use std::collections::BTreeMap;

use serde::Serialize;

use super::explain::Recognised;
use super::rules::DEVELOPMENT_VERSION;
use crate::formats::{composeinfo, treeinfo};
use crate::model::ids::CategoryId;
use crate::model::names::DirPath;

/// Reads a file of a category, by its path below the top, at most so many bytes; `None` when it is not there, cannot be read, or
/// is longer.
pub(crate) type Reader<'a> = dyn FnMut(CategoryId, &DirPath, u64) -> Option<Vec<u8>> + 'a;

/// Whether a tree agrees with its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetadataVerdict {
    /// It says the same.
    Confirms,
    /// It says something else.
    Contradicts,
    /// It says nothing that can be compared.
    Silent,
}

/// What one file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MetadataFinding {
    /// The file, below the top of its category.
    pub file: String,
    /// The product it names.
    pub product: Option<String>,
    /// The version it names.
    pub version: Option<String>,
    /// The arches it names; none = it says nothing of them.
    pub arches: Vec<String>,
    /// What follows from that.
    pub verdict: MetadataVerdict,
    /// Why, when it contradicts.
    pub why: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    product: Option<String>,
    version: Option<String>,
    arches: Vec<String>,
}

/// The kinds of files, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    TreeInfo,
    ComposeInfo,
    ComposeId,
}

/// Asks the trees. Files above several repositories are read once.
pub(crate) struct MetadataReader<'a> {
    read: Box<Reader<'a>>,
    known: BTreeMap<(CategoryId, DirPath, Kind), Option<Statement>>,
}

impl std::fmt::Debug for MetadataReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl<'a> MetadataReader<'a> {
    /// One that reads so.
    pub(crate) fn new(read: impl FnMut(CategoryId, &DirPath, u64) -> Option<Vec<u8>> + 'a) -> Self {
        Self {
            read: Box::new(read),
            known: BTreeMap::new(),
        }
    }

    /// One that knows nothing.
    pub(crate) fn empty() -> Self {
        Self::new(|_, _, _| None)
    }

    /// What the files in and above the directory `below` (the top of its category) say of what was recognised.
    pub(crate) fn about(&mut self, category: CategoryId, below: &DirPath, found: &Recognised) -> Vec<MetadataFinding> {
        let mut out = Vec::new();
        for (kind, names) in [
            (Kind::TreeInfo, [".treeinfo", "treeinfo"].as_slice()),
            (Kind::ComposeInfo, &[".composeinfo"]),
            (Kind::ComposeId, &["COMPOSE_ID"]),
        ] {
            let mut place = Some(below.clone());
            while let Some(dir) = place {
                let said = names.iter().find_map(|name| {
                    let path = dir.child(name.as_bytes()).ok()?;
                    Some((path.clone(), self.statement(category, path, kind)?))
                });
                if let Some((path, statement)) = said {
                    out.push(compare(&path, statement, found));
                    break;
                }
                // A treeinfo speaks of its own directory only.
                place = if kind == Kind::TreeInfo { None } else { dir.parent() };
            }
        }
        out
    }

    fn statement(&mut self, category: CategoryId, path: DirPath, kind: Kind) -> Option<Statement> {
        let key = (category, path, kind);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let cap = if kind == Kind::TreeInfo {
            treeinfo::MAX_BYTES
        } else {
            composeinfo::MAX_BYTES
        };
        let said = (self.read)(category, &key.1, cap).and_then(|bytes| statement(kind, &bytes));
        self.known.insert(key, said.clone());
        said
    }
}

fn statement(kind: Kind, bytes: &[u8]) -> Option<Statement> {
    let of_tree = |t: treeinfo::TreeInfo| Statement {
        product: t.name.or(t.short),
        version: t.version,
        arches: t.arch.into_iter().collect(),
    };
    let of_compose = |c: composeinfo::ComposeInfo| Statement {
        product: c.name.or(c.short),
        version: c.version,
        arches: c.arches.into_iter().collect(),
    };
    match kind {
        Kind::TreeInfo => treeinfo::parse(bytes).map(of_tree),
        // Before it was JSON it had the form of a treeinfo.
        Kind::ComposeInfo => composeinfo::parse(bytes)
            .map(of_compose)
            .or_else(|| treeinfo::parse(bytes).map(of_tree)),
        Kind::ComposeId => composeinfo::of_id(bytes).map(of_compose),
    }
}

/// Compares what a file says with what was recognised.
fn compare(path: &DirPath, said: Statement, found: &Recognised) -> MetadataFinding {
    let version = said
        .version
        .as_deref()
        .and_then(|v| same_version(found.version.as_str(), v));
    // Source packages lie in no tree of an arch.
    let about_arch = !said.arches.is_empty() && found.arch.as_str() != "source";
    let arch = about_arch.then(|| said.arches.iter().any(|a| a == found.arch.as_str()));
    let mut why = Vec::new();
    if version == Some(false) {
        let says = said.version.as_deref().unwrap_or_default();
        why.push(format!("it says version {says}, the path says {}", found.version));
    }
    if arch == Some(false) {
        why.push(format!(
            "it says arch {}, the path says {}",
            said.arches.join(" "),
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
        product: said.product,
        version: said.version,
        arches: said.arches,
        verdict,
        why: (!why.is_empty()).then(|| why.join("; ")),
    }
}

/// Whether two names of a version mean the same: `9-stream` and `9`, `44_Beta` and `44`, `9` and `9.5` (one is less exact) do.
/// `None` when they cannot be compared: the rolling version has any number, and a word is no number.
fn same_version(path: &str, said: &str) -> Option<bool> {
    let rolling = said.eq_ignore_ascii_case("rawhide");
    if path == DEVELOPMENT_VERSION {
        return rolling.then_some(true);
    }
    let numbers = |v: &str| {
        let digits: String = v.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let parts = digits.split('.').filter(|p| !p.is_empty());
        parts.map(|p| p.trim_start_matches('0').to_owned()).collect::<Vec<_>>()
    };
    let (path, said) = (numbers(path), numbers(said));
    if path.is_empty() || (said.is_empty() && !rolling) {
        return None;
    }
    Some(!rolling && path.iter().zip(&said).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::explain::RuleId;

    fn found(version: &str, arch: &str) -> Recognised {
        Recognised {
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
        for (path, said, want) in [
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
            assert_eq!(same_version(path, said), want, "{path} {said}");
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
        let mut witness = MetadataReader::new(|_, path, _| {
            reads.push(path.to_string());
            files.get(path.as_str()).map(|t| t.as_bytes().to_vec())
        });
        let dir = "43/os/x86_64".parse().unwrap();
        let said = witness.about(CategoryId(1), &dir, &found("43", "x86_64"));
        let said: Vec<_> = said
            .iter()
            .map(|f| (f.file.as_str(), f.verdict, f.why.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "43/os/x86_64/.treeinfo",
                    MetadataVerdict::Contradicts,
                    Some("it says arch aarch64, the path says x86_64")
                ),
                (".composeinfo", MetadataVerdict::Confirms, None),
                (
                    "43/COMPOSE_ID",
                    MetadataVerdict::Contradicts,
                    Some("it says version 42, the path says 43")
                ),
            ]
        );
        let other = "43/os/source".parse().unwrap();
        let said = witness.about(CategoryId(1), &other, &found("42", "source"));
        let verdicts: Vec<_> = said.iter().map(|f| f.verdict).collect();
        assert_eq!(verdicts, [MetadataVerdict::Contradicts, MetadataVerdict::Confirms]);
        drop(witness);
        let again = reads.iter().filter(|r| *r == "43/COMPOSE_ID").count();
        assert_eq!(again, 1, "{reads:?}");
    }

    #[test]
    fn a_tree_without_files_says_nothing() {
        let said = MetadataReader::empty().about(CategoryId(1), &DirPath::top(), &found("43", "x86_64"));
        assert!(said.is_empty());
    }
}
