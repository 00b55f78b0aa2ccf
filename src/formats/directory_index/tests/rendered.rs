//! Indexes of random names, rendered as servers do it and parsed again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::{IndexEntry, Size, parse};
use crate::model::names::{encode_url_path, escape_name};

/// Raw names with their lengths; `None` for directories.
type Names = BTreeMap<Vec<u8>, Option<u64>>;

/// The output format of a server.
struct Style {
    head: &'static str,
    /// The encoding of a path in a link.
    href: fn(&[u8]) -> String,
    /// The text after a link.
    row: fn(Option<u64>) -> String,
    before: &'static str,
    tail: &'static str,
    /// The check of a parsed length.
    is_correct: fn(u64, Size) -> bool,
}

const APACHE_COLUMNS: &str =
    "<a href=\"?C=N;O=D\">Name</a> <a href=\"?C=M;O=A\">Last modified</a> <a href=\"?C=S;O=A\">Size</a>";

/// Encodes all but unreserved characters (RFC 3986 §2.3), as nginx, lighttpd and Python do.
fn strict(raw: &[u8]) -> String {
    raw.iter().fold(String::new(), |mut out, b| {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*b)),
            b => write!(out, "%{b:02X}").unwrap(),
        }
        out
    })
}

/// Encodes fewer characters, escapes HTML, and writes `./` before a name with a colon, as Apache does.
fn loose(raw: &[u8]) -> String {
    let href = raw.iter().fold(String::new(), |mut out, b| {
        match b {
            b'&' => out.push_str("&amp;"),
            b if b.is_ascii_alphanumeric() || b"$-_.+!*'(),:@=~;".contains(b) => out.push(char::from(*b)),
            b => write!(out, "%{b:02x}").unwrap(),
        }
        out
    });
    if href.contains(':') { format!("./{href}") } else { href }
}

fn dotted(raw: &[u8]) -> String {
    format!("./{}", encode_url_path(raw).replace('\'', "&#39;"))
}

/// Formats like `apr_strfsize`: bytes below 973, then one decimal below ten units and none above.
fn apache(size: u64) -> String {
    if size < 973 {
        return format!("{size:3} ");
    }
    let (mut size, mut units) = (size, "KMGTPE".chars());
    loop {
        let (remain, unit) = (size & 1023, units.next().unwrap());
        size >>= 10;
        if size >= 973 {
            continue;
        }
        if size < 9 || (size == 9 && remain < 973) {
            let tenth = (remain * 5 + 256) / 512;
            return if tenth >= 10 {
                format!("{}.0{unit}", size + 1)
            } else {
                format!("{size}.{tenth}{unit}")
            };
        }
        return format!("{:3}{unit}", size + u64::from(remain >= 512));
    }
}

/// Formats like nginx without exact sizes: bytes up to 9999, then whole units, rounded.
fn nginx(size: u64) -> String {
    let whole = |unit: u64| size / unit + u64::from(size % unit > unit / 2 - 1);
    match size {
        0..=9_999 => format!(" {size:6}"),
        10_000..0x10_0000 => format!("{:6}K", whole(1 << 10)),
        0x10_0000..0x4000_0000 => format!("{:6}M", whole(1 << 20)),
        _ => format!("{:6}G", whole(1 << 30)),
    }
}

/// Formats with one decimal, the hundreds of the next smaller unit, beginning with kilobytes.
fn lighttpd(bytes: u64) -> String {
    let (mut size, mut units) = (bytes, "KMGTPE".chars());
    loop {
        let (remain, unit) = (size & 1023, units.next().unwrap());
        size >>= 10;
        if size < 1024 {
            let least = u64::from(size == 0 && bytes > 0);
            return format!("{size}.{}{unit}", (remain / 100).clamp(least, 9));
        }
    }
}

/// Formats `KiB` with one decimal below ten units (or always), as fancyindex and Caddy do.
fn binary(size: u64, always: bool) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = (0..6).rev().find(|p| size >> (10 * p) > 0).unwrap_or(0);
    if power == 0 {
        return format!("{size} B");
    }
    let tenths = (u128::from(size) * 10 + (1 << (10 * power - 1))) >> (10 * power);
    let unit = units[power];
    if always || tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

fn or_dash(size: Option<u64>, shown: fn(u64) -> String) -> String {
    size.map_or_else(|| "-".to_owned(), shown)
}

fn exact(size: u64, parsed: Size) -> bool {
    parsed == Size::Exact(size)
}

fn about(size: u64, parsed: Size) -> bool {
    parsed != Size::Unknown && parsed.fits(size)
}

const NGINX: Style = Style {
    head: "<html><head><title>Index of /pub/</title></head><body><h1>Index of /pub/</h1><hr><pre><a href=\"../\">../</a>\n",
    href: strict,
    before: "",
    row: |size| format!("   14-Nov-2023 22:13 {:>19}\r\n", or_dash(size, |s| s.to_string())),
    tail: "</pre><hr></body></html>",
    is_correct: exact,
};

const NGINX_ROUNDED: Style = Style {
    row: |size| {
        format!(
            " 14-Nov-2023 22:13 {}\r\n",
            size.map_or_else(|| "      -".to_owned(), nginx)
        )
    },
    is_correct: about,
    ..NGINX
};

const APACHE_FANCY: Style = Style {
    head: "<h1>Index of /pub</h1><pre>",
    href: loose,
    before: "<img src=\"/icons/a.gif\" alt=\"[   ]\"> ",
    row: |size| format!(" 2023-11-14 22:13  {}  2024 and all that\n", or_dash(size, apache)),
    tail: "<hr></pre>",
    is_correct: about,
};

const APACHE_TABLE: Style = Style {
    head: APACHE_COLUMNS,
    before: "<table><tr><td>&nbsp;</td><td>",
    row: |size| {
        format!(
            "</td><td>2023-11-14 22:13  </td><td> {} </td><td>2024</td></tr>\n",
            or_dash(size, apache)
        )
    },
    tail: "</table>",
    ..APACHE_FANCY
};

const APACHE_LIST: Style = Style {
    before: "<li>",
    row: |_| "</li>\n".to_owned(),
    tail: "</ul>",
    is_correct: |_, parsed| parsed == Size::Unknown,
    ..APACHE_FANCY
};

const PYTHON: Style = Style {
    head: "<title>Directory listing for /pub/</title><ul>",
    href: strict,
    ..APACHE_LIST
};

const LIGHTTPD: Style = Style {
    head: "<h2>Index of /pub/</h2><table><tbody>",
    href: strict,
    before: "<tr><td class=\"n\">",
    row: |size| {
        format!(
            "/</td><td>2023-Nov-14 22:13:20</td><td>{}</td><td>a/b</td></tr>",
            or_dash(size, lighttpd)
        )
    },
    tail: "</tbody></table>",
    is_correct: about,
};

const FANCYINDEX: Style = Style {
    row: |size| {
        format!(
            "</td><td>{}</td><td>2023-Nov-14 22:13</td></tr>",
            or_dash(size, |s| binary(s, true))
        )
    },
    ..LIGHTTPD
};

const CADDY: Style = Style {
    head: "<title>pub</title><a href=\"?sort=size&order=asc\">Size</a> <a href=\"?sort=time&order=asc\">Modified</a><table>\n",
    href: dotted,
    before: "<tr>\n <td></td>\n <td>\n  ",
    row: |size| match size {
        Some(s) => format!(
            "\n </td>\n <td data-order=\"{s}\">{}</td>\n <td>\n  11/14/2023\n</td>\n</tr>\n",
            binary(s, false)
        ),
        None => "\n </td>\n <td data-order=\"-1\">&mdash;</td>\n <td>11/14/2023</td>\n</tr>\n".to_owned(),
    },
    tail: "</table>",
    is_correct: exact,
};

const STYLES: [(&str, Style); 9] = [
    ("nginx", NGINX),
    ("nginx rounded", NGINX_ROUNDED),
    ("Apache fancy", APACHE_FANCY),
    ("Apache table", APACHE_TABLE),
    ("Apache list", APACHE_LIST),
    ("Python", PYTHON),
    ("lighttpd", LIGHTTPD),
    ("fancyindex", FANCYINDEX),
    ("Caddy", CADDY),
];

/// Renders an index. The text of a link is arbitrary, such as a shortened name or a length.
fn render(style: &Style, names: &Names, text: &str) -> String {
    let mut page = style.head.to_owned();
    for (name, size) in names {
        let slash = if size.is_none() { "/" } else { "" };
        let (href, row) = ((style.href)(name), (style.row)(*size));
        write!(page, "{}<a href=\"{href}{slash}\">{text}</a>{row}", style.before).unwrap();
    }
    page + style.tail
}

fn names() -> impl Strategy<Value = Names> {
    let byte = prop_oneof![4 => b' '..=b'~', 1 => 1_u8..=255];
    let name = proptest::collection::vec(byte, 1..24)
        .prop_filter("no name", |n| !n.contains(&b'/') && n != b"." && n != b"..");
    let size = prop_oneof![
        Just(None),
        (0_u32..46, any::<u64>()).prop_map(|(bits, n)| Some(n >> (63 - bits)))
    ];
    proptest::collection::btree_map(name, size, 1..20)
}

proptest! {
    #[test]
    fn rendered_index_is_parsed_exactly(names in names(), text in "[ a-z0-9.K\n]{0,12}") {
        for (server, style) in STYLES {
            let page = render(&style, &names, &text);
            let index = parse(page.as_bytes(), "/pub/", names.len()).unwrap();
            prop_assert!(!index.is_truncated(), "{}", server);
            prop_assert_eq!(index.len(), names.len(), "{}", server);
            for (name, size) in &names {
                let Some(&IndexEntry { is_directory, size: parsed }) = index.get(&escape_name(name)) else {
                    return Err(TestCaseError::fail(format!("{server}: no {name:?} in {page}")));
                };
                prop_assert_eq!(is_directory, size.is_none());
                let is_correct = size.map_or(parsed == Size::Unknown, |size| (style.is_correct)(size, parsed));
                prop_assert!(is_correct, "{server}: {size:?} {parsed:?} in {page}");
            }
        }
    }
}
