//! NumPy's `.npy` files, versions 1 to 3 of the format.

use super::{Array, DType, Element, Tensor, TensorError, TensorResult, array, check_size};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The tensor that the file `bytes` holds. Half-precision floats become float32, small integers int32
/// (those that do not fit it, int64).
///
/// # Errors
/// It is no such file, ends too early, or is of a type that tensors do not have.
pub fn read(bytes: &[u8]) -> TensorResult<Tensor> {
    let wrong = |why: &str| TensorError::value(format!("this is no .npy file: {why}"));
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("it does not begin as one"))?;
    let short = || wrong("it ends in its header");
    let (length, at) = match rest.first() {
        Some(1) => (rest.get(2..4).map(|b| u32::from(b[0]) | u32::from(b[1]) << 8), 4),
        Some(2 | 3) => (rest.get(2..6).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])), 6),
        _ => return Err(wrong("its version is unknown")),
    };
    let end = at + length.ok_or_else(short)? as usize;
    let header = rest.get(at..end).ok_or_else(short)?;
    let header = std::str::from_utf8(header).map_err(|_| wrong("its header is no text"))?;
    let field = |name: &str| {
        let (_, after) = header.split_once(&format!("'{name}':"))?;
        Some(after.trim_start())
    };
    let quoted = |text: &str| text.split('\'').nth(1).map(str::to_owned);
    let descr = field("descr").and_then(quoted).ok_or_else(|| wrong("its header names no type"))?;
    let fortran = field("fortran_order").is_some_and(|text| text.starts_with("True"));
    let shape =
        field("shape").and_then(|text| text.strip_prefix('(')?.split_once(')')).map(|(inner, _)| inner);
    let shape = shape.ok_or_else(|| wrong("its header has no shape"))?;
    let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
    let shape =
        lengths.map(str::parse).collect::<Result<Vec<usize>, _>>().map_err(|_| wrong("its shape is none"))?;
    elements(&descr, &rest[end..], &shape, fortran)
}

fn elements(descr: &str, data: &[u8], shape: &[usize], fortran: bool) -> TensorResult<Tensor> {
    let (order, kind) = descr.split_at(descr.len().min(1));
    let big = order == ">";
    match kind {
        "f8" => wrapped::<8, f64>(data, shape, fortran, big, f64::from_le_bytes),
        "f4" => wrapped::<4, f32>(data, shape, fortran, big, f32::from_le_bytes),
        "f2" => wrapped::<2, f32>(data, shape, fortran, big, |b| half::f16::from_le_bytes(b).to_f32()),
        "i8" => wrapped::<8, i64>(data, shape, fortran, big, i64::from_le_bytes),
        "i4" => wrapped::<4, i32>(data, shape, fortran, big, i32::from_le_bytes),
        "i2" => wrapped::<2, i32>(data, shape, fortran, big, |b| i16::from_le_bytes(b).into()),
        "i1" => wrapped::<1, i32>(data, shape, fortran, big, |b| i8::from_le_bytes(b).into()),
        "u4" => wrapped::<4, i64>(data, shape, fortran, big, |b| u32::from_le_bytes(b).into()),
        "u2" => wrapped::<2, i32>(data, shape, fortran, big, |b| u16::from_le_bytes(b).into()),
        "u1" => wrapped::<1, u8>(data, shape, fortran, big, |b| b[0]),
        "b1" => wrapped::<1, bool>(data, shape, fortran, big, |b| b[0] != 0),
        _ => Err(TensorError::type_(format!("a .npy file of the type '{descr}' does not fit a tensor"))
            .hint(format!("save it as one of {}", DType::ALL.map(DType::name).join(", ")))),
    }
}

/// Elements of `N` bytes each, as a tensor of `T`.
fn wrapped<const N: usize, T: Element>(
    data: &[u8],
    shape: &[usize],
    fortran: bool,
    big: bool,
    read: impl Fn([u8; N]) -> T,
) -> TensorResult<Tensor> {
    let count = check_size(shape, T::DTYPE)?;
    if data.len() < count * N {
        return Err(TensorError::value(format!(
            "this .npy file ends after {} of {count} elements",
            data.len() / N
        )));
    }
    let element = |part: &[u8]| {
        let mut bytes = [0; N];
        bytes.copy_from_slice(part);
        if big {
            bytes.reverse();
        }
        read(bytes)
    };
    let elements: Vec<T> = data[..count * N].chunks_exact(N).map(element).collect();
    let whole: Array<T> = if fortran {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        array(&reversed, elements).reversed_axes().as_standard_layout().into_owned().into_shared()
    } else {
        array(shape, elements)
    };
    Ok(T::wrap(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
        bytes.extend_from_slice(data);
        bytes
    }

    #[test]
    fn files_are_read() {
        let found = read(&file("|u1", "False", "(2, 3)", &[1, 2, 3, 4, 5, 6])).expect("a tensor");
        assert_eq!(
            (found.shape(), found.dtype(), found.to_i64s()),
            (&[2, 3][..], DType::Uint8, vec![1, 2, 3, 4, 5, 6])
        );
        let found = read(&file("|u1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 6])).expect("a tensor");
        assert_eq!(found.to_i64s(), [1, 2, 3, 4, 5, 6]);
        let found = read(&file(">i2", "False", "(1,)", &[1, 0])).expect("a tensor");
        assert_eq!((found.dtype(), found.to_i64s()), (DType::Int32, vec![256]));
        assert_eq!(
            read(&file("<f4", "False", "()", &1.5_f32.to_le_bytes())).expect("a tensor").to_f64s(),
            [1.5]
        );
    }

    #[test]
    fn what_is_broken_is_told() {
        let check = |bytes: &[u8], expect: &str| {
            let error = read(bytes).expect_err(expect);
            assert!(error.message.contains(expect), "{}", error.message);
        };
        check(b"", "does not begin");
        check(MAGIC, "version");
        check(&file("<f4", "False", "(9,)", &[0; 8]), "ends after 2 of 9 elements");
        check(&file("<c8", "False", "(1,)", &[0; 8]), "'<c8'");
        check(&file("<f4", "False", "(99999999999,)", &[0; 8]), "too large");
        check(&file("<f4", "False", "(x,)", &[0; 8]), "its shape is none");
        check(&[MAGIC, &[2, 0, 255, 255, 255, 255]].concat(), "ends in its header");
    }
}
