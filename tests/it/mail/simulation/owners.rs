//! Mails to owners, over weeks in which only crawls run.

use super::world::LONELY;
use super::*;

const OWNER: &str = "owner@mirror.example.org";

/// A site with two crawls a day and these keys of `[mail]`. The mirror that has a server of its own has an owner.
fn site(keys: &str) -> Simulation {
    let mut site = Simulation::new(Scheduler::Cron, true);
    site.jobs
        .retain(|job| matches!(job, Job::Line(line) if line.command.contains("mm-crawl --max-runtime")));
    assert_eq!(site.jobs.len(), 1);
    let path = site.env.path("mm.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let config = config
        .replace("[mail]\n", &format!("[mail]\n{keys}\n"))
        // Time to be reported before it is disabled.
        .replace("[crawl]\n", "[crawl]\ndisable_after_failures = 8\n");
    std::fs::write(path, config).unwrap();
    site.ok(&format!("mm-admin host set {LONELY} robot_email={OWNER}"));
    site
}

impl Simulation {
    fn stop_lonely(&mut self) {
        drop(self.lonely.take());
    }

    fn start_lonely(&mut self) {
        self.lonely = Some(Nginx::serve_on(&self.lonely_address, &self.env.path("tree")));
    }

    fn mails_to(&self, to: &str) -> usize {
        self.mails.matches(&format!(" to {to}\n")).count()
    }
}

#[test]
fn owners_get_no_mail_by_default() {
    let mut site = site("");
    site.stop_lonely();
    site.run_until(8 * DAY);
    site.ok(&format!("mm-admin why {LONELY}"));
    let disabled = site
        .run(&["mm-admin", "host", "list", "user_active=no"].map(str::to_owned))
        .1;
    assert!(disabled.contains(LONELY), "{disabled}");
    assert_eq!(site.mails, "");
}

/// One mail when the mirror fails, is disabled and is back, each after a day and two crawls; reminders after 7 and 30 days. A mirror
/// that is down for a day causes none.
#[test]
fn an_owner_is_notified_of_what_lasts() {
    let mut site = site("owners = true");
    site.run_until(DAY);
    site.stop_lonely();
    site.run_until(2 * DAY);
    site.start_lonely();
    site.run_until(4 * DAY);
    assert_eq!(site.mails, "", "it was down for a day");
    site.stop_lonely();
    site.run_until(50 * DAY);
    site.start_lonely();
    site.run_until(60 * DAY);
    assert_eq!(site.mails_to(OWNER), 5, "{}", site.mails);
    site.assert_mails("owner.txt");
    site.end();
}

/// The local network may have failed, and owners do not cause what happens to many mirrors at once.
#[test]
fn owners_get_no_mail_about_an_outage() {
    let mut site = site("owners = true\nmax_owner_hosts = 5");
    for n in 1..=world::MIRRORS {
        let name = world::mirror(n);
        site.ok(&format!("mm-admin host set {name} robot_email=owner{n}@{name}"));
    }
    site.run_until(DAY);
    // Nothing is reachable: the local network.
    site.stop_lonely();
    let www = site.env.path("www");
    site.mirrors = Nginx::serve(&www);
    site.run_until(8 * DAY);
    assert_eq!(site.mails_to(OWNER), 0, "{}", site.mails);
    assert!(!site.mails.contains("owner"), "{}", site.mails);
    // One mirror works, so that the others are really gone.
    site.start_lonely();
    site.run_until(14 * DAY);
    site.assert_mails("owners-of-many.txt");
    site.end();
}
