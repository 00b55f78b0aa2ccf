//! What an answer with mirrors says: a metalink, a mirrorlist, JSON, or where a redirect leads.

use bytes::Bytes;
use rand::Rng;
use serde::Serialize;

use crate::answer::encode::encode_path;
use crate::answer::index::{FileVersion, IndexSource, MirrorEntry, Url};
use crate::answer::query::Query;
use crate::answer::render::{self, Metalink, Mirrorlist};
use crate::answer::response_buffer::ResponseBuffer;
use crate::answer::select::{Client, Selection, Tier, matches_protocol, select, url_limit, wanted_urls};
use crate::model::Timestamp;

use super::{Endpoint, Format, LookupKey, METALINK, QueryTarget, Response, ServingData, selection_inputs};

pub(super) fn build_response(
    world: ServingData<'_>,
    endpoint: Endpoint,
    query: &Query<'_>,
    client: Client,
    target: &QueryTarget<'_>,
    now: Timestamp,
    rng: &mut impl Rng,
) -> Response {
    let form = Format::of(endpoint, query);
    let details = target.directory.file(target.file);
    if endpoint == Endpoint::Metalink && details.is_none() {
        let name = [target.directory.name(), "/", target.file].concat();
        return Response::message(form, 404, &format!("{name} not found or has not metalink"), now);
    }
    let (tables, wish) = selection_inputs(world, query);
    let selection = select(tables, target.directory, client, wish, rng);
    let file = encode_path(target.file);
    let tail = render::tail(target.directory, &file);
    let tier = selection.tiers.first().map(|(near, _)| *near);
    let given = ResponseBuilder {
        selection: &selection,
        endpoint,
        protocols: wish.protocols,
        mirror_limit: most(world, query),
    };
    if query.redirect && endpoint == Endpoint::Mirrorlist {
        return redirect(given, &tail);
    }
    let answer = match form {
        Format::Metalink => {
            let out = Metalink::new(target.file, details.map_or("", |f| &f.xml), &tail, now);
            Response {
                content_type: METALINK,
                ..Response::text(200, given.metalink(out))
            }
        }
        Format::Mirrorlist => {
            let header = header(world, target.by, &selection, query);
            Response::text(200, given.mirrorlist(Mirrorlist::new(header, &tail)))
        }
        Format::Json => Response::json(200, &json(world, target, given, &tail)),
    };
    Response { tier, ..answer }
}

/// The most hosts that an answer names.
fn most(world: ServingData<'_>, query: &Query<'_>) -> usize {
    let limit = |n: usize| if n == 0 { usize::MAX } else { n };
    limit(world.max_mirrors).min(query.max_mirrors.unwrap_or(usize::MAX))
}

/// What is given out of a selection.
#[derive(Debug, Clone, Copy)]
struct ResponseBuilder<'a, 's> {
    selection: &'s Selection<'a>,
    endpoint: Endpoint,
    protocols: Option<&'s [String]>,
    mirror_limit: usize,
}

impl<'a, 's> ResponseBuilder<'a, 's> {
    /// All of it as a metalink.
    fn metalink(self, mut out: Metalink) -> Bytes {
        let holders = self.selection.holders;
        let Some(lines) = holders.lines() else {
            return out.finish();
        };
        let mut left = self.mirror_limit;
        for place in &self.selection.places {
            let has_any = if self.protocols.is_none() {
                out.write_all_urls(lines, *place)
            } else {
                let all = lines.addresses_of(*place);
                let urls = holders.carrier(*place).map_or(&[][..], |c| &c.urls);
                let named = all.zip(urls).filter(|(_, url)| matches_protocol(url, self.protocols));
                out.host(lines, named.map(|(address, _)| address).take(url_limit(self.protocols)))
            };
            left -= usize::from(has_any);
            if left == 0 {
                break;
            }
        }
        out.finish()
    }

    /// All of it as a mirrorlist.
    fn mirrorlist(self, mut out: Mirrorlist) -> Bytes {
        if self.protocols.is_some() {
            for (_, urls) in self.hosts() {
                urls.for_each(|url| out.url(url));
            }
        } else if let Some(lines) = self.selection.holders.lines() {
            let mut left = self.mirror_limit;
            for place in &self.selection.places {
                left -= usize::from(out.first(lines, *place));
                if left == 0 {
                    break;
                }
            }
        }
        out.finish()
    }

    /// The hosts that have any, each with its addresses.
    fn hosts(self) -> impl Iterator<Item = (&'a MirrorEntry, impl Iterator<Item = &'a Url> + use<'a, 's>)> {
        let with_any = self.selection.carriers().filter(move |c| self.urls(c).next().is_some());
        with_any.take(self.mirror_limit).map(move |c| (c, self.urls(c)))
    }

    /// A mirrorlist gives of each host the first address that package managers take, or all of the schemes that were asked for.
    /// They are in this order: those of the web come first.
    fn urls(self, carrier: &'a MirrorEntry) -> impl Iterator<Item = &'a Url> + use<'a, 's> {
        let is_one = self.endpoint == Endpoint::Mirrorlist && self.protocols.is_none();
        let all = wanted_urls(&carrier.urls, self.protocols);
        all.filter(move |u| !is_one || u.is_web())
            .take(if is_one { 1 } else { usize::MAX })
    }
}

fn redirect(given: ResponseBuilder<'_, '_>, tail: &str) -> Response {
    let web = |u: &&Url| matches!(&*u.scheme, "https" | "http");
    let first = given.hosts().find_map(|(_, mut urls)| urls.find(web));
    match first {
        None => Response::text(404, ""),
        Some(url) => Response {
            location: Some([&url.base, tail].concat()),
            tier: given.selection.tiers.first().map(|(near, _)| *near),
            ..Response::text(302, "")
        },
    }
}

/// The first line of a mirrorlist, and the second with `time`.
fn header(world: ServingData<'_>, by: LookupKey<'_>, selection: &Selection<'_>, query: &Query<'_>) -> ResponseBuffer {
    let mut out = ResponseBuffer::new();
    match by {
        LookupKey::Repo(repo, arch) => out.all(&["# repo = ", repo, " arch = ", arch, " "]),
        LookupKey::Path(path) => out.all(&["# path = ", path, " "]),
    }
    if selection.by_netblock {
        out.push_array(b"Using preferred netblock ");
    }
    if let Some(asn) = selection.by_asn {
        out.all(&["Using ASN ", &asn.to_string(), " "]);
    }
    for country in selection.countries(world.index) {
        if let [first, second] = *country.as_bytes() {
            // Nearly always, and dozens of times.
            let mut words = *b"country = XX ";
            let [.., one, two, _] = &mut words;
            (*one, *two) = (first, second);
            out.push_array(&words);
        } else {
            out.all(&["country = ", country, " "]);
        }
    }
    if selection.global {
        out.push_array(b"country = global ");
    }
    if let Some(protocols) = &query.protocols {
        out.all(&["protocol = ", &protocols.join(","), " "]);
    }
    if query.time {
        out.all(&["\n# database creation time: ", &world.as_of.0.to_string()]);
    }
    out
}

/// `format=json`.
#[derive(Debug, Serialize)]
struct Json<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    directory: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<JsonFile<'a>>,
    /// None of a cache.
    generation: Option<&'a str>,
    /// Seconds since 1970.
    as_of: i64,
    mirrors: Vec<JsonMirror<'a>>,
}

/// A file, with its versions where they are known, the newest first.
#[derive(Debug, Serialize)]
struct JsonFile<'a> {
    name: &'a str,
    versions: &'a [FileVersion],
}

#[derive(Debug, Serialize)]
struct JsonMirror<'a> {
    /// Empty where it is not known.
    country: &'a str,
    tier: Tier,
    private: bool,
    urls: Vec<String>,
}

fn json<'a>(
    world: ServingData<'a>,
    target: &'a QueryTarget<'a>,
    given: ResponseBuilder<'a, '_>,
    tail: &str,
) -> Json<'a> {
    let (repo, arch, path) = match target.by {
        LookupKey::Repo(repo, arch) => (Some(repo), Some(arch), None),
        LookupKey::Path(path) => (None, None, Some(path)),
    };
    let tiers = given.selection.tiers.iter();
    let near = tiers.flat_map(|(near, count)| std::iter::repeat_n(*near, *count));
    let near: std::collections::HashMap<u32, Tier> = given.selection.carriers().map(|c| c.host).zip(near).collect();
    let mirrors = given.hosts().map(|(carrier, urls)| JsonMirror {
        country: world.index.host(carrier.host).map_or("", |h| &h.location),
        tier: near.get(&carrier.host).copied().unwrap_or(Tier::Global),
        private: !carrier.public,
        urls: urls.map(|u| [&u.base, tail].concat()).collect(),
    });
    Json {
        repo,
        arch,
        path,
        directory: target.directory.name(),
        file: (!target.file.is_empty()).then(|| JsonFile {
            name: target.file,
            versions: target.directory.file(target.file).map_or(&[], |f| &f.versions),
        }),
        generation: match &world.index.source {
            IndexSource::Generation(id) => Some(id),
            IndexSource::Mm2Cache => None,
        },
        as_of: world.as_of.0,
        mirrors: mirrors.collect(),
    }
}
