//! The pages of mirrors.

use super::*;
use crate::model::history::{HostDowntime, PastCrawl, PastFinding};
use crate::model::ids::HostCategoryId;
use crate::model::inventory::ExceptionState;
use crate::model::plan::CategoryOutcome;
use crate::model::registry::DisabledBy;
use crate::publish::fixture::{ARCH, CATEGORY, exception};

const PAGE: &str = "public/mirrors/a.example.org/index.html";

impl Small {
    fn first(&self) -> HostCategoryId {
        *self.s.world.host_categories.keys().next().unwrap()
    }

    fn finds(&mut self, reason: &str, directory: Option<DirectoryId>, seen: &str) {
        let finding = PastFinding {
            directory,
            reason: reason.into(),
            expected: "20 bytes".into(),
            seen: seen.into(),
            seen_at: NOW,
        };
        let id = self.first();
        self.history.findings.entry(id).or_default().push(finding);
    }
}

#[test]
fn a_mirror_that_is_well() {
    let s = small();
    let page = s.page(PAGE);
    says(
        &page,
        &[
            "<h1>a.example.org</h1>",
            "Germany · 1 Gbit/s",
            "<span class=\"state current\">current</span>",
            "href=\"https://a.example.org/linux/\"",
            "2023-11-14 22:13</time> UTC",
            "<dd>1 of 1</dd>",
        ],
    );
    assert!(!page.contains("What was found") && !page.contains("<svg"));
    assert!(
        s.page(ARCH_PAGE)
            .contains("href=\"../../../mirrors/a.example.org/index.html\"")
    );
    says(
        &s.page("public/mirrors/index.html"),
        &["2 mirrors", "Germany", "href=\"../mirrors/b.example.org/index.html\""],
    );
}

#[test]
fn findings_are_told_in_words_with_directories() {
    let mut s = small();
    let repository = s.repository;
    s.finds("size", Some(repository), "7 bytes");
    s.finds("timeout", None, "https://secret.example.org/ gave no answer");
    for n in 0..25 {
        let directory = s.s.directory(&format!("isos/{n:02}"));
        s.finds("missing", Some(directory), "status 404");
    }
    let page = s.page(PAGE);
    says(
        &page,
        &[
            "<span class=\"state not-current\">not current</span>",
            "A file of another size than on the master",
            "releases/<wbr>43/<wbr>Everything/<wbr>x86_64/<wbr>os</code> <span class=\"quiet\">7 bytes instead of 20 bytes",
            "No answer in time",
            "<span class=\"count\">25 directories</span>",
            "isos/<wbr>19</code>",
            "and 5 more",
        ],
    );
    assert!(
        !page.contains("isos/<wbr>20") && !page.contains("secret.example.org"),
        "{page}"
    );
    let first = page.find("another size").unwrap();
    assert!(first < page.find("Not there").unwrap(), "what weighs most comes first");
}

#[test]
fn every_state_has_its_words() {
    let mut s = small();
    let id = s.first();
    let state = |s: &Small, wanted: &str| {
        let page = s.page(PAGE);
        let label = page.split("<span class=\"state ").nth(1).unwrap();
        assert_eq!(label.split(['>', '<']).nth(1), Some(wanted), "{page}");
    };
    state(&s, "current");
    let holding = s.s.world.inventories.get_mut(&id).unwrap();
    holding.inconclusive_since = Some(Timestamp(1_700_000_000));
    holding.inconclusive_tries = 2;
    state(&s, "no answer");
    assert!(
        s.page(PAGE)
            .contains("no answer since 2023-11-14 22:13 UTC. For a while")
    );
    s.s.set_inventory(id, 1, &[]);
    state(&s, "not current");
    s.s.world.inventories.remove(&id);
    state(&s, "never crawled");
    let mut row = s.s.world.host_categories[&id].clone();
    row.always_up2date = true;
    s.s.world.host_categories.insert(id, row);
    state(&s, "current by its admins’ word");
    s.s.world.urls.retain(|u| u.host_category != id);
    state(&s, "no public address");
}

#[test]
fn an_older_version_that_is_still_offered_is_lagging() {
    let mut s = small();
    let id = s.first();
    let repodata = s.s.directory("releases/43/Everything/x86_64/os/repodata");
    let old = s.s.repomd(repodata, 1, NOW.0 - 900, Some((2, NOW.0 - 60)));
    s.s.repomd(repodata, 2, NOW.0 - 60, None);
    let held = [s.repository, repodata];
    s.s.set_inventory(id, 2, &held);
    says(&s.page(PAGE), &["state current"]);
    says(&s.page(ARCH_PAGE), &["<td data-label=\"Lag\">current</td>"]);
    // Verified before the push: nobody found anything wrong.
    s.s.set_inventory(id, 1, &held);
    says(&s.page(PAGE), &["state lagging", "<dd>1 repository</dd>"]);
    says(&s.page(ARCH_PAGE), &["1 push behind"]);
    let lagging = exception(ExceptionState::OutdatedAllowed, Some(old));
    s.s.set_inventory(id, 2, &held).exceptions.insert(repodata, lagging);
    says(&s.page(PAGE), &["state lagging", "An older version that is still good"]);
    says(&s.page("public/index.html"), &["2023-11-16 01:59"]);
}

#[test]
fn crawls_are_a_picture_and_downtimes_are_told() {
    let mut s = small();
    let id = s.first();
    let crawl = |outcome| PastCrawl {
        ended_at: NOW,
        outcome,
        current: 7,
        outdated_allowed: 0,
        outdated: 0,
        unknown_hash: 0,
        inconclusive: 0,
    };
    let crawls = [
        CategoryOutcome::Complete,
        CategoryOutcome::CategoryMissing,
        CategoryOutcome::Inconclusive,
    ]
    .map(crawl);
    s.history.crawls.insert(id, crawls.to_vec());
    let host = s.s.world.host_categories[&id].host;
    let downtime = HostDowntime {
        starts_at: NOW,
        ends_at: Timestamp(NOW.0 + 3_600),
        reason: Some("new <disks>".into()),
    };
    s.history.downtimes.insert(host, vec![downtime]);
    says(
        &s.page(PAGE),
        &[
            "role=\"img\" aria-label=\"The last 3 crawls: 1 without a fault, 1 without an answer, 1 in which it was not there\"",
            "<title>2023-11-16 02:00: 7 current</title>",
            "new &lt;disks&gt;",
        ],
    );
    says(
        &s.page("public/mirrors/index.html"),
        &["<span class=\"mark\">downtime</span>"],
    );
}

#[test]
fn what_is_not_public_is_on_no_page_of_a_mirror() {
    let mut s = small();
    let closed = s.s.directory("releases/44-secret");
    s.s.world.directories.get_mut(&closed).unwrap().readable = false;
    s.finds("leaked", Some(closed), "it is shown");
    s.finds("category-missing", None, "http://internal.example.org/");
    let id = s.first();
    let holding = s.s.world.inventories.get_mut(&id).unwrap();
    holding.missing.insert(closed.0);
    holding
        .exceptions
        .insert(closed, exception(ExceptionState::Staged, None));
    s.s.url(id, "http://internal.example.org/linux", true);
    let all = s.all();
    assert!(!all.contains("44-secret") && !all.contains("internal"), "{all}");
    s.s.host_of(id).private = true;
    let all = s.all();
    assert!(!all.contains("a.example.org") && all.contains("b.example.org"));
    s.s.world.categories.get_mut(&CATEGORY).unwrap().publiclist = false;
    assert!(!s.all().contains("b.example.org"));
}

#[test]
fn a_version_that_is_not_shown_is_named_by_no_directory() {
    let mut s = small();
    let version = s.s.version("44");
    s.s.world.versions.get_mut(&version).unwrap().display = false;
    let repository = s.s.directory("releases/44/Everything/x86_64/os");
    s.s.repository("fedora-44", version, ARCH, repository);
    let around = s.s.directory("releases/44/Spins/x86_64");
    let beside = s.s.directory("releases/43/Spins/x86_64");
    for id in [repository, around, beside] {
        s.finds("missing", Some(id), "");
    }
    let all = s.all().replace("<wbr>", "");
    assert!(!all.contains("releases/44"), "{all}");
    assert!(all.contains("releases/43/Spins"), "{all}");
    // As soon as it is shown, all of it is.
    s.s.world.versions.get_mut(&version).unwrap().display = true;
    let all = s.all().replace("<wbr>", "");
    says(&all, &["releases/44/Everything/x86_64/os", "releases/44/Spins/x86_64"]);
}

#[test]
fn who_was_switched_off_by_the_crawler_sees_it_and_others_have_no_page() {
    let mut s = small();
    let id = s.first();
    s.s.host_of(id).user_active = false;
    s.s.host_of(id).disabled_by = Some(DisabledBy::Crawler);
    says(&s.page(PAGE), &["Switched off.", "It is listed for nothing"]);
    says(&s.page("public/mirrors/index.html"), &["switched off"]);
    s.s.host_of(id).disabled_by = Some(DisabledBy::Owner);
    assert!(!s.all().contains("a.example.org"));
}
