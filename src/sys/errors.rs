//! Formatting of errors.

use std::error::Error;

/// Formats an error with its causes on one line. A cause that the preceding text contains is left out.
pub(crate) fn format_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in anyhow::Chain::new(error) {
        let part = cause.to_string();
        if text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct TestError {
        text: &'static str,
        #[source]
        cause: Option<Box<Self>>,
    }

    #[test]
    fn repeated_causes_are_left_out() {
        let error = |text, cause| TestError { text, cause };
        let last = error("no space", None);
        let middle = error("cannot write x: no space", Some(Box::new(last)));
        let first = error("rendering", Some(Box::new(middle)));
        assert_eq!(format_chain(&first), "rendering: cannot write x: no space");
    }
}
