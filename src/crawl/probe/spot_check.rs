//! Comparison of what a mirror lists with what it serves.
//!
//! Directory indexes and rsync listings name files without serving them. An index may come from a cache in front of a mirror whose disk
//! is gone, a listing may be of another tree than the web server's, and both may name files that nobody can read. Therefore one file of
//! some of the listed directories is requested. If it is missing or has another length, that source is discarded for the rest of the
//! probe, and the directories that it listed are probed file by file.

use rand::seq::IndexedRandom as _;

use super::Target;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{Expected, ProbeResult};
use crate::crawl::tree::bitmap_index;
use crate::model::plan::{Finding, PlannedFile};

/// The interval of listed directories at which one is verified; the first always is.
const SAMPLE_INTERVAL: u64 = 16;
/// The most verified directories of a large category, spread over it.
const MAX_SAMPLES: u64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListingSource {
    Index,
    Rsync,
}

/// Selects the listed directories that are verified.
#[derive(Debug)]
pub(super) struct SpotChecker {
    interval: u64,
    /// The number of directories until the next one that is verified.
    left: u64,
    /// Directories whose files were taken from an index, by position.
    from_indexes: Vec<usize>,
    /// Directories from a discarded source must be probed again.
    pub(super) needs_reprobe: bool,
}

impl SpotChecker {
    /// `wanted` is the number of directories to probe.
    pub(super) fn new(wanted: u64) -> Self {
        Self {
            interval: SAMPLE_INTERVAL.max(wanted / MAX_SAMPLES),
            left: 0,
            from_indexes: Vec::new(),
            needs_reprobe: false,
        }
    }

    const fn is_due(&self) -> bool {
        self.left == 0
    }

    const fn accept(&mut self, is_verified: bool) {
        self.left = if is_verified {
            self.interval - 1
        } else {
            self.left.saturating_sub(1)
        };
    }
}

/// Selects the files that are listed with the expected size.
fn candidates<'a>(expected: &Expected<'a>, listed: &[(usize, ProbeResult)]) -> Vec<(PlannedFile<'a>, u64)> {
    let good = |(position, seen): &(usize, ProbeResult)| {
        let file = expected.files.get(*position)?;
        let size = file.size?;
        (*seen == ProbeResult::Present(Some(size))).then_some((*file, size))
    };
    listed.iter().filter_map(good).collect()
}

impl CategoryProber<'_> {
    /// Returns true if the files that `source` lists in a directory can be relied on. Otherwise the source is discarded.
    pub(super) fn verify_listing(
        &mut self,
        source: ListingSource,
        target: &Target<'_>,
        listed: &[(usize, ProbeResult)],
    ) -> Result<bool, Interruption> {
        // Directories that are unreadable on the master are not requested.
        if self.transport.urls.is_empty() || !target.expected.readable {
            return Ok(true);
        }
        let mismatch = match candidates(&target.expected, listed).choose(&mut rand::rng()) {
            Some((file, size)) if self.spot_check.is_due() => self.find_mismatch(target, *file, *size)?,
            Some(_) | None => {
                self.spot_check.accept(false);
                None
            }
        };
        let Some((size, received)) = mismatch else {
            if source == ListingSource::Index {
                self.spot_check.from_indexes.push(target.at);
            }
            return Ok(true);
        };
        let (code, name) = match source {
            ListingSource::Index => ("index-mismatch", "directory index"),
            ListingSource::Rsync => ("rsync-mismatch", "rsync listing"),
        };
        let expected = format!("{size} bytes, as in the {name}");
        let finding = Finding::new(&self.transport.address, code, expected, received);
        self.probe.category_findings.push(finding);
        self.discard_source(source);
        Ok(false)
    }

    /// Requests one file. Returns its listed size and what was served, if it is missing or has another length.
    fn find_mismatch(
        &mut self,
        target: &Target<'_>,
        file: PlannedFile<'_>,
        size: u64,
    ) -> Result<Option<(u64, String)>, Interruption> {
        let received = match self.probe_file(target.path, file)? {
            ProbeResult::Absent(status) => format!("status {status}"),
            ProbeResult::Present(Some(length)) if length != size => format!("{length} bytes"),
            ProbeResult::Present(_) => {
                self.spot_check.accept(true);
                return Ok(None);
            }
            // The next directory is verified instead.
            ProbeResult::Unclear(_) => return Ok(None),
        };
        Ok(Some((size, received)))
    }

    fn discard_source(&mut self, source: ListingSource) {
        let positions: Vec<usize> = match source {
            ListingSource::Index => {
                self.traits.disable_indexes();
                std::mem::take(&mut self.spot_check.from_indexes)
            }
            // Its absences are discarded, too.
            ListingSource::Rsync => {
                self.listing = None;
                (0..self.probe.results.len()).collect()
            }
        };
        for at in positions {
            self.responded.remove(bitmap_index(at));
            if let Some(DirectoryResult::Classified(_) | DirectoryResult::BelowMissing | DirectoryResult::BelowClosed) =
                self.probe.results.get(at)
            {
                self.probe.results.set(at, DirectoryResult::NotProbed);
                self.spot_check.needs_reprobe = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_directory_is_verified_and_at_most_a_hundred() {
        for (wanted, every) in [(1, 16), (1_600, 16), (1_700, 17), (60_000, 600)] {
            let mut checker = SpotChecker::new(wanted);
            let verified: Vec<u64> = (0..wanted)
                .filter(|_| {
                    let due = checker.is_due();
                    checker.accept(due);
                    due
                })
                .collect();
            let expected: Vec<u64> = (0..wanted).step_by(every).collect();
            assert_eq!(verified, expected, "{wanted}");
            assert!(verified.len() <= 100 || wanted <= 1_600);
        }
    }

    #[test]
    fn only_files_with_the_expected_size_are_candidates() {
        let file = |name, size| PlannedFile { name, size };
        let files = vec![
            file("a", Some(1)),
            file("b", None),
            file("c", Some(3)),
            file("d", Some(4)),
        ];
        let expected = Expected {
            readable: true,
            files,
            repomd: None,
        };
        let listed = [
            (0, ProbeResult::Present(Some(1))),
            (1, ProbeResult::Present(Some(2))),
            (2, ProbeResult::Present(Some(7))),
            (3, ProbeResult::Absent(404)),
            (9, ProbeResult::Present(Some(1))),
        ];
        assert_eq!(candidates(&expected, &listed), [(file("a", Some(1)), 1)]);
        assert_eq!(candidates(&expected, &[(3, ProbeResult::Present(None))]), []);
    }
}
