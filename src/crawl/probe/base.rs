//! The first requests of a look: is the category there, at which URL, and does the server show pages of directories?
//!
//! A category is gone only when every URL says twice, of its base and of every sample file, that it is not there. Whatever
//! else comes (server errors, timeouts, redirects, 403) says nothing of the kind.

use super::request::{RequestKind, seen_of, status_trouble, trouble_of};
use super::{DirectoryResult, Interruption, ProbeSession, RETRY_DELAY, first_file};
use crate::crawl::classify::{ChildProbes, Classification, Evidence, ProbeError, ProbeResult};
use crate::crawl::tree::Tree;
use crate::model::names::MirrorUrl;
use crate::sys::http::FetchError;

/// How many directories stand for a category, or for all that lies below a directory.
const SAMPLES: usize = 3;

pub(super) enum Base {
    Answers(ProbeResult),
    Gone,
    Silent(ProbeError),
}

/// What a server says of directories that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DirectoryBehaviour {
    /// It shows them.
    Shown,
    /// 403: one of which it says 404 is not there.
    Forbidden,
    /// Nothing else than of those that are not there.
    Unknown,
}

/// What the sample files of a category say.
enum Liveness {
    Alive,
    /// None is there, at any URL.
    Gone,
    Unclear(ProbeError),
}

/// What one round of all URLs said of the base.
enum BaseProbe {
    Answers(ProbeResult),
    /// Some URL has no page there: that alone says little.
    NoPage {
        seen: ProbeResult,
        /// All of them said so by 404 or 410.
        everywhere: bool,
    },
    Silent(ProbeError),
}

impl ProbeSession<'_> {
    /// Finds the URL to work with.
    pub(super) fn base(&mut self, tree: &Tree) -> Result<Base, Interruption> {
        let mut trouble = None;
        let mut gone_before = false;
        for second in [false, true] {
            if second {
                self.pause()?;
            }
            let (seen, everywhere) = match self.base_round()? {
                BaseProbe::Answers(seen) => return Ok(Base::Answers(seen)),
                BaseProbe::NoPage { seen, everywhere } => (seen, everywhere),
                BaseProbe::Silent(why) => {
                    trouble = Some(why);
                    continue;
                }
            };
            match self.check_liveness(tree)? {
                Liveness::Alive => {
                    self.is_alive = true;
                    return Ok(Base::Answers(seen));
                }
                Liveness::Gone if everywhere && gone_before => return Ok(Base::Gone),
                Liveness::Gone => gone_before = everywhere,
                Liveness::Unclear(why) => trouble = Some(why),
            }
            if let ProbeResult::Unclear(why) = seen {
                trouble = Some(why);
            }
        }
        Ok(Base::Silent(trouble.unwrap_or_else(|| ProbeError {
            code: "status",
            message: "it was not there the one time, and gave no clear answer the other".to_owned(),
        })))
    }

    fn base_round(&mut self) -> Result<BaseProbe, Interruption> {
        let mut trouble = ProbeError {
            code: "no-usable-url",
            message: "it has no URL that can be asked".to_owned(),
        };
        let mut no_page = None;
        let mut unclear = None;
        let mut gone = 0;
        for at in 0..self.urls.len() {
            match self.request_on(at, RequestKind::Head, "", "")? {
                Err(e @ FetchError::Redirect(_)) => no_page = Some(ProbeResult::Unclear(trouble_of(&e))),
                Err(e) => trouble = trouble_of(&e),
                Ok(answer) => match seen_of(&answer) {
                    seen @ ProbeResult::Absent(404 | 410) => {
                        gone += 1;
                        no_page.get_or_insert(seen);
                    }
                    // It is there, and cannot do it just now; another URL may.
                    ProbeResult::Unclear(why) => {
                        self.note_url(at, &why);
                        unclear.get_or_insert((at, why));
                    }
                    seen @ (ProbeResult::Present(_) | ProbeResult::Absent(_)) => {
                        self.at = at;
                        return Ok(BaseProbe::Answers(seen));
                    }
                },
            }
        }
        if let Some((at, why)) = unclear {
            self.at = at;
            return Ok(BaseProbe::Answers(ProbeResult::Unclear(why)));
        }
        Ok(no_page.map_or(BaseProbe::Silent(trouble), |seen| BaseProbe::NoPage {
            seen,
            everywhere: gone == self.urls.len(),
        }))
    }

    /// Some listed files at each URL: a server without directory pages has them all the same.
    fn check_liveness(&mut self, tree: &Tree) -> Result<Liveness, Interruption> {
        let places = tree.samples(SAMPLES);
        let mut unclear = places.is_empty().then(|| ProbeError {
            code: "status",
            message: "its base is not there, and the category lists no file that could be asked for".to_owned(),
        });
        for at in 0..self.urls.len() {
            for place in &places {
                let why =
                    match self.request_on(at, RequestKind::Head, tree.url_path(*place), first_file(tree, *place))? {
                        Err(e) => trouble_of(&e),
                        Ok(answer) => match seen_of(&answer) {
                            ProbeResult::Present(_) => {
                                self.at = at;
                                return Ok(Liveness::Alive);
                            }
                            ProbeResult::Absent(404 | 410) => continue,
                            ProbeResult::Absent(status) => status_trouble(status),
                            ProbeResult::Unclear(why) => why,
                        },
                    };
                unclear.get_or_insert(why);
            }
        }
        Ok(unclear.map_or(Liveness::Gone, Liveness::Unclear))
    }

    /// Where nothing was found out, and an error or a refusal in place of its page says nothing either: whether some of its files are
    /// there.
    pub(super) fn check_reachable(&mut self, tree: &Tree) -> Result<(), Interruption> {
        let is_open = |f: &DirectoryResult| {
            matches!(
                f,
                DirectoryResult::Unchanged | DirectoryResult::Classified(Classification::NeedsContext(_))
            )
        };
        if !self.out.reached && !self.is_soft_404() && self.out.results.iter().all(is_open) {
            self.out.reached = matches!(self.check_liveness(tree)?, Liveness::Alive);
        }
        Ok(())
    }

    /// The first trouble of each URL is a finding.
    pub(super) fn note_url(&mut self, at: usize, why: &ProbeError) {
        let url = self.urls.get(at).map_or("", MirrorUrl::as_str);
        let told = &mut self.out.url_errors;
        if !told.iter().any(|(known, _)| known == url) {
            told.push((url.to_owned(), why.clone()));
        }
    }

    pub(super) fn pause(&self) -> Result<(), Interruption> {
        self.check_limits()?;
        std::thread::sleep(RETRY_DELAY);
        self.check_limits()
    }

    /// What the server says of directories, so that a page which is not there says something.
    pub(super) fn directories(&mut self, tree: &Tree) -> Result<DirectoryBehaviour, Interruption> {
        if let Some(known) = self.directories {
            return Ok(known);
        }
        // The page of the top, where it is a list of names; a page for visitors says nothing of the others.
        if !self.is_soft_404() && self.index("", &mut Evidence::default())?.is_some() {
            return Ok(DirectoryBehaviour::Shown);
        }
        let mut found = DirectoryBehaviour::Unknown;
        for place in tree.samples(SAMPLES) {
            let path = tree.url_path(place);
            if path.is_empty() {
                continue;
            }
            match self.head_of_page(path)? {
                ProbeResult::Present(_) => {
                    found = DirectoryBehaviour::Shown;
                    break;
                }
                ProbeResult::Absent(403) => found = DirectoryBehaviour::Forbidden,
                ProbeResult::Absent(_) | ProbeResult::Unclear(_) => {}
            }
        }
        self.directories = Some(found);
        Ok(found)
    }

    /// Listed files below a directory that has no page. Where the server has no pages, each directory below is asked for itself:
    /// a mirror may well hold some of them only. But one that was known to be missing with all below is missing until something of it
    /// is seen; then all of it is asked for. The top is never asked for in this way: there was a sign of life already.
    pub(super) fn probe_descendants(&mut self, tree: &Tree, at: usize) -> Result<ChildProbes, Interruption> {
        if tree.is_top(at) {
            return Ok(ChildProbes::NotProbed);
        }
        if !tree.has_below(at) {
            return Ok(ChildProbes::NoChildren);
        }
        let was_missing = tree
            .directory(at)
            .is_some_and(|d| self.previous.missing.contains(d.id.0));
        if !was_missing && self.directories(tree)? == DirectoryBehaviour::Unknown {
            return Ok(ChildProbes::NotProbed);
        }
        let mut all = Vec::new();
        for sign in tree.sample_descendants(at, SAMPLES) {
            let seen = self.head(tree.url_path(sign), first_file(tree, sign), None)?;
            let gone = seen.is_gone();
            all.push(seen);
            if !gone {
                if was_missing {
                    self.add_descendants(tree, at);
                }
                break;
            }
        }
        Ok(ChildProbes::Probed(all))
    }
}
