//! Checks of the programs that jobs start.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Check, Environment};
use crate::config::SourceKind;

/// A program, an argument with which it exits at once, and its packages in Fedora and in Debian.
const PROGRAMS: [(&str, &str, [&str; 2]); 2] = [
    ("rsync", "--version", ["rsync", "rsync"]),
    ("ssh", "-V", ["openssh-clients", "openssh-client"]),
];

/// Checks rsync and ssh. They are needed for targets over ssh, and rsync for categories that are scanned by it.
pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    let config = environment.config;
    let has_remote_target = config.sync.target.iter().any(|t| t.address.contains("://"));
    let has_rsync_source = config.category.iter().any(|c| c.source == SourceKind::Rsync);
    let check = |(program, argument, packages)| {
        let is_needed = has_remote_target || (program == "rsync" && has_rsync_source);
        check_program(program, argument, packages, is_needed)
    };
    PROGRAMS.into_iter().map(check).collect()
}

fn check_program(program: &str, argument: &str, packages: [&str; 2], is_needed: bool) -> Check {
    let status = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Check::ok(program, "found"),
        Err(e) if e.kind() == ErrorKind::NotFound && !is_needed => {
            Check::ok(program, "not found; only needed for targets over ssh and rsync sources")
        }
        Ok(status) => Check::critical(program, format!("{program} {argument} failed: {status}"))
            .with_command(install_command(packages)),
        Err(e) => Check::critical(program, format!("cannot start it: {e}")).with_command(install_command(packages)),
    }
}

fn install_command([fedora, debian]: [&str; 2]) -> String {
    if Path::new("/usr/bin/apt-get").exists() {
        format!("apt-get install -y {debian}")
    } else {
        format!("dnf install -y {fedora}")
    }
}
