//! The command line of bash: its words, and replies in the form that readline inserts.

/// A command line up to the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The words without quotes; the last one is completed, and may be empty.
    pub(super) words: Vec<String>,
    /// The number of bytes of the last word that readline does not replace: up to a quote or a character such as `=`.
    kept: usize,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

impl Line {
    /// Splits a line as bash does, without expansions. `word_breaks` = `COMP_WORDBREAKS`.
    pub(super) fn parse(line: &str, word_breaks: &str) -> Self {
        let (mut words, mut word, mut is_word) = (Vec::new(), String::new(), false);
        // With an open quote, the bytes that were kept before it.
        let (mut kept, mut kept_before) = (0, 0);
        let mut quote = None;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            let was_word = std::mem::replace(&mut is_word, true);
            match (quote, c) {
                (Some(open), c) if c == open => (quote, kept) = (None, kept_before),
                (Some('"'), '\\') => {
                    let next = chars.next();
                    word.extend(next.filter(|c| !"\"\\$`".contains(*c)).map(|_| '\\'));
                    word.extend(next);
                }
                (Some(_), c) => word.push(c),
                (None, '\\') => word.extend(chars.next()),
                (None, '\'' | '"') => (quote, kept_before, kept) = (Some(c), kept, word.len()),
                (None, c) if c.is_whitespace() => {
                    is_word = false;
                    if was_word {
                        words.push(std::mem::take(&mut word));
                        kept = 0;
                    }
                }
                (None, c) => {
                    word.push(c);
                    if word_breaks.contains(c) {
                        kept = word.len();
                    }
                }
            }
        }
        words.push(word);
        Self { words, kept, quote }
    }

    /// Returns the text that replaces the end of the last word, so that it becomes `candidate`.
    pub(super) fn reply(&self, candidate: &str) -> Option<String> {
        let end = candidate.get(self.kept..)?;
        let escape = |special: fn(char) -> bool| {
            let chars = end
                .chars()
                .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]));
            chars.collect::<String>()
        };
        Some(match self.quote {
            // Readline closes the quote.
            Some('\'') => end.to_owned(),
            Some(_) => escape(|c| "\"\\$`".contains(c)),
            None => {
                let text = escape(|c| !c.is_alphanumeric() && !"_@%+=:,./-".contains(c));
                let is_open = end.ends_with(['=', '/']);
                if is_open { text } else { text + " " }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD_BREAKS: &str = " \t\n\"'@><=;|&(:";

    #[test]
    fn lines_are_split_as_bash_does() {
        for (line, words) in [
            ("mm-admin ", ["mm-admin", ""].as_slice()),
            ("mm-admin host", &["mm-admin", "host"]),
            ("a  'b c' d", &["a", "b c", "d"]),
            ("a \"b \\\"c\\n\" ", &["a", "b \"c\\n", ""]),
            ("a b\\ c", &["a", "b c"]),
            ("a 'b c", &["a", "b c"]),
            ("a '' ", &["a", "", ""]),
            ("a x=\"b c\"d", &["a", "x=b cd"]),
            ("a \\", &["a", ""]),
        ] {
            assert_eq!(Line::parse(line, WORD_BREAKS).words, words, "{line}");
        }
    }

    #[test]
    fn replies_continue_what_was_typed() {
        for (line, candidate, reply) in [
            ("a Fed", "Fedora Linux", "Fedora\\ Linux "),
            ("a Fedora\\ L", "Fedora Linux", "Fedora\\ Linux "),
            ("a \"Fed", "Fedora Linux", "Fedora Linux"),
            ("a 'Fed", "Fedora Linux", "Fedora Linux"),
            ("a \"", "a $b", "a \\$b"),
            ("a category=Fed", "category=Fedora Linux", "Fedora\\ Linux "),
            ("a category=\"Fed", "category=Fedora Linux", "Fedora Linux"),
            ("a cat", "category=", "category="),
            ("a https://m", "https://m.example.org/x", "//m.example.org/x "),
            ("a dir", "dir/", "dir/"),
            ("a ", "it's", "it\\'s "),
            ("a ü", "ümlaut", "ümlaut "),
            ("a \"Fed\"", "Fedora Linux", "Fedora\\ Linux "),
        ] {
            assert_eq!(
                Line::parse(line, WORD_BREAKS).reply(candidate).as_deref(),
                Some(reply),
                "{line}"
            );
        }
        assert_eq!(Line::parse("a bcd='", WORD_BREAKS).reply("x"), None);
    }
}
