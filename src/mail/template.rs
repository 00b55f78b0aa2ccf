//! Templates of mails: the built-in ones, or those in `mail.templates_dir`.
//!
//! A template is a text whose first line is `Subject: ` and the subject, followed by an empty line and the body. Values cannot add
//! lines or control characters, whatever a mirror sent. A template that cannot be used is replaced by the built-in one, and the
//! mail says so: a mistake in a template must not keep an alarm from being sent.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use crate::config::MailConfig;
use crate::sys::override_file;

/// A template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Template {
    /// Alerts of one kind that appeared or are resolved.
    Alert,
    /// The daily report.
    Digest,
    /// A change of hosts, for their owner.
    Owner,
    /// The mail of `mm-admin mail test`.
    Test,
}

impl Template {
    fn built_in(self) -> &'static str {
        match self {
            Self::Alert => include_str!("templates/alert.txt"),
            Self::Digest => include_str!("templates/digest.txt"),
            Self::Owner => include_str!("templates/owner.txt"),
            Self::Test => include_str!("templates/test.txt"),
        }
    }

    /// Returns the name of the file in `mail.templates_dir`.
    pub(crate) fn file_name(self) -> String {
        format!("{}.txt", <&str>::from(self))
    }
}

/// A rendered mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Content {
    /// One line.
    pub subject: String,
    pub body: String,
}

/// Limits of a subject, in characters, and of a body, in bytes.
const MAX_SUBJECT: usize = 160;
const MAX_BODY: usize = 256 << 10;

/// Renders a mail.
pub(crate) fn render(config: &MailConfig, template: Template, data: &impl Serialize) -> Content {
    let data = Value::from(Serde(data));
    let file = template.file_name();
    let own = match override_file::read(&config.templates_dir, &file) {
        Ok(None) => None,
        Ok(Some(source)) => Some(expand(&source, &data).map_err(|why| format!("invalid template {file}: {why}"))),
        Err((path, e)) => Some(Err(format!("cannot read {}: {e}", path.display()))),
    };
    match own {
        Some(Ok(content)) => content,
        None => render_built_in(template, &data),
        Some(Err(why)) => {
            let mut content = render_built_in(template, &data);
            let why = escape(&why);
            let note = format!("\nThe built-in template was used; correct mail.templates_dir in the config: {why}\n");
            content.body.push_str(&note);
            content
        }
    }
}

fn render_built_in(template: Template, data: &Value) -> Content {
    expand(template.built_in(), data).unwrap_or_else(|why| Content {
        subject: "mirrormanager".to_owned(),
        body: format!(
            "The mail cannot be rendered: {}\n{}\n",
            escape(&why),
            escape(&data.to_string())
        ),
    })
}

fn expand(source: &str, data: &Value) -> Result<Content, String> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_formatter(write_value);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    env.set_syntax(syntax.build().map_err(|e| e.to_string())?);
    let text = env.render_str(source, data).map_err(|e| e.to_string())?;
    let missing = || "the first line must be \"Subject: \" and the subject, the second line must be empty".to_owned();
    let (head, body) = text.split_once("\n\n").ok_or_else(missing)?;
    let subject = head.strip_prefix("Subject: ").ok_or_else(missing)?;
    let mut body = body.trim_end().to_owned();
    if body.len() > MAX_BODY {
        body.truncate(body.floor_char_boundary(MAX_BODY));
        body.push_str("\n(truncated)");
    }
    body.push('\n');
    Ok(Content {
        subject: one_line(subject),
        body,
    })
}

fn one_line(subject: &str) -> String {
    let mut line = escape(subject.trim());
    if let Some((end, _)) = line.char_indices().nth(MAX_SUBJECT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

fn write_value(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    out.write_str(&escape(&value.to_string()))
        .map_err(|e| Error::new(ErrorKind::WriteFailure, "cannot write the mail").with_source(e))
}

/// Escapes control characters, which could begin a line or a header, and characters that change the direction of text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || is_bidi || matches!(c, '\u{2028}' | '\u{2029}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn data(text: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([("text", text.to_owned())])
    }

    fn own(source: &str, text: &str) -> Content {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("test.txt"), source).unwrap();
        let config = MailConfig {
            templates_dir: dir.path().to_owned(),
            ..MailConfig::default()
        };
        render(&config, Template::Test, &data(text))
    }

    #[test]
    fn values_cannot_add_lines_or_headers() {
        let content = own(
            "Subject: about {{ text }}\n\nbody {{ text }}\n",
            "x\r\nBcc: victim@example.org\n\nforged\x1b[2J\u{202e}",
        );
        let escaped = "x\\r\\nBcc: victim@example.org\\n\\nforged\\u{1b}[2J\\u{202e}";
        assert_eq!(content.subject, format!("about {escaped}"));
        assert_eq!(content.body, format!("body {escaped}\n"));
    }

    #[test]
    fn a_literal_header_of_a_template_stays_in_the_subject() {
        let content = own("Subject: one\nBcc: x@example.org\n\nbody\n", "");
        assert_eq!(content.subject, "one\\nBcc: x@example.org");
    }

    #[test]
    fn an_unusable_template_is_replaced_and_named() {
        for source in [
            "no subject\n\nbody",
            "Subject: x\nbody",
            "Subject: {{ nothing }}\n\nx",
            "Subject: {% if %}\n\n",
        ] {
            let config = MailConfig::default();
            let own = own(source, "");
            let built_in = render(&config, Template::Test, &data(""));
            assert_eq!(own.subject, built_in.subject, "{source}");
            assert!(own.body.starts_with(&built_in.body), "{source}: {}", own.body);
            assert!(own.body.contains("invalid template test.txt"), "{source}: {}", own.body);
        }
        let config = MailConfig {
            templates_dir: "/nonexistent".into(),
            ..MailConfig::default()
        };
        let content = render(&config, Template::Test, &data(""));
        assert!(content.body.contains("cannot read /nonexistent"), "{}", content.body);
    }

    #[test]
    fn lengths_are_limited() {
        let content = own("Subject: {{ text }}\n\n{{ text }}", &"ä".repeat(MAX_BODY));
        assert_eq!(content.subject.chars().count(), MAX_SUBJECT + 1);
        assert!(content.body.len() < MAX_BODY + 20 && content.body.ends_with("(truncated)\n"));
    }
}
