//! `mm-admin explain`: the reason why each host is selected for a client, or is not.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Error, bail};
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use crate::answer::geo::{self, GeoIp, InputError, parse_asns};
use crate::answer::index::{ContinentIndex, Index, IndexedDirectory};
use crate::answer::query::Query;
use crate::answer::select::explain::{HostDecision, HostRow, explain};
use crate::answer::select::{Client, SelectionData};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::config::Config;
use crate::model::Timestamp;
use crate::model::continents::Continents;
use crate::model::count::format_count;
use crate::model::memory_budget::MemoryBudget;
use crate::model::names::{CountryCode, Name, RepoPrefix};
use crate::model::packed_country::PackedCountry;
use crate::model::suggest;
use crate::server;
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, Manifest};
use crate::sys::regular_file;

#[derive(Debug, Args)]
#[command(
    after_help = "Country and ASN of the address are looked up in the files of the config (`[server]`), unless \
                  --country-of-client or --asn-of-client is given. Hosts that no generation lists, because they are disabled or \
                  have no content, are not shown: see mm-admin why HOST.\n\nExamples:\n  mm-admin explain --ip 192.0.2.7 --repo \
                  fedora-43 --arch x86_64\n  mm-admin explain --ip 192.0.2.7 --repo fedora-43 --arch x86_64 --country DE \
                  --protocol https"
)]
pub(super) struct ExplainArgs {
    /// IP address of the client.
    #[arg(long, value_name = "ADDRESS")]
    ip: IpAddr,
    /// Repository name, as in repo=.
    #[arg(long)]
    repo: RepoPrefix,
    /// Architecture, as in arch=.
    #[arg(long)]
    arch: Name,
    /// Countries, as in country=.
    #[arg(long, value_name = "CC,…", value_delimiter = ',')]
    country: Vec<String>,
    /// Countries to exclude.
    #[arg(long, value_name = "CC,…", value_delimiter = ',')]
    exclude_country: Vec<CountryCode>,
    /// URL schemes, as in protocol=.
    #[arg(long, value_name = "SCHEME,…", value_delimiter = ',')]
    protocol: Vec<String>,
    /// Ignore netblocks and ASNs, as with netblock=0.
    #[arg(long)]
    no_netblock: bool,
    /// Country of the client, instead of looking it up.
    #[arg(long, value_name = "CC")]
    country_of_client: Option<CountryCode>,
    /// ASN of the client, instead of looking it up.
    #[arg(long, value_name = "ASN")]
    asn_of_client: Option<u32>,
    /// Generation to use instead of the current one.
    #[arg(long)]
    generation: Option<GenerationId>,
}

#[derive(Debug, Serialize)]
pub(super) struct ExplainReport {
    ip: IpAddr,
    /// The country of the client.
    country: Option<String>,
    asn: Option<u32>,
    repository: String,
    directory: String,
    generation: String,
    as_of: Timestamp,
    min_mirrors: u32,
    hosts: Vec<HostRow>,
}

impl ExplainArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ExplainReport, Error> {
        let (manifest, snapshot) = read_generation(&ctx.config, self.generation.as_ref())?;
        let index = Index::from_snapshot(&snapshot, manifest.id.to_string(), MemoryBudget::default())?;
        let repositories = snapshot.repositories.iter().filter(|r| !r.disabled);
        let names = repositories.map(|r| format!("{}/{}", r.prefix, r.arch));
        let (name, directory) = self.directory(&index, names)?;
        let continents = read_continents(&ctx.config)?;
        let client = self.client(ctx, &index)?;
        let query = Query {
            countries: self.country.iter().cloned().sorted().dedup().collect(),
            excluded_countries: self.exclude_country.iter().map(PackedCountry::from).collect(),
            use_netblocks: !self.no_netblock,
            protocols: Some(self.protocol.clone()).filter(|p| !p.is_empty()),
            ..Query::default()
        };
        let selection_data = SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, &continents),
            min_mirrors: usize::try_from(ctx.config.server.min_mirrors).unwrap_or(usize::MAX),
        };
        Ok(ExplainReport {
            ip: self.ip,
            country: client.country.map(|c| c.to_string()),
            asn: client.asn,
            repository: format!("{name}/{}", self.arch),
            directory: directory.name.to_string(),
            generation: manifest.id.to_string(),
            as_of: manifest.as_of,
            min_mirrors: ctx.config.server.min_mirrors,
            hosts: explain(selection_data, directory, client, &query),
        })
    }

    /// The prefix after redirects, and the directory whose mirrors a metalink lists, else that of a mirrorlist.
    fn directory<'i>(
        &self,
        index: &'i Index,
        names: impl Iterator<Item = String>,
    ) -> Result<(String, &'i IndexedDirectory), Error> {
        let prefix = index.redirected(self.repo.as_str());
        let arch = self.arch.as_str();
        if index.is_disabled(prefix, arch) {
            bail!("repository {prefix}/{arch} is disabled; see: mm-admin repo enable");
        }
        let Some(repository) = index.repository(prefix, arch) else {
            let similar = suggest::similar(&format!("{prefix}/{arch}"), names);
            let hint = suggest::did_you_mean(&similar);
            bail!(
                "no repository {prefix}/{arch} in this generation; {}",
                hint.unwrap_or_else(|| "see: mm-admin repository list".to_owned())
            );
        };
        let Some(directory) = index.directory_at(repository.repodata.or(repository.directory)) else {
            bail!("repository {prefix}/{arch} has no directory in this generation");
        };
        Ok((prefix.to_owned(), directory))
    }

    fn client(&self, ctx: &Context, index: &Index) -> Result<Client, Error> {
        let config = &ctx.config.server;
        let country = if let Some(country) = &self.country_of_client {
            Some(country.into())
        } else {
            let geoip = read_input(&config.geoip, GeoIp::new)?;
            let by_address = || geoip?.country(self.ip);
            index.netblock_country(self.ip).or_else(by_address)
        };
        let asn = match self.asn_of_client {
            Some(asn) => Some(asn),
            None => read_input(&config.asn_table, parse_asns)?.and_then(|table| table.get(self.ip)),
        };
        Ok(Client {
            ip: self.ip,
            country,
            asn,
            sees_private: true,
        })
    }
}

/// Reads an input file of the server; `None` if it is not configured.
fn read_input<T>(path: &Path, parse: impl FnOnce(Vec<u8>) -> Result<T, InputError>) -> Result<Option<T>, Error> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let reading = || format!("reading {}", path.display());
    let bytes = regular_file::read(path, geo::MAX_BYTES).with_context(reading)?;
    parse(bytes).with_context(reading).map(Some)
}

/// Reads the snapshot of a generation, or of the current one.
pub(super) fn read_generation(config: &Config, id: Option<&GenerationId>) -> Result<(Manifest, Snapshot), Error> {
    let dir = &config.generations_dir;
    let found = match id {
        Some(id) if !dir.join(id.as_str()).exists() => {
            bail!(
                "no generation {id} in {}; without --generation, the current one is used",
                dir.display()
            )
        }
        Some(id) => Some(generation::find(dir, id)?),
        None => generation::current(dir)?,
    };
    let Some((place, manifest)) = found else {
        bail!(
            "no generation in {}; create one with mm-update-mirrorlist",
            dir.display()
        );
    };
    let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
    let path = place.join(generation::SNAPSHOT);
    let snapshot = Snapshot::decode(&bytes).with_context(|| format!("reading {}", path.display()))?;
    Ok((manifest, snapshot))
}

/// Reads the continents of the config, else the built-in ones.
pub(super) fn read_continents(config: &Config) -> Result<Continents, Error> {
    server::continents(&config.server.country_continent, false)
}

impl Report for ExplainReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let country = self.country.as_deref().unwrap_or("unknown");
        let asn = self.asn.map_or_else(|| "unknown ASN".to_owned(), |n| format!("AS{n}"));
        out.line(format!(
            "{}: country {country}, {asn}",
            out.paint(Style::Bold, &self.ip.to_string())
        ))?;
        out.line(format!(
            "  {} in {}, generation {} as of {}, at least {}",
            self.repository,
            self.directory,
            self.generation,
            self.as_of,
            format_count(self.min_mirrors, "mirror")
        ))?;
        out.line("")?;
        out.write_table("HOST | COUNTRY | REASON", &self.hosts, |out, r| {
            let is_selected = matches!(r.decision, HostDecision::Selected { .. });
            let style = if is_selected { Style::Good } else { Style::Warn };
            [r.host.clone(), or_dash(r.country.as_ref()), out.paint(style, &r.reason)]
        })
    }
}
