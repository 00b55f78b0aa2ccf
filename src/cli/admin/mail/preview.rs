//! `mm-admin mail preview`: shows mails without sending them.

use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;
use strum::VariantArray as _;

use super::{digest, source};
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::job::exit::UsageError;
use crate::mail::alerts;
use crate::mail::owners::{MailHost, OwnerEvent, compose};
use crate::mail::template::{Content, Template, render};
use crate::model::alert::{AlertChange, AlertKind, AlertState};

#[derive(Debug, Args)]
#[command(
    after_help = "The digest has the current state; the other mails have examples. A file TEMPLATE.txt in mail.templates_dir \
                  replaces a built-in template.\n\nExamples:\n  mm-admin mail preview digest\n  mm-admin mail preview owner"
)]
pub(in crate::cli::admin) struct PreviewArgs {
    /// The mail: alert, digest, owner or test.
    template: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PreviewReport {
    /// The name of the file that replaces the template.
    file: String,
    mails: Vec<Content>,
    #[serde(skip)]
    sources: Vec<String>,
}

impl PreviewArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<PreviewReport, Error> {
        let template: Template = self.template.parse().map_err(|_| {
            let names: Vec<&str> = Template::VARIANTS.iter().map(Into::into).collect();
            UsageError(format!(
                "invalid mail {:?}; expected one of: {}",
                self.template,
                names.join(", ")
            ))
        })?;
        let config = &ctx.config.mail;
        let mails = match template {
            Template::Digest => vec![digest::collect(ctx).compose(config)],
            Template::Test => vec![render(config, template, &())],
            Template::Alert => alerts::compose(config, "mm-crawl", &example_alerts(ctx), ctx.now),
            Template::Owner => [
                OwnerEvent::Failing,
                OwnerEvent::Disabled,
                OwnerEvent::Reminder,
                OwnerEvent::Enabled,
            ]
            .map(|event| compose(config, &ctx.config.contact, event, &example_hosts(ctx)))
            .to_vec(),
        };
        let sources = mails
            .iter()
            .map(|mail| source(ctx, mail.clone()))
            .collect::<Result<_, _>>()?;
        Ok(PreviewReport {
            file: template.file_name(),
            mails,
            sources,
        })
    }
}

fn example_alerts(ctx: &Context) -> Vec<AlertChange> {
    let change = |state, message: &str| AlertChange {
        kind: AlertKind::UnknownHash,
        state,
        message: message.to_owned(),
        since: ctx.now,
    };
    vec![
        change(
            AlertState::Opened,
            "ALARM: mirror.example.org serves a repomd.xml that the master never had",
        ),
        change(
            AlertState::Resolved,
            "ALARM: mirror.example.org serves a repomd.xml that the master never had",
        ),
    ]
}

fn example_hosts(ctx: &Context) -> Vec<MailHost> {
    vec![MailHost {
        name: "mirror.example.org".to_owned(),
        since: ctx.now.to_string(),
        reason: "4 consecutive crawls failed".to_owned(),
    }]
}

impl Report for PreviewReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for (n, source) in self.sources.iter().enumerate() {
            if n > 0 {
                out.line("")?;
            }
            out.lines(source.trim_end())?;
        }
        Ok(())
    }
}
