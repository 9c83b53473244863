//! The picture of a page that social networks show: the mark of the site beside the page's own figure.
//!
//! It holds no words. Drawing Chinese takes a font of many megabytes that no site should carry, and the
//! networks set the title beside the picture anyway. Pages without a figure share the card of the
//! site: a pattern of tiles that is its own, drawn from its address.

mod canvas;

use crate::snippet::figure::{Chart, Figure, Heatmap, Mark};
use crate::snippet::output::{Frames, Image, Output};

use super::figure::ramp;
use canvas::{Canvas, Colour, Outline};

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 630.0;

const PAPER: Colour = [0xfb, 0xf8, 0xf1];
const PLATE: Colour = [0xff, 0xfd, 0xf8];
const LINE: Colour = [0xe0, 0xd8, 0xc8];
const GLAZE: Colour = [0x1f, 0x6a, 0x8c];
const CELADON: Colour = [0x8f, 0xc1, 0xb3];
const NIGHT: Colour = [0x12, 0x30, 0x3f];
const EMBER: Colour = [0xe0, 0x7a, 0x3a];
const GOLD: Colour = [0xf8, 0xcf, 0x7a];
/// The colours of series, as the style sheet has them.
const SERIES: [Colour; 6] = [
    GLAZE,
    [0xb8, 0x50, 0x1f],
    [0x47, 0x70, 0x4c],
    [0x7d, 0x4a, 0x8a],
    [0x86, 0x62, 0x00],
    [0x62, 0x5b, 0x4e],
];

/// The side of the plate that the figure stands on, and where it stands.
const SIDE: f64 = 476.0;
const LEFT: f64 = 636.0;
const TOP: f64 = 77.0;

/// Where the card of the site is, below its root.
pub(super) const SITE: &str = "assets/card.png";

/// The card of a page, which shows the first of `outputs` that can be drawn, as a PNG file; `None` where
/// there is none.
pub(super) fn page<'a>(mut outputs: impl Iterator<Item = &'a Output>) -> Option<Vec<u8>> {
    let mut canvas = ground();
    // A picture in memory can always be written; where it cannot there is no card.
    outputs.any(|output| shown(&mut canvas, output)).then(|| canvas.png().ok())?
}

/// The card of the site at the address `base`, as a PNG file.
pub(super) fn site(base: &str) -> Option<Vec<u8>> {
    let mut canvas = ground();
    tiles(&mut canvas, base);
    canvas.png().ok()
}

/// What all cards have: the colours, the mark, the plate.
fn ground() -> Canvas {
    let mut canvas = Canvas::new(WIDTH as usize, HEIGHT as usize, PAPER);
    let third = WIDTH / 3.0;
    for (at, colour) in (0..).zip([GLAZE, CELADON, EMBER]) {
        canvas.rect(f64::from(at) * third, 0.0, third + 1.0, 14.0, colour);
    }
    mark(&mut canvas, 4.9, 110.0, 158.0);
    canvas.rect(LEFT - 22.0, TOP - 22.0, SIDE + 44.0, SIDE + 44.0, LINE);
    canvas.rect(LEFT - 20.0, TOP - 20.0, SIDE + 40.0, SIDE + 40.0, PLATE);
    canvas
}

/// Draws what can be drawn of `output`; tells whether it was anything.
fn shown(canvas: &mut Canvas, output: &Output) -> bool {
    match output {
        Output::Figure(figure) => drawn(canvas, figure),
        Output::Image(picture) => image(canvas, picture),
        Output::Overlay(overlay) => image(canvas, &overlay.image),
        Output::ImageGrid(grid) => grid.images.first().is_some_and(|first| image(canvas, first)),
        Output::Animation(animation) => match &animation.frames {
            Frames::Images(images) => images.last().is_some_and(|last| image(canvas, last)),
            Frames::Figures(figures) => figures.last().is_some_and(|last| drawn(canvas, last)),
        },
        Output::Text { .. } | Output::Table(_) | Output::Tokens(_) | Output::Download(_) => false,
    }
}

fn drawn(canvas: &mut Canvas, figure: &Figure) -> bool {
    match figure {
        Figure::Heatmap(map) => heatmap(canvas, map),
        Figure::Chart(shown) => chart(canvas, shown),
        Figure::Relief(relief) => {
            let all = relief.z.iter().flatten().flatten();
            let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), z| (low.min(*z), high.max(*z)));
            let rows = relief.z.iter().rev().cloned().collect();
            heatmap(canvas, &Heatmap { values: rows, vmin: low, vmax: high, ..Heatmap::default() })
        }
        Figure::Graph(_) | Figure::Sankey(_) => false,
    }
}

fn heatmap(canvas: &mut Canvas, map: &Heatmap) -> bool {
    let (rows, columns) = (map.values.len(), map.values.first().map_or(0, Vec::len));
    if rows == 0 || columns == 0 {
        return false;
    }
    let side = SIDE / rows.max(columns) as f64;
    let (x, y) = (LEFT + (SIDE - side * columns as f64) / 2.0, TOP + (SIDE - side * rows as f64) / 2.0);
    for (row, values) in map.values.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let share = value.map(|value| (value - map.vmin) / (map.vmax - map.vmin));
            let colour = share.map_or(LINE, |share| ramp(share, map.diverging));
            canvas.rect(x + column as f64 * side, y + row as f64 * side, side, side, colour);
        }
    }
    true
}

fn chart(canvas: &mut Canvas, chart: &Chart) -> bool {
    if chart.horizontal || chart.log_x || chart.log_y {
        return false;
    }
    let points = |at: usize| {
        let series = &chart.series[at];
        series.x.iter().zip(&series.y).filter_map(|(x, y)| Some((*x, (*y)?)))
    };
    let all: Vec<(f64, f64)> = (0..chart.series.len()).flat_map(points).collect();
    let bars = chart.series.iter().any(|series| series.mark == Mark::Bar);
    let span = |of: fn(&(f64, f64)) -> f64| {
        all.iter().map(of).fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)))
    };
    let ((left, right), (mut low, high)) = (span(|p| p.0), span(|p| p.1));
    if bars {
        low = low.min(0.0);
    }
    if all.len() < 2 || right <= left || high <= low {
        return false;
    }
    let x = |at: f64| LEFT + 12.0 + (at - left) / (right - left) * (SIDE - 24.0);
    let y = |at: f64| TOP + SIDE - 12.0 - (at - low) / (high - low) * (SIDE - 24.0);
    for step in 0..=4 {
        canvas.rect(LEFT, TOP + f64::from(step) * SIDE / 4.0, SIDE, 2.0, LINE);
    }
    for (at, series) in chart.series.iter().enumerate() {
        let colour = SERIES[at % SERIES.len()];
        let placed: Vec<(f64, f64)> = points(at).map(|(px, py)| (x(px), y(py))).collect();
        match series.mark {
            Mark::Line => {
                for pair in placed.windows(2) {
                    canvas.stroke(pair[0], pair[1], 6.0, colour);
                }
            }
            Mark::Bar => {
                let width = (SIDE / (series.x.len().max(1) * chart.series.len()) as f64 * 0.7).max(2.0);
                let shift = (at as f64 - (chart.series.len() as f64 - 1.0) / 2.0) * width;
                for (px, py) in placed {
                    let base = y(0.0_f64.max(low));
                    canvas.rect(px + shift - width / 2.0, py.min(base), width, (base - py).abs(), colour);
                }
            }
            Mark::Point => placed.iter().for_each(|(px, py)| canvas.disc(*px, *py, 6.0, colour)),
        }
    }
    true
}

fn image(canvas: &mut Canvas, picture: &Image) -> bool {
    let Some((rgb, width, height)) = pixels(&picture.png.0) else { return false };
    let scale = SIDE / width.max(height) as f64;
    let (x, y) = (LEFT + (SIDE - width as f64 * scale) / 2.0, TOP + (SIDE - height as f64 * scale) / 2.0);
    // Small pictures are magnified unsmoothed, large ones thinned out.
    let step = (1.0 / scale).ceil().max(1.0) as usize;
    for row in (0..height).step_by(step) {
        for column in (0..width).step_by(step) {
            let side = scale * step as f64;
            canvas.rect(
                x + column as f64 * scale,
                y + row as f64 * scale,
                side,
                side,
                rgb[row * width + column],
            );
        }
    }
    true
}

/// The pixels of a PNG file with its width and height.
fn pixels(file: &[u8]) -> Option<(Vec<Colour>, usize, usize)> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut bytes).ok()?;
    let samples = info.color_type.samples();
    let colour = |pixel: &[u8]| if samples < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
    let rgb = bytes[..info.buffer_size()].chunks_exact(samples).map(colour).collect();
    Some((rgb, info.width as usize, info.height as usize))
}

/// Seven by seven tiles, each a quarter of a disc in one of four turns.
fn tiles(canvas: &mut Canvas, seed: &str) {
    const COUNT: usize = 7;
    let side = SIDE / COUNT as f64;
    let mut bytes = [0; 2 * COUNT * COUNT];
    blake3::Hasher::new().update(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    for (at, byte) in bytes.as_chunks::<2>().0.iter().enumerate() {
        let (x, y) = (LEFT + (at % COUNT) as f64 * side, TOP + (at / COUNT) as f64 * side);
        let (ground, tile) = match byte[0] % 6 {
            0 => (GLAZE, CELADON),
            1 => (PAPER, EMBER),
            2 => (CELADON, NIGHT),
            3 => (PAPER, GLAZE),
            4 => (NIGHT, GOLD),
            _ => (PAPER, CELADON),
        };
        canvas.rect(x, y, side, side, ground);
        let (right, down) = (byte[1] % 2 == 0, byte[1] / 2 % 2 == 0);
        let (cx, cy) = (if right { x + side } else { x }, if down { y + side } else { y });
        let (dx, dy) = (if right { -side } else { side }, if down { -side } else { side });
        let k = 0.552_284_75;
        let quarter = Outline::default().line(cx, cy).line(cx + dx, cy).curve(
            (cx + dx, cy + k * dy),
            (cx + k * dx, cy + dy),
            (cx, cy + dy),
        );
        canvas.fill(&quarter, tile);
    }
}

/// The kiln of the logo, in its own 64 by 64 units times `scale`.
fn mark(canvas: &mut Canvas, scale: f64, x: f64, y: f64) {
    let body = Outline::default()
        .line(26.0, 4.0)
        .line(38.0, 4.0)
        .curve((39.0, 4.0), (39.6, 4.7), (39.7, 5.6))
        .line(41.0, 17.0)
        .curve((50.5, 21.5), (56.0, 31.0), (56.0, 43.0))
        .line(56.0, 57.0)
        .curve((56.0, 58.7), (54.7, 60.0), (53.0, 60.0))
        .line(11.0, 60.0)
        .curve((9.3, 60.0), (8.0, 58.7), (8.0, 57.0))
        .line(8.0, 43.0)
        .curve((8.0, 31.0), (13.5, 21.5), (23.0, 17.0))
        .line(24.3, 5.6)
        .curve((24.4, 4.7), (25.0, 4.0), (26.0, 4.0));
    let collar = Outline::default()
        .line(22.8, 17.1)
        .line(23.5, 11.0)
        .line(40.5, 11.0)
        .line(41.2, 17.1)
        .curve((42.4, 17.7), (43.5, 18.3), (44.5, 19.0))
        .line(19.5, 19.0)
        .curve((20.5, 18.3), (21.6, 17.7), (22.8, 17.1));
    let band = Outline::default()
        .line(12.6, 30.5)
        .line(51.4, 30.5)
        .curve((52.1, 32.1), (52.7, 33.8), (53.3, 35.5))
        .line(10.7, 35.5)
        .curve((11.3, 33.7), (11.9, 32.1), (12.6, 30.5));
    let door = Outline::default()
        .line(20.0, 60.0)
        .line(20.0, 50.0)
        .curve((20.0, 43.4), (25.4, 38.0), (32.0, 38.0))
        .curve((38.6, 38.0), (44.0, 43.4), (44.0, 50.0))
        .line(44.0, 60.0);
    let flame = Outline::default()
        .line(32.0, 40.5)
        .curve((32.8, 44.9), (39.5, 47.1), (39.5, 53.1))
        .curve((39.5, 56.3), (37.8, 58.7), (35.5, 60.0))
        .line(28.5, 60.0)
        .curve((26.2, 58.7), (24.5, 56.3), (24.5, 53.1))
        .curve((24.5, 50.2), (26.0, 48.1), (27.6, 46.4))
        .curve((28.1, 47.9), (28.8, 48.7), (29.6, 49.0))
        .curve((29.3, 45.8), (30.2, 43.0), (32.0, 40.5));
    let heart = Outline::default()
        .line(32.0, 50.5)
        .curve((32.3, 52.5), (35.2, 53.5), (35.2, 56.3))
        .curve((35.2, 57.9), (34.5, 59.2), (33.5, 60.0))
        .line(30.5, 60.0)
        .curve((29.5, 59.2), (28.8, 57.9), (28.8, 56.3))
        .curve((28.8, 53.8), (31.4, 52.8), (32.0, 50.5));
    for (outline, colour) in
        [(body, GLAZE), (collar, CELADON), (band, CELADON), (door, NIGHT), (flame, EMBER), (heart, GOLD)]
    {
        canvas.fill(&outline.placed(scale, x, y), colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(file: &[u8]) -> Vec<Colour> {
        let (rgb, width, height) = pixels(file).expect("a PNG file");
        assert_eq!((width, height), (1200, 630));
        rgb
    }

    fn at(rgb: &[Colour], x: f64, y: f64) -> Colour {
        rgb[y as usize * 1200 + x as usize]
    }

    #[test]
    fn a_card_shows_the_pages_own_figure() {
        let map = Heatmap { values: vec![vec![Some(0.0), Some(1.0)]; 2], vmax: 1.0, ..Heatmap::default() };
        let rgb = decoded(&page([&Output::Figure(Figure::Heatmap(map))].into_iter()).expect("a card"));
        assert_eq!(at(&rgb, LEFT + 10.0, TOP + 10.0), ramp(0.0, false));
        assert_eq!(at(&rgb, LEFT + SIDE - 10.0, TOP + 10.0), ramp(1.0, false));
        assert_eq!(at(&rgb, 600.0, 600.0), PAPER);
        assert_eq!(at(&rgb, 110.0 + 32.0 * 4.9, 158.0 + 25.0 * 4.9), GLAZE);
    }

    #[test]
    fn a_site_has_a_pattern_of_its_own() {
        let one = site("https://a.example");
        assert_eq!(one, site("https://a.example"));
        assert_ne!(one, site("https://b.example"));
        assert!(one.is_some_and(|file| file.len() < 60_000));
        assert_eq!(page([Output::Text { text: "x".into() }].iter()), None);
    }
}
