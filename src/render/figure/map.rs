//! A map of concepts: bands of boxes, and curved lines between them.
//!
//! Invariant: no line crosses a box. A line leaves its row at the edge of its box, runs between two rows, and
//! passes each row on its way through a gap beside or between the boxes.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::svg::{Anchor, MARGIN, Svg, Words, escape, num};
use super::text::{self, FONT, HALF};

/// Width of the map, in pixels.
const WIDTH: f64 = 760.0;
/// Height of a box.
const TALL: f64 = 28.0;
/// Between boxes of a row, and between rows.
const GAP: (f64, f64) = (18.0, 30.0);
/// Beside the rows: lines pass here, too.
const SIDE: f64 = 20.0;
/// Between a line and the box that it passes.
const CLEAR: f64 = 3.0;
/// Above the boxes of a band: its title.
const HEAD: f64 = 30.0;
/// The widest label.
const LABEL: f64 = 190.0;
/// How the end of a line looks: a line of no length with round ends is a dot.
const DOT: &str = "stroke=\"#6b655a\" stroke-width=\"5\" stroke-linecap=\"round\"";

/// A part of the map.
pub(in super::super) struct Band {
    pub(in super::super) title: String,
    pub(in super::super) places: Vec<Place>,
}

/// A box.
pub(in super::super) struct Place {
    pub(in super::super) label: String,
    /// Where it leads; empty for nowhere.
    pub(in super::super) href: String,
    /// Whether its page is still to be written.
    pub(in super::super) planned: bool,
}

/// A line between two boxes, each by its band and its place in it.
pub(in super::super) struct Link {
    pub(in super::super) from: (usize, usize),
    pub(in super::super) to: (usize, usize),
    /// Which series' colour it has, from 1.
    pub(in super::super) style: usize,
}

/// The middle and the width of a box, and its row.
#[derive(Clone, Copy)]
struct Spot {
    x: f64,
    y: f64,
    wide: f64,
    row: usize,
}

impl Spot {
    fn left(&self) -> f64 {
        self.x - self.wide / 2.0
    }

    fn right(&self) -> f64 {
        self.x + self.wide / 2.0
    }
}

/// A stretch of a row where lines may pass.
struct Gap {
    from: f64,
    to: f64,
    /// How many lines pass already.
    passed: usize,
}

impl Gap {
    /// How far it is from `x`.
    fn distance(&self, x: f64) -> f64 {
        (self.from - x).max(x - self.to).max(0.0)
    }

    /// Where the next line passes that comes from about `x`: in a narrow gap each beside the others.
    fn pass(&mut self, x: f64) -> f64 {
        self.passed += 1;
        let wide = self.to - self.from;
        if wide > 2.0 * GAP.0 {
            return x.round().clamp(self.from, self.to);
        }
        // Parts of the golden ratio never fall together.
        (self.from + wide * (0.5 + 0.618 * (self.passed - 1) as f64).fract()).round()
    }
}

/// A row of boxes.
struct Row {
    y: f64,
    gaps: Vec<Gap>,
}

impl Row {
    fn new(y: f64, boxes: &[Spot]) -> Self {
        let lefts = boxes.iter().map(Spot::left).chain([WIDTH]);
        let rights = [0.0].into_iter().chain(boxes.iter().map(Spot::right));
        let gaps = rights.zip(lefts).map(|(from, to)| Gap { from: from + CLEAR, to: to - CLEAR, passed: 0 });
        Self { y, gaps: gaps.filter(|gap| gap.from < gap.to).collect() }
    }

    /// Where a line passes that would do so at `x` if there were no boxes.
    fn pass(&mut self, x: f64) -> f64 {
        let nearest = self.gaps.iter_mut().min_by(|a, b| a.distance(x).total_cmp(&b.distance(x)));
        nearest.map_or(x, |gap| gap.pass(x))
    }
}

/// The map as SVG, named `alt`. `legend` tells what each style of line means; style 0 is a planned box.
pub(in super::super) fn draw(bands: &[Band], links: &[Link], legend: &[(&str, usize)], alt: &str) -> String {
    let mut y = MARGIN + FONT + 14.0;
    let mut titles = Vec::new();
    let mut spots: Vec<Vec<Spot>> = Vec::new();
    let mut row = 0;
    for band in bands {
        titles.push((y + HEAD - 12.0, band.title.as_str()));
        y += HEAD;
        let mut x = SIDE;
        let mut own = Vec::new();
        for place in &band.places {
            let wide = text::width(&text::fit(&place.label, LABEL)).ceil() + 20.0;
            if x > SIDE && x + wide > WIDTH - SIDE {
                x = SIDE;
                y += TALL + GAP.1;
                row += 1;
            }
            own.push(Spot { x: (x + wide / 2.0).round(), y: y + TALL / 2.0, wide, row });
            x += wide + GAP.0;
        }
        y += TALL + GAP.1;
        row += 1;
        spots.push(own);
    }
    let mut rows: Vec<Row> = spots
        .iter()
        .flatten()
        .copied()
        .collect::<Vec<_>>()
        .chunk_by(|a, b| a.row == b.row)
        .map(|boxes| Row::new(boxes[0].y, boxes))
        .collect();
    let mut svg = Svg::default();
    key(&mut svg, legend);
    // All lines of a style are one path: the page is a third smaller.
    let mut drawn: BTreeMap<usize, Lines> = BTreeMap::new();
    for link in links {
        let spot = |(band, place): (usize, usize)| spots.get(band)?.get(place).copied();
        let (Some(from), Some(to)) = (spot(link.from), spot(link.to)) else { continue };
        line(drawn.entry(link.style).or_default(), &mut rows, from, to);
    }
    for (style, Lines { ways, ends }) in drawn {
        svg.path(
            &format!("class=\"line s{style}\" fill=\"none\" stroke=\"#6b655a\" stroke-opacity=\".55\""),
            &ways,
        );
        svg.path(&format!("class=\"end s{style}\" {DOT}"), &ends);
    }
    for (y, title) in titles {
        svg.text(MARGIN, y, Anchor::Start, "ti", title);
    }
    for (band, row) in bands.iter().zip(&spots) {
        for (place, spot) in band.places.iter().zip(row) {
            boxed(&mut svg, place, *spot);
        }
    }
    let told = format!("{} · {}", spots.iter().map(Vec::len).sum::<usize>(), links.len());
    // Its boxes are links: it is no single picture.
    svg.finish("map", WIDTH, y, Words { id: "concept-map", alt, title: alt, data: &told }).replacen(
        "role=\"img\"",
        "role=\"group\"",
        1,
    )
}

/// The lines of one style, and the dots at their ends.
#[derive(Default)]
struct Lines {
    ways: String,
    ends: String,
}

/// A line from one box to another, with a dot at its end.
fn line(lines: &mut Lines, rows: &mut [Row], from: Spot, to: Spot) {
    let Lines { ways: d, ends } = lines;
    let _ = write!(d, "M{} ", num(from.x));
    let end = if from.row == to.row {
        // Below the boxes of their row, and up again.
        let low = from.y + TALL / 2.0;
        let bend = low + GAP.1 * 0.55;
        let _ = write!(
            d,
            "{}C{} {b} {x} {b} {x} {}",
            num(low),
            num(from.x),
            num(low),
            b = num(bend),
            x = num(to.x)
        );
        low
    } else {
        let down = if from.row < to.row { 1.0 } else { -1.0 };
        let edge = down * TALL / 2.0;
        let mut at = (from.x, from.y + edge);
        d.push_str(&num(at.1));
        let mut between: Vec<usize> = (from.row.min(to.row) + 1..from.row.max(to.row)).collect();
        if down < 0.0 {
            between.reverse();
        }
        for row in between {
            let Some(row) = rows.get_mut(row) else { continue };
            let straight = from.x + (to.x - from.x) * (row.y - from.y) / (to.y - from.y);
            let x = row.pass(straight);
            curve(d, at, (x, row.y - edge));
            let _ = write!(d, "V{}", num(row.y + edge));
            at = (x, row.y + edge);
        }
        curve(d, at, (to.x, to.y - edge));
        to.y - edge
    };
    let _ = write!(ends, "M{} {}h0", num(to.x), num(end));
}

/// A curve that starts and ends upright: it keeps between the heights of its ends.
fn curve(d: &mut String, from: (f64, f64), to: (f64, f64)) {
    let middle = num((from.1 + to.1) / 2.0);
    let _ = write!(d, "C{} {middle} {x} {middle} {x} {}", num(from.0), num(to.1), x = num(to.0));
}

fn boxed(svg: &mut Svg, place: &Place, spot: Spot) {
    let label = text::fit(&place.label, LABEL);
    let mut body = format!(
        "<rect class=\"box{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{TALL}\" rx=\"6\" fill=\"#e3eeea\" stroke=\"#8a8272\"{}/>",
        if place.planned { " open" } else { "" },
        num(spot.x - spot.wide / 2.0),
        num(spot.y - TALL / 2.0),
        num(spot.wide),
        if place.planned { " stroke-dasharray=\"4 3\"" } else { "" },
    );
    let mut words = Svg::default();
    words.text(spot.x, spot.y + HALF, Anchor::Middle, if place.planned { "tk" } else { "" }, &label);
    body.push_str(&words.into_body());
    if place.href.is_empty() {
        svg.raw(&body);
    } else {
        let mut href = String::new();
        escape(&place.href, &mut href);
        svg.raw(&format!("<a href=\"{href}\">{body}</a>"));
    }
}

fn key(svg: &mut Svg, legend: &[(&str, usize)]) {
    let (mut x, y) = (MARGIN, MARGIN + FONT);
    for (word, style) in legend {
        let middle = y - HALF;
        let mut sign = String::new();
        if *style == 0 {
            let _ = write!(
                sign,
                "<rect class=\"box open\" x=\"{}\" y=\"{}\" width=\"22\" height=\"12\" rx=\"3\" fill=\"none\" stroke=\"#8a8272\" stroke-dasharray=\"4 3\"/>",
                num(x),
                num(middle - 6.0)
            );
        } else {
            let _ = write!(
                sign,
                "<path class=\"line s{style}\" stroke=\"#6b655a\" d=\"M{} {}h22\"/><path class=\"end s{style}\" {DOT} d=\"M{} {}h0\"/>",
                num(x),
                num(middle),
                num(x + 22.0),
                num(middle)
            );
        }
        svg.raw(&sign);
        svg.text(x + 29.0, y, Anchor::Start, "tk", word);
        x += 29.0 + text::width(word) + 18.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of a path: ends of curves, and of what is straight.
    fn points(d: &str) -> Vec<(f64, f64)> {
        const LETTERS: [char; 3] = ['M', 'C', 'V'];
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (at, letter) in d.match_indices(LETTERS) {
            let rest = &d[at + 1..];
            let end = rest.find(LETTERS).unwrap_or(rest.len());
            let numbers: Vec<f64> =
                rest[..end].split_whitespace().map(|number| number.parse().expect("a number")).collect();
            points.push(match (letter, numbers.as_slice()) {
                ("V", [y]) => (points.last().expect("a start").0, *y),
                (_, [.., x, y]) => (*x, *y),
                other => panic!("{other:?} in {d}"),
            });
        }
        points
    }

    #[test]
    fn lines_pass_between_boxes() {
        let place = |label: String| Place { label, href: String::new(), planned: false };
        let bands: Vec<Band> = (0..5)
            .map(|band| Band {
                title: format!("Part {band}"),
                places: (0..9 - band).map(|at| place(format!("Concept {band}.{at}"))).collect(),
            })
            .collect();
        let links: Vec<Link> = (0..60)
            .map(|at| Link { from: (at % 5, at % 5), to: ((at * 3 + 1) % 5, at * 7 % 5), style: 1 })
            .collect();
        let svg = draw(&bands, &links, &[], "A map");
        let attribute = |tag: &str, name: &str| -> f64 {
            let from = tag.find(&format!(" {name}=\"")).expect("an attribute") + name.len() + 3;
            tag[from..].split('"').next().and_then(|value| value.parse().ok()).expect("a number")
        };
        let boxes: Vec<[f64; 4]> = svg
            .match_indices("<rect class=\"box")
            .map(|(at, _)| {
                let tag = &svg[at..];
                let (x, y) = (attribute(tag, "x"), attribute(tag, "y"));
                [x, y, x + attribute(tag, "width"), y + attribute(tag, "height")]
            })
            .collect();
        assert_eq!(boxes.len(), 35);
        let paths: Vec<String> = svg
            .split("<path class=\"line")
            .skip(1)
            .filter_map(|tag| tag.split(" d=\"").nth(1)?.split('"').next())
            .flat_map(|d| d.split('M').skip(1).map(|way| format!("M{way}")))
            .collect();
        assert_eq!(paths.len(), 60);
        for d in paths {
            for pair in points(&d).windows(2) {
                // What is upright crosses rows; what is bent keeps between two of them.
                let (x, from, to) = (pair[0].0, pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
                let upright = pair[0].0 == pair[1].0;
                for [left, top, right, bottom] in &boxes {
                    let beside = upright && (x <= *left || x >= *right);
                    assert!(
                        beside || to <= *top + 0.01 || from >= *bottom - 0.01,
                        "{d} crosses a box at {left} {top}"
                    );
                }
            }
        }
    }
}
