//! The continents of countries: the built-in table with the overrides of the registry.

use crate::model::continents;
use crate::model::continents::built_in_continents;
use crate::model::names::CountryCode;
use crate::model::packed_country::PackedCountry;
use crate::model::registry_data::RegistryData;

#[derive(Debug)]
pub(super) struct Continents(continents::Continents);

impl Continents {
    pub(super) fn new(registry: &RegistryData) -> Self {
        let mut table = built_in_continents();
        let overrides = registry.country_continents.iter();
        table.extend(overrides.filter_map(|c| {
            Some((
                PackedCountry::parse(c.country.as_str())?,
                PackedCountry::parse(&c.continent)?,
            ))
        }));
        Self(table)
    }

    /// Returns the code of a continent (two letters); `None` if it is not known.
    pub(super) fn get(&self, country: Option<&CountryCode>) -> Option<&'static str> {
        let code = self.0.get(PackedCountry::parse(country?.as_str())?)?;
        KNOWN
            .iter()
            .map(|(known, _)| *known)
            .find(|known| *known == code.as_str())
    }
}

const KNOWN: [(&str, &str); 7] = [
    ("AF", "Africa"),
    ("AN", "Antarctica"),
    ("AS", "Asia"),
    ("EU", "Europe"),
    ("NA", "North America"),
    ("OC", "Oceania"),
    ("SA", "South America"),
];

pub(super) fn name(code: Option<&str>) -> &'static str {
    let known = KNOWN.iter().find(|(known, _)| Some(*known) == code);
    known.map_or("Continent not known", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registry::CountryContinent;

    #[test]
    fn the_registry_overrides_the_table() {
        let mut registry = RegistryData::default();
        let get =
            |registry: &RegistryData, country: &str| Continents::new(registry).get(Some(&country.parse().unwrap()));
        assert_eq!(get(&registry, "DE"), Some("EU"));
        assert_eq!(get(&registry, "QQ"), None);
        registry.country_continents.push(CountryContinent {
            country: "DE".parse().unwrap(),
            continent: "AS".to_owned(),
        });
        assert_eq!(get(&registry, "DE"), Some("AS"));
        assert_eq!(Continents::new(&registry).get(None), None);
        assert_eq!((name(Some("AS")), name(None)), ("Asia", "Continent not known"));
    }
}
