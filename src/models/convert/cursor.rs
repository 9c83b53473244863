//! Reading a file of numbers and texts from front to back.

use crate::{Error, Result};

/// A place in a file whose numbers are little-endian.
pub(super) struct Cursor<'f> {
    bytes: &'f [u8],
    at: usize,
    /// What to say of a file that cannot be converted.
    wrong: fn(&str) -> Error,
}

impl<'f> Cursor<'f> {
    /// The start of `bytes`; `wrong` makes an error of what is wrong with them.
    pub(super) fn new(bytes: &'f [u8], wrong: fn(&str) -> Error) -> Self {
        Self { bytes, at: 0, wrong }
    }

    /// How many bytes are behind.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// There are not so many.
    pub(super) fn take(&mut self, count: usize) -> Result<&'f [u8]> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| (self.wrong)("it is cut off"))?;
        self.at += count;
        Ok(taken)
    }

    /// The bytes of a number.
    ///
    /// # Errors
    /// There are not so many.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| (self.wrong)("it is cut off"))
    }

    /// A number of four bytes.
    ///
    /// # Errors
    /// The file ends before.
    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }
}
