//! Probes of directories that are unreadable on the master.
//!
//! A mirror should have them unreadable, too. Its page does not show that: many servers refuse the page of every directory and serve
//! the files in it, and a directory that is closed can be served below another path. So a file is requested as well, in the directory
//! itself and in those below it, until one is served: then the directory is leaked.

use super::server_traits::DirectoryBehavior;
use super::{CategoryProber, DirectoryResult, Interruption, Target};
use crate::crawl::classify::{Classification, Evidence, Expected, LEAKED, ProbeResult, REPOMD, fault};
use crate::model::inventory::ExceptionState;
use crate::model::plan::{PlannedDirectory, PlannedFile};

/// Whether something in a directory is served.
enum FileServed {
    Yes(String),
    No,
    Unclear,
}

impl CategoryProber<'_> {
    /// Probes the topmost directory that is unreadable on the master.
    pub(super) fn probe_staged(&mut self, target: &Target<'_>) -> Result<DirectoryResult, Interruption> {
        let (directory, has_http) = (target.directory, !self.transport.urls.is_empty());
        let listed = self.rsync_evidence(target.at).filter(|e| e.index.is_some());
        let result = match listed {
            Some(evidence) => self.classify_directory(target, &evidence),
            None => self.probe_staged_page(target)?,
        };
        // Unchanged: the server does not show whether directories exist.
        let is_closed = matches!(
            result,
            DirectoryResult::Classified(Classification::Staged)
                | DirectoryResult::BelowClosed
                | DirectoryResult::Unchanged
        );
        if !is_closed || !has_http {
            return Ok(result);
        }
        Ok(match self.probe_staged_file(target)? {
            FileServed::Yes(file) => leaked(&file),
            FileServed::Unclear if self.was_leaked(directory) => DirectoryResult::Unchanged,
            FileServed::No | FileServed::Unclear => result,
        })
    }

    /// Probes a directory below one that is unreadable on the master, and also on the mirror as far as it is known.
    pub(super) fn probe_below_closed(
        &mut self,
        at: usize,
        directory: &PlannedDirectory,
    ) -> Result<DirectoryResult, Interruption> {
        let target = &Target {
            at,
            directory,
            path: self.tree.url_path(at),
            expected: Expected::new(directory, self.context.now, self.tree.plan.retention),
        };
        let listed = self.rsync_evidence(at).and_then(|evidence| evidence.index);
        if matches!(listed, Some(ProbeResult::Present(_))) {
            return Ok(leaked(""));
        }
        let is_absent = listed.is_some_and(|index| index.is_gone());
        if is_absent || self.transport.urls.is_empty() {
            return Ok(DirectoryResult::BelowClosed);
        }
        let served = if staged_file(directory).is_some() {
            self.probe_staged_file(target)?
        } else {
            match self.head(target.path, "", None)? {
                ProbeResult::Present(_) => FileServed::Yes(String::new()),
                ProbeResult::Absent(_) => FileServed::No,
                ProbeResult::Unclear(_) => FileServed::Unclear,
            }
        };
        Ok(match served {
            FileServed::Yes(file) => leaked(&file),
            // What is known of a leak stays until the mirror is seen without it.
            FileServed::Unclear if self.was_leaked(directory) => DirectoryResult::Unchanged,
            FileServed::No | FileServed::Unclear => DirectoryResult::BelowClosed,
        })
    }

    /// Returns true if the mirror still has a directory unreadable that the master has opened since: neither its page nor a file
    /// in it or below it is served.
    pub(super) fn is_still_staged(&mut self, target: &Target<'_>) -> Result<bool, Interruption> {
        let (at, directory) = (target.at, target.directory);
        let exception = self.previous.exceptions.get(&directory.id);
        let was_staged = exception.is_some_and(|e| e.state == ExceptionState::Staged);
        if !was_staged || !directory.readable || self.transport.urls.is_empty() {
            return Ok(false);
        }
        // Some servers have no pages of directories at all.
        let page = self.head(target.path, "", None)?;
        if !matches!(page, ProbeResult::Absent(_)) {
            return Ok(false);
        }
        let with_file = if directory.files.is_empty() {
            self.tree.sample_descendants(at, 1).first().copied()
        } else {
            Some(at)
        };
        let file = with_file.and_then(|at| Some((at, staged_file(self.tree.directory(at)?)?)));
        let Some((at, file)) = file else {
            return Ok(page == ProbeResult::Absent(403));
        };
        let seen = self.head(self.tree.url_path(at), file.name, file.size)?;
        Ok(seen == ProbeResult::Absent(403))
    }

    fn probe_staged_page(&mut self, target: &Target<'_>) -> Result<DirectoryResult, Interruption> {
        let mut evidence = Evidence::default();
        self.probe_page(target.path, &mut evidence)?;
        let id = target.directory.id;
        let is_elsewhere = matches!(&evidence.index, Some(ProbeResult::Unclear(error)) if error.code == "redirect");
        let is_forbidden = evidence.index == Some(ProbeResult::Absent(403));
        let is_gone = evidence.index.as_ref().is_some_and(ProbeResult::is_gone);
        // The page counts as far as the server responds differently for directories that exist.
        if is_elsewhere || (is_gone && self.directory_behavior()? == DirectoryBehavior::LooksMissing) {
            let is_known = self.previous.exceptions.contains_key(&id);
            return Ok(if is_known {
                DirectoryResult::Unchanged
            } else {
                DirectoryResult::BelowClosed
            });
        }
        if is_forbidden && self.previous.missing.contains(id.0) {
            self.add_descendants(target.at);
        }
        Ok(self.classify_directory(target, &evidence))
    }

    /// Requests one file of the directory. A page with status 200 for visitors has another length than the file.
    fn probe_staged_file(&mut self, target: &Target<'_>) -> Result<FileServed, Interruption> {
        let Some(file) = staged_file(target.directory) else {
            return Ok(FileServed::No);
        };
        Ok(match self.probe_file(target.path, file)? {
            ProbeResult::Present(length) if length.is_none() || length == file.size => {
                FileServed::Yes(file.name.to_owned())
            }
            ProbeResult::Present(_) | ProbeResult::Absent(_) => FileServed::No,
            ProbeResult::Unclear(_) => FileServed::Unclear,
        })
    }

    /// A leaked directory is probed by every crawl until it is closed.
    fn was_leaked(&self, directory: &PlannedDirectory) -> bool {
        self.previous.pending_probe.contains(directory.id.0)
    }
}

fn leaked(file: &str) -> DirectoryResult {
    DirectoryResult::Classified(Classification::Leaked(fault(
        file,
        LEAKED,
        "unreadable, as on the master",
        "readable",
    )))
}

/// The file that shows best whether a directory is served: metadata, else the first one that is not empty.
fn staged_file(directory: &PlannedDirectory) -> Option<PlannedFile<'_>> {
    let has_content = |file: &PlannedFile<'_>| file.size.is_some_and(|size| size > 0);
    let metadata = directory.files.iter().find(|f| f.name == REPOMD);
    metadata.or_else(|| directory.files.iter().find(has_content))
}
