//! The layout of `model.bin`: variables by name, and other names for some of them.

use std::collections::BTreeMap;

use crate::models::convert::cursor::Cursor;
use crate::{Error, Result};

/// The version of the layout that is read.
const VERSION: u32 = 6;

/// Axes that a variable may have.
const MAX_AXES: u8 = 4;

/// The numbers of the element types.
const FLOAT32: u8 = 0;
const INT8: u8 = 1;
const INT16: u8 = 2;

/// What a file holds.
pub(super) struct File<'f> {
    variables: BTreeMap<&'f str, Variable<'f>>,
}

#[derive(Clone)]
struct Variable<'f> {
    dims: Vec<usize>,
    element: u8,
    bytes: &'f [u8],
}

/// A matrix `[rows, columns]` of int8; each row's numbers are its integers divided by its scale.
pub(super) struct Matrix<'f> {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: &'f [u8],
    /// float32, one a row.
    pub(super) scales: &'f [u8],
}

pub(super) fn wrong(what: &str) -> Error {
    Error::new(format!("this model of CTranslate2 cannot be converted: {what}"))
}

impl<'f> File<'f> {
    /// Reads the table of `bytes`.
    ///
    /// # Errors
    /// It is no model of this version, or it is cut off.
    pub(super) fn read(bytes: &'f [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes, wrong);
        let version = cursor.u32()?;
        if version != VERSION {
            return Err(wrong(&format!("version {version} of the format is not known, only {VERSION}")));
        }
        let kind = text(&mut cursor)?;
        if kind != "TransformerSpec" {
            return Err(wrong(&format!("it is a `{kind}`, not a `TransformerSpec`")));
        }
        cursor.u32()?; // the revision of that kind
        let mut variables = BTreeMap::new();
        for _ in 0..cursor.u32()? {
            let name = text(&mut cursor)?;
            let axes = cursor.array().map(u8::from_le_bytes)?;
            if axes > MAX_AXES {
                return Err(wrong(&format!("`{name}` has {axes} axes")));
            }
            let dims: Vec<usize> =
                (0..axes).map(|_| cursor.u32().map(|n| n as usize)).collect::<Result<_>>()?;
            let element = cursor.array().map(u8::from_le_bytes)?;
            let size = cursor.u32()? as usize;
            variables.insert(name, Variable { dims, element, bytes: cursor.take(size)? });
        }
        for _ in 0..cursor.u32()? {
            let (other, name) = (text(&mut cursor)?, text(&mut cursor)?);
            let known = variables.get(name).cloned();
            variables.insert(other, known.ok_or_else(|| wrong(&format!("it has no `{name}`")))?);
        }
        Ok(Self { variables })
    }

    /// Whether there is a variable called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The matrix `name`.
    pub(super) fn matrix(&self, name: &str) -> Result<Matrix<'f>> {
        let found = self.variable(name)?;
        let &[rows, columns] = found.dims.as_slice() else {
            return Err(wrong(&format!("`{name}` is no matrix")));
        };
        if found.element != INT8 || Some(found.bytes.len()) != rows.checked_mul(columns) {
            return Err(wrong(&format!("`{name}` is not in int8")));
        }
        let scales = self.floats(&format!("{name}_scale"), &[rows])?;
        Ok(Matrix { rows, columns, values: found.bytes, scales })
    }

    /// The bytes of the float32 variable `name`, which must have these sizes.
    pub(super) fn floats(&self, name: &str, dims: &[usize]) -> Result<&'f [u8]> {
        let found = self.variable(name)?;
        let size = dims.iter().product::<usize>() * size_of::<f32>();
        if found.element != FLOAT32 || found.dims != dims || found.bytes.len() != size {
            return Err(wrong(&format!("`{name}` is {:?}, not float32 {dims:?}", found.dims)));
        }
        Ok(found.bytes)
    }

    /// The sizes of the variable `name`.
    pub(super) fn dims(&self, name: &str) -> Result<&[usize]> {
        self.variable(name).map(|found| found.dims.as_slice())
    }

    /// The small integer `name`: a setting.
    pub(super) fn setting(&self, name: &str) -> Result<i16> {
        let found = self.variable(name)?;
        match (found.element, found.bytes) {
            (INT8, &[byte]) => Ok(i16::from(i8::from_le_bytes([byte]))),
            (INT16, &[low, high]) => Ok(i16::from_le_bytes([low, high])),
            _ => Err(wrong(&format!("`{name}` is no small integer"))),
        }
    }

    fn variable(&self, name: &str) -> Result<&Variable<'f>> {
        self.variables.get(name).ok_or_else(|| wrong(&format!("it has no `{name}`")))
    }
}

/// A text, which a zero ends that its length counts.
fn text<'f>(cursor: &mut Cursor<'f>) -> Result<&'f str> {
    let length = usize::from(cursor.array().map(u16::from_le_bytes)?);
    let text = std::str::from_utf8(cursor.take(length)?).map_err(|_| wrong("a name in it is no text"))?;
    Ok(text.trim_end_matches('\0'))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file of these variables (name, sizes, element type, bytes).
    pub(in super::super) fn file(variables: &[(&str, &[u32], u8, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, text: &str| {
            bytes.extend((text.len() as u16 + 1).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes.push(0);
        };
        bytes.extend(VERSION.to_le_bytes());
        text(&mut bytes, "TransformerSpec");
        bytes.extend(7_u32.to_le_bytes());
        bytes.extend((variables.len() as u32).to_le_bytes());
        for (name, dims, element, data) in variables {
            text(&mut bytes, name);
            bytes.push(dims.len() as u8);
            bytes.extend(dims.iter().flat_map(|n| n.to_le_bytes()));
            bytes.push(*element);
            bytes.extend((data.len() as u32).to_le_bytes());
            bytes.extend(data);
        }
        bytes.extend(0_u32.to_le_bytes());
        bytes
    }

    #[test]
    fn variables_are_found_by_name() {
        let scale = [2_f32, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let bytes = file(&[
            ("w", &[2, 3], INT8, vec![1, 2, 3, 4, 5, 6]),
            ("w_scale", &[2], FLOAT32, scale.clone()),
            ("heads", &[], INT16, vec![8, 0]),
        ]);
        let file = File::read(&bytes).unwrap();
        let matrix = file.matrix("w").unwrap();
        assert_eq!((matrix.rows, matrix.columns, matrix.scales), (2, 3, scale.as_slice()));
        assert_eq!(file.setting("heads").unwrap(), 8);
        assert!(file.matrix("heads").is_err());
        let error = file.floats("w_scale", &[3]).unwrap_err().to_string();
        assert!(error.ends_with("`w_scale` is [2], not float32 [3]"), "{error}");
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused_wherever_it_ends() {
        let bytes = file(&[("heads", &[], INT16, vec![8, 0])]);
        for end in 0..bytes.len() {
            assert!(File::read(&bytes[..end]).is_err(), "{end}");
        }
    }
}
