//! Help texts of the entities, with examples that a test runs.

use clap::Command;

use crate::registry::entity::Entity;

/// Moves the entities from the list of commands to the end of the help, where `-h` only has their names.
pub(in crate::cli::admin) fn summarize_in_help(command: Command) -> Command {
    const TITLE: &str = "Registry commands, each with add, show, list, set and remove";
    let names = Entity::ALL.map(Entity::as_str).join(", ");
    let table = Entity::ALL
        .map(|e| format!("  {:<18} {}", e.as_str(), about(e)))
        .join("\n");
    let end = command.get_after_long_help().cloned().unwrap_or_default();
    Entity::ALL
        .into_iter()
        .fold(command, |cmd, entity| {
            cmd.mut_subcommand(entity.as_str(), |c| c.hide(true))
        })
        .after_help(format!("{TITLE}:\n  {names}"))
        .after_long_help(format!("{TITLE}:\n{table}\n\n{end}"))
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
pub(super) const fn examples(entity: Entity) -> &'static str {
    match entity {
        Entity::Product => {
            "Examples:\n  mm-admin product add EPEL\n  mm-admin product set EPEL publiclist=false\n  \
             mm-admin product remove EPEL"
        }
        Entity::Version => {
            "Examples:\n  mm-admin version add Fedora 43 --sortorder 43\n  \
             mm-admin version set Fedora 43 display=false\n  mm-admin version list product=Fedora"
        }
        Entity::Arch => {
            "Examples:\n  mm-admin arch add x86_64 --primary\n  mm-admin arch set x86_64 publiclist=false\n  \
             mm-admin arch list"
        }
        Entity::Category => {
            "Examples:\n  mm-admin category add \"Fedora Linux\" --product Fedora --topdir pub/fedora/linux\n  \
             mm-admin category set \"Fedora Linux\" canonicalhost=https://dl.example.org/\n  \
             mm-admin category show \"Fedora Linux\""
        }
        Entity::Site => {
            "Examples:\n  mm-admin site add \"Example University\" --org-url https://example.org\n  \
             mm-admin site set \"Example University\" admin_active=false\n  mm-admin site list private=true"
        }
        Entity::Host => {
            "Examples:\n  mm-admin host add mirror.example.org --site \"Example University\" \\\n      --country DE \
             --bandwidth 1000\n  mm-admin host set mirror.example.org bandwidth=2000 private=true\n  \
             mm-admin host set mirror.example.org user_active=false --reason \"moving house\"\n  \
             mm-admin host set mirror.example.org crawl_rate=10 crawl_window=22:00-06:00\n  \
             mm-admin host downtime mirror.example.org --until 4h --reason \"new disks\"\n  \
             mm-admin host list country=DE --format json"
        }
        Entity::HostCategory => {
            "Examples:\n  mm-admin host-category add mirror.example.org \"Fedora Linux\"\n  \
             mm-admin host-category set mirror.example.org \"Fedora Linux\" always_up2date=true\n  \
             mm-admin host-category list category=\"Fedora Linux\""
        }
        Entity::Url => {
            "Examples:\n  mm-admin url add https://mirror.example.org/fedora/linux \\\n      --host mirror.example.org \
             --category \"Fedora Linux\"\n  mm-admin url set https://mirror.example.org/fedora/linux private=true\n  \
             mm-admin url list host=mirror.example.org"
        }
        Entity::Netblock => {
            "Examples:\n  mm-admin netblock add mirror.example.org 192.0.2.0/24 --name campus\n  \
             mm-admin netblock remove mirror.example.org 192.0.2.0/24"
        }
        Entity::PeerAsn => {
            "Examples:\n  mm-admin peer-asn add mirror.example.org 64500\n  \
             mm-admin peer-asn remove mirror.example.org 64500"
        }
        Entity::CountryAllowed => {
            "Examples:\n  mm-admin country-allowed add mirror.example.org DE\n  \
             mm-admin country-allowed remove mirror.example.org DE"
        }
        Entity::CountryDenied => {
            "Examples:\n  mm-admin country-denied add mirror.example.org FR\n  \
             mm-admin country-denied remove mirror.example.org FR"
        }
        Entity::Repository => {
            "Examples:\n  mm-admin repository list disabled=true\n  \
             mm-admin repository set fedora-43 x86_64 disabled=true\n  mm-admin repo --help"
        }
        Entity::Redirect => {
            "Examples:\n  mm-admin redirect add fedora-latest --to fedora-43\n  mm-admin redirect set fedora-latest \
             fedora-44"
        }
        Entity::NetblockCountry => {
            "Examples:\n  mm-admin netblock-country add 192.0.2.0/24 --country DE\n  \
             mm-admin netblock-country remove 192.0.2.0/24"
        }
        Entity::CountryContinent => {
            "Examples:\n  mm-admin country-continent add TR --continent EU\n  \
             mm-admin country-continent remove TR"
        }
        Entity::Embargo => "Examples:\n  mm-admin embargo add AQ\n  mm-admin embargo remove AQ",
        Entity::Downtime => {
            "Examples:\n  mm-admin downtime add mirror.example.org 2026-12-01T08:00:00Z \\\n      --until \
             2026-12-01T12:00:00Z --reason \"new disks\"\n  \
             mm-admin downtime remove mirror.example.org 2026-12-01T08:00:00Z\n  \
             mm-admin host downtime mirror.example.org --from 2026-12-24T08:00 --until 2026-12-24T12:00"
        }
    }
}
