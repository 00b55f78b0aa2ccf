//! `explain=1`: instead of mirrors, why the client is sent to each host, or is not. As text, or with `format=json` as JSON.

use serde::Serialize;

use crate::answer::query::Query;
use crate::answer::select::Client;
use crate::answer::select::explain::{HostRow, explain as all, rows};

use super::{QueryTarget, Response, ServingData, selection_inputs};

#[derive(Debug, Serialize)]
struct Explained<'a> {
    ip: String,
    /// None when it is not known.
    country: Option<String>,
    /// None when it is not known.
    asn: Option<u32>,
    directory: &'a str,
    minimum: usize,
    hosts: Vec<HostRow>,
}

pub(super) fn explain(world: ServingData<'_>, query: &Query<'_>, client: Client, target: &QueryTarget<'_>) -> Response {
    let (tables, wish) = selection_inputs(world, query);
    let explained = Explained {
        ip: client.ip.to_string(),
        country: client.country.map(|c| c.to_string()),
        asn: client.asn,
        directory: target.directory.name(),
        minimum: world.minimum,
        hosts: rows(world.index, &all(tables, target.directory, client, wish), client),
    };
    if query.json {
        return Response::json(200, &explained);
    }
    Response::text(200, text(&explained))
}

fn text(explained: &Explained<'_>) -> String {
    let country = explained.country.as_deref().unwrap_or("unknown");
    let asn = explained.asn.map_or_else(|| "unknown".to_owned(), |n| format!("AS{n}"));
    let mut lines = vec![
        format!("{}: country {country}, system {asn}", explained.ip),
        format!("  {}, minimum {}", explained.directory, explained.minimum),
        String::new(),
    ];
    let width = explained.hosts.iter().map(|r| r.host.len()).max().unwrap_or(0).max(4);
    lines.push(format!("{:width$}  COUNTRY  WHY", "HOST"));
    for row in &explained.hosts {
        let country = row.country.as_deref().unwrap_or("-");
        lines.push(format!("{:width$}  {country:7}  {}", row.host, row.words));
    }
    lines.join("\n") + "\n"
}
