//! The last crawls of a host category as a small chart.

use itertools::Itertools;
use serde::Serialize;

use super::text::format_minute;
use crate::model::history::{MAX_CRAWLS_PER_HOST_CATEGORY, PastCrawl};
use crate::model::plan::CategoryOutcome;

/// The height of the chart in SVG units.
const HEIGHT: u64 = 40;
/// The distance between bars in SVG units.
const STEP: u64 = 10;
/// The classes of bars, each drawn with a different shape, with their text in the summary.
const CLASSES: [(&str, &str); 4] = [
    ("ok", "complete"),
    ("partial", "with outdated or inconclusive directories"),
    ("no-answer", "inconclusive"),
    ("gone", "category not found"),
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sparkline {
    /// A summary for screen readers and as the caption.
    text: String,
    bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Bar {
    /// One of [`CLASSES`].
    class: &'static str,
    x: u64,
    y: u64,
    height: u64,
    title: String,
}

impl Sparkline {
    /// Creates the chart of crawls, oldest first; `None` without crawls. The tallest bar is the crawl with the most current
    /// directories.
    pub(super) fn new(crawls: &[PastCrawl]) -> Option<Self> {
        let max = crawls.iter().map(|c| c.current).max()?.max(1);
        let first = u64::from(MAX_CRAWLS_PER_HOST_CATEGORY).saturating_sub(u64::try_from(crawls.len()).unwrap_or(0));
        let bars = (first..).zip(crawls).map(|(position, crawl)| bar(position, crawl, max));
        let bars: Vec<Bar> = bars.collect();
        let count = |(class, text)| match bars.iter().filter(|b| b.class == class).count() {
            0 => None,
            n => Some(format!("{n} {text}")),
        };
        let counts = CLASSES.into_iter().filter_map(count).join(", ");
        let text = match crawls.len() {
            1 => format!("Last crawl: {counts}"),
            n => format!("Last {n} crawls: {counts}"),
        };
        Some(Self { text, bars })
    }
}

fn bar(position: u64, crawl: &PastCrawl, max: u64) -> Bar {
    let (class, height, result) = match crawl.outcome {
        CategoryOutcome::CategoryMissing => ("gone", 8, "not found".to_owned()),
        CategoryOutcome::Inconclusive => ("no-answer", 8, "inconclusive".to_owned()),
        CategoryOutcome::Complete => {
            let is_partial = crawl.outdated_allowed + crawl.unknown_hash + crawl.inconclusive > 0;
            let others = [
                (crawl.outdated_allowed, "behind"),
                (crawl.outdated, "outdated or missing"),
                (crawl.unknown_hash, "with unknown hash"),
                (crawl.inconclusive, "inconclusive"),
            ];
            let others = others.iter().filter(|(count, _)| *count > 0);
            let others = others.format_with("", |(count, status), f| f(&format_args!(", {count} {status}")));
            (
                if is_partial { "partial" } else { "ok" },
                (crawl.current.saturating_mul(HEIGHT) / max).clamp(2, HEIGHT),
                format!("{} current{others}", crawl.current),
            )
        }
    };
    Bar {
        class,
        x: position * STEP + 1,
        y: HEIGHT - height + 1,
        height,
        title: format!("{}: {result}", format_minute(crawl.ended_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn crawl(outcome: CategoryOutcome, current: u64, outdated_allowed: u64) -> PastCrawl {
        PastCrawl {
            ended_at: Timestamp(1_700_000_000),
            outcome,
            current,
            outdated_allowed,
            outdated: 3,
            unknown_hash: 0,
            inconclusive: 0,
        }
    }

    #[test]
    fn each_outcome_has_a_shape_and_a_text() {
        let crawls = [
            crawl(CategoryOutcome::Complete, 100, 0),
            crawl(CategoryOutcome::Complete, 50, 1),
            crawl(CategoryOutcome::Inconclusive, 0, 0),
            crawl(CategoryOutcome::CategoryMissing, 0, 0),
        ];
        let chart = Sparkline::new(&crawls).unwrap();
        let classes: Vec<&str> = chart.bars.iter().map(|b| b.class).collect();
        assert_eq!(classes, ["ok", "partial", "no-answer", "gone"]);
        let heights: Vec<u64> = chart.bars.iter().map(|b| b.height).collect();
        assert_eq!(heights, [40, 20, 8, 8]);
        assert_eq!((chart.bars[0].x, chart.bars[3].x), (261, 291));
        assert_eq!(
            chart.text,
            "Last 4 crawls: 1 complete, 1 with outdated or inconclusive directories, 1 inconclusive, 1 category not found"
        );
        assert_eq!(
            chart.bars[1].title,
            "2023-11-14 22:13: 50 current, 1 behind, 3 outdated or missing"
        );
    }

    #[test]
    fn no_chart_without_crawls_and_bars_are_never_invisible() {
        assert_eq!(Sparkline::new(&[]), None);
        let inconclusive = Sparkline::new(&[crawl(CategoryOutcome::Inconclusive, 0, 0)]).unwrap();
        assert_eq!(inconclusive.text, "Last crawl: 1 inconclusive");
        let empty = Sparkline::new(&[crawl(CategoryOutcome::Complete, 0, 0)]).unwrap();
        assert_eq!(empty.bars[0].height, 2);
    }
}
