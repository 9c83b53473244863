//! Whether a cell that ran again still shows what was locked.
//!
//! Texts, tokens and whole numbers have to be equal. Other numbers may differ by the cell's tolerance,
//! images by two levels of 255: another processor rounds in other places. Numbers that a cell printed
//! into a table may differ by one in their last digit.

use serde_json::Value;

use super::bake::Bake;
use super::output::Bytes;

/// How much a number may differ where its cell does not say, absolute and relative.
pub const TOLERANCE: f64 = 1e-4;

/// By how many levels a pixel may differ.
const LEVELS: u8 = 2;

/// One difference between what was locked and what a cell shows now.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Drift {
    /// What differs: `outputs[0].series[1].y[3]`, or a check by its name.
    pub place: String,
    /// What was locked.
    pub was: String,
    /// What there is now.
    pub now: String,
}

/// The differences between `was` and `now`, at most ten.
pub fn drift(was: &Bake, now: &Bake, tolerance: f64) -> Vec<Drift> {
    let mut found = Vec::new();
    // Outputs are plain data: they can always be written.
    let as_json = |bake: &Bake| serde_json::to_value(&bake.outputs).unwrap_or_default();
    compare("outputs", &as_json(was), &as_json(now), tolerance, &mut found);
    for check in &now.checks {
        let earlier = was.checks.iter().find(|earlier| earlier.name == check.name);
        match earlier {
            Some(earlier) if earlier.ok == check.ok => {}
            Some(earlier) => found.push(difference(
                format!("check \"{}\"", check.name),
                format!("{} {} {}", earlier.measured, earlier.op, earlier.bound),
                format!("{} {} {}", check.measured, check.op, check.bound),
            )),
            None => found.push(difference(format!("check \"{}\"", check.name), "none".into(), "made".into())),
        }
    }
    found.truncate(10);
    found
}

fn difference(place: String, was: String, now: String) -> Drift {
    Drift { place, was, now }
}

fn compare(place: &str, was: &Value, now: &Value, tolerance: f64, found: &mut Vec<Drift>) {
    match (was, now) {
        (Value::Array(was), Value::Array(now)) if was.len() == now.len() => {
            for (index, (was, now)) in was.iter().zip(now).enumerate() {
                compare(&format!("{place}[{index}]"), was, now, tolerance, found);
            }
        }
        (Value::Object(was), Value::Object(now)) if was.keys().eq(now.keys()) => {
            for (key, was) in was {
                let same = match key.as_str() {
                    "png" => same_picture(was, &now[key]),
                    "number" => same_printed(was, &now[key]),
                    _ => false,
                };
                if !same {
                    compare(&format!("{place}.{key}"), was, &now[key], tolerance, found);
                }
            }
        }
        (Value::Number(a), Value::Number(b)) if !(a.is_i64() && b.is_i64()) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            let bound = tolerance + tolerance * a.abs();
            let apart = (a - b).abs();
            // Not a number is never within bounds.
            if apart.partial_cmp(&bound).is_none_or(std::cmp::Ordering::is_gt) {
                let now = format!("{b} (apart by {apart:.3e}, allowed {bound:.3e})");
                found.push(difference(place.to_owned(), a.to_string(), now));
            }
        }
        (was, now) if was == now => {}
        (was, now) => found.push(difference(place.to_owned(), shown(was), shown(now))),
    }
}

/// A value in at most 80 characters.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether two printed numbers differ by at most one in the last digit.
fn same_printed(was: &Value, now: &Value) -> bool {
    let (Some(a), Some(b)) = (was.as_str(), now.as_str()) else { return false };
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let numbers = a.parse::<f64>().ok().zip(b.parse::<f64>().ok());
    let unit = 10_f64.powi(-i32::try_from(decimals(a)).unwrap_or(i32::MAX));
    // Whole numbers are exact.
    decimals(a) == decimals(b) && decimals(a) > 0 && numbers.is_some_and(|(a, b)| (a - b).abs() < 1.5 * unit)
}

fn same_picture(was: &Value, now: &Value) -> bool {
    let pixels = |value: &Value| {
        let Bytes(file) = serde_json::from_value(value.clone()).ok()?;
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
        let mut pixels = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut pixels).ok()?;
        Some((info.width, info.height, info.color_type, pixels))
    };
    match (pixels(was), pixels(now)) {
        (Some(a), Some(b)) => {
            (a.0, a.1, a.2) == (b.0, b.1, b.2) && a.3.iter().zip(&b.3).all(|(a, b)| a.abs_diff(*b) <= LEVELS)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn differ(was: &Value, now: &Value, expect: &[&str]) {
        let mut found = Vec::new();
        compare("o", was, now, 1e-3, &mut found);
        let places: Vec<&str> = found.iter().map(|drift| drift.place.as_str()).collect();
        assert_eq!(places, expect, "{was} against {now}");
    }

    #[test]
    fn numbers_may_move_a_little_and_nothing_else() {
        differ(&json!({"y": [1.0, 2.0]}), &json!({"y": [1.001, 2.0]}), &[]);
        differ(&json!({"y": [1.0, 2.0]}), &json!({"y": [1.0, 2.1]}), &["o.y[1]"]);
        differ(&json!([1]), &json!([2]), &["o[0]"]);
        differ(&json!(["a"]), &json!(["b"]), &["o[0]"]);
        differ(&json!([1.0, 2.0]), &json!([1.0]), &["o"]);
        differ(&json!({"a": 1.0}), &json!({"b": 1.0}), &["o"]);
        differ(&json!([1.0]), &json!([null]), &["o[0]"]);
        differ(&json!({"number": "0.123"}), &json!({"number": "0.124"}), &[]);
        differ(&json!({"number": "0.123"}), &json!({"number": "0.125"}), &["o.number"]);
        differ(&json!({"number": "12"}), &json!({"number": "13"}), &["o.number"]);
    }

    #[test]
    fn pictures_are_compared_by_their_pixels() {
        let picture = |level: u8| {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 1, 1);
            encoder.set_color(png::ColorType::Grayscale);
            let mut writer = encoder.write_header().expect("a header");
            writer.write_image_data(&[level]).expect("pixels");
            writer.finish().expect("an end");
            json!({ "png": Bytes(file) })
        };
        differ(&picture(100), &picture(102), &[]);
        differ(&picture(100), &picture(103), &["o.png"]);
    }
}
