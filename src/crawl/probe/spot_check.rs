//! What a mirror says of itself is held against what it serves.
//!
//! Pages and listings tell what is there without serving it. A page may come from a cache in front of a mirror whose disk is gone, a
//! listing may be of another tree than the one that the web server shows, and both may name what nobody may read. So of those
//! directories that were believed one file each is asked for, now and then. Where it is not there or has another length, that source
//! is believed no more in this look, and what it told is asked for again, file by file.

use super::{DirectoryResult, Interruption, ProbeSession};
use crate::crawl::classify::{Expected, ProbeResult};
use crate::model::plan::Finding;

/// Of so many directories that were believed, one is checked, and the first in any case.
const SAMPLE_INTERVAL: u64 = 16;
/// Of a large category so many at most, spread over it.
const MAX_SAMPLES: u64 = 100;

/// Who told what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListingSource {
    /// The page of the directory.
    Page,
    /// The listing of its rsync daemon.
    Listing,
}

/// What was believed in this look.
#[derive(Debug)]
pub(super) struct SpotChecker {
    every: u64,
    /// Directories until the next that is checked.
    left: u64,
    /// Those that pages told of, by position.
    by_pages: Vec<usize>,
    /// Something that was believed is to be asked for again.
    pub(super) again: bool,
}

impl SpotChecker {
    /// For a look at so many directories.
    pub(super) const fn new(wanted: u64) -> Self {
        let spread = wanted / MAX_SAMPLES;
        Self {
            every: if spread > SAMPLE_INTERVAL {
                spread
            } else {
                SAMPLE_INTERVAL
            },
            left: 0,
            by_pages: Vec::new(),
            again: false,
        }
    }

    /// Whether the next directory that is believed is to be checked.
    const fn is_due(&self) -> bool {
        self.left == 0
    }

    /// One was believed.
    const fn accept(&mut self, checked: bool) {
        self.left = if checked {
            self.every - 1
        } else {
            self.left.saturating_sub(1)
        };
    }
}

/// Which files can tell: those that are said to be there as they should be.
fn candidates(expected: &Expected<'_>, told: &[(usize, ProbeResult)]) -> Vec<(usize, u64)> {
    let good = |(position, seen): &(usize, ProbeResult)| match seen {
        ProbeResult::Present(Some(size)) => {
            let wanted = expected.files.get(*position)?.size?;
            (wanted == *size).then_some((*position, *size))
        }
        ProbeResult::Present(None) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => None,
    };
    told.iter().filter_map(good).collect()
}

impl ProbeSession<'_> {
    /// Whether what `source` told of the files of the directory at `at` may be believed. Where it may not, what it told before in
    /// this look is to be asked for again.
    pub(super) fn verify_listing(
        &mut self,
        source: ListingSource,
        at: usize,
        path: &str,
        expected: &Expected<'_>,
        told: &[(usize, ProbeResult)],
    ) -> Result<bool, Interruption> {
        // What the master keeps closed is not asked for.
        if self.urls.is_empty() || !expected.readable {
            return Ok(true);
        }
        let all = candidates(expected, told);
        let lie = if self.spot_check.is_due() && !all.is_empty() {
            let one = all.get(rand::random_range(0..all.len()));
            self.find_mismatch(path, expected, one)?
        } else {
            self.spot_check.accept(false);
            None
        };
        let Some((file, size, seen)) = lie else {
            if source == ListingSource::Page {
                self.spot_check.by_pages.push(at);
            }
            return Ok(true);
        };
        let (reason, who) = match source {
            ListingSource::Page => ("index-mismatch", "its page"),
            ListingSource::Listing => ("rsync-mismatch", "its listing by rsync"),
        };
        self.out.category_findings.push(Finding {
            directory: None,
            url: file,
            reason: reason.to_owned(),
            expected: format!("{size} bytes, as {who} shows"),
            seen,
        });
        self.discard_source(source);
        Ok(false)
    }

    /// Asks for one file. What is served in its place, where that is something else: its address, its length, what is seen.
    fn find_mismatch(
        &mut self,
        path: &str,
        expected: &Expected<'_>,
        one: Option<&(usize, u64)>,
    ) -> Result<Option<(String, u64, String)>, Interruption> {
        let Some((file, size)) = one.and_then(|(at, size)| Some((expected.files.get(*at)?, *size))) else {
            return Ok(None);
        };
        let seen = match self.file(path, *file)? {
            ProbeResult::Absent(status) => format!("status {status}"),
            ProbeResult::Present(Some(length)) if length != size => format!("{length} bytes"),
            ProbeResult::Present(_) => {
                self.spot_check.accept(true);
                return Ok(None);
            }
            // The next one may tell.
            ProbeResult::Unclear(_) => return Ok(None),
        };
        Ok(Some((self.url.clone(), size, seen)))
    }

    fn discard_source(&mut self, source: ListingSource) {
        let told: Vec<usize> = match source {
            ListingSource::Page => {
                self.pages.disable();
                std::mem::take(&mut self.spot_check.by_pages)
            }
            // Also what it did not show.
            ListingSource::Listing => {
                self.listing = None;
                (0..self.out.results.len()).collect()
            }
        };
        for at in told {
            if let Ok(at) = u32::try_from(at) {
                self.responded.remove(at);
            }
            match self.out.results.get(at) {
                Some(DirectoryResult::Classified(_) | DirectoryResult::BelowMissing | DirectoryResult::BelowClosed) => {
                    self.out.results.set(at, DirectoryResult::NotProbed);
                    self.spot_check.again = true;
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
    fn the_first_is_checked_and_of_many_a_hundred() {
        for (wanted, every) in [(1, 16), (1_600, 16), (1_700, 17), (60_000, 600)] {
            let mut hearsay = SpotChecker::new(wanted);
            let checked: Vec<u64> = (0..wanted)
                .filter(|_| {
                    let due = hearsay.is_due();
                    hearsay.accept(due);
                    due
                })
                .collect();
            let expected: Vec<u64> = (0..wanted).step_by(every).collect();
            assert_eq!(checked, expected, "{wanted}");
            assert!(checked.len() <= 100 || wanted <= 1_600);
        }
    }

    #[test]
    fn only_what_is_said_to_be_as_it_should_can_tell() {
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
        let told = [
            (0, ProbeResult::Present(Some(1))),
            (1, ProbeResult::Present(Some(2))),
            (2, ProbeResult::Present(Some(7))),
            (3, ProbeResult::Absent(404)),
            (9, ProbeResult::Present(Some(1))),
        ];
        assert_eq!(candidates(&expected, &told), [(0, 1)]);
        assert_eq!(candidates(&expected, &[(3, ProbeResult::Present(None))]), []);
    }
}
