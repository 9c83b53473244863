//! The layout of a GGUF file: metadata by name, tensors by name.

use std::collections::BTreeMap;

use crate::models::convert::cursor::Cursor;
use crate::{Error, Result};

/// The version of the format that is read; only the first one differs in layout.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=3;

/// Tensors begin at multiples of this many bytes unless the file says otherwise.
const ALIGNMENT: usize = 32;

/// A value of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Integer(i64),
    Number(f64),
    Text(String),
    Integers(Vec<i64>),
    Texts(Vec<String>),
    /// One that no converter asks for.
    Other,
}

/// A tensor's sizes (the innermost first, as the format has it), type and bytes from its start on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored<'f> {
    pub(super) element: u32,
    pub(super) bytes: &'f [u8],
}

/// What a file holds.
pub(super) struct File<'f> {
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, (Vec<usize>, u32, usize)>,
    data: &'f [u8],
}

fn wrong(what: &str) -> Error {
    Error::new(format!("this GGUF file cannot be converted: {what}"))
}

impl<'f> File<'f> {
    /// Reads the tables of `bytes`; the tensors' bytes are only looked at later.
    ///
    /// # Errors
    /// It is no GGUF file, or it is cut off.
    pub(super) fn read(bytes: &'f [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes, wrong);
        if cursor.take(4)? != b"GGUF" {
            return Err(Error::new("this is no GGUF file: it does not begin with GGUF"));
        }
        let version = cursor.u32()?;
        if !VERSIONS.contains(&version) {
            return Err(wrong(&format!("version {version} of the format is not known")));
        }
        let (tensor_count, metadata_count) = (length(&mut cursor)?, length(&mut cursor)?);
        let mut metadata = BTreeMap::new();
        for _ in 0..metadata_count {
            let key = text(&mut cursor)?;
            let kind = cursor.u32()?;
            metadata.insert(key, value(&mut cursor, kind)?);
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let name = text(&mut cursor)?;
            let axes = cursor.u32()?.min(8);
            let dims: Vec<usize> = (0..axes).map(|_| length(&mut cursor)).collect::<Result<_>>()?;
            let element = cursor.u32()?;
            tensors.insert(name, (dims, element, length(&mut cursor)?));
        }
        let alignment = match metadata.get("general.alignment") {
            Some(Value::Integer(n)) => usize::try_from(*n).ok().filter(|n| *n > 0).unwrap_or(ALIGNMENT),
            _ => ALIGNMENT,
        };
        let start = cursor.at().next_multiple_of(alignment);
        let data = bytes.get(start..).ok_or_else(|| wrong("it ends before its tensors"))?;
        Ok(Self { metadata, tensors, data })
    }

    /// The tensor `name`, which must have these sizes, the outermost first.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Stored<'f>> {
        let (dims, element, offset) =
            self.tensors.get(name).ok_or_else(|| wrong(&format!("it has no tensor `{name}`")))?;
        if !dims.iter().rev().eq(shape) {
            return Err(wrong(&format!("the tensor `{name}` is {dims:?}, the inside first, not {shape:?}")));
        }
        let bytes =
            self.data.get(*offset..).ok_or_else(|| wrong(&format!("`{name}` lies beyond its end")))?;
        Ok(Stored { element: *element, bytes })
    }

    /// Whether there is a tensor called `name`.
    pub(super) fn has_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn entry(&self, key: &str) -> Result<&Value> {
        self.metadata.get(key).ok_or_else(|| wrong(&format!("its metadata lacks `{key}`")))
    }

    pub(super) fn text(&self, key: &str) -> Result<&str> {
        match self.entry(key)? {
            Value::Text(text) => Ok(text),
            _ => Err(wrong(&format!("`{key}` is no text"))),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<&[String]> {
        match self.entry(key)? {
            Value::Texts(texts) => Ok(texts),
            _ => Err(wrong(&format!("`{key}` is no list of texts"))),
        }
    }

    pub(super) fn integers(&self, key: &str) -> Result<&[i64]> {
        match self.entry(key)? {
            Value::Integers(integers) => Ok(integers),
            _ => Err(wrong(&format!("`{key}` is no list of integers"))),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<f64> {
        match self.entry(key)? {
            Value::Number(number) => Ok(*number),
            Value::Integer(number) => Ok(*number as f64),
            _ => Err(wrong(&format!("`{key}` is no number"))),
        }
    }

    /// An integer from 1 to 2²⁴, which bounds the arithmetic that follows.
    pub(super) fn size(&self, key: &str) -> Result<usize> {
        match self.entry(key)? {
            Value::Integer(n @ 1..=0x0100_0000) => Ok(*n as usize),
            other => Err(wrong(&format!("`{key}` is {other:?}, which is no size"))),
        }
    }

    /// The number of a token.
    pub(super) fn token(&self, key: &str) -> Result<u32> {
        match self.entry(key)? {
            Value::Integer(n) => u32::try_from(*n).map_err(|_| wrong(&format!("`{key}` is {n}"))),
            other => Err(wrong(&format!("`{key}` is {other:?}, which is no token"))),
        }
    }
}

fn length(cursor: &mut Cursor<'_>) -> Result<usize> {
    let length = cursor.array().map(u64::from_le_bytes)?;
    usize::try_from(length).map_err(|_| wrong("it claims to be larger than memory"))
}

fn text(cursor: &mut Cursor<'_>) -> Result<String> {
    let length = length(cursor)?;
    Ok(String::from_utf8_lossy(cursor.take(length)?).into_owned())
}

/// A value of the type that the format numbers `kind`.
fn value(cursor: &mut Cursor<'_>, kind: u32) -> Result<Value> {
    Ok(match kind {
        0 | 7 => Value::Integer(cursor.array().map(u8::from_le_bytes)?.into()),
        1 => Value::Integer(cursor.array().map(i8::from_le_bytes)?.into()),
        2 => Value::Integer(cursor.array().map(u16::from_le_bytes)?.into()),
        3 => Value::Integer(cursor.array().map(i16::from_le_bytes)?.into()),
        4 => Value::Integer(cursor.u32()?.into()),
        5 => Value::Integer(cursor.array().map(i32::from_le_bytes)?.into()),
        6 => Value::Number(cursor.array().map(f32::from_le_bytes)?.into()),
        8 => Value::Text(text(cursor)?),
        9 => list(cursor)?,
        10 => cursor.array().map(u64::from_le_bytes)?.try_into().map_or(Value::Other, Value::Integer),
        11 => Value::Integer(cursor.array().map(i64::from_le_bytes)?),
        12 => Value::Number(cursor.array().map(f64::from_le_bytes)?),
        other => return Err(wrong(&format!("a value of its metadata has the unknown type {other}"))),
    })
}

fn list(cursor: &mut Cursor<'_>) -> Result<Value> {
    let (kind, count) = (cursor.u32()?, length(cursor)?);
    if kind == 9 {
        return Err(wrong("its metadata hold a list of lists"));
    }
    let (mut integers, mut texts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        match value(cursor, kind)? {
            Value::Integer(n) => integers.push(n),
            Value::Text(text) => texts.push(text),
            _ => {}
        }
    }
    Ok(match kind {
        8 => Value::Texts(texts),
        0..=5 | 7 | 10 | 11 => Value::Integers(integers),
        _ => Value::Other,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Writes a file: metadata as type and bytes, tensors as sizes (the inside first), type, bytes.
    pub(in super::super) fn write(
        metadata: &[(&str, u32, Vec<u8>)],
        tensors: &[(&str, &[u64], u32, Vec<u8>)],
    ) -> Vec<u8> {
        let text = |s: &str| [&(s.len() as u64).to_le_bytes(), s.as_bytes()].concat();
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((tensors.len() as u64).to_le_bytes());
        bytes.extend((metadata.len() as u64).to_le_bytes());
        for (key, kind, value) in metadata {
            bytes.extend(text(key));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(value);
        }
        let mut data = Vec::new();
        for (name, dims, kind, value) in tensors {
            bytes.extend(text(name));
            bytes.extend((dims.len() as u32).to_le_bytes());
            bytes.extend(dims.iter().flat_map(|d| d.to_le_bytes()));
            bytes.extend(kind.to_le_bytes());
            bytes.extend((data.len() as u64).to_le_bytes());
            data.extend(value);
            data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend(data);
        bytes
    }

    fn two_texts() -> Vec<u8> {
        let mut list = 8_u32.to_le_bytes().to_vec();
        list.extend(2_u64.to_le_bytes());
        for text in ["a", "bc"] {
            list.extend((text.len() as u64).to_le_bytes());
            list.extend(text.as_bytes());
        }
        list
    }

    fn tiny() -> Vec<u8> {
        let metadata = [
            ("n", 4, 7_u32.to_le_bytes().to_vec()),
            ("x", 6, 0.5_f32.to_le_bytes().to_vec()),
            ("l", 9, two_texts()),
        ];
        write(&metadata, &[("t", &[2, 3], 0, vec![1; 24]), ("u", &[1], 0, vec![2; 4])])
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = tiny();
        let file = File::read(&bytes).unwrap();
        assert_eq!(file.size("n").unwrap(), 7);
        assert_eq!(file.number("x").unwrap(), 0.5);
        assert_eq!(file.texts("l").unwrap(), ["a", "bc"]);
        assert_eq!(file.tensor("u", &[1]).unwrap().bytes[..4], [2; 4]);
        assert!(file.has_tensor("t") && !file.has_tensor("v"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bytes = tiny();
        let file = File::read(&bytes).unwrap();
        let error = |found: Result<Stored<'_>>| found.unwrap_err().to_string();
        assert!(error(file.tensor("t", &[2, 3])).contains("the tensor `t` is [2, 3], the inside first"));
        assert!(error(file.tensor("v", &[1])).contains("it has no tensor `v`"));
        assert!(file.size("x").unwrap_err().to_string().contains("is no size"));
        assert!(file.text("y").unwrap_err().to_string().contains("its metadata lacks `y`"));
    }

    proptest::proptest! {
        #[test]
        fn damaged_files_never_panic(cut in 0_usize..300, at in 0_usize..300, to: u8) {
            let mut bytes = tiny();
            bytes.truncate(bytes.len().min(300 - cut));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            if let Ok(file) = File::read(&bytes) {
                let _ = file.tensor("t", &[3, 2]);
            }
        }
    }
}
