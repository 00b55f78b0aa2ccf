//! What answers say of each carrier of a category, made when the data is loaded: texts that lie one behind the other in the order
//! of the carriers, so that an answer is put together by copying a few hundred near pieces.

use std::ops::Range;

use crate::mirrorlist::page::{Page, Refrain};
use crate::mirrorlist::render;

use super::{Carrier, Host};

/// The texts of all carriers of a category.
#[derive(Debug, Default)]
pub(in crate::mirrorlist) struct Lines {
    /// For each address what stands in a metalink up to the end of the base, with two digits for its preference, as most have.
    metalink: Box<[u8]>,
    /// For each address where that begins, and where these digits stand; and at the end where the last ends.
    cuts: Box<[u32]>,
    /// Of which address, counted through all carriers, each carrier's first is; and how many there are in all.
    firsts: Box<[u32]>,
    /// For each carrier the base of its first address that package managers take; empty where it has none.
    bases: Box<[u8]>,
    /// Where these begin, and where the last ends.
    base_cuts: Box<[u32]>,
}

/// Texts of one category never have so many bytes.
fn at(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

impl Lines {
    pub(super) fn of(carriers: &[Carrier], hosts: &[Host]) -> Self {
        let (mut metalink, mut bases) = (Vec::new(), Vec::new());
        let (mut cuts, mut firsts, mut base_cuts) = (Vec::new(), Vec::new(), Vec::new());
        let mut count = 0_u32;
        for carrier in carriers {
            firsts.push(count);
            base_cuts.push(at(&bases));
            let host = usize::try_from(carrier.host).ok().and_then(|place| hosts.get(place));
            let location = host.map_or("", |h| &h.location);
            for url in &carrier.urls {
                count += 1;
                cuts.push(at(&metalink));
                metalink.extend_from_slice(render::before_preference(url, location).as_bytes());
                cuts.push(at(&metalink));
                metalink.extend_from_slice(b"00");
                metalink.extend_from_slice(render::behind_preference(url, carrier.public).as_bytes());
            }
            if let Some(url) = carrier.urls.iter().find(|u| u.is_web()) {
                bases.extend_from_slice(url.base.as_bytes());
            }
        }
        firsts.push(count);
        cuts.push(at(&metalink));
        base_cuts.push(at(&bases));
        Self {
            metalink: metalink.into(),
            cuts: cuts.into(),
            firsts: firsts.into(),
            bases: bases.into(),
            base_cuts: base_cuts.into(),
        }
    }

    /// Writes the lines of all addresses of the carrier at `place` into a metalink, each followed by `tail`; false when it has none.
    pub(in crate::mirrorlist) fn host(&self, out: &mut Page, place: u32, preference: &[u8], tail: &Refrain) -> bool {
        let Range { start, end } = self.addresses(place);
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let cuts = self.cuts.get(at(start) * 2..=at(end) * 2).unwrap_or_default();
        for cut in cuts.windows(3).step_by(2) {
            if let [begin, middle, end] = cut {
                self.line(out, [*begin, *middle, *end].map(at), preference);
                out.again(tail);
            }
        }
        start < end
    }

    /// The addresses of the carrier at `place`, counted through all carriers.
    pub(in crate::mirrorlist) fn addresses(&self, place: u32) -> Range<u32> {
        let first = |place: usize| self.firsts.get(place).copied().unwrap_or(0);
        usize::try_from(place).map_or(0..0, |place| first(place)..first(place + 1))
    }

    /// Writes the line of an address into a metalink, but for what follows the base.
    pub(in crate::mirrorlist) fn metalink(&self, out: &mut Page, address: u32, preference: &[u8]) {
        let cut = |n: usize| {
            let place = usize::try_from(address).ok()? * 2 + n;
            usize::try_from(*self.cuts.get(place)?).ok()
        };
        if let (Some(begin), Some(middle), Some(end)) = (cut(0), cut(1), cut(2)) {
            self.line(out, [begin, middle, end], preference);
        }
    }

    #[inline]
    fn line(&self, out: &mut Page, [begin, middle, end]: [usize; 3], preference: &[u8]) {
        if preference.len() == 2 {
            let digits = out.len() + (middle - begin);
            out.piece(&self.metalink, begin..end);
            out.over(digits, preference);
        } else {
            out.piece(&self.metalink, begin..middle);
            out.put(preference);
            out.piece(&self.metalink, middle + 2..end);
        }
    }

    /// Writes the base of the carrier's first address that package managers take; false when it has none.
    pub(in crate::mirrorlist) fn base(&self, out: &mut Page, place: u32) -> bool {
        let cut = |n: usize| {
            let place = usize::try_from(place).ok()? + n;
            usize::try_from(*self.base_cuts.get(place)?).ok()
        };
        let (Some(begin), Some(end)) = (cut(0), cut(1)) else {
            return false;
        };
        out.piece(&self.bases, begin..end);
        begin < end
    }
}
