//! The jobs of the example site, as the shipped crontabs and the shipped systemd units run them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::need;

/// Minutes of a day.
pub(crate) type Minutes = BTreeSet<u32>;

/// A line of a crontab.
#[derive(Debug, Clone)]
pub(crate) struct CronLine {
    pub(crate) minutes: Minutes,
    pub(crate) user: String,
    pub(crate) command: String,
}

/// A timer with its service.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    /// The name of the service, such as `mm-scan.service`.
    pub(crate) service: String,
    pub(crate) minutes: Minutes,
    /// The command line, as systemd runs it.
    pub(crate) command: Vec<String>,
    /// The statuses that are successful, besides 0.
    pub(crate) success: BTreeSet<i32>,
}

fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site")
}

/// All files of the example site that end with `suffix`.
pub(crate) fn site_files(below: &str, suffix: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(site().join(below))
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = all
        .filter(|p| p.is_file() && p.to_string_lossy().ends_with(suffix))
        .collect();
    found.sort();
    found
}

/// The lines of all shipped crontabs.
pub(crate) fn cron_lines() -> Vec<CronLine> {
    let texts = site_files("", ".cron")
        .into_iter()
        .map(|p| std::fs::read_to_string(p).unwrap());
    let lines = texts.flat_map(|t| t.lines().map(str::to_owned).collect::<Vec<_>>());
    let is_job =
        |l: &String| !(l.is_empty() || l.starts_with('#') || l.split_once('=').is_some_and(|(k, _)| !k.contains(' ')));
    lines.filter(is_job).map(|l| parse_cron_line(&l)).collect()
}

fn parse_cron_line(line: &str) -> CronLine {
    let mut rest = line;
    let mut word = || {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap();
        rest = after.trim_start();
        word.to_owned()
    };
    let [minute, hour, day, month, weekday, user] = std::array::from_fn(|_| word());
    assert_eq!([&day, &month, &weekday], ["*"; 3], "{line}");
    let (hours, minutes) = (parse_field(&hour, 24), parse_field(&minute, 60));
    CronLine {
        minutes: hours
            .iter()
            .flat_map(|h| minutes.iter().map(move |m| h * 60 + m))
            .collect(),
        user,
        command: rest.to_owned(),
    }
}

/// `*`, `5`, `5-59`, each with `/10`, and lists of them; see crontab(5).
fn parse_field(field: &str, end: u32) -> BTreeSet<u32> {
    let part = |part: &str| {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (0, end - 1),
            (_, Some((from, to))) => (from.parse().unwrap(), to.parse().unwrap()),
            (one, None) => (one.parse().unwrap(), one.parse().unwrap()),
        };
        assert!(from <= to && to < end, "{field}");
        (from..=to).step_by(step.parse().unwrap()).collect::<Vec<u32>>()
    };
    field.split(',').flat_map(part).collect()
}

/// All shipped timers, with the times that systemd computes.
pub(crate) fn timers() -> Vec<Timer> {
    let dir = site().join("systemd");
    let timers = site_files("systemd", ".timer").into_iter();
    timers
        .map(|path| {
            let service = format!("{}.service", path.file_stem().unwrap().to_str().unwrap());
            let timer = std::fs::read_to_string(&path).unwrap();
            let unit = std::fs::read_to_string(dir.join(&service)).unwrap();
            let success = setting(&unit, "SuccessExitStatus").unwrap_or_default();
            Timer {
                minutes: elapses(&setting(&timer, "OnCalendar").unwrap()),
                command: exec_start(&unit, &service),
                success: success.split_whitespace().map(|s| s.parse().unwrap()).collect(),
                service,
            }
        })
        .collect()
}

/// The last value of a setting, with its continued lines.
pub(crate) fn setting(unit: &str, key: &str) -> Option<String> {
    let joined = unit.replace("\\\n", " ");
    let prefix = format!("{key}=");
    let found = joined.lines().filter_map(|l| l.strip_prefix(&prefix)).next_back();
    found.map(str::to_owned)
}

/// The minutes of a day at which a timer elapses, according to systemd.
fn elapses(calendar: &str) -> Minutes {
    let output = Command::new(need("systemd-analyze", "systemd"))
        .args([
            "calendar",
            "--iterations=200",
            "--base-time=2026-03-01 23:59:59",
            calendar,
        ])
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let on_day = text
        .lines()
        .filter_map(|l| l.split_once("2026-03-02 ").map(|(_, time)| time.to_owned()));
    let minute = |time: String| {
        let (h, m) = (time.get(0..2).unwrap(), time.get(3..5).unwrap());
        h.parse::<u32>().unwrap() * 60 + m.parse::<u32>().unwrap()
    };
    on_day.map(minute).collect()
}

/// The command line of a service, split and unescaped as systemd.service(5) says; `%i`, `%n` = the name.
pub(crate) fn exec_start(unit: &str, name: &str) -> Vec<String> {
    let line = setting(unit, "ExecStart").unwrap();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let text = match c {
            '\'' | '"' if quote == Some(c) => {
                quote = None;
                continue;
            }
            '\'' | '"' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
                continue;
            }
            c if c.is_whitespace() && quote.is_none() => {
                words.extend(word.take());
                continue;
            }
            '\\' => match chars.next().unwrap() {
                '\\' => "\\".to_owned(),
                other => panic!("escape {other} in {line}"),
            },
            '$' => match chars.next().unwrap() {
                '$' => "$".to_owned(),
                other => panic!("variable {other} in {line}"),
            },
            '%' => match chars.next().unwrap() {
                '%' => "%".to_owned(),
                'i' | 'n' => name.to_owned(),
                other => panic!("specifier {other} in {line}"),
            },
            other => other.to_string(),
        };
        word.get_or_insert_default().push_str(&text);
    }
    words.extend(word);
    words
}

/// The programs of ours that a command line runs, with their arguments.
pub(crate) fn programs(command: &str) -> Vec<Vec<String>> {
    let parts = command
        .split([';', '\'', '\n'])
        .flat_map(|p| p.split("&&"))
        .flat_map(|p| p.split("||"));
    let words = parts.map(|p| p.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    // A shell may precede the program.
    let from_ours =
        |w: Vec<String>| -> Vec<String> { w.into_iter().skip_while(|w| !name(w).starts_with("mm-")).collect() };
    let ours = words.map(from_ours).filter(|w| !w.is_empty());
    ours.map(|w| std::iter::once(name(&w[0])).chain(w[1..].iter().cloned()).collect())
        .collect()
}

/// The minutes of all jobs, by the programs that they run.
pub(crate) fn schedule(jobs: impl IntoIterator<Item = (String, Minutes)>) -> BTreeMap<Vec<Vec<String>>, Minutes> {
    jobs.into_iter()
        .map(|(command, minutes)| (programs(&command), minutes))
        .collect()
}
