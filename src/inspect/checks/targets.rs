//! Checks of the targets: the generation that their servers serve, their tables, and pins.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{AgeLimits, Check, Environment, Measurement, RecordedState, RemoteState};
use crate::config::target_address::TargetAddress;
use crate::config::{Config, HumanDuration, TargetConfig};
use crate::db::pin::Pin;
use crate::model::Timestamp;
use crate::snapshot::generation;
use crate::sync::verify::{TargetHealth, fetch_health};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::{parallel, shell};

/// Pins older than this are probably forgotten.
const PIN_WARNING_AGE: Duration = Duration::from_hours(24);
const TIMEOUT: Duration = Duration::from_secs(3);
/// The limits of the age of the data of a server that does not serve the current generation.
const BEHIND_LIMITS: AgeLimits = AgeLimits {
    warning: Duration::from_mins(30),
    critical: Duration::from_hours(4),
};

/// The responses of the servers by the names of targets; an error is the reason why there is none.
pub(super) type Responses = BTreeMap<String, Result<TargetHealth, String>>;

/// Requests `healthz` of every target that has a URL of it, in parallel.
pub(super) fn fetch(config: &Config) -> Responses {
    let all = &config.sync.target;
    let targets: Vec<&TargetConfig> = all.iter().filter(|t| !t.healthz.is_empty()).collect();
    let agent = Agent::new(&HttpLimits {
        user_agent: config.user_agent(),
        connections: targets.len().max(1),
        connect: TIMEOUT,
        total: TIMEOUT,
        // The URLs come from the config, which is trusted.
        allow_private: true,
    });
    let fetch = |target: &TargetConfig| {
        let url = &target.healthz;
        fetch_health(&agent, url, Some(Instant::now() + TIMEOUT)).map_err(|e| format!("{url}: {e}"))
    };
    let results = parallel::map(&targets, targets.len(), |target| fetch(target));
    let names = targets.iter().map(|t| t.name.clone());
    let results = results.into_iter().map(|r| r.unwrap_or_else(|e| Err(e.to_string())));
    names.zip(results).collect()
}

/// One check for each target with a server or a pin, and one for each table that a server has rejected or lacks.
pub(super) fn check(environment: &Environment<'_>, remote: &RemoteState, recorded: &RecordedState) -> Vec<Check> {
    let (config, now) = (environment.config, environment.now);
    let current = generation::current_id(&config.generations_dir).map(|id| id.to_string());
    let mut out = Vec::new();
    for target in &config.sync.target {
        let (response, pin) = (remote.targets.get(&target.name), recorded.pins.get(&target.name));
        let served = response.map(|r| check_served(target, r, current.as_deref(), now));
        out.extend(merge_pin(target, served, pin, now));
        if let Some(Ok(health)) = response {
            out.extend(check_tables(config, target, health));
        }
    }
    out
}

fn name(target: &TargetConfig) -> String {
    format!("target {}", target.name)
}

fn sync_command(target: &TargetConfig) -> String {
    format!("mm-sync-out --only {}", shell::quote(&target.name))
}

/// Compares the generation that the server of a target serves with `current`, the local one.
fn check_served(
    target: &TargetConfig,
    response: &Result<TargetHealth, String>,
    current: Option<&str>,
    now: Timestamp,
) -> Check {
    let health = match response {
        Ok(health) => health,
        Err(reason) => {
            return Check::critical(name(target), format!("no usable response from its server: {reason}"))
                .with_command(restart_command(target));
        }
    };
    let Some(served) = &health.generation else {
        return Check::critical(name(target), "its server has no generation loaded").with_command(sync_command(target));
    };
    if Some(served.as_str()) == current {
        return Check::ok(name(target), format!("serves {served:.16}, the current generation"));
    }
    // A server that does not report the time of its data is behind for an unknown time.
    let age = health.as_of.map_or(Duration::MAX, |as_of| now.since(as_of));
    let text = health.as_of.map_or_else(String::new, |_| {
        format!(", data of {} ago", HumanDuration::rounded(age))
    });
    let message = format!("serves {served:.16}{text}, not the current generation");
    let check = if health.as_of.is_some() {
        Check::measured(name(target), Measurement::age(age, BEHIND_LIMITS), message)
    } else {
        Check::warning(name(target), message)
    };
    check.with_command(sync_command(target))
}

/// The command that starts the server of a target and brings it up to date.
fn restart_command(target: &TargetConfig) -> String {
    const RESTART: &str = "systemctl restart mm-mirrorlist-server";
    let restart = match target.address.parse() {
        Ok(TargetAddress::Ssh { login, port, .. }) => {
            let host = login.rsplit_once('@').map_or(login.as_str(), |(_, host)| host);
            let port = port.map_or_else(String::new, |p| format!("-p {p} "));
            format!("ssh {port}root@{} {RESTART}", shell::quote(host))
        }
        Ok(TargetAddress::Local(_)) | Err(_) => RESTART.to_owned(),
    };
    format!("{restart} && {}", sync_command(target))
}

/// Merges the state of a server and a pin into one check. A pinned target is where an operator wants it, so the command unpins
/// it, and only a forgotten pin is a problem: one without an end, or an old one.
fn merge_pin(target: &TargetConfig, served: Option<Check>, pin: Option<&Pin>, now: Timestamp) -> Option<Check> {
    let Some(pin) = pin else { return served };
    let until = pin
        .until
        .map_or_else(|| ", without an end".to_owned(), |until| format!(" until {until}"));
    let reason = if pin.reason.is_empty() {
        "no reason given"
    } else {
        &pin.reason
    };
    let text = format!(
        "pinned to {:.16} by {} since {}{until}: {reason}",
        pin.generation, pin.by, pin.at
    );
    let text = match &served {
        Some(check) => format!("{}; {text}", check.message),
        None => text,
    };
    match served {
        Some(check) if check.command.as_deref().is_some_and(|c| c.contains("systemctl")) => {
            Some(Check { message: text, ..check })
        }
        Some(_) | None if pin.until.is_none() || now.since(pin.at) > PIN_WARNING_AGE => {
            let command = format!("mm-sync-out --unpin --only {}", shell::quote(&target.name));
            Some(Check::warning(name(target), text).with_command(command))
        }
        Some(_) | None => Some(Check::ok(name(target), text)),
    }
}

/// Checks that a server uses the tables that the config names.
fn check_tables(config: &Config, target: &TargetConfig, health: &TargetHealth) -> Vec<Check> {
    let server = &config.server;
    let tables = [
        ("geoip", "GeoIP database", &server.geoip, health.geoip),
        ("asn_table", "ASN table", &server.asn_table, health.asn),
        ("country_continent", "continent table", &server.country_continent, None),
    ];
    // A server reports them to the clients in its `monitor_from` only.
    let is_silent = health.geoip.is_none() && health.asn.is_none();
    if is_silent && tables.iter().any(|(.., file, _)| !file.as_os_str().is_empty()) {
        let message = "its server does not report its tables to this host; add the address of this host to server.monitor_from \
                       in the config there, and restart it";
        return vec![Check::unknown(format!("{} tables", name(target)), message)];
    }
    let mut out = Vec::new();
    for (key, title, file, is_loaded) in tables {
        let is_rejected = health.rejected.iter().any(|r| r == key);
        let is_missing = is_loaded == Some(false) && !file.as_os_str().is_empty();
        let message = match (is_rejected, is_missing) {
            (true, false) => format!("its server has rejected the new {title}, and uses the one that it loaded before"),
            (true, true) => format!("its server has rejected the {title}, and has none"),
            (false, true) => format!("its server has no {title}"),
            (false, false) => continue,
        };
        let check = Check::warning(format!("{} {key}", name(target)), message);
        let file_name = file.file_name();
        let is_copied = config
            .sync
            .extra_files
            .iter()
            .any(|f| f.file_name() == file_name && f.is_file());
        out.push(if is_copied {
            check.with_command(sync_command(target))
        } else {
            let message = format!("{}; install a valid file there (its log has the reason)", check.message);
            Check { message, ..check }
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    fn target(name: &str) -> TargetConfig {
        TargetConfig {
            name: name.to_owned(),
            address: "/srv/mm".to_owned(),
            ..TargetConfig::default()
        }
    }

    fn serving(generation: Option<&str>, as_of: i64) -> TargetHealth {
        TargetHealth {
            generation: generation.map(str::to_owned),
            as_of: Some(Timestamp(as_of)),
            ..TargetHealth::default()
        }
    }

    fn pin(until: Option<i64>, at: i64) -> Pin {
        Pin {
            target: "app".to_owned(),
            generation: "a".to_owned(),
            until: until.map(Timestamp),
            reason: "broken".to_owned(),
            by: "kim".to_owned(),
            at: Timestamp(at),
        }
    }

    #[test]
    fn a_target_that_is_behind_is_a_problem_after_a_while() {
        const NOW: i64 = 100_000;
        for (response, current, severity) in [
            (Ok(serving(Some("a"), 0)), Some("a"), Severity::Ok),
            (Ok(serving(Some("b"), NOW - 1_800)), Some("a"), Severity::Ok),
            (Ok(serving(Some("b"), NOW - 1_801)), Some("a"), Severity::Warning),
            (Ok(serving(Some("b"), NOW - 14_401)), Some("a"), Severity::Critical),
            (Ok(serving(Some("b"), NOW - 1_801)), None, Severity::Warning),
            (Ok(serving(None, 0)), Some("a"), Severity::Critical),
            (Err("refused".to_owned()), Some("a"), Severity::Critical),
        ] {
            let check = check_served(&target("app"), &response, current, Timestamp(NOW));
            assert_eq!(check.severity, severity, "{check:?}");
            assert_eq!(check.command.is_some(), severity != Severity::Ok, "{check:?}");
        }
    }

    #[test]
    fn a_server_that_does_not_report_its_tables_is_no_success() {
        let mut config = Config::default();
        let check = |config: &Config, health: &TargetHealth| check_tables(config, &target("app"), health);
        assert_eq!(check(&config, &serving(Some("a"), 0)), []);
        config.server.geoip = "country.mmdb".into();
        let checks = check(&config, &serving(Some("a"), 0));
        assert_eq!((checks.len(), checks[0].severity), (1, Severity::Unknown));
        assert!(checks[0].message.contains("server.monitor_from"));
        let reporting = TargetHealth {
            geoip: Some(true),
            asn: Some(false),
            ..serving(Some("a"), 0)
        };
        assert_eq!(check(&config, &reporting), []);
    }

    #[test]
    fn a_pinned_target_is_one_check() {
        const NOW: i64 = 1_000_000;
        let behind = || {
            Some(check_served(
                &target("app"),
                &Ok(serving(Some("b"), 0)),
                Some("a"),
                Timestamp(NOW),
            ))
        };
        let dead = || {
            Some(check_served(
                &target("app"),
                &Err("refused".to_owned()),
                Some("a"),
                Timestamp(NOW),
            ))
        };
        for (served, pin, severity, command) in [
            (behind(), pin(Some(NOW + 60), NOW - 60), Severity::Ok, ""),
            (
                behind(),
                pin(None, NOW - 60),
                Severity::Warning,
                "mm-sync-out --unpin --only app",
            ),
            (
                behind(),
                pin(Some(NOW + 60), 0),
                Severity::Warning,
                "mm-sync-out --unpin --only app",
            ),
            (
                None,
                pin(None, NOW - 60),
                Severity::Warning,
                "mm-sync-out --unpin --only app",
            ),
            (
                dead(),
                pin(None, NOW - 60),
                Severity::Critical,
                "systemctl restart mm-mirrorlist-server && mm-sync-out --only app",
            ),
        ] {
            let check = merge_pin(&target("app"), served, Some(&pin), Timestamp(NOW)).unwrap();
            assert_eq!(
                (check.severity, check.command.as_deref().unwrap_or_default()),
                (severity, command),
                "{check:?}"
            );
            assert!(check.message.contains("pinned to a by kim"), "{check:?}");
        }
    }

    #[test]
    fn the_server_of_an_ssh_target_is_restarted_there() {
        let mut remote = target("app 1");
        remote.address = "rsync+ssh://mm@app1.example.org:2222/srv/mm".to_owned();
        let expected =
            "ssh -p 2222 root@app1.example.org systemctl restart mm-mirrorlist-server && mm-sync-out --only 'app 1'";
        assert_eq!(restart_command(&remote), expected);
    }
}
