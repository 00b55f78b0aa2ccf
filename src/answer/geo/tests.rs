//! Tests of the tables, and a writer of databases for them.

use super::*;
use crate::model::continents::built_in_continents;

pub(crate) mod mmdb;

#[test]
fn the_built_in_table_covers_every_country() {
    let table = built_in_continents();
    assert_eq!(table.len(), 249, "ISO 3166-1 assigns 249 codes");
    for (country, continent) in [
        ("DE", "EU"),
        ("US", "NA"),
        ("BR", "SA"),
        ("NZ", "OC"),
        ("KE", "AF"),
        ("JP", "AS"),
    ] {
        assert_eq!(
            table.get(PackedCountry::parse(country).unwrap()).unwrap().as_str(),
            continent
        );
    }
}

#[test]
fn continent_lines_are_read_as_by_mirrormanager() {
    let t = parse_continents(b"\"iso code\",\"cont\"\nDE,EU\nfr,EU\n--,--\n").unwrap();
    assert_eq!(t.len(), 2);
    assert!(parse_continents(b"DE\n").unwrap_err().to_string().contains("line 1"));
    assert!(parse_continents(b"").is_err());
}

#[test]
fn an_invalid_database_is_rejected() {
    assert!(GeoIp::new(Vec::new()).is_err());
    assert!(GeoIp::new(vec![0; 4_000]).is_err());
}
