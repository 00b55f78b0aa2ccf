//! `mm-admin explain`: why clients of an address are sent to each host, or are not.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, anyhow, bail};
use clap::Args;
use serde::Serialize;

use crate::answer::geo::{GeoIp, parse_asns};
use crate::answer::index::{ContinentIndex, Index, IndexedDirectory};
use crate::answer::select::explain::{HostDecision, HostRow, explain, rows};
use crate::answer::select::{Client, SelectionData, SelectionParams};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::model::Timestamp;
use crate::model::names::{CountryCode, Name, RepoPrefix};
use crate::model::packed_country::PackedCountry;
use crate::server::{self, InputFiles};
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, Manifest};

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "The country and the system of the address come from the files that the config names for the server \
                  (server.geoip, server.netblocks); --country-of-client and --asn-of-client take their places. Hosts that are in \
                  no list at all, because they are switched off or hold nothing, are not shown: see mm-admin why HOST.\n\nExamples:\n  \
                  mm-admin explain --ip 192.0.2.7 --repo fedora-43 --arch x86_64\n  mm-admin explain --ip 192.0.2.7 --repo fedora-43 \
                  --arch x86_64 --country DE --protocol https"
)]
pub(super) struct ExplainArgs {
    /// The client's address.
    #[arg(long, value_name = "ADDRESS")]
    ip: IpAddr,
    /// What it sends as repo=.
    #[arg(long)]
    repo: RepoPrefix,
    /// What it sends as arch=.
    #[arg(long)]
    arch: Name,
    /// What it sends as country=.
    #[arg(long, value_name = "CC,…", value_delimiter = ',')]
    country: Vec<String>,
    /// The countries that it excludes.
    #[arg(long, value_name = "CC,…", value_delimiter = ',')]
    exclude_country: Vec<CountryCode>,
    /// What it sends as protocol=.
    #[arg(long, value_name = "SCHEME,…", value_delimiter = ',')]
    protocol: Vec<String>,
    /// As with netblock=0: netblocks and systems do not count.
    #[arg(long)]
    no_netblock: bool,
    /// Take this for the country of the client.
    #[arg(long, value_name = "CC")]
    country_of_client: Option<CountryCode>,
    /// Take this for the system of the client.
    #[arg(long, value_name = "ASN")]
    asn_of_client: Option<u32>,
    /// Another generation than the published one.
    #[arg(long)]
    generation: Option<GenerationId>,
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct ExplainReport {
    ip: IpAddr,
    /// Of the client; none when it is not known.
    country: Option<String>,
    /// Of the client; none when it is not known.
    asn: Option<u32>,
    /// `prefix/arch`, after redirects.
    repository: String,
    /// The directory by which mirrors are chosen.
    directory: String,
    generation: String,
    as_of: Timestamp,
    minimum: u32,
    hosts: Vec<HostRow>,
}

impl ExplainArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ExplainReport, Error> {
        let (manifest, snapshot) = self.read(ctx)?;
        let index = Index::from_snapshot(&snapshot, manifest.id.to_string());
        let (name, directory) = self.directory(&index)?;
        let csv = &ctx.config.server.country_continent;
        let continents = server::continents(&InputFiles {
            continents: geo_from_config(csv),
            ..InputFiles::default()
        })?;
        let client = self.client(ctx, &index)?;
        let mut countries: Vec<String> = self.country.clone();
        countries.sort();
        countries.dedup();
        let excluded: Vec<PackedCountry> = self.exclude_country.iter().map(PackedCountry::from).collect();
        let wish = SelectionParams {
            countries: &countries,
            excluded: &excluded,
            netblock: !self.no_netblock,
            protocols: Some(self.protocol.as_slice()).filter(|p| !p.is_empty()),
            minimum: usize::try_from(ctx.config.server.minimum).unwrap_or(usize::MAX),
        };
        let tables = SelectionData {
            index: &index,
            atlas: &ContinentIndex::of(&index, &continents),
        };
        let all = explain(tables, directory, client, wish);
        Ok(ExplainReport {
            ip: self.ip,
            country: client.country.map(|c| c.to_string()),
            asn: client.asn,
            repository: format!("{name}/{}", self.arch),
            directory: directory.name().to_owned(),
            generation: manifest.id.to_string(),
            as_of: manifest.as_of,
            minimum: ctx.config.server.minimum,
            hosts: rows(&index, &all, client),
        })
    }

    fn read(&self, ctx: &Context) -> Result<(Manifest, Snapshot), Error> {
        let dir = &ctx.config.generations_dir;
        let (place, manifest) = match &self.generation {
            Some(id) => generation::find(dir, id)?,
            None => generation::current(dir)?.ok_or_else(|| {
                anyhow!(
                    "nothing is published in {}; write a generation with mm-update-mirrorlist",
                    dir.display()
                )
            })?,
        };
        let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
        let path = place.join(generation::SNAPSHOT);
        let snapshot = Snapshot::decode(&bytes).with_context(|| format!("reading {}", path.display()))?;
        Ok((manifest, snapshot))
    }

    /// The prefix that counts, and the directory by which mirrors are chosen for a metalink, or for a mirrorlist where there is none.
    fn directory<'i>(&self, index: &'i Index) -> Result<(String, &'i IndexedDirectory), Error> {
        let prefix = index.redirected(self.repo.as_str());
        let arch = self.arch.as_str();
        if index.is_disabled(prefix, arch) {
            bail!("repository {prefix}/{arch} is disabled: clients get no mirrors; see: mm-admin repo enable");
        }
        let repository = index.repository(prefix, arch).ok_or_else(|| {
            anyhow!(
                "no client can ask for repository {prefix}/{arch} in this generation; see: mm-admin repository list"
            )
        })?;
        let directory = index.repodata_of(repository).or_else(|| index.directory_of(repository));
        let directory =
            directory.ok_or_else(|| anyhow!("repository {prefix}/{arch} has no directory in this generation"))?;
        Ok((prefix.to_owned(), directory))
    }

    fn client(&self, ctx: &Context, index: &Index) -> Result<Client, Error> {
        let config = &ctx.config.server;
        let country = match (&self.country_of_client, geo_from_config(&config.geoip)) {
            (Some(country), _) => Some(country.into()),
            (None, geoip) => {
                let geoip = geoip.map(|path| geoip_of(&path)).transpose()?;
                let by_address = || geoip.as_ref().and_then(|g| g.country(self.ip));
                index.netblock_country(self.ip).or_else(by_address)
            }
        };
        let asn = match (self.asn_of_client, geo_from_config(&config.netblocks)) {
            (Some(asn), _) => Some(asn),
            (None, Some(path)) => {
                let table = parse_asns(&read(&path)?).with_context(|| format!("reading {}", path.display()))?;
                table.get(self.ip)
            }
            (None, None) => None,
        };
        Ok(Client {
            ip: self.ip,
            country,
            asn,
            sees_private: true,
        })
    }
}

fn geo_from_config(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn geoip_of(path: &Path) -> Result<GeoIp, Error> {
    GeoIp::new(read(path)?).with_context(|| format!("reading {}", path.display()))
}

impl Report for ExplainReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let country = self.country.as_deref().unwrap_or("unknown");
        let asn = self.asn.map_or_else(|| "unknown".to_owned(), |n| format!("AS{n}"));
        out.line(format!(
            "{}: country {country}, system {asn}",
            out.paint(Style::Bold, &self.ip.to_string())
        ))?;
        out.line(format!(
            "  {} in {}, generation {} as of {}, minimum {}",
            self.repository, self.directory, self.generation, self.as_of, self.minimum
        ))?;
        out.line("")?;
        let rows: Vec<Vec<String>> = (self.hosts.iter())
            .map(|r| {
                let tone = if matches!(r.outcome, HostDecision::Chosen { .. }) {
                    Style::Good
                } else {
                    Style::Warn
                };
                vec![
                    r.host.clone(),
                    r.country.clone().unwrap_or_else(|| "-".to_owned()),
                    out.paint(tone, &r.words),
                ]
            })
            .collect();
        out.table(&["HOST", "COUNTRY", "WHY"], &rows)
    }
}
