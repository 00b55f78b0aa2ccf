//! Users: the one who runs the program, and dropping root privileges.

use std::ffi::CString;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use nix::unistd::{Uid, User};

/// Limit of the name of a user in Linux.
const MAX_NAME_BYTES: usize = 256;
/// The user of jobs if the config names none.
pub(crate) const DEFAULT_USER: &str = "mirrormanager";

/// Set when the process, started by root, has become another user.
static STEPPED_DOWN: OnceLock<()> = OnceLock::new();

/// Returns the name of the effective user, or the UID without a name.
pub(crate) fn current() -> String {
    name(Uid::effective().as_raw())
}

/// Returns the name of a user, or the UID without a name.
pub(crate) fn name(uid: u32) -> String {
    let uid = Uid::from_raw(uid);
    User::from_uid(uid)
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |u| u.name)
}

/// Returns the user who started the program, for records of who did what: the real user, and in parentheses the user in `SUDO_USER`,
/// which is only a claim, as everyone can set it. Must be called before [`drop_privileges`].
#[expect(clippy::disallowed_methods, reason = "sudo sets SUDO_USER in the environment")]
pub(crate) fn invoking_user() -> String {
    let real = name(Uid::current().as_raw());
    with_claim(real, std::env::var("SUDO_USER").ok().as_deref())
}

fn with_claim(real: String, sudo_user: Option<&str>) -> String {
    // Other texts could mislead the reader of a record.
    let is_name = |name: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
        !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.chars().all(plain)
    };
    match sudo_user.filter(is_name) {
        Some(claimed) if claimed != real => format!("{real} (SUDO_USER={claimed})"),
        Some(_) | None => real,
    }
}

/// Returns the effective UID.
pub(crate) fn effective_id() -> u32 {
    Uid::effective().as_raw()
}

pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Switches from root to the user `wanted` (empty = [`DEFAULT_USER`]). Does nothing if the process is not root, or if `wanted` is
/// `root`.
///
/// Fails if the user does not exist, so that no database, lock or log is created as root by accident.
pub(crate) fn drop_privileges(wanted: &str, program: &str) -> Result<(), String> {
    if !Uid::effective().is_root() || wanted == "root" {
        return Ok(());
    }
    let name = if wanted.is_empty() { DEFAULT_USER } else { wanted };
    let found = User::from_name(name).map_err(|e| format!("cannot look up the user {name}: {e}"))?;
    let Some(user) = found else {
        return Err(format!(
            "started as root, but the user {name} does not exist; create it (adduser --system {name}), set user in \
             the config, or run: sudo -u USER {program} …"
        ));
    };
    switch_to(name, &user)
}

/// Switches from root to the owner of `path`. Does nothing if the process is not root, if the path does not exist, or if it belongs to
/// root.
pub(crate) fn become_owner(path: &Path, program: &str) -> Result<(), String> {
    let owner = path.metadata().map_or(0, |meta| meta.uid());
    if !Uid::effective().is_root() || owner == 0 {
        return Ok(());
    }
    let found = User::from_uid(Uid::from_raw(owner)).map_err(|e| format!("cannot look up the user {owner}: {e}"))?;
    let Some(user) = found else {
        let shown = path.display();
        return Err(format!(
            "{shown} belongs to UID {owner}, which has no name; run: setpriv --reuid {owner} --clear-groups {program} …"
        ));
    };
    switch_to(&user.name, &user)
}

fn switch_to(name: &str, user: &User) -> Result<(), String> {
    let failed = |e: nix::Error| format!("cannot switch to the user {name}: {e}");
    let c_name = CString::new(name).map_err(|_| format!("invalid user name {name:?}"))?;
    nix::unistd::initgroups(&c_name, user.gid).map_err(failed)?;
    nix::unistd::setgid(user.gid).map_err(failed)?;
    nix::unistd::setuid(user.uid).map_err(failed)?;
    if !user.uid.is_root() {
        STEPPED_DOWN.get_or_init(|| ());
    }
    Ok(())
}

/// True if root started the process, which then became another user.
pub(crate) fn has_stepped_down() -> bool {
    STEPPED_DOWN.get().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sudo_user_is_a_claim() {
        for (real, sudo_user, expected) in [
            ("root", None, "root"),
            ("root", Some(""), "root"),
            ("root", Some("alice"), "root (SUDO_USER=alice)"),
            ("mallory", Some("alice"), "mallory (SUDO_USER=alice)"),
            ("alice", Some("alice"), "alice"),
            ("root", Some("ad\\user.name@corp"), "root"),
            ("root", Some("user.name@corp"), "root (SUDO_USER=user.name@corp)"),
            ("mallory", Some("alice)\n(root"), "mallory"),
            ("mallory", Some("\u{1b}[2J"), "mallory"),
        ] {
            assert_eq!(with_claim(real.to_owned(), sudo_user), expected);
        }
    }
}
