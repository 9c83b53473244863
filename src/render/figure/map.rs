//! A map of concepts: bands of boxes, and curved lines between them.

use std::fmt::Write;

use super::svg::{Anchor, MARGIN, Svg, Words, escape, num};
use super::text::{self, FONT, HALF};

/// Width of the map, in pixels.
const WIDTH: f64 = 760.0;
/// Height of a box.
const TALL: f64 = 28.0;
/// Between boxes of a row, and between rows.
const GAP: (f64, f64) = (14.0, 26.0);
/// Above the boxes of a band: its title.
const HEAD: f64 = 30.0;
/// The widest label.
const LABEL: f64 = 190.0;

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

/// The middle and the width of a box.
#[derive(Clone, Copy)]
struct Spot {
    x: f64,
    y: f64,
    wide: f64,
}

/// The map as SVG, named `alt`. `legend` tells what each style of line means; style 0 is a planned box.
pub(in super::super) fn draw(bands: &[Band], links: &[Link], legend: &[(&str, usize)], alt: &str) -> String {
    let mut y = MARGIN + FONT + 14.0;
    let mut titles = Vec::new();
    let mut spots: Vec<Vec<Spot>> = Vec::new();
    for band in bands {
        titles.push((y + HEAD - 12.0, band.title.as_str()));
        y += HEAD;
        let mut x = MARGIN;
        let mut row = Vec::new();
        for place in &band.places {
            let wide = text::width(&text::fit(&place.label, LABEL)).ceil() + 20.0;
            if x > MARGIN && x + wide > WIDTH - MARGIN {
                x = MARGIN;
                y += TALL + GAP.1;
            }
            row.push(Spot { x: x + wide / 2.0, y: y + TALL / 2.0, wide });
            x += wide + GAP.0;
        }
        y += TALL + GAP.1;
        spots.push(row);
    }
    let mut svg = Svg::default();
    key(&mut svg, legend);
    for link in links {
        let spot = |(band, place): (usize, usize)| spots.get(band)?.get(place).copied();
        let (Some(from), Some(to)) = (spot(link.from), spot(link.to)) else { continue };
        line(&mut svg, from, to, link.style);
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

/// A curve from the lower or upper edge of one box to the nearer edge of another, with a dot at its end.
fn line(svg: &mut Svg, from: Spot, to: Spot, style: usize) {
    let down = if from.y <= to.y { 1.0 } else { -1.0 };
    let level = (from.y - to.y).abs() < 1.0;
    let (start, end) =
        (from.y + down * TALL / 2.0, if level { to.y + TALL / 2.0 } else { to.y - down * TALL / 2.0 });
    let bend = if level { 16.0 } else { ((end - start).abs() / 2.0).clamp(12.0, 90.0) };
    let (first, second) = (start + down * bend, if level { end + bend } else { end - down * bend });
    let d = format!(
        "M{} {}C{} {} {} {} {} {}",
        num(from.x),
        num(start),
        num(from.x),
        num(first),
        num(to.x),
        num(second),
        num(to.x),
        num(end)
    );
    svg.path(&format!("class=\"line s{style}\" fill=\"none\" stroke=\"#6b655a\" stroke-opacity=\".55\""), &d);
    svg.raw(&format!("<circle class=\"end s{style}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>", num(to.x), num(end)));
}

fn boxed(svg: &mut Svg, place: &Place, spot: Spot) {
    let label = text::fit(&place.label, LABEL);
    let mut body = format!(
        "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{TALL}\" rx=\"6\" fill=\"#e3eeea\" stroke=\"#8a8272\"{}/>",
        num(spot.x - spot.wide / 2.0),
        num(spot.y - TALL / 2.0),
        num(spot.wide),
        if place.planned { " stroke-dasharray=\"4 3\" fill-opacity=\".35\"" } else { "" },
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
                "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"22\" height=\"12\" rx=\"3\" fill=\"none\" stroke=\"#8a8272\" stroke-dasharray=\"4 3\"/>",
                num(x),
                num(middle - 6.0)
            );
        } else {
            let _ = write!(
                sign,
                "<path class=\"line s{style}\" stroke=\"#6b655a\" d=\"M{} {}h22\"/><circle class=\"end s{style}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>",
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
