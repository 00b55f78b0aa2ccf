//! Finds out who besides root and one user can change what a path names: by the mode of the file, or by replacing the file or a
//! directory above it.
//!
//! Symbolic links are followed, and each directory on the way is judged. A directory that everybody can write is harmless on the way
//! if it is sticky, such as `/tmp`. A group is harmless if it has no other members, such as the private group of a user.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use nix::unistd::{Gid, Group, Uid, User};
use thiserror::Error;

use super::{shell, user};

/// The limit of Linux for symbolic links in one path.
const MAX_LINKS: usize = 40;
const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// A file or directory that others can write, and so change what a path names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum WritableByOthers {
    #[error("{} belongs to {owner}", .path.display())]
    Owner { path: PathBuf, owner: String },
    #[error("the group {group} can write {} (mode {mode:04o})", .path.display())]
    Group { path: PathBuf, group: String, mode: u32 },
    #[error("every user can write {} (mode {mode:04o})", .path.display())]
    Everybody { path: PathBuf, mode: u32 },
}

impl WritableByOthers {
    /// Returns the command that takes the write permission from others; root can run it.
    pub(crate) fn fix(&self) -> String {
        match self {
            // Of a symbolic link, the link and not what it names.
            Self::Owner { path, .. } => format!("chown -h root {}", shell::quote_path(path)),
            Self::Group { path, .. } => format!("chmod g-w {}", shell::quote_path(path)),
            Self::Everybody { path, .. } => format!("chmod go-w {}", shell::quote_path(path)),
        }
    }
}

/// Returns the first file or directory through which a user other than root and `uid` can change what `path` names; `None` = there is
/// none. Fails if `path` does not exist, or cannot be inspected.
pub(crate) fn find_writable_by_others(path: &Path, uid: u32) -> io::Result<Option<WritableByOthers>> {
    let mut rest = components(&std::path::absolute(path)?);
    let mut done = PathBuf::from("/");
    let mut links = 0;
    let mut problem = judge(&done, &done.symlink_metadata()?, rest.is_empty(), uid);
    while problem.is_none() {
        let Some(name) = rest.pop() else { break };
        if name == ".." {
            done.pop();
            continue;
        }
        let next = done.join(name);
        let meta = next.symlink_metadata()?;
        problem = judge(&next, &meta, rest.is_empty(), uid);
        if meta.is_symlink() {
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other(format!(
                    "too many symbolic links in {}",
                    path.display()
                )));
            }
            let target = std::fs::read_link(&next)?;
            if target.is_absolute() {
                done = PathBuf::from("/");
            }
            rest.append(&mut components(&target));
        } else {
            done = next;
        }
    }
    Ok(problem)
}

/// Returns the names in a path, the last one first.
fn components(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|c| match c {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    let mut names: Vec<OsString> = names.collect();
    names.reverse();
    names
}

/// Judges one file or directory on the way. `is_last` is true for the path itself.
fn judge(path: &Path, meta: &Metadata, is_last: bool, uid: u32) -> Option<WritableByOthers> {
    let (path, mode) = (path.to_owned(), meta.mode() & 0o7777);
    if meta.uid() != 0 && meta.uid() != uid {
        let owner = user::name(meta.uid());
        return Some(WritableByOthers::Owner { path, owner });
    }
    // The mode of a symbolic link means nothing. In a sticky directory, others cannot replace an entry that is not theirs; the owner
    // of the entry is judged next.
    if meta.is_symlink() || (mode & STICKY != 0 && !is_last) {
        return None;
    }
    if mode & OTHERS_WRITE != 0 {
        return Some(WritableByOthers::Everybody { path, mode });
    }
    if mode & GROUP_WRITE != 0 && (has_acl(&path) || has_other_members(meta.gid(), uid)) {
        let group = group_name(meta.gid());
        return Some(WritableByOthers::Group { path, group, mode });
    }
    None
}

/// Returns true if an access control list gives permissions to further users; the group bits are then their upper limit.
fn has_acl(path: &Path) -> bool {
    rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut [0_u8; 1024]).is_ok_and(|length| length > 0)
}

fn group_name(gid: u32) -> String {
    let group = Group::from_gid(Gid::from_raw(gid)).ok().flatten();
    group.map_or_else(|| gid.to_string(), |g| g.name)
}

/// Returns true if the group has members other than root and `uid`, listed ones or users whose primary group it is. The group of root
/// has none that count.
fn has_other_members(gid: u32, uid: u32) -> bool {
    if gid == 0 {
        return false;
    }
    let own = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|u| u.name);
    let is_other = |name: &String| name != "root" && Some(name) != own.as_ref();
    let Ok(group) = Group::from_gid(Gid::from_raw(gid)) else {
        return true;
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    group.is_some_and(|g| g.mem.iter().any(is_other)) || is_primary_of_others(&users, gid, uid)
}

/// Returns true if this group is the primary one of a user other than root and `uid` in `users`, the content of passwd(5).
fn is_primary_of_others(users: &str, gid: u32, uid: u32) -> bool {
    users.lines().any(|line| {
        let mut fields = line.split(':').skip(2).map(str::parse::<u32>);
        match (fields.next(), fields.next()) {
            (Some(Ok(other)), Some(Ok(group))) => group == gid && other != 0 && other != uid,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn own() -> u32 {
        Uid::effective().as_raw()
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn every_directory_on_the_way_counts() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        fs::create_dir_all(&dir).unwrap();
        let file = dir.join("hook");
        fs::write(&file, "").unwrap();
        for path in [&file, &dir, &home.path().join("a")] {
            let before = path.metadata().unwrap().mode() & 0o7777;
            assert_eq!(find_writable_by_others(&file, own()).unwrap(), None);
            chmod(path, 0o757);
            let found = find_writable_by_others(&file, own()).unwrap().unwrap();
            let (path, fix) = (path.clone(), format!("chmod go-w {}", path.display()));
            assert_eq!(found.fix(), fix);
            chmod(&path, before);
            assert_eq!(found, WritableByOthers::Everybody { path, mode: 0o757 });
        }
        assert!(find_writable_by_others(&dir.join("missing"), own()).is_err());
    }

    #[test]
    fn sticky_directory_is_harmless_on_the_way_only() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tmp");
        fs::create_dir(&dir).unwrap();
        let file = dir.join("hook");
        fs::write(&file, "").unwrap();
        chmod(&dir, 0o1777);
        assert_eq!(find_writable_by_others(&file, own()).unwrap(), None);
        assert!(find_writable_by_others(&dir, own()).unwrap().is_some());
    }

    #[test]
    fn links_are_followed_through_every_directory() {
        let home = tempfile::tempdir().unwrap();
        let open = home.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::write(home.path().join("hook"), "").unwrap();
        symlink("../hook", open.join("link")).unwrap();
        symlink("open/link", home.path().join("first")).unwrap();
        let first = home.path().join("first");
        assert_eq!(find_writable_by_others(&first, own()).unwrap(), None);
        // Neither the first directory of the path nor the last one.
        chmod(&open, 0o777);
        let found = find_writable_by_others(&first, own()).unwrap();
        assert_eq!(
            found,
            Some(WritableByOthers::Everybody {
                path: open,
                mode: 0o777
            })
        );
        symlink("round", home.path().join("round")).unwrap();
        assert!(find_writable_by_others(&home.path().join("round"), own()).is_err());
    }

    #[test]
    fn group_without_other_members_is_harmless() {
        let users = "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/:\nyou:x:1001:1000::/:\nthird:x:1002:1002::/:\n";
        assert!(is_primary_of_others(users, 1000, 1000), "you are in my group");
        assert!(!is_primary_of_others(users, 1002, 1002));
        assert!(!is_primary_of_others(users, 0, 1000));
        assert!(!is_primary_of_others("garbage\n\n:::\n", 1000, 1));
    }
}
