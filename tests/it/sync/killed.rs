//! mm-sync-out killed at random moments, while clients send requests to the servers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mirrormanager::snapshot::generation;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::rollout::serve;
use super::sshd::Sshd;
use super::{SYNC, Site, current, directory, target};
use crate::compliance::client::Server;
use crate::support::Process;

const KILLS: u32 = 30;
/// A page that clients request, below `public/`.
const PAGES: [&str; 2] = ["index.html", "generation.json"];

/// The pages of each generation.
type Made = Mutex<BTreeMap<String, [String; PAGES.len()]>>;

fn note(site: &Site, made: &Made) {
    let (place, manifest) = site.backend.published_generation();
    let pages = PAGES.map(|page| fs::read_to_string(place.join("public").join(page)).unwrap());
    made.lock().unwrap().insert(manifest.id.to_string(), pages);
}

/// The generation that a server reports.
fn named(server: &Server) -> String {
    let health: serde_json::Value = serde_json::from_str(&server.get("/healthz").body).unwrap();
    health["generation"].as_str().unwrap().to_owned()
}

/// Stops the observers at the end of the test, also if it fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Requests pages and reads the served files until the end: each time all are of one generation.
fn watch(dir: &Path, server: &Server, made: &Made, (over, sent): (&AtomicBool, &AtomicU32)) {
    while !over.load(Ordering::Relaxed) {
        let (place, _) = generation::current(dir).unwrap().unwrap();
        // An old generation may be removed while it is read, the current one never.
        let found = generation::verify(&place);
        let is_current = generation::current_id(dir).is_some_and(|id| place.ends_with(id.as_str()));
        assert!(found.is_ok() || !is_current, "{}: {found:?}", place.display());

        let before = named(server);
        let pages = PAGES.map(|page| {
            let path = if page == "index.html" {
                "/".to_owned()
            } else {
                format!("/{page}")
            };
            server.get(&path)
        });
        let list = server.get("/metalink?repo=fedora-43&arch=x86_64");
        assert!(
            list.status == 200 && list.body.contains("mirror02.example.org"),
            "{list:?}"
        );
        // Between the two responses another generation may have been published.
        if named(server) == before {
            let expected = made.lock().unwrap()[&before].clone();
            assert_eq!(pages.map(|p| p.body), expected, "it says {before}");
            sent.fetch_add(1, Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "make test-all: many kills take long, and faults::killed has a few of each program"]
fn every_target_has_a_complete_generation_after_30_random_kills() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let names = ["one", "two", "three"];
    let dirs = names.map(|n| directory(&site, n));
    let to = ["one", &sshd.to(&dirs[1]), &sshd.to(&dirs[2])].map(str::to_owned);
    site.targets(&sshd.keys(), &[0, 1, 2].map(|n| target(names[n], &to[n], "")));
    site.states(&[], 0);
    let servers = dirs.each_ref().map(|d| serve(d).0);
    let made = Made::default();
    note(&site, &made);
    let (over, sent) = (AtomicBool::new(false), [(); 3].map(|()| AtomicU32::new(0)));
    let seed = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let mut unfinished = 0;
    std::thread::scope(|scope| {
        let _end = End(&over);
        for n in 0..3 {
            let (dir, server, made, reported) = (&dirs[n], &servers[n], &made, (&over, &sent[n]));
            scope.spawn(move || watch(dir, server, made, reported));
        }
        for _ in 0..KILLS {
            let new = site.change();
            note(&site, &made);
            let mut run = Process(site.env().command(SYNC).spawn().unwrap());
            std::thread::sleep(Duration::from_millis(random.random_range(0..400)));
            run.0.kill().unwrap();
            run.0.wait().unwrap();
            unfinished += dirs.iter().filter(|d| current(d).as_ref() != Some(&new)).count();
        }
    });
    assert!(unfinished > 0, "every kill came too late (seed {seed})");
    for sent in sent {
        assert!(sent.into_inner() > KILLS, "nobody asked");
    }
    site.states(&[], 0);
    for dir in &dirs {
        assert_eq!(current(dir), Some(site.id()));
    }
}
