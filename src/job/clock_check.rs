//! The check of the clock before a run records its times. A clock that may be wrong fails the run, unless an operator
//! accepts it with `--ignore-clock`: then recorded times that are later are set back, so that they cannot stop anything again.

use crate::config::Config;
use crate::db::{self, Db, DbError};
use crate::model::Timestamp;
use crate::model::clock::{ClockEvidence, ClockProblem, ClockVerdict, is_suspicious, judge};
use crate::sys::clock;
use crate::sys::http::witness_times;

/// A run that may start.
#[derive(Debug, Default)]
pub(super) struct AcceptedClock {
    /// A message about the clock for the row of the run; empty = nothing unusual.
    pub note: String,
    /// The number of recorded times that were set back.
    pub set_back: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ClockError {
    #[error(transparent)]
    Refused(ClockProblem),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Compares the clock with the newest run. Only if it is suspicious, or an operator accepts it, servers of the config are asked for their
/// time. `accept` is true if an operator accepts the clock; `write` allows to set times back.
pub(super) fn check(
    db: &mut Db,
    config: &Config,
    now: Timestamp,
    accept: bool,
    write: bool,
) -> Result<AcceptedClock, ClockError> {
    let newest = db.read(db::run::newest)?;
    if !accept && !is_suspicious(now, newest) {
        return Ok(AcceptedClock::default());
    }
    let witnesses = witness_times(&config.clock_witnesses(), config.user_agent());
    let verdict = judge(&ClockEvidence {
        now,
        newest,
        witnesses: &witnesses,
        is_synchronized: clock::is_synchronized(),
    });
    let note = match verdict {
        Ok(ClockVerdict::Plausible) => String::new(),
        Ok(ClockVerdict::Leap(run)) => {
            let note = format!("no job ran since run {} at {}; the clock is right", run.id, run.at);
            tracing::warn!("{note}");
            note
        }
        Err(problem) if accept && problem.is_acceptable() => format!("--ignore-clock: {problem}"),
        Err(problem) => return Err(ClockError::Refused(problem)),
    };
    let set_back = if accept && write {
        db.write(|tx| db::recorded_times::set_back(tx, now))?
    } else {
        0
    };
    Ok(AcceptedClock { note, set_back })
}
