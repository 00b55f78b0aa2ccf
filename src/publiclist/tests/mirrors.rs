//! The pages of mirrors.

use super::*;
use crate::model::history::{HostDowntime, PastCrawl, PastFinding};
use crate::model::ids::HostCategoryId;
use crate::model::inventory::ExceptionState;
use crate::model::plan::CategoryOutcome;
use crate::model::registry::DisabledBy;
use crate::publish::tests::{ARCH, CATEGORY, exception};

const PAGE: &str = "public/mirrors/a.example.org/index.html";

impl Small {
    fn first(&self) -> HostCategoryId {
        *self.s.registry.host_categories.keys().next().unwrap()
    }

    fn add_finding(&mut self, code: &str, directory: Option<DirectoryId>, received: &str) {
        let finding = PastFinding {
            directory,
            code: code.into(),
            expected: "20 bytes".into(),
            received: received.into(),
        };
        let id = self.first();
        self.history.findings.entry(id).or_default().push(finding);
    }
}

#[test]
fn page_of_a_current_mirror() {
    let s = small();
    let page = s.page(PAGE);
    assert_contains(
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
    assert!(!page.contains("Findings and recommended") && !page.contains("<svg"));
    assert!(
        s.page(ARCH_PAGE)
            .contains("href=\"../../../mirrors/a.example.org/index.html\"")
    );
    assert_contains(
        &s.page("public/mirrors/index.html"),
        &["2 mirrors", "Germany", "href=\"../mirrors/b.example.org/index.html\""],
    );
}

#[test]
fn findings_are_shown_with_directories() {
    let mut s = small();
    let repository = s.repository;
    s.add_finding("size", Some(repository), "7 bytes");
    s.add_finding("timeout", None, "https://secret.example.org/ gave no answer");
    for n in 0..25 {
        let directory = s.s.directory(&format!("isos/{n:02}"));
        s.add_finding("missing", Some(directory), "status 404");
    }
    let page = s.page(PAGE);
    assert_contains(
        &page,
        &[
            "<span class=\"state outdated\">outdated</span>",
            "File size differs from the master",
            "releases/<wbr>43/<wbr>Everything/<wbr>x86_64/<wbr>os</code> <span class=\"quiet\">7 bytes instead of 20 bytes",
            "Timeout",
            "<span class=\"count\">25 directories</span>",
            "isos/<wbr>19</code>",
            "and 5 more",
        ],
    );
    assert!(
        !page.contains("isos/<wbr>20") && !page.contains("secret.example.org"),
        "{page}"
    );
    let first = page.find("File size").unwrap();
    assert!(
        first < page.find("Missing directories").unwrap(),
        "the most severe finding comes first"
    );
}

#[test]
fn every_state_has_a_label() {
    let mut s = small();
    let id = s.first();
    let state = |s: &Small, wanted: &str| {
        let page = s.page(PAGE);
        let label = page.split("<span class=\"state ").nth(1).unwrap();
        assert_eq!(label.split(['>', '<']).nth(1), Some(wanted), "{page}");
    };
    state(&s, "current");
    let inventory = s.s.registry.inventories.get_mut(&id).unwrap();
    inventory.inconclusive_since = Some(Timestamp(1_700_000_000));
    inventory.inconclusive_tries = 2;
    state(&s, "check inconclusive");
    assert!(
        s.page(PAGE)
            .contains("No conclusive crawl since 2023-11-14 22:13 UTC. It stays listed")
    );
    s.s.set_inventory(id, 1, &[]);
    state(&s, "outdated");
    s.s.registry.inventories.remove(&id);
    state(&s, "not crawled yet");
    let mut row = s.s.registry.host_categories[&id].clone();
    row.always_current = true;
    s.s.registry.host_categories.insert(id, row);
    state(&s, "always current");
    s.s.registry.urls.retain(|u| u.host_category != id);
    state(&s, "no public URL");
}

#[test]
fn an_older_version_that_is_still_offered_is_outdated_allowed() {
    let mut s = small();
    let id = s.first();
    let repodata = s.s.directory("releases/43/Everything/x86_64/os/repodata");
    let old = s.s.repomd(repodata, 1, NOW.0 - 900, Some((2, NOW.0 - 60)));
    s.s.repomd(repodata, 2, NOW.0 - 60, None);
    let present = [s.repository, repodata];
    s.s.set_inventory(id, 2, &present);
    assert_contains(&s.page(PAGE), &["state current"]);
    assert_contains(&s.page(ARCH_PAGE), &["<td data-label=\"Lag\">current</td>"]);
    // Verified before the push: no finding.
    s.s.set_inventory(id, 1, &present);
    assert_contains(&s.page(PAGE), &["state outdated-allowed", "<dd>1 repository</dd>"]);
    assert_contains(&s.page(ARCH_PAGE), &["1 push behind"]);
    let lagging = exception(ExceptionState::OutdatedAllowed, Some(old));
    s.s.set_inventory(id, 2, &present).exceptions.insert(repodata, lagging);
    assert_contains(
        &s.page(PAGE),
        &["state outdated-allowed", "Older version that is still offered"],
    );
    assert_contains(&s.page("public/index.html"), &["2023-11-16 01:59"]);
}

#[test]
fn directories_of_hidden_versions_are_not_counted() {
    let mut s = small();
    let id = s.first();
    let hidden = s.s.version("hidden");
    s.s.registry.versions.get_mut(&hidden).unwrap().display = false;
    let directory = s.s.directory("releases/hidden");
    s.s.repository("hidden", hidden, ARCH, directory);
    let present = [s.repository, directory];
    s.s.set_inventory(id, 1, &present);
    let counts = |s: &Small| {
        let mirror = s.json("mirrors/a.example.org/index.json");
        ["directories", "present", "listed"].map(|key| mirror["categories"][0][key].clone())
    };
    assert_eq!(counts(&s), [1, 1, 1]);
    s.s.registry.host_categories.get_mut(&id).unwrap().always_current = true;
    assert_eq!(counts(&s), [1, 1, 1]);
    assert_contains(&s.page(PAGE), &["state always-current"]);
}

#[test]
fn crawls_are_a_chart_and_downtimes_are_shown() {
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
    let host = s.s.registry.host_categories[&id].host;
    let downtime = HostDowntime {
        starts_at: NOW,
        ends_at: Timestamp(NOW.0 + 3_600),
        reason: Some("new <disks>".into()),
        keep_listed: true,
    };
    s.s.registry.downtimes.insert(host, vec![downtime]);
    assert_contains(
        &s.page(PAGE),
        &[
            "role=\"img\" aria-label=\"Last 3 crawls: 1 complete, 1 inconclusive, 1 category not found\"",
            "<title>2023-11-16 02:00: 7 current</title>",
            "new &lt;disks&gt;",
        ],
    );
    let listed = "<span class=\"state downtime\">downtime</span>";
    assert!(!s.page("public/mirrors/index.html").contains(listed), "it stays listed");
    s.s.registry.downtimes.get_mut(&host).unwrap()[0].keep_listed = false;
    assert_contains(&s.page("public/mirrors/index.html"), &[listed]);
    assert_contains(&s.page(PAGE), &["Not listed until its downtime ends"]);
    s.s.registry.downtimes.get_mut(&host).unwrap()[0].starts_at = Timestamp(NOW.0 + 1);
    assert!(!s.all().contains(listed), "it has not started");
}

#[test]
fn private_data_is_on_no_page_of_a_mirror() {
    let mut s = small();
    let closed = s.s.directory("releases/44-secret");
    s.s.registry.directories.get_mut(&closed).unwrap().readable = false;
    s.add_finding("leaked", Some(closed), "it is shown");
    s.add_finding("category-missing", None, "http://internal.example.org/");
    let id = s.first();
    let inventory = s.s.registry.inventories.get_mut(&id).unwrap();
    inventory.missing.insert(closed.0);
    inventory
        .exceptions
        .insert(closed, exception(ExceptionState::Staged, None));
    s.s.url(id, "http://internal.example.org/linux", true);
    let all = s.all();
    assert!(!all.contains("44-secret") && !all.contains("internal"), "{all}");
    s.s.host_of(id).private = true;
    let all = s.all();
    assert!(!all.contains("a.example.org") && all.contains("b.example.org"));
    s.s.registry.categories.get_mut(&CATEGORY).unwrap().publiclist = false;
    assert!(!s.all().contains("b.example.org"));
}

#[test]
fn directories_of_hidden_versions_are_not_named() {
    let mut s = small();
    let version = s.s.version("44");
    s.s.registry.versions.get_mut(&version).unwrap().display = false;
    let repository = s.s.directory("releases/44/Everything/x86_64/os");
    s.s.repository("fedora-44", version, ARCH, repository);
    let around = s.s.directory("releases/44/Spins/x86_64");
    let beside = s.s.directory("releases/43/Spins/x86_64");
    for id in [repository, around, beside] {
        s.add_finding("missing", Some(id), "");
    }
    let all = s.all().replace("<wbr>", "");
    assert!(!all.contains("releases/44"), "{all}");
    assert!(all.contains("releases/43/Spins"), "{all}");
    // Once the version is displayed, its directories are.
    s.s.registry.versions.get_mut(&version).unwrap().display = true;
    let all = s.all().replace("<wbr>", "");
    assert_contains(&all, &["releases/44/Everything/x86_64/os", "releases/44/Spins/x86_64"]);
}

#[test]
fn only_hosts_disabled_by_the_crawler_keep_their_page() {
    let mut s = small();
    let id = s.first();
    s.s.host_of(id).user_active = false;
    s.s.host_of(id).disabled_by = Some(DisabledBy::Crawler);
    assert_contains(
        &s.page(PAGE),
        &["Disabled</strong> after", "Not listed for any directory"],
    );
    assert_contains(&s.page("public/mirrors/index.html"), &["disabled"]);
    s.s.host_of(id).disabled_by = Some(DisabledBy::Owner);
    assert!(!s.all().contains("a.example.org"));
}
