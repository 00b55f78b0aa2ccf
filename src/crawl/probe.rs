//! Looking at one category of one host: HEAD for every listed file, GET for `repomd.xml`.
//!
//! A directory without files is judged by its page (HEAD of its path): 200 = there; 404 or 410 = missing, where the server shows
//! pages of other directories and listed files below it say so too; anything else = held if one of its children is. What lies below a
//! missing or closed directory is not asked for. A URL that fails hands over to the category's next one. A server that says 200 to
//! a name which no mirror has is believed only where a length or a hash agrees.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::master::MasterFiles;
use super::tree::Tree;
use super::verdict::{Evidence, Expected, REPOMD, RepomdSeen, Seen, Trouble, Verdict, judge, no_answer};
use crate::model::Epoch;
use crate::model::holding::Holding;
use crate::model::names::MirrorUrl;
use crate::model::plan::PlannedDirectory;
use crate::sys::http::Agent;
use crate::sys::signals::Stop;

mod ask;
mod base;

use base::Base;

/// Requests in a row that failed on every URL, after which a category is given up.
const MAX_SILENT: u32 = 3;
/// Requests in a row without an answer to rely on (server errors among them), after which a category is given up.
const MAX_UNCLEAR: u32 = 10;
/// Files of a directory that are asked for before it is called missing.
const ABSENT_FILES: usize = 3;
/// Between the two tries of a category's base.
const SECOND_TRY: Duration = Duration::from_millis(250);

/// Why a look ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The run was asked to stop.
    Stopped,
    /// The host's time was up.
    HostDeadline,
    /// The mirror stopped answering.
    Silent(Trouble),
}

/// What became of one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was asked for.
    Verdict(Verdict),
    /// It lies below a missing one.
    BelowMissing,
    /// It lies below one that the master keeps closed, and is closed itself.
    BelowClosed,
    /// The look ended before it.
    NotAsked,
}

/// What a look at a category brought.
#[derive(Debug)]
pub struct Looked {
    /// By position in the plan.
    pub found: Vec<Found>,
    /// Its base is not there, at any URL.
    pub gone: bool,
    /// Why it ended early.
    pub ended: Option<End>,
    /// Then: where the next look is to begin, by position in the plan.
    pub resume: Option<usize>,
    /// Requests made.
    pub requests: u64,
    /// The URL that answered last.
    pub base: String,
    /// URLs that failed, with the first failure of each.
    pub url_troubles: Vec<(String, Trouble)>,
    /// Whether any answer came, of whatever status.
    pub heard: bool,
    /// Whether every failure was one that our own network could explain.
    pub may_be_ours: bool,
}

/// What all looks of a run share.
#[derive(Debug)]
pub struct Means<'a> {
    /// How requests are made.
    pub agent: &'a Agent,
    /// The master's own files.
    pub master: &'a MasterFiles,
    /// Set when the run is to end.
    pub stop: &'a Stop,
    /// The end of the host's turn.
    pub deadline: Instant,
    /// The longest `repomd.xml` that is read.
    pub max_body: u64,
    /// Now.
    pub now: Epoch,
}

/// Looks at one category, beginning where the last look ended, and going round.
pub fn look(means: &Means<'_>, tree: &Tree, urls: &[MirrorUrl], previous: &Holding) -> Looked {
    let from = previous.resume.map_or(0, |id| tree.position(id));
    let mut session = Session {
        means,
        urls,
        at: 0,
        url: String::with_capacity(256),
        silent: 0,
        unclear: 0,
        says_yes: false,
        pages: None,
        out: Looked {
            found: vec![Found::NotAsked; tree.plan.directories.len()],
            gone: false,
            ended: None,
            resume: None,
            requests: 0,
            base: String::new(),
            url_troubles: Vec::new(),
            heard: false,
            may_be_ours: true,
        },
    };
    match session.base(tree) {
        Err(end) => session.out.ended = Some(end),
        Ok(Base::Gone) => session.out.gone = true,
        Ok(Base::Silent(trouble)) => session.out.ended = Some(End::Silent(trouble)),
        Ok(Base::Answers(base)) => {
            if let Err(end) = session.try_it(base).and_then(|base| session.walk(tree, &base, from)) {
                session.out.ended = Some(end);
                session.out.resume = rest(&session.out.found, from);
            }
        }
    }
    derive(tree, &mut session.out.found, previous);
    session.out.base = session
        .urls
        .get(session.at)
        .map_or(String::new(), |u| u.as_str().to_owned());
    session.out
}

/// The first directory that was not asked for, on the way from `from` and round.
fn rest(found: &[Found], from: usize) -> Option<usize> {
    (from..found.len())
        .chain(0..from)
        .find(|at| found.get(*at) == Some(&Found::NotAsked))
}

/// What the children of a directory say of it.
#[derive(Debug, Clone, Copy, Default)]
struct Children {
    /// One is held.
    held: bool,
    /// One is not there.
    absent: bool,
    /// Of one nothing is known.
    unknown: bool,
}

/// A directory whose page tells nothing is held if one of its children is; not there if its page says so and none of them is there.
/// What is known of a child that was not asked for this time stands.
fn derive(tree: &Tree, found: &mut [Found], previous: &Holding) {
    let mut children = vec![Children::default(); found.len()];
    for at in (0..found.len()).rev() {
        let Some(one) = found.get_mut(at) else { continue };
        if let Found::Verdict(Verdict::Undecided(fault)) = one {
            let below = children.get(at).copied().unwrap_or_default();
            let no_page = ["missing", "forbidden"].contains(&fault.reason);
            *one = Found::Verdict(if below.held {
                Verdict::Current
            } else if no_page && below.absent && !below.unknown {
                Verdict::NotCurrent(fault.clone())
            } else {
                Verdict::Unanswered(fault.clone())
            });
        }
        let Some(up) = tree.parent(at).and_then(|p| children.get_mut(p)) else {
            continue;
        };
        let held_before = || tree.directory(at).is_some_and(|d| previous.held.contains(d.id.0));
        match one {
            Found::Verdict(Verdict::Current | Verdict::Ahead(_) | Verdict::Lagging(..)) => up.held = true,
            Found::NotAsked if held_before() => up.held = true,
            Found::Verdict(Verdict::Missing(_) | Verdict::NotCurrent(_)) | Found::BelowMissing => up.absent = true,
            Found::Verdict(
                Verdict::Foreign(_)
                | Verdict::Staged
                | Verdict::Exposed(_)
                | Verdict::Undecided(_)
                | Verdict::Unanswered(_),
            )
            | Found::BelowClosed
            | Found::NotAsked => up.unknown = true,
        }
    }
}

/// A look under way.
struct Session<'a> {
    means: &'a Means<'a>,
    urls: &'a [MirrorUrl],
    /// The URL in use.
    at: usize,
    /// The address of the request, made anew in the same memory.
    url: String,
    silent: u32,
    unclear: u32,
    /// It says 200 for a name that no mirror has, so that its 200 alone means nothing.
    says_yes: bool,
    /// Whether it shows pages of directories; `None` = not known yet.
    pages: Option<bool>,
    out: Looked,
}

impl Session<'_> {
    fn may_go_on(&self) -> Result<(), End> {
        if self.means.stop.asked() {
            return Err(End::Stopped);
        }
        if Instant::now() >= self.means.deadline {
            return Err(End::HostDeadline);
        }
        Ok(())
    }

    /// From `from` to the end, then the rest. A part in which the mirror says nothing must not keep the others from being asked:
    /// where the first part ends in silence, the rest gets its own chance.
    fn walk(&mut self, tree: &Tree, base: &Seen, from: usize) -> Result<(), End> {
        let all = tree.plan.directories.len();
        let first = self.stretch(tree, base, from..all);
        if matches!(first, Err(End::Stopped | End::HostDeadline)) || (first.is_err() && from == 0) {
            return first;
        }
        (self.silent, self.unclear) = (0, 0);
        self.stretch(tree, base, 0..from)?;
        first
    }

    fn stretch(&mut self, tree: &Tree, base: &Seen, part: Range<usize>) -> Result<(), End> {
        for at in part {
            let Some(directory) = tree.directory(at) else { continue };
            let above = tree.parent(at).and_then(|p| self.out.found.get(p));
            let found = match above {
                Some(Found::BelowMissing | Found::Verdict(Verdict::Missing(_))) => Ok(Found::BelowMissing),
                Some(Found::BelowClosed | Found::Verdict(Verdict::Staged | Verdict::Exposed(_))) => {
                    Ok(Found::BelowClosed)
                }
                Some(Found::Verdict(_) | Found::NotAsked) | None => {
                    self.directory(tree, at, directory, base).map(Found::Verdict)
                }
            };
            let (found, end) = match found {
                Ok(found) => (found, None),
                // It was asked for, and gave no answer.
                Err(End::Silent(trouble)) => (
                    Found::Verdict(Verdict::Unanswered(no_answer("", &trouble))),
                    Some(End::Silent(trouble)),
                ),
                Err(end @ (End::Stopped | End::HostDeadline)) => (Found::NotAsked, Some(end)),
            };
            if let Some(slot) = self.out.found.get_mut(at) {
                *slot = found;
            }
            if let Some(end) = end {
                return Err(end);
            }
        }
        Ok(())
    }

    fn directory(&mut self, tree: &Tree, at: usize, dir: &PlannedDirectory, base: &Seen) -> Result<Verdict, End> {
        let expected = Expected::of(dir, self.means.now, tree.plan.ageing);
        let path = tree.url_path(at);
        let mut seen = Evidence::default();
        if !dir.readable || (dir.files.is_empty() && expected.repomd.is_none()) {
            self.page(path, base, &mut seen)?;
            if dir.readable && seen.index.as_ref().is_some_and(Seen::is_gone) {
                seen.below = self.below(tree, at)?;
            }
            return Ok(judge(&expected, &seen));
        }
        let mut go_on = true;
        if let Some(versions) = &expected.repomd {
            let answer = self.repomd(path)?;
            go_on = matches!(&answer, RepomdSeen::Hash(h) if h == versions.newest_hash());
            if let RepomdSeen::Hash(hash) = &answer
                && versions.find(hash) == super::verdict::Match::Unknown
            {
                let (category, master) = (tree.plan.id, self.means.master);
                seen.master = Some(master.compare(category, dir.id, &dir.path, hash));
            }
            seen.repomd = Some(answer);
        }
        if go_on {
            self.files(path, &expected, &mut seen)?;
        }
        if lacks_something(&seen) {
            self.confirm_absent(tree, at, &expected, base, &mut seen)?;
        }
        Ok(judge(&expected, &seen))
    }

    /// The listed files, until one is wrong.
    fn files(&mut self, path: &str, expected: &Expected<'_>, seen: &mut Evidence) -> Result<(), End> {
        for (position, file) in expected.files.iter().enumerate() {
            if expected.repomd.is_some() && file.name == REPOMD {
                continue;
            }
            let answer = self.head(path, &file.name)?;
            let good = match &answer {
                Seen::Present(length) => length.is_none() || file.size.is_none() || *length == file.size,
                Seen::Absent(_) | Seen::Unclear(_) => false,
            };
            seen.files.push((position, answer));
            if !good {
                break;
            }
        }
        Ok(())
    }

    /// Is it only the file, or the directory and all that lies below? Its page, some more of its files and one below it tell.
    fn confirm_absent(
        &mut self,
        tree: &Tree,
        at: usize,
        expected: &Expected<'_>,
        base: &Seen,
        seen: &mut Evidence,
    ) -> Result<(), End> {
        let path = tree.url_path(at);
        self.page(path, base, seen)?;
        if !seen.index.as_ref().is_some_and(Seen::is_gone) {
            return Ok(());
        }
        for (position, file) in expected.files.iter().enumerate().take(ABSENT_FILES) {
            let asked = (expected.repomd.is_some() && file.name == REPOMD)
                || seen.files.iter().any(|(known, _)| *known == position);
            if asked {
                continue;
            }
            let answer = self.head(path, &file.name)?;
            let gone = answer.is_gone();
            seen.files.push((position, answer));
            if !gone {
                return Ok(());
            }
        }
        seen.below = self.below(tree, at)?;
        Ok(())
    }

    fn page(&mut self, path: &str, base: &Seen, seen: &mut Evidence) -> Result<(), End> {
        seen.index = Some(if path.is_empty() {
            base.clone()
        } else {
            let page = self.head(path, "")?;
            if matches!(page, Seen::Present(_)) {
                self.pages = Some(true);
            }
            page
        });
        Ok(())
    }
}

/// Whether something answered that it is not there, so that it is worth asking whether the whole directory is missing.
fn lacks_something(seen: &Evidence) -> bool {
    matches!(seen.repomd, Some(RepomdSeen::Absent(404 | 410))) || seen.files.iter().any(|(_, f)| f.is_gone())
}

fn first_file(tree: &Tree, at: usize) -> &str {
    tree.directory(at)
        .and_then(|d| d.files.first())
        .map_or("", |f| f.name.as_str())
}
