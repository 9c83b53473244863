//! Sixels: six rows of pixels a line, one pass a colour.
//!
//! Colours are those of a cube of 6 x 6 x 6, which every terminal has room for. See DEC's VT330/340
//! programmer reference, chapter 14.

use std::fmt::Write;

use crate::snippet::output::Image;

/// Steps of each colour.
const STEPS: usize = 6;

/// `image` as sixels; `None` where its file cannot be read.
pub(super) fn encode(image: &Image) -> Option<String> {
    let (width, height, pixels) = pixels(&image.png.0)?;
    let scale = image.scale.max(1) as usize;
    let at = |x: usize, y: usize| pixels[(y / scale) * width + x / scale];
    let (columns, rows) = (width * scale, height * scale);
    let mut out = format!("\x1bPq\"1;1;{columns};{rows}");
    let percent = |step: usize| step * 100 / (STEPS - 1);
    for colour in 0..STEPS.pow(3) {
        let (red, green, blue) = (colour / (STEPS * STEPS), colour / STEPS % STEPS, colour % STEPS);
        let _ = write!(out, "#{colour};2;{};{};{}", percent(red), percent(green), percent(blue));
    }
    for top in (0..rows).step_by(6) {
        let band = top..(top + 6).min(rows);
        let mut used: Vec<usize> =
            band.clone().flat_map(|y| (0..columns).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect();
        used.sort_unstable();
        used.dedup();
        for colour in used {
            let _ = write!(out, "#{colour}");
            let bits = (0..columns).map(|x| {
                let lit = band.clone().enumerate().filter(|(_, y)| at(x, *y) == colour);
                lit.fold(0u8, |bits, (bit, _)| bits | 1 << bit)
            });
            run_lengths(bits, &mut out);
            out.push('$');
        }
        out.push('-');
    }
    Some(out + "\x1b\\")
}

/// Adds columns of six pixels; a row of equal ones is counted.
fn run_lengths(bits: impl Iterator<Item = u8>, out: &mut String) {
    let mut bits = bits.peekable();
    while let Some(column) = bits.next() {
        let mut count = 1;
        while bits.next_if_eq(&column).is_some() {
            count += 1;
        }
        let sixel = char::from(column + 63);
        let _ = if count > 3 {
            write!(out, "!{count}{sixel}")
        } else {
            write!(out, "{}", String::from(sixel).repeat(count))
        };
    }
}

/// Width, height and the colours of a PNG file, each as its number in the cube.
fn pixels(png: &[u8]) -> Option<(usize, usize, Vec<usize>)> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut buffer = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut buffer).ok()?;
    let samples = info.color_type.samples();
    let step = |value: u8| usize::from(value) * (STEPS - 1) / 255;
    let colour = |pixel: &[u8]| {
        let (red, green, blue) = match *pixel {
            [grey] | [grey, _] => (grey, grey, grey),
            [red, green, blue] | [red, green, blue, _] => (red, green, blue),
            _ => (0, 0, 0),
        };
        step(red) * STEPS * STEPS + step(green) * STEPS + step(blue)
    };
    let used = buffer.get(..info.buffer_size())?;
    Some((info.width as usize, info.height as usize, used.chunks_exact(samples).map(colour).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snippet::output::Bytes;

    #[test]
    fn a_picture_becomes_bands_of_six_rows() {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 4, 1);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&[255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 255]).expect("pixels");
        writer.finish().expect("a file");
        let image = Image { width: 4, height: 1, scale: 2, png: Bytes(png) };
        let sixels = encode(&image).expect("a picture");
        assert!(sixels.starts_with("\x1bPq\"1;1;8;2#0;2;0;0;0"), "{sixels:?}");
        // Red is 5 of 5: 180; blue 5. Two rows are lit: bits 0 and 1, so `B`.
        assert!(sixels.ends_with("#5!6?BB$#180!6B??$-\x1b\\"), "{sixels:?}");
        assert!(encode(&Image { png: Bytes(vec![1]), ..image }).is_none());
    }
}
