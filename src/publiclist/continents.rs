//! Which continent a country is on: the built-in table, and the registry's own rows over it.

use crate::model::continents;
use crate::model::continents::built_in_continents;
use crate::model::names::CountryCode;
use crate::model::packed_country::PackedCountry;
use crate::model::registry_data::RegistryData;

/// The table.
#[derive(Debug)]
pub(super) struct Continents(continents::Continents);

impl Continents {
    pub(super) fn of(world: &RegistryData) -> Self {
        let mut table = built_in_continents();
        let own = world.country_continents.iter();
        table.extend(own.filter_map(|c| {
            Some((
                PackedCountry::parse(c.country.as_str())?,
                PackedCountry::parse(&c.continent)?,
            ))
        }));
        Self(table)
    }

    /// Two letters; `None` where it is not known.
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

/// What a continent is called.
pub(super) fn name(code: Option<&str>) -> &'static str {
    let known = KNOWN.iter().find(|(known, _)| Some(*known) == code);
    known.map_or("Continent not known", |(_, name)| name)
}

/// The code of a continent that is called so.
pub(super) fn code(name: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(_, known)| *known == name).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registry::CountryContinent;

    #[test]
    fn the_registry_has_the_last_word() {
        let mut world = RegistryData::default();
        let of = |world: &RegistryData, country: &str| Continents::of(world).get(Some(&country.parse().unwrap()));
        assert_eq!(of(&world, "DE"), Some("EU"));
        assert_eq!(of(&world, "QQ"), None);
        world.country_continents.push(CountryContinent {
            country: "DE".parse().unwrap(),
            continent: "AS".to_owned(),
        });
        assert_eq!(of(&world, "DE"), Some("AS"));
        assert_eq!(Continents::of(&world).get(None), None);
        assert_eq!((name(Some("AS")), code("Asia")), ("Asia", Some("AS")));
        assert_eq!((name(None), code(name(None))), ("Continent not known", None));
    }
}
