//! `.treeinfo`, which identifies an installation tree (the format of productmd, and the older one of anaconda and yum).
//!
//! The format is INI-like: sections in brackets, `key = value` or `key: value`, comments begin with `#` or `;`. Name, version and
//! architecture come from `[release]` (older: `[product]`) and `[tree]`, or else from `[general]`, the oldest form.

use std::collections::HashMap;

use serde::Serialize;

/// The size in bytes of the longest file that is read: real ones have some 5 kB.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// The longest value that is kept.
const MAX_VALUE: usize = 200;

/// The product, version and architectures of an installation tree or a compose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct TreeInfo {
    /// The name of the product, such as `Fedora`, or else its short name, such as `RHEL`.
    pub product: Option<String>,
    /// The version, such as `43`, `9.5` or `Rawhide`.
    pub version: Option<String>,
    /// The architectures, such as `x86_64`.
    pub arches: Vec<String>,
}

impl TreeInfo {
    pub(super) fn non_empty(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// Parses a file; `None` if it has none of the fields.
pub(crate) fn parse(bytes: &[u8]) -> Option<TreeInfo> {
    let text = String::from_utf8_lossy(bytes);
    let mut values: HashMap<(String, String), String> = HashMap::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with(['#', ';'])) {
        if let Some((name, _)) = line.strip_prefix('[').and_then(|l| l.split_once(']')) {
            section = name.trim().to_ascii_lowercase();
            if section == "product" {
                "release".clone_into(&mut section);
            }
        } else if let Some((key, value)) = line.split_once(['=', ':'])
            && let Some(value) = clean(value)
        {
            let key = (section.clone(), key.trim().to_ascii_lowercase());
            values.entry(key).or_insert(value);
        }
    }
    let mut take = |section: &str, key: &str| values.remove(&(section.to_owned(), key.to_owned()));
    let name = take("release", "name").or_else(|| take("general", "family"));
    TreeInfo {
        product: name.or_else(|| take("release", "short")),
        version: take("release", "version").or_else(|| take("general", "version")),
        arches: (take("tree", "arch").or_else(|| take("general", "arch")))
            .into_iter()
            .collect(),
    }
    .non_empty()
}

/// Trims a value; `None` if it is empty, too long, or has control characters.
pub(super) fn clean(value: &str) -> Option<String> {
    let value = value.trim();
    let is_valid = !value.is_empty() && value.len() <= MAX_VALUE && !value.chars().any(char::is_control);
    is_valid.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Parses the fields; empty for none.
    fn parse_fields(text: &str) -> [String; 3] {
        let t = parse(text.as_bytes()).unwrap();
        assert!(t.arches.len() <= 1, "{t:?}");
        [t.product, t.version, t.arches.into_iter().next()].map(Option::unwrap_or_default)
    }

    #[test]
    fn release_and_tree_take_precedence_over_general() {
        let text = "[general]\n; WARNING.0 = kept for compatibility\narch = i386\nfamily = Old\nversion = 1\n\n[header]\nversion = 1.2\n\n\
                    [release]\nname = CentOS Stream\nshort = CentOS-Stream\nversion = 9\n\n[tree]\narch = x86_64\n\
                    [variant-BaseOS]\nname = BaseOS\narch = s390x\n";
        assert_eq!(parse_fields(text), ["CentOS Stream", "9", "x86_64"]);
        let text = text.replace("\nname = CentOS Stream", "").replace("family = Old\n", "");
        assert_eq!(parse_fields(&text), ["CentOS-Stream", "9", "x86_64"]);
    }

    #[test]
    fn oldest_form_is_parsed() {
        let text = "[general]\nfamily: Fedora\nVersion: 18\narch: ppc64\n[stage2]\nmainimage = images/install.img\n";
        assert_eq!(parse_fields(text), ["Fedora", "18", "ppc64"]);
        assert_eq!(
            parse_fields("[product]\nname = Fedora\nversion = 22\n"),
            ["Fedora", "22", ""]
        );
    }

    #[test]
    fn file_without_fields_is_rejected() {
        let long = format!("[release]\nversion = {}\n", "9".repeat(MAX_VALUE + 1));
        for bad in [
            "",
            "<html>version = 9</html>",
            "version = 9",
            "[release]\nversion =\n",
            &long,
            "[release\nversion = 9",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse(b"[tree]\narch = x\x1b[2J\n\xff\xfe"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            parse(&bytes);
        }

        #[test]
        fn values_are_printable(
            lines in proptest::collection::vec(
                prop_oneof![
                    Just("[release]".to_owned()), Just("[tree]".to_owned()), Just("[general]".to_owned()), Just("[".to_owned()),
                    "(version|arch|name|short|family) ?[=:] ?\\PC{0,12}", "\\PC{0,20}",
                ],
                0..20,
            )
        ) {
            if let Some(found) = parse(lines.join("\n").as_bytes()) {
                for value in found.product.into_iter().chain(found.version).chain(found.arches) {
                    prop_assert!(clean(&value) == Some(value));
                }
            }
        }
    }
}
