//! The process that holds a flock, as the kernel reports it in `/proc/locks`.
//!
//! A line has the form `1: FLOCK  ADVISORY  WRITE 1234 fe:00:1384451 0 EOF`: the process, the device of the file system in hexadecimal
//! and the inode. The device is that of the mount, which can differ from the one that stat(2) returns (btrfs, overlayfs). Processes
//! that this one cannot see, such as those of the host outside of a container, are left out.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

/// Returns the PID of the process that holds the exclusive flock of this file; `None` if none is shown.
pub(super) fn find_holder(file: &File) -> Option<u32> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    parse_holder(&locks, &file_key(file)?)
}

/// Returns the file as `/proc/locks` names it, such as `fe:00:1384451`.
fn file_key(file: &File) -> Option<String> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
    let field = |name: &str| {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|v| v.trim().parse::<u64>().ok())
    };
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let (major, minor) = parse_device(&mounts, field("mnt_id")?)?;
    // Kernels before 5.14 do not show the inode there.
    let inode = field("ino").or_else(|| Some(file.metadata().ok()?.ino()))?;
    Some(format!("{major:02x}:{minor:02x}:{inode}"))
}

/// Returns the device of a mount from mountinfo, see `proc_pid_mountinfo(5)`.
fn parse_device(mounts: &str, id: u64) -> Option<(u32, u32)> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        if fields.next()?.parse() != Ok(id) {
            return None;
        }
        let (major, minor) = fields.nth(1)?.split_once(':')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    })
}

/// Returns the PID of the first process that holds an exclusive flock; lines with `->` are processes that wait for one.
fn parse_holder(locks: &str, key: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let mut next = || fields.next();
        let (kind, _, mode, pid, file) = (next()?, next()?, next()?, next()?, next()?);
        let is_wanted = kind == "FLOCK" && mode == "WRITE" && file == key;
        is_wanted.then(|| pid.parse().ok().filter(|pid| *pid > 0)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holder_of_an_exclusive_flock_is_found() {
        let locks = "1: POSIX  ADVISORY  WRITE 10 fe:00:7 0 EOF\n\
                     2: FLOCK  ADVISORY  READ 11 fe:00:7 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 12 fe:01:7 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 13 fe:00:7 0 EOF\n\
                     4: -> FLOCK  ADVISORY  WRITE 14 fe:00:7 0 EOF\n\
                     5: FLOCK  ADVISORY  WRITE 0 fe:00:8 0 EOF\nx\n";
        assert_eq!(parse_holder(locks, "fe:00:7"), Some(13));
        assert_eq!(parse_holder(locks, "fe:00:8"), None);
        assert_eq!(parse_holder("", "fe:00:7"), None);
    }

    #[test]
    fn device_is_that_of_the_mount() {
        let mounts = "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      240 24 0:31 /sub /srv rw - btrfs /dev/vdb rw\n";
        assert_eq!(parse_device(mounts, 240), Some((0, 31)));
        assert_eq!(parse_device(mounts, 2), None);
    }

    #[test]
    fn own_flock_is_found_in_the_kernel() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(find_holder(&file), None);
        fs2::FileExt::try_lock_exclusive(&file).unwrap();
        assert_eq!(find_holder(&file), Some(std::process::id()));
    }
}
