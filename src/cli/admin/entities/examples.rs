//! Help texts of the entities, with examples that a test runs.

use clap::Command;
use itertools::Itertools as _;

use crate::registry::entity::Entity;

/// Commands that few administrators need: only `--help` describes them.
const RARE: [&str; 6] = ["contact", "expect-removal", "migrate", "resume", "share", "versions"];

/// Moves the entities and the rare commands from the list of commands to the end of the help, where `-h` only has their names.
pub(in crate::cli::admin) fn summarize_in_help(command: Command) -> Command {
    const ENTITIES: &str = "Registry commands, each with add, show, list, set and remove";
    const OTHERS: &str = "Other commands";
    let row = |(name, about): (&str, String)| format!("  {name:<18} {about}");
    let rare: Vec<(&str, String)> = (RARE.into_iter())
        .filter_map(|name| Some((name, command.find_subcommand(name)?.get_about()?.to_string())))
        .collect();
    let names = Entity::ALL.iter().join(", ");
    let rare_names = rare.iter().map(|(name, _)| name).join(", ");
    let mut entities = Entity::ALL.iter().map(|e| row((e.into_str(), about(*e).to_owned())));
    let entities = entities.join("\n");
    let end = command.get_after_long_help().cloned().unwrap_or_default();
    let hidden: Vec<&str> = rare.iter().map(|(name, _)| *name).collect();
    let rare = rare.into_iter().map(row).join("\n");
    (Entity::ALL.iter().map(Entity::into_str).chain(hidden))
        .fold(command, |cmd, name| cmd.mut_subcommand(name, |c| c.hide(true)))
        .after_help(format!("{ENTITIES}:\n  {names}\n{OTHERS}: {rare_names}"))
        .after_long_help(format!("{ENTITIES}:\n{entities}\n\n{OTHERS}:\n{rare}\n\n{end}"))
}

pub(super) const fn about(entity: Entity) -> &'static str {
    match entity {
        Entity::Product => "Products, such as Fedora or EPEL",
        Entity::Version => "Versions of products; release detection adds them",
        Entity::Arch => "Architectures",
        Entity::Category => "Categories: trees that hosts can carry",
        Entity::Site => "Sites: organizations that run hosts",
        Entity::Host => "Hosts: mirror servers",
        Entity::HostCategory => "Categories of hosts",
        Entity::Url => "URLs of categories on hosts",
        Entity::Netblock => "Netblocks whose clients are sent to a host first",
        Entity::PeerAsn => "Autonomous systems whose clients are sent to a host first",
        Entity::CountryAllowed => "Countries whose clients a host accepts (none = all)",
        Entity::CountryDenied => "Countries whose clients a host does not accept",
        Entity::Repository => "Repositories (repo=, arch=); release detection adds them",
        Entity::Redirect => "Aliases of repository prefixes",
        Entity::NetblockCountry => "Countries of netblocks; override GeoIP",
        Entity::CountryContinent => "Continents of countries; override the built-in table",
        Entity::Embargo => "Countries that are not served",
        Entity::Downtime => "Downtimes of hosts, in which they are not crawled",
    }
}

/// The examples at the end of the help of an entity.
pub(super) fn examples(entity: Entity) -> String {
    let lines = examples_without_prefix(entity).iter();
    let commands = lines.format_with("\n", |example, f| match example.split_once(' ') {
        Some(("mm-admin", _)) => f(&format_args!("  {example}")),
        _ => f(&format_args!("  mm-admin {entity} {example}")),
    });
    format!("Examples:\n{commands}")
}

/// Examples that begin with the action, or with `mm-admin` if they are commands of other entities.
const fn examples_without_prefix(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Product => &["add EPEL", "set EPEL publiclist=false", "remove EPEL"],
        Entity::Version => &[
            "add 43 --product Fedora sortorder=43",
            "set 43 --product Fedora display=false",
            "list product=Fedora --sort=-sortorder",
        ],
        Entity::Arch => &["add x86_64 primary=true", "set x86_64 publiclist=false", "list"],
        Entity::Category => &[
            "add \"Fedora Linux\" --product Fedora topdir=pub/fedora/linux",
            "set \"Fedora Linux\" canonicalhost=https://dl.example.org/",
            "show \"Fedora Linux\"",
        ],
        Entity::Site => &[
            "add \"Example University\" org_url=https://example.org",
            "set \"Example University\" admin_active=false",
            "list private=true",
        ],
        Entity::Host => &[
            "add mirror.example.org --site \"Example University\" \\\n      country=DE bandwidth=10G asn=AS64500",
            "set mirror.example.org bandwidth=2000 private=true",
            "set mirror.example.org user_active=false disable_reason=\"moving house\"",
            "set --where country=DE crawl_rate=10 crawl_window=22:00-06:00",
            "downtime mirror.example.org --until 4h --reason \"new disks\"",
            "downtime mirror.example.org --off",
            "list country=DE --sort=-bandwidth --columns name,bandwidth",
        ],
        Entity::HostCategory => &[
            "add \"Fedora Linux\" --host mirror.example.org",
            "set \"Fedora Linux\" --host mirror.example.org always_up2date=true",
            "list category=\"Fedora Linux\"",
        ],
        Entity::Url => &[
            "add https://mirror.example.org/fedora/linux \\\n      --host mirror.example.org --category \"Fedora Linux\"",
            "set https://mirror.example.org/fedora/linux private=true",
            "list host=mirror.example.org",
        ],
        Entity::Netblock => &[
            "add 192.0.2.0/24 --host mirror.example.org name=campus",
            "remove 192.0.2.0/24 --host mirror.example.org",
        ],
        Entity::PeerAsn => &[
            "add AS64500 --host mirror.example.org",
            "remove AS64500 --host mirror.example.org",
        ],
        Entity::CountryAllowed => &[
            "add DE --host mirror.example.org",
            "remove DE --host mirror.example.org",
        ],
        Entity::CountryDenied => &[
            "add FR --host mirror.example.org",
            "remove FR --host mirror.example.org",
        ],
        Entity::Repository => &[
            "list disabled=true",
            "set fedora-43 --arch x86_64 disabled=true",
            "mm-admin repo --help",
        ],
        Entity::Redirect => &["add fedora-latest to=fedora-43", "set fedora-latest to=fedora-43"],
        Entity::NetblockCountry => &["add 192.0.2.0/24 country=DE", "remove 192.0.2.0/24"],
        Entity::CountryContinent => &["add TR continent=EU", "remove TR"],
        Entity::Embargo => &["add AQ", "remove AQ"],
        Entity::Downtime => &[
            "add 2026-12-01T08:00:00Z --host mirror.example.org \\\n      until=2026-12-01T12:00:00Z reason=\"new disks\"",
            "remove 2026-12-01T08:00:00Z --host mirror.example.org",
            "mm-admin host downtime mirror.example.org --from 2026-12-24T08:00 --until 2026-12-24T12:00",
        ],
    }
}
