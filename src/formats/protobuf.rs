//! Iterates over the fields of an encoded protobuf message without copying
//! (<https://protobuf.dev/programming-guides/encoding/>), and measures the memory that a message takes once it is decoded.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use thiserror::Error;

use crate::model::memory_budget::{MemoryBudget, OverBudget};

/// The reason why a message is rejected.
#[derive(Debug, Error)]
pub enum FieldError {
    /// A field is malformed.
    #[error(transparent)]
    Decode(#[from] prost::DecodeError),
    /// A field is longer than the message that contains it.
    #[error("a field ends too early")]
    Short,
    /// A field has the wrong type, or is not UTF-8.
    #[error("a field has an invalid type or is not UTF-8")]
    Kind,
    /// The message would take too much memory.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// Memory of a message once it is decoded, with everything that is derived from it.
#[derive(Debug)]
pub(crate) struct MessageShape {
    /// Bytes for the message itself.
    pub(crate) memory: usize,
    /// Fields that own memory, by their tag.
    pub(crate) fields: &'static [(u32, FieldShape)],
}

/// Memory of one value of a field.
#[derive(Debug)]
pub(crate) enum FieldShape {
    /// A string or bytes: a number of bytes, and a factor for its length.
    Text(usize, usize),
    /// An element of a list of numbers.
    Number(usize),
    Message(&'static MessageShape),
}

/// Takes the memory of a message from the budget, without decoding it.
pub(crate) fn take_message(bytes: &[u8], shape: &MessageShape, budget: &mut MemoryBudget) -> Result<(), FieldError> {
    budget.take(shape.memory)?;
    for field in Fields(bytes) {
        let (tag, value) = field?;
        let Some((_, shape)) = shape.fields.iter().find(|(t, _)| *t == tag) else {
            continue;
        };
        match (shape, value) {
            (FieldShape::Message(inner), FieldBytes::Bytes(message)) => take_message(message, inner, budget)?,
            (FieldShape::Text(each, factor), FieldBytes::Bytes(text)) => {
                budget.take_items(text.len(), *factor)?;
                budget.take(*each)?;
            }
            (FieldShape::Number(each), FieldBytes::Number(_)) => budget.take(*each)?,
            (FieldShape::Number(each), FieldBytes::Bytes(packed)) => {
                // The last byte of a number has no continuation bit.
                let count = packed.iter().filter(|b| **b < 0x80).count();
                budget.take_items(count, *each)?;
            }
            // Rejected by the decoder.
            (FieldShape::Message(_) | FieldShape::Text(..), FieldBytes::Number(_)) => {}
        }
    }
    Ok(())
}

/// Remaining bytes of a message.
#[derive(Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// Value of a field, of the kinds that occur in our messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldBytes<'a> {
    /// An integer or a boolean.
    Number(u64),
    /// A string, a message, or packed integers.
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// Returns the next field with its tag; fields of other kinds, which our messages do not contain, are skipped.
    fn next_field(&mut self) -> Result<Option<(u32, FieldBytes<'a>)>, FieldError> {
        while !self.0.is_empty() {
            let (tag, kind) = decode_key(&mut self.0)?;
            match kind {
                WireType::Varint => return Ok(Some((tag, FieldBytes::Number(decode_varint(&mut self.0)?)))),
                WireType::LengthDelimited => {
                    let length = usize::try_from(decode_varint(&mut self.0)?).unwrap_or(usize::MAX);
                    let (value, rest) = self.0.split_at_checked(length).ok_or(FieldError::Short)?;
                    self.0 = rest;
                    return Ok(Some((tag, FieldBytes::Bytes(value))));
                }
                WireType::ThirtyTwoBit | WireType::SixtyFourBit | WireType::StartGroup | WireType::EndGroup => {
                    skip_field(kind, tag, &mut self.0, DecodeContext::default())?;
                }
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, FieldBytes<'a>), FieldError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_field().transpose()
    }
}

impl<'a> FieldBytes<'a> {
    pub(crate) fn text(self) -> Result<&'a str, FieldError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| FieldError::Kind)
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], FieldError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(FieldError::Kind),
        }
    }

    /// Calls `visit` with an integer, or with each of packed integers: both encode a list.
    pub(crate) fn for_each_number<E: From<FieldError>>(
        self,
        mut visit: impl FnMut(i64) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Number(number) => visit(number.cast_signed())?,
            Self::Bytes(mut rest) => {
                while !rest.is_empty() {
                    visit(decode_varint(&mut rest).map_err(FieldError::Decode)?.cast_signed())?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_order_and_unknown_kinds_are_skipped() {
        // 1: 150, 2: "hi", 3: four bytes, 4: eight bytes, 5: packed 1 and 300.
        let bytes = b"\x08\x96\x01\x12\x02hi\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0\x2a\x03\x01\xac\x02";
        let all: Vec<_> = Fields(bytes).map(Result::unwrap).collect();
        assert_eq!(all[0], (1, FieldBytes::Number(150)));
        assert_eq!((all[1].0, all[1].1.text().unwrap()), (2, "hi"));
        let mut numbers = Vec::new();
        for field in [all[2].1, all[0].1] {
            let visited: Result<(), FieldError> = field.for_each_number(|n| {
                numbers.push(n);
                Ok(())
            });
            visited.unwrap();
        }
        assert_eq!((all[2].0, numbers), (5, vec![1, 300, 150]));
        assert!(all[0].1.text().is_err());
    }

    #[test]
    fn messages_are_measured_with_all_their_fields() {
        static INNER: MessageShape = MessageShape {
            memory: 100,
            fields: &[(1, FieldShape::Text(10, 3))],
        };
        static OUTER: MessageShape = MessageShape {
            memory: 1_000,
            fields: &[(1, FieldShape::Message(&INNER)), (2, FieldShape::Number(7))],
        };
        // 1: an empty message, 1: a message with "hi", 2: 5, 2: packed 1 and 300, 3: unknown.
        let bytes = b"\x0a\0\x0a\x04\x0a\x02hi\x10\x05\x12\x03\x01\xac\x02\x1a\x02hi";
        let expected = 1_000 + 100 + 100 + 10 + 2 * 3 + 3 * 7;
        let take = |limit| take_message(bytes, &OUTER, &mut MemoryBudget::new(limit));
        assert!(take(expected).is_ok());
        assert!(matches!(take(expected - 1), Err(FieldError::OverBudget(_))));
        let truncated = take_message(&bytes[..6], &OUTER, &mut MemoryBudget::default());
        assert!(matches!(truncated, Err(FieldError::Short)));
    }

    #[test]
    fn truncated_messages_are_rejected() {
        let bytes = b"\x08\x96\x01\x12\x02hi";
        for end in [1, 2, 4, 5, 6] {
            assert!(Fields(&bytes[..end]).any(|f| f.is_err()), "{end}");
        }
        assert!(Fields(&bytes[..3]).chain(Fields(bytes)).all(|f| f.is_ok()));
        assert!(
            FieldBytes::Bytes(&[0x96])
                .for_each_number(|_| Ok::<_, FieldError>(()))
                .is_err()
        );
        assert!(FieldBytes::Bytes(&[0xff]).text().is_err());
    }
}
