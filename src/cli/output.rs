//! Text or JSON on stdout, messages on stderr, colour, tables.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::args::{Color, CommonArgs, Format};
use super::exit::ExitStatus;

/// Where a program's words go, and how they look.
#[derive(Debug, Clone)]
pub struct Output {
    /// Text or JSON.
    pub format: Format,
    /// `-v` given so often.
    pub verbose: u8,
    /// `-q` given.
    pub quiet: bool,
    /// Whether stdout gets colour.
    pub color: bool,
    /// Whether stdout is a terminal.
    pub stdout_terminal: bool,
    /// Whether stderr is a terminal.
    pub stderr_terminal: bool,
}

/// What a program has to say at its end: as text for people, as JSON (through serde) for programs.
pub trait Report: Serialize {
    /// The status to end with.
    fn exit(&self) -> ExitStatus {
        ExitStatus::Done
    }

    /// The text, for people.
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()>;

    /// Whether it answers a question (always printed) or tells what a job did (printed on a terminal, with `-v`, in a dry run
    /// or as JSON: cron hears nothing when all went well).
    fn is_query(&self) -> bool {
        true
    }
}

/// A text being written, with its colours.
pub struct TextOutput<'a> {
    out: &'a mut dyn Write,
    color: bool,
}

impl std::fmt::Debug for TextOutput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Less important than the rest.
    Dim,
    /// A heading.
    Bold,
}

impl<'a> TextOutput<'a> {
    /// A page on `out`.
    pub fn new(out: &'a mut dyn Write, color: bool) -> Self {
        Self { out, color }
    }

    /// One line.
    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", text.as_ref())
    }

    /// `text` in its tone, if there is colour.
    pub fn paint(&self, tone: Style, text: &str) -> String {
        let code = match tone {
            Style::Good => "32",
            Style::Warn => "33",
            Style::Bad => "31",
            Style::Dim => "2",
            Style::Bold => "1",
        };
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A table: bare columns, no lines, so that it can be cut with the usual tools. Control characters in cells are shown
    /// escaped.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
        table.set_header(header.iter().map(|h| self.paint(Style::Bold, h)));
        for row in rows {
            table.add_row(row.iter().map(|c| printable(c)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `text` without control characters but colour: what a mirror or a path says must not drive a terminal. Of escape sequences only
/// those that [`TextOutput::paint`] writes are left.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b'
            && let Some(code) = colour(rest.as_str())
        {
            out.push(c);
            out.push_str(code);
            rest = rest.as_str().strip_prefix(code).unwrap_or_default().chars();
        } else if c.is_control() {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}

/// The rest of a colour sequence at the beginning of `text`: `[`, at most two digits, `m`.
fn colour(text: &str) -> Option<&str> {
    let (code, _) = text.split_once('m')?;
    let digits = code.strip_prefix('[')?;
    (digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.get(..=code.len()))?
}

impl Output {
    /// From the options and the terminal. `no_color` = the environment says `NO_COLOR`.
    pub fn new(args: &CommonArgs, no_color: bool) -> Self {
        let stdout_terminal = io::stdout().is_terminal();
        Self {
            format: args.format,
            verbose: args.verbose,
            quiet: args.quiet,
            color: match args.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => stdout_terminal && !no_color,
            },
            stdout_terminal,
            stderr_terminal: io::stderr().is_terminal(),
        }
    }

    /// Whether what a job did is worth telling here.
    fn shows_job_report(&self) -> bool {
        !self.quiet && (self.stdout_terminal || self.verbose > 0 || self.format == Format::Json)
    }

    /// Prints the report. A reader that went away is no error.
    pub fn print<R: Report>(&self, report: &R, dry_run: bool) -> io::Result<()> {
        if !report.is_query() && !dry_run && !self.shows_job_report() {
            return Ok(());
        }
        let mut text = Vec::new();
        match self.format {
            Format::Json => {
                serde_json::to_writer_pretty(&mut text, report)?;
                text.push(b'\n');
            }
            Format::Text => report.write_text(&mut TextOutput::new(&mut text, self.color))?,
        }
        let mut out = io::stdout().lock();
        match out.write_all(&text).and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// One line on stderr: a problem, a warning, an error.
    pub fn eprint(&self, text: &str) {
        // There is nobody left to tell when stderr is closed.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_colour_reaches_the_terminal() {
        for (text, shown) in [
            ("plain ü", "plain ü"),
            ("\x1b[32mok\x1b[0m", "\x1b[32mok\x1b[0m"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\x1b[1;31m", "\\u{1b}[1;31m"),
            ("a\nb\x1b", "a\\nb\\u{1b}"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn colour_takes_no_room_in_a_table() {
        let table = |color| {
            let mut text = Vec::new();
            let mut page = TextOutput::new(&mut text, color);
            let state = page.paint(Style::Good, "ok");
            page.table(&["NAME", "STATE", "N"], &[vec!["a".into(), state, "1".into()]])
                .unwrap();
            String::from_utf8(text).unwrap()
        };
        let (plain, coloured) = (table(false), table(true));
        let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[32m"]
            .iter()
            .fold(coloured.clone(), |text, code| text.replace(code, ""));
        assert_ne!(coloured, plain);
        let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&plain));
    }

    #[test]
    fn tables_are_bare_columns() {
        let mut text = Vec::new();
        let mut page = TextOutput::new(&mut text, false);
        page.table(
            &["name", "state"],
            &[vec!["a".into(), "x\u{7}y".into()], vec!["long".into(), String::new()]],
        )
        .unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "name  state\na     x\\u{7}y\nlong\n");
    }
}
