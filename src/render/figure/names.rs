//! Names beside the points of a chart, where there is room for them.

use crate::snippet::figure::Chart;

use super::marks::{self, Plane};
use super::svg::{Anchor, Svg};
use super::text::{self, FONT, HALF};

/// From the middle of a dot to its name, in pixels.
const OFF: f64 = 6.0;
/// The widest name, in pixels.
const WIDEST: f64 = 130.0;
/// Beyond this many names nobody could read one: they stand in the data alone.
const MOST: usize = 400;

/// The corners of what a name or a dot covers.
#[derive(Clone, Copy, Debug)]
struct Spot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Spot {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// Writes the name of each point on the side of its dot where nothing stands yet: right, left, above,
/// below. A name that fits nowhere is left out; it stands in the figure's data.
pub(super) fn draw(svg: &mut Svg, chart: &Chart, plane: &Plane, drawable: &impl Fn(f64, f64) -> bool) {
    let named: Vec<(f64, f64, &str)> = chart
        .series
        .iter()
        .flat_map(|series| marks::points(series, drawable).zip(&series.labels))
        .filter_map(|(point, label)| point.map(|(x, y)| (x, y, label.as_str())))
        .filter(|(_, _, label)| !label.is_empty())
        .map(|(x, y, label)| {
            let (across, down) = plane.point(x, y);
            (across, down, label)
        })
        .collect();
    if named.len() > MOST {
        return;
    }
    let bounds = plane.bounds();
    let dot = |x: f64, y: f64| Spot { left: x - 3.0, right: x + 3.0, top: y - 3.0, bottom: y + 3.0 };
    let mut taken: Vec<Spot> = named.iter().map(|(x, y, _)| dot(*x, *y)).collect();
    for (own, (x, y, label)) in named.iter().enumerate() {
        let label = text::fit(label, WIDEST);
        let width = text::width(&label);
        let places = [
            (x + OFF, y + HALF, Anchor::Start, x + OFF),
            (x - OFF, y + HALF, Anchor::End, x - OFF - width),
            (*x, y - OFF, Anchor::Middle, x - width / 2.0),
            (*x, y + OFF + 0.75 * FONT, Anchor::Middle, x - width / 2.0),
        ];
        let free = places.into_iter().find_map(|(at, base, anchor, left)| {
            let spot = Spot { left, right: left + width, top: base - 0.8 * FONT, bottom: base + 0.2 * FONT };
            let inside = spot.left >= bounds.0 && spot.right <= bounds.1;
            let clear = taken.iter().enumerate().all(|(other, taken)| other == own || !spot.meets(taken));
            (inside && clear).then_some((at, base, anchor, spot))
        });
        if let Some((at, base, anchor, spot)) = free {
            svg.text(at, base, anchor, "pt", &label);
            taken.push(spot);
        }
    }
}
