//! Charts of propagation: stacked areas over time as inline SVG.
//!
//! The style sheet selects the areas by their fill attributes and sets the colors of the light or dark scheme.

use itertools::Itertools;
use plotters::prelude::*;

use crate::model::Timestamp;
use crate::model::propagation::PropagationSample;

const SIZE: (u32, u32) = (500, 140);
/// The fills of [`crate::model::propagation::PropagationCounts::parts`], which `style.css` selects.
const FILLS: [RGBColor; 5] = [
    RGBColor(0x1a, 0x7f, 0x37),
    RGBColor(0x09, 0x69, 0xda),
    RGBColor(0x82, 0x50, 0xdf),
    RGBColor(0xbc, 0x4c, 0x00),
    RGBColor(0x6e, 0x77, 0x81),
];
const DAY: i64 = 24 * 60 * 60;
/// The maximum number of samples in a chart; more could not be distinguished and would make pages larger.
const MAX_POINTS: i64 = 84;

/// The time axis, common to all charts of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChartAxes {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl ChartAxes {
    /// Spans the first to the last sample; `None` if both have the same time.
    pub(super) fn from_samples(samples: impl Iterator<Item = PropagationSample>) -> Option<Self> {
        let (from, to) = samples.map(|s| s.taken_at).minmax().into_option()?;
        (from < to).then_some(Self { from, to })
    }

    /// Returns the number of days, rounded up.
    pub(super) fn days(self) -> i64 {
        (self.to.0 - self.from.0 + DAY - 1) / DAY
    }

    /// Returns the time in days since the midnight before the first sample.
    fn x(self, at: Timestamp) -> f64 {
        let seconds = i32::try_from(at.0 - self.midnight()).unwrap_or(i32::MAX);
        f64::from(seconds) / 86_400.0
    }

    fn midnight(self) -> i64 {
        self.from.0.div_euclid(DAY) * DAY
    }
}

/// Renders samples, oldest first, as SVG; samples outside of the axes are omitted.
pub(super) fn render_stacked(samples: &[PropagationSample], axes: ChartAxes) -> Result<String, String> {
    let samples = downsample(samples, axes);
    let max = samples.iter().map(|c| c.counts.total()).max().unwrap_or(0).max(1);
    let mut out = String::new();
    draw(&mut out, &samples, axes, max).map_err(|e| e.to_string())?;
    Ok(out)
}

type DrawResult = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw(out: &mut String, samples: &[PropagationSample], axes: ChartAxes, max: u64) -> DrawResult {
    let root = SVGBackend::with_string(out, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(4)
        .margin_right(12)
        .x_label_area_size(20)
        .y_label_area_size(36)
        .build_cartesian_2d(axes.x(axes.from)..axes.x(axes.to), 0..max)?;
    // From the top down: each area covers the lower part of the previous one.
    for (index, fill) in FILLS.into_iter().enumerate().rev() {
        let upper = samples.iter().map(|c| {
            let sum = c.counts.parts().into_iter().take(index + 1).map(u64::from).sum();
            (axes.x(c.taken_at), sum)
        });
        chart.draw_series(AreaSeries::new(upper, 0, fill.filled()))?;
    }
    let text = ("sans-serif", 13).into_font();
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(7)
        .y_labels(3)
        .label_style(text)
        .x_label_formatter(&|day| date(axes, *day))
        .draw()?;
    root.present()
}

/// Formats a label such as `Nov 24`.
fn date(axes: ChartAxes, day: f64) -> String {
    let hours = std::time::Duration::try_from_secs_f64(day * 86_400.0).unwrap_or_default();
    let at = Timestamp(axes.midnight()).plus(hours);
    let text = jiff::Timestamp::from_second(at.0).map(|t| t.strftime("%b %-d").to_string());
    text.unwrap_or_default()
}

/// Keeps the last sample of each of [`MAX_POINTS`] intervals, and only the first and last of consecutive equal samples.
fn downsample(samples: &[PropagationSample], axes: ChartAxes) -> Vec<PropagationSample> {
    let span = (axes.to.0 - axes.from.0).max(1);
    let part = |c: &PropagationSample| (c.taken_at.0 - axes.from.0) * MAX_POINTS / span;
    let mut out: Vec<PropagationSample> = Vec::new();
    let within = (samples.iter()).filter(|c| (axes.from..=axes.to).contains(&c.taken_at));
    for next in within {
        if out.last().is_some_and(|last| out.len() > 1 && part(last) == part(next)) {
            out.pop();
        }
        if let [.., before, last] = out.as_slice()
            && before.counts == last.counts
            && last.counts == next.counts
        {
            out.pop();
        }
        out.push(*next);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::propagation::PropagationCounts;

    const FIRST: Timestamp = Timestamp(1_700_000_000);

    fn sample(hours: i64, newest: u32, older: u32) -> PropagationSample {
        PropagationSample {
            taken_at: Timestamp(FIRST.0 + hours * 3_600),
            counts: PropagationCounts {
                newest,
                older,
                ..PropagationCounts::default()
            },
        }
    }

    /// Returns the fill and the number of corners of each area.
    fn areas(svg: &str) -> Vec<(String, usize)> {
        let parts = svg.split("<polygon").skip(1);
        parts
            .map(|p| {
                let value = |name: &str| {
                    p.split(&format!("{name}=\""))
                        .nth(1)
                        .unwrap()
                        .split('"')
                        .next()
                        .unwrap()
                };
                let corners = value("points").split_whitespace().count();
                (value("fill").to_owned(), corners)
            })
            .collect()
    }

    #[test]
    fn a_chart_has_one_area_per_count() {
        let all: Vec<PropagationSample> = (0..84).map(|n| sample(n * 4, u32::try_from(n).unwrap(), 84)).collect();
        let axes = ChartAxes::from_samples(all.iter().copied()).unwrap();
        assert_eq!(axes.days(), 14);
        let svg = render_stacked(&all, axes).unwrap();
        let areas = areas(&svg);
        let fills: Vec<&str> = areas.iter().map(|(fill, _)| fill.as_str()).collect();
        assert_eq!(fills, ["#6E7781", "#BC4C00", "#8250DF", "#0969DA", "#1A7F37"]);
        assert!(areas.iter().all(|(_, corners)| *corners >= 80), "{areas:?}");
        assert!(
            svg.contains("Nov 16") && svg.len() < 8_000,
            "{} bytes: {svg}",
            svg.len()
        );
    }

    #[test]
    fn unchanged_counts_give_few_corners() {
        let all: Vec<PropagationSample> = (0..1_000).map(|n| sample(n, 70, 3)).collect();
        let axes = ChartAxes::from_samples(all.iter().copied()).unwrap();
        let svg = render_stacked(&all, axes).unwrap();
        assert!(areas(&svg).iter().all(|(_, corners)| *corners <= 5), "{svg}");
        assert!(svg.len() < 4_000, "{} bytes", svg.len());
        // Changing counts are limited to what can be distinguished, and the last sample is kept.
        let all: Vec<PropagationSample> = (0..1_000).map(|n| sample(n, n.try_into().unwrap(), 3)).collect();
        let few = downsample(&all, axes);
        assert!(few.len() <= 86, "{}", few.len());
        assert_eq!((few.first(), few.last()), (all.first(), all.last()));
    }

    #[test]
    fn samples_at_one_time_give_no_axes() {
        assert_eq!(ChartAxes::from_samples([].into_iter()), None);
        assert_eq!(ChartAxes::from_samples([sample(0, 1, 1)].into_iter()), None);
        let axes = ChartAxes::from_samples([sample(0, 1, 1), sample(1, 1, 1)].into_iter()).unwrap();
        assert_eq!(axes.days(), 1);
        // No mirrors, and no samples.
        assert!(render_stacked(&[sample(0, 0, 0)], axes).unwrap().starts_with("<svg"));
        assert!(render_stacked(&[], axes).unwrap().ends_with("</svg>\n"));
    }
}
