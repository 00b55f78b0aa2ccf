//! The test of one URL by the rules of a crawl, without storing anything; also for mirrors that are not registered.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

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
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct UrlTestReport {
    pub url: String,
    pub category: String,
    pub directories: u64,
    /// The results; `None` if no probe was made.
    pub result: Option<CategoryResult>,
    pub seconds: f64,
}

/// Crawls `url` as a mirror of the category.
pub(crate) fn test(
    config: &Config,
    category: &Arc<CategoryPlan>,
    url: &MirrorUrl,
    mode: &CrawlMode,
    now: Timestamp,
    stop: &ShutdownFlag,
) -> UrlTestReport {
    let started = Instant::now();
    let crawl = &config.crawl;
    let tree = Arc::new(Tree::new(Arc::clone(category)));
    let limits = run::http_limits(config, 1);
    let trees = [(category.id, Arc::clone(&tree))].into();
    let master = run::master_files(config, &trees, &limits);
    let rate_limiter = RateLimiter::new(NonZeroU32::new(crawl.requests_per_second));
    let (connection_limiter, budget, retry_at) = (ConnectionLimiter::default(), Cell::new(u64::MAX), Cell::new(None));
    let context = ProbeContext {
        agent: &Agent::new(&limits),
        master: &master,
        config: crawl,
        file_list: None,
        shutdown: stop,
        deadline: started + crawl.host_deadline.get(),
        rate_limiter: &rate_limiter,
        connection_limiter: &connection_limiter,
        max_connections: NonZeroU32::MIN,
        budget: &budget,
        retry_at: &retry_at,
        preferred_probe: None,
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
    let probe = probe_category(&context, &tree, &plan, mode);
    let merge = MergeContext {
        run: RunId(0),
        mode,
        now,
        max_findings: crawl.max_findings,
    };
    UrlTestReport {
        url: url.to_string(),
        category: category.name.clone(),
        directories: tree.size(),
        result: merge_results(&plan, &tree, &probe, &merge),
        seconds: started.elapsed().as_secs_f64(),
    }
}
