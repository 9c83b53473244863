//! Quantised blocks of GGUF, taken apart into what ONNX Runtime's operators want.
//!
//! A block is 32 values that share a scale. Types are numbered as the format numbers them.

use half::f16;

use super::file::Stored;
use crate::{Error, Result};

/// Values of a block.
pub(super) const BLOCK: usize = 32;

/// Plain float32.
const F32: u32 = 0;

/// `d · q + m` with q of four bits: d and m of 16 bits, then the low and the high halves.
const Q4_1: u32 = 3;

/// `d · q` with q of eight bits: d of 16 bits, then the values.
const Q8_0: u32 = 8;

fn cut<'f>(stored: Stored<'f>, name: &str, element: u32, bytes: usize) -> Result<&'f [u8]> {
    if stored.element != element {
        return Err(Error::new(format!(
            "the tensor `{name}` of the GGUF file has the type {}",
            stored.element
        ))
        .hint("Kiln reads norms of type 0 (F32), matrices of 3 (Q4_1) and embeddings of 8 (Q8_0)"));
    }
    stored.bytes.get(..bytes).ok_or_else(|| Error::new(format!("the GGUF file ends within `{name}`")))
}

/// The bytes of `count` float32.
pub(super) fn floats<'f>(stored: Stored<'f>, name: &str, count: usize) -> Result<&'f [u8]> {
    cut(stored, name, F32, 4 * count)
}

/// A matrix `[rows, columns]` of four bits.
#[derive(Debug, PartialEq)]
pub(super) struct FourBit {
    /// `[rows, columns / 32, 16]`: two neighbours a byte, the first one in the lower half.
    pub(super) packed: Vec<u8>,
    /// Of each block, `[rows, columns / 32]`.
    pub(super) scales: Vec<f32>,
    /// What the value 8 stands for in each block, `[columns / 32, rows]`.
    pub(super) centres: Vec<f32>,
}

/// Takes apart a matrix in Q4_1.
pub(super) fn four_bit(stored: Stored<'_>, name: &str, [rows, columns]: [usize; 2]) -> Result<FourBit> {
    let across = columns / BLOCK;
    let bytes = cut(stored, name, Q4_1, rows * across * 20)?;
    let mut packed = Vec::with_capacity(rows * across * 16);
    let mut scales = Vec::with_capacity(rows * across);
    let mut centres = vec![0.0; rows * across];
    for (at, block) in bytes.as_chunks::<20>().0.iter().enumerate() {
        let [scale, least] =
            [[block[0], block[1]], [block[2], block[3]]].map(|b| f16::from_le_bytes(b).to_f32());
        // The file keeps value i beside value i + 16, the operator wants it beside value i + 1.
        let halves = &block[4..];
        let value = |i: usize| if i < 16 { halves[i] & 15 } else { halves[i - 16] >> 4 };
        packed.extend((0..16).map(|i| value(2 * i) | value(2 * i + 1) << 4));
        scales.push(scale);
        let (row, column) = (at / across, at % across);
        centres[column * rows + row] = 8.0_f32.mul_add(scale, least);
    }
    Ok(FourBit { packed, scales, centres })
}

/// A matrix of eight bits: values `[rows, columns / 32, 32]` and scales `[rows, columns / 32]`.
pub(super) fn eight_bit(
    stored: Stored<'_>,
    name: &str,
    [rows, columns]: [usize; 2],
) -> Result<(Vec<u8>, Vec<f32>)> {
    let count = rows * (columns / BLOCK);
    let bytes = cut(stored, name, Q8_0, count * 34)?;
    let (mut values, mut scales) = (Vec::with_capacity(count * BLOCK), Vec::with_capacity(count));
    for block in bytes.as_chunks::<34>().0 {
        scales.push(f16::from_le_bytes([block[0], block[1]]).to_f32());
        values.extend(&block[2..]);
    }
    Ok((values, scales))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(element: u32, bytes: &[u8]) -> Stored<'_> {
        Stored { element, bytes }
    }

    #[test]
    fn neighbours_share_a_byte() {
        let mut block = [f16::from_f32(0.5), f16::from_f32(-1.0)].map(f16::to_le_bytes).concat();
        // Value i is i % 16 in the lower halves, 15 - i % 16 in the upper ones.
        block.extend((0..16_u8).map(|i| i | (15 - i) << 4));
        let found = four_bit(stored(Q4_1, &block), "w", [1, 32]).unwrap();
        assert_eq!(found.packed[..2], [0x10, 0x32]);
        assert_eq!(found.packed[8..10], [0xef, 0xcd]);
        assert_eq!((found.scales[0], found.centres[0]), (0.5, 3.0));
    }

    #[test]
    fn centres_are_turned() {
        let block = |least: f32| [f16::from_f32(1.0), f16::from_f32(least)].map(f16::to_le_bytes).concat();
        let blocks: Vec<u8> =
            [0.0, 1.0, 2.0, 3.0].into_iter().flat_map(|m| [block(m), vec![0; 16]].concat()).collect();
        let found = four_bit(stored(Q4_1, &blocks), "w", [2, 64]).unwrap();
        assert_eq!(found.centres, [8.0, 10.0, 9.0, 11.0]);
    }

    #[test]
    fn other_types_and_short_files_are_refused() {
        let error = four_bit(stored(2, &[0; 20]), "w", [1, 32]).unwrap_err();
        assert_eq!(error.to_string(), "the tensor `w` of the GGUF file has the type 2");
        let error = eight_bit(stored(Q8_0, &[0; 33]), "w", [1, 32]).unwrap_err();
        assert_eq!(error.to_string(), "the GGUF file ends within `w`");
    }
}
