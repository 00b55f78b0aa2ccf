//! Loading data and tables, at the start and whenever they change.
//!
//! Each file is read, checked and swapped by itself. What is refused is logged once for each content and counted; what was
//! served before goes on being served.

use crate::model::continents::built_in_continents;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use anyhow::{Context as _, Error, bail};
use sd_notify::NotifyState;
use serde::Serialize;

use crate::answer::geo::{self, GeoIp};
use crate::answer::index::{Index, IndexSource};
use crate::answer::prefix::RangeTable;
use crate::mm2;
use crate::model::continents::Continents;
use crate::snapshot::Snapshot;
use crate::snapshot::generation;
use crate::sys::errors::format_chain;

use super::files::{self, FileStamp};
use super::listener::notify_systemd;
use super::pages::Pages;
use super::state::{GenerationData, LiveData, ServerState};
use super::{DataSource, InputFiles, Options};

/// A generation whose files are larger together is refused.
const MAX_GENERATION: u64 = 2 << 30;

/// By how much the thread that loads stands back behind those that answer.
const LOADER_NICENESS: i32 = 19;

/// What can change by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputKind {
    Data,
    GeoIp,
    Netblocks,
    Continents,
}

impl InputKind {
    const ALL: [Self; 4] = [Self::Data, Self::GeoIp, Self::Netblocks, Self::Continents];

    fn name(self) -> &'static str {
        match self {
            Self::Data => "the data",
            Self::GeoIp => "the GeoIP database",
            Self::Netblocks => "the AS numbers",
            Self::Continents => "the continents",
        }
    }

    /// The file whose change tells that it changed; none when it is not configured.
    fn file(self, options: &Options) -> Option<PathBuf> {
        match self {
            Self::Data => Some(match &options.origin {
                DataSource::Generations(dir) => dir.join(generation::CURRENT).join(generation::MANIFEST),
                DataSource::Mm2Cache(path) => path.clone(),
            }),
            Self::GeoIp => options.inputs.geoip.clone(),
            Self::Netblocks => options.inputs.netblocks.clone(),
            Self::Continents => options.inputs.continents.clone(),
        }
    }

    /// Whether it is replaced in one step, so that a change is whole the moment it is seen.
    fn is_atomic(self, options: &Options) -> bool {
        self == Self::Data && matches!(options.origin, DataSource::Generations(_))
    }
}

/// Keeps what is served up to date.
#[derive(Debug)]
pub(super) struct Loader {
    state: Arc<ServerState>,
    /// For each of [`InputKind::ALL`]: the content that was last tried, and the one seen since.
    seen: [LastSeen; InputKind::ALL.len()],
}

#[derive(Debug, Clone, Default)]
struct LastSeen {
    tried: Option<FileStamp>,
    pending: Option<FileStamp>,
    /// What was said of the last try, where it failed for a reason that may pass: it is tried again, and said once.
    passing: Option<String>,
}

/// Whether a load failed for a reason that may pass while the content stays as it is: no free descriptor, no memory, a disk that
/// does not answer. Content that is bad stays bad, and what is not there comes as a change.
fn is_transient(error: &Error) -> bool {
    use std::io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| !matches!(e.kind(), NotFound | InvalidData | UnexpectedEof))
}

impl Loader {
    /// Loads everything for the first time. Tables that are missing are warned of; a missing generation too, because it may
    /// come; a cache of MirrorManager2 that cannot be used is an error.
    pub(super) fn first(state: &Arc<ServerState>) -> Result<Self, Error> {
        let mut loader = Self {
            state: Arc::clone(state),
            seen: std::array::from_fn(|_| LastSeen::default()),
        };
        for (place, what) in InputKind::ALL.into_iter().enumerate() {
            let Some(file) = what.file(&state.options) else {
                missing(what);
                loader.missing_table_warning(what)?;
                continue;
            };
            if let Some(seen) = loader.seen.get_mut(place) {
                seen.tried = files::stamp(&file);
            }
            if let Err(error) = loader.load(what) {
                if what == InputKind::Data && matches!(state.options.origin, DataSource::Mm2Cache(_)) {
                    return Err(error);
                }
                loader.refused(place, what, &error);
                loader.missing_table_warning(what)?;
            }
        }
        Ok(loader)
    }

    /// Starts the thread that watches; what is sent to the returned end makes it load everything anew.
    pub(super) fn start(self) -> Result<Sender<()>, Error> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("loader".into())
            .spawn(move || self.watch(&receiver))
            .context("starting the loader")?;
        Ok(sender)
    }

    fn watch(mut self, commands: &Receiver<()>) {
        // A load takes a core for a while: clients come first. Of this thread only, as Linux has it; without it a load is no worse.
        if let Err(e) = rustix::process::nice(LOADER_NICENESS) {
            tracing::debug!("the loader runs as all others do: {e}");
        }
        let poll = self.state.options.poll;
        loop {
            let force = match commands.recv_timeout(poll) {
                Ok(()) => {
                    // With the time, as `Type=notify-reload` asks for.
                    let now = NotifyState::monotonic_usec_now().ok();
                    notify_systemd(&[&[NotifyState::Reloading][..], now.as_slice()].concat());
                    true
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for (place, what) in InputKind::ALL.into_iter().enumerate() {
                self.look(place, what, force);
            }
            if force {
                notify_systemd(&[NotifyState::Ready]);
            }
        }
    }

    /// Looks whether one of them changed, and loads it.
    fn look(&mut self, place: usize, what: InputKind, force: bool) {
        let Some(file) = what.file(&self.state.options) else {
            return;
        };
        let now = files::stamp(&file);
        let Some(seen) = self.seen.get_mut(place) else { return };
        let again = now == seen.tried && seen.passing.is_some();
        if !force && !again && (now == seen.tried || now.is_none()) {
            seen.pending = None;
            return;
        }
        // A file that is written in place is not read while it grows: it must look the same twice.
        if !force && !again && !what.is_atomic(&self.state.options) && seen.pending != now {
            seen.pending = now;
            return;
        }
        (seen.tried, seen.pending) = (now, None);
        match self.load(what) {
            Ok(()) => {
                if let Some(seen) = self.seen.get_mut(place) {
                    seen.passing = None;
                }
                tracing::info!(file = %file.display(), "loaded {}", what.name());
            }
            Err(error) => self.refused(place, what, &error),
        }
    }

    fn refused(&mut self, place: usize, what: InputKind, error: &Error) {
        self.state.metrics.failed_loads.inc();
        if what == InputKind::Data {
            self.state.metrics.stale.set(1);
        }
        let why = format_chain(error.as_ref());
        let passing = is_transient(error).then(|| why.clone());
        let said = match self.seen.get_mut(place) {
            Some(seen) => std::mem::replace(&mut seen.passing, passing),
            None => None,
        };
        if said.as_ref() != Some(&why) {
            tracing::error!(
                "{} refused, what was served before goes on being served: {why}",
                what.name()
            );
        }
    }

    fn load(&self, what: InputKind) -> Result<(), Error> {
        let mut next = LiveData::clone(&self.state.serving.load());
        let options = &self.state.options;
        match what {
            InputKind::Data => {
                let content = match &options.origin {
                    DataSource::Generations(dir) => read_generation(dir, next.content.as_deref())?,
                    DataSource::Mm2Cache(path) => read_cache(path)?,
                };
                for warning in &content.index.warnings {
                    tracing::warn!("in the data: {warning}");
                }
                next.content = Some(Arc::new(content));
                next.rebuild_continents();
                self.state.metrics.stale.set(0);
            }
            InputKind::GeoIp => {
                if let Some(path) = &options.inputs.geoip {
                    let new = read_geoip(path)?;
                    geo::check_geoip(&new, next.inputs.geoip.as_deref(), &options.inputs.geo_check)
                        .with_context(|| format!("reading {}", path.display()))?;
                    Arc::make_mut(&mut next.inputs).geoip = Some(Arc::new(new));
                }
            }
            InputKind::Netblocks => {
                if let Some(path) = &options.inputs.netblocks {
                    let new = read_asns(path)?;
                    geo::check_asns(&new, next.inputs.asns.as_deref())
                        .with_context(|| format!("reading {}", path.display()))?;
                    let inputs = Arc::make_mut(&mut next.inputs);
                    inputs.asns = Some(Arc::new(new));
                    inputs.asns_built = files::stamp(path).map(FileStamp::modified);
                }
            }
            InputKind::Continents => {
                Arc::make_mut(&mut next.inputs).continents = Arc::new(continents(&options.inputs)?);
                next.rebuild_continents();
            }
        }
        self.state.serving.store(Arc::new(next));
        self.state.metrics.loads.inc();
        Ok(())
    }

    /// What holds while a table is missing: the built-in continents.
    fn missing_table_warning(&self, what: InputKind) -> Result<(), Error> {
        if what == InputKind::Continents {
            let mut next = LiveData::clone(&self.state.serving.load());
            Arc::make_mut(&mut next.inputs).continents = Arc::new(continents(&InputFiles::default())?);
            next.rebuild_continents();
            self.state.serving.store(Arc::new(next));
        }
        Ok(())
    }
}

fn missing(what: InputKind) {
    match what {
        InputKind::GeoIp => tracing::warn!("no GeoIP database: clients are not sent to mirrors of their country"),
        InputKind::Netblocks => tracing::warn!("no AS numbers: clients are not sent to mirrors of their system"),
        InputKind::Data | InputKind::Continents => {}
    }
}

/// Reads the current generation: the link is followed once, and every file must be as the manifest says.
fn read_generation(dir: &Path, before: Option<&GenerationData>) -> Result<GenerationData, Error> {
    let Some((place, manifest)) = generation::current(dir)? else {
        bail!(
            "{} names no generation; write one with mm-update-mirrorlist",
            dir.join(generation::CURRENT).display()
        );
    };
    let loaded_at = super::now();
    if let Some(before) = before.filter(|b| b.index.source == IndexSource::Generation(manifest.id.to_string())) {
        return Ok(GenerationData {
            index: Arc::clone(&before.index),
            pages: Arc::clone(&before.pages),
            as_of: manifest.as_of,
            loaded_at,
        });
    }
    let total: u64 = manifest.files.iter().map(|f| f.size).fold(0, u64::saturating_add);
    if total > MAX_GENERATION {
        bail!(
            "generation {} has {total} bytes, more than the {MAX_GENERATION} that are read",
            manifest.id
        );
    }
    let mut pages = Pages::default();
    for entry in &manifest.files {
        if let Some(name) = entry
            .path
            .strip_prefix(generation::PUBLIC)
            .and_then(|p| p.strip_prefix('/'))
        {
            let bytes = generation::read_file(&place, &manifest, &entry.path)?;
            pages.insert(name, bytes, &entry.sha256);
        }
    }
    let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
    let path = place.join(generation::SNAPSHOT);
    let snapshot = Snapshot::decode(&bytes).with_context(|| format!("reading {}", path.display()))?;
    Ok(GenerationData {
        index: Arc::new(Index::from_snapshot(&snapshot, manifest.id.to_string())),
        pages: Arc::new(pages),
        as_of: manifest.as_of,
        loaded_at,
    })
}

fn read_cache(path: &Path) -> Result<GenerationData, Error> {
    let bytes = files::read(path, mm2::MAX_BYTES)?;
    let (index, as_of) = mm2::read(bytes.into()).with_context(|| format!("reading {}", path.display()))?;
    Ok(GenerationData {
        index: Arc::new(index),
        pages: Arc::new(Pages::default()),
        as_of,
        loaded_at: super::now(),
    })
}

fn read_geoip(path: &Path) -> Result<GeoIp, Error> {
    let bytes = files::read(path, geo::MAX_BYTES)?;
    GeoIp::new(bytes).with_context(|| format!("reading {}", path.display()))
}

fn read_asns(path: &Path) -> Result<RangeTable, Error> {
    let bytes = files::read(path, geo::MAX_BYTES)?;
    geo::parse_asns(&bytes).with_context(|| format!("reading {}", path.display()))
}

/// The continents of countries that clients are answered by: the built-in table, with what the file says over it or in its place.
pub fn continents(files: &InputFiles) -> Result<Continents, Error> {
    let built_in = built_in_continents();
    let Some(path) = &files.continents else {
        return Ok(built_in);
    };
    let bytes = files::read(path, geo::MAX_BYTES)?;
    let own = geo::parse_continents(&bytes).with_context(|| format!("reading {}", path.display()))?;
    if files.continents_replace {
        return Ok(own);
    }
    let mut all = built_in;
    all.extend(own.iter());
    Ok(all)
}

/// What `--check` found.
#[derive(Debug, Serialize)]
pub struct LoadCheckReport {
    /// One for each file.
    pub checked: Vec<Checked>,
}

/// One file.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// What it is.
    pub what: &'static str,
    /// Where it lies; none when it is not configured.
    pub path: Option<PathBuf>,
    /// What is in it, or why it is refused.
    pub says: String,
    /// Whether it can be used.
    pub good: bool,
    /// Rows in it that are left out.
    pub warnings: Vec<String>,
}

impl LoadCheckReport {
    /// Whether everything that is configured can be used.
    pub fn is_good(&self) -> bool {
        self.checked.iter().all(|c| c.good)
    }
}

pub(super) fn check(options: &Options) -> LoadCheckReport {
    let checked = InputKind::ALL.into_iter().map(|what| {
        let path = what.file(options);
        let found = match (&path, what) {
            (None, InputKind::Continents) => Ok(("the built-in table".to_owned(), Vec::new())),
            (None, _) => Ok(("not configured".to_owned(), Vec::new())),
            (Some(_), _) => describe(what, options),
        };
        let (good, says, warnings) = match found {
            Ok((says, warnings)) => (true, says, warnings),
            Err(error) => (false, format_chain(error.as_ref()), Vec::new()),
        };
        Checked {
            what: what.name(),
            path,
            says,
            good,
            warnings,
        }
    });
    LoadCheckReport {
        checked: checked.collect(),
    }
}

fn describe(what: InputKind, options: &Options) -> Result<(String, Vec<String>), Error> {
    let inputs = &options.inputs;
    let none = PathBuf::new();
    Ok(match what {
        InputKind::Data => {
            let content = match &options.origin {
                DataSource::Generations(dir) => read_generation(dir, None)?,
                DataSource::Mm2Cache(path) => read_cache(path)?,
            };
            let (directories, hosts, repositories) = content.index.counts();
            let name = match &content.index.source {
                IndexSource::Generation(id) => format!("generation {id}"),
                IndexSource::Mm2Cache => "a MirrorManager2 cache".to_owned(),
            };
            let text = format!(
                "{name} as of {}: {directories} directories, {hosts} hosts, {repositories} repositories",
                content.as_of
            );
            (text, content.index.warnings.clone())
        }
        InputKind::GeoIp => {
            let database = read_geoip(inputs.geoip.as_ref().unwrap_or(&none))?;
            geo::check_geoip(&database, None, &inputs.geo_check)?;
            ("sound".to_owned(), Vec::new())
        }
        InputKind::Netblocks => {
            let table = read_asns(inputs.netblocks.as_ref().unwrap_or(&none))?;
            (format!("{} ranges", table.len()), Vec::new())
        }
        InputKind::Continents => (format!("{} countries", continents(inputs)?.len()), Vec::new()),
    })
}
