//! Suggestions for a mistyped name, field or value.

use itertools::Itertools as _;

/// Names that are less similar than this are not suggested (Jaro-Winkler similarity, 0 to 1).
const MIN_SIMILARITY: f64 = 0.8;
const MAX_SUGGESTIONS: usize = 3;

/// Returns the candidates that are similar to `wanted`, best first.
pub(crate) fn similar<S: AsRef<str>>(wanted: &str, candidates: impl IntoIterator<Item = S>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let scored = candidates.into_iter().map(|candidate| {
        let candidate = candidate.as_ref();
        let score = strsim::jaro_winkler(&wanted, &candidate.to_lowercase());
        (score, candidate.to_owned())
    });
    let best = scored
        .filter(|(score, _)| *score > MIN_SIMILARITY)
        .sorted_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    best.map(|(_, candidate)| candidate)
        .dedup()
        .take(MAX_SUGGESTIONS)
        .collect()
}

/// Returns the question about similar names, such as `did you mean a or b?`; `None` without names.
pub(crate) fn did_you_mean(similar: &[String]) -> Option<String> {
    (!similar.is_empty()).then(|| format!("did you mean {}?", similar.iter().join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_are_suggested_best_first() {
        let names = ["mirror.example.org", "mirror2.example.org", "ftp.example.net"];
        let found = similar("Miror.example.org", names);
        assert_eq!(found.first().map(String::as_str), Some("mirror.example.org"));
        assert!(!found.contains(&"ftp.example.net".to_owned()), "{found:?}");
        assert_eq!(did_you_mean(&found[..1]).unwrap(), "did you mean mirror.example.org?");
        assert_eq!(similar("zzz", names), Vec::<String>::new());
        assert_eq!(did_you_mean(&[]), None);
    }
}
