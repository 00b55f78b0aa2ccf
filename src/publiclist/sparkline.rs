//! The last crawls of a category as a small picture.

use serde::Serialize;

use super::public_view::minute;
use crate::model::history::{MAX_CRAWLS, PastCrawl};
use crate::model::plan::CategoryOutcome;

/// How high the picture is for bars, in its own units.
const HEIGHT: u64 = 40;
/// From one bar to the next.
const STEP: u64 = 10;

/// The picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sparkline {
    /// What it shows, in words.
    text: String,
    bars: Vec<Bar>,
}

/// One crawl.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Bar {
    /// `well`, `part`, `gone` or `silent`: each has a shape of its own.
    css_class: &'static str,
    x: u64,
    y: u64,
    height: u64,
    title: String,
}

/// Of crawls, oldest first; `None` = there was none. A full bar is the most that any of them found current.
pub(super) fn picture(crawls: &[PastCrawl]) -> Option<Sparkline> {
    let most = crawls.iter().map(|c| c.current).max()?.max(1);
    let first = u64::from(MAX_CRAWLS).saturating_sub(u64::try_from(crawls.len()).unwrap_or(0));
    let bars = (first..).zip(crawls).map(|(place, crawl)| {
        let kind = kind(crawl);
        let height = match crawl.outcome {
            CategoryOutcome::Complete => (crawl.current.saturating_mul(HEIGHT) / most).clamp(2, HEIGHT),
            CategoryOutcome::CategoryMissing | CategoryOutcome::Inconclusive => 8,
        };
        Bar {
            css_class: kind,
            x: place * STEP + 1,
            y: HEIGHT - height + 1,
            height,
            title: title(crawl),
        }
    });
    Some(Sparkline {
        text: text(crawls),
        bars: bars.collect(),
    })
}

fn kind(crawl: &PastCrawl) -> &'static str {
    match crawl.outcome {
        CategoryOutcome::CategoryMissing => "gone",
        CategoryOutcome::Inconclusive => "silent",
        CategoryOutcome::Complete if crawl.outdated_allowed + crawl.unknown_hash + crawl.inconclusive > 0 => "part",
        CategoryOutcome::Complete => "well",
    }
}

fn title(crawl: &PastCrawl) -> String {
    let mut out = format!("{}: ", minute(crawl.ended_at));
    match crawl.outcome {
        CategoryOutcome::CategoryMissing => out.push_str("not there"),
        CategoryOutcome::Inconclusive => out.push_str("no answer"),
        CategoryOutcome::Complete => {
            let parts = [
                (crawl.current, "current"),
                (crawl.outdated_allowed, "lagging"),
                (crawl.outdated, "not there or not current"),
                (crawl.unknown_hash, "foreign"),
                (crawl.inconclusive, "without an answer"),
            ];
            let said = parts.iter().enumerate().filter(|(n, (count, _))| *n == 0 || *count > 0);
            let said: Vec<String> = said.map(|(_, (count, what))| format!("{count} {what}")).collect();
            out.push_str(&said.join(", "));
        }
    }
    out
}

fn text(crawls: &[PastCrawl]) -> String {
    let count = |kinds: &str| crawls.iter().filter(|c| kind(c) == kinds).count();
    let parts = [
        (count("well"), "without a fault"),
        (count("part"), "with directories that lag or gave no answer"),
        (count("silent"), "without an answer"),
        (count("gone"), "in which it was not there"),
    ];
    let said: Vec<String> = (parts.iter().filter(|(n, _)| *n > 0))
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let crawls = match crawls.len() {
        1 => "The last crawl".to_owned(),
        n => format!("The last {n} crawls"),
    };
    format!("{crawls}: {}", said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn crawl(outcome: CategoryOutcome, current: u64, lagging: u64) -> PastCrawl {
        PastCrawl {
            ended_at: Timestamp(1_700_000_000),
            outcome,
            current,
            outdated_allowed: lagging,
            outdated: 3,
            unknown_hash: 0,
            inconclusive: 0,
        }
    }

    #[test]
    fn each_kind_of_crawl_has_a_shape_and_words() {
        let crawls = [
            crawl(CategoryOutcome::Complete, 100, 0),
            crawl(CategoryOutcome::Complete, 50, 1),
            crawl(CategoryOutcome::Inconclusive, 0, 0),
            crawl(CategoryOutcome::CategoryMissing, 0, 0),
        ];
        let picture = picture(&crawls).unwrap();
        let kinds: Vec<&str> = picture.bars.iter().map(|b| b.css_class).collect();
        assert_eq!(kinds, ["well", "part", "silent", "gone"]);
        let heights: Vec<u64> = picture.bars.iter().map(|b| b.height).collect();
        assert_eq!(heights, [40, 20, 8, 8]);
        assert_eq!((picture.bars[0].x, picture.bars[3].x), (261, 291));
        assert_eq!(
            picture.text,
            "The last 4 crawls: 1 without a fault, 1 with directories that lag or gave no answer, 1 without an answer, 1 in which \
             it was not there"
        );
        assert_eq!(
            picture.bars[1].title,
            "2023-11-14 22:13: 50 current, 1 lagging, 3 not there or not current"
        );
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(picture(&[]), None);
        let none = picture(&[crawl(CategoryOutcome::Inconclusive, 0, 0)]).unwrap();
        assert_eq!(none.text, "The last crawl: 1 without an answer");
        assert_eq!(
            picture(&[crawl(CategoryOutcome::Complete, 0, 0)]).unwrap().bars[0].height,
            2
        );
    }
}
