//! The mirror's own full time list: where it is one that the master had, the mirror has followed the master up to there.
//!
//! That proves freshness and never possession: mirrors that leave trees out carry the list unchanged. So it confirms only directories
//! that are held already and that the master changed no later than that list; every tenth of these is asked for all the same, and
//! every repository, whose `repomd.xml` is to be hashed. One list is taken for another where size and time are the same, as the
//! tools do that mirror it.

use super::request::RequestKind;
use super::{DirectoryResult, Interruption, ProbeSession};
use crate::crawl::tree::Tree;
use crate::model::ids::ScanSeq;
use crate::model::listing::KnownFileList;
use crate::sys::http;

/// One of so many confirmed directories is asked for.
const SPOT_CHECK: u32 = 10;

/// Where mirrors of a category have its list, and what lists the master had.
#[derive(Debug, Clone, Default)]
pub struct MirrorFileList {
    /// Relative to the category's top; may begin with `../`.
    pub path: String,
    /// Those of the last scans.
    pub known: Vec<KnownFileList>,
}

/// Up to which scan a mirror follows that has a list of this size and time.
fn proves(known: &[KnownFileList], size: Option<u64>, last_modified: Option<&str>) -> Option<ScanSeq> {
    let (size, time) = (size?, http::date(last_modified?)?);
    let same = known.iter().filter(|list| list.size == size && list.timestamp == time);
    same.map(|list| list.scan_seq).max()
}

impl ProbeSession<'_> {
    /// Confirms what the mirror's list allows to confirm, instead of asking for it.
    pub(super) fn confirm_by_file_list(&mut self, tree: &Tree) -> Result<(), Interruption> {
        let Some(list) = self
            .means
            .file_list
            .filter(|l| !l.path.is_empty() && !l.known.is_empty())
        else {
            return Ok(());
        };
        let candidates: Vec<usize> = (0..tree.plan.directories.len())
            .filter(|at| self.may_confirm(tree, *at))
            .collect();
        if self.out.is_full || self.is_soft_404() || self.urls.is_empty() || candidates.is_empty() {
            return Ok(());
        }
        let answer = self.request_alternate(RequestKind::Head, &list.path)?;
        let proven = answer.ok().filter(|a| a.status == 200);
        let proven = proven.and_then(|a| proves(&list.known, a.content_length, a.last_modified.as_deref()));
        let Some(generation) = proven else {
            return Ok(());
        };
        for at in candidates {
            let Some(directory) = tree.directory(at).filter(|d| d.changed_seq <= generation) else {
                continue;
            };
            let here = u32::try_from(at).unwrap_or(u32::MAX);
            if directory.id.0 % SPOT_CHECK == self.previous.sample_rotation % SPOT_CHECK {
                self.sample.insert(here);
            } else {
                self.out.results.set(at, DirectoryResult::Confirmed);
                self.out.confirmed += 1;
            }
        }
        Ok(())
    }

    /// Whether it is only asked for because the master changed it, and is held, and has no `repomd.xml`.
    fn may_confirm(&self, tree: &Tree, at: usize) -> bool {
        tree.directory(at).is_some_and(|d| {
            let id = d.id;
            self.out.results.get(at) == Some(&DirectoryResult::NotProbed)
                && d.readable
                && d.repomd.is_empty()
                && d.changed_seq > self.previous.scan_seq
                && self.previous.present.contains(id.0)
                && !self.previous.pending_probe.contains(id.0)
                && !self.previous.exceptions.contains_key(&id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_list_of_the_same_size_and_time_is_the_same() {
        let list = |generation, size, timestamp| KnownFileList {
            scan_seq: ScanSeq(generation),
            size,
            timestamp: Timestamp(timestamp),
        };
        let known = [
            list(3, 100, 784_111_777),
            list(5, 101, 784_111_777),
            list(4, 100, 784_111_778),
        ];
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (size, time, proven) in [
            (Some(100), date, Some(3)),
            (Some(101), date, Some(5)),
            (Some(102), date, None),
            (Some(100), Some("Sun, 06 Nov 1994 08:49:38 GMT"), Some(4)),
            (Some(100), Some("yesterday"), None),
            (Some(100), None, None),
            (None, date, None),
        ] {
            assert_eq!(proves(&known, size, time).map(|g| g.0), proven, "{size:?} {time:?}");
        }
    }
}
