//! A new release, from the master tree to the Versions page: how long each step takes.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Network, REPO, fetch};

/// Limit of all steps together, which take a second or two; a hanging or delayed step would take longer.
const AT_MOST: Duration = Duration::from_mins(1);

#[test]
fn a_new_release_is_on_the_versions_page_a_minute_after_the_master_has_it() {
    let net = Network::new();
    let page = || net.get("/versions/");
    assert!(page().contains("Fedora 43") && !page().contains("Fedora 44"));
    let master = net.env.path("master");
    let new = master.join(REPO.replace("43", "44"));
    fs::create_dir_all(new.parent().unwrap()).unwrap();
    let copied = Command::new("cp").arg("-r").arg(master.join(REPO)).arg(&new).status();
    assert!(copied.unwrap().success());

    let started = Instant::now();
    let mut times = Vec::new();
    let mut step = |name: &'static str, work: &dyn Fn()| {
        let started = Instant::now();
        work();
        times.push((name, started.elapsed()));
    };
    let run = |program: &str| drop(net.env.ok(program, &[]));
    step("mm-scan-master", &|| run("mm-scan-master"));
    step("mm-detect-release", &|| run("mm-detect-release"));
    // Administrators see it now; visitors see it when mirrors have it.
    let seen = net.env.ok("mm-admin", &["versions"]);
    assert!(
        seen.lines().any(|l| l.starts_with("Fedora") && l.contains(" 44 ")),
        "{seen}"
    );
    step("mirrors fetch it", &|| {
        for mirror in ["a", "b", "c"] {
            fetch(&net.env, mirror);
        }
    });
    step("mm-crawl", &|| run("mm-crawl"));
    step("mm-update-mirrorlist", &|| run("mm-update-mirrorlist"));
    assert!(
        !page().contains("Fedora 44"),
        "the server answers from what was brought to it"
    );
    step("mm-sync-out", &|| run("mm-sync-out"));
    step("the page is fetched", &|| {
        assert!(page().contains("Fedora 44"), "{}", page());
    });
    let whole = started.elapsed();

    assert!(net.get("/Fedora/44/").contains("x86_64"));
    let list = net.get("/metalink?repo=fedora-44&arch=x86_64");
    assert!(net.mirrors.iter().all(|m| list.contains(&m.url())), "{list}");
    for (name, took) in &times {
        eprintln!("{:>8.3} s  {name}", took.as_secs_f64());
    }
    eprintln!("{:>8.3} s  in all", whole.as_secs_f64());
    assert!(whole < AT_MOST, "{times:?}");
}
