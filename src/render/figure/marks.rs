//! Lines, bars and points of a chart.

use std::fmt::Write;

use crate::snippet::figure::{Chart, Mark, Series};

use super::scale::Scale;
use super::svg::{Anchor, Svg, num};
use super::text::{self, HALF};
use super::ticks;

/// Colours of the series in the light theme, each at least 4.5:1 on its paper. The style sheet has the
/// same and those of the dark theme, as `.s1` … `.s6`.
pub(super) const COLOURS: [&str; 6] = ["#1f6a8c", "#b8501f", "#47704c", "#7d4a8a", "#866200", "#5a6570"];
/// Dashes tell lines apart where colours do not.
const DASHES: [&str; 6] = ["", "7 4", "2 4", "10 3 2 3", "5 2", "1 3"];
/// A line of up to this many points shows each of them.
const DOTTED: usize = 24;
/// A single series of up to this many bars has its numbers written at them.
const NUMBERED: usize = 16;

/// The two scales of a chart, and whether bars lie on their side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    /// Where a point stands along the axis of positions.
    pub(super) position: Scale,
    /// Where it stands along the axis of values.
    pub(super) value: Scale,
    /// Whether positions run down the page and values across it.
    pub(super) horizontal: bool,
}

impl Plane {
    /// The pixel of a point.
    pub(super) fn point(&self, x: f64, y: f64) -> (f64, f64) {
        let (position, value) = (self.position.at(x), self.value.at(y));
        if self.horizontal { (value, position) } else { (position, value) }
    }

    /// The left and right end of the drawing.
    pub(super) fn bounds(&self) -> (f64, f64) {
        if self.horizontal { self.value.range() } else { self.position.range() }
    }
}

/// Class, colour and dashes of the series with this index.
pub(super) fn stroke(index: usize, mark: Mark) -> String {
    let (class, colour) = (index % COLOURS.len() + 1, COLOURS[index % COLOURS.len()]);
    match (mark, DASHES[index % DASHES.len()]) {
        (Mark::Bar, _) => format!("class=\"s{class} bar\" fill=\"{colour}\""),
        (Mark::Line, "") => format!(
            "class=\"s{class} line\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\""
        ),
        (Mark::Line, dash) => format!(
            "class=\"s{class} line\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-dasharray=\"{dash}\""
        ),
        (Mark::Point, _) => dots(index, 6.0),
    }
}

/// A dot is a line without length and with round ends.
fn dots(index: usize, size: f64) -> String {
    let (class, colour) = (index % COLOURS.len() + 1, COLOURS[index % COLOURS.len()]);
    format!(
        "class=\"s{class} dot\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\" stroke-linecap=\"round\"",
        num(size)
    )
}

/// The points of a series that can be drawn: a gap is `None`.
pub(super) fn points<'a>(
    series: &'a Series,
    drawable: impl Fn(f64, f64) -> bool + 'a,
) -> impl Iterator<Item = Option<(f64, f64)>> + 'a {
    series.x.iter().zip(&series.y).map(move |(x, y)| y.map(|y| (*x, y)).filter(|(x, y)| drawable(*x, *y)))
}

/// How the bars of a chart stand beside each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bars {
    /// From one group to the next, in the units of the positions.
    pub(super) pitch: f64,
    /// How much of the pitch a group fills, 0 to 1.
    pub(super) fill: f64,
    /// How many series have bars.
    pub(super) groups: usize,
    /// The value from which bars rise.
    pub(super) base: f64,
}

/// Adds `series`, the `index`th of the chart and the `bar`th of those with bars.
pub(super) fn draw(
    svg: &mut Svg,
    series: &Series,
    (index, bar): (usize, usize),
    plane: &Plane,
    bars: &Bars,
    drawable: impl Fn(f64, f64) -> bool,
) {
    let shown: Vec<Option<(f64, f64)>> = points(series, drawable).collect();
    let mut path = String::new();
    match series.mark {
        Mark::Bar => {
            let width = bars.pitch * bars.fill / bars.groups as f64;
            let first = -bars.pitch * bars.fill / 2.0 + width * bar as f64;
            for (x, y) in shown.iter().flatten() {
                let (x0, y0) = plane.point(x + first, bars.base);
                let (x1, y1) = plane.point(x + first + width, *y);
                // Bars of one group stand a pixel apart, and none is too thin to be seen.
                let (dx, dy) =
                    if plane.horizontal { (x1 - x0, thin(y1 - y0)) } else { (thin(x1 - x0), y1 - y0) };
                let _ = write!(path, "M{} {}h{}v{}h{}z", num(x0), num(y0), num(dx), num(dy), num(-dx));
            }
            svg.path(&stroke(index, Mark::Bar), &path);
        }
        Mark::Line => {
            let mut pen = 'M';
            for point in &shown {
                let Some((x, y)) = point else {
                    pen = 'M';
                    continue;
                };
                let (x, y) = plane.point(*x, *y);
                let _ = write!(path, "{pen}{} {}", num(x), num(y));
                pen = 'L';
            }
            svg.path(&stroke(index, Mark::Line), &path);
            // A point between two gaps has no line: it is shown as a dot, however long the series.
            let alone = |at: usize| {
                let before = at.checked_sub(1).and_then(|before| shown[before]);
                before.is_none() && shown.get(at + 1).copied().flatten().is_none()
            };
            let dotted = shown.len() <= DOTTED;
            let kept = shown
                .iter()
                .enumerate()
                .filter(|(at, _)| dotted || alone(*at))
                .filter_map(|(_, point)| *point);
            svg.path(&dots(index, 6.0), &dot_path(kept, plane));
        }
        Mark::Point => {
            let size = if shown.len() > 400 { 3.5 } else { 6.0 };
            svg.path(&dots(index, size), &dot_path(shown.iter().flatten().copied(), plane));
        }
    }
}

fn dot_path(points: impl Iterator<Item = (f64, f64)>, plane: &Plane) -> String {
    points.fold(String::new(), |mut path, (x, y)| {
        let (x, y) = plane.point(x, y);
        let _ = write!(path, "M{} {}h0", num(x), num(y));
        path
    })
}

/// `width` less the pixel between neighbours; the sign stays.
fn thin(width: f64) -> f64 {
    (width.abs() - 1.0).max(0.75).copysign(width)
}

/// The series whose bars have their numbers written at them.
pub(super) fn numbered(chart: &Chart) -> Option<&Series> {
    match chart.series.as_slice() {
        [only] if only.mark == Mark::Bar && only.y.len() <= NUMBERED && !chart.categories.is_empty() => {
            Some(only)
        }
        _ => None,
    }
}

/// The width of the widest number at a bar.
pub(super) fn number_width(series: &Series) -> f64 {
    series.y.iter().flatten().map(|value| text::width(&ticks::short(*value))).fold(0.0, f64::max)
}

/// Writes each bar's number at its end.
pub(super) fn numbers(svg: &mut Svg, series: &Series, plane: &Plane, drawable: impl Fn(f64, f64) -> bool) {
    for (x, y) in points(series, drawable).flatten() {
        let label = ticks::short(y);
        let (across, down) = plane.point(x, y);
        match (plane.horizontal, y < 0.0) {
            (true, false) => svg.text(across + 5.0, down + HALF, Anchor::Start, "tk", &label),
            (true, true) => svg.text(across - 5.0, down + HALF, Anchor::End, "tk", &label),
            (false, false) => svg.text(across, down - 5.0, Anchor::Middle, "tk", &label),
            (false, true) => svg.text(across, down + 14.0, Anchor::Middle, "tk", &label),
        }
    }
}
