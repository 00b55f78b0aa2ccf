//! The directory of backups: names by day, `newest.db`, and the removal of old backups.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::Timestamp;
use crate::sys::atomic;

/// A link to the newest backup.
pub(super) const NEWEST: &str = "newest.db";

/// Returns the path of a new backup: `2026-11-24.db`, or with the time of day if the day has one.
pub(super) fn new_path(dir: &Path, now: Timestamp) -> PathBuf {
    let time = now.to_string();
    let (day, _) = time.split_once('T').unwrap_or((&time, ""));
    let of_day = dir.join(format!("{day}.db"));
    // A second backup within a second has the name of the next one.
    let with_time = (now.0..).map(|second| dir.join(format!("{}.db", Timestamp(second).to_string().replace(':', ""))));
    let mut names = std::iter::once(of_day.clone()).chain(with_time);
    names.find(|path| !path.exists()).unwrap_or(of_day)
}

/// Returns the newest backup in a directory: that of `newest.db`, or the one with the latest name; `None` = there is none.
pub(super) fn newest(dir: &Path) -> io::Result<Option<PathBuf>> {
    if let Some(linked) = linked(dir) {
        return Ok(Some(linked));
    }
    Ok(backup_names(dir)?.pop().map(|name| dir.join(name)))
}

/// Returns the backup that `newest.db` points to, if it exists.
pub(super) fn linked(dir: &Path) -> Option<PathBuf> {
    let target = std::fs::read_link(dir.join(NEWEST)).ok()?;
    Some(dir.join(target)).filter(|path| path.is_file())
}

/// Points `newest.db` of a directory to the file in it that has the name of `backup`.
pub(super) fn link(dir: &Path, backup: &Path) -> io::Result<()> {
    let name = backup.file_name().unwrap_or_default();
    atomic::switch_link(&dir.join(NEWEST), Path::new(name))
}

/// Points `newest.db` to `backup`, and removes the oldest backups until `keep` are left. Returns the removed names.
pub(super) fn rotate(dir: &Path, backup: &Path, keep: usize) -> io::Result<Vec<String>> {
    let name = backup.file_name().unwrap_or_default();
    link(dir, backup)?;
    let names = backup_names(dir)?;
    let excess = names.len().saturating_sub(keep);
    // The clock may have been wrong: the backup that was just made is never removed.
    let old: Vec<String> = names.into_iter().filter(|n| name != n.as_str()).take(excess).collect();
    for name in &old {
        std::fs::remove_file(dir.join(name))?;
    }
    Ok(old)
}

/// The names of the backups in a directory, the oldest first.
fn backup_names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.extend(
            entry?
                .file_name()
                .into_string()
                .ok()
                .filter(|name| is_backup_name(name)),
        );
    }
    names.sort();
    Ok(names)
}

/// Returns true for the names of [`new_path`]: other files of the directory are not touched.
fn is_backup_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".db") else {
        return false;
    };
    let (day, time) = stem.split_once('T').unwrap_or((stem, "000000Z"));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_day = day.len() == 10 && day.split('-').map(str::len).eq([4, 2, 2]) && is_digits(&day.replace('-', ""));
    is_day && time.len() == 7 && time.strip_suffix('Z').is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_backups_are_removed_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let now = Timestamp::from_date("2026-11-24").unwrap();
        for name in [
            "2026-11-21.db",
            "2026-11-22.db",
            "2026-11-23.db",
            "before-upgrade.db",
            "2026-11-20.txt",
        ] {
            std::fs::write(dir.join(name), "").unwrap();
        }
        let first = new_path(dir, now);
        assert_eq!(first, dir.join("2026-11-24.db"));
        std::fs::write(&first, "").unwrap();
        assert_eq!(rotate(dir, &first, 3).unwrap(), ["2026-11-21.db"]);
        assert_eq!(
            std::fs::read_link(dir.join(NEWEST)).unwrap(),
            Path::new("2026-11-24.db")
        );

        assert_eq!(newest(dir).unwrap(), Some(first));
        std::fs::remove_file(dir.join(NEWEST)).unwrap();
        let latest = Some(dir.join("2026-11-24.db"));
        assert_eq!(newest(dir).unwrap(), latest, "the link is not needed");

        let second = new_path(dir, Timestamp(now.0 + 3_661));
        assert_eq!(second, dir.join("2026-11-24T010101Z.db"));
        std::fs::write(&second, "").unwrap();
        assert_eq!(rotate(dir, &second, 3).unwrap(), ["2026-11-22.db"]);

        // A clock that went back: the new backup has the oldest name.
        let third = new_path(dir, Timestamp(now.0 - 40 * 86_400));
        std::fs::write(&third, "").unwrap();
        assert_eq!(
            rotate(dir, &third, 1).unwrap(),
            ["2026-11-23.db", "2026-11-24.db", "2026-11-24T010101Z.db"]
        );
        assert!(third.exists() && dir.join("before-upgrade.db").exists() && dir.join("2026-11-20.txt").exists());
    }
}
