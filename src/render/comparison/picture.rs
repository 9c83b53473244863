//! The difference of two pictures as a picture.

/// The absolute difference of two PNG files, stretched until its greatest level is white; `None` where
/// they are no pictures of one size.
pub(super) fn difference(was: &[u8], now: &[u8]) -> Option<Vec<u8>> {
    let (a, b) = (pixels(was)?, pixels(now)?);
    if (a.width, a.height) != (b.width, b.height) {
        return None;
    }
    let apart: Vec<u8> = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
    let most = f64::from(*apart.iter().max()?).max(1.0);
    let stretched: Vec<u8> = apart.iter().map(|&v| (f64::from(v) / most * 255.0).round() as u8).collect();
    encode(a.width, a.height, &stretched)
}

struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

fn pixels(file: &[u8]) -> Option<Pixels> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut bytes).ok()?;
    let samples = info.color_type.samples();
    let rgb = bytes[..info.buffer_size()]
        .chunks_exact(samples)
        .flat_map(|pixel| match pixel {
            [r, g, b, ..] => [*r, *g, *b],
            [grey, ..] => [*grey; 3],
            [] => [0; 3],
        })
        .collect();
    Some(Pixels { width: info.width, height: info.height, rgb })
}

/// A PNG file of `rgb`.
pub(super) fn encode(width: u32, height: u32, rgb: &[u8]) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(rgb).ok()?;
    writer.finish().ok()?;
    Some(file)
}
