//! The layout of a checkpoint: which weight lies where.

use super::super::llama::Shape;
use crate::{Error, Result};

/// Bytes of the header: seven int32.
const HEADER: usize = 28;

/// Larger values than any model of this format has; they bound the arithmetic below.
const LIMIT: i32 = 1 << 20;

/// Added under the root of the mean square; the format does not say.
const EPSILON: f32 = 1e-5;

/// The tokens that stand between two stories: beginning and end of text.
const STOPS: &str = "1,2";

/// What a checkpoint's header says, and where its weights are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checkpoint {
    pub(super) shape: Shape,
    pub(super) offsets: Offsets,
    /// One past the checkpoint's last byte.
    pub(super) end: usize,
}

/// The offset of each weight in bytes from the start of the file. Those of layers lie side by side,
/// layer after layer; matrices are stored `[out, in]`, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offsets {
    pub(super) embedding: usize,
    pub(super) attention_norm: usize,
    pub(super) query: usize,
    pub(super) key: usize,
    pub(super) value: usize,
    pub(super) output: usize,
    pub(super) ffn_norm: usize,
    pub(super) gate: usize,
    pub(super) down: usize,
    pub(super) up: usize,
    pub(super) final_norm: usize,
    /// Cosines of the rotary embedding, `[context, head_dim / 2]`.
    pub(super) cos: usize,
    /// Its sines.
    pub(super) sin: usize,
    /// The matrix from vectors to scores; the embedding itself where the two are shared.
    pub(super) head: usize,
}

impl Checkpoint {
    /// Reads the header of the file `bytes`.
    ///
    /// # Errors
    /// It makes no sense, or the file ends too early.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = |what: &str| Error::new(format!("this is no llama2.c checkpoint: {what}"));
        let header = bytes.get(..HEADER).ok_or_else(|| wrong("it is shorter than its header"))?;
        let fields: Vec<i32> = header.as_chunks::<4>().0.iter().map(|b| i32::from_le_bytes(*b)).collect();
        let field = |at: usize| {
            let found = fields[at];
            usize::try_from(found)
                .ok()
                .filter(|_| (1..=LIMIT).contains(&found))
                .ok_or_else(|| wrong(&format!("field {at} of its header is {found}")))
        };
        let [dim, hidden, layers, heads, kv_heads] = [field(0)?, field(1)?, field(2)?, field(3)?, field(4)?];
        let context = field(6)?;
        // A negative vocabulary says that the last matrix is not the embedding.
        let shared = fields[5] > 0;
        let vocabulary = fields[5].unsigned_abs() as usize;
        let stops = STOPS.to_owned();
        let epsilon = EPSILON;
        let shape =
            Shape { dim, hidden, layers, heads, kv_heads, vocabulary, context, epsilon, begin: 1, stops };
        if !shape.fits() || vocabulary == 0 || vocabulary > LIMIT as usize {
            return Err(wrong(&format!(
                "{dim} values cannot be shared by {heads} heads of queries and {kv_heads} of keys, or \
                 {vocabulary} tokens are not a vocabulary"
            )));
        }
        let head_dim = dim / heads;
        let mut offset = HEADER;
        let mut take = |shape: &[usize]| {
            let start = offset;
            let count = shape.iter().try_fold(4_usize, |n, &d| n.checked_mul(d));
            offset = count.and_then(|count| offset.checked_add(count)).unwrap_or(usize::MAX);
            start
        };
        let mut offsets = Offsets {
            embedding: take(&[vocabulary, dim]),
            attention_norm: take(&[layers, dim]),
            query: take(&[layers, heads * head_dim, dim]),
            key: take(&[layers, kv_heads * head_dim, dim]),
            value: take(&[layers, kv_heads * head_dim, dim]),
            output: take(&[layers, dim, heads * head_dim]),
            ffn_norm: take(&[layers, dim]),
            gate: take(&[layers, hidden, dim]),
            down: take(&[layers, dim, hidden]),
            up: take(&[layers, hidden, dim]),
            final_norm: take(&[dim]),
            cos: take(&[context, head_dim / 2]),
            sin: take(&[context, head_dim / 2]),
            head: 0,
        };
        offsets.head = if shared { offsets.embedding } else { take(&[vocabulary, dim]) };
        if offset > bytes.len() {
            return Err(wrong(&format!("its weights need {offset} bytes, but it has {}", bytes.len())));
        }
        Ok(Self { shape, offsets, end: offset })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A checkpoint of zeros with the given header.
    pub(in super::super) fn zeros(header: [i32; 7], floats: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = header.iter().flat_map(|v| v.to_le_bytes()).collect();
        bytes.resize(HEADER + 4 * floats, 0);
        bytes
    }

    #[test]
    fn weights_lie_one_after_another() {
        // dim 4, hidden 6, 1 layer, 2 heads, 1 of keys, 3 tokens, 5 positions
        let floats = 12 + 4 + 16 + 8 + 8 + 16 + 4 + 24 + 24 + 24 + 4 + 5 + 5;
        let found = Checkpoint::read(&zeros([4, 6, 1, 2, 1, 3, 5], floats)).unwrap();
        assert_eq!(found.offsets.attention_norm, 28 + 4 * 12);
        assert_eq!(found.offsets.value - found.offsets.key, 4 * 8);
        assert_eq!(found.offsets.head, found.offsets.embedding);
        assert_eq!(found.end, 28 + 4 * floats);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let error = |bytes: &[u8]| Checkpoint::read(bytes).unwrap_err().to_string();
        assert!(error(b"short").contains("shorter than its header"));
        assert!(error(&zeros([4, 6, 1, 2, 1, 3, 5], 10)).contains("its weights need"));
        assert!(error(&zeros([4, 6, 1, 3, 1, 3, 5], 999)).contains("cannot be shared"));
        assert!(error(&zeros([-4, 6, 1, 2, 1, 3, 5], 999)).contains("field 0 of its header is -4"));
        let huge = [1 << 20, 1 << 20, 1 << 20, 1 << 10, 1, 1 << 20, 1 << 20];
        assert!(error(&zeros(huge, 10)).contains("its weights need"));
    }
}
