//! Progress bars: on stderr, and only when it is a terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// A bar of `total` steps; 0 = a spinner. Draws nothing when nobody looks.
pub fn bar(output: &Output, total: u64, what: &str) -> ProgressBar {
    let target = if output.stderr_terminal && !output.quiet {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let template = if total == 0 {
        "{spinner} {prefix} {pos} {msg}"
    } else {
        "{prefix} [{bar:30}] {pos}/{len} {eta} {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what.to_owned());
    bar
}

/// A bar with lines below it that come and go.
#[derive(Debug)]
pub struct ProgressDisplay {
    all: MultiProgress,
    /// The bar.
    pub bar: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl ProgressDisplay {
    /// A bar as [`bar`] makes it, without lines yet.
    pub fn new(output: &Output, total: u64, what: &str) -> Self {
        let bar = bar(output, total, what);
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

    /// Shows these lines, instead of those before.
    pub fn show(&mut self, lines: &[String]) {
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
            line.set_message(text.clone());
        }
    }

    /// Clears the screen of all of it.
    pub fn clear(&mut self) {
        self.show(&[]);
        self.bar.finish_and_clear();
    }
}
