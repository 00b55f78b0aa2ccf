//! Details (size, time, digests) of the files of one directory: of `repomd.xml`, and of files named by checksum lists.

use std::collections::BTreeMap;

use super::master_metadata::{self, ListedFile};
use crate::formats::{checksum_file, digest, repomd};
use crate::model::file::{Hashes, REPOMD, SampledFile, ScannedDetail};
use crate::model::names::DirPath;
use crate::model::refused::RefusedVersion;
use crate::sys::origin::ReadOutcome;

/// The directory that holds a repository's metadata.
pub(crate) const REPODATA: &str = "repodata";

/// Facts about a directory before its files are read.
#[derive(Debug, Clone)]
pub(crate) struct PreviousDetails<'a> {
    /// True for a `repodata` directory.
    pub repodata: bool,
    /// Digests of `repomd.xml` from the listing.
    pub listed: Option<Hashes>,
    /// Stored details of its files.
    pub stored: &'a [ScannedDetail],
}

/// The details of a directory.
#[derive(Debug, Default)]
pub(super) struct DirectoryDetails {
    /// Those of `repomd.xml`, unless it is refused, and of files in checksum lists.
    pub(super) files: Vec<ScannedDetail>,
    /// The `repomd.xml`, if it must not be offered.
    pub(super) refused: Option<RefusedVersion>,
    /// Problems because of which the next scan reads the directory again.
    pub(super) warnings: Vec<String>,
}

/// Returns the details of a directory with these files (all of them, not the file sample). `read_file` reads a
/// file by its escaped name; files longer than the given number of bytes are unusable.
///
/// Size and time of `repomd.xml` in `files` are replaced by those of the bytes that were hashed, so that the next scan compares
/// with these.
pub(super) fn read_details<E>(
    files: &mut [SampledFile],
    before: &PreviousDetails<'_>,
    read_file: &mut dyn FnMut(&str, u64) -> Result<ReadOutcome, E>,
) -> Result<DirectoryDetails, E> {
    let mut out = DirectoryDetails::default();
    if before.repodata
        && let Some(position) = files.iter().position(|f| f.name == REPOMD && f.size.is_some())
    {
        read_repomd(files, position, before, read_file, &mut out)?;
    }
    let mut named: BTreeMap<String, Hashes> = BTreeMap::new();
    let lists: Vec<String> = files
        .iter()
        .filter(|f| f.size.is_some() && checksum_file::is_checksum_file(&f.name))
        .map(|f| f.name.clone())
        .collect();
    for list in lists {
        match read_file(&list, checksum_file::MAX_BYTES)? {
            ReadOutcome::Absent => {}
            ReadOutcome::Unusable(why) => out.warnings.push(format!("{list} {why}")),
            ReadOutcome::Read { bytes, .. } => {
                for (name, hashes) in checksum_file::parse(&bytes) {
                    merge(named.entry(name).or_default(), hashes);
                }
            }
        }
    }
    for file in files.iter() {
        // Checksum lists contain raw names, `files` escaped ones.
        let name = crate::model::names::percent_decode(&file.name);
        let hashes = std::str::from_utf8(&name).ok().and_then(|n| named.remove(n));
        if let (Some(hashes), Some(size)) = (hashes, file.size)
            && !(before.repodata && file.name == REPOMD)
        {
            out.files.push(ScannedDetail {
                filename: file.name.clone(),
                timestamp: file.timestamp,
                size,
                hashes,
            });
        }
    }
    Ok(out)
}

/// Adds the details of the `repomd.xml` at this position.
fn read_repomd<E>(
    files: &mut [SampledFile],
    position: usize,
    before: &PreviousDetails<'_>,
    read_file: &mut dyn FnMut(&str, u64) -> Result<ReadOutcome, E>,
    out: &mut DirectoryDetails,
) -> Result<(), E> {
    let Some(file) = files.get(position) else {
        return Ok(());
    };
    if let Some(known) = before.unchanged(file) {
        out.files.push(known.clone());
        return Ok(());
    }
    let (bytes, modified) = match read_file(REPOMD, repomd::MAX_BYTES)? {
        ReadOutcome::Absent => return Ok(()),
        ReadOutcome::Unusable(why) => {
            out.warnings.push(format!("{REPOMD} {why}"));
            return Ok(());
        }
        ReadOutcome::Read { bytes, modified } => (bytes, modified),
    };
    let version = ScannedDetail {
        filename: REPOMD.to_owned(),
        timestamp: repomd::timestamp(&bytes),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        hashes: digest::compute_hashes(&bytes),
    };
    let listed = ListedFile {
        size: file.size,
        timestamp: file.timestamp,
        has_digest: before.listed.as_ref().is_none_or(|l| agree(l, &version.hashes)),
        is_from_list: before.listed.is_some(),
    };
    let refusal = master_metadata::find_refusal(&bytes, listed, modified, files);
    if let Some(file) = files.get_mut(position) {
        file.size = Some(version.size);
        file.timestamp = modified.unwrap_or(file.timestamp);
    }
    match refusal {
        None => out.files.push(version),
        Some((reason, explanation)) => {
            out.refused = Some(RefusedVersion {
                version,
                reason,
                explanation,
            });
        }
    }
    Ok(())
}

impl<'a> PreviousDetails<'a> {
    /// Returns the stored version of `repomd.xml` if the listing has its size and no other digest.
    fn unchanged(&self, file: &SampledFile) -> Option<&'a ScannedDetail> {
        let listed = self.listed.as_ref()?;
        let known = self.stored.iter().find(|d| d.filename == REPOMD)?;
        let is_same = agree(listed, &known.hashes) && *listed != Hashes::default();
        (is_same && file.size == Some(known.size)).then_some(known)
    }
}

/// Returns true if the digests that the list has are those of the file.
fn agree(listed: &Hashes, of_file: &Hashes) -> bool {
    let agrees = |a: &Option<String>, b: &Option<String>| a.is_none() || a == b;
    agrees(&listed.md5, &of_file.md5)
        && agrees(&listed.sha1, &of_file.sha1)
        && agrees(&listed.sha256, &of_file.sha256)
        && agrees(&listed.sha512, &of_file.sha512)
}

fn merge(into: &mut Hashes, from: Hashes) {
    into.md5 = from.md5.or(into.md5.take());
    into.sha1 = from.sha1.or(into.sha1.take());
    into.sha256 = from.sha256.or(into.sha256.take());
    into.sha512 = from.sha512.or(into.sha512.take());
}

/// True for a `repodata` directory; the top of a category is not one.
pub(crate) fn is_repodata(path: &DirPath) -> bool {
    path.file_name() == REPODATA
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, size: u64) -> SampledFile {
        SampledFile {
            name: name.to_owned(),
            size: Some(size),
            timestamp: 7,
        }
    }

    /// Details of a directory whose files have these contents, and the names of the files read.
    fn of_files(contents: &[(&str, &str)], before: &PreviousDetails<'_>) -> (Vec<ScannedDetail>, Vec<String>) {
        let mut read = Vec::new();
        let mut files: Vec<SampledFile> = contents
            .iter()
            .map(|(name, text)| file(name, u64::try_from(text.len()).unwrap()))
            .collect();
        let mut read_file = |name: &str, _cap: u64| {
            read.push(name.to_owned());
            let found = contents.iter().find(|(n, _)| *n == name);
            Ok::<_, ()>(found.map_or(ReadOutcome::Absent, |(_, text)| ReadOutcome::Read {
                bytes: text.as_bytes().to_vec(),
                modified: None,
            }))
        };
        let found = read_details(&mut files, before, &mut read_file).unwrap();
        assert!(found.warnings.is_empty());
        let refused = found.refused.map(|r| r.version);
        (found.files.into_iter().chain(refused).collect(), read)
    }

    const NOTHING: PreviousDetails<'static> = PreviousDetails {
        repodata: false,
        listed: None,
        stored: &[],
    };

    #[test]
    fn files_in_checksum_lists_have_details_if_they_exist() {
        let sha256 = "ab".repeat(32);
        let md5 = "cd".repeat(16);
        let text = format!("SHA256 (a.iso) = {sha256}\nSHA256 (gone.iso) = {sha256}\n");
        let sums = format!("{md5}  a.iso\n");
        let (details, _) = of_files(
            &[("x-CHECKSUM", &text), ("MD5SUMS", &sums), ("a.iso", "12345")],
            &NOTHING,
        );
        assert_eq!(details.len(), 1);
        assert_eq!(
            (details[0].filename.as_str(), details[0].size, details[0].timestamp),
            ("a.iso", 5, 7)
        );
        assert_eq!(details[0].hashes.sha256.as_ref(), Some(&sha256));
        assert_eq!(details[0].hashes.md5.as_ref(), Some(&md5));
    }

    #[test]
    fn a_repomd_with_a_known_digest_is_not_read() {
        let text = "<repomd><data><timestamp>5</timestamp></data></repomd>";
        let repodata = PreviousDetails {
            repodata: true,
            ..NOTHING
        };
        let (stored, read) = of_files(&[(REPOMD, text)], &repodata);
        assert_eq!((read.len(), stored[0].timestamp), (1, 5));
        let sha1 = |text: Option<String>| Hashes {
            sha1: text,
            ..Hashes::default()
        };
        let (same, other) = (sha1(stored[0].hashes.sha1.clone()), sha1(Some("00".repeat(20))));
        for (listed, reads) in [(&same, 0), (&other, 1), (&Hashes::default(), 1)] {
            let before = PreviousDetails {
                listed: Some(listed.clone()),
                stored: &stored,
                ..repodata.clone()
            };
            let (details, read) = of_files(&[(REPOMD, text)], &before);
            assert_eq!((details, read.len()), (stored.clone(), reads), "{listed:?}");
        }
    }
}
