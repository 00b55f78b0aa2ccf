//! Mirror URLs rendered when the data is loaded: blocks in the order of the mirrors, so that a response is composed by
//! copying a few hundred of them.

use std::ops::Range;

use crate::answer::encode::escape;
use crate::answer::response_buffer::{FixedText, RepeatedText, ResponseBuffer};

use super::{IndexedHost, MirrorEntry, Url};

/// Rendered URLs of all mirrors of a category.
#[derive(Debug, Default)]
pub(crate) struct RenderedUrls {
    /// URLs for metalinks, by mirror.
    urls: Box<[RenderedUrl]>,
    /// Position of the first URL of each mirror in `urls`, followed by the number of all URLs.
    firsts: Box<[u32]>,
    /// For each mirror the base of its first http, https or ftp URL, if it has one.
    base_urls: Box<[RenderedBase]>,
}

/// A URL in a metalink, up to the end of the base. `digits` is the position of its preference, which usually has two
/// digits.
#[derive(Debug)]
enum RenderedUrl {
    Short { slot: FixedText<128>, digits: u8 },
    Long { text: Box<[u8]>, digits: usize },
}

impl RenderedUrl {
    fn new(url: &Url, location: &str, public: bool) -> Self {
        let (scheme, location) = (escape(&url.scheme), escape(location));
        let before = format!("{scheme}\" type=\"{scheme}\" location=\"{location}\" preference=\"");
        let mark = if public { "" } else { " mm0:private=\"True\"" };
        let text = format!("{before}00\"{mark}>{}", escape(&url.base));
        match (FixedText::new(text.as_bytes()), u8::try_from(before.len())) {
            (Some(slot), Ok(digits)) => Self::Short { slot, digits },
            (_, _) => Self::Long {
                digits: before.len(),
                text: text.into_bytes().into(),
            },
        }
    }

    #[inline]
    fn write(&self, out: &mut ResponseBuffer, preference: &[u8]) {
        if let (Self::Short { slot, digits }, Ok(two)) = (self, preference.try_into()) {
            let position = out.len() + usize::from(*digits);
            out.push_fixed(slot);
            out.patch(position, two);
        } else {
            self.write_slow(out, preference);
        }
    }

    #[cold]
    fn write_slow(&self, out: &mut ResponseBuffer, preference: &[u8]) {
        let (text, digits) = match self {
            Self::Short { slot, digits } => (slot.as_bytes(), usize::from(*digits)),
            Self::Long { text, digits } => (&**text, *digits),
        };
        for part in [text.get(..digits), Some(preference), text.get(digits + 2..)] {
            out.push_bytes(part.unwrap_or_default());
        }
    }
}

/// The base URL of a mirror in a mirrorlist.
#[derive(Debug)]
enum RenderedBase {
    None,
    Short(FixedText<64>),
    Long(Box<[u8]>),
}

impl RenderedBase {
    fn new(url: &Url) -> Self {
        let text = url.base.as_bytes();
        FixedText::new(text).map_or_else(|| Self::Long(text.into()), Self::Short)
    }
}

impl RenderedUrls {
    pub(super) fn new(mirrors: &[MirrorEntry], hosts: &[IndexedHost]) -> Self {
        let (mut urls, mut firsts, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        for mirror in mirrors {
            firsts.push(u32::try_from(urls.len()).unwrap_or(u32::MAX));
            let host = usize::try_from(mirror.host).ok().and_then(|n| hosts.get(n));
            let location = host.map_or("", |h| &h.location);
            let rendered = mirror.urls.iter().map(|u| RenderedUrl::new(u, location, mirror.public));
            urls.extend(rendered);
            let web = mirror.urls.iter().find(|u| u.is_web());
            bases.push(web.map_or(RenderedBase::None, RenderedBase::new));
        }
        firsts.push(u32::try_from(urls.len()).unwrap_or(u32::MAX));
        Self {
            urls: urls.into(),
            firsts: firsts.into(),
            base_urls: bases.into(),
        }
    }

    /// Writes all URLs of a mirror into a metalink, each followed by `suffix`; returns false if it has none.
    #[inline]
    pub(crate) fn write_all(
        &self,
        out: &mut ResponseBuffer,
        position: u32,
        preference: &[u8],
        suffix: &RepeatedText,
    ) -> bool {
        let Range { start, end } = self.url_range(position);
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        for url in self.urls.get(at(start)..at(end)).unwrap_or_default() {
            url.write(out, preference);
            out.push_repeated(suffix);
        }
        start < end
    }

    /// Positions of the URLs of a mirror in `urls`.
    pub(crate) fn url_range(&self, position: u32) -> Range<u32> {
        let first = |position: usize| self.firsts.get(position).copied().unwrap_or(0);
        usize::try_from(position).map_or(0..0, |position| first(position)..first(position + 1))
    }

    /// Writes one URL into a metalink, without what follows the base.
    pub(crate) fn write_url(&self, out: &mut ResponseBuffer, address: u32, preference: &[u8]) {
        if let Some(url) = usize::try_from(address).ok().and_then(|n| self.urls.get(n)) {
            url.write(out, preference);
        }
    }

    /// Writes the base of the first http, https or ftp URL of a mirror; returns false if it has none.
    #[inline]
    pub(crate) fn write_base(&self, out: &mut ResponseBuffer, position: u32) -> bool {
        match usize::try_from(position).ok().and_then(|n| self.base_urls.get(n)) {
            Some(RenderedBase::Short(slot)) => out.push_fixed(slot),
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
        fn urls_of_every_length_are_complete(
            length in 0_usize..300, location in prop_oneof![Just(""), Just("DE")], public in any::<bool>(), n in 0_usize..4,
        ) {
            let base = format!("https://m/{}", "x".repeat(length));
            let rsync = Url::new("rsync://m/x");
            let mirror = MirrorEntry { host: 0, public, country: None, urls: vec![Url::new(&base), rsync] };
            let host = IndexedHost {
                name: "m".into(), private: false, location: location.into(), weight: 1, allowed: Vec::new(), denied: Vec::new(),
            };
            let lines = RenderedUrls::new(&[mirror], &[host]);
            let preference = ["100", "99", "10", "9"][n];
            let mut page = ResponseBuffer::new();
            prop_assert!(lines.write_base(&mut page, 0));
            page.push_bytes(b"|");
            prop_assert!(lines.write_all(&mut page, 0, preference.as_bytes(), &"</url>\n".to_owned().into()));
            let mark = if public { "" } else { " mm0:private=\"True\"" };
            let line = |scheme: &str, base: &str| {
                format!("{scheme}\" type=\"{scheme}\" location=\"{location}\" preference=\"{preference}\"{mark}>{base}</url>\n")
            };
            let wanted = [&base, "|", &line("https", &base), &line("rsync", "rsync://m/x")].concat();
            let text = page.finish();
            prop_assert_eq!(std::str::from_utf8(&text).unwrap(), wanted);
        }
    }
}
