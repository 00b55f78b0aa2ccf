//! `mm-crawl`.
