//! From a query to an answer. Pure: the index, the tables, the client, the time and the random generator are handed in.

use std::net::IpAddr;

use rand::Rng;

use crate::model::Epoch;

use super::country::Code;
use super::index::{Directory, Index, Url};
use super::inputs::Inputs;
use super::query::{PathWish, Query};
use super::render::{self, Metalink, Mirrorlist};
use super::select::{Client, Near, Selection, Tables, Wish, select, wanted_urls};

/// Which of the two was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Any path that ends in `/mirrorlist`.
    Mirrorlist,
    /// Any path that ends in `/metalink`.
    Metalink,
}

/// What is served from.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// Who holds what.
    pub index: &'a Index,
    /// GeoIP, systems, continents.
    pub inputs: &'a Inputs,
    /// Fewer mirrors than this, and those of the world are added.
    pub minimum: usize,
    /// What `time` answers: when the data was true.
    pub created: Epoch,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The tier of the first mirror; none when no mirror is named.
    pub tier: Option<Near>,
}

/// What the access log says of a request by repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The client.
    pub ip: IpAddr,
    /// Its country, where that is known.
    pub country: Option<Code>,
    /// As the client wrote it.
    pub repo: String,
    /// As it counted.
    pub arch: String,
}

const TEXT: &str = "text/plain";
const METALINK: &str = "application/metalink+xml";

impl Answer {
    fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: TEXT,
            body: body.into(),
            location: None,
            tier: None,
        }
    }

    /// A remark: bare, or wrapped as a metalink without files.
    fn remark(endpoint: Endpoint, status: u16, text: &str, now: Epoch) -> Self {
        match endpoint {
            Endpoint::Mirrorlist => Self::text(status, text),
            Endpoint::Metalink => Self {
                status,
                content_type: METALINK,
                body: render::metalink_remark(text, now),
                location: None,
                tier: None,
            },
        }
    }
}

/// What a query stands for.
struct Target<'a> {
    directory: &'a Directory,
    /// Empty for the directory itself.
    file: String,
    /// `# repo = … arch = … ` or `# path = … `.
    header: String,
}

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// The address.
    pub ip: IpAddr,
    /// Whether the client is known to be there; if not, it only asks for what somebody there would get, and private hosts are no
    /// part of that.
    pub is_there: bool,
}

/// Answers one request. There is no `asker` where the client's address could not be read.
pub fn answer(
    world: World<'_>,
    endpoint: Endpoint,
    query: &Query,
    asker: Option<Asker>,
    now: Epoch,
    rng: &mut impl Rng,
) -> (Answer, Option<Visit>) {
    let by_repo = query.repo.is_some() && query.arch.is_some();
    if query.path.is_none() && !by_repo {
        let text = "# either path=, or repo= and arch= must be specified";
        return (Answer::remark(endpoint, 200, text, now), None);
    }
    let Some(Asker { ip, is_there }) = asker else {
        let text = "Cannot parse client IP address. Aborting.";
        return (Answer::remark(endpoint, 500, text, now), None);
    };
    let country = world.index.netblock_country(ip).or_else(|| world.inputs.country(ip));
    let visit = query.repo.as_ref().zip(query.arch.as_ref()).map(|(repo, arch)| Visit {
        ip,
        country,
        repo: repo.clone(),
        arch: arch_of(repo, arch).to_owned(),
    });
    let answer = match target(world.index, endpoint, query, now) {
        Ok(target) => {
            let client = Client {
                ip,
                country,
                asn: world.inputs.asn(ip),
                sees_private: is_there,
            };
            serve(world, endpoint, query, client, &target, now, rng)
        }
        Err(answer) => answer,
    };
    (answer, visit)
}

/// Source repositories have one architecture.
fn arch_of<'a>(repo: &str, arch: &'a str) -> &'a str {
    if repo.contains("source") { "source" } else { arch }
}

fn target<'a>(index: &'a Index, endpoint: Endpoint, query: &Query, now: Epoch) -> Result<Target<'a>, Answer> {
    match &query.path {
        Some(PathWish::Path(path)) => by_path(index, endpoint, path.as_str(), now),
        Some(PathWish::Impossible) => Err(Answer::remark(endpoint, 404, "error: invalid path", now)),
        None => {
            let repo = query.repo.as_deref().unwrap_or("");
            let arch = arch_of(repo, query.arch.as_deref().unwrap_or(""));
            by_repo(index, endpoint, index.redirected(repo), arch, now)
        }
    }
}

fn by_path<'a>(index: &'a Index, endpoint: Endpoint, path: &str, now: Epoch) -> Result<Target<'a>, Answer> {
    let found = index.directory(path).map(|d| (d, "")).or_else(|| {
        let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
        Some((index.directory(parent)?, file))
    });
    match found {
        Some((directory, file)) if file.is_empty() || !directory.lacks(file) => Ok(Target {
            directory,
            file: file.to_owned(),
            header: format!("# path = {path} "),
        }),
        Some(_) | None => Err(Answer::remark(endpoint, 404, "error: invalid path", now)),
    }
}

fn by_repo<'a>(index: &'a Index, endpoint: Endpoint, repo: &str, arch: &str, now: Epoch) -> Result<Target<'a>, Answer> {
    if index.is_disabled(repo, arch) {
        return Err(Answer::remark(endpoint, 200, "repo disabled", now));
    }
    let Some(repository) = index.repository(repo, arch) else {
        let text = format!(
            "# repo = {repo} arch = {arch} error: invalid repo or arch\n# following repositories are available:\n{}\n",
            index.known_repositories()
        );
        return Err(Answer::remark(endpoint, 404, &text, now));
    };
    let (directory, file) = match endpoint {
        Endpoint::Mirrorlist => (index.directory(&repository.directory), ""),
        Endpoint::Metalink => {
            let repodata = format!("{}/repodata", repository.directory);
            (index.directory(&repodata), "repomd.xml")
        }
    };
    // MirrorManager answers this bare for metalinks too.
    let gone = || Answer::text(500, "mirrorlist cache index out of range, you broke it!");
    Ok(Target {
        directory: directory.ok_or_else(gone)?,
        file: file.to_owned(),
        header: format!("# repo = {repo} arch = {arch} "),
    })
}

fn serve(
    world: World<'_>,
    endpoint: Endpoint,
    query: &Query,
    client: Client,
    target: &Target<'_>,
    now: Epoch,
    rng: &mut impl Rng,
) -> Answer {
    let details = target.directory.file(&target.file).map(|f| &*f.xml);
    if endpoint == Endpoint::Metalink && details.is_none() {
        let name = [target.directory.name(), "/", &target.file].concat();
        return Answer::remark(endpoint, 404, &format!("{name} not found or has not metalink"), now);
    }
    let wish = Wish {
        countries: &query.countries,
        netblock: query.netblock,
        protocols: query.protocols.as_deref(),
        minimum: world.minimum,
    };
    let tables = Tables {
        index: world.index,
        continents: &world.inputs.continents,
    };
    let selection = select(tables, target.directory, client, wish, rng);
    let file = render::encode_path(&target.file);
    let tail = render::tail(target.directory, &file);
    let hosts = selection.carriers.len();
    let tier = selection.tiers.first().map(|(near, _)| *near);
    match endpoint {
        Endpoint::Metalink => {
            let mut out = Metalink::new(&target.file, details.unwrap_or(""), &tail, now, hosts * 3);
            for carrier in &selection.carriers {
                match wish.protocols {
                    None => carrier.urls.iter().for_each(|url| out.url(url)),
                    protocols => wanted_urls(&carrier.urls, protocols)
                        .into_iter()
                        .for_each(|url| out.url(url)),
                }
                out.next_host();
            }
            Answer {
                status: 200,
                content_type: METALINK,
                body: out.finish(),
                location: None,
                tier,
            }
        }
        Endpoint::Mirrorlist => {
            if query.redirect {
                let web = |u: &&Url| matches!(&*u.scheme, "https" | "http");
                let url = given(&selection, wish.protocols).find(web);
                let tier = url.and(tier);
                return Answer {
                    tier,
                    ..redirect(url, &tail)
                };
            }
            let header = header(&target.header, &selection, query, world.created);
            let mut out = Mirrorlist::new(&header, &tail, hosts);
            for url in given(&selection, wish.protocols) {
                out.url(url);
            }
            Answer {
                tier,
                ..Answer::text(200, out.finish())
            }
        }
    }
}

/// What a mirrorlist gives out of each host: the first address that package managers take, or all of the schemes that were asked
/// for.
fn given<'a>(selection: &Selection<'a>, protocols: Option<&[String]>) -> impl Iterator<Item = &'a Url> {
    selection.carriers.iter().flat_map(move |carrier| {
        let (first, wanted) = match protocols {
            // They are in this order: those of the web come first.
            None => (carrier.urls.first().filter(|u| u.is_web()), Vec::new()),
            protocols => (None, wanted_urls(&carrier.urls, protocols)),
        };
        first.into_iter().chain(wanted)
    })
}

fn redirect(url: Option<&Url>, tail: &str) -> Answer {
    match url {
        None => Answer::text(404, ""),
        Some(url) => Answer {
            location: Some([&url.base, tail].concat()),
            ..Answer::text(302, "")
        },
    }
}

/// The first line of a mirrorlist, and the second with `time`.
fn header(begin: &str, selection: &Selection<'_>, query: &Query, created: Epoch) -> String {
    let mut out = begin.to_owned();
    if selection.by_netblock {
        out.push_str("Using preferred netblock ");
    }
    if let Some(asn) = selection.by_asn {
        out.extend(["Using ASN ", &asn.to_string(), " "]);
    }
    for country in &selection.countries {
        out.extend(["country = ", country, " "]);
    }
    if selection.global {
        out.push_str("country = global ");
    }
    if let Some(protocols) = &query.protocols {
        out.extend(["protocol = ", &protocols.join(","), " "]);
    }
    if query.time {
        out.extend(["\n# database creation time: ", &created.0.to_string()]);
    }
    out
}
