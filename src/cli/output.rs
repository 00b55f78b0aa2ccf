//! Reports as text or JSON on stdout, messages on stderr, colors and tables.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::args::{Color, CommonArgs, Format};
use crate::job::exit::ExitStatus;
use crate::model::printable::{printable, printable_json, printable_with_colors};

/// Format and destinations of the output of a program.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(super) format: Format,
    /// The number of `-v` options.
    pub(super) verbose: u8,
    pub(super) quiet: bool,
    pub(super) color: bool,
    pub(super) stdout_terminal: bool,
    pub(super) stderr_terminal: bool,
    /// Reports are discarded, because another one is the output.
    is_silent: bool,
}

/// The result of a program, printed at its end as text or, through serde, as JSON.
pub(crate) trait Report: Serialize {
    fn exit(&self) -> ExitStatus {
        ExitStatus::Done
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()>;

    /// The reason why nothing was done of what the command was asked for: see [`NothingDone`](crate::job::exit::NothingDone).
    fn nothing_done(&self) -> Option<String> {
        None
    }

    /// True for a query or a dry run, whose report is always printed. The report of a job is printed only on a terminal, with
    /// `-v` or as JSON, so that cron sends no mail after a successful run.
    fn is_query(&self) -> bool {
        true
    }
}

/// The writer of a text report, with colors.
pub(crate) struct TextOutput<'a> {
    /// Borrowed only while it is written to, so that the rows of a table can be painted while they are collected.
    out: RefCell<&'a mut dyn Write>,
    color: bool,
    /// The width of tables, in columns; `None` = unlimited.
    max_width: Option<u16>,
}

/// The width of tables on a terminal. In a pipe every row is one line.
const TERMINAL_WIDTH: u16 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Good,
    Warn,
    Bad,
    Dim,
    Bold,
}

impl<'a> TextOutput<'a> {
    pub(super) fn new(out: &'a mut dyn Write, color: bool) -> Self {
        Self {
            out: RefCell::new(out),
            color,
            max_width: None,
        }
    }

    /// Wraps the cells of tables, so that their lines are not longer.
    fn with_max_width(self, max_width: Option<u16>) -> Self {
        Self { max_width, ..self }
    }

    /// Writes a line. What is not printable is escaped, except the colors of [`Self::paint`].
    pub(crate) fn line(&self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out.borrow_mut(), "{}", self.escape(text.as_ref()))
    }

    fn escape<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.color {
            printable_with_colors(text)
        } else {
            printable(text)
        }
    }

    /// Writes fields that are separated by tabs, for other programs. What is not printable in a field is escaped.
    pub(crate) fn tab_separated(&self, fields: &[&str]) -> io::Result<()> {
        let fields: Vec<_> = fields.iter().map(|field| printable(field)).collect();
        writeln!(self.out.borrow_mut(), "{}", fields.join("\t"))
    }

    /// Writes a text with several lines.
    pub(crate) fn lines(&self, text: &str) -> io::Result<()> {
        text.split('\n').try_for_each(|line| self.line(line))
    }

    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Good => "32",
            Style::Warn => "33",
            Style::Bad => "31",
            Style::Dim => "2",
            Style::Bold => "1",
        };
        let text = printable(text);
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.into_owned()
        }
    }

    /// Writes a table with one row for each item; see [`Self::table`].
    pub(crate) fn write_table<T, R: IntoIterator<Item = String>>(
        &self,
        titles: &str,
        items: impl IntoIterator<Item = T>,
        cells: impl Fn(&Self, T) -> R,
    ) -> io::Result<()> {
        self.table(titles, items.into_iter().map(|item| cells(self, item)))
    }

    /// Writes a table without borders, so that `cut` and `awk` can process it. `titles` are those of the columns, separated by
    /// ` | `. A line feed in a cell does not begin a line.
    pub(crate) fn table(
        &self,
        titles: &str,
        rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
    ) -> io::Result<()> {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
        if let Some(width) = self.max_width {
            table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
            table.set_width(width);
        }
        table.set_header(titles.split(" | ").map(|title| self.paint(Style::Bold, title)));
        for row in rows {
            table.add_row(row.into_iter().map(|cell| self.escape(&cell).into_owned()));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.lines() {
            self.line(line.trim_end())?;
        }
        Ok(())
    }
}

/// The content of a table cell: `-` for a value that is unknown or empty.
pub(crate) fn or_dash(value: Option<impl ToString>) -> String {
    let text = value.map(|v| v.to_string()).filter(|text| !text.is_empty());
    text.unwrap_or_else(|| "-".to_owned())
}

/// The end of a list of which `n` items are not named.
pub(super) fn and_more(n: usize) -> String {
    match n {
        0 => String::new(),
        n => format!(" and {n} more"),
    }
}

impl Output {
    /// `no_color` = `NO_COLOR` is set in the environment.
    pub(super) fn new(args: &CommonArgs, no_color: bool) -> Self {
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
            is_silent: false,
        }
    }

    /// Discards reports if the format is JSON, whose output is one document.
    pub(super) const fn silence_json(&mut self) {
        self.is_silent = matches!(self.format, Format::Json);
    }

    /// True if an operator watches the run.
    pub(super) fn is_interactive(&self) -> bool {
        self.stderr_terminal || self.verbose > 0
    }

    /// Prints the report. A closed pipe is ignored.
    pub(super) fn print(&self, report: &impl Report) -> io::Result<()> {
        let wants_job_report = !self.quiet && (self.stdout_terminal || self.verbose > 0 || self.format == Format::Json);
        if self.is_silent || (!report.is_query() && !wants_job_report) {
            return Ok(());
        }
        let mut text = Vec::new();
        match self.format {
            Format::Json => {
                let json = serde_json::to_string_pretty(report)?;
                text.extend_from_slice(printable_json(&json).as_bytes());
                text.push(b'\n');
            }
            Format::Text => {
                let width = self.stdout_terminal.then_some(TERMINAL_WIDTH);
                report.write_text(&mut TextOutput::new(&mut text, self.color).with_max_width(width))?;
            }
        }
        let mut out = io::stdout().lock();
        match out.write_all(&text).and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::printable::is_printable;

    #[test]
    fn text_of_a_report_is_escaped() {
        let write = |color, text: &str| {
            let mut bytes = Vec::new();
            let out = TextOutput::new(&mut bytes, color);
            let painted = out.paint(Style::Good, text);
            out.line(format!("{painted} {text}")).unwrap();
            out.table("A", [[text.to_owned()]]).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        for text in [
            "a\nmm-crawl: all is well",
            "\x1b[2J",
            "\x1b]0;x\x07",
            "\u{202e}x",
            "\u{9b}31m",
        ] {
            let plain = write(false, text);
            assert!(plain.chars().all(|c| c == '\n' || is_printable(c)), "{plain:?}");
            assert_eq!(plain.lines().count(), 3, "{plain:?}");
            let colored = write(true, text);
            let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[32m"]
                .iter()
                .fold(colored, |text, code| text.replace(code, ""));
            assert!(stripped.chars().all(|c| c == '\n' || is_printable(c)), "{stripped:?}");
        }
    }

    #[test]
    fn colors_do_not_change_the_layout_of_a_table() {
        let table = |color| {
            let mut text = Vec::new();
            let out = TextOutput::new(&mut text, color);
            let state = out.paint(Style::Good, "ok");
            out.table("NAME | STATE | N", [vec!["a".into(), state, "1".into()]])
                .unwrap();
            String::from_utf8(text).unwrap()
        };
        let (plain, colored) = (table(false), table(true));
        let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[32m"]
            .iter()
            .fold(colored.clone(), |text, code| text.replace(code, ""));
        assert_ne!(colored, plain);
        let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&stripped), lines(&plain));
    }

    #[test]
    fn tables_have_no_borders() {
        let mut text = Vec::new();
        let out = TextOutput::new(&mut text, false);
        out.table(
            "name | state",
            [vec!["a".into(), "x\u{7}y".into()], vec!["long".into(), String::new()]],
        )
        .unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "name  state\na     x\\u{7}y\nlong\n");
    }
}
