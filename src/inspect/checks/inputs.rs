//! Checks of the files that servers read in addition to a generation.

use std::path::Path;
use std::time::Duration;

use super::{AgeLimits, Check, Environment, Measurement};
use crate::answer::geo;
use crate::config::HumanDuration;
use crate::model::Timestamp;
use crate::sys::regular_file;

const DAY: u64 = 24;
/// Networks change hands: after some months many clients are sent to another country.
const GEOIP_LIMITS: AgeLimits = AgeLimits::hours(45 * DAY, 120 * DAY);

/// Checks the files of the section `server`. A server starts without them, but selects mirrors less precisely.
pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let server = &environment.config.server;
    [
        ("geoip", &server.geoip),
        ("asn_table", &server.asn_table),
        ("country_continent", &server.country_continent),
    ]
    .into_iter()
    .filter(|(_, path)| !path.as_os_str().is_empty())
    .map(|(key, path)| match path.is_file() {
        true if key == "geoip" => check_geoip(key, path, environment.now),
        true => Check::ok(key, path.display().to_string()),
        false => {
            let path = path.display();
            let message = format!("{path} is missing; install it there, or remove server.{key} from the config");
            Check::warning(key, message)
        }
    })
    .collect()
}

fn check_geoip(key: &str, path: &Path, now: Timestamp) -> Check {
    let shown = path.display();
    let built = match regular_file::read(path, geo::MAX_BYTES) {
        Ok(bytes) => geo::geoip_build_time(bytes).map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    };
    match built {
        Ok(built) => {
            let age = Measurement::age(now.since(built), GEOIP_LIMITS);
            let text = HumanDuration::rounded(Duration::from_secs(age.value));
            let check = Check::measured(key, age, format!("{shown} was built {text} ago"));
            if check.severity > super::Severity::Ok {
                let message = format!("{}; install a newer one there", check.message);
                return Check { message, ..check };
            }
            check
        }
        Err(e) => Check::warning(key, format!("{shown} cannot be used: {e}; install it again")),
    }
}
