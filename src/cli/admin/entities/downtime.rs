//! `mm-admin host downtime`: adds a downtime of a host, with its times relative to the present.

use clap::{ArgMatches, Command, arg, value_parser};

use super::args::{KEY, dry_run, invalid, key};
use crate::cli::time_arg::TimeArg;
use crate::model::Timestamp;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::RecordPatch;

/// The arguments of the command, before their times are resolved.
#[derive(Debug, Clone)]
pub(super) struct Downtime {
    /// The host and the reason.
    patch: RecordPatch,
    from: Option<TimeArg>,
    until: TimeArg,
}

pub(super) fn command() -> Command {
    let from = arg!(--from <TIME> "Start; a duration counts from now [default: now]");
    let until = arg!(--until <TIME> "End; a duration counts from the start").required(true);
    Command::new("downtime")
        .about("Announce a downtime: the host is not crawled, and no failure is counted")
        .after_help(
            "Times are written 2026-12-01T18:00:00Z, 2026-12-01T18:00 or 2026-12-01 (UTC), or as a duration such as 4h.\n\n\
             Examples:\n  mm-admin host downtime mirror.example.org --until 4h --reason \"new disks\"\n  \
             mm-admin host downtime mirror.example.org --from 2026-12-01T08:00 \\\n      --until 2026-12-01T12:00\n  \
             mm-admin downtime list host=mirror.example.org",
        )
        .arg(key(Entity::Host))
        .args([from, until].map(|time| time.value_parser(value_parser!(TimeArg))))
        .arg(arg!(--reason <TEXT> "Reason, shown in status output"))
        .arg(dry_run())
}

pub(super) fn read(matches: &ArgMatches) -> Result<Downtime, clap::Error> {
    let mut patch = RecordPatch::new(Entity::Downtime);
    for (field, option) in [("host", KEY), ("reason", "reason")] {
        let field = Entity::Downtime.fields().iter().find(|f| f.name == field);
        if let (Some(field), Some(text)) = (field, matches.get_one::<String>(option)) {
            let value = field.read(text).map_err(|why| invalid(Entity::Downtime, &why))?;
            patch = patch.with(field.name, Some(value));
        }
    }
    let until = matches.get_one("until").copied();
    Ok(Downtime {
        patch,
        from: matches.get_one("from").copied(),
        until: until.ok_or_else(|| invalid(Entity::Downtime, "needs until"))?,
    })
}

impl Downtime {
    pub(super) fn into_patch(self, now: Timestamp) -> RecordPatch {
        let resolve = |time: TimeArg, start: Timestamp| match time {
            TimeArg::At(at) => at,
            TimeArg::In(duration) => start.plus(duration.get()),
        };
        let from = self.from.map_or(now, |time| resolve(time, now));
        let until = resolve(self.until, from);
        self.patch
            .with("from", Some(FieldValue::Time(from)))
            .with("until", Some(FieldValue::Time(until)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_as_a_duration_counts_from_the_start() {
        let now = Timestamp(1_700_000_000);
        for (from, until, expected) in [
            (None, "4h", (0, 14_400)),
            (Some("1h"), "4h", (3_600, 18_000)),
            (Some("2023-11-14T21:13:20Z"), "2h", (-3_600, 3_600)),
            (Some("2023-11-15T22:13:20"), "2023-11-16T22:13:20Z", (86_400, 172_800)),
        ] {
            let mut words = vec!["downtime", "m.example.org", "--until", until];
            words.extend(from.iter().flat_map(|f| ["--from", f]));
            let matches = command().try_get_matches_from(words).unwrap();
            let row = read(&matches).unwrap().into_patch(now).complete(now).unwrap();
            let at = |n: i64| FieldValue::Time(Timestamp(now.0 + n));
            assert_eq!(row.get("from"), &at(expected.0), "{from:?} {until}");
            assert_eq!(row.get("until"), &at(expected.1), "{from:?} {until}");
            assert_eq!(row.text("host"), Some("m.example.org"));
        }
    }
}
