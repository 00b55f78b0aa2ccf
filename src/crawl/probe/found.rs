//! What became of each directory of a category, in little memory: one byte for each, and more only of those of which more is to be
//! told. A mirror on which everything is wrong takes hardly more than one on which all is well.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use crate::crawl::verdict::{Fault, UNSCANNED, Verdict};

/// What became of one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was asked for.
    Verdict(Verdict),
    /// It lies below a missing one.
    BelowMissing,
    /// It lies below one that the master keeps closed, and is closed itself; or it is such a one, on a server that tells nothing of
    /// directories.
    BelowClosed,
    /// It was not to be asked for: what is known of it stands.
    Kept,
    /// It was held before, and the mirror's list shows that the mirror followed the master's changes of it.
    Confirmed,
    /// The look ended before it.
    NotAsked,
}

/// A fault of which nothing is told but that it is one.
const UNTOLD: Fault = Fault {
    file: String::new(),
    reason: "",
    expected: String::new(),
    seen: String::new(),
};

static NOT_ASKED: Found = Found::NotAsked;
static KEPT: Found = Found::Kept;
static CONFIRMED: Found = Found::Confirmed;
static BELOW_MISSING: Found = Found::BelowMissing;
static BELOW_CLOSED: Found = Found::BelowClosed;
static CURRENT: Found = Found::Verdict(Verdict::Current);
static STAGED: Found = Found::Verdict(Verdict::Staged);
static NOT_CURRENT: Found = Found::Verdict(Verdict::NotCurrent(UNTOLD));
static MISSING: Found = Found::Verdict(Verdict::Missing(UNTOLD));
static EXPOSED: Found = Found::Verdict(Verdict::Exposed(UNTOLD));
static UNANSWERED: Found = Found::Verdict(Verdict::Unanswered(UNTOLD));

/// By position in the plan.
#[derive(Debug, Clone)]
pub struct AllFound {
    marks: Vec<Mark>,
    /// Those of which a mark does not tell enough.
    told: BTreeMap<usize, Found>,
    /// How many more faults are told.
    left: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    NotAsked,
    Kept,
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

impl AllFound {
    /// `size` directories that are not asked for yet (those that are wanted) or not to be asked for. Of at most `faults` it will be
    /// told what is wrong with them; those that say which version a mirror has, and foreign ones, are all told.
    pub fn new(size: usize, wanted: &RoaringBitmap, faults: usize) -> Self {
        let mut marks = vec![Mark::Kept; size];
        for at in wanted {
            if let Some(mark) = usize::try_from(at).ok().and_then(|at| marks.get_mut(at)) {
                *mark = Mark::NotAsked;
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
    pub fn get(&self, at: usize) -> Option<&Found> {
        self.marks.get(at).map(|mark| self.of(at, *mark))
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Found> {
        self.marks.iter().enumerate().map(|(at, mark)| self.of(at, *mark))
    }

    /// Notes what became of one.
    pub fn set(&mut self, at: usize, found: Found) {
        let Some(slot) = self.marks.get_mut(at) else { return };
        if *slot == Mark::Told
            && let Some(old) = self.told.remove(&at)
        {
            self.left += usize::from(Mark::of(&old) != Mark::Told);
        }
        let mark = Mark::of(&found);
        let is_counted = matches!(
            mark,
            Mark::NotCurrent | Mark::Missing | Mark::Exposed | Mark::Unanswered
        );
        *slot = if mark == Mark::Told || (is_counted && self.left > 0) {
            self.left -= usize::from(is_counted);
            self.told.insert(at, found);
            Mark::Told
        } else {
            mark
        };
    }

    fn of(&self, at: usize, mark: Mark) -> &Found {
        match mark {
            Mark::NotAsked => &NOT_ASKED,
            Mark::Kept => &KEPT,
            Mark::Confirmed => &CONFIRMED,
            Mark::BelowMissing => &BELOW_MISSING,
            Mark::BelowClosed => &BELOW_CLOSED,
            Mark::Current => &CURRENT,
            Mark::Staged => &STAGED,
            Mark::NotCurrent => &NOT_CURRENT,
            Mark::Missing => &MISSING,
            Mark::Exposed => &EXPOSED,
            Mark::Unanswered => &UNANSWERED,
            Mark::Told => self.told.get(&at).unwrap_or(&NOT_ASKED),
        }
    }
}

impl Mark {
    /// [`Mark::Told`] where a mark never tells enough.
    fn of(found: &Found) -> Self {
        match found {
            Found::NotAsked => Self::NotAsked,
            Found::Kept => Self::Kept,
            Found::Confirmed => Self::Confirmed,
            Found::BelowMissing => Self::BelowMissing,
            Found::BelowClosed => Self::BelowClosed,
            Found::Verdict(verdict) => match verdict {
                Verdict::Current => Self::Current,
                Verdict::Staged => Self::Staged,
                Verdict::NotCurrent(_) => Self::NotCurrent,
                Verdict::Missing(_) => Self::Missing,
                Verdict::Exposed(_) => Self::Exposed,
                // The master is scanned again for these.
                Verdict::Unanswered(fault) if fault.reason == UNSCANNED => Self::Told,
                Verdict::Unanswered(_) => Self::Unanswered,
                Verdict::Ahead(_) | Verdict::Lagging(..) | Verdict::Foreign(_) | Verdict::Undecided(_) => Self::Told,
            },
        }
    }
}

/// All are told.
impl From<Vec<Found>> for AllFound {
    fn from(all: Vec<Found>) -> Self {
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

    fn wrong(file: &str) -> Found {
        Found::Verdict(Verdict::NotCurrent(Fault {
            file: file.to_owned(),
            ..UNTOLD
        }))
    }

    fn undecided() -> Found {
        Found::Verdict(Verdict::Undecided(UNTOLD))
    }

    #[test]
    fn all_kinds_are_given_back() {
        let all = vec![
            Found::NotAsked,
            Found::Kept,
            Found::Confirmed,
            Found::BelowMissing,
            Found::BelowClosed,
            Found::Verdict(Verdict::Current),
            Found::Verdict(Verdict::Staged),
            wrong("a"),
            Found::Verdict(Verdict::Missing(UNTOLD)),
            Found::Verdict(Verdict::Exposed(UNTOLD)),
            Found::Verdict(Verdict::Unanswered(UNTOLD)),
            Found::Verdict(Verdict::Unanswered(Fault {
                reason: UNSCANNED,
                ..UNTOLD
            })),
            Found::Verdict(Verdict::Ahead("hash".to_owned())),
            undecided(),
        ];
        let kept = AllFound::from(all.clone());
        assert_eq!(kept.iter().cloned().collect::<Vec<_>>(), all);
        assert_eq!((kept.len(), kept.get(14)), (14, None));
    }

    #[test]
    fn of_so_many_faults_it_is_told_what_is_wrong() {
        let mut found = AllFound::new(6, &[0, 1, 2, 3, 4].into_iter().collect(), 2);
        assert_eq!(
            (found.get(4), found.get(5)),
            (Some(&Found::NotAsked), Some(&Found::Kept))
        );
        found.set(4, undecided());
        for at in 0..3 {
            found.set(at, wrong("a"));
        }
        assert_eq!(found.get(1), Some(&wrong("a")));
        assert_eq!(found.get(2), Some(&NOT_CURRENT));
        // What never counted against the others is told all the same.
        assert_eq!(found.get(4), Some(&undecided()));
        found.set(4, Found::Verdict(Verdict::Current));
        found.set(1, Found::NotAsked);
        assert_eq!((found.get(4), found.get(1)), (Some(&CURRENT), Some(&NOT_ASKED)));
        assert_eq!(found.told.len(), 1);
    }
}
