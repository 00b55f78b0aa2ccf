//! What became of each directory of a category, in little memory: one byte for each, and more only of those of which more is to be
//! told. A mirror on which everything is wrong takes hardly more than one on which all is well.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use crate::crawl::classify::{Classification, DirectoryIssue, UNSCANNED};

/// What became of one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryResult {
    /// It was asked for.
    Classified(Classification),
    /// It lies below a missing one.
    BelowMissing,
    /// It lies below one that the master keeps closed, and is closed itself; or it is such a one, on a server that tells nothing of
    /// directories.
    BelowClosed,
    /// It was not to be asked for: what is known of it stands.
    Unchanged,
    /// It was held before, and the mirror's list shows that the mirror followed the master's changes of it.
    Confirmed,
    /// The look ended before it.
    NotProbed,
}

/// A fault of which nothing is told but that it is one.
const NO_DETAILS: DirectoryIssue = DirectoryIssue {
    file: String::new(),
    reason: "",
    expected: String::new(),
    seen: String::new(),
};

static NOT_ASKED: DirectoryResult = DirectoryResult::NotProbed;
static KEPT: DirectoryResult = DirectoryResult::Unchanged;
static CONFIRMED: DirectoryResult = DirectoryResult::Confirmed;
static BELOW_MISSING: DirectoryResult = DirectoryResult::BelowMissing;
static BELOW_CLOSED: DirectoryResult = DirectoryResult::BelowClosed;
static CURRENT: DirectoryResult = DirectoryResult::Classified(Classification::Current);
static STAGED: DirectoryResult = DirectoryResult::Classified(Classification::Staged);
static NOT_CURRENT: DirectoryResult = DirectoryResult::Classified(Classification::Outdated(NO_DETAILS));
static MISSING: DirectoryResult = DirectoryResult::Classified(Classification::Missing(NO_DETAILS));
static EXPOSED: DirectoryResult = DirectoryResult::Classified(Classification::Leaked(NO_DETAILS));
static UNANSWERED: DirectoryResult = DirectoryResult::Classified(Classification::Inconclusive(NO_DETAILS));

/// By position in the plan.
#[derive(Debug, Clone)]
pub struct DirectoryResults {
    marks: Vec<ResultCode>,
    /// Those of which a mark does not tell enough.
    told: BTreeMap<usize, DirectoryResult>,
    /// How many more faults are told.
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
    NotCurrent,
    Missing,
    Exposed,
    Unanswered,
    Told,
}

impl DirectoryResults {
    /// `size` directories that are not asked for yet (those that are wanted) or not to be asked for. Of at most `faults` it will be
    /// told what is wrong with them; those that say which version a mirror has, and foreign ones, are all told.
    pub fn new(size: usize, wanted: &RoaringBitmap, faults: usize) -> Self {
        let mut marks = vec![ResultCode::Unchanged; size];
        for at in wanted {
            if let Some(mark) = usize::try_from(at).ok().and_then(|at| marks.get_mut(at)) {
                *mark = ResultCode::NotProbed;
            }
        }
        Self {
            marks,
            told: BTreeMap::new(),
            left: faults,
        }
    }

    /// How many directories there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// What became of one.
    pub fn get(&self, at: usize) -> Option<&DirectoryResult> {
        self.marks.get(at).map(|mark| self.of(at, *mark))
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &DirectoryResult> {
        self.marks.iter().enumerate().map(|(at, mark)| self.of(at, *mark))
    }

    /// Notes what became of one.
    pub fn set(&mut self, at: usize, found: DirectoryResult) {
        let Some(slot) = self.marks.get_mut(at) else { return };
        if *slot == ResultCode::Told
            && let Some(old) = self.told.remove(&at)
        {
            self.left += usize::from(ResultCode::of(&old) != ResultCode::Told);
        }
        let mark = ResultCode::of(&found);
        let is_counted = matches!(
            mark,
            ResultCode::NotCurrent | ResultCode::Missing | ResultCode::Exposed | ResultCode::Unanswered
        );
        *slot = if mark == ResultCode::Told || (is_counted && self.left > 0) {
            self.left -= usize::from(is_counted);
            self.told.insert(at, found);
            ResultCode::Told
        } else {
            mark
        };
    }

    fn of(&self, at: usize, mark: ResultCode) -> &DirectoryResult {
        match mark {
            ResultCode::NotProbed => &NOT_ASKED,
            ResultCode::Unchanged => &KEPT,
            ResultCode::Confirmed => &CONFIRMED,
            ResultCode::BelowMissing => &BELOW_MISSING,
            ResultCode::BelowClosed => &BELOW_CLOSED,
            ResultCode::Current => &CURRENT,
            ResultCode::Staged => &STAGED,
            ResultCode::NotCurrent => &NOT_CURRENT,
            ResultCode::Missing => &MISSING,
            ResultCode::Exposed => &EXPOSED,
            ResultCode::Unanswered => &UNANSWERED,
            ResultCode::Told => self.told.get(&at).unwrap_or(&NOT_ASKED),
        }
    }
}

impl ResultCode {
    /// [`ResultCode::Told`] where a mark never tells enough.
    fn of(found: &DirectoryResult) -> Self {
        match found {
            DirectoryResult::NotProbed => Self::NotProbed,
            DirectoryResult::Unchanged => Self::Unchanged,
            DirectoryResult::Confirmed => Self::Confirmed,
            DirectoryResult::BelowMissing => Self::BelowMissing,
            DirectoryResult::BelowClosed => Self::BelowClosed,
            DirectoryResult::Classified(verdict) => match verdict {
                Classification::Current => Self::Current,
                Classification::Staged => Self::Staged,
                Classification::Outdated(_) => Self::NotCurrent,
                Classification::Missing(_) => Self::Missing,
                Classification::Leaked(_) => Self::Exposed,
                // The master is scanned again for these.
                Classification::Inconclusive(fault) if fault.reason == UNSCANNED => Self::Told,
                Classification::Inconclusive(_) => Self::Unanswered,
                Classification::Ahead(_)
                | Classification::OutdatedAllowed(..)
                | Classification::UnknownHash(_)
                | Classification::NeedsContext(_) => Self::Told,
            },
        }
    }
}

/// All are told.
impl From<Vec<DirectoryResult>> for DirectoryResults {
    fn from(all: Vec<DirectoryResult>) -> Self {
        let mut out = Self::new(all.len(), &RoaringBitmap::new(), usize::MAX);
        for (at, found) in all.into_iter().enumerate() {
            out.set(at, found);
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

    fn undecided() -> DirectoryResult {
        DirectoryResult::Classified(Classification::NeedsContext(NO_DETAILS))
    }

    #[test]
    fn all_kinds_are_given_back() {
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
            undecided(),
        ];
        let kept = DirectoryResults::from(all.clone());
        assert_eq!(kept.iter().cloned().collect::<Vec<_>>(), all);
        assert_eq!((kept.len(), kept.get(14)), (14, None));
    }

    #[test]
    fn of_so_many_faults_it_is_told_what_is_wrong() {
        let mut found = DirectoryResults::new(6, &[0, 1, 2, 3, 4].into_iter().collect(), 2);
        assert_eq!(
            (found.get(4), found.get(5)),
            (Some(&DirectoryResult::NotProbed), Some(&DirectoryResult::Unchanged))
        );
        found.set(4, undecided());
        for at in 0..3 {
            found.set(at, wrong("a"));
        }
        assert_eq!(found.get(1), Some(&wrong("a")));
        assert_eq!(found.get(2), Some(&NOT_CURRENT));
        // What never counted against the others is told all the same.
        assert_eq!(found.get(4), Some(&undecided()));
        found.set(4, DirectoryResult::Classified(Classification::Current));
        found.set(1, DirectoryResult::NotProbed);
        assert_eq!((found.get(4), found.get(1)), (Some(&CURRENT), Some(&NOT_ASKED)));
        assert_eq!(found.told.len(), 1);
    }
}
