//! `explain=1`: returns the reason why each host is or is not selected, instead of mirrors. As text, or with
//! `format=json` as JSON.

use serde::Serialize;

use crate::answer::query::Query;
use crate::answer::select::Client;
use crate::answer::select::explain::{HostRow, explain as explain_hosts};

use super::{QueryTarget, Response, ServingData};
use crate::model::count::format_count;

#[derive(Debug, Serialize)]
struct Explanation<'a> {
    ip: String,
    country: Option<String>,
    asn: Option<u32>,
    directory: &'a str,
    min_mirrors: usize,
    hosts: Vec<HostRow>,
}

pub(super) fn explain(data: ServingData<'_>, query: &Query<'_>, client: Client, target: &QueryTarget<'_>) -> Response {
    let explanation = Explanation {
        ip: client.ip.to_string(),
        country: client.country.map(|c| c.to_string()),
        asn: client.asn,
        directory: &target.directory.name,
        min_mirrors: data.selection.min_mirrors,
        hosts: explain_hosts(data.selection, target.directory, client, query),
    };
    if query.wants_json {
        return Response::json(200, &explanation);
    }
    Response::text(200, format_text(&explanation))
}

fn format_text(explanation: &Explanation<'_>) -> String {
    let country = explanation.country.as_deref().unwrap_or("unknown");
    let asn = explanation
        .asn
        .map_or_else(|| "unknown ASN".to_owned(), |n| format!("AS{n}"));
    let mut lines = vec![
        format!("{}: country {country}, {asn}", explanation.ip),
        format!(
            "  {}, at least {}",
            explanation.directory,
            format_count(explanation.min_mirrors, "mirror")
        ),
        String::new(),
    ];
    let width = explanation.hosts.iter().map(|r| r.host.len()).max().unwrap_or(0).max(4);
    lines.push(format!("{:width$}  COUNTRY  REASON", "HOST"));
    for row in &explanation.hosts {
        let country = row.country.as_deref().unwrap_or("-");
        lines.push(format!("{:width$}  {country:7}  {}", row.host, row.reason));
    }
    lines.join("\n") + "\n"
}
