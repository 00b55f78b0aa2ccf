//! Formatting of errors.

use std::error::Error;

use super::file_error::FileError;

/// Formats an error with its causes on one line. A cause that the preceding text contains is left out, and so is what caused a
/// [`FileError`], which tells more than its cause.
pub(crate) fn format_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut is_complete = false;
    for cause in anyhow::Chain::new(error) {
        if is_complete {
            break;
        }
        is_complete = cause.is::<FileError>();
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
