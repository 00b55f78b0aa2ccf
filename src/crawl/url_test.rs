//! A look at one address, by the same rules as a crawl, of which nothing is written: for a mirror that is not registered yet.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::master_files::MasterFiles;
use super::merge::{MergeContext, merge_results};
use super::probe::{ProbeContext, probe_category};
use super::run;
use super::scope::CrawlMode;
use super::tree::Tree;
use crate::config::Config;
use crate::model::Timestamp;
use crate::model::ids::{HostCategoryId, RunId};
use crate::model::inventory::Inventory;
use crate::model::names::MirrorUrl;
use crate::model::plan::{CategoryPlan, CategoryResult, HostCategoryPlan};
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

/// What a look at an address brought.
#[derive(Debug, Clone, Serialize)]
pub struct UrlTestReport {
    /// The address.
    pub url: String,
    /// The category it was looked at for.
    pub category: String,
    /// Directories of the category.
    pub directories: u64,
    /// What was found out; none where nothing was.
    pub result: Option<CategoryResult>,
    /// How long it took.
    pub seconds: f64,
}

/// Looks at `url` as a mirror of the category.
pub fn test(
    config: &Config,
    category: &Arc<CategoryPlan>,
    url: &MirrorUrl,
    aim: &CrawlMode,
    now: Timestamp,
    stop: &ShutdownFlag,
) -> UrlTestReport {
    let begun = Instant::now();
    let tree = Tree::new(Arc::clone(category));
    let agents = run::agents(config, 1);
    let trees = [(category.id, Arc::new(Tree::new(Arc::clone(category))))].into();
    let master = MasterFiles::new(
        run::master_roots(config, &trees, &agents.masters),
        config.crawl.max_repomd_bytes,
    );
    let (pace, slots, budget, left_alone) = (
        RateLimiter::new(NonZeroU32::new(config.crawl.requests_per_second)),
        ConnectionLimiter::new(),
        Cell::new(u64::MAX),
        Cell::new(None),
    );
    let max_findings = usize::try_from(config.crawl.max_findings).unwrap_or(usize::MAX);
    let means = ProbeContext {
        agent: &agents.mirrors,
        master: &master,
        file_list: None,
        shutdown: stop,
        deadline: begun + config.crawl.host_deadline.get(),
        host_timeout: config.crawl.host_deadline.get(),
        rate_limiter: &pace,
        connection_limiter: &slots,
        max_connections: NonZeroU32::MIN,
        budget: &budget,
        retry_at: &left_alone,
        preferred_probe: None,
        connect_timeout: config.crawl.connect_timeout.get(),
        allow_private: config.crawl.allow_private_addresses,
        max_repomd_bytes: config.crawl.max_repomd_bytes,
        max_findings,
        now,
    };
    let (urls, rsync) = if url.protocol().is_http() {
        (vec![url.clone()], Vec::new())
    } else {
        (Vec::new(), vec![url.clone()])
    };
    let plan = HostCategoryPlan {
        id: HostCategoryId(0),
        category: Arc::clone(category),
        urls,
        rsync,
        previous: Inventory::new(HostCategoryId(0)),
    };
    let looked = probe_category(&means, &tree, &plan, aim);
    let setting = MergeContext {
        run: RunId(0),
        aim,
        now,
        max_findings,
    };
    UrlTestReport {
        url: url.to_string(),
        category: category.name.clone(),
        directories: tree.size(),
        result: merge_results(&plan, &tree, &looked, &setting),
        seconds: begun.elapsed().as_secs_f64(),
    }
}
