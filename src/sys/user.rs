//! Users: the one who runs the program, and dropping root privileges.

use std::ffi::CString;

use nix::unistd::{Uid, User};

/// The user of jobs if the config names none.
pub(crate) const DEFAULT_USER: &str = "mirrormanager";

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

/// Returns the user who called sudo, or else the effective user.
#[expect(clippy::disallowed_methods, reason = "sudo sets SUDO_USER in the environment")]
pub(crate) fn invoking_user() -> String {
    std::env::var("SUDO_USER")
        .ok()
        .filter(|u| !u.is_empty())
        .unwrap_or_else(current)
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
    let failed = |e: nix::Error| format!("cannot switch to the user {name}: {e}");
    let c_name = CString::new(name).map_err(|_| format!("invalid user name {name:?}"))?;
    nix::unistd::initgroups(&c_name, user.gid).map_err(failed)?;
    nix::unistd::setgid(user.gid).map_err(failed)?;
    nix::unistd::setuid(user.uid).map_err(failed)
}
