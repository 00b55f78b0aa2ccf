//! Indexes of real servers, pages that are not indexes, and hostile input.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::model::names::percent_decode;

mod rendered;

/// The directory that the pages in `tests/data/indexes` show; the README there describes how they were made.
const TREE: &str = include_str!("../../../tests/data/indexes/tree.tsv");
const DIRECTORY: &str = "/pub/linux%20x/";

macro_rules! page {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/data/indexes/", $name, ".html")).as_slice(),
        )
    };
}

const PAGES: [(&str, &[u8]); 12] = [
    page!("nginx"),
    page!("nginx-rounded"),
    page!("fancyindex"),
    page!("fancyindex-rounded"),
    page!("apache-list"),
    page!("apache-fancy"),
    page!("apache-table"),
    page!("apache-icons"),
    page!("apache-header"),
    page!("lighttpd"),
    page!("python"),
    page!("caddy"),
];

/// Directories and files: the name as a page writes it, and the length of files.
fn tree() -> impl Iterator<Item = (String, Option<u64>)> {
    TREE.lines().map(|line| {
        let mut fields = line.split('\t').skip(1);
        let size = fields.next().unwrap().parse().ok();
        (escape_name(&percent_decode(fields.next().unwrap())), size)
    })
}

fn parse_names(page: &str) -> Option<Vec<String>> {
    parse(page.as_bytes(), "/pub/", 100).map(|i| i.iter().map(|(name, _)| name.to_owned()).collect())
}

#[test]
fn indexes_of_servers_match_the_directory() {
    for (server, page) in PAGES {
        let index = parse(page, DIRECTORY, 1000).unwrap_or_else(|| panic!("{server} is not recognized"));
        assert!(!index.is_truncated(), "{server}");
        let mut listed = 0;
        for (name, size) in tree() {
            let hidden = name.starts_with('.') && ["nginx", "fancy", "light"].iter().any(|s| server.starts_with(s));
            // Python writes bytes that are not UTF-8 as surrogates.
            let garbled = server == "python" && name.contains("%E9") | name.contains("%FF");
            let Some(entry) = index.get(&name) else {
                assert!(hidden || garbled, "{server} has no {name:?}");
                listed += usize::from(garbled);
                continue;
            };
            assert!(!hidden && !garbled, "{server} {name:?}");
            listed += 1;
            assert_eq!(entry.is_directory, size.is_none(), "{server} {name:?}");
            let is_correct = match (server, size) {
                ("apache-list" | "python", _) | (_, None) => entry.size == Size::Unknown,
                ("nginx" | "fancyindex" | "caddy", Some(size)) => entry.size == Size::Exact(size),
                (_, Some(size)) => entry.size != Size::Unknown && entry.size.fits(size),
            };
            assert!(is_correct, "{server} {name:?} {size:?} {:?}", entry.size);
        }
        assert_eq!(index.len(), listed, "{server}");
    }
}

#[test]
fn short_lengths_are_exact_unless_the_server_rounds_them() {
    for (server, page) in PAGES {
        let index = parse(page, DIRECTORY, 1000).unwrap();
        let exact = index.get("size-972").unwrap().size == Size::Exact(972);
        assert_eq!(
            exact,
            !matches!(server, "apache-list" | "python" | "lighttpd"),
            "{server}"
        );
    }
}

#[test]
fn empty_indexes_are_recognized() {
    for (server, page) in [
        page!("nginx-empty"),
        page!("fancyindex-empty"),
        page!("apache-list-empty"),
        page!("apache-fancy-empty"),
        page!("apache-table-empty"),
        page!("apache-icons-empty"),
        page!("lighttpd-empty"),
        page!("python-empty"),
        page!("caddy-empty"),
    ] {
        let index = parse(page, "/pub/empty/", 1000).unwrap_or_else(|| panic!("{server} is not recognized"));
        assert!(
            index.is_empty() && !index.is_truncated() && index.get("a").is_none(),
            "{server}"
        );
    }
    // The header text has a link, which could be a name in another notation.
    let (_, page) = page!("apache-header-empty");
    assert_eq!(parse(page, "/pub/empty/", 1000), None);
}

#[test]
fn other_pages_are_rejected() {
    for page in [
        "",
        "\0\0\0\x1f\u{8b}",
        "[\n{ \"name\":\"a.rpm\", \"type\":\"file\", \"mtime\":\"Tue, 14 Nov 2023 22:13:20 GMT\", \"size\":1 }\n]",
        "<?xml version=\"1.0\"?>\n<list>\n<file mtime=\"2023-11-14T22:13:20Z\" size=\"1\">a.rpm</file>\n</list>",
        // The home page of a mirror.
        "<html><title>Mirror</title><h1>Welcome</h1><a href=\"fedora/\">Fedora</a> <a href=\"debian/\">Debian</a> 12K</html>",
        "<title>Index of packages</title><h1>Index of packages</h1><a href='a.html'>a</a> <a href='b.html'>b</a>",
        // A page of documentation with a parent page.
        "<title>Guide</title><a href=\"../\">Up</a> <a href=\"a.html\">a</a> since 2024 <a href=\"b.html\">b</a>",
        // A redirect, and errors.
        "<html><head><title>301 Moved Permanently</title></head><body><h1>Moved Permanently</h1>\
         <p>The document has moved <a href=\"https://h/pub/\">here</a>.</p></body></html>",
        "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr></body></html>",
        // A shop with sort links, and a wiki.
        "<h1>Shop</h1><a href='?sort=name&order=asc'>n</a><a href='?sort=price&order=asc'>p</a><a href='a'>a</a>",
        "<h1>Wiki</h1><a href='?sort=name'>n</a><a href='?page=2'>p</a><a href='a'>a</a>",
        // Rows that a script renders.
        "<html><head><title>Index of /pub/</title></head><body><div id=app></div><script>fetch('?json')</script></body></html>",
        // A list of a program that takes names as parameters.
        "<title>Index of /pub/</title><ul><li><a href='../'>..</a><li><a href='?dir=a'>a</a></ul>",
        // Names in another directory.
        "<base href='/'><h1>Index of /pub/</h1><pre><a href='../'>../</a>\n<a href='a'>a</a> 1\n</pre>",
        "<h1>Index of /pub/</h1><pre><a href='../'>../</a>\n<a href='/intern/pub/a'>a</a> 1\n</pre>",
        "<h1>Index of /pub/</h1><pre><a href='../'>../</a>\n<a href='https://h/pub/a'>a</a> 1\n</pre>",
        // Headings in a comment, a script, a style.
        "<!-- <h1>Index of /pub/</h1> --><script>'<h1>Index of /</h1>'</script><style><h1>Index of /</style><a href=a>a</a>",
    ] {
        assert_eq!(parse_names(page), None, "{page}");
    }
}

#[test]
fn each_feature_identifies_an_index() {
    for page in [
        "<title>Index of /pub</title><ul><li><a href='a'>a</a></ul>",
        "<title>Mirror</title><h1>Index of <a href='/'>/</a><a href='/pub/'>pub</a></h1><ul><li><a href='a'>a</a></ul>",
        "<a href='?C=N;O=D'>Name</a> <a href='?C=M;O=A'>Date</a> <table><tr><td><a href='a'>a</a></table>",
        "<pre><a href='../'>../</a>\n<a href='a'>a</a>   14-Nov-2023 22:13   17\n</pre>",
        "<pre><a href='/intern/'>Parent Directory</a>\n<a href='a'>a</a>   14-Nov-2023 22:13   17\n</pre>",
        "<BASE HREF='/pub/'><TITLE>INDEX OF /PUB</TITLE><UL><LI><A HREF=a>A</A></UL>",
    ] {
        assert_eq!(parse_names(page), Some(vec!["a".to_owned()]), "{page}");
    }
}

#[test]
fn only_direct_children_are_listed() {
    let page = "<h1>Index of /pub/</h1><pre><a href='../'>../</a>\n<a href='?C=N;O=D'>n</a><a href='#a'>a</a><a href='/'>/</a>\
                <a href='/pub'>x</a><a href='//e/pub/n'>n</a><a href='http://e/x'>x</a><a href='mailto:a@b'>m</a><a>n</a>\
                <a href='a/b'>b</a><a href='a%2fb'>b</a><a href='a%00b'>b</a><a href='%2e%2e/'>b</a><a href='../../etc/passwd'>p</a>\
                <a href='javascript:alert(1)'>j</a><a href='/etc/passwd'>p</a><a href='/pub/a'>a</a>\n<a href='b&lt;script&gt;'>b</a>\n</pre>";
    assert_eq!(parse_names(page).unwrap(), ["a", "b<script>"]);
    let index = parse(page.as_bytes(), "https://e/pub/", 100).unwrap();
    assert_eq!(
        index.iter().map(|(n, _)| n).collect::<Vec<_>>(),
        ["a", "b<script>", "n"]
    );
}

#[test]
fn contradicting_lengths_of_a_repeated_name_are_unknown() {
    let row = |name: &str, size: &str| format!("<a href='{name}'>{name}</a>  14-Nov-2023 22:13  {size}\n");
    let rows = [
        ("a", "1"),
        ("b", "1"),
        ("c", "-"),
        ("d/", "4096"),
        ("b", "2"),
        ("a", "1"),
        ("c", "3"),
        ("e", "1"),
        ("e", "2"),
    ];
    let rows: String = rows.iter().map(|(name, size)| row(name, size)).collect();
    let page = format!("<h1>Index of /pub/</h1><pre>{rows}</pre>");
    let index = parse(page.as_bytes(), "/pub/", 9).unwrap();
    let size = |name| index.get(name).unwrap().size;
    assert_eq!(size("a"), Size::Exact(1));
    assert_eq!(size("b"), Size::Unknown);
    assert_eq!(size("c"), Size::Exact(3));
    assert_eq!(size("d"), Size::Unknown);
    assert_eq!(size("e"), Size::Unknown);
    assert!(index.get("d").unwrap().is_directory && index.len() == 5 && !index.is_truncated());
}

#[test]
fn parsing_stops_at_the_limit_of_names() {
    let mut page = "<h1>Index of /pub/</h1><pre><a href=\"../\">../</a>\n".to_owned();
    let head = page.len();
    for n in 0..1_000_000 {
        page.push_str("<a href=\"");
        page.push_str(&n.to_string());
        page.push_str("\">a</a> 14-Nov-2023 22:13  1\n");
    }
    let index = parse(page.as_bytes(), "/pub/", 1000).unwrap();
    assert!(index.is_truncated() && index.len() == 1000);
    // The rest of the page is not read, so truncating it makes no difference.
    let (start, _) = page.split_at(head + 60_000);
    assert_eq!(parse(start.as_bytes(), "/pub/", 1000).unwrap(), index);
    assert!(parse(page.as_bytes(), "/pub/", 0).unwrap().is_truncated());
    let exact = parse(page.as_bytes(), "/pub/", 1000).unwrap();
    assert_eq!(exact.get("999").unwrap().size, Size::Exact(1));
    assert!(exact.get("1000").is_none());
}

/// Quadratic behavior takes minutes with these pages.
#[test]
fn parsing_time_is_linear() {
    let head = "<h1>Index of /pub/</h1><pre><a href='../'>../</a>\n";
    for part in [
        "<",
        "<!--",
        "<a href='",
        "<a href=a>",
        "<a ",
        "&",
        "&#",
        "&#x",
        "&amp",
        "</",
        "<a b='c' ",
        "<h1>",
        "<pre>",
        "\n",
        " a  b",
        "%2",
        "<script>",
        "<!",
        "<?",
        "<![CDATA[",
        "\"",
        "'",
        "-",
        "<td data-a=1>",
        "\0",
        "\u{a0}",
        "<a href=a>a</a> ",
        "<base href=/>",
        "<title>",
        "<a href=\"?C=N;O=D\">",
    ] {
        let page = format!("{head}{}", part.repeat((1 << 18) / part.len()));
        let begun = Instant::now();
        drop(parse(page.as_bytes(), "/pub/", 1_000));
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(15), "{part:?} took {taken:?}");
    }
}

/// Random combinations of parts of indexes.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        proptest::sample::select(vec![
            "<h1>Index of /</h1>",
            "<a href=\"",
            "<a href=../>../</a>",
            "\">",
            "</a>",
            "a",
            "b/",
            "  ",
            "12",
            "1.2K",
            "<td>",
            "</td>",
            "<tr>",
            "<pre>",
            "\n",
            "</pre>",
            "&amp;",
            "&#x2f;",
            "%2f",
            "%00",
            "?C=N;O=D",
            "<td data-order=\"12\">",
            "<script>",
            "<!--",
            "<title>",
            "/pub/",
            "http://h/pub/x",
            "14-Nov-2023 22:13",
            "'",
            "<base href=/>",
        ])
        .prop_map(|s| s.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn check_consistency(index: &DirectoryIndex, cap: usize) -> Result<(), TestCaseError> {
    prop_assert!(index.len() <= cap);
    let names: Vec<&str> = index.iter().map(|(name, _)| name).collect();
    prop_assert!(names.is_sorted_by(|a, b| a < b));
    for (name, entry) in index.iter() {
        let raw = percent_decode(name);
        prop_assert!(
            !matches!(&raw[..], b"" | b"." | b"..") && !raw.contains(&b'/') && !raw.contains(&0),
            "{:?}",
            name
        );
        prop_assert_eq!(index.get(name), Some(entry));
        prop_assert!(!entry.is_directory || entry.size == Size::Unknown);
        if let Size::Rounded { at_least, at_most } = entry.size {
            prop_assert!(at_least <= at_most);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_are_parsed_or_rejected(page in proptest::collection::vec(any::<u8>(), 0..400), cap in 0_usize..8) {
        if let Some(index) = parse(&page, "/pub/", cap) {
            check_consistency(&index, cap)?;
        }
    }

    #[test]
    fn arbitrary_markup_is_parsed_or_rejected(page in soup(), url in "(http://h)?(/pub)?/", cap in 0_usize..8) {
        if let Some(index) = parse(&page, &url, cap) {
            check_consistency(&index, cap)?;
        }
    }

    #[test]
    fn arbitrary_links_are_classified(url in "\\PC{0,20}", href in "\\PC{0,20}") {
        drop(link::DirectoryUrl::new(&url).classify(href.as_bytes()));
    }

    /// A truncated page neither proves absence nor has wrong lengths.
    #[test]
    fn truncated_page_gives_a_truncated_or_equal_index(which in 0..PAGES.len(), part in 0.0..1.0_f64) {
        let (_, page) = PAGES[which];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::as_conversions,
            reason = "an offset in a page of some kilobytes")]
        let end = (page.len() as f64 * part) as usize;
        let complete = parse(page, DIRECTORY, 1000).unwrap();
        if let Some(index) = parse(&page[..end], DIRECTORY, 1000) {
            prop_assert!(index.is_truncated() || index == complete);
            for (name, entry) in index.iter() {
                let all = complete.get(name).unwrap();
                prop_assert!(entry == all || entry.size == Size::Unknown);
            }
        }
    }
}
