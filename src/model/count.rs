//! Counts and articles in texts: "1 host", "2 directories", "an arch".

use std::fmt::Display;

/// Returns the count and the noun in its number, such as `1 host` or `2 scanned directories`. The last word of `noun` is
/// declined.
pub(crate) fn format_count<N: Copy + Display + PartialEq + From<u8>>(n: N, noun: &str) -> String {
    if n == N::from(1) {
        format!("{n} {noun}")
    } else {
        format!("{n} {}", plural(noun))
    }
}

/// Returns the plural of a regular noun.
pub(crate) fn plural(noun: &str) -> String {
    let ends_in_consonant = |stem: &str| !stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match noun.strip_suffix('y') {
        Some(stem) if ends_in_consonant(stem) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// Returns the verb that agrees with a count: `is` for 1 host, `are` for 2.
pub(crate) fn agree<'t, N: Copy + PartialEq + From<u8>>(n: N, singular: &'t str, plural: &'t str) -> &'t str {
    if n == N::from(1) { singular } else { plural }
}

/// Returns the noun with its indefinite article.
pub(crate) fn with_article(noun: &str) -> String {
    // A noun with a "u" at its start, such as "url" or "user", is spoken with a consonant.
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_count() {
        for (n, noun, text) in [
            (1, "host", "1 host"),
            (0, "host", "0 hosts"),
            (2, "scanned directory", "2 scanned directories"),
            (3, "arch", "3 arches"),
            (2, "address", "2 addresses"),
            (2, "day", "2 days"),
            (2, "URL", "2 URLs"),
            (2, "push", "2 pushes"),
        ] {
            assert_eq!(format_count(n, noun), text);
        }
        assert_eq!(format_count(1_usize, "directory"), "1 directory");
        assert_eq!(format_count(1_i64, "byte"), "1 byte");
    }

    #[test]
    fn verbs_agree_with_their_count() {
        assert_eq!(
            [0, 1, 2].map(|n| agree(n, "refers", "refer")),
            ["refer", "refers", "refer"]
        );
    }

    #[test]
    fn articles_follow_the_sound() {
        for (noun, text) in [
            ("arch", "an arch"),
            ("host", "a host"),
            ("embargo", "an embargo"),
            ("url", "a url"),
        ] {
            assert_eq!(with_article(noun), text);
        }
    }
}
