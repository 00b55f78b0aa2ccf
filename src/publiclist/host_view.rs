//! The facts about a host that all lists of mirrors have, and the groups of hosts by country.

use std::borrow::Cow;

use serde::Serialize;

use super::public_view::PublicView;
use super::text::{country_name, web_page};
use crate::model::names::CountryCode;
use crate::model::registry::{Host, Site};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct HostView<'a> {
    #[serde(rename = "host")]
    pub(super) name: &'a str,
    pub(super) page: Option<&'a str>,
    site: &'a str,
    site_url: Option<String>,
    country: Option<&'a str>,
    /// Not in the JSON of architectures.
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<Cow<'a, str>>,
    pub(super) continent: Option<&'static str>,
    pub(super) bandwidth_mbit: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct CountryView<'a, M> {
    code: Option<&'a str>,
    name: Cow<'a, str>,
    mirrors: &'a [M],
}

impl<'a> HostView<'a> {
    pub(super) fn new(public: &'a PublicView<'_>, host: &'a Host, site: &'a Site) -> Self {
        Self {
            name: host.name.as_str(),
            page: public.mirror_pages.get(&host.id).map(String::as_str),
            site: site.name.as_str(),
            site_url: site.org_url.as_deref().and_then(web_page),
            country: host.country.as_ref().map(CountryCode::as_str),
            country_name: None,
            continent: public.continents.get(host.country.as_ref()),
            bandwidth_mbit: host.bandwidth,
        }
    }

    pub(super) fn with_country_name(self) -> Self {
        let country_name = Some(country_name(self.country));
        Self { country_name, ..self }
    }

    /// Sorts hosts by the name of their country; those without a country come last.
    pub(super) fn country_key(&self) -> impl Ord + use<'a> {
        (self.country.is_none(), country_name(self.country), self.country)
    }
}

/// Groups mirrors that are sorted by country.
pub(super) fn group_by_country<'a, 'h: 'a, M: AsRef<HostView<'h>>>(sorted: &'a [M]) -> Vec<CountryView<'a, M>> {
    sorted
        .chunk_by(|a, b| a.as_ref().country == b.as_ref().country)
        .filter_map(|mirrors| {
            let code = mirrors.first()?.as_ref().country;
            let name = country_name(code);
            Some(CountryView { code, name, mirrors })
        })
        .collect()
}
