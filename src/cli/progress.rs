//! Progress bars on stderr, if it is a terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::model::printable::printable;

/// A progress bar of `total` steps (0 = a spinner); hidden without a terminal or with `-q`.
pub(super) fn bar(output: &Output, total: usize, prefix: &str) -> ProgressBar {
    let target = if output.stderr_terminal && !output.quiet {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), target);
    let template = if total == 0 {
        "{spinner} {prefix} {pos} {msg}"
    } else {
        "{prefix} [{bar:30}] {pos}/{len} {eta} {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(prefix.to_owned());
    bar
}

/// A progress bar with a changing number of lines below it.
#[derive(Debug)]
pub(super) struct ProgressDisplay {
    all: MultiProgress,
    pub(super) bar: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl ProgressDisplay {
    pub(super) fn new(output: &Output, total: usize, prefix: &str) -> Self {
        let bar = bar(output, total, prefix);
        let target = if bar.is_hidden() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let all = MultiProgress::with_draw_target(target);
        Self {
            bar: all.add(bar),
            all,
            lines: Vec::new(),
        }
    }

    /// Replaces the lines below the bar.
    pub(super) fn show(&mut self, lines: &[String]) {
        if self.bar.is_hidden() {
            return;
        }
        while self.lines.len() > lines.len() {
            if let Some(line) = self.lines.pop() {
                line.finish_and_clear();
                self.all.remove(&line);
            }
        }
        while self.lines.len() < lines.len() {
            let line = self.all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {msg}") {
                line.set_style(style);
            }
            self.lines.push(line);
        }
        for (line, text) in self.lines.iter().zip(lines) {
            line.set_message(printable(text).into_owned());
        }
    }

    /// Removes bar and lines from the screen.
    pub(super) fn clear(&mut self) {
        self.show(&[]);
        self.bar.finish_and_clear();
    }
}
