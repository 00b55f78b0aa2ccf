use proptest::prelude::*;

use super::*;
use crate::config::DetectConfig;
use crate::config::detect::AliasConfig;
use crate::model::names::RepoPrefix;

fn names(list: &[&str]) -> BTreeSet<Name> {
    list.iter().map(|n| n.parse().unwrap()).collect()
}

/// The config's own rules, and one file with these.
fn rules_of(files: &[(&str, &str)]) -> Rules {
    let sets: Vec<RuleSet> = files
        .iter()
        .map(|(name, text)| RuleSet {
            name: (*name).to_owned(),
            path: name.into(),
            detect: toml::from_str::<DetectConfig>(text).unwrap(),
        })
        .collect();
    Rules::new(&sets).unwrap()
}

fn rules(text: &str) -> Rules {
    rules_of(&[("mm.toml", text)])
}

fn found(rules: &Rules, path: &str) -> RecognizedRepository {
    let arches = names(&["x86_64", "aarch64", "source"]);
    match rules.recognize("Linux", path, &arches) {
        Recognition::Repository(found) => found,
        Recognition::Skipped => panic!("{path}: skipped"),
        Recognition::Unmatched(why) => panic!("{path}: {why}"),
    }
}

fn prefix(rules: &Rules, path: &str) -> String {
    found(rules, path).prefix.unwrap().to_string()
}

#[test]
fn the_first_rule_that_matches_decides() {
    let r = rules("[[rule]]\nregex='/a/'\nprefix='one'\ncategory='Other'\n[[rule]]\nregex='/a/'\nprefix='two'\n");
    let found = found(&r, "pub/a/43/x86_64");
    assert_eq!(
        (found.rule.to_string().as_str(), found.prefix.unwrap().as_str()),
        ("mm.toml:2", "two-43")
    );
}

#[test]
fn groups_and_templates_say_what_the_path_hides() {
    let r =
        rules("[[rule]]\nregex='SIGs/(?<version>[^/]+)/(\\w+)/(?<arch>\\w+)/([\\w-]+)'\nprefix='centos-$2-sig-$4'\n");
    let path = "SIGs/9-stream/infra/x86_64/infra-common";
    assert_eq!(prefix(&r, path), "centos-infra-sig-infra-common-9-stream");
    // SRPMS as an arch that a group names is the arch of sources.
    assert_eq!(
        found(&r, "SIGs/9-stream/infra/SRPMS/infra-common").arch.as_str(),
        "source"
    );
}

#[test]
fn a_versionless_repository_belongs_to_a_version_all_the_same() {
    let r = rules(
        "[[rule]]\nname='eln'\nregex='/eln/(?<version>[0-9]+)/Everything/'\nprefix='eln'\nversionless=true\n\
         [[rule]]\nregex='/eln/[0-9]+/(\\w+)/'\nprefix='eln-$1'\nlowercase=true\n\
         [[rule]]\nregex='/rocky/(?<version>(?<major>[0-9]+)\\.[0-9]+)/(?<repo>\\w+)/'\nprefix='$repo-$major'\nversionless=true\n",
    );
    let eln = found(&r, "pub/eln/1/Everything/x86_64/debug/tree");
    assert_eq!(
        (
            eln.rule.to_string().as_str(),
            eln.version.as_str(),
            eln.prefix.unwrap().as_str()
        ),
        ("mm.toml:eln", "1", "eln-debug")
    );
    assert_eq!(prefix(&r, "pub/eln/1/BaseOS/source/tree"), "eln-baseos-source-1");
    let rocky = found(&r, "pub/rocky/9.5/BaseOS/x86_64/debug/tree");
    assert_eq!(
        (rocky.version.as_str(), rocky.prefix.unwrap().as_str()),
        ("9.5", "BaseOS-9-debug")
    );
}

#[test]
fn the_suffix_is_decided_by_component_or_by_the_rule() {
    let r = rules(
        "[[rule]]\nregex='^none/'\nprefix='p'\nsuffix='none'\n[[rule]]\nregex='^own/(\\w+)/'\nprefix='p'\nsuffix='-$1'\n\
         [[rule]]\nregex='.'\nprefix='p'\n",
    );
    for (path, want) in [
        ("any/43/x86_64/os", "p-43"),
        ("any/43/x86_64/debug/tree", "p-debug-43"),
        ("any/43/source/debug", "p-source-43"),
        ("any/43/x86_64/undebugged", "p-43"),
        ("any/43/Source", "p-source-43"),
        ("none/43/x86_64/debug", "p-43"),
        ("own/beta/43/x86_64/debug", "p-beta-43"),
    ] {
        assert_eq!(prefix(&r, path), want, "{path}");
    }
}

#[test]
fn the_sites_own_rules_override_what_is_included() {
    let own =
        "test_paths=['/stage/']\n[[rule]]\nregex='/drpms/special/'\nprefix='own'\n[[alias]]\nfrom='b-'\nto='site-b'\n";
    let file = "skip=['/drpms/']\nhidden_paths=['_Beta']\n[[rule]]\nregex='/a/'\nprefix='a'\n[[rule]]\nregex='/b/'\nprefix='b'\n\
                [[alias]]\nfrom='a-'\nto='alias-a'\n[[alias]]\nfrom='b-'\nto='alias-b'\n";
    let last = "[[rule]]\nregex='.'\nprefix='last'\n";
    let r = rules_of(&[("mm.toml", own), ("file.toml", file), ("last.toml", last)]);
    assert_eq!(prefix(&r, "x/drpms/special/43/x86_64"), "own-43");
    assert_eq!(
        r.recognize("L", "x/drpms/43/x86_64", &names(&["x86_64"])),
        Recognition::Skipped
    );
    assert_eq!(prefix(&r, "x/a/43/x86_64"), "alias-a43");
    assert_eq!(prefix(&r, "x/b/43/x86_64"), "site-b43");
    let hidden = found(&r, "x/a/stage/44_Beta/x86_64");
    assert!(hidden.is_test && !hidden.display);
    let other = found(&r, "x/stage/44_Beta/x86_64");
    assert!(other.is_test && other.display, "a file's lists hold for its own rules");
    assert_eq!(other.rule.to_string(), "last.toml:1");
}

#[test]
fn what_is_left_open_is_told() {
    let r = rules("skip=['/drpms/']\n[[rule]]\nregex='.'\nprefix='x'\n");
    let arches = names(&["x86_64"]);
    assert_eq!(r.recognize("L", "pub/43/drpms/x86_64", &arches), Recognition::Skipped);
    for (path, word) in [("pub/43/mips/os", "arch"), ("pub/next/x86_64", "version")] {
        let Recognition::Unmatched(why) = r.recognize("L", path, &arches) else {
            panic!("matched {path}")
        };
        assert!(why.contains(word) && why.contains("mm.toml:1"), "{why}");
    }
}

#[test]
fn an_explanation_names_every_step() {
    let r = rules(
        "hidden_paths=['_Beta']\n[[rule]]\nregex='/updates/(?<kind>testing/)?[0-9]+/(\\w+)/'\nprefix='updates'\nversion_prefix='f'\n\
         [[alias]]\nfrom='updates-debug-'\nto='updebug-'\n",
    );
    let e = r.explain("Linux", "pub/updates/43/Everything/x86_64/debug", &names(&["x86_64"]));
    let rule = e.rule.unwrap();
    let groups: Vec<_> = rule
        .groups
        .iter()
        .map(|g| (g.name.as_str(), g.value.as_deref()))
        .collect();
    assert_eq!(groups, [("kind", None), ("2", Some("Everything"))]);
    assert_eq!(
        e.version.unwrap().origin,
        "the first component of the path that looks like a version"
    );
    assert_eq!(e.arch.unwrap().value, "x86_64");
    let steps = e.prefix.unwrap();
    assert_eq!(
        (steps.stem.as_str(), steps.suffix.value.as_str()),
        ("updates", "-debug")
    );
    assert_eq!(steps.alias.unwrap().regex, "updebug-");
    assert_eq!(
        (
            steps.version.value.as_str(),
            steps.prefix.as_ref().map(RepoPrefix::as_str)
        ),
        ("f43", Some("updebug-f43"))
    );
    let rolling = r.explain("Linux", "pub/updates/43/rawhide/x86_64", &names(&["x86_64"]));
    assert!(rolling.version.unwrap().origin.contains("rolling"));
}

proptest! {
    #[test]
    fn no_path_is_too_strange(path in "\\PC{0,60}") {
        let detect = DetectConfig {
            rule: vec![RuleConfig { regex: ".".into(), prefix: "p".into(), ..RuleConfig::default() }],
            alias: vec![AliasConfig { from: "p-".into(), to: "q".into() }],
            ..DetectConfig::default()
        };
        let set = RuleSet { name: "mm.toml".into(), path: "mm.toml".into(), detect };
        let found = Rules::new(&[set]).unwrap().recognize("L", &path, &names(&["x86_64"]));
        prop_assert_ne!(found, Recognition::Skipped);
    }
}
