//! Comparison with a slow and simple model that keeps every line and searches all of them.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct ListedLine {
    kind: u8,
    open: bool,
    size: u64,
    time: i64,
    path: Vec<u8>,
}

impl ListedLine {
    fn text(&self) -> String {
        let mode = match (self.kind, self.open) {
            (b'l', _) => "lrwxrwxrwx",
            (b'd', true) => "drwxr-xr-x",
            (b'd', false) => "drwxr-x---",
            (_, true) => "-rw-r--r--",
            (_, false) => "-rw-r-----",
        };
        let stamp = jiff::Timestamp::from_second(self.time).unwrap();
        let mut name = String::new();
        for b in &self.path {
            if b.is_ascii_graphic() || *b == b' ' {
                name.push(char::from(*b));
            } else {
                write!(name, "\\#{b:03o}").unwrap();
            }
        }
        if name.is_empty() {
            name.push('.');
        }
        format!(
            "{mode} {:>11} {} {name}\n",
            self.size,
            stamp.strftime("%Y/%m/%d %H:%M:%S")
        )
    }
}

/// All ancestors of a path and the path itself, the top first.
fn ancestors(path: &[u8]) -> Vec<&[u8]> {
    let mut out = vec![&path[..0]];
    out.extend(
        path.iter()
            .enumerate()
            .filter(|(_, b)| **b == b'/')
            .map(|(n, _)| &path[..n]),
    );
    if !path.is_empty() {
        out.push(path);
    }
    out
}

fn parent(path: &[u8]) -> Option<&[u8]> {
    let all = ancestors(path);
    all.len().checked_sub(2).map(|n| all[n])
}

fn model(lines: &[ListedLine], is_complete: bool, dir: &PlannedDirectory) -> Evidence {
    let path = dir.path.to_bytes();
    let at = |p: &[u8]| lines.iter().filter(move |l| l.path == p).collect::<Vec<_>>();
    let error = |word| {
        ProbeResult::Unclear(ProbeError {
            code: word,
            message: String::new(),
        })
    };
    let unseen = || {
        if is_complete {
            ProbeResult::Absent(404)
        } else {
            error("rsync")
        }
    };
    // The entry itself takes precedence over its ancestors, and a link over an unreadable directory.
    let is_link = |p: &[u8]| at(p).iter().any(|l| l.kind == b'l');
    let is_unreadable = |p: &[u8]| at(p).iter().any(|l| l.kind == b'd' && !l.open);
    let above: Vec<&[u8]> = ancestors(&path).into_iter().filter(|p| *p != path).collect();
    let hidden = if is_link(&path) {
        Some("symlink")
    } else if is_unreadable(&path) {
        Some("unreadable-directory")
    } else if above.iter().any(|p| is_link(p)) {
        Some("symlink")
    } else if above.iter().any(|p| is_unreadable(p)) {
        Some("unreadable-directory")
    } else {
        None
    };
    let in_it = |l: &ListedLine| parent(&l.path) == Some(&path[..]);
    let there = at(&path).iter().any(|l| l.kind == b'd') || lines.iter().any(in_it);
    let index = match hidden {
        Some("unreadable-directory") if !dir.readable => ProbeResult::Absent(403),
        Some(word) => error(word),
        None if there => ProbeResult::Present(None),
        None => unseen(),
    };
    let mut out = Evidence {
        index: Some(index),
        ..Evidence::default()
    };
    for (position, wanted) in dir.files.iter().enumerate().filter(|_| dir.readable) {
        let name = [path.clone(), wanted.name.parse::<DirPath>().unwrap().to_bytes()];
        let name = name.join(&b"/"[..]);
        let name = name.strip_prefix(b"/").unwrap_or(&name);
        let first = at(name).into_iter().find(|l| l.kind != b'd');
        let seen = match (hidden, first) {
            (Some(word), _) => error(word),
            (None, None) => unseen(),
            (None, Some(l)) if l.kind == b'l' && wanted.size.is_some() => error("symlink"),
            (None, Some(l)) if l.kind == b'l' => ProbeResult::Present(None),
            (None, Some(l)) if !l.open => error("unreadable-directory"),
            (None, Some(_)) if wanted.size.is_none() => ProbeResult::Present(None),
            (None, Some(l)) => ProbeResult::Present(Some(l.size)),
        };
        if wanted.name == REPOMD {
            out.repomd = match seen {
                ProbeResult::Present(_) => None,
                ProbeResult::Absent(s) => Some(RepomdProbe::Absent(s)),
                ProbeResult::Unclear(t) => Some(RepomdProbe::Unclear(t)),
            };
        } else {
            out.files.push((position, seen));
        }
    }
    out
}

/// Removes error messages and the results below, which are compared on their own.
fn simplify(mut evidence: Evidence) -> Evidence {
    let blank = |seen: &mut ProbeResult| {
        if let ProbeResult::Unclear(t) = seen {
            t.message.clear();
        }
    };
    evidence.index.iter_mut().for_each(blank);
    evidence.files.iter_mut().for_each(|(_, seen)| blank(seen));
    if let Some(RepomdProbe::Unclear(t)) = &mut evidence.repomd {
        t.message.clear();
    }
    evidence.below = ChildProbes::NotProbed;
    evidence
}

const NAMES: [&[u8]; 7] = [b"a", b"a-b", b"b", b"\xff", b"%41", b"x y", b"repomd.xml"];

fn path(depth: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop::sample::select(&NAMES[..]), 0..=depth).prop_map(|parts| parts.join(&b"/"[..]))
}

prop_compose! {
    fn line()(kind in prop::sample::select(vec![b'-', b'-', b'-', b'd', b'd', b'd', b'l']), open in prop::bool::weighted(0.8),
              size in 0_u64..3, time in -100_i64..100_000, path in path(4)) -> ListedLine {
        ListedLine { kind: if path.is_empty() { b'd' } else { kind }, open: open || path.is_empty(), size, time, path }
    }
}

prop_compose! {
    fn expected()(paths in proptest::collection::btree_set(path(3), 1..8), seed in any::<u64>()) -> Vec<PlannedDirectory> {
        let mut bits = seed;
        let mut draw = |n: u64| { let drawn = bits % n; bits = bits.rotate_right(7).wrapping_mul(31).wrapping_add(1); drawn };
        let mut out = Vec::new();
        for (path, id) in paths.iter().zip(1..) {
            let mut files: BTreeMap<String, SampledFile> = BTreeMap::new();
            for _ in 0..draw(4) {
                let name = NAMES[usize::try_from(draw(7)).unwrap()];
                let name = DirPath::from_bytes(name).unwrap().as_str().to_owned();
                let size = draw(4);
                files.insert(name.clone(), SampledFile { name, size: (size < 3).then_some(size), timestamp: 0 });
            }
            let path = DirPath::from_bytes(path).unwrap();
            out.push(planned(id, path, draw(5) > 0, files.into_values().collect()));
        }
        out
    }
}

proptest! {
    #[test]
    fn evidence_equals_the_model(
        directories in expected(), lines in proptest::collection::vec(line(), 0..25), is_complete in any::<bool>(),
    ) {
        let tree = category(directories);
        let text: String = lines.iter().map(ListedLine::text).collect();
        let listing = read(&tree, &text, if is_complete { ListingEnd::Complete } else { partial() });
        prop_assert_eq!(listing.entries(), u64::try_from(lines.len()).unwrap());
        for (at, dir) in tree.plan.directories.iter().enumerate() {
            let evidence = listing.evidence(&tree, at);
            let below = evidence.below.clone();
            let missing = evidence.index.as_ref().unwrap().is_gone();
            prop_assert_eq!(simplify(evidence), model(&lines, is_complete, dir), "{}", dir.path);
            let others = || tree.plan.directories.iter().filter(|d| d.path != dir.path && dir.path.contains(&d.path));
            let is_present = |d: &PlannedDirectory| !model(&lines, true, d).index.unwrap().is_gone();
            prop_assert_eq!(below, match (missing, others().next()) {
                (false, _) => ChildProbes::NotProbed,
                (true, None) => ChildProbes::NoChildren,
                (true, Some(_)) if others().any(is_present) => ChildProbes::Probed(vec![ProbeResult::Present(None)]),
                (true, Some(_)) => ChildProbes::Probed(vec![ProbeResult::Absent(404)]),
            });
            let repomd = [dir.path.to_bytes(), REPOMD.into()].join(&b"/"[..]);
            let repomd = repomd.strip_prefix(b"/").unwrap_or(&repomd);
            let first = lines.iter().find(|l| l.kind != b'd' && l.path == repomd);
            let known = first.filter(|l| l.kind == b'-' && l.open && dir.files.iter().any(|f| f.name == REPOMD));
            prop_assert_eq!(listing.repomd(at), known.map(|l| (l.size, l.time)));
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_or_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let tree = tree_with(&HAS);
        let mut marks = ListingState::new(&tree);
        drop(parser::read(&tree, &mut bytes.as_slice(), WIDE, &mut marks));
        prop_assert!(marks.lines <= 301);
    }
}
