//! From where to where the axes of a chart run.

use crate::snippet::figure::{Chart, Mark, Series};

use super::marks::{self, Bars};
use super::scale::{Kind, bounded};
use super::ticks;

/// Room between the ends of an axis and the first and last point, as a share of its length.
const AIR: f64 = 0.04;

/// One axis as it will be drawn.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) kind: Kind,
    pub(super) ticks: Vec<f64>,
    pub(super) labels: Vec<String>,
}

/// The smallest and largest of `of` over all points that are drawn.
pub(super) fn span(
    chart: &Chart,
    drawable: &impl Fn(f64, f64) -> bool,
    of: impl Fn(f64, f64) -> f64,
) -> Option<(f64, f64)> {
    let points = chart.series.iter().flat_map(|series| marks::points(series, drawable)).flatten();
    points.map(|(x, y)| bounded(of(x, y))).fold(None, |span, number| {
        let (low, high) = span.unwrap_or((number, number));
        Some((number.min(low), number.max(high)))
    })
}

fn has_bars(chart: &Chart) -> bool {
    chart.series.iter().any(|series: &Series| series.mark == Mark::Bar)
}

/// The axis of values: with bars it starts at their base, else it leaves some air on both sides.
pub(super) fn values(
    chart: &Chart,
    bars: &Bars,
    log: bool,
    wanted: usize,
    drawable: &impl Fn(f64, f64) -> bool,
) -> Axis {
    let own = span(chart, drawable, |_, y| y);
    let (low, high) = covered(own, chart.reach.map(|reach| reach.values), log);
    let (mut low, mut high) = apart(low, high, log);
    if has_bars(chart) {
        (low, high) = (low.min(bars.base), high.max(bars.base));
    }
    let fixed = |end: f64| has_bars(chart) && end == bars.base;
    let (wide_low, wide_high) = air(low, high, log);
    let low = if fixed(low) { low } else { wide_low };
    let high = if fixed(high) { high } else { wide_high };
    finish(low, high, log, wanted)
}

/// The axis of positions: names stand at 0, 1, 2, …; numbers where they are.
pub(super) fn positions(
    chart: &Chart,
    bars: &Bars,
    log: bool,
    wanted: usize,
    drawable: &impl Fn(f64, f64) -> bool,
) -> Axis {
    if !chart.categories.is_empty() {
        let high = chart.categories.len() as f64 - 0.5;
        return Axis { low: -0.5, high, kind: Kind::Linear, ticks: Vec::new(), labels: Vec::new() };
    }
    let own = span(chart, drawable, |x, _| x);
    let (low, high) = covered(own, chart.reach.map(|reach| reach.positions), log);
    if has_bars(chart) && !log {
        return finish(low - bars.pitch / 2.0, high + bars.pitch / 2.0, log, wanted);
    }
    let (low, high) = apart(low, high, log);
    let (low, high) = air(low, high, log);
    let axis = finish(low, high, log, wanted);
    if whole(chart, drawable) { without_parts(axis) } else { axis }
}

/// Whether all points stand at whole numbers: layers, steps, epochs.
fn whole(chart: &Chart, drawable: &impl Fn(f64, f64) -> bool) -> bool {
    let mut points = chart.series.iter().flat_map(|series| marks::points(series, drawable)).flatten();
    points.all(|(x, _)| x.fract() == 0.0)
}

/// `axis` without the ticks between whole numbers: half a layer is no layer.
fn without_parts(axis: Axis) -> Axis {
    let near = |tick: &f64| (tick - tick.round()).abs() < 1e-9;
    let ticks: Vec<f64> = axis.ticks.iter().copied().filter(near).map(f64::round).collect();
    if ticks.len() < 2 {
        return axis;
    }
    Axis { labels: ticks::labels(&ticks), ticks, ..axis }
}

/// The `own` range of an axis, widened to what it has to reach.
fn covered(own: Option<(f64, f64)>, reach: Option<[f64; 2]>, log: bool) -> (f64, f64) {
    let reach = reach
        .map(|[low, high]| (bounded(low), bounded(high)))
        .filter(|(low, high)| low <= high && (!log || *low > 0.0));
    match (own, reach) {
        (Some(own), Some(reach)) => (own.0.min(reach.0), own.1.max(reach.1)),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => {
            if log {
                (1.0, 10.0)
            } else {
                (0.0, 1.0)
            }
        }
    }
}

/// Two different ends, also where all numbers are one.
fn apart(low: f64, high: f64, log: bool) -> (f64, f64) {
    let near = high - low <= 1e-12 * low.abs().max(high.abs());
    match (near, log) {
        (false, _) => (low, high),
        (true, true) => (low / 2.0, high * 2.0),
        (true, false) if low.abs() < 1e-290 => (-0.5, 0.5),
        (true, false) => (low - low.abs() / 2.0, high + high.abs() / 2.0),
    }
}

/// A little room beyond both ends; a linear axis does not cross zero for it.
fn air(low: f64, high: f64, log: bool) -> (f64, f64) {
    if log {
        let factor = (high / low).powf(AIR).clamp(1.0, 1e10);
        return (low / factor, high * factor);
    }
    let room = (high - low) * AIR;
    let below = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
    let above = if high <= 0.0 { (high + room).min(0.0) } else { high + room };
    (below, above)
}

fn finish(low: f64, high: f64, log: bool, wanted: usize) -> Axis {
    let ticks = if log { ticks::logarithmic(low, high, wanted) } else { ticks::linear(low, high, wanted) };
    let labels = ticks::labels(&ticks);
    Axis { low, high, kind: if log { Kind::Log } else { Kind::Linear }, ticks, labels }
}
