//! The results for the directories of a category: one byte for each, and details only where they are needed. A mirror on which
//! everything is wrong takes hardly more memory than a correct one.

use std::collections::BTreeMap;
use std::mem::discriminant;

use roaring::RoaringBitmap;

use crate::crawl::classify::{Classification, DirectoryIssue, UNSCANNED};
use crate::model::status::DirectoryStatus;

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

impl DirectoryResult {
    /// Returns the status for reports; `None` if the known status stands.
    pub(crate) const fn status(&self) -> Option<DirectoryStatus> {
        Some(match self {
            Self::Classified(classification) => classification.status(),
            Self::Confirmed => DirectoryStatus::Current,
            Self::BelowMissing => DirectoryStatus::Outdated,
            Self::BelowClosed => DirectoryStatus::Staged,
            Self::NotProbed => DirectoryStatus::Inconclusive,
            Self::Unchanged => return None,
        })
    }

    /// Returns true if the mirror has the directory with content that is offered.
    pub(super) const fn is_offered(&self) -> bool {
        matches!(
            self.status(),
            Some(DirectoryStatus::Current | DirectoryStatus::Ahead | DirectoryStatus::OutdatedAllowed)
        )
    }

    pub(super) fn is_negative(&self) -> bool {
        self.status().is_some_and(|s| s != DirectoryStatus::Inconclusive) && !self.is_offered()
    }

    fn is_same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Classified(one), Self::Classified(two)) => discriminant(one) == discriminant(two),
            (one, two) => discriminant(one) == discriminant(two),
        }
    }
}

/// The issue of results beyond the limit of details.
const NO_DETAILS: DirectoryIssue = DirectoryIssue {
    file: String::new(),
    code: "",
    expected: String::new(),
    received: String::new(),
};

/// The results without details. The index of a result is its code.
static PLAIN: [DirectoryResult; 10] = [
    DirectoryResult::NotProbed,
    DirectoryResult::Unchanged,
    DirectoryResult::Confirmed,
    DirectoryResult::BelowMissing,
    DirectoryResult::BelowClosed,
    DirectoryResult::Classified(Classification::Current),
    DirectoryResult::Classified(Classification::Staged),
    DirectoryResult::Classified(Classification::Outdated(NO_DETAILS)),
    DirectoryResult::Classified(Classification::Missing(NO_DETAILS)),
    DirectoryResult::Classified(Classification::Inconclusive(NO_DETAILS)),
];
const NOT_PROBED: u8 = 0;
const UNCHANGED: u8 = 1;
/// The first result in [`PLAIN`] that can have details.
const FIRST_FAULT: u8 = 7;
/// The code of a result with details.
const DETAILED: u8 = u8::MAX;

/// Returns the code of a result without details; `None` if it always keeps them.
fn plain_code(result: &DirectoryResult) -> Option<u8> {
    // These trigger a scan of the master.
    if matches!(result, DirectoryResult::Classified(Classification::Inconclusive(i)) if i.code == UNSCANNED) {
        return None;
    }
    let index = PLAIN.iter().position(|plain| plain.is_same_kind(result));
    index.and_then(|index| u8::try_from(index).ok())
}

/// The results for all directories of a category, by position in the plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct DirectoryResults {
    codes: Vec<u8>,
    /// Results that need more than a code, by position.
    details: BTreeMap<usize, DirectoryResult>,
    /// The number of faults that can still get details.
    left: usize,
}

impl DirectoryResults {
    /// Creates results for `size` directories: not probed yet if they are in `wanted`, else unchanged. At most `max_faults` faults keep
    /// details; results that identify a version always do.
    pub(crate) fn new(size: usize, wanted: &RoaringBitmap, max_faults: usize) -> Self {
        let mut codes = vec![UNCHANGED; size];
        for at in wanted {
            if let Some(code) = usize::try_from(at).ok().and_then(|at| codes.get_mut(at)) {
                *code = NOT_PROBED;
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
        if *slot == DETAILED
            && let Some(old) = self.details.remove(&at)
        {
            self.left += usize::from(plain_code(&old).is_some());
        }
        *slot = match plain_code(&result) {
            Some(code) if code < FIRST_FAULT || self.left == 0 => code,
            code => {
                self.left -= usize::from(code.is_some());
                self.details.insert(at, result);
                DETAILED
            }
        };
    }

    fn resolve(&self, at: usize, code: u8) -> &DirectoryResult {
        let plain = PLAIN.get(usize::from(code));
        plain
            .or_else(|| self.details.get(&at))
            .unwrap_or(&DirectoryResult::NotProbed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                code: UNSCANNED,
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
        let outdated = DirectoryResult::Classified(Classification::Outdated(NO_DETAILS));
        assert_eq!(results.get(2), Some(&outdated));
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
