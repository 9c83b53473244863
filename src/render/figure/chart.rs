//! Charts: lines, bars and points over a common pair of axes.

use std::fmt::Write;

use crate::snippet::figure::{Chart, Mark};

use super::axis::{self, GAP};
use super::marks::{self, Bars, Plane};
use super::names;
use super::range::{positions, span, values};
use super::scale::{Scale, bounded};
use super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::text::{self, FONT, HALF};
use super::ticks;

/// Natural width of every chart, in pixels: a phone shows it at seven tenths, still readable, and the style
/// sheet lets it grow a little where there is room.
const WIDTH: f64 = 480.0;
/// Height of the box between the axes, in pixels.
const HEIGHT: f64 = 230.0;
/// The widest name at the left side, in pixels.
const NAME: f64 = 170.0;

/// `chart` as SVG.
pub(super) fn draw(chart: &Chart, id: &str, alt: &str) -> String {
    let mut svg = Svg::default();
    let mut top = MARGIN + heading(&mut svg, &chart.title, WIDTH - 2.0 * MARGIN);
    top += legend(&mut svg, chart, top);
    if chart.horizontal { lying(svg, chart, top, id, alt) } else { standing(svg, chart, top, id, alt) }
}

/// Positions run across the page, values up.
fn standing(mut svg: Svg, chart: &Chart, top: f64, id: &str, alt: &str) -> String {
    let drawable = drawable(chart.log_x, chart.log_y);
    let bars = bars(chart, chart.log_y, &drawable);
    let value = values(chart, &bars, chart.log_y, 5, &drawable);
    let y_label = if chart.y_label.is_empty() { 0.0 } else { FONT + 7.0 };
    let numbers = marks::numbered(chart);
    let mut left = MARGIN + y_label + text::widest(&value.labels) + GAP;
    let right = WIDTH - MARGIN - 8.0;
    let position = positions(chart, &bars, chart.log_x, 6, &drawable);
    let pitch = (right - left) / chart.categories.len().max(1) as f64;
    left = left.max(axis::overhang(&chart.categories, pitch) - pitch / 2.0 + MARGIN).ceil();
    let pitch = (right - left) / chart.categories.len().max(1) as f64;
    // The number of the highest bar stands above it.
    let box_top = top + if numbers.is_some() { 12.0 } else { 8.0 };
    let bottom = box_top + HEIGHT;
    let plane = Plane {
        position: Scale::new(position.low, position.high, (left, right), position.kind),
        value: Scale::new(value.low, value.high, (bottom, box_top), value.kind),
        horizontal: false,
    };
    let mut grid = String::new();
    for (tick, label) in value.ticks.iter().zip(&value.labels) {
        let y = plane.value.at(*tick);
        let _ = write!(grid, "M{} {}H{}", num(left), num(y), num(right));
        svg.text(left - GAP, y + HALF, Anchor::End, "tk", label);
    }
    svg.path("class=\"gr\" stroke=\"#dcd5c6\"", &grid);
    series(&mut svg, chart, &plane, &bars, &drawable);
    let base = plane.value.at(bars.base).clamp(box_top, bottom);
    let mut lines = format!("M{} {}H{}", num(left), num(base), num(right));
    let mut below = bottom;
    if chart.categories.is_empty() {
        for (tick, label) in position.ticks.iter().zip(&position.labels) {
            let x = plane.position.at(*tick);
            let _ = write!(lines, "M{} {}v4", num(x), num(bottom));
            svg.text(x, bottom + GAP + 0.85 * FONT, Anchor::Middle, "tk", label);
        }
        below += GAP + FONT;
    } else {
        let places: Vec<f64> = (0..chart.categories.len()).map(|at| plane.position.at(at as f64)).collect();
        below += axis::names(&mut svg, &chart.categories, &places, pitch, bottom);
    }
    svg.path("class=\"ax\" stroke=\"#6b655a\" fill=\"none\"", &lines);
    if let (Some(series), true) = (numbers, pitch > numbers.map_or(0.0, marks::number_width)) {
        marks::numbers(&mut svg, series, &plane, &drawable);
    }
    let labels = axis::Labels { x: &chart.x_label, y: &chart.y_label };
    below += labels.draw(&mut svg, (left, right), (box_top, bottom), below);
    let data = data(chart);
    svg.finish("chart", WIDTH, below + MARGIN, Words { id, alt, title: &chart.title, data: &data })
}

/// Positions run down the page, values across.
fn lying(mut svg: Svg, chart: &Chart, top: f64, id: &str, alt: &str) -> String {
    // Axes are named by the page: values lie on the horizontal one.
    let drawable = drawable(chart.log_y, chart.log_x);
    let bars = bars(chart, chart.log_x, &drawable);
    let value = values(chart, &bars, chart.log_x, 5, &drawable);
    let position = positions(chart, &bars, chart.log_y, 5, &drawable);
    let (names, places): (Vec<String>, Vec<f64>) = if chart.categories.is_empty() {
        (position.labels.clone(), position.ticks.clone())
    } else {
        let names = chart.categories.iter().map(|name| text::fit(name, NAME));
        (names.collect(), (0..chart.categories.len()).map(|at| at as f64).collect())
    };
    let y_label = if chart.y_label.is_empty() { 0.0 } else { FONT + 7.0 };
    let numbers = marks::numbered(chart);
    let room = numbers.map_or(8.0, |series| marks::number_width(series) + 8.0);
    let left = (MARGIN + y_label + text::widest(&names) + GAP).ceil();
    let right = WIDTH - MARGIN;
    let from = if value.low < 0.0 && numbers.is_some() { left + room } else { left };
    let box_top = top + 4.0;
    let rows = if chart.categories.is_empty() { 10.0 } else { chart.categories.len() as f64 };
    let row = if bars.groups > 1 { 13.0 * bars.groups as f64 + 9.0 } else { 25.0 };
    let bottom = box_top + (rows * row).clamp(50.0, 1400.0);
    let plane = Plane {
        position: Scale::new(position.low, position.high, (box_top, bottom), position.kind),
        value: Scale::new(value.low, value.high, (from, right - room), value.kind),
        horizontal: true,
    };
    let mut grid = String::new();
    for (tick, label) in value.ticks.iter().zip(&value.labels) {
        let x = plane.value.at(*tick);
        let _ = write!(grid, "M{} {}V{}", num(x), num(box_top), num(bottom));
        svg.text(x, bottom + GAP + 0.85 * FONT, Anchor::Middle, "tk", label);
    }
    svg.path("class=\"gr\" stroke=\"#dcd5c6\"", &grid);
    series(&mut svg, chart, &plane, &bars, &drawable);
    let base = plane.value.at(bars.base).clamp(from, right);
    svg.path(
        "class=\"ax\" stroke=\"#6b655a\" fill=\"none\"",
        &format!("M{} {}V{}", num(base), num(box_top), num(bottom)),
    );
    let every = (FONT * rows / (bottom - box_top)).ceil().max(1.0) as usize;
    for (name, place) in names.iter().zip(&places).step_by(every) {
        svg.text(left - GAP, plane.position.at(*place) + HALF, Anchor::End, "", name);
    }
    if let Some(series) = numbers {
        marks::numbers(&mut svg, series, &plane, &drawable);
    }
    let mut below = bottom + GAP + FONT;
    let labels = axis::Labels { x: &chart.x_label, y: &chart.y_label };
    below += labels.draw(&mut svg, (left, right), (box_top, bottom), below);
    let data = data(chart);
    svg.finish("chart", WIDTH, below + MARGIN, Words { id, alt, title: &chart.title, data: &data })
}

fn series(svg: &mut Svg, chart: &Chart, plane: &Plane, bars: &Bars, drawable: &impl Fn(f64, f64) -> bool) {
    let mut bar = 0;
    for (index, series) in chart.series.iter().enumerate() {
        marks::draw(svg, series, (index, bar), plane, bars, drawable);
        bar += usize::from(series.mark == Mark::Bar);
    }
    names::draw(svg, chart, plane, drawable);
}

/// Whether a point has a place: a logarithmic axis has none for what is not positive.
fn drawable(log_position: bool, log_value: bool) -> impl Fn(f64, f64) -> bool {
    move |x, y| x.is_finite() && y.is_finite() && (!log_position || x > 0.0) && (!log_value || y > 0.0)
}

fn bars(chart: &Chart, log_value: bool, drawable: &impl Fn(f64, f64) -> bool) -> Bars {
    let with_bars = || chart.series.iter().filter(|series| series.mark == Mark::Bar);
    let mut places: Vec<f64> =
        with_bars().flat_map(|series| &series.x).copied().filter(|x| x.is_finite()).map(bounded).collect();
    places.sort_by(f64::total_cmp);
    let steps = places.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0);
    let step = steps.fold(f64::INFINITY, f64::min);
    let named = !chart.categories.is_empty();
    // Bars over numbers are a histogram: they touch but for a pixel.
    let (pitch, fill) = if named || !step.is_finite() { (1.0, 0.72) } else { (step, 1.0) };
    let base =
        if log_value { span(chart, drawable, |_, y| y).map_or(1.0, |(low, _)| low / 2.0) } else { 0.0 };
    Bars { pitch, fill, groups: with_bars().count().max(1), base }
}

/// Adds the names of the series, in as many rows as they need, and returns the height they take.
fn legend(svg: &mut Svg, chart: &Chart, top: f64) -> f64 {
    let named = || chart.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
    if named().next().is_none() {
        return 0.0;
    }
    let (mut x, mut y) = (MARGIN, top + 10.0);
    for (index, series) in named() {
        let name = text::fit(&series.name, WIDTH / 2.0);
        let width = 24.0 + text::width(&name) + 18.0;
        if x > MARGIN && x + width > WIDTH {
            (x, y) = (MARGIN, y + FONT + 7.0);
        }
        let sample = match series.mark {
            Mark::Bar => format!("M{} {}h11v11h-11z", num(x + 7.0), num(y - 5.5)),
            Mark::Line => format!("M{} {}h18", num(x), num(y)),
            Mark::Point => format!("M{} {}h0", num(x + 11.0), num(y)),
        };
        svg.path(&marks::stroke(index, series.mark), &sample);
        svg.text(x + 24.0, y + HALF, Anchor::Start, "", &name);
        x += width;
    }
    y - top + FONT
}

/// Axes and ranges, and every number of a small chart.
fn data(chart: &Chart) -> String {
    let mut data = [("→ ", &chart.x_label), ("↑ ", &chart.y_label)]
        .iter()
        .filter(|(_, label)| !label.is_empty())
        .map(|(mark, label)| format!("{mark}{label}"))
        .collect::<Vec<_>>()
        .join("; ");
    for series in &chart.series {
        let finite: Vec<f64> = series.y.iter().flatten().copied().filter(|y| y.is_finite()).collect();
        let separator = if data.is_empty() { "" } else { "; " };
        let colon = if series.name.is_empty() { "" } else { ": " };
        let _ = write!(data, "{separator}{}{colon}", series.name);
        if series.y.len() <= 24 {
            let numbers = series.x.iter().zip(&series.y).enumerate().map(|(at, (x, y))| {
                let name = chart.categories.get(at).cloned().unwrap_or_else(|| ticks::short(bounded(*x)));
                format!("{name} {}", y.map_or("–".to_owned(), |y| ticks::short(bounded(y))))
            });
            data.push_str(&numbers.collect::<Vec<_>>().join(", "));
        } else {
            let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
            let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let _ = write!(data, "{} × ", series.y.len());
            if low <= high {
                let _ = write!(data, "{} … {}", ticks::short(bounded(low)), ticks::short(bounded(high)));
            }
        }
    }
    data
}
