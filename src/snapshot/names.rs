//! A front-coded list of strings: each is stored as its difference from the one before it.

use super::{SnapshotError, SnapshotInvalid};
use crate::model::memory_budget::MemoryBudget;

/// A front-coded list of names.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringTable {
    /// The number of bytes that each name shares with the one before it.
    #[prost(uint32, repeated, tag = "1")]
    pub(super) shared: Vec<u32>,
    /// The number of bytes in `text` for each name.
    #[prost(uint32, repeated, tag = "2")]
    pub(super) added: Vec<u32>,
    /// The bytes that are not shared, concatenated.
    #[prost(string, tag = "3")]
    pub(super) text: String,
}

impl StringTable {
    /// Encodes `names`; the result is small if they are sorted.
    pub(super) fn encode<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
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
            out.shared.push(to_u32(shared));
            out.added.push(to_u32(rest.len()));
            out.text.push_str(rest);
            last = Some(entry);
        }
        out
    }

    /// Decodes the names; each takes `copies` times its size from the budget, for the name itself and copies that are made of it.
    pub(super) fn decode(&self, copies: usize, budget: &mut MemoryBudget) -> Result<Vec<String>, SnapshotError> {
        let bad = || SnapshotInvalid::new("a list of names is not front-coded correctly");
        if self.shared.len() != self.added.len() {
            return Err(bad().into());
        }
        budget.take_items(self.shared.len(), size_of::<String>())?;
        let mut out: Vec<String> = Vec::with_capacity(self.shared.len());
        let mut at = 0_usize;
        for (shared, added) in self.shared.iter().zip(&self.added) {
            let (shared, added) = (
                usize::try_from(*shared).map_err(|_| bad())?,
                usize::try_from(*added).map_err(|_| bad())?,
            );
            let last = out.last().map_or("", String::as_str);
            let head = last.get(..shared).ok_or_else(bad)?;
            let end = at.checked_add(added).ok_or_else(bad)?;
            let tail = self.text.get(at..end).ok_or_else(bad)?;
            let length = head.len() + tail.len();
            if length > super::check::MAX_NAME {
                return Err(bad().into());
            }
            budget.take_text(length.saturating_mul(copies))?;
            at = end;
            out.push([head, tail].concat());
        }
        if at == self.text.len() {
            Ok(out)
        } else {
            Err(bad().into())
        }
    }
}

/// Converts the length of a name; longer ones were rejected before.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::protobuf::FieldError;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decoding_reverses_encoding(names in proptest::collection::vec("[aäb/]{0,6}", 0..40)) {
            let encoded = StringTable::encode(&names);
            prop_assert_eq!(encoded.decode(1, &mut MemoryBudget::default()).unwrap(), names);
        }

        #[test]
        fn arbitrary_input_does_not_panic(shared in proptest::collection::vec(any::<u32>(), 0..4),
                                          added in proptest::collection::vec(any::<u32>(), 0..4), text in ".{0,9}") {
            drop(StringTable { shared, added, text }.decode(1, &mut MemoryBudget::default()));
        }
    }

    #[test]
    fn names_are_decoded_within_the_budget() {
        let long = "x".repeat(8_000);
        let table = StringTable::encode(vec![&*long; 1_000]);
        assert_eq!(table.text.len(), 8_000);
        let decode = |limit| table.decode(1, &mut MemoryBudget::new(limit));
        assert!(decode(9_000_000).is_ok());
        assert!(matches!(
            decode(7_000_000),
            Err(SnapshotError::Decode(FieldError::OverBudget(_)))
        ));
    }
}
