//! The server, killed while it reloads, responds and writes its access log.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{FEW, MANY};
use crate::compliance::client::{Client, Server};
use crate::server::{files, generation_of, home, publish};
use crate::support::give_to_server;

const LIST: &str = "/mirrorlist?repo=linux-43&arch=x86_64&ip=192.0.2.5";

/// Kills a server at random moments of a reload, with two clients.
fn check(kills: usize) {
    let sockets = tempfile::tempdir().unwrap();
    give_to_server(sockets.path());
    let socket = sockets.path().join("http.sock");
    let logs = tempfile::tempdir().unwrap();
    give_to_server(logs.path());
    let log = logs.path().join("access.log").display().to_string();
    let mut home = home(&format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]\n", socket.display()));
    let dir = home.path().join("generations");
    let mut published = publish(&dir, &files('a'));
    let seed = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let answered = AtomicUsize::new(0);
    for n in 0..kills {
        let mut server = Server::start_in(home, &["-l", &log]);
        assert_eq!(generation_of(&server), published, "kill {n}, seed {seed}");
        let clients = [(); 2].map(|()| Client::new(&server.address));
        std::thread::scope(|scope| {
            for mut client in clients {
                let answered = &answered;
                scope.spawn(move || {
                    while client.raw_get(LIST) {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            published = publish(&dir, &files(if n % 2 == 0 { 'b' } else { 'a' }));
            server.signal(Signal::SIGHUP);
            std::thread::sleep(Duration::from_millis(random.random_range(0..80)));
            server.signal(Signal::SIGKILL);
        });
        server.process.0.wait().unwrap();
        // Each start waits for the file with the addresses.
        fs::remove_file(server.home.path().join("address")).unwrap();
        let text = fs::read_to_string(&log).unwrap();
        let is_whole = |line: &str| line.starts_with("IP: 192.0.2.5; ") && line.ends_with("; ARCH: x86_64");
        let torn = text.lines().find(|line| !is_whole(line));
        assert!(
            torn.is_none() && (text.is_empty() || text.ends_with('\n')),
            "kill {n}, seed {seed}: {torn:?}"
        );
        home = server.home;
    }
    assert!(answered.load(Ordering::Relaxed) > kills, "nobody asked");
    let mut server = Server::start_in(home, &["-l", &log]);
    assert_eq!(generation_of(&server), published);
    assert_eq!(server.get(LIST).status, 200);
    server.signal(Signal::SIGTERM);
    assert!(server.process.0.wait().unwrap().success(), "{}", server.stderr());
    let left: Vec<_> = fs::read_dir(sockets.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let files: Vec<_> = fs::read_dir(logs.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn killed_a_few_times_while_it_reloads_and_logs() {
    check(FEW);
}

#[test]
#[ignore = "make test-all: one of many kills takes about half a second"]
fn killed_many_times_while_it_reloads_and_logs() {
    check(MANY);
}
