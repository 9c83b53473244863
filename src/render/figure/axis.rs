//! What stands around a drawing: names and numbers along its sides, labels of its axes.

use super::svg::{Anchor, Svg};
use super::text::{self, FONT, HALF};

/// The widest name below a figure, in pixels along its own line.
const NAME: f64 = 120.0;
/// How far names and numbers stand off, in pixels.
pub(super) const GAP: f64 = 7.0;

/// Adds `names` under their `places` (x of each one's middle, `pitch` pixels apart) below `top`, and
/// returns the height that they take.
///
/// Names lie flat where they fit, lean where they do not, stand where even that is too narrow; where
/// there are more names than lines, only every second, third, … is shown.
pub(super) fn names(svg: &mut Svg, names: &[String], places: &[f64], pitch: f64, top: f64) -> f64 {
    if names.is_empty() || places.is_empty() {
        return 0.0;
    }
    if text::widest(names) <= (pitch - 4.0).max(FONT * 1.1) {
        for (name, x) in names.iter().zip(places) {
            svg.text(*x, top + GAP + 0.75 * FONT, Anchor::Middle, "", name);
        }
        return GAP + FONT;
    }
    let names: Vec<String> = names.iter().map(|name| text::fit(name, NAME)).collect();
    let widest = text::widest(&names);
    if pitch >= 16.0 {
        for (name, x) in names.iter().zip(places) {
            svg.turned(x + 0.3 * FONT, top + GAP + 0.5 * FONT, -45, Anchor::End, name);
        }
        return GAP + (widest + FONT) * std::f64::consts::FRAC_1_SQRT_2;
    }
    let every = (FONT / pitch).ceil().max(1.0) as usize;
    for (name, x) in names.iter().zip(places).step_by(every) {
        svg.turned(x + HALF, top + GAP, -90, Anchor::End, name);
    }
    GAP + widest
}

/// How far the first leaning name reaches to the left of its place.
pub(super) fn overhang(names: &[String], pitch: f64) -> f64 {
    let leans = text::widest(names) > (pitch - 4.0).max(FONT * 1.1) && pitch >= 16.0;
    match names.first() {
        Some(first) if leans => text::width(&text::fit(first, NAME)) * std::f64::consts::FRAC_1_SQRT_2,
        _ => 0.0,
    }
}

/// What the two axes measure; empty where nothing is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels<'a> {
    /// Below the drawing.
    pub(super) x: &'a str,
    /// At its left side, read upwards.
    pub(super) y: &'a str,
}

impl Labels<'_> {
    /// Adds the labels around the box `across` (left, right) and `down` (top, bottom), the lower one below
    /// `bottom`, and returns the height that it takes.
    pub(super) fn draw(self, svg: &mut Svg, across: (f64, f64), down: (f64, f64), bottom: f64) -> f64 {
        if !self.y.is_empty() {
            let label = text::fit(self.y, (down.1 - down.0).max(160.0));
            let middle = f64::midpoint(down.0, down.1).max(down.0 + text::width(&label) / 2.0);
            svg.turned(super::svg::MARGIN + 0.8 * FONT, middle, -90, Anchor::Middle, &label);
        }
        if self.x.is_empty() {
            return 0.0;
        }
        let label = text::fit(self.x, (across.1 - across.0).max(160.0));
        svg.text(f64::midpoint(across.0, across.1), bottom + FONT + 6.0, Anchor::Middle, "", &label);
        FONT + 10.0
    }
}
