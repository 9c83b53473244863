//! Rasters as files: the smaller of WebP and PNG for browsers, the pixels for NumPy.

use std::borrow::Cow;
use std::io::Cursor;

use crate::snippet::output::Image;

use super::data::npy;

/// More bytes of pixels than this are not offered: pages of pictures would drag them along.
const MOST: usize = 1 << 20;

/// The pixels of a picture: eight bits a channel, row by row.
struct Pixels {
    width: u32,
    height: u32,
    /// 1 for grey, 3 for colours.
    channels: usize,
    bytes: Vec<u8>,
}

/// The smallest file that shows `image` as it is, with its extension: lossless WebP, or the PNG it is.
pub(super) fn smallest(image: &Image) -> (&'static str, Cow<'_, [u8]>) {
    let png = image.png.0.as_slice();
    match pixels(png).and_then(|pixels| webp(&pixels)) {
        Some(webp) if webp.len() < png.len() => ("webp", Cow::Owned(webp)),
        _ => ("png", Cow::Borrowed(png)),
    }
}

/// The pixels of `images`, which have one size, as a `.npy` file of uint8: `[height, width]` or
/// `[height, width, 3]`, with the number of pictures in front where there are several. `None` where they
/// differ, or are too many.
pub(super) fn pixels_file(images: &[Image]) -> Option<Vec<u8>> {
    let all: Vec<Pixels> = images.iter().map(|image| pixels(&image.png.0)).collect::<Option<_>>()?;
    let first = all.first()?;
    let one = |pixels: &Pixels| (pixels.height, pixels.width, pixels.channels);
    if all.iter().any(|other| one(other) != one(first)) {
        return None;
    }
    let mut shape = if all.len() > 1 { vec![all.len()] } else { Vec::new() };
    shape.extend([first.height as usize, first.width as usize]);
    shape.extend((first.channels > 1).then_some(first.channels));
    let bytes = all.iter().map(|pixels| pixels.bytes.as_slice()).collect::<Vec<_>>().concat();
    (bytes.len() <= MOST).then(|| npy::file("|u1", &shape, &bytes)).flatten()
}

/// The pixels of a PNG as cells make them; `None` for any other.
fn pixels(png: &[u8]) -> Option<Pixels> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut bytes).ok()?;
    bytes.truncate(info.buffer_size());
    let channels = match (info.color_type, info.bit_depth) {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        _ => return None,
    };
    Some(Pixels { width: info.width, height: info.height, channels, bytes })
}

fn webp(pixels: &Pixels) -> Option<Vec<u8>> {
    let colour = if pixels.channels == 1 { image_webp::ColorType::L8 } else { image_webp::ColorType::Rgb8 };
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.encode(&pixels.bytes, pixels.width, pixels.height, colour).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snippet::output::Bytes;

    /// A picture with these pixels, one byte each or three.
    fn image(width: u32, height: u32, pixels: &[u8]) -> Image {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        let grey = pixels.len() == (width * height) as usize;
        encoder.set_color(if grey { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(pixels).expect("pixels");
        writer.finish().expect("a file");
        Image { width, height, scale: 1, png: Bytes(file) }
    }

    #[test]
    fn a_picture_is_sent_as_the_smaller_file_with_the_same_pixels() {
        // A slope is what the predictors of WebP are made for.
        let slope: Vec<u8> =
            (0..64 * 64).flat_map(|at| [at % 64 * 3, at / 64 * 2, at % 61].map(|v| v as u8)).collect();
        let image = image(64, 64, &slope);
        let (extension, file) = smallest(&image);
        assert!(file.len() <= image.png.0.len());
        assert_eq!(extension, "webp", "{} bytes as PNG", image.png.0.len());
        let mut back = image_webp::WebPDecoder::new(Cursor::new(&*file)).expect("WebP");
        let mut pixels = vec![0; back.output_buffer_size().expect("a size")];
        back.read_image(&mut pixels).expect("pixels");
        assert_eq!(pixels, slope);
    }

    #[test]
    fn what_is_no_picture_of_ours_stays_as_it_is() {
        let broken = Image { width: 2, height: 3, scale: 1, png: Bytes(b"none".to_vec()) };
        assert_eq!(smallest(&broken), ("png", Cow::Borrowed(&b"none"[..])));
        assert!(pixels_file(&[broken]).is_none());
    }

    #[test]
    fn pixels_are_an_array() {
        let file = pixels_file(&[image(2, 1, &[7, 9])]).expect("a file");
        assert!(file[10..].starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }"));
        assert_eq!(file[128..], [7, 9]);
        let file = pixels_file(&[image(1, 1, &[1, 2, 3]), image(1, 1, &[4, 5, 6])]).expect("a file");
        assert!(file[10..].starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 1, 3), }"));
        assert_eq!(file[128..], [1, 2, 3, 4, 5, 6]);
        assert!(pixels_file(&[image(1, 1, &[1]), image(2, 1, &[1, 2])]).is_none());
    }
}
