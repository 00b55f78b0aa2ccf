//! Text from outside (names of files, headers and messages of servers, output of programs, notes in the registry) on terminals, in logs
//! and in mail: characters that control a terminal, reorder or hide text are escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The parameters of color sequences that reports and log lines use. Others could hide text.
const COLORS: [&str; 11] = ["0", "1", "2", "3", "31", "32", "33", "34", "35", "36", "90"];

/// Returns true for a character that is shown as itself. Not shown are control characters, line separators, and the format characters
/// that reorder (bidirectional overrides and isolates) or hide text. The joiners of scripts and emoji are kept.
pub(crate) fn is_printable(c: char) -> bool {
    !(c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'))
}

/// Escapes all characters that are not printable, such as a line feed as `\n` and an escape as `\u{1b}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |_| false, |out, c| out.extend(c.escape_default()))
}

/// Like [`printable`], but line feeds are kept.
pub(crate) fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n', |out, c| out.extend(c.escape_default()))
}

/// Like [`printable`], but color sequences are kept.
pub(crate) fn printable_with_colors(text: &str) -> Cow<'_, str> {
    if !text.contains('\x1b') {
        return printable(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\x1b');
    out.push_str(&printable(parts.next().unwrap_or_default()));
    for part in parts {
        let color = COLORS.iter().find_map(|code| {
            part.strip_prefix('[')?
                .strip_prefix(code)?
                .strip_prefix('m')
                .map(|rest| (code, rest))
        });
        if let Some((code, rest)) = color {
            out.extend(["\x1b[", code, "m"]);
            out.push_str(&printable(rest));
        } else {
            out.push_str("\\u{1b}");
            out.push_str(&printable(part));
        }
    }
    out.into()
}

/// Escapes the characters that JSON allows in strings although they are not printable. `json` remains the same value; its line feeds
/// outside of strings are kept.
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    escape(
        json,
        |c| c == '\n',
        |out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                write!(out, "\\u{unit:04x}").unwrap_or_default();
            }
        },
    )
}

fn escape(text: &str, keep: impl Fn(char) -> bool, push: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let is_shown = |c: char| is_printable(c) || keep(c);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_shown(c) {
            out.push(c);
        } else {
            push(&mut out, c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_controls_a_terminal_or_hides_text_is_escaped() {
        for (text, shown) in [
            ("plain ü 日本 👩‍💻", "plain ü 日本 👩‍💻"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("exe.\u{202e}mpr", "exe.\\u{202e}mpr"),
            (
                "a\u{2066}b\u{2069}\u{200b}\u{feff}",
                "a\\u{2066}b\\u{2069}\\u{200b}\\u{feff}",
            ),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert!(matches!(printable("plain"), Cow::Borrowed(_)));
        assert_eq!(printable_lines("a\nb\x07"), "a\nb\\u{7}");
    }

    #[test]
    fn only_color_sequences_are_kept() {
        for (text, shown) in [
            ("\x1b[32mok\x1b[0m", "\x1b[32mok\x1b[0m"),
            ("\x1b[8mhidden\x1b[0m", "\\u{1b}[8mhidden\x1b[0m"),
            ("\x1b[2J\x1b[1", "\\u{1b}[2J\\u{1b}[1"),
            ("\x1b\x1b[1mx\x07", "\\u{1b}\x1b[1mx\\u{7}"),
        ] {
            assert_eq!(printable_with_colors(text), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_unprintable_remains(text in any::<String>(), raw in proptest::collection::vec(any::<u8>(), 0..50)) {
            for text in [text, String::from_utf8_lossy(&raw).into_owned(), raw.iter().map(|b| char::from(*b)).collect()] {
                prop_assert!(printable(&text).chars().all(is_printable));
                prop_assert!(printable_lines(&text).chars().all(|c| c == '\n' || is_printable(c)));
                let mut colored = printable_with_colors(&text).into_owned();
                for code in COLORS {
                    colored = colored.replace(&format!("\x1b[{code}m"), "");
                }
                prop_assert!(colored.chars().all(is_printable));
                prop_assert!(printable(&printable(&text)) == printable(&text));
            }
        }

        #[test]
        fn json_keeps_its_value(text in any::<String>(), raw in proptest::collection::vec(0..0x2100_u32, 0..50)) {
            let odd: String = raw.into_iter().filter_map(char::from_u32).collect();
            let value = serde_json::json!({ "a": [text, odd], "b": "\u{e0001}" });
            let json = serde_json::to_string_pretty(&value).unwrap();
            let shown = printable_json(&json);
            prop_assert!(shown.chars().all(|c| c == '\n' || is_printable(c)));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }
}
