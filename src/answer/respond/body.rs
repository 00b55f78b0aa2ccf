//! Builds responses with mirrors: a metalink, a mirrorlist, JSON, or a redirect.

use std::collections::HashMap;

use bytes::Bytes;
use rand::Rng;
use serde::Serialize;

use crate::answer::encode::encode_path;
use crate::answer::index::{FileVersion, MirrorEntry, Url};
use crate::answer::query::Query;
use crate::answer::render::{self, Metalink, Mirrorlist};
use crate::answer::response_buffer::ResponseBuffer;
use crate::answer::select::{Client, Selection, Tier, matches_protocol, matching_urls, select, url_limit};
use crate::model::Timestamp;

use super::{Endpoint, Format, LookupKey, METALINK, QueryTarget, Response, ServingData};

pub(super) fn build_response(
    data: ServingData<'_>,
    endpoint: Endpoint,
    query: &Query<'_>,
    client: Client,
    target: &QueryTarget<'_>,
    now: Timestamp,
    rng: &mut impl Rng,
) -> Response {
    let format = Format::new(endpoint, query);
    let details = target.directory.file(target.file);
    if endpoint == Endpoint::Metalink && details.is_none() {
        let name = [&target.directory.name, "/", target.file].concat();
        return Response::message(format, 404, &format!("{name} not found or has not metalink"), now);
    }
    let selection = select(data.selection, target.directory, client, query, rng);
    let file = encode_path(target.file);
    let url_suffix = render::url_suffix(target.directory, &file);
    let tier = selection.tiers.first().map(|(tier, _)| *tier);
    let builder = ResponseBuilder {
        selection: &selection,
        endpoint,
        protocols: query.protocols.as_deref(),
        mirror_limit: mirror_limit(data, query),
    };
    if query.redirect && endpoint == Endpoint::Mirrorlist {
        return redirect(builder, &url_suffix);
    }
    let response = match format {
        Format::Metalink => {
            let out = Metalink::new(target.file, details.map_or("", |f| &f.xml), &url_suffix, now);
            Response {
                content_type: METALINK,
                ..Response::text(200, builder.write_metalink(out))
            }
        }
        Format::Mirrorlist => {
            let header = header(data, target.by, &selection, query);
            Response::text(200, builder.write_mirrorlist(Mirrorlist::new(header, &url_suffix)))
        }
        Format::Json => Response::json(200, &json(data, target, builder, &url_suffix)),
    };
    Response { tier, ..response }
}

/// Most hosts in a response.
fn mirror_limit(data: ServingData<'_>, query: &Query<'_>) -> usize {
    let limit = |n: usize| if n == 0 { usize::MAX } else { n };
    limit(data.max_mirrors).min(query.max_mirrors.unwrap_or(usize::MAX))
}

/// A selection with the limits of a response.
#[derive(Debug, Clone, Copy)]
struct ResponseBuilder<'a, 's> {
    selection: &'s Selection<'a>,
    endpoint: Endpoint,
    protocols: Option<&'s [String]>,
    mirror_limit: usize,
}

impl<'a, 's> ResponseBuilder<'a, 's> {
    fn write_metalink(self, mut out: Metalink) -> Bytes {
        let mirrors = self.selection.mirrors;
        let rendered = &mirrors.category.urls;
        let mut left = self.mirror_limit;
        for position in &self.selection.positions {
            let has_any = if self.protocols.is_none() {
                out.write_all_urls(rendered, *position)
            } else {
                let all = rendered.url_range(*position);
                let urls = mirrors.category.mirror(*position).map_or(&[][..], |c| &c.urls);
                let selected = all.zip(urls).filter(|(_, url)| matches_protocol(url, self.protocols));
                out.write_urls(rendered, selected.map(|(url, _)| url).take(url_limit(self.protocols)))
            };
            left -= usize::from(has_any);
            if left == 0 {
                break;
            }
        }
        out.finish()
    }

    fn write_mirrorlist(self, mut out: Mirrorlist) -> Bytes {
        if self.protocols.is_some() {
            for (_, urls) in self.mirrors_with_urls() {
                urls.for_each(|url| out.write_url(url));
            }
        } else {
            let rendered = &self.selection.mirrors.category.urls;
            let mut left = self.mirror_limit;
            for position in &self.selection.positions {
                left -= usize::from(out.write_first_url(rendered, *position));
                if left == 0 {
                    break;
                }
            }
        }
        out.finish()
    }

    /// The mirrors that have URLs, with these URLs.
    fn mirrors_with_urls(self) -> impl Iterator<Item = (&'a MirrorEntry, impl Iterator<Item = &'a Url> + use<'a, 's>)> {
        let with_any = self
            .selection
            .iter_mirrors()
            .filter(move |c| self.urls(c).next().is_some());
        with_any.take(self.mirror_limit).map(move |c| (c, self.urls(c)))
    }

    /// The URLs of a mirror in a response: for a mirrorlist the first http, https or ftp URL, or all of the requested
    /// schemes. URLs are sorted, http, https and ftp first.
    fn urls(self, mirror: &'a MirrorEntry) -> impl Iterator<Item = &'a Url> + use<'a, 's> {
        let is_single = self.endpoint == Endpoint::Mirrorlist && self.protocols.is_none();
        let all = matching_urls(&mirror.urls, self.protocols);
        all.filter(move |u| !is_single || u.is_web())
            .take(if is_single { 1 } else { usize::MAX })
    }
}

fn redirect(builder: ResponseBuilder<'_, '_>, url_suffix: &str) -> Response {
    let is_http = |u: &&Url| matches!(&*u.scheme, "https" | "http");
    let first = builder.mirrors_with_urls().find_map(|(_, mut urls)| urls.find(is_http));
    match first {
        None => Response::text(404, ""),
        Some(url) => Response {
            location: Some([&url.base, url_suffix].concat()),
            tier: builder.selection.tiers.first().map(|(tier, _)| *tier),
            ..Response::text(302, "")
        },
    }
}

/// The first line of a mirrorlist, and with `time` the second.
fn header(data: ServingData<'_>, by: LookupKey<'_>, selection: &Selection<'_>, query: &Query<'_>) -> ResponseBuffer {
    let mut out = ResponseBuffer::new();
    match by {
        LookupKey::Repo { repo, arch } => out.push_all(&["# repo = ", repo, " arch = ", arch, " "]),
        LookupKey::Path { path } => out.push_all(&["# path = ", path, " "]),
    }
    if selection.by_netblock {
        out.push_array(b"Using preferred netblock ");
    }
    if let Some(asn) = selection.by_asn {
        out.push_all(&["Using ASN ", &asn.to_string(), " "]);
    }
    for country in selection.countries(data.selection.index) {
        if let [first, second] = *country.as_bytes() {
            // The usual case, dozens of times per response.
            let mut words = *b"country = XX ";
            let [.., one, two, _] = &mut words;
            (*one, *two) = (first, second);
            out.push_array(&words);
        } else {
            out.push_all(&["country = ", country, " "]);
        }
    }
    if selection.global {
        out.push_array(b"country = global ");
    }
    if let Some(protocols) = &query.protocols {
        out.push_all(&["protocol = ", &protocols.join(","), " "]);
    }
    if query.time {
        out.push_all(&["\n# database creation time: ", &data.as_of.0.to_string()]);
    }
    out
}

/// Body of a response with `format=json`.
#[derive(Debug, Serialize)]
struct JsonResponse<'a> {
    #[serde(flatten)]
    by: LookupKey<'a>,
    directory: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<JsonFile<'a>>,
    /// None if a cache is served.
    generation: Option<&'a str>,
    /// Unix time of the data.
    as_of: i64,
    mirrors: Vec<JsonMirror<'a>>,
}

/// A file with its known versions, newest first.
#[derive(Debug, Serialize)]
struct JsonFile<'a> {
    name: &'a str,
    versions: &'a [FileVersion],
}

#[derive(Debug, Serialize)]
struct JsonMirror<'a> {
    country: &'a str,
    tier: Tier,
    private: bool,
    urls: Vec<String>,
}

fn json<'a>(
    data: ServingData<'a>,
    target: &'a QueryTarget<'a>,
    builder: ResponseBuilder<'a, '_>,
    url_suffix: &str,
) -> JsonResponse<'a> {
    let index = data.selection.index;
    let tiers = builder.selection.tiers.iter();
    let repeated = tiers.flat_map(|(tier, count)| std::iter::repeat_n(*tier, *count));
    let hosts = builder.selection.iter_mirrors().map(|m| m.host);
    let tier_by_host: HashMap<u32, Tier> = hosts.zip(repeated).collect();
    let mirrors = builder.mirrors_with_urls().map(|(mirror, urls)| JsonMirror {
        country: index.host(mirror.host).map_or("", |h| &h.location),
        tier: tier_by_host.get(&mirror.host).copied().unwrap_or(Tier::Global),
        private: !mirror.public,
        urls: urls.map(|u| [&u.base, url_suffix].concat()).collect(),
    });
    JsonResponse {
        by: target.by,
        directory: &target.directory.name,
        file: (!target.file.is_empty()).then(|| JsonFile {
            name: target.file,
            versions: target.directory.file(target.file).map_or(&[], |f| &f.versions),
        }),
        generation: index.source.generation(),
        as_of: data.as_of.0,
        mirrors: mirrors.collect(),
    }
}
