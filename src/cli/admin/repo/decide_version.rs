//! `mm-admin repository accept-version` and `block-version`: decisions of operators about one version of a `repomd.xml`.

use std::io;

use anyhow::{Error, anyhow};
use clap::{Args, Command};
use serde::Serialize;

use crate::cli::admin::read_registry;
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::refused_version::{self, Decision, MetadataDirectory};
use crate::job::exit::UsageError;
use crate::model::Timestamp;
use crate::model::names::{Name, RepoPrefix};

const ACCEPT: &str = "Offer a version that scans refuse.\n\nA scan refuses a repomd.xml that is damaged, or that names files which \
                      the master lacks; the version before stays offered. This accepts one version whatever a scan finds. It is \
                      offered after the next scan.";
const BLOCK: &str = "Do not offer a version, although the master has it.\n\nThe version before is offered instead, at once and \
                     until TIME or until the version is accepted. Mirrors that have the blocked one are not listed for the \
                     repository. Refused if no other version is known.";

/// The arguments of both commands.
#[derive(Debug, Args)]
pub(in crate::cli::admin) struct DecideVersionArgs {
    /// Repository, such as updates-released-f43.
    prefix: RepoPrefix,
    /// Architecture.
    arch: Name,
    /// SHA-256 of the repomd.xml, as alerts and doctor name it.
    #[arg(value_parser = parse_sha256)]
    sha256: String,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
    /// End of the decision: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339; default: none.
    #[arg(long, value_name = "TIME")]
    until: Option<TimeArg>,
    /// Show what would be decided, without changing anything.
    #[arg(long)]
    dry_run: bool,
}

fn parse_sha256(text: &str) -> Result<String, String> {
    let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_digest {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a SHA-256 has 64 hexadecimal digits".to_owned())
    }
}

/// Returns the two subcommands of `mm-admin repository`.
pub(in crate::cli::admin) fn commands() -> [Command; 2] {
    let command = |name: &'static str, about: &'static str, long: &'static str| {
        let example = format!(
            "Examples:\n  mm-admin repository {name} updates-released-f43 x86_64 \\\n      \
             5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9 --reason \"release engineering asked for it\""
        );
        DecideVersionArgs::augment_args(Command::new(name))
            .about(about)
            .long_about(long)
            .after_help(example)
    };
    [
        command(
            "accept-version",
            "Offer a version of the metadata that scans refuse",
            ACCEPT,
        ),
        command("block-version", "Do not offer a version of the metadata", BLOCK),
    ]
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct DecidedVersion {
    repository: String,
    sha256: String,
    accepted: bool,
    until: Option<Timestamp>,
    dry_run: bool,
    #[serde(skip)]
    directory: MetadataDirectory,
}

impl DecideVersionArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context, is_accepted: bool) -> Result<DecidedVersion, Error> {
        let until = self.until.map(|u| u.resolve(ctx.now)).transpose();
        let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
        let repository = format!("{}/{}", self.prefix, self.arch);
        read_registry(ctx, |editor, _| {
            super::select_repositories(editor, &self.prefix, Some(&self.arch))
        })?;
        let mut db = ctx.open_db()?;
        let directory = db.read(|tx| refused_version::metadata_directory(tx, &self.prefix, &self.arch))?;
        let directory = directory.ok_or_else(|| anyhow!("{repository} has no directory with metadata"))?;
        let decision = Decision {
            directory: directory.id,
            sha256: &self.sha256,
            is_accepted,
            reason: &self.reason,
            until,
        };
        if !db.read(|tx| refused_version::is_known(tx, directory.id, &self.sha256))? {
            return Err(UsageError(format!(
                "{repository} never had a version with SHA-256 {}; mm-admin doctor names those that scans refused",
                self.sha256
            ))
            .into());
        }
        if !self.dry_run && !db.write(|tx| refused_version::decide(tx, &ctx.author(), &decision))? {
            return Err(anyhow!(
                "no other version of {repository} is known, so nothing could be offered; to take it off entirely: mm-admin \
                 repository set {} {} disabled=true",
                self.prefix,
                self.arch
            ));
        }
        Ok(DecidedVersion {
            repository,
            sha256: self.sha256.clone(),
            accepted: is_accepted,
            until,
            dry_run: self.dry_run,
            directory,
        })
    }
}

impl Report for DecidedVersion {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.accepted { "accepted" } else { "blocked" };
        let until = self.until.map_or_else(String::new, |until| format!(" until {until}"));
        let Self { repository, sha256, .. } = self;
        if self.dry_run {
            return out.line(format!(
                "{repository}: {sha256} would be {verb}{until}; nothing was changed"
            ));
        }
        out.line(format!("{repository}: {sha256} is {verb}{until}"))?;
        let MetadataDirectory { category, path, .. } = &self.directory;
        if self.accepted {
            let category = crate::sys::shell::quote(category);
            out.line(format!(
                "to offer it: mm-scan-master --category {category} --path {path}; mm-update-mirrorlist; mm-sync-out"
            ))
        } else {
            out.line("to publish it: mm-update-mirrorlist; mm-sync-out")
        }
    }
}
