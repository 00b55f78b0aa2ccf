//! Slugs: unique names for the paths of pages that are safe as file names.

use std::collections::BTreeSet;

/// Names of files in the directory of every page.
pub(super) const PAGE_FILES: [&str; 2] = ["index.html", "index.json"];
/// The maximum length of a slug without the number that makes it unique.
const MAX_LENGTH: usize = 80;

/// The slugs in one directory.
#[derive(Debug, Default)]
pub(super) struct Slugs {
    /// In lower case, because the file system may be case-insensitive.
    taken: BTreeSet<String>,
}

impl Slugs {
    pub(super) fn new(reserved: &[&str]) -> Self {
        Self {
            taken: reserved.iter().map(|r| r.to_lowercase()).collect(),
        }
    }

    /// Returns a slug for `text`: ASCII letters, digits, `.`, `_` and `-` are kept, other characters become `_`, and a leading dot
    /// gets a `_` before it. Repeated slugs get `_2` and so on, so callers use an order that new rows do not change.
    pub(super) fn unique(&mut self, text: &str) -> String {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let mut base: String = text
            .chars()
            .map(|c| if safe(c) { c } else { '_' })
            .take(MAX_LENGTH)
            .collect();
        if base.is_empty() || base.starts_with('.') {
            base.insert(0, '_');
        }
        let mut slug = base.clone();
        let mut n = 1_u64;
        while !self.taken.insert(slug.to_lowercase()) {
            n += 1;
            slug = format!("{base}_{n}");
        }
        slug
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_safe_and_unique() {
        let mut slugs = Slugs::new(&["versions"]);
        for (name, want) in [
            ("Fedora", "Fedora"),
            ("fedora", "fedora_2"),
            ("versions", "versions_2"),
            ("Fedora ELN", "Fedora_ELN"),
            ("Fedora/ELN", "Fedora_ELN_2"),
            ("../..", "_.._.."),
            ("<script>", "_script_"),
            ("🦀", "_"),
            ("", "__2"),
        ] {
            assert_eq!(slugs.unique(name), want, "{name}");
        }
    }
}
