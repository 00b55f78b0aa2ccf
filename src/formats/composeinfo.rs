//! `.composeinfo` and `COMPOSE_ID`, which identify a compose (formats of productmd).
//!
//! The first is JSON: `payload.release` (older: `payload.product`) has name, short name and version, `payload.variants` has the
//! architectures. The second is one line such as `Fedora-44-20260422.1` or `CentOS-Stream-9-20240107.0`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::treeinfo::{TreeInfo, clean};

/// The size in bytes of the longest file that is read: real ones have some 50 kB.
pub(crate) const MAX_BYTES: u64 = 8 << 20;

/// Parses a `.composeinfo`; `None` if it is not JSON or has none of the fields.
pub(crate) fn parse(bytes: &[u8]) -> Option<TreeInfo> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let payload = document.get("payload")?;
    let release = payload.get("release").or_else(|| payload.get("product"));
    let field = |key| clean(release?.get(key)?.as_str()?);
    let variants = payload.get("variants").and_then(Value::as_object);
    let arches = variants.into_iter().flat_map(|v| v.values());
    let arches = arches.filter_map(|v| v.get("arches")?.as_array()).flatten();
    let arches: BTreeSet<String> = arches.filter_map(|a| clean(a.as_str()?)).collect();
    TreeInfo {
        product: field("name").or_else(|| field("short")),
        version: field("version"),
        arches: arches.into_iter().collect(),
    }
    .non_empty()
}

/// Parses a `COMPOSE_ID`: short name, version and an optional type before the date; `None` if it is malformed or has no version.
pub(crate) fn parse_id(bytes: &[u8]) -> Option<TreeInfo> {
    let text = std::str::from_utf8(bytes).ok()?;
    let id = clean(text.lines().next()?)?;
    let (release, stamp) = id.rsplit_once('-')?;
    let date = stamp.split('.').next().unwrap_or_default();
    if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let is_version = |p: &&str| {
        p.eq_ignore_ascii_case("rawhide")
            || (p.starts_with(|c: char| c.is_ascii_digit()) && p.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    };
    let version = release.split('-').skip(1).find(is_version)?;
    let short = release.split_once(&format!("-{version}"))?.0;
    Some(TreeInfo {
        product: clean(short),
        version: clean(version),
        arches: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn release_and_arches_are_parsed() {
        let text = r#"{"header": {"type": "productmd.composeinfo", "version": "1.2"}, "payload": {
            "compose": {"date": "20260422", "id": "Fedora-44-20260422.1", "respin": 1, "type": "production"},
            "release": {"name": "Fedora", "short": "Fedora", "version": "44", "type": "ga", "internal": false},
            "variants": {"Everything": {"arches": ["aarch64", "x86_64"], "id": "Everything"}, "Server": {"arches": ["s390x", 7]}}}}"#;
        let found = parse(text.as_bytes()).unwrap();
        assert_eq!(
            (found.product.as_deref(), found.version.as_deref()),
            (Some("Fedora"), Some("44"))
        );
        assert_eq!(found.arches, ["aarch64", "s390x", "x86_64"]);
        let older = parse(br#"{"payload": {"product": {"version": "22", "name": 5}}}"#).unwrap();
        assert_eq!((older.product, older.version.as_deref()), (None, Some("22")));
        let deep = "[".repeat(100_000);
        for bad in [
            "",
            "{}",
            "[]",
            "{\"payload\": []}",
            "{\"payload\": {\"release\": 5}}",
            "[product]\nversion=22",
            &deep,
        ] {
            assert_eq!(parse(bad.as_bytes()), None);
        }
    }

    #[test]
    fn an_id_has_short_name_version_and_date() {
        for (id, short, version) in [
            ("Fedora-44-20260422.1\n", "Fedora", "44"),
            ("Fedora-Rawhide-20260101.n.0", "Fedora", "Rawhide"),
            ("CentOS-Stream-9-20240107.0", "CentOS-Stream", "9"),
            ("Rocky-9.5-20241118.1", "Rocky", "9.5"),
            ("Fedora-44-updates-20260422.0", "Fedora", "44"),
        ] {
            let found = parse_id(id.as_bytes()).unwrap();
            assert_eq!(
                (found.product.as_deref(), found.version.as_deref()),
                (Some(short), Some(version)),
                "{id}"
            );
        }
        for bad in [
            "",
            "\n",
            "Fedora",
            "Fedora-44",
            "44-20260422.0",
            "Fedora-ELN-20260422.0",
            "Fedora-44-2026042.0",
            "<html>",
        ] {
            assert_eq!(parse_id(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            parse(&bytes);
            parse_id(&bytes);
        }

        #[test]
        fn version_of_an_id_is_a_part_of_it(id in "[A-Za-z0-9.-]{0,40}(-[0-9]{8}(\\.n)?\\.[0-9])?") {
            if let Some(found) = parse_id(id.as_bytes()) {
                prop_assert!(found.version.is_some_and(|v| id.contains(&v)));
            }
        }
    }
}
