//! Crawl preferences of a host: the hours in which it may be crawled, and the probe method.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::model::Timestamp;

const MINUTES: u32 = 24 * 60;
const DAY: i64 = 86_400;

/// The hours of every day in which a host may be crawled, written `HH:MM-HH:MM` in UTC; past midnight if the end is before
/// the start. The start is included, the end is not. An end of `24:00` is midnight, `00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CrawlWindow {
    /// Minutes after midnight, below [`MINUTES`]; start and end differ.
    begin: u32,
    end: u32,
}

impl CrawlWindow {
    /// Returns true if the host may be crawled at `now`.
    pub(crate) fn contains(self, now: Timestamp) -> bool {
        into_window(self, now) < self.length()
    }

    /// Returns the time until the window closes; zero while it is closed.
    pub(crate) fn remaining(self, now: Timestamp) -> Duration {
        secs(self.length().saturating_sub(into_window(self, now)).max(0))
    }

    /// Returns the time until the window opens; zero while it is open.
    pub(crate) fn until_open(self, now: Timestamp) -> Duration {
        if self.contains(now) {
            Duration::ZERO
        } else {
            secs(DAY - into_window(self, now))
        }
    }

    /// Returns the length of the window in seconds.
    fn length(self) -> i64 {
        (i64::from(self.end) - i64::from(self.begin)).rem_euclid(i64::from(MINUTES)) * 60
    }
}

/// Returns the seconds since the window last opened, less than a day.
fn into_window(window: CrawlWindow, now: Timestamp) -> i64 {
    (now.0.rem_euclid(DAY) - i64::from(window.begin) * 60).rem_euclid(DAY)
}

fn secs(n: i64) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(0))
}

/// Parses `HH:MM` to minutes after midnight.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |t: &str, below: u32| {
        let fits = t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
        t.parse().ok().filter(|n: &u32| fits && *n < below)
    };
    Some(two(hours, 25)? * 60 + two(minutes, 60)?).filter(|n| *n <= MINUTES)
}

impl FromStr for CrawlWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad =
            |why: &str| format!("invalid crawl window {text:?}: {why}; expected HH:MM-HH:MM in UTC, e.g. 22:00-06:00");
        let (begin, end) = text.split_once('-').ok_or_else(|| bad("missing dash"))?;
        let moment = |t: &str| minutes(t).ok_or_else(|| bad(&format!("invalid time of day {t:?}")));
        let (begin, end) = (moment(begin)?, moment(end)?);
        if begin == MINUTES {
            return Err(bad("the first time of a day is 00:00"));
        }
        if begin == end % MINUTES {
            return Err(bad(
                "start and end are equal; leave it empty to allow crawls at any time",
            ));
        }
        Ok(Self {
            begin,
            end: end % MINUTES,
        })
    }
}

impl fmt::Display for CrawlWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = (self.begin, self.end);
        let text = format!("{:02}:{:02}-{:02}:{:02}", begin / 60, begin % 60, end / 60, end % 60);
        f.pad(&text)
    }
}

impl TryFrom<String> for CrawlWindow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CrawlWindow> for String {
    fn from(window: CrawlWindow) -> Self {
        window.to_string()
    }
}

/// A probe method that a host prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
#[strum(parse_err_ty = String, parse_err_fn = unknown_probe)]
pub enum ProbeKind {
    /// A listing by the rsync program.
    Rsync,
    /// Directory index pages over HTTP(S).
    Index,
    /// A HEAD request for each file over HTTP(S).
    Head,
}

fn unknown_probe(text: &str) -> String {
    format!("invalid probe method {text:?}; expected rsync, index or head")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-12-01T{text}Z").parse().unwrap()
    }

    #[test]
    fn a_window_may_cross_midnight() {
        for (window, now, open_for, opens_in) in [
            ("08:00-12:30", "07:59:59", 0, 1),
            ("08:00-12:30", "08:00:00", 16_200, 0),
            ("08:00-12:30", "12:29:59", 1, 0),
            ("08:00-12:30", "12:30:00", 0, 70_200),
            ("22:00-06:00", "23:00:00", 25_200, 0),
            ("22:00-06:00", "00:00:00", 21_600, 0),
            ("22:00-06:00", "05:59:59", 1, 0),
            ("22:00-06:00", "06:00:00", 0, 57_600),
            ("00:00-24:00", "06:00:00", -1, -1),
            ("18:00-24:00", "23:59:00", 60, 0),
            ("18:00-24:00", "00:00:00", 0, 64_800),
        ] {
            let Ok(w) = window.parse::<CrawlWindow>() else {
                assert_eq!(open_for, -1, "{window}");
                continue;
            };
            let now = at(now);
            assert_eq!(w.contains(now), open_for > 0, "{window} {now}");
            assert_eq!(
                i64::try_from(w.remaining(now).as_secs()),
                Ok(open_for),
                "{window} {now}"
            );
            assert_eq!(
                i64::try_from(w.until_open(now).as_secs()),
                Ok(opens_in),
                "{window} {now}"
            );
        }
    }

    #[test]
    fn windows_have_one_canonical_form() {
        assert_eq!("18:00-24:00".parse::<CrawlWindow>().unwrap().to_string(), "18:00-00:00");
        for bad in [
            "",
            "08:00",
            "8:00-9:00",
            "08:00-08:00",
            "24:00-06:00",
            "00:00-24:00",
            "08:60-09:00",
            "25:00-09:00",
            "24:01-09:00",
            "08:00-24:01",
            "08:00 - 09:00",
            "+8:00-09:00",
            "08:00-09:00Z",
            "08:00:00-09:00",
        ] {
            let e = bad.parse::<CrawlWindow>().unwrap_err();
            assert!(e.contains("22:00-06:00"), "{bad}: {e}");
        }
    }

    #[test]
    fn probe_methods_ignore_case() {
        for probe in [ProbeKind::Rsync, ProbeKind::Index, ProbeKind::Head] {
            assert_eq!(probe.to_string().to_uppercase().parse::<ProbeKind>(), Ok(probe));
        }
        assert!("ftp".parse::<ProbeKind>().unwrap_err().contains("rsync, index or head"));
    }

    proptest! {
        /// Minute by minute, as a clock would be read.
        #[test]
        fn it_is_open_in_its_hours(begin in 0_u32..1440, length in 1_u32..1440, day in -3_i64..20_000, minute in 0_u32..1440) {
            let end = (begin + length) % 1440;
            let text = format!("{:02}:{:02}-{:02}:{:02}", begin / 60, begin % 60, end / 60, end % 60);
            let w: CrawlWindow = text.parse().unwrap();
            prop_assert_eq!(w.to_string(), text);
            let now = Timestamp(day * DAY + i64::from(minute) * 60);
            let open = (0..length).find(|n| (begin + n) % 1440 == minute);
            prop_assert_eq!(w.contains(now), open.is_some());
            let left = open.map_or(0, |n| length - n);
            prop_assert_eq!(w.remaining(now).as_secs(), u64::from(left) * 60);
            prop_assert!(w.contains(now.plus(w.until_open(now))));
        }
    }
}
