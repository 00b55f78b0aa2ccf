//! `mm-admin complete`: shell completion of all programs, for the scripts in `completions/`.
//!
//! Subcommands and options come from the programs themselves, names from config and database. Both are only read: a missing or
//! newer database gives no names. Errors are not reported, because a message in the middle of a command line helps nobody.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use clap_complete::engine::{self, ArgValueCompleter, CompletionCandidate};
use serde::Serialize;

use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;

mod bash;
mod names;
mod source;

use names::Names;
use source::Source;

/// Complete a command line; used by the completion scripts.
#[derive(Debug, Args)]
pub(super) struct CompleteArgs {
    #[arg(value_enum)]
    shell: Shell,
    /// The program whose arguments are completed.
    program: String,
    /// For bash: the characters that end a word, and the line up to the cursor; otherwise the words up to the cursor.
    #[arg(last = true)]
    words: Vec<String>,
}

/// A shell with completion scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The Bourne-Again Shell, from version 4.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
}

impl Shell {
    /// All shells.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    /// Returns the path of the script of a program below `completions/`, and the script.
    pub fn script(self, program: &str) -> (String, String) {
        let function = program.replace('-', "_");
        let (path, script) = match self {
            Self::Bash => (format!("bash/{program}"), include_str!("complete/script.bash")),
            Self::Zsh => (format!("zsh/_{program}"), include_str!("complete/script.zsh")),
            Self::Fish => (format!("fish/{program}.fish"), include_str!("complete/script.fish")),
        };
        (path, script.replace("FUNCTION", &function).replace("PROGRAM", program))
    }
}

/// The replies, one per line.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct CompleteReport {
    replies: Vec<String>,
}

impl CompleteArgs {
    pub(super) fn run(self, ctx: &Context) -> CompleteReport {
        let replies = self.replies(&ctx.config_path).unwrap_or_default();
        CompleteReport { replies }
    }

    /// Returns `None` if the command line cannot be completed.
    fn replies(self, config: &Path) -> Option<Vec<String>> {
        let command = crate::cli::programs()
            .into_iter()
            .find(|c| c.get_name() == self.program)?;
        if self.shell == Shell::Bash {
            let [word_breaks, line] = self.words.as_slice() else {
                return None;
            };
            let line = bash::Line::parse(line, word_breaks);
            let candidates = candidates(command, &line.words, config)?;
            let values = candidates.iter().map(|c| c.get_value().to_string_lossy());
            return Some(values.filter_map(|value| line.reply(&value)).collect());
        }
        let candidates = candidates(command, &self.words, config)?;
        let replies = candidates.iter().map(|c| {
            let value = c.get_value().to_string_lossy();
            let help = c.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.lines().next().unwrap_or_default();
            match self.shell {
                Shell::Fish => format!("{value}\t{help}"),
                Shell::Bash | Shell::Zsh => format!("{}:{help}", value.replace('\\', "\\\\").replace(':', "\\:")),
            }
        });
        Some(replies.collect())
    }
}

/// Returns the candidates for the last of `words`; the first one is the program.
fn candidates(command: clap::Command, words: &[String], config: &Path) -> Option<Vec<CompletionCandidate>> {
    let (current, before) = words.split_last()?;
    let names = Arc::new(Names::new(
        named_config(before).unwrap_or_else(|| config.to_owned()),
        before,
    ));
    let mut command = with_names(command, &[], &names);
    let args = words.iter().map(OsString::from).collect();
    let mut found = engine::complete(&mut command, args, before.len(), None).ok()?;
    found.retain(|c| !c.is_hide_set());
    // Options are offered after a dash, or where nothing else fits.
    let is_option = |c: &CompletionCandidate| c.get_value().to_string_lossy().starts_with('-');
    if current.is_empty() && !found.iter().all(is_option) {
        found.retain(|c| !is_option(c));
    }
    Some(found)
}

/// Returns the config file that the command line names.
fn named_config(words: &[String]) -> Option<PathBuf> {
    let named = words.iter().enumerate().rev().find_map(|(n, word)| {
        let next = || words.get(n + 1).map(String::as_str);
        word.strip_prefix("--config=")
            .or_else(|| (word == "--config").then(next)?)
    });
    named.map(PathBuf::from)
}

/// Attaches the names to the arguments of a command and its subcommands. `path` = the names of the commands above.
fn with_names(command: clap::Command, path: &[String], names: &Arc<Names>) -> clap::Command {
    let path = [path, &[command.get_name().to_owned()]].concat();
    let command = command.mut_args(|arg| {
        let Some(source) = Source::of_argument(&path, &arg) else {
            return arg;
        };
        let names = Arc::clone(names);
        arg.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
            let current = current.to_string_lossy();
            let candidates = names.candidates(source, &current).into_iter();
            let fitting = candidates.filter(|name| name.starts_with(&*current));
            fitting.map(CompletionCandidate::new).collect()
        }))
    });
    command.mut_subcommands(|sub| with_names(sub, &path, names))
}

impl Report for CompleteReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let mut replies = self.replies.iter();
        replies.try_for_each(|reply| out.tab_separated(&reply.split('\t').collect::<Vec<_>>()))
    }
}
