//! At an angle: squares of a mesh, the far ones first, in a box with three axes.

use std::fmt::Write;

use crate::snippet::figure::Relief;

use super::super::scale::{Kind, LEVELS, Ramp, Scale};
use super::super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::super::text::{self, FONT, HALF};
use super::super::ticks;
use super::{bar, bar_width, data, ends, heights};

/// Natural width of the figure, in pixels, as of every chart.
const WIDTH: f64 = 480.0;
/// Up to this many lines of the mesh run each way: more make a page heavy and a mesh grey.
const LINES: usize = 28;
/// Height of the box as a share of its width.
const TALL: f64 = 0.62;

/// From the box, each side from 0 to 1, to pixels: seen from an azimuth of -60° and an elevation of
/// 30°, matplotlib's own, without perspective.
#[derive(Clone, Copy, Debug)]
struct Eye {
    left: f64,
    top: f64,
    size: f64,
}

impl Eye {
    fn at(&self, x: f64, y: f64, z: f64) -> (f64, f64) {
        const SIN_60: f64 = 0.866_025_403_784_438_6;
        let (x, y) = (x - 0.5, y - 0.5);
        let across = SIN_60 * x + 0.5 * y;
        let up = SIN_60 * TALL * z - 0.5 * (0.5 * x - SIN_60 * y);
        // The box reaches 0.683 to both sides, and from 0.342 below to `0.342 + TALL` above.
        (self.left + self.size * (across + 0.683), self.top + self.size * (0.342 + SIN_60 * TALL - up))
    }

    fn line(&self, path: &mut String, from: [f64; 3], to: [f64; 3]) {
        let ((x0, y0), (x1, y1)) = (self.at(from[0], from[1], from[2]), self.at(to[0], to[1], to[2]));
        let _ = write!(path, "M{} {}L{} {}", num(x0), num(y0), num(x1), num(y1));
    }
}

/// One side of the box.
struct Side<'a> {
    scale: Scale,
    ticks: Vec<f64>,
    names: Vec<String>,
    label: &'a str,
}

impl<'a> Side<'a> {
    fn new((low, high): (f64, f64), label: &'a str) -> Self {
        let ticks = ticks::linear(low, high, 4);
        let names = ticks::labels(&ticks);
        Self { scale: Scale::new(low, high, (0.0, 1.0), Kind::Linear), ticks, names, label }
    }
}

/// `relief` as a mesh.
pub(super) fn draw(relief: &Relief, id: &str, alt: &str) -> String {
    let mut svg = Svg::default();
    let (low, high) = heights(relief);
    let x = Side::new(ends(relief.x.iter().copied()), &relief.x_label);
    let y = Side::new(ends(relief.y.iter().copied()), &relief.y_label);
    let z = Side::new((low, high), &relief.z_label);
    let marks: Vec<(f64, String)> =
        z.ticks.iter().zip(&z.names).map(|(tick, name)| (z.scale.at(*tick), name.clone())).collect();
    let left = (MARGIN + text::widest(&z.names) + 10.0).ceil();
    let size = (WIDTH - MARGIN - bar_width(&marks) - 18.0 - left) / 1.366;
    let eye = Eye { left, top: MARGIN + heading(&mut svg, &relief.title, WIDTH - 2.0 * MARGIN) + 6.0, size };
    box_of(&mut svg, &eye, [&x, &y, &z]);
    mesh(&mut svg, relief, &eye, [&x, &y, &z], (low, high));
    let below = around(&mut svg, &eye, [&x, &y, &z]);
    let shades: Vec<usize> = (0..LEVELS).collect();
    bar(&mut svg, WIDTH - MARGIN - bar_width(&marks), (eye.top + 14.0, 0.6 * size), &shades, &marks);
    let data = data(relief);
    svg.finish("chart", WIDTH, below + MARGIN, Words { id, alt, title: &relief.title, data: &data })
}

/// Floor and back walls with the lines of the ticks.
fn box_of(svg: &mut Svg, eye: &Eye, [x, y, z]: [&Side<'_>; 3]) {
    let mut grid = String::new();
    for at in x.ticks.iter().map(|tick| x.scale.at(*tick)) {
        eye.line(&mut grid, [at, 0.0, 0.0], [at, 1.0, 0.0]);
        eye.line(&mut grid, [at, 1.0, 0.0], [at, 1.0, 1.0]);
    }
    for at in y.ticks.iter().map(|tick| y.scale.at(*tick)) {
        eye.line(&mut grid, [0.0, at, 0.0], [1.0, at, 0.0]);
        eye.line(&mut grid, [0.0, at, 0.0], [0.0, at, 1.0]);
    }
    for at in z.ticks.iter().map(|tick| z.scale.at(*tick)) {
        eye.line(&mut grid, [0.0, 0.0, at], [0.0, 1.0, at]);
        eye.line(&mut grid, [0.0, 1.0, at], [1.0, 1.0, at]);
    }
    svg.path("class=\"gr\" stroke=\"#dcd5c6\"", &grid);
    let mut edges = String::new();
    for (from, to) in [
        ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
    ] {
        eye.line(&mut edges, from, to);
    }
    svg.path("class=\"ax\" stroke=\"#6b655a\"", &edges);
}

/// The squares, back to front; neighbours of one colour in that order are one path.
fn mesh(svg: &mut Svg, relief: &Relief, eye: &Eye, [x, y, z]: [&Side<'_>; 3], (low, high): (f64, f64)) {
    let rows = picked(relief.z.len().min(relief.y.len()));
    let columns = picked(relief.x.len());
    let height = |row: usize, column: usize| {
        relief.z.get(row).and_then(|row| *row.get(column)?).filter(|height| height.is_finite())
    };
    let corner = |row: usize, column: usize| {
        let (x, y) = (x.scale.at(relief.x[column]), y.scale.at(relief.y[row]));
        let height = height(row, column)?;
        Some((eye.at(x, y, z.scale.at(height)), height))
    };
    svg.open("class=\"mesh\" stroke=\"#14202a\" stroke-opacity=\".3\" stroke-width=\".5\" stroke-linejoin=\"round\"");
    let (mut shade, mut path) = (0, String::new());
    for row in rows.windows(2).rev() {
        for column in columns.windows(2) {
            let corners =
                [(row[0], column[0]), (row[0], column[1]), (row[1], column[1]), (row[1], column[0])];
            let corners: Option<Vec<_>> = corners.iter().map(|(row, column)| corner(*row, *column)).collect();
            let Some(corners) = corners else { continue };
            let mean = corners.iter().map(|(_, height)| height / 4.0).sum();
            let own = Ramp::Sequential.level(mean, low, high);
            if own != shade {
                svg.path(&Ramp::Sequential.fill(shade), &path);
                (shade, path) = (own, String::new());
            }
            // Relative steps are short, and a page has many of them.
            let mut last = (0.0, 0.0);
            for (at, ((x, y), _)) in corners.iter().enumerate() {
                let pen = if at == 0 { 'M' } else { 'l' };
                let _ = write!(path, "{pen}{} {}", num(x - last.0), num(y - last.1));
                last = (*x, *y);
            }
            path.push('z');
        }
    }
    svg.path(&Ramp::Sequential.fill(shade), &path);
    svg.close();
}

/// Evenly spread indices, the first and the last among them.
fn picked(count: usize) -> Vec<usize> {
    if count <= LINES {
        return (0..count).collect();
    }
    (0..LINES).map(|at| (at * (count - 1) + (LINES - 1) / 2) / (LINES - 1)).collect()
}

/// Numbers and labels of the three axes; returns how far down they reach.
fn around(svg: &mut Svg, eye: &Eye, [x, y, z]: [&Side<'_>; 3]) -> f64 {
    for (tick, name) in x.ticks.iter().zip(&x.names) {
        let (across, down) = eye.at(x.scale.at(*tick), 0.0, 0.0);
        svg.text(across - 3.0, down + FONT + 1.0, Anchor::End, "tk", name);
    }
    for (tick, name) in y.ticks.iter().zip(&y.names) {
        let (across, down) = eye.at(1.0, y.scale.at(*tick), 0.0);
        svg.text(across + 5.0, down + FONT, Anchor::Start, "tk", name);
    }
    for (tick, name) in z.ticks.iter().zip(&z.names) {
        let (across, down) = eye.at(0.0, 0.0, z.scale.at(*tick));
        svg.text(across - 6.0, down + HALF, Anchor::End, "tk", name);
    }
    let floor = eye.at(1.0, 0.0, 0.0).1;
    let off = FONT + 10.0;
    let (across, down) = eye.at(0.5, 0.0, 0.0);
    svg.text(across - 12.0 - text::widest(&x.names), down + off + 6.0, Anchor::Middle, "", x.label);
    let (across, down) = eye.at(1.0, 0.5, 0.0);
    svg.text(across + 16.0 + text::widest(&y.names), down + off + 2.0, Anchor::Start, "", y.label);
    let (across, down) = eye.at(0.0, 0.0, 1.0);
    svg.text((across - 6.0).max(MARGIN), down - 12.0, Anchor::Start, "", z.label);
    floor + FONT + 8.0
}
