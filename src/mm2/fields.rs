//! Iterates over the fields of an encoded protobuf message without copying
//! (<https://protobuf.dev/programming-guides/encoding/>).

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::Mm2Error;

/// Remaining bytes of a message.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// Value of a field, of the kinds that occur in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldBytes<'a> {
    /// An integer or a boolean.
    Number(u64),
    /// A string, a message, or packed integers.
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// Returns the next field with its tag; fields of other kinds, which no cache contains, are skipped.
    fn next_field(&mut self) -> Result<Option<(u32, FieldBytes<'a>)>, Mm2Error> {
        while !self.0.is_empty() {
            let (tag, kind) = decode_key(&mut self.0)?;
            match kind {
                WireType::Varint => return Ok(Some((tag, FieldBytes::Number(decode_varint(&mut self.0)?)))),
                WireType::LengthDelimited => {
                    let length = usize::try_from(decode_varint(&mut self.0)?).unwrap_or(usize::MAX);
                    let (value, rest) = self.0.split_at_checked(length).ok_or(Mm2Error::Short)?;
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
    type Item = Result<(u32, FieldBytes<'a>), Mm2Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_field().transpose()
    }
}

impl<'a> FieldBytes<'a> {
    pub(super) fn text(self) -> Result<&'a str, Mm2Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Mm2Error::Kind)
    }

    pub(super) fn bytes(self) -> Result<&'a [u8], Mm2Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(Mm2Error::Kind),
        }
    }

    /// Calls `visit` with an integer, or with each of packed integers: both encode a list.
    pub(super) fn for_each_number(self, mut visit: impl FnMut(i64)) -> Result<(), Mm2Error> {
        match self {
            Self::Number(number) => visit(number.cast_signed()),
            Self::Bytes(mut rest) => {
                while !rest.is_empty() {
                    visit(decode_varint(&mut rest)?.cast_signed());
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
        all[2].1.for_each_number(|n| numbers.push(n)).unwrap();
        all[0].1.for_each_number(|n| numbers.push(n)).unwrap();
        assert_eq!((all[2].0, numbers), (5, vec![1, 300, 150]));
        assert!(all[0].1.text().is_err());
    }

    #[test]
    fn truncated_messages_are_rejected() {
        let bytes = b"\x08\x96\x01\x12\x02hi";
        for end in [1, 2, 4, 5, 6] {
            assert!(Fields(&bytes[..end]).any(|f| f.is_err()), "{end}");
        }
        assert!(Fields(&bytes[..3]).chain(Fields(bytes)).all(|f| f.is_ok()));
        assert!(FieldBytes::Bytes(&[0x96]).for_each_number(|_| ()).is_err());
        assert!(FieldBytes::Bytes(&[0xff]).text().is_err());
    }
}
