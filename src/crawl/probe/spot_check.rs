//! Comparison of what a mirror lists with what it serves.
//!
//! Directory indexes and rsync listings name files without serving them. An index may come from a cache in front of a mirror whose disk
//! is gone, a listing may be of another tree than the web server's, and both may name files that nobody can read. Therefore one file of
//! some of the listed directories is requested. If it is missing or has another length, that source is discarded for the rest of the
//! probe, and the directories that it listed are probed file by file.

use super::Target;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{Expected, ProbeResult};
use crate::model::plan::Finding;

/// The interval of listed directories at which one is verified; the first always is.
const SAMPLE_INTERVAL: u64 = 16;
/// The most verified directories of a large category, spread over it.
const MAX_SAMPLES: u64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListingSource {
    /// The index of the directory.
    Index,
    /// The listing of the rsync daemon.
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
    pub(super) const fn new(wanted: u64) -> Self {
        let spread = wanted / MAX_SAMPLES;
        Self {
            interval: if spread > SAMPLE_INTERVAL {
                spread
            } else {
                SAMPLE_INTERVAL
            },
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

/// Selects the files that are listed with the expected size, by position.
fn candidates(expected: &Expected<'_>, listed: &[(usize, ProbeResult)]) -> Vec<(usize, u64)> {
    let good = |(position, seen): &(usize, ProbeResult)| match seen {
        ProbeResult::Present(Some(size)) => {
            let wanted = expected.files.get(*position)?.size?;
            (wanted == *size).then_some((*position, *size))
        }
        ProbeResult::Present(None) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => None,
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
        let all = candidates(&target.expected, listed);
        let mismatch = if self.spot_check.is_due() && !all.is_empty() {
            match all.get(rand::random_range(0..all.len())) {
                Some((position, size)) => self.find_mismatch(target, *position, *size)?,
                None => None,
            }
        } else {
            self.spot_check.accept(false);
            None
        };
        let Some(finding) = mismatch else {
            if source == ListingSource::Index {
                self.spot_check.from_indexes.push(target.at);
            }
            return Ok(true);
        };
        let (reason, name) = match source {
            ListingSource::Index => ("index-mismatch", "directory index"),
            ListingSource::Rsync => ("rsync-mismatch", "rsync listing"),
        };
        self.category_findings.push(Finding {
            reason: reason.to_owned(),
            expected: format!("{}, as in the {name}", finding.expected),
            ..finding
        });
        self.discard_source(source);
        Ok(false)
    }

    /// Requests one file. Returns a finding if it is missing or has another length than `size`.
    fn find_mismatch(
        &mut self,
        target: &Target<'_>,
        position: usize,
        size: u64,
    ) -> Result<Option<Finding>, Interruption> {
        let Some(file) = target.expected.files.get(position) else {
            return Ok(None);
        };
        let seen = match self.probe_file(target.path, *file)? {
            ProbeResult::Absent(status) => format!("status {status}"),
            ProbeResult::Present(Some(length)) if length != size => format!("{length} bytes"),
            ProbeResult::Present(_) => {
                self.spot_check.accept(true);
                return Ok(None);
            }
            // The next directory is verified instead.
            ProbeResult::Unclear(_) => return Ok(None),
        };
        Ok(Some(Finding {
            directory: None,
            url: self.transport.address.clone(),
            reason: String::new(),
            expected: format!("{size} bytes"),
            seen,
        }))
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
                (0..self.results.len()).collect()
            }
        };
        for at in positions {
            if let Ok(at) = u32::try_from(at) {
                self.responded.remove(at);
            }
            match self.results.get(at) {
                Some(DirectoryResult::Classified(_) | DirectoryResult::BelowMissing | DirectoryResult::BelowClosed) => {
                    self.results.set(at, DirectoryResult::NotProbed);
                    self.spot_check.needs_reprobe = true;
                }
                Some(DirectoryResult::Unchanged | DirectoryResult::Confirmed | DirectoryResult::NotProbed) | None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::PlannedFile;

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
        assert_eq!(candidates(&expected, &listed), [(0, 1)]);
        assert_eq!(candidates(&expected, &[(3, ProbeResult::Present(None))]), []);
    }
}
