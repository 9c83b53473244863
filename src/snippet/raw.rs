//! The numbers behind what a cell shows, in full: what drift is measured on.
//!
//! A page shows four digits or 256 levels of a number, and a last digit may flip where the number itself
//! has hardly moved. So the tensor that something was made from is kept beside it.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::output::Bytes;

/// More numbers than this are thinned out: every second, every third, … is kept.
const MOST: usize = 1 << 16;

/// A tensor that an output was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raw {
    /// The output, by its number in the cell.
    pub output: usize,
    /// The bytes of a text that show it, from and to; `None` where it stands behind the whole output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[usize; 2]>,
    /// Its dtype, named as in NumPy.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Every how manieth of its numbers is kept.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub step: usize,
    /// For pictures, whose numbers are kept in 16 bits: what 0 and 65535 stand for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// The numbers: 16, 32 or 64 bits each, little-endian, deflated.
    pub data: Bytes,
}

fn one() -> usize {
    1
}

fn is_one(step: &usize) -> bool {
    *step == 1
}

impl Raw {
    /// The numbers of a tensor, exactly. `dtype` is `float32` or `float64`.
    pub fn exact(dtype: &str, shape: &[usize], numbers: &[f64]) -> Self {
        let step = numbers.len().div_ceil(MOST).max(1);
        let kept = numbers.iter().step_by(step);
        let bytes: Vec<u8> = match dtype {
            "float32" => kept.flat_map(|v| (*v as f32).to_le_bytes()).collect(),
            _ => kept.flat_map(|v| v.to_le_bytes()).collect(),
        };
        Self::new(dtype, shape, step, None, &bytes)
    }

    /// The numbers behind a picture, each to a 65535th part of the range of all: far finer than a picture
    /// shows, and half the size.
    pub fn picture(dtype: &str, shape: &[usize], numbers: &[f64]) -> Self {
        let step = numbers.len().div_ceil(MOST).max(1);
        let finite = || numbers.iter().copied().filter(|v| v.is_finite());
        let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low < high { (low, high) } else { (0.0, 1.0) };
        let level = |v: &f64| (((v - low) / (high - low)).clamp(0.0, 1.0) * 65535.0).round() as u16;
        let bytes: Vec<u8> = numbers.iter().step_by(step).flat_map(|v| level(v).to_le_bytes()).collect();
        Self::new(dtype, shape, step, Some([low, high]), &bytes)
    }

    fn new(dtype: &str, shape: &[usize], step: usize, range: Option<[f64; 2]>, bytes: &[u8]) -> Self {
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        // A vector takes whatever is written to it.
        let data = deflated.write_all(bytes).and_then(|()| deflated.finish()).unwrap_or_default();
        let (dtype, shape) = (dtype.to_owned(), shape.to_vec());
        Self { output: 0, at: None, dtype, shape, step, range, data: Bytes(data) }
    }

    /// The numbers that are kept.
    pub fn numbers(&self) -> Vec<f64> {
        let mut bytes = Vec::new();
        // What cannot be unpacked is as good as no numbers: it equals no others.
        if DeflateDecoder::new(self.data.0.as_slice()).read_to_end(&mut bytes).is_err() {
            return Vec::new();
        }
        match (self.range, self.dtype.as_str()) {
            (Some([low, high]), _) => {
                let number = |level: u16| low + f64::from(level) / 65535.0 * (high - low);
                bytes.as_chunks().0.iter().map(|level| number(u16::from_le_bytes(*level))).collect()
            }
            (None, "float32") => {
                bytes.as_chunks().0.iter().map(|v| f64::from(f32::from_le_bytes(*v))).collect()
            }
            (None, _) => bytes.as_chunks().0.iter().map(|v| f64::from_le_bytes(*v)).collect(),
        }
    }

    /// By how much a number may be off because of how it is kept.
    pub fn grain(&self) -> f64 {
        self.range.map_or(0.0, |[low, high]| (high - low) / 65535.0)
    }

    /// Whether `other` is of the same kind, so that the numbers can be compared one by one.
    pub fn matches(&self, other: &Self) -> bool {
        (&self.dtype, &self.shape, self.step, self.range.is_some())
            == (&other.dtype, &other.shape, other.step, other.range.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0.1, -2.5, 1e-30, f64::NAN];
        let back = Raw::exact("float64", &[4], &numbers).numbers();
        assert_eq!((&back[..3], back[3].is_nan()), (&numbers[..3], true));
        let back = Raw::exact("float32", &[2], &[0.1, 3.0]).numbers();
        assert_eq!(back, [f64::from(0.1_f32), 3.0]);
        let picture = Raw::picture("float32", &[3], &[-1.0, 0.25, 1.0]);
        for (is, was) in picture.numbers().iter().zip([-1.0, 0.25, 1.0]) {
            assert!((is - was).abs() <= picture.grain(), "{is} for {was}");
        }
        assert_eq!(Raw::picture("float32", &[2], &[3.0, 3.0]).numbers().len(), 2);
    }

    #[test]
    fn large_tensors_are_thinned_out() {
        let numbers: Vec<f64> = (0..200_000).map(f64::from).collect();
        let raw = Raw::exact("float64", &[200_000], &numbers);
        assert_eq!((raw.step, raw.numbers()[1]), (4, 4.0));
        assert!(raw.numbers().len() <= MOST);
    }
}
