//! Validity and accessibility of every page, checked with the HTML parser of a browser engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scraper::{ElementRef, Html, Selector};

use super::{MM_UPDATE_MIRRORLIST, TestBackend};

/// Collects the problems of pages.
pub(super) struct MarkupCheck {
    /// All files, relative to the top directory.
    files: BTreeSet<String>,
    problems: Vec<String>,
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// Returns the accessible name of an element.
fn accessible_name(element: ElementRef<'_>) -> String {
    let label = element.attr("aria-label").unwrap_or_default();
    if label.is_empty() {
        text(element)
    } else {
        label.to_owned()
    }
}

/// Returns the files below a directory as relative paths.
fn files(top: &Path) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut left = vec![top.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                out.insert(path.strip_prefix(top).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    out
}

impl MarkupCheck {
    /// Checks all pages below `top` and returns their problems.
    pub(super) fn run(top: &Path) -> Vec<String> {
        let mut check = Self {
            files: files(top),
            problems: Vec::new(),
        };
        let mut titles: BTreeMap<String, String> = BTreeMap::new();
        let pages: Vec<String> = (check.files.iter())
            .filter(|f| Path::new(f).extension().is_some_and(|e| e == "html"))
            .cloned()
            .collect();
        assert!(!pages.is_empty(), "no page in {}", top.display());
        for path in pages {
            let source = std::fs::read_to_string(top.join(&path)).unwrap();
            let page = Html::parse_document(&source);
            for error in &page.errors {
                check.add(&path, &format!("parse error: {error}"));
            }
            check.check_structure(&path, &page);
            check.check_links(&path, &page);
            check.check_elements(&path, &page);
            let title = all(&page, "title").first().map(|t| text(*t)).unwrap_or_default();
            if let Some(other) = titles.insert(title.clone(), path.clone()) {
                check.add(&path, &format!("has the same title as {other}: {title}"));
            }
        }
        check.problems
    }

    fn add(&mut self, path: &str, what: &str) {
        self.problems.push(format!("{path}: {what}"));
    }

    fn expect(&mut self, path: &str, good: bool, what: &str) {
        if !good {
            self.add(path, what);
        }
    }

    /// Checks landmarks, language, headings and anchors.
    fn check_structure(&mut self, path: &str, page: &Html) {
        for (selector, count) in [
            ("html[lang]", 1),
            ("title:not(:empty)", 1),
            ("meta[charset]", 1),
            ("meta[name=viewport]", 1),
            ("body > header", 1),
            ("body > main#main", 1),
            ("body > footer", 1),
            ("a.skip[href='#main']", 1),
            ("h1", 1),
            ("script", 0),
            ("style", 0),
            ("iframe, object, embed, base, form", 0),
            ("[onclick], [onload], [onerror], [style]", 0),
            ("nav:not([aria-label]), section:not([aria-labelledby])", 0),
        ] {
            let found = all(page, selector).len();
            self.expect(
                path,
                found == count,
                &format!("{found} elements match {selector}, not {count}"),
            );
        }
        let mut before = 0;
        for heading in all(page, "h1, h2, h3, h4, h5, h6") {
            let level: u32 = heading.value().name().trim_start_matches('h').parse().unwrap();
            self.expect(path, level <= before + 1, &format!("h{level} follows h{before}"));
            self.expect(path, !text(heading).is_empty(), &format!("an empty h{level}"));
            before = level;
        }
        let mut ids = BTreeSet::new();
        for element in all(page, "[id]") {
            let id = element.attr("id").unwrap();
            self.expect(path, ids.insert(id), &format!("duplicate id {id}"));
        }
        for element in all(page, "[aria-labelledby]") {
            let id = element.attr("aria-labelledby").unwrap();
            self.expect(path, ids.contains(id), &format!("no element has the id {id}"));
        }
        for link in all(page, "a[href^='#']") {
            let id = link.attr("href").unwrap().trim_start_matches('#');
            self.expect(path, ids.contains(id), &format!("#{id} is a broken link"));
        }
    }

    /// Checks the targets of links and resources.
    fn check_links(&mut self, path: &str, page: &Html) {
        let base = url::Url::parse("http://site/").unwrap().join(path).unwrap();
        for element in all(page, "[href], [src]") {
            let target = element.attr("href").or(element.attr("src")).unwrap();
            let is_link = element.value().name() == "a";
            let Ok(url) = base.join(target) else {
                self.add(path, &format!("{target} is an invalid URL"));
                continue;
            };
            if url.host_str() != Some("site") {
                let is_mirror = matches!(url.scheme(), "http" | "https" | "ftp" | "rsync" | "mailto");
                self.expect(
                    path,
                    is_link && is_mirror,
                    &format!("{target} is loaded from another server"),
                );
                continue;
            }
            let file = url.path().trim_start_matches('/').to_owned();
            let there = self.files.contains(&file);
            self.expect(path, there, &format!("{target} is a broken link"));
        }
        for link in all(page, "a") {
            let what = link.html();
            self.expect(
                path,
                !accessible_name(link).is_empty(),
                &format!("a link without text: {what}"),
            );
            self.expect(
                path,
                link.attr("href").is_some(),
                &format!("a link without target: {what}"),
            );
        }
    }

    /// Checks images, tables and lists.
    fn check_elements(&mut self, path: &str, page: &Html) {
        for image in all(page, "img:not([alt])") {
            self.add(path, &format!("an image without text: {}", image.html()));
        }
        let has_role = |image: &ElementRef<'_>| {
            let own = image.attr("aria-hidden") == Some("true") || image.attr("role") == Some("img");
            let parent = image.parent().and_then(ElementRef::wrap);
            own || parent.is_some_and(|a| a.attr("role") == Some("img"))
        };
        for image in all(page, "svg").iter().filter(|p| !has_role(p)) {
            self.add(path, &format!("an image without a role: {:.80}", image.html()));
        }
        for image in all(page, "[role=img]") {
            let has_text = image.attr("aria-label").is_some_and(|l| !l.is_empty());
            self.expect(path, has_text, &format!("an image without text: {:.80}", image.html()));
        }
        for cell in all(page, "th:not([scope])") {
            self.add(path, &format!("a header cell without scope: {}", cell.html()));
        }
        for table in all(page, "table") {
            let is_headed = table.select(&Selector::parse("thead th").unwrap()).next().is_some();
            self.expect(path, is_headed, "a table without header cells");
        }
        for list in all(page, "ul, ol") {
            let others = list.child_elements().filter(|c| c.value().name() != "li").count();
            self.expect(
                path,
                others == 0,
                &format!("a list with other elements: {:.80}", list.html()),
            );
        }
    }
}

#[test]
fn every_page_is_valid() {
    let backend = TestBackend::new(31, "");
    backend.add_propagation();
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let problems = MarkupCheck::run(&backend.published_generation().0.join("public"));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn hostile_registry_data_gives_valid_pages() {
    let backend = TestBackend::new(7, "[publish]\ntitle = '</title><script>\"&amp;'\n");
    backend.sql(
        "UPDATE site SET name = '</td></tr><script>alert(1)</script>' WHERE id = 1;
         UPDATE site SET name = 'a \"quoted\" ''name'' &amp; <!-- more', org_url = 'javascript:alert(1)' WHERE id = 2;
         UPDATE site SET name = char(0x202e) || 'right to left ' || char(0x5e9, 0x5dc, 0x5d5, 0x5dd) WHERE id = 3;
         UPDATE site SET name = '🦀🏴‍☠️', org_url = 'https://example.org/?a=1&b=\"><script>' WHERE id = 4;
         UPDATE host SET country = 'XX' WHERE id = 5;
         UPDATE host SET country = NULL WHERE id = 6;
         UPDATE version SET codename = '<b>\"Bold\"</b>' WHERE id = 1;
         INSERT INTO product (id, name) VALUES (8, 'Nothing yet');
         INSERT INTO version (id, product_id, name, first_seen) VALUES (80, 1, '99', 1);",
    );
    backend.add_propagation();
    backend.env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let problems = MarkupCheck::run(&backend.published_generation().0.join("public"));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn an_empty_database_gives_pages_with_a_message() {
    let env = crate::support::Env::new("");
    env.ok("mm-admin", &["init"]);
    env.ok(MM_UPDATE_MIRRORLIST, &[]);
    let place = env.path("generations/current/public");
    let problems = MarkupCheck::run(&place);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for page in ["index.html", "versions/index.html", "propagation/index.html"] {
        let text = std::fs::read_to_string(place.join(page)).unwrap();
        assert!(text.contains("class=\"empty\""), "no message on {page}: {text}");
    }
}

/// Tests the checks themselves.
#[test]
fn problems_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let valid = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"a\"><title>A</title></head>\
                 <body><a class=\"skip\" href=\"#main\">Skip</a><header></header><main id=\"main\"><h1>A</h1>BODY</main><footer></footer></body></html>";
    let problems = |body: &str| {
        std::fs::write(dir.path().join("index.html"), valid.replace("BODY", body)).unwrap();
        MarkupCheck::run(dir.path())
    };
    assert_eq!(problems(""), Vec::<String>::new());
    for (body, word) in [
        ("<p>a</div>", "parse error"),
        ("<script>1</script>", "script"),
        ("<h3>a</h3>", "h3 follows h1"),
        ("<p id=\"main\">", "duplicate"),
        ("<a href=\"#b\">b</a>", "#b is a broken link"),
        ("<a href=\"other.html\">b</a>", "broken link"),
        ("<a href=\"javascript:a\">b</a>", "another server"),
        ("<img alt=\"\" src=\"https://example.org/a.png\">", "another server"),
        ("<a href=\"index.html\"></a>", "without text"),
        ("<svg></svg>", "without a role"),
        ("<table><tr><td>a</td></tr></table>", "without header cells"),
        ("<nav></nav>", "nav"),
        ("<p style=\"color:red\">a</p>", "style"),
    ] {
        let found = problems(body);
        assert!(found.iter().any(|f| f.contains(word)), "{body}: {found:?}");
    }
}
