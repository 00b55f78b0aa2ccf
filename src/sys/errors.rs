//! Errors in words.

use std::error::Error;

/// The error and its causes on one line; a cause that the text before it holds already is left out.
pub fn format_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
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
    struct Said {
        text: &'static str,
        #[source]
        cause: Option<Box<Self>>,
    }

    #[test]
    fn what_was_said_already_is_not_said_again() {
        let said = |text, cause| Said { text, cause };
        let last = said("no space", None);
        let middle = said("cannot write x: no space", Some(Box::new(last)));
        let first = said("drawing", Some(Box::new(middle)));
        assert_eq!(format_chain(&first), "drawing: cannot write x: no space");
    }
}
