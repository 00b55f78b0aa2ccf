//! The text of an answer in the making: bytes that are put one behind the other, many times for every answer.
//!
//! Short texts are copied in blocks of one size, which takes a few instructions instead of a call; and the memory of an answer that
//! was sent is taken again for one of the next, while it is still in the processor's cache.

use std::cell::RefCell;

use bytes::Bytes;

/// What is copied at once: most texts are no longer than the short block.
const BLOCK: usize = 128;
const SHORT: usize = 64;
/// The least that a page has room for.
const INITIAL_CAPACITY: usize = 16 << 10;
/// How many buffers a thread keeps for its next answers, and how large each may be.
const POOL_SIZE: usize = 8;
const KEPT_SIZE: usize = 256 << 10;

thread_local! {
    static BUFFER_POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A text in the making.
#[derive(Debug)]
pub(crate) struct ResponseBuffer {
    /// What is behind `end` is of no meaning.
    bytes: Vec<u8>,
    end: usize,
}

/// A text that is shorter than `N` bytes, and is copied as a block of so many; the last byte says how many of the others count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedText<const N: usize>([u8; N]);

impl<const N: usize> FixedText<N> {
    /// None where the text is too long.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let mut out = block(text)?;
        let (length, room) = out.split_last_mut()?;
        *length = u8::try_from(text.len()).ok().filter(|_| text.len() <= room.len())?;
        Some(Self(out))
    }

    /// The text.
    pub(crate) fn text(&self) -> &[u8] {
        self.0.get(..self.length()).unwrap_or_default()
    }

    fn length(&self) -> usize {
        self.0.last().map_or(0, |length| usize::from(*length))
    }
}

/// A text that is added many times.
#[derive(Debug)]
pub(crate) enum RepeatedText {
    /// Of at most 64 bytes: the block it stands in, and its length.
    Short([u8; SHORT], usize),
    /// Of at most 128.
    Middle([u8; BLOCK], usize),
    /// Of any length.
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

/// A block that begins with a text; none where the text is too long.
fn block<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    out.get_mut(..text.len())?.copy_from_slice(text);
    Some(out)
}

impl ResponseBuffer {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let spare = BUFFER_POOL.with_borrow_mut(Vec::pop);
        let bytes = spare.unwrap_or_else(|| vec![0; INITIAL_CAPACITY]);
        Self { bytes, end: 0 }
    }

    /// Adds a text.
    #[inline(never)]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) {
        self.make_room(text.len());
        if let Some(slot) = self.bytes.get_mut(self.end..self.end + text.len()) {
            slot.copy_from_slice(text);
            self.end += text.len();
        }
    }

    /// Adds the first `count` bytes of a block.
    #[inline]
    fn block<const N: usize>(&mut self, block: &[u8; N], count: usize) {
        if let Some(slot) = self.bytes.get_mut(self.end..).and_then(<[u8]>::first_chunk_mut) {
            *slot = *block;
            self.end += count;
        } else {
            self.push_bytes(block.get(..count).unwrap_or_default());
        }
    }

    /// Adds texts, one behind the other.
    pub(crate) fn all(&mut self, texts: &[&str]) {
        for text in texts {
            self.push_bytes(text.as_bytes());
        }
    }

    /// Adds a few bytes whose number the compiler knows.
    #[inline]
    pub(crate) fn push_array<const N: usize>(&mut self, text: &[u8; N]) {
        self.block(text, N);
    }

    /// Adds a short text.
    #[inline]
    pub(crate) fn slot<const N: usize>(&mut self, slot: &FixedText<N>) {
        self.block(&slot.0, slot.length());
    }

    /// Adds a text once more.
    #[inline]
    pub(crate) fn push_repeated(&mut self, text: &RepeatedText) {
        match text {
            RepeatedText::Short(block, count) => self.block(block, *count),
            RepeatedText::Middle(block, count) => self.block(block, *count),
            RepeatedText::Long(text) => self.push_bytes(text),
        }
    }

    /// How long it is so far.
    pub(crate) fn len(&self) -> usize {
        self.end
    }

    /// Writes two bytes over those that stand at `place`.
    #[inline]
    pub(crate) fn patch(&mut self, place: usize, text: [u8; 2]) {
        if let Some(two) = self.bytes.get_mut(place..).and_then(<[u8]>::first_chunk_mut) {
            *two = text;
        }
    }

    /// Takes the last bytes away again.
    pub(crate) fn truncate_end(&mut self, count: usize) {
        self.end = self.end.saturating_sub(count);
    }

    fn make_room(&mut self, count: usize) {
        let needed = self.end + count + BLOCK;
        if self.bytes.len() < needed {
            self.grow(needed);
        }
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed.next_power_of_two(), 0);
    }

    /// The text.
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
        if bytes.len() <= KEPT_SIZE {
            // A thread that ends keeps nothing.
            let kept = BUFFER_POOL.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut()
                    && spare.len() < POOL_SIZE
                {
                    spare.push(bytes);
                }
            });
            kept.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_says_what_was_put(parts in proptest::collection::vec((0_usize..300, prop_oneof![0_usize..200, Just(13), Just(64)], any::<bool>()), 0..400)) {
            let text: Vec<u8> = (0..400_u32).map(|n| n.to_le_bytes()[0]).collect();
            // Once more in memory that was used before.
            for _ in 0..2 {
                let (mut page, mut wanted) = (ResponseBuffer::new(), Vec::new());
                for (begin, length, whole) in &parts {
                    let range = *begin..(begin + length).min(text.len());
                    wanted.extend_from_slice(&text[range.clone()]);
                    if let (true, Some(slot)) = (begin % 5 == 0, FixedText::<64>::of(&text[range.clone()])) {
                        assert_eq!(slot.text(), &text[range.clone()]);
                        page.slot(&slot);
                    } else if let (true, Ok(few)) = (begin % 3 == 0, <[u8; 13]>::try_from(&text[range.clone()])) {
                        page.push_array(&few);
                    } else if *whole && begin % 2 == 0 {
                        let text: String = text[range].iter().map(|b| char::from(b % 128)).collect();
                        wanted.truncate(wanted.len() - text.len());
                        wanted.extend_from_slice(text.as_bytes());
                        page.push_repeated(&RepeatedText::from(text));
                    } else {
                        page.push_bytes(&text[range]);
                    }
                }
                let cut = wanted.len().min(3);
                page.truncate_end(cut);
                wanted.truncate(wanted.len() - cut);
                if wanted.len() > 2 {
                    page.patch(1, *b"xy");
                    wanted[1..3].copy_from_slice(b"xy");
                }
                prop_assert_eq!(&page.finish()[..], &wanted[..]);
            }
        }
    }

    #[test]
    fn memory_is_used_again() {
        let mut page = ResponseBuffer::new();
        page.push_bytes(b"some");
        let place = page.bytes.as_ptr();
        drop(page.finish());
        assert_eq!(ResponseBuffer::new().bytes.as_ptr(), place);
    }
}
