//! The page of all mirrors.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mirror::{MirrorPage, MirrorState};

/// Where it is.
pub(super) const HREF: &str = "mirrors/index.html";

/// The mirrors of a country.
#[derive(Debug, Serialize)]
pub(super) struct CountryView<'p> {
    code: &'p str,
    name: &'p str,
    /// By name.
    mirrors: Vec<MirrorRow<'p>>,
}

#[derive(Debug, Serialize)]
struct MirrorRow<'p> {
    host: &'p str,
    href: &'p str,
    site: &'p str,
    bandwidth: &'p str,
    disabled: bool,
    down: bool,
    categories: Vec<Cell<'p>>,
}

#[derive(Debug, Serialize)]
struct Cell<'p> {
    name: &'p str,
    state: MirrorState,
    label: &'p str,
}

/// Countries by name; what has none comes last.
pub(super) fn by_country(pages: &[MirrorPage]) -> Vec<CountryView<'_>> {
    let mut countries: BTreeMap<(bool, &str, &str), Vec<MirrorRow<'_>>> = BTreeMap::new();
    for page in pages {
        let code = page.country.as_deref();
        let key = (code.is_none(), page.country_name.as_str(), code.unwrap_or("none"));
        countries.entry(key).or_default().push(row(page));
    }
    let mut out: Vec<CountryView<'_>> = countries
        .into_iter()
        .map(|((_, name, code), mirrors)| CountryView { code, name, mirrors })
        .collect();
    for country in &mut out {
        country.mirrors.sort_by_key(|m| m.host);
    }
    out
}

fn row(page: &MirrorPage) -> MirrorRow<'_> {
    MirrorRow {
        host: &page.host,
        href: &page.href,
        site: &page.site,
        bandwidth: &page.bandwidth,
        disabled: page.disabled,
        down: !page.downtimes.is_empty(),
        categories: (page.categories.iter())
            .map(|c| Cell {
                name: &c.name,
                state: c.state,
                label: c.label,
            })
            .collect(),
    }
}
