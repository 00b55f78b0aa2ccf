//! Names in paths: what stands in a URL of the pages is safe as a file name, and no two things share one.

use std::collections::BTreeSet;

/// The longest slug, before a number that keeps two apart.
const MAX_LENGTH: usize = 80;

/// Gives out names of directories below one directory.
#[derive(Debug, Default)]
pub(super) struct Slugs {
    /// Taken, folded to lower case: pages may lie on a file system that does not tell the cases apart.
    taken: BTreeSet<String>,
}

impl Slugs {
    /// `reserved` are names that other pages have.
    pub(super) fn new(reserved: &[&str]) -> Self {
        Self {
            taken: reserved.iter().map(|r| r.to_lowercase()).collect(),
        }
    }

    /// A name for `text`: letters, digits, `.`, `_` and `-` stay, everything else becomes `_`; a dot in front too. Who comes
    /// second gets `_2`, and so on: ask in an order that does not change when something is added.
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
    fn slugs_are_safe_and_differ() {
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
