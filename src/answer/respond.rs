//! Builds the response to a query. Pure: the index, the tables, the client, the time and the random generator are
//! arguments.

use std::net::IpAddr;

use bytes::Bytes;
use rand::Rng;
use serde::Serialize;

use crate::model::Timestamp;

use super::geo::GeoData;
use super::index::{Index, IndexedDirectory};
use super::query::{PathParam, Query};
use super::render;
use super::select::{Client, SelectionData, Tier};
use crate::model::packed_country::PackedCountry;

mod body;
mod explain;

/// Endpoint of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// Any path that ends in `/mirrorlist`.
    Mirrorlist,
    /// Any path that ends in `/metalink`.
    Metalink,
}

/// Data and settings from which requests are answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServingData<'a> {
    pub(crate) selection: SelectionData<'a>,
    /// Country, ASN and continent tables.
    pub(crate) geo: &'a GeoData,
    /// Most hosts in a response; 0 = no limit.
    pub(crate) max_mirrors: usize,
    /// Timestamp of the data, returned for `time`.
    pub(crate) as_of: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// `Location` of a redirect.
    pub(crate) location: Option<String>,
    /// Tier of the first mirror; none if the response names no mirror.
    pub(crate) tier: Option<Tier>,
}

/// Fields of an access log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessRecord<'q> {
    pub(crate) ip: IpAddr,
    /// Country of the client, if known.
    pub(crate) country: Option<PackedCountry>,
    /// `repo=` as sent by the client.
    pub(crate) repo: &'q str,
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

    /// A message as plain text, as a comment in a metalink without files, or as JSON.
    fn message(format: Format, status: u16, text: &str, now: Timestamp) -> Self {
        match format {
            Format::Mirrorlist => Self::text(status, text.to_owned()),
            Format::Metalink => Self {
                content_type: METALINK,
                ..Self::text(status, render::metalink_message(text, "", now))
            },
            Format::Json => Self::json(status, &serde_json::json!({ "error": text.trim_end() })),
        }
    }

    fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            content_type: JSON,
            // Serialization cannot fail: keys are strings, and there are no floating-point numbers.
            ..Self::text(status, serde_json::to_string(body).unwrap_or_default() + "\n")
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Mirrorlist,
    Metalink,
    Json,
}

impl Format {
    fn new(endpoint: Endpoint, query: &Query<'_>) -> Self {
        match endpoint {
            _ if query.wants_json => Self::Json,
            Endpoint::Mirrorlist => Self::Mirrorlist,
            Endpoint::Metalink => Self::Metalink,
        }
    }
}

/// The directory and file that a query asks for.
struct QueryTarget<'a> {
    directory: &'a IndexedDirectory,
    /// Empty for the directory itself.
    file: &'a str,
    by: LookupKey<'a>,
}

/// Key by which the directory was found.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum LookupKey<'a> {
    /// Prefix after redirects, and architecture.
    Repo {
        repo: &'a str,
        arch: &'a str,
    },
    Path {
        path: &'a str,
    },
}

/// Client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requester {
    pub(crate) ip: IpAddr,
    /// True if the client really has this address. If not, private hosts are left out of the response.
    pub(crate) is_authenticated: bool,
    /// True if the client may use `explain=1`.
    pub(crate) may_explain: bool,
}

/// Builds the response to a request. `requester` is none if the address of the client is invalid.
pub(crate) fn respond<'q>(
    data: ServingData<'_>,
    endpoint: Endpoint,
    query: &'q Query<'_>,
    requester: Option<Requester>,
    now: Timestamp,
    rng: &mut impl Rng,
) -> (Response, Option<AccessRecord<'q>>) {
    let format = Format::new(endpoint, query);
    let by_repo = query.repo.is_some() && query.arch.is_some();
    if query.path.is_none() && !by_repo {
        let text = "# either path=, or repo= and arch= must be specified";
        return (Response::message(format, 200, text, now), None);
    }
    let Some(requester) = requester else {
        let text = "Cannot parse client IP address. Aborting.";
        return (Response::message(format, 500, text, now), None);
    };
    let ip = requester.ip;
    // Adjacent lookups, so that the processor waits for the memory of both at once.
    let (located, asn) = (data.geo.country(ip), data.geo.asn(ip));
    let index = data.selection.index;
    let country = index.netblock_country(ip).or(located);
    let names = query.repo.as_ref().zip(query.arch.as_ref());
    let record = names.map(|(repo, arch)| AccessRecord {
        ip,
        country,
        repo,
        arch: effective_arch(repo, arch),
    });
    let response = match find_target(index, endpoint, query, now) {
        Ok(target) => {
            let client = Client {
                ip,
                country,
                asn,
                sees_private: requester.is_authenticated,
            };
            if query.explain && requester.may_explain {
                explain::explain(data, query, client, &target)
            } else {
                body::build_response(data, endpoint, query, client, &target, now, rng)
            }
        }
        Err(response) => response,
    };
    (response, record)
}

/// Source repositories have one architecture.
fn effective_arch<'a>(repo: &str, arch: &'a str) -> &'a str {
    if repo.contains("source") { "source" } else { arch }
}

fn find_target<'a>(
    index: &'a Index,
    endpoint: Endpoint,
    query: &'a Query<'_>,
    now: Timestamp,
) -> Result<QueryTarget<'a>, Response> {
    let format = Format::new(endpoint, query);
    match &query.path {
        Some(PathParam::Path(path)) => find_by_path(index, format, path, now),
        Some(PathParam::Invalid) => Err(Response::message(format, 404, "error: invalid path", now)),
        None => {
            let repo = query.repo.as_deref().unwrap_or("");
            let arch = effective_arch(repo, query.arch.as_deref().unwrap_or(""));
            find_by_repo(index, endpoint, format, index.redirected(repo), arch, now)
        }
    }
}

fn find_by_path<'a>(
    index: &'a Index,
    format: Format,
    path: &'a str,
    now: Timestamp,
) -> Result<QueryTarget<'a>, Response> {
    let found = index.directory(path).map(|d| (d, "")).or_else(|| {
        let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
        Some((index.directory(parent)?, file))
    });
    match found {
        Some((directory, file)) if file.is_empty() || !directory.is_known_missing(file) => Ok(QueryTarget {
            directory,
            file,
            by: LookupKey::Path { path },
        }),
        Some(_) | None => Err(Response::message(format, 404, "error: invalid path", now)),
    }
}

fn find_by_repo<'a>(
    index: &'a Index,
    endpoint: Endpoint,
    format: Format,
    repo: &'a str,
    arch: &'a str,
    now: Timestamp,
) -> Result<QueryTarget<'a>, Response> {
    let found = index.repository(repo, arch);
    if index.disabled_prefixes.contains(repo) || found.is_some_and(|r| r.disabled) {
        return Err(Response::message(format, 200, "repo disabled", now));
    }
    let Some(repository) = found else {
        let text = format!(
            "# repo = {repo} arch = {arch} error: invalid repo or arch\n# following repositories are available:\n"
        );
        return Err(match format {
            Format::Metalink => Response {
                content_type: METALINK,
                ..Response::text(404, render::metalink_message(&text, &index.commented_repositories, now))
            },
            Format::Mirrorlist | Format::Json => {
                Response::message(format, 404, &[&text, &index.known_repositories, "\n"].concat(), now)
            }
        });
    };
    let (directory, file) = match endpoint {
        Endpoint::Mirrorlist => (repository.directory, ""),
        Endpoint::Metalink => (repository.repodata, "repomd.xml"),
    };
    // MirrorManager returns this as plain text for metalinks too.
    let format = if format == Format::Json {
        format
    } else {
        Format::Mirrorlist
    };
    let unpublished = || Response::message(format, 500, "mirrorlist cache index out of range, you broke it!", now);
    Ok(QueryTarget {
        directory: index.directory_at(directory).ok_or_else(unpublished)?,
        file,
        by: LookupKey::Repo { repo, arch },
    })
}
