//! From a query to an answer. Pure: the index, the tables, the client, the time and the random generator are handed in.

use std::net::IpAddr;

use bytes::Bytes;
use rand::Rng;
use serde::Serialize;

use crate::model::Timestamp;

use super::geo::GeoData;
use super::index::{ContinentIndex, Index, IndexedDirectory};
use super::query::{PathParam, Query};
use super::render;
use super::select::{Client, SelectionData, SelectionParams, Tier};
use crate::model::packed_country::PackedCountry;

mod body;
mod explain;

/// Which of the two was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// Any path that ends in `/mirrorlist`.
    Mirrorlist,
    /// Any path that ends in `/metalink`.
    Metalink,
}

/// What is served from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServingData<'a> {
    /// Who holds what.
    pub(crate) index: &'a Index,
    /// On which continents.
    pub(crate) continents: &'a ContinentIndex,
    /// GeoIP and systems.
    pub(crate) geo: &'a GeoData,
    /// Fewer mirrors than this, and those of the world are added.
    pub(crate) min_mirrors: usize,
    /// No answer names more hosts than this; 0 = all.
    pub(crate) max_mirrors: usize,
    /// What `time` answers: when the data was true.
    pub(crate) as_of: Timestamp,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: u16,
    /// Content type.
    pub(crate) content_type: &'static str,
    /// Body.
    pub(crate) body: Bytes,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// The tier of the first mirror; none when no mirror is named.
    pub(crate) tier: Option<Tier>,
}

/// What the access log says of a request by repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessRecord<'q> {
    /// The client.
    pub(crate) ip: IpAddr,
    /// Its country, where that is known.
    pub(crate) country: Option<PackedCountry>,
    /// As the client wrote it.
    pub(crate) repo: &'q str,
    /// As it counted.
    pub(crate) arch: &'q str,
}

const TEXT: &str = "text/plain";
const METALINK: &str = "application/metalink+xml";
const JSON: &str = "application/json";

impl Response {
    fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: TEXT,
            body: body.into(),
            location: None,
            tier: None,
        }
    }

    /// A remark: bare, or wrapped as a metalink without files, or as JSON.
    fn message(form: Format, status: u16, text: &str, now: Timestamp) -> Self {
        match form {
            Format::Mirrorlist => Self::text(status, text.to_owned()),
            Format::Metalink => Self {
                content_type: METALINK,
                ..Self::text(status, render::metalink_message(text, now))
            },
            Format::Json => Self::json(status, &serde_json::json!({ "error": text.trim_end() })),
        }
    }

    fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            content_type: JSON,
            // Nothing in it can fail to be written: keys are strings, and no number is odd.
            ..Self::text(status, serde_json::to_string(body).unwrap_or_default() + "\n")
        }
    }
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Mirrorlist,
    Metalink,
    Json,
}

impl Format {
    fn of(endpoint: Endpoint, query: &Query<'_>) -> Self {
        match endpoint {
            _ if query.json => Self::Json,
            Endpoint::Mirrorlist => Self::Mirrorlist,
            Endpoint::Metalink => Self::Metalink,
        }
    }
}

/// What a query stands for.
struct QueryTarget<'a> {
    directory: &'a IndexedDirectory,
    /// Empty for the directory itself.
    file: &'a str,
    /// What it was found by.
    by: LookupKey<'a>,
}

/// What a directory was found by.
#[derive(Debug, Clone, Copy)]
enum LookupKey<'a> {
    /// A prefix, after redirects, and an architecture.
    Repo(&'a str, &'a str),
    Path(&'a str),
}

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requester {
    /// The address.
    pub(crate) ip: IpAddr,
    /// Whether the client is known to be there; if not, it only asks for what somebody there would get, and private hosts are no
    /// part of that.
    pub(crate) is_authenticated: bool,
    /// Whether it may ask why it is sent where it is sent.
    pub(crate) is_trusted: bool,
}

/// Answers one request. There is no `asker` where the client's address could not be read.
pub(crate) fn respond<'q>(
    world: ServingData<'_>,
    endpoint: Endpoint,
    query: &'q Query<'_>,
    asker: Option<Requester>,
    now: Timestamp,
    rng: &mut impl Rng,
) -> (Response, Option<AccessRecord<'q>>) {
    let form = Format::of(endpoint, query);
    let by_repo = query.repo.is_some() && query.arch.is_some();
    if query.path.is_none() && !by_repo {
        let text = "# either path=, or repo= and arch= must be specified";
        return (Response::message(form, 200, text, now), None);
    }
    let Some(Requester {
        ip,
        is_authenticated: is_there,
        is_trusted,
    }) = asker
    else {
        let text = "Cannot parse client IP address. Aborting.";
        return (Response::message(form, 500, text, now), None);
    };
    // One after the other, so that the processor waits for the memory of both at once.
    let (located, asn) = (world.geo.country(ip), world.geo.asn(ip));
    let country = world.index.netblock_country(ip).or(located);
    let visit = query
        .repo
        .as_ref()
        .zip(query.arch.as_ref())
        .map(|(repo, arch)| AccessRecord {
            ip,
            country,
            repo,
            arch: effective_arch(repo, arch),
        });
    let answer = match target(world.index, endpoint, query, now) {
        Ok(target) => {
            let client = Client {
                ip,
                country,
                asn,
                sees_private: is_there,
            };
            if query.explain && is_trusted {
                explain::explain(world, query, client, &target)
            } else {
                body::build_response(world, endpoint, query, client, &target, now, rng)
            }
        }
        Err(answer) => answer,
    };
    (answer, visit)
}

/// Source repositories have one architecture.
fn effective_arch<'a>(repo: &str, arch: &'a str) -> &'a str {
    if repo.contains("source") { "source" } else { arch }
}

fn target<'a>(
    index: &'a Index,
    endpoint: Endpoint,
    query: &'a Query<'_>,
    now: Timestamp,
) -> Result<QueryTarget<'a>, Response> {
    let form = Format::of(endpoint, query);
    match &query.path {
        Some(PathParam::Path(path)) => by_path(index, form, path, now),
        Some(PathParam::Invalid) => Err(Response::message(form, 404, "error: invalid path", now)),
        None => {
            let repo = query.repo.as_deref().unwrap_or("");
            let arch = effective_arch(repo, query.arch.as_deref().unwrap_or(""));
            by_repo(index, (endpoint, form), index.redirected(repo), arch, now)
        }
    }
}

fn by_path<'a>(index: &'a Index, form: Format, path: &'a str, now: Timestamp) -> Result<QueryTarget<'a>, Response> {
    let found = index.directory(path).map(|d| (d, "")).or_else(|| {
        let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
        Some((index.directory(parent)?, file))
    });
    match found {
        Some((directory, file)) if file.is_empty() || !directory.is_known_missing(file) => Ok(QueryTarget {
            directory,
            file,
            by: LookupKey::Path(path),
        }),
        Some(_) | None => Err(Response::message(form, 404, "error: invalid path", now)),
    }
}

fn by_repo<'a>(
    index: &'a Index,
    (endpoint, form): (Endpoint, Format),
    repo: &'a str,
    arch: &'a str,
    now: Timestamp,
) -> Result<QueryTarget<'a>, Response> {
    let found = index.repository(repo, arch);
    if index.is_prefix_disabled(repo) || found.is_some_and(|r| r.disabled) {
        return Err(Response::message(form, 200, "repo disabled", now));
    }
    let Some(repository) = found else {
        let text = format!(
            "# repo = {repo} arch = {arch} error: invalid repo or arch\n# following repositories are available:\n"
        );
        return Err(match form {
            Format::Metalink => Response {
                content_type: METALINK,
                ..Response::text(
                    404,
                    render::metalink_remark_with(&text, index.commented_repositories(), now),
                )
            },
            Format::Mirrorlist | Format::Json => {
                Response::message(form, 404, &[&text, index.known_repositories(), "\n"].concat(), now)
            }
        });
    };
    let (directory, file) = match endpoint {
        Endpoint::Mirrorlist => (index.directory_of(repository), ""),
        Endpoint::Metalink => (index.repodata_of(repository), "repomd.xml"),
    };
    // MirrorManager answers this bare for metalinks too.
    let form = if form == Format::Json { form } else { Format::Mirrorlist };
    let gone = || Response::message(form, 500, "mirrorlist cache index out of range, you broke it!", now);
    Ok(QueryTarget {
        directory: directory.ok_or_else(gone)?,
        file,
        by: LookupKey::Repo(repo, arch),
    })
}

/// What a selection goes by.
fn selection_inputs<'a, 'q>(world: ServingData<'a>, query: &'q Query<'_>) -> (SelectionData<'a>, SelectionParams<'q>) {
    let wish = SelectionParams {
        countries: &query.countries,
        excluded: &query.excluded,
        netblock: query.netblock,
        protocols: query.protocols.as_deref(),
        min_mirrors: world.min_mirrors,
    };
    let tables = SelectionData {
        index: world.index,
        continents: world.continents,
    };
    (tables, wish)
}
