//! Who runs the program, and stepping down from root.

use std::ffi::CString;

use nix::unistd::{Uid, User};

/// The account that jobs run as when the config names none.
pub const DEFAULT_USER: &str = "mirrormanager";

/// The name of the user that this process runs as; the number where there is no name.
pub fn current() -> String {
    name(Uid::effective().as_raw())
}

/// The name of the user with this number; the number where there is no name.
pub fn name(uid: u32) -> String {
    let uid = Uid::from_raw(uid);
    User::from_uid(uid)
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |u| u.name)
}

/// The person behind it: who called sudo, else the user.
#[expect(clippy::disallowed_methods, reason = "sudo tells in the environment who called it")]
pub fn invoking_user() -> String {
    std::env::var("SUDO_USER")
        .ok()
        .filter(|u| !u.is_empty())
        .unwrap_or_else(current)
}

/// Started as root, becomes `wanted` (empty = [`DEFAULT_USER`] if it exists). Started as anybody else, stays so.
///
/// Naming `root` keeps root. When there is nobody to become, the error tells what to do: no root-owned database, lock or log
/// is ever made by accident.
pub fn drop_privileges(wanted: &str, program: &str) -> Result<(), String> {
    if !Uid::effective().is_root() || wanted == "root" {
        return Ok(());
    }
    let name = if wanted.is_empty() { DEFAULT_USER } else { wanted };
    let found = User::from_name(name).map_err(|e| format!("cannot look up the user {name}: {e}"))?;
    let Some(user) = found else {
        return Err(format!(
            "started as root, but there is no user {name} to become; create it (adduser --system {name}), name one \
             with user = \"…\" in the config, or run: sudo -u USER {program} …"
        ));
    };
    let failed = |e: nix::Error| format!("cannot become the user {name}: {e}");
    let c_name = CString::new(name).map_err(|_| format!("bad user name {name:?}"))?;
    nix::unistd::initgroups(&c_name, user.gid).map_err(failed)?;
    nix::unistd::setgid(user.gid).map_err(failed)?;
    nix::unistd::setuid(user.uid).map_err(failed)
}
