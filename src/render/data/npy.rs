//! Arrays as files for NumPy (format 1.0 of `.npy`).

/// An array of `bytes`, whose elements are `descr` in NumPy's words (`<f8`), row by row; `None` for one of
/// more dimensions than the format has room for.
pub(in crate::render) fn file(descr: &str, shape: &[usize], bytes: &[u8]) -> Option<Vec<u8>> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one has a comma.
    let sides = sides.join(", ") + if shape.len() == 1 { "," } else { "" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sides}), }}");
    // Magic, version and length take ten bytes; the data begins at a multiple of 64.
    let length = (header.len() + 11).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(length).ok()?.to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
    file.extend(bytes);
    Some(file)
}
