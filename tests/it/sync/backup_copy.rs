//! The second copy of a backup on another host, by a real sshd.

use super::sshd::Sshd;
use crate::support::Env;

#[test]
fn backup_is_copied_to_another_host() {
    let sshd = Sshd::start();
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let there = env.path("other-host/backups");
    let keys = |known_hosts: &str| {
        format!(
            "backup.copy_to = \"{}\"\n[sync]\n{}",
            sshd.to(&there),
            sshd.keys_knowing(known_hosts)
        )
    };
    env.configure(&keys("wrong_hosts"));
    let output = env.run("mm-admin", &["backup"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stdout.contains("ssh-keyscan"), "{output:?}");

    env.configure(&keys("known_hosts"));
    assert_eq!(env.run("mm-admin", &["backup"]).status, 0);
    let entries: Vec<_> = std::fs::read_dir(&there).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    env.ok("mm-admin", &["restore", entries[0].to_str().unwrap(), "--dry-run"]);
}
