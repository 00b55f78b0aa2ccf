//! Loads the data and the tables at the start and whenever they change.
//!
//! Each file is read, checked and swapped on its own. A rejected file is logged once per content and counted; the data loaded
//! before stays in use.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, bail};
use sd_notify::NotifyState;
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

use crate::answer::geo::{self, GeoIp};
use crate::answer::index::{Index, IndexSource};
use crate::answer::prefix::RangeTable;
use crate::mm2;
use crate::model::Timestamp;
use crate::model::continents::{Continents, built_in_continents};
use crate::model::count::format_count;
use crate::model::memory_budget::MemoryBudget;
use crate::snapshot::Snapshot;
use crate::snapshot::generation;
use crate::sys::errors::format_chain;
use crate::sys::file_error::FileError;
use crate::sys::stable_read::FileState;
use crate::sys::{clock, regular_file};

use super::live_data::{GenerationData, LiveData};
use super::pages::Pages;
use super::state::ServerState;
use super::{Options, systemd};

/// Largest total size of the files of a generation, in bytes.
const MAX_GENERATION_BYTES: u64 = 1 << 30;

/// Niceness of the loader thread, so that it does not slow down responses.
const LOADER_NICENESS: i32 = 19;

/// Files are not checked for changes more often than this, whatever the config says.
const MIN_RELOAD_INTERVAL: Duration = Duration::from_millis(100);

/// A file that changes independently of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
enum InputKind {
    #[strum(serialize = "data")]
    Data,
    #[strum(serialize = "GeoIP database")]
    GeoIp,
    #[strum(serialize = "ASN table")]
    AsnTable,
    #[strum(serialize = "continent table")]
    Continents,
}

impl InputKind {
    fn name(self) -> &'static str {
        self.into()
    }

    /// The config key of the file.
    const fn key(self) -> &'static str {
        match self {
            Self::Data => "generations_dir",
            Self::GeoIp => "geoip",
            Self::AsnTable => "asn_table",
            Self::Continents => "country_continent",
        }
    }

    /// The file that changes when the input changes; none if it is not configured.
    fn file(self, options: &Options) -> Option<PathBuf> {
        let config = &options.config;
        let path = match (self, &options.cache) {
            (Self::Data, Some(cache)) => cache.clone(),
            (Self::Data, None) => config
                .generations_dir
                .join(generation::CURRENT)
                .join(generation::MANIFEST),
            (Self::GeoIp, _) => config.geoip.clone(),
            (Self::AsnTable, _) => config.asn_table.clone(),
            (Self::Continents, _) => config.country_continent.clone(),
        };
        (!path.as_os_str().is_empty()).then_some(path)
    }

    /// True if the file is replaced atomically, so that every change that is seen is complete.
    fn is_atomic(self, options: &Options) -> bool {
        self == Self::Data && options.cache.is_none()
    }
}

/// Keeps the served data up to date.
#[derive(Debug)]
pub(super) struct Loader {
    state: Arc<ServerState>,
    inputs: Vec<WatchedInput>,
}

#[derive(Debug)]
struct WatchedInput {
    kind: InputKind,
    /// The content that was last loaded or rejected.
    tried: Option<FileState>,
    /// A newer content that may still be incomplete.
    pending: Option<FileState>,
    /// Message of the last attempt if it failed for a transient reason: it is retried, and logged once.
    transient_error: Option<String>,
}

/// True if loading failed for a reason that may pass while the content stays as it is: no free descriptor, no memory, an I/O
/// error. Invalid content stays invalid, and a missing file is noticed when it appears.
fn is_transient(error: &Error) -> bool {
    use std::io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| !matches!(e.kind(), NotFound | InvalidData | UnexpectedEof))
}

impl Loader {
    /// Loads everything for the first time. Missing tables, or a generation that is not published yet, are only logged. A cache
    /// of MirrorManager2 that cannot be loaded is an error.
    pub(super) fn load_all(state: &Arc<ServerState>) -> Result<Self, Error> {
        let mut inputs = Vec::new();
        for kind in InputKind::VARIANTS.iter().copied() {
            let file = kind.file(&state.options);
            let mut input = WatchedInput {
                kind,
                tried: file.as_deref().and_then(file_state),
                pending: None,
                transient_error: None,
            };
            match file.map(|file| load(state, kind, &file)) {
                Some(Err(error)) if kind == InputKind::Data && state.options.cache.is_some() => return Err(error),
                Some(Err(error)) => input.report_rejected(state, &error),
                Some(Ok(())) => {}
                None => warn_not_configured(kind),
            }
            inputs.push(input);
        }
        Ok(Self {
            state: Arc::clone(state),
            inputs,
        })
    }

    /// Starts the loader thread; a message to the returned sender makes it reload everything. The queue has one place: several
    /// requests during a reload cause one more.
    pub(super) fn start(self) -> Result<SyncSender<()>, Error> {
        let (sender, receiver) = sync_channel(1);
        std::thread::Builder::new()
            .name("loader".into())
            .spawn(move || self.watch(&receiver))
            .context("starting the loader")?;
        Ok(sender)
    }

    fn watch(mut self, commands: &Receiver<()>) {
        // On Linux this applies to the calling thread only. Loading works without it.
        if let Err(e) = rustix::process::nice(LOADER_NICENESS) {
            tracing::debug!("cannot lower the priority of the loader: {e}");
        }
        let interval = self.state.options.config.reload_interval.get().max(MIN_RELOAD_INTERVAL);
        loop {
            let force = match commands.recv_timeout(interval) {
                Ok(()) => {
                    // `Type=notify-reload` requires the time.
                    let now = NotifyState::monotonic_usec_now().ok();
                    systemd::notify(&[&[NotifyState::Reloading][..], now.as_slice()].concat());
                    true
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for input in &mut self.inputs {
                input.load_if_changed(&self.state, force);
            }
            if force {
                systemd::notify(&[NotifyState::Ready]);
            }
        }
    }
}

impl WatchedInput {
    fn load_if_changed(&mut self, state: &ServerState, force: bool) {
        let Some(file) = self.kind.file(&state.options) else {
            return;
        };
        let now = file_state(&file);
        let retry = now == self.tried && self.transient_error.is_some();
        if !force && !retry && (now == self.tried || now.is_none()) {
            self.pending = None;
            return;
        }
        // A file that is written in place must not be read while it grows: its stamp must be the same twice.
        if !force && !retry && !self.kind.is_atomic(&state.options) && self.pending != now {
            self.pending = now;
            return;
        }
        (self.tried, self.pending) = (now, None);
        match load(state, self.kind, &file) {
            Ok(()) => {
                self.transient_error = None;
                tracing::info!(file = %file.display(), "loaded the {}", self.kind.name());
            }
            Err(error) => self.report_rejected(state, &error),
        }
    }

    fn report_rejected(&mut self, state: &ServerState, error: &Error) {
        state.metrics.load_failures.inc();
        if self.kind == InputKind::Data {
            state.metrics.data_rejected.set(1);
        }
        let mut live = LiveData::clone(&state.live.load());
        live.rejected.insert(self.kind.key());
        state.live.store(Arc::new(live));
        let why = format_chain(error.as_ref());
        let transient = is_transient(error).then(|| why.clone());
        if std::mem::replace(&mut self.transient_error, transient).as_ref() != Some(&why) {
            tracing::error!(
                "{} rejected, what was loaded before stays in use: {why}",
                self.kind.name()
            );
        }
    }
}

fn load(state: &ServerState, kind: InputKind, file: &Path) -> Result<(), Error> {
    let options = &state.options;
    let mut next = LiveData::clone(&state.live.load());
    match kind {
        InputKind::Data => {
            let generation = read_data(options, next.generation.as_deref())?;
            for warning in &generation.index.warnings {
                tracing::warn!("in the data: {warning}");
            }
            next.generation = Some(Arc::new(generation));
            next.rebuild_continents();
            state.metrics.data_rejected.set(0);
        }
        InputKind::GeoIp => {
            let new = read_geoip(file)?;
            geo::check_geoip(&new, next.geo.geoip.as_deref(), &options.config.geo_check)
                .with_context(|| format!("reading {}", file.display()))?;
            Arc::make_mut(&mut next.geo).geoip = Some(Arc::new(new));
        }
        InputKind::AsnTable => {
            let new = read_asns(file)?;
            geo::check_asns(&new, next.geo.asns.as_deref()).with_context(|| format!("reading {}", file.display()))?;
            let geo = Arc::make_mut(&mut next.geo);
            geo.asns = Some(Arc::new(new));
            geo.asns_built = file_state(file).map(|state| Timestamp(state.modified.0));
        }
        InputKind::Continents => {
            Arc::make_mut(&mut next.geo).continents = Arc::new(continents(file, options.continents_replace)?);
            next.rebuild_continents();
        }
    }
    next.rejected.remove(kind.key());
    state.live.store(Arc::new(next));
    state.metrics.loads.inc();
    Ok(())
}

/// Returns the state of the file that a path resolves to; none if it does not exist.
fn file_state(path: &Path) -> Option<FileState> {
    std::fs::metadata(path).ok().as_ref().map(FileState::from_metadata)
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    // If the file grows while it is read, the truncated content fails in its parser.
    Ok(regular_file::read(path, limit).map_err(FileError::at("read", path))?)
}

fn warn_not_configured(kind: InputKind) {
    match kind {
        InputKind::GeoIp => tracing::warn!("no GeoIP database: clients are not sent to mirrors in their country"),
        InputKind::AsnTable => tracing::warn!("no ASN table: clients are not sent to mirrors in their ASN"),
        InputKind::Data | InputKind::Continents => {}
    }
}

fn read_data(options: &Options, before: Option<&GenerationData>) -> Result<GenerationData, Error> {
    match &options.cache {
        None => read_generation(&options.config.generations_dir, before),
        Some(path) => read_cache(path),
    }
}

/// Reads the current generation. The link is followed once, and every file must match the manifest. If the generation is the one
/// loaded before, its content is shared.
fn read_generation(dir: &Path, before: Option<&GenerationData>) -> Result<GenerationData, Error> {
    let Some((place, manifest)) = generation::current(dir)? else {
        bail!(
            "{} does not point to a generation; publish one with mm-update-mirrorlist",
            dir.join(generation::CURRENT).display()
        );
    };
    let (loaded_at, loaded) = (clock::now(), Instant::now());
    if let Some(before) = before.filter(|b| b.index.source == IndexSource::Generation(manifest.id.to_string())) {
        return Ok(GenerationData {
            index: Arc::clone(&before.index),
            pages: Arc::clone(&before.pages),
            as_of: manifest.as_of,
            loaded_at,
            loaded,
        });
    }
    let total: u64 = manifest.files.iter().map(|f| f.size).fold(0, u64::saturating_add);
    if total > MAX_GENERATION_BYTES {
        bail!(
            "generation {} has {total} bytes, more than the limit of {MAX_GENERATION_BYTES}",
            manifest.id
        );
    }
    let mut pages = Pages::default();
    for entry in &manifest.files {
        let below = entry.path.strip_prefix(generation::PUBLIC);
        if let Some(name) = below.and_then(|p| p.strip_prefix('/')) {
            let bytes = generation::read_file(&place, &manifest, &entry.path)?;
            pages.insert(name, bytes, &entry.sha256);
        }
    }
    let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
    let path = place.join(generation::SNAPSHOT);
    let reading = || format!("reading {}", path.display());
    let mut budget = MemoryBudget::for_file(bytes.len());
    let snapshot = Snapshot::decode_within(&bytes, &mut budget).with_context(reading)?;
    let index = Index::from_snapshot(&snapshot, manifest.id.to_string(), budget).with_context(reading)?;
    Ok(GenerationData {
        index: Arc::new(index),
        pages: Arc::new(pages),
        as_of: manifest.as_of,
        loaded_at,
        loaded,
    })
}

fn read_cache(path: &Path) -> Result<GenerationData, Error> {
    let bytes = read_file(path, mm2::MAX_BYTES)?;
    let (index, as_of) = mm2::read(bytes.into()).with_context(|| format!("reading {}", path.display()))?;
    Ok(GenerationData {
        index: Arc::new(index),
        pages: Arc::new(Pages::default()),
        as_of,
        loaded_at: clock::now(),
        loaded: Instant::now(),
    })
}

fn read_geoip(path: &Path) -> Result<GeoIp, Error> {
    let bytes = read_file(path, geo::MAX_BYTES)?;
    GeoIp::new(bytes).with_context(|| format!("reading {}", path.display()))
}

fn read_asns(path: &Path) -> Result<RangeTable, Error> {
    let bytes = read_file(path, geo::MAX_BYTES)?;
    geo::parse_asns(bytes).with_context(|| format!("reading {}", path.display()))
}

/// Returns the continents of countries: the built-in table, overridden or replaced by the file at `path`, unless that
/// is empty.
pub(crate) fn continents(path: &Path, replace: bool) -> Result<Continents, Error> {
    let mut all = built_in_continents();
    if path.as_os_str().is_empty() {
        return Ok(all);
    }
    let bytes = read_file(path, geo::MAX_BYTES)?;
    let own = geo::parse_continents(&bytes).with_context(|| format!("reading {}", path.display()))?;
    if replace {
        return Ok(own);
    }
    all.extend(own.iter());
    Ok(all)
}

/// Result of `--check`: the data and each table.
#[derive(Debug, Serialize)]
pub(crate) struct LoadCheckReport {
    pub(crate) inputs: Vec<InputCheck>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InputCheck {
    pub(crate) input: &'static str,
    /// None if the input is not configured.
    pub(crate) path: Option<PathBuf>,
    /// Summary of the content, or the reason why it is rejected.
    pub(crate) message: String,
    /// True if the input can be used, or is not configured.
    pub(crate) ok: bool,
    /// Messages about ignored rows.
    pub(crate) warnings: Vec<String>,
}

impl LoadCheckReport {
    pub(crate) fn is_good(&self) -> bool {
        self.inputs.iter().all(|input| input.ok)
    }
}

/// Loads everything once, and reports the result without serving.
pub(crate) fn check(options: &Options) -> LoadCheckReport {
    let inputs = InputKind::VARIANTS.iter().map(|kind| {
        let kind = *kind;
        let path = kind.file(options);
        let result = match (&path, kind) {
            (None, InputKind::Continents) => Ok(("built-in".to_owned(), Vec::new())),
            (None, _) => Ok(("not configured".to_owned(), Vec::new())),
            (Some(path), _) => describe(kind, path, options),
        };
        let ok = result.is_ok();
        let (message, warnings) = result.unwrap_or_else(|error| (format_chain(error.as_ref()), Vec::new()));
        InputCheck {
            input: kind.name(),
            path,
            message,
            ok,
            warnings,
        }
    });
    LoadCheckReport {
        inputs: inputs.collect(),
    }
}

fn describe(kind: InputKind, path: &Path, options: &Options) -> Result<(String, Vec<String>), Error> {
    let summary = match kind {
        InputKind::Data => {
            let GenerationData { index, as_of, .. } = read_data(options, None)?;
            let (directories, hosts, repositories) = index.counts();
            let id = index.source.generation();
            let name = id.map_or_else(|| "MirrorManager2 cache".to_owned(), |id| format!("generation {id}"));
            let summary = format!(
                "{name} as of {as_of}: {}, {}, {}",
                format_count(directories, "directory"),
                format_count(hosts, "host"),
                format_count(repositories, "repository")
            );
            return Ok((summary, index.warnings.clone()));
        }
        InputKind::GeoIp => {
            geo::check_geoip(&read_geoip(path)?, None, &options.config.geo_check)?;
            "valid".to_owned()
        }
        InputKind::AsnTable => format_count(read_asns(path)?.len(), "range"),
        InputKind::Continents => format_count(continents(path, options.continents_replace)?.len(), "country"),
    };
    Ok((summary, Vec::new()))
}
