//! A buffer for the body of a response, to which short texts are appended many times.
//!
//! Short texts are copied as blocks of a fixed size, which takes a few instructions instead of a call. The memory of a
//! sent response is reused for one of the next, while it is still in the processor's cache.

use std::cell::RefCell;

use bytes::Bytes;

/// Block sizes in bytes; most texts fit into the short block.
const BLOCK: usize = 128;
const SHORT: usize = 64;
/// Capacity of a new buffer in bytes.
const INITIAL_CAPACITY: usize = 16 << 10;
/// Buffers that a thread keeps for its next responses, and their maximum size in bytes.
const POOL_SIZE: usize = 8;
const MAX_POOLED_SIZE: usize = 256 << 10;

thread_local! {
    static BUFFER_POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
pub(crate) struct ResponseBuffer {
    /// Bytes after `end` have no meaning.
    bytes: Vec<u8>,
    end: usize,
}

/// A text shorter than `N` bytes that is copied as a block of `N` bytes; the last byte is its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedText<const N: usize>([u8; N]);

impl<const N: usize> FixedText<N> {
    /// Returns none if the text is too long.
    pub(crate) fn new(text: &[u8]) -> Option<Self> {
        let mut out = block(text)?;
        let (length, room) = out.split_last_mut()?;
        *length = u8::try_from(text.len()).ok().filter(|_| text.len() <= room.len())?;
        Some(Self(out))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.get(..self.length()).unwrap_or_default()
    }

    fn length(&self) -> usize {
        self.0.last().map_or(0, |length| usize::from(*length))
    }
}

/// A text that is appended many times.
#[derive(Debug)]
pub(crate) enum RepeatedText {
    /// At most 64 bytes: the block that contains it, and its length.
    Short([u8; SHORT], usize),
    /// At most 128 bytes.
    Middle([u8; BLOCK], usize),
    Long(Box<[u8]>),
}

impl From<String> for RepeatedText {
    fn from(text: String) -> Self {
        let length = text.len();
        let short = block(text.as_bytes()).map(|block| Self::Short(block, length));
        let short_or_middle = short.or_else(|| Some(Self::Middle(block(text.as_bytes())?, length)));
        short_or_middle.unwrap_or_else(|| Self::Long(text.into_bytes().into()))
    }
}

/// Returns a block that begins with `text`; none if the text is too long.
fn block<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    out.get_mut(..text.len())?.copy_from_slice(text);
    Some(out)
}

impl ResponseBuffer {
    /// Takes an empty buffer from the pool of this thread.
    pub(crate) fn new() -> Self {
        let spare = BUFFER_POOL.with_borrow_mut(Vec::pop);
        let bytes = spare.unwrap_or_else(|| vec![0; INITIAL_CAPACITY]);
        Self { bytes, end: 0 }
    }

    #[inline(never)]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) {
        self.reserve(text.len());
        if let Some(slot) = self.bytes.get_mut(self.end..self.end + text.len()) {
            slot.copy_from_slice(text);
            self.end += text.len();
        }
    }

    /// Appends the first `count` bytes of a block.
    #[inline]
    fn push_block<const N: usize>(&mut self, block: &[u8; N], count: usize) {
        if let Some(slot) = self.bytes.get_mut(self.end..).and_then(<[u8]>::first_chunk_mut) {
            *slot = *block;
            self.end += count;
        } else {
            self.push_bytes(block.get(..count).unwrap_or_default());
        }
    }

    pub(crate) fn push_all(&mut self, texts: &[&str]) {
        for text in texts {
            self.push_bytes(text.as_bytes());
        }
    }

    /// Appends bytes whose number is known at compile time.
    #[inline]
    pub(crate) fn push_array<const N: usize>(&mut self, text: &[u8; N]) {
        self.push_block(text, N);
    }

    #[inline]
    pub(crate) fn push_fixed<const N: usize>(&mut self, slot: &FixedText<N>) {
        self.push_block(&slot.0, slot.length());
    }

    #[inline]
    pub(crate) fn push_repeated(&mut self, text: &RepeatedText) {
        match text {
            RepeatedText::Short(block, count) => self.push_block(block, *count),
            RepeatedText::Middle(block, count) => self.push_block(block, *count),
            RepeatedText::Long(text) => self.push_bytes(text),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.end
    }

    /// Overwrites the two bytes at `position`.
    #[inline]
    pub(crate) fn patch(&mut self, position: usize, text: [u8; 2]) {
        if let Some(two) = self.bytes.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
            *two = text;
        }
    }

    /// Removes the last `count` bytes.
    pub(crate) fn truncate_end(&mut self, count: usize) {
        self.end = self.end.saturating_sub(count);
    }

    fn reserve(&mut self, count: usize) {
        let needed = self.end + count + BLOCK;
        if self.bytes.len() < needed {
            self.grow(needed);
        }
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed.next_power_of_two(), 0);
    }

    pub(crate) fn finish(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for ResponseBuffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }
}

impl Drop for ResponseBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.len() <= MAX_POOLED_SIZE {
            // An exiting thread has no pool any longer.
            let pooled = BUFFER_POOL.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut()
                    && spare.len() < POOL_SIZE
                {
                    spare.push(bytes);
                }
            });
            pooled.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_buffer_contains_what_was_appended(parts in proptest::collection::vec((0_usize..300, prop_oneof![0_usize..200, Just(13), Just(64)], any::<bool>()), 0..400)) {
            let text: Vec<u8> = (0..400_u32).map(|n| n.to_le_bytes()[0]).collect();
            // The second time in reused memory.
            for _ in 0..2 {
                let (mut buffer, mut expected) = (ResponseBuffer::new(), Vec::new());
                for (begin, length, whole) in &parts {
                    let range = *begin..(begin + length).min(text.len());
                    expected.extend_from_slice(&text[range.clone()]);
                    if let (true, Some(slot)) = (begin % 5 == 0, FixedText::<64>::new(&text[range.clone()])) {
                        assert_eq!(slot.as_bytes(), &text[range.clone()]);
                        buffer.push_fixed(&slot);
                    } else if let (true, Ok(array)) = (begin % 3 == 0, <[u8; 13]>::try_from(&text[range.clone()])) {
                        buffer.push_array(&array);
                    } else if *whole && begin % 2 == 0 {
                        let text: String = text[range].iter().map(|b| char::from(b % 128)).collect();
                        expected.truncate(expected.len() - text.len());
                        expected.extend_from_slice(text.as_bytes());
                        buffer.push_repeated(&RepeatedText::from(text));
                    } else {
                        buffer.push_bytes(&text[range]);
                    }
                }
                let cut = expected.len().min(3);
                buffer.truncate_end(cut);
                expected.truncate(expected.len() - cut);
                if expected.len() > 2 {
                    buffer.patch(1, *b"xy");
                    expected[1..3].copy_from_slice(b"xy");
                }
                prop_assert_eq!(&buffer.finish()[..], &expected[..]);
            }
        }
    }

    #[test]
    fn memory_is_reused() {
        let mut buffer = ResponseBuffer::new();
        buffer.push_bytes(b"some");
        let position = buffer.bytes.as_ptr();
        drop(buffer.finish());
        assert_eq!(ResponseBuffer::new().bytes.as_ptr(), position);
    }
}
