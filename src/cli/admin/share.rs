//! `mm-admin share HOST`: the expected share of responses that list a host, and that list it first.

use std::io;

use anyhow::Error;
use clap::Args;

use super::explain::{read_continents, read_generation};
use super::read_registry;
use super::repo::{parse_target, select_repositories};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db;
use crate::inspect::share::{ShareQuery, ShareReport, ShareRow};
use crate::model::count::format_count;
use crate::model::names::{HostName, Name, RepoPrefix};
use crate::registry::entity::Entity;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin share mirror.example.org\n  mm-admin share mirror.example.org --repo \
                  updates-released-f43/x86_64 --places 3",
    after_long_help = "The shares are given for clients in each network of the host, in each country that has a mirror, in the other \
                       countries of each continent, and in unknown countries. They are means over the repositories that the host is \
                       listed for, all with the same weight. They are estimated by 10,000 selections for each group of clients from \
                       the published generation, so they can be off by one percentage point. The number of clients is not taken \
                       into account; the access logs of the servers have it.\n\nTiers, in the order of a response:\n  netblock   \
                       the client is in a netblock of the host\n  asn        the client is in the ASN of the host, or in a peer \
                       ASN\n  country    client and host are in the same country\n  continent  client and host are on the same \
                       continent\n  global     fewer than server.min_mirrors are nearby\n\nExamples:\n  mm-admin share \
                       mirror.example.org\n  mm-admin share mirror.example.org --repo updates-released-f43/x86_64 --places 3"
)]
pub(super) struct ShareArgs {
    /// Host name.
    host: HostName,
    /// Only responses for this repository.
    #[arg(long, value_name = "PREFIX[/ARCH]", value_parser = parse_target)]
    repo: Option<(RepoPrefix, Option<Name>)>,
    /// Number of places at the beginning of a response to count.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    places: u32,
}

impl ShareArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ShareReport, Error> {
        let host_id = read_registry(ctx, |editor, tx| {
            editor.find(Entity::Host, &vec![self.host.to_string()])?;
            if let Some((prefix, arch)) = &self.repo {
                select_repositories(editor, prefix, arch.as_ref())?;
            }
            let hosts = db::registry::hosts(tx)?;
            Ok(hosts.into_iter().find(|h| h.name == self.host).map(|h| h.id.0))
        })?;
        let (manifest, snapshot) = read_generation(&ctx.config, None)?;
        let query = ShareQuery {
            host: &self.host,
            host_id,
            repository: self.repo.as_ref(),
            min_mirrors: ctx.config.server.min_mirrors,
            places: self.places,
        };
        let continents = read_continents(&ctx.config)?;
        Ok(ShareReport::new(&query, &manifest, &snapshot, &continents)?)
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

impl Report for ShareReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let title = out.paint(Style::Bold, self.host.as_str());
        let generation: String = self.generation.chars().take(12).collect();
        let Some(bandwidth) = self.bandwidth else {
            return out.line(format!(
                "{title}: not listed in generation {generation} as of {}; see: mm-admin why {}",
                self.as_of, self.host
            ));
        };
        let country = self.country.as_deref().unwrap_or("no country");
        let private = ", private: listed only for its netblocks and ASNs";
        let private = if self.private { private } else { "" };
        out.line(format!("{title} ({country}, {bandwidth} Mbit/s{private})"))?;
        out.line(format!(
            "  listed for {} of {} in generation {generation} as of {}; shares are means over these",
            self.listed_for,
            format_count(self.repositories, "repository"),
            self.as_of
        ))?;
        if self.shares.is_empty() {
            return out.line("  no client gets it");
        }
        out.line("")?;
        let titles = "TIER | CLIENTS | REPOSITORIES | MIRRORS IN TIER | FIRST %";
        let titles = format!("{titles} | FIRST {} %", self.places);
        out.write_table(&titles, &self.shares, |_, ShareRow { clients, share }| {
            [
                share.tier.to_string(),
                clients.clone(),
                share.directories.to_string(),
                format!("{:.0}", share.mirrors_in_tier),
                percent(share.first),
                percent(share.in_first_n),
            ]
        })?;
        if !self.never_listed_for.is_empty() {
            out.line("")?;
            out.line(format!("never listed for: {}", self.never_listed_for.join(", ")))?;
        }
        Ok(())
    }
}
