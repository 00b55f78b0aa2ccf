//! `set` of several rows, filters, sorting, columns, units, and suggestions for fields, values and names.

use std::fmt::Write as _;

use serde_json::Value;

use crate::admin::{database, empty, home, json, refused, with_repository};
use crate::support::Env;

/// An environment with 40 hosts in two sites, a quarter of them in Austria.
fn many_hosts() -> Env {
    let env = empty();
    let mut text = String::new();
    for (site, hosts) in [("North", 0..20), ("South", 20..40)] {
        write!(text, "[[site]]\nname = \"{site}\"\n").unwrap();
        for n in hosts {
            let country = if n % 4 == 0 { "AT" } else { "DE" };
            write!(
                text,
                "[[site.host]]\nname = \"m{n:02}.example.org\"\ncountry = \"{country}\"\nbandwidth = {}\nasn = {}\n",
                100 + n,
                64_500 + n % 2
            )
            .unwrap();
        }
    }
    env.write("many.toml", text);
    env.ok("mm-admin", &["apply", "many.toml"]);
    env
}

fn column(env: &Env, args: &[&str], field: &str) -> Vec<String> {
    let rows = json(env, args);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = rows.as_array().unwrap().iter().map(|row| text(&row[field]));
    values.collect()
}

#[test]
fn several_rows_are_set_by_name_in_one_change() {
    let env = many_hosts();
    let set = [
        "host",
        "set",
        "m00.example.org",
        "m01.example.org",
        "comment=moved",
        "bandwidth=2.5G",
    ];
    let output = env.ok("mm-admin", &set);
    assert_eq!(output.lines().count(), 4, "{output}");
    assert_eq!(
        column(&env, &["host", "list", "comment=moved"], "bandwidth"),
        ["2500", "2500"]
    );
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(column(&env, &["host", "list", "comment=moved"], "name").len(), 0);
    // One unknown name: nothing is changed.
    let set = ["host", "set", "m00.example.org", "mm1.example.org", "comment=x"];
    refused(&env, &set, 1, &["there is no host mm1.example.org", "did you mean m"]);
    assert_eq!(column(&env, &["host", "list", "comment=x"], "name").len(), 0);
    // The parent of several rows is given once.
    env.ok(
        "mm-admin",
        &["country-allowed", "add", "DE", "--host", "m00.example.org"],
    );
    env.ok(
        "mm-admin",
        &["netblock", "add", "192.0.2.0/25", "--host", "m00.example.org"],
    );
    env.ok(
        "mm-admin",
        &["netblock", "add", "192.0.2.128/25", "--host", "m00.example.org"],
    );
    let set = [
        "netblock",
        "set",
        "192.0.2.0/25",
        "192.0.2.128/25",
        "--host",
        "m00.example.org",
        "name=campus",
    ];
    env.ok("mm-admin", &set);
    assert_eq!(column(&env, &["netblock", "list"], "name"), ["campus", "campus"]);
}

#[test]
fn rows_are_set_by_a_filter_after_confirmation() {
    let env = many_hosts();
    // One host, and two of forty, are no mass change.
    env.ok("mm-admin", &["host", "set", "--where", "bandwidth=101", "comment=one"]);
    env.ok(
        "mm-admin",
        &[
            "host",
            "set",
            "--where",
            "bandwidth=101",
            "--where",
            "comment=one",
            "comment=",
        ],
    );
    let set = ["host", "set", "--where", "country=AT", "admin_active=false"];
    let output = refused(
        &env,
        &set,
        3,
        &["10 hosts of 40", "more than 5 or 10 %", "--dry-run", "--confirm 10"],
    );
    assert!(output.stderr.contains("nothing was changed"), "{output:?}");
    assert_eq!(column(&env, &["host", "list", "admin_active=false"], "name").len(), 0);
    // The advised dry run names the number, another number is refused, and the advised one is accepted.
    let dry = env.ok("mm-admin", &[&set[..], &["--dry-run"]].concat());
    assert!(
        dry.contains("--confirm 10") && dry.contains("nothing was changed"),
        "{dry}"
    );
    refused(&env, &[&set[..], &["--confirm", "9"]].concat(), 3, &["--confirm 10"]);
    env.ok("mm-admin", &[&set[..], &["--confirm", "10"]].concat());
    assert_eq!(
        column(&env, &["host", "list", "admin_active=false"], "country"),
        ["AT"; 10]
    );
    // Again: no row changes, so there is nothing to confirm.
    assert_eq!(env.ok("mm-admin", &set), "");
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &change]);
    assert_eq!(column(&env, &["host", "list", "admin_active=false"], "name").len(), 0);
}

#[test]
fn rows_are_named_or_selected_by_a_filter() {
    let env = many_hosts();
    for (words, status, message) in [
        (
            ["host", "set", "--where", "country=CH", "comment=x"].as_slice(),
            3,
            "no host has country=CH",
        ),
        (
            &["host", "set", "--where", "site=Nroth", "comment=x"],
            1,
            "did you mean North?",
        ),
        (&["host", "set", "--where", "country=AT"], 2, "FIELD=VALUE"),
        (&["host", "set", "comment=x"], 2, "set needs HOST, or --where"),
        (&["host", "set", "m00.example.org"], 2, "set needs FIELD=VALUE"),
        (
            &["host", "set", "m00.example.org", "--where", "country=AT", "comment=x"],
            2,
            "not both",
        ),
        (
            &["host", "set", "m00.example.org", "comment=x", "comment=y"],
            2,
            "given twice",
        ),
    ] {
        refused(&env, words, status, &[message]);
    }
    // Parents narrow a filter.
    env.ok(
        "mm-admin",
        &["netblock", "add", "192.0.2.0/24", "--host", "m00.example.org"],
    );
    env.ok(
        "mm-admin",
        &["netblock", "add", "192.0.2.0/24", "--host", "m01.example.org"],
    );
    let set = [
        "netblock",
        "set",
        "--where",
        "netblock=192.0.2.0/24",
        "--host",
        "m00.example.org",
        "name=n",
    ];
    env.ok("mm-admin", &set);
    assert_eq!(column(&env, &["netblock", "list"], "name"), ["n", "null"]);
}

#[test]
fn lists_are_sorted_by_fields_and_show_chosen_columns() {
    let env = many_hosts();
    let list = ["host", "list", "country=AT", "asn=AS64500", "--sort", "-bandwidth"];
    assert_eq!(column(&env, &list, "bandwidth")[..2], ["136", "132"]);
    let list = ["host", "list", "--sort=country,-name", "--columns", "name,country"];
    let text = env.ok("mm-admin", &list);
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["NAME", "COUNTRY"]
    );
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["m36.example.org", "AT"]
    );
    assert_eq!(
        text.lines().last().unwrap().split_whitespace().next(),
        Some("m01.example.org")
    );
    let rows = json(&env, &list);
    assert_eq!(
        rows[0],
        serde_json::json!({ "name": "m36.example.org", "country": "AT" })
    );
    for (words, message) in [
        (["host", "list", "--sort", "bandwith"], "did you mean bandwidth?"),
        (["host", "list", "--columns", "name,contry"], "did you mean country?"),
    ] {
        refused(&env, &words, 2, &[message]);
    }
    refused(
        &env,
        &["host", "list", "site=Sout"],
        1,
        &["there is no site Sout", "did you mean South?"],
    );
}

#[test]
fn fields_values_and_names_are_suggested() {
    let env = home();
    with_repository(&env);
    for (words, status, message) in [
        (
            ["host", "set", "mirror.example.org", "bandwith=5"].as_slice(),
            2,
            "did you mean bandwidth?",
        ),
        (
            &["host", "set", "mirror.example.org", "privat=true"],
            2,
            "did you mean private?",
        ),
        (
            &["host", "set", "mirror.example.org", "private=ture"],
            2,
            "did you mean true?",
        ),
        (
            &["host", "set", "mirror.example.org", "crawl_probe=rsnyc"],
            2,
            "did you mean rsync?",
        ),
        (
            &["host", "set", "mirror.example.org", "country=UK"],
            2,
            "did you mean GB?",
        ),
        (
            &["host", "set", "miror.example.org", "bandwidth=5"],
            1,
            "did you mean mirror.example.org?",
        ),
        (
            &["host", "set", "mirror.example.org", "site=Exampel University"],
            1,
            "did you mean Example University?",
        ),
        (
            &["netblock", "add", "198.51.100.0/24", "--host", "miror.example.org"],
            1,
            "did you mean mirror.example.org?",
        ),
        (
            &["redirect", "add", "fedora-next", "to=fedora-42"],
            2,
            "did you mean fedora-43?",
        ),
        (&["host", "lits"], 2, "list"),
        (&["hots", "list"], 2, "host"),
        (&["host", "list", "--colums", "name"], 2, "--columns"),
        (
            &["host", "set", "mirror.example.org", "disabled_by=crawl"],
            2,
            "did you mean crawler?",
        ),
    ] {
        refused(&env, words, status, &[message]);
    }
    env.write("typo.toml", "[[product]]\nname = \"P\"\npubliclst = true\n");
    refused(
        &env,
        &["apply", "typo.toml"],
        2,
        &["line 3", "did you mean publiclist?"],
    );
}

#[test]
fn units_of_bandwidths_and_as_numbers_are_understood() {
    let env = home();
    let set = ["host", "set", "mirror.example.org", "asn=AS64999", "bandwidth=10G"];
    env.ok("mm-admin", &set);
    let row = json(&env, &["host", "show", "mirror.example.org"]);
    assert_eq!((&row["asn"], &row["bandwidth"]), (&64_999.into(), &10_000.into()));
    env.write(
        "units.toml",
        "[[site]]\nname = \"Example University\"\n[[site.host]]\nname = \"mirror.example.org\"\nasn = \"AS64501\"\n\
         bandwidth = \"100G\"\n",
    );
    env.ok("mm-admin", &["apply", "units.toml"]);
    let row = json(&env, &["host", "show", "mirror.example.org"]);
    assert_eq!((&row["asn"], &row["bandwidth"]), (&64_501.into(), &100_000.into()));
    refused(
        &env,
        &["host", "set", "mirror.example.org", "bandwidth=10K"],
        2,
        &["100M or 10G"],
    );
}

#[test]
fn parents_are_options_of_add() {
    let env = home();
    for (words, message) in [
        (
            ["host", "add", "h.example.org", "country=DE"].as_slice(),
            "--site <SITE>",
        ),
        (
            &["host", "add", "h.example.org", "--site", "Example University", "name=x"],
            "write the HOST itself",
        ),
        (
            &[
                "url",
                "add",
                "https://h.example.org/",
                "--host",
                "mirror.example.org",
                "category=Fedora Linux",
            ],
            "--category",
        ),
        (
            &["category", "add", "C", "--product", "Fedora"],
            "a category needs topdir=PATH",
        ),
        (&["country-continent", "add", "CY"], "needs continent=CONTINENT"),
        (&["netblock", "show", "192.0.2.0/24"], "--host <HOST>"),
        (&["repository", "show", "fedora-43"], "--arch <ARCH>"),
        (
            &[
                "host-category",
                "add",
                "Fedora Linux",
                "--host",
                "mirror.example.org",
                "always",
            ],
            "without a value",
        ),
    ] {
        refused(&env, words, 2, &[message]);
    }
    // Messages have the article of their noun.
    env.write("arch.toml", "[[arch]]\nprimary = true\n");
    refused(&env, &["apply", "arch.toml"], 2, &["an arch needs name=NAME"]);
}

#[test]
fn advised_commands_of_refusals_work() {
    let env = home();
    database(&env)
        .execute_batch("INSERT INTO version (product_id, name, first_seen) SELECT id, '43', 1 FROM product")
        .unwrap();
    // The row exists: the advised `set` changes it.
    let output = refused(
        &env,
        &["version", "add", "43", "--product", "Fedora"],
        1,
        &["already exists"],
    );
    let advice = "mm-admin version set 43 --product Fedora FIELD=VALUE";
    assert!(output.stderr.contains(advice), "{output:?}");
    env.ok(
        "mm-admin",
        &["version", "set", "43", "--product", "Fedora", "codename=Forty"],
    );
    // The row is used: the advised `remove --recursive` removes it.
    let output = refused(&env, &["site", "remove", "Example University"], 1, &["is used by host"]);
    let advice = "mm-admin site remove 'Example University' --recursive";
    assert!(output.stderr.contains(advice), "{output:?}");
    env.ok("mm-admin", &["site", "remove", "Example University", "--recursive"]);
}
