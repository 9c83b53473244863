//! Heatmaps: a matrix as coloured squares, with labels, a colour scale and, where asked for, numbers.

use std::fmt::Write;

use crate::snippet::figure::Heatmap;

use super::scale::{Kind, LEVELS, Ramp, Scale, bounded};
use super::svg::{Anchor, MARGIN, Svg, Words, heading, num};
use super::text::{self, FONT, HALF};
use super::{axis, ticks};

/// The longest side of the matrix, in pixels, where the squares can be made to fit.
const SIDE: f64 = 400.0;
/// The largest square, in pixels.
const SQUARE: f64 = 44.0;
/// Squares from this size on stand a pixel apart.
const AIRY: f64 = 10.0;
/// The widest label of a row, in pixels.
const ROW_LABEL: f64 = 150.0;
/// Width of the colour scale, in pixels.
const BAR: f64 = 10.0;

/// Where the squares stand.
struct Grid {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    rows: usize,
    columns: usize,
}

impl Grid {
    fn right(&self) -> f64 {
        self.left + self.width * self.columns as f64
    }

    fn bottom(&self) -> f64 {
        self.top + self.height * self.rows as f64
    }

    fn middle(&self, row: usize, column: usize) -> (f64, f64) {
        (self.left + self.width * (column as f64 + 0.5), self.top + self.height * (row as f64 + 0.5))
    }
}

/// `map` as SVG.
pub(super) fn draw(map: &Heatmap, id: &str, alt: &str) -> String {
    let mut svg = Svg::default();
    let (low, high) = (bounded(map.vmin), bounded(map.vmax));
    let ramp = if map.diverging { Ramp::Diverging } else { Ramp::Sequential };
    let legend = ticks_of(low, high);
    let scale_width = BAR + 5.0 + text::widest(&legend.1);

    let row_labels: Vec<String> = map.rows.iter().map(|label| text::fit(label, ROW_LABEL)).collect();
    let y_label = if map.y_label.is_empty() { 0.0 } else { FONT + 7.0 };
    let row_width = text::widest(&row_labels);
    let left = MARGIN + y_label + row_width + if row_width > 0.0 { 7.0 } else { 0.0 };
    let mut grid = layout(map, left);
    let overhang = axis::overhang(&map.columns, grid.width) - grid.width / 2.0 + MARGIN;
    grid.left = grid.left.max(overhang.ceil());
    let width = grid.right() + 16.0 + scale_width + MARGIN;
    grid.top = MARGIN + heading(&mut svg, &map.title, width - 2.0 * MARGIN);

    squares(&mut svg, map, &grid, ramp, (low, high), &legend);
    if let Some(decimals) = map.annotate {
        numbers(&mut svg, map, &grid, ramp, (low, high), decimals);
    }
    let every = (11.0 / grid.height).ceil().max(1.0) as usize;
    for (row, label) in row_labels.iter().enumerate().take(grid.rows).step_by(every) {
        svg.text(grid.left - 7.0, grid.middle(row, 0).1 + HALF, Anchor::End, "", label);
    }
    let mut bottom = grid.bottom();
    let places: Vec<f64> = (0..grid.columns).map(|column| grid.middle(0, column).0).collect();
    bottom += axis::names(&mut svg, &map.columns, &places, grid.width, bottom);
    let axes = axis::Labels { x: &map.x_label, y: &map.y_label };
    bottom += axes.draw(&mut svg, (grid.left, grid.right()), (grid.top, grid.bottom()), bottom);
    let height = bottom.max(grid.top + scale_height(&grid) + HALF) + MARGIN;
    let data = data(map, low, high);
    svg.finish("heatmap", width, height, Words { id, alt, title: &map.title, data: &data })
}

/// Sizes the squares: as large as fits, square unless the matrix is very long, wide enough for numbers.
fn layout(map: &Heatmap, left: f64) -> Grid {
    let rows = map.values.len();
    let columns = map.values.iter().map(Vec::len).max().unwrap_or(0);
    // Whole pixels keep edges sharp; a matrix with more columns than pixels gets fractions.
    let side = |count: usize| {
        let side = (SIDE / count.max(1) as f64).min(SQUARE);
        if side >= 1.0 { side.floor() } else { side }
    };
    let (mut width, mut height) = (side(columns), side(rows));
    let square = width.min(height);
    if square >= 4.0 && width.max(height) < 3.0 * square {
        (width, height) = (square, square);
    }
    if columns <= 6 && square >= SQUARE {
        // A few wide squares take their names lying flat.
        width = (text::widest(&map.columns) + 8.0).clamp(SQUARE, 2.0 * SQUARE).ceil();
    }
    if let Some(decimals) = map.annotate {
        let shown = map.values.iter().flatten().flatten().map(|value| ticks::fixed(*value, decimals));
        let widest = shown.map(|number| text::width(&number)).fold(0.0, f64::max);
        width = width.max((widest + 8.0).ceil());
        height = height.max(FONT + 9.0);
    }
    Grid { left, top: 0.0, width, height, rows, columns }
}

/// Ticks of the colour scale and their labels.
fn ticks_of(low: f64, high: f64) -> (Vec<f64>, Vec<String>) {
    let ticks = if low < high { ticks::linear(low, high, 4) } else { vec![low] };
    let labels = ticks::labels(&ticks);
    (ticks, labels)
}

fn scale_height(grid: &Grid) -> f64 {
    (grid.bottom() - grid.top).clamp(66.0, 220.0)
}

/// The squares and the colour scale: one path for each colour, neighbours of one colour joined.
fn squares(
    svg: &mut Svg,
    map: &Heatmap,
    grid: &Grid,
    ramp: Ramp,
    (low, high): (f64, f64),
    (ticks, labels): &(Vec<f64>, Vec<String>),
) {
    let mut paths = vec![String::new(); LEVELS];
    let mut missing = String::new();
    let gap = if grid.width.min(grid.height) >= AIRY { 1.0 } else { 0.0 };
    for (row, values) in map.values.iter().enumerate() {
        let level = |value: &Option<f64>| value.filter(|v| v.is_finite()).map(|v| ramp.level(v, low, high));
        let y = grid.top + grid.height * row as f64;
        let mut column = 0;
        while column < values.len() {
            let shown = level(&values[column]);
            let same = values[column..].iter().take_while(|value| level(value) == shown).count();
            let run = if gap > 0.0 || shown.is_none() { 1 } else { same };
            let x = grid.left + grid.width * column as f64;
            match shown {
                Some(level) => {
                    let (width, height) = (grid.width * run as f64 - gap, grid.height - gap);
                    rectangle(&mut paths[level], x, y, width, height);
                }
                None => {
                    let (right, bottom) = (x + grid.width - 2.0, y + grid.height - 2.0);
                    let _ =
                        write!(missing, "M{} {}L{} {}", num(x + 1.0), num(bottom), num(right), num(y + 1.0));
                }
            }
            column += run;
        }
    }
    let (x, height) = (grid.right() + 16.0, scale_height(grid));
    let step = height / LEVELS as f64;
    for (level, path) in paths.iter_mut().enumerate() {
        rectangle(path, x, grid.top + height - step * (level + 1) as f64, BAR, step);
    }
    svg.open("class=\"cells\" shape-rendering=\"crispEdges\"");
    for (level, path) in paths.iter().enumerate() {
        svg.path(&ramp.fill(level), path);
    }
    svg.close();
    svg.path("class=\"none\" stroke=\"#8a8378\"", &missing);
    // The middle of the lowest and of the highest colour are the ends of the range.
    let half = step / 2.0;
    let scale = Scale::new(low, high, (grid.top + height - half, grid.top + half), Kind::Linear);
    for (tick, label) in ticks.iter().zip(labels) {
        svg.text(x + BAR + 5.0, scale.at(*tick) + HALF, Anchor::Start, "tk", label);
    }
}

fn rectangle(path: &mut String, x: f64, y: f64, width: f64, height: f64) {
    let (width, height) = (num(width), num(height));
    let _ = write!(path, "M{} {}h{width}v{height}h-{width}z", num(x), num(y));
}

/// A number in each square, in the ink that can be read on its colour.
fn numbers(svg: &mut Svg, map: &Heatmap, grid: &Grid, ramp: Ramp, (low, high): (f64, f64), decimals: u8) {
    for (strong, attributes) in
        [(false, "class=\"weak\" fill=\"#14202a\""), (true, "class=\"strong\" fill=\"#fff\"")]
    {
        let mut group = Svg::default();
        for (row, values) in map.values.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let Some(value) = value.filter(|value| value.is_finite()) else { continue };
                if ramp.is_strong(ramp.level(value, low, high)) == strong {
                    let (x, y) = grid.middle(row, column);
                    group.text(x - 0.5, y + HALF - 0.5, Anchor::Start, "", &ticks::fixed(value, decimals));
                }
            }
        }
        let group = group.into_body();
        if !group.is_empty() {
            svg.open(&format!("text-anchor=\"middle\" {attributes}"));
            svg.raw(&group);
            svg.close();
        }
    }
}

/// Size and range, and every number of a small matrix.
fn data(map: &Heatmap, low: f64, high: f64) -> String {
    let rows = map.values.len();
    let columns = map.values.iter().map(Vec::len).max().unwrap_or(0);
    let mut data = format!("{rows} × {columns}; {} … {}", ticks::short(low), ticks::short(high));
    for (label, axis) in [(&map.y_label, '↓'), (&map.x_label, '→')] {
        if !label.is_empty() {
            let _ = write!(data, "; {axis} {label}");
        }
    }
    if rows * columns <= 36 {
        for (row, values) in map.values.iter().enumerate() {
            data.push_str("; ");
            if let Some(label) = map.rows.get(row) {
                let _ = write!(data, "{label}: ");
            }
            let shown: Vec<String> =
                values.iter().map(|v| v.map_or("–".to_owned(), |v| ticks::short(bounded(v)))).collect();
            data.push_str(&shown.join(" "));
        }
    }
    data
}
