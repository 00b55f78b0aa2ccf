//! Getting a generation to three targets over ssh, against three bare runs of rsync at once.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mirrormanager::mirrorlist::generation;

use crate::sshd::Sshd;
use crate::support::{Env, need};
use crate::table::{Bar, Row};
use crate::world::{touch, world};
use crate::{in_turn, seconds};

const TARGETS: usize = 3;

pub(crate) fn rows() -> Vec<Row> {
    let sshd = Sshd::start();
    let env = world("");
    env.ok("mm-update-mirrorlist", &[]);
    let targets = directories(&env, "target");
    let mut config = format!("[sync]\n{}", sshd.keys());
    for (n, target) in targets.iter().enumerate() {
        let to = sshd.to(target);
        writeln!(config, "[[sync.target]]\nname = \"t{n}\"\nto = \"{to}\"").unwrap();
    }
    env.configure(&config);
    let sync = || {
        seconds(|| {
            env.ok("mm-sync-out", &[]);
        })
    };
    let push = || {
        for target in &targets {
            drop(fs::remove_dir_all(target));
        }
        sync()
    };
    let bare = directories(&env, "bare");
    let first = in_turn(3, push, || copy(&env, &sshd, &bare));
    let mut round = 0;
    let unchanged = in_turn(3, sync, || {
        round += 1;
        touch(&env, round);
        env.ok("mm-update-mirrorlist", &[]);
        let took = copy(&env, &sshd, &bare);
        sync();
        took
    });
    let row = |name, (measured, reference)| Row {
        area: "sync",
        name,
        measured,
        reference,
        unit: "s",
        bar: Bar::None,
    };
    vec![row("push-ssh-3", first), row("unchanged-ssh-3", unchanged)]
}

fn directories(env: &Env, stem: &str) -> Vec<PathBuf> {
    (0..TARGETS).map(|n| env.path(&format!("{stem}{n}"))).collect()
}

/// Copies the generation with bare rsync to all directories at once.
fn copy(env: &Env, sshd: &Sshd, targets: &[PathBuf]) -> f64 {
    let rsync = need("rsync", "rsync");
    let ssh = format!(
        "ssh -p {} -i {} -o UserKnownHostsFile={} -o BatchMode=yes",
        sshd.port,
        sshd.file("client_key").display(),
        sshd.file("known_hosts").display()
    );
    let (source, _) = generation::current(&env.path("generations")).unwrap().unwrap();
    for target in targets {
        drop(fs::remove_dir_all(target));
    }
    seconds(|| {
        let start = |target: &PathBuf| {
            let to = sshd.to(target).replace("rsync+ssh://", "");
            Command::new(&rsync)
                .args(["--recursive", "--checksum", "-e", &ssh])
                .arg(format!("{}/", source.display()))
                .arg(to.replace(&format!(":{}/", sshd.port), ":/"))
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let running: Vec<Child> = targets.iter().map(start).collect();
        for mut child in running {
            assert!(child.wait().unwrap().success());
        }
    })
}
