//! Sibling modules do not use each other in a cycle: of two neighboring files, one can be read without the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use super::{code, files_below, home};

/// The path of a module below the crate, such as `["crawl", "probe"]`.
type ModulePath = Vec<String>;

fn module_of(path: &Path) -> ModulePath {
    let below = path.strip_prefix(home().join("src")).unwrap().with_extension("");
    below
        .components()
        .map(|c| c.as_os_str().to_str().unwrap().to_owned())
        .collect()
}

/// Code without its test modules.
fn product_code(path: &Path) -> String {
    let inline_tests =
        Regex::new(r"(?s)#\[cfg\(test\)\]\n(#\[[^\n]*\]\n)*(pub(\([^)]*\))? )?mod \w+ \{\n.*?\n\}\n").unwrap();
    let one_line = Regex::new(r"#\[cfg\(test\)\]\n[^\n]*\n").unwrap();
    let code = code(path) + "\n";
    one_line
        .replace_all(&inline_tests.replace_all(&code, ""), "")
        .into_owned()
}

/// The full paths of a `use` tree.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split_whitespace().collect()];
    };
    let group = group.rsplit_once('}').unwrap().0;
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in group.chars() {
        match c {
            ',' if depth == 0 => parts.push(std::mem::take(&mut part)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                part.push(c);
            }
        }
    }
    parts.push(part);
    let parts = parts.iter().filter(|p| !p.trim().is_empty());
    parts
        .flat_map(|p| expand(p))
        .map(|p| format!("{}{p}", before.trim()))
        .collect()
}

/// The modules that a module uses.
fn used_by(module: &ModulePath, code: &str, modules: &BTreeSet<ModulePath>) -> BTreeSet<ModulePath> {
    let uses = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([\w:{}*,\s]+);").unwrap();
    let paths = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
    let mut named: Vec<String> = uses.captures_iter(code).flat_map(|c| expand(&c[1])).collect();
    named.extend(paths.find_iter(code).map(|m| m.as_str().to_owned()));
    let absolute = named.iter().filter_map(|path| {
        let mut base = module.clone();
        let mut parts = path.split("::").peekable();
        match *parts.peek()? {
            "crate" => {
                base.clear();
                parts.next();
            }
            "self" => {
                parts.next();
            }
            "super" => {
                while parts.next_if_eq(&"super").is_some() {
                    base.pop();
                }
            }
            _ => {}
        }
        base.extend(parts.map(str::to_owned));
        Some(base)
    });
    absolute
        .filter_map(|path| {
            (1..=path.len())
                .rev()
                .map(|n| path[..n].to_vec())
                .find(|p| modules.contains(p))
        })
        .collect()
}

/// The uses between the children of each parent.
fn sibling_uses() -> BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> {
    let files: Vec<_> = files_below(&home().join("src"), ".rs")
        .into_iter()
        .filter(|p| !p.starts_with(home().join("src/bin")) && !p.ends_with("src/lib.rs"))
        .collect();
    let modules: BTreeSet<ModulePath> = files.iter().map(|p| module_of(p)).collect();
    let mut uses: BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in &files {
        let module = module_of(file);
        if module.iter().any(|name| name == "tests" || name == "fixture") {
            continue;
        }
        for other in used_by(&module, &product_code(file), &modules) {
            let common = module.iter().zip(&other).take_while(|(a, b)| a == b).count();
            if let (Some(one), Some(two)) = (module.get(common), other.get(common)) {
                let children = uses.entry(module[..common].to_vec()).or_default();
                children.entry(one.clone()).or_default().insert(two.clone());
            }
        }
    }
    uses
}

/// Everything reachable from `from`.
fn reached(from: &str, uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in uses.get(&name).into_iter().flatten() {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

#[test]
fn sibling_modules_use_each_other_in_one_direction() {
    let uses = sibling_uses();
    assert!(uses.len() > 20, "modules are missing: {:?}", uses.keys());
    let mut circles = Vec::new();
    for (parent, children) in &uses {
        let names: Vec<&String> = children
            .keys()
            .filter(|name| reached(name, children).contains(*name))
            .collect();
        if !names.is_empty() {
            circles.push(format!("{}: {names:?}", parent.join("::")));
        }
    }
    assert!(
        circles.is_empty(),
        "circles between sibling modules:\n{}",
        circles.join("\n")
    );
}

#[test]
fn import_cycle_is_found_and_nested_uses_are_read() {
    let uses = BTreeMap::from([
        ("a".to_owned(), BTreeSet::from(["b".to_owned()])),
        ("b".to_owned(), BTreeSet::from(["a".to_owned(), "c".to_owned()])),
    ]);
    assert!(reached("a", &uses).contains("a"));
    assert!(!reached("c", &uses).contains("c"));
    assert_eq!(
        expand("crate::x::{self, y::{A, b as B}, Z}"),
        ["crate::x::self", "crate::x::y::A", "crate::x::y::b", "crate::x::Z"]
    );
}
