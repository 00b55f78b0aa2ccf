//! Texts and comments contain no words of `tests/data/vocabulary.tsv`.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{files_below, home};

/// One row of the list.
struct Entry {
    /// Matched against texts in lower case with single blanks as white space.
    pattern: Regex,
    replacement: String,
    /// Matches of `pattern` that are standard English.
    exception: Option<Regex>,
}

/// A piece of text, with the line where it begins.
#[derive(Debug, PartialEq)]
struct Text {
    line: usize,
    text: String,
}

fn list() -> Vec<Entry> {
    let path = home().join("tests/data/vocabulary.tsv");
    let text = fs::read_to_string(&path).unwrap();
    let rows = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    rows.map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        assert!(
            (2..=3).contains(&columns.len()),
            "{}: expected 2 or 3 columns: {row}",
            path.display()
        );
        Entry {
            pattern: Regex::new(columns[0]).unwrap(),
            replacement: columns[1].to_owned(),
            exception: columns.get(2).map(|e| Regex::new(e).unwrap()),
        }
    })
    .collect()
}

/// The comments and string literals of Rust code; consecutive comment lines are one text.
fn rust_texts(code: &str) -> Vec<Text> {
    let token = Regex::new(
        r#"(?x) (?P<comment> //[^\n]* | /\*(?s:.*?)\*/ )
            | (?P<string> b?r\#\#"(?s:.*?)"\#\# | b?r\#"(?s:.*?)"\# | b?r"[^"]*" | b?"(?s:\\.|[^"\\])*" )
            | '(?:\\[^'\n]+|\\'|[^'\\\n])' "#,
    )
    .unwrap();
    let mut texts: Vec<Text> = Vec::new();
    let mut end_of_comment = None;
    let (mut line, mut counted) = (1, 0);
    for found in token.captures_iter(code) {
        let whole = found.get(0).unwrap();
        line += code
            .get(counted..whole.start())
            .map_or(0, |skipped| skipped.matches('\n').count());
        counted = whole.start();
        if let Some(comment) = found.name("comment") {
            let text = comment.as_str().trim_start_matches(['/', '!', '*']);
            let between = end_of_comment.and_then(|end: usize| code.get(end..whole.start()));
            let follows = between.is_some_and(|text| text.trim().is_empty());
            match texts.last_mut() {
                Some(last) if follows => {
                    last.text.push(' ');
                    last.text.push_str(text);
                }
                _ => texts.push(Text {
                    line,
                    text: text.to_owned(),
                }),
            }
            end_of_comment = Some(whole.end());
        } else if let Some(string) = found.name("string") {
            texts.push(Text {
                line,
                text: string.as_str().replace("\\n", " ").replace("\\\n", " "),
            });
        }
    }
    texts
}

/// The paragraphs of a document, without the comment marks of config files, scripts, SQL and troff.
fn document_texts(document: &str) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    let mut open = false;
    for (number, line) in document.lines().enumerate() {
        let text = line.trim_start().trim_start_matches(['#', '-', '/']).trim();
        match texts.last_mut() {
            Some(last) if open && !text.is_empty() => {
                last.text.push(' ');
                last.text.push_str(text);
            }
            _ if !text.is_empty() => texts.push(Text {
                line: number + 1,
                text: text.to_owned(),
            }),
            _ => {}
        }
        open = !text.is_empty();
    }
    texts
}

fn words(text: &str) -> String {
    text.replace("\\-", "-")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// The listed words in a text, and what to write instead.
fn banned(list: &[Entry], text: &str) -> Vec<String> {
    let text = words(text);
    list.iter()
        .flat_map(|entry| {
            let matches = entry.pattern.find_iter(&text).filter(|m| {
                let exception = entry.exception.as_ref().and_then(|e| e.find_at(&text, m.start()));
                exception.is_none_or(|e| e.start() != m.start())
            });
            matches.map(|m| format!("{:?}; write instead: {}", m.as_str(), entry.replacement))
        })
        .collect()
}

fn documents() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "Makefile",
        "Cargo.toml",
    ]
    .iter()
    .map(|name| home().join(name))
    .filter(|path| path.exists())
    .collect();
    for (dir, ending) in [
        ("docs", ".md"),
        ("man", ""),
        ("completions", ""),
        ("migrations", ".sql"),
        ("proto", ".proto"),
        ("ci", ""),
        ("src", ".html"),
        ("src", ".css"),
        ("examples", ".toml"),
        ("examples/site", ""),
    ] {
        files.extend(files_below(&home().join(dir), ending));
    }
    files
}

fn check(list: &[Entry], path: &Path, texts: &[Text], breaches: &mut Vec<String>) {
    let file = path.strip_prefix(home()).unwrap().display().to_string();
    for text in texts {
        for words in banned(list, &text.text) {
            breaches.push(format!("{file}:{}: {words}", text.line));
        }
    }
}

#[test]
fn texts_use_the_vocabulary_of_the_glossary() {
    let list = list();
    let mut breaches = Vec::new();
    for dir in ["src", "tests", "benches", "examples", "fuzz"] {
        for path in files_below(&home().join(dir), ".rs") {
            let code = fs::read_to_string(&path).unwrap();
            check(&list, &path, &rust_texts(&code), &mut breaches);
        }
    }
    let documents = documents();
    assert!(documents.len() > 80, "documents are missing: {documents:?}");
    for path in documents {
        let document = fs::read_to_string(&path).unwrap();
        check(&list, &path, &document_texts(&document), &mut breaches);
    }
    assert!(
        breaches.is_empty(),
        "{} breaches\n{}",
        breaches.len(),
        breaches.join("\n")
    );
}

#[test]
fn texts_of_code_are_comments_and_strings() {
    let code = "/// One\n/// two.\nfn f<'a>(x: &'a str) -> char {\n    g(\"three \\\" \\\n       four\", r#\"a \"b\"\"#);\n    // five\n    '\"'\n}\n";
    let texts = rust_texts(code);
    let found: Vec<(usize, String)> = texts.iter().map(|t| (t.line, words(&t.text))).collect();
    let expected = [
        (1, " one two.".trim()),
        (4, "\"three \\\" four\""),
        (5, "r#\"a \"b\"\"#"),
        (6, "five"),
    ];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn a_banned_word_is_found_across_lines_and_an_exception_is_not() {
    let list = [Entry {
        pattern: Regex::new("odd word[a-z]*").unwrap(),
        replacement: "term".to_owned(),
        exception: Some(Regex::new("odd wordsmith").unwrap()),
    }];
    assert_eq!(banned(&list, "an odd\n Word").len(), 1);
    assert_eq!(banned(&list, "an odd wordsmith"), Vec::<String>::new());
}
