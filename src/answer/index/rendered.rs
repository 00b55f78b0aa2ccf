//! What answers say of each carrier of a category, made when the data is loaded: blocks that lie one behind the other in the order
//! of the carriers, so that an answer is put together by copying a few hundred of them.

use std::ops::Range;

use crate::answer::encode::escape;
use crate::answer::response_buffer::{FixedText, RepeatedText, ResponseBuffer};

use super::{IndexedHost, MirrorEntry, Url};

/// The texts of all carriers of a category.
#[derive(Debug, Default)]
pub(crate) struct RenderedUrls {
    /// What a metalink says of each address, those of one carrier behind those of another.
    addresses: Box<[RenderedUrl]>,
    /// Of which address each carrier's first is; and how many there are in all.
    firsts: Box<[u32]>,
    /// For each carrier the base of its first address that package managers take, if it has one.
    base_urls: Box<[RenderedBase]>,
}

/// What a metalink says of an address, up to the end of the base; `digits` is where its preference begins, which most have of two.
#[derive(Debug)]
enum RenderedUrl {
    Short { slot: FixedText<128>, digits: u8 },
    Long { text: Box<[u8]>, digits: usize },
}

impl RenderedUrl {
    fn of(url: &Url, location: &str, public: bool) -> Self {
        let before = url_head(url, location);
        let text = [&before, "00", &url_tail(url, public)].concat();
        match (FixedText::of(text.as_bytes()), u8::try_from(before.len())) {
            (Some(slot), Ok(digits)) => Self::Short { slot, digits },
            (_, _) => Self::Long {
                digits: before.len(),
                text: text.into_bytes().into(),
            },
        }
    }

    /// Writes it.
    #[inline]
    fn put(&self, out: &mut ResponseBuffer, preference: &[u8]) {
        if let (Self::Short { slot, digits }, Ok(two)) = (self, preference.try_into()) {
            let place = out.len() + usize::from(*digits);
            out.slot(slot);
            out.patch(place, two);
        } else {
            self.write_slow(out, preference);
        }
    }

    #[cold]
    fn write_slow(&self, out: &mut ResponseBuffer, preference: &[u8]) {
        let (text, digits) = match self {
            Self::Short { slot, digits } => (slot.text(), usize::from(*digits)),
            Self::Long { text, digits } => (&**text, *digits),
        };
        for part in [text.get(..digits), Some(preference), text.get(digits + 2..)] {
            out.push_bytes(part.unwrap_or_default());
        }
    }
}

/// What a mirrorlist says of a carrier.
#[derive(Debug)]
enum RenderedBase {
    None,
    Short(FixedText<64>),
    Long(Box<[u8]>),
}

impl RenderedBase {
    fn of(text: &[u8]) -> Self {
        FixedText::of(text).map_or_else(|| Self::Long(text.into()), Self::Short)
    }
}

/// What stands there from behind that to the preference.
fn url_head(url: &Url, location: &str) -> String {
    let (scheme, location) = (escape(&url.scheme), escape(location));
    format!("{scheme}\" type=\"{scheme}\" location=\"{location}\" preference=\"")
}

/// What stands there from behind the preference to the end of the base.
fn url_tail(url: &Url, public: bool) -> String {
    let mark = if public { "" } else { " mm0:private=\"True\"" };
    format!("\"{mark}>{}", escape(&url.base))
}

impl RenderedUrls {
    pub(super) fn of(carriers: &[MirrorEntry], hosts: &[IndexedHost]) -> Self {
        let (mut addresses, mut firsts, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        for carrier in carriers {
            firsts.push(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
            let host = usize::try_from(carrier.host).ok().and_then(|place| hosts.get(place));
            let location = host.map_or("", |h| &h.location);
            addresses.extend(
                carrier
                    .urls
                    .iter()
                    .map(|url| RenderedUrl::of(url, location, carrier.public)),
            );
            let web = carrier.urls.iter().find(|u| u.is_web());
            bases.push(web.map_or(RenderedBase::None, |url| RenderedBase::of(url.base.as_bytes())));
        }
        firsts.push(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
        Self {
            addresses: addresses.into(),
            firsts: firsts.into(),
            base_urls: bases.into(),
        }
    }

    /// Writes the lines of all addresses of the carrier at `place` into a metalink, each followed by `tail`; false when it has none.
    #[inline]
    pub(crate) fn host(&self, out: &mut ResponseBuffer, place: u32, preference: &[u8], tail: &RepeatedText) -> bool {
        let Range { start, end } = self.addresses_of(place);
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        for line in self.addresses.get(at(start)..at(end)).unwrap_or_default() {
            line.put(out, preference);
            out.push_repeated(tail);
        }
        start < end
    }

    /// The addresses of the carrier at `place`, counted through all carriers.
    pub(crate) fn addresses_of(&self, place: u32) -> Range<u32> {
        let first = |place: usize| self.firsts.get(place).copied().unwrap_or(0);
        usize::try_from(place).map_or(0..0, |place| first(place)..first(place + 1))
    }

    /// Writes the line of an address into a metalink, but for what follows the base.
    pub(crate) fn metalink(&self, out: &mut ResponseBuffer, address: u32, preference: &[u8]) {
        if let Some(line) = usize::try_from(address).ok().and_then(|n| self.addresses.get(n)) {
            line.put(out, preference);
        }
    }

    /// Writes the base of the carrier's first address that package managers take; false when it has none.
    #[inline]
    pub(crate) fn base(&self, out: &mut ResponseBuffer, place: u32) -> bool {
        match usize::try_from(place).ok().and_then(|place| self.base_urls.get(place)) {
            Some(RenderedBase::Short(slot)) => out.slot(slot),
            Some(RenderedBase::Long(text)) => out.push_bytes(text),
            Some(RenderedBase::None) | None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_of_every_length_are_told_whole(
            length in 0_usize..300, location in prop_oneof![Just(""), Just("DE")], public in any::<bool>(), n in 0_usize..4,
        ) {
            let base = format!("https://m/{}", "x".repeat(length));
            let rsync = Url::new("rsync://m/x");
            let carrier = MirrorEntry { host: 0, public, country: None, urls: vec![Url::new(&base), rsync] };
            let host = IndexedHost {
                name: "m".into(), private: false, location: location.into(), weight: 1, allowed: Vec::new(), denied: Vec::new(),
            };
            let lines = RenderedUrls::of(&[carrier], &[host]);
            let preference = ["100", "99", "10", "9"][n];
            let mut page = ResponseBuffer::new();
            prop_assert!(lines.base(&mut page, 0));
            page.push_bytes(b"|");
            prop_assert!(lines.host(&mut page, 0, preference.as_bytes(), &"</url>\n".to_owned().into()));
            let mark = if public { "" } else { " mm0:private=\"True\"" };
            let line = |scheme: &str, base: &str| {
                format!("{scheme}\" type=\"{scheme}\" location=\"{location}\" preference=\"{preference}\"{mark}>{base}</url>\n")
            };
            let wanted = [&base, "|", &line("https", &base), &line("rsync", "rsync://m/x")].concat();
            let said = page.finish();
            prop_assert_eq!(std::str::from_utf8(&said).unwrap(), wanted);
        }
    }
}
