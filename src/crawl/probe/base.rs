//! The first requests of a look: is the category there, at which URL, and does the server show pages of directories?
//!
//! A category is gone only when every URL says twice, of its base and of every sample file, that it is not there. Whatever
//! else comes (server errors, timeouts, redirects, 403) says nothing of the kind.

use super::ask::{How, seen_of, status_trouble, trouble_of};
use super::{End, Found, SECOND_TRY, Session, first_file};
use crate::crawl::tree::Tree;
use crate::crawl::verdict::{Below, Evidence, Seen, Trouble, Verdict};
use crate::model::names::MirrorUrl;
use crate::sys::http::FetchError;

/// How many directories stand for a category, or for all that lies below a directory.
const SAMPLES: usize = 3;

pub(super) enum Base {
    Answers(Seen),
    Gone,
    Silent(Trouble),
}

/// What a server says of directories that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directories {
    /// It shows them.
    Shown,
    /// 403: one of which it says 404 is not there.
    Forbidden,
    /// Nothing else than of those that are not there.
    Untold,
}

/// What the sample files of a category say.
enum Signs {
    Alive,
    /// None is there, at any URL.
    Gone,
    Unclear(Trouble),
}

/// What one round of all URLs said of the base.
enum Round {
    Answers(Seen),
    /// Some URL has no page there: that alone says little.
    NoPage {
        seen: Seen,
        /// All of them said so by 404 or 410.
        everywhere: bool,
    },
    Silent(Trouble),
}

impl Session<'_> {
    /// Finds the URL to work with.
    pub(super) fn base(&mut self, tree: &Tree) -> Result<Base, End> {
        let mut trouble = None;
        let mut gone_before = false;
        for second in [false, true] {
            if second {
                self.pause()?;
            }
            let (seen, everywhere) = match self.base_round()? {
                Round::Answers(seen) => return Ok(Base::Answers(seen)),
                Round::NoPage { seen, everywhere } => (seen, everywhere),
                Round::Silent(why) => {
                    trouble = Some(why);
                    continue;
                }
            };
            match self.life_signs(tree)? {
                Signs::Alive => {
                    self.is_alive = true;
                    return Ok(Base::Answers(seen));
                }
                Signs::Gone if everywhere && gone_before => return Ok(Base::Gone),
                Signs::Gone => gone_before = everywhere,
                Signs::Unclear(why) => trouble = Some(why),
            }
            if let Seen::Unclear(why) = seen {
                trouble = Some(why);
            }
        }
        Ok(Base::Silent(trouble.unwrap_or_else(|| Trouble {
            word: "status",
            text: "it was not there the one time, and gave no clear answer the other".to_owned(),
        })))
    }

    fn base_round(&mut self) -> Result<Round, End> {
        let mut trouble = Trouble {
            word: "no-url",
            text: "it has no URL that can be asked".to_owned(),
        };
        let mut no_page = None;
        let mut unclear = None;
        let mut gone = 0;
        for at in 0..self.urls.len() {
            match self.one(at, How::Head, "", "")? {
                Err(e @ FetchError::Redirect(_)) => no_page = Some(Seen::Unclear(trouble_of(&e))),
                Err(e) => trouble = trouble_of(&e),
                Ok(answer) => match seen_of(&answer) {
                    seen @ Seen::Absent(404 | 410) => {
                        gone += 1;
                        no_page.get_or_insert(seen);
                    }
                    // It is there, and cannot do it just now; another URL may.
                    Seen::Unclear(why) => {
                        self.note_url(at, &why);
                        unclear.get_or_insert((at, why));
                    }
                    seen @ (Seen::Present(_) | Seen::Absent(_)) => {
                        self.at = at;
                        return Ok(Round::Answers(seen));
                    }
                },
            }
        }
        if let Some((at, why)) = unclear {
            self.at = at;
            return Ok(Round::Answers(Seen::Unclear(why)));
        }
        Ok(no_page.map_or(Round::Silent(trouble), |seen| Round::NoPage {
            seen,
            everywhere: gone == self.urls.len(),
        }))
    }

    /// Some listed files at each URL: a server without directory pages has them all the same.
    fn life_signs(&mut self, tree: &Tree) -> Result<Signs, End> {
        let places = tree.samples(SAMPLES);
        let mut unclear = places.is_empty().then(|| Trouble {
            word: "status",
            text: "its base is not there, and the category lists no file that could be asked for".to_owned(),
        });
        for at in 0..self.urls.len() {
            for place in &places {
                let why = match self.one(at, How::Head, tree.url_path(*place), first_file(tree, *place))? {
                    Err(e) => trouble_of(&e),
                    Ok(answer) => match seen_of(&answer) {
                        Seen::Present(_) => {
                            self.at = at;
                            return Ok(Signs::Alive);
                        }
                        Seen::Absent(404 | 410) => continue,
                        Seen::Absent(status) => status_trouble(status),
                        Seen::Unclear(why) => why,
                    },
                };
                unclear.get_or_insert(why);
            }
        }
        Ok(unclear.map_or(Signs::Gone, Signs::Unclear))
    }

    /// Where nothing was found out, and an error or a refusal in place of its page says nothing either: whether some of its files are
    /// there.
    pub(super) fn reach(&mut self, tree: &Tree) -> Result<(), End> {
        let is_open = |f: &Found| matches!(f, Found::Kept | Found::Verdict(Verdict::Undecided(_)));
        if !self.out.reached && !self.says_yes() && self.out.found.iter().all(is_open) {
            self.out.reached = matches!(self.life_signs(tree)?, Signs::Alive);
        }
        Ok(())
    }

    /// The first trouble of each URL is a finding.
    pub(super) fn note_url(&mut self, at: usize, why: &Trouble) {
        let url = self.urls.get(at).map_or("", MirrorUrl::as_str);
        let told = &mut self.out.url_troubles;
        if !told.iter().any(|(known, _)| known == url) {
            told.push((url.to_owned(), why.clone()));
        }
    }

    pub(super) fn pause(&self) -> Result<(), End> {
        self.may_go_on()?;
        std::thread::sleep(SECOND_TRY);
        self.may_go_on()
    }

    /// What the server says of directories, so that a page which is not there says something.
    pub(super) fn directories(&mut self, tree: &Tree) -> Result<Directories, End> {
        if let Some(known) = self.directories {
            return Ok(known);
        }
        // The page of the top, where it is a list of names; a page for visitors says nothing of the others.
        if !self.says_yes() && self.index("", &mut Evidence::default())?.is_some() {
            return Ok(Directories::Shown);
        }
        let mut found = Directories::Untold;
        for place in tree.samples(SAMPLES) {
            let path = tree.url_path(place);
            if path.is_empty() {
                continue;
            }
            match self.head_of_page(path)? {
                Seen::Present(_) => {
                    found = Directories::Shown;
                    break;
                }
                Seen::Absent(403) => found = Directories::Forbidden,
                Seen::Absent(_) | Seen::Unclear(_) => {}
            }
        }
        self.directories = Some(found);
        Ok(found)
    }

    /// Listed files below a directory that has no page. Where the server has no pages, each directory below is asked for itself:
    /// a mirror may well hold some of them only. But one that was known to be missing with all below is missing until something of it
    /// is seen; then all of it is asked for. The top is never asked for in this way: there was a sign of life already.
    pub(super) fn below(&mut self, tree: &Tree, at: usize) -> Result<Below, End> {
        if tree.is_top(at) {
            return Ok(Below::NotAsked);
        }
        if !tree.has_below(at) {
            return Ok(Below::Nothing);
        }
        let was_missing = tree
            .directory(at)
            .is_some_and(|d| self.previous.missing.contains(d.id.0));
        if !was_missing && self.directories(tree)? == Directories::Untold {
            return Ok(Below::NotAsked);
        }
        let mut all = Vec::new();
        for sign in tree.signs_below(at, SAMPLES) {
            let seen = self.head(tree.url_path(sign), first_file(tree, sign), None)?;
            let gone = seen.is_gone();
            all.push(seen);
            if !gone {
                if was_missing {
                    self.want_below(tree, at);
                }
                break;
            }
        }
        Ok(Below::Asked(all))
    }
}
