//! The results for the directories of a category: one byte for each, and details only where they are needed. A mirror on which
//! everything is wrong takes hardly more memory than a correct one.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use crate::crawl::classify::{Classification, DirectoryIssue, UNSCANNED};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DirectoryResult {
    Classified(Classification),
    BelowMissing,
    /// The directory is below one that is unreadable on the master and on the mirror; or it is unreadable on the master, and the server
    /// does not show whether directories exist.
    BelowClosed,
    /// The directory did not have to be probed; its known status stands.
    Unchanged,
    /// The directory was present, and the file list of the mirror shows that it has followed the changes of the master.
    Confirmed,
    /// The probe ended before this directory.
    NotProbed,
}

/// The issue of results beyond the limit of details.
const NO_DETAILS: DirectoryIssue = DirectoryIssue {
    file: String::new(),
    reason: "",
    expected: String::new(),
    seen: String::new(),
};

static OUTDATED: DirectoryResult = DirectoryResult::Classified(Classification::Outdated(NO_DETAILS));
static MISSING: DirectoryResult = DirectoryResult::Classified(Classification::Missing(NO_DETAILS));
static LEAKED: DirectoryResult = DirectoryResult::Classified(Classification::Leaked(NO_DETAILS));
static INCONCLUSIVE: DirectoryResult = DirectoryResult::Classified(Classification::Inconclusive(NO_DETAILS));

/// The results for all directories of a category, by position in the plan.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryResults {
    codes: Vec<ResultCode>,
    /// Results that need more than a code, by position.
    details: BTreeMap<usize, DirectoryResult>,
    /// The number of faults that can still get details.
    left: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResultCode {
    NotProbed,
    Unchanged,
    Confirmed,
    BelowMissing,
    BelowClosed,
    Current,
    Staged,
    Outdated,
    Missing,
    Leaked,
    Inconclusive,
    Detailed,
}

impl DirectoryResults {
    /// Creates results for `size` directories: not probed yet if they are in `wanted`, else unchanged. At most `max_faults` faults keep
    /// details; results that identify a version always do.
    pub(crate) fn new(size: usize, wanted: &RoaringBitmap, max_faults: usize) -> Self {
        let mut codes = vec![ResultCode::Unchanged; size];
        for at in wanted {
            if let Some(code) = usize::try_from(at).ok().and_then(|at| codes.get_mut(at)) {
                *code = ResultCode::NotProbed;
            }
        }
        Self {
            codes,
            details: BTreeMap::new(),
            left: max_faults,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&DirectoryResult> {
        self.codes.get(at).map(|code| self.resolve(at, *code))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &DirectoryResult> {
        self.codes.iter().enumerate().map(|(at, code)| self.resolve(at, *code))
    }

    pub(crate) fn set(&mut self, at: usize, result: DirectoryResult) {
        let Some(slot) = self.codes.get_mut(at) else { return };
        if *slot == ResultCode::Detailed
            && let Some(old) = self.details.remove(&at)
        {
            self.left += usize::from(ResultCode::from(&old) != ResultCode::Detailed);
        }
        let code = ResultCode::from(&result);
        let is_fault = matches!(
            code,
            ResultCode::Outdated | ResultCode::Missing | ResultCode::Leaked | ResultCode::Inconclusive
        );
        *slot = if code == ResultCode::Detailed || (is_fault && self.left > 0) {
            self.left -= usize::from(is_fault);
            self.details.insert(at, result);
            ResultCode::Detailed
        } else {
            code
        };
    }

    fn resolve(&self, at: usize, code: ResultCode) -> &DirectoryResult {
        match code {
            ResultCode::NotProbed => &DirectoryResult::NotProbed,
            ResultCode::Unchanged => &DirectoryResult::Unchanged,
            ResultCode::Confirmed => &DirectoryResult::Confirmed,
            ResultCode::BelowMissing => &DirectoryResult::BelowMissing,
            ResultCode::BelowClosed => &DirectoryResult::BelowClosed,
            ResultCode::Current => &DirectoryResult::Classified(Classification::Current),
            ResultCode::Staged => &DirectoryResult::Classified(Classification::Staged),
            ResultCode::Outdated => &OUTDATED,
            ResultCode::Missing => &MISSING,
            ResultCode::Leaked => &LEAKED,
            ResultCode::Inconclusive => &INCONCLUSIVE,
            ResultCode::Detailed => self.details.get(&at).unwrap_or(&DirectoryResult::NotProbed),
        }
    }
}

/// [`ResultCode::Detailed`] for results that always keep details.
impl From<&DirectoryResult> for ResultCode {
    fn from(result: &DirectoryResult) -> Self {
        match result {
            DirectoryResult::NotProbed => Self::NotProbed,
            DirectoryResult::Unchanged => Self::Unchanged,
            DirectoryResult::Confirmed => Self::Confirmed,
            DirectoryResult::BelowMissing => Self::BelowMissing,
            DirectoryResult::BelowClosed => Self::BelowClosed,
            DirectoryResult::Classified(classification) => match classification {
                Classification::Current => Self::Current,
                Classification::Staged => Self::Staged,
                Classification::Outdated(_) => Self::Outdated,
                Classification::Missing(_) => Self::Missing,
                Classification::Leaked(_) => Self::Leaked,
                // These trigger a scan of the master.
                Classification::Inconclusive(fault) if fault.reason == UNSCANNED => Self::Detailed,
                Classification::Inconclusive(_) => Self::Inconclusive,
                Classification::Ahead(_)
                | Classification::OutdatedAllowed(..)
                | Classification::UnknownHash(_)
                | Classification::NeedsContext(_) => Self::Detailed,
            },
        }
    }
}

/// Keeps details of every result.
impl From<Vec<DirectoryResult>> for DirectoryResults {
    fn from(all: Vec<DirectoryResult>) -> Self {
        let mut out = Self::new(all.len(), &RoaringBitmap::new(), usize::MAX);
        for (at, result) in all.into_iter().enumerate() {
            out.set(at, result);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(file: &str) -> DirectoryResult {
        DirectoryResult::Classified(Classification::Outdated(DirectoryIssue {
            file: file.to_owned(),
            ..NO_DETAILS
        }))
    }

    fn needs_context() -> DirectoryResult {
        DirectoryResult::Classified(Classification::NeedsContext(NO_DETAILS))
    }

    #[test]
    fn every_kind_of_result_is_preserved() {
        let all = vec![
            DirectoryResult::NotProbed,
            DirectoryResult::Unchanged,
            DirectoryResult::Confirmed,
            DirectoryResult::BelowMissing,
            DirectoryResult::BelowClosed,
            DirectoryResult::Classified(Classification::Current),
            DirectoryResult::Classified(Classification::Staged),
            wrong("a"),
            DirectoryResult::Classified(Classification::Missing(NO_DETAILS)),
            DirectoryResult::Classified(Classification::Leaked(NO_DETAILS)),
            DirectoryResult::Classified(Classification::Inconclusive(NO_DETAILS)),
            DirectoryResult::Classified(Classification::Inconclusive(DirectoryIssue {
                reason: UNSCANNED,
                ..NO_DETAILS
            })),
            DirectoryResult::Classified(Classification::Ahead("hash".to_owned())),
            needs_context(),
        ];
        let results = DirectoryResults::from(all.clone());
        assert_eq!(results.iter().cloned().collect::<Vec<_>>(), all);
        assert_eq!((results.len(), results.get(14)), (14, None));
    }

    #[test]
    fn details_are_limited_to_the_number_of_faults() {
        let mut results = DirectoryResults::new(6, &[0, 1, 2, 3, 4].into_iter().collect(), 2);
        assert_eq!(
            (results.get(4), results.get(5)),
            (Some(&DirectoryResult::NotProbed), Some(&DirectoryResult::Unchanged))
        );
        results.set(4, needs_context());
        for at in 0..3 {
            results.set(at, wrong("a"));
        }
        assert_eq!(results.get(1), Some(&wrong("a")));
        assert_eq!(results.get(2), Some(&OUTDATED));
        // A result that is not a fault keeps its details beyond the limit.
        assert_eq!(results.get(4), Some(&needs_context()));
        results.set(4, DirectoryResult::Classified(Classification::Current));
        results.set(1, DirectoryResult::NotProbed);
        assert_eq!(
            (results.get(4), results.get(1)),
            (
                Some(&DirectoryResult::Classified(Classification::Current)),
                Some(&DirectoryResult::NotProbed)
            )
        );
        assert_eq!(results.details.len(), 1);
    }
}
