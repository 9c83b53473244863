//! Reliefs: heights over a plane, from above with lines of one height, or at an angle.

mod contour;
mod surface;

use crate::snippet::figure::{Relief, View};

use super::scale::{LEVELS, Ramp, bounded};
use super::svg::{Anchor, Svg, num};
use super::text::{self, HALF};
use super::ticks;

/// Width of the colour scale, in pixels.
const BAR: f64 = 10.0;

/// `relief` as SVG.
pub(super) fn draw(relief: &Relief, id: &str, alt: &str) -> String {
    match &relief.view {
        View::Surface => surface::draw(relief, id, alt),
        View::Contour(levels) => contour::draw(relief, levels, id, alt),
    }
}

/// The least and greatest height; 0 and 1 where there is none.
fn heights(relief: &Relief) -> (f64, f64) {
    ends(relief.z.iter().flatten().flatten().copied())
}

/// The least and greatest of `numbers` that are finite, never the same; 0 and 1 where there is none.
fn ends(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = numbers.filter(|number| number.is_finite()).map(bounded);
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    match (low <= high, high - low > 1e-12 * low.abs().max(high.abs())) {
        (false, _) => (0.0, 1.0),
        (true, true) => (low, high),
        (true, false) if low.abs() < 1e-290 => (-0.5, 0.5),
        (true, false) => (low - low.abs() / 2.0, high + high.abs() / 2.0),
    }
}

/// The shade of band `at` of `count`, spread evenly over the ramp.
fn shade(at: usize, count: usize) -> usize {
    at * (LEVELS - 1) / count.saturating_sub(1).max(1)
}

/// The scale of colours: a bar of `shades`, lowest first, with `labels` at shares of its height.
fn bar(svg: &mut Svg, x: f64, (top, height): (f64, f64), shades: &[usize], labels: &[(f64, String)]) {
    let step = height / shades.len().max(1) as f64;
    svg.open("shape-rendering=\"crispEdges\"");
    // Each reaches down to the foot, below the next one: no seam shows between two of them.
    for (at, shade) in shades.iter().enumerate().rev() {
        let (y, down) = (top + height - step * (at + 1) as f64, step * (at + 1) as f64);
        let path = format!("M{} {}h{}v{}h-{}z", num(x), num(y), num(BAR), num(down), num(BAR));
        svg.path(&Ramp::Sequential.fill(*shade), &path);
    }
    svg.close();
    for (share, label) in labels {
        svg.text(x + BAR + 5.0, top + height * (1.0 - share) + HALF, Anchor::Start, "tk", label);
    }
}

/// How much room the scale of colours takes, its labels included.
fn bar_width(labels: &[(f64, String)]) -> f64 {
    BAR + 5.0 + labels.iter().map(|(_, label)| text::width(label)).fold(0.0, f64::max)
}

/// What the axes measure, and the ranges.
fn data(relief: &Relief) -> String {
    let (low, high) = heights(relief);
    let columns = relief.z.iter().map(Vec::len).max().unwrap_or(0);
    let mut data = format!("{} × {columns}", relief.z.len());
    for (mark, label, (low, high)) in [
        ("x", &relief.x_label, ends(relief.x.iter().copied())),
        ("y", &relief.y_label, ends(relief.y.iter().copied())),
        ("z", &relief.z_label, (low, high)),
    ] {
        let name = if label.is_empty() { mark } else { label };
        data.push_str(&format!("; {name}: {} … {}", ticks::short(low), ticks::short(high)));
    }
    data
}
