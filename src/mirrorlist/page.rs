//! The text of an answer in the making: bytes that are put one behind the other, many times for every answer.
//!
//! Short texts are copied in blocks of one size, which takes a few instructions instead of a call; and the memory of an answer that
//! was sent is taken again for one of the next, while it is still in the processor's cache.

use std::cell::RefCell;
use std::ops::Range;

use bytes::Bytes;

/// What is copied at once: most texts are no longer than the short block.
const BLOCK: usize = 128;
const SHORT: usize = 64;
/// The least that a page has room for.
const FIRST: usize = 16 << 10;
/// How many buffers a thread keeps for its next answers, and how large each may be.
const KEPT: usize = 8;
const KEPT_SIZE: usize = 256 << 10;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A text in the making.
#[derive(Debug)]
pub(super) struct Page {
    /// What is behind `end` is of no meaning.
    bytes: Vec<u8>,
    end: usize,
}

/// A text that is added many times.
#[derive(Debug)]
pub(super) struct Refrain {
    /// With room behind it for the last block.
    bytes: Vec<u8>,
    length: usize,
}

impl From<String> for Refrain {
    fn from(text: String) -> Self {
        let mut bytes = text.into_bytes();
        let length = bytes.len();
        bytes.resize(length + BLOCK, 0);
        Self { bytes, length }
    }
}

impl Page {
    /// An empty one.
    pub(super) fn new() -> Self {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let bytes = spare.unwrap_or_else(|| vec![0; FIRST]);
        Self { bytes, end: 0 }
    }

    /// Adds the part `range` of a long text.
    #[inline]
    pub(super) fn piece(&mut self, text: &[u8], range: Range<usize>) {
        let count = range.len();
        self.make_room(count);
        if count <= SHORT
            && let Some(block) = text.get(range.start..).and_then(<[u8]>::first_chunk::<SHORT>)
            && let Some(slot) = self.bytes.get_mut(self.end..).and_then(<[u8]>::first_chunk_mut)
        {
            *slot = *block;
            self.end += count;
        } else if let Some(block) = text.get(range.start..).and_then(<[u8]>::first_chunk::<BLOCK>)
            && let Some(slot) = self
                .bytes
                .get_mut(self.end..)
                .and_then(<[u8]>::first_chunk_mut::<BLOCK>)
            && count <= BLOCK
        {
            // What is copied too much is behind the end.
            *slot = *block;
            self.end += count;
        } else {
            self.put(text.get(range).unwrap_or_default());
        }
    }

    /// Adds a text.
    #[inline(never)]
    pub(super) fn put(&mut self, text: &[u8]) {
        self.make_room(text.len());
        if let Some(slot) = self.bytes.get_mut(self.end..self.end + text.len()) {
            slot.copy_from_slice(text);
            self.end += text.len();
        }
    }

    /// Adds texts, one behind the other.
    pub(super) fn all(&mut self, texts: &[&str]) {
        for text in texts {
            self.put(text.as_bytes());
        }
    }

    /// Adds a few bytes whose number the compiler knows.
    #[inline]
    pub(super) fn few<const N: usize>(&mut self, text: &[u8; N]) {
        self.make_room(N);
        if let Some(slot) = self.bytes.get_mut(self.end..).and_then(<[u8]>::first_chunk_mut) {
            *slot = *text;
            self.end += N;
        }
    }

    /// Adds a text once more.
    #[inline]
    pub(super) fn again(&mut self, text: &Refrain) {
        self.piece(&text.bytes, 0..text.length);
    }

    /// How long it is so far.
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// Writes a text over what stands at `place`.
    #[inline]
    pub(super) fn over(&mut self, place: usize, text: &[u8]) {
        for (slot, byte) in self.bytes.iter_mut().skip(place).zip(text) {
            *slot = *byte;
        }
    }

    /// Takes the last bytes away again.
    pub(super) fn cut(&mut self, count: usize) {
        self.end = self.end.saturating_sub(count);
    }

    #[inline]
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
    pub(super) fn finish(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.len() <= KEPT_SIZE {
            // A thread that ends keeps nothing.
            let kept = SPARE.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut()
                    && spare.len() < KEPT
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
                let (mut page, mut wanted) = (Page::new(), Vec::new());
                for (begin, length, whole) in &parts {
                    let range = *begin..(begin + length).min(text.len());
                    wanted.extend_from_slice(&text[range.clone()]);
                    if let (true, Ok(few)) = (begin % 3 == 0, <[u8; 13]>::try_from(&text[range.clone()])) {
                        page.few(&few);
                    } else if *whole && begin % 2 == 0 {
                        let text: String = text[range].iter().map(|b| char::from(b % 128)).collect();
                        wanted.truncate(wanted.len() - text.len());
                        wanted.extend_from_slice(text.as_bytes());
                        page.again(&Refrain::from(text));
                    } else if *whole {
                        page.put(&text[range]);
                    } else {
                        page.piece(&text, range);
                    }
                }
                let cut = wanted.len().min(3);
                page.cut(cut);
                wanted.truncate(wanted.len() - cut);
                if wanted.len() > 2 {
                    page.over(1, b"xy");
                    wanted[1..3].copy_from_slice(b"xy");
                }
                prop_assert_eq!(&page.finish()[..], &wanted[..]);
            }
        }
    }

    #[test]
    fn memory_is_used_again() {
        let mut page = Page::new();
        page.put(b"some");
        let place = page.bytes.as_ptr();
        drop(page.finish());
        assert_eq!(Page::new().bytes.as_ptr(), place);
    }
}
