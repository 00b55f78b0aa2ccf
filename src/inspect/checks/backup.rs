//! Checks of the backups of the database, in the directory of `[backup]`.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{AgeLimits, Check, Environment, Measurement};
use crate::config::HumanDuration;
use crate::model::Timestamp;

const NAME: &str = "backup";
const LIMITS: AgeLimits = AgeLimits::hours(26, 72);

pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let dir = &environment.config.backup.dir;
    let check = match newest(dir) {
        None => Check::warning(NAME, format!("no backup in {}", dir.display())),
        Some((written, path)) => {
            let age = environment.now.since(written);
            let message = format!("{} was written {} ago", path.display(), HumanDuration::rounded(age));
            Check::measured(NAME, Measurement::age(age, LIMITS), message)
        }
    };
    vec![check.with_command("mm-admin backup")]
}

/// Returns the newest backup of the database.
pub(super) fn find_newest(environment: &Environment<'_>) -> Option<PathBuf> {
    newest(&environment.config.backup.dir).map(|(_, path)| path)
}

fn newest(dir: &Path) -> Option<(Timestamp, PathBuf)> {
    let files = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    let backups = files.filter(|path| path.extension().is_some_and(|e| e == "db") && path.is_file());
    let with_time = backups.filter_map(|path| {
        let written = path.metadata().ok()?.modified().ok()?;
        let seconds = written.duration_since(UNIX_EPOCH).ok()?.as_secs();
        Some((Timestamp(i64::try_from(seconds).ok()?), path))
    });
    with_time.max()
}
