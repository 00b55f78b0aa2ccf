//! Sorted names, each written as what differs from the one before it.

use super::SnapshotInvalid;

/// More bytes of names than this are not unfolded: a small file must not fill the memory.
const MAX_TEXT: usize = 1 << 29;

/// A list of names, front-coded.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringTable {
    /// How many bytes each name shares with the one before it.
    #[prost(uint32, repeated, tag = "1")]
    pub(super) shared: Vec<u32>,
    /// How many bytes follow in `text` for each name.
    #[prost(uint32, repeated, tag = "2")]
    pub(super) added: Vec<u32>,
    /// These bytes, one name after the other.
    #[prost(string, tag = "3")]
    pub(super) text: String,
}

impl StringTable {
    /// Codes `names`, which need not be sorted to be right, but to be small.
    pub(super) fn code<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut out = Self::default();
        let mut last: Option<S> = None;
        for entry in names {
            let name = entry.as_ref();
            let mut shared = 0;
            let before = last.as_ref().map_or("", AsRef::as_ref);
            for (a, b) in before.chars().zip(name.chars()) {
                if a != b {
                    break;
                }
                shared += a.len_utf8();
            }
            let rest = name.get(shared..).unwrap_or_default();
            out.shared.push(small(shared));
            out.added.push(small(rest.len()));
            out.text.push_str(rest);
            last = Some(entry);
        }
        out
    }

    /// The names again, at most `limit` and at most [`MAX_TEXT`] bytes of them.
    pub(super) fn read(&self, limit: usize) -> Result<Vec<String>, SnapshotInvalid> {
        let bad = || SnapshotInvalid::new("a list of names is not coded as it should be");
        if self.shared.len() != self.added.len() || self.shared.len() > limit {
            return Err(bad());
        }
        let mut out: Vec<String> = Vec::with_capacity(self.shared.len());
        let (mut at, mut total) = (0_usize, 0_usize);
        for (shared, added) in self.shared.iter().zip(&self.added) {
            let (shared, added) = (
                usize::try_from(*shared).map_err(|_| bad())?,
                usize::try_from(*added).map_err(|_| bad())?,
            );
            let last = out.last().map_or("", String::as_str);
            let head = last.get(..shared).ok_or_else(bad)?;
            let end = at.checked_add(added).ok_or_else(bad)?;
            let tail = self.text.get(at..end).ok_or_else(bad)?;
            total += head.len() + tail.len();
            if head.len() + tail.len() > super::check::MAX_NAME || total > MAX_TEXT {
                return Err(bad());
            }
            at = end;
            out.push([head, tail].concat());
        }
        if at == self.text.len() { Ok(out) } else { Err(bad()) }
    }
}

/// Lengths of names fit: longer ones are refused before.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_come_back(names in proptest::collection::vec("[aäb/]{0,6}", 0..40)) {
            let coded = StringTable::code(&names);
            prop_assert_eq!(coded.read(100).unwrap(), names);
        }

        #[test]
        fn rubbish_is_refused_not_fatal(shared in proptest::collection::vec(any::<u32>(), 0..4),
                                        added in proptest::collection::vec(any::<u32>(), 0..4), text in ".{0,9}") {
            drop(StringTable { shared, added, text }.read(10));
        }
    }
}
