//! Pictures of how pushes spread: stacked areas over time, as SVG that stands in a page.
//!
//! Colours are told apart by the style sheet, which finds the areas by the fills that are written here; so a picture is light or dark
//! as its page is.

use plotters::prelude::*;

use crate::model::Timestamp;
use crate::model::propagation::PropagationSample;

const SIZE: (u32, u32) = (500, 140);
/// The fills of [`crate::model::propagation::PropagationCounts::parts`], as `style.css` knows them.
const FILLS: [RGBColor; 5] = [
    RGBColor(0x1a, 0x7f, 0x37),
    RGBColor(0x09, 0x69, 0xda),
    RGBColor(0x82, 0x50, 0xdf),
    RGBColor(0xbc, 0x4c, 0x00),
    RGBColor(0x6e, 0x77, 0x81),
];
const DAY: i64 = 24 * 60 * 60;
/// The most moments that a picture has: more than can be told apart would only make pages heavy.
const MAX_POINTS: i64 = 84;

/// The time that all pictures of a page show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChartAxes {
    /// The first moment.
    pub(super) from: Timestamp,
    /// The last one.
    pub(super) to: Timestamp,
}

impl ChartAxes {
    /// From the first to the last of what was counted, if these are two moments.
    pub(super) fn from_samples(counted: impl Iterator<Item = PropagationSample>) -> Option<Self> {
        let mut frame: Option<Self> = None;
        for PropagationSample { taken_at: at, .. } in counted {
            let Self { from, to } = frame.unwrap_or(Self { from: at, to: at });
            frame = Some(Self {
                from: from.min(at),
                to: to.max(at),
            });
        }
        frame.filter(|f| f.from < f.to)
    }

    /// How many days it spans, the begun ones whole.
    pub(super) fn days(self) -> i64 {
        (self.to.0 - self.from.0 + DAY - 1) / DAY
    }

    /// Days since the beginning of the first one.
    fn place(self, at: Timestamp) -> f64 {
        let seconds = i32::try_from(at.0 - self.midnight()).unwrap_or(i32::MAX);
        f64::from(seconds) / 86_400.0
    }

    fn midnight(self) -> i64 {
        self.from.0.div_euclid(DAY) * DAY
    }
}

/// The picture. `counted` is in order, the oldest first; what lies outside of the frame is left out.
pub(super) fn stacked(counted: &[PropagationSample], frame: ChartAxes) -> Result<String, String> {
    let counted = downsample(counted, frame);
    let most = counted.iter().map(|c| c.counts.total()).max().unwrap_or(0).max(1);
    let mut out = String::new();
    draw(&mut out, &counted, frame, most).map_err(|e| e.to_string())?;
    Ok(out)
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw(out: &mut String, counted: &[PropagationSample], frame: ChartAxes, most: u64) -> Drawn {
    let root = SVGBackend::with_string(out, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(4)
        .margin_right(12)
        .x_label_area_size(20)
        .y_label_area_size(36)
        .build_cartesian_2d(frame.place(frame.from)..frame.place(frame.to), 0..most)?;
    // From the top down: each area covers the lower part of the one before.
    for (place, fill) in FILLS.into_iter().enumerate().rev() {
        let upper = counted.iter().map(|c| {
            let sum = c.counts.parts().into_iter().take(place + 1).map(u64::from).sum();
            (frame.place(c.taken_at), sum)
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
        .x_label_formatter(&|day| date(frame, *day))
        .draw()?;
    root.present()
}

/// `Nov 24`.
fn date(frame: ChartAxes, day: f64) -> String {
    let hours = std::time::Duration::try_from_secs_f64(day * 86_400.0).unwrap_or_default();
    let at = Timestamp(frame.midnight()).plus(hours);
    let text = jiff::Timestamp::from_second(at.0).map(|t| t.strftime("%b %-d").to_string());
    text.unwrap_or_default()
}

/// One moment for each part of the frame, the last one in it; and of equal ones in a row only the first and the last.
fn downsample(counted: &[PropagationSample], frame: ChartAxes) -> Vec<PropagationSample> {
    let span = (frame.to.0 - frame.from.0).max(1);
    let part = |c: &PropagationSample| (c.taken_at.0 - frame.from.0) * MAX_POINTS / span;
    let mut out: Vec<PropagationSample> = Vec::new();
    let within = (counted.iter()).filter(|c| (frame.from..=frame.to).contains(&c.taken_at));
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

    fn counted(hours: i64, newest: u32, older: u32) -> PropagationSample {
        PropagationSample {
            taken_at: Timestamp(FIRST.0 + hours * 3_600),
            counts: PropagationCounts {
                newest,
                older,
                ..PropagationCounts::default()
            },
        }
    }

    /// The areas by their fills: the corners of each.
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
    fn a_picture_has_one_area_for_each_state() {
        let all: Vec<PropagationSample> = (0..84).map(|n| counted(n * 4, u32::try_from(n).unwrap(), 84)).collect();
        let frame = ChartAxes::from_samples(all.iter().copied()).unwrap();
        assert_eq!(frame.days(), 14);
        let svg = stacked(&all, frame).unwrap();
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
    fn what_does_not_change_has_few_corners() {
        let all: Vec<PropagationSample> = (0..1_000).map(|n| counted(n, 70, 3)).collect();
        let frame = ChartAxes::from_samples(all.iter().copied()).unwrap();
        let svg = stacked(&all, frame).unwrap();
        assert!(areas(&svg).iter().all(|(_, corners)| *corners <= 5), "{svg}");
        assert!(svg.len() < 4_000, "{} bytes", svg.len());
        // Of what changes all the time no more is drawn than can be seen, and the end is what was counted last.
        let all: Vec<PropagationSample> = (0..1_000).map(|n| counted(n, n.try_into().unwrap(), 3)).collect();
        let few = downsample(&all, frame);
        assert!(few.len() <= 86, "{}", few.len());
        assert_eq!((few.first(), few.last()), (all.first(), all.last()));
    }

    #[test]
    fn one_moment_is_no_picture() {
        assert_eq!(ChartAxes::from_samples([].into_iter()), None);
        assert_eq!(ChartAxes::from_samples([counted(0, 1, 1)].into_iter()), None);
        let frame = ChartAxes::from_samples([counted(0, 1, 1), counted(1, 1, 1)].into_iter()).unwrap();
        assert_eq!(frame.days(), 1);
        // Nobody, and nothing in the frame.
        assert!(stacked(&[counted(0, 0, 0)], frame).unwrap().starts_with("<svg"));
        assert!(stacked(&[], frame).unwrap().ends_with("</svg>\n"));
    }
}
