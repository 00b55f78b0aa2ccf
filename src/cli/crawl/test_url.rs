//! `mm-crawl --test-url`: crawls one URL without storing anything.

use anyhow::{Context as _, Error};

use super::args::Args;
use super::{CrawlOutput, version_retention};
use crate::cli::run::Context;
use crate::crawl::scope::CrawlMode;
use crate::crawl::url_test::test;
use crate::db;
use crate::job::exit::UsageError;
use crate::model::ids::CategoryId;
use crate::model::names::MirrorUrl;
use crate::sys::signals;

pub(super) fn test_url(args: &Args, ctx: &Context) -> Result<CrawlOutput, Error> {
    let mut db = ctx.open_db()?;
    let request = db.read(|tx| args.request(ctx, tx))?;
    let text = args.test_url.as_deref().unwrap_or_default();
    let url: MirrorUrl = text
        .parse()
        .map_err(|e| UsageError(format!("--test-url {text:?}: {e}")))?;
    let categories: Vec<CategoryId> = request.selection.categories.into_iter().flatten().collect();
    let [id] = categories.as_slice() else {
        return Err(UsageError("--test-url needs exactly one --category".to_owned()).into());
    };
    let category = db
        .read(|tx| db::crawl::category_plan(tx, *id, &|name| version_retention(ctx, name)))
        .context("reading the category")?;
    drop(db);
    let mode = request.modes.get(*id);
    let mode = if mode.is_complete() { &CrawlMode::Full } else { mode };
    let stop = signals::watch().context("watching for signals")?;
    let report = test(&ctx.config, &category, &url, mode, ctx.now, &stop);
    Ok(CrawlOutput {
        url_test: Some(report),
        ..CrawlOutput::default()
    })
}
