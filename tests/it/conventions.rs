//! Conventions of the code: module dependencies, file lengths, and generated or documented files that match the programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mirrormanager::config::Config;

use crate::support::need;

mod attacks;
mod checks;
mod circles;
pub(crate) mod failure_unit;
#[path = "../../examples/generate/pages.rs"]
mod pages;
mod readme;
mod units;
mod vocabulary;

/// The modules that each module may use; `docs/ARCHITECTURE.md` has the same table.
fn may_use() -> BTreeMap<&'static str, Vec<&'static str>> {
    const BASE: [&str; 4] = ["model", "formats", "config", "sys"];
    const STORED: [&str; 8] = [
        "model", "formats", "config", "sys", "registry", "db", "locks", "snapshot",
    ];
    const STEPS: [&str; 10] = [
        "scan",
        "detect",
        "crawl",
        "publish",
        "answer",
        "publiclist",
        "sync",
        "server",
        "mm2",
        "mail",
    ];
    let step = || STORED.to_vec();
    BTreeMap::from([
        ("model", vec![]),
        ("formats", vec!["model"]),
        ("config", vec!["model", "sys"]),
        ("sys", vec!["model"]),
        ("registry", BASE.to_vec()),
        ("db", [BASE.as_slice(), &["registry"]].concat()),
        ("locks", BASE.to_vec()),
        ("snapshot", BASE.to_vec()),
        ("scan", step()),
        ("detect", step()),
        ("crawl", step()),
        ("publish", step()),
        ("answer", step()),
        ("publiclist", step()),
        ("sync", step()),
        ("server", [STORED.as_slice(), &["answer", "mm2"]].concat()),
        ("mm2", [STORED.as_slice(), &["answer"]].concat()),
        ("mail", step()),
        ("inspect", [STORED.as_slice(), STEPS.as_slice()].concat()),
        ("job", [BASE.as_slice(), &["registry", "db", "locks", "mail"]].concat()),
        (
            "cli",
            [STORED.as_slice(), STEPS.as_slice(), &["inspect", "job"]].concat(),
        ),
    ])
}

/// Crates that only one module may name.
const OWNED: [(&str, &str); 8] = [
    ("lettre", "mail"),
    ("rusqlite", "db"),
    ("ureq", "sys"),
    ("rustls", "sys"),
    ("x509_cert", "sys"),
    ("hyper", "server"),
    ("hyper_util", "server"),
    ("clap", "cli"),
];

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The first names that follow `root::` in code: one, or those of a group in braces.
fn used(code: &str, root: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, _) in code.match_indices(&format!("{root}::")) {
        let (before, rest) = code.split_at(at);
        if before.ends_with(|c: char| word(c) || c == ':') {
            continue;
        }
        let rest = rest.split_at(root.len() + 2).1;
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|c| word(*c)).collect());
            continue;
        };
        let mut depth = 0;
        let mut name = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(std::mem::take(&mut name));
                }
                c if depth == 0 => name.push(c),
                _ => {}
            }
        }
        names.insert(name);
    }
    names
        .iter()
        .filter_map(|n| n.trim().split("::").next())
        .filter(|n| !n.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Code without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Code without comments and test modules, which may use any module.
fn product_code(path: &Path) -> String {
    let parts: Vec<_> = path.iter().collect();
    if parts
        .iter()
        .any(|p| *p == "tests" || *p == "tests.rs" || *p == "fixture.rs")
    {
        return String::new();
    }
    let code = code(path);
    code.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
}

/// The module of a file below src/.
fn module(path: &Path) -> String {
    let below = path.strip_prefix(home().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Rooms that a file reaches by climbing to the root.
fn reached_by_super(path: &Path, code: &str) -> Vec<String> {
    let below = path.strip_prefix(home().join("src")).unwrap();
    let climb = vec!["super"; below.components().count()].join("::");
    let module = home().join("src").join(module(path));
    used(code, &climb)
        .into_iter()
        .filter(|name| may_use().contains_key(name.as_str()) && !module.join(format!("{name}.rs")).exists())
        .collect()
}

#[test]
fn names_in_groups_and_paths_are_found() {
    let text = "use crate::{db::{self, Db}, model::Span};\nfn f(x: crate::sys::http::Agent, y: some_crate::no) {}";
    let names: Vec<String> = used(text, "crate").into_iter().collect();
    assert_eq!(names, ["db", "model", "sys"]);
}

#[test]
fn modules_use_only_allowed_modules() {
    let rules = may_use();
    let mut breaches = Vec::new();
    let mut seen = BTreeSet::new();
    for path in files_below(&home().join("src"), ".rs") {
        let (module, code) = (module(&path), product_code(&path));
        let file = path.strip_prefix(home()).unwrap().display().to_string();
        match module.as_str() {
            "lib" => continue,
            "bin" => {
                if used(&code, "mirrormanager").iter().any(|n| n != "cli") {
                    breaches.push(format!("{file}: a program uses cli only"));
                }
                continue;
            }
            _ => {}
        }
        let Some(allowed) = rules.get(module.as_str()) else {
            breaches.push(format!("{file}: no rule for module {module}"));
            continue;
        };
        seen.insert(module.clone());
        for name in used(&code, "crate") {
            if name != module && !allowed.contains(&name.as_str()) {
                breaches.push(format!("{file}: {module} must not use {name}"));
            }
        }
        for name in reached_by_super(&path, &code) {
            breaches.push(format!("{file}: write crate::{name}, not super::… to it"));
        }
        for (owned, owner) in OWNED {
            if module != owner && !used(&code, owned).is_empty() {
                breaches.push(format!("{file}: {owned} belongs to {owner}"));
            }
        }
    }
    assert_eq!(seen.len(), rules.len(), "modules without a file: {rules:?} {seen:?}");
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_sql_query_is_in_db() {
    for path in files_below(&home().join("src"), ".rs") {
        let code = code(&path);
        let asks = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE "]
            .iter()
            .any(|w| code.contains(w));
        assert!(!asks || module(&path) == "db", "SQL in {}", path.display());
    }
}

#[test]
fn files_and_lines_are_within_the_limits() {
    let mut long = Vec::new();
    for dir in ["src", "tests", "examples", "benches"] {
        for path in files_below(&home().join(dir), ".rs") {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            if lines > 500 {
                long.push(format!("{} has {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split by meaning: {}", long.join(", "));
}

#[test]
fn man_pages_and_completions_are_up_to_date() {
    let made: BTreeMap<PathBuf, String> = pages::files()
        .unwrap()
        .into_iter()
        .map(|(path, text)| (home().join(path), text))
        .collect();
    let mut lie = files_below(&home().join("man"), "");
    lie.extend(files_below(&home().join("completions"), ""));
    for path in &lie {
        assert!(
            made.contains_key(path),
            "nothing makes {}; run: make generate",
            path.display()
        );
    }
    for (path, text) in &made {
        let lies = fs::read_to_string(path).unwrap_or_default();
        assert!(
            lies == *text,
            "{} is not as the program is; run: make generate",
            path.display()
        );
    }
}

#[test]
fn man_pages_are_well_formed() {
    let man = need("man", "man-db");
    for page in files_below(&home().join("man"), "") {
        let shown = Command::new(&man)
            .args(["--warnings", "--local-file"])
            .arg(&page)
            .env("MANPAGER", "cat")
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&shown.stderr);
        assert!(
            shown.status.success() && complaints.is_empty(),
            "{}: {complaints}",
            page.display()
        );
        let text = String::from_utf8_lossy(&shown.stdout);
        assert!(
            text.contains("NAME") && text.contains("SEE ALSO"),
            "{}: {text}",
            page.display()
        );
    }
}

/// Every table of the value, as `table.key`, whether it holds something or not.
fn keys(value: &toml::Value, at: &str, out: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                keys(value, &path, out);
                out.insert(path);
            }
        }
        toml::Value::Array(array) => array.iter().for_each(|v| keys(v, at, out)),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

fn keys_of(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    keys(&toml::from_str(text).unwrap(), "", &mut out);
    out
}

/// The keys of the example config, with the tables that have no default.
fn example_keys() -> BTreeSet<String> {
    let example = fs::read_to_string(home().join("examples/mirrormanager.toml")).unwrap();
    let uncommented = example.lines().map(|l| match l.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => rest,
        _ => l,
    });
    keys_of(&uncommented.collect::<Vec<_>>().join("\n"))
}

#[test]
fn config_keys_in_documents_exist() {
    let keys = example_keys();
    let named =
        regex::Regex::new(r"\b(?:crawl|publish|update|sync|server|detect|limits|mail)\.[a-z]+(?:_[a-z0-9]+)+\b")
            .unwrap();
    let mut documents = files_below(&home().join("docs"), ".md");
    documents.extend(files_below(&home().join("man"), ""));
    documents.extend(["README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md"].map(|name| home().join(name)));
    let mut found = 0;
    for path in documents {
        let text = fs::read_to_string(&path).unwrap().replace("\\_", "_");
        for name in named.find_iter(&text) {
            found += 1;
            assert!(
                keys.contains(name.as_str()),
                "{}: no config key {}",
                path.display(),
                name.as_str()
            );
        }
    }
    assert!(found > 20, "only {found} keys are named");
}

#[test]
fn the_example_config_shows_every_key_with_its_default() {
    let example = fs::read_to_string(home().join("examples/mirrormanager.toml")).unwrap();
    let read: Config = toml::from_str(&example).unwrap();
    assert_eq!(read, Config::default(), "a default in the example is not the program's");

    // With the tables that have no default: one # less.
    let whole: Vec<&str> = example
        .lines()
        .map(|l| match l.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => rest,
            _ => l,
        })
        .collect();
    let whole = whole.join("\n");
    let filled: Config = toml::from_str(&whole).unwrap();
    assert!(!filled.category.is_empty() && !filled.detect.rule.is_empty() && !filled.sync.target.is_empty());
    let all = keys_of(&toml::to_string(&filled).unwrap());
    let shown = keys_of(&whole);
    let missing: Vec<&String> = all.difference(&shown).collect();
    assert!(missing.is_empty(), "the example does not show {missing:?}");

    // And a program accepts it.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mm.toml");
    fs::write(&path, whole).unwrap();
    Config::load(&path).unwrap();
}
