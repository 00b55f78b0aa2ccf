//! The file list that a mirror carries: if it is one that the master had, the mirror has followed the master up to that scan.
//!
//! The list proves freshness, never presence: mirrors that exclude trees carry it unchanged. It therefore confirms only directories that
//! are present already and have not changed on the master since that list. Every tenth of these is probed anyway, and so is every
//! repository, whose `repomd.xml` must be hashed. Lists of the same size and time are the same, as for the tools that mirror them.

use super::transport::RequestKind;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::tree::bitmap_index;
use crate::model::ids::ScanSeq;
use crate::model::listing::KnownFileList;
use crate::sys::http;

/// The interval of confirmed directories at which one is probed.
const SAMPLE_INTERVAL: u32 = 10;

/// The location of the file list on mirrors of a category, and the lists that the master had.
#[derive(Debug, Clone, Default)]
pub(crate) struct MirrorFileList {
    /// The path relative to the top of the category; may begin with `../`.
    pub path: String,
    pub known: Vec<KnownFileList>,
}

/// Finds the newest scan with a list of this size and time.
fn find_scan(known: &[KnownFileList], size: Option<u64>, last_modified: Option<&str>) -> Option<ScanSeq> {
    let (size, time) = (size?, http::date(last_modified?)?);
    let same = known.iter().filter(|list| list.size == size && list.timestamp == time);
    same.map(|list| list.scan_seq).max()
}

impl CategoryProber<'_> {
    /// Confirms directories by the file list of the mirror instead of probing them.
    pub(super) fn confirm_by_file_list(&mut self) -> Result<(), Interruption> {
        let file_list = self.context.file_list;
        let Some(list) = file_list.filter(|l| !l.path.is_empty() && !l.known.is_empty()) else {
            return Ok(());
        };
        if self.probe.is_full || self.is_soft_404() || self.transport.urls.is_empty() {
            return Ok(());
        }
        let candidates: Vec<usize> = (0..self.tree.plan.directories.len())
            .filter(|at| self.may_confirm(*at))
            .collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let sent = self.transport.send_relative(RequestKind::Head, &list.path)?;
        let response = sent.ok().filter(|response| response.status == 200);
        let scan = response.and_then(|r| find_scan(&list.known, r.content_length, r.last_modified.as_deref()));
        let Some(scan) = scan else { return Ok(()) };
        for at in candidates {
            let Some(directory) = self.tree.directory(at).filter(|d| d.changed_seq <= scan) else {
                continue;
            };
            if directory.id.0 % SAMPLE_INTERVAL == self.previous.sample_rotation % SAMPLE_INTERVAL {
                self.sample.insert(bitmap_index(at));
            } else {
                self.probe.results.set(at, DirectoryResult::Confirmed);
                self.confirmed += 1;
            }
        }
        Ok(())
    }

    /// Returns true if the directory is present, has no `repomd.xml`, and is only probed because the master changed it.
    fn may_confirm(&self, at: usize) -> bool {
        let previous = self.previous;
        self.tree.directory(at).is_some_and(|d| {
            self.probe.results.get(at) == Some(&DirectoryResult::NotProbed)
                && d.readable
                && d.repomd.is_empty()
                && d.changed_seq > previous.scan_seq
                && previous.present.contains(d.id.0)
                && !previous.pending_probe.contains(d.id.0)
                && !previous.exceptions.contains_key(&d.id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_file_list_is_identified_by_size_and_time() {
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
            assert_eq!(find_scan(&known, size, time).map(|g| g.0), proven, "{size:?} {time:?}");
        }
    }
}
