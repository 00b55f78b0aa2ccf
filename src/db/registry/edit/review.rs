//! Reviews the result of an edit. Contradictions are refused; what is probably a mistake needs `--force`.
//!
//! Only added rows and changed fields are reviewed, so that an old doubt does not block other changes. A review is separate
//! from the checks of each edit, because only the result of a whole file counts, and because undo restores any state.

use std::net::IpAddr;

use super::{EditError, Editor};
use crate::db::DbError;
use crate::model::names::Netblock;
use crate::model::suggest;
use crate::registry::entity::{Entity, FieldType};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, key_arguments, show_key};

/// Netblocks with a prefix of at most this length are too wide: /8, and /24 of IPv6.
const WIDE_IPV4: u8 = 8;
const WIDE_IPV6: u8 = 24;

/// How doubts are handled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReviewOptions {
    /// Accept doubtful results.
    pub(crate) force: bool,
    /// The edit is a registry file, which may come before the repositories that it redirects to: these are only reported.
    pub(crate) is_file: bool,
}

/// An objection to a row.
enum Objection {
    Contradiction(String),
    Doubt(String),
    /// A doubt, unless the row comes from a file.
    DoubtOutsideFile(String),
}

impl Editor<'_> {
    /// Checks the rows that were added or changed, and returns notes on them.
    pub(crate) fn review(&mut self, options: ReviewOptions) -> Result<Vec<String>, EditError> {
        let mut notes = Vec::new();
        for ((entity, key), old) in std::mem::take(&mut self.touched) {
            let Some(new) = self.rows(entity)?.get(&key).map(|s| s.record.clone()) else {
                continue;
            };
            let Some(objection) = self.objection(&new, old.as_ref())? else {
                continue;
            };
            let key = show_key(&key);
            match objection {
                Objection::Contradiction(what) => return Err(EditError::Value { entity, key, what }),
                Objection::DoubtOutsideFile(what) if options.is_file => notes.push(format!("{entity} {key}: {what}")),
                Objection::Doubt(_) | Objection::DoubtOutsideFile(_) if options.force => {}
                Objection::Doubt(what) | Objection::DoubtOutsideFile(what) => {
                    return Err(EditError::Doubtful { entity, key, what });
                }
            }
        }
        Ok(notes)
    }

    fn objection(&mut self, new: &Record, old: Option<&Record>) -> Result<Option<Objection>, DbError> {
        let is_new = |field: &str| old.is_none_or(|old| old.get(field) != new.get(field));
        let own_key = new.entity().own_key();
        if matches!(own_key.kind, FieldType::Name | FieldType::ArchName)
            && is_new(own_key.name)
            && let Some(other) = self.same_name(new)?
        {
            let text = format!("{} {other} has the same name in another spelling", new.entity());
            return Ok(Some(Objection::Doubt(text)));
        }
        match (new.entity(), old) {
            (Entity::Category, _) if is_new("topdir") => self.overlapping_topdir(new),
            (Entity::Redirect, _) if is_new("to") => self.redirect_target(new),
            (Entity::CountryAllowed, _) => self.opposite_country(new, Entity::CountryDenied),
            (Entity::CountryDenied, _) => self.opposite_country(new, Entity::CountryAllowed),
            (Entity::Netblock, None) => self.wide_netblock(new),
            (Entity::Host | Entity::Site, _) if is_new("private") => self.wide_private_netblock(new),
            (_, _) => Ok(None),
        }
    }

    /// Returns another row with the same parents whose name differs only in case, blanks, `-` and `_`.
    fn same_name(&mut self, row: &Record) -> Result<Option<String>, DbError> {
        let own_key = row.entity().own_key().name;
        let name = |r: &Record| -> String {
            let text = r.text(own_key).unwrap_or_default().to_lowercase();
            text.replace([' ', '-', '_'], "")
        };
        let wanted = name(row);
        let is_sibling = |r: &Record| row.entity().parents().all(|p| r.get(p.name) == row.get(p.name));
        let mut others = self.rows(row.entity())?.values().map(|s| &s.record);
        let other = others.find(|r| r.key() != row.key() && is_sibling(r) && name(r) == wanted);
        Ok(other.map(|r| show_key(&r.key())))
    }

    fn overlapping_topdir(&mut self, row: &Record) -> Result<Option<Objection>, DbError> {
        let topdir = row.text("topdir").unwrap_or_default();
        let contains = |outer: &str, inner: &str| {
            outer.is_empty() || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
        };
        let others = self.rows(Entity::Category)?.values().map(|s| &s.record);
        let found = others.filter(|r| r.key() != row.key()).find_map(|r| {
            let other = r.text("topdir").unwrap_or_default();
            let relation = if contains(other, topdir) {
                "is below"
            } else if contains(topdir, other) {
                "contains"
            } else {
                return None;
            };
            let name = show_key(&r.key());
            Some(format!(
                "topdir: {topdir} {relation} {other}, the topdir of category {name}, so files would be in both"
            ))
        });
        Ok(found.map(Objection::Doubt))
    }

    fn redirect_target(&mut self, row: &Record) -> Result<Option<Objection>, DbError> {
        let Some(to) = row.text("to") else { return Ok(None) };
        if row.text("from") == Some(to) {
            let text = "to: a redirect cannot lead to itself; to= answers with not found".to_owned();
            return Ok(Some(Objection::Contradiction(text)));
        }
        let repositories = self.rows(Entity::Repository)?.values();
        let prefixes: Vec<String> = repositories
            .filter_map(|s| s.record.text("prefix").map(str::to_owned))
            .collect();
        if prefixes.iter().any(|prefix| prefix == to) {
            return Ok(None);
        }
        if let Some(next) = self.rows(Entity::Redirect)?.get(&vec![to.to_owned()]) {
            let next = next.record.get("to");
            let text =
                format!("to: {to} is a redirect itself, and redirects are not followed further; its target is {next}");
            return Ok(Some(Objection::DoubtOutsideFile(text)));
        }
        let hint = suggest::did_you_mean(&suggest::similar(to, &prefixes));
        let hint = hint.unwrap_or_else(|| "see: mm-admin repository list".to_owned());
        let text = format!("to: there is no repository with the prefix {to}; {hint}");
        Ok(Some(Objection::DoubtOutsideFile(text)))
    }

    fn opposite_country(&mut self, row: &Record, opposite: Entity) -> Result<Option<Objection>, DbError> {
        let (host, country) = (row.get("host"), row.get("country"));
        let word = if opposite == Entity::CountryDenied {
            "denied"
        } else {
            "allowed"
        };
        let text = || {
            let arguments = key_arguments(opposite, &row.key());
            format!(
                "country: {country} is {word} for {host} as well; remove that first: mm-admin {opposite} remove {arguments}"
            )
        };
        let is_opposite = self.rows(opposite)?.contains_key(&row.key());
        Ok(is_opposite.then(|| Objection::Contradiction(text())))
    }

    fn wide_netblock(&mut self, row: &Record) -> Result<Option<Objection>, DbError> {
        if !is_wide(row) {
            return Ok(None);
        }
        let host: Key = vec![row.get("host").to_string()];
        let is_private = match self.rows(Entity::Host)?.get(&host).map(|s| s.record.clone()) {
            Some(host) => self.is_private(&host)?,
            None => false,
        };
        Ok(Some(if is_private {
            Objection::Contradiction(refusal(row))
        } else {
            Objection::Doubt(
                "netblock: its clients are a large part of the Internet, and all are sent to this host".to_owned(),
            )
        }))
    }

    /// Checks the netblocks of a host or of the hosts of a site that is private now.
    fn wide_private_netblock(&mut self, row: &Record) -> Result<Option<Objection>, DbError> {
        let hosts: Vec<Record> = if row.entity() == Entity::Host {
            vec![row.clone()]
        } else {
            let hosts = self.rows(Entity::Host)?.values().map(|s| &s.record);
            hosts.filter(|h| h.text("site") == row.text("name")).cloned().collect()
        };
        for host in hosts {
            if !self.is_private(&host)? {
                continue;
            }
            let mut netblocks = self.rows(Entity::Netblock)?.values().map(|s| &s.record);
            if let Some(wide) = netblocks.find(|n| n.text("host") == host.text("name") && is_wide(n)) {
                return Ok(Some(Objection::Contradiction(refusal(wide))));
            }
        }
        Ok(None)
    }

    fn is_private(&mut self, host: &Record) -> Result<bool, DbError> {
        let site: Key = vec![host.get("site").to_string()];
        let site = self
            .rows(Entity::Site)?
            .get(&site)
            .map(|s| s.record.get("private").clone());
        Ok([Some(host.get("private").clone()), site].contains(&Some(FieldValue::Bool(true))))
    }
}

fn is_wide(netblock: &Record) -> bool {
    let net = netblock.text("netblock").and_then(|text| text.parse::<Netblock>().ok());
    net.is_some_and(|net| {
        let net = net.net();
        let limit = match net.addr() {
            IpAddr::V4(_) => WIDE_IPV4,
            IpAddr::V6(_) => WIDE_IPV6,
        };
        net.prefix_len() <= limit
    })
}

fn refusal(netblock: &Record) -> String {
    format!(
        "netblock: {} of {} is too wide for a private host; at most /{} of IPv4 and /{} of IPv6",
        netblock.get("netblock"),
        netblock.get("host"),
        WIDE_IPV4 + 1,
        WIDE_IPV6 + 1
    )
}
