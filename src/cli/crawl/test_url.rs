//! `mm-crawl --test-url`: what a crawl would find at an address.

use std::sync::Arc;

use anyhow::{Context as _, Error};

use super::args::Args;
use super::{CrawlOutput, ageing};
use crate::cli::exit::UsageError;
use crate::cli::run::Context;
use crate::crawl::scope::CrawlMode;
use crate::crawl::url_test::trial;
use crate::db;
use crate::model::names::MirrorUrl;
use crate::sys::signals;

/// Looks at the address and writes nothing.
pub(super) fn test_url(args: &Args, ctx: &Context) -> Result<CrawlOutput, Error> {
    let mut db = ctx.open_db()?;
    let wanted = args.wanted(ctx, &mut db)?;
    let text = args.test_url.as_deref().unwrap_or_default();
    let url: MirrorUrl = text
        .parse()
        .map_err(|e| UsageError(format!("--test-url {text:?}: {e}")))?;
    let chosen = wanted
        .selection
        .categories
        .iter()
        .flatten()
        .copied()
        .collect::<Vec<_>>();
    let [id] = chosen.as_slice() else {
        return Err(UsageError("--test-url takes one --category".to_owned()).into());
    };
    let category = db
        .read(|tx| db::crawl::category_plan(tx, *id, &|name| ageing(ctx, name)))
        .context("reading the category")?;
    drop(db);
    let asked_for = wanted.aims.of(*id);
    let aim = if asked_for.is_whole() {
        &CrawlMode::Full
    } else {
        asked_for
    };
    let stop = signals::watch().context("watching for signals")?;
    let tried = trial(&ctx.config, &Arc::new(category), &url, aim, ctx.now, &stop);
    Ok(CrawlOutput {
        tried: Some(tried),
        ..CrawlOutput::empty(ctx)
    })
}
