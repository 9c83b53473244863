//! Width and height of a picture, read from its first bytes, so that a page does not jump when the
//! picture arrives. The layouts are those of the formats' specifications: PNG (ISO/IEC 15948) IHDR,
//! GIF89a's screen descriptor, JPEG (ITU-T T.81) frame headers, WebP's VP8, VP8L and VP8X chunks.

/// Width and height in pixels; `None` for formats without pixels and files that are cut off.
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let found = match bytes {
        [0x89, b'P', b'N', b'G', ..] => (big(bytes, 16, 4)?, big(bytes, 20, 4)?),
        [b'G', b'I', b'F', ..] => (little(bytes, 6, 2)?, little(bytes, 8, 2)?),
        [0xff, 0xd8, ..] => jpeg(bytes)?,
        [b'R', b'I', b'F', b'F', ..] if bytes.get(8..12)? == b"WEBP" => webp(bytes)?,
        _ => return None,
    };
    (found.0 > 0 && found.1 > 0).then_some(found)
}

/// The first frame header among the segments.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        match (*bytes.get(at)?, marker) {
            // A byte that only fills.
            (0xff, 0xff) => at += 1,
            // SOF0..SOF15, without DHT, JPG and DAC, which share their range.
            (0xff, 0xc0..=0xcf) if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?));
            }
            (0xff, 0x01 | 0xd0..=0xd7) => at += 2,
            (0xff, _) => at += 2 + big(bytes, at + 2, 2)? as usize,
            _ => return None,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
        b"VP8L" => {
            let bits = little(bytes, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        _ => None,
    }
}

/// The number in the `count` bytes from `at`, the most significant first.
fn big(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// The number in the `count` bytes from `at`, the least significant first.
fn little(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
        let gif = b"GIF89a\x80\x02\xe0\x01";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc4\0\x03z\xff\xc2\0\x11\x08\x01\xe0\x02\x80";
        let lossy = b"RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01";
        let lossless = b"RIFF....WEBPVP8L....\x2f\x7f\xc2\x77\x00";
        let extended = b"RIFF....WEBPVP8X........\x7f\x02\0\xdf\x01\0";
        for bytes in [&png[..], gif, jpeg, lossy, lossless, extended] {
            assert_eq!(size(bytes), Some((640, 480)), "{bytes:?}");
            for end in 0..bytes.len() {
                assert_eq!(size(&bytes[..end]), None, "{end} bytes of {bytes:?}");
            }
        }
        assert_eq!(size(b"<svg width='3'/>"), None);
        assert_eq!(size(b"GIF89a\0\0\0\0"), None);
        assert_eq!(size(b"\xff\xd8\xff\xd9\0\0"), None);
    }
}
