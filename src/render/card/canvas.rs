//! A picture to draw on: flat shapes in opaque colours.

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// A picture, row by row.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A closed outline as straight stretches, in pixels.
#[derive(Default)]
pub(super) struct Outline(Vec<(f64, f64)>);

impl Outline {
    /// Goes straight to a point.
    pub(super) fn line(mut self, x: f64, y: f64) -> Self {
        self.0.push((x, y));
        self
    }

    /// Goes to `end` in a Bézier curve with two control points.
    pub(super) fn curve(mut self, a: (f64, f64), b: (f64, f64), end: (f64, f64)) -> Self {
        let start = self.0.last().copied().unwrap_or(a);
        for step in 1..=12 {
            let t = f64::from(step) / 12.0;
            let u = 1.0 - t;
            let mix = |s: f64, a: f64, b: f64, e: f64| {
                u * u * u * s + 3.0 * u * u * t * a + 3.0 * u * t * t * b + t * t * t * e
            };
            self.0.push((mix(start.0, a.0, b.0, end.0), mix(start.1, a.1, b.1, end.1)));
        }
        self
    }

    /// The outline, `scale` times as large, moved by (`x`, `y`).
    pub(super) fn placed(&self, scale: f64, x: f64, y: f64) -> Self {
        Self(self.0.iter().map(|point| (point.0 * scale + x, point.1 * scale + y)).collect())
    }
}

impl Canvas {
    /// A picture of one colour.
    pub(super) fn new(width: usize, height: usize, ground: Colour) -> Self {
        Self { width, height, pixels: ground.repeat(width * height) }
    }

    /// Fills a rectangle; what lies outside of the picture is left out.
    pub(super) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, colour: Colour) {
        let clamp = |at: f64, most: usize| at.round().clamp(0.0, most as f64) as usize;
        let (left, right) = (clamp(x, self.width), clamp(x + width, self.width));
        for row in clamp(y, self.height)..clamp(y + height, self.height) {
            let line = &mut self.pixels[3 * (row * self.width + left)..3 * (row * self.width + right)];
            line.as_chunks_mut::<3>().0.fill(colour);
        }
    }

    /// Fills an outline, its edges smoothed.
    pub(super) fn fill(&mut self, outline: &Outline, colour: Colour) {
        const LINES: usize = 4;
        let points = &outline.0;
        let ends = points.iter().zip(points.iter().cycle().skip(1));
        let edges: Vec<_> = ends.filter(|(a, b)| a.1 != b.1).collect();
        let span = |of: fn(&(f64, f64)) -> f64| {
            points.iter().map(of).fold((f64::MAX, 0.0_f64), |(low, high), at| (low.min(at), high.max(at)))
        };
        let ((top, bottom), (left, right)) = (span(|point| point.1), span(|point| point.0));
        let (left, right) = (left.max(0.0) as usize, (right.ceil() as usize).min(self.width));
        for row in top.max(0.0) as usize..(bottom.ceil() as usize).min(self.height) {
            let mut cover = vec![0.0_f64; right.saturating_sub(left)];
            for line in 0..LINES {
                let y = row as f64 + (line as f64 + 0.5) / LINES as f64;
                let crosses = |(a, b): &&(&(f64, f64), &(f64, f64))| (a.1 <= y) != (b.1 <= y);
                let mut at: Vec<f64> = edges
                    .iter()
                    .filter(crosses)
                    .map(|(a, b)| a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
                    .collect();
                at.sort_by(f64::total_cmp);
                for pair in at.as_chunks::<2>().0 {
                    spread(&mut cover, pair.map(|x| x - left as f64), 1.0 / LINES as f64);
                }
            }
            for (column, share) in cover.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let pixel = &mut self.pixels[3 * (row * self.width + left + column)..][..3];
                for (old, new) in pixel.iter_mut().zip(colour) {
                    let mixed = f64::from(*old) * (1.0 - share) + f64::from(new) * share;
                    *old = mixed.round() as u8;
                }
            }
        }
    }

    /// Fills a disc.
    pub(super) fn disc(&mut self, x: f64, y: f64, radius: f64, colour: Colour) {
        // The control points of a quarter of a circle lie this far along its tangents.
        let k = 0.552_284_75 * radius;
        let outline = Outline::default()
            .line(x + radius, y)
            .curve((x + radius, y + k), (x + k, y + radius), (x, y + radius))
            .curve((x - k, y + radius), (x - radius, y + k), (x - radius, y))
            .curve((x - radius, y - k), (x - k, y - radius), (x, y - radius))
            .curve((x + k, y - radius), (x + radius, y - k), (x + radius, y));
        self.fill(&outline, colour);
    }

    /// Draws a straight stroke.
    pub(super) fn stroke(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: Colour) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-9);
        let (x, y) = (-dy / length * width / 2.0, dx / length * width / 2.0);
        let corners =
            [(from.0 + x, from.1 + y), (to.0 + x, to.1 + y), (to.0 - x, to.1 - y), (from.0 - x, from.1 - y)];
        self.fill(&Outline(corners.to_vec()), colour);
    }

    /// The picture as a PNG file.
    pub(super) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::Up);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }
}

/// Adds `share` to every pixel between two ends, and to those at the ends what they have of it.
fn spread(cover: &mut [f64], [from, to]: [f64; 2], share: f64) {
    let (from, to) = (from.max(0.0), to.min(cover.len() as f64));
    for (at, pixel) in
        cover.iter_mut().enumerate().skip(from as usize).take_while(|(at, _)| (*at as f64) < to)
    {
        let left = from.max(at as f64);
        let right = to.min(at as f64 + 1.0);
        *pixel = (*pixel + share * (right - left).max(0.0)).min(1.0);
    }
}
