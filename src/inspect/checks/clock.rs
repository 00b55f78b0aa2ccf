//! Checks of the clock: compared with the newest run and with other servers, and of times that were recorded with a wrong clock.

use super::{Check, Environment, RecordedState, RemoteState};
use crate::config::Config;
use crate::db::{self, DbError, Tx};
use crate::model::Timestamp;
use crate::model::clock::{ClockEvidence, ClockVerdict, RecordedRun, SET_CLOCK, WitnessTime, describe_lead, judge};
use crate::sys::clock;
use crate::sys::http::witness_times;

const NAME: &str = "clock";
/// The command by which an operator accepts the clock: of those with this option the one that is done first, and changes nothing else.
const ACCEPT: &str = "mm-update-mirrorlist --ignore-clock";

/// The times in the database that the clock is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RecordedTimes {
    newest: Option<RecordedRun>,
    /// The number of recorded times that are later than the clock.
    late: u64,
}

pub(super) fn read_times(tx: &Tx<'_>, now: Timestamp) -> Result<RecordedTimes, DbError> {
    Ok(RecordedTimes {
        newest: db::run::newest(tx)?,
        late: db::recorded_times::count_after(tx, now)?,
    })
}

/// Requests the times of the witnesses of the config.
pub(super) fn fetch(config: &Config) -> Vec<WitnessTime> {
    witness_times(&config.clock_witnesses(), config.user_agent())
}

/// Checks the clock of this machine and those of the witnesses.
pub(super) fn check(environment: &Environment<'_>, remote: &RemoteState, recorded: &RecordedState) -> Vec<Check> {
    check_times(
        environment.now,
        recorded.times,
        &remote.witnesses,
        clock::is_synchronized(),
    )
}

fn check_times(
    now: Timestamp,
    recorded: RecordedTimes,
    witnesses: &[WitnessTime],
    is_synchronized: bool,
) -> Vec<Check> {
    let verdict = judge(&ClockEvidence {
        now,
        newest: recorded.newest,
        witnesses,
        is_synchronized,
    });
    let agreeing = witnesses.iter().filter(|w| w.agrees()).count();
    let synchronized = if is_synchronized {
        "synchronized"
    } else {
        "not synchronized"
    };
    let own = match verdict {
        Err(problem) => {
            let command = problem.command(ACCEPT);
            let message = match command {
                Some(_) => problem.to_string(),
                None => problem.describe_with_advice(ACCEPT),
            };
            let check = Check::critical(NAME, message);
            return vec![match command {
                Some(command) => check.with_command(command),
                None => check,
            }];
        }
        Ok(_) if recorded.late > 0 => {
            let message = format!("{} recorded times are later than the clock, {now}", recorded.late);
            Check::warning(NAME, message).with_command(ACCEPT)
        }
        Ok(ClockVerdict::Leap(run)) => Check::ok(NAME, format!("{now}; no job ran since run {} at {}", run.id, run.at)),
        Ok(ClockVerdict::Plausible) => Check::ok(
            NAME,
            format!(
                "{now}, {synchronized}; witnesses that agree: {agreeing} of {}",
                witnesses.len()
            ),
        ),
    };
    // A single witness that differs proves nothing: either clock may be wrong.
    let others = witnesses.iter().filter(|w| !w.agrees()).map(|w| {
        let lead = describe_lead(w.lead());
        let advice = if agreeing > 0 {
            format!("run there: {SET_CLOCK}")
        } else {
            format!("compare both with another clock; then, where it is wrong, run: {SET_CLOCK}")
        };
        let message = format!(
            "this machine is {lead} {}; other witnesses that agree with this machine: {agreeing}; {advice}",
            w.name
        );
        Check::warning(NAME, message)
    });
    std::iter::once(own).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;
    use crate::model::ids::RunId;

    #[test]
    fn the_wrong_clock_is_named() {
        const NOW: Timestamp = Timestamp(1_796_000_000);
        const HOUR: i64 = 3600;
        let run = |age: i64| RecordedTimes {
            newest: Some(RecordedRun {
                id: RunId(7),
                at: Timestamp(NOW.0 - age),
            }),
            late: 0,
        };
        let late = RecordedTimes { late: 4, ..run(0) };
        // The newest run, how far witnesses are ahead; and per check severity, words of message and command.
        for (recorded, ahead, expected) in [
            (run(0), &[0][..], &[(Severity::Ok, "agree: 1 of 1", "")][..]),
            (run(240 * HOUR), &[0], &[(Severity::Ok, "no job ran since run 7", "")]),
            (
                run(-HOUR),
                &[0],
                &[(Severity::Critical, "recorded with a wrong clock", ACCEPT)],
            ),
            (
                run(-HOUR),
                &[],
                &[(Severity::Critical, "if this clock is right, run: mm-update", "")],
            ),
            (
                run(-HOUR),
                &[HOUR, HOUR],
                &[(Severity::Critical, "of this machine is wrong", SET_CLOCK)],
            ),
            (late, &[], &[(Severity::Warning, "4 recorded times", ACCEPT)]),
            (
                run(0),
                &[0, 3 * HOUR],
                &[
                    (Severity::Ok, "1 of 2", ""),
                    (Severity::Warning, "run there: timedatectl", ""),
                ],
            ),
            (
                run(0),
                &[-3 * HOUR],
                &[
                    (Severity::Ok, "0 of 1", ""),
                    (Severity::Warning, "is 3 hours ahead of w-10800", ""),
                ],
            ),
        ] {
            let witness = |ahead: &i64| WitnessTime {
                name: format!("w{ahead}"),
                theirs: Timestamp(NOW.0 + ahead),
                ours: NOW,
            };
            let witnesses: Vec<WitnessTime> = ahead.iter().map(witness).collect();
            let found = check_times(NOW, recorded, &witnesses, false);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (check, (severity, message, command)) in found.iter().zip(expected) {
                assert_eq!(check.severity, *severity, "{check:?}");
                assert!(check.message.contains(message), "{check:?}");
                assert!(
                    check.command.as_deref().unwrap_or_default().contains(command),
                    "{check:?}"
                );
            }
        }
    }
}
