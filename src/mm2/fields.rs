//! The fields of an encoded message, one after the other, without a copy (<https://protobuf.dev/programming-guides/encoding/>).

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::Mm2Error;

/// What is left of a message.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// What a field holds, of those kinds that a cache has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldBytes<'a> {
    /// A number or a switch.
    Number(u64),
    /// A text, a message, or numbers one behind the other.
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// The next field with its tag; fields of other kinds, which nobody writes, are passed over.
    fn step(&mut self) -> Result<Option<(u32, FieldBytes<'a>)>, Mm2Error> {
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
        self.step().transpose()
    }
}

impl<'a> FieldBytes<'a> {
    /// As a text.
    pub(super) fn text(self) -> Result<&'a str, Mm2Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Mm2Error::Kind)
    }

    /// As a message.
    pub(super) fn bytes(self) -> Result<&'a [u8], Mm2Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) => Err(Mm2Error::Kind),
        }
    }

    /// Calls `take` with a number, or with each of those that stand one behind the other: both are a list's.
    pub(super) fn each_number(self, mut take: impl FnMut(i64)) -> Result<(), Mm2Error> {
        match self {
            Self::Number(number) => take(number.cast_signed()),
            Self::Bytes(mut rest) => {
                while !rest.is_empty() {
                    take(decode_varint(&mut rest)?.cast_signed());
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
    fn fields_come_in_order_and_unknown_kinds_are_passed_over() {
        // 1: 150, 2: "hi", 3: four bytes, 4: eight bytes, 5: packed 1 and 300.
        let bytes = b"\x08\x96\x01\x12\x02hi\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0\x2a\x03\x01\xac\x02";
        let all: Vec<_> = Fields(bytes).map(Result::unwrap).collect();
        assert_eq!(all[0], (1, FieldBytes::Number(150)));
        assert_eq!((all[1].0, all[1].1.text().unwrap()), (2, "hi"));
        let mut numbers = Vec::new();
        all[2].1.each_number(|n| numbers.push(n)).unwrap();
        all[0].1.each_number(|n| numbers.push(n)).unwrap();
        assert_eq!((all[2].0, numbers), (5, vec![1, 300, 150]));
        assert!(all[0].1.text().is_err());
    }

    #[test]
    fn what_ends_too_early_is_no_message() {
        let bytes = b"\x08\x96\x01\x12\x02hi";
        for end in [1, 2, 4, 5, 6] {
            assert!(Fields(&bytes[..end]).any(|f| f.is_err()), "{end}");
        }
        assert!(Fields(&bytes[..3]).chain(Fields(bytes)).all(|f| f.is_ok()));
        assert!(FieldBytes::Bytes(&[0x96]).each_number(|_| ()).is_err());
        assert!(FieldBytes::Bytes(&[0xff]).text().is_err());
    }
}
