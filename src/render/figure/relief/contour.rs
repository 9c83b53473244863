//! From above: bands of colour between lines of one height.

use std::fmt::Write;

use crate::snippet::figure::Relief;

use super::super::axis::{self, GAP};
use super::super::rings::Field;
use super::super::scale::{Kind, Ramp, Scale};
use super::super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::super::text::{self, FONT, HALF};
use super::super::ticks;
use super::{bar, bar_width, data, ends, shade};

/// Natural width of the figure, in pixels, as of every chart.
const WIDTH: f64 = 480.0;
/// Height of the box between the axes, in pixels.
const HEIGHT: f64 = 290.0;

/// `relief` with a line at each of `levels`.
pub(super) fn draw(relief: &Relief, levels: &[f64], id: &str, alt: &str) -> String {
    let mut svg = Svg::default();
    let top = MARGIN + heading(&mut svg, &relief.title, WIDTH - 2.0 * MARGIN) + 6.0;
    let bottom = top + HEIGHT;
    let bands = levels.len() + 1;
    let marks: Vec<(f64, String)> = ticks::labels(levels)
        .into_iter()
        .enumerate()
        .map(|(at, label)| ((at + 1) as f64 / bands as f64, label))
        .collect();
    let (x_ends, y_ends) = (ends(relief.x.iter().copied()), ends(relief.y.iter().copied()));
    let (x_ticks, y_ticks) = (ticks::linear(x_ends.0, x_ends.1, 6), ticks::linear(y_ends.0, y_ends.1, 5));
    let (x_names, y_names) = (ticks::labels(&x_ticks), ticks::labels(&y_ticks));
    let y_label = if relief.y_label.is_empty() { 0.0 } else { FONT + 7.0 };
    let left = (MARGIN + y_label + text::widest(&y_names) + GAP).ceil();
    let right = (WIDTH - MARGIN - bar_width(&marks) - 16.0).floor();
    let across = Scale::new(x_ends.0, x_ends.1, (left, right), Kind::Linear);
    let down = Scale::new(y_ends.0, y_ends.1, (bottom, top), Kind::Linear);

    let x: Vec<f64> = relief.x.iter().map(|x| across.at(*x)).collect();
    let y: Vec<f64> = relief.y.iter().map(|y| down.at(*y)).collect();
    let field = Field { x: &x, y: &y, z: &relief.z };
    // Each band covers all that is higher, so that no seam shows between two of them.
    svg.open(
        "class=\"rings\" fill-rule=\"evenodd\" stroke=\"#14202a\" stroke-opacity=\".35\" stroke-width=\".7\"",
    );
    let lowest = std::iter::once(f64::NEG_INFINITY);
    for (at, level) in lowest.chain(levels.iter().copied()).enumerate() {
        svg.path(&Ramp::Sequential.fill(shade(at, bands)), &field.path(level));
    }
    svg.close();

    let mut lines = format!("M{} {}V{}H{}V{}z", num(left), num(top), num(bottom), num(right), num(top));
    for (tick, name) in x_ticks.iter().zip(&x_names) {
        let x = across.at(*tick);
        let _ = write!(lines, "M{} {}v4", num(x), num(bottom));
        svg.text(x, bottom + GAP + 0.85 * FONT, Anchor::Middle, "tk", name);
    }
    for (tick, name) in y_ticks.iter().zip(&y_names) {
        let y = down.at(*tick);
        let _ = write!(lines, "M{} {}h-4", num(left), num(y));
        svg.text(left - GAP, y + HALF, Anchor::End, "tk", name);
    }
    svg.path("class=\"ax\" stroke=\"#6b655a\" fill=\"none\"", &lines);
    let shades: Vec<usize> = (0..bands).map(|at| shade(at, bands)).collect();
    bar(&mut svg, right + 16.0, (top, HEIGHT.min(24.0 * bands as f64)), &shades, &marks);
    let labels = axis::Labels { x: &relief.x_label, y: &relief.y_label };
    let below = bottom + GAP + FONT;
    let below = below + labels.draw(&mut svg, (left, right), (top, bottom), below);
    let data = data(relief);
    svg.finish("chart", WIDTH, below + MARGIN, Words { id, alt, title: &relief.title, data: &data })
}
