//! `mm-admin share HOST`: how many of the answers name a host, and how many send clients there first.

use std::io;

use anyhow::{Context as _, Error, anyhow};
use clap::Args;
use serde::Serialize;

use super::edit_error;
use super::repo::{select_repositories, target};
use crate::answer::index::{ContinentIndex, Index, IndexedDirectory};
use crate::answer::select::{SelectionData, Tier};
use crate::answer::traffic_share::{ClientGroup, Share, ShareParams, clients, shares};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::model::Timestamp;
use crate::model::names::{HostName, Name, RepoPrefix};
use crate::registry::entity::Entity;
use crate::server::{self, InputFiles};
use crate::snapshot::generation;
use crate::snapshot::publication::{REPODATA, REPOMD};
use crate::snapshot::{self, Snapshot};

/// Options of `share`.
#[derive(Debug, Args)]
#[command(
    after_help = "For clients of each network of the host, of each country that has a mirror, of the countries of each continent \
                  that have none, and of unknown country: the share of answers in which the host stands first, and in which it is \
                  among the first places. They are means over the repositories that it is listed for, each counted alike. They \
                  follow from the published generation and the rules of the selection: the first place is the host's part of the \
                  bandwidth of its tier, later places are reckoned numerically; nothing is drawn by lot. How many clients there \
                  are, nobody knows but the access logs of the servers.\n\nThe tiers, in the order in which clients are given \
                  them:\n  netblock   the client is in a netblock of the host\n  system     the host wants the clients of this \
                  ASN\n  country    both are in one country\n  continent  both are on one continent\n  world      fewer than \
                  server.minimum mirrors are near\n\nExamples:\n  mm-admin share mirror.example.org\n  mm-admin share \
                  mirror.example.org --repo updates-released-f43/x86_64 --places 3"
)]
pub(super) struct ShareArgs {
    /// The host.
    host: HostName,
    /// Only what clients of this repository get.
    #[arg(long, value_name = "PREFIX[/ARCH]", value_parser = target)]
    repo: Option<(RepoPrefix, Option<Name>)>,
    /// So many places at the beginning of an answer.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    places: u32,
}

/// What a host may expect.
#[derive(Debug, Serialize)]
pub(super) struct ShareReport {
    host: HostName,
    country: Option<String>,
    /// Mbit/s.
    bandwidth: Option<u32>,
    private: bool,
    generation: String,
    /// When the generation was true.
    as_of: Timestamp,
    /// Fewer mirrors near a client than this, and those of the world are added.
    minimum: u32,
    places: u32,
    /// Repositories that clients can ask for, of those that were looked at.
    repositories: usize,
    /// Of these, how many the host is listed for: the shares are means over them.
    held: usize,
    /// By tier, the largest shares first.
    shares: Vec<TierShare>,
    /// Clients that it is never named to.
    nothing: Vec<String>,
}

/// One kind of clients in one tier.
#[derive(Debug, Serialize)]
struct TierShare {
    tier: Tier,
    clients: String,
    /// In how many repositories the host is in this tier for them.
    repositories: usize,
    /// Hosts in the tier, the mean.
    hosts: f64,
    /// 0 to 1.
    first: f64,
    /// 0 to 1.
    among: f64,
}

fn in_words(clients: ClientGroup) -> String {
    match clients {
        ClientGroup::Netblock(netblock) => netblock.to_string(),
        ClientGroup::System(asn) => format!("AS{asn}"),
        ClientGroup::Country(code) => code.to_string(),
        ClientGroup::OtherCountriesOf(continent) => format!("other countries of {continent}"),
        ClientGroup::Unknown => "unknown country".to_owned(),
    }
}

/// The published generation.
struct Published {
    id: String,
    as_of: Timestamp,
    snapshot: Snapshot,
}

fn published(ctx: &Context) -> Result<Published, Error> {
    let dir = &ctx.config.generations_dir;
    let (place, manifest) = generation::current(dir)?.ok_or_else(|| {
        anyhow!(
            "nothing is published in {}; write a generation with mm-update-mirrorlist",
            dir.display()
        )
    })?;
    let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
    let path = place.join(generation::SNAPSHOT);
    Ok(Published {
        id: manifest.id.to_string(),
        as_of: manifest.as_of,
        snapshot: Snapshot::decode(&bytes).with_context(|| format!("reading {}", path.display()))?,
    })
}

impl ShareArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ShareReport, Error> {
        let author = ctx.author();
        let id = ctx
            .open_db()?
            .read(|tx| {
                let mut editor = Editor::new(tx, &author);
                // Looked up by the editor, which knows what looks alike.
                editor.find(Entity::Host, &vec![self.host.to_string()])?;
                if let Some((prefix, arch)) = &self.repo {
                    select_repositories(&mut editor, prefix, arch.as_ref())?;
                }
                let hosts = crate::db::registry::hosts(tx)?;
                Ok(hosts.into_iter().find(|h| h.name == self.host).map(|h| h.id.0))
            })
            .map_err(|e: EditError| edit_error(e))?;
        let published = published(ctx)?;
        let csv = &ctx.config.server.country_continent;
        let continents = server::continents(&InputFiles {
            continents: Some(csv.clone()).filter(|p| !p.as_os_str().is_empty()),
            ..InputFiles::default()
        })?;
        let index = Index::from_snapshot(&published.snapshot, published.id.clone());
        let setting = ShareParams {
            tables: SelectionData {
                index: &index,
                atlas: &ContinentIndex::of(&index, &continents),
            },
            minimum: usize::try_from(ctx.config.server.minimum).unwrap_or(usize::MAX),
            places: usize::try_from(self.places).unwrap_or(usize::MAX),
        };
        Ok(self.compute_shares(ctx, &published, setting, id))
    }

    /// `id` = the host's row; a host that was renamed since goes by its new name.
    fn compute_shares(
        &self,
        ctx: &Context,
        published: &Published,
        setting: ShareParams<'_>,
        id: Option<i64>,
    ) -> ShareReport {
        let snapshot = &published.snapshot;
        let index = setting.tables.index;
        let found = (0_u32..).zip(&snapshot.hosts).find(|(_, h)| Some(h.id) == id);
        let all = self.directories(snapshot, index);
        let mut report = ShareReport {
            host: self.host.clone(),
            country: found.and_then(|(_, h)| h.country.as_ref().map(ToString::to_string)),
            bandwidth: found.map(|(_, h)| h.bandwidth),
            private: found.is_some_and(|(_, h)| h.private),
            generation: published.id.clone(),
            as_of: published.as_of,
            minimum: ctx.config.server.minimum,
            places: self.places,
            repositories: all.len(),
            held: 0,
            shares: Vec::new(),
            nothing: Vec::new(),
        };
        if let Some((place, host)) = found {
            let held: Vec<&IndexedDirectory> = (all.into_iter())
                .filter(|d| index.carriers(d).any(|c| c.host == place))
                .collect();
            report.held = held.len();
            report.fill(setting, snapshot, &held, (place, host));
        }
        report
    }

    /// The directories by which clients of the repositories are sent to mirrors.
    fn directories<'i>(&self, snapshot: &Snapshot, index: &'i Index) -> Vec<&'i IndexedDirectory> {
        let wanted = |r: &&snapshot::SnapshotRepository| {
            let fits = |(prefix, arch): &(RepoPrefix, Option<Name>)| {
                r.prefix == prefix.as_str() && arch.as_ref().is_none_or(|a| r.arch == a.as_str())
            };
            !r.disabled && self.repo.as_ref().is_none_or(fits)
        };
        (snapshot.repositories.iter().filter(wanted))
            .filter_map(|r| {
                let directory = snapshot.directories.get(usize::try_from(r.directory?).ok()?)?;
                let repodata = index.directory(&snapshot::full_name(&directory.name, REPODATA));
                repodata
                    .filter(|d| d.file(REPOMD).is_some())
                    .or_else(|| index.directory(&directory.name))
            })
            .collect()
    }
}

impl ShareReport {
    fn fill(
        &mut self,
        setting: ShareParams<'_>,
        snapshot: &Snapshot,
        held: &[&IndexedDirectory],
        (place, host): (u32, &snapshot::SnapshotHost),
    ) {
        for (kind, client) in clients(setting.tables, snapshot, host) {
            let found = shares(setting, held, place, client);
            if found.is_empty() {
                self.nothing.push(in_words(kind));
            }
            self.shares.extend(found.into_iter().map(|s: Share| TierShare {
                tier: s.near,
                clients: in_words(kind),
                repositories: s.directories,
                hosts: s.hosts,
                first: s.first,
                among: s.in_first_n,
            }));
        }
        let key = |r: &TierShare| (r.first, r.among);
        self.shares.sort_by(|a, b| {
            let larger = key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal);
            a.tier.cmp(&b.tier).then(larger).then_with(|| a.clients.cmp(&b.clients))
        });
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

impl Report for ShareReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let mut about = vec![self.country.clone().unwrap_or_else(|| "no country".to_owned())];
        about.extend(self.bandwidth.map(|b| format!("{b} Mbit/s")));
        if self.private {
            about.push("private: named only to its netblocks and systems".to_owned());
        }
        let title = out.paint(Style::Bold, self.host.as_str());
        let generation: String = self.generation.chars().take(12).collect();
        if self.bandwidth.is_none() {
            return out.line(format!(
                "{title}: no client is sent to it by generation {generation} as of {}; see: mm-admin why {}",
                self.as_of, self.host
            ));
        }
        out.line(format!("{title} ({})", about.join(", ")))?;
        out.line(format!(
            "  listed for {} of {} repositories by generation {generation} as of {}; the shares are means over these",
            self.held, self.repositories, self.as_of
        ))?;
        if self.shares.is_empty() {
            return out.line("  no client is sent to it");
        }
        out.line("")?;
        let rows: Vec<Vec<String>> = (self.shares.iter())
            .map(|r| {
                vec![
                    r.tier.as_str().to_owned(),
                    r.clients.clone(),
                    r.repositories.to_string(),
                    format!("{:.0}", r.hosts),
                    percent(r.first),
                    percent(r.among),
                ]
            })
            .collect();
        let among = format!("FIRST {}", self.places);
        out.table(&["TIER", "CLIENTS", "REPOSITORIES", "HOSTS", "FIRST", &among], &rows)?;
        if !self.nothing.is_empty() {
            out.line("")?;
            out.line(format!("never named to clients of: {}", self.nothing.join(", ")))?;
        }
        Ok(())
    }
}
