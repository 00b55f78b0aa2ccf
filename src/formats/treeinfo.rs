//! `.treeinfo`, which identifies an installation tree (the format of productmd, and the older one of anaconda and yum).
//!
//! The format is INI-like: sections in brackets, `key = value` or `key: value`, comments begin with `#` or `;`. Name, version and
//! architecture come from `[release]` (older: `[product]`) and `[tree]`, or else from `[general]`, the oldest form.

/// The size in bytes of the longest file that is read: real ones have some 5 kB.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// The longest value that is kept.
const MAX_VALUE: usize = 200;

/// The product, version and architecture of an installation tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TreeInfo {
    /// The product, such as `Fedora`.
    pub name: Option<String>,
    /// The short name of the product, such as `RHEL`.
    pub short: Option<String>,
    /// The version, such as `43`, `9.5` or `Rawhide`.
    pub version: Option<String>,
    /// The architecture, such as `x86_64`.
    pub arch: Option<String>,
}

/// Parses a file; `None` if it has none of the fields.
pub(crate) fn parse(bytes: &[u8]) -> Option<TreeInfo> {
    let text = String::from_utf8_lossy(bytes);
    let (mut new, mut old) = (TreeInfo::default(), TreeInfo::default());
    let mut section = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split_once(']')) {
            section = name.0.trim().to_ascii_lowercase();
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            continue;
        };
        let key = key.trim().to_ascii_lowercase();
        let field = match (section.as_str(), key.as_str()) {
            ("release" | "product", "name") => &mut new.name,
            ("release" | "product", "short") => &mut new.short,
            ("release" | "product", "version") => &mut new.version,
            ("tree", "arch") => &mut new.arch,
            ("general", "family") => &mut old.name,
            ("general", "version") => &mut old.version,
            ("general", "arch") => &mut old.arch,
            _ => continue,
        };
        if let Some(value) = clean(value) {
            field.get_or_insert(value);
        }
    }
    let found = TreeInfo {
        name: new.name.or(old.name),
        short: new.short,
        version: new.version.or(old.version),
        arch: new.arch.or(old.arch),
    };
    (found != TreeInfo::default()).then_some(found)
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
    fn parse_fields(text: &str) -> [String; 4] {
        let t = parse(text.as_bytes()).unwrap();
        [t.name, t.short, t.version, t.arch].map(Option::unwrap_or_default)
    }

    #[test]
    fn release_and_tree_take_precedence_over_general() {
        let text = "[general]\n; WARNING.0 = kept for compatibility\narch = i386\nfamily = Old\nversion = 1\n\n[header]\nversion = 1.2\n\n\
                    [release]\nname = CentOS Stream\nshort = CentOS-Stream\nversion = 9\n\n[tree]\narch = x86_64\n\
                    [variant-BaseOS]\nname = BaseOS\narch = s390x\n";
        assert_eq!(parse_fields(text), ["CentOS Stream", "CentOS-Stream", "9", "x86_64"]);
    }

    #[test]
    fn oldest_form_is_parsed() {
        let text = "[general]\nfamily: Fedora\nVersion: 18\narch: ppc64\n[stage2]\nmainimage = images/install.img\n";
        assert_eq!(parse_fields(text), ["Fedora", "", "18", "ppc64"]);
        assert_eq!(
            parse_fields("[product]\nname = Fedora\nversion = 22\n"),
            ["Fedora", "", "22", ""]
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
                for value in [found.name, found.short, found.version, found.arch].into_iter().flatten() {
                    prop_assert!(clean(&value) == Some(value));
                }
            }
        }
    }
}
