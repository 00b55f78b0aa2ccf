use std::collections::BTreeMap;
use std::sync::Mutex;

use super::renderer::{STYLE_SHEET, TEMPLATES};
use super::*;
use crate::model::Timestamp;
use crate::model::ids::DirectoryId;
use crate::publish::tests::{ARCH, Sample};
use crate::publish::writer::DryRunSink;
use crate::snapshot::generation::{GenerationError, Manifest};

mod json;
mod mirrors;

const NOW: Timestamp = Timestamp(1_700_100_000);
const ARCH_PAGE: &str = "public/Fedora/43/x86_64/index.html";

/// A registry with one version, one repository, and two mirrors of it.
pub(super) struct Small {
    pub(super) s: Sample,
    repository: DirectoryId,
    pub(super) history: PageHistory,
}

pub(super) fn small() -> Small {
    let mut s = Sample::new();
    let version = s.version("43");
    let repository = s.directory("releases/43/Everything/x86_64/os");
    s.repository("fedora-43", version, ARCH, repository);
    for (name, country) in [("a.example.org", "DE"), ("b.example.org", "US")] {
        let hc = s.host(name, country);
        s.set_inventory(hc, 1, &[repository]);
    }
    Small {
        s,
        repository,
        history: PageHistory::default(),
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// A sink that keeps the files in memory.
#[derive(Default)]
struct MemorySink {
    files: Mutex<Files>,
    dry_run: DryRunSink,
}

impl GenerationSink for MemorySink {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), GenerationError> {
        self.dry_run.put(path, bytes)?;
        self.files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn manifest(&self, as_of: Timestamp) -> Manifest {
        self.dry_run.manifest(as_of)
    }
}

fn rendered(publication: &Publication<'_>, history: &PageHistory, config: &PublishConfig) -> Result<Files, PagesError> {
    let sink = MemorySink::default();
    PublicList::render(publication, history, config, &sink)?.finish(b"snapshot")?;
    Ok(sink.files.into_inner().unwrap())
}

impl Small {
    pub(super) fn files(&self) -> Files {
        let publication = Publication::from_registry(&self.s.registry, &self.s.policy(), NOW);
        let config = PublishConfig::default();
        rendered(&publication, &self.history, &config).unwrap()
    }

    pub(super) fn page(&self, path: &str) -> String {
        let files = self.files();
        let bytes = files
            .get(path)
            .unwrap_or_else(|| panic!("no {path} in {:?}", files.keys()));
        String::from_utf8(bytes.clone()).unwrap()
    }

    fn all(&self) -> String {
        let pages: Vec<String> = self
            .files()
            .into_values()
            .map(|b| String::from_utf8(b).unwrap())
            .collect();
        pages.join("\n")
    }
}

#[track_caller]
fn assert_contains(page: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
}

#[test]
fn every_page_has_its_path() {
    let s = small();
    let paths: Vec<String> = s.files().into_keys().collect();
    assert_eq!(
        paths,
        [
            "public/Fedora/43/index.html",
            "public/Fedora/43/index.json",
            "public/Fedora/43/x86_64/index.html",
            "public/Fedora/43/x86_64/index.json",
            "public/Fedora/index.html",
            "public/Fedora/index.json",
            "public/generation.json",
            "public/index.html",
            "public/index.json",
            "public/mirrors.json",
            "public/mirrors/a.example.org/index.html",
            "public/mirrors/a.example.org/index.json",
            "public/mirrors/b.example.org/index.html",
            "public/mirrors/b.example.org/index.json",
            "public/mirrors/index.html",
            "public/mirrors/index.json",
            "public/propagation/index.html",
            "public/propagation/index.json",
            "public/style.css",
            "public/versions.json",
            "public/versions/index.html",
            "public/versions/index.json",
        ]
    );
    let page = s.page(ARCH_PAGE);
    assert!(
        page.contains("href=\"https://a.example.org/linux/releases/43/Everything/x86_64/os/\""),
        "{page}"
    );
    assert!(
        page.contains("Germany") && page.contains("1 Gbit/s") && page.contains("2023-11-14"),
        "{page}"
    );
    assert!(page.contains("href=\"../../../style.css\""), "{page}");
}

#[test]
fn equal_data_gives_equal_pages() {
    let s = small();
    assert_eq!(s.files(), s.files());
}

#[test]
fn only_mirrors_with_the_content_are_named() {
    let mut s = small();
    let hc = s.s.host("elsewhere.example.org", "FR");
    let other = s.s.directory("releases/42");
    s.s.set_inventory(hc, 1, &[other]);
    assert!(!s.page(ARCH_PAGE).contains("elsewhere.example.org"));
}

#[test]
fn private_hosts_and_urls_are_on_no_page() {
    let mut s = small();
    let ids: Vec<_> = s.s.registry.host_categories.keys().copied().collect();
    s.s.host_of(ids[0]).private = true;
    s.s.url(ids[1], "http://internal.example.org/linux", true);
    let all = s.all();
    assert!(!all.contains("a.example.org") && !all.contains("internal"), "{all}");
    assert!(!all.contains("Germany"));
    assert!(all.contains("b.example.org"));
}

#[test]
fn hidden_versions_are_on_no_page() {
    let hide: [fn(&mut Small); 6] = [
        |s| s.s.registry.directories.get_mut(&s.repository).unwrap().readable = false,
        |s| s.s.registry.repositories[0].directory = None,
        |s| s.s.registry.repositories[0].disabled = true,
        |s| s.s.registry.versions.values_mut().for_each(|v| v.display = false),
        |s| s.s.registry.products.values_mut().for_each(|p| p.publiclist = false),
        |s| s.s.registry.categories.values_mut().for_each(|c| c.publiclist = false),
    ];
    for (n, hide) in hide.into_iter().enumerate() {
        let mut s = small();
        s.s.registry
            .versions
            .values_mut()
            .for_each(|v| v.codename = Some("Secret".into()));
        assert!(s.all().contains("Secret"));
        hide(&mut s);
        let all = s.all();
        assert!(!all.contains("Secret") && !all.contains("releases/43"), "case {n}");
    }
}

#[test]
fn hostile_names_are_escaped() {
    let mut s = small();
    let evil = "<script>alert(\"x\")</script> & 'co' 🦀";
    for site in s.s.registry.sites.values_mut() {
        site.name = evil.parse().unwrap();
        site.org_url = Some("javascript:alert(1)".into());
    }
    for v in s.s.registry.versions.values_mut() {
        v.name = "../../etc".parse().unwrap();
        v.codename = Some(evil.to_owned());
    }
    for p in s.s.registry.products.values_mut() {
        p.name = evil.parse().unwrap();
    }
    let all = s.all();
    assert!(!all.contains("<script") && !all.contains("javascript:"), "{all}");
    assert!(all.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39; 🦀"));
    for path in s.files().keys() {
        let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(
            path.split('/').all(|p| p.chars().all(safe) && !p.starts_with('.')),
            "{path}"
        );
    }
    // Only http and https URLs of sites are links.
    let mut s = small();
    for site in s.s.registry.sites.values_mut() {
        site.org_url = Some("https://example.org/?a=1&b=2".into());
    }
    assert!(s.all().contains("<a href=\"https://example.org/?a=1&amp;b=2\""));
}

#[test]
fn recent_versions_come_first_and_tests_are_marked() {
    let mut s = small();
    let version = s.s.version("44 Beta");
    let dir = s.s.directory("releases/test/44");
    s.s.repository("fedora-44", version, ARCH, dir);
    s.s.registry.versions.get_mut(&version).unwrap().is_test = true;
    let page = s.page("public/versions/index.html");
    let (new, old) = (page.find("Fedora 44 Beta").unwrap(), page.find("Fedora 43").unwrap());
    assert!(new < old && page.contains("<span class=\"mark\">test</span>"), "{page}");
}

#[test]
fn template_overrides_replace_the_built_in_ones() {
    let s = small();
    let dir = tempfile::tempdir().unwrap();
    let publication = Publication::from_registry(&s.s.registry, &s.s.policy(), NOW);
    let mut config = PublishConfig {
        templates_dir: dir.path().to_owned(),
        ..PublishConfig::default()
    };
    std::fs::write(dir.path().join("style.css"), "body{}").unwrap();
    std::fs::write(
        dir.path().join("index.html"),
        "<h1>{{ site }}: {{ catalog.numbers.mirrors }}",
    )
    .unwrap();
    let files = rendered(&publication, &PageHistory::default(), &config).unwrap();
    assert_eq!(files["public/style.css"], b"body{}");
    assert_eq!(files["public/index.html"], b"<h1>Mirrors: 2");
    std::fs::write(dir.path().join("index.html"), "<h1>\n{{ nothing.there }}").unwrap();
    let e = rendered(&publication, &PageHistory::default(), &config)
        .unwrap_err()
        .to_string();
    assert!(e.contains("index.html") && e.contains(":2"), "{e}");
    std::fs::write(dir.path().join("index.html"), "{% if %}").unwrap();
    assert!(matches!(
        rendered(&publication, &PageHistory::default(), &config),
        Err(PagesError::Template { .. })
    ));
    config.templates_dir = dir.path().join("missing");
    let e = rendered(&publication, &PageHistory::default(), &config)
        .unwrap_err()
        .to_string();
    assert!(e.contains("templates_dir"), "{e}");
}

#[test]
fn the_highest_version_comes_first_and_recent_ones_are_listed_separately() {
    let mut s = small();
    let mut add = |name: &str, age: i64, test: bool| {
        let version = s.s.version(name);
        let dir = s.s.directory(&format!("releases/{}", name.replace(' ', "-")));
        s.s.repository(&format!("fedora-{}", name.replace(' ', "-")), version, ARCH, dir);
        let row = s.s.registry.versions.get_mut(&version).unwrap();
        (row.is_test, row.first_seen) = (test, Timestamp(NOW.0 - age * 86_400));
    };
    for (name, age, test) in [
        ("9", 400, false),
        ("10", 400, false),
        ("development", 400, false),
        ("44", 3, false),
        ("45 Beta", 1, true),
    ] {
        add(name, age, test);
    }
    for v in s.s.registry.versions.values_mut() {
        v.sortorder = 0;
        if v.name.as_str() == "43" {
            v.first_seen = Timestamp(NOW.0 - 30 * 86_400);
        }
    }
    let order = |page: &str| -> Vec<String> {
        let rows = page.split("<th scope=\"row\">").skip(1);
        rows.map(|r| r.split(['>', '<']).nth(2).unwrap().to_owned()).collect()
    };
    let sorted = ["44", "43", "10", "9", "45 Beta", "development"];
    assert_eq!(order(&s.page("public/index.html")), sorted);
    assert_eq!(order(&s.page("public/Fedora/index.html")), sorted);
    let page = s.page("public/versions/index.html");
    let (recent, all) = page.split_once("All versions</h2>").unwrap();
    assert_eq!(order(recent), ["Fedora 45 Beta", "Fedora 44"]);
    let newest = ["45 Beta", "44", "43", "10", "9", "development"].map(|v| format!("Fedora {v}"));
    assert_eq!(order(all), newest);
}

#[test]
fn right_to_left_names_and_unknown_countries_are_shown() {
    let mut s = small();
    let id = *s.s.registry.host_categories.keys().next().unwrap();
    s.s.host_of(id).country = Some("QQ".parse().unwrap());
    let elsewhere = s.s.host("c.example.org", "JP");
    let present = [s.repository];
    s.s.set_inventory(elsewhere, 1, &present);
    s.s.host_of(elsewhere).country = None;
    // Right to left, with a character that overrides the direction.
    for site in s.s.registry.sites.values_mut() {
        site.name = "جامعة \u{202e}<b> 🦀".parse().unwrap();
    }
    let page = s.page(ARCH_PAGE);
    assert_contains(
        &page,
        &[
            "QQ (no country has this code)",
            "id=\"elsewhere-QQ\"",
            "Country not known",
            "id=\"elsewhere-none\"",
            "North America",
            "id=\"NA-US\"",
            "<bdi>جامعة \u{202e}&lt;b&gt; 🦀</bdi>",
        ],
    );
    assert!(page.find("North America") < page.find("Continent not known"));
    assert_contains(
        &s.page("public/mirrors/index.html"),
        &["QQ (no country has this code)", "<bdi>"],
    );
    assert_contains(&s.page("public/mirrors/a.example.org/index.html"), &["<bdi>"]);
    assert!(
        s.page("public/Fedora/43/x86_64/index.json")
            .contains("\"continent\":null")
    );
}

#[test]
fn empty_lists_have_a_message() {
    let mut s = small();
    s.s.registry.repositories.clear();
    assert_contains(&s.page("public/index.html"), &["no repositories yet"]);
    assert_contains(&s.page("public/Fedora/index.html"), &["no repositories yet"]);
    assert_contains(&s.page("public/Fedora/43/index.html"), &["No repositories yet."]);
    s.s.registry.versions.clear();
    assert_contains(&s.page("public/index.html"), &["No versions yet."]);
    assert_contains(&s.page("public/Fedora/index.html"), &["No versions yet."]);
    assert_contains(&s.page("public/versions/index.html"), &["No versions yet."]);
    s.s.registry = crate::model::registry_data::RegistryData::default();
    assert_contains(&s.page("public/index.html"), &["No products yet."]);
    assert_contains(&s.page("public/mirrors/index.html"), &["No public mirrors yet."]);
}

/// The relative luminance of `#rrggbb` (WCAG 2.1).
fn luminance(color: &str) -> f64 {
    let channel = |at: usize| {
        let v = f64::from(u8::from_str_radix(color.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn colors_have_the_contrast_of_wcag_aa() {
    for (n, block) in STYLE_SHEET.split(":root {").skip(1).enumerate() {
        let block = block.split('}').next().unwrap();
        let color = |name: &str| {
            let rest = block.split(&format!("--{name}: ")).nth(1).unwrap();
            luminance(rest.split(';').next().unwrap())
        };
        for (text, page) in [
            ("text", "page"),
            ("text", "soft"),
            ("quiet", "page"),
            ("quiet", "soft"),
            ("link", "page"),
            ("link", "soft"),
            ("bar-text", "bar"),
            ("mark", "mark-page"),
            ("good", "good-page"),
            ("bad", "bad-page"),
        ] {
            let (a, b) = (color(text), color(page));
            let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(ratio >= 4.5, "{text} on {page} in scheme {n}: {ratio:.2}");
        }
    }
    assert_eq!(STYLE_SHEET.matches(":root {").count(), 2);
}

#[test]
fn nothing_is_loaded_from_other_servers() {
    let own: String = TEMPLATES.iter().map(|(_, t)| *t).chain([STYLE_SHEET]).collect();
    for external in ["http:", "https:", "//", "<script", "@import", "url("] {
        assert!(!own.contains(external), "{external}");
    }
}
