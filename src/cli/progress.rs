//! Progress bars: on stderr, and only when it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
