//! The files that are generated from the programs: man pages, completions, and the manual of the config file.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use mirrormanager::cli;
use mirrormanager::cli::admin::complete::Shell;

/// The section of the manual: administration.
const SECTION: &str = "8";

/// The config file, every key with its default.
const CONFIG: &str = include_str!("../mirrormanager.toml");

/// Returns each generated file: its path relative to the package, and its text.
///
/// # Errors
/// Writing to memory, which does not fail.
pub(crate) fn files() -> io::Result<Vec<(String, String)>> {
    let programs = cli::programs();
    let names: Vec<String> = programs.iter().map(|p| p.get_name().to_owned()).collect();
    let mut files = vec![("man/mirrormanager.toml.5".to_owned(), config_page(&names)?)];
    for program in programs {
        let name = program.get_name().to_owned();
        for shell in Shell::ALL {
            let (file, script) = shell.script(&name);
            files.push((format!("completions/{file}"), script));
        }
        let mut built = program.disable_help_subcommand(true);
        built.build();
        for sub in built.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let page = format!("{name}-{}", sub.get_name());
            files.push((format!("man/{page}.{SECTION}"), page_of_subcommand(&page, sub, &name)?));
        }
        files.push((format!("man/{name}.{SECTION}"), page_of_program(&name, &built, &names)?));
    }
    Ok(files)
}

fn page_of_program(name: &str, command: &Command, names: &[String]) -> io::Result<String> {
    let mut out = Vec::new();
    let man = head(&mut out, name, command)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    end(&mut out, command)?;
    files_section(&mut out)?;
    let others = names.iter().filter(|n| *n != name).map(|n| format!("{n}({SECTION})"));
    see_also(&mut out, others.chain(["mirrormanager.toml(5)".to_owned()]))?;
    into_text(out)
}

/// Returns the page of a subcommand, which includes its own subcommands (add, show, list, set, remove).
fn page_of_subcommand(page: &str, command: &Command, program: &str) -> io::Result<String> {
    let mut out = Vec::new();
    let man = head(&mut out, page, &hide_common(command))?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    for verb in command.get_subcommands() {
        let mut roff = Roff::default();
        roff.control("SH", [verb.get_name().to_uppercase().as_str()]);
        roff.to_writer(&mut out)?;
        let verb = hide_common(verb);
        let man = Man::new(verb.clone());
        let mut body = Vec::new();
        man.render_synopsis_section(&mut body)?;
        man.render_description_section(&mut body)?;
        man.render_options_section(&mut body)?;
        out.extend(into_text(body)?.replace(".SH ", ".SS ").into_bytes());
    }
    end(&mut out, command)?;
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman(format!("See {program}({SECTION})."))]);
    roff.to_writer(&mut out)?;
    see_also(
        &mut out,
        [format!("{program}({SECTION})"), "mirrormanager.toml(5)".to_owned()].into_iter(),
    )?;
    into_text(out)
}

/// Title, name, synopsis.
fn head(out: &mut Vec<u8>, page: &str, command: &Command) -> io::Result<Man> {
    let man = Man::new(command.clone())
        .title(page.to_uppercase())
        .section(SECTION)
        .source(concat!("mirrormanager ", env!("CARGO_PKG_VERSION")))
        .manual("mirrormanager");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    Ok(man)
}

/// Hides the options of all programs, which the program's own page explains.
fn hide_common(command: &Command) -> Command {
    let common: Vec<String> = command
        .get_arguments()
        .filter(|a| a.is_global_set() || a.get_id() == "help")
        .map(|a| a.get_id().to_string())
        .collect();
    common
        .into_iter()
        .fold(command.clone(), |c, id| c.mut_arg(id, |a| a.hide(true)))
}

/// Writes the end of a help text (examples, exit status) as sections with their layout.
fn end(out: &mut Vec<u8>, command: &Command) -> io::Result<()> {
    let Some(text) = command.get_after_long_help().or(command.get_after_help()) else {
        return Ok(());
    };
    let mut roff = Roff::default();
    let text = text.to_string();
    for part in text.split("\n\n") {
        let (title, body) = part.split_once(":\n").unwrap_or(("Notes", part));
        roff.control("SH", [title.to_uppercase().as_str()]);
        roff.control("nf", []);
        roff.text([roman(body)]);
        roff.control("fi", []);
    }
    roff.to_writer(out)
}

fn files_section(out: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", ["FILES"]);
    roff.control("TP", []);
    roff.text([bold(mirrormanager::config::DEFAULT_PATH)]);
    roff.text([roman(
        "The config, where --config and MM_CONFIG name no other. See mirrormanager.toml(5).",
    )]);
    roff.to_writer(out)
}

fn see_also(out: &mut Vec<u8>, pages: impl Iterator<Item = String>) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.collect::<Vec<_>>().join(", "))]);
    roff.to_writer(out)
}

/// The manual of the config file is the example file itself: prose as prose, keys as they are written.
fn config_page(names: &[String]) -> io::Result<String> {
    let mut roff = Roff::default();
    let source = concat!("mirrormanager ", env!("CARGO_PKG_VERSION"));
    roff.control("TH", ["MIRRORMANAGER.TOML", "5", "", source, "mirrormanager"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("mirrormanager.toml - how the programs of mirrormanager run")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "One TOML file that all programs read. Every key is shown with its default; what is commented out has none and shows \
         how it is written. A key that is not listed here is an error. Paths are relative to the file.",
    )]);
    roff.control("SH", ["FILE"]);
    roff.control("nf", []);
    roff.text([roman(CONFIG.trim_end())]);
    roff.control("fi", []);
    let mut out = Vec::new();
    roff.to_writer(&mut out)?;
    see_also(&mut out, names.iter().map(|n| format!("{n}({SECTION})")))?;
    into_text(out)
}

/// Without blanks at the ends of lines, which version control would complain of.
fn into_text(bytes: Vec<u8>) -> io::Result<String> {
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n").trim_end().to_owned() + "\n")
}
