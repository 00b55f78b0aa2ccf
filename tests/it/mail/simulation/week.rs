//! What happens in the bad week, and the tests.

use super::world::{mirror_master, point_mirror, write_repository};
use super::*;

/// The mirror whose copy of the staged release is readable.
const LEAKY: usize = 5;
/// The mirrors that lose everything for some hours.
const LOSERS: std::ops::RangeInclusive<usize> = 8..=14;

const MONDAY: u32 = 1;
const TUESDAY: u32 = 2;
const WEDNESDAY: u32 = 3;
const THURSDAY: u32 = 4;
const FRIDAY: u32 = 5;
const SATURDAY: u32 = 6;
const NEXT_MONDAY: u32 = 8;

impl Simulation {
    /// Lets time pass until then, and changes something.
    fn at(&mut self, day: u32, hour: u32, minute: u32, what: impl FnOnce(&mut Self)) {
        self.run_until(day * DAY + hour * 60 + minute);
        self.change(what);
    }

    fn path(&self, below: &str) -> PathBuf {
        self.env.path(below)
    }

    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn monday_and_tuesday(&mut self) {
        self.at(MONDAY, 9, 2, |s| drop(s.lonely.take()));
        self.at(MONDAY, 13, 2, |s| s.rename("master", "unmounted"));
        self.at(MONDAY, 15, 2, |s| s.rename("unmounted", "master"));

        let good = std::fs::read_to_string(self.path("mm.toml")).unwrap();
        self.at(TUESDAY, 10, 2, |s| {
            drop(s.env.write("mm.toml", format!("nonsense = 1\n{good}")));
        });
        self.at(TUESDAY, 11, 2, |s| drop(s.env.write("mm.toml", &good)));
        self.at(TUESDAY, 13, 2, |s| s.rename("disk/mm.db", "disk/away.db"));
        self.at(TUESDAY, 13, 32, |s| s.rename("disk/away.db", "disk/mm.db"));
        self.at(TUESDAY, 16, 2, |s| s.disk.set_full(true));
        self.at(TUESDAY, 17, 2, |s| s.disk.set_full(false));
    }

    fn wednesday_and_thursday(&mut self) {
        self.at(WEDNESDAY, 9, 2, |s| {
            // A release is staged, and one mirror does not keep it closed.
            write_repository(&s.env, "releases/44", 1);
            mirror_master(&s.env, "leaky");
            let staged = s.path("master/releases/44");
            std::fs::set_permissions(staged, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
            point_mirror(&s.env, LEAKY, "leaky");
        });
        self.at(THURSDAY, 10, 2, |s| {
            point_mirror(&s.env, LEAKY, "tree");
            // The mirror is back, and its server as well.
            s.lonely = Some(Nginx::serve_on(&s.lonely_address, &s.path("tree")));
        });
        // All mirrors drop an old release that the master still has.
        self.at(THURSDAY, 12, 2, |s| {
            std::fs::remove_dir_all(s.path("tree/releases/42")).unwrap();
        });
    }

    fn friday_to_sunday(&mut self) {
        self.at(FRIDAY, 9, 2, |s| {
            s.rename("app", "app.away");
            s.env.write("app", "not a directory");
        });
        self.at(FRIDAY, 9, 42, |s| {
            std::fs::remove_file(s.path("app")).unwrap();
            s.rename("app.away", "app");
        });
        self.at(SATURDAY, 6, 2, |s| {
            // After a push, some mirrors have nothing any more.
            write_repository(&s.env, "updates/43", 2);
            mirror_repository(s, "updates/43");
            for n in LOSERS {
                point_mirror(&s.env, n, "nothing");
            }
        });
        self.at(SATURDAY, 18, 2, |s| {
            mirror_repository(s, "releases/42");
            for n in LOSERS {
                point_mirror(&s.env, n, "tree");
            }
        });
        self.run_until(NEXT_MONDAY * DAY + 8 * 60 + 1);
    }
}

/// The mirrors get a repository of the master as it is now.
fn mirror_repository(s: &Simulation, path: &str) {
    let copied = Command::new(need("rsync", "rsync"))
        .args(["-a", "--delete", &format!("master/{path}/"), &format!("tree/{path}")])
        .current_dir(s.path("."))
        .status()
        .unwrap();
    assert!(copied.success());
}

/// The jobs that print nothing have written that all is well.
fn assert_all_is_well(metrics: &Path) {
    for (file, series, good) in [
        ("mm-doctor.prom", "mm_check_severity{", "0"),
        ("mm-verify.prom", "mm_client_success_ratio{", "1"),
    ] {
        let text = std::fs::read_to_string(metrics.join(file)).unwrap();
        let values: Vec<&str> = text.lines().filter(|l| l.starts_with(series)).collect();
        assert!(!values.is_empty(), "{text}");
        assert!(values.iter().all(|l| l.rsplit(' ').next() == Some(good)), "{values:?}");
    }
}

/// Simulates both, and compares the mails with the files of this name.
fn simulate(scheduler: Scheduler, is_mail_configured: bool, name: &str) {
    let mut site = Simulation::new(scheduler, is_mail_configured);
    site.is_every_run = is_mail_configured;
    site.run_until(DAY);
    let good_day = site.mails.matches("=== ").count();
    site.assert_mails(&format!("good-day-{name}.txt"));
    assert_eq!(good_day, 1, "only the digest");
    assert_all_is_well(&site.path("metrics"));
    site.is_every_run = false;
    site.monday_and_tuesday();
    site.wednesday_and_thursday();
    site.friday_to_sunday();
    site.assert_mails(&format!("bad-week-{name}.txt"));
    site.end();
}

/// Cron mails everything.
#[test]
fn with_cron() {
    simulate(Scheduler::Cron, false, "cron");
}

/// Mails go by SMTP; cron mails what cannot.
#[test]
#[ignore = "make test-all: a week takes a minute, and the other two have each part of it"]
fn with_cron_and_smtp() {
    simulate(Scheduler::Cron, true, "cron-smtp");
}

#[test]
fn with_timers_and_smtp() {
    simulate(Scheduler::Systemd, true, "timers-smtp");
}
