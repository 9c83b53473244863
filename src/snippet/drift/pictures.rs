//! Pictures, where the numbers behind them are not known.

use serde_json::Value;

use super::super::output::Bytes;

/// By how many levels a sample of a pixel may differ.
const LEVELS: u8 = 2;

/// How far two pictures, as they stand in JSON, are apart, in words; `None` where that is next to nothing.
pub(super) fn apart(was: &Value, now: &Value) -> Option<String> {
    let (Some(was), Some(now)) = (samples(was), samples(now)) else {
        return (was != now).then(|| "one of them cannot be read".to_owned());
    };
    if was.size != now.size {
        let size = |(width, height): (u32, u32)| format!("{width} x {height} pixels");
        return Some(format!("{}, not {}", size(now.size), size(was.size)));
    }
    if was.kind != now.kind {
        return Some("one is in colours".to_owned());
    }
    let differ = was.samples.iter().zip(&now.samples).map(|(a, b)| a.abs_diff(*b)).filter(|by| *by > LEVELS);
    let (count, most) = differ.fold((0_usize, 0), |(count, most), by| (count + 1, most.max(by)));
    (count > 0).then(|| format!("{count} of {} samples differ, by up to {most} of 255", was.samples.len()))
}

struct Samples {
    size: (u32, u32),
    kind: png::ColorType,
    samples: Vec<u8>,
}

fn samples(value: &Value) -> Option<Samples> {
    let Bytes(file) = serde_json::from_value(value.clone()).ok()?;
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
    let mut samples = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut samples).ok()?;
    samples.truncate(info.buffer_size());
    Some(Samples { size: (info.width, info.height), kind: info.color_type, samples })
}
