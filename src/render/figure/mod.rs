//! Figures as SVG: the data that a bake stores, drawn when a page is rendered.
//!
//! Pure and deterministic: the same figure makes the same bytes on every machine. Colours are
//! presentation attributes for the light theme plus short classes (`s1`, `q12`, `v3`), which the theme's
//! style sheet overrides; text takes `currentColor`. There are no style attributes, so a page with
//! figures obeys `style-src 'self'`.
//!
//! Coordinates are CSS pixels at natural size; the style sheet lets a figure shrink with its column.

mod axis;
mod chart;
mod flow;
mod heatmap;
pub(super) mod map;
mod marks;
mod names;
mod overlay;
mod range;
mod relief;
mod rings;
mod scale;
mod svg;
mod text;
mod ticks;

#[cfg(test)]
mod tests;

pub use overlay::draw as overlay;
pub use ticks::short;

use crate::snippet::figure::Figure;

/// The colour at `share` (0 to 1) of a ramp in the light theme: red, green, blue.
pub(super) fn ramp(share: f64, diverging: bool) -> [u8; 3] {
    let ramp = if diverging { scale::Ramp::Diverging } else { scale::Ramp::Sequential };
    ramp.colour(ramp.level(share, 0.0, 1.0))
}

/// `figure` as one `<svg>` element, named by `alt` for those who cannot see it.
///
/// `id` starts the ids inside the drawing and must be unique in the page. Where `alt` is empty the
/// figure's own title names it.
pub fn draw(figure: &Figure, id: &str, alt: &str) -> String {
    match figure {
        Figure::Heatmap(map) => heatmap::draw(map, id, alt),
        Figure::Chart(chart) => chart::draw(chart, id, alt),
        Figure::Relief(shown) => relief::draw(shown, id, alt),
        Figure::Graph(shown) => flow::graph(shown, id, alt),
        Figure::Sankey(shown) => flow::sankey(shown, id, alt),
    }
}
