//! Checks of the file systems: free space and inodes, and whether they can be written.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};

use super::{Check, Environment, Measurement, Severity, Unit};
use crate::sys::shell;

/// Percentages of free space and free inodes below which a file system is reported.
const WARNING_PERCENT: u64 = 10;
const CRITICAL_PERCENT: u64 = 3;
/// One generation of a large distribution with its temporary files, in bytes.
const MIN_FREE_BYTES: u64 = 100 << 20;

/// Checks each file system once, under the name of the first directory on it.
pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let config = environment.config;
    let database_dir = environment.database_dir();
    let directories = [
        ("disk of the database", Some(database_dir.as_path())),
        ("disk of generations", Some(config.generations_dir.as_path())),
        ("disk of locks", Some(config.lock_dir.as_path())),
        ("disk of logs", Some(config.log_dir.as_path())),
    ];
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (name, dir) in directories {
        let Some(dir) = dir.filter(|d| !d.as_os_str().is_empty()) else {
            continue;
        };
        match std::fs::metadata(dir).and_then(|m| Ok((m.dev(), statvfs(dir)?))) {
            Ok((device, fs)) if seen.insert(device) => {
                out.push(check_file_system(name, dir, device, FreeSpace::new(&fs)));
            }
            // Reported already.
            Ok(_) => {}
            // A missing directory is a problem of its own.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => out.push(Check::unknown(
                name,
                format!("reading the free space of {}: {e}", dir.display()),
            )),
        }
    }
    out
}

/// The part of `statvfs` that is checked.
#[derive(Debug, Clone, Copy)]
struct FreeSpace {
    bytes: u64,
    percent: u64,
    /// `None` for a file system without a limit of inodes.
    inode_percent: Option<u64>,
    is_read_only: bool,
}

impl FreeSpace {
    fn new(fs: &StatVfs) -> Self {
        let percent = |free: u64, all: u64| free.saturating_mul(100).checked_div(all);
        Self {
            bytes: fs.f_bavail.saturating_mul(fs.f_frsize),
            percent: percent(fs.f_bavail, fs.f_blocks).unwrap_or(0),
            inode_percent: percent(fs.f_favail, fs.f_files),
            is_read_only: fs.f_flag.contains(StatVfsMountFlags::RDONLY),
        }
    }
}

fn check_file_system(name: &str, dir: &Path, device: u64, free: FreeSpace) -> Check {
    let mount = mount_point(dir, device);
    let (shown, quoted, mount) = (dir.display(), shell::quote_path(&mount), mount.display());
    if free.is_read_only {
        let message = format!("{shown} is read-only (file system {mount}); look for I/O errors with: dmesg");
        return Check::critical(name, message).with_command(format!("mount -o remount,rw {quoted}"));
    }
    let measured = |value| Measurement {
        value,
        unit: Unit::Percent,
        warning: WARNING_PERCENT,
        critical: CRITICAL_PERCENT,
    };
    let inodes = free.inode_percent.map(measured);
    if let Some(inodes) = inodes.filter(|i| i.severity() > measured(free.percent).severity()) {
        let message = format!(
            "{} % of the inodes are free at {shown} (file system {mount})",
            inodes.value
        );
        return Check::measured(name, inodes, message)
            .with_command(format!("du -x --inodes {quoted} | sort -n | tail -n 20"));
    }
    let message = format!(
        "{} free ({} %) at {shown} (file system {mount})",
        format_bytes(free.bytes),
        free.percent
    );
    let check = Check::measured(name, measured(free.percent), message);
    let check = if free.bytes < MIN_FREE_BYTES {
        check.at_least(Severity::Critical)
    } else {
        check
    };
    // What fills it is not known here; the largest files are a start.
    check.with_command(format!("du -xah {quoted} | sort -h | tail -n 20"))
}

/// Returns the topmost directory above `dir` on the same device.
fn mount_point(dir: &Path, device: u64) -> PathBuf {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let on_device = |d: &&Path| d.metadata().is_ok_and(|m| m.dev() == device);
    let top = dir.ancestors().take_while(on_device).last();
    top.unwrap_or(&dir).to_owned()
}

fn format_bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(shift, _)| bytes >> shift >= 1);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(shift, unit)| format!("{} {unit}", bytes >> shift),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_inodes_and_read_only_file_systems_are_reported() {
        let free = FreeSpace {
            bytes: 1 << 40,
            percent: 50,
            inode_percent: Some(50),
            is_read_only: false,
        };
        for (free, severity, word) in [
            (free, Severity::Ok, "1024 GiB free (50 %)"),
            (FreeSpace { percent: 9, ..free }, Severity::Warning, "(9 %)"),
            (FreeSpace { percent: 2, ..free }, Severity::Critical, "(2 %)"),
            (
                FreeSpace {
                    bytes: 99 << 20,
                    ..free
                },
                Severity::Critical,
                "99 MiB free",
            ),
            (
                FreeSpace {
                    bytes: 0,
                    percent: 0,
                    ..free
                },
                Severity::Critical,
                "0 bytes free",
            ),
            (
                FreeSpace {
                    inode_percent: Some(9),
                    ..free
                },
                Severity::Warning,
                "inodes",
            ),
            (
                FreeSpace {
                    inode_percent: Some(0),
                    percent: 9,
                    ..free
                },
                Severity::Critical,
                "inodes",
            ),
            (
                FreeSpace {
                    inode_percent: None,
                    ..free
                },
                Severity::Ok,
                "free",
            ),
            (
                FreeSpace {
                    is_read_only: true,
                    ..free
                },
                Severity::Critical,
                "read-only",
            ),
        ] {
            let check = check_file_system("disk", Path::new("/"), 0, free);
            assert_eq!(check.severity, severity, "{check:?}");
            assert!(check.message.contains(word), "{check:?}");
            assert_eq!(check.command.is_some(), severity != Severity::Ok, "{check:?}");
        }
    }
}
