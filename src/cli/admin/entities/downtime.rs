//! `mm-admin host downtime`: announces a downtime of hosts, with times relative to the present, or ends it early.

use anyhow::Error;
use clap::{ArgAction, ArgMatches, Command, arg, value_parser};
use itertools::Itertools as _;

use super::Selection;
use super::args::{KEY, Purpose, confirm, dry_run, filter, invalid, key, read_assignments, words};
use crate::cli::admin::edits::{EditOptions, EditReport, edit_reviewed};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::registry::edit::{EditError, Editor, MassScope};
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::registry::entity::{Entity, Field};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch, key_arguments, show_key};
use crate::sys::shell;

const ENTITY: Entity = Entity::Downtime;

/// The arguments of the command, before their times are resolved.
#[derive(Debug)]
pub(super) struct Downtime {
    hosts: Selection,
    action: DowntimeAction,
}

#[derive(Debug)]
enum DowntimeAction {
    Announce {
        /// The fields except host and times.
        patch: RecordPatch,
        from: Option<TimeArg>,
        until: TimeArg,
    },
    /// Ends the downtimes in which the hosts are now.
    End,
}

pub(super) fn command() -> Command {
    let from = arg!(--from <TIME> "Start; a duration counts from now [default: now]");
    let until = arg!(--until <TIME> "End; a duration counts from the start").required_unless_present("off");
    Command::new("downtime")
        .about("Announce a downtime of hosts: they are neither crawled nor listed")
        .override_usage(
            "mm-admin host downtime [OPTIONS] --until TIME HOST… | --where FIELD=VALUE\n       \
             mm-admin host downtime [OPTIONS] --off HOST… | --where FIELD=VALUE",
        )
        .after_help(
            "TIME is a duration such as 4h, or 2026-12-01T18:00 or 2026-12-01 (UTC).\n\
             mm-update-mirrorlist takes the hosts off, and lists them again, with the next generation.\n\n\
             Examples:\n  mm-admin host downtime mirror.example.org --until 4h --reason \"new disks\"\n  \
             mm-admin host downtime mirror.example.org --off\n  \
             mm-admin host downtime mirror.example.org --keep-listed \\\n      --from 2026-12-24T08:00 --until 2026-12-24T12:00\n  \
             mm-admin host downtime --where asn=64500 --until 4h --reason \"fiber cut\"\n  \
             mm-admin host downtime --where asn=64500 --off\n  \
             mm-admin downtime list host=mirror.example.org",
        )
        .arg(
            key(Entity::Host)
                .num_args(1..)
                .action(ArgAction::Append)
                .required(false)
                .required_unless_present("where"),
        )
        .arg(filter(Entity::Host).conflicts_with(KEY))
        .args([from, until].map(|time| time.value_parser(value_parser!(TimeArg))))
        .arg(arg!(--reason <TEXT> "Reason, shown in status output"))
        .arg(arg!(--"keep-listed" "Keep the hosts listed: they stay reachable"))
        .arg(
            arg!(--off "End the current downtimes of the hosts now")
                .conflicts_with_all(["from", "until", "reason", "keep-listed"]),
        )
        .arg(confirm().help("Confirm the number of affected hosts, if they are many"))
        .arg(dry_run())
}

pub(super) fn read(matches: &ArgMatches) -> Result<Downtime, clap::Error> {
    read_hosts(matches)
        .and_then(|hosts| {
            Ok(Downtime {
                hosts,
                action: read_action(matches)?,
            })
        })
        .map_err(|why| invalid(ENTITY, &why))
}

fn read_hosts(matches: &ArgMatches) -> Result<Selection, String> {
    if words(matches, "where").next().is_some() {
        let filter = read_assignments(Entity::Host, words(matches, "where"), Purpose::Filter)?;
        return Ok(Selection::Where(filter));
    }
    let read = |text: &String| Entity::Host.own_key().read(text).map(|name| vec![name.to_string()]);
    let hosts: Vec<Key> = words(matches, KEY).map(read).try_collect()?;
    Ok(Selection::Keys(hosts.into_iter().unique().collect()))
}

fn read_action(matches: &ArgMatches) -> Result<DowntimeAction, String> {
    if matches.get_flag("off") {
        return Ok(DowntimeAction::End);
    }
    let mut patch = RecordPatch::new(ENTITY);
    if let Some(text) = matches.get_one::<String>("reason") {
        patch = patch.with(
            "reason",
            Some(ENTITY.field("reason").and_then(|f: &Field| f.read(text))?),
        );
    }
    if matches.get_flag("keep-listed") {
        patch = patch.with("keep_listed", Some(FieldValue::Bool(true)));
    }
    let until = matches.get_one("until").copied();
    Ok(DowntimeAction::Announce {
        patch,
        from: matches.get_one("from").copied(),
        until: until.ok_or("needs until")?,
    })
}

impl Downtime {
    pub(super) fn run(&self, ctx: &Context, options: EditOptions) -> Result<EditReport, Error> {
        let scope = match &self.hosts {
            Selection::Keys(_) => MassScope::Unlimited,
            Selection::Where(_) => MassScope::DowntimeHosts,
        };
        let mut up = Vec::new();
        let report = edit_reviewed(ctx, options, false, scope, |editor| {
            let hosts = self.select(editor)?;
            match self.action.row(ctx.now) {
                Some(row) => self.announce(editor, &hosts, &row),
                None => end(editor, &hosts, ctx.now).map(|hosts| up = hosts),
            }
        })?;
        Ok(self.explain(report, &up))
    }

    fn select(&self, editor: &mut Editor<'_>) -> Result<Vec<Key>, EditError> {
        match &self.hosts {
            Selection::Keys(keys) => {
                for key in keys {
                    editor.find(Entity::Host, key)?;
                }
                Ok(keys.clone())
            }
            Selection::Where(filter) => Ok(editor.select(filter)?.iter().map(Record::key).collect()),
        }
    }

    /// Adds the downtime to each host. Of the hosts of a filter, those that have exactly this one are left out, so that the
    /// command can be repeated for hosts that were added since.
    fn announce(&self, editor: &mut Editor<'_>, hosts: &[Key], row: &RecordPatch) -> Result<(), EditError> {
        let known = editor.records(ENTITY)?;
        for host in hosts {
            let row = row.clone().with("host", Some(FieldValue::Text(show_key(host))));
            let is_filter = matches!(self.hosts, Selection::Where(_));
            if !(is_filter && known.iter().any(|known| known.matches(&row))) {
                editor.add(&row)?;
            }
        }
        Ok(())
    }

    /// The commands that list the hosts again whose downtimes ended; a filter may select too many to name.
    fn advise_crawl(&self, up: &[UpHost]) -> String {
        let names = match &self.hosts {
            Selection::Keys(keys) => keys.iter().map(|key| show_key(key)).collect(),
            Selection::Where(_) => Vec::new(),
        };
        let ended = names.iter().filter(|name| !up.iter().any(|host| host.name == **name));
        let options = ended.map(|name| format!(" --host {}", shell::quote(name))).join("");
        format!("to list what they have: mm-crawl{options}; mm-update-mirrorlist; mm-sync-out")
    }

    /// Adds why nothing was changed, and names the hosts that were named and are not in a downtime.
    fn explain(&self, report: EditReport, up: &[UpHost]) -> EditReport {
        let is_named = matches!(self.hosts, Selection::Keys(_));
        match (&self.action, up) {
            (DowntimeAction::End, _) if report.has_edits() => {
                let next = report.is_applied().then(|| self.advise_crawl(up));
                let up = up.iter().filter(|_| is_named).map(UpHost::describe);
                report.with_notes(up.chain(next))
            }
            _ if report.has_edits() => report,
            (DowntimeAction::Announce { .. }, _) => {
                report.with_reason("every host that matches has this downtime already".to_owned())
            }
            (DowntimeAction::End, [host]) => report.with_reason(host.describe()),
            (DowntimeAction::End, hosts) => {
                let count = format_count(hosts.len(), "host");
                report.with_reason(format!(
                    "none of the {count} is in a downtime; see: mm-admin downtime list"
                ))
            }
        }
    }
}

impl DowntimeAction {
    /// Returns the downtime to announce, without its host; `None` = a downtime is to end.
    fn row(&self, now: Timestamp) -> Option<RecordPatch> {
        let Self::Announce { patch, from, until } = self else {
            return None;
        };
        let resolve = |time: TimeArg, start: Timestamp| match time {
            TimeArg::At(at) => at,
            TimeArg::In(duration) => start.plus(duration.get()),
        };
        let from = from.map_or(now, |time| resolve(time, now));
        let until = resolve(*until, from);
        let row = patch.clone().with("from", Some(FieldValue::Time(from)));
        Some(row.with("until", Some(FieldValue::Time(until))))
    }
}

/// A host that is not in a downtime.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UpHost {
    name: String,
    /// Its next downtime, as arguments of a command.
    next: Option<String>,
}

impl UpHost {
    fn describe(&self) -> String {
        let name = &self.name;
        match &self.next {
            None => format!("host {name} is not in a downtime; see: mm-admin downtime list host={name}"),
            Some(next) => format!(
                "host {name} is not in a downtime yet; to cancel the announced one: mm-admin downtime remove {next}"
            ),
        }
    }
}

/// Ends the downtimes of the hosts at `now`. One that has just begun is removed, as a downtime must last. Returns the hosts that are
/// not in a downtime.
fn end(editor: &mut Editor<'_>, hosts: &[Key], now: Timestamp) -> Result<Vec<UpHost>, EditError> {
    let all = editor.records(ENTITY)?;
    let mut up = Vec::new();
    for host in hosts.iter().map(|host| show_key(host)) {
        let of_host = || all.iter().filter(|d| d.text("host") == Some(&host));
        let current = of_host().filter(|d| period(d).is_some_and(|(from, until)| from <= now && now < until));
        let mut is_up = true;
        for downtime in current {
            is_up = false;
            if period(downtime).is_some_and(|(from, _)| from < now) {
                let patch = RecordPatch::new(ENTITY).with("until", Some(FieldValue::Time(now)));
                editor.set(ENTITY, &downtime.key(), &patch)?;
            } else {
                editor.remove(ENTITY, &downtime.key(), false)?;
            }
        }
        if is_up {
            let announced = of_host().filter(|d| period(d).is_some_and(|(from, _)| from > now));
            let next = announced.min_by_key(|d| period(d));
            let next = next.map(|d| key_arguments(ENTITY, &d.key()));
            up.push(UpHost { name: host, next });
        }
    }
    Ok(up)
}

fn period(downtime: &Record) -> Option<(Timestamp, Timestamp)> {
    match (downtime.get("from"), downtime.get("until")) {
        (FieldValue::Time(from), FieldValue::Time(until)) => Some((*from, *until)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Downtime, clap::Error> {
        read(&command().try_get_matches_from([&["downtime"], words].concat())?)
    }

    #[test]
    fn until_as_a_duration_counts_from_the_start() {
        let now = Timestamp(1_700_000_000);
        for (from, until, expected) in [
            (None, "4h", (0, 14_400)),
            (Some("1h"), "4h", (3_600, 18_000)),
            (Some("2023-11-14T21:13:20Z"), "2h", (-3_600, 3_600)),
            (Some("2023-11-15T22:13:20"), "2023-11-16T22:13:20Z", (86_400, 172_800)),
        ] {
            let mut words = vec!["m.example.org", "--until", until];
            words.extend(from.iter().flat_map(|f| ["--from", f]));
            let row = parse(&words).unwrap().action.row(now).unwrap();
            let at = |n: i64| FieldValue::Time(Timestamp(now.0 + n));
            assert_eq!(row.get("from"), Some(&at(expected.0)), "{from:?} {until}");
            assert_eq!(row.get("until"), Some(&at(expected.1)), "{from:?} {until}");
            assert_eq!(row.get("keep_listed"), None);
        }
    }

    #[test]
    fn hosts_are_named_or_selected_and_off_has_no_times() {
        for words in [
            &["m.example.org", "n.example.org", "--until", "4h", "--keep-listed"][..],
            &["--where", "asn=64500", "--until", "4h"],
            &["--where", "asn=64500", "--where", "country=DE", "--off"],
            &["m.example.org", "--off"],
        ] {
            assert!(parse(words).is_ok(), "{words:?}");
        }
        for words in [
            &["--until", "4h"][..],
            &["--off"],
            &["m.example.org"],
            &["m.example.org", "--where", "asn=64500", "--off"],
            &["m.example.org", "--off", "--until", "4h"],
            &["m.example.org", "--off", "--keep-listed"],
            &["--where", "asn", "--off"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
