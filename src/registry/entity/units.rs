//! Numbers as operators write them: bandwidths such as `10G`, AS numbers such as `AS64500`.

use itertools::Itertools as _;

const MAX: u32 = u32::MAX;

/// Parses a bandwidth into Mbit/s: a whole number, or a decimal one with the unit `M`, `G` or `T`, such as `2.5G` or
/// `10Gbit/s`.
pub(super) fn parse_bandwidth(text: &str) -> Result<i64, String> {
    let error = || {
        format!(
            "invalid bandwidth {text:?}; expected Mbit/s, a whole number from 1 to {MAX}, or a number with a unit such as \
             100M or 10G"
        )
    };
    let number_end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = ["bit/s", "bps", "bit"]
        .iter()
        .find_map(|end| unit.strip_suffix(end))
        .unwrap_or(&unit);
    // Decimal exponents of the unit relative to Mbit/s. The decimals of a number are moved, so that nothing is rounded.
    let exponent = match unit {
        "" | "m" => 0,
        "g" => 3,
        "t" => 6,
        _ => return Err(error()),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let decimals = decimals.trim_end_matches('0');
    if whole.is_empty() || decimals.len() > exponent || number.ends_with('.') {
        return Err(error());
    }
    let padding = std::iter::repeat_n('0', exponent - decimals.len());
    let digits = whole.chars().chain(decimals.chars()).chain(padding).join("");
    match digits.parse::<u32>() {
        Ok(n) if n > 0 => Ok(n.into()),
        _ => Err(error()),
    }
}

/// Parses the number of an autonomous system, with or without `AS`.
pub(super) fn parse_asn(text: &str) -> Result<i64, String> {
    let digits = text
        .get(..2)
        .filter(|start| start.eq_ignore_ascii_case("as"))
        .and_then(|_| text.get(2..))
        .unwrap_or(text);
    let error = || format!("invalid AS number {text:?}; expected a number from 0 to {MAX}, e.g. 64500 or AS64500");
    // `parse` alone would accept a plus sign.
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error());
    }
    digits.parse::<u32>().map(i64::from).map_err(|_| error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_have_units() {
        for (text, expected) in [
            ("1000", Some(1_000)),
            ("100M", Some(100)),
            ("10G", Some(10_000)),
            ("10g", Some(10_000)),
            ("2.5G", Some(2_500)),
            ("10Gbit/s", Some(10_000)),
            ("10 Gbit", Some(10_000)),
            ("1T", Some(1_000_000)),
            ("1.50G", Some(1_500)),
            ("4294967295", Some(4_294_967_295)),
            ("4294967296", None),
            ("0", None),
            ("0G", None),
            ("0.5", None),
            ("1.0001G", None),
            ("-1", None),
            ("G", None),
            ("1.G", None),
            (".5G", None),
            ("1.2.3G", None),
            ("10K", None),
            ("", None),
            ("fast", None),
        ] {
            assert_eq!(parse_bandwidth(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn as_numbers_have_an_optional_prefix() {
        for (text, expected) in [
            ("64500", Some(64_500)),
            ("AS64500", Some(64_500)),
            ("as64500", Some(64_500)),
            ("4294967295", Some(4_294_967_295)),
            ("4294967296", None),
            ("+5", None),
            ("AS", None),
            ("ASAS5", None),
            ("ä5", None),
            ("", None),
        ] {
            assert_eq!(parse_asn(text).ok(), expected, "{text:?}");
        }
    }
}
