//! Failed operations on files, with the cause: what is full, read-only, faulty or forbidden, for whom, and what fixes it.

use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Group};
use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags, StatxAttributes, StatxFlags};
use rustix::io::Errno;
use thiserror::Error;

use super::{regular_file, shell, user};

/// The number of bytes that [`FileError::probe`] writes: more than SQLite needs for the files next to a database.
const PROBE_BYTES: usize = 128 << 10;

/// A failed operation on a file. The cause is determined when the error is created: the cleanup that follows may free space on a
/// full disk.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct FileError(Box<FailedOperation>);

#[derive(Debug, Error)]
#[error("cannot {action} {}: {}", path.display(), cause.describe())]
struct FailedOperation {
    /// A verb, with an object before the path if that does not say enough, such as "write the metrics file".
    action: &'static str,
    path: PathBuf,
    cause: Cause,
    #[source]
    why: io::Error,
}

/// The cause of a failed operation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    /// No free bytes or inodes.
    Full(FileSystem),
    /// The user's quota is used up.
    Quota {
        mount: PathBuf,
        user: String,
    },
    /// Mounted read-only.
    ReadOnly {
        mount: PathBuf,
    },
    /// The disk or the file system reports errors.
    Faulty {
        mount: PathBuf,
    },
    /// The user may not access this path.
    Denied(Denied),
    /// The file is marked as immutable.
    Immutable {
        path: PathBuf,
    },
    NoDirectory {
        dir: PathBuf,
        user: String,
    },
    /// Any other error of the operating system.
    Other(String),
}

/// The size of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileSystem {
    mount: PathBuf,
    free_bytes: u64,
    total_bytes: u64,
    free_inodes: u64,
    /// 0 = without a limit.
    total_inodes: u64,
}

/// A path that a user may not access.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Denied {
    path: PathBuf,
    /// True if the file was to be read only.
    is_read: bool,
    owner: String,
    group: String,
    mode: u32,
    user: String,
    /// True if root started the command, which then became `user`.
    stepped_down: bool,
}

impl FileError {
    /// Determines the cause of `why`, with which an operation on `path` failed.
    pub(crate) fn new(action: &'static str, path: &Path, why: io::Error) -> Self {
        Self(Box::new(FailedOperation {
            action,
            path: path.to_owned(),
            cause: Cause::find(path, action.starts_with("read"), &why),
            why,
        }))
    }

    /// Returns a function for `map_err`.
    pub(crate) fn at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Self + 'a {
        move |why| Self::new(action, path, why)
    }

    /// Returns the error if a file at `path`, or next to it, cannot be written: for libraries that do not tell why they failed.
    /// `files` are those that they write.
    pub(crate) fn probe(action: &'static str, path: &Path, files: &[PathBuf]) -> Option<Self> {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let dir = parent(&real);
        let errno = |e: Errno| io::Error::from_raw_os_error(e.raw_os_error());
        if dir.try_exists().is_ok_and(|exists| !exists) {
            return Some(Self::new(action, path, errno(Errno::NOENT)));
        }
        if rustix::fs::statvfs(dir).is_ok_and(|fs| fs.f_flag.contains(StatVfsMountFlags::RDONLY)) {
            return Some(Self::new(action, path, errno(Errno::ROFS)));
        }
        let read_and_write = Access::READ_OK | Access::WRITE_OK;
        let is_denied = |f: &&PathBuf| rustix::fs::access(f.as_path(), read_and_write) == Err(Errno::ACCESS);
        if let Some(file) = files.iter().find(is_denied) {
            return Some(Self::new(action, file, errno(Errno::ACCESS)));
        }
        let unopened = files.iter().filter(|file| file.exists());
        let mut unopened = unopened.filter_map(|file| regular_file::open(file).err().map(|why| (file, why)));
        if let Some((file, why)) = unopened.next() {
            return Some(Self::new(action, file, why));
        }
        let written = tempfile::tempfile_in(dir).and_then(|mut file| {
            file.write_all(&vec![0; PROBE_BYTES])?;
            file.sync_all()
        });
        written.err().map(|why| Self::new(action, path, why))
    }

    /// Returns the error if the file at `path` cannot be read to its end: for libraries that do not tell why they failed.
    pub(crate) fn probe_read(action: &'static str, path: &Path) -> Option<Self> {
        let read = regular_file::open(path).and_then(|(mut file, _)| io::copy(&mut file, &mut io::sink()));
        read.err().map(|why| Self::new(action, path, why))
    }

    /// The command that fixes it, or finds what is to be fixed.
    pub(crate) fn command(&self) -> Option<String> {
        self.0.cause.command()
    }

    /// True if the directory of the file does not exist.
    pub(crate) fn is_missing_directory(&self) -> bool {
        matches!(self.0.cause, Cause::NoDirectory { .. })
    }

    /// True if the user of the process has no access.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.0.cause, Cause::Denied(_))
    }
}

impl Cause {
    fn find(path: &Path, is_read: bool, why: &io::Error) -> Self {
        let mount = || find_mount(path);
        match find_errno(why) {
            Some(Errno::NOSPC) => FileSystem::at(path).map_or_else(|| Self::Other(why.to_string()), Self::Full),
            Some(Errno::DQUOT) => Self::Quota {
                mount: mount(),
                user: user::current(),
            },
            Some(Errno::ROFS) => Self::ReadOnly { mount: mount() },
            Some(Errno::IO) => Self::Faulty { mount: mount() },
            Some(Errno::ACCESS | Errno::PERM) => match (Denied::find(path, is_read), find_immutable(path)) {
                (Some(denied), _) => Self::Denied(denied),
                (None, Some(path)) => Self::Immutable { path },
                (None, None) => Self::Other(format!(
                    "{why} for {}; its mode allows it, so look for a security module (SELinux, AppArmor) or the sandbox \
                     of the unit",
                    user::current()
                )),
            },
            Some(Errno::NOENT) if !parent(path).exists() => Self::NoDirectory {
                dir: parent(path).to_owned(),
                user: user::current(),
            },
            Some(_) | None => Self::Other(why.to_string()),
        }
    }

    fn describe(&self) -> String {
        let text = match self {
            Self::Full(fs) if fs.is_out_of_inodes() => {
                let FileSystem {
                    mount,
                    free_inodes,
                    total_inodes,
                    ..
                } = fs;
                let mount = mount.display();
                format!("no inodes left: {free_inodes} of {total_inodes} free on {mount}")
            }
            Self::Full(fs) => {
                let (free, total) = (format_bytes(fs.free_bytes), format_bytes(fs.total_bytes));
                format!("disk full: {free} of {total} free on {}", fs.mount.display())
            }
            Self::Quota { mount, user } => format!("disk quota of {user} exceeded on {}", mount.display()),
            Self::ReadOnly { mount } => format!("{} is mounted read-only", mount.display()),
            Self::Faulty { mount } => format!(
                "input/output error: the disk or file system at {} is faulty",
                mount.display()
            ),
            Self::Denied(denied) => denied.describe(),
            Self::Immutable { path } => format!("{} is marked as immutable", path.display()),
            Self::NoDirectory { dir, .. } => format!("the directory {} does not exist", dir.display()),
            Self::Other(why) => return why.clone(),
        };
        format!("{text}; {}", self.fix())
    }

    fn command(&self) -> Option<String> {
        let quoted = |path: &Path| shell::quote_path(path);
        Some(match self {
            Self::Full(fs) if fs.is_out_of_inodes() => format!("du --inodes -x {} | sort -n", quoted(&fs.mount)),
            Self::Full(fs) => format!("du -ax {} | sort -n", quoted(&fs.mount)),
            Self::Quota { user, .. } => format!("edquota {user}"),
            Self::ReadOnly { mount } => format!("mount -o remount,rw {}", quoted(mount)),
            Self::Faulty { .. } => "dmesg".to_owned(),
            Self::Denied(denied) if denied.owner == denied.user => format!("chmod u+rwX {}", quoted(&denied.path)),
            Self::Denied(denied) => format!("chown {} {}", denied.user, quoted(&denied.path)),
            Self::Immutable { path } => format!("chattr -i {}", quoted(path)),
            Self::NoDirectory { dir, user } => shell::install_directory(dir, shell::DATA_DIR_MODE, user),
            Self::Other(_) => return None,
        })
    }

    fn fix(&self) -> String {
        let command = self.command().unwrap_or_default();
        match self {
            Self::Full(fs) if fs.is_out_of_inodes() => format!("remove files there; find them with: {command}"),
            Self::Full(_) => format!("free space there; find it with: {command}"),
            Self::Quota { .. } => format!("free space there, or raise the quota: {command}"),
            Self::ReadOnly { .. } => format!("see dmesg for the reason, then: {command}"),
            Self::Faulty { .. } => format!("see: {command}"),
            Self::Denied(denied) if denied.owner == denied.user => format!("run: {command}"),
            Self::Denied(Denied {
                is_read: true,
                stepped_down: true,
                user,
                ..
            }) => {
                format!("copy the file to where {user} can read it")
            }
            Self::Denied(Denied { owner, .. }) => {
                format!("run the program as its owner (sudo -u {owner} ...), or change the owner: {command}")
            }
            Self::Immutable { .. } => format!("run: {command}"),
            Self::NoDirectory { .. } => format!("create it: {command}"),
            Self::Other(why) => why.clone(),
        }
    }
}

impl FileSystem {
    /// The file system of `path`, which need not exist.
    fn at(path: &Path) -> Option<Self> {
        let existing = std::path::absolute(path).ok()?;
        let existing = existing.ancestors().find(|p| p.exists())?;
        let fs = rustix::fs::statvfs(existing).ok()?;
        Some(Self {
            mount: find_mount(path),
            free_bytes: fs.f_bavail.saturating_mul(fs.f_frsize),
            total_bytes: fs.f_blocks.saturating_mul(fs.f_frsize),
            free_inodes: fs.f_favail,
            total_inodes: fs.f_files,
        })
    }

    /// File systems without a limit of inodes, such as btrfs, report a total of 0.
    fn is_out_of_inodes(&self) -> bool {
        self.total_inodes > 0 && self.free_inodes == 0
    }
}

impl Denied {
    /// Finds what keeps this user from reading or writing `path`: a directory above it, the file, or the directory in which it would
    /// be created.
    fn find(path: &Path, is_read: bool) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        let may = |path: &Path, what: Access| rustix::fs::access(path, what) != Err(Errno::ACCESS);
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let closed = above.into_iter().find(|dir| !may(dir, Access::EXEC_OK));
        let wanted = if is_read { Access::READ_OK } else { Access::WRITE_OK };
        let refused = closed.or_else(|| {
            let is_refused = path.exists() && !may(&path, wanted);
            let dir = path
                .ancestors()
                .skip(1)
                .find(|dir| dir.exists())
                .unwrap_or(Path::new("/"));
            let is_closed = !is_read && !may(dir, Access::WRITE_OK | Access::EXEC_OK);
            is_refused.then_some(path.as_path()).or(is_closed.then_some(dir))
        })?;
        let meta = std::fs::metadata(refused).ok()?;
        let group = Group::from_gid(Gid::from_raw(meta.gid())).ok().flatten();
        Some(Self {
            path: refused.to_owned(),
            is_read,
            owner: user::name(meta.uid()),
            group: group.map_or_else(|| meta.gid().to_string(), |g| g.name),
            mode: meta.mode() & 0o7777,
            user: user::current(),
            stepped_down: user::has_stepped_down(),
        })
    }

    fn describe(&self) -> String {
        let Self {
            owner,
            group,
            mode,
            user,
            ..
        } = self;
        let path = self.path.display();
        let text = format!("permission denied for {user}: {path} is owned by {owner}:{group}, mode {mode:04o}");
        if self.stepped_down {
            format!("{text} (root started the command, which runs as {user})")
        } else {
            text
        }
    }
}

/// The nearest mount point above `path`, which need not exist.
fn find_mount(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|p| p.canonicalize().ok());
    let existing = existing.unwrap_or_else(|| PathBuf::from("/"));
    let mount_id = |p: &Path| {
        let stat = rustix::fs::statx(CWD, p, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
        Some((stat.stx_mnt_id, stat.stx_dev_major, stat.stx_dev_minor))
    };
    let own = mount_id(&existing);
    let inside = existing.ancestors().take_while(|p| mount_id(p) == own);
    inside.last().unwrap_or(&existing).to_owned()
}

/// Returns `path` or its directory, whichever has the immutable attribute.
fn find_immutable(path: &Path) -> Option<PathBuf> {
    let is_immutable = |p: &&Path| {
        rustix::fs::statx(CWD, *p, AtFlags::empty(), StatxFlags::BASIC_STATS)
            .is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::IMMUTABLE))
    };
    [path, parent(path)].into_iter().find(is_immutable).map(Path::to_owned)
}

/// Returns the code of an error. One that names a temporary file has only its kind.
fn find_errno(why: &io::Error) -> Option<Errno> {
    let by_kind = [
        (io::ErrorKind::StorageFull, Errno::NOSPC),
        (io::ErrorKind::QuotaExceeded, Errno::DQUOT),
        (io::ErrorKind::ReadOnlyFilesystem, Errno::ROFS),
        (io::ErrorKind::PermissionDenied, Errno::ACCESS),
        (io::ErrorKind::NotFound, Errno::NOENT),
    ];
    let raw = why.raw_os_error().map(Errno::from_raw_os_error);
    raw.or_else(|| {
        by_kind
            .iter()
            .find(|(kind, _)| *kind == why.kind())
            .map(|(_, errno)| *errno)
    })
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        Some(_) | None => Path::new("."),
    }
}

/// Formats a size with the largest binary unit of which it has at least one.
fn format_bytes(n: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.iter().find(|(shift, _)| n >> shift > 0) {
        Some((shift, unit)) => {
            let tenths = (n >> (shift - 10)).saturating_mul(10) >> 10;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests;
