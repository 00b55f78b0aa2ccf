//! The verdict on the clock of this machine: whether a run may record its times.
//!
//! A time that is recorded from a wrong clock harms later runs: ages are computed from it. So the clock is compared with the newest
//! run and, if that makes it suspicious, with *witnesses*: servers of the config that send an HTTP `Date`.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::Timestamp;
use super::ids::RunId;

/// The tolerance between this clock and that of another machine.
pub(crate) const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_mins(10);
/// The tolerance for a clock that is behind the newest run: machines correct their clocks by seconds.
const MAX_BACKSTEP: Duration = Duration::from_mins(5);
/// With a longer time since the newest run, witnesses are asked. Scheduled jobs run more often.
const MAX_QUIET_TIME: Duration = Duration::from_hours(2);
/// A longer time since the newest run is a leap.
const MAX_LEAP: Duration = Duration::from_hours(24);
/// 2024-01-01: no release of this program is older.
const EARLIEST: Timestamp = Timestamp(1_704_067_200);
/// The number of witnesses that prove that the clock is wrong if they contradict it.
const PROOF: usize = 2;

/// The clock of another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WitnessTime {
    /// The name of the witness in messages.
    pub name: String,
    /// The time of the witness.
    pub theirs: Timestamp,
    /// The time of this machine at the same moment.
    pub ours: Timestamp,
}

impl WitnessTime {
    /// The seconds by which this machine is ahead of the witness; negative = behind.
    pub(crate) const fn lead(&self) -> i64 {
        self.ours.0.saturating_sub(self.theirs.0)
    }

    pub(crate) fn agrees(&self) -> bool {
        Duration::from_secs(self.lead().unsigned_abs()) <= MAX_CLOCK_DIFFERENCE
    }
}

/// The last time that a run recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct RecordedRun {
    pub id: RunId,
    /// The end of the run, or its start while it has none.
    pub at: Timestamp,
}

/// The facts that the verdict depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockEvidence<'a> {
    /// The clock of this machine.
    pub now: Timestamp,
    /// The run with the highest ID; `None` = no run yet.
    pub newest: Option<RecordedRun>,
    /// The witnesses that responded.
    pub witnesses: &'a [WitnessTime],
    /// The kernel reports that the clock is synchronized.
    pub is_synchronized: bool,
}

/// A clock that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClockVerdict {
    Plausible,
    /// The time since the newest run is long, and the clock is right nevertheless: the jobs were off.
    Leap(RecordedRun),
}

/// The reason why the clock is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClockProblem {
    /// The clock shows a time before the first release of the program.
    TooEarly,
    /// Witnesses prove that the clock is wrong.
    Contradicted {
        /// The seconds by which the clock is ahead of the median of these witnesses; negative = behind.
        lead: i64,
        witnesses: Vec<String>,
    },
    /// The clock is behind the newest run: one of them is wrong.
    BehindRun {
        run: RecordedRun,
        /// The number of witnesses that agree with the clock and thus prove that the run has a wrong time.
        agreeing: usize,
    },
    /// The clock leapt, and nothing confirms it.
    UnconfirmedLeap { run: RecordedRun },
}

/// Returns true if the witnesses must be asked before the clock is accepted.
pub(crate) fn is_suspicious(now: Timestamp, newest: Option<RecordedRun>) -> bool {
    newest.is_some_and(|run| run.at.since(now) > MAX_BACKSTEP || now.since(run.at) > MAX_QUIET_TIME)
}

/// Decides whether a run may record times of this clock.
pub(crate) fn judge(evidence: &ClockEvidence<'_>) -> Result<ClockVerdict, ClockProblem> {
    if evidence.now < EARLIEST {
        return Err(ClockProblem::TooEarly);
    }
    let (agreeing, mut differing): (Vec<_>, Vec<_>) = evidence.witnesses.iter().partition(|w| w.agrees());
    if differing.len() >= PROOF && differing.len() >= agreeing.len() {
        differing.sort_by_key(|w| w.lead());
        return Err(ClockProblem::Contradicted {
            lead: differing.get(differing.len() / 2).map_or(0, |w| w.lead()),
            witnesses: differing.into_iter().map(|w| w.name.clone()).collect(),
        });
    }
    let Some(run) = evidence.newest else {
        return Ok(ClockVerdict::Plausible);
    };
    let agreeing = agreeing.len();
    if run.at.since(evidence.now) > MAX_BACKSTEP {
        return Err(ClockProblem::BehindRun { run, agreeing });
    }
    if evidence.now.since(run.at) <= MAX_LEAP {
        return Ok(ClockVerdict::Plausible);
    }
    if agreeing == 0 && !evidence.is_synchronized {
        return Err(ClockProblem::UnconfirmedLeap { run });
    }
    Ok(ClockVerdict::Leap(run))
}

/// The command that sets the clock of a machine.
pub(crate) const SET_CLOCK: &str = "timedatectl set-ntp true";

impl ClockProblem {
    /// Returns true if an operator may decide that the clock is right: nothing proves that it is wrong.
    pub(crate) const fn is_acceptable(&self) -> bool {
        match self {
            Self::BehindRun { .. } | Self::UnconfirmedLeap { .. } => true,
            Self::TooEarly | Self::Contradicted { .. } => false,
        }
    }

    /// Returns the command that fixes the problem; `None` if an operator must find out first which clock is right. `accept` is the
    /// command by which an operator accepts the clock.
    pub(crate) fn command(&self, accept: &str) -> Option<String> {
        match self {
            Self::TooEarly | Self::Contradicted { .. } => Some(SET_CLOCK.to_owned()),
            Self::BehindRun { agreeing: 1.., .. } => Some(accept.to_owned()),
            Self::BehindRun { .. } | Self::UnconfirmedLeap { .. } => None,
        }
    }

    /// Describes the problem and what to do. `accept` as in [`ClockProblem::command`].
    pub(crate) fn describe_with_advice(&self, accept: &str) -> String {
        match self.command(accept) {
            Some(command) => format!("{self}; run: {command}"),
            None => format!("{self}; if this clock is right, run: {accept}; otherwise set it: {SET_CLOCK}"),
        }
    }
}

impl std::error::Error for ClockProblem {}

impl fmt::Display for ClockProblem {
    /// The text does not depend on the present time, so that an alert with it is one alert while the problem persists.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooEarly => write!(f, "the clock of this machine is wrong: it is before {EARLIEST}"),
            Self::Contradicted { lead, witnesses } => write!(
                f,
                "the clock of this machine is wrong: it is {} {}",
                describe_lead(*lead),
                witnesses.join(", ")
            ),
            Self::BehindRun { run, agreeing: 0 } => write!(
                f,
                "the clock of this machine is before the end of run {} at {}: one of them is wrong",
                run.id, run.at
            ),
            Self::BehindRun { run, agreeing } => write!(
                f,
                "the clock of this machine is right (witnesses: {agreeing}), but run {} was recorded with a wrong clock, at {}",
                run.id, run.at
            ),
            Self::UnconfirmedLeap { run } => write!(
                f,
                "the last run, {}, was at {}, more than a day before the clock of this machine, which is not synchronized and \
                 which no witness confirms",
                run.id, run.at
            ),
        }
    }
}

/// Formats the difference of two clocks: `3 hours ahead of`, `10 days behind`.
pub(crate) fn describe_lead(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let (count, unit) = match minutes {
        0..120 => (minutes, "minutes"),
        120..2880 => (minutes / 60, "hours"),
        2880.. => (minutes / 1440, "days"),
    };
    let direction = if seconds < 0 { "behind" } else { "ahead of" };
    format!("{count} {unit} {direction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_796_000_000;
    const MINUTE: i64 = 60;
    const HOUR: i64 = 3600;
    const DAY: i64 = 86_400;

    /// A witness whose clock is this far ahead of ours.
    fn witness(ahead: i64) -> WitnessTime {
        WitnessTime {
            name: format!("w{ahead}"),
            theirs: Timestamp(NOW + ahead),
            ours: Timestamp(NOW),
        }
    }

    fn run(age: i64) -> RecordedRun {
        RecordedRun {
            id: RunId(7),
            at: Timestamp(NOW - age),
        }
    }

    #[test]
    fn verdicts() {
        let contradicted = |lead, names: &[&str]| {
            Err(ClockProblem::Contradicted {
                lead,
                witnesses: names.iter().map(|n| (*n).to_owned()).collect(),
            })
        };
        let behind = |age, agreeing| {
            Err(ClockProblem::BehindRun {
                run: run(age),
                agreeing,
            })
        };
        let unconfirmed = |age| Err(ClockProblem::UnconfirmedLeap { run: run(age) });
        let leap = |age| Ok(ClockVerdict::Leap(run(age)));
        let plausible = || Ok(ClockVerdict::Plausible);
        // Age of the newest run, witnesses by how far they are ahead, synchronized, verdict.
        for (age, ahead, synchronized, expected) in [
            (None, &[][..], false, plausible()),
            (Some(0), &[], false, plausible()),
            (Some(DAY), &[], false, plausible()),
            (Some(DAY + 1), &[], false, unconfirmed(DAY + 1)),
            (Some(DAY + 1), &[], true, leap(DAY + 1)),
            // Off for ten days.
            (Some(10 * DAY), &[0], false, leap(10 * DAY)),
            (Some(10 * DAY), &[0, HOUR], false, leap(10 * DAY)),
            (Some(10 * DAY), &[HOUR], false, unconfirmed(10 * DAY)),
            (Some(10 * DAY), &[HOUR], true, leap(10 * DAY)),
            // The clock went ten years ahead.
            (
                Some(3650 * DAY),
                &[-3650 * DAY, -3650 * DAY],
                true,
                contradicted(3650 * DAY, &["w-315360000", "w-315360000"]),
            ),
            (
                Some(3 * HOUR),
                &[-3 * HOUR, -3 * HOUR + 1],
                true,
                contradicted(3 * HOUR, &["w-10799", "w-10800"]),
            ),
            // Without a run, too.
            (None, &[HOUR, HOUR], true, contradicted(-HOUR, &["w3600", "w3600"])),
            // The clock went back.
            (Some(-5 * MINUTE), &[], false, plausible()),
            (Some(-5 * MINUTE - 1), &[], true, behind(-5 * MINUTE - 1, 0)),
            (
                Some(-3 * HOUR),
                &[3 * HOUR, 3 * HOUR],
                true,
                contradicted(-3 * HOUR, &["w10800", "w10800"]),
            ),
            // The clock is right again, but a run was recorded in the future.
            (Some(-3650 * DAY), &[0], false, behind(-3650 * DAY, 1)),
            (Some(-3650 * DAY), &[0, 1, 2], true, behind(-3650 * DAY, 3)),
            // The tolerance, and witnesses in the minority.
            (Some(0), &[10 * MINUTE, -10 * MINUTE], false, plausible()),
            (
                Some(0),
                &[10 * MINUTE + 1, 10 * MINUTE + 2],
                false,
                contradicted(-10 * MINUTE - 1, &["w602", "w601"]),
            ),
            (Some(0), &[HOUR], false, plausible()),
            (
                Some(0),
                &[HOUR, HOUR, 0],
                false,
                contradicted(-HOUR, &["w3600", "w3600"]),
            ),
            (Some(0), &[HOUR, HOUR, 0, 0, 0], false, plausible()),
        ] {
            let witnesses: Vec<WitnessTime> = ahead.iter().map(|ahead| witness(*ahead)).collect();
            let found = judge(&ClockEvidence {
                now: Timestamp(NOW),
                newest: age.map(run),
                witnesses: &witnesses,
                is_synchronized: synchronized,
            });
            assert_eq!(
                found, expected,
                "age {age:?}, witnesses {ahead:?}, synchronized: {synchronized}"
            );
        }
    }

    #[test]
    fn a_clock_before_the_first_release_is_never_accepted() {
        let found = judge(&ClockEvidence {
            now: Timestamp(10),
            newest: None,
            witnesses: &[],
            is_synchronized: true,
        });
        assert_eq!(found, Err(ClockProblem::TooEarly));
        assert!(!ClockProblem::TooEarly.is_acceptable());
    }

    #[test]
    fn only_an_unusual_time_since_the_newest_run_is_suspicious() {
        for (age, expected) in [
            (0, false),
            (2 * HOUR, false),
            (2 * HOUR + 1, true),
            (-5 * MINUTE, false),
            (-5 * MINUTE - 1, true),
        ] {
            assert_eq!(is_suspicious(Timestamp(NOW), Some(run(age))), expected, "{age}");
        }
        assert!(!is_suspicious(Timestamp(NOW), None));
    }

    #[test]
    fn the_wrong_clock_is_named_with_its_fix() {
        let accept = "mm-crawl --ignore-clock";
        let wrong = ClockProblem::Contradicted {
            lead: -3 * HOUR,
            witnesses: vec!["master a".into(), "target b".into()],
        };
        for (problem, command, words) in [
            (
                wrong,
                Some(SET_CLOCK),
                "this machine is wrong: it is 3 hours behind master a, target b",
            ),
            (
                ClockProblem::BehindRun {
                    run: run(-9999),
                    agreeing: 2,
                },
                Some(accept),
                "is right (witnesses: 2), but run 7",
            ),
            (
                ClockProblem::BehindRun {
                    run: run(-9999),
                    agreeing: 0,
                },
                None,
                "one of them is wrong",
            ),
            (
                ClockProblem::UnconfirmedLeap { run: run(9999) },
                None,
                "the last run, 7, was at",
            ),
        ] {
            assert_eq!(problem.command(accept).as_deref(), command);
            let text = problem.describe_with_advice(accept);
            assert!(
                text.contains(words) && text.contains(command.unwrap_or("if this clock is right, run: ")),
                "{text}"
            );
        }
        assert_eq!(describe_lead(3 * DAY), "3 days ahead of");
        assert_eq!(describe_lead(-119 * MINUTE), "119 minutes behind");
    }
}
